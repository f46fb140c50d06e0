//! Running a loop: block by block, one instruction over a block at a time.
use cinta_graph::{DType, Elements, Op};
use smallvec::SmallVec;

use super::Run;
use super::gather::gather;
use super::sums::{Add, Balanced, block_sum};
use crate::memory::{Cell, each_dtype};
use crate::plan::{Home, Source};
use crate::steps::{Action, Fill, Instruction, Loop, Operand, Reduction, Sum};

/// A sum under way.
enum Total {
    F64(Balanced<f64>),
    F32(Balanced<f32>),
    I64(Balanced<i64>),
}

impl Run<'_, '_> {
    pub(super) fn run_loop(&mut self, step: usize, it: &Loop) {
        let block = self.plan.loops[step].as_ref().expect("a planned loop").block;
        self.fill(step, it, block);
        self.clear_columns(it);
        let mut totals: SmallVec<[Total; 2]> = it.reductions.iter().map(|sum| self.total(sum)).collect();
        let row = it.row.unwrap_or(it.size).max(1);
        let mut start = 0;
        while start < it.size {
            // Whole rows where several fit, else a part of one.
            let length = if row < block { block.min(it.size - start) } else { block.min(row - start % row) };
            for instruction in &it.body {
                self.instruction(step, instruction, start, length);
            }
            for (reduction, total) in it.reductions.iter().zip(&mut totals) {
                match total {
                    Total::F64(total) => self.reduce(step, reduction, total, start, length),
                    Total::F32(total) => self.reduce(step, reduction, total, start, length),
                    Total::I64(total) => self.reduce(step, reduction, total, start, length),
                }
            }
            start += length;
        }
        for (reduction, total) in it.reductions.iter().zip(&mut totals) {
            if reduction.sum == Sum::All {
                match total {
                    Total::F64(total) => self.output(reduction)[0] = total.finish(),
                    Total::F32(total) => self.output(reduction)[0] = total.finish(),
                    Total::I64(total) => self.output(reduction)[0] = total.finish(),
                }
            }
        }
    }

    fn fill(&mut self, step: usize, it: &Loop, block: usize) {
        for (register, fill) in &it.fills {
            let target = self.plan.source(step, Operand::Register(*register));
            each_dtype!(it.registers[register.index()], T => {
                let x: T = match (fill, self.plan.element(fill)) {
                    (Fill::Number(value), _) => value.as_splat().expect("a number"),
                    (Fill::Element(..), source) => self.stretch::<T>(source.expect("an element"), 0, 1)[0],
                };
                let (Home::Cell(cell), false) = (target.home, target.streams) else { unreachable!("filled registers are not kept") };
                T::cells_mut(&mut self.plan.memory)[cell][..block].fill(x);
            });
        }
    }

    fn clear_columns(&mut self, it: &Loop) {
        for reduction in &it.reductions {
            if let Sum::Columns(n) = reduction.sum {
                each_dtype!(self.program.arrays[reduction.output.index()].ty.dtype, T => {
                    self.output::<T>(reduction)[..n].fill(T::default());
                });
            }
        }
    }

    fn total(&self, reduction: &Reduction) -> Total {
        match self.program.arrays[reduction.output.index()].ty.dtype {
            DType::F32 => Total::F32(Balanced::new()),
            DType::I64 => Total::I64(Balanced::new()),
            DType::F64 | DType::Bool => Total::F64(Balanced::new()),
        }
    }

    /// The cell of a sum.
    fn output<T: Cell>(&mut self, reduction: &Reduction) -> &mut [T] {
        let Home::Cell(cell) = self.plan.homes[reduction.output.index()] else { unreachable!("steps write to cells") };
        &mut T::cells_mut(&mut self.plan.memory)[cell]
    }

    fn instruction(&mut self, step: usize, instruction: &Instruction, start: usize, length: usize) {
        let it = self.plan.loops[step].as_ref().expect("a planned loop");
        let target = it.registers[instruction.output.index()];
        let first = if target.streams { start } else { 0 };
        let Home::Cell(cell) = target.home else { unreachable!("registers stand in cells") };
        let crate::steps::Step::Loop(it) = &self.program.steps[step] else { unreachable!("a loop") };
        each_dtype!(it.registers[instruction.output.index()], T => {
            // Taken out while it is written: no input stands there.
            let mut whole = std::mem::take(&mut T::cells_mut(&mut self.plan.memory)[cell]);
            let out = &mut whole[first..first + length];
            match &instruction.action {
                Action::Apply(op) => self.apply::<T>(step, op, instruction, start, out),
                Action::Gather(array, view) => gather(self.array::<T>(*array), view, start, out),
            }
            T::cells_mut(&mut self.plan.memory)[cell] = whole;
        });
    }

    fn apply<T: Cell>(&self, step: usize, op: &Op, instruction: &Instruction, start: usize, out: &mut [T]) {
        let mut inputs: SmallVec<[Elements<'_>; 3]> = SmallVec::new();
        for &(operand, dtype) in &instruction.inputs {
            let source: Source = self.plan.source(step, operand);
            inputs.push(each_dtype!(dtype, A => A::elements(self.stretch::<A>(source, start, out.len()))));
        }
        op.eval_elements(&inputs, T::elements_mut(out));
    }

    fn reduce<T: Cell + Add>(
        &mut self,
        step: usize,
        reduction: &Reduction,
        total: &mut Balanced<T>,
        start: usize,
        length: usize,
    ) {
        let source = self.plan.source(step, reduction.input);
        let Home::Cell(cell) = self.plan.homes[reduction.output.index()] else { unreachable!("steps write to cells") };
        match reduction.sum {
            Sum::All => total.push(block_sum(self.stretch(source, start, length))),
            Sum::Rows(n) => {
                let mut out = std::mem::take(&mut T::cells_mut(&mut self.plan.memory)[cell]);
                let x = self.stretch(source, start, length);
                if length >= n {
                    for (out, row) in out[start / n..].iter_mut().zip(x.chunks_exact(n)) {
                        *out = block_sum(row);
                    }
                } else {
                    total.push(block_sum(x));
                    if (start + length).is_multiple_of(n) {
                        out[start / n] = total.finish();
                    }
                }
                T::cells_mut(&mut self.plan.memory)[cell] = out;
            }
            Sum::Columns(n) => {
                let mut out = std::mem::take(&mut T::cells_mut(&mut self.plan.memory)[cell]);
                let x = self.stretch(source, start, length);
                for row in x.chunks(n) {
                    for (out, &x) in out[start % n..].iter_mut().zip(row) {
                        *out = out.plus(x);
                    }
                }
                T::cells_mut(&mut self.plan.memory)[cell] = out;
            }
        }
    }
}
