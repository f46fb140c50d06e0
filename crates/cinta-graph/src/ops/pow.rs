//! `pow`: elementwise xʸ for any exponent.
use super::twofold::Twofold;
use super::{Binary, Delta, Flow, Level, Notation};
use crate::error::or_panic;
use crate::{Error, Operand, Real, Var};

/// z = xʸ, ∂z/∂x = y xʸ⁻¹, ∂z/∂y = z log(x).
///
/// Values by IEEE arithmetic, as in NumPy: x⁰ = 1 for every x, and NaN for x < 0 unless y is an integer.
/// - At x = 0 the derivative for x is right wherever it is finite, to any order: that of x⁰ is 0, of x¹ is 1,
///   the second of x² is 2. It is +∞ for 0 < y < 1.
/// - At x = 0 the derivative for y is 0 for y ≥ 0, the limit from the right for y > 0.
/// - At x < 0 and integer y the derivative for x is right; the one for y is NaN, for no neighbour of y has a value.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Pow;

impl Binary for Pow {
    const NAME: &'static str = "pow";
    const SAMPLES: &'static [(f64, f64)] = &[(1.5, -0.5), (0.4, 2.75), (2.25, 3.0)];
    const GOLDEN: &'static [(f64, f64, f64)] = &[
        (2.0, 0.5, std::f64::consts::SQRT_2),
        (2.0, -0.5, std::f64::consts::FRAC_1_SQRT_2),
        (0.1, 2.5, 0.003_162_277_660_168_38),
        (-2.0, 3.0, -8.0),
        (-0.5, -2.0, 4.0),
        (1.000_000_1, 10_000_000.0, 2.718_281_694_132_081_8),
        (10.0, 300.5, 3.162_277_660_168_379_5e300),
        (1e-200, 1.5, 1e-300),
        (0.0, 0.0, 1.0),
        (0.0, 2.5, 0.0),
        (0.0, -1.0, f64::INFINITY),
        (-0.0, -1.0, f64::NEG_INFINITY),
        (f64::INFINITY, -0.5, 0.0),
        (0.5, f64::INFINITY, 0.0),
        (-3.0, 0.0, 1.0),
    ];
    const FLOPS: u64 = 24;

    fn f<T: Real>(x: T, y: T) -> T {
        x.powf(y)
    }

    fn times_partial<'t>(i: usize, [x, y]: [Var<'t>; 2], z: Var<'t>, delta: Delta<'t>) -> Flow<'t> {
        if i == 0 {
            return Some(delta.times(or_panic(x.binary(PowSlope, y))));
        }
        let has_log = x.ne(0.0) | y.lt(0.0);
        Some(delta.only_where(has_log).times(z).times(x.log()))
    }

    /// No tighter than another power: towers get parentheses.
    fn notation() -> Notation {
        Notation::template("{0}^{1}", "{0}^{{1}}", Level::Postfix, Level::Atom)
    }
}

/// s = y xʸ⁻¹, the slope of a power, and 0 where y = 0, for x⁰ is constant; ∂s/∂x = y (y − 1) xʸ⁻², ∂s/∂y = xʸ⁻¹ + s log(x).
///
/// An operation of its own because y − 1 rounds, and log|x| multiplies the error; and because xʸ⁻¹ may overflow or vanish
/// where the slope does not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct PowSlope;

fn pow_slope(x: f64, y: f64) -> f64 {
    if y == 0.0 {
        return 0.0;
    }
    if x < 0.0 && y.is_finite() && y.fract() != 0.0 {
        return f64::NAN;
    }
    let exponent = Twofold::sum(y, -1.0);
    let power = x.powf(exponent.hi);
    if x == 0.0 || !x.is_finite() || !y.is_finite() || power.is_nan() {
        return y * power;
    }
    // Of y, for y − 1 may round to an even number.
    let is_negative = x < 0.0 && (0.5 * y).fract() == 0.0;
    let power = power.abs().copysign(if is_negative { -1.0 } else { 1.0 });
    let factor = y * (exponent.lo * x.abs().ln()).exp();
    if power.is_normal() {
        return factor * power;
    }
    // Half of the exponent twice.
    let half = x.abs().powf(0.5 * exponent.hi);
    (factor * half) * half.copysign(power)
}

impl Binary for PowSlope {
    const NAME: &'static str = "pow_slope";
    const SAMPLES: &'static [(f64, f64)] = Pow::SAMPLES;
    const GOLDEN: &'static [(f64, f64, f64)] = &[
        (2.0, 3.0, 12.0),
        (4.0, 0.5, 0.25),
        (-2.0, 3.0, 12.0),
        (-2.0, 2.0, -4.0),
        (3.0, 0.0, 0.0),
        (0.0, 0.0, 0.0),
        (f64::NAN, 0.0, 0.0),
        (0.0, 1.0, 1.0),
        (0.0, 2.0, 0.0),
        (0.0, 0.5, f64::INFINITY),
        (-1.0, 0.5, f64::NAN),
        (-1.0, 5e-324, f64::NAN),
        (1e300, 1e300, f64::INFINITY),
        (-1e300, 1e300, f64::NEG_INFINITY),
    ];
    const FLOPS: u64 = 32;

    fn f<T: Real>(x: T, y: T) -> T {
        T::lit(pow_slope(x.to_f64(), y.to_f64()))
    }

    fn times_partial<'t>(i: usize, [x, y]: [Var<'t>; 2], s: Var<'t>, delta: Delta<'t>) -> Flow<'t> {
        if i == 0 {
            // The zero of y holds whatever xʸ⁻² is.
            let slope = or_panic(x.binary(Self, y - 1.0));
            return Some(Delta::masked(delta.times(y).var()).times(slope));
        }
        let has_log = x.ne(0.0) | y.lt(1.0);
        Some(delta.times(x.pow(y - 1.0)) + delta.only_where(has_log).times(s).times(x.log()))
    }

    fn notation() -> Notation {
        Notation::template("{1} {0}^({1} − 1)", "{1} {0}^{{1} - 1}", Level::Product, Level::Atom)
    }
}

impl<'t> Var<'t> {
    /// Elementwise xʸ, broadcast as in NumPy. For a fixed integer exponent [`powi`](Self::powi) is cheaper.
    ///
    /// ```
    /// use cinta_graph::Tape;
    /// let tape = Tape::new();
    /// let (x, y) = (tape.var(4.0), tape.var(0.5));
    /// let z = x.pow(y);
    /// let [dx, dy] = z.grad([x, y]);
    /// assert_eq!((z.item(), dx.item(), dy.item()), (2.0, 0.25, 2.0 * 4.0_f64.ln()));
    /// ```
    ///
    /// # Panics
    /// On integers and truth values, or if dtypes differ or shapes do not broadcast.
    #[must_use]
    #[track_caller]
    pub fn pow(self, exponent: impl Operand<'t>) -> Self {
        or_panic(self.try_pow(exponent))
    }

    /// [`pow`](Self::pow), with the error returned.
    #[track_caller]
    pub fn try_pow(self, exponent: impl Operand<'t>) -> Result<Self, Error> {
        self.binary(Pow, exponent)
    }
}
