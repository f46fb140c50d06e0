//! The outcome of many cases: what failed, and a table of families.
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use crate::corpus::Case;
use crate::derivatives::Outcome;
use crate::exceptions::CONVENTIONS;
use crate::traced::plain;

/// Counts of one family.
#[derive(Default)]
struct Family {
    passed: usize,
    failed: usize,
    unsupported: usize,
}

/// What became of the cases.
pub(crate) struct Report {
    pub(crate) table: String,
    pub(crate) failures: Vec<String>,
    /// Operations that stopped a case.
    pub(crate) unsupported: BTreeSet<String>,
}

impl Report {
    pub(crate) fn of(cases: &[Case]) -> Self {
        let mut families: BTreeMap<&str, Family> = BTreeMap::new();
        let mut failures = Vec::new();
        let mut stopped: BTreeMap<String, usize> = BTreeMap::new();
        for case in cases {
            let family = families.entry(&case.family).or_default();
            match case.check() {
                Outcome::Unsupported(op) => {
                    family.unsupported += 1;
                    *stopped.entry(op).or_default() += 1;
                }
                Outcome::Checked(found) => {
                    let (ours, reason) = convention(&case.id);
                    let wrong =
                        found.iter().filter(|it| !ours.contains(&it.section) && !ours.contains(&plain(it.section)));
                    let before = failures.len();
                    failures.extend(wrong.map(|failure| format!("{}: {failure}", case.id)));
                    for section in ours.iter().filter(|ours| !found.iter().any(|failure| failure.section == **ours)) {
                        failures.push(format!("{}: {section} no longer differs, though `{reason}`", case.id));
                    }
                    if failures.len() == before {
                        family.passed += 1;
                    } else {
                        family.failed += 1;
                    }
                }
            }
        }
        let table = table(&families, &stopped, cases.iter().filter(|case| case.program.has_scan()).count());
        Self { table, failures, unsupported: stopped.into_keys().collect() }
    }
}

/// The sections in which a case follows another convention, and the reason.
fn convention(id: &str) -> (&'static [&'static str], &'static str) {
    CONVENTIONS.iter().find(|(case, ..)| *case == id).map_or((&[], ""), |(_, sections, reason)| (sections, reason))
}

fn table(families: &BTreeMap<&str, Family>, stopped: &BTreeMap<String, usize>, loops: usize) -> String {
    let mut text = format!("{:<12} {:>7} {:>7} {:>14}\n", "family", "passed", "failed", "not supported");
    let mut line = |name: &str, family: &Family| {
        let Family { passed, failed, unsupported } = family;
        writeln!(text, "{name:<12} {passed:>7} {failed:>7} {unsupported:>14}").expect("a string");
    };
    let mut total = Family::default();
    for (name, family) in families {
        line(name, family);
        total.passed += family.passed;
        total.failed += family.failed;
        total.unsupported += family.unsupported;
    }
    line("all", &total);
    let ops: Vec<String> = stopped.iter().map(|(op, cases)| format!("{op} {cases}")).collect();
    writeln!(text, "loops that the test unrolls: {loops} cases").expect("a string");
    writeln!(text, "operations not supported, and the cases they stop: {}", ops.join(", ")).expect("a string");
    text
}
