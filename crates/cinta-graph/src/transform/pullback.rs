//! Reverse mode: one walk from the outputs back to the variables, asking each operation for its pullback.
use smallvec::SmallVec;

use crate::error::ErrorKind;
use crate::graph::Kind;
use crate::ops::{At, Delta};
use crate::{Error, NodeId, Op, Role, Tape, Var};

/// One flag or item a node, for the nodes between the first variable and the last output.
pub(super) struct Window<T> {
    first: usize,
    items: Vec<T>,
}

impl<T: Clone> Window<T> {
    pub(super) fn new(first: NodeId, last: NodeId, item: T) -> Self {
        let (first, last) = (first.index(), last.index());
        Self { first, items: vec![item; (last + 1).saturating_sub(first)] }
    }

    pub(super) fn get(&self, id: NodeId) -> Option<&T> {
        self.items.get(id.index().wrapping_sub(self.first))
    }

    pub(super) fn set(&mut self, id: NodeId, item: T) {
        if let Some(slot) = self.items.get_mut(id.index().wrapping_sub(self.first)) {
            *slot = item;
        }
    }

    pub(super) fn ids(&self) -> impl DoubleEndedIterator<Item = NodeId> + use<T> {
        (self.first..self.first + self.items.len()).map(NodeId::new)
    }
}

impl Window<bool> {
    pub(super) fn has(&self, id: NodeId) -> bool {
        self.get(id).copied().unwrap_or(false)
    }
}

/// The nodes between `first` and `last` through which a derivative flows from the variables.
pub(super) fn active(tape: &Tape, wrt: &[NodeId], first: NodeId, last: NodeId) -> Window<bool> {
    let graph = tape.graph();
    let mut active = Window::new(first, last, false);
    for &id in wrt {
        active.set(id, true);
    }
    for id in active.ids() {
        let inputs = graph.inputs(id);
        if !inputs.is_empty() && !active.has(id) && inputs.iter().any(|&input| active.has(input)) {
            let flows = |op: &Op| (0..).zip(inputs).any(|(i, &input)| active.has(input) && op.blocks(i).is_none());
            let is_float = graph.array_type(id).dtype.is_float();
            active.set(id, is_float && graph.op(id).is_some_and(flows));
        }
    }
    active
}

/// A cotangent on its way: the node that holds it, and whether it is masked.
#[derive(Clone, Copy)]
struct Pending {
    node: NodeId,
    masked: bool,
}

/// The cotangents of `wrt`, given those of some outputs; `None` where no derivative arrives.
///
/// Cost: one visit and one rule a node between the first variable and the last output.
pub(super) fn pullback<'t>(
    tape: &'t Tape,
    seeds: &[(NodeId, Delta<'t>)],
    wrt: &[NodeId],
) -> Result<Vec<Option<Delta<'t>>>, Error> {
    let (Some(&first), Some(last)) = (wrt.iter().min(), seeds.iter().map(|(id, _)| *id).max()) else {
        return Ok(vec![None; wrt.len()]);
    };
    let active = active(tape, wrt, first, last);
    let start = tape.len();
    let mut pending: Window<Option<Pending>> = Window::new(first, last, None);
    for &(id, ct) in seeds {
        if active.has(id) {
            add(tape, &mut pending, id, ct);
        }
    }
    for id in active.ids().rev() {
        let Some(Some(Pending { node, masked })) = pending.get(id).copied() else {
            continue;
        };
        let Some((op, inputs)) = read_op(tape, id) else {
            continue;
        };
        let wanted: SmallVec<[bool; 4]> = inputs.iter().map(|input| active.has(input.id())).collect();
        if !wanted.contains(&true) {
            continue;
        }
        let at = At::new(&inputs, tape.at(id), &wanted);
        let ct = Delta::new(tape.at(node), masked);
        let cotangents = tape.with_place_of(id, || op.vjp(&at, ct))?;
        for ((input, ct), wanted) in inputs.iter().zip(cotangents).zip(wanted) {
            if let (Some(ct), true) = (ct, wanted) {
                check_type(&op, *input, ct, id)?;
                tape.with_place_of(id, || add(tape, &mut pending, input.id(), ct));
            }
        }
    }
    tape.graph.borrow_mut().push_span(Role::Pullback, start);
    let finish = |id: &NodeId| {
        let pending = pending.get(*id).copied().flatten()?;
        Some(Delta::new(tape.at(pending.node), pending.masked))
    };
    Ok(wrt.iter().map(finish).collect())
}

/// The operation of a node and its inputs.
pub(super) fn read_op(tape: &Tape, id: NodeId) -> Option<(Op, SmallVec<[Var<'_>; 4]>)> {
    let graph = tape.graph();
    match graph.kind(id) {
        Kind::Apply { op, inputs } => Some((op.clone(), inputs.iter().map(|&input| Var::new(tape, input)).collect())),
        Kind::Input | Kind::Constant(_) => None,
    }
}

/// Adds a contribution to the cotangent of a node.
fn add<'t>(tape: &'t Tape, pending: &mut Window<Option<Pending>>, id: NodeId, ct: Delta<'t>) {
    let sum = match pending.get(id).copied().flatten() {
        Some(before) => Delta::new(tape.at(before.node), before.masked) + ct,
        None => ct,
    };
    pending.set(id, Some(Pending { node: sum.var().id(), masked: sum.is_masked() }));
}

/// A rule must give each input a cotangent of the input's type; a user's rule may fail to.
fn check_type(op: &Op, input: Var<'_>, ct: Delta<'_>, id: NodeId) -> Result<(), Error> {
    if ct.var().same_type(input) {
        return Ok(());
    }
    let (expected, came) = (input.array_type(), ct.var().array_type());
    let reason =
        format!("its rule gave a cotangent of type {came} for the input {}: expected {expected}", input.label());
    Err(Error::new(ErrorKind::Derivative, op.name(), reason).at(input.tape().graph().place(id).clone()))
}
