//! How much of a recorded number is rounding.
//!
//! Terms that cancel leave their rounding behind, and nothing in the result tells how large they were. So what leads to
//! a number is computed again with every number on the way moved by about its last digit, at random, a few times: what
//! it moves by is what rounding can make of it (Monte Carlo arithmetic; Parker, Pierce, Eggert, *Monte Carlo arithmetic:
//! how to gamble with floating point and win*, Comput. Sci. Eng. 2, 2000). Inputs move too, so that an algorithm inside
//! of one operation, which gives the exact result of a problem nearby, is seen as well.
use cinta_graph::{Error, Kind, Tape, Value, Var};

use crate::ancestry::needed;
use crate::arrays::{epsilon, first_apart, from_f64s};
use crate::random;

/// How often everything is computed again.
const REPLAYS: u64 = 4;
/// How many times as much as it moved a number may be off by rounding: errors of long sums add up, and the largest of a
/// few random numbers may by chance be small.
pub(crate) const ROUNDINGS: f64 = 64.0;

/// How far rounding may move each entry of some variables.
///
/// # Errors
/// If a value is missing.
pub(crate) fn rounding(vars: &[Var<'_>]) -> Result<Vec<Vec<f64>>, Error> {
    let Some(first) = vars.first() else { return Ok(Vec::new()) };
    let tape = first.tape();
    let exact = vars.iter().map(|var| Ok(var.try_value()?.to_f64s())).collect::<Result<Vec<_>, Error>>()?;
    let mut moved: Vec<Vec<f64>> = exact.iter().map(|numbers| vec![0.0; numbers.len()]).collect();
    let needed = needed(tape, &vars.iter().map(|var| var.id()).collect::<Vec<_>>());
    let same = replay(tape, &needed, None)?;
    let repeats = |(var, exact): (&Var<'_>, &Vec<f64>)| {
        let numbers = same[var.id().index()].as_ref().map(Value::to_f64s).unwrap_or_default();
        first_apart(&numbers, exact, 0.0).is_none()
    };
    // What changes when nothing moves is no rounding.
    if !vars.iter().zip(&exact).all(repeats) {
        return Ok(moved);
    }
    for seed in 1..=REPLAYS {
        let again = replay(tape, &needed, Some(seed))?;
        for ((var, exact), moved) in vars.iter().zip(&exact).zip(&mut moved) {
            let Some(again) = &again[var.id().index()] else { continue };
            for ((moved, x), y) in moved.iter_mut().zip(exact).zip(again.to_f64s()) {
                *moved = moved.max((x - y).abs());
            }
        }
    }
    moved.iter_mut().flatten().for_each(|moved| *moved *= ROUNDINGS);
    Ok(moved)
}

/// The same of variables of which some are structural zeros, which are exact.
pub(crate) fn rounding_of_some(vars: &[Option<Var<'_>>]) -> Result<Vec<Vec<f64>>, Error> {
    let there: Vec<Var<'_>> = vars.iter().copied().flatten().collect();
    let mut moved = rounding(&there)?.into_iter();
    Ok(vars.iter().map(|var| var.and_then(|_| moved.next()).unwrap_or_default()).collect())
}

/// The first entry where two lists differ by more than a tolerance and more than rounding explains, which is asked for
/// only if they do differ.
pub(crate) fn first_unexplained(
    a: &[f64],
    b: &[f64],
    tolerance: f64,
    rounding: impl FnOnce() -> Result<Vec<f64>, Error>,
) -> Option<usize> {
    first_apart(a, b, tolerance)?;
    // What cannot be computed again has no excuse.
    let rounding = rounding().unwrap_or_default();
    let slack = |i: usize| rounding.get(i).copied().unwrap_or(0.0);
    (0..a.len().min(b.len())).find(|&i| first_apart(&a[i..=i], &b[i..=i], tolerance + slack(i)).is_some())
}

/// The values of nodes where every float was moved by about its last digit, if there is a seed to move it by. Others keep their values: which way a
/// comparison went is no matter of rounding.
fn replay(tape: &Tape, needed: &[bool], seed: Option<u64>) -> Result<Vec<Option<Value>>, Error> {
    let mut values: Vec<Option<Value>> = vec![None; needed.len()];
    for id in tape.graph().ids().filter(|id| needed[id.index()]) {
        let exact = tape.at(id).try_value()?;
        let value = if exact.dtype().is_float() {
            let again = match tape.graph().kind(id) {
                Kind::Apply { op, inputs } => {
                    let local = Tape::new();
                    let mut operands = Vec::new();
                    for input in inputs {
                        operands.push(local.var(values[input.index()].clone().expect("needed, and before")));
                    }
                    // Beyond the edge of a domain there is nothing: then the number stays what it is.
                    local.apply(op, &operands).and_then(Var::try_value).unwrap_or_else(|_| exact.clone())
                }
                Kind::Input | Kind::Constant(_) => exact.clone(),
            };
            match seed {
                Some(seed) => shaken(&exact, &again, seed.wrapping_mul(1 << 32).wrapping_add(id.index() as u64)),
                None => again,
            }
        } else {
            exact
        };
        values[id.index()] = Some(value);
    }
    Ok(values)
}

/// What was computed again, each entry moved by about its last digit; the exact one where one of both is not finite.
fn shaken(exact: &Value, again: &Value, seed: u64) -> Value {
    let ty = exact.array_type();
    let digit = epsilon(ty.dtype);
    let moved = |(i, (x, y)): (usize, (f64, f64))| {
        let y = y * (1.0 + digit * random::number(seed, i));
        if x.is_finite() && y.is_finite() { y } else { x }
    };
    from_f64s(&ty, exact.to_f64s().into_iter().zip(again.to_f64s()).enumerate().map(moved))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn moves(var: Var<'_>, low: f64, high: f64) {
        let moved = rounding(&[var]).expect("a value")[0][0] / ROUNDINGS;
        assert!((low..=high).contains(&moved), "{moved:e} is not in {low:e}..{high:e}");
    }

    #[test]
    fn what_cancels_leaves_the_rounding_of_its_terms() {
        let tape = Tape::new();
        let x = tape.var(0.3);
        let ulp = f64::EPSILON;
        moves(x.sin().square() + x.cos().square() - 1.0, 0.2 * ulp, 8.0 * ulp);
        moves((x + 1e6) - 1e6, 1e5 * ulp, 4e6 * ulp);
        moves((x * 1e8).sin(), 1e6 * ulp, 2e8 * ulp);
        moves(x - x, 0.0, 0.0);
        let x = tape.var(0.3_f32);
        let ulp = f64::from(f32::EPSILON);
        moves(x.exp().log() - x, 0.1 * ulp, 8.0 * ulp);
    }

    #[test]
    fn edges_of_domains_are_no_rounding() {
        let tape = Tape::new();
        let x = tape.var(1.0);
        let moved = rounding(&[x.acos()]).expect("a value")[0][0];
        assert!(moved.is_finite());
        moves(tape.var(0.0).relu(), 0.0, 0.0);
    }
}
