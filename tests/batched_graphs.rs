//! What `vmap` records is what one would write by hand for a batch: one product, and few steps that only move.
use std::collections::BTreeSet;

use cinta::{Tape, Value, Var, einsum, vmap};
use ndarray::{Array1, ArrayD, Axis};

/// So many examples.
const B: usize = 5;
/// So many in the other direction of two.
const C: usize = 3;

fn numbers(shape: &[usize]) -> Value {
    let n: usize = shape.iter().product();
    let numbers = (0..n).map(|i| (i as f64 * 0.7).sin()).collect();
    Value::from(ArrayD::from_shape_vec(shape, numbers).expect("as many as the shape holds"))
}

/// The operations that a variable is computed by, in their order.
fn operations(output: Var<'_>) -> Vec<String> {
    let graph = output.tape().graph();
    let mut live = BTreeSet::from([output.id()]);
    let mut waiting = vec![output.id()];
    while let Some(id) = waiting.pop() {
        waiting.extend(graph.inputs(id).iter().copied().filter(|&input| live.insert(input)));
    }
    live.into_iter().filter_map(|id| graph.op(id)).map(|op| op.name().to_owned()).collect()
}

/// Asserts which operations there are, in their order, but for those that only move.
#[track_caller]
fn records(output: Var<'_>, working: &[&str], moving: usize) {
    let all = operations(output);
    let (moves, works): (Vec<&str>, Vec<&str>) = all
        .iter()
        .map(String::as_str)
        .partition(|name| ["reshape", "transpose", "broadcast_to", "slice"].contains(name));
    assert_eq!(works, working, "{:?}\n{}", all, output.tape().graph());
    assert!(moves.len() <= moving, "{} moves in {:?}\n{}", moves.len(), all, output.tape().graph());
}

/// A function of two arrays mapped over either or both, beside the shapes for one example.
#[track_caller]
fn mapped(
    shapes: [&[usize]; 2],
    which: [bool; 2],
    f: impl for<'t> Fn(Var<'t>, Var<'t>) -> Var<'t>,
    working: &[&str],
    moving: usize,
) {
    let tape = Tape::new();
    let input = |i: usize| {
        let shape: Vec<usize> = which[i].then_some(B).into_iter().chain(shapes[i].iter().copied()).collect();
        (tape.var(numbers(&shape)), which[i].then_some(0))
    };
    let [y] = vmap([input(0), input(1)], |[a, b]| [f(a, b)]);
    records(y, working, moving);
}

const OVER_FIRST: [bool; 2] = [true, false];
const OVER_SECOND: [bool; 2] = [false, true];
const OVER_BOTH: [bool; 2] = [true, true];

#[test]
fn products_with_vectors() {
    fn product<'t>(a: Var<'t>, b: Var<'t>) -> Var<'t> {
        a.matmul(b)
    }
    let (w, x): (&[usize], &[usize]) = (&[3, 4], &[4]);
    mapped([w, x], OVER_SECOND, product, &["matmul"], 1); // X Wᵀ
    mapped([w, x], OVER_FIRST, product, &["matmul"], 2); // one taller matrix
    mapped([w, x], OVER_BOTH, product, &["matmul"], 2);
    let (x, w): (&[usize], &[usize]) = (&[4], &[4, 3]);
    mapped([x, w], OVER_FIRST, product, &["matmul"], 0); // X W
    mapped([x, w], OVER_SECOND, product, &["matmul"], 3);
    mapped([x, w], OVER_BOTH, product, &["matmul"], 2);
}

#[test]
fn products_of_vectors() {
    fn product<'t>(a: Var<'t>, b: Var<'t>) -> Var<'t> {
        a.dot(b)
    }
    for over_one in [OVER_FIRST, OVER_SECOND] {
        mapped([&[4], &[4]], over_one, product, &["matmul"], 0);
    }
    mapped([&[4], &[4]], OVER_BOTH, product, &["mul", "sum_to"], 1);
    for over in [OVER_FIRST, OVER_SECOND, OVER_BOTH] {
        mapped([&[4], &[3]], over, |a, b| a.outer(b), &["mul"], 4);
    }
}

#[test]
fn products_of_matrices() {
    fn product<'t>(a: Var<'t>, b: Var<'t>) -> Var<'t> {
        a.matmul(b)
    }
    let (a, b): (&[usize], &[usize]) = (&[2, 3], &[3, 4]);
    mapped([a, b], OVER_FIRST, product, &["matmul"], 2); // one taller matrix
    mapped([a, b], OVER_SECOND, product, &["matmul"], 4); // one wider matrix
    mapped([a, b], OVER_BOTH, product, &["matmul"], 0);
    let (a, b): (&[usize], &[usize]) = (&[6, 2, 3], &[6, 3, 4]);
    mapped([a, b], OVER_FIRST, product, &["matmul"], 1);
    mapped([a, b], OVER_SECOND, product, &["matmul"], 1);
    mapped([a, b], OVER_BOTH, product, &["matmul"], 0);
}

#[test]
fn nested_maps() {
    let tape = Tape::new();
    let var = |shape: &[usize]| tape.var(numbers(shape));
    // All pairs of two lists of vectors: X Yᵀ.
    let [dots] = vmap([(var(&[B, 4]), Some(0)), (var(&[C, 4]), None)], |[x, ys]| {
        vmap([(x, None), (ys, Some(0))], |[x, y]| [x.dot(y)])
    });
    assert_eq!(dots.shape().as_slice(), [B, C]);
    records(dots, &["matmul"], 1);
    // One matrix for a grid of vectors.
    let [grid] = vmap([(var(&[B, C, 4]), Some(0)), (var(&[3, 4]), None)], |[xs, w]| {
        vmap([(w, None), (xs, Some(0))], |[w, x]| [w.dot(x)])
    });
    assert_eq!(grid.shape().as_slice(), [B, C, 3]);
    records(grid, &["matmul"], 3);
    // Every matrix of a list with every vector of a list, in either order.
    let [outer] = vmap([(var(&[B, 3, 4]), Some(0)), (var(&[C, 4]), None)], |[w, xs]| {
        vmap([(w, None), (xs, Some(0))], |[w, x]| [w.dot(x)])
    });
    assert_eq!(outer.shape().as_slice(), [B, C, 3]);
    records(outer, &["matmul"], 5);
    let [inner] = vmap([(var(&[B, 3, 4]), None), (var(&[C, 4]), Some(0))], |[ws, x]| {
        vmap([(ws, Some(0)), (x, None)], |[w, x]| [w.dot(x)])
    });
    assert_eq!(inner.shape().as_slice(), [C, B, 3]);
    records(inner, &["matmul"], 3);
    // A batch of batches.
    let [both] = vmap([(var(&[B, C, 2, 3]), Some(0)), (var(&[B, C, 3, 4]), Some(0))], |[a, b]| {
        vmap([(a, Some(0)), (b, Some(0))], |[a, b]| [a.matmul(b)])
    });
    records(both, &["matmul"], 0);
}

#[test]
fn einsums() {
    fn f<'t>(a: Var<'t>, b: Var<'t>) -> Var<'t> {
        einsum("ij,kj->ik", &[a, b])
    }
    fn attention<'t>(q: Var<'t>, k: Var<'t>) -> Var<'t> {
        einsum("qhd,khd->hqk", &[q, k])
    }
    let (a, b): (&[usize], &[usize]) = (&[2, 3], &[4, 3]);
    mapped([a, b], OVER_FIRST, f, &["matmul"], 3);
    mapped([a, b], OVER_SECOND, f, &["matmul"], 5);
    mapped([a, b], OVER_BOTH, f, &["matmul"], 1);
    mapped([&[4, 2, 3], &[5, 2, 3]], OVER_BOTH, attention, &["matmul"], 2);
    mapped([&[4, 2, 3], &[5, 2, 3]], OVER_FIRST, attention, &["matmul"], 3);
    mapped([&[3, 3], &[3]], OVER_BOTH, |a, x| einsum("ii,i->", &[a, x]), &["mul", "sum_to"], 3);
}

#[test]
fn windows_of_a_signal_times_a_filter() {
    fn convolve<'t>(x: Var<'t>, w: Var<'t>) -> Var<'t> {
        x.take(&Array1::from_iter(0..8_i64).insert_axis(Axis(1)) + &Array1::from_iter(0..3_i64), 0).matmul(w)
    }
    mapped([&[10], &[3]], OVER_FIRST, convolve, &["take", "matmul"], 2);
    mapped([&[10], &[3]], OVER_SECOND, convolve, &["take", "matmul"], 1);
    mapped([&[10], &[3]], OVER_BOTH, convolve, &["take", "matmul"], 2);
}

#[test]
fn scalars_that_meet_arrays() {
    mapped([&[], &[4]], OVER_FIRST, |a, x| a * x + 1.0, &["mul", "add"], 4);
    mapped([&[], &[4]], OVER_SECOND, |a, x| a * x + 1.0, &["mul", "add"], 3);
    mapped([&[], &[4]], OVER_BOTH, |a, x| a * x + 1.0, &["mul", "add"], 3);
    mapped([&[2, 4], &[4]], OVER_FIRST, |a, x| (a + x).tanh(), &["add", "tanh"], 2);
}

#[test]
fn choices_softmax_and_indices() {
    mapped([&[4], &[4]], OVER_FIRST, |a, b| a.gt(b).select(a, 0.0), &["gt", "select"], 2);
    mapped([&[4], &[4]], OVER_BOTH, |a, b| (a * b).softmax(0), &["mul", "softmax"], 0);
    mapped(
        [&[2, 4], &[4]],
        OVER_FIRST,
        |a, b| a.logsumexp(1).sum() + b.sum(),
        &["sum_to", "logsumexp", "sum_to", "add"],
        2,
    );
    mapped([&[4, 2], &[4]], OVER_FIRST, |a, _| a.take([0_i64, 2], 0), &["take"], 0);
    mapped([&[4], &[2]], OVER_SECOND, |a, b| a.scatter_add([0_i64, 2], b, 0), &["scatter_add"], 1);
    mapped([&[2, 3], &[3, 2]], OVER_BOTH, |a, b| (a.t() + b).reshape([6]), &["add"], 2);
}

#[test]
fn gradients_of_each_example() {
    let tape = Tape::new();
    let var = |shape: &[usize]| tape.var(numbers(shape));
    let (w, v, xs, ys) = (var(&[6, 4]), var(&[3, 6]), var(&[B, 4]), var(&[B, 3]));
    let [dw, dv, dx] = vmap([(w, None), (v, None), (xs, Some(0)), (ys, Some(0))], |[w, v, x, y]| {
        let loss = (v.dot(w.dot(x).tanh()) - y).square().sum();
        loss.grad([w, v, x])
    });
    assert_eq!(dw.shape().as_slice(), [B, 6, 4]);
    let products = |var| operations(var).iter().filter(|name| *name == "matmul" || *name == "outer").count();
    // X Wᵀ, H Vᵀ, then Δ V, and Δ W for the inputs; the gradients of W and V are products element by element.
    assert_eq!((products(dv), products(dw), products(dx)), (2, 3, 4));
    for gradient in [dv, dw, dx] {
        assert!(!operations(gradient).iter().any(|name| name == "concat" || name == "slice"), "a loop");
    }
}

#[test]
fn hessians_of_each_example() {
    let tape = Tape::new();
    let var = |shape: &[usize]| tape.var(numbers(shape));
    let (w, xs) = (var(&[6, 4]), var(&[B, 4]));
    let [hessians] = vmap([(w, None), (xs, Some(0))], |[w, x]| [w.dot(x).tanh().sum().hessian(x)]);
    assert_eq!(hessians.shape().as_slice(), [B, 4, 4]);
    let names = operations(hessians);
    let products = names.iter().filter(|name| *name == "matmul").count();
    assert!(products <= 3, "W x, W t and Wᵀ ṫ: {names:?}");
    assert!(names.len() <= 30, "{names:?}");
    let by_hand = |count: usize| {
        let tape = Tape::new();
        let (w, xs) = (tape.var(numbers(&[6, 4])), tape.var(numbers(&[count, 4])));
        let [hessians] = vmap([(w, None), (xs, Some(0))], |[w, x]| [w.dot(x).tanh().sum().hessian(x)]);
        operations(hessians).len()
    };
    assert_eq!(by_hand(1), by_hand(50), "the graph does not grow with the batch");
}
