//! Kernels of the circular functions.
use super::float::Float;
use super::loops::{Map1, Map2};
use super::set::Isa;

pub(super) struct Sin;

impl<T: Float> Map1<T> for Sin {
    #[inline(always)]
    fn at<I: Isa>(x: T) -> T {
        x.sin()
    }
}

pub(super) struct Cos;

impl<T: Float> Map1<T> for Cos {
    #[inline(always)]
    fn at<I: Isa>(x: T) -> T {
        x.cos()
    }
}

pub(super) struct Tan;

impl<T: Float> Map1<T> for Tan {
    #[inline(always)]
    fn at<I: Isa>(x: T) -> T {
        x.tan()
    }
}

pub(super) struct Asin;

impl<T: Float> Map1<T> for Asin {
    #[inline(always)]
    fn at<I: Isa>(x: T) -> T {
        x.asin()
    }
}

pub(super) struct Acos;

impl<T: Float> Map1<T> for Acos {
    #[inline(always)]
    fn at<I: Isa>(x: T) -> T {
        x.acos()
    }
}

pub(super) struct Atan;

impl<T: Float> Map1<T> for Atan {
    #[inline(always)]
    fn at<I: Isa>(x: T) -> T {
        x.atan()
    }
}

pub(super) struct Atan2;

impl<T: Float> Map2<T> for Atan2 {
    #[inline(always)]
    fn at<I: Isa>(a: T, b: T) -> T {
        a.atan2(b)
    }
}
