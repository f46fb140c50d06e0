//! What goes wrong in training: gradients that vanish or explode, units that are dead or saturated.
use std::fmt;

use cinta_graph::{Error, Kind, NodeId, Op, Place, Tape, Value, Var, vjp};

use crate::ancestry::{between, on_one_tape};
use crate::arrays::{epsilon, largest};
use crate::copy::copy;
use crate::subject::numbers;

/// Gradients smaller than this share of the largest, relative to their parameters, have vanished. So have those that are
/// less than a rounding of their parameters, which no step in their proportion changes.
const VANISHED: f64 = 1e-6;
/// Parameters smaller than this are taken as of this size.
const LEAST: f64 = 1e-3;
/// Gradients larger than this share of their parameters have exploded.
const EXPLODED: f64 = 1e4;
/// Units whose slope is below this in every example no longer learn.
const FLAT: f64 = 1e-3;
/// Operations of which each element is a unit's answer to one number. That others are flat somewhere is no fault: a square
/// is at its minimum.
const ACTIVATIONS: &[&str] = &[
    "erf",
    "expm1",
    "gelu",
    "gelu_tanh",
    "log_sigmoid",
    "maximum",
    "minimum",
    "mish",
    "normal_cdf",
    "relu",
    "sigmoid",
    "silu",
    "softplus",
    "softsign",
    "tanh",
];

/// How the gradient of a parameter does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum Flow {
    /// It arrives.
    Fine,
    /// The loss does not depend on the parameter.
    None,
    /// It is zero in every entry.
    Zero,
    /// It is tiny beside those of others, each relative to its parameter, or less than the rounding of its parameter.
    Vanished,
    /// It is much larger than the parameter.
    Exploded,
    /// It is not finite.
    NotFinite,
}

/// A parameter and its gradient.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Layer {
    /// The parameter.
    pub name: String,
    /// √ of the mean square of its entries.
    #[cfg_attr(feature = "serde", serde(with = "crate::data::number"))]
    pub size: f64,
    /// The same of its gradient.
    #[cfg_attr(feature = "serde", serde(with = "crate::data::number"))]
    pub gradient: f64,
    /// What becomes of the gradient.
    pub flow: Flow,
}

/// The units of an activation: entries along its last axis, seen over all others.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Units {
    /// The activation.
    pub op: String,
    /// The line that wrote it.
    #[cfg_attr(feature = "serde", serde(with = "crate::data::text"))]
    pub place: Place,
    /// How many units there are.
    pub count: usize,
    /// Those that give as good as 0, with slope as good as 0, whatever the example.
    pub dead: usize,
    /// Those that give something else, with slope as good as 0, whatever the example: at an end of their range.
    pub saturated: usize,
}

/// How gradients and activations do at the point where a tape stands.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
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
    on_one_tape(loss, parameters)?;
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
            Some(gradient) if gradient > EXPLODED * size.max(LEAST) => Flow::Exploded,
            Some(gradient) if gradient < epsilon(parameter.dtype()) * size.max(LEAST) => Flow::Vanished,
            Some(_) => Flow::Fine,
        };
        layers.push(Layer { name: parameter.label(), size, gradient: gradient.unwrap_or(0.0), flow });
    }
    let relative = |layer: &Layer| layer.gradient / layer.size.max(LEAST);
    let largest = layers.iter().map(relative).filter(|x| x.is_finite()).fold(0.0, f64::max);
    for layer in layers.iter_mut().filter(|layer| layer.flow == Flow::Fine) {
        if relative(layer) < VANISHED * largest {
            layer.flow = Flow::Vanished;
        }
    }
    let moves = between(loss, &ids);
    let nodes: Vec<NodeId> = tape.graph().ids().take(moves.len()).filter(|id| moves[id.index()]).collect();
    let units = nodes.into_iter().filter_map(|id| units(tape.at(id), &moves).transpose());
    Ok(Health { layers, units: units.collect::<Result<_, _>>()? })
}

/// The units of an activation, if it is one of something that parameters move.
fn units(var: Var<'_>, moves: &[bool]) -> Result<Option<Units>, Error> {
    let tape = var.tape();
    let graph = tape.graph();
    let Kind::Apply { op, inputs } = graph.kind(var.id()) else { return Ok(None) };
    let moving: Vec<usize> = (0..inputs.len()).filter(|i| moves[inputs[*i].index()]).collect();
    let (Some(&count), [operand]) = (var.shape().last(), &moving[..]) else { return Ok(None) };
    if !ACTIVATIONS.contains(&op.name()) {
        return Ok(None);
    }
    let operands = inputs.iter().map(|id| tape.at(*id).try_value()).collect::<Result<Vec<Value>, Error>>()?;
    let (values, slopes) = (var.try_value()?.to_f64s(), slopes(op, &operands, *operand)?);
    let of = |numbers: &[f64], unit: usize| numbers.iter().skip(unit).step_by(count).copied().collect::<Vec<f64>>();
    let idle = |numbers: &[f64], unit: usize| largest(&of(numbers, unit)) < FLAT;
    let flat: Vec<usize> = (0..count).filter(|unit| !values.is_empty() && idle(&slopes, *unit)).collect();
    let dead = flat.iter().filter(|unit| idle(&values, **unit)).count();
    let (op, place) = (op.name().to_owned(), graph.place(var.id()).clone());
    Ok(Some(Units { op, place, count, dead, saturated: flat.len() - dead }))
}

/// The slopes of an elementwise operation along one of its operands.
fn slopes(op: &Op, operands: &[Value], along: usize) -> Result<Vec<f64>, Error> {
    let tape = Tape::new();
    let vars: Vec<Var<'_>> = operands.iter().map(|value| tape.var(value)).collect();
    let y = tape.apply(op, &vars)?;
    let slopes = vjp(&[(y, y.ones_like())], &vars[along..=along])?;
    numbers(slopes[0], &vars[along].array_type())
}

pub(crate) fn last(loss: Var<'_>, parameters: &[Var<'_>]) -> NodeId {
    parameters.iter().map(|parameter| parameter.id()).chain([loss.id()]).max().expect("the loss")
}

fn root_mean_square(value: &Value) -> f64 {
    let numbers = value.to_f64s();
    if let Some(x) = numbers.iter().find(|x| !x.is_finite()) {
        return *x;
    }
    // Beside the largest, so that no square is too large or too small to be held.
    let most = largest(&numbers);
    let squares = numbers.iter().map(|x| (x / most) * (x / most)).sum::<f64>();
    if most == 0.0 { 0.0 } else { most * (squares / numbers.len() as f64).sqrt() }
}
