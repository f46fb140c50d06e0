//! Rewrites: one for each rule, with its algebra and its numerical licence. None turns a finite number into NaN,
//! none hides a NaN.
use cinta_graph::ops::broadcast_to::BroadcastTo;
use cinta_graph::ops::log_sigmoid::LogSigmoid;
use cinta_graph::ops::{Map1, Map2, add::Add, mul::Mul, neg::Neg, sub::Sub};
use cinta_graph::{NodeId, Op, Place, Shape, Strided};
use smallvec::{SmallVec, smallvec};

use super::Builder;

/// A rule: the node that an operation on some inputs can be instead.
type Rule = fn(&mut Builder, &Op, &[NodeId], &Place) -> Option<NodeId>;

const RULES: &[Rule] = &[
    gate_of_number,
    times_one,
    plus_zero,
    times_minus_one,
    twice_negated,
    doubled,
    sum_with_negated,
    sum_of_padded,
    sum_of_scaled,
    sum_of_deviations,
    negated_product,
    negated_factor,
    two_factors,
    number_to_the_smaller,
    log_of_sigmoid,
];

/// The first rule that applies.
pub(super) fn simpler(builder: &mut Builder, op: &Op, inputs: &[NodeId], place: &Place) -> Option<NodeId> {
    RULES.iter().find_map(|rule| rule(builder, op, inputs, place))
}

/// gate(t, c) = t · c and gate(c, p) = c · p for a number c that is neither 0, infinite nor NaN: there is nothing that a zero
/// of t would have to win against, and no zero. Exact, but for the sign of a zero.
fn gate_of_number(builder: &mut Builder, op: &Op, inputs: &[NodeId], place: &Place) -> Option<NodeId> {
    let (Op::Gate(_), &[t, p]) = (op, inputs) else { return None };
    if builder.number(t) == Some(0.0) {
        return Some(t);
    }
    let plain = |x: f64| x.is_finite() && x != 0.0;
    let number = [t, p].into_iter().find_map(|id| builder.number(id))?;
    plain(number).then(|| builder.apply(&Map2(Mul).into(), smallvec![t, p], place))
}

/// x · 1 = 1 · x = x / 1 = x. Exact.
fn times_one(builder: &mut Builder, op: &Op, inputs: &[NodeId], _: &Place) -> Option<NodeId> {
    match (op, inputs) {
        (Op::Mul(_), &[a, b]) if builder.number(b) == Some(1.0) => Some(a),
        (Op::Mul(_), &[a, b]) if builder.number(a) == Some(1.0) => Some(b),
        (Op::Div(_), &[a, b]) if builder.number(b) == Some(1.0) => Some(a),
        _ => None,
    }
}

/// x + 0 = 0 + x = x − 0 = x. Exact, but that −0 + 0 is 0 and stays −0 here.
fn plus_zero(builder: &mut Builder, op: &Op, inputs: &[NodeId], _: &Place) -> Option<NodeId> {
    match (op, inputs) {
        (Op::Add(_) | Op::Sub(_), &[a, b]) if builder.number(b) == Some(0.0) => Some(a),
        (Op::Add(_), &[a, b]) if builder.number(a) == Some(0.0) => Some(b),
        _ => None,
    }
}

/// x · (−1) = (−1) · x = x / (−1) = −x. Exact.
fn times_minus_one(builder: &mut Builder, op: &Op, inputs: &[NodeId], place: &Place) -> Option<NodeId> {
    let x = match (op, inputs) {
        (Op::Mul(_) | Op::Div(_), &[a, b]) if builder.number(b) == Some(-1.0) => a,
        (Op::Mul(_), &[a, b]) if builder.number(a) == Some(-1.0) => b,
        _ => return None,
    };
    Some(builder.apply(&Map1(Neg).into(), smallvec![x], place))
}

/// −(−x) = x. Exact.
fn twice_negated(builder: &mut Builder, op: &Op, inputs: &[NodeId], _: &Place) -> Option<NodeId> {
    let (Op::Neg(_), &[x]) = (op, inputs) else { return None };
    builder.negated(x)
}

/// Half of an argument stays as it is: σ′(z) is ¼ sech²(z/2), which loops compute together with σ(z).
const HALF: f64 = 0.5;

/// x + x = 2x. Exact.
fn doubled(builder: &mut Builder, op: &Op, inputs: &[NodeId], place: &Place) -> Option<NodeId> {
    match (op, inputs) {
        (Op::Add(_), &[a, b]) if a == b && builder.graph.array_type(a).dtype.is_float() => {
            let two = builder.splat(a, 2.0, place);
            Some(builder.apply(&Map2(Mul).into(), smallvec![a, two], place))
        }
        _ => None,
    }
}

/// a + (−b) = a − b, (−a) + b = b − a, a − (−b) = a + b. Exact.
fn sum_with_negated(builder: &mut Builder, op: &Op, inputs: &[NodeId], place: &Place) -> Option<NodeId> {
    let &[a, b] = inputs else { return None };
    let (op, inputs): (Op, _) = match (op, builder.negated(a), builder.negated(b)) {
        (Op::Add(_), _, Some(b)) => (Map2(Sub).into(), smallvec![a, b]),
        (Op::Add(_), Some(a), None) => (Map2(Sub).into(), smallvec![b, a]),
        (Op::Sub(_), _, Some(b)) => (Map2(Add).into(), smallvec![a, b]),
        _ => return None,
    };
    Some(builder.apply(&op, inputs, place))
}

/// Two arrays padded alike with zeros, added: their sum padded. Exact.
fn sum_of_padded(builder: &mut Builder, op: &Op, inputs: &[NodeId], place: &Place) -> Option<NodeId> {
    let (Op::Add(_), &[a, b]) = (op, inputs) else { return None };
    let (Op::Pad(pad), Op::Pad(other)) = (builder.graph.op(a)?, builder.graph.op(b)?) else { return None };
    let [x, y] = [a, b].map(|padded| builder.graph.inputs(padded)[0]);
    if pad != other || f64::from_bits(pad.value) != 0.0 || builder.graph.array_type(x) != builder.graph.array_type(y) {
        return None;
    }
    let pad = pad.clone();
    let sum = builder.apply(&Map2(Add).into(), smallvec![x, y], place);
    Some(builder.apply(&pad.into(), smallvec![sum], place))
}

/// A sum of fewer elements is not worth an operation after it, which is a step of its own.
const MANY: usize = 2048;

/// Σ (−x) = −Σ x, and Σ (x · c) = (Σ x) · c where c is a power of two: fewer products, or none. Exact, but where a product
/// leaves the range of numbers with all their digits.
fn sum_of_scaled(builder: &mut Builder, op: &Op, inputs: &[NodeId], place: &Place) -> Option<NodeId> {
    let (Op::SumTo(_), &[scaled]) = (op, inputs) else { return None };
    if builder.graph.array_type(scaled).shape.size() < MANY {
        return None;
    }
    if let Some(x) = builder.negated(scaled) {
        let sum = builder.apply(op, smallvec![x], place);
        return Some(builder.apply(&Map1(Neg).into(), smallvec![sum], place));
    }
    let (x, c) = builder.scaled(scaled).filter(|&(_, c)| is_power(c) && is_moderate(c))?;
    let sum = builder.apply(op, smallvec![x], place);
    let number = builder.splat(sum, c, place);
    Some(builder.apply(&Map2(Mul).into(), smallvec![sum, number], place))
}

/// Operations that are looked through for deviations.
const DEEP: usize = 6;

/// Σ (x − mean x) c = (mean x − mean x) c where c is one number a sum, and Σ (a + (x − mean x) c) = Σ a + (mean x − mean x) c: what the
/// gradient of a variance sends to the mean. It is 0, which the sum was but for the rounding of the mean, or NaN, where an x or c is
/// not finite.
fn sum_of_deviations(builder: &mut Builder, op: &Op, inputs: &[NodeId], place: &Place) -> Option<NodeId> {
    let (Op::SumTo(sum), &[x]) = (op, inputs) else { return None };
    if let Some(zero) = builder.sum_of_what_deviates(x, &sum.shape, DEEP, place) {
        return Some(zero);
    }
    let (negated, terms) = match builder.negated(x) {
        Some(terms) => (true, terms),
        None => (false, x),
    };
    let (Op::Add(_), &[a, b]) = (builder.graph.op(terms)?, builder.graph.inputs(terms)) else { return None };
    let (mut rest, zero) = match builder.sum_of_what_deviates(b, &sum.shape, DEEP, place) {
        Some(zero) => (a, zero),
        None => (b, builder.sum_of_what_deviates(a, &sum.shape, DEEP, place)?),
    };
    if negated {
        rest = builder.apply(&Map1(Neg).into(), smallvec![rest], place);
    }
    let rest = builder.apply(op, smallvec![rest], place);
    Some(builder.apply(&Map2(Add).into(), smallvec![rest, zero], place))
}

/// Whether a number is a power of two, of either sign.
fn is_power(x: f64) -> bool {
    x.is_normal() && x.to_bits().trailing_zeros() >= f64::MANTISSA_DIGITS - 1
}

/// Whether a number is far from the ends of what `f32` holds, so that a product with a power of two is exact in either dtype.
fn is_moderate(x: f64) -> bool {
    (1e-15..1e15).contains(&x.abs())
}

/// −(x · c) = (−x) · c = x · (−c) for a number c. Exact.
fn negated_product(builder: &mut Builder, op: &Op, inputs: &[NodeId], place: &Place) -> Option<NodeId> {
    let (x, c) = match (op, inputs) {
        (Op::Neg(_), &[product]) => builder.scaled(product)?,
        (Op::Mul(_), &[a, b]) => {
            let (x, c) = builder.by_number(a, b).filter(|&(_, c)| c != HALF)?;
            (builder.negated(x)?, c)
        }
        _ => return None,
    };
    let number = builder.splat(x, -c, place);
    Some(builder.apply(&Map2(Mul).into(), smallvec![x, number], place))
}

/// (−a) b = a (−b) = −(a b), and so for quotients and gates: further on the sign meets a sum. Exact, but for the sign of a
/// zero that a gate keeps.
fn negated_factor(builder: &mut Builder, op: &Op, inputs: &[NodeId], place: &Place) -> Option<NodeId> {
    let (Op::Mul(_) | Op::Div(_) | Op::Gate(_), &[a, b]) = (op, inputs) else { return None };
    if !builder.graph.array_type(a).dtype.is_float() {
        return None;
    }
    let (a, b) = match (builder.negated(a), builder.negated(b)) {
        (Some(a), _) => (a, b),
        (None, Some(b)) => (a, b),
        (None, None) => return None,
    };
    let product = builder.apply(op, smallvec![a, b], place);
    Some(builder.apply(&Map1(Neg).into(), smallvec![product], place))
}

/// (x · c) · d = x · (c d) for numbers c and d, one of them a power of two. Exact, but where a product leaves the range of
/// numbers with all their digits.
fn two_factors(builder: &mut Builder, op: &Op, inputs: &[NodeId], place: &Place) -> Option<NodeId> {
    let (Op::Mul(_), &[a, b]) = (op, inputs) else { return None };
    let (product, d) = builder.by_number(a, b)?;
    let (x, c) = builder.scaled(product)?;
    if d == HALF || !(is_power(c) || is_power(d)) || !is_moderate(c) || !is_moderate(d) {
        return None;
    }
    let number = builder.splat(x, c * d, place);
    Some(builder.apply(&Map2(Mul).into(), smallvec![x, number], place))
}

/// (x · (y · d)) · c = (x · c) · (y · d) = x · (y · (c d)) for numbers c and d, where y is a smaller array, stretched: the gradient
/// of squares that were summed over rows, say. Exact where c is a power of two: as |c| ≥ 1 and |c d| ≤ 1, the new product with y is
/// no smaller than the old one and no larger than y, so that nothing overflows or underflows that did not.
fn number_to_the_smaller(builder: &mut Builder, op: &Op, inputs: &[NodeId], place: &Place) -> Option<NodeId> {
    let (Op::Mul(_), &[a, b]) = (op, inputs) else { return None };
    // Products of x, c and what may be stretched.
    let products = match (builder.by_number(a, b), builder.scaled(a), builder.scaled(b)) {
        (Some((product, c)), ..) => {
            let (Op::Mul(_), &[p, q]) = (builder.graph.op(product)?, builder.graph.inputs(product)) else {
                return None;
            };
            [Some((p, c, q)), Some((q, c, p))]
        }
        (None, of_a, of_b) => [of_a.map(|(x, c)| (x, c, b)), of_b.map(|(x, c)| (x, c, a))],
    };
    let (x, y, number, views) = products.into_iter().flatten().find_map(|(x, c, stretched)| {
        if !is_power(c) || c.abs() < 1.0 {
            return None;
        }
        let (base, views) = builder.viewed(stretched);
        let (y, d) = builder.scaled(base).filter(|&(_, d)| is_moderate(d) && (c * d).abs() <= 1.0)?;
        let is_smaller = builder.graph.array_type(y).shape.size() < builder.graph.array_type(x).shape.size();
        is_smaller.then_some((x, y, c * d, views))
    })?;
    let number = builder.splat(y, number, place);
    let mut factor = builder.apply(&Map2(Mul).into(), smallvec![y, number], place);
    for view in views.into_iter().rev() {
        let (op, place) = (builder.graph.op(view)?.clone(), builder.graph.place(view).clone());
        factor = builder.apply(&op, smallvec![factor], &place);
    }
    Some(builder.apply(op, smallvec![x, factor], place))
}

impl Builder {
    /// The array that a node is a view of, by way of these nodes, the last one first.
    fn viewed(&self, mut id: NodeId) -> (NodeId, Vec<NodeId>) {
        let mut views = Vec::new();
        while let Some(op) = self.graph.op(id)
            && let &[input] = self.graph.inputs(id)
            && op.view(&Strided::row_major(&self.graph.array_type(input).shape)).is_some()
        {
            views.push(id);
            id = input;
        }
        (id, views)
    }

    /// The sum to a shape of x − mean x, for means of what is summed to that shape, or of that times one number a mean: 0, or NaN
    /// where the mean or the number is not finite.
    fn sum_of_what_deviates(&mut self, id: NodeId, shape: &Shape, depth: usize, place: &Place) -> Option<NodeId> {
        let &[x, ref rest @ ..] = self.graph.inputs(id) else { return None };
        match (self.graph.op(id)?.clone(), rest) {
            (Op::Sub(_), &[mean]) => {
                let mean = self.mean_of(mean, x, shape)?;
                Some(self.apply(&Map2(Sub).into(), smallvec![mean, mean], place))
            }
            (Op::Neg(_), []) if depth > 0 => self.sum_of_what_deviates(x, shape, depth - 1, place),
            (op @ (Op::Mul(_) | Op::Div(_)), &[y]) if depth > 0 => {
                let (terms, c) = match (self.is_one_each(y, shape), self.is_one_each(x, shape)) {
                    (true, _) => (x, y),
                    (false, true) if matches!(op, Op::Mul(_)) => (y, x),
                    _ => return None,
                };
                let zero = self.sum_of_what_deviates(terms, shape, depth - 1, place)?;
                if self.number(c).is_some() {
                    return Some(zero);
                }
                let each = self.graph.inputs(c)[0];
                let each = if self.graph.array_type(each).shape == *shape {
                    each
                } else {
                    self.apply(&BroadcastTo { shape: shape.clone() }.into(), smallvec![each], place)
                };
                Some(self.apply(&op, smallvec![zero, each], place))
            }
            _ => None,
        }
    }

    /// The mean of x over what is summed to a shape, if a node is that, stretched to the shape of x.
    fn mean_of(&self, id: NodeId, x: NodeId, shape: &Shape) -> Option<NodeId> {
        let Op::BroadcastTo(_) = self.graph.op(id)? else { return None };
        let mean = self.graph.inputs(id)[0];
        let (Op::Div(_), &[sum, n]) = (self.graph.op(mean)?, self.graph.inputs(mean)) else { return None };
        let Op::SumTo(of) = self.graph.op(sum)? else { return None };
        let count = self.graph.array_type(x).shape.size() as f64 / shape.size() as f64;
        (of.shape == *shape && self.graph.inputs(sum) == [x] && self.number(n) == Some(count)).then_some(mean)
    }

    /// Whether a node has one number for each sum to a shape.
    fn is_one_each(&self, id: NodeId, shape: &Shape) -> bool {
        match self.number(id) {
            Some(number) => number.is_finite() && number != 0.0,
            None => {
                matches!(self.graph.op(id), Some(Op::BroadcastTo(_)))
                    && self.graph.array_type(self.graph.inputs(id)[0]).shape.broadcasts_to(shape)
            }
        }
    }

    /// x, if a node is −x.
    fn negated(&self, id: NodeId) -> Option<NodeId> {
        matches!(self.graph.op(id)?, Op::Neg(_)).then(|| self.graph.inputs(id)[0])
    }

    /// x and c, if one of two factors is a number c, and the other, x, is none.
    fn by_number(&self, a: NodeId, b: NodeId) -> Option<(NodeId, f64)> {
        match (self.number(a), self.number(b)) {
            (None, Some(c)) => Some((a, c)),
            (Some(c), None) => Some((b, c)),
            _ => None,
        }
    }

    /// x and c, if a node is x · c.
    fn scaled(&self, id: NodeId) -> Option<(NodeId, f64)> {
        match (self.graph.op(id)?, self.graph.inputs(id)) {
            (Op::Mul(_), &[a, b]) => self.by_number(a, b),
            _ => None,
        }
    }
}

/// log σ(z) = −softplus(−z), which is `log_sigmoid`. More exact: σ(z) is 0 below z = −745, where log σ(z) is z.
fn log_of_sigmoid(builder: &mut Builder, op: &Op, inputs: &[NodeId], place: &Place) -> Option<NodeId> {
    let (Op::Log(_), &[x]) = (op, inputs) else { return None };
    let inner = builder.graph.op(x)?;
    if !matches!(inner, Op::Sigmoid(_)) {
        return None;
    }
    let z: SmallVec<[NodeId; 3]> = smallvec![builder.graph.inputs(x)[0]];
    Some(builder.push(&Map1(LogSigmoid).into(), z, place))
}
