//! `log1p`: elementwise log(1 + x) without cancellation.
use super::{Delta, Flow, Level, Notation, Unary};
use crate::error::or_panic;
use crate::{Error, Real, Var};

/// y = log(1 + x), dy/dx = 1/(1 + x). By IEEE arithmetic −∞ at −1, where the derivative is +∞, and NaN below.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Log1p;

impl Unary for Log1p {
    const NAME: &'static str = "log1p";
    const SAMPLES: &'static [f64] = &[-0.6, -0.25, 0.1, 0.75, 3.0];
    const GOLDEN: &'static [(f64, f64)] = &[
        (0.0, 0.0),
        (-0.0, -0.0),
        (1e-20, 1e-20),
        (-1e-10, -1.000_000_000_05e-10),
        (0.1, 0.095_310_179_804_324_87),
        (-0.5, -std::f64::consts::LN_2),
        (1.5, 0.916_290_731_874_155_1),
        (-0.999_999_999_9, -23.025_850_847_200_09),
        (10_000_000_000.0, 23.025_850_930_040_455),
        (1e300, 690.775_527_898_213_7),
        (-1.0, f64::NEG_INFINITY),
        (f64::INFINITY, f64::INFINITY),
    ];
    const FLOPS: u64 = 12;

    fn f<T: Real>(&self, x: T) -> T {
        x.ln_1p()
    }

    fn times_partial<'t>(&self, x: Var<'t>, _y: Var<'t>, delta: Delta<'t>) -> Flow<'t> {
        Some(delta.over(x + 1.0))
    }

    fn notation(&self) -> Notation {
        Notation::template("log(1 + {0})", "\\log(1 + {0})", Level::Atom, Level::Product)
    }
}

impl Var<'_> {
    /// Elementwise log(1 + x), accurate where x is small.
    ///
    /// ```
    /// use cinta_graph::Tape;
    /// let tape = Tape::new();
    /// let x = tape.var(1e-20);
    /// assert_eq!(x.log1p().item(), 1e-20);
    /// assert_eq!((x + 1.0).log().item(), 0.0);
    /// ```
    ///
    /// # Panics
    /// On integers and truth values.
    #[must_use]
    #[track_caller]
    pub fn log1p(self) -> Self {
        or_panic(self.try_log1p())
    }

    /// [`log1p`](Self::log1p), with the error returned.
    #[track_caller]
    pub fn try_log1p(self) -> Result<Self, Error> {
        self.unary(Log1p)
    }
}
