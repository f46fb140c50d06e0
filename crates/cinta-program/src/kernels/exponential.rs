//! Kernels of the exponential family.
//!
//! x = n log 2 + r with |r| ≤ log(2)/2 (W. J. Cody, W. Waite, *Software Manual for the Elementary Functions*, 1980), a
//! polynomial of r, and 2ⁿ by way of a power that is normal, so that overflow and subnormal results need no case of their own.
use super::float::{Float as _, fused, polynomial};
use super::number::Number;
use super::set::Isa;
use super::staged::{First, Staged, in_steps};

/// eˣ = `part`·`scale[0]`·`scale[1]`.
pub(super) struct Scaled<T> {
    pub(super) part: T,
    pub(super) scale: [T; 2],
}

impl<T: Number> Scaled<T> {
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
pub(super) fn clamp<T: Number>(x: T, low: T, high: T) -> T {
    let x = T::choose(x.less(low), low, x);
    T::choose(high.less(x), high, x)
}

/// `SHIFT` + n, where n is the integer nearest to x/log 2.
#[inline(always)]
fn whole<I: Isa, T: Number>(x: T) -> T {
    fused::<I, T>(x, T::LOG2_E, T::SHIFT)
}

/// 2ⁿ for `SHIFT` + n as a product of two, so that a number near 1 times both is rounded once.
#[inline(always)]
fn two_powers<T: Number>(shifted: T) -> [T; 2] {
    let (is_positive, inverse) = (T::SHIFT.less(shifted), T::ONE / T::LIFT);
    let lift = T::choose(is_positive, inverse, T::LIFT);
    [lift.raised(shifted), T::choose(is_positive, T::LIFT, inverse)]
}

/// r for x = n log 2 + r, and `SHIFT` + n.
#[inline(always)]
fn reduced<I: Isa, T: Number>(x: T) -> [T; 2] {
    let shifted = whole::<I, T>(x);
    let n = shifted - T::SHIFT;
    [fused::<I, T>(n, -T::LN2_LO, fused::<I, T>(n, -T::LN2_HI, x)), shifted]
}

/// For eˣ, or e^−|x| if it decays: eʳ and `SHIFT` + n.
pub(super) struct OfExp<const DECAYS: bool>;

impl<T: Number, const DECAYS: bool> First<T> for OfExp<DECAYS> {
    type Parts = [T; 2];

    #[inline(always)]
    fn reduced<I: Isa>(x: T) -> [T; 2] {
        reduced::<I, T>(clamp(if DECAYS { -x.abs() } else { x }, T::EXP_LOW, T::EXP_HIGH))
    }

    #[inline(always)]
    fn expanded<I: Isa>(_: T, [r, shifted]: [T; 2]) -> [T; 2] {
        [T::ONE + fused::<I, T>(r * r, polynomial::<I, T>(r, T::Of::EXP), r), shifted]
    }
}

/// eˣ in factors.
#[inline(always)]
pub(super) fn scaled<T: Number>([part, shifted]: [T; 2]) -> Scaled<T> {
    Scaled { part, scale: two_powers(shifted) }
}

/// eˣ; within 1 ULP.
pub(super) struct Exp;

impl<T: Number> Staged<T> for Exp {
    type First = OfExp<false>;

    #[inline(always)]
    fn last<I: Isa>(_: T, parts: [T; 2]) -> T {
        scaled(parts).joined()
    }
}

/// eˣ for x ≤ 0, which cannot overflow: [`Exp`]'s with fewer steps.
#[inline(always)]
pub(super) fn exp_of_negative<I: Isa, T: Number>(x: T) -> T {
    let [r, shifted] = reduced::<I, T>(T::choose(x.less(T::EXP_LOW), T::EXP_LOW, x));
    let part = T::ONE + fused::<I, T>(r * r, polynomial::<I, T>(r, T::Of::EXP), r);
    part * T::LIFT.raised(shifted) * (T::ONE / T::LIFT)
}

/// For e^−|x|, or e^−2|x|, which is 2ⁿ (1 + tail): the tail, and `LIFT`·2ⁿ, which is a normal number.
pub(super) struct OfDecay<const TIMES: u8>;

impl<T: Number, const TIMES: u8> First<T> for OfDecay<TIMES> {
    type Parts = [T; 2];

    #[inline(always)]
    fn reduced<I: Isa>(x: T) -> [T; 2] {
        // A sum takes another unit of the processor than products do.
        let x = if TIMES == 2 { -x.abs() - x.abs() } else { -x.abs() };
        let [r, shifted] = reduced::<I, T>(T::choose(x.less(T::EXP_LOW), T::EXP_LOW, x));
        [r, T::LIFT.raised(shifted)]
    }

    #[inline(always)]
    fn expanded<I: Isa>(_: T, [r, lifted]: [T; 2]) -> [T; 2] {
        [fused::<I, T>(r * r, polynomial::<I, T>(r, T::Of::EXP), r), lifted]
    }
}

/// r for x + rest = n log 2 + r, its rounding error, and `SHIFT` + n, for x between the bounds and a rest below its ULP.
#[inline(always)]
pub(super) fn exp_parts_reduced<I: Isa, T: Number>(x: T, rest: T) -> [T; 3] {
    let shifted = whole::<I, T>(x);
    let n = shifted - T::SHIFT;
    let high = fused::<I, T>(n, -T::LN2_HI, x);
    let low = fused::<I, T>(n, -T::LN2_LO, rest);
    let r = high + low;
    [r, low - (r - high), shifted]
}

/// eʳ of them.
#[inline(always)]
pub(super) fn exp_parts_expanded<I: Isa, T: Number>(r: T, rest: T) -> T {
    T::ONE + (r + fused::<I, T>(r * r, polynomial::<I, T>(r, T::Of::EXP), rest))
}

/// e^(x + rest) in factors.
#[inline(always)]
pub(super) fn exp_parts_scaled<I: Isa, T: Number>(x: T, rest: T) -> Scaled<T> {
    let [r, rest, shifted] = exp_parts_reduced::<I, T>(x, rest);
    scaled([exp_parts_expanded::<I, T>(r, rest), shifted])
}

/// The same number.
#[inline(always)]
pub(super) fn exp_parts<I: Isa, T: Number>(x: T, rest: T) -> T {
    exp_parts_scaled::<I, T>(x, rest).joined()
}

/// For functions of eˣ − 1, or e^|x| − 1 if of the size: (eˣ − 1)/4, which is finite as long as sinh x is.
pub(super) struct OfQuarter<const SIZE: bool>;

impl<T: Number, const SIZE: bool> First<T> for OfQuarter<SIZE> {
    type Parts = [T; 3];

    #[inline(always)]
    fn reduced<I: Isa>(x: T) -> [T; 3] {
        // Below −64 it is −¼ in any case.
        let x = clamp(if SIZE { x.abs() } else { x }, T::lit(-64.0), T::EXP_HIGH);
        let shifted = whole::<I, T>(x);
        let n = shifted - T::SHIFT;
        let high = fused::<I, T>(n, -T::LN2_HI, x);
        let r = fused::<I, T>(n, -T::LN2_LO, high);
        [r, fused::<I, T>(n, -T::LN2_LO, high - r), shifted]
    }

    #[inline(always)]
    fn expanded<I: Isa>(_: T, [r, rest, shifted]: [T; 3]) -> [T; 3] {
        let tail = r * r * polynomial::<I, T>(r, T::Of::EXP);
        // 2ⁿ⁻² (1 + r + tail) − ¼, with the rounding error of the first sum.
        let power = T::lit(0.25).raised(shifted);
        let (base, step) = (power - T::lit(0.25), power * r);
        let sum = base + step;
        [sum + fused::<I, T>(power, tail + rest, (base - sum) + step), rest, shifted]
    }
}

/// eˣ − 1; within 1 ULP.
pub(super) struct Expm1;

impl<T: Number> Staged<T> for Expm1 {
    type First = OfQuarter<false>;

    #[inline(always)]
    fn last<I: Isa>(x: T, [q, ..]: [T; 3]) -> T {
        T::choose(x.abs().less(T::EPSILON * T::HALF), x, T::lit(4.0) * q)
    }
}

/// For 2ˣ: 2ʳ and `SHIFT` + n for x = n + r.
pub(super) struct OfExp2;

impl<T: Number> First<T> for OfExp2 {
    type Parts = [T; 2];

    #[inline(always)]
    fn reduced<I: Isa>(x: T) -> [T; 2] {
        let x = clamp(x, T::lit(1.5) * T::EXP_LOW, T::lit(1.5) * T::EXP_HIGH);
        let shifted = x + T::SHIFT;
        [x - (shifted - T::SHIFT), shifted]
    }

    #[inline(always)]
    fn expanded<I: Isa>(_: T, [r, shifted]: [T; 2]) -> [T; 2] {
        [fused::<I, T>(r, polynomial::<I, T>(r, T::Of::EXP2), T::ONE), shifted]
    }
}

/// 2ˣ; within 1 ULP.
pub(super) struct Exp2;

impl<T: Number> Staged<T> for Exp2 {
    type First = OfExp2;

    #[inline(always)]
    fn last<I: Isa>(_: T, parts: [T; 2]) -> T {
        scaled(parts).joined()
    }
}

in_steps!(Exp, Expm1, Exp2);
