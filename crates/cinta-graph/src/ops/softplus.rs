//! `softplus`: log(1 + eˣ), a smooth relu.
use super::elementwise::EVERYWHERE;
use super::{Delta, Flow, Unary};
use crate::error::or_panic;
use crate::{Error, Real, Var};

/// y = log(1 + eˣ) = max(x, 0) + log(1 + e⁻ˡˣˡ), dy/dx = σ(x).
///
/// Nothing overflows and nothing cancels: accurate in both tails, where y is close to eˣ and to x.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Softplus;

impl Unary for Softplus {
    const NAME: &'static str = "softplus";
    const SAMPLES: &'static [f64] = EVERYWHERE;
    const GOLDEN: &'static [(f64, f64)] = &[
        (0.0, std::f64::consts::LN_2),
        (0.5, 0.974_076_984_180_106_7),
        (-0.5, 0.474_076_984_180_106_7),
        (1e-10, 0.693_147_180_609_945_3),
        (3.0, 3.048_587_351_573_742),
        (-3.0, 0.048_587_351_573_742_06),
        (40.0, 40.0),
        (-40.0, 4.248_354_255_291_589e-18),
        (-700.0, 9.859_676_543_759_77e-305),
        (1000.0, 1000.0),
        (-1000.0, 0.0),
        (f64::INFINITY, f64::INFINITY),
        (f64::NEG_INFINITY, 0.0),
    ];
    const FLOPS: u64 = 24;

    fn f<T: Real>(&self, x: T) -> T {
        let tail = (-x.abs()).exp().ln_1p();
        if x > T::lit(0.0) { x + tail } else { tail }
    }

    fn times_partial<'t>(&self, x: Var<'t>, _y: Var<'t>, delta: Delta<'t>) -> Flow<'t> {
        Some(delta.times(x.sigmoid()))
    }
}

impl Var<'_> {
    /// log(1 + eˣ), elementwise; −log σ(−x). It keeps a parameter positive.
    ///
    /// ```
    /// use cinta_graph::Tape;
    /// let tape = Tape::new();
    /// let x = tape.var([-40.0, 0.0, 1000.0]);
    /// let y = x.softplus().to_array::<f64>();
    /// assert_eq!((y[0], y[2]), ((-40.0_f64).exp(), 1000.0));
    /// ```
    ///
    /// # Panics
    /// On integers and truth values.
    #[must_use]
    #[track_caller]
    pub fn softplus(self) -> Self {
        or_panic(self.try_softplus())
    }

    /// [`softplus`](Self::softplus), with the error returned.
    #[track_caller]
    pub fn try_softplus(self) -> Result<Self, Error> {
        self.unary(Softplus)
    }
}
