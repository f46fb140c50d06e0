//! `acos`: elementwise inverse cosine.
use super::{Delta, Flow, Notation, Unary};
use crate::error::or_panic;
use crate::{Error, Real, Var};

/// y = acos(x) from 0 to π, dy/dx = −1/√(1 − x²).
///
/// By IEEE arithmetic the derivative is −∞ at ±1, and all is NaN beyond. Nothing cancels in 1 − x², so derivatives
/// keep their digits beside ±1, and at 0.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Acos;

impl Unary for Acos {
    const NAME: &'static str = "acos";
    const SAMPLES: &'static [f64] = &[-0.8, -0.35, 0.1, 0.5, 0.75];
    const GOLDEN: &'static [(f64, f64)] = &[
        (0.0, std::f64::consts::FRAC_PI_2),
        (1e-10, 1.570_796_326_694_896_5),
        (0.5, std::f64::consts::FRAC_PI_3),
        (-0.7, 2.346_193_823_405_649_4),
        (0.999_999, 0.001_414_213_680_244_585_2),
        (0.999_999_999_999_999_9, 1.490_116_119_384_765_6e-8),
        (-0.9, 2.690_565_841_793_530_8),
        (1.0, 0.0),
        (-1.0, std::f64::consts::PI),
        (1.5, f64::NAN),
    ];
    const FLOPS: u64 = 12;

    fn f<T: Real>(&self, x: T) -> T {
        x.acos()
    }

    fn times_partial<'t>(&self, x: Var<'t>, _y: Var<'t>, delta: Delta<'t>) -> Flow<'t> {
        Some(-delta.over(x.one_minus_square().sqrt()))
    }

    fn notation(&self) -> Notation {
        Notation { latex: "\\arccos({0})".into(), ..Notation::function("acos") }
    }
}

impl Var<'_> {
    /// Elementwise inverse cosine, in radians from 0 to π; NaN outside of −1 to 1.
    ///
    /// ```
    /// use cinta_graph::Tape;
    /// let tape = Tape::new();
    /// let x = tape.var([-1.0, 0.0, 0.6]);
    /// assert_eq!(x.acos().to_array::<f64>()[0], std::f64::consts::PI);
    /// let slope = x.acos().sum().grad(x).to_array::<f64>();
    /// assert_eq!((slope[0], slope[1]), (f64::NEG_INFINITY, -1.0));
    /// assert!((slope[2] + 1.25).abs() < 1e-15);
    /// ```
    ///
    /// # Panics
    /// On integers and truth values.
    #[must_use]
    #[track_caller]
    pub fn acos(self) -> Self {
        or_panic(self.try_acos())
    }

    /// [`acos`](Self::acos), with the error returned.
    #[track_caller]
    pub fn try_acos(self) -> Result<Self, Error> {
        self.unary(Acos)
    }
}
