//! Rewrites: one for each rule, with its algebra and its numerical licence. None turns a finite number into NaN,
//! none hides a NaN.
use cinta_graph::ops::log_sigmoid::LogSigmoid;
use cinta_graph::ops::{Map1, neg::Neg};
use cinta_graph::{NodeId, Op, Place};
use smallvec::{SmallVec, smallvec};

use super::Builder;

/// A rule: the node that an operation on some inputs can be instead.
type Rule = fn(&mut Builder, &Op, &[NodeId], &Place) -> Option<NodeId>;

const RULES: &[Rule] = &[times_one, plus_zero, times_minus_one, twice_negated, log_of_sigmoid];

/// The first rule that applies.
pub(super) fn simpler(builder: &mut Builder, op: &Op, inputs: &[NodeId], place: &Place) -> Option<NodeId> {
    RULES.iter().find_map(|rule| rule(builder, op, inputs, place))
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
    let inner = builder.graph.op(x)?;
    matches!(inner, Op::Neg(_)).then(|| builder.graph.inputs(x)[0])
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
