//! `neg`: elementwise negation, and the unary `-` operator.
use super::elementwise::EVERYWHERE;
use super::{Delta, Domain, Flow, Level, Notation, Unary};
use crate::{Error, Numeric, Real, Var};

/// y = −x, dy/dx = −1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Neg;

impl Unary for Neg {
    const NAME: &'static str = "neg";
    const DOMAIN: Domain = Domain::Numeric;
    const SAMPLES: &'static [f64] = EVERYWHERE;
    const GOLDEN: &'static [(f64, f64)] = &[
        (1.5, -1.5),
        (-0.1, 0.1),
        (0.0, -0.0),
        (-0.0, 0.0),
        (5e-324, -5e-324),
        (1e300, -1e300),
        (f64::INFINITY, f64::NEG_INFINITY),
        (f64::NEG_INFINITY, f64::INFINITY),
    ];
    const ULPS: f64 = 0.0;

    fn f<T: Real>(&self, x: T) -> T {
        -x
    }

    fn f_int(&self, x: i64) -> i64 {
        x.negated()
    }

    fn times_partial<'t>(&self, _x: Var<'t>, _y: Var<'t>, delta: Delta<'t>) -> Flow<'t> {
        Some(-delta)
    }

    fn notation(&self) -> Notation {
        Notation::template("−{0}", "-{0}", Level::Prefix, Level::Prefix)
    }
}

impl Var<'_> {
    /// [`neg`](std::ops::Neg) with the error returned: `-x`; integers wrap.
    ///
    /// ```
    /// use cinta_graph::Tape;
    /// let tape = Tape::new();
    /// let mask = tape.var([true, false]);
    /// assert!(mask.try_neg().unwrap_err().to_string().starts_with("neg: bool[2]: needs numbers, not bool"));
    /// ```
    #[inline]
    #[track_caller]
    pub fn try_neg(self) -> Result<Self, Error> {
        self.unary(Neg)
    }
}
