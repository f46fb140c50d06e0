//! What operations answer at kinks, poles and other singular points: the convention that each states in its doc.
use cinta::{DType, Tape, Var, jvp};
use ndarray::array;

const INF: f64 = f64::INFINITY;
const NAN: f64 = f64::NAN;

/// A function of one variable, on any tape.
type Unary = for<'t> fn(Var<'t>) -> Var<'t>;

/// The derivative of some order at a point, which must be the same in both modes.
#[track_caller]
fn derivative(f: Unary, x: f64, order: usize) -> f64 {
    let tape = Tape::new();
    let x = tape.var(x);
    let y = f(x);
    let reverse = (0..order).fold(y, |y, _| y.grad_or_zeros(x)).item();
    let one = tape.constant(1.0);
    let push = |y| jvp(&[y], &[(x, one)]).expect("float scalars")[0].unwrap_or_else(|| y.zeros_like());
    let forward = (0..order).fold(y, |y, _| push(y)).item();
    assert!(same(reverse, forward), "reverse mode says {reverse}, forward mode {forward}");
    reverse
}

/// Value and partial derivatives of a function of two variables.
fn partials(f: for<'t> fn(Var<'t>, Var<'t>) -> Var<'t>, x: f64, y: f64) -> [f64; 3] {
    let tape = Tape::new();
    let (x, y) = (tape.var(x), tape.var(y));
    let z = f(x, y);
    let [dx, dy] = z.grad([x, y]);
    [z, dx, dy].map(Var::item)
}

/// Equal, or both NaN.
fn same(a: f64, b: f64) -> bool {
    a == b || (a.is_nan() && b.is_nan())
}

#[track_caller]
fn assert_same(got: &[f64], want: &[f64]) {
    assert!(got.len() == want.len() && got.iter().zip(want).all(|(a, b)| same(*a, *b)), "{got:?}, expected {want:?}");
}

#[test]
fn the_slope_of_abs_at_zero_is_zero() {
    assert_same(&[0.0, -0.0].map(|x| derivative(|x| x.abs(), x, 1)), &[0.0, 0.0]);
}

#[test]
fn abs_of_nan_is_nan_and_so_is_its_slope() {
    assert_same(&[0, 1].map(|order| derivative(|x| x.abs(), NAN, order)), &[NAN, NAN]);
}

#[test]
fn sign_of_nan_is_nan() {
    assert!(Tape::new().var(NAN).sign().item().is_nan());
}

#[test]
fn sign_passes_no_derivative_and_says_why() {
    let tape = Tape::new();
    let x = tape.var(2.0);
    let error = x.sign().try_grad(x).expect_err("blocked");
    assert!(error.to_string().contains("sign is piecewise constant"), "{error}");
    assert_eq!(derivative(|x| x.sign(), 0.0, 1), 0.0);
}

#[test]
fn relu_and_its_slope_are_zero_at_zero() {
    assert_same(&[0, 1].map(|order| derivative(|x| x.relu(), 0.0, order)), &[0.0, 0.0]);
}

#[test]
fn relu_of_minus_zero_is_plus_zero() {
    assert!(Tape::new().var(-0.0).relu().item().is_sign_positive());
}

#[test]
fn relu_of_nan_is_nan_and_passes_nothing() {
    assert_same(&[0, 1].map(|order| derivative(|x| x.relu(), NAN, order)), &[NAN, 0.0]);
}

#[test]
fn what_relu_cut_off_stays_out_of_the_gradient() {
    assert_eq!(derivative(|x| x.log().relu(), 0.0, 1), 0.0); // log(0) = −∞ with slope ∞
}

#[test]
fn maximum_and_minimum_split_a_tie_evenly() {
    assert_eq!(partials(|a, b| a.maximum(b), 2.0, 2.0), [2.0, 0.5, 0.5]);
    assert_eq!(partials(|a, b| a.minimum(b), 2.0, 2.0), [2.0, 0.5, 0.5]);
    assert_eq!(partials(|a, b| a.maximum(b), 0.0, -0.0)[1..], [0.5, 0.5]);
}

#[test]
fn maximum_and_minimum_of_a_variable_with_itself_have_slope_one() {
    assert_eq!(derivative(|x| x.maximum(x), 3.0, 1), 1.0);
    assert_eq!(derivative(|x| x.minimum(x), 3.0, 1), 1.0);
}

#[test]
fn maximum_and_minimum_hand_nan_on_and_pass_it_no_derivative() {
    for (a, b) in [(NAN, 1.0), (1.0, NAN), (NAN, NAN)] {
        assert_same(&partials(|a, b| a.maximum(b), a, b), &[NAN, 0.0, 0.0]);
        assert_same(&partials(|a, b| a.minimum(b), a, b), &[NAN, 0.0, 0.0]);
    }
}

#[test]
fn sqrt_has_infinite_slope_at_zero() {
    assert_same(&[0, 1].map(|order| derivative(|x| x.sqrt(), 0.0, order)), &[0.0, INF]);
    assert_eq!(derivative(|x| x.sqrt(), -0.0, 1), -INF);
}

#[test]
fn sqrt_of_a_negative_number_is_nan() {
    assert_same(&[0, 1].map(|order| derivative(|x| x.sqrt(), -1.0, order)), &[NAN, NAN]);
}

#[test]
fn log1p_at_minus_one_is_minus_infinity_with_infinite_slope() {
    assert_same(&[0, 1].map(|order| derivative(|x| x.log1p(), -1.0, order)), &[-INF, INF]);
}

#[test]
fn log_at_zero_is_minus_infinity_with_infinite_slope() {
    assert_same(&[0, 1].map(|order| derivative(|x| x.log(), 0.0, order)), &[-INF, INF]);
}

#[test]
fn reciprocal_at_zero_is_infinite_with_slope_minus_infinity() {
    assert_same(&[0, 1].map(|order| derivative(|x| x.reciprocal(), 0.0, order)), &[INF, -INF]);
}

#[test]
fn pow_to_the_zero_is_one_for_every_base() {
    for x in [0.0, -2.0, INF, NAN] {
        assert_eq!(partials(|x, y| x.pow(y), x, 0.0)[..2], [1.0, 0.0]);
    }
}

#[test]
fn the_slope_of_pow_at_base_zero_is_right_where_it_is_finite() {
    for (y, slope) in [(0.0, 0.0), (1.0, 1.0), (1.5, 0.0), (2.0, 0.0), (0.5, INF), (-1.0, -INF)] {
        assert_eq!(partials(|x, y| x.pow(y), 0.0, y)[1], slope, "y = {y}");
    }
}

#[test]
fn integer_powers_by_pow_are_right_at_base_zero_to_third_order() {
    let orders = [0, 1, 2, 3];
    assert_eq!(orders.map(|order| derivative(|x| x.pow(0.0), 0.0, order)), [1.0, 0.0, 0.0, 0.0]);
    assert_eq!(orders.map(|order| derivative(|x| x.pow(1.0), 0.0, order)), [0.0, 1.0, 0.0, 0.0]);
    assert_eq!(orders.map(|order| derivative(|x| x.pow(2.0), 0.0, order)), [0.0, 0.0, 2.0, 0.0]);
    assert_eq!(orders.map(|order| derivative(|x| x.pow(3.0), 0.0, order)), [0.0, 0.0, 0.0, 6.0]);
}

#[test]
fn the_slope_of_pow_in_its_exponent_is_zero_at_base_zero() {
    for y in [0.0, 0.5, 1.0, 2.0] {
        assert_eq!(partials(|x, y| x.pow(y), 0.0, y)[2], 0.0, "y = {y}");
    }
    assert_eq!(partials(|x, y| x.pow(y), 0.0, -1.0)[2], -INF);
    assert_eq!(derivative(|y| y.zeros_like().pow(y), 2.0, 2), 0.0);
}

#[test]
fn the_mixed_derivative_of_pow_at_base_zero_is_finite_where_it_should_be() {
    let tape = Tape::new();
    let (x, y) = (tape.var(0.0), tape.var(2.0));
    let [dx, dy] = x.pow(y).grad([x, y]);
    assert_eq!((dx.grad(y).item(), dy.grad(x).item()), (0.0, 0.0));
}

#[test]
fn a_negative_base_has_a_slope_at_integer_exponents_and_none_in_the_exponent() {
    assert_same(&partials(|x, y| x.pow(y), -2.0, 3.0), &[-8.0, 12.0, NAN]);
    assert_same(&partials(|x, y| x.pow(y), -2.0, 0.5)[..1], &[NAN]);
}

#[test]
fn powi_zero_is_the_constant_one() {
    for x in [0.0, 2.0, INF, NAN] {
        assert_eq!([0, 1, 2].map(|order| derivative(|x| x.powi(0), x, order)), [1.0, 0.0, 0.0]);
    }
    let tape = Tape::new();
    let x = tape.var(2.0);
    let error = x.powi(0).try_grad(x).expect_err("blocked");
    assert!(error.to_string().contains("x⁰ is constant"), "{error}");
}

#[test]
fn small_powers_are_right_at_zero_to_third_order() {
    let orders = [0, 1, 2, 3];
    assert_eq!(orders.map(|order| derivative(|x| x.powi(1), 0.0, order)), [0.0, 1.0, 0.0, 0.0]);
    assert_eq!(orders.map(|order| derivative(|x| x.powi(2), 0.0, order)), [0.0, 0.0, 2.0, 0.0]);
    assert_eq!(orders.map(|order| derivative(|x| x.powi(3), 0.0, order)), [0.0, 0.0, 0.0, 6.0]);
    assert_eq!(orders.map(|order| derivative(|x| x.square(), 0.0, order)), [0.0, 0.0, 2.0, 0.0]);
}

#[test]
fn negative_powers_at_zero_are_infinite() {
    assert_eq!([0, 1].map(|order| derivative(|x| x.powi(-1), 0.0, order)), [INF, -INF]);
    assert_eq!([0, 1].map(|order| derivative(|x| x.powi(-2), -0.0, order)), [INF, INF]);
}

#[test]
fn the_smallest_exponent_has_a_derivative_too() {
    let n = f64::from(i32::MIN);
    assert_eq!([0, 1, 2].map(|order| derivative(|x| x.powi(i32::MIN), 1.0, order)), [1.0, n, n * (n - 1.0)]);
    let x = 1.0 + 2.0_f64.powi(-30); // where xⁿ is e⁻²
    for (order, exact) in [(1, n * x.powf(n - 1.0)), (2, n * (n - 1.0) * x.powf(n - 2.0))] {
        let slope = derivative(|x| x.powi(i32::MIN), x, order);
        assert!((slope / exact - 1.0).abs() < 1e-12, "order {order}: {slope}, not {exact}");
    }
}

#[test]
fn odd_exponents_beyond_f32_keep_the_sign_in_f32() {
    assert_eq!(Tape::new().var(-1.0_f32).powi(16_777_217).item(), -1.0);
}

#[test]
fn tanh_and_sigmoid_are_flat_at_infinity() {
    for x in [INF, -INF] {
        assert_eq!([1, 2, 3].map(|order| derivative(|x| x.tanh(), x, order)), [0.0; 3]);
        assert_eq!([1, 2, 3].map(|order| derivative(|x| x.sigmoid(), x, order)), [0.0; 3]);
    }
}

#[test]
fn log_sigmoid_and_softplus_are_straight_at_infinity() {
    assert_eq!([0, 1, 2].map(|order| derivative(|x| x.log_sigmoid(), -INF, order)), [-INF, 1.0, 0.0]);
    assert_eq!([0, 1, 2].map(|order| derivative(|x| x.log_sigmoid(), INF, order)), [0.0, 0.0, 0.0]);
    assert_eq!([0, 1, 2].map(|order| derivative(|x| x.softplus(), -INF, order)), [0.0, 0.0, 0.0]);
    assert_eq!([0, 1, 2].map(|order| derivative(|x| x.softplus(), INF, order)), [INF, 1.0, 0.0]);
}

#[test]
fn integers_wrap_in_abs_and_square() {
    let tape = Tape::new();
    let n = tape.var([-3, i64::MIN, i64::MAX]);
    assert_eq!(n.abs().value(), array![3, i64::MIN, i64::MAX]);
    assert_eq!(n.square().value(), array![9_i64, 0, 1]);
    assert_eq!(n.sign().value(), array![-1_i64, -1, 1]);
}

#[test]
fn integers_have_a_maximum_and_a_minimum() {
    let tape = Tape::new();
    let n = tape.var([-3_i64, 5]);
    assert_eq!(n.maximum(1).value(), array![1_i64, 5]);
    assert_eq!(n.minimum(1).value(), array![-3_i64, 1]);
}

#[test]
fn a_derivative_passes_through_a_cast_between_floats_in_both_modes() {
    let tape = Tape::new();
    let x = tape.var([0.5_f32, -2.0]);
    let y = x.cast(DType::F64).powi(3);
    assert_eq!(y.sum().grad(x).value(), array![0.75_f32, 12.0]);
    assert_eq!(y.jvp(&[(x, x.ones_like())]).value(), array![0.75, 12.0]);
}

#[test]
fn a_cast_to_integers_or_truth_values_passes_no_derivative_and_says_why() {
    let tape = Tape::new();
    let x = tape.var(2.5);
    for (to, reason) in [(DType::I64, "a cast to integers"), (DType::Bool, "a cast to truth values")] {
        let error = x.cast(to).cast(DType::F64).try_grad(x).expect_err("blocked");
        assert!(error.to_string().contains(reason), "{error}");
    }
    let n = tape.var(2_i64);
    let error = n.cast(DType::F64).try_grad(n).expect_err("integers carry no derivative");
    assert!(error.to_string().contains("i64"), "{error}");
}

#[test]
fn stop_gradient_keeps_the_value_and_stops_both_modes() {
    assert_eq!([0, 1, 2].map(|order| derivative(|x| x * x.stop_gradient(), 3.0, order)), [9.0, 3.0, 0.0]);
    let tape = Tape::new();
    assert_eq!(tape.var([true, false]).stop_gradient().value(), array![true, false]);
    assert_eq!(tape.var([1_i64, 2]).stop_gradient().value(), array![1_i64, 2]);
}
