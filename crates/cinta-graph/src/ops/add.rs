//! `add`: elementwise sum, and the `+` operator.
use super::{Binary, Delta, Domain, Flow, Level, Notation};
use crate::{Error, Numeric, Operand, Real, Var};

/// y = a + b, ∂y/∂a = ∂y/∂b = 1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Add;

impl Binary for Add {
    const NAME: &'static str = "add";
    const DOMAIN: Domain = Domain::Numeric;
    const SAMPLES: &'static [(f64, f64)] = &[(1.5, -0.5), (-2.25, 0.75), (0.1, 3.0)];
    const GOLDEN: &'static [(f64, f64, f64)] = &[
        (1.5, -0.5, 1.0),
        (0.1, 0.2, 0.300_000_000_000_000_04),
        (1.0, 1e-16, 1.0),
        (1e16, -1.0, 1e16),
        (-0.0, -0.0, -0.0),
        (0.0, -0.0, 0.0),
        (1e308, 1e308, f64::INFINITY),
        (f64::INFINITY, 1.0, f64::INFINITY),
        (5e-324, 5e-324, 1e-323),
    ];
    const ULPS: f64 = 0.0;

    fn f<T: Real>(a: T, b: T) -> T {
        a + b
    }

    fn f_int(a: i64, b: i64) -> i64 {
        a.plus(b)
    }

    fn times_partial<'t>(_i: usize, _x: [Var<'t>; 2], _y: Var<'t>, delta: Delta<'t>) -> Flow<'t> {
        Some(delta)
    }

    fn notation() -> Notation {
        Notation::infix("+", "+", Level::Sum)
    }
}

impl<'t> Var<'t> {
    /// [`add`](std::ops::Add) with the error returned: `a + b`, broadcast as in NumPy; integers wrap.
    ///
    /// ```
    /// use cinta_graph::Tape;
    /// let tape = Tape::new();
    /// let (a, b) = (tape.var([1.0, 2.0]), tape.var([1.0, 2.0, 3.0]));
    /// let error = a.try_add(b).unwrap_err();
    /// assert!(error.to_string().starts_with("add: f64[2] and f64[3]: sizes 2 and 3 of axis -1 do not broadcast"));
    /// ```
    #[inline]
    #[track_caller]
    pub fn try_add(self, other: impl Operand<'t>) -> Result<Self, Error> {
        self.binary(Add, other)
    }
}
