//! `maximum`: the larger of two, elementwise.
use super::{Binary, Delta, Domain, Flow, Notation};
use crate::error::or_panic;
use crate::{Error, Operand, Real, Var};

/// y = max(a, b), ∂y/∂a = 1 where a > b, ½ where a = b, 0 where a < b; likewise for b.
///
/// A tie is split evenly, so that maximum(x, x) has the derivative 1. A NaN on either side gives NaN and passes
/// no derivative. Zeros of either sign are equal.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Maximum;

impl Binary for Maximum {
    const NAME: &'static str = "maximum";
    const DOMAIN: Domain = Domain::Numeric;
    const SAMPLES: &'static [(f64, f64)] = &[(1.5, -0.5), (-2.25, 0.75), (0.1, 3.0)];
    const GOLDEN: &'static [(f64, f64, f64)] = &[
        (1.5, -0.5, 1.5),
        (-2.0, 3.0, 3.0),
        (0.1, 0.1, 0.1),
        (f64::NEG_INFINITY, 1.0, 1.0),
        (1.0, f64::INFINITY, f64::INFINITY),
        (5e-324, 0.0, 5e-324),
    ];
    const ULPS: f64 = 0.0;

    fn f<T: Real>(a: T, b: T) -> T {
        if a > b || a.is_nan() { a } else { b }
    }

    fn f_int(a: i64, b: i64) -> i64 {
        a.max(b)
    }

    fn times_partial<'t>(i: usize, x: [Var<'t>; 2], _y: Var<'t>, delta: Delta<'t>) -> Flow<'t> {
        let (this, other) = (x[i], x[1 - i]);
        let half_of_ties = |delta: Var<'t>| this.eq(other).select(delta * 0.5, 0.0);
        Some(delta.map_masked(|delta| this.gt(other).select(delta, half_of_ties(delta))))
    }

    fn notation() -> Notation {
        Notation { latex: "\\max({*})".into(), ..Notation::function("max") }
    }
}

impl<'t> Var<'t> {
    /// The larger of two, elementwise, broadcast as in NumPy; NaN if either is. A tie gives each half the derivative.
    ///
    /// ```
    /// use cinta_graph::Tape;
    /// let tape = Tape::new();
    /// let (a, b) = (tape.var([1.0, 2.0, 3.0]), tape.var(2.0));
    /// let y = a.maximum(b);
    /// assert_eq!(y.value(), ndarray::array![2.0, 2.0, 3.0]);
    /// assert_eq!(y.sum().grad(a).value(), ndarray::array![0.0, 0.5, 1.0]);
    /// ```
    ///
    /// # Panics
    /// On truth values, or if dtypes differ or shapes do not broadcast.
    #[must_use]
    #[track_caller]
    pub fn maximum(self, other: impl Operand<'t>) -> Self {
        or_panic(self.try_maximum(other))
    }

    /// [`maximum`](Self::maximum), with the error returned.
    #[track_caller]
    pub fn try_maximum(self, other: impl Operand<'t>) -> Result<Self, Error> {
        self.binary(Maximum, other)
    }
}
