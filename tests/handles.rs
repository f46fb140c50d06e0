//! Handles mean what they seem to: equal constants are different nodes, tapes do not mix, directions add up.
use cinta::{ArrayType, DType, Tape, custom_vjp, jvp, try_vmap, vjp};
use ndarray::array;

#[test]
fn equal_constants_in_two_hands_are_two_nodes() {
    let tape = Tape::new();
    let x = tape.var([2.0, 3.0]);
    let (w, b) = (x.zeros_like(), x.zeros_like());
    let [dw, db] = (x * w + b).sum().grad([w, b]);
    assert_eq!(dw.value(), array![2.0, 3.0]);
    assert_eq!(db.value(), array![1.0, 1.0]);
    let ty = ArrayType::new(DType::F64, ());
    let (seven, y) = (tape.full(&ty, 7.0).named("seven"), tape.var(2.0));
    assert_eq!((y * 7.0 + seven * y).grad(seven).item(), 2.0);
    assert!(!(y * 7.0).formula().contains("seven"), "{}", (y * 7.0).formula());
}

#[test]
fn tangents_of_one_variable_add_up() {
    let tape = Tape::new();
    let (x, one, ten) = (tape.var(2.0), tape.constant(1.0), tape.constant(10.0));
    assert_eq!((x * x).jvp(&[(x, one), (x, ten)]).item(), 44.0);
    let [first, second] = x.powi(3).hvp([x, x], [one, ten]);
    assert_eq!((first.item(), second.item()), (132.0, 132.0));
}

#[test]
fn a_direction_computed_from_the_point_is_held_fixed() {
    let tape = Tape::new();
    let x = tape.var(2.0);
    assert_eq!((x * x).directional(x, x, 2).item(), 8.0);
    let y = x.powi(3);
    assert_eq!(y.directional(x, y.grad(x), 2).item(), 12.0 * 144.0);
}

#[test]
fn tapes_do_not_mix_in_any_derivative() {
    let (tape, other) = (Tape::new(), Tape::new());
    let (x, foreign) = (tape.var([1.0, 2.0]), other.var([3.0, 4.0]));
    let (y, one) = (x.square(), tape.constant([1.0, 1.0]));
    assert!(jvp(&[y, foreign], &[(x, one)]).is_err());
    assert!(vjp(&[(y, one), (foreign, foreign)], x).is_err());
    assert!(y.sum().try_explain_path(foreign).is_err());
    assert!(try_vmap([(x, Some(0))], |_| [foreign]).is_err());
    assert!(try_vmap([(x, Some(0)), (foreign, Some(0))], |[a, b]| [a.sin(), b.cos()]).is_err());
    assert!(x.try_binary_cross_entropy(foreign).is_err());
}

#[test]
fn integers_have_no_derivatives_in_any_form() {
    let tape = Tape::new();
    let n = tape.var([1_i64, 2]);
    let y = n.cast(DType::F64).square();
    assert!(y.try_jacobian(n).is_err() && y.sum().try_grad(n).is_err());
    assert!(y.sum().try_grad_or_zeros(n).is_err() && y.sum().try_grad_or_none(n).is_err());
}

#[test]
fn a_rule_that_is_not_linear_is_found_by_forward_mode() {
    let tape = Tape::new();
    let x = tape.var(1.0);
    let y = custom_vjp("clipped", [x], |[x]| x * 1.0, |[_], _, ct| [ct.minimum(1.0).maximum(-1.0)]) * 100.0;
    assert_eq!(y.grad(x).item(), 1.0);
    let error = y.try_jvp(&[(x, tape.constant(1.0))]).unwrap_err().to_string();
    assert!(error.contains("rule=clipped") && error.contains("not linear"), "{error}");
}

#[test]
#[should_panic(expected = "drop what tape.graph() gave first")]
fn recording_while_the_graph_is_read_says_what_to_do() {
    let tape = Tape::new();
    let x = tape.var(1.0);
    let graph = tape.graph();
    drop((x + 1.0, graph));
}

#[test]
fn two_numbers_to_select_from_have_their_own_dtype() {
    let tape = Tape::new();
    let yes = tape.var([true, false]);
    assert_eq!(yes.select(1, 2).value(), array![1_i64, 2]);
    assert_eq!(yes.select(1, 0.5).value(), array![1.0, 0.5]);
    assert_eq!(yes.select(0.5, 2).value(), array![0.5, 2.0]);
    assert_eq!(yes.select(false, true).value(), array![false, true]);
    assert_eq!(yes.select(1.5_f32, 2.0_f32).value(), array![1.5_f32, 2.0]);
    assert!(yes.try_select(true, 1.0).is_err());
}
