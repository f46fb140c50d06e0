//! The first number that is not finite: in a loss, or in its gradients.
use std::fmt;

use cinta_graph::{Error, Kind, NodeId, Place, Tape, Value, Var, vjp};

use crate::ancestry::on_one_tape;
use crate::arrays::position;
use crate::copy::copy;
use crate::training::last;

/// The smallest and the largest number of an operand, and whether all are finite.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Range {
    /// The operand.
    pub name: String,
    /// The smallest finite number.
    #[cfg_attr(feature = "serde", serde(with = "crate::data::number"))]
    pub low: f64,
    /// The largest finite number.
    #[cfg_attr(feature = "serde", serde(with = "crate::data::number"))]
    pub high: f64,
    /// Whether there are no others.
    pub finite: bool,
}

/// Where the numbers that are not finite come from: the first operation that makes one of finite numbers, or NaN of
/// infinities, or the input or constant that holds one.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct NonFinite {
    /// The operation; `input` or `constant` where none made it.
    pub op: String,
    /// The node, as it is called in printed graphs.
    pub node: String,
    /// The line that wrote it; of a backward pass, the line it differentiates.
    #[cfg_attr(feature = "serde", serde(with = "crate::data::text"))]
    pub place: Place,
    /// Whether it is in the backward pass.
    pub backward: bool,
    /// The first number that is not finite.
    #[cfg_attr(feature = "serde", serde(with = "crate::data::number"))]
    pub number: f64,
    /// Where it is.
    pub index: Vec<usize>,
    /// What the operands hold; none of an input or a constant.
    pub operands: Vec<Range>,
}

impl fmt::Display for NonFinite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { op, node, place, backward, number, index, operands } = self;
        if operands.is_empty() {
            return write!(f, "the {op} {node} ({place}) holds {number} at {index:?}");
        }
        let pass = if *backward { "backward" } else { "forward" };
        write!(f, "{op} ({place}, {pass} pass) makes {number} at {index:?} of")?;
        for (i, Range { name, low, high, finite }) in operands.iter().enumerate() {
            write!(f, "{} {name}", if i == 0 { "" } else { "," })?;
            if low <= high {
                write!(f, " in [{low:e}, {high:e}]")?;
            }
            if !finite {
                f.write_str(" and not finite")?;
            }
        }
        Ok(())
    }
}

/// Finds the first NaN or infinity among what makes the loss or a gradient NaN or infinite. Where both are finite there is
/// none, though numbers on the way may not be: a mask of −∞, or a branch that was not taken.
///
/// Nothing is recorded on the tape, and nothing is computed unless this is called.
///
/// ```
/// use cinta_check::first_non_finite;
/// use cinta_graph::Tape;
/// let tape = Tape::new();
/// let x = tape.var([4.0, 0.0]).named("x");
/// let loss = x.sqrt().sum();
/// let found = first_non_finite(loss, &[x])?.expect("1/√0");
/// assert!(found.backward && loss.item().is_finite());
/// assert_eq!((found.op.as_str(), found.index.as_slice()), ("div", [1].as_slice()));
/// # Ok::<(), cinta_graph::Error>(())
/// ```
///
/// # Errors
/// If a value is missing or there is no derivative.
pub fn first_non_finite(loss: Var<'_>, parameters: &[Var<'_>]) -> Result<Option<NonFinite>, Error> {
    let (tape, roots) = with_gradients(loss, parameters)?;
    let mut reaches = vec![false; tape.len()];
    for root in roots {
        reaches[root.index()] = first_of(&tape.at(root).try_value()?).is_some();
    }
    // From the end: what is not finite is what its operands that are not finite made of it. What makes NaN of infinities
    // is a maker too; an infinity that is only passed on was meant, unless nothing else is to blame.
    let (mut maker, mut leaf) = (None, None);
    let ids: Vec<NodeId> = tape.graph().ids().collect();
    for id in ids.into_iter().rev() {
        if !reaches[id.index()] {
            continue;
        }
        let is_nan = has_nan(&tape.at(id).try_value()?);
        let graph = tape.graph();
        let (mut finite, mut nans) = (true, false);
        for input in graph.inputs(id) {
            let value = tape.at(*input).try_value()?;
            if first_of(&value).is_some() {
                (finite, reaches[input.index()]) = (false, true);
                nans |= has_nan(&value);
            }
        }
        match graph.kind(id) {
            Kind::Apply { .. } if finite || is_nan && !nans => maker = Some(id),
            Kind::Apply { .. } => {}
            Kind::Input | Kind::Constant(_) if is_nan => maker = Some(id),
            Kind::Input | Kind::Constant(_) => leaf = Some(id),
        }
    }
    maker.or(leaf).map(|id| found(&tape, id, loss.id())).transpose()
}

/// What is said of a node.
fn found(tape: &Tape, id: NodeId, loss: NodeId) -> Result<NonFinite, Error> {
    let graph = tape.graph();
    let value = tape.at(id).try_value()?;
    let index = first_of(&value).unwrap_or_default();
    let operands = graph.inputs(id).iter().map(|id| Ok(range(graph.label(*id), &tape.at(*id).try_value()?)));
    let op = match graph.kind(id) {
        Kind::Apply { op, .. } => op.name(),
        Kind::Input => "input",
        Kind::Constant(_) => "constant",
    };
    Ok(NonFinite {
        op: op.to_owned(),
        node: graph.label(id),
        place: graph.place(id).clone(),
        backward: id > loss,
        number: value.to_f64s()[index],
        index: position(&value.array_type(), index),
        operands: operands.collect::<Result<_, Error>>()?,
    })
}

/// The position of the first number that is not finite.
fn first_of(value: &Value) -> Option<usize> {
    value.to_f64s().iter().position(|x| !x.is_finite())
}

fn has_nan(value: &Value) -> bool {
    value.to_f64s().iter().any(|x| x.is_nan())
}

/// A copy of the tape with the gradients recorded on it, and the nodes of loss and gradients.
fn with_gradients(loss: Var<'_>, parameters: &[Var<'_>]) -> Result<(Tape, Vec<NodeId>), Error> {
    on_one_tape(loss, parameters)?;
    let tape = copy(loss.tape(), last(loss, parameters), None, &[])?;
    let mut roots = vec![loss.id()];
    let output = tape.at(loss.id());
    let wrt: Vec<Var<'_>> = parameters.iter().map(|parameter| tape.at(parameter.id())).collect();
    let grads = vjp(&[(output, output.ones_like())], &wrt[..])?;
    roots.extend(grads.into_iter().flatten().map(Var::id));
    Ok((tape, roots))
}

fn range(name: String, value: &Value) -> Range {
    let numbers = value.to_f64s();
    let finite = numbers.iter().copied().filter(|x| x.is_finite());
    Range {
        name,
        low: finite.clone().fold(f64::INFINITY, f64::min),
        high: finite.fold(f64::NEG_INFINITY, f64::max),
        finite: numbers.iter().all(|x| x.is_finite()),
    }
}
