//! Kernels of the error function.
use super::float::Float;
use super::loops::Map1;
use super::set::Isa;

pub(super) struct Erf;

impl<T: Float> Map1<T> for Erf {
    #[inline(always)]
    fn at<I: Isa>(x: T) -> T {
        T::lit(libm::erf(x.to_f64()))
    }
}

pub(super) struct Erfc;

impl<T: Float> Map1<T> for Erfc {
    #[inline(always)]
    fn at<I: Isa>(x: T) -> T {
        T::lit(libm::erfc(x.to_f64()))
    }
}
