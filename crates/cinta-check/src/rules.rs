//! Whose rule is wrong: every node between inputs and output on its own, at its actual operands.
use std::fmt;

use cinta_graph::{Error, Kind, NodeId, Op, Place, Tape, Var, jvp, vjp};

use crate::ancestry::between;
use crate::arrays::{epsilon, from_f64s, position};
use crate::copy::copy;
use crate::gradient::{FEW, Problem};
use crate::inputs::Layout;
use crate::measure::Values;
use crate::options::{Mode, Options};
use crate::report::Verdict;
use crate::{Check, random};

/// An operation whose rule does not fit its values.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Fault {
    /// The operation.
    pub op: String,
    /// The node, as it is called in printed graphs.
    pub node: String,
    /// The line that wrote it.
    #[cfg_attr(feature = "serde", serde(with = "crate::data::text"))]
    pub place: Place,
    /// Which operand's gradient is wrong.
    pub operand: usize,
    /// The worst entry of it.
    pub index: Vec<usize>,
    /// What the rule gives there, for a random cotangent.
    #[cfg_attr(feature = "serde", serde(with = "crate::data::number"))]
    pub claimed: f64,
    /// What differences give; where only forward mode is wrong, what reverse mode does.
    #[cfg_attr(feature = "serde", serde(with = "crate::data::number"))]
    pub measured: f64,
    /// What kind of mistake it looks like.
    pub notes: Vec<String>,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { op, node, place, operand, index, claimed, measured, notes } = self;
        match op.as_str() {
            "stop_gradient" => write!(f, "{op} ({node}, {place}) stops a derivative that is there")?,
            _ => write!(f, "the rule of {op} ({node}, {place}) is wrong for operand {operand}")?,
        }
        write!(f, " at {index:?}: {claimed:e} instead of {measured:e}")?;
        notes.iter().try_for_each(|note| write!(f, "; {note}"))
    }
}

/// What is found of the nodes between inputs and output, each on its own.
#[derive(Default)]
pub(crate) struct Found {
    /// Those whose rules are wrong.
    pub(crate) faults: Vec<Fault>,
    /// Those that have a kink at their operands.
    pub(crate) kinks: Vec<String>,
}

/// Tests every node between inputs and output on its own, and if told to, its modes beside each other.
pub(crate) fn examine(output: Var<'_>, inputs: &[Var<'_>], options: &Options, modes: bool) -> Result<Found, Error> {
    let tape = output.tape();
    let reached = between(output, inputs);
    let mut found = Found::default();
    for (id, _) in reached.iter().enumerate().filter(|(_, reached)| **reached) {
        let node = tape.at(tape.graph().ids().nth(id).expect("a node"));
        let (op, operands) = match tape.graph().kind(node.id()) {
            Kind::Apply { op, inputs } => (op.clone(), inputs.to_vec()),
            Kind::Input | Kind::Constant(_) => continue,
        };
        // A rule of the user's stands beside the function that it is of: its first operand is what that gives.
        let of_user = usize::from(matches!(op, Op::WithRule(_)));
        let local = alone(node, &op, &operands, of_user)?;
        let result = local.at(local.graph().ids().last().expect("the node"));
        let vars: Vec<Var<'_>> = match of_user {
            0 => local.graph().ids().take(operands.len()).map(|id| local.at(id)).collect(),
            first => operands[first..].iter().map(|id| local.at(*id)).collect(),
        };
        // What is constant between jumps has slope 0, whatever it looks like from afar.
        let steps = |i: usize| op.blocks(of_user + i).is_some() && op.name() != "stop_gradient";
        let floats = vars.iter().enumerate().filter(|(i, var)| var.dtype().is_float() && !steps(*i));
        let floats: Vec<Var<'_>> = floats.map(|(_, var)| *var).collect();
        let ty = result.array_type();
        if !ty.dtype.is_float() || floats.is_empty() {
            continue;
        }
        let ct = random::cotangent(&ty, options.seed);
        let grads = vjp(&[(result, local.constant(&ct))], &floats[..])?;
        let mut claim = Vec::new();
        for (grad, var) in grads.iter().zip(&floats) {
            claim.extend(crate::subject::numbers(*grad, &var.array_type())?);
        }
        let names = (0..).zip(&floats).map(|(i, var): (usize, &Var<'_>)| (i.to_string(), var.value()));
        let layout = Layout::of_values(names);
        let cts = ct.to_f64s();
        let value = |numbers: &[f64]| {
            let set = floats.iter().zip(layout.values(numbers)).try_for_each(|(var, value)| var.try_set(value));
            let Ok(result) = set.and_then(|()| result.try_value()) else { return f64::NAN };
            result.to_f64s().iter().zip(&cts).map(|(y, ct)| y * ct).sum()
        };
        let problem = Problem {
            title: String::new(),
            f: Values::one_by_one(value),
            center: None,
            space: Check::new().space(&layout).expect("no domains are given"),
            claim: claim.clone(),
            inputs: layout.inputs(),
            epsilon: epsilon(ty.dtype),
            claimed_in: None,
        };
        let report = problem.examine(&Options { mode: Mode::Auto, progress: false, ..options.clone() });
        if report.verdict == Verdict::Kink {
            found.kinks.push(format!("{} ({}, {})", op.name(), tape.graph().label(node.id()), node.place()));
        }
        let wrong = report.rows.iter().enumerate().find(|(_, row)| row.verdict == Verdict::Wrong);
        let wrong = wrong.and_then(|(i, row)| Some((i, row.entries.first()?)));
        let off = wrong.map(|(operand, worst)| Off {
            operand,
            index: worst.index.clone(),
            claimed: worst.claimed,
            measured: worst.measured,
            notes: report.notes.clone(),
        });
        let in_modes = || {
            if !modes {
                return None;
            }
            // Differences moved the operands.
            let numbers = layout.values(&layout.numbers());
            floats.iter().zip(numbers).try_for_each(|(var, value)| var.try_set(value)).ok()?;
            not_adjoint(result, &floats, &cts, &claim)
        };
        let Some(Off { operand, index, claimed, measured, notes }) = off.or_else(in_modes) else { continue };
        let (node, place) = (tape.graph().label(node.id()), node.place());
        let operand = vars.iter().position(|var| var.id() == floats[operand].id()).unwrap_or(operand);
        // An operation with a rule of the user's is known by the name that the rule has.
        let attributes = op.attributes();
        let op = attributes.word("rule").unwrap_or_else(|_| op.name()).to_owned();
        found.faults.push(Fault { op, node, place, operand, index, claimed, measured, notes });
    }
    Ok(found)
}

/// What is off about a rule: of which operand, where, and both numbers.
struct Off {
    operand: usize,
    index: Vec<usize>,
    claimed: f64,
    measured: f64,
    notes: Vec<String>,
}

/// Where the pushforward of a node is not the transpose of its pullback, for rules that write both. Nothing where there is
/// no pushforward.
fn not_adjoint(result: Var<'_>, operands: &[Var<'_>], cts: &[f64], pulled: &[f64]) -> Option<Off> {
    let (mut worst, mut most, mut start) = (None, 0.0, 0);
    for (operand, var) in operands.iter().enumerate() {
        let ty = var.array_type();
        let size = ty.shape.size();
        for i in 0..size.min(FEW) {
            let along = from_f64s(&ty, (0..size).map(|j| f64::from(u8::from(i == j))));
            let pushed = jvp(&[result], &[(*var, result.tape().constant(along))]).ok()?;
            let pushed = crate::subject::numbers(pushed[0], &result.array_type()).ok()?;
            let terms = || pushed.iter().zip(cts).map(|(y, ct)| y * ct);
            let (claimed, measured) = (terms().sum::<f64>(), pulled[start + i]);
            let size = terms().map(f64::abs).sum::<f64>() + measured.abs();
            let off = (claimed - measured).abs();
            if off > epsilon(ty.dtype).sqrt() * size && off > most {
                most = off;
                let notes = vec!["this is forward mode, beside reverse mode".to_owned()];
                worst = Some(Off { operand, index: position(&ty, i), claimed, measured, notes });
            }
        }
        start += size;
    }
    worst
}

/// A tape on which a node is computed from its operands, or those from a first one on, as variables.
fn alone(node: Var<'_>, op: &Op, operands: &[NodeId], first: usize) -> Result<Tape, Error> {
    if first > 0 {
        return copy(node.tape(), node.id(), None, &operands[first..]);
    }
    let local = Tape::new();
    let value = |id: &NodeId| Ok(local.var(node.tape().at(*id).try_value()?));
    let vars = operands.iter().map(value).collect::<Result<Vec<Var<'_>>, Error>>()?;
    local.apply(op, &vars)?;
    Ok(local)
}
