//! `log_sigmoid`: the logarithm of the logistic function.
use super::elementwise::EVERYWHERE;
use super::{Delta, Flow, Level, Notation, Unary};
use crate::error::or_panic;
use crate::{Error, Real, Var};

/// y = log σ(x) = min(x, 0) − log(1 + e⁻ˡˣˡ), dy/dx = σ(−x).
///
/// Nothing overflows and both terms have the same sign, so nothing cancels: accurate in both tails, where
/// y is close to −e⁻ˣ and to x.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct LogSigmoid;

impl Unary for LogSigmoid {
    const NAME: &'static str = "log_sigmoid";
    const SAMPLES: &'static [f64] = EVERYWHERE;
    const GOLDEN: &'static [(f64, f64)] = &[
        (0.0, -std::f64::consts::LN_2),
        (0.5, -0.474_076_984_180_106_7),
        (-0.5, -0.974_076_984_180_106_7),
        (1e-10, -0.693_147_180_509_945_3),
        (3.0, -0.048_587_351_573_742_06),
        (-3.0, -3.048_587_351_573_742),
        (40.0, -4.248_354_255_291_589e-18),
        (-40.0, -40.0),
        (700.0, -9.859_676_543_759_77e-305),
        (1000.0, -0.0),
        (-1000.0, -1000.0),
        (f64::INFINITY, -0.0),
        (f64::NEG_INFINITY, f64::NEG_INFINITY),
    ];
    const FLOPS: u64 = 24;

    fn f<T: Real>(&self, x: T) -> T {
        let tail = (-x.abs()).exp().ln_1p();
        if x < T::lit(0.0) { x - tail } else { -tail }
    }

    fn times_partial<'t>(&self, x: Var<'t>, _y: Var<'t>, delta: Delta<'t>) -> Flow<'t> {
        Some(delta.times((-x).sigmoid()))
    }

    fn notation(&self) -> Notation {
        Notation::template("log σ({0})", "\\log\\sigma({0})", Level::Prefix, Level::Relation)
    }
}

impl Var<'_> {
    /// log σ(x), elementwise: the log-likelihood of a logit, accurate in both tails.
    ///
    /// ```
    /// use cinta_graph::Tape;
    /// let tape = Tape::new();
    /// let x = tape.var([-1000.0, 0.0, 40.0]);
    /// let y = x.log_sigmoid().to_array::<f64>();
    /// assert_eq!(y[0], -1000.0); // x.sigmoid().log() is −∞ here
    /// assert_eq!(y[2], -(-40.0_f64).exp()); // and 0 here
    /// ```
    ///
    /// # Panics
    /// On integers and truth values.
    #[must_use]
    #[track_caller]
    pub fn log_sigmoid(self) -> Self {
        or_panic(self.try_log_sigmoid())
    }

    /// [`log_sigmoid`](Self::log_sigmoid), with the error returned.
    #[track_caller]
    pub fn try_log_sigmoid(self) -> Result<Self, Error> {
        self.unary(LogSigmoid)
    }
}
