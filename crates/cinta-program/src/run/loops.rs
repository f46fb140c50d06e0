//! Running a loop: block by block, one instruction over a block at a time.
//!
//! A large loop has several parts, whatever the number of threads, and sums are added part by part; so the bits of a result
//! do not depend on who runs which part.
use std::ops::Range;

use cinta_graph::{DType, Element};
use smallvec::SmallVec;

use super::Run;
use super::frame::{Frame, Inputs, Share, Shared, give_back, lend, shares};
use super::gather::{gather, paste};
use super::sums::{Add, Balanced, block_sum};
use crate::lent::Written;
use crate::memory::{Cell, each_dtype};
use crate::ready::{Kernel, Ready, ReadyFill, ReadyLoop, ReadySum, Work};
use crate::steps::{Fill, Sum};

/// Runs an expression for the Rust type of a dtype that adds.
macro_rules! each_number {
    ($dtype:expr, $T:ident => $body:expr) => {
        match $dtype {
            DType::F32 => {
                type $T = f32;
                $body
            }
            DType::I64 => {
                type $T = i64;
                $body
            }
            DType::F64 | DType::Bool => {
                type $T = f64;
                $body
            }
        }
    };
}

impl Run<'_, '_, '_> {
    pub(super) fn run_loop(&mut self, it: &ReadyLoop) {
        lend(&mut self.written, &it.written, self.memory, self.targets);
        let shared =
            Shared { memory: self.memory, copies: &self.plan.copies, arguments: self.arguments, targets: self.targets };
        let threads = if it.is_large { rayon::current_num_threads().min(it.parts.len()) } else { 1 };
        if threads > 1 {
            let mut shares = shares(it, &mut self.written, self.team, threads);
            together(it, &shared, &mut shares);
            let rooms: SmallVec<[Written<'static>; 8]> =
                shares.into_iter().map(|share| share.written.reused()).collect();
            rooms.into_iter().zip(self.team.iter_mut()).for_each(|(room, member)| member.room = room);
        } else {
            let mut frame = Frame { scratch: &mut self.team[0].scratch, written: &mut self.written, from: 0, first: 0 };
            frame.run(it, &shared, 0..it.parts.len());
        }
        give_back(&mut self.written, &it.written, self.memory, self.targets);
        for sum in it.sums.iter().filter(|sum| sum.total.is_some()) {
            each_number!(sum.dtype, T => self.add_parts::<T>(it, sum));
        }
    }

    /// Adds the sums of the parts.
    fn add_parts<T: Cell + Add>(&mut self, it: &ReadyLoop, sum: &ReadySum) {
        let (Some(total), n) = (sum.total, sum.width()) else { return };
        let (partial, _) = it.written[crate::ready::slot(sum.dtype)][sum.to];
        self.writing_at::<T>(total, |run, out| {
            let partial: &[T] = &run.shared().read(partial)[..it.parts.len() * n];
            for (j, out) in out[..n].iter_mut().enumerate() {
                let mut balanced = Balanced::new();
                partial[j..].iter().step_by(n).for_each(|&part| balanced.push(part));
                *out = balanced.finish();
            }
        });
    }
}

/// Runs the shares of a loop, each on a thread.
fn together(it: &ReadyLoop, shared: &Shared<'_, '_, '_>, shares: &mut [Share<'_>]) {
    match shares {
        [] => {}
        [share] => {
            let Share { scratch, written, from, parts } = share;
            let mut frame = Frame { scratch, written, from: *from, first: parts.start };
            frame.run(it, shared, parts.clone());
        }
        _ => {
            let (a, b) = shares.split_at_mut(shares.len() / 2);
            rayon::join(|| together(it, shared, a), || together(it, shared, b));
        }
    }
}

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

impl Frame<'_, '_> {
    /// Runs some parts of a loop.
    fn run(&mut self, it: &ReadyLoop, shared: &Shared<'_, '_, '_>, parts: Range<usize>) {
        it.fills.iter().for_each(|fill| self.fill(fill, shared));
        let mut totals: SmallVec<[Total; 2]> = it.sums.iter().map(|sum| Total::new(sum.dtype)).collect();
        for part in parts {
            for sum in it.sums.iter().filter(|sum| matches!(sum.sum, Sum::Columns(_))) {
                each_number!(sum.dtype, T => self.partial::<T>(sum, part).fill(T::default()));
            }
            let Range { mut start, end } = it.parts[part].clone();
            while start < end {
                // Whole rows where several fit, else a part of one.
                let length =
                    if it.row < it.block { it.block.min(end - start) } else { it.block.min(it.row - start % it.row) };
                for instruction in &it.body {
                    self.instruction(instruction, shared, start, length);
                }
                for (sum, total) in it.sums.iter().zip(&mut totals) {
                    match total {
                        Total::F64(total) => self.add(sum, total, shared, part, start, length),
                        Total::F32(total) => self.add(sum, total, shared, part, start, length),
                        Total::I64(total) => self.add(sum, total, shared, part, start, length),
                    }
                }
                start += length;
            }
            for (sum, total) in it.sums.iter().zip(&mut totals).filter(|(sum, _)| sum.sum == Sum::All) {
                match total {
                    Total::F64(total) => self.partial(sum, part)[0] = total.finish(),
                    Total::F32(total) => self.partial(sum, part)[0] = total.finish(),
                    Total::I64(total) => self.partial(sum, part)[0] = total.finish(),
                }
            }
        }
    }

    /// Where the sum of a part goes.
    fn partial<T: Cell>(&mut self, sum: &ReadySum, part: usize) -> &mut [T] {
        let n = sum.width();
        &mut T::written_mut(self.written)[sum.to][(part - self.first) * n..][..n]
    }

    fn fill(&mut self, fill: &ReadyFill, shared: &Shared<'_, '_, '_>) {
        each_dtype!(fill.dtype, T => {
            let x: T = match (&fill.fill, fill.from) {
                (Fill::Element(_, offset), Some(home)) => shared.read::<T>(home)[*offset],
                (Fill::Number(value), _) => value.as_splat().expect("a number"),
                (Fill::Element(..), None) => unreachable!("elements stand in arrays"),
            };
            T::cells_mut(self.scratch)[fill.register][..fill.length].fill(x);
        });
    }

    fn instruction(&mut self, instruction: &Ready, shared: &Shared<'_, '_, '_>, start: usize, length: usize) {
        match &instruction.work {
            Work::F64(kernel) => self.kernel(instruction, kernel, shared, start, length),
            Work::F32(kernel) => self.kernel(instruction, kernel, shared, start, length),
            Work::Apply(op) => each_dtype!(instruction.dtype, T => {
                self.writing::<T>(instruction.output, start, length, |frame, out| {
                    let elements = instruction.inputs.iter().map(|&(place, dtype)| {
                        each_dtype!(dtype, A => A::elements(frame.stretch::<A>(shared, place, start, length)))
                    });
                    op.eval_elements(&elements.collect::<Inputs<'_>>(), T::elements_mut(out));
                });
            }),
            Work::Assemble(pieces, shape, value) => each_dtype!(instruction.dtype, T => {
                self.writing::<T>(instruction.output, start, length, |_, out| {
                    out.fill(T::from_f64(*value));
                    for (home, placed) in pieces {
                        paste(shared.read(*home), placed, shape, start, out);
                    }
                });
            }),
            Work::Gather(home, view) => each_dtype!(instruction.dtype, T => {
                self.writing::<T>(instruction.output, start, length, |_, out| {
                    gather(shared.read(*home), view, start, out);
                });
            }),
        }
    }

    /// Runs a kernel over a block.
    #[inline]
    fn kernel<T: Cell>(
        &mut self,
        instruction: &Ready,
        kernel: &Kernel<T>,
        shared: &Shared<'_, '_, '_>,
        start: usize,
        length: usize,
    ) {
        if let (Kernel::Twin(f), Some(second)) = (kernel, instruction.second) {
            return self.writing_both(instruction.output, second, start, length, |frame, a, b| {
                f(frame.stretch(shared, instruction.inputs[0].0, start, length), a, b);
            });
        }
        self.writing(instruction.output, start, length, |frame, out| {
            let input = |i: usize| frame.stretch::<T>(shared, instruction.inputs[i].0, start, length);
            match kernel {
                Kernel::One(f) => f(input(0), out),
                Kernel::Two(f) => f(input(0), input(1), out),
                Kernel::Three(f) => f(input(0), input(1), input(2), out),
                Kernel::Twin(_) => unreachable!("written above"),
            }
        });
    }

    /// Adds a block to a sum.
    fn add<T: Cell + Add>(
        &mut self,
        sum: &ReadySum,
        total: &mut Balanced<T>,
        shared: &Shared<'_, '_, '_>,
        part: usize,
        start: usize,
        length: usize,
    ) {
        if sum.sum == Sum::All {
            return total.push(block_sum(self.stretch(shared, sum.input, start, length)));
        }
        let mut lent = std::mem::take(&mut T::written_mut(self.written)[sum.to]);
        let x: &[T] = self.stretch(shared, sum.input, start, length);
        match sum.sum {
            Sum::Rows(n) => {
                let row = (start - self.from) / n;
                if length >= n {
                    for (out, row) in lent[row..].iter_mut().zip(x.chunks_exact(n)) {
                        *out = block_sum(row);
                    }
                } else {
                    total.push(block_sum(x));
                    if (start + length).is_multiple_of(n) {
                        lent[row] = total.finish();
                    }
                }
            }
            Sum::Columns(n) => add_columns(&mut lent[(part - self.first) * n..][..n], start % n, x),
            Sum::All => unreachable!("returned above"),
        }
        T::written_mut(self.written)[sum.to] = lent;
    }
}

/// Numbers that are added side by side.
const STRIP: usize = 64;

/// Adds a block to the sums of columns: whole rows, or a part of one.
fn add_columns<T: Add>(sums: &mut [T], column: usize, x: &[T]) {
    let n = sums.len();
    if x.len() <= n || n > STRIP {
        let mut column = column;
        for row in x.chunks(n) {
            sums[column..].iter_mut().zip(row).for_each(|(sum, &x)| *sum = sum.plus(x));
            column = 0;
        }
        return;
    }
    // Several rows side by side, which are added by halves at the end.
    let mut rows = STRIP / n;
    let mut strip = [T::default(); STRIP];
    for some in x.chunks(rows * n) {
        strip.iter_mut().zip(some).for_each(|(sum, &x)| *sum = sum.plus(x));
    }
    while rows > 1 {
        let half = rows.div_ceil(2);
        let (low, high) = strip.split_at_mut(half * n);
        low.iter_mut().zip(&high[..(rows - half) * n]).for_each(|(low, &high)| *low = low.plus(high));
        rows = half;
    }
    sums.iter_mut().zip(&strip).for_each(|(sum, &x)| *sum = sum.plus(x));
}
