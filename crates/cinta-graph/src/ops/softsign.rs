//! `softsign`: x/(1 + |x|).
use super::elementwise::AWAY_FROM_ZERO;
use super::{Delta, Flow, Unary};
use crate::error::or_panic;
use crate::{Error, Real, Var};

/// y = x/(1 + |x|), dy/dx = 1/(1 + |x|)². It tends to ±1 more slowly than tanh; the second derivative jumps at 0, where
/// it is taken as 0.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Softsign;

impl Unary for Softsign {
    const NAME: &'static str = "softsign";
    const SAMPLES: &'static [f64] = AWAY_FROM_ZERO;
    const GOLDEN: &'static [(f64, f64)] = &[
        (0.0, 0.0),
        (-0.0, -0.0),
        (1e-10, 9.999_999_999e-11),
        (0.5, 0.333_333_333_333_333_3),
        (-1.0, -0.5),
        (3.0, 0.75),
        (-10_000_000_000.0, -0.999_999_999_9),
        (1e300, 1.0),
        (f64::INFINITY, 1.0),
        (f64::NEG_INFINITY, -1.0),
    ];
    const FLOPS: u64 = 6;

    fn f<T: Real>(&self, x: T) -> T {
        let size = x.abs();
        if size.is_infinite() { x.signum() } else { x / (T::lit(1.0) + size) }
    }

    fn times_partial<'t>(&self, x: Var<'t>, _y: Var<'t>, delta: Delta<'t>) -> Flow<'t> {
        let size = x.abs() + 1.0;
        Some(delta.over(size).over(size))
    }
}

impl Var<'_> {
    /// x/(1 + |x|), elementwise, between −1 and 1.
    ///
    /// ```
    /// use cinta_graph::Tape;
    /// let tape = Tape::new();
    /// let x = tape.var([0.0, -1.0]);
    /// assert_eq!(x.softsign().value(), ndarray::array![0.0, -0.5]);
    /// assert_eq!(x.softsign().sum().grad(x).value(), ndarray::array![1.0, 0.25]);
    /// ```
    ///
    /// # Panics
    /// On integers and truth values.
    #[must_use]
    #[track_caller]
    pub fn softsign(self) -> Self {
        or_panic(self.try_softsign())
    }

    /// [`softsign`](Self::softsign), with the error returned.
    #[track_caller]
    pub fn try_softsign(self) -> Result<Self, Error> {
        self.unary(Softsign)
    }
}
