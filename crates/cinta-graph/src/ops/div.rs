//! `div`: elementwise quotient, and the `/` operator.
use super::{Binary, Delta, Flow, Level, Notation};
use crate::{Error, Operand, Real, Var};

/// y = a / b, ∂y/∂a = 1/b, ∂y/∂b = −y/b.
///
/// By IEEE arithmetic where b = 0. Integers are refused, for two answers are usual: cast to a float first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Div;

impl Binary for Div {
    const NAME: &'static str = "div";
    const SAMPLES: &'static [(f64, f64)] = &[(1.5, -0.5), (-2.25, 0.75), (0.1, 3.0)];
    const GOLDEN: &'static [(f64, f64, f64)] = &[
        (1.0, 3.0, 0.333_333_333_333_333_3),
        (0.1, 0.2, 0.5),
        (-1.0, 0.0, f64::NEG_INFINITY),
        (1.0, -0.0, f64::NEG_INFINITY),
        (1e-155, 1e155, 1e-310),
        (1e300, 1e-300, f64::INFINITY),
        (2.0, f64::INFINITY, 0.0),
        (-0.0, 2.0, -0.0),
        (f64::INFINITY, -2.0, f64::NEG_INFINITY),
        (5.0, 7.0, 0.714_285_714_285_714_3),
    ];
    const ULPS: f64 = 0.0;
    const FLOPS: u64 = 4;

    fn f<T: Real>(a: T, b: T) -> T {
        a / b
    }

    fn times_partial<'t>(i: usize, [_, b]: [Var<'t>; 2], y: Var<'t>, delta: Delta<'t>) -> Flow<'t> {
        Some(if i == 0 { delta.over(b) } else { -delta.times(y).over(b) })
    }

    fn notation() -> Notation {
        Notation {
            unicode: "{0} / {1}".into(),
            latex: "\\frac{{0}}{{1}}".into(),
            level: Level::Big,
            inputs: vec![Level::Product, Level::Prefix],
        }
    }
}

impl<'t> Var<'t> {
    /// [`div`](std::ops::Div) with the error returned: `a / b`, broadcast as in NumPy.
    ///
    /// ```
    /// use cinta_graph::Tape;
    /// let tape = Tape::new();
    /// let n = tape.var([1_i64, 2]);
    /// assert!(n.try_div(n).unwrap_err().to_string().starts_with("div: i64[2] and i64[2]: needs f64 or f32"));
    /// ```
    #[inline]
    #[track_caller]
    pub fn try_div(self, other: impl Operand<'t>) -> Result<Self, Error> {
        self.binary(Div, other)
    }
}
