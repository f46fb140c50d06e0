//! Kernels of the hyperbolic functions and the sigmoid.
//!
//! Functions that derivatives pair up (sinh and cosh, tanh and sech², σ and its slope) are written in the same terms, so that
//! a loop that computes both shares them, and gives the bits of each alone.
use super::exponential::{Scaled, exp_scaled, quarter_expm1};
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
struct Logistic<T> {
    e: Scaled<T>,
    sum: T,
    inverse: T,
}

#[inline(always)]
fn logistic<I: Isa, T: Float>(x: T) -> Logistic<T> {
    let e = exp_scaled::<I, T>(x);
    let sum = T::ONE + e.joined();
    Logistic { e, sum, inverse: T::ONE / sum }
}

impl<T: Float> Logistic<T> {
    /// e/(1 + e) or 1/(1 + e).
    #[inline(always)]
    fn share(&self, of_e: bool) -> T {
        (if of_e { self.e.joined() } else { T::ONE }) * self.inverse
    }

    /// factor·e/(1 + e)², where the factor is a power of two; without the rounding error of the inverse, which would count twice.
    #[inline(always)]
    fn slope<I: Isa>(&self, factor: T) -> T {
        let part = factor * self.e.part;
        let y = if I::FMA {
            let excess = self.sum.mul_add(self.inverse, -T::ONE);
            let y = part * (self.inverse * self.inverse);
            y.mul_add(-T::TWO * excess, y)
        } else {
            part / (self.sum * self.sum)
        };
        y * self.e.scale[0] * self.e.scale[1]
    }
}

/// tanh x = (1 − e)/(1 + e) with e = e^−2|x|; within 2.5 ULP.
pub(super) struct Tanh;

impl<T: Float> Map1<T> for Tanh {
    #[inline(always)]
    fn at<I: Isa>(x: T) -> T {
        let double = -(x.abs() + x.abs());
        let y = T::lit(-4.0) * quarter_expm1::<I, T>(double);
        (y * logistic::<I, T>(double).inverse).copysign(x)
    }
}

/// sech² x = 4e/(1 + e)² with e = e^−2|x|; within 4 ULP.
pub(super) struct Sech2;

impl<T: Float> Map1<T> for Sech2 {
    #[inline(always)]
    fn at<I: Isa>(x: T) -> T {
        logistic::<I, T>(-(x.abs() + x.abs())).slope::<I>(T::lit(4.0))
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

/// σ(x); within 2.5 ULP.
pub(super) struct Sigmoid;

impl<T: Float> Map1<T> for Sigmoid {
    #[inline(always)]
    fn at<I: Isa>(x: T) -> T {
        logistic::<I, T>(-x.abs()).share(x < T::ZERO)
    }
}

/// σ(−x).
pub(super) struct SigmoidOfNeg;

impl<T: Float> Map1<T> for SigmoidOfNeg {
    #[inline(always)]
    fn at<I: Isa>(x: T) -> T {
        logistic::<I, T>(-x.abs()).share(x > T::ZERO)
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
