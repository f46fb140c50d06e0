//! `atan2`: the angle of a point, elementwise.
use super::{Binary, Delta, Flow, Notation};
use crate::error::or_panic;
use crate::{Error, Operand, Real, Var};

/// θ = atan2(y, x), the angle of the point (x, y) from −π to π; ∂θ/∂y = x/(x² + y²), ∂θ/∂x = −y/(x² + y²).
///
/// By IEEE arithmetic the angle of (0, 0) is 0, or ±π if x is −0, and its derivatives are NaN. x² + y² is never
/// computed, so nothing overflows or vanishes, and nothing cancels in derivatives of any order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Atan2;

impl Binary for Atan2 {
    const NAME: &'static str = "atan2";
    const SAMPLES: &'static [(f64, f64)] = &[(1.5, -0.5), (-2.25, 0.75), (0.1, 3.0), (-0.7, -1.25)];
    const GOLDEN: &'static [(f64, f64, f64)] = &[
        (1.0, 1.0, std::f64::consts::FRAC_PI_4),
        (-0.5, 2.0, -0.244_978_663_126_864_14),
        (3.0, -0.1, 1.604_117_322_673_143_8),
        (-1e-10, -1.0, -3.141_592_653_489_793),
        (1e-10, 1.0, 1e-10),
        (2.5, 0.0, std::f64::consts::FRAC_PI_2),
        (-2.5, 0.0, -std::f64::consts::FRAC_PI_2),
        (3e200, 4e200, 0.643_501_108_793_284_4),
        (1e-200, -2e-200, 2.677_945_044_588_987),
        (5e-324, 4e-320, 0.000_123_517_785_933_109_22),
        (0.0, 0.0, 0.0),
        (0.0, -1.0, std::f64::consts::PI),
        (-0.0, -1.0, -std::f64::consts::PI),
        (-0.0, 2.0, -0.0),
        (f64::INFINITY, 1.0, std::f64::consts::FRAC_PI_2),
        (1.0, f64::INFINITY, 0.0),
        (1.0, f64::NEG_INFINITY, std::f64::consts::PI),
    ];
    const FLOPS: u64 = 16;

    fn f<T: Real>(y: T, x: T) -> T {
        y.atan2(x)
    }

    fn times_partial<'t>(i: usize, [y, x]: [Var<'t>; 2], _angle: Var<'t>, delta: Delta<'t>) -> Flow<'t> {
        let h = y.hypot(x);
        // One partial, not two factors: at (0, 0) it is 0/0, and no zero of a masked delta hides that.
        Some(if i == 0 { delta.times(x.direction(y) / h) } else { -delta.times(y.direction(x) / h) })
    }

    fn notation() -> Notation {
        Notation::function("atan2")
    }
}

impl<'t> Var<'t> {
    /// The angle of the point (x, y) in radians from −π to π, elementwise, broadcast as in NumPy: `y.atan2(x)`.
    ///
    /// ```
    /// use cinta_graph::Tape;
    /// let tape = Tape::new();
    /// let (y, x) = (tape.var(1.0), tape.var(-1.0));
    /// let angle = y.atan2(x);
    /// assert_eq!(angle.item(), 0.75 * std::f64::consts::PI);
    /// let [dy, dx] = angle.grad([y, x]);
    /// assert!((dy.item() + 0.5).abs() < 1e-15 && (dx.item() + 0.5).abs() < 1e-15);
    /// ```
    ///
    /// # Panics
    /// On integers and truth values, or if dtypes differ or shapes do not broadcast.
    #[must_use]
    #[track_caller]
    pub fn atan2(self, x: impl Operand<'t>) -> Self {
        or_panic(self.try_atan2(x))
    }

    /// [`atan2`](Self::atan2), with the error returned.
    #[track_caller]
    pub fn try_atan2(self, x: impl Operand<'t>) -> Result<Self, Error> {
        self.binary(Atan2, x)
    }
}
