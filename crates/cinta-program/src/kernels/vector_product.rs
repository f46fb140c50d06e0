//! Products of a matrix and a vector, where the matrix is read row by row: one dot product a row.
use super::float::{Float, fused};
use super::product::Matrix;
use super::set::{Isa, Task};

/// y = a·x, or y += a·x, where a is m × k; x is a matrix of one column.
pub(super) struct MatrixVector<'a, T> {
    pub(super) m: usize,
    pub(super) k: usize,
    pub(super) a: Matrix<'a, T>,
    pub(super) x: Matrix<'a, T>,
    pub(super) y: &'a mut [T],
    pub(super) accumulate: bool,
}

impl<T: Float> Task for MatrixVector<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run<I: Isa>(self) {
        match (I::BYTES, size_of::<T>()) {
            (64, 8) => self.dots::<I, 16>(),
            (64, _) => self.dots::<I, 32>(),
            (32, 8) => self.dots::<I, 8>(),
            (32, _) => self.dots::<I, 16>(),
            (_, 8) => self.dots::<I, 4>(),
            _ => self.dots::<I, 8>(),
        }
    }
}

impl<T: Float> MatrixVector<'_, T> {
    #[inline(always)]
    fn dots<I: Isa, const W: usize>(self) {
        let mut scratch = Vec::new();
        let x = if self.x.strides[0] == 1 {
            &self.x.data[..self.k]
        } else {
            scratch = T::take_scratch();
            scratch.clear();
            scratch.extend((0..self.k).map(|l| self.x.at(l, 0)));
            &scratch[..]
        };
        let mut i = 0;
        while i < self.m {
            let rows = if self.m - i >= 4 { 4 } else { 1 };
            let mut put = |r: usize, sum: T| {
                let y = &mut self.y[i + r];
                *y = if self.accumulate { *y + sum } else { sum };
            };
            if rows == 4 {
                let sums = rows_times::<I, T, 4, W>(self.a, i, x);
                (0..4).for_each(|r| put(r, sums[r]));
            } else {
                put(0, rows_times::<I, T, 1, W>(self.a, i, x)[0]);
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
        for (c, x) in chunks.iter().enumerate() {
            for r in 0..R {
                for w in 0..W {
                    sums[r][w] = fused::<I, T>(a.at(i + r, c * W + w), x[w], sums[r][w]);
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
    for (w, &x) in rest.iter().enumerate() {
        for r in 0..R {
            sums[r][w] = fused::<I, T>(a.at(i + r, chunks.len() * W + w), x, sums[r][w]);
        }
    }
    let mut totals = [T::ZERO; R];
    for r in 0..R {
        let mut width = W;
        while width > 1 {
            width /= 2;
            for w in 0..width {
                sums[r][w] = sums[r][w] + sums[r][w + width];
            }
        }
        totals[r] = sums[r][0];
    }
    totals
}
