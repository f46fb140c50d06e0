//! Instructions that are cheaper together.
use cinta_graph::Op;
use rustc_hash::FxHashMap;
use smallvec::{SmallVec, smallvec};

use crate::choose;
use crate::kernels::{Ternary, Twin, Unary};
use crate::steps::{Action, Fill, Instruction, Loop, Operand, Placed, Register};

/// Puts two functions of one operand together that share what is costly, such as a function and its slope. The bits stay
/// the same.
pub(crate) fn fuse_twins(it: &mut Loop) {
    let mut groups: FxHashMap<Operand, Vec<(usize, Unary)>> = FxHashMap::default();
    let mut order = Vec::new();
    let mut writer: Vec<Option<usize>> = vec![None; it.registers.len()];
    let half = it.fills.iter().find_map(|(register, fill)| match fill {
        Fill::Number(value) if value.item() == Some(0.5) => Some(Operand::Register(*register)),
        _ => None,
    });
    for position in 0..it.body.len() {
        writer[it.body[position].output.index()] = Some(position);
        for (operand, function) in functions(it, position, &writer, half) {
            let group = groups.entry(operand).or_insert_with(|| {
                order.push(operand);
                Vec::new()
            });
            group.push((position, function));
        }
    }
    let mut gone = vec![false; it.body.len()];
    let mut paired = vec![false; it.body.len()];
    for operand in order {
        let group = &groups[&operand];
        for (i, &(first, f)) in group.iter().enumerate() {
            let partner = group[i + 1..].iter().find_map(|&(second, g)| {
                let free = !paired[first] && !paired[second] && second != first;
                Some((second, Twin::of(f, g).filter(|_| free)?))
            });
            let Some((second, twin)) = partner else { continue };
            let (mut output, mut other) = (it.body[first].output, it.body[second].output);
            if twin.functions()[0] != f {
                std::mem::swap(&mut output, &mut other);
            }
            let dtype = it.body[first].inputs[0].1;
            let instruction = &mut it.body[first];
            instruction.action = Action::Twin(twin);
            instruction.inputs[0] = (operand, dtype);
            (instruction.output, instruction.second) = (output, Some(other));
            (paired[first], paired[second], gone[second]) = (true, true, true);
        }
    }
    remove(it, &gone);
    if gone.contains(&true) {
        remove_unused(it);
    }
}

/// What an instruction computes as a function of one operand, in one way or two.
fn functions(
    it: &Loop,
    position: usize,
    writer: &[Option<usize>],
    half: Option<Operand>,
) -> SmallVec<[(Operand, Unary); 2]> {
    let instruction = &it.body[position];
    let Action::Apply(op) = &instruction.action else { return SmallVec::new() };
    let (Some(f), &[(operand, _)]) = (choose::unary(op), &instruction.inputs[..]) else { return SmallVec::new() };
    let mut functions = smallvec![(operand, f)];
    if let Operand::Register(register) = operand
        && let Some(inner) = writer[register.index()].map(|at| &it.body[at])
        && let Action::Apply(inner_op) = &inner.action
    {
        match (f, inner_op, &inner.inputs[..]) {
            (Unary::Sech2, Op::Mul(_), &[(x, _), (number, _)] | &[(number, _), (x, _)]) if half == Some(number) => {
                functions.push((x, Unary::Sech2OfHalf));
            }
            (Unary::Sigmoid, Op::Neg(_), &[(x, _)]) => functions.push((x, Unary::SigmoidOfNeg)),
            _ => {}
        }
    }
    functions
}

/// The most views that one instruction puts side by side for a sum.
const SIDE_BY_SIDE: usize = 64;

/// A sum of arrays, each zero but for some views: all views in one array, added up where they meet. Exact, but that 0 + (−0) is
/// 0 and stays −0 here.
pub(crate) fn merge_assembled(it: &mut Loop) {
    let uses = uses(it);
    let is_zero = |(register, fill): &(Register, Fill)| {
        matches!(fill, Fill::Number(value) if value.item() == Some(0.0)).then_some(*register)
    };
    let zeros: SmallVec<[Register; 2]> = it.fills.iter().filter_map(is_zero).collect();
    let mut writer: Vec<Option<usize>> = vec![None; it.registers.len()];
    let mut gone = vec![false; it.body.len()];
    for position in 0..it.body.len() {
        let Instruction { action, inputs, output, .. } = &it.body[position];
        writer[output.index()] = Some(position);
        let (Action::Apply(Op::Add(_)), [(Operand::Register(a), _), (Operand::Register(b), _)]) = (action, &inputs[..])
        else {
            continue;
        };
        // The instruction that assembles an operand, if nothing else reads it.
        let assembles = |register: &Register| {
            let at = writer[register.index()].filter(|_| uses[register.index()] == 1)?;
            matches!(it.body[at].action, Action::Assemble(_, _, 0.0)).then_some(at)
        };
        let (at, sum) = match (assembles(a), assembles(b)) {
            (Some(a), Some(b)) => {
                let Some(both) = both_assembled(&it.body[a].action, &it.body[b].action) else { continue };
                gone[b] = true;
                (a, both)
            }
            (Some(at), None) if zeros.contains(b) => (at, it.body[at].action.clone()),
            (None, Some(at)) if zeros.contains(a) => (at, it.body[at].action.clone()),
            _ => continue,
        };
        gone[at] = true;
        (it.body[position].action, it.body[position].inputs) = (sum, SmallVec::new());
    }
    remove(it, &gone);
    if gone.contains(&true) {
        remove_unused(it);
    }
}

/// The sum of two arrays that are zero but for some views.
fn both_assembled(a: &Action, b: &Action) -> Option<Action> {
    let (Action::Assemble(first, shape, _), Action::Assemble(second, other, _)) = (a, b) else { return None };
    if shape != other || first.len() + second.len() > SIDE_BY_SIDE {
        return None;
    }
    let apart = first.iter().all(|(_, a)| second.iter().all(|(_, b)| a.is_apart(b)));
    let added = second.iter().map(|(array, placed)| (*array, Placed { adds: !apart || placed.adds, ..placed.clone() }));
    Some(Action::Assemble(first.iter().cloned().chain(added).collect(), shape.clone(), 0.0))
}

/// How often each register is read.
pub(super) fn uses(it: &Loop) -> Vec<u32> {
    let mut uses = vec![0_u32; it.registers.len()];
    let kept = it.stores.iter().map(|(register, _)| *register);
    let read = it.body.iter().flat_map(|instruction| instruction.inputs.iter().map(|(operand, _)| *operand));
    for operand in kept.map(Operand::Register).chain(it.ends()).chain(read) {
        if let Operand::Register(register) = operand {
            uses[register.index()] += 1;
        }
    }
    uses
}

fn remove(it: &mut Loop, gone: &[bool]) {
    let mut gone = gone.iter();
    it.body.retain(|_| !gone.next().is_some_and(|&gone| gone));
}

/// Removes instructions whose results nobody reads any more, and numbers.
pub(crate) fn remove_unused(it: &mut Loop) {
    let uses = uses(it);
    let read = |register: Register| uses[register.index()] > 0;
    it.body.retain(|instruction| read(instruction.output) || instruction.second.is_some_and(read));
    it.fills.retain(|(register, _)| read(*register));
}

/// Puts cheap neighbours together: a product that only a sum reads, and such. The bits stay the same.
pub(crate) fn fuse_cheap(it: &mut Loop) {
    let uses = uses(it);
    let mut writer: Vec<Option<usize>> = vec![None; it.registers.len()];
    let mut gone = vec![false; it.body.len()];
    for position in 0..it.body.len() {
        writer[it.body[position].output.index()] = Some(position);
        if !it.registers[it.body[position].output.index()].is_float() {
            continue;
        }
        // What computes an operand that nothing else reads.
        let inner = |which: usize| {
            let (Operand::Register(register), _) = *it.body[position].inputs.get(which)? else { return None };
            Some((writer[register.index()].filter(|_| uses[register.index()] == 1)?, which))
        };
        let Action::Apply(outer) = &it.body[position].action else { continue };
        let found = [0, 1].into_iter().filter_map(inner).find_map(|(at, which)| match (outer, &it.body[at].action) {
            (Op::Sqrt(_), Action::Fused(Ternary::MulAdd)) if it.size > 1 => Some((at, which, Ternary::RootOfMulAdd)),
            (_, Action::Apply(op)) => Some((at, which, fused(outer, op, which)?)),
            _ => None,
        });
        let Some((at, which, ternary)) = found else { continue };
        let mut inputs = it.body[at].inputs.clone();
        if let [x] = inputs[..] {
            inputs.push(x); // x² is x x.
        }
        inputs.extend(it.body[position].inputs.get(1 - which).copied());
        it.body[position].inputs = inputs;
        it.body[position].action = Action::Fused(ternary);
        gone[at] = true;
    }
    remove(it, &gone);
}

/// One instruction for two operations, the inner one being an operand of the outer one.
fn fused(outer: &Op, inner: &Op, which: usize) -> Option<Ternary> {
    Some(match (outer, inner, which) {
        (Op::Add(_), Op::Mul(_) | Op::Square(_), _) => Ternary::MulAdd,
        (Op::Sub(_), Op::Mul(_) | Op::Square(_), 0) => Ternary::MulSub,
        (Op::Sub(_), Op::Mul(_) | Op::Square(_), 1) => Ternary::NegMulAdd,
        (Op::Mul(_), Op::Mul(_) | Op::Square(_), _) => Ternary::MulMul,
        (Op::Add(_), Op::Add(_), _) => Ternary::AddAdd,
        (Op::Mul(_), Op::Add(_), _) => Ternary::AddMul,
        (Op::Mul(_), Op::Sub(_), _) => Ternary::SubMul,
        (Op::Div(_), Op::Mul(_) | Op::Square(_), 0) => Ternary::MulDiv,
        _ => return None,
    })
}
