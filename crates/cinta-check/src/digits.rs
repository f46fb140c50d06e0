//! Where single precision loses digits: a recorded function node by node, in `f32` beside `f64`.
use std::fmt;

use cinta_graph::{DType, Error, Kind, Place, Tape, Var, vjp};

use crate::arrays::largest;
use crate::copy::copy;

/// A node, and how far `f32` is from `f64` there.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Digits {
    /// The operation.
    pub op: String,
    /// The node, as it is called in printed graphs.
    pub node: String,
    /// The line that wrote it; of a backward pass, the line it differentiates.
    #[cfg_attr(feature = "serde", serde(serialize_with = "crate::report::as_text"))]
    pub place: Place,
    /// Whether it is in the backward pass.
    pub backward: bool,
    /// The largest error, relative to the largest entry.
    pub error: f64,
    /// How many decimal digits fewer it has than its worst operand.
    pub lost: f64,
}

/// The nodes of a recorded function, those that lose most digits first.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Precision {
    /// Every operation between inputs, output and gradients.
    pub nodes: Vec<Digits>,
}

impl fmt::Display for Precision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for Digits { op, node, place, backward, error, lost } in self.nodes.iter().take(10) {
            let pass = if *backward { ", backward" } else { "" };
            writeln!(f, "{op} ({node}, {place}{pass}) loses {lost:.1} digits: its error in f32 is {error:.1e}")?;
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
    let last = inputs.iter().map(|input| input.id()).chain([output.id()]).max().expect("the output");
    let wide = copy(output.tape(), last, Some(DType::F64), &[])?;
    // Both start from numbers that single precision holds.
    for input in wide.graph().ids().filter(|id| matches!(wide.graph().kind(*id), Kind::Input)) {
        let value = wide.at(input).try_value()?;
        wide.at(input).try_set(crate::copy::cast(&crate::copy::cast(&value, DType::F32), value.dtype()))?;
    }
    let result = wide.at(output.id());
    let wrt: Vec<Var<'_>> = inputs.iter().map(|input| wide.at(input.id())).collect();
    vjp(&[(result, result.ones_like())], &wrt[..])?;
    let end = wide.graph().ids().last().expect("the output");
    let single = copy(&wide, end, Some(DType::F32), &[])?;
    let mut errors = vec![0.0; wide.len()];
    let mut nodes = Vec::new();
    for id in wide.graph().ids() {
        let (exact, rounded) = (wide.at(id).try_value()?, single.at(id).try_value()?);
        if !exact.dtype().is_float() {
            continue;
        }
        let (exact, rounded) = (exact.to_f64s(), rounded.to_f64s());
        let apart = exact.iter().zip(&rounded).map(|(a, b)| (a - b).abs()).filter(|x| x.is_finite());
        let size = largest(&exact);
        let error = if size > 0.0 { apart.fold(0.0, f64::max) / size } else { 0.0 };
        errors[id.index()] = error;
        if let Some(digits) = digits(&wide, id.index(), &errors, output.id().index()) {
            nodes.push(digits);
        }
    }
    nodes.sort_by(|a, b| b.lost.total_cmp(&a.lost));
    Ok(Precision { nodes })
}

/// What a node loses against its operands; `None` for what is no operation.
fn digits(tape: &Tape, index: usize, errors: &[f64], output: usize) -> Option<Digits> {
    let graph = tape.graph();
    let id = graph.ids().nth(index)?;
    let Kind::Apply { op, inputs } = graph.kind(id) else { return None };
    let least = f64::from(f32::EPSILON) / 2.0;
    let before = inputs.iter().map(|input| errors[input.index()]).fold(least, f64::max);
    Some(Digits {
        op: op.name().to_owned(),
        node: graph.label(id),
        place: graph.place(id).clone(),
        backward: index > output,
        error: errors[index],
        lost: (errors[index].max(least) / before).log10().max(0.0),
    })
}
