//! Reverse mode: one walk from the outputs back to the variables, asking each operation for its pullback.
use super::walk::{Walk, Window};
use crate::error::ErrorKind;
use crate::ops::{At, Delta};
use crate::{Error, NodeId, Op, Output, Role, Tape, Var};

/// The nodes between `first` and `last` through which a derivative flows from the variables.
pub(super) fn active(tape: &Tape, wrt: &[NodeId], first: NodeId, last: NodeId) -> Window<bool> {
    let graph = tape.graph();
    let mut active = Window::new(first, last, false);
    for &id in wrt {
        active.set(id, true);
    }
    for id in active.ids() {
        let inputs = graph.inputs(id);
        if !inputs.iter().any(|&input| active.has(input)) || !graph.array_type(id).dtype.is_float() {
            continue;
        }
        let flows = |op: &Op| (0..).zip(inputs).any(|(i, &input)| active.has(input) && op.blocks(i).is_none());
        if graph.op(id).is_some_and(flows) {
            active.set(id, true);
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

impl Pending {
    fn delta(self, tape: &Tape) -> Delta<'_> {
        Delta::new(Var::new(tape, self.node), self.masked)
    }
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
    let mut walk = Walk::new(tape);
    let mut wanted = Vec::new();
    for id in active.ids().rev() {
        let Some(ct) = pending.item(id) else { continue };
        let Some((op, inputs)) = walk.enter(id) else { continue };
        wanted.clear();
        wanted.extend(inputs.iter().map(|input| active.has(input.id())));
        if !wanted.contains(&true) {
            continue;
        }
        let cotangents = op.vjp(&At::new(inputs, Var::new(tape, id), &wanted), ct.delta(tape))?;
        for ((input, &ct), &wanted) in inputs.iter().zip(&cotangents).zip(&wanted) {
            if let (Some(ct), true) = (ct, wanted) {
                check_type(op, *input, ct, id)?;
                add(tape, &mut pending, input.id(), settled(tape, ct));
            }
        }
    }
    drop(walk);
    tape.graph_mut().push_span(Role::Pullback, start);
    Ok(wrt.iter().map(|&id| pending.item(id).map(|ct| ct.delta(tape))).collect())
}

/// A masked cotangent that is a part of known numbers, such as a slice of a unit vector, as those numbers: without a zero
/// among them nothing is masked any more, and all that follows is plain arithmetic.
fn settled<'t>(tape: &'t Tape, ct: Delta<'t>) -> Delta<'t> {
    if !ct.is_masked() {
        return ct;
    }
    let value = {
        let (graph, id) = (tape.graph(), ct.var().id());
        let (Some(op), &[input]) = (graph.op(id), graph.inputs(id)) else { return ct };
        let ty = graph.array_type(id);
        if ty.shape.size() > graph.array_type(input).shape.size() {
            return ct;
        }
        let Some(value) = graph.constant_value(input) else { return ct };
        let Ok(value) = op.eval(&[&value], &Output::new(ty)) else { return ct };
        value
    };
    let has_zeros = value.has_zeros();
    Delta::new(tape.constant(value), has_zeros)
}

/// Adds a contribution to the cotangent of a node.
fn add<'t>(tape: &'t Tape, pending: &mut Window<Option<Pending>>, id: NodeId, ct: Delta<'t>) {
    let sum = match pending.item(id) {
        Some(before) => before.delta(tape) + ct,
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
    let subject = format!("{} {}", op.name(), op.attributes());
    Err(Error::new(ErrorKind::Rule, subject.trim_end(), reason).at(input.tape().graph().place(id).clone()))
}
