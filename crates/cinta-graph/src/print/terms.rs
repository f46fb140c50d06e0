//! How each node reads in a formula: what is left out, what is written otherwise, and what it shows.
//!
//! Formulas are for people, so they leave out what does not change the mathematics: broadcasts, axes of size
//! 1, a factor 1, a double minus, a second copy of the same expression. And they prefer the textbook's form: x² for x ⊙ x, numbers first in
//! products, 1 − h for σ(−z) where h = σ(z) stands beside it, 1{c} ⊙ a for `select(c, a, 0)`.
use indexmap::IndexMap;
use rustc_hash::FxBuildHasher;
use smallvec::{SmallVec, smallvec};

use crate::graph::{ConstantRepr, OpId, TypeId};
use crate::ops::{Level, Notation};
use crate::value::{Scalar, each_dtype};
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
    /// The sigmoid of each node that has one.
    sigmoids: IndexMap<NodeId, NodeId, FxBuildHasher>,
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
        let mut terms = Self { graph, seen: Vec::with_capacity(needed.len()), sigmoids: IndexMap::default() };
        for (id, needed) in graph.ids().zip(needed) {
            let seen = if needed { terms.same_as(id).or_else(|| written.first(&terms, id)) } else { None };
            terms.seen.push(seen.filter(|_| graph.name(id).is_none()).unwrap_or(id));
            if needed && let Kind::Apply { op: Op::Sigmoid(_), inputs } = graph.kind(id) {
                terms.sigmoids.entry(terms.see(inputs[0])).or_insert(id);
            }
        }
        terms
    }

    /// The same with nothing left out and nothing written otherwise.
    pub(super) fn plain(graph: &'g Graph) -> Self {
        Self { graph, seen: graph.ids().collect(), sigmoids: IndexMap::default() }
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
            (Op::Transpose(outer), &[x]) => match self.graph.kind(self.see(x)) {
                Kind::Apply { op: Op::Transpose(inner), inputs } if self.graph.name(self.see(x)).is_none() => {
                    let back = outer.perm.iter().map(|&axis| inner.perm.get(axis).copied());
                    back.eq((0..inner.perm.len()).map(Some)).then(|| self.see(inputs[0]))
                }
                _ => None,
            },
            // Its notation says that it looks like its first input: `broadcast_to`, a rule of the user's.
            (op, &[x, ..]) if op.notation().unicode == "{0}" => Some(self.see(x)),
            _ => None,
        }
    }

    /// a, if a node reads −a.
    fn input_of_minus(&self, id: NodeId) -> Option<NodeId> {
        match self.graph.kind(self.see(id)) {
            Kind::Apply { op: Op::Neg(_), inputs } if self.graph.name(self.see(id)).is_none() => {
                Some(self.see(inputs[0]))
            }
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

    fn is_number(&self, id: NodeId, x: f64) -> bool {
        self.number(id).is_some_and(|number| number.to_f64() == x)
    }

    /// The type that a node shows: numbers spread over arrays are numbers.
    fn shown_type(&self, id: NodeId) -> ArrayType {
        let ty = self.graph.array_type(self.see(id));
        if self.number(id).is_some() { ty.with_shape(Shape::scalar()) } else { ty.clone() }
    }

    /// How an operation reads.
    pub(super) fn term(&self, op: &Op, inputs: &[NodeId], output: &ArrayType) -> Term {
        let types: SmallVec<[ArrayType; 2]> = inputs.iter().map(|&input| self.shown_type(input)).collect();
        let notation = |order: &[usize]| {
            let types: SmallVec<[&ArrayType; 2]> = order.iter().map(|&i| &types[i]).collect();
            op.notation_of(&types)
        };
        let plain = |node| Part { node: self.see(node), spread: false };
        match (op, inputs) {
            (Op::Neg(_), &[x]) => Term { form: Form::Minus, parts: smallvec![plain(x)] },
            (Op::Add(_), &[a, b]) => Term { form: Form::Sum { minus: false }, parts: smallvec![plain(a), plain(b)] },
            (Op::Sub(_), &[a, b]) => Term { form: Form::Sum { minus: true }, parts: smallvec![plain(a), plain(b)] },
            (Op::Mul(_), &[a, b]) if self.see(a) == self.see(b) && self.number(a).is_none() => {
                let square = Notation::template("{0}²", "{0}^{2}", Level::Postfix, Level::Atom);
                Term { form: Form::Plain(square), parts: smallvec![plain(a)] }
            }
            (Op::Mul(_) | Op::Gate(_), &[a, b]) if self.number(b).is_some() && self.number(a).is_none() => {
                Term { form: Form::Product(notation(&[1, 0])), parts: smallvec![plain(b), plain(a)] }
            }
            (Op::Mul(_) | Op::Gate(_) | Op::Div(_), &[a, b]) => {
                Term { form: Form::Product(notation(&[0, 1])), parts: smallvec![plain(a), plain(b)] }
            }
            (Op::Sigmoid(_), &[z]) => match self.input_of_minus(z).and_then(|z| self.sigmoids.get(&z)) {
                Some(&h) => {
                    let rest = Notation::template("1 − {0}", "1 - {0}", Level::Sum, Level::Product);
                    Term { form: Form::Plain(rest), parts: smallvec![plain(h)] }
                }
                None => Term { form: Form::Plain(notation(&[0])), parts: smallvec![plain(z)] },
            },
            (Op::Select(_), &[c, a, zero]) if self.is_number(zero, 0.0) => self.indicator(c, a),
            (Op::MatMul(_) | Op::Outer(_) | Op::SumTo(_) | Op::Transpose(_), inputs) => {
                let order: SmallVec<[usize; 2]> = (0..inputs.len()).collect();
                let parts = inputs.iter().map(|&input| self.spread(input)).collect();
                Term { form: Form::Product(notation(&order)), parts }
            }
            (_, inputs) => {
                let order: SmallVec<[usize; 2]> = (0..inputs.len()).collect();
                let keeps_shape = inputs.iter().all(|&input| self.graph.array_type(input).shape == output.shape);
                let part = |&input| if keeps_shape { plain(input) } else { self.spread(input) };
                Term { form: Form::Plain(notation(&order)), parts: inputs.iter().map(part).collect() }
            }
        }
    }

    /// The slides' 1{c} a.
    fn indicator(&self, c: NodeId, a: NodeId) -> Term {
        let part = |node| Part { node: self.see(node), spread: false };
        if self.is_number(a, 1.0) {
            let one = Notation::template("1{{0}}", "1\\{{0}\\}", Level::Atom, Level::Relation);
            return Term { form: Form::Plain(one), parts: smallvec![part(c)] };
        }
        let times = if self.shown_type(a).shape.rank() == 0 { (" ", " ") } else { (" ⊙ ", " \\odot ") };
        let notation = Notation {
            unicode: format!("1{{{{0}}}}{}{{1}}", times.0).into(),
            latex: format!("1\\{{{{0}}\\}}{}{{1}}", times.1).into(),
            level: Level::Product,
            inputs: vec![Level::Relation, Level::Product],
        };
        Term { form: Form::Plain(notation), parts: smallvec![part(c), part(a)] }
    }

    /// A part of an operation for which an array is not the number that it repeats.
    fn spread(&self, id: NodeId) -> Part {
        let spread = self.graph.array_type(id).shape.rank() > 0 && self.shown_type(id).shape.rank() == 0;
        Part { node: self.see(id), spread }
    }
}
