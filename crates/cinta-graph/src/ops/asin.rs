//! `asin`: elementwise inverse sine.
use super::{Delta, Flow, Notation, Unary};
use crate::error::or_panic;
use crate::{Error, Real, Var};

/// y = asin(x) from −π/2 to π/2, dy/dx = 1/√(1 − x²).
///
/// By IEEE arithmetic the derivative is +∞ at ±1, and all is NaN beyond. Nothing cancels in 1 − x², so derivatives
/// keep their digits beside ±1, and at 0.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Asin;

impl Unary for Asin {
    const NAME: &'static str = "asin";
    const SAMPLES: &'static [f64] = &[-0.8, -0.35, 0.1, 0.5, 0.75];
    const GOLDEN: &'static [(f64, f64)] = &[
        (0.0, 0.0),
        (-0.0, -0.0),
        (1e-10, 1e-10),
        (0.5, std::f64::consts::FRAC_PI_6),
        (-0.7, -0.775_397_496_610_753),
        (0.999_999, 1.569_382_113_114_652_1),
        (0.999_999_999_999_999_9, 1.570_796_311_893_735_4),
        (-0.9, -1.119_769_514_998_634_2),
        (1.0, std::f64::consts::FRAC_PI_2),
        (-1.0, -std::f64::consts::FRAC_PI_2),
        (1e-310, 1e-310),
        (1.5, f64::NAN),
    ];
    const FLOPS: u64 = 12;

    fn f<T: Real>(&self, x: T) -> T {
        x.asin()
    }

    fn times_partial<'t>(&self, x: Var<'t>, _y: Var<'t>, delta: Delta<'t>) -> Flow<'t> {
        Some(delta.over(x.one_minus_square().sqrt()))
    }

    fn notation(&self) -> Notation {
        Notation { latex: "\\arcsin({0})".into(), ..Notation::function("asin") }
    }
}

impl Var<'_> {
    /// Elementwise inverse sine, in radians from −π/2 to π/2; NaN outside of −1 to 1.
    ///
    /// ```
    /// use cinta_graph::Tape;
    /// let tape = Tape::new();
    /// let x = tape.var([-1.0, 0.0, 0.6]);
    /// assert_eq!(x.asin().to_array::<f64>()[0], -std::f64::consts::FRAC_PI_2);
    /// let slope = x.asin().sum().grad(x).to_array::<f64>();
    /// assert_eq!((slope[0], slope[1]), (f64::INFINITY, 1.0));
    /// assert!((slope[2] - 1.25).abs() < 1e-15);
    /// ```
    ///
    /// # Panics
    /// On integers and truth values.
    #[must_use]
    #[track_caller]
    pub fn asin(self) -> Self {
        or_panic(self.try_asin())
    }

    /// [`asin`](Self::asin), with the error returned.
    #[track_caller]
    pub fn try_asin(self) -> Result<Self, Error> {
        self.unary(Asin)
    }
}
