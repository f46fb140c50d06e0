//! Gradients that are right and others wrong on purpose, and what the checker says of them; see README.md.
//!
//! `cargo test --test checker -- --nocapture` prints the tables. With `CINTA_CHECKER_CASES=folder` the `.jsonl` files of
//! that folder are run as well; with `CINTA_CHECKER_TABLE=file` the tables are written there.
#[path = "../conformance/attributes.rs"]
mod attributes;
mod case;
#[path = "../conformance/corpus.rs"]
#[expect(dead_code, reason = "another test reads the rest of the corpus")]
mod corpus;
mod mutation;
#[path = "../conformance/program.rs"]
#[expect(dead_code, reason = "another test says why a program was refused")]
mod program;
mod scores;
#[path = "../conformance/table.rs"]
mod table;

use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use crate::case::{Case, Outcome};
use crate::scores::Scores;

/// Cases with an unacceptable verdict, and why that is so.
const KNOWN: &[(&str, &str)] =
    &[("no_quantin/entry0.0001", "the values are rounded, and it takes steps of round decimals to see below that")];

/// Runs cases on every processor there is.
fn run(cases: &[Case]) -> Scores {
    let next = AtomicUsize::new(0);
    let work = || {
        let mut outcomes: Vec<(&Case, Option<Outcome>)> = Vec::new();
        while let Some(case) = cases.get(next.fetch_add(1, Ordering::Relaxed)) {
            outcomes.push((case, case.run()));
        }
        outcomes
    };
    let threads = thread::available_parallelism().map_or(1, usize::from);
    let outcomes: Vec<_> = thread::scope(|scope| {
        let workers: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        workers.into_iter().flat_map(|worker| worker.join().expect("no panic")).collect()
    });
    Scores::of(&outcomes)
}

fn shown(scores: &Scores) -> String {
    let missing = scores.unsupported.len();
    let unacceptable = scores.unacceptable.join("\n");
    format!("{}\nnot run for want of an operation: {missing}\nunacceptable:\n{unacceptable}", scores.tables())
}

#[test]
fn gradients_are_judged_as_they_are() {
    let scores = run(&Case::read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/checker")));
    println!("{}", shown(&scores));
    if let Some(file) = std::env::var_os("CINTA_CHECKER_TABLE") {
        std::fs::write(file, scores.tables()).expect("a file that can be written");
    }
    assert!(scores.right > 70, "only {} right gradients were run", scores.right);
    assert!(scores.false_alarms.is_empty(), "called wrong, and right: {:?}", scores.false_alarms);
    let known = |line: &&String| KNOWN.iter().any(|(id, _)| line.starts_with(id));
    let unknown: Vec<&String> = scores.unacceptable.iter().filter(|line| !known(line)).collect();
    assert!(unknown.is_empty(), "unacceptable verdicts: {unknown:#?}");
}

#[test]
fn right_gradients_at_points_nearby_are_never_wrong() {
    let cases = Case::read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/checker"));
    let cases: Vec<Case> = cases.into_iter().chain(own()).collect();
    let mut programs = std::collections::BTreeSet::new();
    let first = |case: &&Case| programs.insert(case.id.split('/').next().unwrap_or_default().to_owned());
    let functions: Vec<&Case> = cases.iter().filter(first).collect();
    let nearby: Vec<Case> = functions.iter().flat_map(|case| (1..=3).map(|k| case.nearby(k))).collect();
    let scores = run(&nearby);
    println!("{} right gradients", scores.right);
    assert!(scores.right > 1000, "only {} right gradients were run", scores.right);
    assert!(scores.false_alarms.is_empty(), "called wrong, and right: {:#?}", scores.unacceptable);
}

/// Cases made for what the checker once judged wrongly, and for all around it.
fn own() -> Vec<Case> {
    Case::read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/checker/own"))
}

#[test]
fn so_are_our_own() {
    let scores = run(&own());
    assert!(scores.right > 200, "only {} right gradients were run", scores.right);
    assert!(scores.unacceptable.is_empty(), "unacceptable verdicts: {:#?}", scores.unacceptable);
}

#[test]
fn so_are_those_of_a_folder_from_outside() {
    let Some(folder) = std::env::var_os("CINTA_CHECKER_CASES") else { return };
    let scores = run(&Case::read(Path::new(&folder)));
    println!("{}", shown(&scores));
    assert!(scores.acceptable() >= 99.0, "{:.1} % of the verdicts are acceptable", scores.acceptable());
    assert!(scores.false_alarms.is_empty(), "called wrong, and right: {:?}", scores.false_alarms);
}
