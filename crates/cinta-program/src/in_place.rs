//! Loops that write where an array stands that ends with them.
use cinta_graph::DType;

use crate::steps::{Action, ArrayId, Fill, Loop, Operand};

/// The arrays that a loop may write where one stands that ends with it: each with the old one. Block by block the old
/// elements are read before new ones are written, by instructions that come before the one that writes.
pub(crate) fn in_place(
    it: &Loop,
    ends: impl Fn(ArrayId) -> bool,
    may_move: impl Fn(ArrayId) -> bool,
) -> Vec<(ArrayId, ArrayId)> {
    // The last instruction that reads each array element by element, and the arrays that are read in other ways too.
    let mut last: Vec<(ArrayId, DType, usize)> = Vec::new();
    let mut others: Vec<ArrayId> = Vec::new();
    let mut writer = vec![usize::MAX; it.registers.len()];
    for (position, instruction) in it.body.iter().enumerate() {
        for &(operand, dtype) in &instruction.inputs {
            match operand {
                Operand::Stream(array, 0) => last.push((array, dtype, position)),
                Operand::Stream(array, _) => others.push(array),
                Operand::Register(_) => {}
            }
        }
        match &instruction.action {
            Action::Gather(array, _) => others.push(*array),
            Action::Assemble(pieces, ..) => others.extend(pieces.iter().map(|(array, _)| *array)),
            Action::Apply(_) | Action::Fused(_) | Action::Twin(_) => {}
        }
        for register in [Some(instruction.output), instruction.second].into_iter().flatten() {
            writer[register.index()] = position;
        }
    }
    others.extend(it.fills.iter().filter_map(|(_, fill)| match fill {
        Fill::Element(array, _) => Some(*array),
        Fill::Number(_) => None,
    }));
    others.extend(it.reductions.iter().filter_map(|reduction| match reduction.input {
        Operand::Stream(array, _) => Some(array),
        Operand::Register(_) => None,
    }));
    // In the order of the last reading.
    let mut found: Vec<(ArrayId, DType, usize)> = Vec::new();
    for (array, dtype, position) in last {
        found.retain(|(other, ..)| *other != array);
        found.push((array, dtype, position));
    }
    found.retain(|&(array, ..)| ends(array) && !others.contains(&array));
    let mut pairs = Vec::new();
    for &(register, new) in it.stores.iter().filter(|(_, new)| may_move(*new)) {
        let dtype = it.registers[register.index()];
        let fits = |&(_, of, position): &(ArrayId, DType, usize)| of == dtype && position < writer[register.index()];
        if let Some(at) = found.iter().position(fits) {
            pairs.push((new, found.swap_remove(at).0));
        }
    }
    pairs
}
