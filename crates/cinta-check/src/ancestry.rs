//! Which nodes of a graph others are made of.
use cinta_graph::{NodeId, Tape, Var};

/// Which nodes some others need.
pub(crate) fn needed(tape: &Tape, roots: &[NodeId]) -> Vec<bool> {
    let graph = tape.graph();
    let mut needed = vec![false; graph.len()];
    for root in roots {
        needed[root.index()] = true;
    }
    for id in graph.ids().rev() {
        if needed[id.index()] {
            graph.inputs(id).iter().for_each(|input| needed[input.index()] = true);
        }
    }
    needed
}

/// Which nodes stand between inputs and output.
pub(crate) fn between(output: Var<'_>, inputs: &[Var<'_>]) -> Vec<bool> {
    let graph = output.tape().graph();
    let count = output.id().index() + 1;
    let mut from = vec![false; count];
    for id in graph.ids().take(count) {
        let is_input = inputs.iter().any(|input| input.id() == id);
        from[id.index()] = is_input || graph.inputs(id).iter().any(|input| from[input.index()]);
    }
    let to = needed(output.tape(), &[output.id()]);
    from.iter().zip(&to).map(|(from, to)| *from && *to).collect()
}
