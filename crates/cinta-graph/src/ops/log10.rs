//! `log10`: elementwise decimal logarithm.
use super::elementwise::POSITIVE;
use super::{Delta, Flow, Level, Notation, Unary};
use crate::error::or_panic;
use crate::{Error, Real, Var};

/// y = log₁₀(x), dy/dx = 1/(x log 10). By IEEE arithmetic −∞ at 0, where the derivative is +∞, and NaN below.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Log10;

impl Unary for Log10 {
    const NAME: &'static str = "log10";
    const SAMPLES: &'static [f64] = POSITIVE;
    const GOLDEN: &'static [(f64, f64)] = &[
        (1.0, 0.0),
        (2.0, std::f64::consts::LOG10_2),
        (1_000.0, 3.0),
        (10.0, 1.0),
        (0.1, -1.0),
        (0.5, -std::f64::consts::LOG10_2),
        (1.000_000_1, 4.342_944_604_420_994_6e-8),
        (0.999_9, -4.343_161_980_750_560_4e-5),
        (1e-300, -300.0),
        (5e-324, -323.306_215_343_115_8),
        (1e300, 300.0),
        (0.0, f64::NEG_INFINITY),
        (f64::INFINITY, f64::INFINITY),
        (-1.0, f64::NAN),
    ];
    const ULPS: f64 = 2.0;
    const FLOPS: u64 = 12;

    fn f<T: Real>(&self, x: T) -> T {
        x.log10()
    }

    fn times_partial<'t>(&self, x: Var<'t>, _y: Var<'t>, delta: Delta<'t>) -> Flow<'t> {
        Some(delta.over(x).scale(std::f64::consts::LOG10_E))
    }

    fn notation(&self) -> Notation {
        Notation::template("log₁₀({0})", "\\log_{ 10}({0})", Level::Atom, Level::Relation)
    }
}

impl Var<'_> {
    /// Elementwise decimal logarithm.
    ///
    /// ```
    /// use cinta_graph::Tape;
    /// let tape = Tape::new();
    /// let x = tape.var([1000.0, 0.5]);
    /// assert_eq!(x.log10().to_array::<f64>()[0], 3.0);
    /// let slope = x.log10().sum().grad(x).to_array::<f64>();
    /// assert_eq!(slope[1], 2.0 * std::f64::consts::LOG10_E);
    /// ```
    ///
    /// # Panics
    /// On integers and truth values.
    #[must_use]
    #[track_caller]
    pub fn log10(self) -> Self {
        or_panic(self.try_log10())
    }

    /// [`log10`](Self::log10), with the error returned.
    #[track_caller]
    pub fn try_log10(self) -> Result<Self, Error> {
        self.unary(Log10)
    }
}
