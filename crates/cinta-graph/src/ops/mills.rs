//! `mills`: Mills' ratio and its derivatives, for the tail of the normal distribution.
use super::gaussian::parts;
use super::normal_cdf::normal_cdf;
use super::twofold::Twofold;
use super::{Attributes, Delta, Flow, Level, Notation, Unary};
use crate::error::or_panic;
use crate::{Error, Real, Var};

/// y = Mₙ(x) = ∫₀^∞ uⁿ e^(xu − u²/2) du, dy/dx = Mₙ₊₁(x). M₀(x) = Φ(x)/φ(x) is Mills' ratio of −x.
///
/// Where Φ and φ vanish in the left tail, Mₙ(x) is about n!/|x|ⁿ⁺¹ and keeps its digits, for every n. On the right it
/// grows as 1/φ(x) does, and is ∞ from 38 on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Mills {
    /// The power of u, which is how often M₀ is differentiated.
    pub n: u16,
}

/// √(2π).
const ROOT_OF_2_PI: Twofold = Twofold { hi: 2.506_628_274_631_000_7, lo: -1.832_857_998_045_916_7e-16 };

/// Mₙ(x). Both ways use Mₙ₊₁ = x Mₙ + n Mₙ₋₁: upwards from M₀ = Φ/φ where little or nothing cancels; on the left as the
/// continued fraction Mₙ/Mₙ₋₁ = n/(|x| + Mₙ₊₁/Mₙ), from so far down that the rest does not matter.
pub(super) fn mills(n: u16, x: f64) -> f64 {
    let n = u64::from(n);
    if x >= if n == 0 { -3.0 } else { -0.6 } || x.is_nan() {
        let (top, rest) = parts(2, x);
        let first = ROOT_OF_2_PI.hi * normal_cdf(x) / top;
        let excess = (rest - ROOT_OF_2_PI.lo / ROOT_OF_2_PI.hi) / (1.0 + rest);
        let first = if first.is_finite() { first - first * excess } else { first };
        let second = 1.0 + x * first;
        let up = |(below, this): (f64, f64), k: u64| (this, x * this + k as f64 * below);
        return (1..=n).fold((first, second), up).0;
    }
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "from 0 to 1400")]
    let depth = n + 40 + (480.0 / (x * x)) as u64;
    let (mut ratio, mut product) = (0.0, 1.0);
    for k in (1..=depth).rev() {
        ratio = k as f64 / (ratio - x);
        if k <= n {
            product *= ratio;
        }
    }
    product / (ratio - x)
}

impl Unary for Mills {
    const NAME: &'static str = "mills";
    const SAMPLES: &'static [f64] = &[-4.0, -1.5, -0.4, 0.3, 1.25];
    const GOLDEN: &'static [(f64, f64)] = &[
        (0.0, 1.253_314_137_315_500_3),
        (1.0, 3.477_051_811_703_694_4),
        (0.3, 1.620_165_608_706_789_3),
        (5.0, 672_621.636_722_879_3),
        (20.5, 4.520_827_583_352_125e91),
        (37.0, 4.716_966_555_036_580_5e297),
        (-0.5, 0.876_364_456_453_692_3),
        (-0.99, 0.659_138_378_061_951_6),
        (-1.0, 0.655_679_542_418_798_4),
        (-1.01, 0.652_251_843_148_130_3),
        (-1.5, 0.515_815_638_217_963_4),
        (-2.0, 0.421_369_229_288_054_5),
        (-5.0, 0.192_808_104_715_315_76),
        (-30.0, 0.033_296_419_072_497_21),
        (-100_000.0, 9.999_999_999e-6),
        (-10_000_000_000.0, 1e-10),
        (-1e200, 1e-200),
        (40.0, f64::INFINITY),
        (f64::INFINITY, f64::INFINITY),
        (f64::NEG_INFINITY, 0.0),
    ];
    const ULPS: f64 = 4.0;
    const FLOPS: u64 = 64;

    fn instances() -> Vec<Self> {
        [0, 1, 2].map(|n| Self { n }).to_vec()
    }

    fn attributes(&self) -> Attributes {
        Attributes::none().with("n", i64::from(self.n))
    }

    fn read(attributes: &Attributes) -> Result<Self, String> {
        let n = attributes.int("n")?;
        let n = u16::try_from(n).map_err(|_| format!("attribute n should be from 0 to {}, but is {n}", u16::MAX))?;
        Ok(Self { n })
    }

    fn f<T: Real>(&self, x: T) -> T {
        T::lit(mills(self.n, x.to_f64()))
    }

    fn times_partial<'t>(&self, x: Var<'t>, _y: Var<'t>, delta: Delta<'t>) -> Flow<'t> {
        let slope = x.unary(Self { n: self.n.saturating_add(1) });
        Some(delta.times(or_panic(slope)))
    }

    fn notation(&self) -> Notation {
        let (unicode, latex) = (format!("M_{}({{0}})", self.n), format!("M_{{ {}}}({{0}})", self.n));
        Notation::template(unicode, latex, Level::Atom, Level::Relation)
    }
}

impl Var<'_> {
    /// Φ(x)/φ(x), distribution by density of the normal distribution, elementwise: Mills' ratio of −x.
    ///
    /// It keeps its digits in the left tail, where Φ and φ vanish, and so do its derivatives.
    ///
    /// ```
    /// use cinta_graph::Tape;
    /// let tape = Tape::new();
    /// let x = tape.var([0.0, -1e6]);
    /// let y = x.mills().to_array::<f64>();
    /// assert!((y[0] - (std::f64::consts::PI / 2.0).sqrt()).abs() < 1e-15);
    /// assert!((y[1] / 1e-6 - 1.0).abs() < 1e-11); // about 1/|x|
    /// ```
    ///
    /// # Panics
    /// On integers and truth values.
    #[must_use]
    #[track_caller]
    pub fn mills(self) -> Self {
        or_panic(self.try_mills())
    }

    /// [`mills`](Self::mills), with the error returned.
    #[track_caller]
    pub fn try_mills(self) -> Result<Self, Error> {
        self.unary(Mills { n: 0 })
    }
}
