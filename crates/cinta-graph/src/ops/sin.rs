//! `sin`: elementwise sine.
use super::elementwise::EVERYWHERE;
use super::{Delta, Flow, Notation, Unary};
use crate::error::or_panic;
use crate::{Error, Real, Var};

/// y = sin(x), dy/dx = cos(x). NaN at ±∞.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Sin;

impl Unary for Sin {
    const NAME: &'static str = "sin";
    const SAMPLES: &'static [f64] = EVERYWHERE;
    const GOLDEN: &'static [(f64, f64)] = &[
        (0.0, 0.0),
        (-0.0, -0.0),
        (1e-10, 1e-10),
        (0.5, 0.479_425_538_604_203),
        (-1.0, -0.841_470_984_807_896_5),
        (2.5, 0.598_472_144_103_956_5),
        (3.0, 0.141_120_008_059_867_2),
        (-100.0, 0.506_365_641_109_758_8),
        (100_000.0, 0.035_748_797_972_016_51),
        (1e22, -0.852_200_849_767_188_8),
    ];
    const FLOPS: u64 = 12;

    fn f<T: Real>(&self, x: T) -> T {
        x.sin()
    }

    fn times_partial<'t>(&self, x: Var<'t>, _y: Var<'t>, delta: Delta<'t>) -> Flow<'t> {
        Some(delta.times(x.cos()))
    }

    fn notation(&self) -> Notation {
        Notation { latex: "\\sin({0})".into(), ..Notation::function("sin") }
    }
}

impl Var<'_> {
    /// Elementwise sine of an angle in radians.
    ///
    /// ```
    /// use cinta_graph::Tape;
    /// let tape = Tape::new();
    /// let x = tape.var(0.5);
    /// assert_eq!(x.sin().item(), 0.5_f64.sin());
    /// assert_eq!(x.sin().grad(x).item(), 0.5_f64.cos());
    /// ```
    ///
    /// # Panics
    /// On integers and truth values.
    #[must_use]
    #[track_caller]
    pub fn sin(self) -> Self {
        or_panic(self.try_sin())
    }

    /// [`sin`](Self::sin), with the error returned.
    #[track_caller]
    pub fn try_sin(self) -> Result<Self, Error> {
        self.unary(Sin)
    }
}
