//! Precision: the graph in `f32` gives what it gives in `f64`, to the accuracy of `f32`.
use cinta_graph::{DType, Tape, Value};

use crate::arrays::{first_apart, largest};
use crate::copy::{cast, copy};
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
    let last = results.iter().map(|var| var.id()).max().expect("one result at least");
    let Ok(single) = copy(&tape, last, Some(DType::F32), &[]) else {
        return Ok(()); // an operation of this graph insists on its dtype
    };
    for (i, &var) in results.iter().enumerate() {
        let exact = var.try_value().map_err(failed("evaluating"))?;
        let rounded = single.at(var.id()).try_value().map_err(failed("evaluating in f32"))?;
        let (a, b) = (rounded.to_f64s(), exact.to_f64s());
        if let Some(index) = first_apart(&a, &b, TOLERANCE * largest(&b)) {
            let result = if i == 0 { "the value".to_owned() } else { format!("cotangent {}", i - 1) };
            let what = entry(result, &exact.array_type(), index);
            return Err(Mismatch::numbers(claim, name, what, [("f32 gives", a[index]), ("f64 gives", b[index])]));
        }
    }
    Ok(())
}
