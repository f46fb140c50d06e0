//! `mish`: x tanh(log(1 + eˣ)).
use super::elementwise::EVERYWHERE;
use super::twofold::Twofold;
use super::{Delta, Flow, Level, Notation, Unary};
use crate::error::or_panic;
use crate::{Error, Real, Var};

/// y = x t(x) with t(x) = tanh(log(1 + eˣ)), dy/dx = t + x t′, the operation [`MishSlope`]. 0 at −∞.
///
/// D. Misra, *Mish: a self regularized non-monotonic activation function*, arXiv:1908.08681 (2019).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Mish;

/// s = t + x t′, the slope of mish; ds/dx = t′ (2 + x (1 − σ(x) (1 + 2t))), where t′ = (1 − t²) σ(x).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct MishSlope;

/// With e = e⁻ˡˣˡ, t is e (e + 2)/(e² + 2e + 2) on the left and (1 + 2e)/(1 + 2e + 2e²) on the right.
fn mish(x: f64) -> f64 {
    if x < -700.0 {
        // Half of the exponent twice, for eˣ is subnormal before the product is.
        let half = (0.5 * x.max(-1600.0)).exp();
        return if half == 0.0 || x < -1600.0 { -0.0 } else { (x * half) * half };
    }
    let e = (-x.abs()).exp();
    let (top, rest) = if x < 0.0 { (e * (e + 2.0), 2.0) } else { (1.0 + 2.0 * e, 2.0 * e * e) };
    x * (top / (top + rest))
}

/// The same denominators, squared, under t + x t′ as one fraction.
fn mish_slope(x: f64) -> f64 {
    if x.abs() > 1600.0 {
        return if x > 0.0 { 1.0 } else { -0.0 };
    }
    if x < -700.0 {
        let half = (0.5 * x).exp();
        return ((1.0 + x) * half) * half;
    }
    let e = (-x.abs()).exp();
    if x < 0.0 {
        let below = Twofold::sum(e, 2.0).times(Twofold::sum(e, 0.0)).plus(2.0);
        // 1 + x comes first, for it is exact beside the zero at −1.192…
        let top = 4.0 * Twofold::sum(1.0, x).times(Twofold::sum(1.0, e)).hi + e * (2.0 + e * (4.0 + e));
        return e * top / below.times(below).hi;
    }
    let below = Twofold::sum(e, 1.0).times(Twofold::sum(2.0 * e, 0.0)).plus(1.0);
    let top = (1.0 + 2.0 * e) * below.hi + 4.0 * x * (1.0 + e) * e * e;
    top / below.times(below).hi
}

impl Unary for Mish {
    const NAME: &'static str = "mish";
    const SAMPLES: &'static [f64] = EVERYWHERE;
    const GOLDEN: &'static [(f64, f64)] = &[
        (0.0, 0.0),
        (1e-10, 6.000_000_000_32e-11),
        (0.5, 0.375_245_211_304_895_13),
        (-0.5, -0.220_743_774_651_73),
        (3.0, 2.986_535_004_967_957_5),
        (-3.0, -0.145_647_461_275_624_58),
        (50.0, 50.0),
        (-40.0, -1.699_341_702_116_635_5e-16),
        (-705.5, -2.842_758_948_877_550_3e-304),
        (-740.0, -3.099_67e-319),
        (f64::INFINITY, f64::INFINITY),
        (f64::NEG_INFINITY, -0.0),
    ];
    const ULPS: f64 = 3.0;
    const FLOPS: u64 = 24;

    fn f<T: Real>(&self, x: T) -> T {
        T::lit(mish(x.to_f64()))
    }

    fn times_partial<'t>(&self, x: Var<'t>, _y: Var<'t>, delta: Delta<'t>) -> Flow<'t> {
        Some(delta.times(or_panic(x.unary(MishSlope))))
    }
}

impl Unary for MishSlope {
    const NAME: &'static str = "mish_slope";
    const SAMPLES: &'static [f64] = EVERYWHERE;
    const GOLDEN: &'static [(f64, f64)] = &[
        (0.0, 0.6),
        (1e-10, 0.600_000_000_064),
        (0.5, 0.886_424_375_357_727_2),
        (-0.5, 0.289_510_677_913_512_2),
        (3.0, 1.021_106_910_929_443_7),
        (-3.0, -0.093_393_114_532_320_84),
        (50.0, 1.0),
        (-40.0, -1.656_858_159_563_719_7e-16),
        (-705.5, -2.838_729_524_428_397e-304),
        (-740.0, -3.095_47e-319),
        (f64::INFINITY, 1.0),
        (f64::NEG_INFINITY, -0.0),
    ];
    const ULPS: f64 = 4.0;
    const FLOPS: u64 = 32;

    fn f<T: Real>(&self, x: T) -> T {
        T::lit(mish_slope(x.to_f64()))
    }

    /// Where t′ is 0 so is the product, at ±∞ too.
    fn times_partial<'t>(&self, x: Var<'t>, _y: Var<'t>, delta: Delta<'t>) -> Flow<'t> {
        let (inner, weight) = (x.softplus(), x.sigmoid());
        let slope = inner.sech2() * weight;
        let delta = delta.only_where(slope.ne(0.0)).times(slope);
        Some(delta.times(x * (1.0 - weight * (inner.tanh() * 2.0 + 1.0)) + 2.0))
    }

    fn notation(&self) -> Notation {
        Notation::template("mish′({0})", "\\operatorname{mish}'({0})", Level::Atom, Level::Relation)
    }
}

impl Var<'_> {
    /// x tanh(log(1 + eˣ)), elementwise. 0 at −∞.
    ///
    /// ```
    /// use cinta_graph::Tape;
    /// let tape = Tape::new();
    /// let x = tape.var([0.0, 50.0]);
    /// assert_eq!(x.mish().value(), ndarray::array![0.0, 50.0]);
    /// let slope = x.mish().sum().grad(x).to_array::<f64>();
    /// assert!((slope[0] - 0.6).abs() < 1e-15);
    /// ```
    ///
    /// # Panics
    /// On integers and truth values.
    #[must_use]
    #[track_caller]
    pub fn mish(self) -> Self {
        or_panic(self.try_mish())
    }

    /// [`mish`](Self::mish), with the error returned.
    #[track_caller]
    pub fn try_mish(self) -> Result<Self, Error> {
        self.unary(Mish)
    }
}
