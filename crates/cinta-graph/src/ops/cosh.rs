//! `cosh`: elementwise hyperbolic cosine.
use super::elementwise::EVERYWHERE;
use super::{Delta, Flow, Notation, Unary};
use crate::error::or_panic;
use crate::{Error, Real, Var};

/// y = cosh(x) = (eˣ + e⁻ˣ)/2, dy/dx = sinh(x). Beyond ±710.47 both overflow.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Cosh;

impl Unary for Cosh {
    const NAME: &'static str = "cosh";
    const SAMPLES: &'static [f64] = EVERYWHERE;
    const GOLDEN: &'static [(f64, f64)] = &[
        (0.0, 1.0),
        (1e-10, 1.0),
        (0.5, 1.127_625_965_206_380_7),
        (-1.0, 1.543_080_634_815_243_7),
        (2.5, 6.132_289_479_663_686),
        (-20.0, 242_582_597.704_895_14),
        (710.4, 1.666_364_283_280_649_6e308),
        (-711.0, f64::INFINITY),
        (f64::INFINITY, f64::INFINITY),
        (f64::NEG_INFINITY, f64::INFINITY),
    ];
    const ULPS: f64 = 2.0;
    const FLOPS: u64 = 16;

    fn f<T: Real>(&self, x: T) -> T {
        x.cosh()
    }

    fn times_partial<'t>(&self, x: Var<'t>, _y: Var<'t>, delta: Delta<'t>) -> Flow<'t> {
        Some(delta.times(x.sinh()))
    }

    fn notation(&self) -> Notation {
        Notation { latex: "\\cosh({0})".into(), ..Notation::function("cosh") }
    }
}

impl Var<'_> {
    /// Elementwise hyperbolic cosine, (eˣ + e⁻ˣ)/2.
    ///
    /// ```
    /// use cinta_graph::Tape;
    /// let tape = Tape::new();
    /// let x = tape.var([0.0, -1.0]);
    /// assert_eq!(x.cosh().value(), ndarray::array![1.0, 1.0_f64.cosh()]);
    /// assert_eq!(x.cosh().sum().grad(x).value(), ndarray::array![0.0, (-1.0_f64).sinh()]);
    /// ```
    ///
    /// # Panics
    /// On integers and truth values.
    #[must_use]
    #[track_caller]
    pub fn cosh(self) -> Self {
        or_panic(self.try_cosh())
    }

    /// [`cosh`](Self::cosh), with the error returned.
    #[track_caller]
    pub fn try_cosh(self) -> Result<Self, Error> {
        self.unary(Cosh)
    }
}
