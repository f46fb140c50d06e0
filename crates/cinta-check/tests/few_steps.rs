//! A few steps are enough where a line is what it seems, and hide nothing where it is not.
use cinta_check::{Report, Verdict, check_gradient};

/// At most so many values an entry where nothing is hard: all steps would be 80.
const EASY: usize = 40;

type Function = fn(f64) -> f64;

#[track_caller]
fn is(report: &Report, verdict: Verdict) {
    assert_eq!(report.verdict(), verdict, "{report}");
}

/// A function of one number beside sin, at a point, and its slope there.
fn checked(f: impl Fn(f64) -> f64, x: f64, slope: f64) -> Report {
    check_gradient(|x: &f64| x.sin() + f(*x), |_| slope, &x)
}

#[test]
fn smooth_functions_take_few_values() {
    let x: Vec<f64> = (0..20).map(|i| f64::from(i).sin() + 0.1).collect();
    let smooth: [(Function, Function); 5] = [
        (f64::sin, f64::cos),
        (f64::exp, f64::exp),
        (|x| x * x * x, |x| 3.0 * x * x),
        (f64::tanh, |x| x.cosh().powi(-2)),
        (|x| (1.0 + x * x).ln(), |x| 2.0 * x / (1.0 + x * x)),
    ];
    for (f, df) in smooth {
        let sum = |x: &Vec<f64>| x.iter().map(|x| f(*x)).sum::<f64>();
        for factor in [1.0, 1.0 + 1e-4, -1.0] {
            let slopes = |x: &Vec<f64>| {
                let mut slopes: Vec<f64> = x.iter().map(|x| df(*x)).collect();
                slopes[3] *= factor;
                slopes
            };
            let report = check_gradient(sum, slopes, &x);
            is(&report, if factor == 1.0 { Verdict::Right } else { Verdict::Wrong });
            assert!(report.evaluations() <= EASY * x.len(), "{} values: {report}", report.evaluations());
            assert!(factor != 1.0 || report.digits() > 11.0, "{report}");
        }
    }
}

#[test]
fn kinks_beside_the_point_are_seen() {
    for x in [0.0_f64, 0.5, 3.1] {
        for distance in [1e-3, 1e-6, 1e-9, -1e-4, -1e-7, -1e-10] {
            let kink = |z: f64| (z - x - distance).abs();
            let slope = x.cos() - f64::signum(distance);
            is(&checked(kink, x, slope), Verdict::Right);
            // The slope beyond the kink, and the one between.
            is(&checked(kink, x, slope + 2.0 * distance.signum()), Verdict::Wrong);
            is(&checked(kink, x, slope + distance.signum()), Verdict::Wrong);
        }
        is(&checked(|z| (z - x).abs(), x, x.cos()), Verdict::Kink);
    }
}

#[test]
fn bumps_around_the_point_are_seen() {
    for x in [0.0_f64, 0.5, 3.1] {
        for width in [1e-1, 1e-2, 1e-3, 1e-4, 1e-5, 1e-6] {
            let bump = |z: f64| width * ((z - x) / width) / (1.0 + ((z - x) / width).powi(2));
            is(&checked(bump, x, x.cos() + 1.0), Verdict::Right);
            is(&checked(bump, x, x.cos()), Verdict::Wrong); // the slope from afar
            is(&checked(bump, x, x.cos() + 0.9999), Verdict::Wrong);
        }
    }
}

#[test]
fn plateaus_beside_the_point_are_no_slope() {
    // Units so saturated that nothing moves, with a dip some way off.
    for (centre, scales) in [(0.0, [1e4, 1e5, 1e6, 1e8]), (0.3, [1e4, 1e5, 1e6, 1e7])] {
        for (scale, z) in scales.into_iter().flat_map(|scale| [20.0_f64, 21.0, 22.0].map(|z| (scale, z))) {
            let dip = |x: &f64| 5.0 * (scale * (x - centre)).tanh().powi(2);
            let at = centre + z / scale;
            let report = check_gradient(dip, |_| 10.0 * scale * z.tanh() / z.cosh().powi(2), &at);
            assert_ne!(report.verdict(), Verdict::Wrong, "{scale} {z}: {report}");
        }
    }
}

#[test]
fn noise_and_rounded_values_are_known() {
    for x in [0.5_f64, 3.1] {
        for size in [1e-12, 1e-9, 1e-6] {
            let noise = |z: f64| size * (1e15 * z).sin();
            let report = checked(noise, x, x.cos());
            assert_ne!(report.verdict(), Verdict::Wrong, "{size}: {report}");
            is(&checked(noise, x, -x.cos()), Verdict::Wrong);
            let rounded = |claim: f64| check_gradient(|z: &f64| (z.sin() / size).round() * size, |_| claim, &x);
            assert_ne!(rounded(x.cos()).verdict(), Verdict::Wrong, "{}", rounded(x.cos()));
            is(&rounded(2.0 * x.cos()), Verdict::Wrong);
        }
    }
}

#[test]
fn roots_at_zero_have_no_slope() {
    let root = |x: &[f64; 2]| x[0].abs().sqrt() + x[1];
    assert_ne!(check_gradient(root, |_| [0.0, 2.0], &[0.0, 1.0]).verdict(), Verdict::Right);
    assert_ne!(check_gradient(|x: &f64| x.sqrt(), |_| 1e3, &0.0).verdict(), Verdict::Right);
    assert_ne!(check_gradient(|x: &f64| x.sqrt(), |_| 0.0, &0.0).verdict(), Verdict::Right);
}

#[test]
fn small_errors_in_badly_scaled_entries_are_found() {
    let f = |x: &[f64; 3]| (x[0] / 1e-6).sin() + (x[1] / 1e5).exp() * (1.0 + x[2] * x[2]);
    let at = [0.4e-6, 0.7e5, -1.3];
    let gradient = |x: &[f64; 3]| {
        let exp = (x[1] / 1e5).exp();
        [(x[0] / 1e-6).cos() / 1e-6, exp / 1e5 * (1.0 + x[2] * x[2]), 2.0 * exp * x[2]]
    };
    is(&check_gradient(f, gradient, &at), Verdict::Right);
    for i in 0..3 {
        for off in [1e-2, 1e-6, -1e-7, 1e-8] {
            let wrong = |x: &[f64; 3]| {
                let mut g = gradient(x);
                g[i] *= 1.0 + off;
                g
            };
            is(&check_gradient(f, wrong, &at), Verdict::Wrong);
        }
    }
}
