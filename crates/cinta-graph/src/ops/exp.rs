//! `exp`: elementwise exponential function.
use super::elementwise::EVERYWHERE;
use super::{Delta, Flow, Level, Notation, Unary};
use crate::error::or_panic;
use crate::{Error, Real, Var};

/// y = eˣ, dy/dx = y.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Exp;

impl Unary for Exp {
    const NAME: &'static str = "exp";
    const SAMPLES: &'static [f64] = EVERYWHERE;
    const GOLDEN: &'static [(f64, f64)] = &[
        (0.0, 1.0),
        (-0.0, 1.0),
        (1.0, std::f64::consts::E),
        (0.1, 1.105_170_918_075_647_7),
        (-0.5, 0.606_530_659_712_633_4),
        (1e-10, 1.000_000_000_1),
        (-40.0, 4.248_354_255_291_589e-18),
        (700.5, 1.672_185_962_067_498_4e304),
        (-740.0, 4.2e-322),
        (710.0, f64::INFINITY),
        (f64::INFINITY, f64::INFINITY),
        (f64::NEG_INFINITY, 0.0),
    ];
    const FLOPS: u64 = 8;

    fn f<T: Real>(&self, x: T) -> T {
        x.exp()
    }

    fn times_partial<'t>(&self, _x: Var<'t>, y: Var<'t>, delta: Delta<'t>) -> Flow<'t> {
        Some(delta.times(y))
    }

    /// No tighter than a power: LaTeX takes no second superscript beside the first.
    fn notation(&self) -> Notation {
        Notation::template("exp({0})", "e^{{0}}", Level::Postfix, Level::Relation)
    }
}

impl Var<'_> {
    /// Elementwise exponential function, eˣ.
    ///
    /// ```
    /// use cinta_graph::Tape;
    /// let tape = Tape::new();
    /// let x = tape.var(0.5);
    /// let y = x.exp();
    /// assert_eq!(y.item(), 0.5_f64.exp());
    /// assert_eq!(y.grad(x).item(), y.item());
    /// ```
    ///
    /// # Panics
    /// On integers and truth values.
    #[must_use]
    #[track_caller]
    pub fn exp(self) -> Self {
        or_panic(self.try_exp())
    }

    /// [`exp`](Self::exp), with the error returned.
    #[track_caller]
    pub fn try_exp(self) -> Result<Self, Error> {
        self.unary(Exp)
    }
}
