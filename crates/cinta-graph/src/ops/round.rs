//! `round`: elementwise nearest integer.
use super::{Delta, Flow, Unary};
use crate::error::or_panic;
use crate::{Error, Real, Var};

/// y = the integer nearest to x; halfway cases go to the even one, as in NumPy. Piecewise constant: no derivative passes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Round;

impl Unary for Round {
    const NAME: &'static str = "round";
    const SAMPLES: &'static [f64] = &[-2.3, -0.75, 0.4, 0.9, 1.8];
    const GOLDEN: &'static [(f64, f64)] = &[
        (2.5, 2.0),
        (3.5, 4.0),
        (-2.5, -2.0),
        (-1.5, -2.0),
        (0.5, 0.0),
        (0.499_999_999_999_999_94, 0.0),
        (1.2, 1.0),
        (-1.7, -2.0),
        (-0.0, -0.0),
        (4_503_599_627_370_495.5, 4_503_599_627_370_496.0),
        (1e300, 1e300),
        (f64::INFINITY, f64::INFINITY),
        (f64::NEG_INFINITY, f64::NEG_INFINITY),
    ];
    const ULPS: f64 = 0.0;

    fn f<T: Real>(&self, x: T) -> T {
        T::lit(x.to_f64().round_ties_even())
    }

    fn times_partial<'t>(&self, _x: Var<'t>, _y: Var<'t>, _delta: Delta<'t>) -> Flow<'t> {
        None
    }

    fn blocks(&self) -> Option<&'static str> {
        Some("round is piecewise constant")
    }
}

impl Var<'_> {
    /// Elementwise the integer nearest to x; halfway cases go to the even one, as in NumPy. No derivative passes.
    ///
    /// ```
    /// use cinta_graph::Tape;
    /// let tape = Tape::new();
    /// let x = tape.var([-2.5, 1.5]);
    /// assert_eq!(x.round().value(), ndarray::array![-2.0, 2.0]);
    /// let error = x.round().sum().try_grad(x).unwrap_err();
    /// assert!(error.to_string().contains("round is piecewise constant"));
    /// ```
    ///
    /// # Panics
    /// On integers and truth values.
    #[must_use]
    #[track_caller]
    pub fn round(self) -> Self {
        or_panic(self.try_round())
    }

    /// [`round`](Self::round), with the error returned.
    #[track_caller]
    pub fn try_round(self) -> Result<Self, Error> {
        self.unary(Round)
    }
}
