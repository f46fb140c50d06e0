//! Kernels of plain arithmetic: the bits of the interpreter.
use super::float::Float;
use super::loops::{Map1, Map2, Map3};
use super::set::Isa;

pub(super) struct Copy;

impl<T: Float> Map1<T> for Copy {
    const LONG: bool = false;

    #[inline(always)]
    fn at<I: Isa>(x: T) -> T {
        x
    }
}

pub(super) struct Neg;

impl<T: Float> Map1<T> for Neg {
    const LONG: bool = false;

    #[inline(always)]
    fn at<I: Isa>(x: T) -> T {
        -x
    }
}

pub(super) struct Abs;

impl<T: Float> Map1<T> for Abs {
    const LONG: bool = false;

    #[inline(always)]
    fn at<I: Isa>(x: T) -> T {
        x.abs()
    }
}

pub(super) struct Sign;

impl<T: Float> Map1<T> for Sign {
    const LONG: bool = false;

    #[inline(always)]
    fn at<I: Isa>(x: T) -> T {
        if x == T::ZERO { T::ZERO } else { x.signum() }
    }
}

pub(super) struct Square;

impl<T: Float> Map1<T> for Square {
    const LONG: bool = false;

    #[inline(always)]
    fn at<I: Isa>(x: T) -> T {
        x * x
    }
}

pub(super) struct Sqrt;

impl<T: Float> Map1<T> for Sqrt {
    const LONG: bool = false;

    #[inline(always)]
    fn at<I: Isa>(x: T) -> T {
        x.sqrt()
    }
}

pub(super) struct Reciprocal;

impl<T: Float> Map1<T> for Reciprocal {
    const LONG: bool = false;

    #[inline(always)]
    fn at<I: Isa>(x: T) -> T {
        T::ONE / x
    }
}

pub(super) struct Rsqrt;

impl<T: Float> Map1<T> for Rsqrt {
    const LONG: bool = false;

    #[inline(always)]
    fn at<I: Isa>(x: T) -> T {
        T::ONE / x.sqrt()
    }
}

pub(super) struct Relu;

impl<T: Float> Map1<T> for Relu {
    const LONG: bool = false;

    #[inline(always)]
    fn at<I: Isa>(x: T) -> T {
        if x <= T::ZERO { T::ZERO } else { x }
    }
}

pub(super) struct Floor;

impl<T: Float> Map1<T> for Floor {
    const LONG: bool = false;

    #[inline(always)]
    fn at<I: Isa>(x: T) -> T {
        x.floor()
    }
}

pub(super) struct Ceil;

impl<T: Float> Map1<T> for Ceil {
    const LONG: bool = false;

    #[inline(always)]
    fn at<I: Isa>(x: T) -> T {
        x.ceil()
    }
}

pub(super) struct Round;

impl<T: Float> Map1<T> for Round {
    const LONG: bool = false;

    #[inline(always)]
    fn at<I: Isa>(x: T) -> T {
        T::lit(x.to_f64().round_ties_even())
    }
}

pub(super) struct OneMinusSquare;

impl<T: Float> Map1<T> for OneMinusSquare {
    const LONG: bool = false;

    #[inline(always)]
    fn at<I: Isa>(x: T) -> T {
        (T::ONE - x) * (T::ONE + x)
    }
}

pub(super) struct Softsign;

impl<T: Float> Map1<T> for Softsign {
    const LONG: bool = false;

    #[inline(always)]
    fn at<I: Isa>(x: T) -> T {
        let y = x / (T::ONE + x.abs());
        if x.is_infinite() { x.signum() } else { y }
    }
}

pub(super) struct Add;

impl<T: Float> Map2<T> for Add {
    #[inline(always)]
    fn at<I: Isa>(a: T, b: T) -> T {
        a + b
    }
}

pub(super) struct Sub;

impl<T: Float> Map2<T> for Sub {
    #[inline(always)]
    fn at<I: Isa>(a: T, b: T) -> T {
        a - b
    }
}

pub(super) struct Mul;

impl<T: Float> Map2<T> for Mul {
    #[inline(always)]
    fn at<I: Isa>(a: T, b: T) -> T {
        a * b
    }
}

pub(super) struct Div;

impl<T: Float> Map2<T> for Div {
    #[inline(always)]
    fn at<I: Isa>(a: T, b: T) -> T {
        a / b
    }
}

pub(super) struct Maximum;

impl<T: Float> Map2<T> for Maximum {
    #[inline(always)]
    fn at<I: Isa>(a: T, b: T) -> T {
        if a > b || a.is_nan() { a } else { b }
    }
}

pub(super) struct Minimum;

impl<T: Float> Map2<T> for Minimum {
    #[inline(always)]
    fn at<I: Isa>(a: T, b: T) -> T {
        if a < b || a.is_nan() { a } else { b }
    }
}

pub(super) struct Rem;

impl<T: Float> Map2<T> for Rem {
    #[inline(always)]
    fn at<I: Isa>(a: T, b: T) -> T {
        a % b
    }
}

pub(super) struct Gate;

impl<T: Float> Map2<T> for Gate {
    #[inline(always)]
    fn at<I: Isa>(a: T, b: T) -> T {
        if a == T::ZERO { a } else { a * b }
    }
}

pub(super) struct MulAdd;

impl<T: Float> Map3<T> for MulAdd {
    #[inline(always)]
    fn at<I: Isa>(a: T, b: T, c: T) -> T {
        a * b + c
    }
}

pub(super) struct MulSub;

impl<T: Float> Map3<T> for MulSub {
    #[inline(always)]
    fn at<I: Isa>(a: T, b: T, c: T) -> T {
        a * b - c
    }
}

pub(super) struct NegMulAdd;

impl<T: Float> Map3<T> for NegMulAdd {
    #[inline(always)]
    fn at<I: Isa>(a: T, b: T, c: T) -> T {
        c - a * b
    }
}

pub(super) struct MulMul;

impl<T: Float> Map3<T> for MulMul {
    #[inline(always)]
    fn at<I: Isa>(a: T, b: T, c: T) -> T {
        a * b * c
    }
}

pub(super) struct AddAdd;

impl<T: Float> Map3<T> for AddAdd {
    #[inline(always)]
    fn at<I: Isa>(a: T, b: T, c: T) -> T {
        a + b + c
    }
}

pub(super) struct AddMul;

impl<T: Float> Map3<T> for AddMul {
    #[inline(always)]
    fn at<I: Isa>(a: T, b: T, c: T) -> T {
        (a + b) * c
    }
}

pub(super) struct SubMul;

impl<T: Float> Map3<T> for SubMul {
    #[inline(always)]
    fn at<I: Isa>(a: T, b: T, c: T) -> T {
        (a - b) * c
    }
}

pub(super) struct MulDiv;

impl<T: Float> Map3<T> for MulDiv {
    #[inline(always)]
    fn at<I: Isa>(a: T, b: T, c: T) -> T {
        a * b / c
    }
}

pub(super) struct RootOfMulAdd;

impl<T: Float> Map3<T> for RootOfMulAdd {
    #[inline(always)]
    fn at<I: Isa>(a: T, b: T, c: T) -> T {
        (a * b + c).sqrt()
    }
}
