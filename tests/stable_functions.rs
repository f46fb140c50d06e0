//! Means, norms and cross-entropies where the obvious formula overflows, cancels or divides by zero,
//! against numbers from 60-digit arithmetic.
#![expect(clippy::unreadable_literal, reason = "numbers as mpmath prints them")]

use cinta::{Axes, ErrorKind, Tape, Var, keepdims, vmap};
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
fn means_along_any_axes() {
    let tape = Tape::new();
    let x = tape.var(array![[1.0, 2.0, 6.0], [3.0, 5.0, 10.0]]);
    assert_eq!(x.mean().item(), 4.5);
    assert_eq!(x.mean_axes(-1).value(), array![3.0, 6.0]);
    assert_eq!(x.mean_axes(keepdims(0)).value(), array![[2.0, 3.5, 8.0]]);
    assert_eq!(x.mean_axes([0, 1]).item(), 4.5);
    assert_eq!(x.mean_axes(1).sum().grad(x).value(), ndarray::Array2::from_elem((2, 3), 1.0 / 3.0));
    assert_eq!(tape.var([1.0_f32, 2.0]).mean().value(), ndarray::arr0(1.5_f32));
    let empty = tape.var(ndarray::Array2::<f64>::zeros((2, 0)));
    assert_close(empty.mean_axes(1), &[f64::NAN, f64::NAN], 0.0);
    assert_close(empty.variance(1), &[f64::NAN, f64::NAN], 0.0);
    assert_eq!(empty.mean_axes(0).shape().as_slice(), [0]);
}

#[test]
fn variances_and_standard_deviations() {
    let tape = Tape::new();
    let x = tape.var([0.1, 0.7, -1.3, 2.9]);
    assert_close(x.variance(0), &[2.29], TIGHT);
    assert_close(x.variance_with(0, 1), &[3.0533333333333332], TIGHT);
    assert_close(x.std(-1), &[1.5132745950421556], TIGHT);
    assert_close(x.std_with(Axes::all(), 1), &[1.747378989610821], TIGHT);
    assert_close(x.variance(0).grad(x), &[-0.25, 0.05, -0.95, 1.15], TIGHT);
    let slope = [-0.08260232505688622, 0.016520465011377244, -0.31388883521616767, 0.3799706952616766];
    assert_close(x.std(0).grad(x), &slope, TIGHT);
    let m = tape.var(array![[1.0, 3.0], [5.0, 9.0]]);
    assert_eq!(m.variance(keepdims(1)).value(), array![[1.0], [4.0]]);
    assert_close(m.std([0, 1]), &[8.75_f64.sqrt()], TIGHT);
    assert_close(tape.var([3.0]).variance_with(0, 1), &[f64::NAN], 0.0);
}

#[test]
fn a_large_offset_does_no_harm_to_a_variance() {
    let tape = Tape::new();
    let x = tape.var([1e9 + 0.1, 1e9 + 0.7, 1e9 - 1.3, 1e9 + 2.9]);
    assert_close(x.variance(0), &[2.2899999237060555], TIGHT);
    assert_close(x.variance(0).grad(x), &[-0.25, 0.050000011920928955, -0.949999988079071, 1.149999976158142], TIGHT);
}

#[test]
fn equal_elements_have_no_spread_and_no_derivative() {
    let tape = Tape::new();
    // The mean of three times 0.1 rounds to another number.
    let x = tape.var([0.1, 0.1, 0.1]);
    assert_eq!(x.variance(0).item(), 0.0);
    assert_eq!(x.std(0).item(), 0.0);
    assert_eq!(x.std(0).grad(x).value(), array![0.0, 0.0, 0.0]);
    assert_eq!(x.std(0).hessian(x).value(), ndarray::Array2::<f64>::zeros((3, 3)));
}

#[test]
fn norms_of_ordinary_huge_and_tiny_vectors() {
    let tape = Tape::new();
    let (a, b) = (0.4472135954999579, 0.8944271909999159);
    for (x, norm, unit) in [
        ([0.5, 1.0], 1.118033988749895, [a, b]),
        ([1e-200, 2e-200], 2.2360679774997897e-200, [a, b]),
        ([1e-320, 2e-320], 2.236e-320, [a, b]),
        ([5e-324, 4e-320], 4e-320, [0.0001235177856190314, 0.9999999923716782]),
        ([1e200, 3e200], 3.1622776601683794e200, [0.31622776601683794, 0.9486832980505138]),
        ([6e307, 8e307], 1e308, [0.6, 0.8]),
        ([1e-200, 1e200], 1e200, [0.0, 1.0]),
    ] {
        let x = tape.var(x);
        assert_close(x.norm(), &[norm], 1e-15);
        assert_close(x.norm().grad(x), &unit, TIGHT);
        assert_close(x.norm().jvp(&[(x, tape.constant([1.0, 0.0]))]), &unit[..1], TIGHT);
    }
    let f = tape.var([3e-30_f32, 4e-30]);
    assert_close(f.norm(), &[5e-30], 1e-6);
    assert_close(f.norm().grad(f), &[0.6, 0.8], 1e-6);
    let f = tape.var([3e30_f32, 4e30]);
    assert_close(f.norm().grad(f), &[0.6, 0.8], 1e-6);
    assert_close(tape.var([f64::INFINITY, 1.0]).norm(), &[f64::INFINITY], 0.0);
    assert_close(tape.var([f64::NAN, 1.0]).norm(), &[f64::NAN], 0.0);
    assert_eq!(tape.var(ndarray::Array1::<f64>::zeros(0)).norm().item(), 0.0);
}

#[test]
fn second_derivatives_of_norms() {
    let tape = Tape::new();
    let x = tape.var([0.5, -1.25, 2.0]);
    let expected = [
        0.39694064873551765,
        0.0446000728916312,
        -0.0713601166266099,
        0.0446000728916312,
        0.3032804956630921,
        0.1784002915665248,
        -0.0713601166266099,
        0.1784002915665248,
        0.12934021138573046,
    ];
    assert_close(x.norm().hessian(x), &expected, 3e-14);
    let tiny = tape.var([1e-200, 2e-200]);
    let expected = [3.5777087639996638e199, -1.7888543819998319e199, -1.7888543819998319e199, 8.944271909999159e198];
    assert_close(tiny.norm().hessian(tiny), &expected, 3e-14);
}

#[test]
fn the_kink_of_a_norm() {
    let tape = Tape::new();
    let x = tape.var(array![[0.0, 0.0], [0.0, -2.0]]);
    let norms = x.norm_axes(keepdims(-1));
    assert_eq!(norms.value(), array![[0.0], [2.0]]);
    assert_eq!(norms.sum().grad(x).value(), array![[0.0, 0.0], [0.0, -1.0]]);
    assert_eq!(norms.jvp(&[(x, x.ones_like())]).value(), array![[0.0], [-1.0]]);
    assert_eq!(norms.sum().hvp(x, x.ones_like()).value(), array![[0.0, 0.0], [0.5, 0.0]]);
    let [units] = vmap([(x, Some(0))], |[row]| [row.norm().grad(row)]);
    assert_eq!(units.value(), array![[0.0, 0.0], [0.0, -1.0]]);
}

#[test]
fn binary_cross_entropy_in_both_tails() {
    let tape = Tape::new();
    let e = 4.248354255291589e-18;
    let tiny = 9.85967654375977e-305;
    let z = tape.var([40.0, -40.0, 700.0, -700.0, 1000.0, -1000.0, 0.5, -0.25]);
    let right = z.binary_cross_entropy([1.0, 0.0, 1.0, 0.0, 1.0, 0.0, 1.0, 0.0]);
    assert_close(right, &[e, e, tiny, tiny, 0.0, 0.0, 0.4740769841801067, 0.5759394198788436], 1e-15);
    let slope = [-e, e, -tiny, tiny, 0.0, 0.0, -0.37754066879814546, 0.4378234991142019];
    assert_close(right.sum().grad(z), &slope, TIGHT);
    let wrong = z.binary_cross_entropy([0.0, 1.0, 0.0, 1.0, 0.0, 1.0, 0.0, 1.0]);
    assert_close(wrong, &[40.0, 40.0, 700.0, 700.0, 1000.0, 1000.0, 0.9740769841801067, 0.8259394198788436], 1e-15);
    let slope = [1.0, -1.0, 1.0, -1.0, 1.0, -1.0, 0.6224593312018546, -0.5621765008857981];
    assert_close(wrong.sum().grad(z), &slope, TIGHT);
    // σ(z) σ(−z), whatever the target.
    let curvature = right.sum().hvp(z, z.ones_like());
    assert_close(curvature, &wrong.sum().hvp(z, z.ones_like()).value().to_f64s(), TIGHT);
    assert_close(curvature, &[e, e, tiny, tiny, 0.0, 0.0, 0.2350037122015945, 0.24613408273759835], TIGHT);
}

#[test]
fn binary_cross_entropy_of_soft_targets_and_at_infinity() {
    let tape = Tape::new();
    let z = tape.var(0.5);
    let loss = z.binary_cross_entropy(0.25);
    assert_close(loss, &[0.8490769841801067], 1e-15);
    assert_close(loss.grad(z), &[0.37245933120185454], TIGHT);
    let y = tape.var(0.25);
    assert_close(z.binary_cross_entropy(y).grad(y), &[-0.5], TIGHT);
    let z = tape.var([f64::INFINITY, f64::NEG_INFINITY, f64::INFINITY]);
    let loss = z.binary_cross_entropy([1.0, 0.0, 0.0]);
    assert_close(loss, &[0.0, 0.0, f64::INFINITY], 0.0);
    assert_close(loss.sum().grad(z), &[0.0, 0.0, 1.0], 0.0);
    let z = tape.var(array![[0.0_f32, 1.0]]);
    assert_close(z.binary_cross_entropy(array![[1.0_f32], [0.0]]).sum().grad(z), &[0.0, 0.4621172], 1e-6);
}

#[test]
fn softmax_cross_entropy_of_confident_answers() {
    let tape = Tape::new();
    let z = tape.var(array![[40.0, 0.0, -800.0], [1000.0, -1000.0, 990.0], [-1000.0, 1000.0, 3.0], [30.5, 1.25, -7.0]]);
    let e = 4.248354255291589e-18;
    let loss = z.softmax_cross_entropy([0_i64, 0, 0, 0]);
    assert_close(loss, &[e, 4.539889921686465e-5, 2000.0, 1.9815263535493634e-13], 1e-15);
    let slope = [
        -e,
        e,
        0.0, // the third is below the smallest number
        -4.5397868702434395e-5,
        0.0,
        4.5397868702434395e-5,
        -1.0,
        1.0,
        0.0,
        -1.981526353549167e-13,
        1.981008798048587e-13,
        5.175555005800843e-17,
    ];
    assert_close(loss.sum().grad(z), &slope, TIGHT);
    let one_hot = array![[1.0, 0.0, 0.0], [1.0, 0.0, 0.0], [1.0, 0.0, 0.0], [1.0, 0.0, 0.0]];
    let same = z.softmax_cross_entropy(one_hot);
    assert_eq!(same.value(), loss.value());
    assert_close(same.sum().grad(z), &slope, TIGHT);
    assert_close(z.softmax_cross_entropy([1_i64, 0, 2, 2]), &[40.0, 4.539889921686465e-5, 997.0, 37.5], 1e-13);
}

#[test]
fn second_derivatives_of_softmax_cross_entropy() {
    let tape = Tape::new();
    let z = tape.var([30.5, 1.25, -7.0]);
    let expected = [
        1.9815263535487745e-13,
        -1.9810087980481946e-13,
        -5.175555005799818e-17,
        -1.9810087980481946e-13,
        1.9810087980481946e-13,
        -1.0252820001275876e-29,
        -5.175555005799818e-17,
        -1.0252820001275876e-29,
        5.1755550058008426e-17,
    ];
    for label in 0..3 {
        assert_close(z.softmax_cross_entropy(label).hessian(z), &expected, TIGHT);
    }
    let soft = z.softmax_cross_entropy([0.7, 0.2, 0.1]);
    assert_close(soft, &[9.600000000000199], 1e-15);
    assert_close(soft.grad(z), &[0.29999999999980187, -0.19999999999980192, -0.09999999999999995], TIGHT);
    assert_close(soft.hessian(z), &expected, TIGHT);
}

#[test]
fn shapes_of_softmax_cross_entropy() {
    let tape = Tape::new();
    let z = tape.var(ndarray::Array3::<f64>::zeros((2, 3, 4)));
    let labels = tape.var(array![[0_i64, 1, 2], [3, 0, 1]]);
    let loss = z.softmax_cross_entropy(labels);
    assert_eq!(loss.shape().as_slice(), [2, 3]);
    assert_close(loss, &[4.0_f64.ln(); 6], 1e-15);
    let [batched] = vmap([(z, Some(0)), (labels, Some(0))], |[z, labels]| [z.softmax_cross_entropy(labels)]);
    assert_eq!(batched.value(), loss.value());
    // An impossible class with no weight costs nothing.
    let masked = tape.var([0.0, f64::NEG_INFINITY, 0.0]);
    assert_close(masked.softmax_cross_entropy([0.5, 0.0, 0.5]), &[2.0_f64.ln()], 1e-15);
    assert_close(masked.softmax_cross_entropy(1), &[f64::INFINITY], 0.0);
    assert_close(masked.softmax_cross_entropy(2).grad(masked), &[0.5, 0.0, -0.5], TIGHT);
}

#[test]
fn cross_entropies_refuse_what_they_cannot_mean() {
    let tape = Tape::new();
    let z = tape.var(array![[1.0, 2.0, 3.0], [1.0, 2.0, 3.0]]);
    for (error, says) in [
        (z.try_softmax_cross_entropy([0_i64, 3]).unwrap_err(), "3"),
        (z.try_softmax_cross_entropy([0_i64, -1]).unwrap_err(), "-1"),
        (z.try_softmax_cross_entropy([0_i64]).unwrap_err(), "labels should have the shape [2]"),
        (z.try_softmax_cross_entropy([0.5, 0.25, 0.25]).unwrap_err(), "probabilities that of the logits"),
        (z.try_softmax_cross_entropy([true, false]).unwrap_err(), "should be f64, not bool"),
        (z.try_softmax_cross_entropy(0.5).unwrap_err(), "does not fit"),
        (z.sum().try_softmax_cross_entropy(0).unwrap_err(), "needs a last axis of classes"),
        (z.try_binary_cross_entropy([1_i64, 0, 1]).unwrap_err(), "should be f64, not i64; use cast"),
        (z.try_binary_cross_entropy([1.0, 0.0]).unwrap_err(), "do not broadcast"),
        (tape.var([1_i64]).try_binary_cross_entropy(1.0).unwrap_err(), "needs f64 or f32, not i64"),
        (tape.var([1_i64]).try_mean().unwrap_err(), "needs f64 or f32, not i64"),
        (tape.var([1_i64]).try_norm().unwrap_err(), "needs f64 or f32, not i64"),
        (z.try_variance(2).unwrap_err(), "axis 2 is out of range"),
        (z.try_std([0, 0]).unwrap_err(), "named twice"),
    ] {
        let text = error.to_string();
        assert!(text.contains(says) && text.contains("stable_functions.rs"), "`{text}` should say `{says}`");
    }
    // A label that is known only later is looked at then.
    let labels = tape.input(cinta::ArrayType::new(cinta::DType::I64, [2]));
    let loss = z.softmax_cross_entropy(labels);
    labels.set([0_i64, 7]);
    assert_eq!(loss.try_value().unwrap_err().kind(), ErrorKind::Value);
    labels.set([0_i64, 2]);
    assert!(loss.try_value().is_ok());
}
