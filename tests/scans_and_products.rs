//! Running sums, products and extremes, recurrences, products over axes, elements taken along an axis.
use cinta::check::check_function;
use cinta::{Axes, ErrorKind, Tape, Value, Var, keepdims, vmap};
use ndarray::{Array1, Array2, array};

/// Every number is right to a relative error; zeros, infinities and NaN must be met exactly.
#[track_caller]
fn assert_close(actual: Var<'_>, expected: &[f64]) {
    let actual = actual.value().to_f64s();
    let close = |a: f64, e: f64| a == e || (a - e).abs() <= 1e-14 * e.abs() || (a.is_nan() && e.is_nan());
    let right = actual.len() == expected.len() && actual.iter().zip(expected).all(|(&a, &e)| close(a, e));
    assert!(right, "\n  {actual:?}, expected\n  {expected:?}");
}

/// Every claim of a function, to third order, at points with zeros where it is a polynomial.
#[test]
fn functions_keep_every_claim() {
    type Function = for<'t> fn(&[Var<'t>]) -> Var<'t>;
    let zeros: Value = array![[0.5, 0.0, -1.5, 2.0], [0.0, 0.75, 0.0, 1.25], [1.5, -0.5, 0.25, 0.7]].into();
    let rows: Value = array![[0.5, 2.0, -1.5], [0.3, 0.75, 4.0]].into();
    let index: Value = array![[2_i64, 0], [1, 1]].into();
    let cases: &[(&str, Function, Vec<Value>)] = &[
        ("prod", |x| x[0].prod(), vec![array![[0.5, 0.0], [-1.5, 2.0]].into()]),
        ("prod of rows", |x| x[0].prod_axes(keepdims(1)), vec![zeros.clone()]),
        ("prod of columns", |x| x[0].prod_axes(0), vec![zeros.clone()]),
        ("prod of none", |x| x[0].prod_axes(Axes::from([])), vec![zeros.clone()]),
        ("cumprod", |x| x[0].cumprod(1), vec![zeros.clone()]),
        ("cumprod of columns", |x| x[0].cumprod(0), vec![zeros]),
        ("cumsum", |x| x[0].cumsum(0).square(), vec![rows.clone()]),
        ("recurrence", |x| x[0].recurrence(x[1], 1), vec![rows.clone(), array![[0.5], [2.0]].into()]),
        ("reversed", |x| x[0].recurrence_reversed(x[1], 0), vec![rows.clone(), array![0.5, 2.0, -1.0].into()]),
        ("logcumsumexp", |x| x[0].logcumsumexp(1), vec![rows.clone()]),
        ("cummax", |x| x[0].cummax(1).square(), vec![rows.clone()]),
        ("cummin", |x| x[0].cummin(-1).square(), vec![rows.clone()]),
        ("take along rows", |x| x[0].square().take_along_axis(x[1], 1), vec![rows.clone(), index.clone()]),
        (
            "take along columns",
            |x| x[0].square().take_along_axis(x[1], 0),
            vec![array![[0.5, 2.0], [0.3, 0.75], [-1.0, 1.5]].into(), index.clone()],
        ),
        (
            "scatter along rows",
            |x| x[0].scatter_add_along_axis(x[1], x[2].square(), 1),
            vec![rows, index, array![[0.25, 1.5]].into()],
        ),
    ];
    let failures: Vec<String> = cases
        .iter()
        .filter_map(|(name, f, inputs)| check_function(f, inputs).err().map(|mismatch| format!("{name}: {mismatch}")))
        .collect();
    assert!(failures.is_empty(), "\n  {}", failures.join("\n  "));
}

#[test]
fn products_over_any_axes() {
    let tape = Tape::new();
    let x = tape.var(array![[[1.0, -5.0], [3.0, 4.0]], [[7.0, 0.5], [-2.0, 6.0]]]);
    assert_eq!(x.prod().item(), 2520.0);
    assert_eq!(x.prod_axes([0, -1]).value(), array![-17.5, -144.0]);
    assert_eq!(x.prod_axes(keepdims([0, 2])).value(), array![[[-17.5], [-144.0]]]);
    assert_eq!(tape.var(3.0).prod().item(), 3.0);
    assert_eq!(tape.var([3_i64, -4, 5]).prod().value(), ndarray::arr0(-60_i64));
    assert_eq!(tape.var([i64::MAX, 2]).prod().value(), ndarray::arr0(-2_i64));
    let empty = tape.var(Array2::<f64>::zeros((2, 0)));
    assert_eq!(empty.prod_axes(1).value(), array![1.0, 1.0]);
    assert_eq!(empty.prod_axes(0).shape().as_slice(), [0]);
    assert_eq!(empty.prod().item(), 1.0);
    assert_eq!(empty.prod().grad_or_zeros(empty).shape().as_slice(), [2, 0]);
}

#[test]
fn derivatives_of_products_are_exact_at_zeros_and_infinities() {
    let tape = Tape::new();
    let one = tape.var([2.0, 0.0, 3.0, 5.0, 7.0]);
    assert_eq!(one.prod().grad(one).value(), array![0.0, 210.0, 0.0, 0.0, 0.0]);
    let two = tape.var([2.0, 0.0, 0.0]);
    assert_eq!(two.prod().grad(two).value(), array![0.0, 0.0, 0.0]);
    assert_eq!(two.prod().hessian(two).value(), array![[0.0, 0.0, 0.0], [0.0, 0.0, 2.0], [0.0, 2.0, 0.0]]);
    assert_eq!(two.cumprod(0).sum().hessian(two).value(), array![[0.0, 1.0, 0.0], [1.0, 0.0, 2.0], [0.0, 2.0, 0.0]]);
    let poles = tape.var([f64::INFINITY, 2.0, 3.0]);
    assert_close(poles.prod().grad(poles), &[6.0, f64::INFINITY, f64::INFINITY]);
    assert_close(poles.cumprod(0).sum().grad(poles), &[9.0, f64::INFINITY, f64::INFINITY]);
    assert_close(tape.var([0.0, f64::INFINITY]).cumprod(0), &[0.0, f64::NAN]);
}

#[test]
fn a_product_takes_a_graph_of_logarithmic_size() {
    let tape = Tape::new();
    let x = tape.var(Array1::from_elem(1000, 1.0));
    let slope = x.prod().grad(x);
    assert_eq!(slope.value().to_f64s(), vec![1.0; 1000]);
    assert!(tape.len() < 250, "{} nodes", tape.len());
}

#[test]
fn running_sums_keep_what_rounding_loses() {
    let tape = Tape::new();
    let n = 100_000;
    let sums = tape.var(Array1::from_elem(n, 0.1)).cumsum(0).to_array::<f64>();
    assert_eq!(sums[n - 1], 0.1 * n as f64);
    let x = tape.var(array![[1_i64, 2], [3, 4]]);
    assert_eq!(x.cumsum(-2).value(), array![[1_i64, 2], [4, 6]]);
    assert_eq!(x.cumsum_reversed(1).value(), array![[3_i64, 2], [7, 4]]);
    assert_eq!(x.cumprod(1).value(), array![[1_i64, 2], [3, 12]]);
}

#[test]
fn zeros_of_a_choice_stay_zeros_in_a_recurrence() {
    let tape = Tape::new();
    let (a, b) = (tape.var([1.0, f64::INFINITY, 2.0]), tape.var([1.0, 1.0, 1.0]));
    let first = tape.constant([true, false, false]).select(b.recurrence(a, 0), 0.0).sum();
    let [da, db] = first.grad([a, b]);
    assert_eq!((da.value(), db.value()), (array![0.0, 0.0, 0.0].into(), array![1.0, 0.0, 0.0].into()));
}

#[test]
fn running_logsumexp_in_every_tail() {
    let tape = Tape::new();
    let x = tape.var([0.1, -2.0, 3.0]);
    let y = x.logcumsumexp(0);
    assert_close(y, &[0.1, 0.215_519_523_179_754_97, 3.059_929_007_749_993_5]);
    assert_close(y.sum().grad(x), &[1.942_725_774_849_22, 0.115_442_831_210_060_29, 0.941_831_393_940_719_7]);
    let (low, high) = (f64::NEG_INFINITY, f64::INFINITY);
    let absent = tape.var([low, low, 1.0]);
    assert_close(absent.logcumsumexp(0), &[low, low, 1.0]);
    assert_close(absent.logcumsumexp(0).sum().grad(absent), &[0.0, 0.0, 1.0]);
    assert_close(absent.logcumsumexp(0).sum().hessian(absent), &[0.0; 9]);
    let all = tape.var([1.0, high, high, 2.0]);
    assert_close(all.logcumsumexp(0), &[1.0, high, high, high]);
    assert_close(all.logcumsumexp(0).sum().grad(all), &[1.0, 3.0, 0.0, 0.0]);
    let far = tape.var([1000.0, -1000.0, 2000.0]);
    assert_close(far.logcumsumexp(0).sum().grad(far), &[2.0, 0.0, 1.0]);
}

#[test]
fn running_extremes_and_their_conventions() {
    let tape = Tape::new();
    let x = tape.var(array![[2.0, 1.0, 2.0], [f64::NAN, 5.0, 0.0]]);
    assert_close(x.cummax(1), &[2.0, 2.0, 2.0, f64::NAN, f64::NAN, f64::NAN]);
    assert_close(x.cummin(0), &[2.0, 1.0, 2.0, f64::NAN, 1.0, 0.0]);
    assert_eq!(x.cummax(1).sum().grad(x).value(), array![[3.0, 0.0, 0.0], [3.0, 0.0, 0.0]]);
    assert_eq!(tape.var([1_i64, 0, 3]).cummin(0).value(), array![1_i64, 0, 0]);
}

#[test]
fn elements_along_an_axis_as_in_numpy() {
    let tape = Tape::new();
    let x = tape.var(array![[10.0, 30.0, 20.0], [60.0, 40.0, 50.0]]);
    let order = x.argsort(1);
    assert_eq!(x.take_along_axis(order, 1).value(), array![[10.0, 20.0, 30.0], [40.0, 50.0, 60.0]]);
    assert_eq!(x.take_along_axis(array![[0_i64, 1, 1]], 0).value(), array![[10.0, 40.0, 50.0]]);
    let row = tape.var(array![[1.0, 2.0, 3.0]]);
    assert_eq!(row.take_along_axis(array![[2_i64], [0]], 1).value(), array![[3.0], [1.0]], "the rows broadcast");
    assert_eq!(x.take_along_axis(Array2::<i64>::zeros((2, 0)), 1).shape().as_slice(), [2, 0]);
    let y = row.scatter_add_along_axis(array![[1_i64, 1]], [10.0, 20.0], -1);
    assert_eq!(y.value(), array![[1.0, 32.0, 3.0]]);
    // The batch has an axis of its own, and one node takes from all examples.
    let nodes = tape.len();
    let [each] = vmap([(x, Some(0)), (order, Some(0))], |[x, order]| [x.take_along_axis(order, 0)]);
    assert_eq!(each.value(), x.sort(1).value());
    assert!(tape.len() - nodes < 10, "{}", tape.graph());
}

#[test]
fn what_does_not_fit_is_refused_by_name() {
    let tape = Tape::new();
    let x = tape.var(array![[1.0, 2.0], [3.0, 4.0]]);
    let truth = tape.var([true, false]);
    let zero = tape.var(0.0);
    let said = [
        (x.try_take_along_axis([0_i64, 1], 1), "take_along_axis", "should have 2 axes, not 1"),
        (x.try_take_along_axis(array![[0_i64], [0], [0]], 1), "take_along_axis", "do not broadcast"),
        (x.try_take_along_axis(x, 1), "take_along_axis", "should be i64, not f64"),
        (x.try_take_along_axis(array![[0_i64, 1]], 2), "take_along_axis", "axis 2 is out of range"),
        (zero.try_take_along_axis(0, 0), "take_along_axis", "axis 0 is out of range"),
        (x.try_scatter_add_along_axis(array![[0_i64]], 1, 5), "scatter_add_along_axis", "axis 5 is out of range"),
        (x.try_scatter_add_along_axis(array![[0_i64], [0], [0]], 1.0, 1), "scatter_add_along_axis", "do not broadcast"),
        (
            x.try_scatter_add_along_axis(array![[0_i64]], [1.0, 2.0, 3.0], 0),
            "scatter_add_along_axis",
            "should broadcast",
        ),
        (x.try_scatter_add_along_axis(array![[0_i64]], [1_i64], 0), "scatter_add_along_axis", "numbers of one dtype"),
        (x.try_cumsum(2), "cumsum", "axis 2 is out of range"),
        (x.try_cumprod(-3), "cumprod", "axis -3 is out of range"),
        (x.try_cummax(isize::MIN), "cummax", "is out of range"),
        (x.try_logcumsumexp(2), "logcumsumexp", "axis 2 is out of range"),
        (x.try_recurrence([1.0, 2.0, 3.0], 0), "recurrence", "do not broadcast"),
        (x.try_prod_axes([0, 0]), "prod", "axis 0 is named twice"),
        (truth.try_prod(), "prod", "needs numbers, not bool"),
        (truth.try_cumprod(0), "cumprod", "needs numbers, not bool"),
        (truth.try_cumsum(0), "cumsum", "needs numbers, not bool"),
    ];
    for (i, (result, name, reason)) in said.into_iter().enumerate() {
        let error = result.expect_err(&format!("expression {i} should be refused"));
        let text = error.to_string();
        assert!(text.starts_with(name) && text.contains(reason) && text.contains(file!()), "{i}: {text}");
    }
    let late = x.try_take_along_axis(array![[0_i64, 2]], 1).unwrap_err();
    assert_eq!(late.kind(), ErrorKind::Value);
    assert!(late.to_string().contains("index 2 at [0, 1] is out of range for an axis of size 2"), "{late}");
}
