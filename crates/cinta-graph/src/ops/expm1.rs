//! `expm1`: elementwise eˣ − 1 without cancellation.
use super::elementwise::EVERYWHERE;
use super::{Delta, Flow, Level, Notation, Unary};
use crate::error::or_panic;
use crate::{Error, Real, Var};

/// y = eˣ − 1, dy/dx = eˣ.
///
/// The derivative is not written y + 1, which would cancel for x below 0: at −40 it would be exactly 0.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Expm1;

impl Unary for Expm1 {
    const NAME: &'static str = "expm1";
    const SAMPLES: &'static [f64] = EVERYWHERE;
    const GOLDEN: &'static [(f64, f64)] = &[
        (0.0, 0.0),
        (-0.0, -0.0),
        (1e-20, 1e-20),
        (-1e-10, -9.999_999_999_500_001e-11),
        (0.1, 0.105_170_918_075_647_63),
        (0.5, 0.648_721_270_700_128_2),
        (-0.5, -0.393_469_340_287_366_6),
        (-40.0, -1.0),
        (40.0, 2.353_852_668_370_2e17),
        (700.5, 1.672_185_962_067_498_4e304),
        (f64::INFINITY, f64::INFINITY),
        (f64::NEG_INFINITY, -1.0),
    ];
    const FLOPS: u64 = 12;

    fn f<T: Real>(&self, x: T) -> T {
        x.exp_m1()
    }

    fn times_partial<'t>(&self, x: Var<'t>, _y: Var<'t>, delta: Delta<'t>) -> Flow<'t> {
        Some(delta.times(x.exp()))
    }

    fn notation(&self) -> Notation {
        Notation::template("exp({0}) − 1", "e^{{0}} - 1", Level::Sum, Level::Relation)
    }
}

impl Var<'_> {
    /// Elementwise eˣ − 1, accurate where x is small.
    ///
    /// ```
    /// use cinta_graph::Tape;
    /// let tape = Tape::new();
    /// let x = tape.var(1e-20);
    /// assert_eq!(x.expm1().item(), 1e-20);
    /// assert_eq!((x.exp() - 1.0).item(), 0.0);
    /// ```
    ///
    /// # Panics
    /// On integers and truth values.
    #[must_use]
    #[track_caller]
    pub fn expm1(self) -> Self {
        or_panic(self.try_expm1())
    }

    /// [`expm1`](Self::expm1), with the error returned.
    #[track_caller]
    pub fn try_expm1(self) -> Result<Self, Error> {
        self.unary(Expm1)
    }
}
