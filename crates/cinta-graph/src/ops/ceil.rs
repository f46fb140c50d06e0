//! `ceil`: elementwise smallest integer above, in floats.
use super::elementwise::AWAY_FROM_ZERO;
use super::{Delta, Flow, Level, Notation, Unary};
use crate::error::or_panic;
use crate::{Error, Real, Var};

/// y = the smallest integer not below x. Piecewise constant: no derivative passes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Ceil;

impl Unary for Ceil {
    const NAME: &'static str = "ceil";
    const SAMPLES: &'static [f64] = AWAY_FROM_ZERO;
    const GOLDEN: &'static [(f64, f64)] = &[
        (2.5, 3.0),
        (-2.5, -2.0),
        (3.0, 3.0),
        (0.0, 0.0),
        (-0.0, -0.0),
        (5e-324, 1.0),
        (-0.999_999_999_999_999_9, -0.0),
        (1e300, 1e300),
        (f64::INFINITY, f64::INFINITY),
        (f64::NEG_INFINITY, f64::NEG_INFINITY),
    ];
    const ULPS: f64 = 0.0;

    fn f<T: Real>(&self, x: T) -> T {
        x.ceil()
    }

    fn times_partial<'t>(&self, _x: Var<'t>, _y: Var<'t>, _delta: Delta<'t>) -> Flow<'t> {
        None
    }

    fn blocks(&self) -> Option<&'static str> {
        Some("ceil is piecewise constant")
    }

    fn notation(&self) -> Notation {
        Notation::template("⌈{0}⌉", "\\lceil {0} \\rceil", Level::Atom, Level::Relation)
    }
}

impl Var<'_> {
    /// Elementwise the smallest integer not below x. No derivative passes.
    ///
    /// ```
    /// use cinta_graph::Tape;
    /// let tape = Tape::new();
    /// let x = tape.var([-2.5, 1.5]);
    /// assert_eq!(x.ceil().value(), ndarray::array![-2.0, 2.0]);
    /// let error = x.ceil().sum().try_grad(x).unwrap_err();
    /// assert!(error.to_string().contains("ceil is piecewise constant"));
    /// ```
    ///
    /// # Panics
    /// On integers and truth values.
    #[must_use]
    #[track_caller]
    pub fn ceil(self) -> Self {
        or_panic(self.try_ceil())
    }

    /// [`ceil`](Self::ceil), with the error returned.
    #[track_caller]
    pub fn try_ceil(self) -> Result<Self, Error> {
        self.unary(Ceil)
    }
}
