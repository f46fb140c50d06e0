//! `erfinv`: the inverse of the error function.
use super::gaussian::gaussian;
use super::{Delta, Flow, Level, Notation, Unary};
use crate::error::or_panic;
use crate::{Error, Real, Var};

/// y = erf⁻¹(x) from −1 to 1, dy/dx = √π/2 e^(y²), the operation [`ErfinvSlope`].
///
/// ±∞ at ±1, where the derivative is +∞, and NaN beyond.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Erfinv;

/// s = √π/2 e^(y²) with y = erf⁻¹(x), the slope of erfinv; ds/dx = 2 y s².
///
/// An operation of its own because y is rounded, and the error grows 2y²-fold in the exponential.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct ErfinvSlope;

const HALF_ROOT_OF_PI: f64 = 0.886_226_925_452_758;

/// erf⁻¹(x), and what its rounding takes away, for |x| < 1: an approximation to three digits, then Halley's steps, each of
/// which has three times the digits. On the right with erfc(y) and 1 − x, which is exact from ½ on, in place of erf(y) and x.
///
/// The first formula is S. Winitzki's, *A handy approximation for the error function and its inverse* (2008).
fn erfinv(x: f64) -> (f64, f64) {
    const A: f64 = 0.147;
    let size = x.abs();
    let log = (-size * size).ln_1p();
    let middle = 2.0 / (std::f64::consts::PI * A) + 0.5 * log;
    let mut y = ((middle * middle - log / A).sqrt() - middle).sqrt();
    let step = |y: f64| {
        let miss = if size < 0.5 { libm::erf(y) - size } else { (1.0 - size) - libm::erfc(y) };
        let newton = miss * HALF_ROOT_OF_PI / gaussian(1, y);
        newton / (1.0 + y * newton)
    };
    for _ in 0..3 {
        y -= step(y);
    }
    (y.copysign(x), -step(y) * x.signum())
}

impl Unary for Erfinv {
    const NAME: &'static str = "erfinv";
    const SAMPLES: &'static [f64] = &[-0.8, -0.35, 0.1, 0.5, 0.75];
    const GOLDEN: &'static [(f64, f64)] = &[
        (0.0, 0.0),
        (1e-10, 8.862_269_254_527_581e-11),
        (0.5, 0.476_936_276_204_469_9),
        (-0.25, -0.225_312_055_012_178_1),
        (0.9, 1.163_087_153_676_674_3),
        (-0.99, -1.821_386_367_718_449_4),
        (0.999_999_999, 4.320_005_388_105_362),
        (0.999_999_999_999_999_9, 5.863_584_748_755_167_6),
        (1e-310, 8.862_269_254_527_7e-311),
        (-0.0, -0.0),
        (1.0, f64::INFINITY),
        (-1.0, f64::NEG_INFINITY),
        (1.5, f64::NAN),
    ];
    const ULPS: f64 = 2.0;
    const FLOPS: u64 = 200;

    fn f<T: Real>(&self, x: T) -> T {
        let x = x.to_f64();
        T::lit(if x.abs() == 1.0 { x * f64::INFINITY } else { erfinv(x).0 })
    }

    fn times_partial<'t>(&self, x: Var<'t>, _y: Var<'t>, delta: Delta<'t>) -> Flow<'t> {
        Some(delta.times(or_panic(x.unary(ErfinvSlope))))
    }
}

impl Unary for ErfinvSlope {
    const NAME: &'static str = "erfinv_slope";
    const SAMPLES: &'static [f64] = Erfinv::SAMPLES;
    const GOLDEN: &'static [(f64, f64)] = &[
        (0.0, 0.886_226_925_452_758),
        (1e-10, 0.886_226_925_452_758),
        (0.5, 1.112_584_818_971_949_8),
        (-0.25, 0.932_378_234_605_972_6),
        (0.9, 3.428_042_811_451_841),
        (-0.99, 24.450_876_473_746_412),
        (0.999_999_999, 112_860_637.109_911_28),
        (0.999_999_999_999_999_9, 757_347_920_544_974.0),
        (1.0, f64::INFINITY),
        (-1.0, f64::INFINITY),
        (1.5, f64::NAN),
    ];
    const ULPS: f64 = 3.0;
    const FLOPS: u64 = 200;

    fn f<T: Real>(&self, x: T) -> T {
        let x = x.to_f64();
        if x.abs() == 1.0 {
            return T::INFINITY;
        }
        let (y, rest) = erfinv(x);
        T::lit(HALF_ROOT_OF_PI / gaussian(1, y) * (1.0 + 2.0 * y * rest))
    }

    fn times_partial<'t>(&self, x: Var<'t>, y: Var<'t>, delta: Delta<'t>) -> Flow<'t> {
        Some(delta.times(x.erfinv()).times(y).times(y).scale(2.0))
    }

    fn notation(&self) -> Notation {
        Notation::template("erfinv′({0})", "(\\operatorname{erf}^{-1})'({0})", Level::Atom, Level::Relation)
    }
}

impl Var<'_> {
    /// The inverse of the error function, elementwise: the y with [`erf`](Self::erf)(y) = x; NaN outside of −1 to 1.
    ///
    /// Quantiles of the normal distribution are √2 erf⁻¹(2p − 1).
    ///
    /// ```
    /// use cinta_graph::Tape;
    /// let tape = Tape::new();
    /// let x = tape.var([0.0, 0.842_700_792_949_714_9, 1.0]);
    /// let y = x.erfinv().to_array::<f64>();
    /// assert_eq!((y[0], y[2]), (0.0, f64::INFINITY));
    /// assert!((y[1] - 1.0).abs() < 1e-15); // the erf of 1
    /// let slope = x.erfinv().sum().grad(x).to_array::<f64>();
    /// assert!((slope[0] - std::f64::consts::PI.sqrt() / 2.0).abs() < 1e-15);
    /// ```
    ///
    /// # Panics
    /// On integers and truth values.
    #[must_use]
    #[track_caller]
    pub fn erfinv(self) -> Self {
        or_panic(self.try_erfinv())
    }

    /// [`erfinv`](Self::erfinv), with the error returned.
    #[track_caller]
    pub fn try_erfinv(self) -> Result<Self, Error> {
        self.unary(Erfinv)
    }
}
