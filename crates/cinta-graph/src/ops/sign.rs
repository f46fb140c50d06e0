//! `sign`: −1, 0 or 1 elementwise.
use super::elementwise::AWAY_FROM_ZERO;
use super::{Delta, Domain, Flow, Unary};
use crate::error::or_panic;
use crate::{Error, Numeric, Real, Var};

/// y = −1 for x < 0, 0 for x = 0, 1 for x > 0; NaN stays NaN. Piecewise constant: no derivative passes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Sign;

impl Unary for Sign {
    const NAME: &'static str = "sign";
    const DOMAIN: Domain = Domain::Numeric;
    const SAMPLES: &'static [f64] = AWAY_FROM_ZERO;
    const GOLDEN: &'static [(f64, f64)] = &[
        (-2.5, -1.0),
        (1.5, 1.0),
        (0.0, 0.0),
        (-0.0, 0.0),
        (5e-324, 1.0),
        (-1e300, -1.0),
        (f64::INFINITY, 1.0),
        (f64::NEG_INFINITY, -1.0),
    ];
    const ULPS: f64 = 0.0;

    fn f<T: Real>(&self, x: T) -> T {
        x.signum_or_zero()
    }

    fn f_int(&self, x: i64) -> i64 {
        x.signum_or_zero()
    }

    fn times_partial<'t>(&self, _x: Var<'t>, _y: Var<'t>, _delta: Delta<'t>) -> Flow<'t> {
        None
    }

    fn blocks(&self) -> Option<&'static str> {
        Some("sign is piecewise constant")
    }
}

impl Var<'_> {
    /// The sign of each element: −1, 0 or 1; NaN stays NaN. No derivative passes.
    ///
    /// ```
    /// use cinta_graph::Tape;
    /// let tape = Tape::new();
    /// let x = tape.var([-2.0, 0.0, 3.0]);
    /// assert_eq!(x.sign().value(), ndarray::array![-1.0, 0.0, 1.0]);
    /// let error = x.sign().sum().try_grad(x).unwrap_err();
    /// assert!(error.to_string().contains("sign is piecewise constant"));
    /// ```
    ///
    /// # Panics
    /// On truth values.
    #[must_use]
    #[track_caller]
    pub fn sign(self) -> Self {
        or_panic(self.try_sign())
    }

    /// [`sign`](Self::sign), with the error returned.
    #[track_caller]
    pub fn try_sign(self) -> Result<Self, Error> {
        self.unary(Sign)
    }
}
