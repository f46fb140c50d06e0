//! Kernels of the logarithms.
//!
//! x = 2ᵏ m with m from √½ to √2, and log m by s = f/(2 + f) with f = m − 1, arranged as in FreeBSD's `e_log.c` (1993) so that
//! the leading terms are exact.
use super::exponential::OfDecay;
use super::float::{Float, fused, polynomial, product_error};
use super::hyperbolic::Logistic;
use super::number::Number;
use super::set::Isa;
use super::staged::{First, Staged, in_steps};

/// x as m·2ᵏ, subnormal numbers included.
#[inline(always)]
pub(super) fn split<T: Number>(x: T) -> (T, T) {
    let up = T::ONE / T::EPSILON;
    let subnormal = x.less(T::SMALLEST_NORMAL);
    let (m, k) = T::choose(subnormal, x * up, x).split();
    let shift = if size_of::<T::Of>() == 8 { T::lit(52.0) } else { T::lit(23.0) };
    (m, T::choose(subnormal, k - shift, k))
}

/// The values that no formula gives: of 0 and below, of ∞ and NaN.
#[inline(always)]
pub(super) fn with_edges<T: Number>(x: T, zero: T, y: T) -> T {
    let y = T::choose(x.less(T::INFINITY), y, x);
    let y = T::choose(x.less(zero), T::NAN, y);
    T::choose(x.equals(zero), T::MINUS_INFINITY, y)
}

/// log(1 + f) = f − (h − s (h + R(s))), where h = f²/2: h, and s (h + R).
#[inline(always)]
pub(super) fn near_one<I: Isa, T: Number>(f: T, s: T) -> (T, T) {
    let h = T::HALF * f * f;
    let z = s * s;
    (h, s * fused::<I, T>(z, polynomial::<I, T>(z, T::Of::LOG), h))
}

/// For log x: f, k and s of a number; then all but the larger part of k log 2 in the place of f.
pub(super) struct OfLog;

impl<T: Number> First<T> for OfLog {
    type Parts = [T; 3];

    #[inline(always)]
    fn reduced<I: Isa>(x: T) -> [T; 3] {
        let (m, k) = split(x);
        let f = m - T::ONE;
        [f, k, f / (T::TWO + f)]
    }

    #[inline(always)]
    fn expanded<I: Isa>(_: T, [f, k, s]: [T; 3]) -> [T; 3] {
        let (h, tail) = near_one::<I, T>(f, s);
        [f - (h - fused::<I, T>(k, T::LN2_LO, tail)), k, s]
    }
}

/// log x; within 1 ULP.
pub(super) struct Log;

impl<T: Number> Staged<T> for Log {
    type First = OfLog;

    #[inline(always)]
    fn last<I: Isa>(x: T, [part, k, _]: [T; 3]) -> T {
        with_edges(x, T::ZERO, fused::<I, T>(k, T::LN2_HI, part))
    }
}

/// For log(1 + x): f, k and s of 1 + x, and what the rounding of the sum adds; then all but the larger part of k log 2 in the place of f.
pub(super) struct OfLog1p;

impl<T: Number> First<T> for OfLog1p {
    type Parts = [T; 4];

    #[inline(always)]
    fn reduced<I: Isa>(x: T) -> [T; 4] {
        let u = T::ONE + x;
        // What was lost in the sum.
        let lost = T::choose(x.less(T::ONE), x - (u - T::ONE), T::ONE - (u - x));
        let (m, k) = u.split();
        // Near 1, x itself is f.
        let near = k.equals(T::ZERO);
        let (f, m) = (T::choose(near, x, m - T::ONE), T::choose(near, T::ONE, m));
        let lost = T::choose(near, T::ZERO, lost);
        // One division for s = f/(2 + f) and lost/u, which needs few digits.
        let reciprocal = T::ONE / ((T::TWO + f) * m);
        let correction = lost
            * (reciprocal * (T::TWO + f))
            * T::ONE.raised(T::SHIFT - T::choose(T::lit(100.0).less(k), T::lit(100.0), k));
        [f, k, f * (reciprocal * m), correction]
    }

    #[inline(always)]
    fn expanded<I: Isa>(_: T, [f, k, s, correction]: [T; 4]) -> [T; 4] {
        let (h, tail) = near_one::<I, T>(f, s);
        let low = fused::<I, T>(k, T::LN2_LO, correction) + tail;
        [f - (h - low), k, s, correction]
    }
}

/// log(1 + x) for −½ ≤ x ≤ huge.
#[inline(always)]
pub(super) fn log1p_inside<I: Isa, T: Number>(x: T) -> T {
    let [part, k, ..] = OfLog1p::expanded::<I>(x, OfLog1p::reduced::<I>(x));
    fused::<I, T>(k, T::LN2_HI, part)
}

/// log(1 + x); within 1 ULP.
pub(super) struct Log1p;

impl<T: Number> Staged<T> for Log1p {
    type First = OfLog1p;

    #[inline(always)]
    fn last<I: Isa>(x: T, [part, k, ..]: [T; 4]) -> T {
        let y = fused::<I, T>(k, T::LN2_HI, part);
        let y = T::choose(x.abs().less(T::EPSILON * T::HALF), x, y);
        with_edges(x, -T::ONE, y)
    }
}

/// For log x in another base, in `f64`: f and k of a number, and s; then log m in two parts, and k.
pub(super) struct OfLogInBase;

impl<T: Float> First<T> for OfLogInBase {
    type Parts = [f64; 3];

    #[inline(always)]
    fn reduced<I: Isa>(x: T) -> [f64; 3] {
        let (m, k) = split(x.to_f64());
        let f = m - 1.0;
        [f, f / (2.0 + f), k]
    }

    #[inline(always)]
    fn expanded<I: Isa>(_: T, [f, s, k]: [f64; 3]) -> [f64; 3] {
        let (h, tail) = near_one::<I, f64>(f, s);
        let high = f - h;
        [high, ((f - high) - h) + tail, k]
    }
}

/// log m and 2ᵏ apart, with the factor of each in two parts, of which k times the first of 2 is exact. For an `f32` the first
/// parts are enough.
#[inline(always)]
fn log_in_base<I: Isa, T: Float>(x: T, [high, low, k]: [f64; 3], factor: (f64, f64), of_two: (f64, f64)) -> T {
    if size_of::<T>() < size_of::<f64>() {
        let y = k * (of_two.0 + of_two.1) + (high + low) * factor.0;
        return with_edges(x, T::ZERO, T::lit(y));
    }
    let p = high * factor.0;
    let p_rest = product_error::<I, f64>(high, factor.0, p) + (low * factor.0 + high * factor.1);
    let whole = k * of_two.0;
    let y = whole + p;
    let y_rest = (whole - y) + p;
    with_edges(x, T::ZERO, T::lit(y + (y_rest + (p_rest + k * of_two.1))))
}

/// log₂ x; within 1 ULP. `f32` is computed in `f64`.
pub(super) struct Log2;

impl<T: Float> Staged<T> for Log2 {
    type First = OfLogInBase;

    #[inline(always)]
    fn last<I: Isa>(x: T, parts: [f64; 3]) -> T {
        let factor = (std::f64::consts::LOG2_E, 2.035_527_374_093_103_3e-17);
        log_in_base::<I, T>(x, parts, factor, (1.0, 0.0))
    }
}

/// log₁₀ x; within 1 ULP. `f32` is computed in `f64`.
pub(super) struct Log10;

impl<T: Float> Staged<T> for Log10 {
    type First = OfLogInBase;

    #[inline(always)]
    fn last<I: Isa>(x: T, parts: [f64; 3]) -> T {
        let factor = (std::f64::consts::LOG10_E, 1.098_319_650_216_765e-17);
        let of_two = (0.301_029_995_663_611_77, 3.694_239_077_158_931e-13);
        log_in_base::<I, T>(x, parts, factor, of_two)
    }
}

/// log(1 + e^−|x|): the sum is 1 + f below √2 and 2 (1 + f) above, both exact.
#[inline(always)]
fn softplus_tail<I: Isa, T: Number>(parts: [T; 2]) -> T {
    let e = Logistic::of::<I>(parts).e::<I>();
    let near = e.less(T::lit(std::f64::consts::SQRT_2 - 1.0));
    let f = T::choose(near, e, T::HALF * (e - T::ONE));
    let (h, tail) = near_one::<I, T>(f, f / (T::TWO + f));
    let (high, low) = (T::choose(near, T::ZERO, T::LN2_HI), T::choose(near, T::ZERO, T::LN2_LO));
    high + (f - (h - (low + tail)))
}

/// log(1 + eˣ); within 2 ULP.
pub(super) struct Softplus;

impl<T: Number> Staged<T> for Softplus {
    type First = OfDecay<1>;

    #[inline(always)]
    fn last<I: Isa>(x: T, parts: [T; 2]) -> T {
        let tail = softplus_tail::<I, T>(parts);
        T::choose(T::ZERO.less(x), x + tail, tail)
    }
}

/// log σ(x); within 2 ULP.
pub(super) struct LogSigmoid;

impl<T: Number> Staged<T> for LogSigmoid {
    type First = OfDecay<1>;

    #[inline(always)]
    fn last<I: Isa>(x: T, parts: [T; 2]) -> T {
        let tail = softplus_tail::<I, T>(parts);
        T::choose(x.less(T::ZERO), x - tail, -tail)
    }
}

in_steps!(Log, Log1p, Log2, Log10, Softplus, LogSigmoid);
