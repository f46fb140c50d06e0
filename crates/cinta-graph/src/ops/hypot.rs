//! `hypot`: √(a² + b²), elementwise.
use super::{Binary, Delta, Flow, Level, Notation};
use crate::error::or_panic;
use crate::{Error, Operand, Real, Var};

/// y = √(a² + b²), ∂y/∂a = a/y, ∂y/∂b = b/y.
///
/// Nothing overflows or vanishes on the way. At (0, 0), the tip of the cone, derivatives of every order are 0, the
/// first one a subgradient. The rules use [`Var::direction`], in which nothing cancels however far a and b are apart.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Hypot;

impl Binary for Hypot {
    const NAME: &'static str = "hypot";
    const SAMPLES: &'static [(f64, f64)] = &[(1.5, -0.5), (-2.25, 0.75), (0.1, 3.0)];
    const GOLDEN: &'static [(f64, f64, f64)] = &[
        (3.0, 4.0, 5.0),
        (-1.0, 1.0, std::f64::consts::SQRT_2),
        (0.1, -0.7, 0.707_106_781_186_547_5),
        (0.0, 0.0, 0.0),
        (-0.0, -2.5, 2.5),
        (1e-10, 1.0, 1.0),
        (3e200, 4e200, 4.999_999_999_999_999_5e200),
        (1e-200, -2e-200, 2.236_067_977_499_789_7e-200),
        (5e-324, 4e-320, 4e-320),
        (1e308, -1e308, 1.414_213_562_373_095_1e308),
        (f64::INFINITY, 1.0, f64::INFINITY),
        (f64::NEG_INFINITY, f64::NAN, f64::INFINITY),
        (1.0, f64::NEG_INFINITY, f64::INFINITY),
    ];
    const FLOPS: u64 = 12;

    fn f<T: Real>(a: T, b: T) -> T {
        a.hypot(b)
    }

    fn times_partial<'t>(i: usize, x: [Var<'t>; 2], _y: Var<'t>, delta: Delta<'t>) -> Flow<'t> {
        Some(delta.times(x[i].direction(x[1 - i])))
    }

    fn notation() -> Notation {
        Notation::template("√({0}² + {1}²)", "\\sqrt{{0}^2 + {1}^2}", Level::Postfix, Level::Atom)
    }
}

impl<'t> Var<'t> {
    /// √(a² + b²), elementwise, broadcast as in NumPy; for a norm of more than two numbers, see [`norm`](Self::norm).
    ///
    /// ```
    /// use cinta_graph::Tape;
    /// let tape = Tape::new();
    /// let (a, b) = (tape.var([3e200, 0.0]), tape.var([4e200, 0.0]));
    /// let y = a.hypot(b);
    /// let (length, slope) = (y.to_array::<f64>(), y.sum().grad(a).to_array::<f64>());
    /// assert!((length[0] / 5e200 - 1.0).abs() < 1e-15 && (slope[0] - 0.6).abs() < 1e-15);
    /// assert_eq!((length[1], slope[1]), (0.0, 0.0));
    /// ```
    ///
    /// # Panics
    /// On integers and truth values, or if dtypes differ or shapes do not broadcast.
    #[must_use]
    #[track_caller]
    pub fn hypot(self, other: impl Operand<'t>) -> Self {
        or_panic(self.try_hypot(other))
    }

    /// [`hypot`](Self::hypot), with the error returned.
    #[track_caller]
    pub fn try_hypot(self, other: impl Operand<'t>) -> Result<Self, Error> {
        self.binary(Hypot, other)
    }
}
