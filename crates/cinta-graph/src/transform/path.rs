//! Why a derivative arrives or does not: the path from an input to an output.
use std::collections::VecDeque;
use std::fmt::Write as _;

use super::pullback::{active, pullback};
use super::pushforward::needed;
use super::walk::Window;
use crate::error::{ErrorKind, or_panic};
use crate::ops::Delta;
use crate::{Error, Graph, NodeId, Tape, Var};

/// Says why no derivative flows from `input` to any of `outputs`: the node where the path ends.
pub(super) fn no_path(tape: &Tape, subject: &str, input: NodeId, outputs: &[NodeId]) -> Error {
    let graph = tape.graph();
    let reason = why_not(&graph, input, outputs).unwrap_or_else(|| "the derivative is a structural zero".to_owned());
    let advice = "if zero is what you want, ask for it with grad_or_zeros or grad_or_none";
    let text = format!("no derivative reaches {}: {reason}; {advice}", describe(&graph, input));
    Error::new(ErrorKind::Derivative, subject, text)
}

/// A node as a user knows it: name or number, operation, line.
fn describe(graph: &Graph, id: NodeId) -> String {
    let op = graph.op(id).map_or(String::new(), |op| format!(" = {}", op.name()));
    format!("{}{op} ({}, {})", graph.label(id), graph.array_type(id), graph.place(id))
}

fn why_not(graph: &Graph, input: NodeId, outputs: &[NodeId]) -> Option<String> {
    if !graph.array_type(input).dtype.is_float() {
        return Some(format!(
            "it is {}, which has no derivatives; cast it to f64 first",
            graph.array_type(input).dtype
        ));
    }
    let last = outputs.iter().max().copied()?;
    if input > last {
        return Some("it was recorded after the output".to_owned());
    }
    let reached = reached_from(graph, input, last);
    let on_the_way = needed(graph, outputs, input, last);
    if !outputs.iter().any(|&output| reached.has(output)) {
        return Some(match reached.ids().skip(1).filter(|&id| reached.has(id)).last() {
            Some(end) => format!("the output does not depend on it; its path ends at {}", describe(graph, end)),
            None => "it is never used before the output".to_owned(),
        });
    }
    let candidates = reached.ids().skip(1).filter(|&id| reached.has(id) && on_the_way.has(id));
    candidates.into_iter().find_map(|id| {
        let op = graph.op(id)?;
        let blocked =
            (0..).zip(graph.inputs(id)).filter(|(_, node)| reached.has(**node)).find_map(|(i, _)| op.blocks(i));
        let reason = blocked.map(str::to_owned).or_else(|| {
            let dtype = graph.array_type(id).dtype;
            (!dtype.is_float()).then(|| format!("{dtype} arrays have no derivatives"))
        })?;
        Some(format!("its path ends at {}: {reason}", describe(graph, id)))
    })
}

/// The input and every node up to `last` that depends on it in any way.
fn reached_from(graph: &Graph, input: NodeId, last: NodeId) -> Window<bool> {
    let mut reached = Window::new(input, last, false);
    reached.set(input, true);
    for id in reached.ids().skip(1) {
        if graph.inputs(id).iter().any(|&i| reached.has(i)) {
            reached.set(id, true);
        }
    }
    reached
}

impl<'t> Var<'t> {
    /// The shortest chain of operations from `input` to this scalar, one node a line, with the largest
    /// entry of the cotangent at each: where a gradient vanishes, explodes or ends.
    ///
    /// ```
    /// use cinta_graph::Tape;
    /// let tape = Tape::new();
    /// let w = tape.var([1.0, 30.0]).named("w");
    /// let loss = w.tanh().square().sum();
    /// let path = loss.explain_path(w);
    /// assert!(path.contains("tanh") && path.contains("square"), "{path}");
    /// ```
    ///
    /// Where no derivative arrives, the text says why. Computes one gradient.
    ///
    /// # Panics
    /// If this is not a float scalar, or a value is missing.
    #[must_use]
    #[track_caller]
    pub fn explain_path(self, input: Var<'t>) -> String {
        or_panic(self.try_explain_path(input))
    }

    /// [`explain_path`](Self::explain_path), with the error returned.
    #[track_caller]
    pub fn try_explain_path(self, input: Var<'t>) -> Result<String, Error> {
        self.check_scalar("explain_path")?;
        self.check_tape("explain_path", input)?;
        let tape = self.tape();
        let chain = {
            let flows = active(tape, &[input.id()], input.id(), self.id());
            shortest_chain(&tape.graph(), |id| flows.has(id), input.id(), self.id())
        };
        let Some(chain) = chain else {
            return Ok(no_path(tape, "explain_path", input.id(), &[self.id()]).to_string());
        };
        let cts = pullback(tape, &[(self.id(), Delta::dense(self.ones_like()))], &chain)?;
        let mut text = String::new();
        for (&id, ct) in chain.iter().zip(cts) {
            let size = match ct {
                Some(ct) => format!("{:.3e}", largest(&ct.var().try_value()?.to_f64s())),
                None => "none".to_owned(),
            };
            writeln!(text, "{}  largest cotangent {size}", describe(&tape.graph(), id)).expect("writing to a string");
        }
        Ok(text)
    }
}

/// The largest magnitude; NaN if there is one.
fn largest(numbers: &[f64]) -> f64 {
    numbers.iter().fold(0.0, |max, x| if x.is_nan() || x.abs() > max { x.abs() } else { max })
}

/// The chain of fewest nodes from an input to an output, the output first.
fn shortest_chain(graph: &Graph, flows: impl Fn(NodeId) -> bool, input: NodeId, output: NodeId) -> Option<Vec<NodeId>> {
    if input > output {
        return None;
    }
    let mut parent: Vec<Option<NodeId>> = vec![None; output.index() + 1 - input.index()];
    let mut queue = VecDeque::from([output]);
    while let Some(id) = queue.pop_front() {
        if id == input {
            let mut chain = vec![input];
            while let Some(next) = parent[chain.last().expect("not empty").index() - input.index()] {
                chain.push(next);
            }
            chain.reverse();
            return Some(chain);
        }
        for &next in graph.inputs(id).iter().filter(|next| **next >= input && flows(**next)) {
            let slot = &mut parent[next.index() - input.index()];
            if slot.is_none() && next != output {
                *slot = Some(id);
                queue.push_back(next);
            }
        }
    }
    None
}
