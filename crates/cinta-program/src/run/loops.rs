//! Running a loop: block by block, one instruction over a block at a time.
//!
//! A large loop has several parts, whatever the number of threads, and sums are added part by part; so the bits of a result
//! do not depend on who runs which part.
use std::ops::Range;

use cinta_graph::{DType, Element};
use smallvec::SmallVec;

use super::Run;
use super::frame::{Block, Frame, Member, Shared, deal, give_back, lend};
use super::gather::{gather, paste};
use super::sums::{Add, Balanced, SHORT, block_sum, short_sum};
use crate::lent::{Desk, Desks};
use crate::memory::{Cell, each_dtype};
use crate::ready::{Kernel, Ready, ReadyFill, ReadyLoop, ReadySum, Work};
use crate::steps::Sum;

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
        let count = it.parts.len();
        let threads = if it.is_large { rayon::current_num_threads().min(count) } else { 1 };
        if threads > 1 {
            let parts = |i: usize| i * count / threads..(i + 1) * count / threads;
            let (mut frames, mut rooms): (SmallVec<[Frame<'_>; 8]>, SmallVec<[&mut Desks<'static>; 8]>) =
                Default::default();
            for (i, Member { scratch, room }) in self.team.iter_mut().take(threads).enumerate() {
                frames.push(Frame::new(it, parts(i), scratch, room, &shared));
                rooms.push(room);
            }
            deal(&mut self.written, it, &mut frames);
            together(it, &mut frames);
            frames.into_iter().zip(rooms).for_each(|(frame, room)| frame.leave(it, room));
        } else {
            let Member { scratch, room } = &mut self.team[0];
            let mut frame = Frame::new(it, 0..count, scratch, room, &shared);
            deal(&mut self.written, it, std::slice::from_mut(&mut frame));
            frame.run(it);
            frame.leave(it, room);
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

/// Runs frames, each on a thread.
fn together(it: &ReadyLoop, frames: &mut [Frame<'_>]) {
    match frames {
        [] => {}
        [frame] => frame.run(it),
        _ => {
            let (a, b) = frames.split_at_mut(frames.len() / 2);
            rayon::join(|| together(it, a), || together(it, b));
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

impl Frame<'_> {
    fn run(&mut self, it: &ReadyLoop) {
        it.fills.iter().for_each(|fill| self.fill(fill, it.block));
        let totals = it.sums.iter().filter(|_| it.balances).map(|sum| Total::new(sum.dtype));
        let mut totals: SmallVec<[Total; 2]> = totals.collect();
        for part in self.parts.clone() {
            for sum in it.sums.iter().filter(|sum| matches!(sum.sum, Sum::Columns(_))) {
                each_number!(sum.dtype, T => self.partial::<T>(sum, part).fill(T::default()));
            }
            let Range { mut start, end } = it.parts[part].clone();
            while start < end {
                // Whole rows where several fit, else a part of one.
                let length =
                    if it.row < it.block { it.block.min(end - start) } else { it.block.min(it.row - start % it.row) };
                let block = Block { start, written: start - self.from, length };
                for instruction in &it.body {
                    self.instruction(instruction, block);
                }
                for (i, sum) in it.sums.iter().enumerate() {
                    match (totals.get_mut(i), sum.dtype) {
                        (Some(Total::F64(total)), _) => self.add(sum, Some(total), part, block),
                        (Some(Total::F32(total)), _) => self.add(sum, Some(total), part, block),
                        (Some(Total::I64(total)), _) => self.add(sum, Some(total), part, block),
                        (None, dtype) => each_number!(dtype, T => self.add::<T>(sum, None, part, block)),
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
        &mut T::desk_mut(&mut self.desks).written[sum.to][(part - self.first) * n..][..n]
    }

    fn fill(&mut self, fill: &ReadyFill, length: usize) {
        let block = Block { start: 0, written: 0, length };
        each_dtype!(fill.dtype, T => {
            let desk = T::desk_mut(&mut self.desks);
            let mut to = desk.take(fill.to);
            to.block(block).fill(desk.stretch(fill.from, block)[0]);
            desk.put(fill.to, to);
        });
    }

    #[inline]
    fn instruction(&mut self, it: &Ready, block: Block) {
        match &it.work {
            Work::F64(kernel) => run_kernel(&mut self.desks, it, kernel, block),
            Work::F32(kernel) => run_kernel(&mut self.desks, it, kernel, block),
            Work::Apply(op) => each_dtype!(it.dtype, T => {
                let mut out = T::desk_mut(&mut self.desks).take(it.output);
                let elements = it.inputs.iter().map(|&(place, dtype)| {
                    each_dtype!(dtype, A => A::elements(A::desk(&self.desks).stretch(place, block)))
                });
                op.eval_elements(&elements.collect::<Inputs<'_>>(), T::elements_mut(out.block(block)));
                T::desk_mut(&mut self.desks).put(it.output, out);
            }),
            Work::Assemble(pieces, value) => each_dtype!(it.dtype, T => {
                let desk = T::desk_mut(&mut self.desks);
                let mut taken = desk.take(it.output);
                let out = taken.block(block);
                out.fill(T::from_f64(*value));
                for (read, pasted) in pieces {
                    paste(desk.reads[*read], pasted, block.start, out);
                }
                desk.put(it.output, taken);
            }),
            Work::Gather(read, view) => each_dtype!(it.dtype, T => {
                let desk = T::desk_mut(&mut self.desks);
                let mut out = desk.take(it.output);
                gather(desk.reads[*read], view, block.start, out.block(block));
                desk.put(it.output, out);
            }),
        }
    }

    /// Adds a block to a sum; without a total it is one of its own.
    fn add<T: Cell + Add>(&mut self, it: &ReadySum, total: Option<&mut Balanced<T>>, part: usize, block: Block) {
        let Block { start, written, length } = block;
        let desk = T::desk_mut(&mut self.desks);
        let out = std::mem::take(&mut desk.written[it.to]);
        let x: &[T] = desk.stretch(it.input, block);
        match (it.sum, total) {
            (Sum::All, Some(total)) => total.push(block_sum(x)),
            (Sum::All, None) => out[part - self.first] = block_sum(x),
            (Sum::Rows(n), Some(total)) if length < n => {
                total.push(block_sum(x));
                if (start + length).is_multiple_of(n) {
                    out[written / n] = total.finish();
                }
            }
            (Sum::Rows(n), _) => {
                for (out, row) in out[written / n..].iter_mut().zip(x.chunks_exact(n)) {
                    *out = if n <= SHORT { short_sum(row) } else { block_sum(row) };
                }
            }
            (Sum::Columns(n), _) => add_columns(&mut out[(part - self.first) * n..][..n], start % n, x),
        }
        desk.written[it.to] = out;
    }
}

/// Runs a kernel over a block.
#[inline]
fn run_kernel<T: Cell>(desks: &mut Desks<'_>, it: &Ready, kernel: &Kernel<T>, block: Block) {
    if let (Kernel::Compare(f), [(a, _), (b, _)]) = (kernel, &it.inputs[..]) {
        let mut taken = desks.bool.take(it.output);
        let desk = T::desk(desks);
        f(desk.stretch(*a, block), desk.stretch(*b, block), taken.block(block));
        return desks.bool.put(it.output, taken);
    }
    let mut taken = T::desk_mut(desks).take(it.output);
    match (kernel, &it.inputs[..]) {
        (Kernel::Select(f), [(mask, _), (a, _), (b, _)]) => {
            let desk = T::desk(desks);
            let (a, b) = (desk.stretch(*a, block), desk.stretch(*b, block));
            f(desks.bool.stretch(*mask, block), a, b, taken.block(block));
        }
        (Kernel::CastMask(f), [(mask, _)]) => f(desks.bool.stretch(*mask, block), taken.block(block)),
        _ => run_plain(T::desk_mut(desks), it, kernel, block, taken.block(block)),
    }
    T::desk_mut(desks).put(it.output, taken);
}

/// Runs a kernel all of whose operands are of one dtype.
#[inline]
fn run_plain<T: Cell>(desk: &mut Desk<'_, T>, it: &Ready, kernel: &Kernel<T>, block: Block, out: &mut [T]) {
    match (kernel, &it.inputs[..]) {
        (Kernel::One(f), [(a, _)]) => f(desk.stretch(*a, block), out),
        (Kernel::Two(f), [(a, _), (b, _)]) => f(desk.stretch(*a, block), desk.stretch(*b, block), out),
        (Kernel::Three(f), [(a, _), (b, _), (c, _)]) => {
            f(desk.stretch(*a, block), desk.stretch(*b, block), desk.stretch(*c, block), out);
        }
        (Kernel::Twin(f), [(a, _)]) => {
            let Some(place) = it.second else { unreachable!("a kernel of two results") };
            let mut second = desk.take(place);
            f(desk.stretch(*a, block), out, second.block(block));
            desk.put(place, second);
        }
        _ => unreachable!("as many inputs as the kernel has"),
    }
}

/// The inputs of an instruction, of any dtypes.
type Inputs<'s> = SmallVec<[cinta_graph::Elements<'s>; 3]>;

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
