//! Faults of training: where they come from, and what is none.
use cinta_check::{Flow, Layer, first_non_finite, health, precision};
use cinta_graph::Tape;
use ndarray::{Array2, array};

#[test]
fn what_is_not_finite_from_the_start_is_named() {
    let tape = Tape::new();
    let w = tape.var([1.0, 2.0]).named("w");
    let data = tape.constant([0.5, f64::NAN]).named("data");
    let found = first_non_finite((w * data).sum(), &[w]).expect("values").expect("NaN in the data");
    assert_eq!((found.op.as_str(), found.node.as_str(), &found.index[..]), ("constant", "data", &[1][..]), "{found}");
    assert!(found.to_string().contains("the constant data") && found.to_string().contains("holds NaN"), "{found}");
    let bad = tape.var([f64::NAN, 2.0]).named("bad");
    let found = first_non_finite(bad.square().sum(), &[bad]).expect("values").expect("NaN in the parameter");
    assert_eq!((found.op.as_str(), found.node.as_str()), ("input", "bad"), "{found}");
    let infinite = tape.constant([f64::INFINITY, 1.0]).named("infinite");
    let found = first_non_finite((w * infinite).sum(), &[w]).expect("values").expect("an infinite loss");
    assert_eq!((found.op.as_str(), found.node.as_str()), ("constant", "infinite"), "{found}");
    let found = first_non_finite((w * 0.0 * infinite).sum(), &[w]).expect("values").expect("0 · ∞");
    assert_eq!((found.op.as_str(), found.backward, found.number.is_nan()), ("mul", false, true), "{found}");
    assert!(found.to_string().contains("infinite in [1e0, 1e0] and not finite"), "{found}");
}

#[test]
fn what_does_not_reach_the_loss_is_no_fault() {
    let tape = Tape::new();
    let p = tape.var([0.0, 1.0]).named("p");
    let masked = p.gt(0.5).select(p.log(), 0.0).sum();
    assert_eq!(first_non_finite(masked, &[p]).expect("values"), None);
    let mask = tape.constant(array![[0.0, f64::NEG_INFINITY], [0.0, f64::NEG_INFINITY]]);
    let s = tape.var(array![[1.0, 2.0], [3.0, 4.0]]).named("s");
    assert_eq!(first_non_finite((s + mask).softmax(1).square().sum(), &[s]).expect("values"), None);
    // Beside one that does.
    let found = first_non_finite(masked + (p * 800.0).exp().sum(), &[p]).expect("values").expect("e⁸⁰⁰");
    assert_eq!((found.op.as_str(), &found.index[..]), ("exp", &[1][..]), "{found}");
}

#[test]
fn gradients_too_small_to_change_a_parameter_have_vanished() {
    let tape = Tape::new();
    let w = tape.var(Array2::from_shape_fn((2, 3), |(i, j)| i as f64 - 0.7 * j as f64)).named("w");
    let x = tape.constant(array![[0.1, 0.2], [0.4, -0.3]]);
    let deep = (0..40).fold(x.dot(w), |h, _| (h * 0.1).sigmoid());
    let found = health(deep.sum(), &[w]).expect("a gradient");
    assert_eq!(found.layers[0].flow, Flow::Vanished, "{found}");
    assert!(!found.is_fine());
    // What f64 notices, f32 does not.
    let flow = |w: cinta_graph::Var<'_>| health(w.sum() * 1e-9, &[w]).expect("a gradient").layers[0].flow;
    assert_eq!((flow(tape.var([1.0, 2.0])), flow(tape.var([1.0_f32, 2.0]))), (Flow::Fine, Flow::Vanished));
}

#[test]
fn units_of_all_activations_are_seen() {
    let tape = Tape::new();
    let b = tape.var([0.3, -50.0]).named("b");
    let z = tape.constant(array![[0.1, 0.2], [0.4, -0.3]]) + b;
    for (y, dead, saturated) in [
        (z.relu(), 1, 0),
        (z.maximum(0.0), 1, 0),
        (z.gelu(), 1, 0),
        (z.silu(), 1, 0),
        (z.softplus(), 1, 0),
        (z.mish(), 1, 0),
        (z.tanh(), 0, 1),
        ((-z).sigmoid(), 0, 1),
        (z.minimum(-40.0), 0, 1),
        (z.leaky_relu(0.01), 0, 0),
        (z.square(), 0, 0),
    ] {
        let found = health(y.sum(), &[b]).expect("a gradient");
        let sums = found.units.iter().fold((0, 0), |(d, s), units| (d + units.dead, s + units.saturated));
        assert_eq!(sums, (dead, saturated), "{y:#}: {found}");
    }
}

#[test]
fn precision_sees_ranges_and_only_what_leads_to_the_output() {
    let tape = Tape::new();
    let x = tape.var([100.0, 1.0]).named("x");
    let _other = (1.0 - x.cos() * 1e-9).log().sum();
    let report = precision(x.exp().log().sum(), &[x]).expect("values");
    let worst = &report.nodes[0];
    assert!(worst.op == "exp" && worst.out_of_range && worst.error.is_infinite() && worst.lost > 7.0, "{report}");
    assert!(report.nodes.iter().all(|node| node.op != "cos"), "{report}");
    let k = tape.var([0.1, 0.2]).named("k");
    let report = precision((k * 1e-50 * 1e50).sum(), &[k]).expect("values");
    let gone = |op: &str| report.nodes.iter().any(|node| node.op == op && node.out_of_range && node.lost > 7.0);
    assert!(gone("constant"), "{report}");
    let tiny = tape.var([1e-30, 2e-30]).named("tiny");
    let report = precision(tiny.square().sqrt().sum(), &[tiny]).expect("values");
    let worst = &report.nodes[0];
    assert!(worst.op == "square" && worst.out_of_range && worst.lost > 7.0, "{report}");
}

#[test]
fn sizes_are_those_of_numbers_of_any_size() {
    let tape = Tape::new();
    let w = tape.var([1e200, 1.0]).named("w");
    let found = health((w * 1e-200).sum(), &[w]).expect("a gradient");
    let Layer { size, gradient, flow, .. } = &found.layers[0];
    assert!((size / 1e200 - 0.5_f64.sqrt()).abs() < 1e-12 && (gradient / 1e-200 - 1.0).abs() < 1e-12, "{found}");
    assert_eq!(*flow, Flow::Vanished, "{found}");
    let v = tape.var([1e-3, 1.0]).named("v");
    assert_eq!(health((v * 1e200).sum(), &[v]).expect("a gradient").layers[0].flow, Flow::Exploded);
}

#[test]
fn what_cancels_is_not_out_of_range() {
    let tape = Tape::new();
    let w = tape.var([0.3, 0.1]).named("w");
    let report = precision(((w + 1e8) - 1e8).sum(), &[w]).expect("values");
    let worst = &report.nodes[0];
    assert!(worst.op == "sub" && worst.lost > 7.0 && report.nodes.iter().all(|node| !node.out_of_range), "{report}");
}
