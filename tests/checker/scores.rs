//! The scores of a run, as tables.
use std::collections::BTreeMap;
use std::fmt::Write;

use crate::case::{Case, Outcome};

/// What other checkers do on the whole corpus, of which these cases are one half: false alarms and misses in percent,
/// acceptable verdicts in percent, evaluations (median). From the corpus' description.
const OTHERS: &[(&str, f64, f64, f64, usize)] = &[
    ("PyTorch `gradcheck`", 37.0, 36.0, 58.9, 7),
    ("PyTorch `gradcheck`, fast mode", 34.0, 43.0, 56.7, 7),
    ("PyTorch `gradcheck`, tightened", 46.0, 14.0, 73.6, 7),
    ("JAX `check_vjp`", 46.0, 29.0, 64.7, 4),
    ("JAX `check_vjp`, tightened", 55.0, 11.0, 76.5, 4),
    ("PyTensor `verify_grad`", 30.0, 30.0, 64.5, 4),
    ("HIPS autograd `check_grads`", 41.0, 21.0, 72.0, 4),
    ("SciPy `check_grad`, 1e-6", 36.0, 14.0, 75.6, 4),
    ("SciPy `check_grad`, 1e-4", 32.0, 25.0, 68.0, 4),
    ("SciPy `check_grad`, random direction", 38.0, 13.0, 77.9, 2),
    ("central differences, 1e-4 of each entry", 47.0, 19.0, 70.7, 6),
    ("central differences, `allclose`", 39.0, 27.0, 66.3, 6),
    ("central differences, 1e-7 of the norm", 46.0, 12.0, 75.6, 6),
    ("numdifftools with its error estimate", 34.0, 2.0, 70.0, 91),
    ("numdifftools, 1e-6", 52.0, 11.0, 71.1, 91),
    ("Ridders' scheme, a prototype tuned on the corpus", 0.6, 0.6, 98.6, 161),
];

/// Cases counted, and those with an acceptable verdict.
#[derive(Clone, Copy, Debug, Default)]
struct Count {
    all: usize,
    acceptable: usize,
}

impl Count {
    fn add(&mut self, acceptable: bool) {
        self.all += 1;
        self.acceptable += usize::from(acceptable);
    }

    fn percent(self) -> f64 {
        100.0 * self.acceptable as f64 / self.all.max(1) as f64
    }
}

/// What a run of the corpus comes to.
#[derive(Debug, Default)]
pub(crate) struct Scores {
    all: Count,
    classes: BTreeMap<String, Count>,
    /// By the power of ten of the relative change of the gradient.
    sizes: BTreeMap<i32, Count>,
    /// Right gradients, and those called wrong.
    pub(crate) right: usize,
    pub(crate) false_alarms: Vec<String>,
    /// Wrong gradients that differences can tell, and those called right.
    wrong: usize,
    misses: usize,
    evaluations: Vec<usize>,
    /// A line for each unacceptable verdict.
    pub(crate) unacceptable: Vec<String>,
    pub(crate) unsupported: Vec<String>,
}

impl Scores {
    pub(crate) fn of(outcomes: &[(&Case, Option<Outcome>)]) -> Self {
        let mut scores = Self::default();
        for (case, outcome) in outcomes {
            match outcome {
                Some(outcome) => scores.add(case, outcome),
                None => scores.unsupported.push(case.id.clone()),
            }
        }
        scores.evaluations.sort_unstable();
        scores
    }

    fn add(&mut self, case: &Case, outcome: &Outcome) {
        self.all.add(outcome.acceptable);
        self.classes.entry(case.class.clone()).or_default().add(outcome.acceptable);
        if let Some(change) = case.change().filter(|_| case.truth == "wrong") {
            let size = if change.is_finite() { change.log10().floor().clamp(-12.0, 0.0) } else { 0.0 };
            #[expect(clippy::cast_possible_truncation, reason = "a small whole number")]
            self.sizes.entry(size as i32).or_default().add(outcome.acceptable);
        }
        if case.truth == "right" {
            self.right += 1;
            if outcome.said == "wrong" {
                self.false_alarms.push(case.id.clone());
            }
        }
        if case.truth == "wrong" && case.is_decided() {
            self.wrong += 1;
            self.misses += usize::from(outcome.said == "right");
        }
        self.evaluations.push(outcome.evaluations);
        if !outcome.acceptable {
            let said = format!("{} ({}): says {}, truth {}", case.id, case.class, outcome.said, case.truth);
            self.unacceptable.push(format!("{said}\n{}", outcome.report));
        }
    }

    pub(crate) fn acceptable(&self) -> f64 {
        self.all.percent()
    }

    /// The tables, in Markdown.
    pub(crate) fn tables(&self) -> String {
        let mut text = String::from("| checker | false alarms | misses | acceptable | evaluations, median |\n");
        text += "|---|---|---|---|---|\n";
        let alarms = 100.0 * self.false_alarms.len() as f64 / self.right.max(1) as f64;
        let misses = 100.0 * self.misses as f64 / self.wrong.max(1) as f64;
        let median = self.evaluations.get(self.evaluations.len() / 2).copied().unwrap_or(0);
        let mut line = |name: &str, alarms: f64, misses: f64, acceptable: f64, evaluations: usize| {
            writeln!(text, "| {name} | {alarms:.1} % | {misses:.1} % | {acceptable:.1} % | {evaluations} |")
                .expect("a String takes any text");
        };
        line("**Cinta**", alarms, misses, self.acceptable(), median);
        for (name, alarms, misses, acceptable, evaluations) in OTHERS {
            line(name, *alarms, *misses, *acceptable, *evaluations);
        }
        text += "\n| class | cases | acceptable |\n|---|---|---|\n";
        for (class, count) in &self.classes {
            writeln!(text, "| {class} | {} | {} |", count.all, count.acceptable).expect("a String takes any text");
        }
        text += "\n| size of the error, relative to the gradient | wrong gradients | acceptable |\n|---|---|---|\n";
        for (size, count) in self.sizes.iter().rev() {
            writeln!(text, "| from 1e{size} | {} | {} |", count.all, count.acceptable)
                .expect("a String takes any text");
        }
        text
    }
}
