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

/// The most trusted entry of the table of the triples h, φ(h), φ(−h), where each h is half the one before.
fn extrapolate(pairs: impl Iterator<Item = (f64, f64, f64)>, epsilon: f64) -> Estimate {
    let mut best = Estimate { value: f64::NAN, error: f64::INFINITY, step: f64::NAN };
    let mut previous: Vec<f64> = Vec::new();
    for (step, plus, minus) in pairs {
        let quotient = (plus - minus) / (2.0 * step);
        if !quotient.is_finite() {
            previous.clear(); // out of the domain: begin anew with smaller steps
            continue;
        }
        let noise = epsilon * (plus.abs().max(minus.abs()) + quotient.abs()) / step;
        if let Some(larger) = previous.first() {
            // Agreement at large steps counts for nothing if the function turns out otherwise nearby.
            let seen = (quotient - best.value).abs() - 2.0 * (quotient - larger).abs() - 2.0 * noise;
            best.error = best.error.max(seen);
        }
        let mut row = vec![quotient];
        let mut power = 1.0;
        for (j, above) in previous.iter().enumerate() {
            power *= 4.0;
            let value = row[j] + (row[j] - above) / (power - 1.0);
            let error = (value - row[j]).abs().max((value - above).abs()) + noise;
            if error < best.error {
                best = Estimate { value, error, step };
            }
            row.push(value);
        }
        previous = row;
    }
    best
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
