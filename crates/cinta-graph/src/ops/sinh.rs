//! `sinh`: elementwise hyperbolic sine.
use super::elementwise::EVERYWHERE;
use super::{Delta, Flow, Notation, Unary};
use crate::error::or_panic;
use crate::{Error, Real, Var};

/// y = sinh(x) = (eˣ − e⁻ˣ)/2, dy/dx = cosh(x). Beyond ±710.47 both overflow.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Sinh;

impl Unary for Sinh {
    const NAME: &'static str = "sinh";
    const SAMPLES: &'static [f64] = EVERYWHERE;
    const GOLDEN: &'static [(f64, f64)] = &[
        (0.0, 0.0),
        (-0.0, -0.0),
        (1e-10, 1e-10),
        (0.5, 0.521_095_305_493_747_4),
        (-1.0, -1.175_201_193_643_801_4),
        (2.5, 6.050_204_481_039_787_5),
        (-20.0, -242_582_597.704_895_14),
        (710.4, 1.666_364_283_280_649_6e308),
        (711.0, f64::INFINITY),
        (1e-310, 1e-310),
        (f64::INFINITY, f64::INFINITY),
        (f64::NEG_INFINITY, f64::NEG_INFINITY),
    ];
    const ULPS: f64 = 2.0;
    const FLOPS: u64 = 16;

    fn f<T: Real>(&self, x: T) -> T {
        x.sinh()
    }

    fn times_partial<'t>(&self, x: Var<'t>, _y: Var<'t>, delta: Delta<'t>) -> Flow<'t> {
        Some(delta.times(x.cosh()))
    }

    fn notation(&self) -> Notation {
        Notation { latex: "\\sinh({0})".into(), ..Notation::function("sinh") }
    }
}

impl Var<'_> {
    /// Elementwise hyperbolic sine, (eˣ − e⁻ˣ)/2.
    ///
    /// ```
    /// use cinta_graph::Tape;
    /// let tape = Tape::new();
    /// let x = tape.var([0.0, -1.0]);
    /// assert_eq!(x.sinh().value(), ndarray::array![0.0, (-1.0_f64).sinh()]);
    /// assert_eq!(x.sinh().sum().grad(x).value(), ndarray::array![1.0, 1.0_f64.cosh()]);
    /// ```
    ///
    /// # Panics
    /// On integers and truth values.
    #[must_use]
    #[track_caller]
    pub fn sinh(self) -> Self {
        or_panic(self.try_sinh())
    }

    /// [`sinh`](Self::sinh), with the error returned.
    #[track_caller]
    pub fn try_sinh(self) -> Result<Self, Error> {
        self.unary(Sinh)
    }
}
