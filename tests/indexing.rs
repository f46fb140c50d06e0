//! Masks, updates, segments, searches and curves: values as NumPy's, conventions, every claim, and what is refused.
use cinta::check::{Claim, check_function};
use cinta::{ArrayType, DType, Error, ErrorKind, Side, Tape, Value, try_vmap};
use ndarray::{Array1, ArrayD, array};

/// That an error is of this kind and says this, about this file.
#[track_caller]
fn refused<T>(result: Result<T, Error>, kind: ErrorKind, says: &str) {
    let Err(error) = result else { panic!("nothing was refused, but expected: {says}") };
    assert_eq!(error.kind(), kind, "{error}");
    assert!(error.to_string().contains(says), "{error}");
    assert!(error.to_string().contains("indexing.rs:"), "{error}");
}

mod masks {
    use super::*;

    #[test]
    fn elements_and_rows() {
        let tape = Tape::new();
        let x = tape.var(array![[1.0, -2.0, 3.0], [-4.0, 5.0, -6.0]]);
        assert_eq!(x.take_where(x.gt(0.0)).value(), array![1.0, 3.0, 5.0]);
        assert_eq!(x.take_where([false, true]).value(), array![[-4.0, 5.0, -6.0]]);
        assert_eq!(x.take_where([false, false]).shape().as_slice(), [0, 3]);
        assert_eq!(x.take_where(true).value(), array![[[1.0, -2.0, 3.0], [-4.0, 5.0, -6.0]]]);
        assert_eq!(x.t().take_where(x.t().gt(0.0)).value(), array![1.0, 5.0, 3.0]);
        assert_eq!(x.take(tape.var([true, false, true]).flatnonzero(), 1).value(), array![[1.0, 3.0], [-4.0, -6.0]]);
        assert_eq!(x.gt(0.0).flatnonzero().value(), array![0_i64, 2, 4]);
        assert_eq!(tape.var(2.0).take_where(false).shape().as_slice(), [0]);
        let roots = x.take_where(x.gt(0.0)).sqrt().sum();
        let slope = |x: f64| 0.5 / x.sqrt();
        assert_eq!(roots.grad(x).value(), array![[slope(1.0), 0.0, slope(3.0)], [0.0, slope(5.0), 0.0]]);
    }

    #[test]
    fn a_choice_is_kept_when_values_change() {
        let tape = Tape::new();
        let x = tape.var([1.0, -1.0]);
        let y = x.take_where(x.gt(0.0));
        x.set([-3.0, 3.0]);
        assert_eq!(y.value(), array![-3.0]);
    }

    #[test]
    fn unknown_masks_are_refused_and_shown_the_way_out() {
        let tape = Tape::new();
        let x = tape.var([1.0, -1.0]);
        let unknown = tape.input(ArrayType::new(DType::Bool, [2]));
        refused(x.try_take_where(unknown), ErrorKind::Value, "select keeps the shape");
        refused(unknown.try_flatnonzero(), ErrorKind::Value, "flatnonzero: bool[2]: the shape depends on a mask");
        let batch = try_vmap([(x, Some(0))], |[x]| [x.try_take_where(x.gt(0.0)).err().map_or(x, |_| -x)]);
        assert_eq!(batch.expect("the error was caught")[0].value(), array![-1.0, 1.0]);
        refused(
            x.try_take_where(array![[true], [false]]),
            ErrorKind::Type,
            "the mask's axes [2, 1] should be the first",
        );
        refused(x.try_take_where([true]), ErrorKind::Type, "take_where: f64[2] and bool[1]");
        refused(x.try_take_where([1.0, 0.0]), ErrorKind::Type, "the mask should be bool, not f64");
    }
}

mod updates {
    use super::*;

    #[test]
    fn replace_along_each_axis() {
        let tape = Tape::new();
        let x = tape.var(array![[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]);
        let u = tape.var(array![[10.0, 20.0, 30.0], [40.0, 50.0, 60.0]]);
        let y = x.index_update([2_i64, 0, 2], u, 1);
        assert_eq!(y.value(), array![[20.0, 2.0, 30.0], [50.0, 5.0, 60.0]], "the last of two stands");
        let [dx, du] = y.square().sum().grad([x, u]);
        assert_eq!(dx.value(), array![[0.0, 4.0, 0.0], [0.0, 10.0, 0.0]]);
        assert_eq!(du.value(), array![[0.0, 40.0, 60.0], [0.0, 100.0, 120.0]]);
        assert_eq!(x.index_update(1, 0.0, 0).value(), array![[1.0, 2.0, 3.0], [0.0, 0.0, 0.0]]);
        assert_eq!(x.index_update([0_i64], [7.0, 8.0, 9.0], -2).value(), array![[7.0, 8.0, 9.0], [4.0, 5.0, 6.0]]);
        let grid = array![[0_i64, 1], [1, 0]];
        let into = tape.var([0.0, 0.0, 3.0]).index_update(grid, array![[1.0, 2.0], [5.0, 6.0]], 0);
        assert_eq!(into.value(), array![6.0, 5.0, 3.0]);
        assert_eq!(tape.var([true, false]).index_update(0, false, 0).value(), array![false, false]);
        assert_eq!(tape.var([1_i64, i64::MAX]).index_update([0_i64], i64::MIN, 0).value(), array![i64::MIN, i64::MAX]);
    }

    #[test]
    fn what_was_replaced_does_no_harm() {
        let tape = Tape::new();
        let x = tape.var([0.0, 4.0]);
        let y = x.log().index_update(0, 5.0, 0);
        assert_eq!(y.value(), array![5.0, 4_f64.ln()]);
        assert_eq!(y.sum().grad(x).value(), array![0.0, 0.25]);
        assert_eq!(y.sum().hessian(x).value(), array![[0.0, 0.0], [0.0, -0.0625]]);
        assert_eq!(tape.var([f64::NAN]).index_update(0, 1.0, 0).value(), array![1.0]);
        assert!(tape.var([f64::NAN, 1.0]).index_update(1, 2.0, 0).value().to_f64s()[0].is_nan());
    }

    #[test]
    fn empty_ones_and_wrong_ones() {
        let tape = Tape::new();
        let (x, none) = (tape.var([1.0, 2.0]), tape.var(Array1::<i64>::zeros(0)));
        assert_eq!(x.index_update(none, 1.0, 0).value(), x.value());
        let empty = tape.var(ArrayD::<f64>::zeros(vec![2, 0]));
        assert_eq!(empty.index_update(1, 1.0, 0).shape().as_slice(), [2, 0]);
        assert_eq!(empty.index_update(1, 1.0, 0).value().shape().as_slice(), [2, 0]);
        refused(empty.try_index_update(0, 1.0, 1), ErrorKind::Value, "index 0 is out of range for an axis of size 0");
        for bad in [-1, 2, i64::MIN, i64::MAX] {
            let says = format!("index_update: f64[2] and i64[1]: index {bad} at [0] is out of range");
            refused(x.try_index_update([bad], 1.0, 0), ErrorKind::Value, &says);
            let idx = tape.var([0_i64]);
            let y = x.index_update(idx, 1.0, 0);
            idx.set([bad]);
            refused(y.try_value(), ErrorKind::Value, &format!("index {bad} at [0] is out of range"));
        }
        refused(x.try_index_update([0_i64], [1.0, 2.0], 0), ErrorKind::Type, "should have shape [1], not [2]");
        refused(
            x.try_index_update([0_i64], [1_i64], 0),
            ErrorKind::Type,
            "index_update: f64[2], i64[1] and i64[1]: dtypes",
        );
        refused(x.try_index_update([0.0], [1.0], 0), ErrorKind::Type, "the indices should be i64");
        refused(x.try_index_update(0, 1.0, isize::MIN), ErrorKind::Type, "is out of range for 1 axes");
    }

    #[test]
    fn ties_of_a_scatter_share_and_nan_takes_all() {
        let tape = Tape::new();
        let (x, u) = (tape.var([1.0, 3.0, f64::NAN]), tape.var([3.0, 3.0, 1.0, 9.0]));
        let y = x.scatter_max([1_i64, 1, 0, 2], u, 0);
        assert_eq!(y.value().to_f64s()[..2], [1.0, 3.0]);
        assert!(y.value().to_f64s()[2].is_nan());
        let [dx, du] = y.sum().grad([x, u]);
        let third = 1.0 / 3.0;
        assert_eq!((dx.value(), du.value()), (array![0.5, third, 0.0].into(), array![third, third, 0.5, 0.0].into()));
        let tangent = y.jvp(&[(x, x.ones_like()), (u, u.ones_like() * 4.0)]);
        assert_eq!(tangent.value(), array![2.5, (1.0 + 4.0 + 4.0) / 3.0, 0.0]);
        let log = tape.var([0.0, 2.0]);
        let z = tape.var([1.0, 0.0]).scatter_max([0_i64, 1], log.log(), 0);
        assert_eq!(z.sum().grad(log).value(), array![0.0, 0.5], "the loser's pole stays out");
    }

    #[test]
    fn segments() {
        let tape = Tape::new();
        let x = tape.var(array![[1.0, 2.0], [3.0, 4.0], [5.0, 7.0]]);
        let ids = [2_i64, 0, 2];
        assert_eq!(x.segment_sum(ids, 3, 0).value(), array![[3.0, 4.0], [0.0, 0.0], [6.0, 9.0]]);
        assert_eq!(x.segment_sum([1_i64, 1], 2, -1).value(), array![[0.0, 3.0], [0.0, 7.0], [0.0, 12.0]]);
        let mean = x.segment_mean(ids, 3, 0);
        assert_eq!(mean.index_axis(0, 2).value(), array![3.0, 4.5]);
        assert!(mean.index_axis(0, 1).value().to_f64s().iter().all(|m| m.is_nan()));
        assert_eq!(mean.sum().grad(x).value(), array![[0.5, 0.5], [1.0, 1.0], [0.5, 0.5]], "of an empty one nothing");
        let (least, most) = (f64::NEG_INFINITY, f64::INFINITY);
        assert_eq!(x.segment_max(ids, 3, 0).value(), array![[3.0, 4.0], [least, least], [5.0, 7.0]]);
        assert_eq!(x.segment_min(ids, 3, 0).value(), array![[3.0, 4.0], [most, most], [1.0, 2.0]]);
        let n = tape.var([3_i64, -1, 5]);
        assert_eq!(n.segment_max(ids, 3, 0).value(), array![-1, i64::MIN, 5]);
        assert_eq!(n.segment_min(ids, 3, 0).value(), array![-1, i64::MAX, 3]);
        assert_eq!(n.segment_sum(ids, 3, 0).value(), array![-1_i64, 0, 8]);
        let none = tape.var(ArrayD::<f64>::zeros(vec![0, 2]));
        assert_eq!(none.segment_sum(Array1::<i64>::zeros(0), 2, 0).value(), array![[0.0, 0.0], [0.0, 0.0]]);
        refused(x.try_segment_sum([0_i64, 1], 2, 0), ErrorKind::Type, "the segments should be i64[3]");
        refused(x.try_segment_max([0.0, 1.0, 2.0], 3, 0), ErrorKind::Type, "the segments should be i64[3]");
        refused(x.try_segment_sum(0, 2, 0), ErrorKind::Type, "segment_sum: f64[3, 2] and i64[]");
        refused(n.try_segment_mean(ids, 3, 0), ErrorKind::Type, "segment_mean: i64[3]: needs f64 or f32");
        refused(tape.var([true]).try_segment_min([0_i64], 1, 0), ErrorKind::Type, "needs numbers, not bool");
        refused(x.try_segment_sum(ids, 2, 0), ErrorKind::Value, "segment_sum: f64[3, 2] and i64[3]: index 2 at [0]");
        refused(x.try_segment_sum(ids, usize::MAX, 0), ErrorKind::Type, "too large for memory");
    }
}

mod searches {
    use super::*;

    #[test]
    fn knots_that_do_not_rise_are_an_error_of_the_value() {
        let tape = Tape::new();
        for (knots, says) in [
            (vec![1.0, 0.5], "the knots should rise, but 0.5 stands at [1] after 1"),
            (vec![0.0, f64::NAN], "the knots should rise, but NaN stands at [1] after 0"),
            (vec![f64::NAN], "the knots should rise, but NaN stands at [0]"),
        ] {
            let counts = tape.var(knots).search_sorted(0.5, Side::Left);
            refused(counts.try_value(), ErrorKind::Value, says);
        }
        refused(tape.var(1.0).try_search_sorted(1.0, Side::Left), ErrorKind::Type, "the knots should be a vector");
        let counts = tape.var([1_i64, 2]).search_sorted(2, Side::Right);
        assert_eq!(counts.value(), Value::from(2));
        let x = tape.var([0.5]);
        let count = tape.var([0.0, 1.0]).search_sorted(x, Side::Left).cast(DType::F64).sum();
        refused(count.try_grad(x), ErrorKind::Derivative, "");
    }

    #[test]
    fn interpolation_as_numpy_does_it() {
        let tape = Tape::new();
        let x = tape.var([-1.0, 0.0, 0.25, 1.0, 1.5, 3.0, 7.0, f64::INFINITY, f64::NEG_INFINITY]);
        let (xs, ys) = (tape.var([0.0, 1.0, 1.0, 3.0]), tape.var([1.0, 2.0, 5.0, -1.0]));
        let y = x.interp(xs, ys);
        assert_eq!(y.value(), array![1.0, 1.0, 1.25, 5.0, 3.5, -1.0, -1.0, -1.0, 1.0]);
        let [dx, dxs, dys] = y.sum().grad([x, xs, ys]);
        assert_eq!(
            dx.value(),
            array![0.0, 1.0, 1.0, -3.0, -3.0, 0.0, 0.0, 0.0, 0.0],
            "a knot has the slope on its right"
        );
        assert_eq!(dys.value(), array![1.0 + 1.0 + 0.75 + 1.0, 0.25, 1.0 + 0.75, 0.25 + 3.0]);
        // Of (x − x₀)/(x₁ − x₀)·(y₁ − y₀): the slope times how far the knot is from having the place's weight.
        assert_eq!(dxs.value(), array![-1.0 - 0.75, -0.25, 3.0 + 3.0 * 0.75, 3.0 * 0.25]);
        assert!(tape.var(f64::NAN).interp([0.0, 1.0], [2.0, 3.0]).item().is_nan());
        assert_eq!(tape.var([-5.0, 0.0, 5.0]).interp([0.0], [2.0]).value(), array![2.0, 2.0, 2.0]);
        let ends = tape.var([-1.0, 2.0]).interp([0.0, 1.0], [f64::NEG_INFINITY, f64::INFINITY]);
        assert_eq!(ends.value(), array![f64::NEG_INFINITY, f64::INFINITY]);
    }

    #[test]
    fn no_number_of_an_interpolation_is_nan() {
        let tape = Tape::new();
        let x = tape.var([-1.0, 0.0, 0.5, 1.0, 2.0]);
        let y = x.interp([0.0, 1.0], [2.0, 3.0]).square().sum();
        let everything = [y, y.grad(x), y.hessian(x)];
        assert!(everything.iter().all(|v| v.value().to_f64s().iter().all(|number| number.is_finite())));
        let graph = tape.graph();
        let found = graph
            .ids()
            .find(|id| tape.known_value(*id).is_some_and(|value| value.to_f64s().iter().any(|number| number.is_nan())));
        assert_eq!(found, None);
    }

    #[test]
    fn curves_of_points() {
        let tape = Tape::new();
        let x = tape.var(array![[0.5, 1.5, 9.0]]);
        let y = x.interp([0.0, 1.0, 2.0], array![[0.0, 10.0], [2.0, 20.0], [4.0, 10.0]]);
        assert_eq!(y.value(), array![[[1.0, 15.0], [3.0, 15.0], [4.0, 10.0]]]);
        let ty = ErrorKind::Type;
        refused(x.try_interp([0.0, 1.0], [1.0]), ty, "2 knots need 2 points along the first axis, not [1]");
        refused(x.try_interp(array![[0.0]], [1.0]), ty, "the knots should be a vector, not [1, 1]");
        refused(x.try_interp(Array1::<f64>::zeros(0), Array1::<f64>::zeros(0)), ty, "no line goes through no points");
        refused(x.try_interp([0.0_f32], [1.0_f32]), ty, "dtypes f64 and f32 differ");
        refused(tape.var([1_i64]).try_interp([0_i64], [1_i64]), ty, "interp: i64[1]: needs f64 or f32");
        let error = x.interp([1.0, 0.0], [1.0, 2.0]).try_value();
        refused(error, ErrorKind::Value, "the knots should rise, but 0 stands at [1] after 1");
    }
}

mod curves {
    use super::*;

    #[test]
    fn trapezoids() {
        let tape = Tape::new();
        let y = tape.var(array![[1.0, 4.0, 2.0, 0.0], [3.0, 3.0, 1.0, 5.0]]);
        assert_eq!(y.trapezoid(0.5, 1).value(), array![3.25, 4.0]);
        assert_eq!(y.trapezoid_at([0.0, 1.0, 1.5, 4.0], -1).value(), array![6.5, 11.5]);
        assert_eq!(y.trapezoid_at([2.0, 5.0], 0).value(), array![6.0, 10.5, 4.5, 7.5]);
        let x = tape.var(array![[0.0, 1.0, 1.5, 4.0], [0.0, 1.0, 1.5, 4.0]]);
        assert_eq!(y.trapezoid_at(x, 1).value(), array![6.5, 11.5]);
        let dx = tape.var(0.5);
        assert_eq!(y.trapezoid(dx, 1).sum().grad(dx).item(), 14.5);
        for n in [0, 1] {
            let short = tape.var(ArrayD::<f64>::ones(vec![n, 2]));
            assert_eq!(short.trapezoid(1.0, 0).value(), array![0.0, 0.0]);
            assert_eq!(short.trapezoid_at(ArrayD::<f64>::ones(vec![n]), 0).value(), array![0.0, 0.0]);
        }
        let single = tape.var([1.0_f32, 2.0]);
        assert_eq!(single.trapezoid(2.0, 0).value(), Value::from(3.0_f32));
        let ty = ErrorKind::Type;
        refused(y.try_trapezoid([0.5], 1), ty, "dx should be one number, not [1]; use trapezoid_at");
        refused(y.try_trapezoid(0.5, 2), ty, "trapezoid: f64[2, 4] and f64[]: axis 2 is out of range");
        refused(y.try_trapezoid_at([0.5], 1), ty, "the places should have shape [4] or [2, 4], not [1]");
        refused(y.try_trapezoid_at(0.5, 1), ty, "the places should have shape [4] or [2, 4], not []");
        refused(single.try_trapezoid_at([1.0, 2.0], 0), ty, "dtypes f32 and f64 differ");
        refused(tape.var([1_i64]).try_trapezoid(1, 0), ty, "needs f64 or f32");
        refused(tape.var(1.0).try_trapezoid(1.0, 0), ty, "axis 0 is out of range for 0 axes");
    }

    #[test]
    fn polynomials() {
        let tape = Tape::new();
        let x = tape.var([0.0, 1.0, -2.0]);
        assert_eq!(x.polyval([2.0, -1.0, 0.5, 3.0]).value(), array![3.0, 4.5, -18.0]);
        assert_eq!(x.polyval([7.0]).value(), array![7.0, 7.0, 7.0]);
        assert_eq!(x.polyval(Array1::<f64>::zeros(0)).value(), array![0.0, 0.0, 0.0]);
        assert_eq!(tape.var([2_i64]).polyval([3_i64, 1]).value(), array![7_i64]);
        // A polynomial for each element, and for each of two rows.
        let each = array![[1.0, 2.0, 3.0], [10.0, 20.0, 30.0]];
        assert_eq!(x.polyval(each).value(), array![10.0, 22.0, 24.0]);
        let rows = array![[[1.0], [0.0]], [[0.0], [5.0]]];
        assert_eq!(x.polyval(rows).value(), array![[0.0, 1.0, -2.0], [5.0, 5.0, 5.0]]);
        refused(x.try_polyval(tape.var(1.0)), ErrorKind::Type, "along the first axis of an array");
        refused(x.try_polyval(1.0), ErrorKind::Type, "along the first axis of an array");
        refused(x.try_polyval(array![[1.0, 2.0]]), ErrorKind::Type, "polyval: f64[3] and f64[1, 2]: sizes 3 and 2");
        refused(x.try_polyval([1_i64]), ErrorKind::Type, "dtypes f64 and i64 differ");
        refused(tape.var([true]).try_polyval([true]), ErrorKind::Type, "needs numbers, not bool");
    }
}

/// Values, both modes to third order, batches, layouts, `f32`: all that can be claimed of a function.
#[test]
fn every_claim_holds() {
    let check = |name: &str, inputs: &[Value], f: &cinta::check::Function<'_>| {
        check_function(f, inputs).unwrap_or_else(|mismatch| panic!("{name}: {mismatch}"));
    };
    let x = || Value::from(array![[0.5, -1.25, 2.0], [1.5, 0.25, -0.75]]);
    let idx = || Value::from([2_i64, 0]);
    let u = || Value::from(array![[0.3, -0.4], [0.6, 1.1]]);
    check("index_update", &[x(), idx(), u()], &|v| v[0].index_update(v[1], v[2], 1).powi(3));
    check("scatter_max", &[x(), idx(), u()], &|v| v[0].scatter_max(v[1], v[2], 1).powi(3));
    check("scatter_min", &[x(), idx(), u()], &|v| v[0].scatter_min(v[1], v[2], 1).powi(3));
    let ids = || Value::from([1_i64, 0, 1]);
    check("segment_sum", &[x(), ids()], &|v| v[0].segment_sum(v[1], 2, 1).powi(3));
    check("segment_mean", &[x(), ids()], &|v| v[0].segment_mean(v[1], 2, 1).powi(3));
    check("segment_max", &[x(), ids()], &|v| v[0].segment_max(v[1], 2, 1).powi(3));
    check("segment_min", &[x(), ids()], &|v| v[0].segment_min(v[1], 2, 1).powi(3));
    check("trapezoid", &[x(), 0.5.into()], &|v| v[0].trapezoid(v[1], 1).powi(2));
    check("trapezoid_at", &[x(), [0.0, 1.0, 1.5].into()], &|v| v[0].trapezoid_at(v[1], 1).powi(2));
    check("polyval", &[x(), [1.5, -1.0, 0.5].into()], &|v| v[0].polyval(v[1]));
    check("polyval for each", &[x(), array![[[1.5], [2.0]], [[-1.0], [0.5]]].into()], &|v| v[0].polyval(v[1]).powi(2));
    let inside = || Value::from([-1.0, 0.3, 1.25, 2.5]);
    let ys = || Value::from([0.5, -1.0, 2.0]);
    check("interp", &[inside(), [0.0, 1.0, 2.0].into(), ys()], &|v| v[0].interp(v[1], v[2]).powi(2));
    let points = || Value::from(array![[0.5, 1.0], [-1.0, 2.0], [2.0, 0.0]]);
    check("interp of a curve", &[inside(), [0.0, 1.0, 2.0].into(), points()], &|v| v[0].interp(v[1], v[2]).powi(2));
}

#[test]
fn updates_at_the_same_place_are_batched_as_one_by_one() {
    let inputs = [
        Value::from(array![[1.0, 2.0], [3.0, 4.0]]),
        [1_i64, 1, 0].into(),
        array![[5.0, 6.0, 7.0], [8.0, 9.0, 1.0]].into(),
    ];
    Claim::Batch.check_function(&|v| v[0].index_update(v[1], v[2], 1).powi(2), &inputs).expect("a batch is a loop");
    Claim::Batch.check_function(&|v| v[0].scatter_max(v[1], v[2], 1).powi(2), &inputs).expect("a batch is a loop");
}
