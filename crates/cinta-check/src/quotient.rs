//! Derivatives from values alone: central difference quotients, extrapolated to step 0.
//!
//! The quotient q(h) = (φ(h) − φ(−h)) / 2h has an error of h², h⁴, …. Two quotients of steps h and h/2 cancel
//! the h² term, three the h⁴ term, and so on: Neville's table (Ridders, *Accurate computation of F′(x) and
//! F″(x)*, Adv. Eng. Software 4, 1982). Neighbours in the table tell how far each entry can be trusted, so
//! no step and no tolerance has to be chosen.

/// The first step, as a share of the point; each of the others is half of the one before.
const FIRST_STEP: f64 = 0.25;
const STEPS: usize = 12;

/// A measured derivative.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Estimate {
    /// The derivative.
    pub(crate) value: f64,
    /// How far off it may be, from the table's own disagreement and from rounding.
    pub(crate) error: f64,
    /// The smallest step that went into it.
    pub(crate) step: f64,
}

/// The derivative at 0 of each component of φ, whose values have the relative rounding error `epsilon`.
/// `None` from φ is a step out of its domain.
pub(crate) fn derivative(mut phi: impl FnMut(f64) -> Option<Vec<f64>>, epsilon: f64) -> Vec<Estimate> {
    let mut rows = Vec::with_capacity(STEPS);
    let mut step = FIRST_STEP;
    for _ in 0..STEPS {
        if let (Some(plus), Some(minus)) = (phi(step), phi(-step)) {
            rows.push((step, plus, minus));
        }
        step /= 2.0;
    }
    let components = rows.first().map_or(0, |(_, plus, _)| plus.len());
    let component = |i: usize| extrapolate(rows.iter().map(|(h, plus, minus)| (*h, plus[i], minus[i])), epsilon);
    (0..components).map(component).collect()
}

/// A row of the table: the quotient of a step, then its extrapolations with the steps before.
struct Row {
    step: f64,
    entries: Vec<f64>,
    /// The rounding error of the quotient.
    rounding: f64,
}

impl Row {
    /// The entry that is free of the h² and h⁴ terms, or the nearest to it.
    fn settled(&self) -> f64 {
        self.entries[2.min(self.entries.len() - 1)]
    }
}

/// The most trusted entry of the table of the triples h, φ(h), φ(−h), where each h is half the one before.
fn extrapolate(pairs: impl Iterator<Item = (f64, f64, f64)>, epsilon: f64) -> Estimate {
    let table = table(pairs, epsilon);
    let noise = noise(&table);
    let mut best = Estimate { value: f64::NAN, error: f64::INFINITY, step: f64::NAN };
    for (i, rows) in table.windows(2).enumerate() {
        let [above, row] = rows else { continue };
        let unsure = row.rounding.max(noise / row.step);
        for j in 1..row.entries.len() {
            let (value, left, up) = (row.entries[j], row.entries[j - 1], above.entries[j - 1]);
            // Agreement at large steps counts for nothing if the function turns out otherwise nearby.
            let contradiction =
                |later: &Row| (later.settled() - value).abs() - 2.0 * later.rounding.max(noise / later.step);
            let seen = table[i + 2..].iter().map(contradiction).fold(0.0, f64::max);
            let error = (value - left).abs().max((value - up).abs()).max(seen) + unsure;
            if error < best.error {
                best = Estimate { value, error, step: row.step };
            }
        }
    }
    best
}

fn table(pairs: impl Iterator<Item = (f64, f64, f64)>, epsilon: f64) -> Vec<Row> {
    let mut table: Vec<Row> = Vec::with_capacity(STEPS);
    for (step, plus, minus) in pairs {
        let quotient = (plus - minus) / (2.0 * step);
        if !quotient.is_finite() {
            table.clear(); // out of the domain: begin anew with smaller steps
            continue;
        }
        let mut entries = vec![quotient];
        let mut power = 1.0;
        for (j, above) in table.last().map_or(&[][..], |row| &row.entries).iter().enumerate() {
            power *= 4.0;
            entries.push(entries[j] + (entries[j] - above) / (power - 1.0));
        }
        let rounding = epsilon * (plus.abs().max(minus.abs()) + quotient.abs()) / step;
        table.push(Row { step, entries, rounding });
    }
    table
}

/// The noise of φ as the smallest steps show it, where nothing else is left to differ. It weighs on a
/// quotient as noise / h.
fn noise(table: &[Row]) -> f64 {
    let last = &table[table.len().saturating_sub(5)..];
    last.windows(2).map(|rows| (rows[1].settled() - rows[0].settled()).abs() * rows[1].step).fold(0.0, f64::max)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn along(f: impl Fn(f64) -> f64) -> Estimate {
        derivative(|h| Some(vec![f(h)]), f64::EPSILON)[0]
    }

    #[test]
    fn smooth_functions_are_measured_to_eleven_digits() {
        for (f, exact) in [
            (f64::exp as fn(f64) -> f64, 1.0),
            (|h| (1.0 + h).ln(), 1.0),
            (|h| (3.0 * h + 1.0).sin(), 3.0 * 1.0_f64.cos()),
            (|h| (1.0 + h).powi(-5), -5.0),
            (|_| 4.0, 0.0),
        ] {
            let measured = along(f);
            assert!((measured.value - exact).abs() <= measured.error, "{measured:?} against {exact}");
            assert!(measured.error < 1e-10, "{measured:?}");
        }
    }

    #[test]
    fn steps_out_of_the_domain_are_left_out() {
        let measured = along(|h| (h + 0.1).sqrt());
        let exact = 0.5 / 0.1_f64.sqrt();
        assert!((measured.value - exact).abs() <= measured.error && measured.error < 1e-8, "{measured:?}");
    }

    #[test]
    fn large_steps_across_a_kink_are_overruled() {
        let measured = along(|h| (h + 0.01).max(0.0));
        assert!((measured.value - 1.0).abs() < 1e-11, "{measured:?}");
    }

    #[test]
    fn noise_widens_the_error() {
        let noisy = |h: f64| h.exp() + 1e-7 * (1e9 * h).sin();
        let measured = along(noisy);
        assert!((measured.value - 1.0).abs() <= 10.0 * measured.error, "{measured:?}");
    }
}
