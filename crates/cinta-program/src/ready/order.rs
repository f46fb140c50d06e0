//! The order of instructions: long ones side by side.
use std::ops::Range;

use cinta_graph::DType;
use rustc_hash::FxHashSet;
use smallvec::SmallVec;

use super::native::Unit;
use super::{Ready, Work};
use crate::choose;
use crate::desk::CELLS;
use crate::kernels::{Binary, Ternary, Unary};
use crate::place::own;
use crate::steps::{Action, Instruction, Loop, Operand, Register};

/// The most instructions that are moved over one another: what they read must stay in a register meanwhile.
const MOST: usize = 16;

/// Whether an instruction takes a processor much longer than to read and to write, so that it is worth being run beside others; what
/// becomes native code is run beside its other lines.
fn is_long(action: &Action, native: bool) -> bool {
    let takes_long = match action {
        Action::Twin(_) => true,
        Action::Apply(op) => {
            choose::unary(op).is_some_and(Unary::is_long) || choose::binary(op).is_some_and(Binary::is_long)
        }
        Action::Fused(_) | Action::Gather(..) | Action::Assemble(..) => false,
    };
    let is_line = match action {
        Action::Twin(twin) => twin.is_plain(),
        Action::Apply(op) => choose::unary(op).is_some_and(Unary::is_plain) || divides(action),
        _ => true,
    };
    (takes_long || divides(action)) && !(native && is_line)
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
        instruction.outputs().for_each(|register| waits[register.index()] = wait);
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
            instruction.outputs().for_each(|register| waits[register.index()] = Waits::No);
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
            if instruction.outputs().any(|register| needs.contains(&register)) {
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
                !left.iter().flat_map(Instruction::outputs).any(reads)
            };
            let ready = || (0..left.len()).filter(|&i| is_ready(&left[i]));
            let other = ready().find(|&i| divides(&left[i].action) != divided);
            let next = other.or_else(|| ready().next()).expect("the first needs none of the others");
            divided = divides(&left[next].action);
            self.long.push(left.remove(next));
        }
    }
}

/// Some instructions of a loop, one after the other.
#[derive(Clone, Debug)]
pub(crate) struct Stretch {
    pub(crate) range: Range<usize>,
    /// If they take turns, the dtype of all that they read and write.
    pub(crate) turns: Option<DType>,
    /// Then also which they need of the arrays that are written.
    pub(crate) own: SmallVec<[usize; 2]>,
}

/// The most that take turns.
pub(crate) const TURNS: usize = 16;

/// A unit, as far as it matters who takes turns.
struct Member {
    /// The dtype of all that it reads and writes, if it is one.
    dtype: Option<DType>,
    is_long: bool,
    operands: usize,
}

impl Member {
    fn new(it: &Loop, unit: &Unit, kernel: Option<&Work>) -> Self {
        let body = &it.body[unit.range.clone()];
        let is_long = match unit.native {
            Some(_) => body.iter().any(|instruction| divides(&instruction.action)),
            None => is_long(&body[0].action, false),
        };
        let dtype = unit.native.or_else(|| dtype(it, &body[0], kernel));
        Self { dtype, is_long, operands: unit.inputs.len() + unit.outputs.len() }
    }
}

/// The dtype of all that an instruction reads and writes, if a kernel that may take turns computes it.
fn dtype(it: &Loop, instruction: &Instruction, kernel: Option<&Work>) -> Option<DType> {
    let dtype = match kernel? {
        Work::F64(_) => DType::F64,
        Work::F32(_) => DType::F32,
        Work::Apply(_) | Work::Gather(..) | Work::Assemble(..) => return None,
    };
    let inputs = instruction.inputs.iter().map(|&(_, input)| input);
    inputs.chain([it.registers[instruction.output.index()]]).all(|other| other == dtype).then_some(dtype)
}

/// The units that run for each block, in stretches.
pub(super) fn stretches(it: &Loop, units: &[Unit], once: &[bool], kernels: &[Option<Work>]) -> Vec<Stretch> {
    let units = units.iter().filter(|unit| !once[unit.range.start]);
    let all: Vec<Member> = units.map(|unit| Member::new(it, unit, kernels[unit.range.start].as_ref())).collect();
    // Short ones only make more turns, but where the whole body takes them, registers have pieces and blocks are long.
    let is_one = all.iter().all(|member| member.dtype.is_some() && member.dtype == all[0].dtype);
    let long = all.iter().filter(|member| member.is_long).count();
    let is_mostly_long = long > 1 && 2 * long >= all.len();
    let takes = |member: &Member| member.dtype.filter(|_| member.is_long || (is_one && is_mostly_long));
    let mut stretches: Vec<Stretch> = Vec::new();
    let (mut from, mut operands) = (0, 0);
    for (to, member) in all.iter().enumerate() {
        operands += member.operands;
        let dtype = takes(member);
        let next = all.get(to + 1).filter(|next| {
            let fits = to + 1 - from < TURNS && operands + next.operands <= CELLS;
            takes(next) == dtype && (dtype.is_none() || fits)
        });
        if next.is_some() {
            continue;
        }
        // One alone has nobody to take turns with.
        let turns = dtype.filter(|_| to > from);
        match stretches.last_mut() {
            Some(last) if last.turns.is_none() && turns.is_none() => last.range.end = to + 1,
            _ => stretches.push(Stretch { range: from..to + 1, turns, own: SmallVec::new() }),
        }
        (from, operands) = (to + 1, 0);
    }
    stretches
}

/// For each unit, which stretch it takes turns in.
pub(super) fn turns(units: &[Unit], once: &[bool], stretches: &[Stretch]) -> Vec<Option<usize>> {
    let ranges = stretches.iter().enumerate().map(|(i, stretch)| (stretch.turns.map(|_| i), stretch.range.len()));
    let mut all = ranges.flat_map(|(i, count)| std::iter::repeat_n(i, count));
    units.iter().map(|unit| if once[unit.range.start] { None } else { all.next().flatten() }).collect()
}

impl Stretch {
    /// Finds which arrays are written that it needs.
    pub(super) fn find_own(&mut self, body: &[Ready]) {
        if self.turns.is_some() {
            let all = body[self.range.clone()].iter();
            let places = all.flat_map(|it| it.inputs.iter().map(|(place, _)| place).chain(&it.outputs));
            self.own = own(places);
        }
    }
}
