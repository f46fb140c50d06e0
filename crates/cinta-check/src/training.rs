//! What goes wrong in training: numbers that stop being finite, gradients that vanish or explode, units that are dead.
use std::fmt;

use cinta_graph::{Error, Kind, NodeId, Place, Tape, Value, Var, vjp};

use crate::ancestry::needed;
use crate::arrays::position;
use crate::copy::copy;

/// Gradients smaller than this share of the largest, relative to their parameters, have vanished.
const VANISHED: f64 = 1e-6;
/// Gradients larger than this share of their parameters have exploded.
const EXPLODED: f64 = 1e4;
/// Units whose slope is below this in every example no longer learn.
const FLAT: f64 = 1e-3;

/// The smallest and the largest number of an operand, and whether all are finite.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Range {
    /// The operand.
    pub name: String,
    /// The smallest finite number.
    pub low: f64,
    /// The largest finite number.
    pub high: f64,
    /// Whether there are no others.
    pub finite: bool,
}

/// The first operation whose operands are finite, and its result is not.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct NonFinite {
    /// The operation.
    pub op: String,
    /// The line that wrote it; of a backward pass, the line it differentiates.
    #[cfg_attr(feature = "serde", serde(serialize_with = "crate::report::as_text"))]
    pub place: Place,
    /// Whether it is in the backward pass.
    pub backward: bool,
    /// The first number that is not finite.
    pub number: f64,
    /// Where it is.
    pub index: Vec<usize>,
    /// What the operands hold.
    pub operands: Vec<Range>,
}

impl fmt::Display for NonFinite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { op, place, backward, number, index, operands } = self;
        let pass = if *backward { "backward" } else { "forward" };
        write!(f, "{op} ({place}, {pass} pass) makes {number} at {index:?} of")?;
        for (i, Range { name, low, high, .. }) in operands.iter().enumerate() {
            write!(f, "{} {name} in [{low:e}, {high:e}]", if i == 0 { "" } else { "," })?;
        }
        Ok(())
    }
}

/// Finds the first NaN or infinity, of the loss or of its gradients.
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
    let needed = needed(&tape, &roots);
    for id in tape.graph().ids().filter(|id| needed[id.index()]) {
        let graph = tape.graph();
        let Kind::Apply { op, inputs } = graph.kind(id) else { continue };
        let value = tape.at(id).try_value()?;
        let numbers = value.to_f64s();
        let Some(index) = numbers.iter().position(|x| !x.is_finite()) else { continue };
        let operands = inputs.iter().map(|id| Ok(range(graph.label(*id), &tape.at(*id).try_value()?)));
        let operands = operands.collect::<Result<Vec<Range>, Error>>()?;
        if operands.iter().all(|operand| operand.finite) {
            return Ok(Some(NonFinite {
                op: op.name().to_owned(),
                place: graph.place(id).clone(),
                backward: id > loss.id(),
                number: numbers[index],
                index: position(&value.array_type(), index),
                operands,
            }));
        }
    }
    Ok(None)
}

/// How the gradient of a parameter does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub enum Flow {
    /// It arrives.
    Fine,
    /// The loss does not depend on the parameter.
    None,
    /// It is zero in every entry.
    Zero,
    /// It is tiny beside those of others, each relative to its parameter.
    Vanished,
    /// It is much larger than the parameter.
    Exploded,
    /// It is not finite.
    NotFinite,
}

/// A parameter and its gradient.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Layer {
    /// The parameter.
    pub name: String,
    /// √ of the mean square of its entries.
    pub size: f64,
    /// The same of its gradient.
    pub gradient: f64,
    /// What becomes of the gradient.
    pub flow: Flow,
}

/// The units of an activation: entries along its last axis, seen over all others.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Units {
    /// The activation.
    pub op: String,
    /// The line that wrote it.
    #[cfg_attr(feature = "serde", serde(serialize_with = "crate::report::as_text"))]
    pub place: Place,
    /// How many units there are.
    pub count: usize,
    /// Those that give 0, with slope 0, whatever the example.
    pub dead: usize,
    /// Those that are at an end of their range, whatever the example.
    pub saturated: usize,
}

/// How gradients and activations do at the point where a tape stands.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Health {
    /// The parameters, in the order given.
    pub layers: Vec<Layer>,
    /// The activations, in the order recorded.
    pub units: Vec<Units>,
}

impl Health {
    /// Whether every gradient arrives and no unit is dead or saturated.
    #[must_use]
    pub fn is_fine(&self) -> bool {
        let alive = |units: &Units| units.dead == 0 && units.saturated == 0;
        self.layers.iter().all(|layer| layer.flow == Flow::Fine) && self.units.iter().all(alive)
    }
}

impl fmt::Display for Health {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for Layer { name, size, gradient, flow } in &self.layers {
            writeln!(f, "{name}: size {size:.2e}, gradient {gradient:.2e}: {}", format!("{flow:?}").to_lowercase())?;
        }
        for Units { op, place, count, dead, saturated } in &self.units {
            writeln!(f, "{op} ({place}): of {count} units {dead} are dead, {saturated} saturated")?;
        }
        Ok(())
    }
}

/// Looks at gradients by parameter, and at the units of activations.
///
/// ```
/// use cinta_check::{Flow, health};
/// use cinta_graph::Tape;
/// use ndarray::array;
/// let tape = Tape::new();
/// let x = tape.var(array![[1.0, 2.0], [0.5, -1.0]]);
/// let w = tape.var(array![[1.0, -50.0], [0.3, -60.0]]).named("w");
/// let unused = tape.var([1.0]).named("unused");
/// let found = health(x.square().dot(w).relu().sum(), &[w, unused])?;
/// assert_eq!((found.layers[0].flow, found.layers[1].flow), (Flow::Fine, Flow::None));
/// assert_eq!((found.units[0].count, found.units[0].dead), (2, 1));
/// # Ok::<(), cinta_graph::Error>(())
/// ```
///
/// # Errors
/// If a value is missing or there is no derivative.
pub fn health(loss: Var<'_>, parameters: &[Var<'_>]) -> Result<Health, Error> {
    let tape = copy(loss.tape(), last(loss, parameters), None, &[])?;
    let ids: Vec<Var<'_>> = parameters.iter().map(|parameter| tape.at(parameter.id())).collect();
    let loss = tape.at(loss.id());
    let grads = vjp(&[(loss, loss.ones_like())], &ids[..])?;
    let mut layers = Vec::new();
    for (parameter, grad) in ids.iter().zip(&grads) {
        let size = root_mean_square(&parameter.try_value()?);
        let gradient = grad.map(|grad| Ok::<_, Error>(root_mean_square(&grad.try_value()?))).transpose()?;
        let flow = match gradient {
            None => Flow::None,
            Some(gradient) if !gradient.is_finite() => Flow::NotFinite,
            Some(0.0) => Flow::Zero,
            Some(gradient) if gradient > EXPLODED * size.max(1e-3) => Flow::Exploded,
            Some(_) => Flow::Fine,
        };
        layers.push(Layer { name: parameter.label(), size, gradient: gradient.unwrap_or(0.0), flow });
    }
    let relative = |layer: &Layer| layer.gradient / layer.size.max(1e-3);
    let largest = layers.iter().map(relative).filter(|x| x.is_finite()).fold(0.0, f64::max);
    for layer in layers.iter_mut().filter(|layer| layer.flow == Flow::Fine) {
        if relative(layer) < VANISHED * largest {
            layer.flow = Flow::Vanished;
        }
    }
    let needed = needed(&tape, &[loss.id()]);
    let forward = tape.graph().ids().filter(|id| needed[id.index()]).collect::<Vec<_>>();
    let units = forward.into_iter().filter_map(|id| units(tape.at(id)).transpose());
    Ok(Health { layers, units: units.collect::<Result<_, _>>()? })
}

/// The units of an activation, if it is one.
fn units(var: Var<'_>) -> Result<Option<Units>, Error> {
    let (op, place) = {
        let graph = var.tape().graph();
        let Some(op) = graph.op(var.id()) else { return Ok(None) };
        (op.name().to_owned(), graph.place(var.id()).clone())
    };
    let is_end = |y: f64| match op.as_str() {
        "relu" => y == 0.0,
        "sigmoid" => y * (1.0 - y) < FLAT,
        "tanh" => 1.0 - y * y < FLAT,
        _ => false,
    };
    let Some(count) = var.shape().last().copied().filter(|_| ["relu", "sigmoid", "tanh"].contains(&op.as_str())) else {
        return Ok(None);
    };
    let numbers = var.try_value()?.to_f64s();
    let flat = (0..count).filter(|unit| numbers.iter().skip(*unit).step_by(count.max(1)).all(|y| is_end(*y))).count();
    let flat = if numbers.is_empty() { 0 } else { flat };
    let (dead, saturated) = if op == "relu" { (flat, 0) } else { (0, flat) };
    Ok(Some(Units { op, place, count, dead, saturated }))
}

/// A copy of the tape with the gradients recorded on it, and the nodes of loss and gradients.
fn with_gradients(loss: Var<'_>, parameters: &[Var<'_>]) -> Result<(Tape, Vec<NodeId>), Error> {
    let tape = copy(loss.tape(), loss.id().max(last(loss, parameters)), None, &[])?;
    let mut roots = vec![loss.id()];
    let output = tape.at(loss.id());
    let wrt: Vec<Var<'_>> = parameters.iter().map(|parameter| tape.at(parameter.id())).collect();
    let grads = vjp(&[(output, output.ones_like())], &wrt[..])?;
    roots.extend(grads.into_iter().flatten().map(Var::id));
    Ok((tape, roots))
}

fn last(loss: Var<'_>, parameters: &[Var<'_>]) -> NodeId {
    parameters.iter().map(|parameter| parameter.id()).chain([loss.id()]).max().expect("the loss")
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

fn root_mean_square(value: &Value) -> f64 {
    let numbers = value.to_f64s();
    (numbers.iter().map(|x| x * x).sum::<f64>() / numbers.len().max(1) as f64).sqrt()
}
