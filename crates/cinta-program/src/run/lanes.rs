//! Operations on each row of a matrix.
use cinta_graph::DType;
use rayon::prelude::*;

use super::Run;
use crate::kernels::Float;
use crate::memory::Cell;
use crate::place::Extent;
use crate::steps::Lanes;

/// Elements from which on rows are divided among threads.
const LARGE: usize = 1 << 15;

impl Run<'_, '_> {
    pub(super) fn run_lanes(&mut self, it: &Lanes) {
        match self.program.array(it.output).0 {
            DType::F32 => self.lanes::<f32>(it),
            _ => self.lanes::<f64>(it),
        }
    }

    fn lanes<T: Cell + Float>(&mut self, it: &Lanes) {
        let (array, first) = it.input;
        let (_, size) = self.program.array(it.output);
        // How many numbers a row gives.
        let width = if it.function.keeps_length() { it.length } else { 1 };
        let rows = size / width;
        let threads = if rows * it.length >= LARGE { rayon::current_num_threads().min(rows) } else { 1 };
        let home = self.plan.homes[array.index()];
        if let Some((other, beside, _)) = it.beside {
            let softmax_and = self.set.softmax_and::<T>(other);
            let [softmax, beside] = [it.output, beside].map(|array| {
                let (place, (_, size)) =
                    (self.plan.homes[array.index()].place(0, Extent::Whole), self.program.array(array));
                (place.store, place.from..place.from + size)
            });
            return T::desk_mut(&mut self.desks).write_both(softmax, beside, |out, beside, others| {
                let x = &others.array(home)[first..][..rows * it.length];
                if threads == 1 {
                    return softmax_and(x, it.length, out, beside);
                }
                let share = rows.div_ceil(threads);
                let beside = beside.par_chunks_mut(if other.keeps_length() { share * it.length } else { share });
                let shares = x.par_chunks(share * it.length).zip(out.par_chunks_mut(share * width));
                shares.zip(beside).for_each(|((x, out), beside)| softmax_and(x, it.length, out, beside));
            });
        }
        let rows_of = self.set.rows::<T>(it.function);
        self.write::<T>(it.output, |out, others| {
            let x = &others.array(home)[first..][..rows * it.length];
            if threads == 1 {
                return rows_of(x, it.length, out);
            }
            let share = rows.div_ceil(threads);
            let shares = x.par_chunks(share * it.length).zip(out.par_chunks_mut(share * width));
            shares.for_each(|(x, out)| rows_of(x, it.length, out));
        });
    }
}
