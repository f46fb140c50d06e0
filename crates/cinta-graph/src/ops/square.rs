//! `square`: elementwise x².
use super::elementwise::EVERYWHERE;
use super::{Delta, Domain, Flow, Level, Notation, Unary};
use crate::error::or_panic;
use crate::{Error, Numeric, Real, Var};

/// y = x², dy/dx = 2x.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Square;

impl Unary for Square {
    const NAME: &'static str = "square";
    const DOMAIN: Domain = Domain::Numeric;
    const SAMPLES: &'static [f64] = EVERYWHERE;
    const GOLDEN: &'static [(f64, f64)] = &[
        (0.0, 0.0),
        (-0.0, 0.0),
        (1.5, 2.25),
        (-0.1, 0.010_000_000_000_000_002),
        (1e-155, 1e-310),
        (-1e154, 1e308),
        (1e-170, 0.0),
        (1e200, f64::INFINITY),
        (f64::NEG_INFINITY, f64::INFINITY),
    ];
    const ULPS: f64 = 0.0;

    fn f<T: Real>(&self, x: T) -> T {
        x * x
    }

    fn f_int(&self, x: i64) -> i64 {
        x.times(x)
    }

    fn times_partial<'t>(&self, x: Var<'t>, _y: Var<'t>, delta: Delta<'t>) -> Flow<'t> {
        Some(delta.times(x).scale(2.0))
    }

    fn notation(&self) -> Notation {
        Notation::template("{0}²", "{0}^2", Level::Postfix, Level::Atom)
    }
}

impl Var<'_> {
    /// Elementwise x²; integers wrap.
    ///
    /// ```
    /// use cinta_graph::Tape;
    /// let tape = Tape::new();
    /// let x = tape.var([-3.0, 0.5]);
    /// assert_eq!(x.square().value(), ndarray::array![9.0, 0.25]);
    /// assert_eq!(x.square().sum().grad(x).value(), ndarray::array![-6.0, 1.0]);
    /// ```
    ///
    /// # Panics
    /// On truth values.
    #[must_use]
    #[track_caller]
    pub fn square(self) -> Self {
        or_panic(self.try_square())
    }

    /// [`square`](Self::square), with the error returned.
    #[track_caller]
    pub fn try_square(self) -> Result<Self, Error> {
        self.unary(Square)
    }
}
