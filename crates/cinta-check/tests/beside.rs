//! What a function shows beside the point that is not its slope there: rounding, corners from afar, chaos.
use std::sync::Arc;

use cinta_check::{Check, Report, Verdict, check_grad, check_gradient};
use cinta_graph::{ArrayType, CustomOp, Value, custom};
use cinta_program::Function;

#[track_caller]
fn is_not_wrong(report: &Report) {
    assert!(!matches!(report.verdict(), Verdict::Wrong | Verdict::Jump), "{report}");
}

fn mean(x: &[f64]) -> f64 {
    x.iter().sum::<f64>() / x.len() as f64
}

#[test]
fn the_gradient_of_a_variance_of_equal_numbers_is_rounding() {
    let variance = |x: &Vec<f64>| x.iter().map(|xi| (xi - mean(x)).powi(2)).sum::<f64>() / x.len() as f64;
    let gradient = |x: &Vec<f64>| x.iter().map(|xi| 2.0 * (xi - mean(x)) / x.len() as f64).collect::<Vec<_>>();
    for x in [vec![3.0; 3], vec![0.1; 10], vec![0.7; 30], vec![0.3; 200], vec![1.1; 2000]] {
        let report = check_gradient(variance, gradient, &x);
        assert!(report.passed() && report.digits() > 5.0, "{report}");
        let wrong = |x: &Vec<f64>| gradient(x).iter().map(|g| g + 1e-6).collect();
        assert_eq!(check_gradient(variance, wrong, &x).verdict(), Verdict::Wrong);
    }
}

#[test]
fn both_sides_have_a_say_at_a_kink_some_roundings_away() {
    for distance in [1e-9, 1e-11, 1e-12, 1e-13, 3e-14] {
        for (claim, verdict) in [(1.0, Verdict::Right), (0.0, Verdict::Wrong), (0.5, Verdict::Wrong)] {
            let report = check_gradient(|x: &f64| 1.0 + (x - 1.0).max(0.0), |_| claim, &(1.0 + distance));
            assert_eq!(report.verdict(), verdict, "{report}");
        }
    }
}

#[test]
fn a_corner_from_afar_says_nothing_of_what_is_round_about_it() {
    let length = |x: &[f64; 2]| x[0].hypot(x[1]);
    let slope = |x: &[f64; 2]| x.map(|xi| xi / x[0].hypot(x[1]));
    let at = [1e-150, 1e-160];
    is_not_wrong(&check_gradient(length, slope, &at));
    let report = check_gradient(length, |x| [slope(x)[0], 0.0], &at);
    assert!(report.verdict() != Verdict::Right || report.resolution() > 1e-11, "{report}");
}

#[test]
fn what_is_added_to_one_is_rounded_as_one_is() {
    // The logarithm of 1 − q does not move where q does.
    let loss = |q: &f64| -(1e9 * (1.0 - q).ln() + 196.0 * q.ln());
    let slope = |q: &f64| 1e9 / (1.0 - q) - 196.0 / q;
    is_not_wrong(&check_gradient(loss, slope, &1e-7));
    assert_eq!(check_gradient(loss, |q| -slope(q), &1e-7).verdict(), Verdict::Wrong);
}

#[test]
fn the_rounding_of_a_value_that_cancelled_is_seen_beside_other_entries() {
    let loss = |x: &[f64; 3]| {
        let most = x.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        most + x.iter().map(|x| (x - most).exp()).sum::<f64>().ln() - x[2]
    };
    for x in [[0.0_f64, 0.0, 40.0], [-50.0, 0.0, 50.0]] {
        let tails = [(x[0] - x[2]).exp(), (x[1] - x[2]).exp()];
        is_not_wrong(&check_gradient(loss, |_| [tails[0], tails[1], -tails[0] - tails[1]], &x));
    }
}

#[test]
fn chaos_is_told_from_noise() {
    // Lorenz' equations by Euler's steps, with a tangent carried along.
    let end = |start: &[f64; 3], tangent: [f64; 3]| {
        let (mut s, mut t) = (*start, tangent);
        for _ in 0..2500 {
            let ds = [10.0 * (s[1] - s[0]), s[0] * (28.0 - s[2]) - s[1], s[0] * s[1] - 8.0 / 3.0 * s[2]];
            let dt = [
                10.0 * (t[1] - t[0]),
                t[0] * (28.0 - s[2]) - s[0] * t[2] - t[1],
                t[0] * s[1] + s[0] * t[1] - 8.0 / 3.0 * t[2],
            ];
            s = [0, 1, 2].map(|i| s[i] + 0.01 * ds[i]);
            t = [0, 1, 2].map(|i| t[i] + 0.01 * dt[i]);
        }
        (s[0], t[0])
    };
    let f = |x: &[f64; 3]| end(x, [0.0; 3]).0;
    let gradient = |x: &[f64; 3]| [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]].map(|t| end(x, t).1);
    is_not_wrong(&check_gradient(f, gradient, &[1.0, 1.0, 20.0]));
}

/// x², with a cotangent that is a sum of what it should be, or none.
#[derive(Debug)]
struct Square {
    fails: bool,
}

impl CustomOp for Square {
    fn name(&self) -> &'static str {
        "square"
    }

    fn infer(&self, inputs: &[&ArrayType]) -> Result<ArrayType, String> {
        Ok(inputs[0].clone())
    }

    fn eval(&self, inputs: &[&Value]) -> Result<Value, String> {
        Ok(inputs[0].view::<f64>().mapv(|x| x * x).into())
    }

    fn vjp(&self, _: usize, inputs: &[&Value], _: &Value, ct: &Value) -> Result<Value, String> {
        if self.fails {
            return Err("there is no table for this".to_owned());
        }
        Ok((2.0 * &inputs[0].view::<f64>() * ct.view::<f64>()).sum().into())
    }
}

#[test]
fn a_gradient_that_cannot_be_computed_is_wrong() {
    for (fails, text) in [(false, "gave f64[], but f64[2] was declared"), (true, "there is no table for this")] {
        let report = check_grad(&|v| custom(Arc::new(Square { fails }), &[v[0]]).sum(), &[[0.5, 1.5].into()]);
        let report = report.expect("it has a value");
        assert_eq!(report.verdict(), Verdict::Wrong, "{report}");
        assert!(report.to_string().contains(text), "{report}");
    }
}

#[test]
fn functions_are_checked_with_their_names() {
    let f = Function::new(["w", "x"], |[w, x]| (w * x).tanh().sum());
    let point: [Value; 2] = [[0.5, -1.25].into(), 2.0.into()];
    let report = Check::new().claims().order(2).traced(&f, &point).expect("it fits");
    assert!(report.passed() && report.rows()[1].input == "x", "{report}");
    assert!(report.to_string().contains("the claims hold"), "{report}");
    assert!(Check::new().traced(&f, &point[..1]).is_err());
}
