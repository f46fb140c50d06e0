//! `cos`: elementwise cosine.
use super::elementwise::EVERYWHERE;
use super::{Delta, Flow, Notation, Unary};
use crate::error::or_panic;
use crate::{Error, Real, Var};

/// y = cos(x), dy/dx = −sin(x). NaN at ±∞.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Cos;

impl Unary for Cos {
    const NAME: &'static str = "cos";
    const SAMPLES: &'static [f64] = EVERYWHERE;
    const GOLDEN: &'static [(f64, f64)] = &[
        (0.0, 1.0),
        (-0.0, 1.0),
        (1e-10, 1.0),
        (0.5, 0.877_582_561_890_372_8),
        (-1.0, 0.540_302_305_868_139_8),
        (2.5, -0.801_143_615_546_933_7),
        (1.5, 0.070_737_201_667_702_9),
        (-100.0, 0.862_318_872_287_683_9),
        (100_000.0, -0.999_360_807_438_212_4),
        (1e22, 0.523_214_785_395_139),
    ];
    const FLOPS: u64 = 12;

    fn f<T: Real>(&self, x: T) -> T {
        x.cos()
    }

    fn times_partial<'t>(&self, x: Var<'t>, _y: Var<'t>, delta: Delta<'t>) -> Flow<'t> {
        Some(-delta.times(x.sin()))
    }

    fn notation(&self) -> Notation {
        Notation { latex: "\\cos({0})".into(), ..Notation::function("cos") }
    }
}

impl Var<'_> {
    /// Elementwise cosine of an angle in radians.
    ///
    /// ```
    /// use cinta_graph::Tape;
    /// let tape = Tape::new();
    /// let x = tape.var(0.5);
    /// assert_eq!(x.cos().item(), 0.5_f64.cos());
    /// assert_eq!(x.cos().grad(x).item(), -0.5_f64.sin());
    /// ```
    ///
    /// # Panics
    /// On integers and truth values.
    #[must_use]
    #[track_caller]
    pub fn cos(self) -> Self {
        or_panic(self.try_cos())
    }

    /// [`cos`](Self::cos), with the error returned.
    #[track_caller]
    pub fn try_cos(self) -> Result<Self, Error> {
        self.unary(Cos)
    }
}
