//! `abs`: elementwise absolute value.
use super::elementwise::AWAY_FROM_ZERO;
use super::{Delta, Domain, Flow, Level, Notation, Unary};
use crate::error::or_panic;
use crate::{Error, Numeric, Real, Var};

/// y = |x|, dy/dx = sign(x).
///
/// At the kink the derivative is 0, the mean of the slopes −1 and 1 on its sides. NaN stays NaN, in the
/// derivative too.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Abs;

impl Unary for Abs {
    const NAME: &'static str = "abs";
    const DOMAIN: Domain = Domain::Numeric;
    const SAMPLES: &'static [f64] = AWAY_FROM_ZERO;
    const GOLDEN: &'static [(f64, f64)] = &[
        (-2.5, 2.5),
        (1.5, 1.5),
        (0.0, 0.0),
        (-0.0, 0.0),
        (5e-324, 5e-324),
        (f64::MIN, f64::MAX),
        (f64::INFINITY, f64::INFINITY),
        (f64::NEG_INFINITY, f64::INFINITY),
    ];
    const ULPS: f64 = 0.0;

    fn f<T: Real>(&self, x: T) -> T {
        x.magnitude()
    }

    fn f_int(&self, x: i64) -> i64 {
        x.magnitude()
    }

    fn times_partial<'t>(&self, x: Var<'t>, _y: Var<'t>, delta: Delta<'t>) -> Flow<'t> {
        Some(delta.times(x.sign()))
    }

    fn notation(&self) -> Notation {
        Notation::template("|{0}|", "\\left|{0}\\right|", Level::Atom, Level::Relation)
    }
}

impl Var<'_> {
    /// Elementwise absolute value. Its derivative is sign(x), which is 0 at 0.
    ///
    /// The smallest `i64` has no absolute value in `i64`; it wraps to itself.
    ///
    /// ```
    /// use cinta_graph::Tape;
    /// let tape = Tape::new();
    /// let x = tape.var([-2.0, 0.0, 3.0]);
    /// assert_eq!(x.abs().value(), ndarray::array![2.0, 0.0, 3.0]);
    /// assert_eq!(x.abs().sum().grad(x).value(), ndarray::array![-1.0, 0.0, 1.0]);
    /// assert_eq!(tape.var([-2_i64, 5]).abs().value(), ndarray::array![2_i64, 5]);
    /// ```
    ///
    /// # Panics
    /// On truth values.
    #[must_use]
    #[track_caller]
    pub fn abs(self) -> Self {
        or_panic(self.try_abs())
    }

    /// [`abs`](Self::abs), with the error returned.
    #[track_caller]
    pub fn try_abs(self) -> Result<Self, Error> {
        self.unary(Abs)
    }
}
