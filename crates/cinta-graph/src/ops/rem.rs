//! `rem`: the remainder of a division, elementwise.
use super::{Binary, Delta, Flow, Notation};
use crate::{Error, Operand, Real, Var};

/// y = a − b trunc(a/b), with the sign of a, exact, as Rust's `%`; ∂y/∂a = 1, ∂y/∂b = −trunc(a/b).
///
/// Where a is a multiple of b, y jumps; the derivatives are those of the side away from 0. By IEEE arithmetic NaN for
/// b = 0 and infinite a; a finite a is its own remainder by ±∞.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Rem;

impl Binary for Rem {
    const NAME: &'static str = "rem";
    const SAMPLES: &'static [(f64, f64)] = &[(1.7, 0.5), (-2.25, 0.85), (0.1, 3.0), (5.3, -2.0)];
    const GOLDEN: &'static [(f64, f64, f64)] = &[
        (5.5, 2.0, 1.5),
        (-5.5, 2.0, -1.5),
        (5.5, -2.0, 1.5),
        (6.0, 2.0, 0.0),
        (0.1, 3.0, 0.1),
        (1e300, 7.0, 1.0),
        (1.0, 0.1, 0.099_999_999_999_999_95),
        (1.0, 0.0, f64::NAN),
        (f64::INFINITY, 1.0, f64::NAN),
        (-2.5, f64::INFINITY, -2.5),
    ];
    const ULPS: f64 = 0.0;
    const FLOPS: u64 = 16;

    fn f<T: Real>(a: T, b: T) -> T {
        a % b
    }

    /// (a − y)/b is an integer, but for rounding.
    fn times_partial<'t>(i: usize, [a, b]: [Var<'t>; 2], y: Var<'t>, delta: Delta<'t>) -> Flow<'t> {
        Some(if i == 0 { delta } else { delta.times(((y - a) / b).round()) })
    }

    fn notation() -> Notation {
        Notation::function("rem")
    }
}

impl<'t> Var<'t> {
    /// [`rem`](std::ops::Rem) with the error returned: `a % b`, broadcast as in NumPy, with the sign of a.
    ///
    /// ```
    /// use cinta_graph::Tape;
    /// let tape = Tape::new();
    /// let (a, b) = (tape.var([5.5, -7.5]), tape.var(2.0));
    /// let y = a % b;
    /// assert_eq!(y.value(), ndarray::array![1.5, -1.5]);
    /// assert_eq!(y.sum().grad(a).value(), ndarray::array![1.0, 1.0]);
    /// assert_eq!(y.sum().grad(b).item(), 1.0); // −2 + 3
    /// assert!(tape.var(5).try_rem(2).is_err()); // integers have no remainder by 0
    /// ```
    #[inline]
    #[track_caller]
    pub fn try_rem(self, b: impl Operand<'t>) -> Result<Self, Error> {
        self.binary(Rem, b)
    }
}
