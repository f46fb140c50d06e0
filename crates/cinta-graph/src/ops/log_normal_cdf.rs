//! `log_normal_cdf`: the logarithm of the normal distribution function.
use super::elementwise::EVERYWHERE;
use super::mills::mills;
use super::normal_cdf::normal_cdf;
use super::{Delta, Flow, Level, Notation, Unary};
use crate::error::or_panic;
use crate::{Error, Real, Var};

/// y = log Φ(x), dy/dx = φ(x)/Φ(x), which on the left is 1 by Mills' ratio.
///
/// Accurate everywhere: in the left tail, where y is about −x²/2 and Φ(x) vanishes, as in the right one, where y is about
/// −Φ(−x). Derivatives are as accurate to first order; the second one, close to −1 in the left tail, too; the third one,
/// close to 0 there, in absolute terms.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct LogNormalCdf;

impl Unary for LogNormalCdf {
    const NAME: &'static str = "log_normal_cdf";
    const SAMPLES: &'static [f64] = EVERYWHERE;
    const GOLDEN: &'static [(f64, f64)] = &[
        (0.0, -std::f64::consts::LN_2),
        (1e-10, -0.693_147_180_480_156_9),
        (0.5, -0.368_946_415_288_656_4),
        (-0.5, -1.175_911_761_593_618_5),
        (1.0, -0.172_753_779_023_449_88),
        (-0.99, -1.825_810_317_842_812_4),
        (-1.01, -1.856_313_062_343_178_5),
        (2.0, -0.023_012_909_328_963_49),
        (-2.0, -3.783_184_333_682_032),
        (6.5, -4.016_000_583_939_759e-11),
        (-6.5, -23.938_149_495_161_838),
        (9.0, -1.128_588_405_953_840_5e-19),
        (-10.3, -56.305_295_953_074_975),
        (-20.7, -218.196_392_548_147_6),
        (-37.5, -707.668_989_317_507_2),
        (-100.0, -5_005.524_208_694_205),
        (-100_000.0, -5_000_000_012.431_864),
        (30.0, -4.906_713_927_148_187e-198),
        (38.0, -2.885_428_35e-316),
        (50.0, -0.0),
        (f64::INFINITY, -0.0),
        (f64::NEG_INFINITY, f64::NEG_INFINITY),
    ];
    const ULPS: f64 = 3.0;
    const FLOPS: u64 = 64;

    fn f<T: Real>(&self, x: T) -> T {
        T::lit(log_normal_cdf(x.to_f64()))
    }

    fn times_partial<'t>(&self, x: Var<'t>, _y: Var<'t>, delta: Delta<'t>) -> Flow<'t> {
        // Neither form serves on the other side: Mills' ratio overflows on the right, φ and Φ vanish on the left.
        // Where Mills' ratio is subnormal its reciprocal is −x.
        let left = x.lt(-1e100).select(-x, x.mills().reciprocal());
        let right = x.normal_pdf() / x.normal_cdf();
        Some(delta.times(x.lt(0.0).select(left, right)))
    }

    fn notation(&self) -> Notation {
        Notation::template("log Φ({0})", "\\log\\Phi({0})", Level::Prefix, Level::Relation)
    }
}

impl Var<'_> {
    /// log Φ(x), elementwise: the log-probability of less than x under the normal distribution, accurate in both tails.
    ///
    /// ```
    /// use cinta_graph::Tape;
    /// let tape = Tape::new();
    /// let x = tape.var([0.0, -100.0]);
    /// let y = x.log_normal_cdf().to_array::<f64>();
    /// assert_eq!(y[0], -std::f64::consts::LN_2);
    /// assert!((y[1] / -5_005.524_208_694_205 - 1.0).abs() < 1e-15); // Φ(−100) is 0
    /// ```
    ///
    /// # Panics
    /// On integers and truth values.
    #[must_use]
    #[track_caller]
    pub fn log_normal_cdf(self) -> Self {
        or_panic(self.try_log_normal_cdf())
    }

    /// [`log_normal_cdf`](Self::log_normal_cdf), with the error returned.
    #[track_caller]
    pub fn try_log_normal_cdf(self) -> Result<Self, Error> {
        self.unary(LogNormalCdf)
    }
}

fn log_normal_cdf(x: f64) -> f64 {
    const LOG_OF_ROOT_OF_2_PI: f64 = 0.918_938_533_204_672_7;
    if x < -2.0 {
        return mills(0, x).ln() - LOG_OF_ROOT_OF_2_PI - 0.5 * x * x;
    }
    if x < 0.0 { normal_cdf(x).ln() } else { (-normal_cdf(-x)).ln_1p() }
}
