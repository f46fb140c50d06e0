//! `relu`: the positive part.
use super::elementwise::AWAY_FROM_ZERO;
use super::{Delta, Flow, Unary};
use crate::error::or_panic;
use crate::{Error, Real, Var};

/// y = max(x, 0), dy/dx = 1 for x > 0 and 0 elsewhere.
///
/// At the kink the derivative is 0. NaN stays NaN and passes no derivative. Where x ≤ 0 the zero is a masked
/// one: it stays zero whatever x was made of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Relu;

impl Unary for Relu {
    const NAME: &'static str = "relu";
    const SAMPLES: &'static [f64] = AWAY_FROM_ZERO;
    const GOLDEN: &'static [(f64, f64)] = &[
        (-2.5, 0.0),
        (1.5, 1.5),
        (0.0, 0.0),
        (-0.0, 0.0),
        (5e-324, 5e-324),
        (-1e300, 0.0),
        (f64::INFINITY, f64::INFINITY),
        (f64::NEG_INFINITY, 0.0),
    ];
    const ULPS: f64 = 0.0;

    /// Written so that NaN, of which no comparison holds, comes through.
    fn f<T: Real>(&self, x: T) -> T {
        let zero = T::lit(0.0);
        if x <= zero { zero } else { x }
    }

    fn times_partial<'t>(&self, x: Var<'t>, _y: Var<'t>, delta: Delta<'t>) -> Flow<'t> {
        Some(delta.only_where(x.gt(0.0)))
    }
}

impl Var<'_> {
    /// The positive part max(x, 0), elementwise. The derivative at 0 is 0.
    ///
    /// ```
    /// use cinta_graph::Tape;
    /// let tape = Tape::new();
    /// let x = tape.var([-2.0, 0.0, 3.0]);
    /// assert_eq!(x.relu().value(), ndarray::array![0.0, 0.0, 3.0]);
    /// assert_eq!(x.relu().sum().grad(x).value(), ndarray::array![0.0, 0.0, 1.0]);
    /// ```
    ///
    /// # Panics
    /// On integers and truth values.
    #[must_use]
    #[track_caller]
    pub fn relu(self) -> Self {
        or_panic(self.try_relu())
    }

    /// [`relu`](Self::relu), with the error returned.
    #[track_caller]
    pub fn try_relu(self) -> Result<Self, Error> {
        self.unary(Relu)
    }
}
