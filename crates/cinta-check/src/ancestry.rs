//! Which nodes of a graph others are made of.
use cinta_graph::{Error, ErrorKind, NodeId, Tape, Var};

/// That variables are of the tape of an output: by their numbers alone they would be other nodes of it.
///
/// # Errors
/// With the name of the first that is not.
pub(crate) fn on_one_tape(output: Var<'_>, others: &[Var<'_>]) -> Result<(), Error> {
    let Some(other) = others.iter().find(|other| !std::ptr::eq(other.tape(), output.tape())) else { return Ok(()) };
    let (label, place) = (other.label(), other.place());
    let reason = format!("{} and {label} ({place}) are on different tapes", output.label());
    Err(Error::new(ErrorKind::Tape, "check", reason))
}

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
