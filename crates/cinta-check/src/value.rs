//! Values: the expected ones.
use cinta_graph::Tape;

use crate::arrays::ulps_between;
use crate::mismatch::entry;
use crate::subject::Subject;
use crate::{Claim, Mismatch};

/// The value is the expected one. Without an expected one, the function must evaluate.
pub(crate) fn check(subject: &Subject<'_>) -> Result<(), Mismatch> {
    let (claim, name) = (Claim::Value, &subject.name);
    let tape = Tape::new();
    let recording = subject.record(&tape).map_err(|error| Mismatch::error(claim, name, "recording", &error))?;
    let value = recording.outputs[0].try_value().map_err(|error| Mismatch::error(claim, name, "evaluating", &error))?;
    let Some((expected, ulps)) = subject.expected else {
        return Ok(());
    };
    let ty = value.array_type();
    if ty != expected.array_type() {
        return Err(Mismatch::new(claim, name, format!("expected {}, got {ty}", expected.array_type())));
    }
    for (index, (got, expected)) in value.to_f64s().into_iter().zip(expected.to_f64s()).enumerate() {
        let distance = ulps_between(ty.dtype, got, expected);
        if distance > *ulps {
            let what = format!("{} is {distance} ULP off, {ulps} are allowed", entry("output", &ty, index));
            return Err(Mismatch::numbers(claim, name, what, [("got", got), ("expected", expected)]));
        }
    }
    Ok(())
}
