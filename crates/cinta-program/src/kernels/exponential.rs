//! Kernels of the exponential family.
//!
//! x = n log 2 + r with |r| ≤ log(2)/2 (W. J. Cody, W. Waite, *Software Manual for the Elementary Functions*, 1980), a
//! polynomial of r, and 2ⁿ by way of a power that is normal, so that overflow and subnormal results need no case of their own.
use super::float::{Float, fused, polynomial};
use super::loops::Map1;
use super::set::Isa;

/// eˣ = `part`·`scale[0]`·`scale[1]`.
pub(super) struct Scaled<T> {
    pub(super) part: T,
    pub(super) scale: [T; 2],
}

impl<T: Float> Scaled<T> {
    /// The product.
    #[inline(always)]
    pub(super) fn joined(&self) -> T {
        self.times(T::ONE)
    }

    /// The product with a number of moderate size, rounded to what is subnormal once, at the end.
    #[inline(always)]
    pub(super) fn times(&self, factor: T) -> T {
        self.part * factor * self.scale[0] * self.scale[1]
    }
}

/// x between two bounds; NaN stays NaN.
#[inline(always)]
pub(super) fn clamp<T: Float>(x: T, low: T, high: T) -> T {
    let x = if x < low { low } else { x };
    if x > high { high } else { x }
}

/// `SHIFT` + n, where n is the integer nearest to x/log 2.
#[inline(always)]
fn whole<I: Isa, T: Float>(x: T) -> T {
    fused::<I, T>(x, T::LOG2_E, T::SHIFT)
}

/// 2ⁿ for `SHIFT` + n as a product of two, so that a number near 1 times both is rounded once.
#[inline(always)]
fn two_powers<T: Float>(shifted: T) -> [T; 2] {
    let (lift, back) = if shifted > T::SHIFT { (T::ONE / T::LIFT, T::LIFT) } else { (T::LIFT, T::ONE / T::LIFT) };
    [lift.raised(shifted), back]
}

/// x = n log 2 + r, and eʳ = 1 + r + `tail`.
struct Reduced<T> {
    /// `SHIFT` + n.
    shifted: T,
    r: T,
    tail: T,
    /// The rounding error of r.
    rest: T,
}

/// Of an x between `EXP_LOW` and `EXP_HIGH`.
#[inline(always)]
fn reduced<I: Isa, T: Float>(x: T) -> Reduced<T> {
    let shifted = whole::<I, T>(x);
    let n = shifted - T::SHIFT;
    let high = fused::<I, T>(n, -T::LN2_HI, x);
    let r = fused::<I, T>(n, -T::LN2_LO, high);
    let rest = fused::<I, T>(n, -T::LN2_LO, high - r);
    Reduced { shifted, r, tail: r * r * polynomial::<I, T>(r, T::EXP), rest }
}

/// eˣ in factors, for any x.
#[inline(always)]
pub(super) fn exp_scaled<I: Isa, T: Float>(x: T) -> Scaled<T> {
    let Reduced { shifted, r, tail, .. } = reduced::<I, T>(clamp(x, T::EXP_LOW, T::EXP_HIGH));
    Scaled { part: T::ONE + (r + tail), scale: two_powers(shifted) }
}

/// eˣ; within 1 ULP.
pub(super) struct Exp;

impl<T: Float> Map1<T> for Exp {
    #[inline(always)]
    fn at<I: Isa>(x: T) -> T {
        exp_scaled::<I, T>(x).joined()
    }
}

/// eˣ = 2ⁿ (1 + `tail`) for x ≤ 0.
pub(super) struct Decay<T> {
    /// `LIFT`·2ⁿ, which is a normal number.
    pub(super) lifted: T,
    pub(super) tail: T,
}

/// eˣ in parts.
#[inline(always)]
pub(super) fn decay<I: Isa, T: Float>(x: T) -> Decay<T> {
    let x = if x < T::EXP_LOW { T::EXP_LOW } else { x };
    let shifted = whole::<I, T>(x);
    let n = shifted - T::SHIFT;
    let r = fused::<I, T>(n, -T::LN2_LO, fused::<I, T>(n, -T::LN2_HI, x));
    Decay { lifted: T::LIFT.raised(shifted), tail: fused::<I, T>(r * r, polynomial::<I, T>(r, T::EXP), r) }
}

/// e^(x + rest) in factors, for x between the bounds and a rest below its ULP.
#[inline(always)]
pub(super) fn exp_parts_scaled<I: Isa, T: Float>(x: T, rest: T) -> Scaled<T> {
    let shifted = whole::<I, T>(x);
    let n = shifted - T::SHIFT;
    let high = fused::<I, T>(n, -T::LN2_HI, x);
    let low = fused::<I, T>(n, -T::LN2_LO, rest);
    let r = high + low;
    let rest = low - (r - high);
    let tail = fused::<I, T>(r * r, polynomial::<I, T>(r, T::EXP), rest);
    Scaled { part: T::ONE + (r + tail), scale: two_powers(shifted) }
}

/// The same number.
#[inline(always)]
pub(super) fn exp_parts<I: Isa, T: Float>(x: T, rest: T) -> T {
    exp_parts_scaled::<I, T>(x, rest).joined()
}

/// (eˣ − 1)/4, which is finite as long as sinh x is.
#[inline(always)]
pub(super) fn quarter_expm1<I: Isa, T: Float>(x: T) -> T {
    // Below −64 it is −¼ in any case.
    let Reduced { shifted, r, tail, rest } = reduced::<I, T>(clamp(x, T::lit(-64.0), T::EXP_HIGH));
    // 2ⁿ⁻² (1 + r + tail) − ¼, with the rounding error of the first sum.
    let power = T::lit(0.25).raised(shifted);
    let (base, step) = (power - T::lit(0.25), power * r);
    let sum = base + step;
    sum + fused::<I, T>(power, tail + rest, (base - sum) + step)
}

/// eˣ − 1; within 1 ULP.
pub(super) struct Expm1;

impl<T: Float> Map1<T> for Expm1 {
    #[inline(always)]
    fn at<I: Isa>(x: T) -> T {
        let y = T::lit(4.0) * quarter_expm1::<I, T>(x);
        if x.abs() < T::EPSILON * T::HALF { x } else { y }
    }
}

/// 2ˣ; within 1 ULP.
pub(super) struct Exp2;

impl<T: Float> Map1<T> for Exp2 {
    #[inline(always)]
    fn at<I: Isa>(x: T) -> T {
        let x = clamp(x, T::lit(1.5) * T::EXP_LOW, T::lit(1.5) * T::EXP_HIGH);
        let shifted = x + T::SHIFT;
        let r = x - (shifted - T::SHIFT);
        let part = fused::<I, T>(r, polynomial::<I, T>(r, T::EXP2), T::ONE);
        Scaled { part, scale: two_powers(shifted) }.joined()
    }
}
