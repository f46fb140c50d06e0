//! Kernels of the hyperbolic functions and the sigmoid.
//!
//! Functions that derivatives pair up (sinh and cosh, tanh and sech², σ and its slope, softplus and σ) are written in the
//! same terms, so that a loop that computes both shares them, and gives the bits of each alone.
use super::exponential::{Decay, decay, quarter_expm1};
use super::float::{Float, fused};
use super::loops::Map1;
use super::set::Isa;

/// q = (e^|x| − 1)/4, e^|x|/4 and 4/e^|x|.
#[inline(always)]
fn quarters<I: Isa, T: Float>(x: T) -> [T; 3] {
    let q = quarter_expm1::<I, T>(x.abs());
    let e = q + T::lit(0.25);
    [q, e, T::ONE / e]
}

/// sinh x; within 2 ULP: sinh |x| = 2q + q/(2q + ½).
pub(super) struct Sinh;

impl<T: Float> Map1<T> for Sinh {
    #[inline(always)]
    fn at<I: Isa>(x: T) -> T {
        let [q, _, inverse] = quarters::<I, T>(x);
        let y = fused::<I, T>(T::HALF * q, inverse, T::TWO * q).copysign(x);
        if x.abs() < T::EPSILON * T::HALF { x } else { y }
    }
}

/// cosh x; within 2 ULP.
pub(super) struct Cosh;

impl<T: Float> Map1<T> for Cosh {
    #[inline(always)]
    fn at<I: Isa>(x: T) -> T {
        let [_, e, inverse] = quarters::<I, T>(x);
        T::TWO * e + T::lit(0.125) * inverse
    }
}

/// What functions of e = eˣ and 1/(1 + e) are made of, for x ≤ 0.
pub(super) struct Logistic<T> {
    e: Decay<T>,
    /// 2ⁿ, to which e is nearest.
    power: T,
    /// 1 + e.
    sum: T,
    inverse: T,
}

#[inline(always)]
pub(super) fn logistic<I: Isa, T: Float>(x: T) -> Logistic<T> {
    let e = decay::<I, T>(x);
    let power = e.lifted * (T::ONE / T::LIFT);
    let sum = fused::<I, T>(power, e.tail, T::ONE + power);
    Logistic { e, power, sum, inverse: T::ONE / sum }
}

impl<T: Float> Logistic<T> {
    /// y without the rounding error of the inverse, of which so many are its factors.
    #[inline(always)]
    fn settled<I: Isa>(&self, y: T, inverses: T) -> T {
        let excess = fused::<I, T>(self.sum, self.inverse, -T::ONE);
        fused::<I, T>(y, -inverses * excess, y)
    }

    /// e.
    #[inline(always)]
    pub(super) fn e<I: Isa>(&self) -> T {
        fused::<I, T>(self.power, self.e.tail, self.power)
    }

    /// e/(1 + e) or 1/(1 + e).
    #[inline(always)]
    fn share<I: Isa>(&self, of_e: bool) -> T {
        (if of_e { self.e::<I>() } else { T::ONE }) * self.inverse
    }

    /// (1 − e)/(1 + e).
    #[inline(always)]
    fn rise<I: Isa>(&self) -> T {
        let rise = fused::<I, T>(-self.power, self.e.tail, T::ONE - self.power);
        if I::FMA { self.settled::<I>(rise * self.inverse, T::ONE) } else { rise / self.sum }
    }

    /// factor·e/(1 + e)², where the factor is a power of two.
    #[inline(always)]
    fn slope<I: Isa>(&self, factor: T) -> T {
        let part = T::ONE + self.e.tail;
        let y = if I::FMA {
            self.settled::<I>(part * (self.inverse * self.inverse), T::TWO)
        } else {
            part / (self.sum * self.sum)
        };
        (y * self.e.lifted) * (factor / T::LIFT)
    }
}

/// tanh x = (1 − e)/(1 + e) with e = e^−2|x|; within 2.5 ULP.
pub(super) struct Tanh;

impl<T: Float> Map1<T> for Tanh {
    #[inline(always)]
    fn at<I: Isa>(x: T) -> T {
        logistic::<I, T>(T::lit(-2.0) * x.abs()).rise::<I>().copysign(x)
    }
}

/// sech² x = 4e/(1 + e)² with e = e^−2|x|; within 4 ULP.
pub(super) struct Sech2;

impl<T: Float> Map1<T> for Sech2 {
    #[inline(always)]
    fn at<I: Isa>(x: T) -> T {
        logistic::<I, T>(T::lit(-2.0) * x.abs()).slope::<I>(T::lit(4.0))
    }
}

/// sech² x/2.
pub(super) struct Sech2OfHalf;

impl<T: Float> Map1<T> for Sech2OfHalf {
    #[inline(always)]
    fn at<I: Isa>(x: T) -> T {
        logistic::<I, T>(-x.abs()).slope::<I>(T::lit(4.0))
    }
}

/// σ(x); within 3 ULP.
pub(super) struct Sigmoid;

impl<T: Float> Map1<T> for Sigmoid {
    #[inline(always)]
    fn at<I: Isa>(x: T) -> T {
        logistic::<I, T>(-x.abs()).share::<I>(x < T::ZERO)
    }
}

/// σ(−x).
pub(super) struct SigmoidOfNeg;

impl<T: Float> Map1<T> for SigmoidOfNeg {
    #[inline(always)]
    fn at<I: Isa>(x: T) -> T {
        logistic::<I, T>(-x.abs()).share::<I>(x > T::ZERO)
    }
}

/// σ′(x) = e/(1 + e)² with e = e^−|x|; within 4 ULP.
pub(super) struct SigmoidSlope;

impl<T: Float> Map1<T> for SigmoidSlope {
    #[inline(always)]
    fn at<I: Isa>(x: T) -> T {
        logistic::<I, T>(-x.abs()).slope::<I>(T::ONE)
    }
}
