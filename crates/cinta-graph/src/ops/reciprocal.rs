//! `reciprocal`: elementwise 1/x.
use super::{Delta, Flow, Level, Notation, Unary};
use crate::error::or_panic;
use crate::{Error, Real, Var};

/// y = 1/x, dy/dx = −y². By IEEE arithmetic at 0: ±∞, with the derivative −∞.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Reciprocal;

impl Unary for Reciprocal {
    const NAME: &'static str = "reciprocal";
    const SAMPLES: &'static [f64] = &[-2.5, -0.75, 0.3, 0.5, 1.75];
    const GOLDEN: &'static [(f64, f64)] = &[
        (3.0, 0.333_333_333_333_333_3),
        (-0.1, -10.0),
        (7.0, 0.142_857_142_857_142_85),
        (1e-300, 9.999_999_999_999_999e299),
        (-1e300, -1e-300),
        (1e-308, 1e308),
        (0.0, f64::INFINITY),
        (-0.0, f64::NEG_INFINITY),
        (f64::INFINITY, 0.0),
        (f64::NEG_INFINITY, -0.0),
    ];
    const ULPS: f64 = 0.0;
    const FLOPS: u64 = 4;

    fn f<T: Real>(&self, x: T) -> T {
        T::lit(1.0) / x
    }

    fn times_partial<'t>(&self, _x: Var<'t>, y: Var<'t>, delta: Delta<'t>) -> Flow<'t> {
        Some(-delta.times(y).times(y))
    }

    fn notation(&self) -> Notation {
        Notation::template("1 / {0}", "\\frac 1{{0}}", Level::Big, Level::Prefix)
    }
}

impl Var<'_> {
    /// Elementwise 1/x.
    ///
    /// ```
    /// use cinta_graph::Tape;
    /// let tape = Tape::new();
    /// let x = tape.var(4.0);
    /// let y = x.reciprocal();
    /// assert_eq!((y.item(), y.grad(x).item()), (0.25, -0.0625));
    /// ```
    ///
    /// # Panics
    /// On integers and truth values.
    #[must_use]
    #[track_caller]
    pub fn reciprocal(self) -> Self {
        or_panic(self.try_reciprocal())
    }

    /// [`reciprocal`](Self::reciprocal), with the error returned.
    #[track_caller]
    pub fn try_reciprocal(self) -> Result<Self, Error> {
        self.unary(Reciprocal)
    }
}
