//! `gelu_tanh`: an approximation of gelu.
use super::elementwise::EVERYWHERE;
use super::silu::{weighted, weighted_slope};
use super::twofold::Twofold;
use super::{Delta, Flow, Level, Notation, Unary};
use crate::error::or_panic;
use crate::{Error, Real, Var};

/// y = x/2 (1 + tanh(u)) = x σ(2u) with u = √(2/π) (x + 0.044715 x³), dy/dx = σ(2u) (1 + 2x u′ σ(−2u)), the operation
/// [`GeluTanhSlope`]. 0 at −∞.
///
/// 2u is computed to twice the precision, for the exponential multiplies its error by its size, up to 700. The formula is
/// that of D. Hendrycks and K. Gimpel, *Gaussian error linear units*, arXiv:1606.08415 (2016).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct GeluTanh;

/// s = σ(2u) (1 + 2x u′ σ(−2u)), the slope; with v = 2u, ds/dx = σ′(v) (2v′ + x v″ − x v′² tanh(v/2)).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct GeluTanhSlope;

/// 2√(2/π).
const A: Twofold = Twofold { hi: 1.595_769_121_605_730_8, lo: -9.969_308_809_110_92e-17 };

/// 0.044715.
const B: Twofold = Twofold { hi: 0.044_715, lo: 2.196_021_142_708_559_5e-18 };

/// 2√(2/π) (x + b x³), which is v = 2u for b = 0.044715, and x v′ for three times that. Beyond ±100, where nothing moves
/// any more, that of ±100.
fn cubic(b: Twofold, x: f64) -> Twofold {
    let x = x.clamp(-100.0, 100.0);
    Twofold::product(x, x).times(b).plus(1.0).times(A).times(Twofold { hi: x, lo: 0.0 })
}

impl Unary for GeluTanh {
    const NAME: &'static str = "gelu_tanh";
    const SAMPLES: &'static [f64] = EVERYWHERE;
    const GOLDEN: &'static [(f64, f64)] = &[
        (0.0, 0.0),
        (1e-10, 5.000_000_000_398_942e-11),
        (0.5, 0.345_714_009_825_143_94),
        (-0.5, -0.154_285_990_174_856_09),
        (3.0, 2.996_362_607_918_227),
        (-3.0, -0.003_637_392_081_773_019),
        (40.0, 40.0),
        (-10.0, -1.204_092_348_209_806e-37),
        (-20.5, -1.350_294_060_164_346_7e-280),
        (-21.0, -6.016_648_487_631_484e-301),
        (f64::INFINITY, f64::INFINITY),
        (f64::NEG_INFINITY, -0.0),
    ];
    const ULPS: f64 = 3.0;
    const FLOPS: u64 = 60;

    fn f<T: Real>(&self, x: T) -> T {
        let x = x.to_f64();
        T::lit(weighted(x, cubic(B, x)))
    }

    fn times_partial<'t>(&self, x: Var<'t>, _y: Var<'t>, delta: Delta<'t>) -> Flow<'t> {
        Some(delta.times(or_panic(x.unary(GeluTanhSlope))))
    }
}

impl Unary for GeluTanhSlope {
    const NAME: &'static str = "gelu_tanh_slope";
    const SAMPLES: &'static [f64] = EVERYWHERE;
    const GOLDEN: &'static [(f64, f64)] = &[
        (0.0, 0.5),
        (1e-10, 0.500_000_000_079_788_5),
        (0.5, 0.867_369_903_534_642_3),
        (-0.5, 0.132_630_096_465_357_7),
        (3.0, 1.011_584_166_630_969_7),
        (-3.0, -0.011_584_166_630_969_726),
        (40.0, 1.0),
        (-10.0, -2.757_638_063_854_031_5e-36),
        (-20.5, -1.235_621_326_188_288_8e-278),
        (-21.0, -5.773_008_639_270_406e-299),
        (f64::INFINITY, 1.0),
        (f64::NEG_INFINITY, -0.0),
    ];
    const ULPS: f64 = 4.0;
    const FLOPS: u64 = 70;

    fn f<T: Real>(&self, x: T) -> T {
        let x = x.to_f64();
        T::lit(weighted_slope(cubic(B.times(Twofold { hi: 3.0, lo: 0.0 }), x), cubic(B, x)))
    }

    /// Where σ′(v) is 0 so is the product, at ±∞ too.
    fn times_partial<'t>(&self, x: Var<'t>, _y: Var<'t>, delta: Delta<'t>) -> Flow<'t> {
        let square = x.square();
        let half = x * (square * B.hi + 1.0) * (A.hi / 2.0);
        let (v1, xv2) = ((square * (3.0 * B.hi) + 1.0) * A.hi, square * (6.0 * A.hi * B.hi));
        let slope = half.sech2(); // 4σ′(v)
        let delta = delta.only_where(slope.ne(0.0)).times(slope);
        Some(delta.times((v1 * 2.0 + xv2 - x * v1.square() * half.tanh()) * 0.25))
    }

    fn notation(&self) -> Notation {
        Notation::template("gelu_tanh′({0})", "\\operatorname{gelu\\_tanh}'({0})", Level::Atom, Level::Relation)
    }
}

impl Var<'_> {
    /// x/2 (1 + tanh(√(2/π) (x + 0.044715 x³))), elementwise: an approximation of [`gelu`](Self::gelu), computed
    /// as x σ(2√(2/π) (x + 0.044715 x³)), the same number without cancellation.
    ///
    /// ```
    /// use cinta_graph::Tape;
    /// let tape = Tape::new();
    /// let x = tape.var([0.0, 1.0]);
    /// let y = x.gelu_tanh();
    /// assert!((y.to_array::<f64>()[1] - 0.841_191_990_608_276_8).abs() < 1e-15);
    /// assert_eq!(y.sum().grad(x).to_array::<f64>()[0], 0.5);
    /// ```
    ///
    /// # Panics
    /// On integers and truth values.
    #[must_use]
    #[track_caller]
    pub fn gelu_tanh(self) -> Self {
        or_panic(self.try_gelu_tanh())
    }

    /// [`gelu_tanh`](Self::gelu_tanh), with the error returned.
    #[track_caller]
    pub fn try_gelu_tanh(self) -> Result<Self, Error> {
        self.unary(GeluTanh)
    }
}
