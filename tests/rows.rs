//! Arrays whose rows hold what a loop computes for an element: the loop writes them as it goes.
mod explained;

use cinta::{Function, Value, concat, stack};
use explained::explained;
use ndarray::{Array1, Array2};

/// Numbers that differ.
fn numbers(rows: usize, columns: usize) -> Array2<f64> {
    Array2::from_shape_fn((rows, columns), |(i, j)| 1.5 + (i as f64 * 0.7 + j as f64 * 2.3).sin())
}

#[test]
fn jacobians_of_a_batch_are_written_by_the_loop_that_computes_them() {
    let residual = Function::several(["c", "w"], |[c, w]| {
        let [x, y, f, u, v] = [0, 1, 2, 3, 4].map(|i| c.index_axis(0, i));
        let size = (x * x + y * y).sqrt();
        let scale = (1.0 + f * (x / size) * (y / size)) * f;
        let r = stack(&[w * (x / size * scale + u), w * (y / size * scale + v)], 0);
        [r, r.jacobian(c), r.jacobian(w)]
    });
    let batched = residual.vmap(["c", "w"]).expect("a batch");
    for n in [2, 5, 300, 20_001] {
        let (c, w) = (numbers(n, 5), numbers(n, 1).remove_axis(ndarray::Axis(1)));
        let text = explained(&batched, &[c.clone().into(), w.clone().into()]);
        assert!(text.contains("3 interleave") && text.contains(": 1 steps"), "{text}");
        let single = [c.mapv(<f32 as cinta::Real>::lit).into(), w.mapv(<f32 as cinta::Real>::lit).into()];
        assert!(explained(&batched, &single).contains("3 interleave"));
    }
}

#[test]
fn what_meets_in_a_column_is_added_up() {
    let gradient = Function::several(["x"], |[x]| {
        // The same column taken twice: two gradients that stand in the same place.
        let [a, again, b] = [0, 0, 2].map(|i| x.index_axis(1, i));
        [(a.sin() * b + again.exp()).sum().grad(x)]
    });
    let text = explained(&gradient, &[numbers(301, 4).into()]);
    assert!(text.contains("interleave") && !text.contains("assemble"), "{text}");
}

#[test]
fn arguments_numbers_and_other_rows_stand_in_columns() {
    let rows = Function::several(["x", "y", "k"], |[x, y, k]| {
        let one = x.tape().constant(1.0).broadcast_to(x.shape());
        let inner = stack(&[x.sin(), one, y], 1);
        let outer =
            concat(&[inner, stack(&[k.broadcast_to(x.shape()), x.exp()], 1), inner.slice_axis(1, 1..2_isize)], 1);
        [outer, (x * y).cos()]
    });
    for n in [2, 64, 30_000] {
        let [x, y] = [0.3, 0.4].map(|step| Array1::from_shape_fn(n, |i| (i as f64 * step).cos()));
        let text = explained(&rows, &[x.into(), y.into(), 0.75.into()]);
        assert!(text.contains(": 1 steps") && text.contains(", interleave;"), "{text}");
    }
}

#[test]
fn rows_that_are_wanted_themselves_are_written_too() {
    let rows = Function::several(["x"], |[x]| {
        let inner = stack(&[x.sin(), x.exp()], 1);
        [concat(&[inner, inner], 1), inner]
    });
    let x: Value = Array1::from_shape_fn(100, |i| (i as f64 * 0.3).cos()).into();
    let text = explained(&rows, std::slice::from_ref(&x));
    assert!(text.contains("2 interleave"), "{text}");
    // A sum needs them in a loop of their own.
    let summed = Function::several(["x"], |[x]| {
        let inner = stack(&[x.sin(), x.exp()], 1);
        [inner, inner.sum_axes(0)]
    });
    assert!(!explained(&summed, &[x]).contains("interleave"));
}

#[test]
fn what_shows_between_columns_is_kept() {
    let padded = Function::several(["x"], |[x]| {
        let ones = x.exp().expand_dims(1).pad(&[(0, 0), (1, 2)], 1.0);
        [ones.pad(&[(0, 0), (2, 0)], 0.0), ones.pad(&[(0, 0), (0, 1)], 1.0)]
    });
    let x = Array1::from_shape_fn(100, |i| (i as f64 * 0.3).cos());
    explained(&padded, &[x.into()]);
}

#[test]
fn what_a_loop_only_sums_is_no_column_of_it() {
    let rows = Function::several(["x"], |[x]| {
        let sums = x.sin().sum_axes(1);
        [stack(&[sums, sums.exp()], 1), x.sin()]
    });
    explained(&rows, &[numbers(50, 50).into()]);
    explained(&rows, &[numbers(50, 1).into()]);
}

#[test]
fn rows_of_neighbours_are_written_by_the_loop_that_computes_them() {
    let gradient = Function::several(["x"], |[x]| {
        let (head, tail) = (x.slice_axis(1, ..-1), x.slice_axis(1, 1..));
        [(100.0 * (tail - head * head).square() + (1.0 - head).square()).sum().grad(x)]
    });
    for (rows, n) in [(2, 3), (100, 100), (301, 9), (3000, 40), (7, 257), (5, 2)] {
        let text = explained(&gradient, &[numbers(rows, n).into()]);
        assert!(text.contains("interleave") && text.contains(": 1 steps"), "{text}");
    }
    // Longer rows than a block has are put together later.
    assert!(explained(&gradient, &[numbers(4, 700).into()]).contains("assemble"));
    let hessian = Function::several(["x"], |[x]| {
        let (head, tail) = (x.slice_axis(0, ..-1), x.slice_axis(0, 1..));
        [(100.0 * (tail - head * head).square() + (1.0 - head).square()).sum().hessian(x)]
    });
    let x = numbers(100, 1).remove_axis(ndarray::Axis(1));
    assert!(explained(&hessian, &[x.into()]).contains("interleave"));
    let beside_sums = Function::several(["x"], |[x]| {
        let y = x.slice_axis(1, 1..).sin();
        [y.pad(&[(0, 0), (1, 2)], 0.5), y.sum_axes(1), y.sum_axes(0), y.sum()]
    });
    explained(&beside_sums, &[numbers(300, 20).into()]);
}
