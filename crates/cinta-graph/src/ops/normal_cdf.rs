//! `normal_cdf`: the distribution function of the normal distribution.
use std::f64::consts::FRAC_1_SQRT_2;

use super::elementwise::EVERYWHERE;
use super::twofold::Twofold;
use super::{Delta, Flow, Level, Notation, Unary};
use crate::error::or_panic;
use crate::{Error, Real, Var};

/// y = Φ(x) = ½ erfc(−x/√2), dy/dx = φ(x) = e^(−x²/2)/√(2π).
///
/// Value and derivatives keep their digits to the end of the left tail, where y is φ(x) times Mills' ratio.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct NormalCdf;

impl Unary for NormalCdf {
    const NAME: &'static str = "normal_cdf";
    const SAMPLES: &'static [f64] = EVERYWHERE;
    const GOLDEN: &'static [(f64, f64)] = &[
        (0.0, 0.5),
        (1e-10, 0.500_000_000_039_894_2),
        (0.5, 0.691_462_461_274_013_1),
        (-0.5, 0.308_537_538_725_986_9),
        (1.0, 0.841_344_746_068_542_9),
        (-0.99, 0.161_087_059_510_830_9),
        (-1.01, 0.156_247_645_021_254_6),
        (2.0, 0.977_249_868_051_820_8),
        (-2.0, 0.022_750_131_948_179_21),
        (6.5, 0.999_999_999_959_84),
        (-6.5, 4.016_000_583_859_118e-11),
        (9.0, 1.0),
        (-10.3, 3.523_065_078_926_412_4e-25),
        (-20.7, 1.731_851_879_019_737_8e-95),
        (-30.1, 2.422_667_217_985_758_6e-199),
        (-37.5, 4.605_353_009_581_955e-308),
        (-39.0, 0.0),
        (f64::INFINITY, 1.0),
        (f64::NEG_INFINITY, 0.0),
        (1e200, 1.0),
        (-1e200, 0.0),
    ];
    const ULPS: f64 = 3.0;
    const FLOPS: u64 = 32;

    fn f<T: Real>(&self, x: T) -> T {
        T::lit(normal_cdf(x.to_f64()))
    }

    fn times_partial<'t>(&self, x: Var<'t>, _y: Var<'t>, delta: Delta<'t>) -> Flow<'t> {
        Some(delta.times(x.normal_pdf()))
    }

    fn notation(&self) -> Notation {
        Notation::template("Φ({0})", "\\Phi({0})", Level::Atom, Level::Relation)
    }
}

impl Var<'_> {
    /// The probability Φ(x) of less than x under the normal distribution, elementwise, accurate in its left tail; of more
    /// than x it is Φ(−x). For its logarithm see [`log_normal_cdf`](Self::log_normal_cdf).
    ///
    /// ```
    /// use cinta_graph::Tape;
    /// let tape = Tape::new();
    /// let x = tape.var([0.0, -10.0]);
    /// let y = x.normal_cdf().to_array::<f64>();
    /// assert_eq!(y[0], 0.5);
    /// assert!((y[1] / 7.619_853_024_160_527e-24 - 1.0).abs() < 1e-15);
    /// ```
    ///
    /// # Panics
    /// On integers and truth values.
    #[must_use]
    #[track_caller]
    pub fn normal_cdf(self) -> Self {
        or_panic(self.try_normal_cdf())
    }

    /// [`normal_cdf`](Self::normal_cdf), with the error returned.
    #[track_caller]
    pub fn try_normal_cdf(self) -> Result<Self, Error> {
        self.unary(NormalCdf)
    }
}

/// Φ(x) = ½ erfc(u) with u = −x/√2. What rounding u takes away counts in the left tail: erfc falls by its own size over
/// a distance that lies between 1/(u + √(u² + 2)) and 1/(u + √(u² + 4/π)).
///
/// M. Abramowitz and I. A. Stegun, *Handbook of Mathematical Functions*, 7.1.13.
pub(super) fn normal_cdf(x: f64) -> f64 {
    /// What rounding 1/√2 takes away.
    const REST: f64 = -4.833_646_656_726_457e-17;
    if x.abs() > 40.0 {
        return if x > 0.0 { 1.0 } else { 0.0 };
    }
    let u = Twofold::product(-x, FRAC_1_SQRT_2);
    let missing = u.lo - x * REST;
    let tail = libm::erfc(u.hi);
    0.5 * (tail - tail * (missing * (u.hi + (u.hi * u.hi + 1.6).sqrt())))
}
