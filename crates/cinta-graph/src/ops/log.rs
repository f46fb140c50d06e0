//! `log`: elementwise natural logarithm.
use super::elementwise::POSITIVE;
use super::{Delta, Flow, Notation, Unary};
use crate::error::or_panic;
use crate::{Error, Real, Var};

/// y = log(x), dy/dx = 1/x. By IEEE arithmetic −∞ at 0, where the derivative is +∞, and NaN below.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Log;

impl Unary for Log {
    const NAME: &'static str = "log";
    const SAMPLES: &'static [f64] = POSITIVE;
    const GOLDEN: &'static [(f64, f64)] = &[
        (1.0, 0.0),
        (2.0, std::f64::consts::LN_2),
        (10.0, std::f64::consts::LN_10),
        (0.1, -2.302_585_092_994_045_5),
        (0.5, -std::f64::consts::LN_2),
        (1.000_000_1, 9.999_999_505_838_704e-8),
        (0.999_9, -0.000_100_005_000_333_347_32),
        (1e-300, -690.775_527_898_213_7),
        (5e-324, -744.440_071_921_381_2),
        (1e300, 690.775_527_898_213_7),
        (0.0, f64::NEG_INFINITY),
        (f64::INFINITY, f64::INFINITY),
    ];
    const FLOPS: u64 = 12;

    fn f<T: Real>(&self, x: T) -> T {
        x.ln()
    }

    fn times_partial<'t>(&self, x: Var<'t>, _y: Var<'t>, delta: Delta<'t>) -> Flow<'t> {
        Some(delta.over(x))
    }

    fn notation(&self) -> Notation {
        Notation { latex: "\\log({0})".into(), ..Notation::function("log") }
    }
}

impl Var<'_> {
    /// Elementwise natural logarithm.
    ///
    /// ```
    /// use cinta_graph::Tape;
    /// let tape = Tape::new();
    /// let x = tape.var(2.0);
    /// assert_eq!(x.log().item(), std::f64::consts::LN_2);
    /// assert_eq!(x.log().grad(x).item(), 0.5);
    /// ```
    ///
    /// # Panics
    /// On integers and truth values.
    #[must_use]
    #[track_caller]
    pub fn log(self) -> Self {
        or_panic(self.try_log())
    }

    /// [`log`](Self::log), with the error returned.
    #[track_caller]
    pub fn try_log(self) -> Result<Self, Error> {
        self.unary(Log)
    }
}
