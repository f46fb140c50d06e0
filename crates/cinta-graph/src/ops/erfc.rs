//! `erfc`: the complementary error function.
use super::elementwise::EVERYWHERE;
use super::{Delta, Flow, Unary};
use crate::error::or_panic;
use crate::{Error, Real, Var};

/// y = erfc(x) = 1 − erf(x), dy/dx = −2/√π e^(−x²). Value and derivatives keep their digits to the end of the right tail.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Erfc;

impl Unary for Erfc {
    const NAME: &'static str = "erfc";
    const SAMPLES: &'static [f64] = EVERYWHERE;
    const GOLDEN: &'static [(f64, f64)] = &[
        (0.0, 1.0),
        (1e-10, 0.999_999_999_887_162),
        (0.5, 0.479_500_122_186_953_5),
        (-0.84, 1.765_142_711_454_994_5),
        (1.0, 0.157_299_207_050_285_13),
        (-2.0, 1.995_322_265_018_952_8),
        (3.5, 7.430_983_723_414_128e-7),
        (5.9, 7.190_409_783_550_478e-17),
        (-6.0, 2.0),
        (10.0, 2.088_487_583_762_545e-45),
        (20.3, 2.985_318_180_601_636e-181),
        (26.5, 2.210_907_664_263_734_3e-307),
        (30.0, 0.0),
        (f64::INFINITY, 0.0),
        (f64::NEG_INFINITY, 2.0),
    ];
    const FLOPS: u64 = 32;

    fn f<T: Real>(&self, x: T) -> T {
        T::lit(libm::erfc(x.to_f64()))
    }

    fn times_partial<'t>(&self, x: Var<'t>, _y: Var<'t>, delta: Delta<'t>) -> Flow<'t> {
        Some(-delta.times(x.gaussian()).scale(std::f64::consts::FRAC_2_SQRT_PI))
    }
}

impl Var<'_> {
    /// The complementary error function erfc(x) = 1 − [`erf`](Self::erf)(x), elementwise, accurate in its right tail.
    ///
    /// ```
    /// use cinta_graph::Tape;
    /// let tape = Tape::new();
    /// let x = tape.var([0.0, 10.0]);
    /// let y = x.erfc().to_array::<f64>();
    /// assert_eq!(y[0], 1.0);
    /// assert!((y[1] / 2.088_487_583_762_545e-45 - 1.0).abs() < 1e-15); // 1 − erf(10) is 0
    /// ```
    ///
    /// # Panics
    /// On integers and truth values.
    #[must_use]
    #[track_caller]
    pub fn erfc(self) -> Self {
        or_panic(self.try_erfc())
    }

    /// [`erfc`](Self::erfc), with the error returned.
    #[track_caller]
    pub fn try_erfc(self) -> Result<Self, Error> {
        self.unary(Erfc)
    }
}
