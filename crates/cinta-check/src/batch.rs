//! Batching: the function of a batch is the functions of its examples, whichever inputs are batched.
use cinta_graph::{Error, Tape, Value, Var, try_vmap_list, vjp};

use crate::arrays::{epsilon, first_apart, from_f64s, largest};
use crate::mismatch::entry;
use crate::random;
use crate::subject::{Recording, Subject};
use crate::{Claim, Mismatch};

const SIZE: usize = 3;
/// How far a batch may be from the loop, in rounding errors: sums may run in another order.
const TOLERANCE: f64 = 4.5e3;

pub(crate) fn check(subject: &Subject<'_>) -> Result<(), Mismatch> {
    let (claim, name) = (Claim::Batch, &subject.name);
    for batched in subsets(subject.inputs.len()) {
        let which: Vec<usize> = (0..batched.len()).filter(|&i| batched[i]).collect();
        let failed = |doing: &'static str| {
            let doing = format!("{doing}, inputs {which:?} batched");
            move |error| Mismatch::error(claim, name, &doing, &error)
        };
        let examples: Vec<Vec<Value>> = (0..SIZE).map(|k| example(subject, k, &batched)).collect();
        let Ok(looped) = examples.iter().map(|point| one(subject, point)).collect::<Result<Vec<_>, _>>() else {
            continue; // these examples are outside of the domain, which is no fault of the batch
        };
        let together = all(subject, &examples, &batched).map_err(failed("vmap"))?;
        for (i, whole) in together.iter().enumerate() {
            let parts: Vec<f64> = looped.iter().flat_map(|results| results[i].to_f64s()).collect();
            let numbers = whole.to_f64s();
            let tolerance = TOLERANCE * epsilon(whole.dtype()) * largest(&parts);
            if let Some(index) = first_apart(&numbers, &parts, tolerance) {
                let result = if i == 0 { "the value".to_owned() } else { format!("cotangent {}", i - 1) };
                let what = format!("inputs {which:?} batched: {}", entry(result, &whole.array_type(), index));
                let pair = [("the batch gives", numbers[index]), ("the loop gives", parts[index])];
                return Err(Mismatch::numbers(claim, name, what, pair));
            }
        }
    }
    Ok(())
}

/// Every way to batch some of n inputs; of many inputs, each alone and all together.
fn subsets(n: usize) -> Vec<Vec<bool>> {
    if n <= 4 {
        return (1..1_usize << n).map(|bits| (0..n).map(|i| bits >> i & 1 == 1).collect()).collect();
    }
    let mut subsets: Vec<Vec<bool>> = (0..n).map(|i| (0..n).map(|j| i == j).collect()).collect();
    subsets.push(vec![true; n]);
    subsets
}

/// The inputs of one example: batched floats are scaled, which keeps signs, order and symmetry; other batched
/// inputs are turned around, which keeps their numbers.
fn example(subject: &Subject<'_>, k: usize, batched: &[bool]) -> Vec<Value> {
    let vary = |(value, &batched): (&Value, &bool)| {
        let ty = value.array_type();
        let mut numbers = value.to_f64s();
        if batched && ty.dtype.is_float() {
            for x in &mut numbers {
                *x *= 1.0 - 0.125 * k as f64;
            }
        } else if batched && k % 2 == 1 {
            numbers.reverse();
        }
        from_f64s(&ty, numbers)
    };
    subject.inputs.iter().zip(batched).map(vary).collect()
}

/// Value and cotangents of one example.
fn one(subject: &Subject<'_>, point: &[Value]) -> Result<Vec<Value>, Error> {
    let tape = Tape::new();
    let Recording { inputs, outputs, .. } = subject.record_at(&tape, point)?;
    with_cotangents(subject, outputs[0], &inputs)?.iter().map(|var| var.try_value()).collect()
}

/// Value and cotangents of all examples, as arrays with the examples along the first axis.
fn all(subject: &Subject<'_>, examples: &[Vec<Value>], batched: &[bool]) -> Result<Vec<Value>, Error> {
    let tape = Tape::new();
    let input = |i: usize| {
        if !batched[i] {
            return Ok((tape.var(&examples[0][i]), None));
        }
        let parts = examples.iter().flat_map(|point| point[i].to_f64s());
        let ty = examples[0][i].array_type();
        let front = tape.var(from_f64s(&ty.batch_of(SIZE), parts));
        // Some inputs hold the examples along their last axis instead of their first.
        if i.is_multiple_of(2) { Ok((front, Some(0))) } else { Ok((first_axis_last(front)?, Some(-1))) }
    };
    let inputs = (0..batched.len()).map(input).collect::<Result<Vec<_>, Error>>()?;
    let outputs = try_vmap_list(&inputs, |vars| with_cotangents(subject, subject.apply(&tape, vars)?, vars))?;
    outputs.iter().map(|var| var.try_value()).collect()
}

/// The output, and the cotangents of the inputs that have one.
fn with_cotangents<'t>(subject: &Subject<'_>, output: Var<'t>, inputs: &[Var<'t>]) -> Result<Vec<Var<'t>>, Error> {
    let mut results = vec![output];
    if subject.smooth && output.dtype().is_float() {
        let ct = output.tape().constant(random::cotangent(&output.array_type(), 1));
        results.extend(vjp(&[(output, ct)], inputs)?.into_iter().flatten());
    }
    Ok(results)
}

fn first_axis_last(var: Var<'_>) -> Result<Var<'_>, Error> {
    let rank: isize = var.rank().cast_signed();
    let order: Vec<isize> = (1..rank).chain([0]).collect();
    var.try_transpose(&order)
}
