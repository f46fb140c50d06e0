//! What the graph itself tells where differences of the whole function are no help.
use cinta_check::{Check, Claim, Function, Verdict, check_grad};
use cinta_graph::{ArrayType, CustomOp, Value, custom, custom_vjp};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

#[test]
fn dual_numbers_see_what_rounding_hides() {
    // Differences of the whole show nothing of sin beside 10¹⁸, and are told so by plain functions.
    let report = check_grad(&|v| v[0].sin().sum() + 1e18, &[[0.5, 2.0].into()]).expect("a scalar");
    assert_eq!(report.verdict(), Verdict::Right, "{report}");
    assert!(report.digits() > 12.0 && report.to_string().contains("dual numbers agree"), "{report}");
    // Where a rule is wrong, it is found all the same.
    let wrong: &Function<'_> = &|v| {
        let square = custom_vjp("square", [v[0]], |[x]| x * x, |[x], _, ct| [ct * x * 2.001]);
        square.sum() + 1e18
    };
    let report = check_grad(wrong, &[[0.5, 2.0].into()]).expect("a scalar");
    assert_eq!(report.verdict(), Verdict::Wrong, "{report}");
    assert_eq!(report.faults()[0].op, "square", "{report}");
}

#[test]
fn staircases_are_constant_however_far_away() {
    for x in [0.5, 40.5, 1e6 + 0.5] {
        let report = check_grad(&|v| v[0].floor().sum() + v[0].sin().sum() * 0.0, &[[x].into()]).expect("a scalar");
        assert!(report.passed(), "{x}: {report}");
    }
}

#[test]
fn dual_numbers_know_all_kinds_of_operations() {
    let inputs: [Value; 2] = [[[0.3, -0.7, 1.2], [0.9, 0.4, -0.5]].map(Vec::from).concat().into(), [0.4, 1.7].into()];
    let f: &Function<'_> = &|v| {
        let (w, x) = (v[0].reshape([2, 3]), v[1]);
        let h = w.transpose(&[1, 0]).dot(x).tanh();
        let p = h.softmax(0) * h.abs().sqrt() + h.square().erf().exp() - h.sigmoid().log();
        let q = (x.pow(1.5) + x.lgamma()).sum() / (h.max() + 3.0) + h.logsumexp(0);
        p.sum() * q + w.dot(w.transpose(&[1, 0])).det().atan()
    };
    let report = check_grad(f, &inputs).expect("a scalar");
    assert_eq!(report.verdict(), Verdict::Right, "{report}");
    let digits = report.notes().iter().find_map(|note| note.strip_prefix("dual numbers agree with the claim to "));
    let digits: f64 = digits.and_then(|rest| rest.split(' ').next()?.parse().ok()).expect("they are mentioned");
    assert!(digits >= 9.0, "{report}");
}

/// The identity, and something else each time.
#[derive(Debug)]
struct Drifting(AtomicU32);

impl CustomOp for Drifting {
    fn name(&self) -> &'static str {
        "drifting"
    }

    fn infer(&self, inputs: &[&ArrayType]) -> Result<ArrayType, String> {
        Ok(inputs[0].clone())
    }

    fn eval(&self, inputs: &[&Value]) -> Result<Value, String> {
        let calls = self.0.fetch_add(1, Ordering::Relaxed);
        Ok((&inputs[0].view::<f64>() + f64::from(calls)).into())
    }

    fn vjp(&self, _: usize, _: &[&Value], _: &Value, ct: &Value) -> Result<Value, String> {
        Ok(ct.clone())
    }
}

#[test]
fn programs_are_compared_with_the_interpreter() {
    let f: &Function<'_> = &|v| (v[0].tanh() * v[0]).sum_axes(0);
    let x: [Value; 1] = [ndarray::array![[0.5, -1.25], [2.0, 0.1], [0.3, 0.9]].into()];
    Claim::Program.check_function(f, &x).expect("they agree");
    let drifting = Arc::new(Drifting(AtomicU32::new(0)));
    let mismatch = Claim::Program.check_function(&|v| custom(drifting.clone(), &[v[0]]), &x).expect_err("it drifts");
    let text = mismatch.to_string();
    assert!(text.contains("the program gives") && text.contains("the interpreter gives"), "{text}");
}

#[test]
fn many_steps_are_measured_in_one_run() {
    // The batch does what the loop would do, to the last digit that matters, in every dtype.
    for inputs in [[[0.5, -1.5].into()], [Value::from([0.5_f32, -1.5])]] {
        let report = Check::new().function(&|v| (v[0].exp() * v[0].cos()).sum(), &inputs).expect("a scalar");
        assert!(report.passed() && report.digits() > 5.0, "{report}");
    }
}
