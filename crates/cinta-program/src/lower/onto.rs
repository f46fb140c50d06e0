//! Products that are added onto something as they are written, or less something: onto a bias, onto what a training step
//! moves by them.
//!
//! A loop that only adds would read the product and write it once more.
use cinta_graph::Op;

use super::uses::Uses;
use crate::kernels::Ternary;
use crate::ready::remove_unused;
use crate::steps::{Action, ArrayId, Fill, Instruction, Loop, Lowered, Onto, Operand, Origin, Product, Register, Step};

/// Lets products add what the only loop that reads them adds. The bits stay the same, where k is in one piece.
pub(super) fn add_products(program: &mut Lowered) {
    put_off(program);
    let uses = Uses::of(program);
    let mut writer = uses.writer.clone();
    for position in 0..program.steps.len() {
        let Some((product, at, onto)) = added(program, &uses, position) else { continue };
        let from = product.output;
        let is_there = |array: ArrayId| match program.arrays[array.index()].origin {
            Origin::Argument(_) | Origin::State | Origin::Constant(_) => true,
            Origin::Step => writer[array.index()].is_some_and(|step| step < position),
        };
        if !onto.arrays().all(is_there) {
            continue;
        }
        let reading = uses.reader[from.index()].map(|step| &mut program.steps[step]);
        let Some(Step::Loop(reading)) = reading else { continue };
        let to = without(reading, at, from);
        if let Step::Product(product) = &mut program.steps[position] {
            (product.output, product.onto) = (to, Some(onto));
        }
        writer[to.index()] = Some(position);
    }
}

/// Moves products behind what they are to be added onto, where that is written later.
fn put_off(program: &mut Lowered) {
    let uses = Uses::of(program);
    // The step behind which each comes, and how many are between the two.
    let mut order: Vec<(usize, usize)> = (0..program.steps.len()).map(|position| (position, 0)).collect();
    for position in (0..order.len()).rev() {
        let Some((.., onto)) = added(program, &uses, position) else { continue };
        let writers = onto.arrays().filter_map(|array| uses.writer[array.index()]);
        if let Some((step, behind)) = writers.map(|step| order[step]).max().filter(|&last| last > order[position]) {
            order[position] = (step, behind + 1);
        }
    }
    if !order.is_sorted() {
        let mut steps: Vec<_> = order.into_iter().zip(std::mem::take(&mut program.steps)).collect();
        steps.sort_by_key(|(place, _)| *place);
        program.steps = steps.into_iter().map(|(_, step)| step).collect();
    }
}

/// A product that only one loop reads, to add it to something: the instruction that does, and onto what.
fn added<'p>(program: &'p Lowered, uses: &Uses, position: usize) -> Option<(&'p Product, usize, Onto)> {
    let Step::Product(product) = &program.steps[position] else { return None };
    if uses.counts[product.output.index()] != 1 || product.sizes[0] != 1 {
        return None;
    }
    let Step::Loop(reading) = &program.steps[uses.reader[product.output.index()]?] else { return None };
    let (at, onto) = adding(reading, product)?;
    Some((product, at, onto))
}

/// The instruction that adds a product to something, and onto what.
fn adding(it: &Loop, product: &Product) -> Option<(usize, Onto)> {
    let from = Operand::Stream(product.output, 0);
    let reads = |instruction: &Instruction| instruction.inputs.iter().position(|&(operand, _)| operand == from);
    let (at, which) = it.body.iter().enumerate().find_map(|(at, instruction)| Some((at, reads(instruction)?)))?;
    let instruction = &it.body[at];
    let operand = |i: usize| instruction.inputs[i].0;
    let (other, factor, [minus, negative]) = match (&instruction.action, which) {
        (Action::Apply(Op::Add(_)), _) => (operand(1 - which), None, [false, false]),
        (Action::Apply(Op::Sub(_)), 0) => (operand(1), None, [true, false]),
        (Action::Apply(Op::Sub(_)), 1) => (operand(0), None, [false, true]),
        (Action::Fused(Ternary::MulAdd), 0 | 1) => (operand(2), Some(operand(1 - which)), [false, false]),
        (Action::Fused(Ternary::MulSub), 0 | 1) => (operand(2), Some(operand(1 - which)), [true, false]),
        (Action::Fused(Ternary::NegMulAdd), 0 | 1) => (operand(2), Some(operand(1 - which)), [false, true]),
        _ => return None,
    };
    let scale = match factor {
        None => None,
        Some(Operand::Register(register)) => Some(it.fills.iter().find(|(fill, _)| *fill == register)?.1.clone()),
        Some(Operand::Stream(..)) => return None,
    };
    let (array, offset, stride) = rows(it, other, product.sizes)?;
    Some((at, Onto { array, offset, stride, minus, scale, negative, node: instruction.node }))
}

/// An operand as a matrix of contiguous columns: its array, its first element, and how far apart its rows stand.
fn rows(it: &Loop, operand: Operand, [_, m, _, n]: [usize; 4]) -> Option<(ArrayId, usize, usize)> {
    let register = match operand {
        Operand::Stream(array, offset) => return (it.size == m * n).then_some((array, offset, n)),
        Operand::Register(register) => register,
    };
    if let Some((_, Fill::Element(array, offset))) = it.fills.iter().find(|(fill, _)| *fill == register) {
        return (n == 1).then_some((*array, *offset, 0));
    }
    let instruction = it.body.iter().find(|instruction| instruction.output == register)?;
    let Action::Gather(array, view) = &instruction.action else { return None };
    let view = view.merged();
    let stride = match (&view.shape[..], &view.strides[..]) {
        (&[rows, columns], &[stride, 1]) if (rows, columns) == (m, n) => stride,
        (&[rows], &[stride]) if (rows, 1) == (m, n) => stride,
        _ => return None,
    };
    Some((*array, view.offset, usize::try_from(stride).ok()?))
}

/// Takes an instruction out of a loop that then reads its result where the product is. Gives the array that holds it.
fn without(it: &mut Loop, at: usize, from: ArrayId) -> ArrayId {
    let result: Register = it.body.remove(at).output;
    let to = it.take_store(result).unwrap_or(from);
    it.replace(result, Operand::Stream(to, 0));
    remove_unused(it);
    to
}
