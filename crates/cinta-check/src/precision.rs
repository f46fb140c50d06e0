//! Precision: the graph in `f32` gives what it gives in `f64`, to the accuracy of `f32`.
use cinta_graph::{DType, Error, Kind, NodeId, Tape, Value, Var};

use crate::arrays::{first_apart, from_f64s, largest};
use crate::mismatch::entry;
use crate::subject::{Seeds, Subject, is_opaque};
use crate::{Claim, Mismatch};

/// How far `f32` may be off, relative to the largest entry of an array.
const TOLERANCE: f64 = 1e-5;

pub(crate) fn check(subject: &Subject<'_>) -> Result<(), Mismatch> {
    let (claim, name) = (Claim::Precision, &subject.name);
    let doubles = |value: &Value| value.dtype() == DType::F64;
    if !subject.smooth || !subject.inputs.iter().any(doubles) {
        return Ok(());
    }
    let failed = |doing| move |error| Mismatch::error(claim, name, doing, &error);
    // Numbers that `f32` holds exactly, so that both start from the same.
    let point: Vec<Value> = subject.inputs.iter().map(|value| cast(&cast(value, DType::F32), value.dtype())).collect();
    let tape = Tape::new();
    let mut recording = subject.record_at(&tape, &point).map_err(failed("recording"))?;
    if is_opaque(&tape) {
        return Ok(()); // code of a user's may be for one dtype only
    }
    let mut results = recording.outputs.clone();
    if recording.is_differentiable() {
        recording = recording.pullback(Seeds::Constants, 1).map_err(failed("pullback"))?.recording;
        results.extend(&recording.outputs);
    }
    let single = Tape::new();
    let Ok(copies) = in_single(&tape, &single) else {
        return Ok(()); // an operation of this graph insists on its dtype
    };
    for (i, &var) in results.iter().enumerate() {
        let exact = var.try_value().map_err(failed("evaluating"))?;
        let rounded = copies[var.id().index()].try_value().map_err(failed("evaluating in f32"))?;
        let (a, b) = (rounded.to_f64s(), exact.to_f64s());
        if let Some(index) = first_apart(&a, &b, TOLERANCE * largest(&b)) {
            let result = if i == 0 { "the value".to_owned() } else { format!("cotangent {}", i - 1) };
            let what = entry(result, &exact.array_type(), index);
            return Err(Mismatch::numbers(claim, name, what, [("f32 gives", a[index]), ("f64 gives", b[index])]));
        }
    }
    Ok(())
}

/// The same numbers in another dtype, if they are floats.
fn cast(value: &Value, dtype: DType) -> Value {
    let ty = value.array_type();
    if ty.dtype.is_float() { from_f64s(&ty.with_dtype(dtype), value.to_f64s()) } else { value.clone() }
}

/// Every node of one tape recorded on another, with `f32` for `f64`; by id.
fn in_single<'t>(tape: &Tape, single: &'t Tape) -> Result<Vec<Var<'t>>, Error> {
    let graph = tape.graph();
    let mut copies: Vec<Var<'t>> = Vec::with_capacity(graph.len());
    for id in graph.ids() {
        let copy = match graph.kind(id) {
            Kind::Input => single.var(single_value(tape, id)?),
            Kind::Constant(_) => single.constant(single_value(tape, id)?),
            Kind::Apply { op, inputs } => {
                let inputs: Vec<Var<'t>> = inputs.iter().map(|input| copies[input.index()]).collect();
                single.apply(op, &inputs)?
            }
        };
        copies.push(copy);
    }
    Ok(copies)
}

fn single_value(tape: &Tape, id: NodeId) -> Result<Value, Error> {
    Ok(cast(&tape.at(id).try_value()?, DType::F32))
}
