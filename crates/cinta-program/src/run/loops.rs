//! Running a loop: block by block, one instruction over a block at a time.
//!
//! A large loop has several parts, whatever the number of threads, and sums are added part by part; so the bits of a result
//! do not depend on who runs which part.
use std::ops::Range;

use cinta_graph::{DType, Element, InElements};
use smallvec::SmallVec;

use super::Run;
use super::interleave::interleave;
use super::paste::paste;
use super::sums::{Balanced, add_rows};
use crate::desk::{Block, Cells, Desk, Desks, Others};
use crate::kernels::{Add, Ahead, Call, Kernel, KernelSet, Looped, Native, Operands, SUMS, Turn, room, take_turns};
use crate::memory::{Cell, each_dtype};
use crate::ready::{Ready, ReadyFill, ReadyLoop, ReadySum, Stretch, TURNS, Work};
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

impl Run<'_, '_> {
    pub(super) fn run_loop(&mut self, it: &ReadyLoop) {
        Frame { desks: &mut self.desks, from: 0, first: 0, inside: 0, set: it.set }.run(it, 0..it.parts.len());
        self.add_parts(it);
    }

    /// Adds the sums of the parts.
    #[inline]
    pub(super) fn add_parts(&mut self, it: &ReadyLoop) {
        for sum in it.sums.iter().filter(|sum| sum.total.is_some()) {
            each_number!(sum.dtype, T => self.add_parts_of::<T>(it, sum));
        }
    }

    fn add_parts_of<T: Cell + Add>(&mut self, it: &ReadyLoop, sum: &ReadySum) {
        let (Some((partial, total)), n) = (sum.total, sum.width()) else { return };
        self.write_at::<T>(partial, it.parts.len() * n, |partial, _| add_rows(partial, n));
        self.write_at::<T>(total, n, |out, others| out.copy_from_slice(&others.array(partial)[..n]));
    }
}

/// Elements that are asked for at a time, at least.
const SHARE: usize = 16;

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

/// Parts of a loop that one thread runs.
pub(super) struct Frame<'a, 'f> {
    pub(super) desks: &'a mut Desks<'f>,
    /// The element and the part at which the arrays begin that it writes.
    pub(super) from: usize,
    pub(super) first: usize,
    /// The element at which arrays begin of which the arena holds a band.
    pub(super) inside: usize,
    pub(super) set: KernelSet,
}

impl<'f> Frame<'_, 'f> {
    pub(super) fn run(&mut self, it: &ReadyLoop, parts: Range<usize>) {
        it.fills.iter().for_each(|fill| self.fill(fill, it.block));
        let first = Block::first(it.block);
        it.once.iter().for_each(|instruction| instruct(self.desks, self.set, instruction, &first));
        match &it.parts[parts.clone()] {
            _ if it.balances => self.run_balanced(it, parts),
            [part] if (1..=it.block).contains(&part.len()) => self.run_block(it, parts.start),
            _ => self.run_parts(it, parts, &mut []),
        }
    }

    #[inline]
    fn block(&self, start: usize, length: usize) -> Block {
        Block { start, written: start - self.from, inside: start - self.inside, length }
    }

    /// A part that is one block.
    fn run_block(&mut self, it: &ReadyLoop, part: usize) {
        self.clear_columns(it, part);
        let block = &self.block(it.parts[part].start, it.parts[part].len());
        if block.length > room(8) {
            self.run_body(it, block, &(0..0));
        } else {
            it.body.iter().for_each(|instruction| instruct(self.desks, self.set, instruction, block));
        }
        it.interleaved.iter().for_each(|rows| interleave(self.desks, self.set, rows, block));
        for sum in &it.sums {
            each_number!(sum.dtype, T => self.add::<T>(sum, None, part, block));
        }
    }

    /// Sums of columns begin at 0.
    #[inline]
    fn clear_columns(&mut self, it: &ReadyLoop, part: usize) {
        for sum in it.sums.iter().filter(|sum| matches!(sum.sum, Sum::Columns(_))) {
            each_number!(sum.dtype, T => self.partial::<T>(sum, part, |out, _| out.fill(T::default())));
        }
    }

    /// Apart, for the totals are large: most small loops need none.
    #[inline(never)]
    fn run_balanced(&mut self, it: &ReadyLoop, parts: Range<usize>) {
        let totals = it.sums.iter().map(|sum| Total::new(sum.dtype));
        self.run_parts(it, parts, &mut totals.collect::<SmallVec<[Total; 2]>>());
    }

    /// Runs the parts, with a total for each sum or with none.
    fn run_parts(&mut self, it: &ReadyLoop, parts: Range<usize>, totals: &mut [Total]) {
        for part in parts {
            self.clear_columns(it, part);
            let Range { mut start, end } = it.parts[part].clone();
            while start < end {
                // Whole rows where several fit, else a part of one.
                let row = if it.row < it.block { it.block } else { it.row - start % it.row };
                let length = it.block.min(row).min(end - start);
                let block = &self.block(start, length);
                self.run_body(it, block, &(start + length..end.min(start + 2 * length)));
                it.interleaved.iter().for_each(|rows| interleave(self.desks, self.set, rows, block));
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
            for (sum, total) in it.sums.iter().zip(&mut *totals).filter(|(sum, _)| sum.sum == Sum::All) {
                match total {
                    Total::F64(total) => self.partial(sum, part, |out, _| out[0] = total.finish()),
                    Total::F32(total) => self.partial(sum, part, |out, _| out[0] = total.finish()),
                    Total::I64(total) => self.partial(sum, part, |out, _| out[0] = total.finish()),
                }
            }
        }
    }

    /// Runs the instructions over a block, while the next is asked for.
    #[inline]
    fn run_body(&mut self, it: &ReadyLoop, block: &Block, next: &Range<usize>) {
        let mut ahead = self.ahead(it, next);
        let share = if it.ahead.is_empty() { 0 } else { next.len().div_ceil(it.body.len()).next_multiple_of(SHARE) };
        for Stretch { range, turns, own } in &it.stretches {
            let body = &it.body[range.clone()];
            match turns {
                Some(DType::F64) if block.length > room(8) => {
                    take_turns_on(&mut self.desks.f64, body, own, Work::of_f64, block, &mut ahead, share);
                }
                Some(DType::F32) if block.length > room(4) => {
                    take_turns_on(&mut self.desks.f32, body, own, Work::of_f32, block, &mut ahead, share);
                }
                _ => body.iter().for_each(|instruction| {
                    instruct(self.desks, self.set, instruction, block);
                    ahead.ask(share);
                }),
            }
        }
    }

    /// The next elements of what the loop streams through, if that comes from memory.
    #[inline]
    fn ahead(&self, it: &ReadyLoop, next: &Range<usize>) -> Ahead {
        let mut ahead = Ahead::of(next.len());
        for &(place, dtype) in it.ahead.iter().filter(|_| !next.is_empty()) {
            let block = &self.block(next.start, next.len());
            each_dtype!(dtype, T => ahead.push(T::desk(self.desks).all().stretch(place, block)));
        }
        ahead
    }

    /// Writes the sum of a part.
    #[inline]
    fn partial<T: Cell>(&mut self, sum: &ReadySum, part: usize, f: impl FnOnce(&mut [T], &Others<'_, 'f, T>)) {
        let (n, to) = (sum.width(), sum.to);
        let first = to.from + (part - self.first) * n;
        T::desk_mut(self.desks).write(to.store, first..first + n, f);
    }

    fn fill(&mut self, fill: &ReadyFill, length: usize) {
        let block = &Block::first(length);
        each_dtype!(fill.dtype, T => {
            let to = fill.to;
            T::desk_mut(self.desks).write(to.store, to.range(block), |out, others| {
                out.fill(others.stretch(fill.from, block)[0]);
            });
        });
    }

    /// Adds a block to a sum; without a total it is one of its own.
    fn add<T: Cell + Add>(&mut self, it: &ReadySum, total: Option<&mut Balanced<T>>, part: usize, block: &Block) {
        let (&Block { start, length, .. }, set) = (block, self.set);
        let block = if it.in_native { &Block::first(set.sums_left::<T>()) } else { block };
        match (it.sum, total) {
            (Sum::All, Some(total)) => {
                total.push(set.sum(T::desk(self.desks).all().stretch(it.input, block)));
            }
            (Sum::Rows(n), Some(total)) if length < n => {
                total.push(set.sum(T::desk(self.desks).all().stretch(it.input, block)));
                if (start + length).is_multiple_of(n) {
                    let at = it.to.from + it.to.start(block) / n;
                    T::desk_mut(self.desks).write(it.to.store, at..at + 1, |out, _| out[0] = total.finish());
                }
            }
            (Sum::Rows(n), _) => {
                let first = it.to.from + it.to.start(block) / n;
                T::desk_mut(self.desks).write(it.to.store, first..first + length / n, |out, others| {
                    set.sum_rows(others.stretch(it.input, block), n, out);
                });
            }
            (Sum::All, None) => {
                self.partial::<T>(it, part, |out, others| out[0] = set.sum(others.stretch(it.input, block)));
            }
            (Sum::Columns(n), _) => {
                self.partial::<T>(it, part, |out, others| {
                    set.add_columns(out, start % n, others.stretch(it.input, block));
                });
            }
        }
    }
}

/// Runs an instruction over a block.
#[inline]
fn instruct(desks: &mut Desks<'_>, set: KernelSet, it: &Ready, block: &Block) {
    match &it.work {
        Work::F64(kernel) => run_kernel(desks, it, kernel, block),
        Work::F32(kernel) => run_kernel(desks, it, kernel, block),
        Work::Apply(op) => each_dtype!(it.dtype, T => {
            // Its inputs may be of any dtype, its own among them.
            let mut desk = std::mem::take(T::desk_mut(desks));
            desk.write(it.outputs[0].store, it.outputs[0].range(block), |out, others| {
                let elements = it.inputs.iter().map(|&(place, dtype)| {
                    if dtype == T::DTYPE {
                        return T::elements(others.stretch(place, block));
                    }
                    each_dtype!(dtype, A => A::elements(A::desk(desks).all().stretch(place, block)))
                });
                op.eval_elements(&elements.collect::<Inputs<'_>>(), T::elements_mut(out));
            });
            *T::desk_mut(desks) = desk;
        }),
        Work::Assemble(pieces, value) => each_dtype!(it.dtype, T => {
            T::desk_mut(desks).write(it.outputs[0].store, it.outputs[0].range(block), |out, others| {
                out.fill(T::from_f64(*value));
                for (whole, pasted) in pieces {
                    paste(set, others.stretch(*whole, block), pasted, block.start, out);
                }
            });
        }),
        Work::Gather(whole, view) => each_dtype!(it.dtype, T => {
            T::desk_mut(desks).write(it.outputs[0].store, it.outputs[0].range(block), |out, others| {
                set.gather(view, others.stretch(*whole, block), whole.start(block), out);
            });
        }),
    }
}

/// Runs long instructions over a block, a piece of each at a time, and asks for a share of what is wanted next with each.
fn take_turns_on<T: Cell>(
    desk: &mut Desk<'_, T>,
    body: &[Ready],
    own: &[usize],
    kernel: impl Fn(&Work) -> Option<&Kernel<T>>,
    block: &Block,
    ahead: &mut Ahead,
    share: usize,
) {
    let mut cells = SmallVec::new();
    let cells = Cells::new(desk, &mut cells, own.iter().copied());
    let mut turns: SmallVec<[Turn<'_, T>; TURNS]> = SmallVec::new();
    let mut operands = Operands::new();
    for it in body {
        let kernel = kernel(&it.work).expect("of one dtype");
        if let Kernel::Native(native) = kernel {
            turns.push(Turn::Native(call(&mut operands, native, it, &cells, block)));
            continue;
        }
        let target = |i: usize| it.outputs.get(i).map(|&place| cells.target(place, block));
        let inputs = [0, 1, 2].map(|i| it.inputs.get(i).map(|&(place, _)| cells.source(place, block)));
        let output = target(0).expect("an output");
        turns.push(Turn::Loop(Looped::new(kernel, block.length, inputs, output, target(1))));
    }
    take_turns(&turns, &mut operands, ahead, body.len() * share);
}

/// Native code with what it reads and writes.
#[inline]
fn call<'s, T>(
    operands: &mut Operands<'s, T>,
    native: &'s Native<T>,
    it: &Ready,
    cells: &Cells<'_, 's, '_, T>,
    block: &Block,
) -> Call<'s, T> {
    let reads = it.inputs.iter().map(|&(place, _)| cells.source(place, block));
    let writes = it.outputs.iter().map(|&place| cells.target(place, block));
    let sums = it.sums.iter().map(|&place| cells.room(place, SUMS));
    operands.call(native, block.length, reads, writes, sums)
}

/// Runs native code over a block.
#[inline(never)]
fn run_native<T>(desk: &mut Desk<'_, T>, it: &Ready, native: &Native<T>, block: &Block) {
    let mut own = SmallVec::new();
    let cells = Cells::new(desk, &mut own, it.own.iter().copied());
    let mut operands = Operands::new();
    let call = call(&mut operands, native, it, &cells, block);
    operands.run(&call, 0, block.length);
}

/// Runs a kernel over a block.
#[inline]
fn run_kernel<T: Cell>(desks: &mut Desks<'_>, it: &Ready, kernel: &Kernel<T>, block: &Block) {
    if let Kernel::Native(native) = kernel {
        return run_native(T::desk_mut(desks), it, native, block);
    }
    let (store, range) = (it.outputs[0].store, it.outputs[0].range(block));
    match (kernel, &it.inputs[..]) {
        (Kernel::Compare(f), &[(a, _), (b, _)]) => {
            let mut masks = std::mem::take(&mut desks.bool);
            let floats = T::desk(desks).all();
            masks.write(store, range, |out, _| f(floats.stretch(a, block), floats.stretch(b, block), out));
            desks.bool = masks;
        }
        (Kernel::Select(f), &[(mask, _), (a, _), (b, _)]) => {
            let mut floats = std::mem::take(T::desk_mut(desks));
            let mask = desks.bool.all().stretch(mask, block);
            floats.write(store, range, |out, others| {
                f(mask, others.stretch(a, block), others.stretch(b, block), out);
            });
            *T::desk_mut(desks) = floats;
        }
        (Kernel::CastMask(f), &[(mask, _)]) => {
            let mut floats = std::mem::take(T::desk_mut(desks));
            floats.write(store, range, |out, _| f(desks.bool.all().stretch(mask, block), out));
            *T::desk_mut(desks) = floats;
        }
        (Kernel::Twin(f), &[(a, _)]) => {
            let Some(second) = it.outputs.get(1) else { unreachable!("a kernel of two results") };
            let second = (second.store, second.range(block));
            T::desk_mut(desks).write_both((store, range), second, |out, second, others| {
                f(others.stretch(a, block), out, second);
            });
        }
        (kernel, inputs) => T::desk_mut(desks).write(store, range, |out, others| match (kernel, inputs) {
            (Kernel::One(f), &[(a, _)]) => f(others.stretch(a, block), out),
            (Kernel::Power(f, exponent), &[(a, _)]) => {
                f(others.stretch(a, block), std::slice::from_ref(exponent), out);
            }
            (Kernel::Two(f), &[(a, _), (b, _)]) => f(others.stretch(a, block), others.stretch(b, block), out),
            (Kernel::Three(f), &[(a, _), (b, _), (c, _)]) => {
                f(others.stretch(a, block), others.stretch(b, block), others.stretch(c, block), out);
            }
            _ => unreachable!("as many inputs as the kernel has"),
        }),
    }
}

/// The inputs of an instruction, of any dtypes.
type Inputs<'s> = SmallVec<[cinta_graph::Elements<'s>; 3]>;
