//! The checks can fail: functions that are wrong on purpose are found, by the claim that should find them.
use std::sync::Arc;

use cinta_check::{Claim, Function, Verdict, check_function, check_grad, check_sample};
use cinta_graph::ops::Sample;
use cinta_graph::{ArrayType, CustomOp, Op, Value, Var, custom, custom_vjp};
use ndarray::array;

/// A point for functions of one array.
fn point() -> Vec<Value> {
    vec![array![0.5, -1.25, 2.0].into()]
}

#[track_caller]
fn fails(f: &Function<'_>, claim: Claim, says: &[&str]) {
    let mismatch = check_function(f, &point()).expect_err("wrong on purpose");
    let text = mismatch.to_string();
    assert_eq!(mismatch.claim(), claim, "{text}");
    for piece in says {
        assert!(text.contains(piece), "{piece:?} is not in: {text}");
    }
}

/// x² with a rule of its own.
fn square<'t>(x: Var<'t>, rule: impl for<'r> Fn(Var<'r>, Var<'r>) -> Var<'r> + Send + Sync + 'static) -> Var<'t> {
    custom_vjp("square", [x], |[x]| x * x, move |[x], _y, ct| [rule(x, ct)])
}

#[test]
fn a_right_rule_passes() {
    check_function(&|x| square(x[0], |x, ct| ct * x * 2.0), &point()).expect("2 x is right");
}

#[test]
fn a_wrong_sign_is_found_with_its_entry_and_both_numbers() {
    let says =
        ["pushforward", "output 0 at [0] along input 0 at [0]", "recorded -1.0", "measured 1.0", "step", "seed 1"];
    fails(&|x| square(x[0], |x, ct| ct * x * -2.0), Claim::FirstDerivatives, &says);
}

#[test]
fn a_missing_factor_is_found() {
    fails(&|x| square(x[0], |x, ct| ct * x), Claim::FirstDerivatives, &["recorded 0.5", "measured 1.0"]);
}

#[test]
fn one_wrong_entry_is_named() {
    let wrong: &Function<'_> = &|x| square(x[0], |x, ct| ct * x * [2.0, 2.0, 2.000_001]);
    fails(wrong, Claim::FirstDerivatives, &["input 0 at [2]"]);
}

#[test]
fn a_gradient_stopped_on_the_way_is_found() {
    fails(&|x| x[0] * x[0].stop_gradient(), Claim::FirstDerivatives, &["along input 0"]);
    fails(&|x| x[0].stop_gradient().sum(), Claim::FirstDerivatives, &["recorded 0.0"]);
}

#[test]
fn a_gradient_right_once_and_wrong_twice_is_found_at_second_order() {
    let wrong: &Function<'_> = &|x| square(x[0], |x, ct| ct * x.stop_gradient() * 2.0);
    fails(wrong, Claim::SecondDerivatives, &["of the pullback"]);
}

#[test]
fn a_gradient_right_twice_and_wrong_three_times_is_found_at_third_order() {
    let wrong: &Function<'_> = &|x| {
        custom_vjp(
            "cube",
            [x[0]],
            |[x]| x * x * x,
            |[x], _y, ct| {
                let slope = custom_vjp("slope", [x], |[x]| x * x * 3.0, |[x], _y, ct| [ct * x.stop_gradient() * 6.0]);
                [ct * slope]
            },
        )
    };
    fails(wrong, Claim::ThirdDerivatives, &["of the pullback, of the pullback, "]);
}

#[test]
fn a_rule_that_is_not_linear_in_the_cotangent_is_found() {
    let wrong: &Function<'_> = &|x| square(x[0], |x, ct| ct * ct * x * 2.0);
    check_function(wrong, &point()).expect_err("ct ⊙ ct is not linear");
}

/// a ⊙ b² by opaque code, with factors that can be wrong.
#[derive(Debug)]
struct TimesSquare {
    pull: f64,
    push: Option<f64>,
}

impl CustomOp for TimesSquare {
    fn name(&self) -> &'static str {
        "times_square"
    }

    fn infer(&self, inputs: &[&ArrayType]) -> Result<ArrayType, String> {
        Ok(inputs[0].clone())
    }

    fn eval(&self, inputs: &[&Value]) -> Result<Value, String> {
        let (a, b) = (inputs[0].view::<f64>(), inputs[1].view::<f64>());
        Ok((&a * &b * b).into())
    }

    fn vjp(&self, input: usize, inputs: &[&Value], _output: &Value, ct: &Value) -> Result<Value, String> {
        let (a, b, ct) = (inputs[0].view::<f64>(), inputs[1].view::<f64>(), ct.view::<f64>());
        Ok(if input == 0 { (&b * &b * ct).into() } else { (self.pull * &a * b * ct).into() })
    }

    fn has_jvp(&self) -> bool {
        self.push.is_some()
    }

    fn jvp(&self, inputs: &[&Value], _: &Value, tangents: &[Option<&Value>]) -> Option<Result<Value, String>> {
        let (a, b) = (inputs[0].view::<f64>(), inputs[1].view::<f64>());
        let from_a = tangents[0].map(|da| &b * &b * da.view::<f64>());
        let from_b = tangents[1].zip(self.push).map(|(db, factor)| factor * &a * b * db.view::<f64>());
        from_a.into_iter().chain(from_b).reduce(|x, y| x + y).map(|sum| Ok(sum.into()))
    }
}

#[test]
fn opaque_code_is_checked_as_far_as_it_goes() {
    let check = |pull: f64, push: Option<f64>| {
        let f: &Function<'_> = &|x| custom(Arc::new(TimesSquare { pull, push }), &[x[0], x[1]]);
        check_function(f, &[[0.5, -1.25].into(), [2.0, 0.75].into()])
    };
    check(2.0, None).expect("the pullback is right");
    check(2.0, Some(2.0)).expect("both are right");
    for (pull, push, says) in [
        (-2.0, None, "pullback: cotangent of input 1 at [0]"),
        (2.0, Some(1.0), "pushforward: output 0 at [0] along input 1 at [0]"),
        (1.0, Some(2.0), "pullback: cotangent of input 1 at [0]"),
    ] {
        let mismatch = check(pull, push).expect_err("wrong on purpose");
        assert!(mismatch.to_string().contains(says), "{mismatch}");
    }
}

#[test]
fn a_pushforward_that_is_wrong_alone_is_named() {
    let f: &Function<'_> = &|x| {
        let y = custom(Arc::new(TimesSquare { pull: 2.0, push: Some(1.0) }), &[x[0].exp(), x[1].sin()]);
        (y * x[0]).sum()
    };
    let report = check_grad(f, &[[0.5, -1.25].into(), [2.0, 0.75].into()]).expect("a scalar");
    assert_eq!(report.verdict(), Verdict::Wrong, "{report}");
    let [fault] = report.faults() else { panic!("one operation is wrong: {report}") };
    assert_eq!((fault.op.as_str(), fault.operand), ("times_square", 1), "{report}");
    assert!((2.0 * fault.claimed - fault.measured).abs() < 1e-12, "{report}");
    assert!(report.to_string().contains("this is forward mode, beside reverse mode"), "{report}");
}

#[test]
fn zeros_that_become_nan_are_found() {
    let root: &Function<'_> = &|x| custom_vjp("root", [x[0]], |[x]| x.sqrt(), |[_x], y, ct| [ct / (y * 2.0)]);
    let mismatch = Claim::Masks.check_function(root, &[[4.0, 0.0].into()]).expect_err("0/0 at 0");
    assert!(mismatch.to_string().contains("at [1] should stay 0, and is NaN"), "{mismatch}");
    Claim::Masks.check_function(&|x| x[0].sqrt(), &[[4.0, 0.0].into()]).expect("sqrt masks its pole");
}

#[test]
fn values_are_compared_to_the_last_bit() {
    let neg = Op::samples().into_iter().find(|sample| sample.op.name() == "neg").expect("neg has samples").op;
    let next = f64::from_bits(0.5_f64.to_bits() + 1);
    let wrong = Sample::new(neg.clone(), [[-0.5].into()]).gives([next]);
    let mismatch = check_sample(&wrong).expect_err("off by one ULP");
    assert_eq!(mismatch.claim(), Claim::Value);
    assert!(mismatch.to_string().contains("output at [0] is 1 ULP off"), "{mismatch}");
    for (expected, right) in [(f64::NAN, false), (f64::INFINITY, false), (f64::NEG_INFINITY, true)] {
        let sample = Sample::new(neg.clone(), [f64::INFINITY.into()]).value_only().gives(expected);
        assert_eq!(check_sample(&sample).is_ok(), right, "{expected}");
    }
    let other_type = Sample::new(neg, [[-0.5].into()]).gives(0.5);
    assert!(check_sample(&other_type).expect_err("another type").to_string().contains("expected f64[], got f64[1]"));
}

#[test]
fn a_kink_is_not_smooth() {
    let mismatch = check_function(&|x| x[0].abs(), &[[0.0].into()]).expect_err("|x| has a kink at 0");
    assert_eq!(mismatch.claim(), Claim::FirstDerivatives);
}

#[test]
fn the_gradient_checker_names_the_worst_entry() {
    let x0 = [array![[1.0, 2.0], [3.0, 4.0]].into(), 2.0.into()];
    let f: &Function<'_> = &|v| {
        let w = square(v[0].named("w"), |x, ct| ct * x * array![[2.0, 2.0], [2.1, 2.0]]);
        (w * v[1]).sum()
    };
    let report = check_grad(f, &x0).expect("a scalar");
    assert!(!report.passed());
    let [w, s] = report.rows() else { panic!("two inputs") };
    let worst = &w.entries[0];
    assert_eq!((w.input.as_str(), worst.index.as_slice(), w.count, w.checked), ("w", [1, 0].as_slice(), 1, 4));
    assert!((worst.claimed - 12.6).abs() < 1e-12 && (worst.measured - 12.0).abs() < 1e-9, "{report}");
    assert!(worst.error < 1e-9 && worst.verdict == Verdict::Wrong, "{report}");
    assert_eq!(s.verdict, Verdict::Right, "{report}");
    assert!(report.to_string().contains("wrong, 1 of 4 entries"), "{report}");
}

#[test]
fn the_gradient_checker_passes_what_is_right() {
    let square_log: &Function<'_> = &|v| (v[0] * v[0]).log().sum();
    for numbers in [[1e-8, 1.0, 1e8], [-3.0, 1e-12, 5.0]] {
        let report = check_grad(square_log, &[numbers.into()]).expect("a scalar");
        assert!(report.passed(), "{report}");
    }
    let report = check_grad(&|v| v[0].sigmoid().sum(), &[array![-40.0, 0.0, 40.0].into()]).expect("a scalar");
    println!("{report}");
}

#[test]
fn the_gradient_checker_leaves_indices_and_masks_alone() {
    let f: &Function<'_> = &|v| v[0].take(v[1], 0).square().sum();
    let report = check_grad(f, &[[1.0, 2.0, 3.0].into(), [2_i64, 0, 2].into()]).expect("a scalar");
    assert!(report.passed() && report.rows().len() == 1, "{report}");
}

#[test]
fn a_batch_that_is_not_the_loop_is_found_with_its_inputs_and_both_numbers() {
    // Another function at each call, and the batch calls it once more.
    let calls = std::cell::Cell::new(0.0);
    let drifting: &Function<'_> = &|x| {
        calls.set(calls.get() + 1.0);
        x[0] * calls.get()
    };
    let mismatch = Claim::Batch.check_function(drifting, &point()).expect_err("wrong on purpose");
    let text = mismatch.to_string();
    for piece in
        ["inside of vmap, inputs [0] batched: the value at [0, 0]", "the batch gives 2.0", "the loop gives 0.5"]
    {
        assert!(text.contains(piece), "{piece:?} is not in: {text}");
    }
}
