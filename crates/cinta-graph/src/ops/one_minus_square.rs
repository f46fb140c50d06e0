//! `one_minus_square`: 1 − x² without cancellation at ±1.
use super::elementwise::EVERYWHERE;
use super::{Delta, Flow, Level, Notation, Unary};
use crate::error::or_panic;
use crate::{Error, Real, Var};

/// y = 1 − x² = (1 − x)(1 + x), dy/dx = −2x.
///
/// An operation of its own because the product keeps all digits beside ±1, where 1 − x² cancels, and the derivative
/// −2x keeps them at 0, where that of the product cancels. The slopes of asin, acos and atanh are made of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct OneMinusSquare;

impl Unary for OneMinusSquare {
    const NAME: &'static str = "one_minus_square";
    const SAMPLES: &'static [f64] = EVERYWHERE;
    const GOLDEN: &'static [(f64, f64)] = &[
        (0.0, 1.0),
        (0.5, 0.75),
        (-0.9, 0.189_999_999_999_999_95),
        (1e-20, 1.0),
        (0.999_999_999, 1.999_999_942_436_137e-9),
        (-0.999_999_999_999_999_9, 2.220_446_049_250_313e-16),
        (1.0, 0.0),
        (-1.0, 0.0),
        (3.0, -8.0),
        (-1e150, -9.999_999_999_999_999e299),
        (f64::INFINITY, f64::NEG_INFINITY),
    ];
    const ULPS: f64 = 2.0;
    const FLOPS: u64 = 3;

    fn f<T: Real>(&self, x: T) -> T {
        (T::lit(1.0) - x) * (T::lit(1.0) + x)
    }

    fn times_partial<'t>(&self, x: Var<'t>, _y: Var<'t>, delta: Delta<'t>) -> Flow<'t> {
        Some(delta.times(x).scale(-2.0))
    }

    fn notation(&self) -> Notation {
        Notation::template("1 − {0}²", "1 - {0}^2", Level::Sum, Level::Atom)
    }
}

impl Var<'_> {
    /// Elementwise 1 − x², computed as (1 − x)(1 + x).
    ///
    /// ```
    /// use cinta_graph::Tape;
    /// let tape = Tape::new();
    /// let x = tape.var([0.5, 1.0 - 1e-10]);
    /// let y = x.one_minus_square().to_array::<f64>();
    /// assert_eq!(y[0], 0.75);
    /// assert!((y[1] / 2e-10 - 1.0).abs() < 1e-6);
    /// assert_eq!(x.one_minus_square().sum().grad(x).to_array::<f64>()[0], -1.0);
    /// ```
    ///
    /// # Panics
    /// On integers and truth values.
    #[must_use]
    #[track_caller]
    pub fn one_minus_square(self) -> Self {
        or_panic(self.try_one_minus_square())
    }

    /// [`one_minus_square`](Self::one_minus_square), with the error returned.
    #[track_caller]
    pub fn try_one_minus_square(self) -> Result<Self, Error> {
        self.unary(OneMinusSquare)
    }
}
