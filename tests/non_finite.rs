//! The switch that finds the first number that is not finite.
use cinta::{Function, Stateful};
use ndarray::array;

#[test]
fn the_first_operation_that_makes_one_is_named_with_its_line_and_operands() {
    let mut f = Function::new(["x"], |[x]| (x.log() * 2.0).sum()).checking_finite(true);
    assert!(f.call(&array![1.0, 2.0]).is_ok());
    let error = f.call(&array![1.0, 0.0]).unwrap_err();
    assert!(error.to_string().contains("log: makes -inf at [1] of x in [0, 1]"), "{error}");
    assert!(error.place().is_some_and(|place| place.file.ends_with("non_finite.rs")), "{error}");
}

#[test]
fn the_backward_pass_is_looked_through_too() {
    let mut f = Function::new(["x"], |[x]| x.sqrt()).grad("x").expect("an input").checking_finite(true);
    let error = f.call(0.0).unwrap_err().to_string();
    assert!(error.contains("makes inf of"), "{error}");
}

#[test]
fn an_argument_or_a_state_is_named_itself_and_constants_may_be_infinite() {
    let mut f = Function::new(["x"], |[x]| x + 1.0).checking_finite(true);
    let error = f.call((f64::NAN,)).unwrap_err().to_string();
    assert!(error.contains("x: is NaN") && error.contains("before any operation"), "{error}");
    let mut masked = Function::new(["x"], |[x]| x.minimum(f64::INFINITY)).checking_finite(true);
    assert_eq!(masked.call(2.0).expect("a finite result").item(), Some(2.0));
    let mut step = Stateful::new([("w", 1e300.into())], ["x"], |[w], [x]| (w * x, [w * w])).checking_finite(true);
    let error = step.call(1.0).unwrap_err().to_string();
    assert!(error.contains("mul: makes inf of w = 1"), "{error}");
    assert_eq!(step.state("w").expect("a state").item(), Some(1e300), "a call that fails leaves the states");
}

#[test]
fn nothing_is_checked_when_it_is_off() {
    let mut f = Function::new(["x"], |[x]| x.log());
    assert_eq!(f.call(0.0).expect("a number").item(), Some(f64::NEG_INFINITY));
}
