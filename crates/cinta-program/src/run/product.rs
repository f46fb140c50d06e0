//! Matrix products.
use ndarray::linalg::general_mat_mul;
use ndarray::{ArrayView2, ArrayViewMut2, LinalgScalar, ShapeBuilder};

use super::Run;
use crate::memory::Cell;
use crate::plan::Home;
use crate::steps::Product;

impl Run<'_, '_> {
    pub(super) fn run_product(&mut self, it: &Product) {
        match self.program.arrays[it.output.index()].ty.dtype {
            cinta_graph::DType::F32 => self.product::<f32>(it),
            _ => self.product::<f64>(it),
        }
    }

    fn product<T: Cell + LinalgScalar>(&mut self, it: &Product) {
        let [batch, m, k, n] = it.sizes;
        let Home::Cell(cell) = self.plan.homes[it.output.index()] else { unreachable!("steps write to cells") };
        let mut out = std::mem::take(&mut T::cells_mut(&mut self.plan.memory)[cell]);
        for i in 0..batch {
            let a = matrix(self.array::<T>(it.a.0), it.a.1, it.a.2, i, (m, k));
            let b = matrix(self.array::<T>(it.b.0), it.b.1, it.b.2, i, (k, n));
            let out = &mut out[i * m * n..(i + 1) * m * n];
            let mut c = ArrayViewMut2::from_shape((m, n), out).expect("as many elements");
            general_mat_mul(T::one(), &a, &b, T::zero(), &mut c);
        }
        T::cells_mut(&mut self.plan.memory)[cell] = out;
    }
}

/// One matrix of a batch. Axes of size 1 may have any stride.
fn matrix<T>(
    elements: &[T],
    offset: usize,
    strides: [isize; 3],
    i: usize,
    (m, n): (usize, usize),
) -> ArrayView2<'_, T> {
    let [batch, row, column] = strides.map(isize::cast_unsigned);
    let shape = (m, n).strides((if m == 1 { n.max(1) * column.max(1) } else { row }, if n == 1 { 1 } else { column }));
    ArrayView2::from_shape(shape, &elements[offset + i * batch..]).expect("the view lies inside its array")
}
