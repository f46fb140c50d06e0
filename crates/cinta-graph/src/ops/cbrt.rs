//! `cbrt`: elementwise cube root.
use super::elementwise::AWAY_FROM_ZERO;
use super::{Delta, Flow, Level, Notation, Unary};
use crate::error::or_panic;
use crate::{Error, Real, Var};

/// y = ∛x, dy/dx = 1/(3y²). By IEEE arithmetic +∞ at 0, where the tangent is vertical.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Cbrt;

impl Unary for Cbrt {
    const NAME: &'static str = "cbrt";
    const SAMPLES: &'static [f64] = AWAY_FROM_ZERO;
    const GOLDEN: &'static [(f64, f64)] = &[
        (0.0, 0.0),
        (-0.0, -0.0),
        (8.0, 2.0),
        (-27.0, -3.0),
        (2.0, 1.259_921_049_894_873_2),
        (0.1, 0.464_158_883_361_277_9),
        (-1e-300, -1e-100),
        (5e-324, 1.703_183_936_003_260_3e-108),
        (1e300, 1e100),
        (f64::MIN, -5.643_803_094_122_362e102),
        (f64::INFINITY, f64::INFINITY),
        (f64::NEG_INFINITY, f64::NEG_INFINITY),
    ];
    const FLOPS: u64 = 12;

    fn f<T: Real>(&self, x: T) -> T {
        x.cbrt()
    }

    fn times_partial<'t>(&self, _x: Var<'t>, y: Var<'t>, delta: Delta<'t>) -> Flow<'t> {
        Some(delta.over(y).over(y).scale(1.0 / 3.0))
    }

    fn notation(&self) -> Notation {
        Notation::template("∛{0}", "\\sqrt[3]{{0}}", Level::Postfix, Level::Atom)
    }
}

impl Var<'_> {
    /// Elementwise cube root, of negative numbers too.
    ///
    /// ```
    /// use cinta_graph::Tape;
    /// let tape = Tape::new();
    /// let x = tape.var([-8.0, 0.0]);
    /// assert_eq!(x.cbrt().value(), ndarray::array![-2.0, 0.0]);
    /// assert_eq!(x.cbrt().sum().grad(x).value(), ndarray::array![1.0 / 12.0, f64::INFINITY]);
    /// ```
    ///
    /// # Panics
    /// On integers and truth values.
    #[must_use]
    #[track_caller]
    pub fn cbrt(self) -> Self {
        or_panic(self.try_cbrt())
    }

    /// [`cbrt`](Self::cbrt), with the error returned.
    #[track_caller]
    pub fn try_cbrt(self) -> Result<Self, Error> {
        self.unary(Cbrt)
    }
}
