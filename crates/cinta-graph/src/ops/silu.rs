//! `silu`: x σ(x), also called swish.
use super::elementwise::EVERYWHERE;
use super::twofold::Twofold;
use super::{Delta, Flow, Level, Notation, Unary};
use crate::error::or_panic;
use crate::{Error, Real, Var};

/// y = x σ(x), dy/dx = σ(x) (1 + x σ(−x)), the operation [`SiluSlope`].
///
/// 0 at −∞. An operation of its own, like gelu and mish beside it, because σ(x) vanishes in the left tail before y does, and
/// because the derivative of a product, a sum of two terms, loses digits from its zero at −1.278… to the left.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Silu;

/// s = σ(x) (1 + x σ(−x)), the slope of silu; ds/dx = σ′(x) (2 − x tanh(x/2)).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct SiluSlope;

/// x σ(v), where v → −∞ faster than x does.
pub(super) fn weighted(x: f64, v: Twofold) -> f64 {
    if v.hi.abs() > 800.0 {
        return if v.hi > 0.0 { x } else { -0.0 };
    }
    if v.hi < -700.0 {
        // Half of the exponent twice, for e^v is subnormal before the product is.
        let half = (0.5 * v.hi).exp();
        return (x * half) * half * (1.0 + v.lo);
    }
    let e = exp_of_minus(v);
    x * if v.hi < 0.0 { e } else { 1.0 } / (1.0 + e)
}

/// The slope σ(v) (1 + w σ(−v)) of [`weighted`] with w = x v′: over (1 + e)², where 1 + w is added before the small e. What
/// rounding 1 + e takes away is put back, to first order.
pub(super) fn weighted_slope(w: Twofold, v: Twofold) -> f64 {
    if v.hi.abs() > 800.0 {
        return if v.hi > 0.0 { 1.0 } else { -0.0 };
    }
    let one_and_w = w.plus(1.0).hi;
    if v.hi < -700.0 {
        let half = (0.5 * v.hi).exp();
        return (one_and_w * half) * half * (1.0 + v.lo);
    }
    let e = exp_of_minus(v);
    let sum = 1.0 + e;
    let top = if v.hi < 0.0 { e * (one_and_w + e) } else { 1.0 + (e + w.hi * e) };
    let slope = top / (sum * sum);
    slope - slope * (2.0 * (e - (sum - 1.0))) / sum
}

/// e⁻ˡᵛˡ.
fn exp_of_minus(v: Twofold) -> f64 {
    let e = (-v.hi.abs()).exp();
    e - e * (v.lo * v.hi.signum())
}

impl Unary for Silu {
    const NAME: &'static str = "silu";
    const SAMPLES: &'static [f64] = EVERYWHERE;
    const GOLDEN: &'static [(f64, f64)] = &[
        (0.0, 0.0),
        (1e-10, 5.000_000_000_25e-11),
        (0.5, 0.311_229_665_600_927_3),
        (-0.5, -0.188_770_334_399_072_73),
        (3.0, 2.857_722_380_467_299_8),
        (-3.0, -0.142_277_619_532_700_35),
        (40.0, 40.0),
        (-40.0, -1.699_341_702_116_635_5e-16),
        (-705.5, -2.842_758_948_877_550_3e-304),
        (-740.0, -3.099_67e-319),
        (f64::INFINITY, f64::INFINITY),
        (f64::NEG_INFINITY, -0.0),
    ];
    const ULPS: f64 = 2.0;
    const FLOPS: u64 = 16;

    fn f<T: Real>(&self, x: T) -> T {
        let x = x.to_f64();
        T::lit(weighted(x, Twofold { hi: x, lo: 0.0 }))
    }

    fn times_partial<'t>(&self, x: Var<'t>, _y: Var<'t>, delta: Delta<'t>) -> Flow<'t> {
        Some(delta.times(or_panic(x.unary(SiluSlope))))
    }
}

impl Unary for SiluSlope {
    const NAME: &'static str = "silu_slope";
    const SAMPLES: &'static [f64] = EVERYWHERE;
    const GOLDEN: &'static [(f64, f64)] = &[
        (0.0, 0.5),
        (1e-10, 0.500_000_000_05),
        (0.5, 0.739_961_187_302_651_8),
        (-0.5, 0.260_038_812_697_348_2),
        (3.0, 1.088_104_106_015_169_7),
        (-3.0, -0.088_104_106_015_169_62),
        (40.0, 1.000_000_000_000_000_2),
        (-40.0, -1.656_858_159_563_719_7e-16),
        (-705.5, -2.838_729_524_428_397e-304),
        (-740.0, -3.095_47e-319),
        (f64::INFINITY, 1.0),
        (f64::NEG_INFINITY, -0.0),
    ];
    const ULPS: f64 = 3.0;
    const FLOPS: u64 = 20;

    fn f<T: Real>(&self, x: T) -> T {
        let x = Twofold { hi: x.to_f64(), lo: 0.0 };
        T::lit(weighted_slope(x, x))
    }

    /// Where σ′ is 0 so is the product, at ±∞ too.
    fn times_partial<'t>(&self, x: Var<'t>, _y: Var<'t>, delta: Delta<'t>) -> Flow<'t> {
        let half = x * 0.5;
        let slope = half.sech2(); // 4σ′(x)
        Some(delta.only_where(slope.ne(0.0)).times(slope).times((1.0 - half * half.tanh()) * 0.5))
    }

    fn notation(&self) -> Notation {
        Notation::template("silu′({0})", "\\operatorname{silu}'({0})", Level::Atom, Level::Relation)
    }
}

impl Var<'_> {
    /// x σ(x), elementwise; also called swish. 0 at −∞.
    ///
    /// ```
    /// use cinta_graph::Tape;
    /// let tape = Tape::new();
    /// let x = tape.var([0.0, 1000.0]);
    /// assert_eq!(x.silu().value(), ndarray::array![0.0, 1000.0]);
    /// assert_eq!(x.silu().sum().grad(x).value(), ndarray::array![0.5, 1.0]);
    /// ```
    ///
    /// # Panics
    /// On integers and truth values.
    #[must_use]
    #[track_caller]
    pub fn silu(self) -> Self {
        or_panic(self.try_silu())
    }

    /// [`silu`](Self::silu), with the error returned.
    #[track_caller]
    pub fn try_silu(self) -> Result<Self, Error> {
        self.unary(Silu)
    }
}
