//! How each node reads in a formula: what is left out, and what the rest shows.
//!
//! Formulas are for people, so they leave out what does not change the mathematics: broadcasts, axes of size
//! 1, a factor 1, a double minus, a second copy of the same expression.
use indexmap::IndexMap;
use rustc_hash::FxBuildHasher;
use smallvec::SmallVec;

use crate::graph::{ConstantRepr, OpId, TypeId};
use crate::ops::Notation;
use crate::scalar::Scalar;
use crate::value::each_dtype;
use crate::{ArrayType, Element, Graph, Kind, NodeId, Op, Shape};

/// How a node is built from its parts.
pub(super) enum Form {
    /// Any notation.
    Plain(Notation),
    /// A notation that is odd in each part, so that a minus can stand in front of the whole.
    Product(Notation),
    /// −a
    Minus,
    /// a + b, or a − b.
    Sum { minus: bool },
}

/// A node in a formula.
pub(super) struct Term {
    pub(super) form: Form,
    pub(super) parts: SmallVec<[Part; 2]>,
}

/// A node that stands inside another.
#[derive(Clone, Copy)]
pub(super) struct Part {
    pub(super) node: NodeId,
    /// Whether it shows a number where an array is meant: 𝟏 instead of 1.
    pub(super) spread: bool,
}

/// The nodes behind some outputs, as formulas see them.
pub(super) struct Terms<'g> {
    pub(super) graph: &'g Graph,
    /// For each node, the one that stands for it.
    seen: Vec<NodeId>,
    /// The sigmoid of each node that has one, needed or not: its derivative is best written with it.
    pub(super) sigmoids: IndexMap<NodeId, NodeId, FxBuildHasher>,
    /// The hyperbolic tangents likewise.
    pub(super) tanhs: IndexMap<NodeId, NodeId, FxBuildHasher>,
}

/// The operations met so far, to write equal ones once.
#[derive(Default)]
struct Written(IndexMap<(OpId, TypeId, SmallVec<[NodeId; 2]>), NodeId, FxBuildHasher>);

impl Written {
    /// An earlier node of the same operation on the same parts.
    fn first(&mut self, terms: &Terms<'_>, id: NodeId) -> Option<NodeId> {
        let parts = terms.graph.inputs(id).iter().map(|&input| terms.see(input)).collect();
        let first = *self.0.entry((terms.graph.op_id(id)?, terms.graph.type_id(id), parts)).or_insert(id);
        (first != id).then_some(first)
    }
}

impl<'g> Terms<'g> {
    pub(super) fn new(graph: &'g Graph, outputs: &[NodeId]) -> Self {
        let needed = graph.behind(outputs);
        let mut written = Written::default();
        let seen = Vec::with_capacity(needed.len());
        let mut terms = Self { graph, seen, sigmoids: IndexMap::default(), tanhs: IndexMap::default() };
        for (id, &is_needed) in graph.ids().zip(&needed) {
            let seen = if is_needed { terms.same_as(id).or_else(|| written.first(&terms, id)) } else { None };
            let seen = seen.filter(|_| graph.name(id).is_none()).unwrap_or(id);
            terms.seen.push(seen);
            let Kind::Apply { op, inputs } = graph.kind(id) else { continue };
            let (x, of_x) = match op {
                Op::Sigmoid(_) => (terms.see(inputs[0]), &mut terms.sigmoids),
                Op::Tanh(_) => (terms.see(inputs[0]), &mut terms.tanhs),
                _ => continue,
            };
            // The first that is needed anyway, else the first.
            if of_x.get(&x).is_none_or(|known| is_needed && !needed[known.index()]) {
                of_x.insert(x, seen);
            }
        }
        terms
    }

    /// The same with nothing left out and nothing written otherwise.
    pub(super) fn plain(graph: &'g Graph) -> Self {
        Self { graph, seen: graph.ids().collect(), sigmoids: IndexMap::default(), tanhs: IndexMap::default() }
    }

    /// The node that stands for another: itself, unless it is left out.
    pub(super) fn see(&self, id: NodeId) -> NodeId {
        self.seen[id.index()]
    }

    /// The earlier node that reads the same, if a node is left out.
    fn same_as(&self, id: NodeId) -> Option<NodeId> {
        let Kind::Apply { op, inputs } = self.graph.kind(id) else {
            return None;
        };
        match (op, inputs) {
            (Op::Reshape(_), &[x]) => {
                let sizes = |id| self.graph.array_type(id).shape.iter().copied().filter(|n| *n != 1);
                sizes(id).eq(sizes(x)).then(|| self.see(x))
            }
            (Op::Mul(_) | Op::Gate(_) | Op::Div(_), &[x, one]) if self.is_number(one, 1.0) => Some(self.see(x)),
            (Op::Mul(_), &[one, x]) if self.is_number(one, 1.0) => Some(self.see(x)),
            (Op::Neg(_), &[x]) => self.input_of_minus(x),
            (Op::Transpose(outer), &[x]) => match self.unnamed(x)? {
                (Op::Transpose(inner), &[x]) => {
                    let back = outer.perm.iter().map(|&axis| inner.perm.get(axis).copied());
                    back.eq((0..inner.perm.len()).map(Some)).then(|| self.see(x))
                }
                _ => None,
            },
            // Its notation says that it looks like its first input: `broadcast_to`, a rule of the user's.
            (op, &[x, ..]) if op.notation().unicode == "{0}" => Some(self.see(x)),
            _ => None,
        }
    }

    /// The operation and inputs of what a node reads as, unless the user named it.
    pub(super) fn unnamed(&self, id: NodeId) -> Option<(&'g Op, &'g [NodeId])> {
        match self.graph.kind(self.see(id)) {
            Kind::Apply { op, inputs } if self.graph.name(self.see(id)).is_none() => Some((op, inputs)),
            _ => None,
        }
    }

    /// a, if a node reads −a.
    pub(super) fn input_of_minus(&self, id: NodeId) -> Option<NodeId> {
        match self.unnamed(id)? {
            (Op::Neg(_), &[a]) => Some(self.see(a)),
            _ => None,
        }
    }

    /// The number that every element of an unnamed constant equals.
    pub(super) fn number(&self, id: NodeId) -> Option<Scalar> {
        let id = self.see(id);
        match self.graph.kind(id) {
            Kind::Constant(constant) if self.graph.name(id).is_none() => match &constant.0 {
                ConstantRepr::Splat(x) => Some(*x),
                ConstantRepr::Array(value) => each_dtype!(value.dtype(), T => value.as_scalar::<T>().map(T::pack)),
            },
            _ => None,
        }
    }

    pub(super) fn is_number(&self, id: NodeId, x: f64) -> bool {
        self.number(id).is_some_and(|number| number.to_f64() == x)
    }

    /// The type that a node shows: numbers spread over arrays are numbers.
    pub(super) fn shown_type(&self, id: NodeId) -> ArrayType {
        let ty = self.graph.array_type(self.see(id));
        if self.number(id).is_some() { ty.with_shape(Shape::scalar()) } else { ty.clone() }
    }

    /// A part of an elementwise operation.
    pub(super) fn part(&self, id: NodeId) -> Part {
        Part { node: self.see(id), spread: false }
    }

    /// A part of an operation for which an array is not the number that it repeats.
    fn spread(&self, id: NodeId) -> Part {
        let spread = self.graph.array_type(id).shape.rank() > 0 && self.shown_type(id).shape.rank() == 0;
        Part { node: self.see(id), spread }
    }

    /// How a node reads; `None` for leaves.
    pub(super) fn term(&self, id: NodeId) -> Option<Term> {
        let Kind::Apply { op, inputs } = self.graph.kind(id) else {
            return None;
        };
        Some(self.textbook(id, op, inputs).unwrap_or_else(|| self.literal(id, op, inputs)))
    }

    /// A node as its operation's notation says.
    fn literal(&self, id: NodeId, op: &Op, inputs: &[NodeId]) -> Term {
        let types: SmallVec<[ArrayType; 2]> = inputs.iter().map(|&input| self.shown_type(input)).collect();
        let types: SmallVec<[&ArrayType; 2]> = types.iter().collect();
        let shape = &self.graph.array_type(id).shape;
        let elementwise = inputs.iter().all(|&input| &self.graph.array_type(input).shape == shape);
        let form = match op {
            Op::Neg(_) => Form::Minus,
            Op::Add(_) => Form::Sum { minus: false },
            Op::Sub(_) => Form::Sum { minus: true },
            Op::Mul(_) | Op::Gate(_) | Op::Div(_) | Op::MatMul(_) | Op::Outer(_) | Op::SumTo(_) | Op::Transpose(_) => {
                Form::Product(op.notation_of(&types))
            }
            _ => Form::Plain(op.notation_of(&types)),
        };
        let elementwise = elementwise && !matches!(op, Op::MatMul(_));
        let part = |&input| if elementwise { self.part(input) } else { self.spread(input) };
        Term { form, parts: inputs.iter().map(part).collect() }
    }
}
