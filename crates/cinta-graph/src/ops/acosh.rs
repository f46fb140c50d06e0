//! `acosh`: elementwise inverse hyperbolic cosine.
use super::{Delta, Flow, Unary};
use crate::error::or_panic;
use crate::{Error, Real, Var};

/// y = acosh(x) = log(x + √(x² − 1)) for x ≥ 1, dy/dx = 1/√(x² − 1).
///
/// By IEEE arithmetic the derivative is +∞ at 1, and all is NaN below. √(x² − 1) is written √(x − 1) √(x + 1), which
/// neither cancels nor overflows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Acosh;

impl Unary for Acosh {
    const NAME: &'static str = "acosh";
    const SAMPLES: &'static [f64] = &[1.2, 1.6, 2.3, 3.5, 8.0];
    const GOLDEN: &'static [(f64, f64)] = &[
        (1.0, 0.0),
        (1.000_000_000_000_000_2, 2.107_342_425_544_701_4e-8),
        (1.000_000_1, 0.000_447_213_591_903_734_7),
        (1.5, 0.962_423_650_119_206_9),
        (2.0, 1.316_957_896_924_816_8),
        (3.75, 1.996_631_518_498_571_7),
        (100.0, 5.298_292_365_610_485),
        (1e22, 51.350_019_226_428_95),
        (1e200, 461.210_165_779_369_1),
        (1.7e308, 710.419_984_073_788_2),
        (f64::INFINITY, f64::INFINITY),
        (0.5, f64::NAN),
        (-2.0, f64::NAN),
        (-1e5, f64::NAN),
    ];
    const ULPS: f64 = 2.0;
    const FLOPS: u64 = 16;

    /// The standard library's loses digits beside 1; `libm`'s has values for some x far below.
    fn f<T: Real>(&self, x: T) -> T {
        let x = x.to_f64();
        T::lit(if x < 1.0 { f64::NAN } else { libm::acosh(x) })
    }

    fn times_partial<'t>(&self, x: Var<'t>, _y: Var<'t>, delta: Delta<'t>) -> Flow<'t> {
        Some(delta.over((x - 1.0).sqrt()).over((x + 1.0).sqrt()))
    }
}

impl Var<'_> {
    /// Elementwise inverse hyperbolic cosine, log(x + √(x² − 1)); NaN for x < 1.
    ///
    /// ```
    /// use cinta_graph::Tape;
    /// let tape = Tape::new();
    /// let x = tape.var([1.0, 1.25]);
    /// let y = x.acosh().to_array::<f64>();
    /// assert!((y[1] - 2.0_f64.ln()).abs() < 1e-15);
    /// let slope = x.acosh().sum().grad(x).to_array::<f64>();
    /// assert_eq!(slope[0], f64::INFINITY);
    /// assert!((slope[1] - 4.0 / 3.0).abs() < 1e-15);
    /// ```
    ///
    /// # Panics
    /// On integers and truth values.
    #[must_use]
    #[track_caller]
    pub fn acosh(self) -> Self {
        or_panic(self.try_acosh())
    }

    /// [`acosh`](Self::acosh), with the error returned.
    #[track_caller]
    pub fn try_acosh(self) -> Result<Self, Error> {
        self.unary(Acosh)
    }
}
