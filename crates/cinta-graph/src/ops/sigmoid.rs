//! `sigmoid`: the logistic function, the slides' σ.
use super::elementwise::EVERYWHERE;
use super::{Delta, Flow, Level, Notation, Unary};
use crate::error::or_panic;
use crate::{Error, Real, Var};

/// h = σ(z) = 1/(1 + e⁻ᶻ), dh/dz = σ(z) ⊙ (1 − σ(z)).
///
/// σ(z) ⊙ (1 − σ(z)) is written ¼ sech²(z/2), the same number without cancellation: for large z, where σ(z)
/// rounds to 1, the derivative keeps its relative accuracy, and so do those of higher order everywhere.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Sigmoid;

impl Unary for Sigmoid {
    const NAME: &'static str = "sigmoid";
    const SAMPLES: &'static [f64] = EVERYWHERE;
    const GOLDEN: &'static [(f64, f64)] = &[
        (0.0, 0.5),
        (0.5, 0.622_459_331_201_854_6),
        (-0.5, 0.377_540_668_798_145_46),
        (1e-10, 0.500_000_000_025),
        (3.0, 0.952_574_126_822_433_3),
        (-3.0, 0.047_425_873_177_566_78),
        (40.0, 1.0),
        (-40.0, 4.248_354_255_291_589e-18),
        (700.0, 1.0),
        (-700.0, 9.859_676_543_759_77e-305),
        (f64::INFINITY, 1.0),
        (f64::NEG_INFINITY, 0.0),
    ];
    const ULPS: f64 = 2.0;
    const FLOPS: u64 = 12;

    /// Neither side overflows: e⁻ᶻ for z ≥ 0, eᶻ below.
    fn f<T: Real>(&self, z: T) -> T {
        let one = T::lit(1.0);
        let e = (-z.abs()).exp();
        (if z < T::lit(0.0) { e } else { one }) / (one + e)
    }

    fn times_partial<'t>(&self, z: Var<'t>, _h: Var<'t>, delta: Delta<'t>) -> Flow<'t> {
        Some(delta.times((z * 0.5).sech2()).scale(0.25))
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
