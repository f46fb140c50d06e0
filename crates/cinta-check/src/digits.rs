//! Where single precision loses digits: a recorded function node by node, in `f32` beside `f64`.
use std::fmt;

use cinta_graph::{DType, Error, Kind, NodeId, Place, Tape, Value, Var, vjp};

use crate::ancestry::{needed, on_one_tape};
use crate::arrays::{from_f64s, largest};
use crate::copy::{cast, copy};

/// A node, and how far `f32` is from `f64` there.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Digits {
    /// The operation; `input` or `constant` for numbers that `f32` does not hold.
    pub op: String,
    /// The node, as it is called in printed graphs.
    pub node: String,
    /// The line that wrote it; of a backward pass, the line it differentiates.
    #[cfg_attr(feature = "serde", serde(with = "crate::data::text"))]
    pub place: Place,
    /// Whether it is in the backward pass.
    pub backward: bool,
    /// The largest error, relative to the largest entry: 1 where all entries vanish, infinite where one overflows.
    #[cfg_attr(feature = "serde", serde(with = "crate::data::number"))]
    pub error: f64,
    /// How many decimal digits fewer it has than its worst operand, of the 7 that there are.
    #[cfg_attr(feature = "serde", serde(with = "crate::data::number"))]
    pub lost: f64,
    /// Whether numbers there are beyond the range of `f32`: too large, or all of them too small.
    pub out_of_range: bool,
}

/// The nodes of a recorded function, those that lose most digits first.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Precision {
    /// Every operation that leads from inputs to the output and its gradients, and inputs and constants that lose digits.
    pub nodes: Vec<Digits>,
}

impl fmt::Display for Precision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for Digits { op, node, place, backward, error, lost, out_of_range } in self.nodes.iter().take(10) {
            let pass = if *backward { ", backward" } else { "" };
            let range = if *out_of_range { ", beyond its range" } else { "" };
            writeln!(f, "{op} ({node}, {place}{pass}) loses {lost:.1} digits: its error in f32 is {error:.1e}{range}")?;
        }
        Ok(())
    }
}

/// Evaluates a function and its gradient in `f32` and in `f64`, and compares them node by node.
///
/// ```
/// use cinta_check::precision;
/// use cinta_graph::Tape;
/// let tape = Tape::new();
/// let x = tape.var([0.001, 0.002]).named("x");
/// let report = precision((1.0 - x.cos()).sum(), &[x])?;
/// assert_eq!(report.nodes[0].op, "sub"); // 1 − cos x cancels
/// assert!(report.nodes[0].lost > 4.0, "{report}");
/// # Ok::<(), cinta_graph::Error>(())
/// ```
///
/// # Errors
/// If a value is missing, an operation insists on its dtype, or there is no derivative.
pub fn precision(output: Var<'_>, inputs: &[Var<'_>]) -> Result<Precision, Error> {
    on_one_tape(output, inputs)?;
    let last = inputs.iter().map(|input| input.id()).chain([output.id()]).max().expect("the output");
    let wide = copy(output.tape(), last, Some(DType::F64), &[])?;
    // Both start from numbers that single precision holds, so far as it has their range.
    for input in wide.graph().ids().filter(|id| matches!(wide.graph().kind(*id), Kind::Input)) {
        let value = wide.at(input).try_value()?;
        wide.at(input).try_set(held(&value))?;
    }
    let result = wide.at(output.id());
    let wrt: Vec<Var<'_>> = inputs.iter().map(|input| wide.at(input.id())).collect();
    let grads = vjp(&[(result, result.ones_like())], &wrt[..])?;
    let roots: Vec<NodeId> = grads.into_iter().flatten().chain([result]).map(Var::id).collect();
    let needed = needed(&wide, &roots);
    let end = wide.graph().ids().last().expect("the output");
    let single = copy(&wide, end, Some(DType::F32), &[])?;
    let mut errors = vec![0.0; wide.len()];
    let mut nodes = Vec::new();
    for id in wide.graph().ids().filter(|id| needed[id.index()]) {
        let (exact, rounded) = (wide.at(id).try_value()?, single.at(id).try_value()?);
        if !exact.dtype().is_float() {
            continue;
        }
        let (exact, rounded) = (exact.to_f64s(), rounded.to_f64s());
        let pairs = exact.iter().zip(&rounded).filter(|(x, _)| x.is_finite());
        let apart = pairs.map(|(x, y)| if y.is_finite() { (x - y).abs() } else { f64::INFINITY });
        let size = largest(&exact);
        errors[id.index()] = if size > 0.0 { apart.fold(0.0, f64::max) / size } else { 0.0 };
        let digits = digits(&wide, id, &errors, output.id());
        if matches!(wide.graph().kind(id), Kind::Apply { .. }) || digits.lost > 0.0 {
            // What cancelled to nothing is not too small to be held.
            let vanishes = size > 0.0 && size < f64::from(f32::MIN_POSITIVE) && largest(&rounded) == 0.0;
            nodes.push(Digits { out_of_range: vanishes || size > f64::from(f32::MAX), ..digits });
        }
    }
    nodes.sort_by(|a, b| b.lost.total_cmp(&a.lost));
    Ok(Precision { nodes })
}

/// The numbers as single precision holds them; those beyond its range as they are.
fn held(value: &Value) -> Value {
    let single = cast(value, DType::F32).to_f64s();
    let pairs = value.to_f64s().into_iter().zip(single);
    let numbers = pairs.map(|(x, y)| if y.is_finite() && (y != 0.0 || x == 0.0) { y } else { x });
    if value.dtype().is_float() { from_f64s(&value.array_type(), numbers) } else { value.clone() }
}

/// What a node loses against its operands.
fn digits(tape: &Tape, id: NodeId, errors: &[f64], output: NodeId) -> Digits {
    let graph = tape.graph();
    let least = f64::from(f32::EPSILON) / 2.0;
    let op = match graph.kind(id) {
        Kind::Apply { op, .. } => op.name(),
        Kind::Input => "input",
        Kind::Constant(_) => "constant",
    };
    // An error as large as the number leaves no digit.
    let known = |error: f64| -error.clamp(least, 1.0).log10();
    let before = graph.inputs(id).iter().map(|input| errors[input.index()]).fold(least, f64::max);
    Digits {
        op: op.to_owned(),
        node: graph.label(id),
        place: graph.place(id).clone(),
        backward: id > output,
        error: errors[id.index()],
        lost: (known(before) - known(errors[id.index()])).max(0.0),
        out_of_range: false,
    }
}
