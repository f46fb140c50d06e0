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
            16 => self.by_vectors::<I, 16, 48, 64, 80, 96, 128, 144>(),
            8 => self.by_vectors::<I, 8, 24, 32, 40, 48, 64, 72>(),
            4 => self.by_vectors::<I, 4, 12, 16, 20, 24, 32, 36>(),
            _ => self.by_vectors::<I, 2, 6, 8, 10, 12, 16, 18>(),
        }
    }

    /// By vectors of `L` elements, of which up to 3, 4, 5, 6, 8 or 9 are summed at a time: so many elements each.
    #[inline(always)]
    fn by_vectors<
        I: Isa,
        const L: usize,
        const UP_TO_3: usize,
        const OF_4: usize,
        const OF_5: usize,
        const OF_6: usize,
        const OF_8: usize,
        const OF_9: usize,
    >(
        mut self,
    ) {
        let (k, b, [_, n]) = (self.0.k, self.0.b, self.0.c.size());
        let stride = b.strides[0];
        let is_in_vectors = stride >= n && stride.is_multiple_of(L);
        let before = if is_in_vectors { b.data.as_ptr().addr() / size_of::<T>() % L } else { 0 };
        let (count, depth) = ((before + n).div_ceil(L), depth(k));
        for first in (0..k).step_by(depth) {
            let rows = depth.min(k - first);
            let mut v = 0;
            while v < count {
                let at = Place { first, rows, start: v * L, before };
                let width = match count - v {
                    ..=3 => self.strip::<I, UP_TO_3>(&at),
                    4 | 7 => self.strip::<I, OF_4>(&at),
                    5 | 10 | 13 => self.strip::<I, OF_5>(&at),
                    6 | 11 | 12 => self.strip::<I, OF_6>(&at),
                    9 => self.strip::<I, OF_9>(&at),
                    _ => self.strip::<I, OF_8>(&at),
                };
                v += width / L;
            }
        }
    }

    /// `W` elements of vectors of the result; gives `W`.
    #[inline(always)]
    fn strip<I: Isa, const W: usize>(&mut self, at: &Place) -> usize {
        let &mut Product { a, b, ref mut c, onto, .. } = self.0;
        let [_, n] = c.size();
        // In columns of the result and in elements of the vectors.
        let (from, to) = (at.start.saturating_sub(at.before), (at.start + W - at.before).min(n));
        let skipped = from + at.before - at.start;
        let (a, b) = (a.from(0, at.first), b.from(at.first, from));
        let sums = I::run(Strip::<T, W> { rows: at.rows, a, b, skipped, width: to - from });
        let onto = if at.first > 0 { onto.later() } else { onto };
        put_some(onto.from(0, from), &sums[skipped..][..to - from], &mut c.row(0, n)[from..to]);
        W
    }
}

/// Some rows of b, and where in their vectors, of which the first begins so many elements before them.
struct Place {
    first: usize,
    rows: usize,
    start: usize,
    before: usize,
}

/// Sums of rows of b, each as the elements after `skipped` others in its vectors.
struct Strip<'a, T, const W: usize> {
    rows: usize,
    a: Matrix<'a, T>,
    b: Matrix<'a, T>,
    skipped: usize,
    width: usize,
}

impl<T: Float, const W: usize> Task for Strip<'_, T, W> {
    type Output = [T; W];

    #[inline(always)]
    #[expect(unsafe_code, reason = "a bounds check for each row takes longer than to multiply it")]
    fn run<I: Isa>(self) -> [T; W] {
        let Self { rows, a, b, skipped, width } = self;
        a.check(1, rows);
        let (stride, length) = (b.strides[0], b.data.len());
        // The rows around which there is as much as their vectors have.
        let low = usize::from(skipped > 0).min(rows);
        let last = (length + skipped).checked_sub(W);
        let high = last.map_or(0, |last| last.checked_div(stride).map_or(rows, |row| row + 1)).clamp(low, rows);
        let mut sums = [T::ZERO; W];
        for row in 0..low {
            add::<I, T, W>(&mut sums, a.at(0, row), &alone(&b.data[row * stride..][..width], skipped));
        }
        for row in low..high {
            // SAFETY: it is one of these rows.
            let vectors = unsafe { &*b.data.as_ptr().add(row * stride).sub(skipped).cast::<[T; W]>() };
            add::<I, T, W>(&mut sums, a.at(0, row), vectors);
        }
        for row in high..rows {
            add::<I, T, W>(&mut sums, a.at(0, row), &alone(&b.data[row * stride..][..width], skipped));
        }
        sums
    }
}

/// A row in its vectors, with zeros around it.
#[inline(always)]
fn alone<T: Float, const W: usize>(row: &[T], skipped: usize) -> [T; W] {
    let mut vectors = [T::ZERO; W];
    vectors[skipped..][..row.len()].copy_from_slice(row);
    vectors
}

/// Adds a row times x.
#[inline(always)]
fn add<I: Isa, T: Float, const W: usize>(sums: &mut [T; W], x: T, row: &[T; W]) {
    for j in 0..W {
        sums[j] = fused::<I, T>(x, row[j], sums[j]);
    }
}
