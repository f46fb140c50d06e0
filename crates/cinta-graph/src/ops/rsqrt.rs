//! `rsqrt`: elementwise 1/√x.
use super::elementwise::POSITIVE;
use super::{Delta, Flow, Level, Notation, Unary};
use crate::error::or_panic;
use crate::{Error, Real, Var};

/// y = 1/√x, dy/dx = −y/(2x). By IEEE arithmetic +∞ at 0, where the derivative is −∞, and NaN below.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Rsqrt;

impl Unary for Rsqrt {
    const NAME: &'static str = "rsqrt";
    const SAMPLES: &'static [f64] = POSITIVE;
    const GOLDEN: &'static [(f64, f64)] = &[
        (1.0, 1.0),
        (4.0, 0.5),
        (2.0, std::f64::consts::FRAC_1_SQRT_2),
        (0.1, 3.162_277_660_168_379),
        (3.0, 0.577_350_269_189_625_7),
        (1e-300, 1e150),
        (5e-324, 4.498_913_794_543_196_4e161),
        (1e300, 1e-150),
        (f64::MAX, 7.458_340_731_200_207e-155),
        (0.0, f64::INFINITY),
        (f64::INFINITY, 0.0),
        (-1.0, f64::NAN),
    ];
    const ULPS: f64 = 1.0;
    const FLOPS: u64 = 8;

    fn f<T: Real>(&self, x: T) -> T {
        T::lit(1.0) / x.sqrt()
    }

    fn times_partial<'t>(&self, x: Var<'t>, y: Var<'t>, delta: Delta<'t>) -> Flow<'t> {
        Some(delta.times(y).over(x).scale(-0.5))
    }

    fn notation(&self) -> Notation {
        Notation::template("1 / √{0}", "\\frac 1{\\sqrt{{0}}}", Level::Big, Level::Atom)
    }
}

impl Var<'_> {
    /// Elementwise 1/√x.
    ///
    /// ```
    /// use cinta_graph::Tape;
    /// let tape = Tape::new();
    /// let x = tape.var([4.0, 0.0]);
    /// assert_eq!(x.rsqrt().value(), ndarray::array![0.5, f64::INFINITY]);
    /// assert_eq!(x.rsqrt().sum().grad(x).value(), ndarray::array![-0.0625, f64::NEG_INFINITY]);
    /// ```
    ///
    /// # Panics
    /// On integers and truth values.
    #[must_use]
    #[track_caller]
    pub fn rsqrt(self) -> Self {
        or_panic(self.try_rsqrt())
    }

    /// [`rsqrt`](Self::rsqrt), with the error returned.
    #[track_caller]
    pub fn try_rsqrt(self) -> Result<Self, Error> {
        self.unary(Rsqrt)
    }
}
