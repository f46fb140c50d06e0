//! Forward mode: one walk from the variables to the outputs, asking each operation for its pushforward.
use smallvec::SmallVec;

use super::pullback::{active, pullback};
use super::walk::{Walk, Window};
use crate::error::ErrorKind;
use crate::ops::{At, Delta, join};
use crate::{Error, Graph, NodeId, Op, Role, Tape, Var};

/// The tangents of `outputs`, given those of some nodes; `None` where no derivative arrives.
///
/// Cost: one visit a node between the first variable and the last output, one rule a node on the way.
pub(super) fn pushforward<'t>(
    tape: &'t Tape,
    seeds: &[(NodeId, Delta<'t>)],
    outputs: &[NodeId],
) -> Result<Vec<Option<Delta<'t>>>, Error> {
    let (Some(first), Some(&last)) = (seeds.iter().map(|(id, _)| *id).min(), outputs.iter().max()) else {
        return Ok(vec![None; outputs.len()]);
    };
    let wrt: Vec<NodeId> = seeds.iter().map(|(id, _)| *id).collect();
    let active = active(tape, &wrt, first, last);
    let needed = needed(&tape.graph(), outputs, first, last);
    let start = tape.len();
    let mut tangents: Window<Option<Delta<'t>>> = Window::new(first, last, None);
    for &(id, tangent) in seeds {
        tangents.set(id, join(tangents.item(id), Some(tangent)));
    }
    let mut walk = Walk::new(tape);
    for id in active.ids().filter(|&id| active.has(id) && needed.has(id)) {
        let Some((op, inputs)) = walk.enter(id) else {
            continue;
        };
        let incoming: SmallVec<[Option<Delta<'t>>; 4]> =
            inputs.iter().map(|input| tangents.get(input.id()).copied().flatten()).collect();
        if incoming.iter().all(Option::is_none) {
            continue;
        }
        let wanted: SmallVec<[bool; 4]> = incoming.iter().map(Option::is_some).collect();
        let at = At::new(inputs, Var::new(tape, id), &wanted);
        let pushed = if op.only_pulls() { push_by_pulling(op, &at, &incoming)? } else { op.jvp(&at, &incoming)? };
        tangents.set(id, join(tangents.item(id), pushed));
    }
    drop(walk);
    tape.graph_mut().push_span(Role::Pushforward, start);
    Ok(outputs.iter().map(|&id| tangents.item(id)).collect())
}

/// The pushforward of an operation that has only a pullback, which is transposed: ct ↦ Jᵀ ct is linear, and
/// the pullback of that is t ↦ J t. The point at which a linear function is transposed does not matter: 0.
fn push_by_pulling<'t>(op: &Op, at: &At<'_, 't>, tangents: &[Option<Delta<'t>>]) -> Result<Option<Delta<'t>>, Error> {
    let tape = at.tape();
    let ty = at.output().array_type();
    let zero = tape.constant(tape.full(&ty, 0.0).try_value()?);
    let cotangents = op.vjp(at, Delta::dense(zero))?;
    let pairs = cotangents.iter().zip(tangents).filter_map(|(&ct, &tangent)| Some((ct?.var().id(), tangent?)));
    let seeds: Vec<(NodeId, Delta<'t>)> = pairs.collect();
    let Some(pushed) = pullback(tape, &seeds, &[zero.id()])?.into_iter().next().flatten() else { return Ok(None) };
    if needed(&tape.graph(), &[pushed.var().id()], zero.id(), pushed.var().id()).has(zero.id()) {
        let subject = format!("{} {}", op.name(), op.attributes());
        let reason = "its rule is not linear in the cotangent, so forward mode cannot transpose it; use reverse mode";
        return Err(Error::new(ErrorKind::Derivative, subject.trim_end(), reason).at(at.output().place()));
    }
    Ok(Some(pushed))
}

/// The nodes that some output reads, directly or through others.
pub(super) fn needed(graph: &Graph, outputs: &[NodeId], first: NodeId, last: NodeId) -> Window<bool> {
    let mut needed = Window::new(first, last, false);
    for &id in outputs {
        needed.set(id, true);
    }
    for id in needed.ids().rev() {
        if needed.has(id) {
            for &input in graph.inputs(id) {
                needed.set(input, true);
            }
        }
    }
    needed
}
