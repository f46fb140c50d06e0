//! What small steps show of functions that round as they go along, and what they do not.
use cinta_check::{Check, Mode, Report, Verdict, check_gradient};
use cinta_graph::Value;
use ndarray::{Array1, Array2, array};

#[track_caller]
fn is(report: &Report, verdict: Verdict, says: &str) {
    assert_eq!(report.verdict(), verdict, "{report}");
    assert!(report.to_string().contains(says), "{says:?} is not in: {report}");
}

/// Σ x², term by term.
fn squares(x: &Vec<f64>) -> f64 {
    let mut sum = 0.0;
    for x in x {
        sum += x * x;
    }
    sum
}

#[test]
fn long_sums_in_a_plain_loop_are_right() {
    for n in [1_000, 10_000, 100_000] {
        let ramp: Vec<f64> = (1..=n).map(f64::from).collect();
        let equal = |x: f64| vec![x; ramp.len()];
        for x in [equal(1.0), equal(0.1), ramp.clone()] {
            for mode in [Mode::Auto, Mode::Fast] {
                let check = Check::new().mode(mode);
                let report = check.gradient(squares, |x| x.iter().map(|x| 2.0 * x).collect(), &x);
                is(&report, Verdict::Right, "");
                assert!(report.digits() > 6.0, "{report}");
                let wrong = |x: &Vec<f64>| {
                    let mut g: Vec<f64> = x.iter().map(|x| 2.0 * x).collect();
                    g[x.len() - 8] *= 1.01;
                    g
                };
                is(&check.gradient(squares, wrong, &x), Verdict::Wrong, "");
            }
        }
    }
}

#[test]
fn a_single_number_in_a_long_sum_is_never_wrong() {
    for x in [1.0, 0.1, 3.0, -2.0] {
        let f = |x: &f64| squares(&vec![*x; 100_000]);
        let report = check_gradient(f, |x| 2e5 * x, &x);
        assert_ne!(report.verdict(), Verdict::Wrong, "{report}");
        for factor in [0.0, -1.0, 2.0, 0.5] {
            let report = check_gradient(f, |x| factor * 2e5 * x, &x);
            assert_ne!(report.verdict(), Verdict::Right, "{factor}: {report}");
        }
    }
}

#[test]
fn a_gradient_that_sums_many_entries_is_rounded_as_often() {
    let mean = |x: &Vec<f64>| x.iter().sum::<f64>() / x.len() as f64;
    let variance = |x: &Vec<f64>| x.iter().map(|y| (y - mean(x)).powi(2)).sum::<f64>() / x.len() as f64;
    let gradient = |x: &Vec<f64>| x.iter().map(|y| 2.0 * (y - mean(x)) / x.len() as f64).collect();
    for mode in [Mode::Auto, Mode::Full, Mode::Fast] {
        let report = Check::new().mode(mode).gradient(variance, gradient, &vec![0.7; 100]);
        assert_ne!(report.verdict(), Verdict::Wrong, "{report}");
    }
}

#[test]
fn zeros_of_a_norm_are_kinks_and_hide_nothing() {
    let x: Vec<f64> = (0..3_000).map(|i| if i % 3 == 0 { 0.0 } else { (0.37 * f64::from(i)).sin() }).collect();
    let norm = |x: &Vec<f64>| x.iter().map(|x| x.abs()).sum::<f64>();
    // The slope claimed at zeros, and what is off an entry that is none and one that is.
    let check = |at_zero: f64, off: f64, off_at_zero: f64| {
        let df = |x: &Vec<f64>| {
            let slope = |x: &f64| if *x == 0.0 { at_zero } else { x.signum() };
            let mut g: Vec<f64> = x.iter().map(slope).collect();
            g[700] += off;
            g[900] += off_at_zero;
            g
        };
        check_gradient(norm, df, &x)
    };
    for convention in [0.0, 1.0, -1.0] {
        is(&check(convention, 0.0, 0.0), Verdict::Kink, "kink");
        is(&check(convention, 1e-4, 0.0), Verdict::Wrong, "[700]");
        is(&check(convention, 0.0, 7.0), Verdict::Wrong, "[900]");
    }
}

#[test]
fn a_tangent_with_a_kink_hides_no_other_entry() {
    let f = |x: &[f64; 4]| [x[0].abs() + 3.0 * x[1] * x[1] + x[2] + x[3].sin(), x[3]];
    let pushed =
        |off: f64| move |x: &[f64; 4], t: &[f64; 4]| [(6.0 + off) * x[1] * t[1] + t[2] + x[3].cos() * t[3], t[3]];
    let at = [0.0, 0.4, -1.2, 0.7];
    is(&Check::new().jvp(f, pushed(0.0), &at), Verdict::Kink, "");
    for off in [0.5, -0.1, 1e-3, 1e-5] {
        is(&Check::new().jvp(f, pushed(off), &at), Verdict::Wrong, "entries of it");
    }
    // More kinks than can be looked behind.
    let norm = |x: &Vec<f64>| vec![x.iter().map(|x| x.abs()).sum::<f64>()];
    let report = Check::new().jvp(norm, |_, t| vec![0.1 * t.iter().sum::<f64>()], &vec![0.0; 400]);
    is(&report, Verdict::Unclear, "so many entries have kinks");
}

#[test]
fn counts_beside_large_offsets() {
    for offset in [0.0, 1.0, 1e15, 1e16, 1e17, 1e18] {
        for x in [0.3, 0.5, 5.7, 42.42] {
            let floor = |x: &f64| x.floor() + offset;
            let report = check_gradient(floor, |_| 0.0, &x);
            assert_ne!(report.verdict(), Verdict::Wrong, "{report}");
            for claim in [-1.0, 0.5, 2.0, 1e3] {
                let report = check_gradient(floor, |_| claim, &x);
                assert_ne!(report.verdict(), Verdict::Right, "{report}");
            }
        }
    }
}

#[test]
fn saturated_units_are_never_wrong() {
    for mode in [Mode::Auto, Mode::Full, Mode::Fast] {
        let check = Check::new().mode(mode);
        for k in 0..150_u32 {
            let c = [1.0, 20.0, 1e3, 1e-3, 1e8][k as usize % 5];
            let at = |i: u32| {
                let z = 9.0 + 17.0 * (0.3777 * f64::from(k) + 1.1 * f64::from(i)).sin().abs();
                if (k + i).is_multiple_of(7) { -z / c } else { z / c }
            };
            let x: Vec<f64> = (0..=k % 3).map(at).collect();
            let slope = |x: &f64| c / (c * x).cosh().powi(2);
            let tanh = |x: &Vec<f64>| x.iter().map(|x| (c * x).tanh()).sum::<f64>();
            let even = |x: &Vec<f64>| x.iter().map(|x| 5.0 * (c * x).tanh().powi(2)).sum::<f64>();
            let reports = [
                check.gradient(tanh, |x| x.iter().map(slope).collect(), &x),
                check.gradient(even, |x| x.iter().map(|x| 10.0 * (c * x).tanh() * slope(x)).collect(), &x),
                check.function(&|v| (v[0] * c).tanh().sum(), &[Array1::from(x).into()]).expect("a scalar"),
            ];
            for report in reports {
                assert_ne!(report.verdict(), Verdict::Wrong, "{c} {report}");
            }
        }
    }
    // What cancels to 0 is no smaller than its terms.
    let apart = |x: &[f64; 2]| x[0].tanh() + x[1].tanh();
    let slopes = |x: &[f64; 2]| x.map(|x| 1.0 / x.cosh().powi(2));
    let report = check_gradient(apart, slopes, &[-21.975_815_510_520_462, 24.673_988_036_735_636]);
    assert_ne!(report.verdict(), Verdict::Wrong, "{report}");
    let single: Value = array![-0.010_359_57_f32, 0.007_325_977_6].into();
    let report = Check::new().function(&|v| (v[0] * 1e3).tanh().sum(), &[single]).expect("a scalar");
    assert_ne!(report.verdict(), Verdict::Wrong, "{report}");
}

#[test]
fn numbers_in_single_precision_added_up_in_double() {
    type Slopes = (fn(f32) -> f32, fn(f32) -> f32);
    let functions: [Slopes; 3] = [
        (f32::tanh, |x| 1.0 - x.tanh().powi(2)),
        (f32::sin, f32::cos),
        (|x| (1.0 + x * x).ln(), |x| 2.0 * x / (1.0 + x * x)),
    ];
    for (f, slope) in functions {
        for k in 1..200_u16 {
            let x = vec![(f32::from(k) * 0.37).sin(), 0.001 * f32::from(k), 0.1];
            let sum = |x: &Vec<f32>| 0.7 * x.iter().map(|x| f64::from(f(*x))).sum::<f64>();
            let of = |factor: f32| move |x: &Vec<f32>| x.iter().map(|x| factor * 0.7 * slope(*x)).collect::<Vec<f32>>();
            let report = check_gradient(sum, of(1.0), &x);
            assert_ne!(report.verdict(), Verdict::Wrong, "{report}");
            let wrong = check_gradient(sum, of(1.01), &x);
            assert_eq!(wrong.verdict(), Verdict::Wrong, "{wrong}");
            let one =
                Check::new().jacobian(sum, |x| Array2::from_shape_fn((1, 3), |(_, i)| f64::from(of(1.0)(x)[i])), &x);
            assert_ne!(one.verdict(), Verdict::Wrong, "{one}");
        }
    }
}
