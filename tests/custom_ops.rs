//! Opaque operations of the user's: what each derivative needs, and what is said when it is missing.
use std::sync::Arc;

use cinta::{ArrayType, CustomOp, Error, Graph, Tape, Value, Var, custom, try_custom, vmap};
use ndarray::array;

/// y = a ⊙ b², with as many derivatives as it is told to offer.
#[derive(Debug)]
struct TimesSquare {
    forward: bool,
    in_vars: bool,
}

impl CustomOp for TimesSquare {
    fn name(&self) -> &'static str {
        "times_square"
    }

    fn infer(&self, inputs: &[&ArrayType]) -> Result<ArrayType, String> {
        match inputs {
            [a, b] if a == b => Ok((*a).clone()),
            _ => Err("needs two arrays of one type".to_owned()),
        }
    }

    fn eval(&self, inputs: &[&Value]) -> Result<Value, String> {
        let (a, b) = (inputs[0].view::<f64>(), inputs[1].view::<f64>());
        if b.iter().any(|&b| b > 1e6) {
            return Err("b is beyond 1e6".to_owned());
        }
        Ok((&a * &b * b).into())
    }

    fn vjp(&self, input: usize, inputs: &[&Value], _output: &Value, ct: &Value) -> Result<Value, String> {
        assert_eq!(inputs.len(), 2, "the operation's own inputs and no others");
        let (a, b, ct) = (inputs[0].view::<f64>(), inputs[1].view::<f64>(), ct.view::<f64>());
        Ok(if input == 0 { (&b * &b * ct).into() } else { (2.0 * &a * b * ct).into() })
    }

    fn has_jvp(&self) -> bool {
        self.forward
    }

    fn jvp(&self, inputs: &[&Value], _: &Value, tangents: &[Option<&Value>]) -> Option<Result<Value, String>> {
        let (a, b) = (inputs[0].view::<f64>(), inputs[1].view::<f64>());
        let from_a = tangents[0].map(|da| &b * &b * da.view::<f64>());
        let from_b = tangents[1].map(|db| 2.0 * &a * b * db.view::<f64>());
        Some(Ok(match (from_a, from_b) {
            (Some(x), Some(y)) => (x + y).into(),
            (x, y) => x.or(y)?.into(),
        }))
    }

    fn has_vjp_in_vars(&self) -> bool {
        self.in_vars
    }

    fn vjp_in_vars<'t>(&self, i: usize, x: &[Var<'t>], _: Var<'t>, ct: Var<'t>) -> Option<Result<Var<'t>, Error>> {
        let [a, b] = [x[0], x[1]];
        self.in_vars.then(|| Ok(if i == 0 { ct * b * b } else { ct * a * b * 2.0 }))
    }
}

fn op(forward: bool, in_vars: bool) -> Arc<dyn CustomOp> {
    Arc::new(TimesSquare { forward, in_vars })
}

#[test]
fn reverse_mode_needs_the_vjp_alone() {
    let tape = Tape::new();
    let (a, b) = (tape.var([1.0, 2.0]), tape.var([3.0, 4.0]));
    let y = custom(op(false, false), &[a, b]);
    assert_eq!(y.value(), array![9.0, 32.0]);
    let [da, db] = y.sum().grad([a, b]);
    assert_eq!(da.value(), array![9.0, 16.0]);
    assert_eq!(db.value(), array![6.0, 16.0]);
    tape.graph().verify().unwrap();
}

#[test]
fn forward_mode_without_a_jvp_is_an_error_that_says_so() {
    let tape = Tape::new();
    let (a, b) = (tape.var([1.0, 2.0]), tape.var([3.0, 4.0]));
    let y = custom(op(false, false), &[a, b]);
    let error = y.try_jvp(&[(a, tape.constant([1.0, 1.0]))]).unwrap_err().to_string();
    assert!(error.starts_with("times_square: has no jvp") && error.contains("tests/custom_ops.rs:"), "{error}");
    let error = y.sum().grad(a).sum().try_grad(b).unwrap_err().to_string();
    assert!(error.contains("cannot be differentiated again; implement CustomOp::vjp_in_vars"), "{error}");
}

#[test]
fn a_hand_written_jvp_serves_forward_mode_and_the_derivative_of_the_pullback_in_its_cotangent() {
    let tape = Tape::new();
    let (a, b) = (tape.var([1.0, 2.0]), tape.var([3.0, 4.0]));
    let y = custom(op(true, false), &[a, b]);
    let (t, u) = (tape.constant([1.0, -1.0]), tape.constant([0.5, 2.0]));
    assert_eq!(y.jvp(&[(a, t)]).value(), array![9.0, -16.0]);
    assert_eq!(y.jvp(&[(a, t), (b, u)]).value(), array![12.0, 16.0]);
    let ct = tape.var([1.0, 1.0]);
    let pulled = y.vjp(ct, b);
    assert_eq!(pulled.jvp(&[(ct, t)]).value(), array![6.0, -16.0]);
    assert_eq!((pulled * u).sum().grad(ct).value(), array![3.0, 32.0]);
    let pushed = y.jvp(&[(b, ct)]);
    assert_eq!(pushed.sum().grad(ct).value(), array![6.0, 16.0]);
    assert_eq!(pushed.jvp(&[(ct, t)]).value(), array![6.0, -16.0]);
}

#[test]
fn a_pullback_in_variables_gives_every_order_and_mode() {
    let tape = Tape::new();
    let (a, b) = (tape.var([1.0, 2.0]), tape.var([3.0, 4.0]));
    let y = custom(op(false, true), &[a, b]);
    let one = tape.constant([1.0, 1.0]);
    assert_eq!(y.jvp(&[(b, one)]).value(), array![6.0, 16.0]);
    assert_eq!(y.sum().hvp(b, one).value(), array![2.0, 4.0]);
    assert_eq!(y.sum().hessian(b).value(), array![[2.0, 0.0], [0.0, 4.0]]);
    assert_eq!(y.sum().grad(a).sum().grad(b).value(), array![6.0, 8.0]);
}

#[test]
fn a_batch_is_a_loop_over_examples() {
    let tape = Tape::new();
    let (a, b) = (tape.var([1.0, 2.0]), tape.var(array![[3.0, 4.0], [5.0, 6.0]]));
    for op in [op(true, false), op(false, true)] {
        let [y, da] = vmap([(a, None), (b, Some(0))], |[a, b]| {
            let y = custom(Arc::clone(&op), &[a, b]);
            [y, y.sum().grad(a)]
        });
        assert_eq!(y.value(), array![[9.0, 32.0], [25.0, 72.0]]);
        assert_eq!(da.value(), array![[9.0, 16.0], [25.0, 36.0]]);
        let [empty] = vmap([(a, None), (tape.var(ndarray::Array2::<f64>::zeros((0, 2))), Some(0))], |[a, b]| {
            [custom(Arc::clone(&op), &[a, b])]
        });
        assert_eq!(empty.shape().as_slice(), [0, 2]);
    }
}

#[test]
fn refusals_and_bad_numbers_carry_the_name_and_the_line() {
    let tape = Tape::new();
    let (a, b) = (tape.var([1.0, 2.0]), tape.var([3.0, 4.0, 5.0]));
    let error = try_custom(op(false, false), &[a, b]).unwrap_err().to_string();
    assert!(
        error.starts_with(
            "times_square: f64[2] and f64[3]: needs two arrays of one type (recorded at tests/custom_ops.rs"
        ),
        "{error}"
    );
    let big = tape.var([1e7, 0.0]);
    let error = custom(op(false, false), &[a, big]).try_value().unwrap_err().to_string();
    assert!(
        error.starts_with("times_square: f64[2] and f64[2]: b is beyond 1e6 (recorded at tests/custom_ops.rs"),
        "{error}"
    );
    assert!(try_custom(op(false, false), &[]).unwrap_err().to_string().contains("at least 1 input"));
}

#[test]
fn a_printed_operation_and_its_derivatives_read_back_when_it_is_given() {
    let tape = Tape::new();
    let (a, b) = (tape.var([1.0, 2.0]), tape.var([3.0, 4.0]));
    let y = custom(op(true, false), &[a, b]);
    let (grad, push) = (y.sum().grad(b), y.jvp(&[(a, tape.constant([1.0, 1.0]))]));
    let graph = tape.graph();
    let users = [graph.op(y.id()).unwrap().clone()];
    let read = Graph::parse_with(&graph.to_string(), &users).unwrap();
    assert_eq!(read.to_string(), graph.to_string());
    let again = Tape::from_graph(read);
    again.at(a.id()).set([1.0, 2.0]);
    again.at(b.id()).set([3.0, 4.0]);
    assert_eq!(again.at(grad.id()).value(), grad.value());
    assert_eq!(again.at(push.id()).value(), push.value());
}

/// Declares one type and gives another.
#[derive(Debug)]
struct Liar;

impl CustomOp for Liar {
    fn name(&self) -> &'static str {
        "liar"
    }
    fn infer(&self, inputs: &[&ArrayType]) -> Result<ArrayType, String> {
        Ok(inputs[0].clone())
    }
    fn eval(&self, _: &[&Value]) -> Result<Value, String> {
        Ok([1.0, 2.0, 3.0].into())
    }
    fn vjp(&self, _: usize, _: &[&Value], _: &Value, ct: &Value) -> Result<Value, String> {
        Ok(ct.clone())
    }
}

#[test]
fn a_value_of_another_type_than_declared_is_an_error() {
    let tape = Tape::new();
    let y = custom(Arc::new(Liar), &[tape.var([1.0, 2.0])]);
    let error = y.try_value().unwrap_err().to_string();
    assert!(error.starts_with("liar: f64[2]: gave f64[3], but f64[2] was declared"), "{error}");
}

#[test]
fn an_emptied_tape_lets_go_of_a_users_code() {
    let op: Arc<dyn CustomOp> = Arc::new(TimesSquare { forward: false, in_vars: false });
    let mut tape = Tape::new();
    let x = tape.var([1.0, 2.0]);
    let y = custom(op.clone(), &[x, x]);
    assert_eq!(y.sum().grad(x).value(), array![3.0, 12.0]);
    tape.clear();
    assert_eq!(Arc::strong_count(&op), 1);
}
