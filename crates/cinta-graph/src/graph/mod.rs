//! The graph: an append-only list of nodes in topological order (a Wengert list).
//!
//! **What a graph means.** A node is an *input* (its value comes from outside), a *constant* (its value is
//! part of the graph) or an *application* of an [`Op`] to earlier nodes. Its type, dtype and
//! shape, is inferred when it is pushed and never changes. Nodes are values, not places: nothing is ever
//! overwritten, so a node may be read any number of times and evaluated in any order that respects the
//! ids, or not at all. Every node carries the place in the user's source that wrote it.
//!
//! Operations, types and places are interned; a node is 24 bytes of ids. No walk over a graph recurses.
mod arena;
mod node;
mod record;
mod verify;

use std::sync::Arc;

use indexmap::{IndexMap, IndexSet};
use rustc_hash::FxBuildHasher;

pub(crate) use arena::Arena;
pub use node::{Constant, Kind, NodeId};
pub(crate) use node::{ConstantRepr, Head, List, Node, OpId, PlaceId, TypeId};
use record::Recent;

use crate::{ArrayType, Op, Place, Value};

/// Which part of a computation a range of nodes belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Role {
    /// Recorded by `vjp`: a backward pass.
    Pullback,
    /// Recorded by `jvp`: a forward derivative.
    Pushforward,
}

/// A range of nodes that a transformation recorded.
#[derive(Clone, Debug)]
pub(crate) struct Span {
    pub(crate) role: Role,
    pub(crate) start: usize,
    pub(crate) end: usize,
}

/// A computation as data: nodes in topological order, each with its type and its place in the source.
#[derive(Clone, Debug)]
pub struct Graph {
    nodes: Arena<Node>,
    /// Operand lists of nodes that read none or more than two.
    lists: Vec<NodeId>,
    ops: IndexSet<Arc<Op>, FxBuildHasher>,
    /// The ids of operations without attributes, by their position in the op list.
    plain_ops: Vec<Option<OpId>>,
    types: IndexSet<ArrayType, FxBuildHasher>,
    /// Whether any of these is too large for any memory: an input was said to be.
    has_impossible_types: bool,
    places: IndexSet<Place, FxBuildHasher>,
    constants: Vec<Constant>,
    names: IndexMap<NodeId, String, FxBuildHasher>,
    spans: Vec<Span>,
    recent: Recent,
    /// Where new nodes are said to come from, instead of the caller: set while a rule runs.
    pub(crate) place_of_rule: Option<PlaceId>,
}

impl Default for Graph {
    fn default() -> Self {
        Self::new()
    }
}

impl Graph {
    /// How many operations, types and places an empty graph may keep.
    const KEPT: usize = 1 << 10;

    /// An empty graph.
    #[must_use]
    pub fn new() -> Self {
        Self {
            nodes: Arena::new(),
            lists: Vec::new(),
            ops: IndexSet::default(),
            plain_ops: vec![None; Op::COUNT],
            types: IndexSet::default(),
            has_impossible_types: false,
            places: IndexSet::default(),
            constants: Vec::new(),
            names: IndexMap::default(),
            spans: Vec::new(),
            recent: Recent::new(),
            place_of_rule: None,
        }
    }

    /// Number of nodes.
    #[must_use]
    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    /// Whether there are no nodes.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.nodes.len() == 0
    }

    /// The ids of all nodes, in topological order.
    pub fn ids(&self) -> impl DoubleEndedIterator<Item = NodeId> + ExactSizeIterator + use<> {
        (0..self.len()).map(NodeId::new)
    }

    /// What a node is.
    #[must_use]
    pub fn kind(&self, id: NodeId) -> Kind<'_> {
        match &self.nodes.get(id.index()).head {
            Head::Input => Kind::Input,
            Head::Constant(constant) => Kind::Constant(&self.constants[*constant as usize]),
            Head::One(op, _) | Head::Two(op, _) | Head::Many(op, _) => {
                Kind::Apply { op: self.op_of(*op), inputs: self.inputs(id) }
            }
        }
    }

    /// The operation of a node, if it is one.
    #[must_use]
    pub fn op(&self, id: NodeId) -> Option<&Op> {
        match self.kind(id) {
            Kind::Apply { op, .. } => Some(op),
            Kind::Input | Kind::Constant(_) => None,
        }
    }

    /// The nodes that a node reads.
    #[must_use]
    #[inline]
    pub fn inputs(&self, id: NodeId) -> &[NodeId] {
        match &self.nodes.get(id.index()).head {
            Head::Input | Head::Constant(_) => &[],
            Head::One(_, input) => std::slice::from_ref(input),
            Head::Two(_, inputs) => inputs,
            Head::Many(_, list) => &self.lists[list.start as usize..][..list.len as usize],
        }
    }

    /// The type of a node.
    #[must_use]
    pub fn array_type(&self, id: NodeId) -> &ArrayType {
        self.type_of(self.type_id(id))
    }

    /// Where in the user's source a node was written.
    #[must_use]
    pub fn place(&self, id: NodeId) -> &Place {
        self.place_of(self.place_id(id))
    }

    /// The name of a node, or `%` and its number.
    #[must_use]
    pub fn label(&self, id: NodeId) -> String {
        self.name(id).map_or_else(|| id.to_string(), str::to_owned)
    }

    /// The name that the user gave a node.
    #[must_use]
    pub fn name(&self, id: NodeId) -> Option<&str> {
        self.names.get(&id).map(String::as_str)
    }

    /// Names a node, for printing and errors.
    pub fn set_name(&mut self, id: NodeId, name: impl Into<String>) {
        self.names.insert(id, name.into());
    }

    /// The transformation that recorded a node, if one did.
    #[must_use]
    pub fn role(&self, id: NodeId) -> Option<Role> {
        let inside = |span: &&Span| (span.start..span.end).contains(&id.index());
        self.spans.iter().rev().find(inside).map(|span| span.role)
    }

    /// The [`role`](Self::role) of every node, in one pass.
    pub(crate) fn roles(&self) -> Vec<Option<Role>> {
        let mut roles = vec![None; self.len()];
        for span in &self.spans {
            roles[span.start..span.end].fill(Some(span.role));
        }
        roles
    }

    /// Bytes held by the list of nodes.
    #[must_use]
    pub fn node_bytes(&self) -> usize {
        self.nodes.capacity_bytes()
    }

    /// The value of a constant node; `None` for others.
    #[must_use]
    pub fn constant_value(&self, id: NodeId) -> Option<Value> {
        let Kind::Constant(constant) = self.kind(id) else {
            return None;
        };
        Some(match &constant.0 {
            ConstantRepr::Splat(x) => Value::splat(*x, &self.array_type(id).shape),
            ConstantRepr::Array(value) => value.clone(),
        })
    }

    #[inline]
    pub(crate) fn type_id(&self, id: NodeId) -> TypeId {
        self.nodes.get(id.index()).ty
    }

    pub(crate) fn place_id(&self, id: NodeId) -> PlaceId {
        self.nodes.get(id.index()).place
    }

    pub(crate) fn type_of(&self, ty: TypeId) -> &ArrayType {
        self.types.get_index(ty.0 as usize).expect("interned")
    }

    pub(crate) fn place_of(&self, place: PlaceId) -> &Place {
        self.places.get_index(place.0 as usize).expect("interned")
    }

    /// The interned operation of a node; `None` for leaves.
    #[inline]
    pub(crate) fn op_id(&self, id: NodeId) -> Option<OpId> {
        match self.nodes.get(id.index()).head {
            Head::Input | Head::Constant(_) => None,
            Head::One(op, _) | Head::Two(op, _) | Head::Many(op, _) => Some(op),
        }
    }

    pub(crate) fn op_of(&self, op: OpId) -> &Arc<Op> {
        self.ops.get_index(op.0 as usize).expect("interned")
    }

    /// Empties the graph and keeps its memory.
    pub fn clear(&mut self) {
        self.nodes.clear();
        self.lists.clear();
        self.forget_interned();
        self.constants.clear();
        self.names.clear();
        self.spans.clear();
        self.place_of_rule = None;
    }

    /// Of what was interned, keeps what a graph like the last one needs again, unless it is much or holds on to a user's code.
    fn forget_interned(&mut self) {
        let is_much = self.ops.len() + self.types.len() + self.places.len() > Self::KEPT;
        if is_much || self.has_impossible_types || self.ops.iter().any(|op| op.holds_code()) {
            self.ops.clear();
            self.plain_ops.fill(None);
            self.types.clear();
            self.has_impossible_types = false;
            self.places.clear();
            self.recent = Recent::new();
        } else {
            self.recent.forget_nodes();
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::Tape;

    #[test]
    fn an_empty_graph_knows_the_operations_of_the_last_one_and_no_more() {
        let mut tape = Tape::new();
        let mut record = |sizes: std::ops::Range<usize>| {
            tape.clear();
            for n in sizes {
                let x = tape.input(crate::ArrayType::new(crate::DType::F64, [n]));
                let _ = x.broadcast_to([2, n]).sum();
            }
            let graph = tape.graph();
            (graph.ops.len(), graph.types.len())
        };
        let first = record(1..30);
        assert_eq!(record(1..30), first, "all of them are known");
        assert_eq!(record(1..20), first);
        for start in (30..20_000).step_by(100) {
            let (ops, types) = record(start..start + 100);
            assert!(ops.max(types) <= super::Graph::KEPT + 300, "{ops} operations and {types} types of 100 sizes");
        }
    }
}
