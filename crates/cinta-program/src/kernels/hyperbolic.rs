//! Kernels of the hyperbolic functions and the sigmoid.
use super::float::Float;
use super::loops::Map1;
use super::set::Isa;

pub(super) struct Sinh;

impl<T: Float> Map1<T> for Sinh {
    #[inline(always)]
    fn at<I: Isa>(x: T) -> T {
        x.sinh()
    }
}

pub(super) struct Cosh;

impl<T: Float> Map1<T> for Cosh {
    #[inline(always)]
    fn at<I: Isa>(x: T) -> T {
        x.cosh()
    }
}

pub(super) struct Tanh;

impl<T: Float> Map1<T> for Tanh {
    #[inline(always)]
    fn at<I: Isa>(x: T) -> T {
        x.tanh()
    }
}

pub(super) struct Sigmoid;

impl<T: Float> Map1<T> for Sigmoid {
    #[inline(always)]
    fn at<I: Isa>(x: T) -> T {
        let e = (-x.abs()).exp();
        (if x < T::ZERO { e } else { T::ONE }) / (T::ONE + e)
    }
}

pub(super) struct Softplus;

impl<T: Float> Map1<T> for Softplus {
    #[inline(always)]
    fn at<I: Isa>(x: T) -> T {
        let tail = (-x.abs()).exp().ln_1p();
        if x > T::ZERO { x + tail } else { tail }
    }
}

pub(super) struct LogSigmoid;

impl<T: Float> Map1<T> for LogSigmoid {
    #[inline(always)]
    fn at<I: Isa>(x: T) -> T {
        let tail = (-x.abs()).exp().ln_1p();
        if x < T::ZERO { x - tail } else { -tail }
    }
}

pub(super) struct Sech2;

impl<T: Float> Map1<T> for Sech2 {
    #[inline(always)]
    fn at<I: Isa>(x: T) -> T {
        let e = (-x.abs()).exp();
        let sech = T::lit(2.0) * e / (T::ONE + e * e);
        sech * sech
    }
}
