//! `tan`: elementwise tangent.
use super::elementwise::EVERYWHERE;
use super::{Delta, Flow, Notation, Unary};
use crate::error::or_panic;
use crate::{Error, Real, Var};

/// y = tan(x), dy/dx = 1 + y². NaN at ±∞. No number is exactly at a pole, so the values beside poles are large but
/// finite.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Tan;

impl Unary for Tan {
    const NAME: &'static str = "tan";
    const SAMPLES: &'static [f64] = EVERYWHERE;
    const GOLDEN: &'static [(f64, f64)] = &[
        (0.0, 0.0),
        (-0.0, -0.0),
        (1e-10, 1e-10),
        (0.5, 0.546_302_489_843_790_5),
        (-1.0, -1.557_407_724_654_902_3),
        (2.5, -0.747_022_297_238_660_3),
        (std::f64::consts::FRAC_PI_2, 1.633_123_935_319_537e16),
        (-100.0, 0.587_213_915_156_929_1),
        (100_000.0, -0.035_771_662_952_898_776),
        (1e22, -1.628_778_225_606_898_8),
    ];
    const FLOPS: u64 = 12;

    fn f<T: Real>(&self, x: T) -> T {
        x.tan()
    }

    fn times_partial<'t>(&self, _x: Var<'t>, y: Var<'t>, delta: Delta<'t>) -> Flow<'t> {
        Some(delta.times(y.square() + 1.0))
    }

    fn notation(&self) -> Notation {
        Notation { latex: "\\tan({0})".into(), ..Notation::function("tan") }
    }
}

impl Var<'_> {
    /// Elementwise tangent of an angle in radians.
    ///
    /// ```
    /// use cinta_graph::Tape;
    /// let tape = Tape::new();
    /// let x = tape.var(0.5);
    /// assert_eq!(x.tan().item(), 0.5_f64.tan());
    /// assert_eq!(x.tan().grad(x).item(), 1.0 + 0.5_f64.tan().powi(2));
    /// ```
    ///
    /// # Panics
    /// On integers and truth values.
    #[must_use]
    #[track_caller]
    pub fn tan(self) -> Self {
        or_panic(self.try_tan())
    }

    /// [`tan`](Self::tan), with the error returned.
    #[track_caller]
    pub fn try_tan(self) -> Result<Self, Error> {
        self.unary(Tan)
    }
}
