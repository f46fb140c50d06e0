//! Every operation keeps every claim on every sample, refuses what it must refuse, and has both to show.
use std::collections::BTreeSet;

use cinta::check::Claim;
use cinta::{ErrorKind, Op, Tape};

/// Checks one claim on every sample and lists every failure.
fn every_sample_keeps(claim: Claim) {
    let samples = Op::samples();
    let failures: Vec<String> = samples
        .iter()
        .filter_map(|sample| claim.check_sample(sample).err())
        .map(|mismatch| format!("  {mismatch}"))
        .collect();
    assert!(failures.is_empty(), "{} of {} samples fail:\n{}", failures.len(), samples.len(), failures.join("\n"));
}

#[test]
fn values_are_as_expected() {
    every_sample_keeps(Claim::Value);
}

#[test]
fn evaluated_types_are_the_inferred_ones_and_graphs_verify() {
    every_sample_keeps(Claim::Graph);
}

#[test]
fn printed_graphs_read_back() {
    every_sample_keeps(Claim::Text);
}

#[test]
fn the_layout_of_inputs_changes_no_bit() {
    every_sample_keeps(Claim::Layout);
}

#[test]
fn a_batch_is_a_loop() {
    every_sample_keeps(Claim::Batch);
}

#[test]
fn first_derivatives_are_right() {
    every_sample_keeps(Claim::FirstDerivatives);
}

#[test]
fn second_derivatives_are_right() {
    every_sample_keeps(Claim::SecondDerivatives);
}

#[test]
fn third_derivatives_are_right() {
    every_sample_keeps(Claim::ThirdDerivatives);
}

#[test]
fn zeros_of_a_choice_stay_zeros_at_poles_too() {
    every_sample_keeps(Claim::Masks);
}

#[test]
fn one_variable_in_two_places_gets_the_sum() {
    every_sample_keeps(Claim::FanOut);
}

#[test]
fn programs_give_what_the_interpreter_gives() {
    every_sample_keeps(Claim::Program);
}

#[test]
fn f32_agrees_with_f64() {
    every_sample_keeps(Claim::Precision);
}

#[test]
fn this_file_checks_every_claim() {
    let text = include_str!("every_op.rs");
    for claim in Claim::ALL {
        assert!(text.contains(&format!("every_sample_keeps(Claim::{claim:?});")), "no test of {claim:?}");
    }
}

#[test]
fn refusals_are_refused_with_their_reason() {
    let mut failures = Vec::new();
    for refused in Op::refusals() {
        let types: Vec<String> = refused.inputs.iter().map(ToString::to_string).collect();
        let of = format!("{} of {}", refused.op.name(), types.join(", "));
        let tape = Tape::new();
        let inputs: Vec<_> = refused.inputs.iter().map(|ty| tape.input(ty.clone())).collect();
        let before = tape.len();
        match tape.apply(&refused.op, &inputs) {
            Ok(var) => failures.push(format!("  {of} is accepted as {}", var.array_type())),
            Err(error) => {
                let text = error.to_string();
                if error.kind() != ErrorKind::Type || !error.reason().contains(refused.says) {
                    failures.push(format!("  {of} should say `{}`, but says `{text}`", refused.says));
                }
                if !text.contains(refused.op.name()) || !types.iter().all(|ty| text.contains(ty.as_str())) {
                    failures.push(format!("  {of}: `{text}` does not name operation and types"));
                }
                if !text.contains(file!()) {
                    failures.push(format!("  {of}: `{text}` does not name the line that recorded it"));
                }
                if tape.len() != before {
                    failures.push(format!("  {of} left a node on the tape"));
                }
            }
        }
    }
    assert!(failures.is_empty(), "\n{}", failures.join("\n"));
}

/// Operations that hold the code of a user, so have no samples of their own; `can_fail.rs` tests these.
const MADE_BY_USERS: &[&str] = &["custom", "custom_derivative", "with_rule"];

/// The file of an operation: the name of its variant, in lower case without underscores.
fn file_of(op: &Op) -> String {
    format!("{op:?}").split(['(', ' ']).next().unwrap_or_default().to_lowercase()
}

#[test]
fn every_op_file_shows_samples_expected_values_and_refusals() {
    let samples = Op::samples();
    let files = |ops: Vec<&Op>| ops.into_iter().map(file_of).collect::<BTreeSet<String>>();
    let smooth_or_blocked = files(samples.iter().map(|sample| &sample.op).collect());
    let expected = files(samples.iter().filter(|s| s.expected.is_some()).map(|s| &s.op).collect());
    let refusals = Op::refusals();
    let refused = files(refusals.iter().map(|refused| &refused.op).collect());
    let mut missing = Vec::new();
    for file in Op::FILES.iter().filter(|file| !MADE_BY_USERS.contains(file)) {
        let key = file.replace('_', "");
        for (what, shown) in [("samples", &smooth_or_blocked), ("expected values", &expected), ("refusals", &refused)] {
            if !shown.contains(&key) {
                missing.push(format!("  ops/{file}.rs has no {what}"));
            }
        }
    }
    assert!(missing.is_empty(), "\n{}", missing.join("\n"));
}

#[test]
fn differentiable_operations_have_smooth_samples() {
    let samples = Op::samples();
    let smooth: BTreeSet<String> = samples.iter().filter(|s| s.smooth).map(|s| file_of(&s.op)).collect();
    let differentiable = |s: &&cinta::ops::Sample| {
        (0..s.inputs.len()).any(|i| s.inputs[i].dtype().is_float() && s.op.blocks(i).is_none())
    };
    let missing: BTreeSet<String> =
        samples.iter().filter(differentiable).map(|s| file_of(&s.op)).filter(|file| !smooth.contains(file)).collect();
    assert!(missing.is_empty(), "no smooth sample of {missing:?}");
}
