//! The order of instructions: long ones side by side.
use std::ops::Range;

use cinta_graph::DType;
use rustc_hash::FxHashSet;
use smallvec::SmallVec;

use super::Work;
use crate::choose;
use crate::kernels::{Binary, Ternary, Unary};
use crate::steps::{Action, Instruction, Loop, Operand, Register};

/// The most instructions that are moved over one another: what they read must stay in a register meanwhile.
const MOST: usize = 16;

/// Whether an instruction takes a processor much longer than to read and to write, so that it is worth being run beside others. What
/// native code divides it does beside its other lines.
fn is_long(action: &Action, native: bool) -> bool {
    let takes_long = match action {
        Action::Twin(_) => true,
        Action::Apply(op) => {
            choose::unary(op).is_some_and(Unary::is_long)
                || matches!(choose::binary(op), Some(Binary::Pow | Binary::Hypot | Binary::Atan2))
        }
        Action::Fused(_) | Action::Gather(..) | Action::Assemble(..) => false,
    };
    if divides(action) { !native } else { takes_long }
}

/// Whether an instruction waits for the unit that divides and takes roots, and for little else.
pub(super) fn divides(action: &Action) -> bool {
    match action {
        Action::Apply(op) => {
            matches!(choose::unary(op), Some(Unary::Sqrt | Unary::Reciprocal | Unary::Rsqrt))
                || matches!(choose::binary(op), Some(Binary::Div))
        }
        action => matches!(action, Action::Fused(Ternary::MulDiv | Ternary::RootOfMulAdd)),
    }
}

/// Puts long instructions side by side: what they need comes before, everything else after.
pub(crate) fn line_up_long(it: &mut Loop, native: bool) {
    let count = it.body.len();
    let mut order = Order { sorted: Vec::with_capacity(count), early: Vec::new(), long: Vec::new(), later: Vec::new() };
    let mut waits = vec![Waits::No; it.registers.len()];
    for instruction in std::mem::take(&mut it.body) {
        if order.early.len() + order.later.len() == MOST || order.long.len() == MOST {
            order.flush(&mut waits);
        }
        let inputs = instruction.inputs.iter().filter_map(|(operand, _)| operand.register());
        let inputs = inputs.map(|register| waits[register.index()]);
        let (mut wait, is_long) = (inputs.max().unwrap_or(Waits::No), is_long(&instruction.action, native));
        if is_long && wait == Waits::ForLater {
            order.flush(&mut waits);
            wait = Waits::No;
        }
        let (list, wait) = match wait {
            _ if is_long => (&mut order.long, Waits::ForLong),
            Waits::No => (&mut order.early, Waits::No),
            Waits::ForLong | Waits::ForLater => (&mut order.later, Waits::ForLater),
        };
        outputs(&instruction).for_each(|register| waits[register.index()] = wait);
        list.push(instruction);
    }
    order.flush(&mut waits);
    it.body = order.sorted;
}

/// Instructions on their way to where they will stand.
struct Order {
    sorted: Vec<Instruction>,
    /// What needs no long one.
    early: Vec<Instruction>,
    long: Vec<Instruction>,
    /// What needs the long ones, directly or not.
    later: Vec<Instruction>,
}

/// Which list a register is written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Waits {
    No,
    ForLong,
    ForLater,
}

impl Order {
    fn flush(&mut self, waits: &mut [Waits]) {
        self.alternate();
        let (needed, free) = self.needed();
        self.sorted.extend(needed);
        for instruction in self.long.drain(..).chain(free).chain(self.later.drain(..)) {
            outputs(&instruction).for_each(|register| waits[register.index()] = Waits::No);
            self.sorted.push(instruction);
        }
    }

    /// The early ones in two: what long ones need, and what can as well stand with what comes after them.
    fn needed(&mut self) -> (Vec<Instruction>, Vec<Instruction>) {
        let read = |it: &Instruction| {
            it.inputs.iter().filter_map(|(operand, _)| operand.register()).collect::<SmallVec<[Register; 3]>>()
        };
        let mut needs: FxHashSet<Register> = self.long.iter().flat_map(read).collect();
        let (mut needed, mut free) = (Vec::new(), Vec::new());
        for instruction in self.early.drain(..).rev() {
            if outputs(&instruction).any(|register| needs.contains(&register)) {
                needs.extend(read(&instruction));
                needed.push(instruction);
            } else {
                free.push(instruction);
            }
        }
        needed.reverse();
        free.reverse();
        (needed, free)
    }

    /// What divides between what does not: while one uses the unit for that, the other uses the rest.
    fn alternate(&mut self) {
        let mut left = std::mem::take(&mut self.long);
        let mut divided = false;
        while !left.is_empty() {
            let is_ready = |it: &Instruction| {
                let reads = |register| it.inputs.iter().any(|(operand, _)| *operand == Operand::Register(register));
                !left.iter().flat_map(outputs).any(reads)
            };
            let ready = || (0..left.len()).filter(|&i| is_ready(&left[i]));
            let other = ready().find(|&i| divides(&left[i].action) != divided);
            let next = other.or_else(|| ready().next()).expect("the first needs none of the others");
            divided = divides(&left[next].action);
            self.long.push(left.remove(next));
        }
    }
}

/// The registers that an instruction writes.
fn outputs(it: &Instruction) -> impl Iterator<Item = Register> + use<> {
    std::iter::once(it.output).chain(it.second)
}

/// Some instructions of a loop, one after the other.
#[derive(Clone, Debug)]
pub(crate) struct Stretch {
    pub(crate) range: Range<usize>,
    /// If they take turns, the dtype of all that they read and write.
    pub(crate) turns: Option<DType>,
}

/// The dtype of an instruction that may take turns with others.
pub(super) fn long(instruction: &Instruction, kernel: Option<&Work>) -> Option<DType> {
    let dtype = match kernel? {
        Work::F64(_) => DType::F64,
        Work::F32(_) => DType::F32,
        Work::Apply(_) | Work::Gather(..) | Work::Assemble(..) => return None,
    };
    let is_alone = instruction.inputs.iter().all(|&(_, input)| input == dtype);
    (is_alone && is_long(&instruction.action, false)).then_some(dtype)
}

/// A body in stretches, by what [`long`] says of each instruction.
pub(super) fn stretches(long: &[Option<DType>]) -> Vec<Stretch> {
    let mut stretches: Vec<Stretch> = Vec::new();
    for group in long.chunk_by(|a, b| a == b) {
        let from = stretches.last().map_or(0, |last| last.range.end);
        // One alone has nobody to take turns with.
        let turns = group[0].filter(|_| group.len() > 1);
        match stretches.last_mut() {
            Some(last) if last.turns.is_none() && turns.is_none() => last.range.end += group.len(),
            _ => stretches.push(Stretch { range: from..from + group.len(), turns }),
        }
    }
    stretches
}
