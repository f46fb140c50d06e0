//! What is said of recorded functions where there is more to say than right or wrong.
use std::cell::Cell;
use std::sync::Arc;

use cinta_check::{Check, Claim, Function, Verdict, check_grad};
use cinta_graph::{ArrayType, CustomOp, Value, custom, custom_vjp};

#[test]
fn nothing_is_said_where_the_function_is_not_finite() {
    let functions: [(&Function<'_>, f64, &str); 4] = [
        (&|v| v[0].log().sum(), -1.0, "the function is NaN at the point itself"),
        (&|v| (1.0 / (v[0] - 1.0)).sum(), 1.0, "the function is inf at the point itself"),
        (&|v| (v[0].log() * 0.0).sum() + v[0].sum(), -1.0, "the function is NaN"),
        (&|v| v[0].log(), -1.0, "the function is NaN at [0] of its result, at the point itself"),
    ];
    for (f, x, text) in functions {
        let report = check_grad(f, &[[x, 2.0].into()]).expect("recorded");
        assert_eq!(report.verdict(), Verdict::Unclear, "{report}");
        assert!(!report.passed() && report.to_string().contains(text), "{report}");
        assert_eq!(report.rows()[0].verdict, Verdict::Unclear, "{report}");
    }
}

#[test]
fn what_a_user_holds_constant_is_constant() {
    let f: &Function<'_> = &|v| (v[0] * v[0].stop_gradient()).sum();
    let report = check_grad(f, &[[1.0, 2.0].into()]).expect("a scalar");
    assert_eq!(report.verdict(), Verdict::Right, "{report}");
    assert!(report.notes().iter().any(|note| note.contains("is held constant")), "{report}");
    assert_eq!(report.rows()[0].entries[0].claimed, report.rows()[0].entries[0].measured.round(), "{report}");
    let straight_through: &Function<'_> = &|v| (v[0] + (v[0].round() - v[0]).stop_gradient()).square().sum();
    let report = Check::new().claims().function(straight_through, &[[1.3, 2.6].into()]).expect("a scalar");
    assert!(report.passed() && report.to_string().contains("where derivatives are stopped"), "{report}");
    // A wrong rule is found beside it.
    let wrong: &Function<'_> = &|v| {
        let square = custom_vjp("square", [v[0]], |[x]| x * x, |[x], _, ct| [ct * x]);
        (square * v[0].stop_gradient()).sum()
    };
    let report = check_grad(wrong, &[[1.0, 2.0].into()]).expect("a scalar");
    assert_eq!(report.verdict(), Verdict::Wrong, "{report}");
    assert_eq!(report.faults()[0].op, "square", "{report}");
}

/// x² by code that has a first derivative only.
#[derive(Debug)]
struct Square;

impl CustomOp for Square {
    fn name(&self) -> &'static str {
        "square_by_hand"
    }

    fn infer(&self, inputs: &[&ArrayType]) -> Result<ArrayType, String> {
        Ok(inputs[0].clone())
    }

    fn eval(&self, inputs: &[&Value]) -> Result<Value, String> {
        Ok(inputs[0].view::<f64>().mapv(|x| x * x).into())
    }

    fn vjp(&self, _: usize, inputs: &[&Value], _: &Value, ct: &Value) -> Result<Value, String> {
        Ok((&inputs[0].view::<f64>() * 2.0 * ct.view::<f64>()).into())
    }
}

#[test]
fn claims_say_what_was_left_out() {
    let f: &Function<'_> = &|v| custom(Arc::new(Square), &[v[0].tanh()]).sum();
    let report = Check::new().claims().function(f, &[[0.5, -0.7].into()]).expect("a scalar");
    let text = report.to_string();
    assert!(report.passed() && text.contains("order 1") && !text.contains("orders 1 to 3,"), "{text}");
    assert!(text.contains("orders above 1, which an operation of yours does not offer"), "{text}");
    assert!(text.contains("text, which does not hold code of yours"), "{text}");
    Claim::SecondDerivatives.check_function(f, &[[0.5, -0.7].into()]).expect("nothing to try");
    let plain = Check::new().claims().function(&|v| v[0].tanh().sum(), &[[0.5, -0.7].into()]).expect("a scalar");
    assert!(plain.to_string().contains("orders 1 to 3, programs, text, f32"), "{plain}");
    assert!(!plain.to_string().contains("not tried"), "{plain}");
}

#[test]
fn rules_that_are_not_linear_have_a_report() {
    let f: &Function<'_> =
        &|v| custom_vjp("cubic", [v[0]], |[x]| x.square(), |[x], _, ct| [2.0 * ct * x * ct * ct]).sum();
    let report = check_grad(f, &[[0.3, 0.4].into()]).expect("a report");
    assert_eq!(report.verdict(), Verdict::Wrong, "{report}");
    assert!(report.to_string().contains("is not linear in the cotangent"), "{report}");
    assert_eq!(report.faults()[0].op, "cubic", "{report}");
}

#[test]
fn all_orders_are_shown() {
    let report = Check::new().order(3).function(&|v| v[0].exp().sum(), &[[0.5, -0.7].into()]).expect("a scalar");
    let text = report.to_string();
    let at = |piece: &str| text.find(piece).unwrap_or_else(|| panic!("{piece} is not in {text}"));
    assert!(at("gradient of") < at("derivative 2 of") && at("derivative 2 of") < at("derivative 3 of"), "{text}");
    assert_eq!(report.lower_orders().len(), 2);
    // Beyond a kink there are no derivatives.
    let report = Check::new().order(2).function(&|v| v[0].abs().sum(), &[[0.0, 2.0].into()]).expect("a scalar");
    assert_eq!(report.verdict(), Verdict::Kink, "{report}");
    assert!(report.to_string().contains("order 2 is not tried"), "{report}");
    // What is constant between jumps has slope 0, to all digits.
    let report = Check::new().function(&|v| v[0].round().square().sum(), &[[1.3, 2.6].into()]).expect("a scalar");
    assert!(report.passed() && report.digits() > 15.0, "{report}");
    let worst = &report.rows()[0].entries[0];
    assert_eq!((worst.claimed, worst.measured), (0.0, 0.0), "{report}");
    let steps: &Function<'_> = &|v| v[0].round().sum() + v[1].sin();
    let report = Check::new().function(steps, &[[1.3, 2.6].into(), 0.5.into()]).expect("a scalar");
    assert!(report.passed() && report.digits() > 10.0, "{report}");
}

#[test]
fn settled_reports_show_what_settled_them() {
    let report = check_grad(&|v| v[0].sin().sum() + 1e18, &[[0.5, 2.0].into()]).expect("a scalar");
    assert_eq!(report.verdict(), Verdict::Right, "{report}");
    for entry in &report.rows()[0].entries {
        assert!((entry.claimed - entry.measured).abs() < 1e-12, "{report}");
    }
    assert!(!report.notes().iter().any(|note| note.contains("wrong") && note.contains("entries")), "{report}");
    assert!(report.to_string().contains("by dual numbers"), "{report}");
    // A kink stays one, though no difference shows it.
    let report = check_grad(&|v| v[0].relu().sum() + 1e18, &[[0.0, 2.6].into()]).expect("a scalar");
    assert_eq!(report.verdict(), Verdict::Kink, "{report}");
    assert!(report.to_string().contains("relu (%1"), "{report}");
}

#[test]
fn conventions_that_make_no_slope_together_are_named() {
    let report = check_grad(&|v| (v[0].relu() - (-v[0]).relu()).sum(), &[[0.0, 1.0].into()]).expect("a scalar");
    assert_eq!(report.verdict(), Verdict::Wrong, "{report}");
    assert!(report.to_string().contains("what their conventions make together is no slope"), "{report}");
    let worst = &report.rows()[0].entries[0];
    assert!(worst.claimed == 0.0 && (worst.measured - 1.0).abs() < 1e-12, "{report}");
    // Kinks of different entries are conventions, each on its own.
    let report = check_grad(&|v| (v[0].relu() - v[1].relu()).sum(), &[0.0.into(), 0.0.into()]).expect("a scalar");
    assert_eq!(report.verdict(), Verdict::Kink, "{report}");
}

#[test]
fn cotangents_of_a_wrong_shape_are_a_finding() {
    let f: &Function<'_> = &|v| custom_vjp("squares", [v[0]], |[x]| x * x, |[_], _, ct| [ct.sum()]).sum();
    let report = check_grad(f, &[[0.5, 1.0].into()]).expect("a report");
    assert_eq!(report.verdict(), Verdict::Wrong, "{report}");
    let note = &report.notes()[0];
    assert!(note.contains("squares") && note.contains("expected f64[2]") && note.contains("recorded.rs"), "{report}");
}

#[test]
fn functions_that_differ_when_recorded_again_are_seen() {
    let calls = Cell::new(0.0);
    let f: &Function<'_> = &|v| {
        calls.set(calls.get() + 1.0);
        (v[0] * calls.get()).sin().sum()
    };
    let report = check_grad(f, &[[0.5, 1.0].into()]).expect("a scalar");
    assert_eq!(report.verdict(), Verdict::Unclear, "{report}");
    assert!(report.to_string().contains("gives other numbers when called again"), "{report}");
}
