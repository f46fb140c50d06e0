//! Kernels of √(a² + b²) and of its slope. `f32` is computed in `f64`.
use cinta_graph::ops::Binary as _;
use cinta_graph::ops::direction;

use super::float::{Float, fused, product_error};
use super::loops::{Map2, Rare2};
use super::set::Isa;

/// √(a² + b²); within 1 ULP.
pub(super) struct Hypot;

impl<T: Float> Map2<T> for Hypot {
    #[inline(always)]
    fn at<I: Isa>(a: T, b: T) -> T {
        const UP: f64 = f64::from_bits((1023 + 600) << 52);
        const DOWN: f64 = f64::from_bits((1023 - 600) << 52);
        let (p, q) = (a.to_f64().abs(), b.to_f64().abs());
        let larger = if p > q { p } else { q };
        let (scale, back) = if larger > 1e150 { (DOWN, UP) } else { (1.0, 1.0) };
        let (scale, back) = if larger < 1e-140 { (UP, DOWN) } else { (scale, back) };
        let (p, q) = (p * scale, q * scale);
        let y = T::lit(fused::<I, f64>(p, p, q * q).sqrt() * back);
        // An infinity outweighs a NaN.
        if a.abs() == T::INFINITY || b.abs() == T::INFINITY { T::INFINITY } else { y }
    }
}

/// a/√(a² + b²), and a where that is 0; within 2 ULP.
pub(super) struct Direction;

impl<T: Float> Map2<T> for Direction {
    const SCALAR: Rare2<T> = Some((is_extreme, direction::Direction::f));

    #[inline(always)]
    fn at<I: Isa>(a: T, b: T) -> T {
        let (p, q) = (a.to_f64(), b.to_f64());
        let h = fused::<I, f64>(p, p, q * q).sqrt();
        let u = if size_of::<T>() < size_of::<f64>() {
            p / h
        } else {
            // p/h, and what its roundings take away: p² + q² − h² shows that of h.
            let inverse = 1.0 / h;
            let u = p * inverse;
            let square = |x: f64| (x * x, product_error::<I, f64>(x, x, x * x));
            let (pp, qq, hh) = (square(p), square(q), square(h));
            let (large, small) = if pp.0 > qq.0 { (pp, qq) } else { (qq, pp) };
            let rest = ((large.0 - hh.0) + small.0) + (large.1 - hh.1 + small.1);
            fused::<I, f64>(fused::<I, f64>(-u, h, p) - u * rest * (0.5 * inverse), inverse, u)
        };
        if a == T::ZERO { a } else { T::lit(u) }
    }
}

/// Infinities, NaN, and numbers but 0 whose squares, or the squares of whose last digits, are no normal numbers.
#[inline(always)]
fn is_extreme<T: Float>(a: T, b: T) -> bool {
    let is_moderate = |x: T| x == T::ZERO || x.to_f64().abs() > 1e-100 && x.to_f64().abs() < 1e100;
    !(is_moderate(a) && is_moderate(b))
}
