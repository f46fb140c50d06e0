//! `tanh`: elementwise hyperbolic tangent.
use super::elementwise::EVERYWHERE;
use super::{Delta, Flow, Notation, Unary};
use crate::error::or_panic;
use crate::{Error, Real, Var};

/// y = tanh(x), dy/dx = 1 − y².
///
/// 1 − y² is written sech²(x), the same number without cancellation: in the tails, where y rounds to ±1, the
/// derivative keeps its relative accuracy, and so do those of higher order everywhere.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Tanh;

impl Unary for Tanh {
    const NAME: &'static str = "tanh";
    const SAMPLES: &'static [f64] = EVERYWHERE;
    const GOLDEN: &'static [(f64, f64)] = &[
        (0.0, 0.0),
        (-0.0, -0.0),
        (1e-10, 1e-10),
        (0.1, 0.099_667_994_624_955_82),
        (0.5, 0.462_117_157_260_009_74),
        (-0.5, -0.462_117_157_260_009_74),
        (1.0, 0.761_594_155_955_764_9),
        (-2.5, -0.986_614_298_151_430_3),
        (20.0, 1.0),
        (-300.0, -1.0),
        (f64::INFINITY, 1.0),
        (f64::NEG_INFINITY, -1.0),
    ];
    const ULPS: f64 = 2.0;
    const FLOPS: u64 = 16;

    fn f<T: Real>(&self, x: T) -> T {
        x.tanh()
    }

    fn times_partial<'t>(&self, x: Var<'t>, _y: Var<'t>, delta: Delta<'t>) -> Flow<'t> {
        Some(delta.times(x.sech2()))
    }

    fn notation(&self) -> Notation {
        Notation { latex: "\\tanh({0})".into(), ..Notation::function("tanh") }
    }
}

impl Var<'_> {
    /// Elementwise hyperbolic tangent, y = (eˣ − e⁻ˣ)/(eˣ + e⁻ˣ).
    ///
    /// ```
    /// use cinta_graph::Tape;
    /// let tape = Tape::new();
    /// let x = tape.var(0.5);
    /// let y = x.tanh();
    /// assert_eq!(y.item(), 0.5_f64.tanh());
    /// assert!((y.grad(x).item() - (1.0 - y.item().powi(2))).abs() < 1e-15);
    /// ```
    ///
    /// # Panics
    /// On integers and truth values.
    #[must_use]
    #[track_caller]
    pub fn tanh(self) -> Self {
        or_panic(self.try_tanh())
    }

    /// [`tanh`](Self::tanh), with the error returned.
    #[track_caller]
    pub fn try_tanh(self) -> Result<Self, Error> {
        self.unary(Tanh)
    }
}
