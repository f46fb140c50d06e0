//! Which instructions of a loop become native code together.
use std::ops::Range;

use cinta_graph::{DType, Op};
use rustc_hash::{FxHashMap, FxHashSet};
use smallvec::{SmallVec, smallvec};

use super::registers::last_uses;
use super::{Preparation, Work, work};
use crate::choose;
use crate::kernels::{Draft, Float, Line, MOST_OPERANDS};
use crate::steps::{Action, Instruction, Loop, Operand, Register};

/// An instruction of a loop, or several that run as one.
#[derive(Clone, Debug)]
pub(super) struct Unit {
    /// Which of the body.
    pub(super) range: Range<usize>,
    pub(super) inputs: SmallVec<[(Operand, DType); 3]>,
    /// The registers that others read.
    pub(super) outputs: SmallVec<[Register; 2]>,
    /// The numbers of native code, if it is that.
    pub(super) native: Option<DType>,
}

/// What the body of a loop is made of.
pub(super) struct Body {
    pub(super) units: Vec<Unit>,
    /// The kernel of each instruction.
    pub(super) kernels: Vec<Option<Work>>,
    /// Which registers are read as whole blocks.
    pub(super) whole: Vec<bool>,
}

impl Preparation<'_> {
    /// What the body of a loop is made of.
    pub(super) fn body(&self, it: &Loop) -> Body {
        let mut kept = vec![false; it.registers.len()];
        it.stores.iter().for_each(|(register, _)| kept[register.index()] = true);
        let units = units(it, &kept, self.foundry.is_some());
        let (mut whole, mut numbers) = (vec![false; it.registers.len()], vec![false; it.registers.len()]);
        it.fills.iter().for_each(|(register, _)| numbers[register.index()] = true);
        let mut mark = |operand: Operand| {
            if let Operand::Register(register) = operand {
                whole[register.index()] = true;
            }
        };
        let is_number = |operand: &Operand| matches!(operand, Operand::Register(register) if numbers[register.index()]);
        let mut kernels = Vec::with_capacity(it.body.len());
        let instructions = units.iter().flat_map(|unit| {
            it.body[unit.range.clone()].iter().map(move |instruction| (instruction, unit.native.is_some()))
        });
        for (instruction, is_native) in instructions {
            let dtype = it.registers[instruction.output.index()];
            let ones: SmallVec<[bool; 3]> = instruction.inputs.iter().map(|(operand, _)| is_number(operand)).collect();
            let kernel = work::kernel(self.set, instruction, dtype, &ones);
            let takes_number = |i: usize| is_native || kernel.as_ref().is_some_and(|kernel| kernel.takes_number(i));
            let blocks = instruction.inputs.iter().enumerate().filter(|&(i, _)| !takes_number(i));
            blocks.for_each(|(_, (operand, _))| mark(*operand));
            kernels.push(kernel);
        }
        it.ends().for_each(mark);
        Body { units, kernels, whole }
    }
}

/// From so many elements on, times instructions that are saved, code is made: calls of a few kernels cost no more than a call of it.
const LEAST: usize = 256;

/// The most instructions in one piece of code.
const LONGEST: usize = 160;

/// The body of a loop in units: plain arithmetic becomes native code, if that is asked for.
pub(super) fn units(it: &Loop, kept: &[bool], native: bool) -> Vec<Unit> {
    let last = last_uses(it);
    let mut kinds: Vec<Option<DType>> =
        it.body.iter().map(|instruction| plain(it, instruction).filter(|_| native)).collect();
    // Until masks stay inside the units.
    loop {
        let ranges = ranges(it, kept, &last, &kinds);
        let mut crossed = false;
        for range in ranges.iter().filter(|range| range.len() > 1) {
            for position in range.clone() {
                if crosses(it, kept, &last, range, position) {
                    (kinds[position], crossed) = (None, true);
                }
            }
        }
        if !crossed {
            return ranges.into_iter().map(|range| unit(it, kept, &last, range, &kinds)).collect();
        }
    }
}

/// The numbers that an instruction works on, if it can be part of native code.
fn plain(it: &Loop, instruction: &Instruction) -> Option<DType> {
    let output = it.registers[instruction.output.index()];
    let dtypes = instruction.inputs.iter().map(|&(_, dtype)| dtype);
    match &instruction.action {
        Action::Apply(Op::Compare(_)) => {
            let of = instruction.inputs[0].1;
            return of.is_float().then_some(of);
        }
        Action::Apply(Op::Select(_)) if output.is_float() => return Some(output),
        Action::Apply(Op::Cast(_)) if instruction.inputs[0].1 == DType::Bool => {}
        Action::Apply(op) => {
            let is_plain = choose::unary(op).is_some_and(crate::kernels::Unary::is_plain)
                || choose::binary(op).is_some_and(crate::kernels::Binary::is_plain);
            if !is_plain || dtypes.into_iter().any(|dtype| dtype != output) {
                return None;
            }
        }
        Action::Fused(_) => {}
        Action::Twin(_) | Action::Gather(..) | Action::Assemble(..) => return None,
    }
    output.is_float().then_some(output)
}

/// Whether a mask enters or leaves a unit with an instruction.
fn crosses(it: &Loop, kept: &[bool], last: &[Option<usize>], range: &Range<usize>, position: usize) -> bool {
    let is_inside = |register: Register| it.body[range.clone()].iter().any(|other| other.output == register);
    let enters = it.body[position].inputs.iter().any(|&(operand, dtype)| {
        dtype == DType::Bool && !matches!(operand, Operand::Register(register) if is_inside(register))
    });
    let output = it.body[position].output;
    let is_mask = it.registers[output.index()] == DType::Bool;
    enters || is_mask && is_seen(output, kept, last, range)
}

/// Whether a register is read after a unit that writes it.
fn is_seen(register: Register, kept: &[bool], last: &[Option<usize>], range: &Range<usize>) -> bool {
    kept[register.index()] || last[register.index()].is_none_or(|last| last >= range.end)
}

/// Neighbours of one kind, as far as code of one piece goes; everything else alone.
fn ranges(it: &Loop, kept: &[bool], last: &[Option<usize>], kinds: &[Option<DType>]) -> Vec<Range<usize>> {
    let (mut ranges, mut start) = (Vec::with_capacity(kinds.len()), 0);
    for group in kinds.chunk_by(|a, b| a == b) {
        let end = start + group.len();
        if group[0].is_none() || (group.len() - 1) * it.size < LEAST {
            ranges.extend((start..end).map(|i| i..i + 1));
            start = end;
        }
        while start < end {
            let mut range = start..end.min(start + LONGEST);
            while range.len() > 1 && operands(it, kept, last, &range) > MOST_OPERANDS {
                range.end = range.start + range.len() / 2;
            }
            start = range.end;
            ranges.push(range);
        }
    }
    ranges
}

/// How many operands code would have.
fn operands(it: &Loop, kept: &[bool], last: &[Option<usize>], range: &Range<usize>) -> usize {
    let Unit { inputs, outputs, .. } = joined(it, kept, last, range.clone(), DType::F64);
    inputs.len() + outputs.len()
}

fn unit(it: &Loop, kept: &[bool], last: &[Option<usize>], range: Range<usize>, kinds: &[Option<DType>]) -> Unit {
    if let (Some(dtype), 2..) = (kinds[range.start], range.len()) {
        return joined(it, kept, last, range, dtype);
    }
    let instruction = &it.body[range.start];
    let outputs = std::iter::once(instruction.output).chain(instruction.second).collect();
    Unit { range, inputs: instruction.inputs.clone(), outputs, native: None }
}

/// Some neighbours as one unit.
fn joined(it: &Loop, kept: &[bool], last: &[Option<usize>], range: Range<usize>, dtype: DType) -> Unit {
    let body = &it.body[range.clone()];
    let mut known: FxHashSet<Operand> = FxHashSet::default();
    let (mut inputs, mut outputs) = (smallvec![], smallvec![]);
    for instruction in body {
        for &(operand, dtype) in &instruction.inputs {
            if known.insert(operand) {
                inputs.push((operand, dtype));
            }
        }
        known.insert(Operand::Register(instruction.output));
        if is_seen(instruction.output, kept, last, &range) {
            outputs.push(instruction.output);
        }
    }
    Unit { range, inputs, outputs, native: Some(dtype) }
}

/// The lines of a unit: its inputs are read, then its outputs written as they are computed.
pub(super) fn draft<T: Float>(it: &Loop, unit: &Unit, is_number: impl Fn(Operand) -> bool) -> Draft {
    let mut draft = Draft::new::<T>();
    let mut lines: FxHashMap<Operand, Line> = FxHashMap::default();
    for &(operand, _) in &unit.inputs {
        lines.insert(operand, draft.read(is_number(operand)));
    }
    for instruction in &it.body[unit.range.clone()] {
        let inputs: SmallVec<[Line; 3]> = instruction.inputs.iter().map(|(operand, _)| lines[operand]).collect();
        let line = match (&instruction.action, &inputs[..]) {
            (Action::Apply(Op::Compare(compare)), &[a, b]) => draft.compare(choose::comparison(*compare), a, b),
            (Action::Apply(Op::Select(_)), &[mask, a, b]) => draft.choose(mask, a, b),
            (Action::Apply(Op::Cast(_)), &[mask]) => draft.truth(mask),
            (Action::Apply(op), &[x]) => {
                choose::unary(op).and_then(|f| draft.unary(f, x)).expect("a function that is plain")
            }
            (Action::Apply(op), &[a, b]) => {
                choose::binary(op).and_then(|f| draft.binary(f, a, b)).expect("a function that is plain")
            }
            (Action::Fused(f), &[a, b, c]) => draft.ternary(*f, a, b, c),
            _ => unreachable!("what `plain` lets through"),
        };
        lines.insert(Operand::Register(instruction.output), line);
        if unit.outputs.contains(&instruction.output) {
            draft.write(line);
        }
    }
    draft
}
