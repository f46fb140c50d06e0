//! `lgamma`: log |Γ(x)|.
use super::polygamma::polygamma;
use super::twofold::Twofold;
use super::{Delta, Flow, Level, Notation, Unary};
use crate::error::or_panic;
use crate::{Error, Real, Var};

/// y = log |Γ(x)|, dy/dx = ψ(x), the digamma function; then come its derivatives, of any order.
///
/// At 0 and the negative integers, the poles of Γ, y is +∞ and the derivative ∓∞ at ±0, NaN at the others. Accurate beside
/// its zeros too, but for those below −5.5, which are so close to a pole that few numbers are beside them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Lgamma;

/// The first zeros on the negative axis, in two parts.
const ZEROS: [Twofold; 7] = [
    Twofold { hi: -2.457_024_738_220_800_6, lo: -3.707_561_081_551_326_6e-17 },
    Twofold { hi: -2.747_682_646_727_412_7, lo: 9.055_340_329_338_315e-17 },
    Twofold { hi: -3.143_580_888_349_98, lo: -2.181_817_985_233_171_4e-16 },
    Twofold { hi: -3.955_294_284_858_598, lo: -1.999_428_391_746_348e-17 },
    Twofold { hi: -4.039_361_839_740_537, lo: 2.114_399_550_398_060_2e-16 },
    Twofold { hi: -4.991_544_640_560_048, lo: 1.517_441_176_057_172_2e-16 },
    Twofold { hi: -5.008_218_168_322_593_5, lo: -4.392_635_349_101_581_5e-17 },
];

/// log|Γ(x)|; on the negative axis from Γ(x) = Γ(x + m)/(x(x + 1)…(x + m − 1)) with x + m from 1 to 2, where log Γ keeps
/// its digits.
fn lgamma(x: f64) -> f64 {
    if !(-30.0..0.0).contains(&x) || x == x.floor() {
        return libm::lgamma(x);
    }
    let m = 1.0 - x.floor();
    for zero in ZEROS {
        let (away, pole) = ((x - zero.hi) - zero.lo, (zero.hi - zero.hi.round()) + zero.lo);
        if away.abs() < 0.05 * pole.abs() {
            return beside_zero(zero, away, m);
        }
    }
    let factors = (0..).map(f64::from).take_while(|k| *k < m);
    let product = factors.fold(Twofold::ONE, |product, k| product.times(Twofold::sum(x, k)));
    let (size, rest) = (product.hi.abs(), product.lo * product.hi.signum());
    let log = if (0.5..2.0).contains(&size) { ((size - 1.0) + rest).ln_1p() } else { size.ln() + rest / size };
    libm::lgamma(x + m) - log
}

/// log|Γ(z + d)| for log|Γ(z)| = 0: the difference of the two sides, each taken from z to z + d, so that all of it is small.
fn beside_zero(z: Twofold, d: f64, m: f64) -> f64 {
    let (mut rise, mut power) = (0.0, 1.0);
    for n in 0..12_u8 {
        power *= d / (f64::from(n) + 1.0);
        let term = polygamma(n.into(), z.hi + m) * power;
        rise += term;
        if term.abs() <= f64::EPSILON / 16.0 * d.abs() {
            break;
        }
    }
    let factors = (0..).map(f64::from).take_while(|k| *k < m);
    rise - factors.map(|k| (d / ((z.hi + k) + z.lo)).ln_1p()).sum::<f64>()
}

impl Unary for Lgamma {
    const NAME: &'static str = "lgamma";
    const SAMPLES: &'static [f64] = &[-1.6, -0.4, 0.6, 1.3, 4.0, 15.0];
    const GOLDEN: &'static [(f64, f64)] = &[
        (1.0, 0.0),
        (2.0, 0.0),
        (1.000_000_1, -5.772_155_829_918_507e-8),
        (0.999_9, 5.772_979_156_119_386_6e-5),
        (1.999_999_9, -4.227_843_030_986_129_6e-8),
        (2.000_1, 4.228_165_811_291_994_5e-5),
        (0.5, 0.572_364_942_924_700_1),
        (3.0, std::f64::consts::LN_2),
        (0.1, 2.252_712_651_734_206),
        (1e-10, 23.025_850_929_882_736),
        (1e-300, 690.775_527_898_213_7),
        (10.5, 13.940_625_219_403_763),
        (171.0, 706.573_062_245_787_4),
        (10_000_000_000.0, 220_258_509_288.810_58),
        (1e300, 6.897_755_278_982_137e302),
        (-0.5, 1.265_512_123_484_645_4),
        (-1.5, 0.860_047_015_376_481),
        (-2.25, 0.555_501_545_020_647_5),
        (-3.7, -1.379_739_904_965_824_5),
        (-100.3, -363.766_206_182_676_3),
        (0.0, f64::INFINITY),
        (-0.0, f64::INFINITY),
        (-1.0, f64::INFINITY),
        (f64::INFINITY, f64::INFINITY),
    ];
    const ULPS: f64 = 2.0;
    const FLOPS: u64 = 32;

    fn f<T: Real>(&self, x: T) -> T {
        T::lit(lgamma(x.to_f64()))
    }

    fn times_partial<'t>(&self, x: Var<'t>, _y: Var<'t>, delta: Delta<'t>) -> Flow<'t> {
        Some(delta.times(x.digamma()))
    }

    fn notation(&self) -> Notation {
        Notation::template("log|Γ({0})|", "\\log\\left|\\Gamma({0})\\right|", Level::Atom, Level::Relation)
    }
}

impl Var<'_> {
    /// log |Γ(x)|, elementwise, for factorials and densities: (n − 1)! = Γ(n).
    ///
    /// ```
    /// use cinta_graph::Tape;
    /// let tape = Tape::new();
    /// let x = tape.var(5.0);
    /// assert!((x.lgamma().item() - 24.0_f64.ln()).abs() < 1e-15);
    /// assert_eq!(x.lgamma().grad(x).item(), x.digamma().item());
    /// ```
    ///
    /// # Panics
    /// On integers and truth values.
    #[must_use]
    #[track_caller]
    pub fn lgamma(self) -> Self {
        or_panic(self.try_lgamma())
    }

    /// [`lgamma`](Self::lgamma), with the error returned.
    #[track_caller]
    pub fn try_lgamma(self) -> Result<Self, Error> {
        self.unary(Lgamma)
    }
}
