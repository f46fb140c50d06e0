//! Running a loop: block by block, one instruction over a block at a time.
use cinta_graph::{DType, Elements};
use smallvec::SmallVec;

use super::gather::gather;
use super::sums::{Add, Balanced, block_sum};
use super::{Run, read};
use crate::memory::{Cell, each_dtype};
use crate::plan::Home;
use crate::ready::{Kernel, Ready, ReadyFill, ReadyLoop, ReadySum, Source, Work};
use crate::steps::{Fill, Sum};

/// A sum under way.
enum Total {
    F64(Balanced<f64>),
    F32(Balanced<f32>),
    I64(Balanced<i64>),
}

impl Total {
    fn new(dtype: DType) -> Self {
        match dtype {
            DType::F32 => Self::F32(Balanced::new()),
            DType::I64 => Self::I64(Balanced::new()),
            DType::F64 | DType::Bool => Self::F64(Balanced::new()),
        }
    }
}

impl Run<'_, '_> {
    pub(super) fn run_loop(&mut self, it: &ReadyLoop) {
        it.fills.iter().for_each(|fill| self.fill(fill));
        let mut totals: SmallVec<[Total; 2]> = SmallVec::new();
        for sum in &it.sums {
            if let Sum::Columns(n) = sum.sum {
                each_dtype!(sum.dtype, T => T::cells_mut(self.memory)[sum.to][..n].fill(T::default()));
            }
            totals.push(Total::new(sum.dtype));
        }
        let mut start = 0;
        while start < it.size {
            // Whole rows where several fit, else a part of one.
            let length =
                if it.row < it.block { it.block.min(it.size - start) } else { it.block.min(it.row - start % it.row) };
            for instruction in &it.body {
                self.instruction(instruction, start, length);
            }
            for (sum, total) in it.sums.iter().zip(&mut totals) {
                match total {
                    Total::F64(total) => self.add(sum, total, start, length),
                    Total::F32(total) => self.add(sum, total, start, length),
                    Total::I64(total) => self.add(sum, total, start, length),
                }
            }
            start += length;
        }
        for (sum, total) in it.sums.iter().zip(&mut totals).filter(|(sum, _)| sum.sum == Sum::All) {
            match total {
                Total::F64(total) => f64::cells_mut(self.memory)[sum.to][0] = total.finish(),
                Total::F32(total) => f32::cells_mut(self.memory)[sum.to][0] = total.finish(),
                Total::I64(total) => i64::cells_mut(self.memory)[sum.to][0] = total.finish(),
            }
        }
    }

    fn fill(&mut self, fill: &ReadyFill) {
        each_dtype!(fill.dtype, T => {
            let x: T = match (&fill.fill, fill.from) {
                (Fill::Element(_, offset), Some(home)) => {
                    read::<T>(self.memory, &self.plan.copies, self.arguments, home)[*offset]
                }
                (Fill::Number(value), _) => value.as_splat().expect("a number"),
                (Fill::Element(..), None) => unreachable!("elements stand in arrays"),
            };
            T::cells_mut(self.memory)[fill.to][..fill.length].fill(x);
        });
    }

    fn instruction(&mut self, instruction: &Ready, start: usize, length: usize) {
        match &instruction.work {
            Work::F64(kernel) => self.kernel(instruction, kernel, start, length),
            Work::F32(kernel) => self.kernel(instruction, kernel, start, length),
            Work::Apply(op) => each_dtype!(instruction.dtype, T => {
                self.writing::<T>(instruction.output, start, length, |run, out| {
                    let elements = |&(source, dtype): &(Source, DType)| {
                        each_dtype!(dtype, A => A::elements(run.stretch::<A>(source, start, length)))
                    };
                    let inputs: SmallVec<[Elements<'_>; 3]> = instruction.inputs.iter().map(elements).collect();
                    op.eval_elements(&inputs, T::elements_mut(out));
                });
            }),
            Work::Gather(home, view) => each_dtype!(instruction.dtype, T => {
                self.writing::<T>(instruction.output, start, length, |run, out| {
                    gather(read(run.memory, &run.plan.copies, run.arguments, *home), view, start, out);
                });
            }),
        }
    }

    /// Runs a kernel over a block.
    fn kernel<T: Cell>(&mut self, instruction: &Ready, kernel: &Kernel<T>, start: usize, length: usize) {
        self.writing(instruction.output, start, length, |run, out| {
            let input = |i: usize| run.stretch::<T>(instruction.inputs[i].0, start, length);
            match kernel {
                Kernel::One(f) => f(input(0), out),
                Kernel::Two(f) => f(input(0), input(1), out),
                Kernel::Three(f) => f(input(0), input(1), input(2), out),
            }
        });
    }

    /// Writes a stretch of a cell, which is taken out of the memory meanwhile: no input stands there.
    fn writing<T: Cell>(&mut self, to: Source, start: usize, length: usize, write: impl FnOnce(&Self, &mut [T])) {
        let Home::Cell(cell) = to.home else { unreachable!("only cells are written") };
        let mut whole = std::mem::take(&mut T::cells_mut(self.memory)[cell]);
        let first = if to.streams { start } else { 0 };
        write(self, &mut whole[first..first + length]);
        T::cells_mut(self.memory)[cell] = whole;
    }

    /// Adds a block to a sum.
    fn add<T: Cell + Add>(&mut self, sum: &ReadySum, total: &mut Balanced<T>, start: usize, length: usize) {
        if sum.sum == Sum::All {
            return total.push(block_sum(self.stretch(sum.input, start, length)));
        }
        let mut out = std::mem::take(&mut T::cells_mut(self.memory)[sum.to]);
        let x: &[T] = self.stretch(sum.input, start, length);
        match sum.sum {
            Sum::Rows(n) if length >= n => {
                for (out, row) in out[start / n..].iter_mut().zip(x.chunks_exact(n)) {
                    *out = block_sum(row);
                }
            }
            Sum::Rows(n) => {
                total.push(block_sum(x));
                if (start + length).is_multiple_of(n) {
                    out[start / n] = total.finish();
                }
            }
            Sum::Columns(n) => {
                for row in x.chunks(n) {
                    for (out, &x) in out[start % n..].iter_mut().zip(row) {
                        *out = out.plus(x);
                    }
                }
            }
            Sum::All => unreachable!("returned above"),
        }
        T::cells_mut(self.memory)[sum.to] = out;
    }
}
