//! `sigmoid`: the logistic function, the slides' σ.
use super::elementwise::EVERYWHERE;
use super::{Attributes, Delta, Flow, Level, Notation, Unary};
use crate::error::or_panic;
use crate::{Error, Real, Var};

/// h = σ(z) = 1/(1 + e⁻ᶻ), dh/dz = σ(z) ⊙ (1 − σ(z)).
///
/// 1 − σ(z) is written σ(−z), the same number without cancellation: for large z, where σ(z) rounds to 1,
/// the derivative keeps its relative accuracy.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Sigmoid;

impl Unary for Sigmoid {
    const NAME: &'static str = "sigmoid";
    const SAMPLES: &'static [f64] = EVERYWHERE;
    const GOLDEN: &'static [(f64, f64)] = &[(0.5, 0.622_459_331_201_854_6)];
    const ULPS: f64 = 2.5;
    const FLOPS: u64 = 12;

    fn instances() -> Vec<Self> {
        vec![Self]
    }

    fn read(_: &Attributes) -> Result<Self, String> {
        Ok(Self)
    }

    /// Neither side overflows: e⁻ᶻ for z ≥ 0, eᶻ below.
    fn f<T: Real>(&self, z: T) -> T {
        let one = T::lit(1.0);
        let e = (-z.abs()).exp();
        (if z < T::lit(0.0) { e } else { one }) / (one + e)
    }

    fn times_partial<'t>(&self, z: Var<'t>, h: Var<'t>, delta: Delta<'t>) -> Flow<'t> {
        Some(delta.times(h).times((-z).sigmoid()))
    }

    fn notation(&self) -> Notation {
        Notation::template("σ({0})", "\\sigma({0})", Level::Atom, Level::Relation)
    }
}

impl Var<'_> {
    /// The logistic function σ(z) = 1/(1 + e⁻ᶻ), elementwise.
    ///
    /// ```
    /// use cinta_graph::Tape;
    /// let tape = Tape::new();
    /// let z = tape.var([-40.0, 0.0, 40.0]);
    /// assert_eq!(z.sigmoid().to_array::<f64>()[1], 0.5);
    /// let slope = z.sigmoid().sum().grad(z).to_array::<f64>();
    /// assert!((slope[2] / (-40.0_f64).exp() - 1.0).abs() < 1e-15); // not 0, though σ(40) rounds to 1
    /// ```
    ///
    /// # Panics
    /// On integers and truth values.
    #[must_use]
    #[track_caller]
    pub fn sigmoid(self) -> Self {
        or_panic(self.try_sigmoid())
    }

    /// [`sigmoid`](Self::sigmoid), with the error returned.
    #[track_caller]
    pub fn try_sigmoid(self) -> Result<Self, Error> {
        self.unary(Sigmoid)
    }
}
