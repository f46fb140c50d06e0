//! Programs made and differentiated by another system, recorded and differentiated by Cinta; see README.md.
//!
//! `cargo test --test conformance -- --nocapture` prints the tables. With `CINTA_CONFORMANCE=folder` the `.jsonl`
//! files of that folder are run as well.
mod attributes;
mod corpus;
mod derivatives;
mod exceptions;
mod golden;
mod program;
mod refused;
mod report;
mod table;
mod traced;
mod verdict;

use std::collections::BTreeSet;
use std::path::Path;

use crate::corpus::Corpus;
use crate::exceptions::UNSUPPORTED;
use crate::golden::Golden;
use crate::refused::Refusals;
use crate::report::Report;

fn ours() -> Corpus {
    Corpus::read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/conformance"))
}

#[track_caller]
fn nothing_in(failures: &[String]) {
    assert!(failures.is_empty(), "{} failures\n  {}", failures.len(), failures.join("\n  "));
}

/// Operations that are missing although the list does not say so.
#[track_caller]
fn all_listed(unsupported: &BTreeSet<String>) {
    let unknown: Vec<&String> = unsupported.iter().filter(|op| !UNSUPPORTED.contains(&op.as_str())).collect();
    assert!(unknown.is_empty(), "not supported, and not in the list of exceptions.rs: {unknown:?}");
}

#[test]
fn programs_have_their_values_and_derivatives() {
    let report = Report::of(&ours().cases);
    println!("{}", report.table);
    nothing_in(&report.failures);
    let found: Vec<&str> = report.unsupported.iter().map(String::as_str).collect();
    assert_eq!(found, UNSUPPORTED, "the operations found missing are not the list in exceptions.rs");
}

#[test]
fn unary_functions_are_exact_to_a_few_ulp_and_so_are_three_derivatives() {
    let golden = Golden::of(&ours().rows);
    println!("{}", golden.table);
    nothing_in(&golden.failures);
    all_listed(&golden.unsupported);
}

#[test]
fn wrong_programs_are_refused() {
    let Refusals { by_cinta, by_types, failures, unsupported } = Refusals::of(&ours().refused);
    println!("refused by Cinta: {by_cinta}, by Rust's types: {by_types}, not supported: {unsupported:?}");
    nothing_in(&failures);
    all_listed(&unsupported);
}

#[test]
fn so_do_those_of_a_folder_from_outside() {
    let Some(folder) = std::env::var_os("CINTA_CONFORMANCE") else { return };
    let corpus = Corpus::read(Path::new(&folder));
    let (report, golden) = (Report::of(&corpus.cases), Golden::of(&corpus.rows));
    let refusals = Refusals::of(&corpus.refused);
    println!("{}\n{}", report.table, golden.table);
    nothing_in(&[report.failures, golden.failures, refusals.failures].concat());
    all_listed(&(&(&report.unsupported | &golden.unsupported) | &refusals.unsupported));
}
