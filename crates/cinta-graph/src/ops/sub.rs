//! `sub`: elementwise difference, and the `-` operator.
use super::{Binary, Delta, Domain, Flow, Level, Notation};
use crate::{Error, Numeric, Operand, Real, Var};

/// y = a − b, ∂y/∂a = 1, ∂y/∂b = −1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Sub;

impl Binary for Sub {
    const NAME: &'static str = "sub";
    const DOMAIN: Domain = Domain::Numeric;
    const SAMPLES: &'static [(f64, f64)] = &[(1.5, -0.5), (-2.25, 0.75), (0.1, 3.0)];
    const GOLDEN: &'static [(f64, f64, f64)] = &[
        (1.5, -0.5, 2.0),
        (0.3, 0.1, 0.199_999_999_999_999_98),
        (1.0, 1e-16, 0.999_999_999_999_999_9),
        (1e16, 1.0, 1e16),
        (0.0, 0.0, 0.0),
        (-0.0, 0.0, -0.0),
        (-1e308, 1e308, f64::NEG_INFINITY),
        (1.0, f64::INFINITY, f64::NEG_INFINITY),
        (1e-323, 5e-324, 5e-324),
    ];
    const ULPS: f64 = 0.0;

    fn f<T: Real>(a: T, b: T) -> T {
        a - b
    }

    fn f_int(a: i64, b: i64) -> i64 {
        a.minus(b)
    }

    fn times_partial<'t>(i: usize, _x: [Var<'t>; 2], _y: Var<'t>, delta: Delta<'t>) -> Flow<'t> {
        Some(if i == 0 { delta } else { -delta })
    }

    fn notation() -> Notation {
        Notation::infix("−", "-", Level::Sum)
    }
}

impl<'t> Var<'t> {
    /// [`sub`](std::ops::Sub) with the error returned: `a - b`, broadcast as in NumPy; integers wrap.
    ///
    /// ```
    /// use cinta_graph::Tape;
    /// let tape = Tape::new();
    /// let (a, b) = (tape.var([1.0, 2.0]), tape.var([1.0, 2.0, 3.0]));
    /// let error = a.try_sub(b).unwrap_err();
    /// assert!(error.to_string().starts_with("sub: f64[2] and f64[3]: sizes 2 and 3 of axis -1 do not broadcast"));
    /// ```
    #[inline]
    #[track_caller]
    pub fn try_sub(self, other: impl Operand<'t>) -> Result<Self, Error> {
        self.binary(Sub, other)
    }
}
