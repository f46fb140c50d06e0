//! `lgamma`: log |Γ(x)|.
use super::{Delta, Flow, Level, Notation, Unary};
use crate::error::or_panic;
use crate::{Error, Real, Var};

/// y = log |Γ(x)|, dy/dx = ψ(x), the digamma function; then come its derivatives, of any order.
///
/// At 0 and the negative integers, the poles of Γ, y is +∞ and the derivative ∓∞ at ±0, NaN at the others. Accurate beside
/// its zeros 1 and 2; beside those on the negative axis in absolute terms only.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Lgamma;

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
        T::lit(libm::lgamma(x.to_f64()))
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
