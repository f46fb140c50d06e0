//! `powi`: elementwise xⁿ for a fixed integer n.
use super::elementwise::AWAY_FROM_ZERO;
use super::{Attributes, Delta, Flow, Level, Notation, Unary};
use crate::error::or_panic;
use crate::{Error, Real, Var};

/// y = xⁿ, dy/dx = n xⁿ⁻¹.
///
/// x⁰ is 1 everywhere, also at 0 and NaN, and no derivative passes. The powers 1, 2, … are smooth at 0 and so
/// are their derivatives of any order; negative powers are infinite there, by IEEE arithmetic.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Powi {
    /// The exponent.
    pub n: i32,
}

impl Unary for Powi {
    const NAME: &'static str = "powi";
    const SAMPLES: &'static [f64] = AWAY_FROM_ZERO;
    const GOLDEN: &'static [(f64, f64)] = &[
        (0.0, 0.0),
        (-0.0, -0.0),
        (1.5, 7.593_75),
        (-0.1, -1.000_000_000_000_000_3e-5),
        (-2.0, -32.0),
        (1.000_000_1, 1.000_000_500_000_100_2),
        (1e60, 9.999_999_999_999_998e299),
        (-1e-60, -9.999_999_999_999_999e-301),
        (1e70, f64::INFINITY),
        (f64::INFINITY, f64::INFINITY),
        (f64::NEG_INFINITY, f64::NEG_INFINITY),
    ];
    const FLOPS: u64 = 8;

    fn instances() -> Vec<Self> {
        [5, 0, 1, 2, 3, -1, -2].map(|n| Self { n }).to_vec()
    }

    fn attributes(&self) -> Attributes {
        Attributes::none().with("n", i64::from(self.n))
    }

    fn read(attributes: &Attributes) -> Result<Self, String> {
        let n = attributes.int("n")?;
        let n = i32::try_from(n).map_err(|_| format!("attribute n should fit in 32 bits, but is {n}"))?;
        Ok(Self { n })
    }

    /// Few factors are multiplied; more would each add their rounding error, so the rest is one power in `f64`,
    /// which holds every exponent exactly.
    fn f<T: Real>(&self, x: T) -> T {
        match self.n {
            -1 => T::lit(1.0) / x,
            0 => T::lit(1.0),
            1 => x,
            2 => x * x,
            n => T::lit(x.to_f64().powf(f64::from(n))),
        }
    }

    fn times_partial<'t>(&self, x: Var<'t>, y: Var<'t>, delta: Delta<'t>) -> Flow<'t> {
        let scaled = |delta: Delta<'t>| Some(delta.scale(f64::from(self.n)));
        match self.n {
            0 => None,
            1 => Some(delta),
            2 => scaled(delta.times(x)),
            i32::MIN => scaled(delta.times(y).over(x)), // n − 1 is no i32
            n => scaled(delta.times(x.powi(n - 1))),
        }
    }

    fn blocks(&self) -> Option<&'static str> {
        (self.n == 0).then_some("x⁰ is constant")
    }

    /// A space keeps a number in braces from reading as the place of an input.
    fn notation(&self) -> Notation {
        let superscript = |sign| match sign {
            '-' => '⁻',
            digit => ['⁰', '¹', '²', '³', '⁴', '⁵', '⁶', '⁷', '⁸', '⁹'][digit as usize - '0' as usize],
        };
        let exponent: String = self.n.to_string().chars().map(superscript).collect();
        Notation::template(format!("{{0}}{exponent}"), format!("{{0}}^{{ {}}}", self.n), Level::Postfix, Level::Atom)
    }
}

impl Var<'_> {
    /// Elementwise xⁿ for a fixed integer n; for an exponent that varies, see [`pow`](Self::pow).
    ///
    /// ```
    /// use cinta_graph::Tape;
    /// let tape = Tape::new();
    /// let x = tape.var([-2.0, 0.0, 3.0]);
    /// assert_eq!(x.powi(3).value(), ndarray::array![-8.0, 0.0, 27.0]);
    /// assert_eq!(x.powi(3).sum().grad(x).value(), ndarray::array![12.0, 0.0, 27.0]);
    /// ```
    ///
    /// # Panics
    /// On integers and truth values.
    #[must_use]
    #[track_caller]
    pub fn powi(self, n: i32) -> Self {
        or_panic(self.try_powi(n))
    }

    /// [`powi`](Self::powi), with the error returned.
    #[track_caller]
    pub fn try_powi(self, n: i32) -> Result<Self, Error> {
        self.unary(Powi { n })
    }
}
