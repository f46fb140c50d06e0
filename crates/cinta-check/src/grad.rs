//! The gradient checker: a recorded gradient beside difference quotients, entry by entry.
use std::fmt;

use cinta_graph::{ArrayType, Error, Tape, Value};

use crate::Function;
use crate::arrays::{epsilon, from_f64s, position};
use crate::quotient::{Estimate, derivative};

/// At most so many entries of an input are checked, evenly spread over it.
const MOST_ENTRIES: usize = 1000;
/// What a measured error is multiplied by before it counts.
const TRUST: f64 = 10.0;
/// The relative difference that counts in no case, in rounding errors: 1e-10 for `f64`.
const RECORDED: f64 = 4.5e5;
/// A measurement less exact than this, relative to the gradient, says nothing.
const VAGUE: f64 = 0.01;

/// What a check of one input found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    /// Every entry agrees with the differences, to their accuracy.
    Right,
    /// Some entry could not be measured: the function is too noisy or not smooth here.
    Unclear,
    /// Some entry is off by more than the differences can be.
    Wrong,
}

/// What was found of one input: the verdict, and the entry that decides it.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Row {
    /// The input's name, or `%` and its number.
    pub input: String,
    /// Its type.
    pub array_type: ArrayType,
    /// The verdict on all entries checked.
    pub verdict: Verdict,
    /// How many entries were checked; all, if they are not more than a thousand.
    pub checked: usize,
    /// How many of them have the verdict.
    pub count: usize,
    /// The entry that is furthest off.
    pub worst: Vec<usize>,
    /// The recorded gradient there.
    pub recorded: f64,
    /// The measured one.
    pub measured: f64,
    /// How far the measured one may be off.
    pub error: f64,
}

/// The result of [`check_grad`]: one row an input that has derivatives.
#[derive(Clone, Debug)]
pub struct Report {
    rows: Vec<Row>,
}

impl Report {
    /// Whether every entry checked is right.
    #[must_use]
    pub fn passed(&self) -> bool {
        self.rows.iter().all(|row| row.verdict == Verdict::Right)
    }

    /// What was found, input by input.
    #[must_use]
    pub fn rows(&self) -> &[Row] {
        &self.rows
    }
}

/// Compares the recorded gradient of a scalar function with difference quotients, entry by entry.
///
/// Quotients of twelve steps, in proportion to the entry, are extrapolated to step 0 and tell their own error;
/// an entry is wrong if it is off by more than ten times that. Cost: 24 evaluations an entry.
///
/// ```
/// use cinta_check::check_grad;
/// use ndarray::array;
/// let (w, x) = (array![[1.0, 2.0], [3.0, 4.0]], array![0.5, -1.0]);
/// let report = check_grad(&|v| v[0].dot(v[1]).sigmoid().sum(), &[w.into(), x.into()])?;
/// assert!(report.passed(), "{report}");
/// # Ok::<(), cinta_graph::Error>(())
/// ```
///
/// # Errors
/// If the function is no float scalar or has no value at the point.
#[track_caller]
pub fn check_grad(f: &Function<'_>, x0: &[Value]) -> Result<Report, Error> {
    let tape = Tape::new();
    let inputs: Vec<_> = x0.iter().map(|value| tape.var(value)).collect();
    let output = f(&inputs);
    output.try_item()?;
    // Indices and masks have no derivatives and are left as they are.
    let (floats, points): (Vec<_>, Vec<_>) =
        inputs.into_iter().zip(x0).filter(|(input, _)| input.dtype().is_float()).unzip();
    let grads = output.try_grad_or_zeros(&floats)?;
    let mut found = Vec::new();
    for ((input, x), grad) in floats.into_iter().zip(points).zip(grads) {
        let ty = x.array_type();
        let recorded = grad.try_value()?.to_f64s();
        let numbers = x.to_f64s();
        let stride = numbers.len().div_ceil(MOST_ENTRIES).max(1);
        let mut entries = Vec::new();
        for index in (0..numbers.len()).step_by(stride) {
            let x = numbers[index];
            let scale = if x == 0.0 || !x.is_finite() { 1.0 } else { x.abs() };
            let moved = |h: f64| {
                let moved = numbers.iter().enumerate().map(|(j, &x)| if j == index { x + h * scale } else { x });
                input.try_set(from_f64s(&ty, moved)).ok()?;
                Some(vec![output.try_item().ok()? / scale])
            };
            let epsilon = epsilon(ty.dtype).max(epsilon(output.dtype()));
            let outside = Estimate { value: f64::NAN, error: f64::INFINITY, step: f64::NAN };
            let measured = derivative(moved, epsilon).first().copied().unwrap_or(outside);
            entries.push(Entry { index, recorded: recorded[index], measured, epsilon });
        }
        input.try_set(x)?;
        found.push((input.label(), ty, entries));
    }
    let size = found.iter().flat_map(|(_, _, entries)| entries).map(|e| e.measured.value.abs()).fold(0.0, f64::max);
    Ok(Report { rows: found.into_iter().filter_map(|(input, ty, entries)| row(input, ty, &entries, size)).collect() })
}

struct Entry {
    index: usize,
    recorded: f64,
    measured: Estimate,
    epsilon: f64,
}

impl Entry {
    fn off(&self) -> f64 {
        let off = (self.recorded - self.measured.value).abs();
        if off.is_nan() { f64::INFINITY } else { off }
    }

    /// `size` is the largest entry of the whole gradient.
    fn verdict(&self, size: f64) -> Verdict {
        let Estimate { value, error, .. } = self.measured;
        let tolerance = TRUST * error + RECORDED * self.epsilon * self.recorded.abs().max(value.abs());
        if self.off() > tolerance {
            Verdict::Wrong
        } else if TRUST * error > VAGUE * size && value != 0.0 || error == f64::INFINITY {
            Verdict::Unclear
        } else {
            Verdict::Right
        }
    }
}

/// The row of an input; `None` if it has no entries.
fn row(input: String, array_type: ArrayType, entries: &[Entry], size: f64) -> Option<Row> {
    let by_verdict = |e: &&Entry| (e.verdict(size), e.off());
    let worst = entries.iter().max_by(|a, b| {
        let (a, b) = (by_verdict(a), by_verdict(b));
        a.0.cmp(&b.0).then(a.1.total_cmp(&b.1))
    })?;
    let verdict = worst.verdict(size);
    Some(Row {
        input,
        worst: position(&array_type, worst.index),
        array_type,
        verdict,
        checked: entries.len(),
        count: entries.iter().filter(|e| e.verdict(size) == verdict).count(),
        recorded: worst.recorded,
        measured: worst.measured.value,
        error: worst.measured.error,
    })
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Right => "right",
            Self::Unclear => "unclear",
            Self::Wrong => "wrong",
        })
    }
}

/// A table with a line an input.
impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let header = ["input", "type", "worst entry", "recorded", "measured", "verdict"].map(str::to_owned);
        let line = |row: &Row| {
            [
                row.input.clone(),
                row.array_type.to_string(),
                format!("{:?}", row.worst),
                format!("{:.12e}", row.recorded),
                format!("{:.12e} ± {:.0e}", row.measured, row.error),
                format!("{}, {} of {} entries", row.verdict, row.count, row.checked),
            ]
        };
        let lines: Vec<[String; 6]> = std::iter::once(header).chain(self.rows.iter().map(line)).collect();
        for line in &lines {
            for (column, cell) in line.iter().enumerate() {
                let width = lines.iter().map(|line| line[column].chars().count()).max().unwrap_or(0);
                let end = if column + 1 < line.len() { "  " } else { "\n" };
                write!(f, "{cell:width$}{end}")?;
            }
        }
        Ok(())
    }
}
