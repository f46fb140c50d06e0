//! `asinh`: elementwise inverse hyperbolic sine.
use super::elementwise::EVERYWHERE;
use super::{Delta, Flow, Unary};
use crate::error::or_panic;
use crate::{Error, Real, Var};

/// y = asinh(x) = log(x + √(x² + 1)), dy/dx = 1/√(x² + 1).
///
/// √(x² + 1) is written hypot(x, 1), which does not overflow: derivatives keep their digits in the tails, and at 0.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Asinh;

impl Unary for Asinh {
    const NAME: &'static str = "asinh";
    const SAMPLES: &'static [f64] = EVERYWHERE;
    const GOLDEN: &'static [(f64, f64)] = &[
        (0.0, 0.0),
        (-0.0, -0.0),
        (1e-10, 1e-10),
        (0.5, 0.481_211_825_059_603_47),
        (-1.0, -0.881_373_587_019_543),
        (2.5, 1.647_231_146_371_095_8),
        (-100.0, -5.298_342_365_610_589),
        (1e22, 51.350_019_226_428_95),
        (-1e200, -461.210_165_779_369_1),
        (1.7e308, 710.419_984_073_788_2),
        (1e-310, 1e-310),
        (f64::INFINITY, f64::INFINITY),
        (f64::NEG_INFINITY, f64::NEG_INFINITY),
    ];
    const ULPS: f64 = 2.0;
    const FLOPS: u64 = 16;

    /// The standard library's overflows for huge x.
    fn f<T: Real>(&self, x: T) -> T {
        T::lit(libm::asinh(x.to_f64()))
    }

    fn times_partial<'t>(&self, x: Var<'t>, _y: Var<'t>, delta: Delta<'t>) -> Flow<'t> {
        Some(delta.over(x.hypot(1.0)))
    }
}

impl Var<'_> {
    /// Elementwise inverse hyperbolic sine, log(x + √(x² + 1)).
    ///
    /// ```
    /// use cinta_graph::Tape;
    /// let tape = Tape::new();
    /// let x = tape.var([0.0, 0.75]);
    /// let y = x.asinh().to_array::<f64>();
    /// assert!((y[1] - 2.0_f64.ln()).abs() < 1e-15);
    /// assert_eq!(x.asinh().sum().grad(x).value(), ndarray::array![1.0, 0.8]);
    /// ```
    ///
    /// # Panics
    /// On integers and truth values.
    #[must_use]
    #[track_caller]
    pub fn asinh(self) -> Self {
        or_panic(self.try_asinh())
    }

    /// [`asinh`](Self::asinh), with the error returned.
    #[track_caller]
    pub fn try_asinh(self) -> Result<Self, Error> {
        self.unary(Asinh)
    }
}
