//! The texts of errors: what was expected, what came, at which line, what to do.
use std::fmt::Write as _;

use cinta::ops::compare::Compare;
use cinta::ops::logical::Logical;
use cinta::{
    ArrayType, DType, Error, Graph, Tape, Ties, Value, concat, custom_vjp, jvp, stack, try_concat, try_stack, try_vmap,
    vjp,
};
use ndarray::{Array, Array2, array};

/// Error texts one below the other, with line numbers of this file left out.
#[derive(Default)]
struct Texts(String);

impl Texts {
    fn add<T: std::fmt::Debug>(&mut self, result: Result<T, Error>) {
        let text = result.expect_err("refused").to_string();
        assert!(text.contains("tests/errors.rs:"), "no line of the user's: {text}");
        _ = writeln!(self.0, "{}", without_lines(&text));
    }

    fn add_placeless<T: std::fmt::Debug>(&mut self, result: Result<T, Error>) {
        _ = writeln!(self.0, "{}", result.expect_err("refused"));
    }
}

/// `tests/errors.rs:12:34` becomes `tests/errors.rs:…`, so that this file can be edited.
fn without_lines(text: &str) -> String {
    let mut pieces = text.split("tests/errors.rs:");
    let mut out = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        out += "tests/errors.rs:…";
        out += piece.trim_start_matches(|c: char| c.is_ascii_digit() || c == ':');
    }
    out
}

fn matrix(rows: usize, columns: usize) -> Array2<f64> {
    Array::zeros((rows, columns))
}

#[test]
fn arithmetic() {
    let tape = Tape::new();
    let (a, b) = (tape.var([1.0, 2.0]), tape.var([1.0, 2.0, 3.0]));
    let (n, m) = (tape.var([1_i64, 2]), tape.var([true, false]));
    let single = tape.var([1.0_f32, 2.0]);
    let mut texts = Texts::default();
    texts.add(a.try_add(b));
    texts.add(tape.var(matrix(2, 3)).try_mul(tape.var(matrix(3, 2))));
    texts.add(a.try_sub(single));
    texts.add(a.try_add(n));
    texts.add(n.try_div(n));
    texts.add(n.try_add(0.5));
    texts.add(m.try_add(1));
    texts.add(m.try_neg());
    texts.add(n.try_exp());
    texts.add(n.try_sigmoid());
    texts.add(m.try_abs());
    texts.add(n.try_pow(2));
    texts.add(n.try_powi(2));
    texts.add(a.try_maximum(b));
    texts.add(a.try_compare(Compare::Lt, b));
    texts.add(a.try_compare(Compare::Eq, n));
    texts.add(a.try_logical(Logical::And, m));
    texts.add(a.try_logical_not());
    texts.add(a.try_select(a, a));
    texts.add(m.try_select(a, single));
    texts.add(m.try_select(b, 0.0));
    insta::assert_snapshot!(texts.0);
}

#[test]
fn shapes_and_axes() {
    let tape = Tape::new();
    let (v, w) = (tape.var([1.0, 2.0, 3.0]), tape.var(matrix(2, 3)));
    let (flags, idx) = (tape.var([true, false]), tape.var([0_i64, 5]));
    let mut texts = Texts::default();
    texts.add(w.try_matmul(w));
    texts.add(v.try_matmul(tape.var(2.0)));
    texts.add(tape.var(Array::<f64, _>::zeros((2, 4, 3))).try_matmul(tape.var(Array::<f64, _>::zeros((5, 3, 4)))));
    texts.add(w.try_dot(tape.var(Array::<f64, _>::zeros((5, 3, 4)))));
    texts.add(w.try_outer(v));
    texts.add(w.try_l2_pool(tape.var([1.0, 2.0])));
    texts.add(w.try_reshape([4]));
    texts.add(w.try_broadcast_to([3, 3]));
    texts.add(w.try_sum_to([2]));
    texts.add(w.try_transpose(&[0, 0]));
    texts.add(w.try_transpose(&[0, 2]));
    texts.add(w.try_sum_axes(2));
    texts.add(w.try_sum_axes([0, -2]));
    texts.add(flags.try_sum_axes(0));
    texts.add(w.try_max_axes(5));
    texts.add(tape.var(matrix(0, 3)).try_max_axes(0));
    texts.add(v.try_max_axes_with(-2, Ties::Each));
    texts.add(idx.try_logsumexp(0));
    texts.add(idx.try_mean_axes(0));
    texts.add(w.try_take(idx, 0));
    texts.add(w.try_take(v, 0));
    texts.add(w.try_scatter_add(idx, v, 1));
    texts.add(w.try_flip(3));
    texts.add(w.try_pad(&[(1, 1)], 0.0));
    texts.add(try_concat(&[w, v], 0));
    texts.add(try_concat(&[v, v], 1));
    texts.add(try_stack(&[v, w], 0));
    texts.add(w.try_index_axis(0, 2));
    texts.add(idx.try_one_hot(3));
    texts.add(w.try_softmax_cross_entropy(v));
    insta::assert_snapshot!(texts.0);
}

#[test]
fn derivatives() {
    let tape = Tape::new();
    let x = tape.var([1.0, 2.0]).named("x");
    let unused = tape.var(3.0).named("unused");
    let n = tape.var([1_i64, 2]).named("n");
    let loss = x.square().sum();
    let late = tape.var(1.0).named("late");
    let mut texts = Texts::default();
    texts.add(x.square().try_grad(x));
    texts.add(n.try_grad(x));
    texts.add(loss.try_grad(unused));
    texts.add(loss.try_grad(late));
    texts.add(x.gt(0.0).cast(DType::F64).sum().try_grad(x));
    texts.add((x.stop_gradient() * 2.0).sum().try_grad(x));
    texts.add((x.sign() + 1.0).sum().try_grad(x));
    texts.add((n.cast(DType::F64)).sum().try_grad(n));
    texts.add(x.cast(DType::I64).cast(DType::F64).sum().try_grad(x));
    texts.add(loss.try_vjp(tape.constant([1.0, 2.0]), x));
    texts.add(loss.try_jvp(&[(x, tape.constant(1.0))]));
    texts.add(loss.try_jvp(&[(unused, tape.constant(1.0))]));
    texts.add(loss.try_jvp(&[]));
    texts.add(vjp(&[(n, n)], x));
    texts.add(jvp(&[loss], &[(n, n)]));
    texts.add(loss.try_hvp(unused, tape.constant(1.0)));
    texts.add(x.try_jacobian(unused));
    texts.add(x.try_hessian(x));
    texts.add(try_vmap([(x, Some(1))], |[x]| [x]));
    texts.add(try_vmap([(x, Some(0)), (tape.var([1.0, 2.0, 3.0]), Some(0))], |[x, y]| [x + y.sum()]));
    let broken = custom_vjp("broken", [x], |[x]| x * 2.0, |[_], _, ct| [ct.sum()]);
    texts.add(broken.sum().try_grad(x));
    insta::assert_snapshot!(texts.0);
}

#[test]
fn values_and_tapes() {
    let (tape, other) = (Tape::new(), Tape::new());
    let (x, y) = (tape.var([1.0, 2.0]).named("x"), other.var([1.0, 2.0]));
    let empty = tape.input(ArrayType::new(DType::F64, [2])).named("later");
    let idx = tape.var([0_i64, 1]).named("idx");
    let picked = x.take(idx, 0);
    idx.set([0_i64, 7]);
    let mut texts = Texts::default();
    texts.add(x.try_add(y));
    texts.add(x.sum().try_grad(y));
    texts.add((empty * 2.0).try_value());
    texts.add(x.try_item());
    texts.add(x.try_set([1.0, 2.0, 3.0]));
    texts.add(x.try_set([1.0_f32, 2.0]));
    texts.add((x * 2.0).try_set([1.0, 2.0]));
    texts.add(tape.constant(1.0).try_set(2.0));
    texts.add(picked.try_value());
    texts.add_placeless("%0: f64[2] = frobnicate".parse::<Graph>());
    texts.add_placeless("%0: f64[2] = const [1.0]".parse::<Graph>());
    texts.add_placeless("%0: f64[2] = tanh %1".parse::<Graph>());
    texts.add_placeless("%0: f64[2] = input\n%1: f64[3] = tanh %0".parse::<Graph>());
    insta::assert_snapshot!(texts.0);
}

#[test]
fn a_panic_carries_the_same_text_at_the_callers_line() {
    let caught = std::panic::catch_unwind(|| {
        let tape = Tape::new();
        let (a, b) = (tape.var([1.0, 2.0]), tape.var([1.0, 2.0, 3.0]));
        drop((a * b).value());
    });
    let payload = caught.expect_err("shapes differ");
    let text = payload.downcast_ref::<String>().expect("a text");
    let line = line!() - 4;
    assert!(text.starts_with("mul: f64[2] and f64[3]: sizes 2 and 3"), "{text}");
    assert!(text.contains(&format!("(recorded at tests/errors.rs:{line}:")), "{text}");
}

#[test]
fn data_of_any_kind_gives_errors_and_no_panics() {
    let tape = Tape::new();
    let x = tape.var(array![[1.0, 2.0], [3.0, 4.0]]);
    for bad in [i64::MIN, -1, 2, i64::MAX] {
        assert!(x.try_take([bad], 0).is_err(), "take {bad}");
        assert!(x.try_scatter_add([bad], array![[1.0, 1.0]], 0).is_err(), "scatter_add {bad}");
        assert!(tape.var([bad]).try_one_hot(2).is_err(), "one_hot {bad}");
    }
    for axis in [isize::MIN, -3, 2, isize::MAX] {
        assert!(x.try_sum_axes(axis).is_err() && x.try_max_axes(axis).is_err(), "axis {axis}");
        assert!(x.try_flip(axis).is_err() && x.try_take([0_i64], axis).is_err(), "axis {axis}");
        assert!(x.try_index_axis(axis, 0).is_err() && try_concat(&[x, x], axis).is_err(), "axis {axis}");
    }
    for size in [usize::MAX, usize::MAX / 2 + 1, 1 << 62] {
        assert!(x.try_reshape([size]).is_err() && x.try_reshape([size, size]).is_err(), "size {size}");
        assert!(x.try_pad(&[(size, size), (0, 0)], 0.0).is_err(), "pad {size}");
        assert!(x.try_broadcast_to([size, 2, 2]).is_err(), "broadcast {size}");
    }
    let extremes = tape.var([i64::MIN, i64::MAX]);
    for value in [(-extremes).try_value(), (extremes * extremes).try_value(), extremes.abs().try_value()] {
        assert!(value.is_ok(), "integers wrap");
    }
    assert!(concat(&[x], 0).try_value().is_ok() && stack(&[x], 2).try_value().is_ok());
    assert!(Value::from(1).item() == Some(1.0));
}
