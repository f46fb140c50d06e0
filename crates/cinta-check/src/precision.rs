//! Precision: the graph in `f32` gives what it gives in `f64`, to the accuracy of `f32`.
use cinta_graph::{DType, Error, Tape, Value, Var};

use crate::ancestry::needed;
use crate::arrays::largest;
use crate::copy::{cast, copy};
use crate::mismatch::entry;
use crate::rounding::{first_unexplained, rounding};
use crate::subject::{Seeds, Subject, is_opaque};
use crate::{Claim, Mismatch};

/// How far `f32` may be off, relative to the largest entry of an array; more where terms cancelled.
const TOLERANCE: f64 = 1e-5;

pub(crate) fn check(subject: &Subject<'_>) -> Result<(), Mismatch> {
    let (claim, name) = (Claim::Precision, &subject.name);
    let failed = |doing| move |error| Mismatch::error(claim, name, doing, &error);
    let tape = Tape::new();
    let Some(both) = both(subject, &tape).map_err(failed("recording"))? else { return Ok(()) };
    let Both { results, single } = &both;
    for (i, var) in results.iter().enumerate() {
        let rounded = single.at(var.id());
        let exact = var.try_value().map_err(failed("evaluating"))?;
        let a = rounded.try_value().map_err(failed("evaluating in f32"))?.to_f64s();
        let b = exact.to_f64s();
        let moved = || Ok(rounding(&[rounded])?.concat());
        let apart = first_unexplained(&a, &b, TOLERANCE * largest(&b), moved);
        if let Some(index) = apart
            && both.in_range().map_err(failed("evaluating"))?
        {
            let result = if i == 0 { "the value".to_owned() } else { format!("cotangent {}", i - 1) };
            let what = entry(result, &exact.array_type(), index);
            return Err(Mismatch::numbers(claim, name, what, [("f32 gives", a[index]), ("f64 gives", b[index])]));
        }
    }
    Ok(())
}

/// Why there is nothing to compare, if so.
pub(crate) fn left_out(subject: &Subject<'_>) -> Result<Option<&'static str>, Error> {
    if !subject.inputs.iter().any(|value| value.dtype() == DType::F64) {
        return Ok(Some("f32 beside f64, of which no input is"));
    }
    let tape = Tape::new();
    Ok(match both(subject, &tape)? {
        None => Some("f32, in which it cannot be computed"),
        Some(both) if both.in_range()? => None,
        Some(_) => Some("f32, which does not hold all numbers on the way"),
    })
}

/// A function and its gradient in `f64`, and the same graph in `f32`.
struct Both<'t> {
    results: Vec<Var<'t>>,
    single: Tape,
}

impl Both<'_> {
    /// Whether `f32` has the range of all numbers on the way: then finite ones stay finite, and none vanishes.
    fn in_range(&self) -> Result<bool, Error> {
        let Some(first) = self.results.first() else { return Ok(true) };
        let (tape, ids) = (first.tape(), self.results.iter().map(|var| var.id()).collect::<Vec<_>>());
        for (id, _) in tape.graph().ids().zip(needed(tape, &ids)).filter(|(_, needed)| *needed) {
            if !in_range(&tape.at(id).try_value()?) {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

/// `None` where there is nothing in `f64`, or `f32` is not possible.
fn both<'t>(subject: &Subject<'_>, tape: &'t Tape) -> Result<Option<Both<'t>>, Error> {
    let doubles = |value: &Value| value.dtype() == DType::F64;
    if !subject.smooth || !subject.inputs.iter().any(doubles) {
        return Ok(None);
    }
    // Numbers that `f32` holds exactly, so that both start from the same.
    let point: Vec<Value> = subject.inputs.iter().map(|value| cast(&cast(value, DType::F32), value.dtype())).collect();
    let mut recording = subject.record_at(tape, &point)?;
    if is_opaque(tape) {
        return Ok(None); // code of a user's may be for one dtype only
    }
    let mut results = recording.outputs.clone();
    if recording.is_differentiable() {
        recording = recording.pullback(Seeds::Constants, 1)?.recording;
        results.extend(&recording.outputs);
    }
    let last = results.iter().map(|var| var.id()).max().expect("one result at least");
    let Ok(single) = copy(tape, last, Some(DType::F32), &[]) else {
        return Ok(None); // an operation of this graph insists on its dtype
    };
    Ok(Some(Both { results, single }))
}

fn in_range(value: &Value) -> bool {
    let (least, most) = (f64::from(f32::MIN_POSITIVE), f64::from(f32::MAX));
    let holds = |x: f64| !x.is_finite() || x == 0.0 || (least..=most).contains(&x.abs());
    !value.dtype().is_float() || value.to_f64s().into_iter().all(holds)
}
