//! The graph: an append-only list of nodes in topological order (a Wengert list).
//!
//! **What a graph means.** A node is an *input* (its value comes from outside), a *constant* (its value is
//! part of the graph) or an *application* of an [`Op`](crate::Op) to earlier nodes. Its type, dtype and
//! shape, is inferred when it is pushed and never changes. Nodes are values, not places: nothing is ever
//! overwritten, so a node may be read any number of times and evaluated in any order that respects the
//! ids, or not at all. Every node carries the place in the user's source that wrote it.
//!
//! Operations, types and places are interned; a node is 24 bytes of ids. No walk over a graph recurses.
mod arena;
mod node;
mod verify;

use std::panic::Location;

use indexmap::{IndexMap, IndexSet};
use rustc_hash::FxBuildHasher;
use smallvec::SmallVec;

pub(crate) use arena::Arena;
pub use node::{Constant, Kind, NodeId};
pub(crate) use node::{ConstantRepr, Head, List, Node, OpId, PlaceId, TypeId};

use crate::error::ErrorKind;
use crate::ops::{Listed, OpDef};
use crate::value::Scalar;
use crate::{ArrayType, Error, Op, Place, Value};

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
    ops: IndexSet<Op, FxBuildHasher>,
    /// The ids of operations without attributes, by their position in the op list.
    plain_ops: Vec<Option<OpId>>,
    types: IndexSet<ArrayType, FxBuildHasher>,
    places: IndexSet<Place, FxBuildHasher>,
    constants: Vec<Constant>,
    names: IndexMap<NodeId, String, FxBuildHasher>,
    spans: Vec<Span>,
    recent: Recent,
    /// Where new nodes are said to come from, instead of the caller: set while a rule runs.
    pub(crate) place_of_rule: Option<PlaceId>,
}

/// Small direct-mapped caches that make recording cheap. Losing them costs time only.
#[derive(Clone, Debug)]
struct Recent {
    places: [(usize, PlaceId); Self::SIZE],
    literals: [Option<(u64, TypeId, NodeId)>; Self::SIZE],
}

impl Recent {
    const SIZE: usize = 32;

    fn new() -> Self {
        Self { places: [(0, PlaceId(0)); Self::SIZE], literals: [None; Self::SIZE] }
    }
}

impl Default for Graph {
    fn default() -> Self {
        Self::new()
    }
}

impl Graph {
    /// An empty graph.
    #[must_use]
    pub fn new() -> Self {
        Self {
            nodes: Arena::new(),
            lists: Vec::new(),
            ops: IndexSet::default(),
            plain_ops: vec![None; Op::COUNT],
            types: IndexSet::default(),
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

    /// Bytes held by the list of nodes.
    #[must_use]
    pub fn node_bytes(&self) -> usize {
        self.nodes.capacity_bytes()
    }

    /// Appends an input.
    pub fn push_input(&mut self, ty: ArrayType, place: Place) -> NodeId {
        let (ty, place) = (self.intern_type(ty), self.intern_place(place));
        self.push_node(Node { ty, place, head: Head::Input })
    }

    /// Appends a constant.
    pub fn push_constant(&mut self, value: Value, place: Place) -> NodeId {
        let (ty, place) = (self.intern_type(value.array_type()), self.intern_place(place));
        self.push_constant_node(Constant(ConstantRepr::Array(value)), ty, place)
    }

    /// Appends an operation after checking its inputs' types.
    ///
    /// # Errors
    /// The op's own reason, with the types and the place.
    pub fn push(&mut self, op: &Op, inputs: &[NodeId], place: Place) -> Result<NodeId, Error> {
        let place = self.intern_place(place);
        let ty = self.infer(op.name(), |types| op.infer(types), inputs, place)?;
        let op = OpId(intern(&mut self.ops, op.clone()));
        Ok(self.push_apply(op, inputs, ty, place))
    }

    /// Appends an operation of a known kind: the path that recording takes.
    #[inline]
    pub(crate) fn record<O: OpDef + Listed>(
        &mut self,
        op: O,
        inputs: &[NodeId],
        place: PlaceId,
    ) -> Result<NodeId, Error> {
        let first = inputs.first().map(|&id| self.type_id(id));
        let ty = match first {
            Some(ty)
                if inputs.iter().all(|&id| self.type_id(id) == ty) && op.preserves_type(self.type_of(ty).dtype) =>
            {
                ty
            }
            _ => self.infer(op.name(), |types| op.infer_checked(types), inputs, place)?,
        };
        let op = if size_of::<O>() == 0
            && let Some(id) = self.plain_ops[O::INDEX]
        {
            id
        } else {
            let id = OpId(intern(&mut self.ops, op.into()));
            self.plain_ops[O::INDEX] = Some(id);
            id
        };
        Ok(self.push_apply(op, inputs, ty, place))
    }

    /// The type that a rule gives for some inputs, interned.
    fn infer(
        &mut self,
        name: &str,
        rule: impl FnOnce(&[&ArrayType]) -> Result<ArrayType, String>,
        inputs: &[NodeId],
        place: PlaceId,
    ) -> Result<TypeId, Error> {
        let inferred = {
            let types: SmallVec<[&ArrayType; 4]> = inputs.iter().map(|&id| self.array_type(id)).collect();
            rule(&types).map_err(|reason| {
                let error = Error::new(ErrorKind::Type, name, reason);
                error.with_types(types.iter().copied()).at(self.place_of(place).clone())
            })
        };
        inferred.map(|ty| self.intern_type(ty))
    }

    fn push_apply(&mut self, op: OpId, inputs: &[NodeId], ty: TypeId, place: PlaceId) -> NodeId {
        let head = match *inputs {
            [a] => Head::One(op, a),
            [a, b] => Head::Two(op, [a, b]),
            _ => {
                let entry = |n| u32::try_from(n).expect("operand lists hold fewer than 2³² entries");
                let list = List { start: entry(self.lists.len()), len: entry(inputs.len()) };
                self.lists.extend_from_slice(inputs);
                Head::Many(op, list)
            }
        };
        self.push_node(Node { ty, place, head })
    }

    #[inline]
    fn push_node(&mut self, node: Node) -> NodeId {
        let id = NodeId::new(self.nodes.len());
        self.nodes.push(node);
        id
    }

    /// A constant of equal numbers of a node's type. A recent one of the same bits is used again, so that
    /// `x * 2.0` in a loop does not fill the graph with twos.
    pub(crate) fn literal(&mut self, x: Scalar, ty: TypeId, place: PlaceId) -> NodeId {
        let bits = x.bits();
        let slot = (bits.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 59) as usize ^ (ty.0 as usize % Recent::SIZE);
        match self.recent.literals[slot] {
            Some((b, t, id)) if b == bits && t == ty => id,
            _ => {
                let id = self.push_constant_node(Constant(ConstantRepr::Splat(x)), ty, place);
                self.recent.literals[slot] = Some((bits, ty, id));
                id
            }
        }
    }

    pub(crate) fn push_constant_node(&mut self, constant: Constant, ty: TypeId, place: PlaceId) -> NodeId {
        let index = u32::try_from(self.constants.len()).expect("fewer constants than nodes");
        self.constants.push(constant);
        self.push_node(Node { ty, place, head: Head::Constant(index) })
    }

    /// The value of a constant node.
    pub(crate) fn constant_value(&self, id: NodeId) -> Option<Value> {
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

    fn op_of(&self, op: OpId) -> &Op {
        self.ops.get_index(op.0 as usize).expect("interned")
    }

    pub(crate) fn intern_type(&mut self, ty: ArrayType) -> TypeId {
        TypeId(intern(&mut self.types, ty))
    }

    pub(crate) fn intern_place(&mut self, place: Place) -> PlaceId {
        PlaceId(intern(&mut self.places, place))
    }

    /// The place of new nodes: the rule's node while a rule runs, else the caller.
    #[inline]
    pub(crate) fn place_here(&mut self, caller: &'static Location<'static>) -> PlaceId {
        if let Some(place) = self.place_of_rule {
            return place;
        }
        let key = std::ptr::from_ref(caller) as usize;
        let slot = (key >> 3) % Recent::SIZE;
        let (cached, place) = self.recent.places[slot];
        if cached == key {
            return place;
        }
        let place = self.intern_place(Place::from(caller));
        self.recent.places[slot] = (key, place);
        place
    }

    pub(crate) fn push_span(&mut self, role: Role, start: usize) {
        let end = self.len();
        if start < end {
            self.spans.push(Span { role, start, end });
        }
    }

    /// Copies a node of another graph to the end of this one; `input` says where its inputs are here.
    pub(crate) fn adopt(&mut self, from: &Self, id: NodeId, input: impl Fn(NodeId) -> NodeId) -> NodeId {
        let ty = self.intern_type(from.array_type(id).clone());
        let place = self.intern_place(from.place(id).clone());
        let new = match from.kind(id) {
            Kind::Input => self.push_node(Node { ty, place, head: Head::Input }),
            Kind::Constant(constant) => self.push_constant_node(constant.clone(), ty, place),
            Kind::Apply { op, inputs } => {
                let inputs: SmallVec<[NodeId; 4]> = inputs.iter().map(|&id| input(id)).collect();
                let op = OpId(intern(&mut self.ops, op.clone()));
                self.push_apply(op, &inputs, ty, place)
            }
        };
        if let Some(name) = from.name(id) {
            self.names.insert(new, name.to_owned());
        }
        if let Some(role) = from.role(id) {
            match self.spans.last_mut() {
                Some(span) if span.role == role && span.end == new.index() => span.end += 1,
                _ => self.spans.push(Span { role, start: new.index(), end: new.index() + 1 }),
            }
        }
        new
    }

    /// Empties the graph and keeps its memory.
    pub fn clear(&mut self) {
        self.nodes.clear();
        self.lists.clear();
        self.ops.clear();
        self.plain_ops.fill(None);
        self.types.clear();
        self.places.clear();
        self.constants.clear();
        self.names.clear();
        self.spans.clear();
        self.recent = Recent::new();
        self.place_of_rule = None;
    }
}

/// The index of an item in a set, added if new.
fn intern<T: std::hash::Hash + Eq>(set: &mut IndexSet<T, FxBuildHasher>, item: T) -> u32 {
    let (index, _) = set.insert_full(item);
    u32::try_from(index).expect("fewer distinct items than nodes")
}
