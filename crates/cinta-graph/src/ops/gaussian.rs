//! `gaussian`: e^(−x²) or e^(−x²/2).
use super::elementwise::EVERYWHERE;
use super::{Attributes, Delta, Flow, Level, Notation, Unary};
use crate::error::or_panic;
use crate::{Error, Real, Var};

/// y = e^(−x²/n) for n = 1 or 2, dy/dx = −(2/n) x y.
///
/// An operation of its own because x² rounds, and the error grows x²-fold in the exponential; here y keeps its digits
/// to the end of its tails. It is the slope of erf, of erfc and, for n = 2, of the normal distribution.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Gaussian {
    /// What x² is divided by, 1 or 2.
    pub n: u8,
}

/// e^(−x²/n).
pub(super) fn gaussian(n: u8, x: f64) -> f64 {
    let (top, rest) = parts(n, x);
    top + top * rest
}

/// e^(−x²/n) = t + t r with a small r: e^(−h²/n) and e^(−(x − h)(x + h)/n) − 1, where h are the upper bits of x, whose
/// square is exact; the second exponent is close enough to 0 for three terms of its series.
pub(super) fn parts(n: u8, x: f64) -> (f64, f64) {
    if x.abs() > 60.0 {
        return (0.0, 0.0);
    }
    let (n, h) = (f64::from(n), f64::from_bits(x.to_bits() >> 27 << 27));
    let rest = -(x - h) * (x + h) / n;
    ((-h * h / n).exp(), rest * (1.0 + rest / 2.0 * (1.0 + rest / 3.0)))
}

impl Unary for Gaussian {
    const NAME: &'static str = "gaussian";
    const SAMPLES: &'static [f64] = EVERYWHERE;
    const GOLDEN: &'static [(f64, f64)] = &[
        (0.0, 1.0),
        (1.0, 0.367_879_441_171_442_33),
        (-0.5, 0.778_800_783_071_404_9),
        (1e-10, 1.0),
        (3.3, 1.864_374_233_151_685e-5),
        (5.1, 5.058_252_742_843_812e-12),
        (10.7, 1.895_067_863_378_315e-50),
        (-20.9, 1.976_183_913_975_355_2e-190),
        (26.123, 4.291_531_315_427_387e-297),
        (27.1, 1.121_5e-319),
        (-28.0, 0.0),
        (1e200, 0.0),
        (f64::INFINITY, 0.0),
        (f64::NEG_INFINITY, 0.0),
    ];
    const ULPS: f64 = 2.0;
    const FLOPS: u64 = 24;

    fn instances() -> Vec<Self> {
        [1, 2].map(|n| Self { n }).to_vec()
    }

    fn attributes(&self) -> Attributes {
        Attributes::none().with("n", i64::from(self.n))
    }

    fn read(attributes: &Attributes) -> Result<Self, String> {
        match attributes.int("n")? {
            1 => Ok(Self { n: 1 }),
            2 => Ok(Self { n: 2 }),
            n => Err(format!("attribute n should be 1 or 2, but is {n}")),
        }
    }

    fn f<T: Real>(&self, x: T) -> T {
        T::lit(gaussian(self.n, x.to_f64()))
    }

    /// Where y is 0 so are all its derivatives, at ±∞ too.
    fn times_partial<'t>(&self, x: Var<'t>, y: Var<'t>, delta: Delta<'t>) -> Flow<'t> {
        Some(delta.only_where(y.ne(0.0)).times(y).times(x).scale(-2.0 / f64::from(self.n)))
    }

    fn notation(&self) -> Notation {
        let (unicode, latex) = match self.n {
            1 => ("e^(−{0}²)", "e^{-{0}^2}"),
            _ => ("e^(−{0}²/2)", "e^{-{0}^2/2}"),
        };
        Notation::template(unicode, latex, Level::Postfix, Level::Atom)
    }
}

impl Var<'_> {
    /// Elementwise e^(−x²), accurate to the end of its tails.
    ///
    /// ```
    /// use cinta_graph::Tape;
    /// let tape = Tape::new();
    /// let x = tape.var([0.0, 1.0]);
    /// let e = (-1.0_f64).exp();
    /// assert_eq!(x.gaussian().value(), ndarray::array![1.0, e]);
    /// assert_eq!(x.gaussian().sum().grad(x).value(), ndarray::array![0.0, -2.0 * e]);
    /// ```
    ///
    /// # Panics
    /// On integers and truth values.
    #[must_use]
    #[track_caller]
    pub fn gaussian(self) -> Self {
        or_panic(self.try_gaussian())
    }

    /// [`gaussian`](Self::gaussian), with the error returned.
    #[track_caller]
    pub fn try_gaussian(self) -> Result<Self, Error> {
        self.unary(Gaussian { n: 1 })
    }

    /// The density φ(x) = e^(−x²/2)/√(2π) of the normal distribution, elementwise, accurate to the end of its tails.
    ///
    /// ```
    /// use cinta_graph::Tape;
    /// let tape = Tape::new();
    /// let x = tape.var(2.0);
    /// let y = x.normal_pdf();
    /// assert!((y.item() - 0.053_990_966_513_188_06).abs() < 1e-16);
    /// assert_eq!(y.grad(x).item(), -2.0 * y.item());
    /// ```
    ///
    /// # Panics
    /// On integers and truth values.
    #[must_use]
    #[track_caller]
    pub fn normal_pdf(self) -> Self {
        or_panic(self.try_normal_pdf())
    }

    /// [`normal_pdf`](Self::normal_pdf), with the error returned.
    #[track_caller]
    pub fn try_normal_pdf(self) -> Result<Self, Error> {
        const ROOT_OF_2_PI: f64 = std::f64::consts::SQRT_2 / std::f64::consts::FRAC_2_SQRT_PI * 2.0;
        self.unary(Gaussian { n: 2 })?.try_mul(1.0 / ROOT_OF_2_PI)
    }
}
