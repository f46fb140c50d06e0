//! What must hold whatever the numbers: functions that break it are found, and told why.
use std::cell::{Cell, RefCell};

use cinta_check::{Arrays, Check, Domain, Report, Verdict, check_gradient};
use cinta_graph::Value;
use ndarray::array;

#[track_caller]
fn says(report: &Report, verdict: Verdict, text: &str) {
    assert_eq!(report.verdict(), verdict, "{report}");
    assert!(report.notes().iter().any(|note| note.contains(text)), "{text:?} is not in {report}");
}

#[test]
fn functions_that_keep_state() {
    let calls = Cell::new(0.0);
    let f = |x: &f64| {
        calls.set(calls.get() + 1e-13);
        x.sin() + calls.get()
    };
    says(&check_gradient(f, |x| x.cos(), &0.5), Verdict::Unclear, "the function gives other numbers when called again");
    let other = Cell::new(false);
    let gradient = |x: &f64| if other.replace(true) { -x.cos() } else { x.cos() };
    says(&check_gradient(|x: &f64| x.sin(), gradient, &0.5), Verdict::Unclear, "the gradient gives other numbers");
}

#[test]
fn products_and_matrices_that_keep_state() {
    let (calls, check) = (Cell::new(0_u32), Check::new());
    // Right but for digits that differ from call to call.
    let factor = || {
        calls.set(calls.get() + 1);
        1.0 + 1e-9 * f64::from(calls.get())
    };
    let again = "gives other numbers when called again";
    let f = |x: &[f64; 2]| [x[0] * x[1], x[0]];
    let wobbly = |x: &[f64; 2]| [factor() * x[0] * x[1], x[0]];
    let jacobian = |x: &[f64; 2]| array![[x[1], x[0]], [1.0, 0.0]];
    let at = [0.3, -1.2];
    let unsure = |report: Report| {
        assert!(!report.passed() && report.to_string().contains(again), "{report}");
    };
    unsure(check.jacobian(wobbly, jacobian, &at));
    unsure(check.jacobian(f, |x| jacobian(x) * factor(), &at));
    unsure(check.vjp(f, |x, ct| [factor() * (ct[0] * x[1] + ct[1]), ct[0] * x[0]], &at));
    unsure(check.jvp(f, |x, t| [factor() * (t[0] * x[1] + x[0] * t[1]), t[0]], &at));
}

/// A number that functions could change.
#[derive(Debug)]
struct Shared(RefCell<f64>);

impl Arrays for Shared {
    fn arrays(&self) -> Vec<(String, Value)> {
        vec![(String::new(), (*self.0.borrow()).into())]
    }

    fn with_arrays(&self, arrays: &mut dyn Iterator<Item = Value>) -> Self {
        Self(RefCell::new(arrays.next().and_then(|value| value.item()).expect("a number")))
    }
}

#[test]
fn functions_that_change_their_input() {
    let f = |x: &Shared| x.0.borrow().sin();
    let gradient = |x: &Shared| {
        let slope = x.0.borrow().cos();
        *x.0.borrow_mut() += 1e-3;
        Shared(RefCell::new(slope))
    };
    says(&check_gradient(f, gradient, &Shared(RefCell::new(0.5))), Verdict::Wrong, "change the input");
}

#[test]
fn products_that_are_not_linear() {
    let f = |x: &[f64; 2]| [x[0] * x[1], x[0].exp()];
    let check = Check::new();
    // Right where the second cotangent is positive.
    let rectified = |x: &[f64; 2], ct: &[f64; 2]| [ct[0] * x[1] + ct[1].abs() * x[0].exp(), ct[0] * x[0]];
    for seed in 1..9 {
        says(&check.clone().seed(seed).vjp(f, rectified, &[0.3, -1.2]), Verdict::Wrong, "not linear in the cotangent");
    }
    let affine = |x: &[f64; 2], t: &[f64; 2]| [t[0] * x[1] + x[0] * t[1] + 1e-3, x[0].exp() * t[0]];
    says(&check.jvp(f, affine, &[0.3, -1.2]), Verdict::Wrong, "not linear in the tangent");
}

#[test]
fn hessians_that_are_not_symmetric() {
    let gradient = |x: &[f64; 2]| [2.0 * x[0] * x[1], x[0] * x[0]];
    let hvp = |x: &[f64; 2], v: &[f64; 2]| [2.0 * x[1] * v[0] + 2.0 * x[0] * v[1], 2.1 * x[0] * v[0]];
    says(&Check::new().hvp(gradient, hvp, &[0.3, -1.2]), Verdict::Wrong, "not symmetric");
}

#[test]
fn inputs_that_do_not_matter() {
    let f = |(a, _): &(f64, Vec<f64>)| a.sin();
    let report = check_gradient(f, |(a, b)| (a.cos(), vec![0.0; b.len()]), &(0.5, vec![1.0, 2.0]));
    says(&report, Verdict::Right, "does not depend on 1 ");
}

#[test]
fn domains_that_do_not_fit() {
    let check = |name: &str, domain| Check::new().domain(name, domain).gradient(|x: &f64| x.ln(), |x| 1.0 / x, &0.5);
    says(&check("y", Domain::Positive), Verdict::Unclear, "there is no input y to be Positive; there are x");
    says(&check("x", Domain::PositiveDefinite), Verdict::Unclear, "positive definite matrices are square");
}
