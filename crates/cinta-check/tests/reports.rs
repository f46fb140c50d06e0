//! What reports say of gradients that are wrong in known ways.
use cinta_check::{Check, Verdict, check_grad, check_gradient, first_non_finite, health, precision};
use cinta_graph::{Tape, Value, custom_vjp};
use ndarray::{Array1, Array2, array};

type Pair = (Array2<f64>, Array1<f64>);

/// Σ tanh(W x), and its right gradient.
fn f((w, x): &Pair) -> f64 {
    w.dot(x).mapv(f64::tanh).sum()
}

fn gradient((w, x): &Pair) -> Pair {
    let delta = w.dot(x).mapv(|z| 1.0 - z.tanh().powi(2));
    let column = delta.view().insert_axis(ndarray::Axis(1));
    (&column * &x.view().insert_axis(ndarray::Axis(0)), w.t().dot(&delta))
}

fn point() -> Pair {
    (array![[0.3, -0.2, 0.5], [0.7, 0.1, -0.4], [-0.6, 0.2, 0.9]], array![0.5, -1.0, 0.25])
}

#[track_caller]
fn says(mistake: impl Fn(Pair) -> Pair, input: &str, text: &str) {
    let report = check_gradient(f, |p: &Pair| mistake(gradient(p)), &point());
    assert_eq!(report.verdict(), Verdict::Wrong, "{report}");
    assert!(!report.passed());
    let found = report.notes().iter().any(|note| note.starts_with(input) && note.contains(text));
    assert!(found, "{text:?} is not said of {input}: {report}");
}

#[test]
fn right_gradients_pass() {
    let report = check_gradient(f, gradient, &point());
    assert!(report.passed() && report.digits() > 11.0, "{report}");
    assert_eq!(report.rows().len(), 2);
    assert_eq!((report.rows()[0].checked, report.rows()[1].checked), (9, 3));
}

#[test]
fn mistakes_are_named() {
    says(|(w, x)| (-w, x), "0", "the sign is wrong");
    says(|(w, x)| (w, x / 2.0), "1", "a factor of 2 is missing");
    says(|(w, x)| (w * 4.0, x), "0", "4 times too large");
    says(|(w, x)| (w, x / 3.0), "1", "a mean for a sum");
    says(|(w, x)| (w.reversed_axes(), x), "0", "transpose");
    says(|(w, x)| (w * 0.0, x), "0", "was it detached");
    says(|(w, x)| (w * 2.0, x * 2.0), "all inputs", "2 times too large");
    says(|(w, x)| (w, array![x[2], x[0], x[1]]), "1", "one place too far forward");
    says(
        |(w, mut x)| {
            x.swap(0, 2);
            (w, x)
        },
        "1",
        "in reverse order",
    );
    says(
        |(mut w, x)| {
            w.swap([0, 1], [2, 2]);
            (w, x)
        },
        "0",
        "entries 1 and 8 (row-major) are exchanged",
    );
    says(
        |(mut w, x)| {
            w[[1, 2]] *= 1.0001;
            (w, x)
        },
        "0",
        "1 of 9 entries",
    );
    says(|(w, x)| (w, x + 0.5), "1", "off by the same amount");
}

#[test]
fn gradients_of_other_inputs_are_known() {
    let f = |(a, b): &([f64; 2], [f64; 2])| a[0] * a[1] + b[0].sin() * b[1];
    let gradient = |(a, b): &([f64; 2], [f64; 2])| ([a[1], a[0]], [b[0].cos() * b[1], b[0].sin()]);
    let mixed = |p: &([f64; 2], [f64; 2])| (gradient(p).1, gradient(p).1);
    let report = check_gradient(f, mixed, &([0.3, 0.9], [-0.4, 1.7]));
    assert!(report.notes().iter().any(|note| note == "0: the claimed gradient is that of 1"), "{report}");
}

#[test]
fn missing_sums_show_in_the_shape() {
    let f = |b: &Value| (&array![[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]] * &b.view::<f64>()).sum();
    let unsummed = |_: &Value| Value::from(array![[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]);
    let report = check_gradient(f, unsummed, &[0.1, 0.2, 0.3].into());
    assert_eq!(report.verdict(), Verdict::Wrong);
    assert!(report.notes()[0].contains("is a sum over the axes that were broadcast missing?"), "{report}");
}

#[test]
fn kinks_show_both_slopes() {
    let at = |claim: f64| check_gradient(|x: &f64| x.abs(), move |_| claim, &0.0);
    for (claim, verdict, text) in [
        (0.0, Verdict::Kink, "between"),
        (1.0, Verdict::Kink, "that after"),
        (-1.0, Verdict::Kink, "that before"),
        (1.5, Verdict::Wrong, "not between"),
    ] {
        let report = at(claim);
        let entry = &report.rows()[0].entries[0];
        assert_eq!(report.verdict(), verdict, "{report}");
        assert!(entry.why.contains(text), "{report}");
        assert!((entry.sides[0] + 1.0).abs() < 1e-9 && (entry.sides[1] - 1.0).abs() < 1e-9, "{report}");
    }
    let jump = check_gradient(|x: &f64| x.signum() + x, |_| 1.0, &0.0);
    assert_eq!(jump.verdict(), Verdict::Jump, "{jump}");
}

#[test]
fn what_cannot_be_told_is_said() {
    let report = check_gradient(|x: &f64| 1e18 + x, |_| 1.0, &0.5);
    assert_eq!(report.verdict(), Verdict::Unclear, "{report}");
    let report = check_gradient(|_: &f64| f64::NAN, |_| 1.0, &0.5);
    assert_eq!(report.verdict(), Verdict::Unclear, "{report}");
    assert!(report.to_string().contains("the function is NaN at the point itself"), "{report}");
}

#[test]
fn single_precision_gives_no_false_alarms() {
    let x: Vec<f32> = (0..40).map(|i| (1.3 * i as f32).sin() + 0.1).collect();
    let f = |x: &Vec<f32>| x.iter().map(|x| x.sin() * x.exp()).sum::<f32>();
    let gradient = |x: &Vec<f32>| x.iter().map(|x| (x.cos() + x.sin()) * x.exp()).collect::<Vec<f32>>();
    let report = check_gradient(f, gradient, &x);
    assert!(report.passed() && report.digits() > 3.0, "{report}");
    let wrong = |x: &Vec<f32>| gradient(x).into_iter().map(|g| g * 1.01).collect();
    assert_eq!(check_gradient(f, wrong, &x).verdict(), Verdict::Wrong);
    // Recorded functions are measured in double precision.
    let inputs = [Value::from(x)];
    let report = check_grad(&|v| (v[0].sin() * v[0].exp()).sum(), &inputs).expect("a scalar");
    assert!(report.passed() && report.digits() > 5.0, "{report}");
    let report = check_grad(
        &|v| custom_vjp("square", [v[0]], |[x]| x * x, |[x], _, ct| [ct * x * 2.001]).sum(),
        &[[0.5_f32, 1.5].into()],
    );
    assert_eq!(report.expect("a scalar").verdict(), Verdict::Wrong);
}

#[test]
fn nodes_with_wrong_rules_are_named_with_their_lines() {
    let line = line!();
    let report = check_grad(
        &|v| {
            let h = custom_vjp("cube", [v[0].sin()], |[x]| x * x * x, |[x], _, ct| [ct * x * x]);
            (h * v[1]).tanh().sum()
        },
        &[[0.5, -1.25].into(), [0.3, 0.8].into()],
    );
    let report = report.expect("a scalar");
    let [fault] = report.faults() else { panic!("one rule is wrong: {report}") };
    assert_eq!((fault.op.as_str(), fault.operand), ("cube", 0), "{report}");
    assert!((line + 1..line + 4).contains(&fault.place.line), "{report}");
    assert!(fault.place.file.ends_with("reports.rs"), "{report}");
    assert!(fault.notes.iter().any(|note| note.contains("a factor of 3")), "{report}");
    let right = check_grad(&|v| (v[0].sin() * v[1]).tanh().sum(), &[[0.5, -1.25].into(), [0.3, 0.8].into()]);
    assert!(right.expect("a scalar").faults().is_empty());
}

#[test]
fn inputs_that_do_not_matter_are_named() {
    let report = check_grad(&|v| v[0].named("x").sum() + v[1].named("idle").sum() * 0.0, &[1.0.into(), 2.0.into()]);
    assert!(report.expect("a scalar").passed());
    let report = check_grad(
        &|v| {
            let _ = v[1].named("idle");
            v[0].named("x").sin()
        },
        &[1.0.into(), 2.0.into()],
    );
    let report = report.expect("a scalar");
    assert!(report.passed() && report.notes()[0].contains("does not depend on idle"), "{report}");
}

#[test]
fn higher_orders_are_checked() {
    let check = |order| {
        Check::new().order(order).function(
            &|v| custom_vjp("square", [v[0]], |[x]| x * x, |[x], _, ct| [ct * x.stop_gradient() * 2.0]).sum(),
            &[[0.5, -1.25].into()],
        )
    };
    assert!(check(1).expect("a scalar").passed());
    let report = check(2).expect("a scalar");
    assert_eq!(report.verdict(), Verdict::Wrong, "{report}");
    assert!(report.to_string().contains("derivative 2"), "{report}");
}

#[test]
fn the_same_seed_finds_the_same() {
    let x: Vec<f64> = (0..500).map(|i| (0.7 * f64::from(i)).sin()).collect();
    let f = |x: &Vec<f64>| x.iter().map(|x| x.exp()).sum::<f64>();
    let df = |x: &Vec<f64>| x.iter().map(|x| x.exp()).collect::<Vec<f64>>();
    let run = |seed| Check::new().seed(seed).gradient(f, df, &x);
    assert_eq!(run(7), run(7));
    assert_eq!(run(7).seed(), 7);
    assert!(run(7).to_string().contains("seed 7"));
}

#[test]
fn products_in_single_precision() {
    let x: Vec<f32> = (0..12).map(|i| (1.3 * i as f32).sin() + 0.1).collect();
    let f = |x: &Vec<f32>| x.iter().map(|x| x.sin() * x.exp()).collect::<Vec<f32>>();
    let slope = |x: &f32| (x.cos() + x.sin()) * x.exp();
    let product = |x: &Vec<f32>, v: &Vec<f32>| x.iter().zip(v).map(|(x, v)| slope(x) * v).collect::<Vec<f32>>();
    for seed in 1..20 {
        let check = Check::new().seed(seed);
        check.vjp(f, product, &x).assert();
        check.jvp(f, product, &x).assert();
        let wrong = |x: &Vec<f32>, v: &Vec<f32>| product(x, v).into_iter().map(|g| g * 1.01).collect();
        assert_eq!(check.vjp(f, wrong, &x).verdict(), Verdict::Wrong);
        assert_eq!(check.jvp(f, wrong, &x).verdict(), Verdict::Wrong);
    }
}

#[test]
fn every_seed_is_one() {
    let x = [[0.5, -1.25].into(), [2.0, 0.1].into()];
    for seed in [0, u64::MAX - 1, u64::MAX] {
        let check = Check::new().seed(seed).claims().order(2);
        check.function(&|v| (v[0].sin() * v[1].exp()).sum(), &x).expect("a scalar").assert();
    }
}

#[test]
fn pictures_are_drawn_of_any_names_and_numbers() {
    let named = std::collections::BTreeMap::from([("a\u{1}<&\u{FFFE}".to_owned(), vec![0.5, 1.5])]);
    let f = |map: &std::collections::BTreeMap<String, Vec<f64>>| map.values().flatten().map(|x| x * x).sum::<f64>();
    let report = Check::new().gradient(f, Clone::clone, &named);
    let svg = report.to_svg("a\u{1}<&\u{FFFE}").expect("two entries");
    assert!(svg.contains("of a\u{FFFD}&lt;&amp;\u{FFFD}: wrong"), "{svg}");
    let f = |x: &[f64; 2]| 1e308 * x[0] - 1e308 * x[1];
    let svg = Check::new().gradient(f, |_| [1.5e308, -1.5e308], &[0.1, 0.2]).to_svg("x").expect("two entries");
    assert!(!svg.contains("NaN") && !svg.contains("inf"), "{svg}");
    // The ends of logarithmic axes are numbers of their own, not the powers next to them.
    let svg = Check::new().curve(|x: &f64| x.sqrt(), |_| 0.0, &0.3, 0).to_svg();
    assert!(svg.contains(">9e-1<") && !svg.contains("1e-0"), "{svg}");
}

#[test]
fn variables_of_another_tape_are_refused() {
    let (tape, other) = (Tape::new(), Tape::new());
    let (a, b) = (tape.var(1.0), other.var(2.0));
    let error = Check::new().vars(a.sin(), &[b]).expect_err("of another tape").to_string();
    assert!(error.contains("different tapes"), "{error}");
    first_non_finite(a.sin(), &[b]).expect_err("of another tape");
    health(a.sin(), &[b]).expect_err("of another tape");
    precision(a.sin(), &[b]).expect_err("of another tape");
    let error = Check::new().vars(a.gt(0.0), &[a]).expect_err("no float").to_string();
    assert!(error.contains("reports.rs:") && error.contains("bool[], which has no derivatives"), "{error}");
}
