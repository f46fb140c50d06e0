//! Kernels of the hyperbolic functions and the sigmoid.
use super::exponential::{Exp, Scaled, exp_normal, exp_scaled, quarter_expm1};
use super::float::{Float, fused, polynomial};
use super::loops::Map1;
use super::set::Isa;

/// sinh x; within 2 ULP.
pub(super) struct Sinh;

impl<T: Float> Map1<T> for Sinh {
    #[inline(always)]
    fn at<I: Isa>(x: T) -> T {
        // With q = (e^|x| − 1)/4, sinh |x| = 2q + q/(2q + ½).
        let q = quarter_expm1::<I, T>(x.abs());
        let y = (T::TWO * q + q / (T::TWO * q + T::HALF)).copysign(x);
        if x.abs() < T::EPSILON * T::HALF { x } else { y }
    }
}

/// cosh x; within 2 ULP.
pub(super) struct Cosh;

impl<T: Float> Map1<T> for Cosh {
    #[inline(always)]
    fn at<I: Isa>(x: T) -> T {
        let Scaled { part, scale } = exp_scaled::<I, T>(x.abs());
        let half = T::HALF * part * scale[0];
        half * scale[1] + T::lit(0.25) / half / scale[1]
    }
}

/// tanh x; within 2 ULP: a rational function up to 0.625, then 1 − 2/(e²ˣ + 1), with one division for both.
pub(super) struct Tanh;

impl<T: Float> Map1<T> for Tanh {
    #[inline(always)]
    fn at<I: Isa>(x: T) -> T {
        let size = x.abs();
        let square = x * x;
        let above = square * size * polynomial::<I, T>(square, T::TANH_ABOVE);
        let below = polynomial::<I, T>(square, T::TANH_BELOW);
        // From 20 on it is 1.
        let double = T::TWO * size;
        let e = exp_normal::<I, T>(if double > T::lit(40.0) { T::lit(40.0) } else { double });
        let small = size < T::lit(0.625);
        let above = if small { above } else { -T::TWO };
        let below = if small { below } else { e + T::ONE };
        let base = if small { size } else { T::ONE };
        (base + above / below).copysign(x)
    }
}

/// σ(x); within 2 ULP.
pub(super) struct Sigmoid;

impl<T: Float> Map1<T> for Sigmoid {
    #[inline(always)]
    fn at<I: Isa>(x: T) -> T {
        let e = Exp::at::<I>(-x.abs());
        (if x < T::ZERO { e } else { T::ONE }) / (T::ONE + e)
    }
}

/// sech² x = 4u/(1 + u)² with u = e^−2|x|; within 3 ULP.
pub(super) struct Sech2;

impl<T: Float> Map1<T> for Sech2 {
    #[inline(always)]
    fn at<I: Isa>(x: T) -> T {
        let Scaled { part, scale } = exp_scaled::<I, T>(-(x.abs() + x.abs()));
        let quadruple = T::lit(4.0) * part * scale[0];
        let u = part * scale[0] * scale[1];
        let below = fused::<I, T>(u, T::TWO + u, T::ONE);
        quadruple / below * scale[1]
    }
}
