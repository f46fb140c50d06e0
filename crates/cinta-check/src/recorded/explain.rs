//! Where differences of the whole function are no help: what the graph itself tells.
use cinta_graph::{DType, Error, Value, Var};

use super::{Gradient, InDoubles, Recorded};
use crate::measure::Direction;
use crate::report::{Report, Verdict};
use crate::rules::Found;
use crate::{dual, rounding, rules};

/// Dual numbers agree with a claim that is off by no more than this share, or by what rounding makes of it.
const AGREES: f64 = 1e-7;
/// The same of a claim in single precision.
const AGREES_IN_SINGLE: f64 = 1e-4;

impl Recorded<'_, '_> {
    /// Asks the graph itself: whose rule is wrong, and where differences of the whole are no help, what those of its
    /// operations say along some directions.
    pub(super) fn explain(
        &self,
        report: &mut Report,
        doubles: &InDoubles<'_>,
        gradient: &Gradient<'_>,
        along: &[Direction],
        sound: bool,
    ) -> Result<(), Error> {
        let apart = || self.apart(doubles, gradient, along);
        if !matches!(report.verdict, Verdict::Wrong | Verdict::Unclear) {
            if report.verdict == Verdict::Right
                && !along.is_empty()
                && let Some(apart) = apart()?
            {
                report.notes.push(format!("dual numbers agree with the claim to {:.0} digits", digits(apart)));
            }
            return Ok(());
        }
        let Found { faults, kinks } = rules::examine(self.output, &self.inputs, &self.check.options, !sound)?;
        report.faults = faults;
        if !report.faults.is_empty() {
            report.notes.extend(report.faults.iter().map(ToString::to_string));
            report.verdict = Verdict::Wrong;
            return Ok(());
        }
        if report.verdict == Verdict::Wrong && !kinks.is_empty() {
            let (kinks, why) = (kinks.join(", "), "what their conventions make together is no slope of the whole");
            report.notes.push(format!("every rule is right at its operands, and there are kinks, of {kinks}: {why}"));
        } else if sound
            && !along.is_empty()
            && let Some(apart) = apart()?
        {
            report.settle(apart.max(f64::EPSILON), |i| doubles.slope(&[(i, 1.0)]));
            let why = "every rule is right at its operands, and dual numbers agree with the claim, to";
            report.notes.push(format!("{why} {:.0} digits; differences are no help here", digits(apart)));
            for kink in kinks {
                report.verdict = Verdict::Kink;
                report.notes.push(format!("{kink} has a kink at its operands: its slope is a convention"));
            }
        } else if report.verdict == Verdict::Wrong {
            report.notes.push("every node's own rule is right at its operands".to_owned());
        }
        Ok(())
    }

    /// How far a claim is off what dual numbers give along some directions, relative to what its entries make of it, or
    /// to the terms that cancelled in it; `None` if that is more than rounding explains.
    fn apart(
        &self,
        doubles: &InDoubles<'_>,
        gradient: &Gradient<'_>,
        along: &[Direction],
    ) -> Result<Option<f64>, Error> {
        let claim = gradient.claim.concat();
        let epsilon = self.inputs.iter().map(|var| crate::arrays::epsilon(var.dtype())).fold(f64::EPSILON, f64::max);
        let agrees = if epsilon > f64::EPSILON { AGREES_IN_SINGLE } else { AGREES };
        let (mut worst, mut moved) = (0.0_f64, None);
        for Direction { moves, .. } in along {
            let terms = || moves.iter().map(|(i, d)| claim[*i] * d);
            let (claimed, own) = (terms().sum::<f64>(), terms().fold(0.0, f64::hypot));
            let off = (claimed - doubles.slope(moves)).abs();
            if off <= agrees * own {
                worst = worst.max(if off == 0.0 { 0.0 } else { off / own });
                continue;
            }
            if moved.is_none() {
                moved = Some(gradient.rounding(&self.inputs)?);
            }
            let moved = moved.as_ref().map_or(&[][..], |moved| moved);
            let slack: f64 = moves.iter().map(|(i, d)| (moved[*i] * d).abs()).sum();
            if off.is_nan() || off > slack {
                return Ok(None);
            }
            // Terms of this size leave so much rounding.
            worst = worst.max(off * rounding::ROUNDINGS * epsilon / slack);
        }
        Ok(Some(worst))
    }
}

fn digits(apart: f64) -> f64 {
    -apart.max(f64::EPSILON).log10().ceil()
}

impl InDoubles<'_> {
    /// The slope along a direction, by dual numbers; NaN if it cannot be had.
    fn slope(&self, moves: &[(usize, f64)]) -> f64 {
        let mut tangent = vec![0.0; self.at.numbers().len()];
        for (i, d) in moves {
            tangent[*i] = *d;
        }
        let pairs: Vec<(Var<'_>, Value)> = self.inputs.iter().copied().zip(self.at.values(&tangent)).collect();
        let pushed = dual::pushed(self.output, &pairs);
        pushed.map_or(f64::NAN, |pushed| pushed.iter().zip(&self.cts).map(|(y, ct)| y * ct).sum())
    }

    /// Whether dual numbers can be asked.
    pub(super) fn has_duals(&self) -> bool {
        self.output.dtype() == DType::F64
    }
}
