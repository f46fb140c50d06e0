//! `atanh`: elementwise inverse hyperbolic tangent.
use super::{Delta, Flow, Unary};
use crate::error::or_panic;
use crate::{Error, Real, Var};

/// y = atanh(x) = ½ log((1 + x)/(1 − x)), dy/dx = 1/(1 − x²).
///
/// By IEEE arithmetic ±∞ at ±1, where the derivative is +∞; beyond, the value is NaN. Nothing cancels in 1 − x², so
/// derivatives keep their digits beside ±1, and at 0.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Atanh;

impl Unary for Atanh {
    const NAME: &'static str = "atanh";
    const SAMPLES: &'static [f64] = &[-0.8, -0.35, 0.1, 0.5, 0.75];
    const GOLDEN: &'static [(f64, f64)] = &[
        (0.0, 0.0),
        (-0.0, -0.0),
        (1e-10, 1e-10),
        (0.5, 0.549_306_144_334_054_9),
        (-0.7, -0.867_300_527_694_053_1),
        (0.999_999, 7.254_328_619_247_669),
        (0.999_999_999_999_999_9, 18.714_973_875_118_524),
        (-0.999_9, -4.951_718_775_643_099),
        (1e-310, 1e-310),
        (1.0, f64::INFINITY),
        (-1.0, f64::NEG_INFINITY),
        (2.0, f64::NAN),
    ];
    const ULPS: f64 = 2.0;
    const FLOPS: u64 = 16;

    /// The standard library's loses digits beside −1.
    fn f<T: Real>(&self, x: T) -> T {
        T::lit(libm::atanh(x.to_f64()))
    }

    fn times_partial<'t>(&self, x: Var<'t>, _y: Var<'t>, delta: Delta<'t>) -> Flow<'t> {
        Some(delta.over(x.one_minus_square()))
    }
}

impl Var<'_> {
    /// Elementwise inverse hyperbolic tangent, ½ log((1 + x)/(1 − x)); NaN outside of −1 to 1.
    ///
    /// ```
    /// use cinta_graph::Tape;
    /// let tape = Tape::new();
    /// let x = tape.var([0.0, 0.6]);
    /// let y = x.atanh().to_array::<f64>();
    /// assert!((y[1] - 2.0_f64.ln()).abs() < 1e-15);
    /// let slope = x.atanh().sum().grad(x).to_array::<f64>();
    /// assert_eq!(slope[0], 1.0);
    /// assert!((slope[1] - 1.5625).abs() < 1e-15);
    /// ```
    ///
    /// # Panics
    /// On integers and truth values.
    #[must_use]
    #[track_caller]
    pub fn atanh(self) -> Self {
        or_panic(self.try_atanh())
    }

    /// [`atanh`](Self::atanh), with the error returned.
    #[track_caller]
    pub fn try_atanh(self) -> Result<Self, Error> {
        self.unary(Atanh)
    }
}
