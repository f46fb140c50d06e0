//! Right gradients in which terms cancel: what is left is rounding, and no mistake.
use cinta_check::{Check, Claim, Function, Verdict, check_grad};
use cinta_graph::{Value, custom_vjp};
use ndarray::array;

/// Right, or nothing said; wrong never.
#[track_caller]
fn not_wrong(name: &str, f: &Function<'_>, x: &[Value]) {
    let report = check_grad(f, x).expect(name);
    assert_eq!(report.verdict(), Verdict::Right, "{name}: {report}");
}

#[track_caller]
fn claims_hold(name: &str, f: &Function<'_>, x: &[Value]) {
    let report = Check::new().claims().function(f, x).expect(name);
    assert!(report.passed() && report.to_string().contains("the claims hold"), "{name}: {report}");
}

#[test]
fn what_cancels_is_not_wrong() {
    let (x, y) = ([0.3, 1.0, 2.0], [0.9, 0.2, 1.4]);
    let one: &[(&str, &Function<'_>)] = &[
        ("Σ softmax", &|v| v[0].softmax(0).sum()),
        ("cos² + sin²", &|v| (v[0].cos().square() + v[0].sin().square()).sum()),
        ("log eˣ − x", &|v| (v[0].exp().log() - v[0]).sum()),
        ("|x/|x||²", &|v| (v[0] / v[0].square().sum().sqrt()).square().sum()),
        ("atan x + atan 1/x", &|v| (v[0].atan() + (1.0 / v[0]).atan()).sum()),
        ("entropy and KL", &|v| {
            let (p, log_p) = (v[0].softmax(0), v[0].log_softmax(0));
            (p * (p.log() - log_p)).sum()
        }),
        ("standardised", &|v| {
            let centred = v[0] - v[0].mean();
            (centred / centred.square().mean().sqrt()).square().sum()
        }),
    ];
    let single = Value::from([0.3_f32, 1.0, 2.0]);
    for (name, f) in one {
        not_wrong(name, f, &[x.into()]);
        not_wrong(name, f, std::slice::from_ref(&single));
    }
    not_wrong("x y / y", &|v| (v[0] * v[1] / v[1]).sum(), &[x.into(), y.into()]);
    let shift: &Function<'_> = &|v| (v[0] + array![0.3, 1.0, 2.0]).log_softmax(0).square().sum();
    not_wrong("a shift of log softmax", shift, &[[0.5].into()]);
    let horner: &Function<'_> = &|v| {
        let x = v[0];
        ((((x - 5.0) * x + 10.0) * x - 10.0) * x + 5.0) * x - 1.0
    };
    not_wrong("(x − 1)⁵ expanded", horner, &[1.03.into()]);
    let variance: &Function<'_> = &|v| v[0].square().mean() - v[0].mean().square();
    not_wrong("a variance as a difference", variance, &[[1e6 + 0.1, 1e6 + 0.2, 1e6 + 0.4].into()]);
}

#[test]
fn nor_is_it_at_higher_orders() {
    let (x, y) = ([0.3, 1.2, 2.0], [0.9, 0.2, 1.4]);
    let functions: &[(&str, &Function<'_>)] = &[
        ("√x²", &|v| v[0].square().sqrt().sum()),
        ("log eˣ", &|v| v[0].exp().log().sum()),
        ("x²/x", &|v| (v[0].square() / v[0]).sum()),
        ("exp(log x + log y)", &|v| (v[0].log() + v[1].log()).exp().sum()),
    ];
    for (name, f) in functions {
        let report = Check::new().order(3).function(f, &[x.into(), y.into()]).expect(name);
        assert_eq!(report.verdict(), Verdict::Right, "{name}: {report}");
        assert_eq!(report.lower_orders().len(), 2);
    }
}

#[test]
fn wrong_rules_are_found_among_what_cancels() {
    // Off by a millionth of terms of the order of 1, which cancel to a gradient of 1e-7.
    let f: &Function<'_> = &|v| {
        let square = custom_vjp("square", [v[0]], |[x]| x * x, |[x], _, ct| [ct * x * (2.0 + 1e-6)]);
        (square - v[0] * v[0] + 1e-7 * v[0]).sum()
    };
    let report = check_grad(f, &[[0.5, 1.5].into()]).expect("a scalar");
    assert_eq!(report.verdict(), Verdict::Wrong, "{report}");
    // The same where nothing is left at all.
    let push: &Function<'_> = &|v| {
        let cube = custom_vjp("cube", [v[0]], |[x]| x * x * x, |[x], _, ct| [ct * x * x * (3.0 + 1e-6)]);
        (cube - v[0].pow(3.0)).sum()
    };
    let report = check_grad(push, &[[0.5, 1.5].into()]).expect("a scalar");
    assert_eq!(report.verdict(), Verdict::Wrong, "{report}");
}

#[test]
fn claims_know_what_cancels() {
    claims_hold("sin 1000 x", &|v| (v[0] * 1000.0).sin().sum(), &[[0.5, 1.3, -2.0].into()]);
    claims_hold("log(1 − cos x)", &|v| (1.0 - v[0].cos()).log().sum(), &[[0.01, 0.02].into()]);
    claims_hold("log eˣ", &|v| v[0].exp().log().sum(), &[[100.0, 0.02].into()]);
    let variance: &Function<'_> = &|v| v[0].square().mean() - v[0].mean().square();
    claims_hold("a variance as a difference", variance, &[[1000.1, 1000.2, 1000.4, 999.7].into()]);
    claims_hold("eigenvalues", &|v| v[0].eigh().0.square().sum(), &[array![[2.0, 0.3], [0.3, 1.0]].into()]);
    // The range of f32 is no fault of the function.
    Claim::Precision.check_function(&|v| v[0].exp().log().sum(), &[[100.0].into()]).expect("e¹⁰⁰ is too large");
}

#[test]
fn kinks_stay_kinks() {
    let report = Check::new().claims().function(&|v| v[0].relu().sum(), &[[0.0, 1.0].into()]).expect("a scalar");
    assert_eq!(report.verdict(), Verdict::Kink, "{report}");
    assert!(report.to_string().contains("differences for orders 1 to 3, which say nothing at a kink"), "{report}");
    let squared: &Function<'_> = &|v| v[0].relu().square().sum();
    let report = Check::new().claims().function(squared, &[[0.0, 1.0].into()]).expect("a scalar");
    assert!(report.passed(), "{report}");
}
