//! Functions with a derivative rule of the user's own: any order, both modes, batches, and what is refused.
use cinta::{Graph, Tape, Var, custom_vjp, vmap};
use ndarray::array;

/// sin with a hand-written rule.
fn sine(x: Var<'_>) -> Var<'_> {
    custom_vjp("sine", [x], |[x]| x.sin(), |[x], _y, ct| [ct * x.cos()])
}

/// a·b with a hand-written rule.
fn product<'t>(a: Var<'t>, b: Var<'t>) -> Var<'t> {
    custom_vjp("product", [a, b], |[a, b]| a * b, |[a, b], _y, ct| [ct * b, ct * a])
}

#[test]
fn the_rule_replaces_the_derivative_and_not_the_value() {
    let tape = Tape::new();
    let x = tape.var([0.5, 2.0]);
    let y = custom_vjp("twice", [x], |[x]| x * x, |[_], _, ct| [ct * 100.0]);
    assert_eq!(y.value(), array![0.25, 4.0]);
    assert_eq!(y.sum().grad(x).value(), array![100.0, 100.0]);
}

#[test]
fn every_order_and_mixture_of_modes_follows() {
    let tape = Tape::new();
    let x = tape.var(0.7);
    let y = sine(x);
    let one = tape.constant(1.0);
    let (sin, cos) = (0.7_f64.sin(), 0.7_f64.cos());
    assert_eq!(y.grad(x).item(), cos);
    assert_eq!(y.jvp(&[(x, one)]).item(), cos);
    assert_eq!(y.grad(x).grad(x).item(), -sin);
    assert_eq!(y.hvp(x, one).item(), -sin);
    assert_eq!(y.jvp(&[(x, one)]).grad(x).item(), -sin);
    assert_eq!(y.directional(x, one, 3).item(), -cos);
    assert_eq!(y.hessian(x).item(), -sin);
}

#[test]
fn the_rule_maps_over_a_batch_with_shared_inputs() {
    let tape = Tape::new();
    let (a, b) = (tape.var(3.0), tape.var([1.0, 2.0]));
    let [y] = vmap([(a, None), (b, Some(0))], |[a, b]| [product(a, b)]);
    assert_eq!(y.value(), array![3.0, 6.0]);
    let [da, db] = (y * array![10.0, 1.0]).sum().grad([a, b]);
    assert_eq!(da.item(), 12.0);
    assert_eq!(db.value(), array![30.0, 3.0]);
    let [each] = vmap([(a, None), (b, Some(0))], |[a, b]| [product(a, b).grad(a)]);
    assert_eq!(each.value(), array![1.0, 2.0]);
    assert_eq!(sine(b).jacobian(b).value(), array![[1.0_f64.cos(), 0.0], [0.0, 2.0_f64.cos()]]);
}

#[test]
fn a_cotangent_of_the_wrong_type_names_the_rule_and_the_types() {
    let tape = Tape::new();
    let x = tape.var([1.0, 2.0]);
    let y = custom_vjp("broken", [x], |[x]| x * 2.0, |[_], _, ct| [ct.sum()]);
    let error = y.sum().try_grad(x).unwrap_err().to_string();
    assert!(error.contains("cotangent of type f64[]") && error.contains("expected f64[2]"), "{error}");
    assert!(error.contains("tests/custom_rules.rs:"), "{error}");
}

#[test]
fn a_path_that_the_rule_cuts_is_an_error_that_says_so() {
    let tape = Tape::new();
    let (x, hidden) = (tape.var(1.0), tape.var(2.0));
    let y = custom_vjp("cut", [x], |[x]| x * hidden, |[_], _, ct| [ct]);
    let error = y.try_grad(hidden).unwrap_err().to_string();
    assert!(error.contains("with_rule") && error.contains("stands in place"), "{error}");
}

#[test]
fn a_printed_rule_reads_back_when_it_is_given() {
    let tape = Tape::new();
    let x = tape.var([1.0, 2.0]);
    let y = custom_vjp("my own \"rule\" = 1", [x], |[x]| x * 2.0, |[_], _, ct| [ct * 2.0]);
    let graph = tape.graph();
    let text = graph.to_string();
    let error = Graph::parse(&text).unwrap_err().to_string();
    assert!(error.contains("give the operation to Graph::parse_with"), "{error}");
    let read = Graph::parse_with(&text, &[graph.op(y.id()).unwrap().clone()]).unwrap();
    assert_eq!(read.to_string(), text);
    read.verify().unwrap();
}
