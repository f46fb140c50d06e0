//! Kernels of comparisons, logic and selection where truth values are numbers, 1 and 0; whatever is not 0 counts as true.
//! Those of `bool`s are in [`masks`](super::masks).
use super::float::Float;
use super::loops::{Map1, Map2, Map3};
use super::set::Isa;

/// A comparison.
pub(super) trait Relation {
    fn holds<T: PartialOrd>(a: T, b: T) -> bool;
}

impl<T: Float, R: Relation> Map2<T> for R {
    #[inline(always)]
    fn at<I: Isa>(a: T, b: T) -> T {
        truth(R::holds(a, b))
    }
}

pub(super) struct Lt;

impl Relation for Lt {
    #[inline(always)]
    fn holds<T: PartialOrd>(a: T, b: T) -> bool {
        a < b
    }
}

pub(super) struct Le;

impl Relation for Le {
    #[inline(always)]
    fn holds<T: PartialOrd>(a: T, b: T) -> bool {
        a <= b
    }
}

pub(super) struct Gt;

impl Relation for Gt {
    #[inline(always)]
    fn holds<T: PartialOrd>(a: T, b: T) -> bool {
        a > b
    }
}

pub(super) struct Ge;

impl Relation for Ge {
    #[inline(always)]
    fn holds<T: PartialOrd>(a: T, b: T) -> bool {
        a >= b
    }
}

pub(super) struct Eq;

impl Relation for Eq {
    #[inline(always)]
    fn holds<T: PartialOrd>(a: T, b: T) -> bool {
        a == b
    }
}

pub(super) struct Ne;

impl Relation for Ne {
    #[inline(always)]
    fn holds<T: PartialOrd>(a: T, b: T) -> bool {
        a != b
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
