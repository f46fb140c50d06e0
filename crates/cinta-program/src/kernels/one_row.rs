//! A row times a matrix whose rows stand in one piece: a sum of its rows, each times a number.
//!
//! The sums of a few vectors of columns stay in registers. Where all rows begin at the same place in a line of memory, the vectors
//! are those of memory, whatever else is in the first and the last: one that crosses two lines is read at half the speed.
use super::float::{Float, fused};
use super::product::{Matrix, Product, depth};
use super::set::{Isa, Task};
use super::tile::put_some;

/// A product with one row, more than two vectors long.
pub(super) struct OneRow<'p, 'a, T>(pub(super) &'p mut Product<'a, T>);

impl<T: Float> OneRow<'_, '_, T> {
    #[inline(always)]
    pub(super) fn compute<I: Isa>(self) {
        match I::BYTES / size_of::<T>() {
            16 => self.by_vectors::<I, 16>(),
            8 => self.by_vectors::<I, 8>(),
            4 => self.by_vectors::<I, 4>(),
            _ => self.by_vectors::<I, 2>(),
        }
    }

    /// By vectors of `L` elements.
    #[inline(always)]
    fn by_vectors<I: Isa, const L: usize>(mut self) {
        let (k, b, [_, n]) = (self.0.k, self.0.b, self.0.c.size());
        let stride = b.strides[0];
        let before =
            if stride >= n && stride.is_multiple_of(L) { b.data.as_ptr().addr() / size_of::<T>() % L } else { 0 };
        let (count, depth) = ((before + n).div_ceil(L), depth(k));
        for first in (0..k).step_by(depth) {
            let rows = depth.min(k - first);
            let mut v = 0;
            while v < count {
                let at = Place { first, rows, vector: v, before };
                v += match count - v {
                    ..=3 => self.strip::<I, 3, L>(&at),
                    4 | 7 => self.strip::<I, 4, L>(&at),
                    5 | 10 | 13 => self.strip::<I, 5, L>(&at),
                    6 | 11 | 12 => self.strip::<I, 6, L>(&at),
                    9 => self.strip::<I, 9, L>(&at),
                    _ => self.strip::<I, 8, L>(&at),
                };
            }
        }
    }

    /// `V` vectors of the result; gives `V`.
    #[inline(always)]
    fn strip<I: Isa, const V: usize, const L: usize>(&mut self, at: &Place) -> usize {
        let &mut Product { a, b, ref mut c, onto, .. } = self.0;
        let [_, n] = c.size();
        let start = at.vector * L;
        // In columns of the result and in elements of the vectors.
        let (from, to) = (start.saturating_sub(at.before), (start + V * L - at.before).min(n));
        let skipped = from + at.before - start;
        let (a, b) = (a.from(0, at.first), b.from(at.first, from));
        let sums = I::run(Strip::<T, V, L> { rows: at.rows, a, b, skipped, width: to - from });
        let onto = if at.first > 0 { onto.later() } else { onto };
        put_some(onto.from(0, from), &sums.as_flattened()[skipped..][..to - from], &mut c.row(0, n)[from..to]);
        V
    }
}

/// Some rows of b, and a vector of their lines, of which so many elements of the first are not theirs.
struct Place {
    first: usize,
    rows: usize,
    vector: usize,
    before: usize,
}

/// Sums of rows of b, each as the elements after `skipped` others in its vectors.
struct Strip<'a, T, const V: usize, const L: usize> {
    rows: usize,
    a: Matrix<'a, T>,
    b: Matrix<'a, T>,
    skipped: usize,
    width: usize,
}

impl<T: Float, const V: usize, const L: usize> Task for Strip<'_, T, V, L> {
    type Output = [[T; L]; V];

    #[inline(always)]
    #[expect(unsafe_code, reason = "a bounds check for each vector takes longer than to multiply it")]
    fn run<I: Isa>(self) -> [[T; L]; V] {
        let Self { rows, a, b, skipped, width } = self;
        a.check(1, rows);
        let (stride, length) = (b.strides[0], b.data.len());
        // The rows around which there is as much as their vectors have.
        let low = usize::from(skipped > 0).min(rows);
        let last = (length + skipped).checked_sub(V * L);
        let high = last.map_or(0, |last| last.checked_div(stride).map_or(rows, |row| row + 1)).clamp(low, rows);
        let mut sums = [[T::ZERO; L]; V];
        for row in 0..low {
            add::<I, T, V, L>(&mut sums, a.at(0, row), &alone(&b.data[row * stride..][..width], skipped));
        }
        for row in low..high {
            // SAFETY: it is one of these rows.
            let vectors = unsafe { &*b.data.as_ptr().add(row * stride).sub(skipped).cast::<[[T; L]; V]>() };
            add::<I, T, V, L>(&mut sums, a.at(0, row), vectors);
        }
        for row in high..rows {
            add::<I, T, V, L>(&mut sums, a.at(0, row), &alone(&b.data[row * stride..][..width], skipped));
        }
        sums
    }
}

/// A row in its vectors, with zeros around it.
#[inline(always)]
fn alone<T: Float, const V: usize, const L: usize>(row: &[T], skipped: usize) -> [[T; L]; V] {
    let mut vectors = [[T::ZERO; L]; V];
    vectors.as_flattened_mut()[skipped..][..row.len()].copy_from_slice(row);
    vectors
}

/// Adds a row times x.
#[inline(always)]
fn add<I: Isa, T: Float, const V: usize, const L: usize>(sums: &mut [[T; L]; V], x: T, row: &[[T; L]; V]) {
    for v in 0..V {
        for l in 0..L {
            sums[v][l] = fused::<I, T>(x, row[v][l], sums[v][l]);
        }
    }
}
