//! Kernels of x times a weight that goes from 0 to 1: silu, gelu's approximation by tanh, mish, and their slopes.
//!
//! With e = e^−|v|, σ(v) is 1/(1 + e) on the right and e/(1 + e) on the left, where powers of two are multiplied in last: what
//! is subnormal is rounded once.
use super::exponential::{OfExp, Scaled, clamp, exp_parts_expanded, exp_parts_reduced, scaled};
use super::float::{Float, fused, product_error};
use super::number::Number;
use super::set::Isa;
use super::staged::{First, Staged, in_steps};

/// A number and what its rounding takes away.
#[derive(Clone, Copy)]
struct Parts<T> {
    high: T,
    low: T,
}

impl<T: Number> Parts<T> {
    /// a + b, exactly (D. E. Knuth, *The Art of Computer Programming* 2, 4.2.2).
    #[inline(always)]
    fn sum(a: T, b: T) -> Self {
        let high = a + b;
        let of_b = high - a;
        Self { high, low: (a - (high - of_b)) + (b - of_b) }
    }
}

/// x as far as e^−|v| is not 0 for |v| ≥ |x|: there products with it are finite.
#[inline(always)]
fn bounded<T: Number>(x: T) -> T {
    clamp(x, T::EXP_LOW, -T::EXP_LOW)
}

/// 1/(1 + e), how far the inverse is from it in its own units, and e.
struct Logistic<T> {
    inverse: T,
    excess: T,
    e: T,
}

#[inline(always)]
fn logistic<I: Isa, T: Number>(e: T) -> Logistic<T> {
    let sum = T::ONE + e;
    let inverse = T::ONE / sum;
    let lost = e - (sum - T::ONE);
    let excess = T::product_error::<I>(sum, inverse, T::ONE);
    Logistic { inverse, excess: fused::<I, T>(lost, inverse, excess), e }
}

impl<T: Number> Logistic<T> {
    /// Over (1 + e)², without the error of the inverse, which would count twice.
    #[inline(always)]
    fn squared<I: Isa>(&self, top: T) -> T {
        let y = top * (self.inverse * self.inverse);
        fused::<I, T>(y, -T::TWO * self.excess, y)
    }
}

/// x σ(v), where |v| ≥ |x|, by e^−|v|.
#[inline(always)]
fn weighted<T: Number>(x: T, e: &Scaled<T>) -> T {
    let inverse = T::ONE / (T::ONE + e.joined());
    let left = e.times(bounded(x) * inverse);
    T::choose(x.less(T::ZERO), left, x * inverse)
}

/// The slope σ(v) (1 + w σ(−v)) of x σ(v), with w = x v′ and the sum 1 + w: e (1 + w + e)/(1 + e)² or (1 + e + w e)/(1 + e)².
#[inline(always)]
fn weighted_slope<I: Isa, T: Number>(left: T::Mask, [w, one_and_w]: [T; 2], e: &Scaled<T>) -> T {
    let logistic = logistic::<I, T>(e.joined());
    let top = T::choose(left, one_and_w + logistic.e, T::ONE + fused::<I, T>(w, logistic.e, logistic.e));
    let y = logistic.squared::<I>(top);
    T::choose(left, e.times(y), y)
}

/// x σ(x); within 3 ULP.
pub(super) struct Silu;

impl<T: Number> Staged<T> for Silu {
    type First = OfExp<true>;

    #[inline(always)]
    fn last<I: Isa>(x: T, parts: [T; 2]) -> T {
        weighted(x, &scaled(parts))
    }
}

/// σ(x) (1 + x σ(−x)), the slope of silu; within 4 ULP.
pub(super) struct SiluSlope;

impl<T: Number> Staged<T> for SiluSlope {
    type First = OfExp<true>;

    #[inline(always)]
    fn last<I: Isa>(x: T, parts: [T; 2]) -> T {
        let w = bounded(x);
        weighted_slope::<I, T>(x.less(T::ZERO), [w, T::ONE + w], &scaled(parts))
    }
}

/// 2√(2/π), 0.044715 times that, and what rounding takes away from them in `f64`.
const A: (f64, f64) = (1.595_769_121_605_730_8, -9.969_308_809_110_92e-17);
const AB: (f64, f64) = (0.071_354_816_272_600_25, -6.175_149_918_155_315e-19);

/// The rest of a constant.
#[inline(always)]
fn rest<T: Float>((high, low): (f64, f64)) -> T {
    T::lit((high - T::lit(high).to_f64()) + low)
}

/// For v = 2√(2/π) (x + 0.044715 x³), moderate x, and e = e^−|v|: as [`exp_parts_reduced`], then e but for 2ⁿ in the place of the
/// first; x v′ and 1 + x v′. The exponential of v multiplies its error by its size, so v is computed in two parts.
pub(super) struct OfCubic;

impl<T: Float> First<T> for OfCubic {
    type Parts = [T; 5];

    #[inline(always)]
    fn reduced<I: Isa>(x: T) -> [T; 5] {
        // Beyond, e is 0, and w times the e of the largest |v| that is not cut off.
        let most = T::lit(if size_of::<T>() == 8 { 22.0 } else { 11.0 });
        let x = clamp(x, -most, most);
        let (a, ab) = (T::lit(A.0), T::lit(AB.0));
        let square = x * x;
        let square_rest = product_error::<I, T>(x, x, square);
        let part = ab * square;
        let part_rest =
            product_error::<I, T>(ab, square, part) + fused::<I, T>(ab, square_rest, rest::<T>(AB) * square);
        let factor = Parts::sum(a, part);
        let factor_rest = factor.low + (part_rest + rest::<T>(A));
        let v = x * factor.high;
        let v_rest = fused::<I, T>(x, factor_rest, product_error::<I, T>(x, factor.high, v));
        // x v′ is v and twice what the cubic part gives.
        let double = T::TWO * part;
        let slope = Parts::sum(factor.high, double);
        let slope_rest = slope.low + (factor_rest + T::TWO * part_rest);
        let w = x * slope.high;
        let w_rest = fused::<I, T>(x, slope_rest, product_error::<I, T>(x, slope.high, w));
        let one_and_w = Parts::sum(T::ONE, w);
        let sign = if v < T::ZERO { T::ONE } else { -T::ONE };
        let v = clamp(-v.abs(), T::EXP_LOW, T::ZERO);
        let [r, rest, shifted] = exp_parts_reduced::<I, T>(v, sign * v_rest);
        [r, rest, shifted, w, one_and_w.high + (one_and_w.low + w_rest)]
    }

    #[inline(always)]
    fn expanded<I: Isa>(_: T, [r, rest, shifted, w, one_and_w]: [T; 5]) -> [T; 5] {
        [exp_parts_expanded::<I, T>(r, rest), rest, shifted, w, one_and_w]
    }
}

/// x σ(v) = x/2 (1 + tanh(v/2)); within 3 ULP.
pub(super) struct GeluTanh;

impl<T: Float> Staged<T> for GeluTanh {
    type First = OfCubic;

    #[inline(always)]
    fn last<I: Isa>(x: T, [part, _, shifted, ..]: [T; 5]) -> T {
        weighted(x, &scaled([part, shifted]))
    }
}

/// The slope of that; within 4 ULP.
pub(super) struct GeluTanhSlope;

impl<T: Float> Staged<T> for GeluTanhSlope {
    type First = OfCubic;

    #[inline(always)]
    fn last<I: Isa>(x: T, [part, _, shifted, w, one_and_w]: [T; 5]) -> T {
        weighted_slope::<I, T>(x < T::ZERO, [w, one_and_w], &scaled([part, shifted]))
    }
}

/// x tanh(log(1 + eˣ)): x e (e + 2)/(e² + 2e + 2) on the left, x (1 + 2e)/(1 + 2e + 2e²) on the right; within 3 ULP.
pub(super) struct Mish;

impl<T: Float> Staged<T> for Mish {
    type First = OfExp<true>;

    #[inline(always)]
    fn last<I: Isa>(x: T, parts: [T; 2]) -> T {
        let scaled = scaled(parts);
        let (e, left) = (scaled.joined(), x < T::ZERO);
        let square = e * e;
        let (more, rest) =
            if left { (e + T::TWO, T::TWO) } else { (fused::<I, T>(T::TWO, e, T::ONE), T::TWO * square) };
        let top = if left { fused::<I, T>(T::TWO, e, square) } else { more };
        let ratio = more / (top + rest);
        if left { scaled.times(bounded(x) * ratio) } else { x * ratio }
    }
}

/// The slope of mish, as one fraction; with s = 2 + 2e + e² on the left e (4 (1 + x) (1 + e) + e (2 + 4e + e²))/s², on the right, with
/// s = 1 + 2e + 2e², ((1 + 2e) s + 4x (1 + e) e²)/s²; within 4 ULP.
pub(super) struct MishSlope;

impl<T: Float> Staged<T> for MishSlope {
    type First = OfExp<true>;

    #[inline(always)]
    fn last<I: Isa>(x: T, parts: [T; 2]) -> T {
        let scaled = scaled(parts);
        let (e, left) = (scaled.joined(), x < T::ZERO);
        let (w, four) = (bounded(x), T::lit(4.0));
        let square = fused::<I, T>(e, e, T::TWO * e); // e (e + 2)
        let double = T::TWO * fused::<I, T>(e, e, e);
        let (base, more) = if left { (T::TWO, square) } else { (T::ONE, double) };
        let sum = Parts::sum(base, more);
        let left_top = fused::<I, T>(four * (T::ONE + w), T::ONE + e, e * fused::<I, T>(e, four + e, T::TWO));
        let right_top = fused::<I, T>(fused::<I, T>(T::TWO, e, T::ONE), sum.high, four * w * (T::ONE + e) * (e * e));
        let inverse = T::ONE / sum.high;
        let excess = fused::<I, T>(sum.low, inverse, product_error::<I, T>(sum.high, inverse, T::ONE));
        let y = (if left { left_top } else { right_top }) * (inverse * inverse);
        let y = fused::<I, T>(y, -T::TWO * excess, y);
        if left { scaled.times(y) } else { y }
    }
}

in_steps!(Silu, SiluSlope, GeluTanh, GeluTanhSlope, Mish, MishSlope);
