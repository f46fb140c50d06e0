//! Matrix products.
use super::{Run, read};
use crate::kernels::{Float, Matrix, product};
use crate::memory::Cell;
use crate::plan::Home;
use crate::steps::{ArrayId, Product};

impl Run<'_, '_> {
    pub(super) fn run_product(&mut self, it: &Product) {
        match self.program.arrays[it.output.index()].ty.dtype {
            cinta_graph::DType::F32 => self.product::<f32>(it),
            _ => self.product::<f64>(it),
        }
    }

    fn product<T: Cell + Float>(&mut self, it: &Product) {
        let [batch, m, k, n] = it.sizes;
        let Home::Cell(cell) = self.plan.homes[it.output.index()] else { unreachable!("steps write to cells") };
        let mut out = std::mem::take(&mut T::cells_mut(self.memory)[cell]);
        let matrix = |(array, offset, strides): (ArrayId, usize, [isize; 3]), i: usize| {
            let [batch, row, column] = strides.map(isize::cast_unsigned);
            let elements = read::<T>(self.memory, &self.plan.copies, self.arguments, self.plan.homes[array.index()]);
            Matrix::new(&elements[offset + i * batch..], [row, column])
        };
        for i in 0..batch {
            let out = &mut out[i * m * n..(i + 1) * m * n];
            product(self.set, [m, k, n], matrix(it.a, i), matrix(it.b, i), out, n, false);
        }
        T::cells_mut(self.memory)[cell] = out;
    }
}
