//! `erf`: the error function.
use super::elementwise::EVERYWHERE;
use super::{Delta, Flow, Unary};
use crate::error::or_panic;
use crate::{Error, Real, Var};

/// y = erf(x) = 2/√π ∫₀ˣ e^(−t²) dt, dy/dx = 2/√π e^(−x²). Derivatives keep their digits to the end of the tails.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Erf;

impl Unary for Erf {
    const NAME: &'static str = "erf";
    const SAMPLES: &'static [f64] = EVERYWHERE;
    const GOLDEN: &'static [(f64, f64)] = &[
        (0.0, 0.0),
        (-0.0, -0.0),
        (1e-10, 1.128_379_167_095_512_6e-10),
        (1e-310, 1.128_379_167_095_5e-310),
        (0.5, 0.520_499_877_813_046_5),
        (-0.84, -0.765_142_711_454_994_5),
        (1.0, 0.842_700_792_949_714_9),
        (-2.0, -0.995_322_265_018_952_7),
        (3.5, 0.999_999_256_901_627_6),
        (5.9, 0.999_999_999_999_999_9),
        (-6.0, -1.0),
        (f64::INFINITY, 1.0),
        (f64::NEG_INFINITY, -1.0),
    ];
    const FLOPS: u64 = 32;

    fn f<T: Real>(&self, x: T) -> T {
        T::lit(libm::erf(x.to_f64()))
    }

    fn times_partial<'t>(&self, x: Var<'t>, _y: Var<'t>, delta: Delta<'t>) -> Flow<'t> {
        Some(delta.times(x.gaussian()).scale(std::f64::consts::FRAC_2_SQRT_PI))
    }
}

impl Var<'_> {
    /// The error function erf(x) = 2/√π ∫₀ˣ e^(−t²) dt, elementwise. For the small rest where it is close to ±1, see
    /// [`erfc`](Self::erfc).
    ///
    /// ```
    /// use cinta_graph::Tape;
    /// let tape = Tape::new();
    /// let x = tape.var([0.0, 0.5]);
    /// assert_eq!(x.erf().to_array::<f64>()[1], 0.520_499_877_813_046_5);
    /// assert_eq!(x.erf().sum().grad(x).to_array::<f64>()[0], std::f64::consts::FRAC_2_SQRT_PI);
    /// ```
    ///
    /// # Panics
    /// On integers and truth values.
    #[must_use]
    #[track_caller]
    pub fn erf(self) -> Self {
        or_panic(self.try_erf())
    }

    /// [`erf`](Self::erf), with the error returned.
    #[track_caller]
    pub fn try_erf(self) -> Result<Self, Error> {
        self.unary(Erf)
    }
}
