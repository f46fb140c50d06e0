//! Where the registers of a loop stand, and how long its blocks are.
use cinta_graph::DType;
use rustc_hash::FxHashSet;
use smallvec::SmallVec;

use super::native::Unit;
use super::order::Stretch;
use crate::kernels::room;
use crate::memory::{bytes_of, slot};
use crate::place::Extent;
use crate::steps::{Action, Loop, Operand, Register};

/// Bytes of registers and streams that fit the first-level cache beside one another.
const CACHE: usize = 28 << 10;
/// The longest and the shortest block of a loop, in elements; single precision has longer ones. Of a long loop, even the shortest
/// block leaves the cache: to begin each instruction would take longer than that.
const LONGEST: usize = 512;
const LONGEST_SINGLE: usize = 768;
const SHORTEST: usize = 256;
/// The instructions, or the registers of native code, of a loop whose blocks may be twice as long.
const FEW: usize = 4;
/// Blocks are multiples of this, as those are that kernels take through their steps.
const STRIDE: usize = 128;
/// The block of a loop that only moves elements.
const MOVED: usize = 2048;

/// What repeats in a loop: rows that are broadcast, which have the same elements in each block of whole rows.
pub(super) struct Repeated {
    /// Blocks are multiples of so many elements.
    unit: usize,
    /// Which instructions need to run only once.
    pub(super) once: Vec<bool>,
}

impl Repeated {
    pub(super) fn of(it: &Loop, kept: &[bool]) -> Self {
        let mut repeated = Self { unit: it.row.unwrap_or(1), once: vec![false; it.body.len()] };
        if it.only_moves() {
            return repeated;
        }
        for (instruction, once) in it.body.iter().zip(&mut repeated.once) {
            let Action::Gather(_, view) = &instruction.action else { continue };
            let view = view.merged();
            let (Some((&times, row)), Some(0)) = (view.shape.split_first(), view.strides.first()) else { continue };
            let row: usize = row.iter().product();
            let unit = common_multiple(repeated.unit, row);
            if times > 1 && row > 1 && unit <= LONGEST && !kept[instruction.output.index()] {
                (repeated.unit, *once) = (unit, true);
            }
        }
        repeated
    }
}

/// The least common multiple.
fn common_multiple(a: usize, b: usize) -> usize {
    let (mut x, mut y) = (a, b);
    while y > 0 {
        (x, y) = (y, x % y);
    }
    (a / x.max(1)).saturating_mul(b)
}

/// How many elements a block has, so that what a loop touches stays in the first-level cache.
pub(super) fn block(
    it: &Loop,
    units: &[Unit],
    counts: [usize; 4],
    stretches: &[Stretch],
    repeated: &Repeated,
) -> usize {
    if counts == [0; 4] && it.only_moves() {
        // Where nothing is computed, nothing has to stay.
        let together = it.body.iter().filter_map(|instruction| match &instruction.action {
            Action::Gather(_, view) => view.merged().copied_together(),
            _ => None,
        });
        let rows = together.fold(1, common_multiple).min(it.size.max(1));
        return MOVED.next_multiple_of(rows).min(it.size.max(1));
    }
    // Where there are few registers, or they have pieces for those that take turns, it counts most what it costs to begin a block.
    let takes_turns = matches!(stretches, [Stretch { turns: Some(_), .. }]);
    let times = match it.body.len() {
        _ if takes_turns => 4,
        _ if units.iter().all(|unit| unit.native.is_some()) && counts.iter().sum::<usize>() <= FEW => 2,
        ..=FEW => 2,
        _ => 1,
    };
    if it.size <= LONGEST * times {
        return it.size.max(1);
    }
    let inputs = it.body.iter().flat_map(|instruction| &instruction.inputs);
    let streams: FxHashSet<Operand> =
        inputs.filter_map(|&(operand, _)| matches!(operand, Operand::Stream(..)).then_some(operand)).collect();
    let streams = streams.len() + it.stores.len();
    let [f64s, f32s, i64s, bools] = counts;
    let widest = if f64s + i64s == 0 && f32s > 0 { 4 } else { 8 };
    // In bytes an element.
    let registers = 8 * (f64s + i64s) + 4 * f32s + bools;
    let longest = times * if widest == 4 { LONGEST_SINGLE } else { LONGEST };
    let block = (CACHE / (registers + widest * streams.min(16)).max(1)).clamp(SHORTEST, longest) / STRIDE * STRIDE;
    let whole_rows = match repeated.unit {
        unit if unit < block => block / unit * unit,
        unit if unit <= LONGEST => unit,
        _ => block,
    };
    whole_rows.min(it.size.max(1))
}

/// The registers of a dtype that are shared.
#[derive(Default)]
struct Pool {
    count: usize,
    free: Vec<usize>,
}

impl Pool {
    fn take(&mut self) -> usize {
        self.free.pop().unwrap_or_else(|| {
            self.count += 1;
            self.count - 1
        })
    }
}

/// A shared register: which of those that are as long.
#[derive(Clone, Copy)]
pub(super) struct Taken {
    at: usize,
    pub(super) extent: Extent,
}

/// Which of the shared registers each register of a loop takes; how many of each dtype have a block, and how many a piece of one.
pub(super) struct Shared {
    pub(super) taken: Vec<Option<Taken>>,
    pub(super) counts: [usize; 4],
    pieces: [usize; 4],
}

impl Shared {
    /// How many numbers of a dtype they are in all, if a block has so many.
    pub(super) fn size(&self, dtype: DType, block: usize) -> usize {
        self.counts[slot(dtype)] * block + self.pieces[slot(dtype)] * room(bytes_of(dtype))
    }

    /// Where one of a dtype begins: those that have a block come first.
    pub(super) fn start(&self, Taken { at, extent }: Taken, dtype: DType, block: usize) -> usize {
        match extent {
            Extent::Piece => self.counts[slot(dtype)] * block + at * room(bytes_of(dtype)),
            _ => at * block,
        }
    }
}

/// Registers that are not kept take the place of one whose last reader has run. Those of one number have a place only
/// where they are read as whole blocks. What only those read that take turns has room for a piece; `turns` says in which stretch of
/// these a unit is, if in any.
pub(super) fn share(
    it: &Loop,
    units: &[Unit],
    kept: &[bool],
    whole: &[bool],
    once: &[bool],
    turns: &[Option<usize>],
) -> Shared {
    let mut last = last_units(it, units);
    let mut taken: Vec<Option<Taken>> = vec![None; it.registers.len()];
    let (mut blocks, mut pieces): ([Pool; 4], [Pool; 4]) = Default::default();
    let at = |register: Register| slot(it.registers[register.index()]);
    let fills = it.fills.iter().map(|&(register, _)| register).filter(|it| whole[it.index()] && !kept[it.index()]);
    let computed_once = it.body.iter().zip(once).filter(|&(_, &once)| once).map(|(instruction, _)| instruction.output);
    for register in fills.chain(computed_once) {
        let of_block = || Taken { at: blocks[at(register)].take(), extent: Extent::Register };
        taken[register.index()].get_or_insert_with(of_block);
        last[register.index()] = None;
    }
    for (position, unit) in units.iter().enumerate() {
        // Outputs first: they must not be where an input stands.
        let sums = unit.sums.iter().filter_map(|&i| it.reductions[i].input.register());
        for register in unit.outputs.iter().copied().chain(sums).filter(|register| !kept[register.index()]) {
            let is_piece =
                turns[position].is_some() && last[register.index()].is_some_and(|i| turns[i] == turns[position]);
            let (pool, extent) = if is_piece { (&mut pieces, Extent::Piece) } else { (&mut blocks, Extent::Register) };
            taken[register.index()].get_or_insert_with(|| Taken { at: pool[at(register)].take(), extent });
        }
        let inputs = unit.inputs.iter().filter_map(|(operand, _)| operand.register());
        let mut ended: SmallVec<[Register; 5]> = inputs.chain(unit.outputs.iter().copied()).collect();
        ended.retain(|register| last[register.index()] == Some(position));
        ended.sort_unstable();
        ended.dedup();
        for register in ended {
            if let Some(Taken { at: which, extent }) = taken[register.index()] {
                let pool = if extent == Extent::Piece { &mut pieces } else { &mut blocks };
                pool[at(register)].free.push(which);
            }
        }
    }
    Shared { taken, counts: blocks.map(|pool| pool.count), pieces: pieces.map(|pool| pool.count) }
}

/// The last unit that reads or writes each register, as [`last_uses`] says the last instruction.
fn last_units(it: &Loop, units: &[Unit]) -> Vec<Option<usize>> {
    let mut last = last_uses(it);
    let mut unit_of = Vec::with_capacity(it.body.len());
    for (i, unit) in units.iter().enumerate() {
        unit_of.resize(unit.range.end, i);
    }
    last.iter_mut().flatten().for_each(|position| *position = unit_of[*position]);
    last
}

/// The last instruction that reads or writes each register; `None` for those needed to the end of every block.
pub(super) fn last_uses(it: &Loop) -> Vec<Option<usize>> {
    let mut last = vec![None; it.registers.len()];
    for (position, instruction) in it.body.iter().enumerate() {
        for output in instruction.outputs() {
            last[output.index()] = Some(position);
        }
        for (operand, _) in &instruction.inputs {
            if let Operand::Register(register) = operand {
                last[register.index()] = Some(position);
            }
        }
    }
    // Filled once, or read after the body.
    it.fills.iter().for_each(|(register, _)| last[register.index()] = None);
    for operand in it.ends() {
        if let Operand::Register(register) = operand {
            last[register.index()] = None;
        }
    }
    last
}
