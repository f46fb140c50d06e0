//! `mul`: elementwise product, and the `*` operator.
use super::{Binary, Delta, Domain, Flow, Level, Notation};
use crate::{ArrayType, Error, Numeric, Operand, Real, Var};

/// y = a ⊙ b, ∂y/∂a = b, ∂y/∂b = a.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Mul;

impl Binary for Mul {
    const NAME: &'static str = "mul";
    const DOMAIN: Domain = Domain::Numeric;
    const SAMPLES: &'static [(f64, f64)] = &[(1.5, -0.5), (-2.25, 0.75), (0.1, 3.0)];
    const GOLDEN: &'static [(f64, f64, f64)] = &[
        (1.5, -0.5, -0.75),
        (0.1, 0.2, 0.020_000_000_000_000_004),
        (1e-155, 1e-155, 1e-310),
        (1e200, 1e200, f64::INFINITY),
        (-1e200, 1e200, f64::NEG_INFINITY),
        (0.0, -2.0, -0.0),
        (f64::NEG_INFINITY, 2.0, f64::NEG_INFINITY),
        (1.1, 1.1, 1.210_000_000_000_000_2),
        (5e-324, 0.75, 5e-324),
    ];
    const ULPS: f64 = 0.0;

    fn f<T: Real>(a: T, b: T) -> T {
        a * b
    }

    fn f_int(a: i64, b: i64) -> i64 {
        a.times(b)
    }

    fn times_partial<'t>(i: usize, x: [Var<'t>; 2], _y: Var<'t>, delta: Delta<'t>) -> Flow<'t> {
        Some(delta.times(x[1 - i]))
    }

    fn notation() -> Notation {
        Notation { inputs: vec![Level::Product], ..Notation::infix("⊙", "\\odot", Level::Product) }
    }

    /// A scalar factor needs no sign.
    fn notation_of(shown: &[&ArrayType]) -> Notation {
        if shown.iter().any(|ty| ty.shape.rank() == 0) {
            return Notation::template("{0} {1}", "{0} {1}", Level::Product, Level::Product);
        }
        Self::notation()
    }
}

impl<'t> Var<'t> {
    /// [`mul`](std::ops::Mul) with the error returned: `a * b`, broadcast as in NumPy; integers wrap.
    ///
    /// ```
    /// use cinta_graph::Tape;
    /// let tape = Tape::new();
    /// let (a, b) = (tape.var([1.0, 2.0]), tape.var([1.0, 2.0, 3.0]));
    /// let error = a.try_mul(b).unwrap_err();
    /// assert!(error.to_string().starts_with("mul: f64[2] and f64[3]: sizes 2 and 3 of axis -1 do not broadcast"));
    /// ```
    #[inline]
    #[track_caller]
    pub fn try_mul(self, other: impl Operand<'t>) -> Result<Self, Error> {
        self.binary(Mul, other)
    }
}
