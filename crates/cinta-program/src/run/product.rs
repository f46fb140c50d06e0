//! Matrix products.
use cinta_graph::DType;
use rayon::prelude::*;

use super::Run;
use crate::desk::Others;
use crate::kernels::{Float, Matrix, Onto, product};
use crate::memory::Cell;
use crate::ready::{Factor, ReadyOnto, ReadyProduct};

/// Rows of a band are a multiple of this, so that tiles are whole.
const ROWS: usize = 16;

impl Run<'_, '_> {
    #[inline]
    pub(super) fn run_product(&mut self, it: &ReadyProduct) {
        match it.dtype {
            DType::F32 => self.product::<f32>(it),
            _ => self.product::<f64>(it),
        }
    }

    fn product<T: Cell + Float>(&mut self, it: &ReadyProduct) {
        let [batch, m, k, n] = it.sizes;
        let (set, output) = (self.set, it.output);
        T::desk_mut(&mut self.desks).write(output.store, output.from..output.from + batch * m * n, |out, others| {
            let factor = |factor: &Factor| others.from(factor.place.store, factor.place.from);
            let (a, b) = (factor(&it.a), factor(&it.b));
            let onto = it.onto.as_ref().map_or(Onto::Nothing, |onto| onto.of(others));
            let matrix = |factor: &Factor, elements, i: usize, row: usize| {
                from(elements, i * factor.batch + row * factor.strides[0], factor.strides)
            };
            if !it.is_large {
                for i in 0..batch {
                    let (a, b) = (matrix(&it.a, a, i, 0), matrix(&it.b, b, i, 0));
                    product(set, [m, k, n], a, b, &mut out[i * m * n..][..m * n], n, onto);
                }
                return;
            }
            let rows = rows_of_bands(m, rayon::current_num_threads().div_ceil(batch));
            let bands = |i: usize, j: usize, out: &mut [T]| {
                let (first, rows) = (j * rows, out.len() / n);
                let (a, b) = (matrix(&it.a, a, i, first), matrix(&it.b, b, i, 0));
                product(set, [rows, k, n], a, b, out, n, onto.from(first, 0));
            };
            out.par_chunks_exact_mut(m * n).enumerate().for_each(|(i, out)| {
                out.par_chunks_mut(rows * n).enumerate().for_each(|(j, out)| bands(i, j, out));
            });
        });
    }
}

/// A matrix that begins at an element.
fn from<T: Float>(elements: &[T], first: usize, strides: [usize; 2]) -> Matrix<'_, T> {
    Matrix::new(&elements[first..], strides)
}

/// How many of so many rows a band has, for so many threads. Each row of a result has the same bits in whatever band; but a
/// single row is computed as a vector, which adds in another order.
fn rows_of_bands(m: usize, threads: usize) -> usize {
    let mut rows = m.div_ceil(threads).next_multiple_of(ROWS).min(m);
    while rows < m && m % rows == 1 {
        rows += 1;
    }
    rows
}

impl ReadyOnto {
    fn of<'s, T: Cell + Float>(&self, others: &Others<'s, '_, T>) -> Onto<'s, T> {
        let s = self.scale.map_or(T::ONE, |place| others.from(place.store, place.from)[0]);
        let s = if self.negative { -s } else { s };
        match self.place {
            None => Onto::Itself(s),
            Some(place) => {
                let t = if self.minus { -T::ONE } else { T::ONE };
                Onto::Rows { d: others.from(place.store, place.from), stride: self.stride, t, s }
            }
        }
    }
}
