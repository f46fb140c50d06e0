//! What elementwise functions answer at singular points, at kinks and beside NaN, as their documentation says.
use std::f64::consts::{FRAC_PI_2, LN_2, PI};

use cinta::{Tape, Value, Var};
use ndarray::array;

const INF: f64 = f64::INFINITY;
const NAN: f64 = f64::NAN;

/// A function of one variable, on any tape.
type Unary = for<'t> fn(Var<'t>) -> Var<'t>;

/// Value and slope at singular points, exactly.
#[track_caller]
fn at_singular_points(f: Unary, references: &[(f64, f64, f64)]) {
    for &(at, value, slope) in references {
        let tape = Tape::new();
        let x = tape.var(at);
        let y = f(x);
        for (what, got, want) in [("value", y.item(), value), ("slope", y.grad_or_zeros(x).item(), slope)] {
            assert!(got == want || (got.is_nan() && want.is_nan()), "{what} at {at}: {got}, expected {want}");
        }
    }
}

#[test]
fn singular_points_answer_as_ieee_arithmetic_does() {
    at_singular_points(|x| x.asin(), &[(1.0, FRAC_PI_2, INF), (-1.0, -FRAC_PI_2, INF), (1.5, NAN, NAN)]);
    at_singular_points(|x| x.acos(), &[(1.0, 0.0, -INF), (-1.0, PI, -INF), (1.5, NAN, NAN)]);
    at_singular_points(|x| x.acosh(), &[(1.0, 0.0, INF), (0.5, NAN, NAN), (INF, INF, 0.0)]);
    at_singular_points(|x| x.atanh(), &[(1.0, INF, INF), (-1.0, -INF, INF)]);
    at_singular_points(|x| x.atan(), &[(INF, FRAC_PI_2, 0.0), (-INF, -FRAC_PI_2, 0.0)]);
    at_singular_points(|x| x.asinh(), &[(INF, INF, 0.0), (-INF, -INF, 0.0)]);
    at_singular_points(|x| x.log2(), &[(0.0, -INF, INF), (INF, INF, 0.0)]);
    at_singular_points(|x| x.log10(), &[(0.0, -INF, INF), (INF, INF, 0.0)]);
    at_singular_points(|x| x.cbrt(), &[(0.0, 0.0, INF), (-0.0, -0.0, INF), (INF, INF, 0.0)]);
    at_singular_points(|x| x.rsqrt(), &[(0.0, INF, -INF), (INF, 0.0, 0.0), (-1.0, NAN, NAN)]);
    at_singular_points(|x| x.lgamma(), &[(0.0, INF, -INF), (-0.0, INF, INF), (-2.0, INF, NAN), (INF, INF, INF)]);
    at_singular_points(|x| x.digamma(), &[(0.0, -INF, INF), (-0.0, INF, INF), (-2.0, NAN, INF), (INF, INF, 0.0)]);
}

#[test]
fn kinks_answer_as_documented() {
    at_singular_points(|x| x.elu(1.5), &[(0.0, 0.0, 1.5), (1000.0, 1000.0, 1.0), (-1000.0, -1.5, 0.0)]);
    at_singular_points(|x| x.leaky_relu(0.01), &[(0.0, 0.0, 1.0), (-INF, -INF, 0.01)]);
    at_singular_points(|x| x.clip(-1.0, 2.0), &[(-1.0, -1.0, 0.5), (2.0, 2.0, 0.5), (3.0, 2.0, 0.0), (NAN, NAN, 0.0)]);
    at_singular_points(|x| x.hard_tanh(), &[(-1.0, -1.0, 0.5), (0.5, 0.5, 1.0)]);
    at_singular_points(|x| x.hard_sigmoid(), &[(-3.0, 0.0, 0.5 / 6.0), (-4.0, 0.0, 0.0), (INF, 1.0, 0.0)]);
    at_singular_points(|x| x.softsign(), &[(0.0, 0.0, 1.0), (-INF, -1.0, 0.0)]);
    for f in [|x| x.floor(), |x| x.ceil(), |x| x.round()] as [Unary; 3] {
        at_singular_points(f, &[(2.0, 2.0, 0.0), (INF, INF, 0.0), (NAN, NAN, 0.0)]);
    }
}

#[test]
fn remainders() {
    let tape = Tape::new();
    let (a, b) = (tape.var(7.5), tape.var(-2.0));
    let y = a % b;
    assert_eq!([y, y.grad(a), y.grad(b)].map(Var::item), [1.5, 1.0, 3.0]);
    let (a, b) = (tape.var(1.0), tape.var(0.1));
    assert_eq!((a % b).grad(b).item(), -9.0); // 1/0.1 rounds to 10
    assert_eq!((7.5 % tape.var(2.0)).item(), 1.5);
}

#[test]
fn x_log_y_at_the_border() {
    let tape = Tape::new();
    let (x, y) = (tape.var([0.0, 0.0, 0.0, 2.0, 0.0]), tape.var([0.0, 2.0, INF, 3.0, NAN]));
    let z = x.xlogy(y);
    assert_eq!(z.value(), array![0.0, 0.0, 0.0, 2.0 * 3.0_f64.ln(), 0.0]);
    let [dx, dy] = z.sum().grad([x, y]);
    assert_eq!(dx.to_array::<f64>().as_slice().map(|dx| &dx[..4]), Some(&[0.0, LN_2, INF, 3.0_f64.ln()][..]));
    assert_eq!(dy.value(), array![0.0, 0.0, 0.0, 2.0 / 3.0, 0.0]);
    assert!(x.try_xlogy(array![1.0_f32]).is_err());
    assert!(x.try_xlogy(array![1.0, 2.0]).is_err());
}

#[test]
fn numbers_between_and_numbers_that_are_none() {
    let tape = Tape::new();
    let (a, b, t) = (tape.var(0.1), tape.var(0.7), tape.var([0.0, 1.0]));
    assert_eq!(a.lerp(b, t).value(), array![0.1, 0.7]);
    assert_eq!(tape.var([5, -3, 1]).clip(0, 2).value(), array![2_i64, 0, 1]);
    let x = tape.var([1.0_f32, f32::NAN, f32::INFINITY, f32::NEG_INFINITY]);
    assert_eq!(x.nan_to_num().value(), array![1.0_f32, 0.0, f32::MAX, f32::MIN]);
    assert_eq!(x.nan_to_num().square().sum().grad(x).value(), array![2.0_f32, 0.0, 0.0, 0.0]);
    assert_eq!(x.is_nan().value(), array![false, true, false, false]);
    assert_eq!(x.is_finite().value(), array![true, false, false, false]);
    assert_eq!(tape.var([1, 2]).is_nan().value(), array![false, false]);
}

#[test]
fn integers_are_refused_by_name() {
    let tape = Tape::new();
    let n = tape.var(Value::from([1_i64, 2]));
    let refused = [
        ("silu", n.try_silu()),
        ("gelu", n.try_gelu()),
        ("elu", n.try_elu(1.0)),
        ("leaky_relu", n.try_leaky_relu(0.1)),
        ("hard_sigmoid", n.try_hard_sigmoid()),
        ("mish", n.try_mish()),
        ("lerp", n.try_lerp(1, 2)),
        ("xlogy", n.try_xlogy(1)),
        ("is_finite", n.try_is_finite()),
        ("nan_to_num", n.try_nan_to_num()),
        ("gaussian", n.try_normal_pdf()),
    ];
    for (name, result) in refused {
        let text = result.expect_err("integers").to_string();
        assert!(text.starts_with(&format!("{name}: i64[2]")), "{text}");
    }
}
