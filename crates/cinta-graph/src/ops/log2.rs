//! `log2`: elementwise binary logarithm.
use super::elementwise::POSITIVE;
use super::{Delta, Flow, Level, Notation, Unary};
use crate::error::or_panic;
use crate::{Error, Real, Var};

/// y = log₂(x), dy/dx = 1/(x log 2). By IEEE arithmetic −∞ at 0, where the derivative is +∞, and NaN below.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Log2;

impl Unary for Log2 {
    const NAME: &'static str = "log2";
    const SAMPLES: &'static [f64] = POSITIVE;
    const GOLDEN: &'static [(f64, f64)] = &[
        (1.0, 0.0),
        (2.0, 1.0),
        (8.0, 3.0),
        (10.0, std::f64::consts::LOG2_10),
        (0.1, -std::f64::consts::LOG2_10),
        (0.5, -1.0),
        (1.000_000_1, 1.442_694_969_596_558_3e-7),
        (0.999_9, -0.000_144_276_718_045_019_32),
        (1e-300, -996.578_428_466_208_7),
        (5e-324, -1_074.0),
        (1e300, 996.578_428_466_208_7),
        (0.0, f64::NEG_INFINITY),
        (f64::INFINITY, f64::INFINITY),
        (-1.0, f64::NAN),
    ];
    const FLOPS: u64 = 12;

    fn f<T: Real>(&self, x: T) -> T {
        x.log2()
    }

    fn times_partial<'t>(&self, x: Var<'t>, _y: Var<'t>, delta: Delta<'t>) -> Flow<'t> {
        Some(delta.over(x).scale(std::f64::consts::LOG2_E))
    }

    fn notation(&self) -> Notation {
        Notation::template("log₂({0})", "\\log_{ 2}({0})", Level::Atom, Level::Relation)
    }
}

impl Var<'_> {
    /// Elementwise binary logarithm.
    ///
    /// ```
    /// use cinta_graph::Tape;
    /// let tape = Tape::new();
    /// let x = tape.var([8.0, 0.5]);
    /// assert_eq!(x.log2().value(), ndarray::array![3.0, -1.0]);
    /// let slope = x.log2().sum().grad(x).to_array::<f64>();
    /// assert_eq!(slope[1], 2.0 * std::f64::consts::LOG2_E);
    /// ```
    ///
    /// # Panics
    /// On integers and truth values.
    #[must_use]
    #[track_caller]
    pub fn log2(self) -> Self {
        or_panic(self.try_log2())
    }

    /// [`log2`](Self::log2), with the error returned.
    #[track_caller]
    pub fn try_log2(self) -> Result<Self, Error> {
        self.unary(Log2)
    }
}
