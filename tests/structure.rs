//! Operations that move elements about: values, derivatives, batches.
use cinta::ops::pad::Pad;
use cinta::{Axes, ErrorKind, Tape, Value, Var, concat, stack, vmap};
use ndarray::{Array1, ArrayD, Axis, NewAxis, Slice, array};

/// 1, 2, 3, … in a shape.
fn count(shape: &[usize]) -> ArrayD<f64> {
    let n: usize = shape.iter().product();
    let numbers = (1..=n).map(|i| i as f64).collect();
    ArrayD::from_shape_vec(shape, numbers).expect("as many as the shape holds")
}

/// Every so many elements of a range.
fn by(range: impl Into<Slice>, step: isize) -> Slice {
    Slice { step, ..range.into() }
}

mod values {
    use super::*;

    #[test]
    fn concat_and_stack() {
        let tape = Tape::new();
        let (a, b) = (tape.var(array![[1.0, 2.0]]), tape.var(array![[3.0, 4.0], [5.0, 6.0]]));
        assert_eq!(concat(&[a, b], 0).value(), array![[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]);
        assert_eq!(concat(&[b.t(), b], -1).value(), array![[3.0, 5.0, 3.0, 4.0], [4.0, 6.0, 5.0, 6.0]]);
        assert_eq!(concat(&[b], 0).id(), b.id());
        let rows = [tape.var([1_i64, 2]), tape.var([3_i64, 4]), tape.var([5_i64, 6])];
        assert_eq!(stack(&rows, 0).value(), array![[1_i64, 2], [3, 4], [5, 6]]);
        assert_eq!(stack(&rows, 1).value(), array![[1_i64, 3, 5], [2, 4, 6]]);
        assert_eq!(stack(&rows, -2).value(), stack(&rows, 0).value());
        assert_eq!(stack(&[tape.var(true), tape.var(false)], 0).value(), array![true, false]);
    }

    #[test]
    fn slices_of_one_axis_and_of_several() {
        let tape = Tape::new();
        let x = tape.var(array![[1.0, 2.0, 3.0, 4.0], [5.0, 6.0, 7.0, 8.0], [9.0, 10.0, 11.0, 12.0]]);
        assert_eq!(x.slice((1.., ..2)).value(), array![[5.0, 6.0], [9.0, 10.0]]);
        assert_eq!(x.slice((by(.., 2), by(1.., 2))).value(), array![[2.0, 4.0], [10.0, 12.0]]);
        assert_eq!(x.slice((-1, -3..-1)).value(), array![10.0, 11.0]);
        assert_eq!(x.slice((1, 2)).value(), Value::from(7.0));
        assert_eq!(x.slice((0,)).value(), array![1.0, 2.0, 3.0, 4.0]);
        assert_eq!(x.slice((NewAxis, 0, NewAxis, ..2)).shape().as_slice(), [1, 1, 2]);
        assert_eq!(x.slice((1..1,)).shape().as_slice(), [0, 4]);
        assert_eq!(x.slice((.., 4..)).shape().as_slice(), [3, 0]);
        assert_eq!(x.slice((..,)).id(), x.id());
        assert_eq!(x.slice_axis(1, 1..3).value(), array![[2.0, 3.0], [6.0, 7.0], [10.0, 11.0]]);
        assert_eq!(x.slice_axis(-1, ..=-1).id(), x.id());
        assert_eq!(x.index_axis(1, -1).value(), array![4.0, 8.0, 12.0]);
        assert_eq!(x.t().index_axis(0, 1).value(), array![2.0, 6.0, 10.0]);
    }

    #[test]
    fn backward_slices_agree_with_ndarray() {
        let (tape, array) = (Tape::new(), Array1::from_iter(0..7_i64));
        let x = tape.var(&array);
        for step in [-9, -7, -3, -2, -1, 1, 2, 3, 7, 9, isize::MIN, isize::MAX] {
            for (start, stop) in [(0, 7), (1, 7), (2, 6), (3, 4), (5, 5), (-4, -1)] {
                let slice = Slice::new(start, Some(stop), step);
                let known = Slice { step: step.clamp(-9, 9), ..slice }; // ndarray itself overflows
                let expected = array.slice_axis(Axis(0), known);
                assert_eq!(x.slice_axis(0, slice).value(), expected, "{slice:?}");
            }
        }
    }

    #[test]
    fn pads_of_every_dtype() {
        let tape = Tape::new();
        let x = tape.var(array![[1.0, 2.0]]);
        assert_eq!(x.pad(&[(1, 0), (0, 2)], -1.0).value(), array![[-1.0, -1.0, -1.0, -1.0], [1.0, 2.0, -1.0, -1.0]]);
        assert_eq!(tape.var([1_i64]).pad(&[(1, 1)], 7.0).value(), array![7_i64, 1, 7]);
        assert_eq!(tape.var([true]).pad(&[(0, 1)], 0.0).value(), array![true, false]);
        assert_eq!(tape.var([1.0_f32]).pad(&[(0, 1)], 0.1).value(), array![1.0_f32, 0.1]);
        assert!(tape.var([1.0]).pad(&[(0, 1)], f64::NAN).value().to_f64s()[1].is_nan());
        assert_eq!(tape.var(Array1::<f64>::zeros(0)).pad(&[(1, 1)], 3.0).value(), array![3.0, 3.0]);
        assert_eq!(tape.var(2.0).pad(&[], 3.0).value(), Value::from(2.0));
    }

    #[test]
    fn flips() {
        let tape = Tape::new();
        let x = tape.var(array![[1, 2, 3], [4, 5, 6]].mapv(i64::from));
        assert_eq!(x.flip(1).value(), array![[3_i64, 2, 1], [6, 5, 4]]);
        assert_eq!(x.t().flip(-1).value(), array![[4_i64, 1], [5, 2], [6, 3]]);
        assert_eq!(x.flip(Axes::all()).flip([0, 1]).value(), x.value());
        let y = tape.var([1.0, 2.0, 3.0]).flip(0);
        assert_eq!(
            (y + 1.0).reshape([3, 1]).matmul(y.reshape([1, 3])).index_axis(0, 0).value(),
            array![12.0, 8.0, 4.0]
        );
    }

    #[test]
    fn takes_along_each_axis_with_indices_of_each_rank() {
        let tape = Tape::new();
        let x = tape.var(count(&[2, 3]));
        assert_eq!(x.take(1, 0).value(), array![4.0, 5.0, 6.0]);
        assert_eq!(x.take([2_i64, 2, 0], -1).value(), array![[3.0, 3.0, 1.0], [6.0, 6.0, 4.0]]);
        let grid = tape.var(array![[0_i64, 1], [1, 2]]);
        assert_eq!(x.take(grid, 1).value(), array![[[1.0, 2.0], [2.0, 3.0]], [[4.0, 5.0], [5.0, 6.0]]]);
        assert_eq!(x.t().take(grid.t(), 0).shape().as_slice(), [2, 2, 2]);
        assert_eq!(x.zeros_like().take(grid, 0 - 1).shape().as_slice(), [2, 2, 2]);
        let index = tape.var(ndarray::arr0(0_i64));
        assert_eq!(tape.var([true, false]).take(index, 0).value(), Value::from(true));
    }

    #[test]
    fn scatters_add_up_and_broadcast() {
        let tape = Tape::new();
        let x = tape.var(ArrayD::<f64>::zeros(vec![2, 3]));
        assert_eq!(x.scatter_add([2_i64, 2, 0], count(&[2, 3]), 1).value(), array![[3.0, 0.0, 3.0], [6.0, 0.0, 9.0]]);
        assert_eq!(x.scatter_add([1_i64, 1], [1.0, 2.0, 3.0], 0).value(), array![[0.0, 0.0, 0.0], [2.0, 4.0, 6.0]]);
        assert_eq!(x.scatter_add(0, 1.0, 0).value(), array![[1.0, 1.0, 1.0], [0.0, 0.0, 0.0]]);
        let n = tape.var([i64::MAX, 0]);
        assert_eq!(n.scatter_add([0_i64, 1], 1, 0).value(), array![i64::MIN, 1]);
    }

    #[test]
    fn one_hot_vectors() {
        let tape = Tape::new();
        let labels = tape.var(array![[1_i64], [0]]);
        assert_eq!(labels.one_hot(2).value(), array![[[0.0, 1.0]], [[1.0, 0.0]]]);
        assert_eq!(tape.var(2_i64).one_hot(3).value(), array![0.0, 0.0, 1.0]);
        assert_eq!(tape.var(Array1::<i64>::zeros(0)).one_hot(0).shape().as_slice(), [0, 0]);
        let [batched] = vmap([(labels, Some(0))], |[label]| [label.one_hot(2)]);
        assert_eq!(batched.value(), labels.one_hot(2).value());
    }
}

mod derivatives {
    use super::*;

    /// First and second derivatives of Σ y³ where y holds each element of `x` as often as `times` says.
    #[track_caller]
    fn cubes(y: Var<'_>, x: Var<'_>, times: &[f64]) {
        let loss = y.powi(3).sum();
        let xs = x.value().to_f64s();
        let first: Vec<f64> = xs.iter().zip(times).map(|(x, n)| 3.0 * n * x * x).collect();
        assert_eq!(loss.grad(x).value().to_f64s(), first);
        let n = x.size();
        let hessian = loss.hessian(x).reshape([n, n]).value();
        let second = ndarray::Array2::from_shape_fn((n, n), |(i, j)| if i == j { 6.0 * times[i] * xs[i] } else { 0.0 });
        assert_eq!(hessian, second);
        let v = x.tape().constant((x + 1.0).value());
        let pushed = loss.jvp(&[(x, v)]).jvp(&[(x, v)]).item();
        let expected: f64 = xs.iter().zip(times).map(|(x, n)| 6.0 * n * x * (x + 1.0) * (x + 1.0)).sum();
        assert_eq!(pushed, expected);
    }

    #[test]
    fn each_element_is_counted_as_often_as_it_is_used() {
        let tape = Tape::new();
        let x = tape.var(count(&[2, 3]));
        let other = tape.constant(count(&[2, 1]));
        cubes(concat(&[x, other, x], 1), x, &[2.0; 6]);
        cubes(stack(&[x, x, x], 1), x, &[3.0; 6]);
        cubes(x.slice((.., by(1.., 2))), x, &[0.0, 1.0, 0.0, 0.0, 1.0, 0.0]);
        cubes(x.slice((1, by(.., -2))), x, &[0.0, 0.0, 0.0, 1.0, 0.0, 1.0]);
        cubes(x.index_axis(0, 0), x, &[1.0, 1.0, 1.0, 0.0, 0.0, 0.0]);
        cubes(x.pad(&[(1, 2), (0, 1)], 5.0), x, &[1.0; 6]);
        cubes(x.t().flip(0), x, &[1.0; 6]);
        cubes(x.take([2_i64, 0, 2], 1), x, &[1.0, 0.0, 2.0, 1.0, 0.0, 2.0]);
        cubes(x.take(1, 0), x, &[0.0, 0.0, 0.0, 1.0, 1.0, 1.0]);
        cubes(x.scatter_add([1_i64], 0.0, 0), x, &[1.0; 6]);
        cubes(tape.constant(count(&[2, 4])).scatter_add([3_i64, 1, 0], x, 1).slice((.., ..0)), x, &[0.0; 6]);
    }

    #[test]
    fn elements_that_meet_in_a_scatter_share_their_second_derivatives() {
        let tape = Tape::new();
        let (base, updates) = (tape.var([1.0, 2.0]), tape.var([3.0, 4.0]));
        let loss = base.scatter_add([1_i64, 1], updates, 0).square().sum();
        let [to_base, to_updates] = loss.grad([base, updates]);
        assert_eq!(to_base.value(), array![2.0, 18.0]);
        assert_eq!(to_updates.value(), array![18.0, 18.0]);
        assert_eq!(to_updates.jacobian(updates).value(), array![[2.0, 2.0], [2.0, 2.0]]);
        assert_eq!(to_base.jacobian(updates).value(), array![[0.0, 0.0], [2.0, 2.0]]);
        let along = [(base, tape.constant([1.0, 1.0])), (updates, tape.constant([1.0, 1.0]))];
        assert_eq!(loss.jvp(&along).item(), 2.0 * 1.0 + 18.0 * 3.0);
    }

    #[test]
    fn weights_go_where_their_elements_went() {
        let tape = Tape::new();
        let x = tape.var([1.0, 2.0, 3.0]);
        let w = [10.0, 20.0, 30.0];
        assert_eq!((x.flip(0) * w).sum().grad(x).value(), array![30.0, 20.0, 10.0]);
        assert_eq!((x.take([1_i64, 2, 1], 0) * w).sum().grad(x).value(), array![0.0, 40.0, 20.0]);
        assert_eq!((x.pad(&[(1, 0)], 9.0).slice_axis(0, ..-1) * w).sum().grad(x).value(), array![20.0, 30.0, 0.0]);
        let y = tape.var([4.0]);
        let [dx, dy] = (concat(&[y, x.slice_axis(0, 1..)], 0) * w).sum().grad([x, y]);
        assert_eq!((dx.value(), dy.value()), (array![0.0, 20.0, 30.0].into(), array![10.0].into()));
        let spread = Pad { low: [1].as_slice().into(), high: [0].as_slice().into(), ..Pad::default() };
        let spread = Pad { interior: [1].as_slice().into(), ..spread };
        let y = tape.record(spread, &[x]).expect("one axis");
        assert_eq!(y.value(), array![0.0, 1.0, 0.0, 2.0, 0.0, 3.0]);
        assert_eq!((y * [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]).sum().grad(x).value(), array![2.0, 4.0, 6.0]);
    }

    #[test]
    fn what_was_not_picked_does_no_harm() {
        let tape = Tape::new();
        let x = tape.var([0.0, 2.0]);
        let picked = [x.log().slice_axis(0, 1..), x.log().index_axis(0, 1), x.log().take([1_i64], 0)];
        for y in picked {
            assert_eq!(y.sum().grad(x).value(), array![0.0, 0.5]);
            assert_eq!(y.sum().hessian(x).value(), array![[0.0, 0.0], [0.0, -0.25]]);
        }
        let safe = tape.var([1.0]);
        let y = concat(&[x.gt(1.0).select(x.log(), 0.0), safe.log()], 0);
        let v = [(x, tape.constant([1.0, 1.0])), (safe, tape.constant([1.0]))];
        assert_eq!(y.jvp(&v).value(), array![0.0, 0.5, 1.0]);
    }

    #[test]
    fn indices_have_no_derivative_and_say_why() {
        let tape = Tape::new();
        let (x, n) = (tape.var([1.0, 2.0]), tape.var([0_i64]));
        let error = x.take(n, 0).sum().try_grad(n).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Derivative);
    }
}

mod batches {
    use super::*;

    /// `f` on a batch of two against `f` on each example, for every choice of batched inputs.
    #[track_caller]
    fn agrees<'t, const N: usize>(inputs: [Var<'t>; N], f: impl Fn([Var<'t>; N]) -> Var<'t>) {
        for choice in 1..1_usize << N {
            let batched = |i: usize| choice >> i & 1 == 1;
            let mut i = 0;
            let mapped = inputs.map(|var| {
                i += 1;
                if batched(i - 1) { (var, Some(0)) } else { (var.index_axis(0, 0), None) }
            });
            let example = |row: isize| {
                let mut i = 0;
                f(inputs.map(|var| {
                    i += 1;
                    var.index_axis(0, if batched(i - 1) { row } else { 0 })
                }))
            };
            let expected = stack(&[example(0), example(1)], 0);
            let [together] = vmap(mapped, |inputs| [f(inputs)]);
            assert_eq!(together.value(), expected.value(), "batched inputs: {choice:b}");
            // Gradients of the whole, and of each example inside the batch.
            for input in inputs.iter().filter(|input| input.dtype().is_float()) {
                let [whole, parts] = [together, expected].map(|y| y.powi(3).sum().grad_or_zeros(*input).value());
                assert_eq!(whole, parts, "batched inputs: {choice:b}");
            }
        }
    }

    #[test]
    fn of_everything_with_one_input() {
        let tape = Tape::new();
        let x = tape.var(count(&[2, 3, 4]));
        agrees([x], |[x]| x.slice((1.., by(.., 2))));
        agrees([x], |[x]| x.slice((-1, by(.., -3))));
        agrees([x], |[x]| x.pad(&[(0, 1), (2, 0)], 0.5));
        agrees([x], |[x]| x.flip(1));
        agrees([x], |[x]| x.flip(-2).sum_axes(1));
    }

    #[test]
    fn of_concat_and_stack() {
        let tape = Tape::new();
        let (a, b, c) = (tape.var(count(&[2, 3, 4])), tape.var(count(&[2, 3, 1])), tape.var(-count(&[2, 3, 4])));
        agrees([a, b, c], |[a, b, c]| concat(&[a, b, c], 1));
        agrees([a, b, c], |[a, _, c]| stack(&[c, a], 1));
    }

    #[test]
    fn of_take_along_each_axis() {
        let tape = Tape::new();
        let x = tape.var(count(&[2, 3, 3]));
        let grid = tape.var(array![[[0_i64, 2], [1, 1]], [[2, 2], [0, 1]]]);
        let row = tape.var(array![[2_i64, 0, 1, 2], [0, 0, 2, 1]]);
        let one = tape.var([2_i64, 1]);
        for idx in [grid, row, one] {
            agrees([x, idx], |[x, idx]| x.take(idx, 0));
            agrees([x, idx], |[x, idx]| x.take(idx, 1));
        }
    }

    #[test]
    fn of_scatter_add_along_each_axis() {
        let tape = Tape::new();
        let base = tape.var(count(&[2, 3, 3]));
        let row = tape.var(array![[2_i64, 0, 2, 2], [0, 0, 2, 1]]);
        let one = tape.var([2_i64, 1]);
        agrees([base, row, tape.var(-count(&[2, 4, 3]))], |[base, idx, u]| base.scatter_add(idx, u, 0));
        agrees([base, row, tape.var(-count(&[2, 3, 4]))], |[base, idx, u]| base.scatter_add(idx, u, 1));
        agrees([base, one, tape.var(-count(&[2, 3]))], |[base, idx, u]| base.scatter_add(idx, u, 1));
    }

    #[test]
    fn of_batches() {
        let tape = Tape::new();
        let x = tape.var(count(&[2, 2, 3, 3]));
        let idx = tape.var(array![[[2_i64, 0], [1, 1]], [[0, 1], [2, 2]]]);
        let updates = tape.var(-count(&[2, 2, 3, 2]));
        let inside = [[Some(0), None, Some(0)], [None, Some(0), Some(0)], [Some(0), Some(0), Some(0)]];
        for [a, b, c] in inside {
            agrees([x, idx], |[x, idx]| {
                let [y] = vmap([(one_if_shared(x, a), a), (one_if_shared(idx, b), b)], |[x, idx]| [x.take(idx, 1)]);
                y
            });
            agrees([x, idx, updates], |[x, idx, updates]| {
                let inputs = [(one_if_shared(x, a), a), (one_if_shared(idx, b), b), (one_if_shared(updates, c), c)];
                let [y] = vmap(inputs, |[x, idx, updates]| [x.scatter_add(idx, updates, 1)]);
                y
            });
        }
    }

    /// The first example of an input that is not to be batched.
    fn one_if_shared(var: Var<'_>, axis: Option<isize>) -> Var<'_> {
        if axis.is_none() { var.index_axis(0, 0) } else { var }
    }

    #[test]
    fn an_index_out_of_range_never_reaches_the_next_example() {
        let tape = Tape::new();
        let x = tape.var(array![[1.0, 2.0], [3.0, 4.0]]);
        for bad in [2, 3, -1] {
            let idx = tape.var(array![[0_i64], [0]]);
            let [y] = vmap([(x, Some(0)), (idx, Some(0))], |[x, idx]| [x.take(idx, 0)]);
            idx.set(array![[0_i64], [bad]]);
            let error = y.try_value().unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Value);
            assert!(error.reason().starts_with(&format!("index {bad} at [1, 0] is out of range")), "{error}");
        }
    }
}
