//! Kernels of the circular functions.
//!
//! x = n π/2 + r, with π/2 in pieces of 33 bits, so that n times each is exact for n below 2²⁰; beyond, which is rare, the standard
//! library takes over. `f32` is computed in `f64`, with shorter polynomials. The arrangement of the sums is that of FreeBSD's `k_sin.c`
//! and `k_cos.c` (1993).
use super::float::{Float, fused, polynomial, product_error};
use super::loops::{Map1, Rare1};
use super::set::Isa;
use super::staged::{First, Staged, in_steps};

/// π/2 in four pieces.
const HALF_PI: [f64; 4] =
    [1.570_796_326_734_125_6, 6.077_100_506_303_966e-11, 2.022_266_248_711_166_5e-21, 8.478_427_660_368_9e-32];

/// The largest |x| that is reduced here.
const LARGEST: f64 = 1.6e6;

/// (sin r − r)/r³ by r² for |r| ≤ π/4, for each width.
const SIN: &[f64] = &[
    -0.166_666_666_666_666_66,
    0.008_333_333_333_330_936,
    -0.000_198_412_698_367_405_32,
    2.755_731_609_320_201e-6,
    -2.505_112_989_645_018_5e-8,
    1.591_798_897_939_743_5e-10,
];
const SIN_SHORT: &[f64] =
    &[-0.166_666_666_638_440_49, 0.008_333_331_870_341_349, -0.000_198_400_843_764_227_02, 2.724_962_008_007_533e-6];

/// (cos r − 1 + r²/2)/r⁴ by r².
const COS: &[f64] = &[
    0.041_666_666_666_666_664,
    -0.001_388_888_888_888_738_9,
    2.480_158_729_875_44e-5,
    -2.755_731_726_587_808e-7,
    2.087_614_504_941_318e-9,
    -1.138_254_464_534_925e-11,
];
const COS_SHORT: &[f64] = &[0.041_666_664_653_488_79, -0.001_388_830_186_756_237, 2.454_768_977_246_003e-5];

/// x less a multiple n of π/2, in two parts, and n in the last bits of a number.
struct Reduced {
    r: f64,
    rest: f64,
    shifted: f64,
}

/// Where `short`, the digits of an `f32` are enough.
#[inline(always)]
fn reduce<I: Isa>(x: f64, short: bool) -> Reduced {
    let shifted = fused::<I, f64>(x, std::f64::consts::FRAC_2_PI, f64::SHIFT);
    let n = shifted - f64::SHIFT;
    let first = x - n * HALF_PI[0];
    if short {
        return Reduced { r: first - n * HALF_PI[1], rest: 0.0, shifted };
    }
    // Each product is exact, and the error of each difference is kept.
    let (second, error) = difference(first, n * HALF_PI[1]);
    let (third, later) = difference(second, n * HALF_PI[2]);
    let (r, rest) = difference(third, n * HALF_PI[3] - (error + later));
    Reduced { r, rest, shifted }
}

/// a − b and its rounding error (D. E. Knuth, *The Art of Computer Programming* 2, 4.2.2).
#[inline(always)]
fn difference(a: f64, b: f64) -> (f64, f64) {
    let sum = a - b;
    let part = sum - a;
    (sum, (a - (sum - part)) - (b + part))
}

/// sin r for small r, in two parts.
#[inline(always)]
fn sin_parts<I: Isa>(Reduced { r, rest, .. }: &Reduced, short: bool) -> (f64, f64) {
    let z = r * r;
    let tail = r * z * polynomial::<I, f64>(z, if short { SIN_SHORT } else { SIN });
    (*r, tail + rest * (1.0 - 0.5 * z))
}

/// cos r for small r, in two parts.
#[inline(always)]
fn cos_parts<I: Isa>(Reduced { r, rest, .. }: &Reduced, short: bool) -> (f64, f64) {
    let z = r * r;
    let half = 0.5 * z;
    let high = 1.0 - half;
    let tail = z * z * polynomial::<I, f64>(z, if short { COS_SHORT } else { COS });
    (high, ((1.0 - high) - half) + (tail - r * rest))
}

/// For sin x and cos x: r, the rest of it, and n; then sin r and cos r in the place of the first two.
pub(super) struct OfCircle;

impl<T: Float> First<T> for OfCircle {
    type Parts = [f64; 3];

    #[inline(always)]
    fn reduced<I: Isa>(x: T) -> [f64; 3] {
        let Reduced { r, rest, shifted } = reduce::<I>(x.to_f64(), is_short::<T>());
        [r, rest, shifted]
    }

    #[inline(always)]
    fn expanded<I: Isa>(_: T, [r, rest, shifted]: [f64; 3]) -> [f64; 3] {
        let rest = if is_short::<T>() { 0.0 } else { rest };
        let reduced = Reduced { r, rest, shifted };
        let (sin, cos) = (sin_parts::<I>(&reduced, is_short::<T>()), cos_parts::<I>(&reduced, is_short::<T>()));
        [sin.0 + sin.1, cos.0 + cos.1, shifted]
    }
}

/// sin (x + quarter·π/2).
#[inline(always)]
fn turned([sin, cos, shifted]: [f64; 3], quarter: f64) -> f64 {
    let shifted = shifted + quarter;
    // By bits: of a choice between columns the compiler makes two gathers.
    let (bits, odd) = (shifted.to_bits(), (shifted.to_bits() & 1).wrapping_neg());
    f64::from_bits(((cos.to_bits() & odd) | (sin.to_bits() & !odd)) ^ ((bits & 2) << 62))
}

#[inline(always)]
fn is_large<T: Float>(x: T) -> bool {
    x.abs() > T::lit(LARGEST)
}

#[inline(always)]
fn is_short<T>() -> bool {
    size_of::<T>() < size_of::<f64>()
}

/// sin x; within 1 ULP.
pub(super) struct Sin;

impl<T: Float> Staged<T> for Sin {
    type First = OfCircle;

    const SCALAR: Rare1<T> = Some((is_large, T::sin));

    #[inline(always)]
    fn last<I: Isa>(x: T, parts: [f64; 3]) -> T {
        let y = T::lit(turned(parts, 0.0));
        if x.abs() < T::EPSILON { x } else { y }
    }
}

/// cos x; within 1 ULP.
pub(super) struct Cos;

impl<T: Float> Staged<T> for Cos {
    type First = OfCircle;

    const SCALAR: Rare1<T> = Some((is_large, T::cos));

    #[inline(always)]
    fn last<I: Isa>(_: T, parts: [f64; 3]) -> T {
        T::lit(turned(parts, 1.0))
    }
}

/// tan x; within 1 ULP.
pub(super) struct Tan;

impl<T: Float> Map1<T> for Tan {
    const SCALAR: Rare1<T> = Some((is_large, T::tan));

    #[inline(always)]
    fn at<I: Isa>(x: T) -> T {
        let reduced = reduce::<I>(x.to_f64(), is_short::<T>());
        let (sin, cos) = (sin_parts::<I>(&reduced, is_short::<T>()), cos_parts::<I>(&reduced, is_short::<T>()));
        let odd = f64::is_odd(reduced.shifted);
        let (above, below) = if odd { ((-cos.0, -cos.1), sin) } else { (sin, cos) };
        let y = if is_short::<T>() {
            (above.0 + above.1) / (below.0 + below.1)
        } else {
            // The quotient of the leading parts, and what the rest adds to it.
            let (b, b_rest) = joined(below);
            let inverse = 1.0 / b;
            let (a, a_rest) = joined(above);
            let q = a * inverse;
            let p = q * b;
            let remainder = ((a - p) - product_error::<I, f64>(q, b, p)) + (a_rest - q * b_rest);
            fused::<I, f64>(remainder, inverse, q)
        };
        if x.abs() < T::EPSILON { x } else { T::lit(y) }
    }
}

/// Two parts as their rounded sum and its error.
#[inline(always)]
fn joined((high, low): (f64, f64)) -> (f64, f64) {
    let sum = high + low;
    (sum, low - (sum - high))
}

in_steps!(Sin, Cos);
