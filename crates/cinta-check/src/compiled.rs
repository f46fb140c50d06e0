//! Compiled programs: the values of a recorded function at many points in one run, and the claim that a program gives
//! what the interpreter gives.
use cinta_graph::{ArrayType, Error, Kind, NodeId, Tape, Value, Var, try_vmap_list};
use cinta_program::{Program, View};

use crate::arrays::{epsilon, from_f64s, largest};
use crate::mismatch::entry;
use crate::rounding::{first_unexplained, rounding};
use crate::subject::{Seeds, Subject, is_opaque};
use crate::{Claim, Mismatch};

/// How far a program may be from the interpreter, in rounding errors: sums may run in another order.
const TOLERANCE: f64 = 4.5e3;
/// More numbers than this are not worth a batch.
const MOST: usize = 1 << 22;

/// The program gives what the interpreter gives, of the value and of the gradient.
pub(crate) fn check(subject: &Subject<'_>) -> Result<(), Mismatch> {
    let (claim, name) = (Claim::Program, &subject.name);
    let failed = |doing| move |error| Mismatch::error(claim, name, doing, &error);
    let tape = Tape::new();
    let mut recording = subject.record(&tape).map_err(failed("recording"))?;
    let mut outputs = recording.outputs.clone();
    if subject.smooth && recording.is_differentiable() {
        let pull = recording.offered(recording.pullback(Seeds::Variables, 1)).map_err(failed("pullback"))?;
        if let Some(pull) = pull {
            recording = pull.recording;
            outputs.extend(&recording.outputs);
        }
    }
    let ids = |vars: &[Var<'_>]| vars.iter().map(|var| var.id()).collect::<Vec<_>>();
    let program = Program::compile(&tape.graph(), &ids(&recording.inputs), &ids(&outputs));
    let mut program = program.map_err(failed("compiling"))?;
    let arguments: Vec<View<'_>> = recording.point.iter().map(View::from).collect();
    let compiled = match (program.run(&arguments), outputs[0].try_value()) {
        (Ok(compiled), Ok(_)) => compiled,
        (Err(_), Err(_)) => return Ok(()),
        (Err(error), _) => return Err(failed("running the program")(error)),
        (_, Err(error)) => return Err(failed("evaluating")(error)),
    };
    for (i, (var, program)) in outputs.iter().zip(compiled).enumerate() {
        let plain = var.try_value().map_err(failed("evaluating"))?;
        let (a, b) = (program.to_f64s(), plain.to_f64s());
        let same_type = program.array_type() == plain.array_type();
        let tolerance = TOLERANCE * epsilon(plain.dtype()) * largest(&b);
        let moved = || Ok(rounding(&[*var])?.concat());
        let apart = if same_type { first_unexplained(&a, &b, tolerance, moved) } else { Some(0) };
        if let Some(index) = apart {
            let what = if i == 0 { "the value".to_owned() } else { format!("cotangent {}", i - 1) };
            let what = entry(what, &plain.array_type(), index);
            let number = |numbers: &[f64]| numbers.get(index).copied().unwrap_or(f64::NAN);
            let pair = [("the program gives", number(&a)), ("the interpreter gives", number(&b))];
            return Err(Mismatch::numbers(claim, name, what, pair));
        }
    }
    Ok(())
}

/// A recorded function of float inputs over a batch, compiled.
pub(crate) struct Batch {
    program: Program,
    inputs: Vec<ArrayType>,
    size: usize,
}

impl Batch {
    /// `None` if an operation has no batch, or the batch would be large.
    pub(crate) fn compile(tape: &Tape, output: Var<'_>, inputs: &[Var<'_>], size: usize) -> Option<Self> {
        let graph = tape.graph();
        let needed = graph.ids().take(output.id().index() + 1);
        let numbers: usize = needed.map(|id| graph.array_type(id).shape.size()).sum();
        if numbers.saturating_mul(size) > MOST || is_opaque(tape) {
            return None;
        }
        Self::try_compile(tape, output, inputs, size).ok()
    }

    fn try_compile(tape: &Tape, output: Var<'_>, inputs: &[Var<'_>], size: usize) -> Result<Self, Error> {
        let types: Vec<ArrayType> = inputs.iter().map(|input| input.array_type().batch_of(size)).collect();
        let batched = Tape::new();
        let mapped: Vec<(Var<'_>, Option<isize>)> =
            types.iter().map(|ty| (batched.input(ty.clone()), Some(0))).collect();
        let ids: Vec<NodeId> = inputs.iter().map(|input| input.id()).collect();
        let outputs =
            try_vmap_list(&mapped, |examples| Ok(vec![replay(tape, output.id(), &ids, &batched, examples)?]))?;
        let ids: Vec<NodeId> = mapped.iter().map(|(input, _)| input.id()).collect();
        let program = Program::compile(&batched.graph(), &ids, &[outputs[0].id()])?;
        Ok(Self { program, inputs: types, size })
    }

    /// The output's numbers at each of some points, no more than the batch holds; NaN where it cannot be computed.
    pub(crate) fn at(&mut self, points: &[Vec<f64>]) -> Vec<Vec<f64>> {
        let mut start = 0;
        let arguments: Vec<Value> = self
            .inputs
            .iter()
            .map(|ty| {
                let range = start..start + ty.shape.size() / self.size;
                start = range.end;
                let lane = |lane: usize| points[lane.min(points.len() - 1)][range.clone()].iter().copied();
                from_f64s(ty, (0..self.size).flat_map(lane))
            })
            .collect();
        let views: Vec<View<'_>> = arguments.iter().map(View::from).collect();
        let Ok(outputs) = self.program.run(&views) else { return vec![vec![f64::NAN]; points.len()] };
        let numbers = outputs[0].to_f64s();
        let each = numbers.len() / self.size;
        (0..points.len()).map(|lane| numbers[lane * each..(lane + 1) * each].to_vec()).collect()
    }
}

/// What a node is of others, on another tape; what it needs beside them becomes constants.
fn replay<'t>(from: &Tape, output: NodeId, cut: &[NodeId], to: &'t Tape, with: &[Var<'t>]) -> Result<Var<'t>, Error> {
    let graph = from.graph();
    let mut vars: Vec<Var<'t>> = Vec::with_capacity(output.index() + 1);
    for id in graph.ids().take(output.index() + 1) {
        let given = cut.iter().position(|input| *input == id);
        vars.push(match (given, graph.kind(id)) {
            (Some(i), _) => with[i],
            (None, Kind::Apply { op, inputs }) => {
                let inputs: Vec<Var<'t>> = inputs.iter().map(|input| vars[input.index()]).collect();
                to.apply(op, &inputs)?
            }
            (None, Kind::Input | Kind::Constant(_)) => to.constant(from.at(id).try_value()?),
        });
    }
    Ok(vars[output.index()])
}
