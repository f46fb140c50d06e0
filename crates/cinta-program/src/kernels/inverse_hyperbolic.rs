//! Kernels of the inverse hyperbolic functions, by log(1 + y).
use super::float::{Float, fused};
use super::logarithm::{Log1p, log1p_inside};
use super::loops::Map1;
use super::set::Isa;

/// From here on 1 is nothing beside a number, and √(x² ± 1) is x.
#[inline(always)]
fn is_large<T: Float>(x: T) -> bool {
    x > T::lit(4.0) / T::EPSILON
}

/// log(1 + y), or log 2 more.
#[inline(always)]
fn logarithm<I: Isa, T: Float>(y: T, of_twice: bool) -> T {
    let log = log1p_inside::<I, T>(y);
    let log = if y < T::EPSILON * T::HALF { y } else { log };
    let log = if y < T::INFINITY { log } else { y };
    if of_twice { log + T::lit(std::f64::consts::LN_2) } else { log }
}

/// arsinh x = log(1 + z + z²/(1 + √(1 + z²))) for x = ±z; within 3 ULP.
pub(super) struct Asinh;

impl<T: Float> Map1<T> for Asinh {
    #[inline(always)]
    fn at<I: Isa>(x: T) -> T {
        let size = x.abs();
        let large = is_large(size);
        let z = if large { T::ONE } else { size };
        let square = z * z;
        let y = z + square / (T::ONE + fused::<I, T>(z, z, T::ONE).sqrt());
        logarithm::<I, T>(if large { size } else { y }, large).copysign(x)
    }
}

/// arcosh x = log(1 + t + √(t (t + 2))) with t = x − 1; within 3 ULP.
pub(super) struct Acosh;

impl<T: Float> Map1<T> for Acosh {
    #[inline(always)]
    fn at<I: Isa>(x: T) -> T {
        let large = is_large(x);
        let t = if large { T::ONE } else { x - T::ONE };
        let y = t + fused::<I, T>(t, t, T::TWO * t).sqrt();
        let y = logarithm::<I, T>(if large { x } else { y }, large);
        if x < T::ONE { T::NAN } else { y }
    }
}

/// artanh x = ½ log(1 + 2z + 2z²/(1 − z)) for x = ±z; within 3 ULP.
pub(super) struct Atanh;

impl<T: Float> Map1<T> for Atanh {
    #[inline(always)]
    fn at<I: Isa>(x: T) -> T {
        let z = x.abs();
        let double = z + z;
        let y = double + double * (z / (T::ONE - z));
        let y = if z > T::ONE { T::lit(-3.0) } else { y };
        (T::HALF * Log1p::at::<I>(y)).copysign(x)
    }
}
