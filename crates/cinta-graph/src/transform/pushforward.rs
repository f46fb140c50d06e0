//! Forward mode: one walk from the variables to the outputs, asking each operation for its pushforward.
use smallvec::SmallVec;

use super::pullback::active;
use super::walk::{Walk, Window};
use crate::ops::{At, Delta, join};
use crate::{Error, Graph, NodeId, Role, Tape, Var};

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
        tangents.set(id, Some(tangent));
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
        let pushed = op.jvp(&At::new(inputs, Var::new(tape, id), &wanted), &incoming)?;
        tangents.set(id, join(tangents.item(id), pushed));
    }
    drop(walk);
    tape.graph.borrow_mut().push_span(Role::Pushforward, start);
    Ok(outputs.iter().map(|&id| tangents.item(id)).collect())
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
