//! `polygamma`: digamma ψ and its derivatives of any order.
use super::twofold::Twofold;
use super::{Attributes, Delta, Flow, Level, Notation, Unary};
use crate::error::or_panic;
use crate::{Error, Real, Var};

/// y = ψ⁽ⁿ⁾(x), the nth derivative of ψ(x) = d/dx log Γ(x), so dy/dx = ψ⁽ⁿ⁺¹⁾(x).
///
/// At 0 and the negative integers it has poles: ±∞ at ±0; at the others +∞ for odd n, where both sides agree, and NaN
/// for even n. Beside its zeros on the negative axis the value is accurate in absolute terms only; at the positive
/// zero of ψ, 1.4616…, it keeps its digits. Elsewhere the error is up to four units, growing with n to 1e-13 at n = 200.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Polygamma {
    /// How often ψ is differentiated.
    pub n: u16,
}

/// B₂ₖ/(2k)! for k = 1, 2, …
const BERNOULLI: [f64; 12] = [
    0.083_333_333_333_333_33,
    -0.001_388_888_888_888_889,
    3.306_878_306_878_307e-5,
    -8.267_195_767_195_768e-7,
    2.087_675_698_786_81e-8,
    -5.284_190_138_687_493e-10,
    1.338_253_653_068_467_9e-11,
    -3.389_680_296_322_582_7e-13,
    8.586_062_056_277_845e-15,
    -2.174_868_698_558_062e-16,
    5.509_002_828_360_229_5e-18,
    -1.395_446_468_581_252_2e-19,
];

/// The positive zero x₀ of ψ, in two parts.
const ZERO: Twofold = Twofold { hi: 1.461_632_144_968_362_2, lo: 9.549_995_429_965_697e-17 };

/// ψ(x)/(x − x₀) = Σ cₖ (x − 3/2)ᵏ from 1 to 2, the polynomial that agrees with it at Chebyshev's points.
const FROM_1_TO_2: [f64; 23] = [
    0.951_055_876_031_832_8,
    -0.423_627_421_281_460_6,
    0.240_542_484_240_786_97,
    -0.148_404_923_053_880_92,
    0.094_988_724_452_890_39,
    -0.061_922_133_275_488_31,
    0.040_760_833_940_846_085,
    -0.026_975_796_659_787_055,
    0.017_907_248_317_313_294,
    -0.011_908_220_105_959_716,
    0.007_927_021_796_868_154,
    -0.005_279_937_255_532_708,
    0.003_518_106_563_802_472,
    -0.002_345_494_739_738_083_3,
    0.001_563_369_631_365_350_4,
    -0.001_036_458_481_731_283_9,
    0.000_690_925_576_128_298_6,
    -0.000_485_950_392_200_362_54,
    0.000_323_959_454_013_451_96,
    -0.000_144_806_433_680_616_14,
    9.653_646_261_410_062e-5,
    -0.000_178_218_854_885_592_3,
    0.000_118_812_329_085_103_35,
];

/// Σ B₂ₖ/(2k)! s(s + 1)…(s + 2k − 2) x¹⁻²ᵏ: the last sum of Euler and Maclaurin for Σ 1/(x + k)ˢ.
fn correction(s: f64, x: f64) -> f64 {
    let (mut sum, mut factor) = (0.0, s / x);
    for (k, b) in (1..).map(|k| f64::from(2 * k)).zip(BERNOULLI) {
        let term = b * factor;
        sum += term;
        if term.abs() <= f64::EPSILON / 16.0 * sum.abs() {
            break;
        }
        factor *= (s + k - 1.0) / x * ((s + k) / x);
    }
    sum
}

/// n!/xⁿ⁺¹.
fn first_term(n: u16, x: f64) -> f64 {
    let power = x.powf(f64::from(n) + 1.0);
    if n <= 22 && power.is_normal() {
        return (1..=n).map(f64::from).product::<f64>() / power;
    }
    if n <= 170 {
        return (1..=n).fold(1.0 / x, |product, j| product * (f64::from(j) / x));
    }
    let s = f64::from(n) + 1.0;
    let size = (libm::lgamma(s) - s * x.abs().ln()).exp();
    if x.is_sign_negative() && n.is_multiple_of(2) { -size } else { size }
}

/// (x/(x + k))ˢ and x + k. The power would multiply what rounding the sum and the quotient takes away.
fn ratio_to(s: f64, x: f64, k: f64) -> (f64, f64) {
    let sum = Twofold::sum(x, k);
    let ratio = x / sum.hi;
    let missing = ((-ratio).mul_add(sum.hi, x) - ratio * sum.lo) / x;
    (ratio.powf(s) * (1.0 + s * missing), sum.hi)
}

/// n! Σ 1/(x + k)ⁿ⁺¹ over k = 0, 1, … for x ≥ 0 and n ≥ 1: the first terms, then Euler and Maclaurin's sum.
fn zeta(n: u16, x: f64) -> f64 {
    if x > 1e20 {
        return first_term(n - 1, x);
    }
    let first = first_term(n, x);
    if first == 0.0 || !first.is_finite() {
        return first;
    }
    let s = f64::from(n) + 1.0;
    if x >= s + 10.0 {
        let whole = first_term(n - 1, x);
        return whole + whole * ((0.5 + correction(s, x)) * f64::from(n) / x);
    }
    let (mut sum, mut k) = (0.0, 1.0);
    loop {
        let (term, last) = ratio_to(s, x, k);
        if last >= s + 10.0 {
            // From the small to the large: 1 comes last.
            sum += term * (last / f64::from(n) + 0.5 + correction(s, last));
            break;
        }
        sum += term;
        if term < f64::EPSILON / 16.0 {
            break;
        }
        k += 1.0;
    }
    first + first * sum
}

/// ψ(x) for x > 0: down to between 1 and 2, up to there, or by Stirling's series.
fn digamma(x: Twofold) -> f64 {
    if x.hi < 1.0 {
        return digamma(Twofold::sum(x.hi, 1.0)) - 1.0 / x.hi;
    }
    if x.hi >= 10.0 {
        return x.hi.ln() - (0.5 + correction(1.0, x.hi)) / x.hi;
    }
    let (mut sum, mut top) = (0.0, x.hi);
    while top > 2.0 {
        top -= 1.0;
        sum += 1.0 / top;
    }
    let away = (top - ZERO.hi) + (x.lo - ZERO.lo);
    away * FROM_1_TO_2.iter().rev().fold(0.0, |sum, c| sum * (top - 1.5) + c) + sum
}

/// π cot(πf) for |f| ≤ ½; towards its zeros as the tangent of what is missing to ½.
fn pi_cot_pi(f: f64) -> Twofold {
    const PI: Twofold = Twofold { hi: std::f64::consts::PI, lo: 1.224_646_799_147_353_2e-16 };
    if f.abs() < 1e-200 {
        return Twofold { hi: 1.0 / f, lo: 0.0 };
    }
    let beside_pole = f.abs() < 0.25;
    let angle = PI.times(Twofold::sum(if beside_pole { f.abs() } else { 0.5 - f.abs() }, 0.0));
    let tan = angle.hi.tan();
    let rest = angle.lo * (1.0 + tan * tan);
    let Twofold { hi, lo } = if beside_pole {
        let cot = 1.0 / tan;
        Twofold { hi: cot, lo: cot * ((-cot).mul_add(tan, 1.0) - cot * rest) }
    } else {
        Twofold { hi: tan, lo: rest }
    };
    PI.times(Twofold { hi: hi.copysign(f), lo: lo * f.signum() })
}

/// ψ⁽ⁿ⁾(x); for x < 0 from the reflected point and the sum over all integers, which has the period 1.
pub(super) fn polygamma(n: u16, x: f64) -> f64 {
    let sign = if n.is_multiple_of(2) { -1.0 } else { 1.0 };
    if x >= 0.0 {
        return match n {
            0 if x == 0.0 => -1.0 / x,
            0 => digamma(Twofold::sum(x, 0.0)),
            _ => sign * zeta(n, x),
        };
    }
    let f = x - x.round();
    if f == 0.0 {
        return if sign > 0.0 { f64::INFINITY } else { f64::NAN };
    }
    if n == 0 {
        let cot = pi_cot_pi(f);
        return (digamma(Twofold::sum(1.0, -x)) - cot.hi) - cot.lo;
    }
    let first = first_term(n, f);
    if first.is_infinite() {
        return sign * first;
    }
    let (near, far) = (zeta(n, 1.0 - f), zeta(n, 1.0 - x));
    sign * (first + (zeta(n, 1.0 + f) + sign * (near - far)))
}

impl Unary for Polygamma {
    const NAME: &'static str = "polygamma";
    const SAMPLES: &'static [f64] = &[-1.6, -0.4, 0.6, 1.3, 4.0, 15.0];
    const GOLDEN: &'static [(f64, f64)] = &[
        (1.0, -0.577_215_664_901_532_9),
        (2.0, 0.422_784_335_098_467_13),
        (0.5, -1.963_510_026_021_423_5),
        (1.461_632_144_968_362_2, -9.241_265_521_729_427e-17),
        (1.4, -0.061_384_544_585_116_24),
        (1.6, 0.126_047_452_773_476_32),
        (3.0, 0.922_784_335_098_467_1),
        (9.5, 2.197_737_876_402_949_4),
        (10.0, 2.251_752_589_066_721),
        (100.5, 4.605_174_352_581_845),
        (10_000_000_000.0, 23.025_850_929_890_456),
        (1e300, 690.775_527_898_213_7),
        (1e-10, -10_000_000_000.577_215),
        (1e-300, -9.999_999_999_999_999e299),
        (-0.25, 2.914_139_120_213_527_6),
        (-1.5, 0.703_156_640_645_243_2),
        (-2.75, -1.959_055_264_977_997),
        (-100.3, 6.895_643_124_860_435),
        (0.0, f64::NEG_INFINITY),
        (-0.0, f64::INFINITY),
        (-1.0, f64::NAN),
        (f64::INFINITY, f64::INFINITY),
        (f64::NEG_INFINITY, f64::NAN),
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
        T::lit(polygamma(self.n, x.to_f64()))
    }

    fn times_partial<'t>(&self, x: Var<'t>, _y: Var<'t>, delta: Delta<'t>) -> Flow<'t> {
        Some(delta.times(x.polygamma(self.n.saturating_add(1))))
    }

    fn notation(&self) -> Notation {
        let (unicode, latex) = match self.n {
            0 => ("ψ({0})".to_owned(), "\\psi({0})".to_owned()),
            1 => ("ψ′({0})".to_owned(), "\\psi'({0})".to_owned()),
            n => (format!("ψ⁽{}⁾({{0}})", superscript(n)), format!("\\psi^{{({n})}}({{0}})")),
        };
        Notation::template(unicode, latex, Level::Atom, Level::Relation)
    }
}

fn superscript(n: u16) -> String {
    let digit = |c: char| ['⁰', '¹', '²', '³', '⁴', '⁵', '⁶', '⁷', '⁸', '⁹'][c as usize - '0' as usize];
    n.to_string().chars().map(digit).collect()
}

impl Var<'_> {
    /// The digamma function ψ(x) = d/dx log Γ(x), elementwise: the slope of [`lgamma`](Self::lgamma).
    ///
    /// ```
    /// use cinta_graph::Tape;
    /// let tape = Tape::new();
    /// let x = tape.var(1.0);
    /// let (psi, slope) = (x.digamma(), x.digamma().grad(x));
    /// assert!((psi.item() + 0.577_215_664_901_532_9).abs() < 1e-15); // minus Euler's γ
    /// assert!((slope.item() - std::f64::consts::PI.powi(2) / 6.0).abs() < 1e-15);
    /// ```
    ///
    /// # Panics
    /// On integers and truth values.
    #[must_use]
    #[track_caller]
    pub fn digamma(self) -> Self {
        or_panic(self.try_digamma())
    }

    /// [`digamma`](Self::digamma), with the error returned.
    #[track_caller]
    pub fn try_digamma(self) -> Result<Self, Error> {
        self.try_polygamma(0)
    }

    /// ψ⁽ⁿ⁾(x), the nth derivative of [`digamma`](Self::digamma), elementwise.
    ///
    /// ```
    /// use cinta_graph::Tape;
    /// let tape = Tape::new();
    /// let x = tape.var(1.0);
    /// assert!((x.polygamma(1).item() - std::f64::consts::PI.powi(2) / 6.0).abs() < 1e-15);
    /// assert_eq!(x.polygamma(1).grad(x).item(), x.polygamma(2).item());
    /// ```
    ///
    /// # Panics
    /// On integers and truth values.
    #[must_use]
    #[track_caller]
    pub fn polygamma(self, n: u16) -> Self {
        or_panic(self.try_polygamma(n))
    }

    /// [`polygamma`](Self::polygamma), with the error returned.
    #[track_caller]
    pub fn try_polygamma(self, n: u16) -> Result<Self, Error> {
        self.unary(Polygamma { n })
    }
}
