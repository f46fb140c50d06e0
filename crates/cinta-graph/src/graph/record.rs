//! Appending to a graph: type inference, interning, and the path that recording takes.
use std::panic::Location;
use std::sync::Arc;

use indexmap::IndexSet;
use rustc_hash::FxBuildHasher;
use smallvec::SmallVec;

use super::{Constant, ConstantRepr, Graph, Head, Kind, List, Node, NodeId, OpId, PlaceId, Role, Span, TypeId};
use crate::error::ErrorKind;
use crate::ops::{Listed, OpDef};
use crate::scalar::Scalar;
use crate::{ArrayType, Error, Op, Place, Value};

/// Small direct-mapped caches that make recording cheap. Losing them costs time only.
#[derive(Clone, Debug)]
pub(super) struct Recent {
    places: [(usize, PlaceId); Self::SIZE],
    literals: [Option<(u64, TypeId, NodeId)>; Self::SIZE],
    /// What type rules gave for one input or two.
    inferred: Vec<Option<(Applied, TypeId)>>,
}

/// An operation and the types of its inputs.
type Applied = (OpId, TypeId, Option<TypeId>);

impl Recent {
    const SIZE: usize = 32;
    const RULES: usize = 128;

    pub(super) fn new() -> Self {
        Self { places: [(0, PlaceId(0)); Self::SIZE], literals: [None; Self::SIZE], inferred: Vec::new() }
    }

    /// Where the result of a rule stands, if it is known.
    fn rule(&mut self, (op, a, b): Applied) -> &mut Option<(Applied, TypeId)> {
        self.inferred.resize(Self::RULES, None);
        let b = b.map_or(0, |b| b.0 + 1);
        &mut self.inferred
            [op.0.wrapping_mul(37).wrapping_add(a.0.wrapping_mul(5)).wrapping_add(b) as usize % Self::RULES]
    }

    pub(super) fn forget_nodes(&mut self) {
        self.literals = [None; Self::SIZE];
    }
}

impl Graph {
    /// Appends an input.
    pub fn push_input(&mut self, ty: ArrayType, place: Place) -> NodeId {
        let place = self.intern_place(place);
        self.push_input_at(ty, place)
    }

    pub(crate) fn push_input_at(&mut self, ty: ArrayType, place: PlaceId) -> NodeId {
        let ty = self.intern_type(ty);
        self.push_node(Node { ty, place, head: Head::Input })
    }

    /// Appends a constant.
    pub fn push_constant(&mut self, value: Value, place: Place) -> NodeId {
        let place = self.intern_place(place);
        self.push_constant_at(value, place)
    }

    pub(crate) fn push_constant_at(&mut self, value: Value, place: PlaceId) -> NodeId {
        let ty = self.intern_type(value.array_type());
        self.push_constant_node(Constant(ConstantRepr::Array(value)), ty, place)
    }

    /// Appends an operation after checking its inputs' types.
    ///
    /// # Errors
    /// The op's own reason, with the types and the place.
    pub fn push(&mut self, op: &Op, inputs: &[NodeId], place: Place) -> Result<NodeId, Error> {
        let place = self.intern_place(place);
        let ty = self.infer(op.name(), |types| op.infer(types), inputs, place)?;
        let op = self.intern_op(op);
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
        let op_id = self.op_id_of(&op);
        let first = inputs.first().map(|&id| self.type_id(id));
        let ty = match first {
            Some(ty)
                if op.arity().contains(&inputs.len())
                    && inputs.iter().all(|&id| self.type_id(id) == ty)
                    && !self.has_impossible_types
                    && op.preserves_type(self.type_of(ty).dtype) =>
            {
                ty
            }
            _ => self.infer_once(&op, op_id, inputs, place)?,
        };
        Ok(self.push_apply(op_id, inputs, ty, place))
    }

    /// The type that a rule gives, which is remembered.
    fn infer_once<O: OpDef + Listed>(
        &mut self,
        op: &O,
        id: OpId,
        inputs: &[NodeId],
        place: PlaceId,
    ) -> Result<TypeId, Error> {
        let applied = match *inputs {
            [a] => Some((id, self.type_id(a), None)),
            [a, b] => Some((id, self.type_id(a), Some(self.type_id(b)))),
            _ => None,
        };
        if let Some(applied) = applied
            && let Some((known, ty)) = *self.recent.rule(applied)
            && known == applied
        {
            return Ok(ty);
        }
        let ty = self.infer(op.name(), |types| op.infer_checked(types), inputs, place)?;
        if let Some(applied) = applied {
            *self.recent.rule(applied) = Some((applied, ty));
        }
        Ok(ty)
    }

    /// Appends an operation whose output type is known.
    #[inline]
    pub(crate) fn push_typed<O: OpDef + Listed>(
        &mut self,
        op: &O,
        inputs: &[NodeId],
        ty: TypeId,
        place: PlaceId,
    ) -> NodeId {
        let op = self.op_id_of(op);
        self.push_apply(op, inputs, ty, place)
    }

    #[inline]
    fn op_id_of<O: OpDef + Listed>(&mut self, op: &O) -> OpId {
        if size_of::<O>() == 0
            && let Some(id) = self.plain_ops[O::INDEX]
        {
            return id;
        }
        let id = self.intern_op(&op.clone().into());
        self.plain_ops[O::INDEX] = Some(id);
        id
    }

    /// The type that a rule gives for some inputs, interned.
    fn infer(
        &mut self,
        name: &str,
        rule: impl FnOnce(&[&ArrayType]) -> Result<ArrayType, String>,
        inputs: &[NodeId],
        place: PlaceId,
    ) -> Result<TypeId, Error> {
        let inferred = match *inputs {
            [x] => rule(&[self.array_type(x)]),
            [a, b] => rule(&[self.array_type(a), self.array_type(b)]),
            _ => rule(&inputs.iter().map(|&id| self.array_type(id)).collect::<SmallVec<[&ArrayType; 4]>>()),
        };
        inferred.map(|ty| self.intern_type(ty)).map_err(|reason| {
            let types = inputs.iter().map(|&id| self.array_type(id));
            Error::new(ErrorKind::Type, name, reason).with_types(types).at(self.place_of(place).clone())
        })
    }

    #[inline]
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

    /// A constant of equal numbers, as a node of its own.
    pub(crate) fn push_splat(&mut self, x: Scalar, ty: TypeId, place: PlaceId) -> NodeId {
        self.push_constant_node(Constant(ConstantRepr::Splat(x)), ty, place)
    }

    /// A constant of equal numbers for an expression, to which nobody holds a handle. A recent one of the same
    /// bits is used again, so that `x * 2.0` in a loop does not fill the graph with twos.
    pub(crate) fn literal(&mut self, x: Scalar, ty: TypeId, place: PlaceId) -> NodeId {
        let bits = x.bits();
        let slot = (bits.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 59) as usize ^ (ty.0 as usize % Recent::SIZE);
        match self.recent.literals[slot] {
            Some((b, t, id)) if b == bits && t == ty => id,
            _ => {
                let id = self.push_splat(x, ty, place);
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

    /// Whether recording may take for granted that its inputs' types are possible.
    #[inline]
    pub(crate) fn has_impossible_types(&self) -> bool {
        self.has_impossible_types
    }

    fn intern_op(&mut self, op: &Op) -> OpId {
        match self.ops.get_index_of(op) {
            Some(index) => OpId(id_of(index)),
            None => OpId(intern(&mut self.ops, Arc::new(op.clone()))),
        }
    }

    pub(crate) fn intern_type(&mut self, ty: ArrayType) -> TypeId {
        self.has_impossible_types |= !ty.shape.is_possible();
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
    pub fn adopt(&mut self, from: &Self, id: NodeId, input: impl Fn(NodeId) -> NodeId) -> NodeId {
        let ty = self.intern_type(from.array_type(id).clone());
        let place = self.intern_place(from.place(id).clone());
        let new = match from.kind(id) {
            Kind::Input => self.push_node(Node { ty, place, head: Head::Input }),
            Kind::Constant(constant) => self.push_constant_node(constant.clone(), ty, place),
            Kind::Apply { op, inputs } => {
                let inputs: SmallVec<[NodeId; 4]> = inputs.iter().map(|&id| input(id)).collect();
                let op = self.intern_op(op);
                self.push_apply(op, &inputs, ty, place)
            }
        };
        if let Some(name) = from.name(id) {
            self.names.insert(new, name.to_owned());
        }
        if let Some(role) = from.role(id) {
            self.set_last_role(role);
        }
        new
    }

    /// Says which transformation recorded the last node.
    pub(crate) fn set_last_role(&mut self, role: Role) {
        let (start, end) = (self.len() - 1, self.len());
        match self.spans.last_mut() {
            Some(span) if span.role == role && span.end == start => span.end = end,
            _ => self.spans.push(Span { role, start, end }),
        }
    }
}

/// The index of an item in a set, added if new.
fn intern<T: std::hash::Hash + Eq>(set: &mut IndexSet<T, FxBuildHasher>, item: T) -> u32 {
    let (index, _) = set.insert_full(item);
    id_of(index)
}

fn id_of(index: usize) -> u32 {
    u32::try_from(index).expect("fewer distinct items than nodes")
}
