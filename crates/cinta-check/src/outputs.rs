//! Functions of several outputs: what is claimed of them is checked by combinations, in which each output has a weight
//! that makes it as large as the others, and output by output where a combination is not plainly right.
use std::ops::Range;

use cinta_graph::DType;

use crate::arrays::magnitudes;
use crate::gradient::Problem;
use crate::inputs::{Arrays, Layout};
use crate::measure::{Space, Values};
use crate::options::Options;
use crate::random;
use crate::report::{Report, Verdict};

/// An output is no smaller than this share of its value, whatever its slopes: the rest is its rounding.
const LEAST: f64 = 1e-8;
/// No weight is larger than the smallest one by more than this.
const MOST: f64 = 1e30;

/// A function at a point, and what is claimed of it.
pub(crate) struct Outputs<'a, P> {
    pub(crate) title: &'a str,
    pub(crate) f: &'a dyn Fn(&P) -> Layout,
    pub(crate) x: &'a P,
    pub(crate) at: &'a Layout,
    pub(crate) space: Space,
    /// f(x).
    pub(crate) output: &'a Layout,
    /// What is claimed to be Jᵀ ct.
    pub(crate) claim: &'a dyn Fn(&[f64]) -> Vec<f64>,
    pub(crate) claimed_in: Option<Vec<DType>>,
}

/// How large each output is: what its row of a Jacobian makes of inputs that move by their own magnitudes.
pub(crate) fn sizes<'a>(
    rows: impl Iterator<Item = ndarray::ArrayView1<'a, f64>>,
    inputs: &[f64],
    outputs: &[f64],
) -> Vec<f64> {
    let moves = magnitudes(inputs);
    let moved = |row: ndarray::ArrayView1<'a, f64>| row.iter().zip(&moves).map(|(j, d)| j * d).fold(0.0, f64::hypot);
    rows.zip(outputs).map(|(row, y)| moved(row).max(LEAST * y.abs())).collect()
}

/// Random weights that make outputs of these sizes equally large.
pub(crate) fn weights(sizes: &[f64], seed: u64) -> Vec<f64> {
    let sizes = magnitudes(sizes);
    let largest = sizes.iter().copied().fold(0.0, f64::max);
    let weight = |(r, size): (usize, &f64)| random::number(seed, r) * (largest / size).min(MOST);
    sizes.iter().enumerate().map(weight).collect()
}

impl<P: Arrays> Outputs<'_, P> {
    /// Checks the claims by combinations with the given weights, and by parts of the first that is not right.
    pub(crate) fn examine(&self, options: &Options, combinations: &[Vec<f64>]) -> Report {
        let (mut evaluations, mut last) = (0, None);
        for weights in combinations {
            let rows = weights.len();
            let mut report = self.combination(options, weights, 0..rows);
            if report.verdict != Verdict::Right && rows > 1 {
                report = self.parts(options, weights, report);
            }
            evaluations += report.evaluations;
            let settled = report.verdict != Verdict::Right || rows < 2;
            last = Some(report);
            if settled {
                break;
            }
        }
        Report { evaluations, ..last.expect("one combination at least") }
    }

    /// Splits a combination that is not right, down to the worst row; if no row alone is wrong, the whole still may be.
    fn parts(&self, options: &Options, weights: &[f64], whole: Report) -> Report {
        let mut evaluations = whole.evaluations;
        let middle = weights.len() / 2;
        let mut progress = options.progress(weights.len(), "rows");
        let (mut ranges, mut worst): (_, Option<Report>) = (vec![middle..weights.len(), 0..middle], None);
        while let Some(range) = ranges.pop() {
            let report = self.combination(options, weights, range.clone());
            evaluations += report.evaluations;
            if report.verdict == Verdict::Right || range.len() == 1 {
                range.clone().for_each(|_| progress.step());
                if worst.as_ref().is_none_or(|worst| worst.verdict < report.verdict) {
                    worst = Some(report);
                }
            } else {
                let middle = range.start.midpoint(range.end);
                ranges.extend([middle..range.end, range.start..middle]);
            }
            if worst.as_ref().is_some_and(|worst| worst.verdict == Verdict::Wrong) {
                break;
            }
        }
        let worst = worst.filter(|worst| whole.verdict != Verdict::Wrong || worst.verdict == Verdict::Wrong);
        Report { evaluations, ..worst.unwrap_or(whole) }
    }

    /// Checks a combination of some rows.
    fn combination(&self, options: &Options, weights: &[f64], rows: Range<usize>) -> Report {
        let (all, count) = (weights.len(), rows.len());
        let title = match count {
            1 if all > 1 => format!("{}, row {}", self.title, rows.start),
            0 | 1 => self.title.to_owned(),
            _ if count == all => format!("{}, all {count} rows in a random combination", self.title),
            _ => format!("{}, rows {} to {} in a random combination", self.title, rows.start, rows.end - 1),
        };
        let ct: Vec<f64> = match count {
            1 => (0..all).map(|r| f64::from(u8::from(r == rows.start))).collect(),
            _ => weights.iter().enumerate().map(|(r, w)| if rows.contains(&r) { *w } else { 0.0 }).collect(),
        };
        let combined = |output: &Layout| {
            let numbers = output.numbers();
            let terms = ct.iter().zip(&numbers).filter(|(ct, _)| **ct != 0.0);
            if numbers.len() == all { terms.map(|(ct, y)| y * ct).sum() } else { f64::NAN }
        };
        let value =
            |numbers: &[f64]| combined(&(self.f)(&self.x.with_arrays(&mut self.at.values(numbers).into_iter())));
        let problem = Problem {
            title,
            f: Values::one_by_one(value),
            center: Some(combined(self.output)),
            space: self.space.clone(),
            claim: (self.claim)(&ct),
            inputs: self.at.inputs(),
            epsilon: self.output.epsilon(),
            claimed_in: self.claimed_in.clone(),
        };
        problem.examine(options)
    }
}
