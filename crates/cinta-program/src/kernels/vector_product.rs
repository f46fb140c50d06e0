//! Products of a matrix and a vector, where the matrix is read row by row: one dot product a row; and of two vectors.
use super::float::{Float, fused};
#[cfg(target_arch = "x86_64")]
use super::lines::Rows;
use super::product::{Matrix, Onto, Product};
use super::set::{Isa, KernelSet, Task};
use super::transpose::sum;

/// A product whose result is one column without gaps.
pub(super) struct MatrixVector<'p, 'a, T>(pub(super) &'p mut Product<'a, T>);

impl<T: Float> Task for MatrixVector<'_, '_, T> {
    type Output = ();

    #[inline(always)]
    fn run<I: Isa>(self) {
        // Eight rows of eight sums would not be unrolled, and stand in memory.
        match (I::BYTES, size_of::<T>()) {
            #[cfg(target_arch = "x86_64")]
            (64, 8) => self.by_lines::<I, 8>(),
            #[cfg(target_arch = "x86_64")]
            (64, _) => self.by_lines::<I, 16>(),
            (32, 8) => self.dots::<I, 8, 4>(),
            (_, 8) => self.dots::<I, 4, 4>(),
            _ => self.dots::<I, 4, 8>(),
        }
    }
}

impl<T: Float> MatrixVector<'_, '_, T> {
    /// Computes it, with vectors of a whole line where rows are long enough for them.
    #[inline(always)]
    pub(super) fn compute(self, set: KernelSet) {
        let Product { k, a, .. } = self.0;
        let by_lines = *k * size_of::<T>() >= LONG && a.strides[1] == 1 && a.is_in_lines();
        if by_lines { set.run(self) } else { set.without_avx512().run(self) }
    }

    /// Rows read line by line, where `L` elements are a line.
    #[cfg(target_arch = "x86_64")]
    #[inline(always)]
    fn by_lines<I: Isa, const L: usize>(self) {
        let &mut Product { k, a, b, ref mut c, onto } = self.0;
        let Some(y) = c.as_slice() else { unreachable!("a column without gaps") };
        let scratch = gathered(b, k);
        let x = if scratch.is_empty() { &b.data[..k] } else { &scratch[..] };
        let lead = a.data.as_ptr().addr() / size_of::<T>() % L;
        let mut sums = [T::ZERO; 64];
        for (i, y) in (0..).step_by(sums.len()).zip(y.chunks_mut(sums.len())) {
            let rows = Rows { data: &a.data[i * a.strides[0]..], stride: a.strides[0], lead };
            T::dots::<I>(rows, x, &mut sums[..y.len()]);
            put_column(onto, i, &sums[..y.len()], y);
        }
        if !scratch.is_empty() {
            T::put_scratch(scratch);
        }
    }
}

/// The column of a matrix, copied if it does not stand in one piece.
#[inline(always)]
fn gathered<T: Float>(b: Matrix<'_, T>, k: usize) -> Vec<T> {
    let mut scratch = Vec::new();
    if b.strides[0] != 1 {
        scratch = T::take_scratch();
        scratch.clear();
        scratch.extend((0..k).map(|l| b.at(l, 0)));
    }
    scratch
}

/// Bytes of rows from which on they are read line by line.
const LONG: usize = 256;

impl<T: Float> MatrixVector<'_, '_, T> {
    #[inline(always)]
    fn dots<I: Isa, const R: usize, const W: usize>(self) {
        let &mut Product { k, a, b, ref mut c, onto } = self.0;
        let Some(y) = c.as_slice() else { unreachable!("a column without gaps") };
        let scratch = gathered(b, k);
        let x = if scratch.is_empty() { &b.data[..k] } else { &scratch[..] };
        let mut i = 0;
        while i < y.len() {
            let rows = if y.len() - i >= R { R } else { 1 };
            let y = &mut y[i..i + rows];
            if rows == R {
                put_column(onto, i, &rows_times::<I, T, R, W>(a, i, x), y);
            } else {
                put_column(onto, i, &rows_times::<I, T, 1, W>(a, i, x), y);
            }
            i += rows;
        }
        if !scratch.is_empty() {
            T::put_scratch(scratch);
        }
    }
}

/// Some rows of a times x.
#[inline(always)]
fn rows_times<I: Isa, T: Float, const R: usize, const W: usize>(a: Matrix<'_, T>, i: usize, x: &[T]) -> [T; R] {
    let mut sums = [[T::ZERO; W]; R];
    let (chunks, rest) = x.as_chunks::<W>();
    if a.strides[1] == 1 {
        let mut rows: [&[T]; R] = [&[]; R];
        for r in 0..R {
            rows[r] = &a.data[(i + r) * a.strides[0]..][..x.len()];
        }
        for (c, x) in chunks.iter().enumerate() {
            for r in 0..R {
                let Some(a) = rows[r][c * W..].first_chunk::<W>() else { unreachable!("as long as x") };
                for w in 0..W {
                    sums[r][w] = fused::<I, T>(a[w], x[w], sums[r][w]);
                }
            }
        }
    } else {
        for (c, x) in chunks.iter().enumerate() {
            for r in 0..R {
                for w in 0..W {
                    sums[r][w] = fused::<I, T>(a.at(i + r, c * W + w), x[w], sums[r][w]);
                }
            }
        }
    }
    let mut last = [T::ZERO; R];
    for (w, &x) in rest.iter().enumerate() {
        for r in 0..R {
            last[r] = fused::<I, T>(a.at(i + r, chunks.len() * W + w), x, last[r]);
        }
    }
    if chunks.is_empty() {
        return last;
    }
    // Else the compiler shapes the loops above after the sums below, and gathers.
    let sums = std::hint::black_box(sums);
    let mut totals = last;
    let (fours, rest) = sums.as_chunks::<4>();
    for (totals, four) in totals.as_chunks_mut::<4>().0.iter_mut().zip(fours) {
        let sums = T::sums_of_four::<I>(four.as_flattened());
        for r in 0..4 {
            totals[r] = sums[r] + totals[r];
        }
    }
    for (total, &row) in totals[R - rest.len()..].iter_mut().zip(rest) {
        *total = sum(row) + *total;
    }
    totals
}

/// Puts a part of a column, from a row on.
#[inline(always)]
fn put_column<T: Float>(onto: Onto<'_, T>, first: usize, sums: &[T], y: &mut [T]) {
    match onto {
        Onto::Rows { d, stride, t, s } if stride != 1 => {
            for (r, (y, &sum)) in (first..).zip(y.iter_mut().zip(sums)) {
                *y = t * d[r * stride] + s * sum;
            }
        }
        _ => onto.from(first, 0).put(sums, y),
    }
}

/// The dot product of two vectors without gaps.
pub(super) struct Dot<'a, T> {
    pub(super) x: &'a [T],
    pub(super) y: &'a [T],
}

impl<T: Float> Task for Dot<'_, T> {
    type Output = T;

    #[inline(always)]
    fn run<I: Isa>(self) -> T {
        match I::BYTES / size_of::<T>() {
            16 => self.by::<I, 128>(),
            8 => self.by::<I, 64>(),
            4 => self.by::<I, 32>(),
            _ => self.by::<I, 16>(),
        }
    }
}

impl<T: Float> Dot<'_, T> {
    /// In `W` sums: eight vectors, for one has to wait for the last.
    #[inline(always)]
    fn by<I: Isa, const W: usize>(self) -> T {
        let ((x, x_rest), (y, y_rest)) = (self.x.as_chunks::<W>(), self.y.as_chunks::<W>());
        let mut sums = [T::ZERO; W];
        for (x, y) in x.iter().zip(y) {
            for j in 0..W {
                sums[j] = fused::<I, T>(x[j], y[j], sums[j]);
            }
        }
        // A copy: only here need the sums have an address, and leave their registers.
        let mut spilled = sums;
        for ((sum, &x), &y) in spilled.iter_mut().zip(x_rest).zip(y_rest) {
            *sum = fused::<I, T>(x, y, *sum);
        }
        sum(spilled)
    }
}
