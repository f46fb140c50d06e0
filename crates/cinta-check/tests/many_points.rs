//! Right gradients of many functions at many points are never called wrong, and wrong ones never right.
use cinta_check::{Check, Verdict};

/// A function of one number, its derivative, and the least and greatest exponent of 10 of the points to try.
type Row = (&'static str, fn(f64) -> f64, fn(f64) -> f64, i32, i32);

const FUNCTIONS: &[Row] = &[
    ("sin", f64::sin, f64::cos, -9, 3),
    ("exp", f64::exp, f64::exp, -9, 2),
    ("tanh", f64::tanh, |x| 1.0 / x.cosh().powi(2), -9, 1),
    ("log", |x| x.abs().ln(), |x| 1.0 / x, -12, 12),
    ("square", |x| x * x, |x| 2.0 * x, -9, 9),
    ("sqrt", |x| x.abs().sqrt(), |x| 0.5 * x.signum() / x.abs().sqrt(), -10, 10),
    ("cube", |x| x.powi(3), |x| 3.0 * x * x, -5, 5),
    ("reciprocal", |x| 1.0 / x, |x| -1.0 / (x * x), -6, 6),
    ("gaussian", |x| (-x * x).exp(), |x| -2.0 * x * (-x * x).exp(), -3, 0),
    ("atan", f64::atan, |x| 1.0 / (1.0 + x * x), -9, 9),
    ("softplus", |x| x.exp().ln_1p(), |x| 1.0 / (1.0 + (-x).exp()), -9, 1),
    ("bump", |x| 1.0 / (1e-6 + x * x), |x| -2.0 * x / (1e-6 + x * x).powi(2), -5, 2),
    ("large offset", |x| 1e9 + x.sin(), f64::cos, -2, 1),
    ("wave", |x| (1e3 * x).sin(), |x| 1e3 * (1e3 * x).cos(), -4, 1),
    ("abs", f64::abs, f64::signum, -8, 8),
    ("relu", |x| x.max(0.0), |x| if x > 0.0 { 1.0 } else { 0.0 }, -8, 8),
    ("sin far away", f64::sin, f64::cos, 14, 18),
    ("x / x", |x| x / std::convert::identity(x), |x| 1.0 / x - x / (x * x), -3, 0),
    ("rounded parabola", |x| (x * x / 1e-3).round() * 1e-3, |x| 2.0 * x, -6, 0),
    ("floor", f64::floor, |_| 0.0, -1, 4),
    ("floor + x²", |x| x.floor() + x * x, |x| 2.0 * x, -1, 2),
    ("x log x", |x| x * x.abs().ln(), |x| x.abs().ln() + 1.0, -9, 3),
    ("cancelling", |x| (1.0 - x.cos()) / x, |x| (x * x.sin() + x.cos() - 1.0) / (x * x), -2, 1),
    ("power", |x| x.abs().powf(0.3), |x| 0.3 * x.signum() * x.abs().powf(-0.7), -9, 9),
    ("quantised", |x| (x.exp() / 1e-4).round() * 1e-4, f64::exp, -2, 0),
    ("single", |x| to_single((2.0 * x).sin()), |x| 2.0 * (2.0 * x).cos(), -1, 0),
];

/// Rounded to single precision, in double (Dekker).
fn to_single(x: f64) -> f64 {
    let split = x * 536_870_913.0;
    split - (split - x)
}

/// Numbers in [0, 1), the same in every run.
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> f64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 11) as f64 / (1_u64 << 53) as f64
    }
}

#[test]
fn right_gradients_are_never_wrong_and_wrong_ones_never_right() {
    let mut numbers = Numbers(1);
    let (mut failures, mut seen, mut unclear) = (Vec::new(), 0, 0);
    for &(name, f, slope, low, high) in FUNCTIONS {
        for _ in 0..60 {
            let mut point = || {
                let exponent = f64::from(low) + numbers.next() * f64::from(high - low);
                let sign = if numbers.next() < 0.5 { -1.0 } else { 1.0 };
                sign * 10.0_f64.powf(exponent)
            };
            let x = [point(), point()];
            let value = |x: &[f64; 2]| f(x[0]) + f(x[1]);
            let right = |x: &[f64; 2]| [slope(x[0]), slope(x[1])];
            if !right(&x).iter().all(|g| g.is_finite()) {
                continue;
            }
            let report = Check::new().quiet().gradient(value, right, &x);
            seen += 1;
            unclear += usize::from(report.verdict() == Verdict::Unclear);
            if report.verdict() == Verdict::Wrong {
                failures.push(format!("{name} at {x:?} is right:\n{report}"));
            }
            let largest = usize::from(slope(x[1]).abs() > slope(x[0]).abs());
            if slope(x[largest]) == 0.0 {
                continue;
            }
            let wrong = |x: &[f64; 2]| {
                let mut g = right(x);
                g[largest] *= 1.01;
                g
            };
            let report = Check::new().quiet().gradient(value, wrong, &x);
            if report.verdict() == Verdict::Right && report.resolution() < 1e-3 {
                failures.push(format!("{name} at {x:?} is wrong by 1 %:\n{report}"));
            }
        }
    }
    println!("{seen} right gradients, {unclear} of them unclear");
    assert!(failures.is_empty(), "{} failures\n{}", failures.len(), failures.join("\n"));
}
