//! Matrix products.
use cinta_graph::DType;
use rayon::prelude::*;

use super::Run;
use crate::kernels::{Float, Matrix, Onto, product};
use crate::memory::Cell;
use crate::place::Home;
use crate::steps::{Fill, Product};

/// Arithmetic from which on a product has several bands.
const LARGE: usize = 2_000_000;
/// Rows of a band are a multiple of this, so that tiles are whole.
const ROWS: usize = 16;

impl Product {
    /// Whether it is large enough for several threads.
    pub(crate) fn is_large(&self) -> bool {
        self.sizes.iter().product::<usize>() >= LARGE / 2
    }
}

impl Run<'_, '_> {
    pub(super) fn run_product(&mut self, it: &Product) {
        match self.program.array(it.output).0 {
            DType::F32 => self.product::<f32>(it),
            _ => self.product::<f64>(it),
        }
    }

    fn product<T: Cell + Float>(&mut self, it: &Product) {
        let [batch, m, k, n] = it.sizes;
        let threads = if it.is_large() { rayon::current_num_threads() } else { 1 };
        let set = self.set;
        let homes = &self.plan.homes;
        let [home_a, home_b] = [it.a.0, it.b.0].map(|array| homes[array.index()]);
        self.write::<T>(it.output, |out, others| {
            let operand = |home: Home, offset: usize, [batch, row, column]: [isize; 3]| Operand {
                elements: &others.array(home)[offset..],
                batch: batch.cast_unsigned(),
                strides: [row, column].map(isize::cast_unsigned),
            };
            let (a, b) = (operand(home_a, it.a.1, it.a.2), operand(home_b, it.b.1, it.b.2));
            let onto = it.onto.as_ref().map_or(Onto::Nothing, |onto| {
                let s = match &onto.scale {
                    None => T::ONE,
                    Some(Fill::Number(value)) => value.as_splat().expect("a number of the dtype"),
                    Some(Fill::Element(array, offset)) => others.array(homes[array.index()])[*offset],
                };
                let s = if onto.negative { -s } else { s };
                let home = homes[onto.array.index()];
                if home == homes[it.output.index()] {
                    return Onto::Itself(s);
                }
                Onto::Rows { d: &others.array(home)[onto.offset..], stride: onto.stride, s }
            });
            // Each row of a result has the same bits in whatever band.
            let mut rows = m.div_ceil(threads.div_ceil(batch)).next_multiple_of(ROWS).min(m);
            // But a single row is computed as a vector, which adds in another order.
            while rows < m && m % rows == 1 {
                rows += 1;
            }
            let band = |i: usize, first: usize, out: &mut [T]| {
                let rows = out.len() / n;
                product(set, [rows, k, n], a.from(i, first), b.from(i, 0), out, n, onto.from(first, 0));
            };
            if threads == 1 {
                out.chunks_exact_mut(m * n).enumerate().for_each(|(i, out)| band(i, 0, out));
            } else {
                out.par_chunks_exact_mut(m * n).enumerate().for_each(|(i, out)| {
                    out.par_chunks_mut(rows * n).enumerate().for_each(|(j, out)| band(i, j * rows, out));
                });
            }
        });
    }
}

/// The matrices of a batch.
#[derive(Clone, Copy)]
struct Operand<'a, T> {
    elements: &'a [T],
    batch: usize,
    strides: [usize; 2],
}

impl<'a, T: Float> Operand<'a, T> {
    /// One of them, from a row on.
    fn from(&self, i: usize, row: usize) -> Matrix<'a, T> {
        Matrix::new(&self.elements[i * self.batch + row * self.strides[0]..], self.strides)
    }
}
