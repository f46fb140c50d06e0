//! The order of instructions: long ones side by side.
use std::ops::Range;

use cinta_graph::DType;

use super::Work;
use crate::choose;
use crate::kernels::{Binary, Ternary, Unary};
use crate::steps::{Action, Instruction, Loop, Operand};

/// The most instructions that are moved over one another: what they read must stay in a register meanwhile.
const MOST: usize = 16;

/// Whether an instruction takes a processor much longer than to read and to write, so that it is worth being run beside others.
fn is_long(action: &Action) -> bool {
    match action {
        Action::Twin(_) | Action::Fused(Ternary::MulDiv) => true,
        Action::Apply(op) => {
            choose::unary(op).is_some_and(Unary::is_long)
                || matches!(choose::binary(op), Some(Binary::Div | Binary::Pow | Binary::Hypot | Binary::Atan2))
        }
        Action::Fused(_) | Action::Gather(..) | Action::Assemble(..) => false,
    }
}

/// Puts long instructions side by side: what they need comes before, what only needs them after.
pub(crate) fn line_up_long(it: &mut Loop) {
    let count = it.body.len();
    let mut order = Order { sorted: Vec::with_capacity(count), long: Vec::new(), later: Vec::new() };
    let mut waits = vec![Waits::No; it.registers.len()];
    for instruction in std::mem::take(&mut it.body) {
        if order.later.len() == MOST || order.long.len() == MOST {
            order.flush(&mut waits);
        }
        let inputs = instruction.inputs.iter().filter_map(|(operand, _)| match operand {
            Operand::Register(register) => Some(waits[register.index()]),
            Operand::Stream(..) => None,
        });
        let (mut wait, is_long) = (inputs.max().unwrap_or(Waits::No), is_long(&instruction.action));
        if is_long && wait == Waits::ForLater {
            order.flush(&mut waits);
            wait = Waits::No;
        }
        let (list, wait) = match wait {
            _ if is_long => (&mut order.long, Waits::ForLong),
            Waits::No => (&mut order.sorted, Waits::No),
            Waits::ForLong | Waits::ForLater => (&mut order.later, Waits::ForLater),
        };
        waits[instruction.output.index()] = wait;
        if let Some(second) = instruction.second {
            waits[second.index()] = wait;
        }
        list.push(instruction);
    }
    order.flush(&mut waits);
    it.body = order.sorted;
}

/// Instructions on their way to where they will stand.
struct Order {
    sorted: Vec<Instruction>,
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
        for instruction in self.long.drain(..).chain(self.later.drain(..)) {
            for register in std::iter::once(instruction.output).chain(instruction.second) {
                waits[register.index()] = Waits::No;
            }
            self.sorted.push(instruction);
        }
    }
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
    (is_alone && is_long(&instruction.action)).then_some(dtype)
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
