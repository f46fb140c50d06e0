//! Where the registers of a loop stand, and how long its blocks are.
use rustc_hash::FxHashSet;
use smallvec::SmallVec;

use super::native::Unit;
use crate::memory::slot;
use crate::steps::{Action, Loop, Operand, Register};

/// Bytes of registers and streams that fit the first-level cache beside one another.
const CACHE: usize = 28 << 10;
/// The longest and the shortest block of a loop, in elements; single precision has longer ones. Of a long loop, even the shortest
/// block leaves the cache: to begin each instruction would take longer than that.
const LONGEST: usize = 512;
const LONGEST_SINGLE: usize = 768;
const SHORTEST: usize = 256;
/// The instructions of a loop whose blocks may be twice as long.
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
        if only_moves(it) {
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

/// Whether nothing is computed.
fn only_moves(it: &Loop) -> bool {
    let moves = |action: &Action| matches!(action, Action::Gather(..) | Action::Assemble(..));
    it.row.is_none() && it.interleaved.is_empty() && it.body.iter().all(|instruction| moves(&instruction.action))
}

/// How many elements a block has, so that what a loop touches stays in the first-level cache.
pub(super) fn block(it: &Loop, units: &[Unit], counts: [usize; 4], repeated: &Repeated) -> usize {
    if counts == [0; 4] && only_moves(it) {
        return MOVED.min(it.size.max(1)); // Where nothing is computed, nothing has to stay.
    }
    // Native code alone has next to nothing in registers, and few instructions have few: what it costs to begin a block counts most.
    let times = if units.iter().all(|unit| unit.native.is_some()) || it.body.len() <= FEW { 2 } else { 1 };
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

/// Which of the shared registers each register of a loop takes, and how many there are of each dtype.
pub(super) struct Shared {
    pub(super) taken: Vec<Option<usize>>,
    pub(super) counts: [usize; 4],
}

/// Registers that are not kept take the place of one whose last reader has run. Those of one number have a place only
/// where they are read as whole blocks.
pub(super) fn share(it: &Loop, units: &[Unit], kept: &[bool], whole: &[bool], once: &[bool]) -> Shared {
    let mut last = last_units(it, units);
    let mut taken: Vec<Option<usize>> = vec![None; it.registers.len()];
    let mut counts = [0; 4];
    let mut free: [Vec<usize>; 4] = Default::default();
    let mut take = |register: Register, taken: &mut Vec<Option<usize>>, free: &mut [Vec<usize>; 4]| {
        let at = slot(it.registers[register.index()]);
        if !kept[register.index()] {
            taken[register.index()].get_or_insert_with(|| {
                free[at].pop().unwrap_or_else(|| {
                    counts[at] += 1;
                    counts[at] - 1
                })
            });
        }
    };
    for (register, _) in it.fills.iter().filter(|(register, _)| whole[register.index()]) {
        take(*register, &mut taken, &mut free);
    }
    for (instruction, _) in it.body.iter().zip(once).filter(|&(_, &once)| once) {
        take(instruction.output, &mut taken, &mut free);
        last[instruction.output.index()] = None;
    }
    for (position, unit) in units.iter().enumerate() {
        // Outputs first: they must not be where an input stands.
        let sums = unit.sums.iter().filter_map(|&i| it.reductions[i].input.register());
        unit.outputs.iter().copied().chain(sums).for_each(|output| take(output, &mut taken, &mut free));
        let inputs = unit.inputs.iter().filter_map(|(operand, _)| operand.register());
        let mut ended: SmallVec<[Register; 5]> = inputs.chain(unit.outputs.iter().copied()).collect();
        ended.retain(|register| last[register.index()] == Some(position));
        ended.sort_unstable();
        ended.dedup();
        for register in ended {
            if let Some(at) = taken[register.index()] {
                free[slot(it.registers[register.index()])].push(at);
            }
        }
    }
    Shared { taken, counts }
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
        for output in [Some(instruction.output), instruction.second].into_iter().flatten() {
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
