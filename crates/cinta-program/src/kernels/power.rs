//! Kernels of powers.
use super::float::Float;
use super::loops::{Map1, Map2};
use super::set::Isa;

pub(super) struct Cbrt;

impl<T: Float> Map1<T> for Cbrt {
    #[inline(always)]
    fn at<I: Isa>(x: T) -> T {
        x.cbrt()
    }
}

pub(super) struct Pow;

impl<T: Float> Map2<T> for Pow {
    #[inline(always)]
    fn at<I: Isa>(a: T, b: T) -> T {
        a.powf(b)
    }
}

pub(super) struct Hypot;

impl<T: Float> Map2<T> for Hypot {
    #[inline(always)]
    fn at<I: Isa>(a: T, b: T) -> T {
        a.hypot(b)
    }
}
