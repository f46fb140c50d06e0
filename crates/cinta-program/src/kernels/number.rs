//! What formulas are written in: floating-point numbers, or whatever else computes as they do.
use std::ops::{Add, Div, Mul, Neg, Sub};

use super::float::{Float, product_error};
use super::set::Isa;

/// A number of a formula without branches: an `f64` or `f32`, or the line of native code that will compute one.
pub(super) trait Number:
    Copy + Add<Output = Self> + Sub<Output = Self> + Mul<Output = Self> + Div<Output = Self> + Neg<Output = Self>
{
    /// What its constants are.
    type Of: Float;
    /// Whether something holds of it.
    type Mask: Copy;

    const ZERO: Self;
    const ONE: Self;
    const TWO: Self;
    const HALF: Self;
    const EPSILON: Self;
    const INFINITY: Self;
    const MINUS_INFINITY: Self;
    const NAN: Self;
    const SMALLEST_NORMAL: Self;
    const SHIFT: Self;
    const LOG2_E: Self;
    const LN2_HI: Self;
    const LN2_LO: Self;
    const EXP_HIGH: Self;
    const EXP_LOW: Self;
    const LIFT: Self;

    /// A known number.
    fn known(x: Self::Of) -> Self;
    /// The same of an `f64`, rounded.
    fn lit(x: f64) -> Self {
        Self::known(<Self::Of as cinta_graph::Real>::lit(x))
    }
    /// a·b + c, rounded once.
    fn mul_add(self, b: Self, c: Self) -> Self;
    /// As [`float::product_error`](product_error).
    fn product_error<I: Isa>(a: Self, b: Self, p: Self) -> Self;
    fn abs(self) -> Self;
    fn copysign(self, sign: Self) -> Self;
    /// As [`Float::raised`].
    fn raised(self, shifted: Self) -> Self;
    /// As [`Float::split`].
    fn split(self) -> (Self, Self);
    /// Whether it is smaller.
    fn less(self, than: Self) -> Self::Mask;
    fn equals(self, other: Self) -> Self::Mask;
    /// `yes` where something holds, `no` where not.
    fn choose(holds: Self::Mask, yes: Self, no: Self) -> Self;
}

impl<T: Float> Number for T {
    type Of = T;
    type Mask = bool;

    const ZERO: Self = <T as Float>::ZERO;
    const ONE: Self = <T as Float>::ONE;
    const TWO: Self = <T as Float>::TWO;
    const HALF: Self = <T as Float>::HALF;
    const EPSILON: Self = <T as cinta_graph::Real>::EPSILON;
    const INFINITY: Self = <T as cinta_graph::Real>::INFINITY;
    const MINUS_INFINITY: Self = <T as Float>::MINUS_INFINITY;
    const NAN: Self = <T as cinta_graph::Real>::NAN;
    const SMALLEST_NORMAL: Self = <T as Float>::SMALLEST_NORMAL;
    const SHIFT: Self = <T as Float>::SHIFT;
    const LOG2_E: Self = <T as Float>::LOG2_E;
    const LN2_HI: Self = <T as Float>::LN2_HI;
    const LN2_LO: Self = <T as Float>::LN2_LO;
    const EXP_HIGH: Self = <T as Float>::EXP_HIGH;
    const EXP_LOW: Self = <T as Float>::EXP_LOW;
    const LIFT: Self = <T as Float>::LIFT;

    #[inline(always)]
    fn known(x: T) -> Self {
        x
    }

    #[inline(always)]
    fn mul_add(self, b: Self, c: Self) -> Self {
        self.mul_add(b, c)
    }

    #[inline(always)]
    fn product_error<I: Isa>(a: Self, b: Self, p: Self) -> Self {
        product_error::<I, T>(a, b, p)
    }

    #[inline(always)]
    fn abs(self) -> Self {
        self.abs()
    }

    #[inline(always)]
    fn copysign(self, sign: Self) -> Self {
        self.copysign(sign)
    }

    #[inline(always)]
    fn raised(self, shifted: Self) -> Self {
        Float::raised(self, shifted)
    }

    #[inline(always)]
    fn split(self) -> (Self, Self) {
        Float::split(self)
    }

    #[inline(always)]
    fn less(self, than: Self) -> bool {
        self < than
    }

    #[inline(always)]
    fn equals(self, other: Self) -> bool {
        self == other
    }

    #[inline(always)]
    fn choose(holds: bool, yes: Self, no: Self) -> Self {
        if holds { yes } else { no }
    }
}
