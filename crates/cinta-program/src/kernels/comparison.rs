//! Kernels of comparisons, logic and selection. Truth values are 1 and 0; whatever is not 0 counts as true.
use super::float::Float;
use super::loops::{Map1, Map2, Map3};
use super::set::Isa;

pub(super) struct Lt;

impl<T: Float> Map2<T> for Lt {
    #[inline(always)]
    fn at<I: Isa>(a: T, b: T) -> T {
        truth(a < b)
    }
}

pub(super) struct Le;

impl<T: Float> Map2<T> for Le {
    #[inline(always)]
    fn at<I: Isa>(a: T, b: T) -> T {
        truth(a <= b)
    }
}

pub(super) struct Gt;

impl<T: Float> Map2<T> for Gt {
    #[inline(always)]
    fn at<I: Isa>(a: T, b: T) -> T {
        truth(a > b)
    }
}

pub(super) struct Ge;

impl<T: Float> Map2<T> for Ge {
    #[inline(always)]
    fn at<I: Isa>(a: T, b: T) -> T {
        truth(a >= b)
    }
}

pub(super) struct Eq;

impl<T: Float> Map2<T> for Eq {
    #[inline(always)]
    fn at<I: Isa>(a: T, b: T) -> T {
        truth(a == b)
    }
}

pub(super) struct Ne;

impl<T: Float> Map2<T> for Ne {
    #[inline(always)]
    fn at<I: Isa>(a: T, b: T) -> T {
        truth(a != b)
    }
}

pub(super) struct And;

impl<T: Float> Map2<T> for And {
    #[inline(always)]
    fn at<I: Isa>(a: T, b: T) -> T {
        truth(a != T::ZERO && b != T::ZERO)
    }
}

pub(super) struct Or;

impl<T: Float> Map2<T> for Or {
    #[inline(always)]
    fn at<I: Isa>(a: T, b: T) -> T {
        truth(a != T::ZERO || b != T::ZERO)
    }
}

pub(super) struct Xor;

impl<T: Float> Map2<T> for Xor {
    #[inline(always)]
    fn at<I: Isa>(a: T, b: T) -> T {
        truth((a != T::ZERO) != (b != T::ZERO))
    }
}

pub(super) struct Not;

impl<T: Float> Map1<T> for Not {
    const LONG: bool = false;

    #[inline(always)]
    fn at<I: Isa>(x: T) -> T {
        truth(x == T::ZERO)
    }
}

pub(super) struct Select;

impl<T: Float> Map3<T> for Select {
    #[inline(always)]
    fn at<I: Isa>(a: T, b: T, c: T) -> T {
        if a == T::ZERO { c } else { b }
    }
}

/// 1 or 0.
#[inline(always)]
fn truth<T: Float>(holds: bool) -> T {
    if holds { T::ONE } else { T::ZERO }
}
