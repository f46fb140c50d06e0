//! `floor`: elementwise largest integer below, in floats.
use super::elementwise::AWAY_FROM_ZERO;
use super::{Delta, Flow, Level, Notation, Unary};
use crate::error::or_panic;
use crate::{Error, Real, Var};

/// y = the largest integer not above x. Piecewise constant: no derivative passes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Floor;

impl Unary for Floor {
    const NAME: &'static str = "floor";
    const SAMPLES: &'static [f64] = AWAY_FROM_ZERO;
    const GOLDEN: &'static [(f64, f64)] = &[
        (2.5, 2.0),
        (-2.5, -3.0),
        (3.0, 3.0),
        (0.0, 0.0),
        (-0.0, -0.0),
        (-5e-324, -1.0),
        (0.999_999_999_999_999_9, 0.0),
        (1e300, 1e300),
        (f64::INFINITY, f64::INFINITY),
        (f64::NEG_INFINITY, f64::NEG_INFINITY),
    ];
    const ULPS: f64 = 0.0;

    fn f<T: Real>(&self, x: T) -> T {
        x.floor()
    }

    fn times_partial<'t>(&self, _x: Var<'t>, _y: Var<'t>, _delta: Delta<'t>) -> Flow<'t> {
        None
    }

    fn blocks(&self) -> Option<&'static str> {
        Some("floor is piecewise constant")
    }

    fn notation(&self) -> Notation {
        Notation::template("⌊{0}⌋", "\\lfloor {0} \\rfloor", Level::Atom, Level::Relation)
    }
}

impl Var<'_> {
    /// Elementwise the largest integer not above x. No derivative passes.
    ///
    /// ```
    /// use cinta_graph::Tape;
    /// let tape = Tape::new();
    /// let x = tape.var([-2.5, 1.5]);
    /// assert_eq!(x.floor().value(), ndarray::array![-3.0, 1.0]);
    /// let error = x.floor().sum().try_grad(x).unwrap_err();
    /// assert!(error.to_string().contains("floor is piecewise constant"));
    /// ```
    ///
    /// # Panics
    /// On integers and truth values.
    #[must_use]
    #[track_caller]
    pub fn floor(self) -> Self {
        or_panic(self.try_floor())
    }

    /// [`floor`](Self::floor), with the error returned.
    #[track_caller]
    pub fn try_floor(self) -> Result<Self, Error> {
        self.unary(Floor)
    }
}
