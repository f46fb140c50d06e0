//! Kernels of powers.
use cinta_graph::ops::Binary as _;
use cinta_graph::ops::pow;

use super::exponential::Exp;
use super::float::{Float, fused, polynomial, product_error};
use super::logarithm::{Log, split};
use super::loops::{Map1, Map2, Rare2};
use super::set::Isa;
use super::staged::{First, Staged, in_steps};

/// For ∛x: |x|, of which a subnormal number is taken 2⁵⁴ times, and an approximation of its root, by a third of the exponent; then
/// that to 23 digits of two, by a polynomial, as in FreeBSD's `s_cbrt.c` (1993).
pub(super) struct OfCbrt;

#[inline(always)]
fn is_subnormal(x: f64) -> bool {
    x.abs() < f64::MIN_POSITIVE
}

impl<T: Float> First<T> for OfCbrt {
    type Parts = [f64; 3];

    #[inline(always)]
    fn reduced<I: Isa>(x: T) -> [f64; 3] {
        const START: u64 = 715_094_163;
        let x = x.to_f64();
        let size = if is_subnormal(x) { x.abs() * 18_014_398_509_481_984.0 } else { x.abs() }; // 2⁵⁴
        // The upper half of the bits by 3.
        let third = ((size.to_bits() >> 32) * 0xaaaa_aaab) >> 33;
        let t = f64::from_bits((third + START) << 32);
        [size, t, t / size]
    }

    #[inline(always)]
    fn expanded<I: Isa>(_: T, [size, t, ratio]: [f64; 3]) -> [f64; 3] {
        let r = t * t * ratio;
        let low = fused::<I, f64>(r, 1.621_429_720_105_354_5, -1.884_979_795_433_771_7);
        let low = fused::<I, f64>(r, low, 1.875_951_824_271_77);
        let high = fused::<I, f64>(r, 0.145_996_192_886_612_45, -0.758_397_934_778_766);
        let t = t * fused::<I, f64>(r * r * r, high, low);
        // So that the square is exact.
        let t = f64::from_bits((t.to_bits() + 0x8000_0000) & 0xffff_ffff_c000_0000);
        [size, t, size / (t * t)]
    }
}

/// ∛x; within 1 ULP: by a step of Newton's from there. `f32` is computed in `f64`.
pub(super) struct Cbrt;

impl<T: Float> Staged<T> for Cbrt {
    type First = OfCbrt;

    #[inline(always)]
    fn last<I: Isa>(x: T, [_, t, r]: [f64; 3]) -> T {
        let wide = x.to_f64();
        let y = t + t * ((r - t) / (t + t + r));
        let y = if is_subnormal(wide) { y * (1.0 / 262_144.0) } else { y }; // 2⁻¹⁸
        let y = T::lit(y.copysign(wide));
        if x == T::ZERO || x.abs() == T::INFINITY { x } else { y }
    }
}

in_steps!(Cbrt);

/// xᴺ for a small N; within 1 ULP: squares and products in two parts, of the reciprocal for a negative N.
pub(super) struct Whole<const N: i32>;

impl<T: Float, const N: i32> Map1<T> for Whole<N> {
    const LONG: bool = false;

    #[inline(always)]
    fn at<I: Isa>(x: T) -> T {
        let mut square = if N < 0 { reciprocal::<I, T>(x) } else { (x, T::ZERO) };
        let mut power = square;
        let mut n = N.unsigned_abs();
        let mut first = n.is_multiple_of(2);
        while n > 1 {
            square = times::<I, T>(square, square);
            n /= 2;
            if n % 2 == 1 {
                power = if first { square } else { times::<I, T>(power, square) };
                first = false;
            }
        }
        // The second part of an infinity is NaN, and a zero has its sign.
        let size = power.0.abs();
        if size > T::ZERO && size < T::INFINITY { power.0 + power.1 } else { power.0 }
    }
}

/// 1/x in two parts.
#[inline(always)]
fn reciprocal<I: Isa, T: Float>(x: T) -> (T, T) {
    let y = T::ONE / x;
    let rest = -product_error::<I, T>(x, y, T::ONE) * y;
    (y, if rest.is_nan() { T::ZERO } else { rest })
}

/// The product of two numbers in two parts each.
#[inline(always)]
fn times<I: Isa, T: Float>(a: (T, T), b: (T, T)) -> (T, T) {
    let p = a.0 * b.0;
    let rest = product_error::<I, T>(a.0, b.0, p);
    // What Dekker's splitting gives of numbers that are nearly subnormal is none of theirs.
    let wrong = !I::FMA && size_of::<T>() == 8 && p.abs() < T::SMALLEST_NORMAL / (T::EPSILON * T::EPSILON);
    let rest = if wrong { T::ZERO } else { rest };
    (p, rest + fused::<I, T>(a.0, b.1, a.1 * b.0))
}

/// xʸ; within 1 ULP: e^(y log |x|), where the logarithm has 70 digits of two, and the sign of x for odd y. `f32` is computed
/// in `f64`, where the common logarithm has digits enough.
pub(super) struct Pow;

impl<T: Float> Map2<T> for Pow {
    const SCALAR: Rare2<T> = Some((is_infinite, T::powf));

    #[inline(always)]
    fn at<I: Isa>(x: T, y: T) -> T {
        if !I::FMA {
            // Without fused multiplication the exact products cost more than the standard library does.
            return x.powf(y);
        }
        let (wide, exponent) = (x.abs().to_f64(), y.to_f64());
        let size = if size_of::<T>() < size_of::<f64>() {
            T::lit(Exp::at::<I>(exponent * Log::at::<I>(wide)))
        } else {
            T::lit(power::<I>(wide, (exponent, 0.0)))
        };
        let at_zero = if y < T::ZERO { T::INFINITY } else { T::ZERO };
        let size = if x == T::ZERO { at_zero } else { size };
        let size = if y == T::ZERO { T::ONE } else { size };
        let (whole, even) = (is_whole(y), is_whole(T::HALF * y));
        let size = if x < T::ZERO && !whole { T::NAN } else { size };
        if whole && !even { size.copysign(x) } else { size }
    }
}

/// y xʸ⁻¹, the slope of a power, and 0 where y = 0; within 2 ULP: as [`Pow`], with what the rounding of y − 1 took away.
pub(super) struct PowSlope;

impl<T: Float> Map2<T> for PowSlope {
    const SCALAR: Rare2<T> = Some((has_extreme_slope, pow::PowSlope::f));

    #[inline(always)]
    fn at<I: Isa>(x: T, y: T) -> T {
        if !I::FMA {
            return pow::PowSlope::f(x, y);
        }
        let (wide, factor) = (x.abs().to_f64(), y.to_f64());
        let exponent = less_one(factor);
        let size = if size_of::<T>() < size_of::<f64>() {
            Exp::at::<I>(exponent.0 * Log::at::<I>(wide))
        } else {
            power::<I>(wide, exponent)
        };
        let slope = T::lit(factor * size);
        let (whole, even) = (is_whole(y), is_whole(T::HALF * y));
        let slope = if x < T::ZERO && !whole { T::NAN } else { slope };
        let slope = if x < T::ZERO && even { -slope } else { slope };
        if y == T::ZERO { T::ZERO } else { slope }
    }
}

/// y − 1 and its rounding error.
#[inline(always)]
fn less_one(y: f64) -> (f64, f64) {
    let less = y - 1.0;
    let part = less - y;
    (less, (y - (less - part)) + (-1.0 - part))
}

/// Whether x or y is none of those between which the slope is, whatever it is, a normal number: 0, infinite, NaN, or |log₂ x|
/// so large that its product with y − 1 may leave the range.
#[inline(always)]
fn has_extreme_slope<T: Float>(x: T, y: T) -> bool {
    const EXPONENT: u64 = 0x7ff << 52;
    const MOST: f64 = 960.0;
    let (size, y) = (x.to_f64().abs(), y.to_f64());
    // The power of two in x is its own logarithm, to one.
    let octaves = (f64::from_bits((size.to_bits() & EXPONENT) >> 52 | 1.0_f64.to_bits()) - 1.0) / f64::EPSILON - 1023.0;
    let moderate = size_of::<T>() < size_of::<f64>() || (octaves.abs() + 1.0) * (y.abs() + 1.0) < MOST;
    !(size > 0.0 && size < f64::INFINITY && y.abs() < f64::INFINITY && moderate)
}

#[inline(always)]
fn is_infinite<T: Float>(x: T, y: T) -> bool {
    let finite = x.abs() < T::INFINITY && y.abs() < T::INFINITY;
    !finite
}

#[inline(always)]
fn is_whole<T: Float>(x: T) -> bool {
    let (size, whole) = (x.abs(), T::ONE / T::EPSILON);
    size >= whole || (size + whole) - whole == size
}

/// a + b and its rounding error, where |a| ≥ |b| or a = 0.
#[inline(always)]
fn sum(a: f64, b: f64) -> (f64, f64) {
    let sum = a + b;
    (sum, b - (sum - a))
}

/// a·b in two parts.
#[inline(always)]
fn product<I: Isa>(a: f64, b: f64) -> (f64, f64) {
    let p = a * b;
    (p, product_error::<I, f64>(a, b, p))
}

/// log x for finite x > 0, in two parts. With s = f/(2 + f), log(1 + f) = 2 s (1 + s²/3 + s⁴ (1/5 + …)); all but the last is kept
/// in two parts.
#[inline(always)]
fn log_parts<I: Isa>(x: f64) -> (f64, f64) {
    const THIRD: (f64, f64) = (1.0 / 3.0, 1.850_371_707_708_594e-17);
    /// 1/5 + s²/7 + …, by s².
    const TAIL: &[f64] = &[
        0.2,
        0.142_857_142_857_146_82,
        0.111_111_111_108_279_43,
        0.090_909_091_676_964_01,
        0.076_922_974_812_592_15,
        0.066_674_023_469_236_55,
        0.058_531_181_697_456_03,
        0.058_615_893_119_382_59,
    ];
    let (m, k) = split(x);
    let f = m - 1.0;
    let (below, below_rest) = sum(2.0, f);
    let inverse = 1.0 / below;
    let s = f * inverse;
    let p = product::<I>(s, below);
    let s_rest = (((f - p.0) - p.1) - s * below_rest) * inverse;
    let z = product::<I>(s, s);
    let z_rest = fused::<I, f64>(2.0 * s, s_rest, z.1);
    let third = product::<I>(z.0, THIRD.0);
    let third_rest = third.1 + (z.0 * THIRD.1 + z_rest * THIRD.0);
    let (u, u_rest) = sum(third.0, z.0 * z.0 * polynomial::<I, f64>(z.0, TAIL));
    let v = product::<I>(s, u);
    let v_rest = v.1 + (s * (u_rest + third_rest) + s_rest * u);
    let (half, half_rest) = sum(s, v.0);
    let (high, high_rest) = sum(k * f64::LN2_HI, 2.0 * half);
    sum(high, high_rest + (2.0 * (half_rest + (s_rest + v_rest)) + k * f64::LN2_LO))
}

/// xʸ for finite x > 0 and y, which is in two parts.
#[inline(always)]
fn power<I: Isa>(x: f64, (y, y_rest): (f64, f64)) -> f64 {
    let (log, log_rest) = log_parts::<I>(x);
    let (p, p_rest) = product::<I>(y, log);
    let rest = fused::<I, f64>(y_rest, log, p_rest + y * log_rest);
    let inside = p > f64::EXP_LOW && p < f64::EXP_HIGH;
    let far = if p < 0.0 { f64::EXP_LOW } else { f64::EXP_HIGH };
    let (p, rest) = if inside { (p, rest) } else { (far, 0.0) };
    super::exponential::exp_parts::<I, f64>(p, rest)
}
