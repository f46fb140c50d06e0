//! Kernels of the logarithms.
use super::float::Float;
use super::loops::Map1;
use super::set::Isa;

pub(super) struct Log;

impl<T: Float> Map1<T> for Log {
    #[inline(always)]
    fn at<I: Isa>(x: T) -> T {
        x.ln()
    }
}

pub(super) struct Log1p;

impl<T: Float> Map1<T> for Log1p {
    #[inline(always)]
    fn at<I: Isa>(x: T) -> T {
        x.ln_1p()
    }
}

pub(super) struct Log2;

impl<T: Float> Map1<T> for Log2 {
    #[inline(always)]
    fn at<I: Isa>(x: T) -> T {
        x.log2()
    }
}

pub(super) struct Log10;

impl<T: Float> Map1<T> for Log10 {
    #[inline(always)]
    fn at<I: Isa>(x: T) -> T {
        x.log10()
    }
}
