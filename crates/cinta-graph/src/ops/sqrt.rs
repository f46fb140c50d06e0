//! `sqrt`: elementwise square root.
use super::elementwise::POSITIVE;
use super::{Delta, Flow, Level, Notation, Unary};
use crate::error::or_panic;
use crate::{Error, Real, Var};

/// y = √x, dy/dx = 1/(2y). By IEEE arithmetic 0 at 0, where the derivative is +∞ (−∞ at −0, whose root is −0),
/// and NaN below.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Sqrt;

impl Unary for Sqrt {
    const NAME: &'static str = "sqrt";
    const SAMPLES: &'static [f64] = POSITIVE;
    const GOLDEN: &'static [(f64, f64)] = &[
        (0.0, 0.0),
        (-0.0, -0.0),
        (2.0, std::f64::consts::SQRT_2),
        (0.1, 0.316_227_766_016_837_94),
        (4.0, 2.0),
        (1e-300, 1e-150),
        (5e-324, 2.222_758_749_485_077_5e-162),
        (1e300, 1e150),
        (f64::MAX, 1.340_780_792_994_259_6e154),
        (f64::INFINITY, f64::INFINITY),
    ];
    const ULPS: f64 = 0.0;
    const FLOPS: u64 = 4;

    fn f<T: Real>(&self, x: T) -> T {
        x.sqrt()
    }

    fn times_partial<'t>(&self, _x: Var<'t>, y: Var<'t>, delta: Delta<'t>) -> Flow<'t> {
        Some(delta.scale(0.5).over(y))
    }

    fn notation(&self) -> Notation {
        Notation::template("√{0}", "\\sqrt{{0}}", Level::Postfix, Level::Atom)
    }
}

impl Var<'_> {
    /// Elementwise square root.
    ///
    /// ```
    /// use cinta_graph::Tape;
    /// let tape = Tape::new();
    /// let x = tape.var([0.0, 4.0]);
    /// assert_eq!(x.sqrt().value(), ndarray::array![0.0, 2.0]);
    /// assert_eq!(x.sqrt().sum().grad(x).value(), ndarray::array![f64::INFINITY, 0.25]);
    /// ```
    ///
    /// # Panics
    /// On integers and truth values.
    #[must_use]
    #[track_caller]
    pub fn sqrt(self) -> Self {
        or_panic(self.try_sqrt())
    }

    /// [`sqrt`](Self::sqrt), with the error returned.
    #[track_caller]
    pub fn try_sqrt(self) -> Result<Self, Error> {
        self.unary(Sqrt)
    }
}
