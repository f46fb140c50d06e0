//! `gelu`: x Φ(x).
use super::elementwise::EVERYWHERE;
use super::gaussian::{Gaussian, gaussian, parts};
use super::mills::mills;
use super::normal_cdf::normal_cdf;
use super::twofold::Twofold;
use super::{Delta, Flow, Level, Notation, Unary};
use crate::error::or_panic;
use crate::{Error, Real, Var};

/// y = x Φ(x) with the distribution function Φ of the normal distribution, dy/dx = Φ(x) + x φ(x), the operation
/// [`GeluSlope`]. 0 at −∞.
///
/// D. Hendrycks and K. Gimpel, *Gaussian error linear units*, arXiv:1606.08415 (2016).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Gelu;

/// s = Φ(x) + x φ(x), the slope of gelu; ds/dx = φ(x) (2 − x²).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct GeluSlope;

/// From here on Φ(x) is φ(x) times Mills' ratio, with φ(x) in two halves, for it is subnormal before the product is.
const TAIL: f64 = -37.0;

/// 1/√(2π).
const FACTOR: Twofold = Twofold { hi: 0.398_942_280_401_432_7, lo: -2.492_327_202_277_73e-17 };

/// c φ(x) there.
fn times_density(c: f64, x: f64) -> f64 {
    let half = gaussian(4, x);
    c * FACTOR.hi * half * half
}

/// x φ(x), of which Φ(x) takes away about half where the slope bends: one rounding more than that of the exponential.
fn x_density(x: f64) -> f64 {
    let (top, rest) = parts(2, x);
    let scaled = FACTOR.times(Twofold { hi: x, lo: 0.0 });
    scaled.hi * top + (scaled.hi * rest + scaled.lo) * top
}

impl Unary for Gelu {
    const NAME: &'static str = "gelu";
    const SAMPLES: &'static [f64] = EVERYWHERE;
    const GOLDEN: &'static [(f64, f64)] = &[
        (0.0, 0.0),
        (1e-10, 5.000_000_000_398_942e-11),
        (0.5, 0.345_731_230_637_006_56),
        (-0.5, -0.154_268_769_362_993_44),
        (3.0, 2.995_950_305_905_11),
        (-3.0, -0.004_049_694_094_890_283_5),
        (40.0, 40.0),
        (-10.0, -7.619_853_024_160_526e-23),
        (-37.3, -3.060_649_577_159_178e-303),
        (-38.25, -7.954_8e-319),
        (f64::INFINITY, f64::INFINITY),
        (f64::NEG_INFINITY, -0.0),
    ];
    const ULPS: f64 = 3.0;
    const FLOPS: u64 = 40;

    fn f<T: Real>(&self, x: T) -> T {
        let x = x.to_f64();
        T::lit(match x {
            x if x < -40.0 => -0.0,
            x if x < TAIL => times_density(x * mills(0, x), x),
            x => x * normal_cdf(x),
        })
    }

    fn times_partial<'t>(&self, x: Var<'t>, _y: Var<'t>, delta: Delta<'t>) -> Flow<'t> {
        Some(delta.times(or_panic(x.unary(GeluSlope))))
    }
}

impl Unary for GeluSlope {
    const NAME: &'static str = "gelu_slope";
    const SAMPLES: &'static [f64] = EVERYWHERE;
    const GOLDEN: &'static [(f64, f64)] = &[
        (0.0, 0.5),
        (1e-10, 0.500_000_000_079_788_5),
        (0.5, 0.867_495_124_656_162_9),
        (-0.5, 0.132_504_875_343_837_15),
        (3.0, 1.011_945_647_204_184),
        (-3.0, -0.011_945_647_204_183_927),
        (40.0, 1.0),
        (-10.0, -7.618_400_096_464_814e-22),
        (-37.3, -1.141_621_116_944_990_8e-301),
        (-38.25, -3.042_703e-317),
        (f64::INFINITY, 1.0),
        (f64::NEG_INFINITY, -0.0),
    ];
    const ULPS: f64 = 4.0;
    const FLOPS: u64 = 64;

    fn f<T: Real>(&self, x: T) -> T {
        let x = x.to_f64();
        T::lit(match x {
            x if x.abs() > 40.0 => {
                if x > 0.0 {
                    1.0
                } else {
                    -0.0
                }
            }
            x if x < TAIL => times_density(mills(0, x) + x, x),
            x => normal_cdf(x) + x_density(x),
        })
    }

    /// Where φ is 0 so is the product, at ±∞ too.
    fn times_partial<'t>(&self, x: Var<'t>, _y: Var<'t>, delta: Delta<'t>) -> Flow<'t> {
        let bell = or_panic(x.unary(Gaussian { n: 2 })); // √(2π) φ(x)
        Some(delta.only_where(bell.ne(0.0)).times(bell).times((2.0 - x.square()) * FACTOR.hi))
    }

    fn notation(&self) -> Notation {
        Notation::template("gelu′({0})", "\\operatorname{gelu}'({0})", Level::Atom, Level::Relation)
    }
}

impl Var<'_> {
    /// x Φ(x) with the distribution function Φ of the normal distribution, elementwise; accurate in its left tail.
    ///
    /// ```
    /// use cinta_graph::Tape;
    /// let tape = Tape::new();
    /// let x = tape.var([0.0, 1.0, -10.0]);
    /// let y = x.gelu().to_array::<f64>();
    /// assert!((y[1] - 0.841_344_746_068_543).abs() < 1e-15);
    /// assert!((y[2] / -7.619_853_024_160_527e-23 - 1.0).abs() < 1e-15);
    /// assert_eq!(x.gelu().sum().grad(x).to_array::<f64>()[0], 0.5);
    /// ```
    ///
    /// # Panics
    /// On integers and truth values.
    #[must_use]
    #[track_caller]
    pub fn gelu(self) -> Self {
        or_panic(self.try_gelu())
    }

    /// [`gelu`](Self::gelu), with the error returned.
    #[track_caller]
    pub fn try_gelu(self) -> Result<Self, Error> {
        self.unary(Gelu)
    }
}
