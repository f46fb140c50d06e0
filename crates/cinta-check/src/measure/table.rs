//! Difference quotients of all steps, extrapolated to step 0 (Ridders, *Accurate computation of F′(x) and
//! F″(x)*, Adv. Eng. Software 4, 1982; Neville's scheme, so any falling steps will do).
use super::ladder::{Ladder, Rung};

/// Which points a quotient takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Method {
    /// (ψ(t) − ψ(−t)) / 2t, with an error in t², t⁴, …
    Central,
    /// ψ(t) / t, with an error in t, t², …
    Forward,
    /// −ψ(−t) / t.
    Backward,
}

impl Method {
    pub(crate) const ALL: [Self; 3] = [Self::Central, Self::Forward, Self::Backward];

    /// How many columns: orders 2 to 8 and 1 to 5.
    fn columns(self) -> usize {
        if self == Self::Central { 4 } else { 5 }
    }

    fn quotient(self, rung: &Rung) -> f64 {
        match self {
            Self::Central => (rung.plus.defect - rung.minus.defect) / (2.0 * rung.step),
            Self::Forward => rung.plus.defect / rung.step,
            Self::Backward => -rung.minus.defect / rung.step,
        }
    }

    /// By which share the error of a quotient falls where the step falls by a ratio.
    fn fall(self, ratio: f64) -> f64 {
        if self == Self::Central { ratio * ratio } else { ratio }
    }
}

/// A quotient, extrapolated or not.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Quotient {
    pub(crate) value: f64,
    /// What an error of 1 in every value would make of it.
    pub(crate) noise: f64,
    /// The smallest step in it.
    pub(crate) step: f64,
    /// The largest |φ| in it.
    pub(crate) size: f64,
    /// How far apart the slopes of both sides are at its smallest step, of central ones.
    pub(crate) gap: f64,
}

/// The quotients of one method and order, at falling steps; none where a point is out of the domain.
pub(crate) type Column = Vec<Quotient>;

/// Every column of a method.
pub(crate) fn columns(ladder: &Ladder, method: Method) -> Vec<Column> {
    let mut columns = vec![Column::new(); method.columns()];
    // The last row, and its steps: the newest first.
    let mut above: Vec<Quotient> = Vec::new();
    let mut steps: Vec<f64> = Vec::new();
    for rung in &ladder.rungs {
        let value = method.quotient(rung);
        if !value.is_finite() {
            (above, steps) = (Vec::new(), Vec::new());
            continue;
        }
        let central = method == Method::Central;
        let noise = if central { 1.0 } else { 2.0 } / rung.step;
        let gap = if central { (rung.plus.defect + rung.minus.defect).abs() / rung.step } else { 0.0 };
        let mut row = vec![Quotient { value, noise, step: rung.step, size: rung.size, gap }];
        for (j, old) in above.iter().enumerate().take(method.columns() - 1) {
            let left = row[j];
            let weight = 1.0 / (method.fall(steps[j] / rung.step) - 1.0);
            row.push(Quotient {
                value: left.value + (left.value - old.value) * weight,
                noise: left.noise * (1.0 + weight) + old.noise * weight,
                step: rung.step,
                size: left.size.max(old.size),
                gap,
            });
        }
        for (column, quotient) in columns.iter_mut().zip(&row) {
            column.push(*quotient);
        }
        steps.insert(0, rung.step);
        above = row;
    }
    columns
}
