//! Kernels of the inverse circular functions. `f32` is computed in `f64`.
//!
//! The coefficients are those of FreeBSD's `s_atan.c` and `e_asin.c` (1993).
use std::f64::consts::{FRAC_PI_2, FRAC_PI_4, PI};

use super::float::{Float, fused, polynomial, product_error};
use super::loops::{Map2, Rare2};
use super::set::Isa;
use super::staged::{First, Staged, in_steps};

/// π/2 beyond its digits.
const FRAC_PI_2_LO: f64 = 6.123_233_995_736_766e-17;
const PI_LO: f64 = 2.0 * FRAC_PI_2_LO;

/// (t − arctan t)/t³ by t² for |t| ≤ 7/16.
const ATAN: &[f64] = &[
    0.333_333_333_333_329_3,
    -0.199_999_999_998_764_83,
    0.142_857_142_725_034_66,
    -0.111_111_104_054_623_56,
    0.090_908_871_334_365_07,
    -0.076_918_762_050_448_3,
    0.066_610_731_373_875_31,
    -0.058_335_701_337_905_735,
    0.049_768_779_946_159_324,
    -0.036_531_572_744_216_916,
    0.016_285_820_115_365_782,
];

/// (arcsin s − s)/s³ by s² for s ≤ ½: numerator …
const ASIN_ABOVE: &[f64] = &[
    0.166_666_666_666_666_66,
    -0.325_565_818_622_400_9,
    0.201_212_532_134_862_93,
    -0.040_055_534_500_679_41,
    0.000_791_534_994_289_814_5,
    3.479_331_075_960_212e-5,
];
/// … and denominator.
const ASIN_BELOW: &[f64] =
    &[1.0, -2.403_394_911_734_414, 2.020_945_760_233_505_7, -0.688_283_971_605_453_3, 0.077_038_150_555_901_94];

/// Where the arctangent is known in two parts: of c = `sin`/`cos`, with small integers for both.
#[derive(Clone, Copy)]
struct Known {
    sin: f64,
    cos: f64,
    angle: (f64, f64),
}

/// arctan(y/x) for x, y ≥ 0, not both 0, of moderate size: the nearest known angle, and of what is left the tangent,
/// (y cos − x sin)/(x cos + y sin).
#[inline(always)]
fn beside_known<I: Isa>(y: f64, x: f64) -> [f64; 3] {
    let known = |sin, cos, angle| Known { sin, cos, angle };
    let mut from = known(1.0, 0.0, (FRAC_PI_2, FRAC_PI_2_LO));
    from = if y < 2.4375 * x { known(3.0, 2.0, (0.982_793_723_247_329, 1.390_331_103_123_099_8e-17)) } else { from };
    from = if y < 1.1875 * x { known(1.0, 1.0, (FRAC_PI_4, 0.5 * FRAC_PI_2_LO)) } else { from };
    from = if y < 0.6875 * x { known(1.0, 2.0, (0.463_647_609_000_806_1, 2.269_877_745_296_168_7e-17)) } else { from };
    from = if y < 0.4375 * x { known(0.0, 1.0, (0.0, 0.0)) } else { from };
    let t = fused::<I, f64>(y, from.cos, -(x * from.sin)) / fused::<I, f64>(x, from.cos, y * from.sin);
    [t, from.angle.0, from.angle.1]
}

/// The angle.
#[inline(always)]
fn angle<I: Isa>([t, high, low]: [f64; 3]) -> f64 {
    let z = t * t;
    high - ((t * (z * polynomial::<I, f64>(z, ATAN)) - low) - t)
}

/// For arctan |x|, which comes in the place of the first.
pub(super) struct OfAtan;

impl<T: Float> First<T> for OfAtan {
    type Parts = [f64; 3];

    #[inline(always)]
    fn reduced<I: Isa>(x: T) -> [f64; 3] {
        let size = x.to_f64().abs();
        // From 1e20 on it is π/2.
        beside_known::<I>(if size > 1e20 { 1e20 } else { size }, 1.0)
    }

    #[inline(always)]
    fn expanded<I: Isa>(_: T, parts: [f64; 3]) -> [f64; 3] {
        [angle::<I>(parts), parts[1], parts[2]]
    }
}

/// arctan x; within 1 ULP.
pub(super) struct Atan;

impl<T: Float> Staged<T> for Atan {
    type First = OfAtan;

    #[inline(always)]
    fn last<I: Isa>(x: T, [angle, ..]: [f64; 3]) -> T {
        T::lit(angle).copysign(x)
    }
}

/// The angle of (b, a); within 2 ULP.
pub(super) struct Atan2;

impl<T: Float> Map2<T> for Atan2 {
    const SCALAR: Rare2<T> = Some((is_extreme, T::atan2));

    #[inline(always)]
    fn at<I: Isa>(a: T, b: T) -> T {
        let (y, x) = (a.to_f64(), b.to_f64());
        let angle = angle::<I>(beside_known::<I>(y.abs(), x.abs()));
        T::lit((if x < 0.0 { PI - (angle - PI_LO) } else { angle }).copysign(y))
    }
}

/// Zeros, infinities, NaN, and numbers whose products with others could be one of these.
#[inline(always)]
fn is_extreme<T: Float>(a: T, b: T) -> bool {
    let is_moderate = |x: T| x.to_f64().abs() > 1e-100 && x.to_f64().abs() < 1e100;
    !(is_moderate(a) && is_moderate(b))
}

/// Whether the arcsine is taken of x itself.
#[inline(always)]
fn is_near(x: f64) -> bool {
    x.abs() <= 0.5
}

/// For |x| ≤ ½, s = |x|; beyond, s = √((1 − |x|)/2), and arccos |x| = 2 arcsin s: the square of s and s; then arcsin s less s,
/// and s.
pub(super) struct OfHalfAngle;

impl<T: Float> First<T> for OfHalfAngle {
    type Parts = [f64; 2];

    #[inline(always)]
    fn reduced<I: Isa>(x: T) -> [f64; 2] {
        let x = x.to_f64();
        let size = x.abs();
        let z = if is_near(x) { x * x } else { 0.5 - 0.5 * size };
        [z, if is_near(x) { size } else { z.sqrt() }]
    }

    #[inline(always)]
    fn expanded<I: Isa>(x: T, [z, s]: [f64; 2]) -> [f64; 2] {
        let r = z * polynomial::<I, f64>(z, ASIN_ABOVE) / polynomial::<I, f64>(z, ASIN_BELOW);
        // What rounding took from the root.
        let square = s * s;
        let rest = ((z - square) - product_error::<I, f64>(s, s, square)) / (s + s);
        let rest = if is_near(x.to_f64()) || s == 0.0 { 0.0 } else { rest };
        [s * r + rest, s]
    }
}

/// arcsin x; within 1 ULP.
pub(super) struct Asin;

impl<T: Float> Staged<T> for Asin {
    type First = OfHalfAngle;

    #[inline(always)]
    fn last<I: Isa>(x: T, [more, s]: [f64; 2]) -> T {
        let wide = x.to_f64();
        let high = FRAC_PI_2 - 2.0 * s;
        let low = (FRAC_PI_2 - high) - 2.0 * s;
        let far = high + (low - (2.0 * more - FRAC_PI_2_LO));
        T::lit((if is_near(wide) { s + more } else { far }).copysign(wide))
    }
}

/// arccos x; within 1 ULP.
pub(super) struct Acos;

impl<T: Float> Staged<T> for Acos {
    type First = OfHalfAngle;

    #[inline(always)]
    fn last<I: Isa>(x: T, [more, s]: [f64; 2]) -> T {
        let wide = x.to_f64();
        let near = is_near(wide);
        // π/2 − arcsin x, 2 arcsin s, or π − 2 arcsin s.
        let (s, more) = if near { (wide, more.copysign(wide)) } else { (2.0 * s, 2.0 * more) };
        let (top, rest) = if near { (FRAC_PI_2, FRAC_PI_2_LO) } else { (PI, PI_LO) };
        let high = top - s;
        let low = (top - high) - s;
        let down = high + (low - (more - rest));
        T::lit(if near || wide < 0.0 { down } else { s + more })
    }
}

in_steps!(Atan, Asin, Acos);
