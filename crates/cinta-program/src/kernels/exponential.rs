//! Kernels of the exponential family.
use super::float::Float;
use super::loops::Map1;
use super::set::Isa;

pub(super) struct Exp;

impl<T: Float> Map1<T> for Exp {
    #[inline(always)]
    fn at<I: Isa>(x: T) -> T {
        x.exp()
    }
}

pub(super) struct Expm1;

impl<T: Float> Map1<T> for Expm1 {
    #[inline(always)]
    fn at<I: Isa>(x: T) -> T {
        x.exp_m1()
    }
}

pub(super) struct Exp2;

impl<T: Float> Map1<T> for Exp2 {
    #[inline(always)]
    fn at<I: Isa>(x: T) -> T {
        x.exp2()
    }
}
