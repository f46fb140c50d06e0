//! Passes that make a graph smaller before it is lowered.
//!
//! One walk in order rebuilds the graph from what the outputs need: dead nodes are left out, a node equal to an
//! earlier one is that one, an operation on constants is its value, and the rewrites of [`algebra`] apply.
//! Every pass can be switched off, which the tests do to find the one at fault.
mod algebra;

use std::hash::BuildHasher;

use cinta_graph::{DType, Graph, Kind, NodeId, Op, Output, Place, Shape, Value};
use rustc_hash::{FxBuildHasher, FxHashMap};
use smallvec::SmallVec;

/// Which passes run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Passes {
    /// Nodes that equal an earlier one are that one.
    pub common_subexpressions: bool,
    /// Operations on constants are evaluated once.
    pub constant_folding: bool,
    /// Small rewrites, each with its licence.
    pub algebra: bool,
}

impl Default for Passes {
    fn default() -> Self {
        Self { common_subexpressions: true, constant_folding: true, algebra: true }
    }
}

impl Passes {
    /// No pass but the removal of dead nodes.
    #[must_use]
    pub fn none() -> Self {
        Self { common_subexpressions: false, constant_folding: false, algebra: false }
    }
}

/// The largest array that folding makes, in elements; equal numbers take the room of one.
const FOLDED: usize = 1 << 15;

/// The most equal numbers from which folding computes what is none of theirs alone, as a sum: they are written out for it.
const WRITTEN_OUT: usize = 1 << 22;

/// The nodes through which a program meets the world.
#[derive(Clone, Debug, Default)]
pub(crate) struct Ports {
    /// What the caller gives.
    pub(crate) inputs: Vec<NodeId>,
    /// What the program keeps from run to run.
    pub(crate) states: Vec<NodeId>,
    /// What the caller gets.
    pub(crate) outputs: Vec<NodeId>,
    /// The new value of each state.
    pub(crate) updates: Vec<NodeId>,
}

impl Ports {
    /// The same ports of another graph.
    fn map(&self, at: impl Fn(&NodeId) -> NodeId) -> Self {
        let all = |ids: &[NodeId]| ids.iter().map(&at).collect();
        Self {
            inputs: all(&self.inputs),
            states: all(&self.states),
            outputs: all(&self.outputs),
            updates: all(&self.updates),
        }
    }

    /// The nodes that have values from outside.
    pub(crate) fn given(&self) -> Vec<NodeId> {
        [&self.inputs[..], &self.states].concat()
    }

    /// The nodes that are computed.
    fn computed(&self) -> Vec<NodeId> {
        [&self.outputs[..], &self.updates].concat()
    }
}

/// The graph being rebuilt.
#[derive(Debug)]
struct Builder {
    graph: Graph,
    passes: Passes,
    /// The nodes made so far, by the hash of their operation and inputs: of two with one hash, the last.
    known: FxHashMap<u64, NodeId>,
    /// Equal numbers, by bits and type.
    splats: FxHashMap<(u64, DType, Shape), NodeId>,
}

/// Rebuilds what the outputs and updates need.
pub(crate) fn simplify(graph: &Graph, ports: &Ports, passes: Passes) -> (Graph, Ports) {
    let given = ports.given();
    let needed = needed(graph, &given, &ports.computed());
    let mut builder =
        Builder { graph: Graph::new(), passes, known: FxHashMap::default(), splats: FxHashMap::default() };
    let mut new: Vec<Option<NodeId>> = vec![None; graph.len()];
    for &id in &given {
        // Any node may be an input; what it was computed from does not matter then.
        let input = builder.graph.push_input(graph.array_type(id).clone(), graph.place(id).clone());
        if let Some(name) = graph.name(id) {
            builder.graph.set_name(input, name);
        }
        new[id.index()] = Some(input);
    }
    for id in graph.ids().filter(|id| needed[id.index()]) {
        if new[id.index()].is_some() {
            continue;
        }
        new[id.index()] = Some(match graph.kind(id) {
            Kind::Input => builder.graph.adopt(graph, id, |id| id),
            Kind::Constant(_) => builder.constant(graph.constant_value(id).expect("a constant"), graph.place(id)),
            Kind::Apply { op, inputs } => {
                let inputs: SmallVec<[NodeId; 3]> =
                    inputs.iter().map(|input| new[input.index()].expect("inputs come first")).collect();
                builder.apply(op, inputs, graph.place(id))
            }
        });
    }
    let ports = ports.map(|id| new[id.index()].expect("needed"));
    swept(&builder.graph, &ports)
}

/// The graph without nodes that nobody reads, which rewrites leave behind.
fn swept(graph: &Graph, ports: &Ports) -> (Graph, Ports) {
    let given = ports.given();
    let mut needed = needed(graph, &given, &ports.computed());
    for id in &given {
        needed[id.index()] = true;
    }
    let mut swept = Graph::new();
    let mut new: Vec<Option<NodeId>> = vec![None; graph.len()];
    for id in graph.ids().filter(|id| needed[id.index()]) {
        new[id.index()] = Some(swept.adopt(graph, id, |input| new[input.index()].expect("inputs come first")));
    }
    let ports = ports.map(|id| new[id.index()].expect("needed"));
    (swept, ports)
}

/// Which nodes some outputs need, given some inputs.
fn needed(graph: &Graph, given: &[NodeId], outputs: &[NodeId]) -> Vec<bool> {
    let mut is_given = vec![false; graph.len()];
    for id in given {
        is_given[id.index()] = true;
    }
    let mut needed = vec![false; graph.len()];
    for id in outputs {
        needed[id.index()] = true;
    }
    for id in graph.ids().rev() {
        if needed[id.index()] && !is_given[id.index()] {
            for input in graph.inputs(id) {
                needed[input.index()] = true;
            }
        }
    }
    needed
}

impl Builder {
    fn constant(&mut self, value: Value, place: &Place) -> NodeId {
        let Some(bits) = splat_bits(&value).filter(|_| self.passes.common_subexpressions) else {
            return self.graph.push_constant(value, place.clone());
        };
        let key = (bits, value.dtype(), value.shape());
        if let Some(&known) = self.splats.get(&key) {
            return known;
        }
        let id = self.graph.push_constant(value, place.clone());
        self.splats.insert(key, id);
        id
    }

    fn apply(&mut self, op: &Op, inputs: SmallVec<[NodeId; 3]>, place: &Place) -> NodeId {
        if self.passes.constant_folding
            && let Some(value) = self.folded(op, &inputs)
        {
            return self.constant(value, place);
        }
        if self.passes.algebra
            && let Some(simpler) = algebra::simpler(self, op, &inputs, place)
        {
            return simpler;
        }
        self.push(op, inputs, place)
    }

    /// An operation, or the node that already computes it.
    fn push(&mut self, op: &Op, inputs: SmallVec<[NodeId; 3]>, place: &Place) -> NodeId {
        let record = |graph: &mut Graph, inputs: &[NodeId]| {
            graph.push(op, inputs, place.clone()).expect("the types fitted before")
        };
        if !self.passes.common_subexpressions {
            return record(&mut self.graph, &inputs);
        }
        let hash = FxBuildHasher.hash_one((op, &inputs[..]));
        if let Some(&known) = self.known.get(&hash)
            && self.graph.op(known) == Some(op)
            && self.graph.inputs(known) == &inputs[..]
        {
            return known;
        }
        let id = record(&mut self.graph, &inputs);
        self.known.insert(hash, id);
        id
    }

    /// The value of an operation on constants, if it is small.
    fn folded(&self, op: &Op, inputs: &[NodeId]) -> Option<Value> {
        if inputs.is_empty() || matches!(op, Op::Custom(_)) {
            return None;
        }
        let types: SmallVec<[_; 3]> = inputs.iter().map(|&id| self.graph.array_type(id)).collect();
        let ty = op.infer(&types).ok()?;
        if ty.shape.size() == 0 {
            return Some(Value::full(&ty, 0.0));
        }
        let values: SmallVec<[Value; 3]> = inputs.iter().map(|&id| self.known_value(id)).collect::<Option<_>>()?;
        let splats = op.is_elementwise() || op.name() == "broadcast_to";
        let most = |value: &Value| match splat_bits(value) {
            Some(_) if splats => usize::MAX,
            Some(_) => WRITTEN_OUT,
            None => FOLDED,
        };
        if values.iter().any(|value| value.shape().size() > most(value)) {
            return None;
        }
        let all_splats = values.iter().all(|value| splat_bits(value).is_some());
        if ty.shape.size() > FOLDED && !(splats && all_splats) {
            return None;
        }
        // An error shows again when the program runs.
        op.eval(&values.iter().collect::<SmallVec<[&Value; 3]>>(), &Output::new(&ty)).ok().map(collapsed)
    }

    /// The value of a constant, or of an array without elements, whoever gives it.
    fn known_value(&self, id: NodeId) -> Option<Value> {
        let ty = self.graph.array_type(id);
        if ty.shape.size() == 0 { Some(Value::full(ty, 0.0)) } else { self.graph.constant_value(id) }
    }

    /// Equal numbers of the type of a node.
    fn splat(&mut self, like: NodeId, x: f64, place: &Place) -> NodeId {
        let value = Value::full(self.graph.array_type(like), x);
        self.constant(value, place)
    }

    /// The number that every element of a constant equals, if it is one.
    fn number(&self, id: NodeId) -> Option<f64> {
        let value = self.graph.constant_value(id)?;
        value.as_splat::<f64>().or_else(|| value.as_splat::<f32>().map(f64::from))
    }
}

/// The same floats, in the room of one if all are equal to the bit.
fn collapsed(value: Value) -> Value {
    if !value.dtype().is_float() || splat_bits(&value).is_some() {
        return value;
    }
    let numbers = value.to_f64s();
    match numbers.first() {
        Some(first) if numbers.iter().all(|x| x.to_bits() == first.to_bits()) => {
            Value::full(&value.array_type(), *first)
        }
        _ => value,
    }
}

/// The bits of the number that every element equals, where that shows without looking at each.
pub(crate) fn splat_bits(value: &Value) -> Option<u64> {
    let bits = value.as_splat::<f64>().map(f64::to_bits);
    let bits = bits.or_else(|| value.as_splat::<f32>().map(|x| u64::from(x.to_bits())));
    let bits = bits.or_else(|| value.as_splat::<i64>().map(i64::cast_unsigned));
    bits.or_else(|| value.as_splat::<bool>().map(u64::from))
}
