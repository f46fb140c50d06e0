//! `sech2`: the square of the hyperbolic secant, the slope of tanh.
use super::elementwise::EVERYWHERE;
use super::{Delta, Flow, Level, Notation, Unary};
use crate::error::or_panic;
use crate::{Error, Real, Var};

/// y = sech²(x) = 1/cosh²(x) = 1 − tanh²(x), dy/dx = −2 y tanh(x).
///
/// An operation of its own because no other way to write it keeps relative accuracy both in its tails, where
/// 1 − tanh²(x) cancels, and in its derivative at 0, where a product of two logistic functions does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Sech2;

impl Unary for Sech2 {
    const NAME: &'static str = "sech2";
    const SAMPLES: &'static [f64] = EVERYWHERE;
    const GOLDEN: &'static [(f64, f64)] = &[
        (0.0, 1.0),
        (-0.0, 1.0),
        (1e-10, 1.0),
        (0.1, 0.990_066_290_847_439_8),
        (0.5, 0.786_447_732_965_927_4),
        (-1.0, 0.419_974_341_614_026_1),
        (2.5, 0.026_592_226_683_160_62),
        (-20.0, 1.699_341_702_116_635_5e-17),
        (300.0, 1.060_158_621_201_724_3e-260),
        (350.0, 3.943_870_617_503_908e-304),
        (400.0, 0.0),
        (f64::INFINITY, 0.0),
        (f64::NEG_INFINITY, 0.0),
    ];
    const ULPS: f64 = 2.0;
    const FLOPS: u64 = 16;

    /// 4e/(1 + e)² with e = e⁻²ˡˣˡ. What rounding 1 + e takes away is put back, to first order; far out, where e would
    /// vanish before the result does, it is (2 e⁻ˡˣˡ)².
    fn f<T: Real>(&self, x: T) -> T {
        let (one, two) = (T::lit(1.0), T::lit(2.0));
        let x = x.abs();
        if x > T::lit(20.0) {
            let sech = two * (-x).exp();
            return sech * sech;
        }
        let e = (-two * x).exp();
        let sum = one + e;
        let missing = e - (sum - one);
        let y = T::lit(4.0) * e / (sum * sum);
        y - y * (two * missing) * (one - e / two)
    }

    fn times_partial<'t>(&self, x: Var<'t>, y: Var<'t>, delta: Delta<'t>) -> Flow<'t> {
        Some(delta.times(y).times(x.tanh()).scale(-2.0))
    }

    fn notation(&self) -> Notation {
        Notation::template("sech²({0})", "\\operatorname{sech}^2({0})", Level::Postfix, Level::Relation)
    }
}

impl Var<'_> {
    /// Elementwise sech²(x) = 1 − tanh²(x), without cancellation in the tails.
    ///
    /// ```
    /// use cinta_graph::Tape;
    /// let tape = Tape::new();
    /// let x = tape.var([0.0, 20.0]);
    /// let y = x.sech2().to_array::<f64>();
    /// assert_eq!(y[0], 1.0);
    /// assert!((y[1] / (4.0 * (-40.0_f64).exp()) - 1.0).abs() < 1e-15); // 1 − tanh² is 0 here
    /// ```
    ///
    /// # Panics
    /// On integers and truth values.
    #[must_use]
    #[track_caller]
    pub fn sech2(self) -> Self {
        or_panic(self.try_sech2())
    }

    /// [`sech2`](Self::sech2), with the error returned.
    #[track_caller]
    pub fn try_sech2(self) -> Result<Self, Error> {
        self.unary(Sech2)
    }
}
