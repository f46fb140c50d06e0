//! Which instructions of a loop become native code together.
use std::ops::Range;

use cinta_graph::{DType, Op};
use rustc_hash::{FxHashMap, FxHashSet};
use smallvec::{SmallVec, smallvec};

use super::fuse::uses;
use super::order::divides;
use super::registers::last_uses;
use super::{Preparation, Work, work};
use crate::choose;
use crate::kernels::{Binary, Draft, Float, Line, MOST_OPERANDS, Unary};
use crate::options::NativeCode;
use crate::steps::{Action, Instruction, Loop, Operand, Register, Sum};

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
    /// The reductions of the loop that it does.
    pub(super) sums: SmallVec<[usize; 1]>,
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
        let units = units(it, &kept, self.native);
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

/// The most instructions in one piece of code, where a long function counts as so many.
const LONGEST: usize = 160;
const LONG: usize = 24;

/// The most sums of one piece of code: each has a register throughout.
const MOST_SUMS: usize = 6;

/// How much of a piece of code an instruction is.
pub(super) fn weight(instruction: &Instruction) -> usize {
    match &instruction.action {
        Action::Twin(_) => LONG,
        Action::Apply(op) if choose::unary(op).is_some_and(|f| f.is_long() && !divides(&instruction.action)) => LONG,
        _ => 1,
    }
}

/// The body of a loop in units: plain arithmetic becomes native code, if that is asked for.
pub(super) fn units(it: &Loop, kept: &[bool], native: NativeCode) -> Vec<Unit> {
    let mut kinds: Vec<Option<DType>> =
        it.body.iter().map(|instruction| plain(it, instruction).filter(|_| native != NativeCode::never())).collect();
    // Until masks stay inside the units.
    loop {
        let joining = Joining::new(it, kept, native, &kinds);
        let ranges = joining.ranges(&kinds);
        let mut crossed = false;
        for range in ranges.iter().filter(|range| joining.is_several(range)) {
            for position in range.clone() {
                if joining.crosses(range, position) {
                    (kinds[position], crossed) = (None, true);
                }
            }
        }
        if !crossed {
            return ranges.into_iter().map(|range| joining.unit(range, &kinds)).collect();
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
            let is_plain =
                choose::unary(op).is_some_and(Unary::is_plain) || choose::binary(op).is_some_and(Binary::is_plain);
            if !is_plain || dtypes.into_iter().any(|dtype| dtype != output) {
                return None;
            }
        }
        Action::Twin(twin) if !twin.is_plain() => return None,
        Action::Fused(_) | Action::Twin(_) => {}
        Action::Gather(..) | Action::Assemble(..) => return None,
    }
    output.is_float().then_some(output)
}

/// A loop whose instructions are joined.
struct Joining<'l> {
    it: &'l Loop,
    kept: &'l [bool],
    /// As [`NativeCode`] says.
    from: usize,
    /// The last instruction that reads or writes each register.
    last: Vec<Option<usize>>,
    /// The instruction that computes what each reduction adds, if it can add it, too.
    summed: Vec<Option<usize>>,
}

impl<'l> Joining<'l> {
    fn new(it: &'l Loop, kept: &'l [bool], native: NativeCode, kinds: &[Option<DType>]) -> Self {
        let (mut last, uses) = (last_uses(it), uses(it));
        let summed = it.reductions.iter().map(|reduction| {
            let (Sum::All, Operand::Register(register)) = (reduction.sum, reduction.input) else { return None };
            let is_alone = it.size >= native.from && !kept[register.index()] && uses[register.index()] == 1;
            let at = it.body.iter().position(|instruction| is_alone && instruction.output == register)?;
            if kinds[at] != Some(reduction.dtype) || it.registers[register.index()] != reduction.dtype {
                return None;
            }
            last[register.index()] = Some(at); // The reduction is no reader then.
            Some(at)
        });
        let summed = summed.collect();
        Self { it, kept, from: native.from, last, summed }
    }

    /// Whether a mask enters or leaves a unit with an instruction.
    fn crosses(&self, range: &Range<usize>, position: usize) -> bool {
        let it = self.it;
        let is_inside = |register: Register| it.body[range.clone()].iter().any(|other| other.output == register);
        let enters = it.body[position].inputs.iter().any(|&(operand, dtype)| {
            dtype == DType::Bool && !matches!(operand, Operand::Register(register) if is_inside(register))
        });
        let output = it.body[position].output;
        let is_mask = it.registers[output.index()] == DType::Bool;
        enters || is_mask && self.is_seen(output, range)
    }

    /// Whether a register is read after a unit that writes it.
    fn is_seen(&self, register: Register, range: &Range<usize>) -> bool {
        self.kept[register.index()] || self.last[register.index()].is_none_or(|last| last >= range.end)
    }

    /// Neighbours of one kind, as far as code of one piece goes; everything else alone.
    fn ranges(&self, kinds: &[Option<DType>]) -> Vec<Range<usize>> {
        let (mut ranges, mut start) = (Vec::with_capacity(kinds.len()), 0);
        for group in kinds.chunk_by(|a, b| a == b) {
            let end = start + group.len();
            if group[0].is_none() || self.saved(start..end).saturating_mul(self.it.size) < self.from {
                ranges.extend((start..end).map(|i| i..i + 1));
                start = end;
            }
            while start < end {
                let mut range = start..start + self.together(start..end);
                while range.len() > 1 && (self.operands(&range) > MOST_OPERANDS || self.sums(&range).len() > MOST_SUMS)
                {
                    range.end = range.start + range.len() / 2;
                }
                start = range.end;
                ranges.push(range);
            }
        }
        ranges
    }

    /// How many of some instructions fit one piece of code; one at least.
    fn together(&self, range: Range<usize>) -> usize {
        let weights = self.it.body[range].iter().scan(0, |sum, instruction| {
            *sum += weight(instruction);
            Some(*sum)
        });
        weights.take_while(|&sum| sum <= LONGEST).count().max(1)
    }

    /// How many values code would keep in registers that kernels write.
    fn saved(&self, range: Range<usize>) -> usize {
        let Unit { range, outputs, sums, .. } = self.joined(range, DType::F64);
        let results: usize = self.it.body[range].iter().map(|instruction| instruction.outputs().count()).sum();
        results - outputs.len() + sums.len()
    }

    /// How many operands code would have.
    fn operands(&self, range: &Range<usize>) -> usize {
        let Unit { inputs, outputs, sums, .. } = self.joined(range.clone(), DType::F64);
        inputs.len() + outputs.len() + sums.len()
    }

    /// Whether there is something to join.
    fn is_several(&self, range: &Range<usize>) -> bool {
        range.len() + self.sums(range).len() > 1
    }

    /// The reductions of what some instructions compute.
    fn sums(&self, range: &Range<usize>) -> SmallVec<[usize; 1]> {
        let inside = |(i, at): (usize, &Option<usize>)| at.is_some_and(|at| range.contains(&at)).then_some(i);
        self.summed.iter().enumerate().filter_map(inside).collect()
    }

    fn unit(&self, range: Range<usize>, kinds: &[Option<DType>]) -> Unit {
        if let Some(dtype) = kinds[range.start].filter(|_| self.is_several(&range)) {
            return self.joined(range, dtype);
        }
        let instruction = &self.it.body[range.start];
        let outputs = instruction.outputs().collect();
        Unit { range, inputs: instruction.inputs.clone(), outputs, native: None, sums: SmallVec::new() }
    }

    /// Some neighbours as one unit.
    fn joined(&self, range: Range<usize>, dtype: DType) -> Unit {
        let body = &self.it.body[range.clone()];
        let mut known: FxHashSet<Operand> = FxHashSet::default();
        let (mut inputs, mut outputs) = (smallvec![], smallvec![]);
        for instruction in body {
            for &(operand, dtype) in &instruction.inputs {
                if known.insert(operand) {
                    inputs.push((operand, dtype));
                }
            }
            for output in instruction.outputs() {
                known.insert(Operand::Register(output));
                if self.is_seen(output, &range) {
                    outputs.push(output);
                }
            }
        }
        let sums = self.sums(&range);
        Unit { range, inputs, outputs, native: Some(dtype), sums }
    }
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
        let mut unary = |f: Unary| draft.unary(f, inputs[0]).expect("a function that is plain");
        let mut outputs: SmallVec<[(Register, Line); 2]> = SmallVec::new();
        let line = match (&instruction.action, &inputs[..]) {
            (&Action::Twin(twin), [_]) => {
                let [first, second] = twin.functions().map(&mut unary);
                outputs.extend(instruction.second.map(|register| (register, second)));
                first
            }
            (Action::Apply(Op::Compare(compare)), &[a, b]) => draft.compare(choose::comparison(*compare), a, b),
            (Action::Apply(Op::Select(_)), &[mask, a, b]) => draft.choose(mask, a, b),
            (Action::Apply(Op::Cast(_)), &[mask]) => draft.truth(mask),
            (Action::Apply(op), [_]) => choose::unary(op).map(unary).expect("a function that is plain"),
            (Action::Apply(op), &[a, b]) => {
                choose::binary(op).and_then(|f| draft.binary(f, a, b)).expect("a function that is plain")
            }
            (Action::Fused(f), &[a, b, c]) => draft.ternary(*f, a, b, c),
            _ => unreachable!("what `plain` lets through"),
        };
        outputs.insert(0, (instruction.output, line));
        for (register, line) in outputs {
            lines.insert(Operand::Register(register), line);
            if unit.outputs.contains(&register) {
                draft.write(line);
            }
        }
    }
    for &reduction in &unit.sums {
        draft.sum(lines[&it.reductions[reduction].input]);
    }
    draft
}
