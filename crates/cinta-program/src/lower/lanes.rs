//! Operations on lanes: the elements along some axes, which are moved last where they do not stand side by side.
use cinta_graph::ops::extremum::{End, Extremum};
use cinta_graph::ops::log_softmax::LogSoftmax;
use cinta_graph::ops::logsumexp::LogSumExp;
use cinta_graph::ops::softmax::Softmax;
use cinta_graph::{ArrayType, NodeId, Op, Strided};
use smallvec::{SmallVec, smallvec};

use super::{Base, Building, Lowering, Seen, distance, permuted};
use crate::kernels::{NARROWEST, Rows};
use crate::steps::{ArrayId, Lanes, Origin, Step};

/// Which lanes a step takes: where the first begins, how many elements there are in all, how long a lane is, and how many stand
/// side by side.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Taken {
    input: (ArrayId, usize),
    elements: usize,
    length: usize,
    columns: usize,
}

/// From so many elements on lanes are divided among threads, and there must be groups of them to divide.
const DIVIDED: usize = 1 << 17;

/// Of short lanes columns are worth more than threads, and than to copy lane by lane where the next lane is so near.
const SHORT: usize = 32;
const NEAR: usize = 8;

/// The order of axes in which lanes are worked on, and how many of them stand side by side: columns of a matrix, or else 1.
fn arranged(view: &Strided, axes: &[usize]) -> (SmallVec<[usize; 4]>, usize) {
    let shape = &view.shape;
    let length: usize = axes.iter().map(|&axis| shape[axis]).product();
    let kept = (0..shape.rank()).filter(|axis| !axes.contains(axis));
    let is_worth = |columns: usize, groups: usize| {
        columns >= NARROWEST && (groups >= 8 || length <= SHORT || shape.size() < DIVIDED)
    };
    if let (true, &[first, ..], &[.., last]) = (view.is_row_major(), axes, axes) {
        let columns = shape[last + 1..].iter().product();
        if last + 1 - first == axes.len() && is_worth(columns, shape[..first].iter().product()) {
            return ((0..shape.rank()).collect(), columns);
        }
        return (kept.chain(axes.iter().copied()).collect(), 1);
    }
    // Whatever stands together is copied together; short lanes are not worth much.
    let [between, along] = [distance(view, kept.clone()), distance(view, axes.iter().copied())];
    if is_worth(shape.size() / length, 1) && (between < along || length <= SHORT && between <= NEAR) {
        return (axes.iter().copied().chain(kept).collect(), shape.size() / length);
    }
    (kept.chain(axes.iter().copied()).collect(), 1)
}

impl Lowering<'_> {
    /// An operation on lanes that has a kernel.
    pub(super) fn lanes(&mut self, id: NodeId, op: &Op, input: NodeId) -> bool {
        let (function, axes) = match op {
            Op::Softmax(Softmax { axes }) => (Rows::Softmax, axes),
            Op::LogSoftmax(LogSoftmax { axes }) => (Rows::LogSoftmax, axes),
            Op::LogSumExp(LogSumExp { axes }) => (Rows::LogSumExp, axes),
            Op::Extremum(Extremum { end: End::Max, axes, .. }) => (Rows::Max, axes),
            Op::Extremum(Extremum { end: End::Min, axes, .. }) => (Rows::Min, axes),
            _ => return false,
        };
        let ArrayType { dtype, shape } = self.graph.array_type(input).clone();
        if !dtype.is_float() || shape.size() == 0 {
            return false;
        }
        let length = axes.iter().map(|&axis| shape[axis]).product();
        let Seen { base, view } = self.seen(input).clone();
        let (order, columns) = arranged(&view, axes);
        let mut seen = Seen { base, view: permuted(&view, order.iter().copied()) };
        let moved = seen.view.shape.clone();
        if !seen.view.is_row_major() {
            seen = Seen { base: self.copied_view(input, &seen), view: Strided::row_major(&moved) };
            if order.is_sorted() {
                self.see(input, seen.base.clone()); // Whoever reads it later need not look for its elements.
            }
        }
        let input = (self.stored(&seen.base), seen.view.offset);
        let ty = if function.keeps_length() {
            ArrayType::new(dtype, moved.clone())
        } else {
            self.graph.array_type(id).clone()
        };
        let output = self.array(ty, Origin::Step);
        let taken = Taken { input, elements: shape.size(), length, columns };
        let lanes = Lanes { function, input, length, columns, output, node: id, beside: None };
        let step = self.beside(&lanes, taken).unwrap_or_else(|| {
            self.steps.push(Building::Done(Step::Lanes(lanes)));
            let step = self.steps.len() - 1;
            if function == Rows::Softmax || function.goes_with_softmax() {
                self.exponentials.insert(taken, step);
            }
            step
        });
        let base = Base::Array(output, step + 1);
        if !function.keeps_length() {
            self.see(id, base);
            return true;
        }
        // Its axes stand in another order than the node's.
        let mut back: SmallVec<[usize; 4]> = smallvec![0; order.len()];
        order.iter().enumerate().for_each(|(position, &axis)| back[axis] = position);
        self.seen[id.index()] = Some(Seen { base, view: permuted(&Strided::row_major(&moved), back.into_iter()) });
        true
    }

    /// Lets the step that computes softmax, or a logarithm that goes with it, compute the other one too. Gives the step.
    fn beside(&mut self, new: &Lanes, taken: Taken) -> Option<usize> {
        let &Lanes { function, output, node, .. } = new;
        let fits = |it: &Lanes| {
            let goes = it.function == Rows::Softmax && function.goes_with_softmax();
            let takes = function == Rows::Softmax && it.function.goes_with_softmax();
            it.beside.is_none() && (goes || takes)
        };
        let step = *self.exponentials.get(&taken)?;
        let Building::Done(Step::Lanes(it)) = &mut self.steps[step] else { unreachable!("a step of lanes") };
        if !fits(it) {
            return None;
        }
        if function == Rows::Softmax {
            it.beside = Some((it.function, it.output, it.node));
            (it.function, it.output, it.node) = (function, output, node);
        } else {
            it.beside = Some((function, output, node));
        }
        Some(step)
    }
}
