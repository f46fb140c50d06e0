//! Functions in plain Rust at points that are hard to judge: badly scaled, steep, at kinks and cusps, out of their domain.
use cinta_check::{Arrays, Check, Domain, Mode, Report, Verdict, check_gradient};
use cinta_graph::Tape;
use ndarray::{Array2, array};

/// Numbers from 1e-8 to 1e8.
fn scaled(n: usize) -> Vec<f64> {
    (0..n).map(|i| 10_f64.powf(-8.0 + 16.0 * i as f64 / n as f64)).collect()
}

#[track_caller]
fn is(report: &Report, verdict: Verdict, says: &str) {
    assert_eq!(report.verdict(), verdict, "{report}");
    assert!(report.to_string().contains(says), "{says:?} is not in: {report}");
}

#[test]
fn badly_scaled_inputs_have_directions_in_their_own_scales() {
    for n in [129, 2_000] {
        for mode in [Mode::Auto, Mode::Fast] {
            let check = Check::new().mode(mode);
            let root = |x: &Vec<f64>| x.iter().map(|x| (1.0 + x * x).sqrt()).sum::<f64>();
            let report = check.gradient(root, |x| x.iter().map(|x| x / (1.0 + x * x).sqrt()).collect(), &scaled(n));
            is(&report, Verdict::Right, "");
            let log = |x: &Vec<f64>| x.iter().map(|x| x.abs().ln()).sum::<f64>();
            is(&check.gradient(log, |x| x.iter().map(|x| 1.0 / x).collect(), &scaled(n)), Verdict::Right, "");
            let wrong = |x: &Vec<f64>| {
                let mut g: Vec<f64> = x.iter().map(|x| 1.0 / x).collect();
                g[3] *= 1.5;
                g
            };
            is(&check.gradient(log, wrong, &scaled(n)), Verdict::Wrong, "x[3]");
        }
    }
}

#[test]
fn a_zero_among_many_is_a_kink_whatever_the_convention() {
    let x: Vec<f64> = (0..2_000).map(|i| if i == 3 { 0.0 } else { (0.37 * f64::from(i)).sin() }).collect();
    for seed in [1, 2, 3, 4, u64::MAX] {
        for mode in [Mode::Auto, Mode::Fast] {
            let check = Check::new().seed(seed).mode(mode);
            let norm = |x: &Vec<f64>| x.iter().map(|x| x.abs()).sum::<f64>();
            is(&check.gradient(norm, |x| x.iter().map(|x| x.signum()).collect(), &x), Verdict::Kink, "");
            let relu = |x: &Vec<f64>| x.iter().map(|x| x.max(0.0)).sum::<f64>();
            let one = |x: &Vec<f64>| x.iter().map(|x| f64::from(u8::from(*x >= 0.0))).collect();
            is(&check.gradient(relu, one, &x), Verdict::Kink, "");
        }
    }
}

#[test]
fn kinks_that_cancel_along_a_direction_are_no_mistake() {
    // Σ ±|x| at 0, with a slope of a side for each.
    let sign = |i: usize| if i.is_multiple_of(3) { -1.0 } else { 1.0 };
    let f = |x: &Vec<f64>| x.iter().enumerate().map(|(i, x)| sign(i) * x.abs()).sum::<f64>();
    let df = |x: &Vec<f64>| (0..x.len()).map(sign).collect();
    for seed in 1..6 {
        let report = Check::new().seed(seed).gradient(f, df, &vec![0.0; 150]);
        assert_ne!(report.verdict(), Verdict::Wrong, "{report}");
    }
}

#[test]
fn what_is_infinite_or_too_large_has_nothing_beside_it() {
    for (x, says) in [(f64::INFINITY, "x[0] is inf"), (1e308, "too large"), (f64::NAN, "x[0] is NaN")] {
        is(&check_gradient(|x: &[f64; 2]| 2.0 * x[1], |_| [0.0, 2.0], &[x, 3.0]), Verdict::Unclear, says);
    }
    is(&check_gradient(|x: &f32| 0.5 * x, |_| 0.5, &3e38), Verdict::Unclear, "too large");
    is(&check_gradient(|x: &f64| 3.0 * x, |_| 3.0, &5e-324), Verdict::Right, "");
}

#[test]
fn steep_functions_are_not_called_wrong() {
    for w in [1e6, 1e8, 1e9, 1e10, 1e11] {
        for k in 0..300 {
            let x = (0.7317 * f64::from(k)).sin() * 4.0;
            let report = check_gradient(|x: &f64| (w * x).sin(), |x| w * (w * x).cos(), &x);
            assert_ne!(report.verdict(), Verdict::Wrong, "{w} at {x}: {report}");
        }
    }
    // A fast part that is small beside the rest.
    let f = |x: &f64| x.sin() + 1e-12 * (1e9 * x).sin();
    let report = check_gradient(f, |x| x.cos() + 1e-3 * (1e9 * x).cos(), &0.712_449_514_426_919_4);
    assert_ne!(report.verdict(), Verdict::Wrong, "{report}");
}

#[test]
fn every_row_is_judged_by_its_own_size() {
    let check = Check::new();
    let f = |x: &[f64; 2]| [1e9 * x[0].sin(), 1e-9 * x[1].sin()];
    let sign = |s: f64| move |x: &[f64; 2]| array![[1e9 * x[0].cos(), 0.0], [0.0, s * 1e-9 * x[1].cos()]];
    is(&check.jacobian(f, sign(1.0), &[0.3, 0.7]), Verdict::Right, "");
    is(&check.jacobian(f, sign(-1.0), &[0.3, 0.7]), Verdict::Wrong, "row 1");
    let pulled = |s: f64| move |x: &[f64; 2], ct: &[f64; 2]| [1e9 * x[0].cos() * ct[0], s * 1e-9 * x[1].cos() * ct[1]];
    is(&check.vjp(f, pulled(1.0), &[0.3, 0.7]), Verdict::Right, "");
    is(&check.vjp(f, pulled(-1.0), &[0.3, 0.7]), Verdict::Wrong, "row 1");

    let at = [1e-8, 1e8];
    let pushed = |s: f64| move |_: &[f64; 2], t: &[f64; 2]| [s * t[0] + t[1]];
    is(&check.jvp(|x: &[f64; 2]| [x[0] + x[1]], pushed(1.0), &at), Verdict::Right, "");
    is(&check.jvp(|x: &[f64; 2]| [x[0] + x[1]], pushed(-1.0), &at), Verdict::Wrong, "1 entries from 1e-8");
    let gradient = |x: &[f64; 2]| [2e16 * x[0], 2e-16 * x[1]];
    is(&check.hessian(gradient, |_| array![[2e16, 0.0], [0.0, 2e-16]], &at), Verdict::Right, "");
    is(&check.hessian(gradient, |_| array![[2e16, 0.0], [0.0, -2e-16]], &at), Verdict::Wrong, "row 1");
    is(&check.hvp(gradient, |_, v| [2e16 * v[0], 2e-16 * v[1]], &at), Verdict::Right, "");
    is(&check.hvp(gradient, |_, v| [2e16 * v[0], -2e-16 * v[1]], &at), Verdict::Wrong, "hvp");
}

#[test]
fn a_kink_in_one_output_hides_no_other() {
    let f = |x: &[f64; 2]| [x[0].abs(), 2.0 * x[0]];
    let check = Check::new();
    is(&check.jacobian(f, |_| array![[0.0, 0.0], [2.5, 0.0]], &[0.0, 0.0]), Verdict::Wrong, "row 1");
    is(&check.jacobian(f, |_| array![[0.0, 0.0], [2.0, 0.0]], &[0.0, 0.0]), Verdict::Kink, "row 0");
    is(&check.vjp(f, |_, ct| [2.5 * ct[1], 0.0], &[0.0, 0.0]), Verdict::Wrong, "row 1");
}

#[test]
fn combinations_are_called_so_and_transposes_are_found() {
    let f = |x: &[f64; 2]| [x[0] + 2.0 * x[1], 3.0 * x[1]];
    let check = Check::new();
    is(&check.jacobian(f, |_| array![[1.0, 2.0], [0.0, 3.0]], &[0.3, 0.2]), Verdict::Right, "all 2 rows in a random");
    let transposed = check.jacobian(f, |_| array![[1.0, 0.0], [2.0, 3.0]], &[0.3, 0.2]);
    is(&transposed, Verdict::Wrong, "the claimed Jacobian is the transpose");
}

#[test]
fn claims_that_are_no_numbers_are_wrong_and_named() {
    let x: Vec<f64> = (0..500).map(|i| 1.5 + f64::from(i).sin()).collect();
    let f = |x: &Vec<f64>| x.iter().map(|x| x * x).sum::<f64>();
    let with = |number: f64| {
        move |x: &Vec<f64>| {
            let mut g: Vec<f64> = x.iter().map(|x| 2.0 * x).collect();
            g[77] = number;
            g
        }
    };
    for mode in [Mode::Auto, Mode::Fast] {
        let report = Check::new().mode(mode).gradient(f, with(f64::NAN), &x);
        is(&report, Verdict::Wrong, "x[77] is NaN");
        assert_eq!(report.rows()[0].entries[0].index, [77], "{report}");
        assert!(!report.to_svg("x").expect("an entry").contains("NaN"));
        is(&Check::new().mode(mode).gradient(f, with(f64::NEG_INFINITY), &x), Verdict::Wrong, "x[77] is -inf");
    }
    let nan = |_: &[f64; 2]| array![[1.0, 0.0], [0.0, f64::NAN]];
    is(&Check::new().jacobian(|x: &[f64; 2]| *x, nan, &[0.3, 0.2]), Verdict::Wrong, "NaN is claimed at [1, 1]");
    // Where the slope is infinite, no number is right.
    is(&check_gradient(|x: &f64| x.cbrt(), |_| f64::INFINITY, &0.0), Verdict::Unclear, "grows without end");
    is(&check_gradient(|x: &f64| x.ln(), |x| 1.0 / x, &-1.0), Verdict::Unclear, "NaN at the point itself");
}

#[test]
fn a_point_outside_its_domain_is_told() {
    let outside = |domain: Domain, x: Vec<f64>, says: &str| {
        let report = Check::new().domain("x", domain).gradient(
            |x: &Vec<f64>| x.iter().map(|x| x * x).sum::<f64>(),
            |x| x.iter().map(|x| 2.0 * x).collect(),
            &x,
        );
        is(&report, Verdict::Unclear, says);
    };
    outside(Domain::Bounds(0.0, 1.0), vec![0.5, 2.0], "outside the domain: x[1] is 2");
    outside(Domain::Simplex, vec![-0.5, 1.5], "x[0] is -0.5");
    outside(Domain::Positive, vec![0.0], "x[0] is 0");
    outside(Domain::Bounds(1.0, 0.0), vec![0.5], "no numbers from 1 to 0");
    outside(Domain::Bounds(f64::NAN, 1.0), vec![0.5], "no numbers from NaN");
    let definite = |a: Array2<f64>, says: &str| {
        let check = Check::new().domain("x", Domain::PositiveDefinite);
        is(&check.gradient(|a: &Array2<f64>| a.sum(), |a| a.mapv(|_| 1.0), &a), Verdict::Unclear, says);
    };
    definite(array![[1.0, 2.0], [2.0, 1.0]], "without a Cholesky factor");
    definite(array![[2.0, 0.9], [0.1, 1.0]], "its mirror image 0.1");
}

#[test]
fn an_entry_that_is_not_seen_is_not_called_right() {
    let report = check_gradient(|x: &[f64; 2]| 1e30 * x[0] + x[1], |_| [1e30, -1.0], &[1.0, 1.0]);
    let unseen = report.rows()[0].entries.iter().find(|entry| entry.index == [1]).expect("both are shown");
    assert_eq!(unseen.verdict, Verdict::Unclear, "{report}");
    let f = |x: &[f64; 2]| 2.0 * x[0] + 100.0 * x[1];
    is(&check_gradient(f, |_| [1.0, 100.0], &[1e-8, 1e8]), Verdict::Wrong, "");
    let f = |x: &[f64; 3]| (x[0] + x[1]).exp() + 100.0 * x[2];
    let sign = |x: &[f64; 3]| [-(x[0] + x[1]).exp(), (x[0] + x[1]).exp(), 100.0];
    is(&check_gradient(f, sign, &[1e-16, 0.3, 5.0]), Verdict::Wrong, "sign");
    is(&check_gradient(|x: &f64| 1e-310 * x * x, |x| 3e-310 * x, &1.5), Verdict::Wrong, "");
    is(&check_gradient(|x: &f64| 1e-310 * x * x, |x| 2e-310 * x, &1.5), Verdict::Right, "");
    // Nothing was measured, so nothing is right.
    let report = check_gradient(|x: &Vec<f64>| x[0], |_| vec![1.0, 2.0], &vec![0.3]);
    assert_eq!(report.rows()[0].verdict, Verdict::Wrong, "{report}");
}

#[test]
fn cusps_have_no_slope() {
    let endless = |f: fn(&f64) -> f64, claim: f64| {
        is(&check_gradient(f, |_| claim, &0.0), Verdict::Unclear, "grows without end");
    };
    endless(|x| x.abs().sqrt(), 0.0);
    endless(|x| x.abs().powf(2.0 / 3.0), 0.0);
    endless(|x| x.abs().sqrt() + x, 1.0);
    endless(|x| if *x == 0.0 { 0.0 } else { x * x.ln() }, 0.0);
    // A slope that is reached slowly is one.
    is(&check_gradient(|x: &f64| x.abs().powf(1.1), |_| 0.0, &0.0), Verdict::Right, "");
}

#[test]
fn claims_at_ties_sum_to_the_slope_of_all() {
    let max = |x: &[f64; 3]| x[0].max(x[1]).max(x[2]);
    for right in [[1.0 / 3.0; 3], [0.0, 1.0, 0.0]] {
        is(&check_gradient(max, |_| right, &[2.0; 3]), Verdict::Kink, "");
    }
    for wrong in [[0.0; 3], [1.0; 3]] {
        is(&check_gradient(max, |_| wrong, &[2.0; 3]), Verdict::Wrong, "3 entries move together");
    }
}

#[test]
fn factors_are_named_for_what_they_are() {
    let f = |x: &Array2<f64>| x.iter().map(|x| x * x).sum::<f64>();
    let report = check_gradient(f, |x| x.mapv(|x| x), &array![[1.0, 2.0], [3.0, 4.0]]);
    assert!(!report.to_string().contains("mean for a sum"), "{report}");
    let report = check_gradient(|x: &f64| 500.0 * x.abs(), |_| -501.0, &0.0);
    is(&report, Verdict::Wrong, "not between");
    assert!(!report.to_string().contains("factor"), "{report}");
}

#[test]
fn fast_mode_keeps_to_a_dozen_values() {
    let n = 100_000_i32;
    let x: Vec<f64> = (1..n).map(|i| (0.37 * f64::from(i)).sin()).collect();
    let single: Vec<f32> = (0_u8..=255).cycle().take(x.len()).map(|i| f32::from(i) / 7.0 - 18.0).collect();
    let fast = Check::new().mode(Mode::Fast);
    let relu = fast.gradient(
        |x: &Vec<f64>| x.iter().map(|x| x.max(0.0)).sum::<f64>(),
        |x| x.iter().map(|x| f64::from(u8::from(*x > 0.0))).collect(),
        &x,
    );
    let squares = fast.gradient(
        |x: &Vec<f32>| x.iter().map(|x| f64::from(*x).powi(2)).sum::<f64>(),
        |x| x.iter().map(|x| 2.0 * x).collect(),
        &single,
    );
    // A function that varies faster than its large entries move.
    let sines = [200, 2_000, 100_000].map(|n| {
        let f = |x: &Vec<f64>| x.iter().map(|x| x.sin()).sum::<f64>();
        fast.gradient(f, |x| x.iter().map(|x| x.cos()).collect(), &scaled(n))
    });
    for report in [relu, squares].into_iter().chain(sines) {
        assert!(report.evaluations() <= 12 && report.verdict() == Verdict::Right, "{report}");
        assert!(report.digits() > 3.0, "{report}");
    }
}

#[test]
fn nothing_hides_behind_a_kink() {
    let at = |kink: f64| (0..2_000).map(|i| if i == 3 { kink } else { (0.37 * f64::from(i) + 0.1).sin() }).collect();
    for (kink, mode) in [(0.0, Mode::Fast), (0.0, Mode::Auto), (0.3, Mode::Auto)] {
        let x: Vec<f64> = at(kink);
        let f = |x: &Vec<f64>| x.iter().map(|x| (x - kink).abs()).sum::<f64>();
        for (off, verdict) in [(0.0, Verdict::Kink), (0.3, Verdict::Wrong), (1e-4, Verdict::Wrong)] {
            let df = |x: &Vec<f64>| {
                let slope = |(i, x): (usize, &f64)| if i == 3 { 0.0 } else { (x - kink).signum() };
                let mut g: Vec<f64> = x.iter().enumerate().map(slope).collect();
                g[700] += off;
                g
            };
            let report = Check::new().mode(mode).gradient(f, df, &x);
            is(&report, verdict, if off == 0.0 { "[3]" } else { "[700]" });
        }
    }
    // Kinks of more entries than can be looked into, with conventions of their own and with one for all.
    let norm = |x: &Vec<f64>| x.iter().map(|x| x.abs()).sum::<f64>();
    let zeros = vec![0.0; 1_000];
    let own = |x: &Vec<f64>| (0..x.len()).map(|i| (i as f64).sin()).collect();
    is(&check_gradient(norm, own, &zeros), Verdict::Unclear, "so many entries have kinks");
    is(&check_gradient(norm, |x| vec![0.0; x.len()], &zeros), Verdict::Kink, "along a direction in 1000 entries");
}

#[test]
fn layers_maps_and_tuples_are_arrays() {
    let layers = vec![array![[1.0, 2.0], [3.0, 4.0]], array![[0.5, -1.0]]];
    let f = |layers: &Vec<Array2<f64>>| layers.iter().flatten().map(|x| x.sin()).sum::<f64>();
    let report = check_gradient(f, |layers| layers.iter().map(|x| x.mapv(f64::cos)).collect(), &layers);
    is(&report, Verdict::Right, "");
    assert_eq!(report.rows()[1].input, "1");
    let six = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6);
    let f = |x: &(f64, f64, f64, f64, f64, f64)| x.0 * x.1 + x.2 * x.3 + x.4 * x.5;
    is(&check_gradient(f, |x| (x.1, x.0, x.3, x.2, x.5, x.4), &six), Verdict::Right, "");

    let map: Map = [("w".to_owned(), vec![1.0, 2.0]), ("b".to_owned(), vec![0.5])].into();
    let f = |map: &Map| map["w"][0] * map["w"][1] + map["b"][0].sin();
    let df = |map: &Map, bias: &str| -> Map {
        [("w".to_owned(), vec![map["w"][1], map["w"][0]]), (bias.to_owned(), vec![map["b"][0].cos()])].into()
    };
    is(&check_gradient(f, |map| df(map, "b"), &map), Verdict::Right, "");
    is(&check_gradient(f, |map| df(map, "bias"), &map), Verdict::Wrong, "the input has b where the gradient has bias");
    assert_eq!(map.arrays().len(), 2);
}

#[test]
fn a_variable_given_twice_is_refused() {
    let tape = Tape::new();
    let x = tape.var([1.0, 2.0]).named("x");
    let error = Check::new().vars(x.sin().sum(), &[x, x]).expect_err("twice").to_string();
    assert!(error.contains("x is given twice"), "{error}");
}

#[expect(clippy::disallowed_types, reason = "people have such maps")]
type Map = std::collections::HashMap<String, Vec<f64>>;

#[test]
fn no_gradient_is_right_to_no_digits() {
    let (ones, ramp): (Vec<f64>, Vec<f64>) = (vec![1.0; 100_000], (1..=100_000).map(f64::from).collect());
    let report = check_gradient(
        |x: &Vec<f64>| x.iter().map(|x| x.sin()).sum::<f64>(),
        |x| x.iter().map(|x| x.cos()).collect(),
        &ones,
    );
    is(&report, Verdict::Right, "");
    assert!(report.digits() > 3.0, "{report}");
    let squares = |x: &Vec<f64>| x.iter().map(|x| x * x).sum::<f64>();
    let report = check_gradient(squares, |x| x.iter().map(|x| 2.0 * x).collect(), &ramp);
    assert!(report.verdict() == Verdict::Unclear || report.digits() > 1.0, "{report}");
    // One digit is one digit.
    let coarse = |x: &f64| (x * 4e1).round() / 4e1;
    let report = check_gradient(coarse, |_| 1.0, &0.5);
    is(&report, Verdict::Right, "right to 1 digit (");
}

#[test]
fn kinks_that_are_not_tied_have_conventions_of_their_own() {
    let f = |x: &[f64; 2]| x[0].max(0.0) - x[1].max(0.0);
    for right in [[1.0, 0.0], [0.0, 0.0], [1.0, -1.0], [0.0, -1.0]] {
        is(&check_gradient(f, |_| right, &[0.0; 2]), Verdict::Kink, "");
    }
    is(&check_gradient(f, |_| [1.5, 0.0], &[0.0; 2]), Verdict::Wrong, "not between");
    // Two kinks of one entry that make none.
    let smooth = |x: &f64| x.max(0.0) - (-x).max(0.0);
    is(&check_gradient(smooth, |_| 1.0, &0.0), Verdict::Right, "");
    is(&check_gradient(smooth, |_| 0.0, &0.0), Verdict::Wrong, "");
}

#[test]
fn rows_and_grids_are_arrays() {
    let f = |x: &[[f64; 3]; 2]| x.iter().flatten().map(|x| x.sin()).sum::<f64>();
    let gradient = |x: &[[f64; 3]; 2]| x.map(|row| row.map(f64::cos));
    let x = [[0.1, 0.2, 0.3], [0.4, 0.5, 0.6]];
    check_gradient(f, gradient, &x).assert();
    let wrong = |x: &[[f64; 3]; 2]| {
        let mut g = gradient(x);
        g[1][2] = 0.0;
        g
    };
    assert_eq!(check_gradient(f, wrong, &x).rows()[0].entries[0].index, [1, 2]);
    let f = |x: &Vec<Vec<f64>>| x.iter().flatten().map(|x| x * x).sum::<f64>();
    let ragged = vec![vec![1.0, 2.0], vec![], vec![3.0]];
    let double = |x: &Vec<Vec<f64>>| x.iter().map(|row| row.iter().map(|x| 2.0 * x).collect()).collect();
    check_gradient(f, double, &ragged).assert();
}
