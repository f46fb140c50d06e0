//! `exp2`: elementwise 2ˣ.
use super::elementwise::EVERYWHERE;
use super::{Delta, Flow, Level, Notation, Unary};
use crate::error::or_panic;
use crate::{Error, Real, Var};

/// y = 2ˣ, dy/dx = y log 2.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Exp2;

impl Unary for Exp2 {
    const NAME: &'static str = "exp2";
    const SAMPLES: &'static [f64] = EVERYWHERE;
    const GOLDEN: &'static [(f64, f64)] = &[
        (0.0, 1.0),
        (1.0, 2.0),
        (-3.0, 0.125),
        (0.5, std::f64::consts::SQRT_2),
        (-0.1, 0.933_032_991_536_807_4),
        (1e-10, 1.000_000_000_069_314_8),
        (100.7, 2.059_304_475_555_603_4e30),
        (-1_000.3, 7.580_456_105_613_55e-302),
        (1_023.9, 1.677_307_003_485_741_6e308),
        (1_024.0, f64::INFINITY),
        (-1_074.0, 5e-324),
        (-1_100.0, 0.0),
        (f64::INFINITY, f64::INFINITY),
        (f64::NEG_INFINITY, 0.0),
    ];
    const FLOPS: u64 = 12;

    fn f<T: Real>(&self, x: T) -> T {
        x.exp2()
    }

    fn times_partial<'t>(&self, _x: Var<'t>, y: Var<'t>, delta: Delta<'t>) -> Flow<'t> {
        Some(delta.times(y).scale(std::f64::consts::LN_2))
    }

    fn notation(&self) -> Notation {
        Notation::template("2^{0}", "2^{{0}}", Level::Postfix, Level::Atom)
    }
}

impl Var<'_> {
    /// Elementwise 2ˣ, exact at integers.
    ///
    /// ```
    /// use cinta_graph::Tape;
    /// let tape = Tape::new();
    /// let x = tape.var([3.0, -1.0]);
    /// assert_eq!(x.exp2().value(), ndarray::array![8.0, 0.5]);
    /// assert_eq!(x.exp2().sum().grad(x).to_array::<f64>()[1], 0.5 * std::f64::consts::LN_2);
    /// ```
    ///
    /// # Panics
    /// On integers and truth values.
    #[must_use]
    #[track_caller]
    pub fn exp2(self) -> Self {
        or_panic(self.try_exp2())
    }

    /// [`exp2`](Self::exp2), with the error returned.
    #[track_caller]
    pub fn try_exp2(self) -> Result<Self, Error> {
        self.unary(Exp2)
    }
}
