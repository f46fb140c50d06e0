//! Masks: zeros that a choice put into a derivative stay zeros, at poles too.
//!
//! Where `select` did not take a branch, it sends back zeros, and those must not become NaN on their way
//! through that branch, though it may stand at a pole: 0 · (1/0) is to be 0 there. Zeros of seeds that are
//! variables count as chosen. So a derivative at zero seeds is zero, and stays so wherever the inputs move.
use cinta_graph::{Error, Tape, Value, Var};

use crate::arrays::from_f64s;
use crate::mismatch::entry;
use crate::subject::{Derivative, Recording, Seeds, Subject};
use crate::{Claim, Mismatch};

pub(crate) fn check(subject: &Subject<'_>) -> Result<(), Mismatch> {
    let failed = |error| Mismatch::error(Claim::Masks, &subject.name, "differentiating", &error);
    let tape = Tape::new();
    let recording = subject.record(&tape).map_err(failed)?;
    let inputs = recording.inputs.len();
    // Where the function is NaN, only its first derivatives are asked for.
    let undefined = recording.numbers_at(&recording.point).map_err(failed)?.iter().any(|y| y.is_nan());
    for (mode, first) in both_modes(&recording, inputs).map_err(failed)? {
        let first = at_zero_seeds(first, inputs);
        zero(subject, mode, &first.recording, &first.results)?;
        if undefined {
            continue;
        }
        for (again, second) in both_modes(&first.recording, inputs).map_err(failed)? {
            // Seeds of the second derivative are arbitrary; what it says of the first one's seeds is not zero.
            let results = if again == "pullback" { &second.results[..inputs] } else { &second.results };
            zero(subject, &format!("{again} of the {mode}"), &second.recording, results)?;
        }
    }
    Ok(())
}

/// Pushforward and pullback, as far as they are offered. Only the first `moving` inputs move.
fn both_modes<'t>(recording: &Recording<'t>, moving: usize) -> Result<Vec<(&'static str, Derivative<'t>)>, Error> {
    if !recording.is_differentiable() {
        return Ok(Vec::new());
    }
    let mut tangents = recording.tangents(1);
    for tangent in tangents[moving..].iter_mut().flatten() {
        *tangent = zeros(tangent);
    }
    let push = recording.offered(recording.pushforward(Seeds::Variables, tangents))?;
    let pull = recording.offered(recording.pullback(Seeds::Variables, 1))?;
    Ok(push.map(|push| ("pushforward", push)).into_iter().chain(pull.map(|pull| ("pullback", pull))).collect())
}

/// The same derivative where its own seeds, the inputs after the first `inputs`, are zero.
fn at_zero_seeds(mut derivative: Derivative<'_>, inputs: usize) -> Derivative<'_> {
    for seed in &mut derivative.recording.point[inputs..] {
        *seed = zeros(seed);
    }
    derivative
}

fn zeros(value: &Value) -> Value {
    let ty = value.array_type();
    from_f64s(&ty, std::iter::repeat_n(0.0, ty.shape.size()))
}

/// Every number of the results is zero.
fn zero(
    subject: &Subject<'_>,
    of: &str,
    recording: &Recording<'_>,
    results: &[Option<Var<'_>>],
) -> Result<(), Mismatch> {
    let failed = |error| Mismatch::error(Claim::Masks, &subject.name, of, &error);
    recording.at(&recording.point).map_err(failed)?;
    for (i, result) in results.iter().enumerate() {
        let Some(result) = result else { continue };
        let value = result.try_value().map_err(failed)?;
        if let Some((index, x)) = value.to_f64s().into_iter().enumerate().find(|(_, x)| *x != 0.0) {
            let result = entry(format!("result {i} of the {of}"), &value.array_type(), index);
            return Err(Mismatch::new(Claim::Masks, &subject.name, format!("{result} should stay 0, and is {x:?}")));
        }
    }
    Ok(())
}
