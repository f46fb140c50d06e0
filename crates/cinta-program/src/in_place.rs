//! Loops that write where an array stands that ends with them.
use cinta_graph::DType;
use rustc_hash::FxHashSet;

use crate::steps::{ArrayId, Loop, Operand};

/// The arrays that a loop may write where one stands that ends with it: each with the old one. Block by block the old
/// elements are read before new ones are written, by instructions that come before the one that writes.
pub(crate) fn in_place(
    it: &Loop,
    ends: impl Fn(ArrayId) -> bool,
    may_move: impl Fn(ArrayId) -> bool,
) -> Vec<(ArrayId, ArrayId)> {
    // Arrays that are not only read element by element.
    let mut others: FxHashSet<ArrayId> = FxHashSet::default();
    // What is read element by element, with the last instruction that does; seen from the end.
    let mut found: Vec<(ArrayId, DType, usize)> = Vec::new();
    let mut seen: FxHashSet<ArrayId> = FxHashSet::default();
    let mut writer = vec![usize::MAX; it.registers.len()];
    for (position, instruction) in it.body.iter().enumerate().rev() {
        for &(operand, dtype) in instruction.inputs.iter().rev() {
            match operand {
                Operand::Stream(array, 0) if seen.insert(array) => found.push((array, dtype, position)),
                Operand::Stream(_, 0) | Operand::Register(_) => {}
                Operand::Stream(array, _) => others.extend([array]),
            }
        }
        others.extend(instruction.action.arrays());
        for register in instruction.outputs() {
            writer[register.index()] = position;
        }
    }
    others.extend(it.fills.iter().filter_map(|(_, fill)| fill.array()));
    others.extend(it.ends().filter_map(|operand| match operand {
        Operand::Stream(array, _) => Some(array),
        Operand::Register(_) => None,
    }));
    found.retain(|&(array, ..)| ends(array) && !others.contains(&array));
    found.reverse();
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
