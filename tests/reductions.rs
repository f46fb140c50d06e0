//! Reductions: `max`, `min`, `logsumexp`, `softmax` and the slides' `l2_pool`, against numbers from 60-digit arithmetic.
#![expect(clippy::unreadable_literal, reason = "numbers as mpmath prints them")]

use cinta::{Axes, ErrorKind, Tape, Ties, Var, keepdims, vmap};
use ndarray::array;

const TIGHT: f64 = 1e-14;

/// Every number is right to a relative error; zeros, infinities and NaN must be met exactly.
#[track_caller]
fn assert_close(actual: Var<'_>, expected: &[f64], relative: f64) {
    let actual = actual.value().to_f64s();
    let close = |a: f64, e: f64| a == e || (a - e).abs() <= relative * e.abs() || (a.is_nan() && e.is_nan());
    let right = actual.len() == expected.len() && actual.iter().zip(expected).all(|(&a, &e)| close(a, e));
    assert!(right, "\n  {actual:?}, expected\n  {expected:?}");
}

#[test]
fn extremes_along_any_axes() {
    let tape = Tape::new();
    let x = tape.var(array![[[1.0, -5.0], [3.0, 4.0]], [[7.0, 0.5], [-2.0, 6.0]]]);
    assert_eq!(x.max().item(), 7.0);
    assert_eq!(x.min().item(), -5.0);
    assert_eq!(x.max_axes(0).value(), array![[7.0, 0.5], [3.0, 6.0]]);
    assert_eq!(x.max_axes([0, -1]).value(), array![7.0, 6.0]);
    assert_eq!(x.min_axes(-2).value(), array![[1.0, -5.0], [-2.0, 0.5]]);
    assert_eq!(x.min_axes(keepdims([0, 2])).value(), array![[[-5.0], [-2.0]]]);
    assert_eq!(x.max_axes(keepdims(Axes::all())).value(), array![[[7.0]]]);
    assert_eq!(
        x.max_axes(keepdims(1)).sum().grad(x).value(),
        array![[[0.0, 0.0], [1.0, 1.0]], [[1.0, 0.0], [0.0, 1.0]]]
    );
    assert_eq!(tape.var(2.5).max().item(), 2.5);
    assert_eq!(tape.var(array![[i64::MIN, 3], [2, i64::MAX]]).max_axes(1).value(), array![3, i64::MAX]);
    assert_eq!(tape.var([1.5_f32, -0.5]).min().value(), ndarray::arr0(-0.5_f32));
    assert_eq!(tape.var(array![[1.0, 2.0]]).max_axes(Vec::new()).value(), array![[1.0, 2.0]]);
}

#[test]
fn ties_share_the_derivative_or_each_get_it() {
    let tape = Tape::new();
    let z = tape.var([2.0, 5.0, 5.0, 1.0, 5.0]);
    let third = 1.0 / 3.0;
    assert_eq!(z.max().grad(z).value(), array![0.0, third, third, 0.0, third]);
    let h = z.max_axes_with(Axes::all(), Ties::Each);
    assert_eq!(h.grad(z).value(), array![0.0, 1.0, 1.0, 0.0, 1.0]);
    let t = tape.constant([10.0, 1.0, 2.0, 20.0, 6.0]);
    assert_eq!(z.max().jvp(&[(z, t)]).item(), 3.0);
    assert_eq!(h.jvp(&[(z, t)]).item(), 9.0);
    let w = tape.var([0.0, 0.0]);
    assert_eq!(w.min_axes_with(0, Ties::Each).grad(w).value(), array![1.0, 1.0]);
    assert_eq!(w.min_axes_with(0, Ties::Split).grad(w).value(), array![0.5, 0.5]);
}

#[test]
fn a_nan_takes_its_lane_and_no_derivative() {
    let tape = Tape::new();
    let z = tape.var(array![[1.0, f64::NAN, 3.0], [1.0, 2.0, 0.0]]);
    for h in [z.max_axes(1), z.max_axes_with(1, Ties::Each)] {
        assert_close(h, &[f64::NAN, 2.0], 0.0);
        assert_eq!(h.sum().grad(z).value(), array![[0.0, 0.0, 0.0], [0.0, 1.0, 0.0]]);
    }
    let t = z.max_axes(1).jvp(&[(z, z.ones_like())]);
    assert_eq!(t.value(), array![0.0, 1.0]);
    assert_eq!(z.max_axes(1).sum().hvp(z, z.ones_like()).value(), ndarray::Array2::<f64>::zeros((2, 3)));
    assert_close(tape.var([f64::NAN, f64::INFINITY]).min(), &[f64::NAN], 0.0);
    let infinite = tape.var([f64::NEG_INFINITY, f64::NEG_INFINITY]);
    assert_eq!(infinite.max().grad(infinite).value(), array![0.5, 0.5]);
}

#[test]
fn second_derivatives_of_extremes() {
    let tape = Tape::new();
    let x = tape.var([1.0, 3.0, 2.0]);
    let y = (x * x).max() * x.min();
    // x₁² x₀: ∂²/∂x₀∂x₁ = 2 x₁, ∂²/∂x₁² = 2 x₀.
    assert_eq!(y.hessian(x).value(), array![[0.0, 6.0, 0.0], [6.0, 2.0, 0.0], [0.0, 0.0, 0.0]]);
}

#[test]
fn reductions_refuse_with_a_reason() {
    let tape = Tape::new();
    let empty = tape.var(ndarray::Array2::<f64>::zeros((0, 3)));
    let error = empty.try_max_axes(0).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Type);
    let text = error.to_string();
    assert!(text.starts_with("max: f64[0, 3]: axis 0 is empty") && text.contains("reductions.rs"), "{text}");
    assert!(empty.try_min().is_err());
    assert_eq!(empty.max_axes(1).shape().as_slice(), [0]);
    let x = tape.var([1.0, 2.0]);
    for error in [
        x.try_max_axes(1).unwrap_err(),
        x.try_min_axes([0, 0]).unwrap_err(),
        x.try_logsumexp(-2).unwrap_err(),
        x.try_softmax(3).unwrap_err(),
        x.try_log_softmax(1).unwrap_err(),
    ] {
        assert!(error.to_string().contains("f64[2]") && error.to_string().contains("reductions.rs"), "{error}");
    }
    let n = tape.var([1_i64, 2]);
    assert!(n.try_logsumexp(0).unwrap_err().to_string().starts_with("logsumexp: i64[2]: needs f64 or f32"));
    assert!(x.gt(1.0).try_max().unwrap_err().to_string().contains("needs numbers, not bool"));
    let w = tape.var(array![[1.0, 2.0, 3.0]]);
    assert!(w.try_l2_pool(x).unwrap_err().to_string().contains("inner sizes 3 and 2 differ"));
    assert!(x.try_l2_pool(x).unwrap_err().to_string().contains("needs a matrix and a vector"));
}

#[test]
fn logsumexp_keeps_its_digits() {
    let tape = Tape::new();
    let lse = |x: &[f64]| tape.var(x).logsumexp(0);
    assert_close(lse(&[0.0, -40.0]), &[4.248354255291589e-18], 1e-15);
    assert_close(lse(&[1e-20, -40.0]), &[4.258354255291589e-18], 1e-15);
    assert_close(lse(&[1000.0, 960.0]), &[1000.0], 0.0);
    assert_close(lse(&[1000.0, 999.5, 998.25]), &[1000.5767844750362], 2e-16);
    assert_close(lse(&[-1000.0, -1001.5]), &[-999.7985867220173], 2e-16);
    assert_close(lse(&[-0.5, 0.25, 2.0]), &[2.227819754473424], 3e-16);
    assert_close(tape.var([0.1_f32, -3.7, 2.3]).logsumexp(-1), &[2.4073122863256486], 1e-7);
    let x = tape.var(array![[0.0, -40.0], [f64::NEG_INFINITY, 5.0]]);
    assert_close(x.logsumexp(keepdims(1)), &[4.248354255291589e-18, 5.0], 1e-15);
    assert_eq!(x.logsumexp(keepdims(1)).shape().as_slice(), [2, 1]);
    let n = 100_000;
    let many = tape.var(ndarray::Array1::from_elem(n, 0.1));
    assert_close(many.logsumexp(0), &[0.1 + (n as f64).ln()], 1e-15);
}

#[test]
fn logsumexp_at_infinity() {
    let tape = Tape::new();
    let none = tape.var(ndarray::Array2::<f64>::zeros((2, 0)));
    assert_close(none.logsumexp(1), &[f64::NEG_INFINITY; 2], 0.0);
    let x = tape.var(array![[f64::NEG_INFINITY, f64::NEG_INFINITY], [f64::INFINITY, 0.0], [f64::NEG_INFINITY, 2.0]]);
    let y = x.logsumexp(1);
    assert_close(y, &[f64::NEG_INFINITY, f64::INFINITY, 2.0], 0.0);
    assert_close(y.sum().grad(x), &[0.0, 0.0, 1.0, 0.0, 0.0, 1.0], 0.0);
    assert_close(y.sum().hvp(x, x.ones_like()), &[0.0; 6], 0.0);
    assert_close(tape.var([f64::NAN, f64::INFINITY]).logsumexp(0), &[f64::NAN], 0.0);
}

#[test]
fn softmax_is_right_to_the_last_digits_however_small() {
    let tape = Tape::new();
    for (x, expected) in [
        ([0.0, -40.0, -700.0], [1.0, 4.248354255291589e-18, 9.85967654375977e-305]),
        // Differences of such numbers round, and e^x magnifies that a hundredfold: it is put back.
        ([1000.1, 960.3, 300.7], [1.0, 5.1889516050542874e-18, 1.796550199615338e-304]),
        ([700.3, -0.4, 5.0], [1.0, 4.896170471768203e-305, 1.0840435572789618e-302]),
        ([-1000.0, 0.7, 3.3], [0.0, 0.06913842034334683, 0.9308615796566532]),
    ] {
        let x = tape.var(x);
        assert_close(x.softmax(0), &expected, 1e-15);
        assert_close(x.logsumexp(0).grad(x), &expected, 1e-15);
    }
    let x = tape.var(array![[1.0, 2.0, 3.0], [0.0, 0.0, 0.0]]);
    assert_close(x.softmax([0, 1]).sum(), &[1.0], 1e-15);
    assert_close(x.softmax(-1).sum_axes(1), &[1.0, 1.0], 1e-15);
    assert_close(x.t().softmax(0).t(), &x.softmax(1).value().to_f64s(), 0.0);
}

#[test]
fn second_derivatives_of_logsumexp_do_not_cancel() {
    let tape = Tape::new();
    let x = tape.var([40.0, 0.0, 1.0]);
    let expected = [
        1.5796578428307375e-17,
        -4.248354255291589e-18,
        -1.1548224173015786e-17,
        -4.248354255291589e-18,
        4.248354255291589e-18,
        -4.906094730649281e-35,
        -1.1548224173015786e-17,
        -4.906094730649281e-35,
        1.1548224173015786e-17,
    ];
    assert_close(x.logsumexp(0).hessian(x), &expected, TIGHT);
    assert_close(x.softmax(0).jacobian(x), &expected, TIGHT);
    // The third along one axis, p (1 − p) (1 − 2p).
    let x = tape.var([40.0, 0.0]);
    let p = 4.248354255291589e-18;
    for (v, third) in [([1.0, 0.0], -p), ([0.0, 1.0], p)] {
        assert_close(x.logsumexp(0).directional(x, tape.constant(v), 3), &[third], TIGHT);
    }
    let far = tape.var([1000.0, -1000.0]);
    assert_close(far.logsumexp(0).hessian(far), &[0.0; 4], 0.0);
    let even = tape.var([-1000.0, -1000.0]);
    assert_close(even.logsumexp(0).hessian(even), &[0.25, -0.25, -0.25, 0.25], 0.0);
}

#[test]
fn log_softmax_and_its_gradient_keep_their_digits() {
    let tape = Tape::new();
    let x = tape.var([1000.1, 960.3, 300.7]);
    let y = x.log_softmax(0);
    assert_close(y, &[-5.1889516050542874e-18, -39.80000000000007, -699.4000000000001], 1e-15);
    let p = [1.0, 5.1889516050542874e-18, 1.796550199615338e-304];
    let pick = |label: [f64; 3]| (y * tape.constant(label)).sum();
    assert_close(pick([1.0, 0.0, 0.0]).grad(x), &[p[1], -p[1], -p[2]], TIGHT);
    assert_close(pick([0.0, 1.0, 0.0]).grad(x), &[-1.0, 1.0, -p[2]], TIGHT);
    assert_close(pick([0.0, 1.0, 1.0]).grad(x), &[-2.0, 1.0, 1.0], TIGHT);
    let ahead = y.jvp(&[(x, tape.constant([1.0, 0.0, 0.0]))]);
    assert_close(ahead, &[p[1], -1.0, -1.0], TIGHT);
}

#[test]
fn l2_pool_is_the_rule_of_the_slides() {
    let tape = Tape::new();
    let w = tape.var(array![[0.5, 1.25, 2.0], [1.5, 0.25, 0.75]]);
    let z = tape.var([0.3, -1.1, 0.7]);
    let h = w.l2_pool(z);
    assert_close(h, &[1.5929532322073992, 0.897217922246318], TIGHT);
    let [dw, dz] = (h * tape.constant([2.0, -0.5])).sum().grad([w, z]);
    assert_close(dz, &[-0.06244574948660543, -1.5731017481212253, 1.4651704360061042], TIGHT);
    let expected = [
        0.056498833851691,
        0.7595954328949569,
        0.30760476208142873,
        -0.025077519565890875,
        -0.3371533186080885,
        -0.13653316208096142,
    ];
    assert_close(dw, &expected, TIGHT);
    let first = (h * tape.constant([1.0, 0.0])).sum();
    let expected = [
        0.30831602271557706,
        0.05102521940628908,
        -0.0519529506682216,
        0.05102521940628908,
        0.3169748478269473,
        0.47623538112536473,
        -0.0519529506682216,
        0.47623538112536473,
        0.770635434911954,
    ];
    assert_close(first.hessian(z), &expected, 3e-14);
}

#[test]
fn l2_pool_passes_no_derivative_where_it_is_zero() {
    let tape = Tape::new();
    let w = tape.var(array![[1.0, 0.0], [0.0, 3.0], [0.0, 0.0]]);
    let z = tape.var([2.0, 0.0]);
    let h = w.l2_pool(z);
    assert_eq!(h.value(), array![2.0, 0.0, 0.0]);
    let [dw, dz] = h.sum().grad([w, z]);
    assert_eq!(dz.value(), array![1.0, 0.0]);
    assert_eq!(dw.value(), array![[1.0, 0.0], [0.0, 0.0], [0.0, 0.0]]);
    let t = h.jvp(&[(w, w.ones_like()), (z, z.ones_like())]);
    assert_eq!(t.value(), array![2.0, 0.0, 0.0]);
    // h₀ = √(w z₀²) = √w |z₀|: ∂²h₀/∂z₀² = 0; the rows that are zero give zeros at second order too.
    assert_eq!(h.sum().hessian(z).value(), array![[0.0, 0.0], [0.0, 0.0]]);
    let [hw, hz] = h.sum().hvp([w, z], [w.ones_like(), z.zeros_like()]);
    assert_eq!(hz.value(), array![0.5, 0.0]);
    assert_eq!(hw.value(), array![[-0.5, 0.0], [0.0, 0.0], [0.0, 0.0]]);
    let negative = tape.var(array![[-1.0, 0.0]]);
    assert!(negative.l2_pool(z).item().is_nan());
    assert!(negative.l2_pool(z).sum().grad(z).value().to_f64s()[0].is_nan());
}

#[test]
fn l2_pool_of_huge_and_tiny_numbers() {
    let tape = Tape::new();
    let w = tape.var(array![[1.0, 1.0]]);
    for scale in [1e-300, 1e-200, 1e200, 1e300] {
        let z = tape.var([3.0 * scale, 4.0 * scale]);
        let h = w.l2_pool(z);
        assert_close(h, &[5.0 * scale], TIGHT);
        let [dw, dz] = h.sum().grad([w, z]);
        assert_close(dz, &[0.6, 0.8], TIGHT);
        assert_close(dw, &[0.9 * scale, 1.6 * scale], TIGHT);
        assert_close(h.jvp(&[(w, w.ones_like())]), &[2.5 * scale], TIGHT);
    }
}

#[test]
fn a_batch_of_l2_pools_keeps_the_convention() {
    let tape = Tape::new();
    let w = tape.var(array![[1.0, 1.0], [0.0, 2.0]]);
    let zs = tape.var(array![[3.0, 4.0], [0.0, 0.0], [3e200, 0.0]]);
    let [hs] = vmap([(w, None), (zs, Some(0))], |[w, z]| [w.l2_pool(z)]);
    assert_close(hs, &[5.0, 32.0_f64.sqrt(), 0.0, 0.0, 3e200, 0.0], TIGHT);
    // Differentiated after batching, and before.
    let after = hs.sum().grad(zs);
    assert_close(after, &[0.6, 0.8 + 2.0_f64.sqrt(), 0.0, 0.0, 1.0, 0.0], TIGHT);
    let [before] = vmap([(w, None), (zs, Some(0))], |[w, z]| [w.l2_pool(z).sum().grad(z)]);
    assert_close(before, &after.value().to_f64s(), TIGHT);
    let ws = tape.var(array![[[1.0, 1.0]], [[0.0, 2.0]], [[4.0, 0.0]]]);
    let [both] = vmap([(ws, Some(0)), (zs, Some(0))], |[w, z]| [w.l2_pool(z)]);
    assert_close(both, &[5.0, 0.0, 6e200], TIGHT);
    let z = tape.var([3.0, 4.0]);
    let [shared] = vmap([(ws, Some(0)), (z, None)], |[w, z]| [w.l2_pool(z)]);
    assert_close(shared, &[5.0, 32.0_f64.sqrt(), 6.0], TIGHT);
}
