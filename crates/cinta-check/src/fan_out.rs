//! Fan-out: a variable in several places gets the sum of what each place sends back.
use cinta_graph::{ArrayType, Error, Tape, Value, Var, vjp};

use crate::arrays::{epsilon, largest};
use crate::mismatch::entry;
use crate::rounding::{first_unexplained, rounding_of_some};
use crate::subject::{Recording, Subject, numbers};
use crate::{Claim, Mismatch, random};

/// How far the two may be apart, in rounding errors: 1e-12 for `f64`.
const TOLERANCE: f64 = 4.5e3;

pub(crate) fn check(subject: &Subject<'_>) -> Result<(), Mismatch> {
    let float = |i: &usize| subject.inputs[*i].dtype().is_float();
    for i in (0..subject.inputs.len()).filter(float) {
        shared(subject, i)?;
    }
    Ok(())
}

/// Input `i` fed to every input of its type, and all of it used twice.
fn shared(subject: &Subject<'_>, i: usize) -> Result<(), Mismatch> {
    let (claim, name) = (Claim::FanOut, &subject.name);
    let ty = subject.inputs[i].array_type();
    let same: Vec<usize> = (0..subject.inputs.len()).filter(|&j| subject.inputs[j].array_type() == ty).collect();
    let point: Vec<Value> =
        (0..subject.inputs.len()).map(|j| subject.inputs[if same.contains(&j) { i } else { j }].clone()).collect();
    // A point that the function refuses when inputs are equal says nothing of fan-out.
    let once = |read: Read| once(subject, &point, &same, read);
    let Ok((one, several)) = once(numbers).and_then(|one| Ok((one, apart(subject, &point, &same)?))) else {
        return Ok(());
    };
    let twice: Vec<f64> = several.iter().map(|x| 2.0 * x).collect();
    let tolerance = TOLERANCE * epsilon(ty.dtype) * largest(&twice);
    let moved = |var: Option<Var<'_>>, _: &ArrayType| Ok(rounding_of_some(&[var])?.concat());
    if let Some(index) = first_unexplained(&one, &twice, tolerance, || once(moved)) {
        let what = format!("{} fed to inputs {same:?}, twice", entry("one variable", &ty, index));
        let pair = [("it gets", one[index]), ("the places send", twice[index])];
        return Err(Mismatch::numbers(claim, name, what, pair));
    }
    Ok(())
}

/// What is read of a cotangent.
type Read = fn(Option<Var<'_>>, &ArrayType) -> Result<Vec<f64>, Error>;

/// The cotangent of one variable that stands for several inputs in each of two uses.
fn once(subject: &Subject<'_>, point: &[Value], same: &[usize], read: Read) -> Result<Vec<f64>, Error> {
    let tape = Tape::new();
    let shared = tape.var(&point[same[0]]);
    let inputs: Vec<Var<'_>> =
        (0..point.len()).map(|j| if same.contains(&j) { shared } else { tape.var(&point[j]) }).collect();
    let first = subject.apply(&tape, &inputs)?;
    let second = subject.apply(&tape, &inputs)?;
    if !first.dtype().is_float() {
        return Ok(Vec::new());
    }
    let ct = tape.constant(random::cotangent(&first.array_type(), 1));
    let result = vjp(&[(first, ct), (second, ct)], shared)?;
    read(result, &shared.array_type())
}

/// The sum of the cotangents of several equal inputs.
fn apart(subject: &Subject<'_>, point: &[Value], same: &[usize]) -> Result<Vec<f64>, Error> {
    let tape = Tape::new();
    let Recording { inputs, outputs, .. } = subject.record_at(&tape, point)?;
    if !outputs[0].dtype().is_float() {
        return Ok(Vec::new());
    }
    let ct = tape.constant(random::cotangent(&outputs[0].array_type(), 1));
    let mut sum = vec![0.0; point[same[0]].shape().size()];
    for (j, result) in vjp(&[(outputs[0], ct)], &inputs)?.into_iter().enumerate() {
        if same.contains(&j) {
            for (sum, x) in sum.iter_mut().zip(numbers(result, &inputs[j].array_type())?) {
                *sum += x;
            }
        }
    }
    Ok(sum)
}
