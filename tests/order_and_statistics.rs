//! Positions, sorting, quantiles, truth values, norms of any order, weighted means, covariances; activations that
//! came with them.
use cinta::check::{Claim, check_function};
use cinta::{Axes, Tape, Value, Var, keepdims, vmap};
use ndarray::{Array2, array};

/// Every number is right to a relative error; zeros, infinities and NaN must be met exactly.
#[track_caller]
fn assert_close(actual: Var<'_>, expected: &[f64]) {
    let actual = actual.value().to_f64s();
    let close = |a: f64, e: f64| a == e || (a - e).abs() <= 1e-14 * e.abs() || (a.is_nan() && e.is_nan());
    let right = actual.len() == expected.len() && actual.iter().zip(expected).all(|(&a, &e)| close(a, e));
    assert!(right, "\n  {actual:?}, expected\n  {expected:?}");
}

/// Every claim of a function, to third order.
#[test]
fn functions_keep_every_claim() {
    type Function = for<'t> fn(&[Var<'t>]) -> Var<'t>;
    let x: Value = array![[0.5, 2.0, -1.5, 0.3], [-0.3, 0.75, 4.0, -2.0]].into();
    let cube: Value = array![[[0.5, 2.0], [-1.5, 0.3]], [[-0.3, 0.75], [4.0, -2.0]]].into();
    let cases: &[(&str, Function, &Value)] = &[
        ("sort", |x| x[0].sort(1).powi(3), &x),
        ("sort of columns", |x| x[0].sort_descending(0).powi(3), &x),
        ("top_k", |x| x[0].top_k(2, -1).0.powi(3), &x),
        ("median", |x| x[0].median(keepdims(1)).powi(3), &x),
        ("quantile", |x| x[0].quantile(0.3, Axes::all()).powi(3), &x),
        ("quantiles", |x| x[0].quantiles(&[0.3, 0.9, 1.0], [0, 2]).powi(3), &cube),
        ("norm of order 1", |x| x[0].p_norm(1.0, 0).powi(3), &x),
        ("norm of order 2", |x| x[0].p_norm(2.0, keepdims([0, 2])), &cube),
        ("norm of order 3", |x| x[0].p_norm(3.0, 1), &x),
        ("norm of order 4", |x| x[0].p_norm(4.0, Axes::all()), &x),
        ("norm of order ½", |x| x[0].p_norm(0.5, 1), &x),
        ("norm of order −1.5", |x| x[0].p_norm(-1.5, keepdims(0)), &x),
        ("norm of order −2", |x| x[0].p_norm(-2.0, 1), &x),
        ("norm of order ∞", |x| x[0].p_norm(f64::INFINITY, 1).powi(3), &x),
        ("norm of order −∞", |x| x[0].p_norm(f64::NEG_INFINITY, 1).powi(3), &x),
        ("weighted mean", |x| x[0].weighted_mean(x[0].square() + 1.0, 1), &x),
        ("covariance", |x| x[0].covariance(1), &x),
        ("covariance of a batch", |x| x[0].covariance(0), &cube),
        ("selu", |x| x[0].selu(), &x),
        ("hard_swish", |x| x[0].hard_swish(), &x),
    ];
    let mut failures: Vec<String> = cases
        .iter()
        .filter_map(|(name, f, x)| {
            check_function(f, &[(*x).clone()]).err().map(|mismatch| format!("{name}: {mismatch}"))
        })
        .collect();
    // Correlations of a variable with itself are 1: their derivatives are rounding errors, and cannot be measured.
    let correlations: Function = |x| x[0].correlation().slice((0, 1..));
    failures.extend(check_function(&correlations, std::slice::from_ref(&x)).err().map(|mismatch| mismatch.to_string()));
    let truths: Function = |x| x[0].gt(0.0).any(0);
    failures.extend(Claim::Batch.check_function(&truths, &[x]).err().map(|mismatch| mismatch.to_string()));
    assert!(failures.is_empty(), "\n  {}", failures.join("\n  "));
}

#[test]
fn positions_of_extremes() {
    let tape = Tape::new();
    let x = tape.var(array![[3.0, 7.0, 7.0], [2.0, f64::NAN, 9.0]]);
    assert_eq!(x.argmax(1).value(), array![1_i64, 1]);
    assert_eq!(x.argmin(0).value(), array![1_i64, 1, 0]);
    assert_eq!(tape.var([0.0, -0.0]).argmin(0).value(), ndarray::arr0(0_i64), "zeros are equal");
    let error = x.argmax(0).cast(cinta::DType::F64).sum().try_grad(x).unwrap_err();
    assert!(error.to_string().contains("a position is an integer"), "{error}");
}

#[test]
fn sorting_is_stable_and_nan_is_the_largest() {
    let tape = Tape::new();
    let x = tape.var([2.0, f64::NAN, 1.0, 2.0, f64::INFINITY]);
    assert_close(x.sort(0), &[1.0, 2.0, 2.0, f64::INFINITY, f64::NAN]);
    assert_close(x.sort_descending(0), &[f64::NAN, f64::INFINITY, 2.0, 2.0, 1.0]);
    assert_eq!(x.argsort(-1).value(), array![2_i64, 0, 3, 4, 1]);
    assert_eq!(x.argsort_descending(-1).value(), array![1_i64, 4, 0, 3, 2]);
    let (values, positions) = x.top_k(2, 0);
    assert_close(values, &[f64::NAN, f64::INFINITY]);
    assert_eq!(positions.value(), array![1_i64, 4]);
    let (none, _) = x.top_k(0, 0);
    assert_eq!(none.shape().as_slice(), [0]);
    let ties = tape.var([1.0, 1.0, 0.0]);
    assert_eq!((ties.sort(0) * [1.0, 2.0, 4.0]).sum().grad(ties).value(), array![2.0, 4.0, 1.0]);
    assert_eq!(tape.var([true, false]).sort(0).value(), array![false, true]);
    assert_eq!(tape.var(Array2::<f64>::zeros((2, 0))).sort(1).shape().as_slice(), [2, 0]);
    let [each] = vmap([(tape.var(array![[3.0, 1.0], [2.0, 5.0]]), Some(1))], |[x]| [x.sort(0)]);
    assert_eq!(each.value(), array![[2.0, 3.0], [1.0, 5.0]]);
}

#[test]
fn quantiles_are_those_of_numpy() {
    let tape = Tape::new();
    let x = tape.var(array![[10.0, 7.0, 4.0], [3.0, 2.0, 1.0]]);
    assert_eq!(x.quantile(0.5, Axes::all()).item(), 3.5);
    assert_eq!(x.quantile(0.5, 0).value(), array![6.5, 4.5, 2.5]);
    assert_eq!(x.quantile(0.5, keepdims(1)).value(), array![[7.0], [2.0]]);
    let y = tape.var([4.0, 2.0, 1.0, 3.0]);
    assert_eq!(y.quantiles(&[0.1, 0.4, 0.75, 1.0], 0).value(), array![1.3, 2.2, 3.25, 4.0]);
    assert_eq!(x.quantiles(&[0.0, 1.0], keepdims(1)).value(), array![[[4.0], [1.0]], [[10.0], [3.0]]]);
    assert_eq!(x.quantiles(&[], 1).shape().as_slice(), [0, 2]);
    assert_eq!(y.median(0).grad(y).value(), array![0.0, 0.5, 0.0, 0.5]);
    assert_eq!(tape.var(5.0).median(Axes::all()).item(), 5.0);
    assert_eq!(tape.var([1.0_f32, 2.0]).quantile(0.25, 0).value(), ndarray::arr0(1.25_f32));
}

#[test]
fn quantiles_beside_infinities_nan_and_the_largest_numbers() {
    let tape = Tape::new();
    let infinity = f64::INFINITY;
    assert_close(tape.var([1.0, infinity]).quantiles(&[0.0, 0.5, 1.0], 0), &[1.0, infinity, infinity]);
    assert_close(tape.var([infinity, infinity]).median(0), &[infinity]);
    assert_close(tape.var([-infinity, infinity]).median(0), &[f64::NAN]);
    assert_close(tape.var([f64::MAX, -f64::MAX]).quantiles(&[0.25, 0.5], 0), &[-f64::MAX / 2.0, 0.0]);
    assert_close(tape.var(array![[1.0, f64::NAN], [1.0, 2.0]]).median(1), &[f64::NAN, 1.5]);
}

#[test]
fn truth_over_axes() {
    let tape = Tape::new();
    let x = tape.var(array![[true, false], [true, true]]);
    assert_eq!(x.all(0).value(), array![true, false]);
    assert_eq!(x.any(keepdims([0, 1])).value(), array![[true]]);
    let none = tape.var(Array2::from_elem((0, 2), true));
    assert_eq!(none.any(0).value(), array![false, false]);
    assert_eq!(none.all(0).value(), array![true, true]);
    assert_eq!(x.all(Axes::from([])).value(), x.value());
}

#[test]
fn norms_of_any_order() {
    let tape = Tape::new();
    let x = tape.var([1.0, -2.0, 3.0]);
    assert_close(x.p_norm(3.0, 0), &[3.301_927_248_894_626_7]);
    assert_close(
        x.p_norm(3.0, 0).grad(x),
        &[0.091_720_201_358_184_07, -0.366_880_805_432_736_2, 0.825_481_812_223_656_7],
    );
    assert_close(tape.var([1.0, 4.0, 9.0]).p_norm(0.5, 0), &[36.0]);
    assert_close(tape.var([1.0, 2.0, 4.0]).p_norm(-1.0, 0), &[4.0 / 7.0]);
    assert_close(tape.var([1.0, 2.0]).p_norm(2.5, 0), &[2.134_556_325_943_054_4]);
    assert_eq!(tape.var([0.0, 2.0, f64::NAN]).p_norm(0.0, 0).item(), 2.0);
    assert_eq!(x.p_norm(f64::NEG_INFINITY, 0).item(), 1.0);
    assert_close(x.p_norm(1e300, 0), &[3.0]);
    let empty = tape.var(Array2::<f64>::zeros((2, 0)));
    assert_eq!(empty.p_norm(3.0, 1).value(), array![0.0, 0.0]);
    assert_eq!(tape.var(-3.0).p_norm(3.0, Axes::all()).item(), 3.0);
}

#[test]
fn norms_of_large_and_small_numbers_and_at_zero() {
    let tape = Tape::new();
    for scale in [1e300, 1.0, 1e-250, 1e-300] {
        for p in [3.0, 4.0, 7.5, -3.0, -4.0] {
            let x = tape.var([3.0, -4.0, 5.0]);
            let y = tape.var([3.0 * scale, -4.0 * scale, 5.0 * scale]);
            let (one, other) = (x.p_norm(p, 0), y.p_norm(p, 0));
            assert!((other.item() / scale / one.item() - 1.0).abs() < 1e-13, "order {p}, scale {scale:e}");
            let (a, b) = (one.grad(x).value().to_f64s(), other.grad(y).value().to_f64s());
            assert!(
                a.iter().zip(&b).all(|(a, b)| (b / a - 1.0).abs() < 1e-12),
                "order {p}, scale {scale:e}: {a:?} {b:?}"
            );
        }
    }
    for p in [f64::NEG_INFINITY, -3.0, -1.0, 0.0, 0.5, 1.0, 1.5, 2.0, 3.0, 4.0, f64::INFINITY] {
        let zero = tape.var([0.0, 0.0]);
        assert_eq!(zero.p_norm(p, 0).item(), 0.0, "order {p}");
        if p != 0.0 {
            assert_eq!(zero.p_norm(p, 0).grad(zero).value(), array![0.0, 0.0], "order {p}");
            let some = tape.var([0.0, 2.0]);
            let (slope, curve) = (some.p_norm(p, 0).grad(some), some.p_norm(p, 0).hessian(some));
            assert_close(slope, &[0.0, if p < 0.0 { 0.0 } else { 1.0 }]);
            assert!(curve.is_finite().all(Axes::all()).value() == ndarray::arr0(true), "order {p}: {curve}");
        }
    }
    assert_close(tape.var([f64::INFINITY, 1.0]).p_norm(3.0, 0), &[f64::INFINITY]);
    assert_close(tape.var([f64::NAN, 1.0]).p_norm(3.0, 0), &[f64::NAN]);
}

#[test]
fn weighted_means() {
    let tape = Tape::new();
    let x = tape.var(array![[0.0, 1.0], [2.0, 3.0], [4.0, 5.0]]);
    assert_eq!(x.weighted_mean([0.25, 0.75], 1).value(), array![0.75, 2.75, 4.75]);
    assert_eq!(x.weighted_mean(1, Axes::all()).item(), 2.5);
    assert_eq!(x.weighted_mean(array![[1.0], [0.0], [1.0]], keepdims(0)).value(), array![[2.0, 3.0]]);
    assert_eq!(tape.var([1.0, f64::INFINITY]).weighted_mean([2.0, 0.0], 0).item(), 1.0);
    assert_close(tape.var([1.0, 2.0]).weighted_mean([0.0, 0.0], 0), &[f64::NAN]);
}

#[test]
fn covariances_and_correlations() {
    let tape = Tape::new();
    let x = tape.var(array![[-2.1, -1.0, 4.3], [3.0, 1.1, 0.12]]);
    assert_close(x.covariance(1), &[11.71, -4.286, -4.286, 6.432_4 / 3.0]);
    assert_close(x.slice((0, ..)).covariance(0), &[23.42 / 3.0]);
    assert_close(
        (x + 1e9).covariance(1).slice((0, 0)),
        &[11.71_f64].map(|_| (x + 1e9).slice((0, ..)).variance_with(0, 1).item()),
    );
    let r = x.correlation().to_array::<f64>();
    let expected = -4.286 / (11.71 * 6.432_4 / 3.0_f64).sqrt();
    assert!((r[[0, 1]] / expected - 1.0).abs() < 1e-14 && r[[0, 1]] == r[[1, 0]]);
    assert!(r.iter().all(|r| (-1.0..=1.0).contains(r)));
    let constant = tape.var(array![[1.0, 1.0], [1.0, 2.0]]).correlation().to_array::<f64>();
    assert!(constant[[0, 1]].is_nan());
    assert!((constant[[1, 1]] - 1.0).abs() < 1e-15);
}

#[test]
fn activations_at_their_kinks_and_tails() {
    let tape = Tape::new();
    let x = tape.var([f64::NEG_INFINITY, 0.0, f64::INFINITY, f64::NAN]);
    assert_close(x.selu(), &[-1.758_099_340_847_376_5, 0.0, f64::INFINITY, f64::NAN]);
    assert_close(x.hard_swish(), &[0.0, 0.0, f64::INFINITY, f64::NAN]);
    let kinks = tape.var([-3.0, 3.0, -4.0, 1.0]);
    assert_close(kinks.hard_swish().sum().grad(kinks), &[-0.25, 1.25, 0.0, 5.0 / 6.0]);
    let zero = tape.var([0.0]);
    assert_close(zero.selu().sum().grad(zero), &[1.758_099_340_847_376_5]);
}

#[test]
fn what_does_not_fit_is_refused_by_name() {
    let tape = Tape::new();
    let (x, n) = (tape.var([1.0, 2.0]), tape.var([1_i64, 2]));
    let empty = tape.var(Array2::<f64>::zeros((2, 0)));
    let said = [
        (x.try_argmax(1), "argmax", "axis 1 is out of range"),
        (empty.try_argmin(1), "argmin", "axis 1 is empty"),
        (x.try_argsort(-2), "argsort", "axis -2 is out of range"),
        (x.try_sort(1), "sort", "axis 1 is out of range"),
        (x.try_top_k(3, 0).map(|(values, _)| values), "top_k", "has 2 elements, fewer than 3"),
        (x.try_top_k(usize::MAX, 0).map(|(values, _)| values), "top_k", "fewer than"),
        (x.try_quantile(1.5, 0), "quantile", "between 0 and 1, not 1.5"),
        (x.try_quantiles(&[0.5, f64::NAN], 0), "quantile", "between 0 and 1, not NaN"),
        (empty.try_median(1), "median", "axis 1 is empty"),
        (n.try_median(0), "median", "needs f64 or f32, not i64"),
        (x.try_any(0), "any", "needs bool, not f64"),
        (x.gt(0.0).try_all(1), "all", "axis 1 is out of range"),
        (x.try_p_norm(f64::NAN, 0), "p_norm", "the order is NaN"),
        (empty.try_p_norm(f64::INFINITY, 1), "p_norm", "no elements have no largest magnitude"),
        (n.try_p_norm(1.0, 0), "p_norm", "needs f64 or f32, not i64"),
        (x.try_p_norm(3.0, 1), "p_norm", "axis 1 is out of range"),
        (x.try_weighted_mean([1_i64, 2], 0), "weighted_mean", "dtypes f64 and i64 differ"),
        (x.try_weighted_mean([1.0, 2.0, 3.0], 0), "weighted_mean", "do not broadcast"),
        (x.sum().try_covariance(0), "covariance", "axis -1 is out of range"),
        (n.try_correlation(), "correlation", "needs f64 or f32, not i64"),
        (n.try_selu(), "selu", "needs f64 or f32, not i64"),
        (n.try_hard_swish(), "hard_swish", "needs f64 or f32, not i64"),
    ];
    for (i, (result, name, reason)) in said.into_iter().enumerate() {
        let error = result.expect_err(&format!("expression {i} should be refused"));
        let text = error.to_string();
        assert!(text.starts_with(name) && text.contains(reason) && text.contains(file!()), "{i}: {text}");
    }
}

/// Everything that records more than its caller wrote.
#[test]
fn no_node_stands_in_the_engine() {
    let tape = Tape::new();
    let x = tape.var(array![[0.5, 2.0, -1.5], [0.3, 0.75, 4.0]]);
    let idx = tape.var(array![[0_i64, 1], [2, 2]]);
    let sum = x.prod() + x.prod_axes(0).sum() + x.cumprod(0).sum() + x.cumsum(0).sum() + x.cummax(0).cummin(1).sum();
    let more = x.sort(0).sum() + x.top_k(2, 1).0.sum() + x.quantiles(&[0.1, 0.9], 0).sum() + x.median(1).sum();
    let norms = x.p_norm(3.0, 0).sum() + x.p_norm(-4.0, keepdims(1)).sum() + x.p_norm(0.0, 0).sum();
    let spread = x.covariance(1).sum() + x.correlation().sum() + x.weighted_mean(2.0, 0).sum();
    let taken = x.take_along_axis(idx, 1).sum() + x.scatter_add_along_axis(idx, 1.0, 1).logcumsumexp(0).sum();
    let shapes = x.selu().sum() + x.hard_swish().sum() + x.recurrence(x, 0).sum() + x.recurrence_reversed(0.5, 1).sum();
    let all = x.gt(0.0).all(0).any(0).select(sum, more);
    let loss = all + norms + spread + taken + shapes + x.argmax(0).argmin(0).cast(cinta::DType::F64);
    let _ = loss.grad(x).square().sum().grad(x);
    let graph = tape.graph();
    let strangers: Vec<String> = graph
        .ids()
        .filter(|&id| graph.place(id).file != file!())
        .map(|id| format!("{} # {}", graph.line(id), graph.place(id)))
        .collect();
    assert!(strangers.is_empty(), "{}", strangers.join("\n"));
}
