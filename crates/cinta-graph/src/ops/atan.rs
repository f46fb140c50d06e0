//! `atan`: elementwise inverse tangent.
use super::elementwise::EVERYWHERE;
use super::{Delta, Flow, Notation, Unary};
use crate::error::or_panic;
use crate::{Error, Real, Var};

/// y = atan(x) from −π/2 to π/2, dy/dx = 1/(1 + x²).
///
/// 1 + x² is written hypot(x, 1)², which does not overflow: derivatives keep their digits in the tails.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Atan;

impl Unary for Atan {
    const NAME: &'static str = "atan";
    const SAMPLES: &'static [f64] = EVERYWHERE;
    const GOLDEN: &'static [(f64, f64)] = &[
        (0.0, 0.0),
        (-0.0, -0.0),
        (1e-10, 1e-10),
        (0.5, 0.463_647_609_000_806_1),
        (-1.0, -std::f64::consts::FRAC_PI_4),
        (2.5, 1.190_289_949_682_531_7),
        (-100.0, -1.560_796_660_108_231_5),
        (1e22, std::f64::consts::FRAC_PI_2),
        (1e-310, 1e-310),
        (f64::INFINITY, std::f64::consts::FRAC_PI_2),
        (f64::NEG_INFINITY, -std::f64::consts::FRAC_PI_2),
    ];
    const FLOPS: u64 = 12;

    fn f<T: Real>(&self, x: T) -> T {
        x.atan()
    }

    fn times_partial<'t>(&self, x: Var<'t>, _y: Var<'t>, delta: Delta<'t>) -> Flow<'t> {
        let h = x.hypot(1.0);
        Some(delta.over(h).over(h))
    }

    fn notation(&self) -> Notation {
        Notation { latex: "\\arctan({0})".into(), ..Notation::function("atan") }
    }
}

impl Var<'_> {
    /// Elementwise inverse tangent, in radians from −π/2 to π/2. Of a quotient, see [`atan2`](Self::atan2).
    ///
    /// ```
    /// use cinta_graph::Tape;
    /// let tape = Tape::new();
    /// let x = tape.var([0.0, 3.0]);
    /// assert_eq!(x.atan().to_array::<f64>()[1], 3.0_f64.atan());
    /// let slope = x.atan().sum().grad(x).to_array::<f64>();
    /// assert_eq!(slope[0], 1.0);
    /// assert!((slope[1] - 0.1).abs() < 1e-15);
    /// ```
    ///
    /// # Panics
    /// On integers and truth values.
    #[must_use]
    #[track_caller]
    pub fn atan(self) -> Self {
        or_panic(self.try_atan())
    }

    /// [`atan`](Self::atan), with the error returned.
    #[track_caller]
    pub fn try_atan(self) -> Result<Self, Error> {
        self.unary(Atan)
    }
}
