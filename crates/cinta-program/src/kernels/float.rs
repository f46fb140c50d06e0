//! Floating-point numbers as kernels see them: their bits, and constants for each width.
use cinta_graph::Real;

use super::set::Isa;

/// `f64` or `f32`.
pub(crate) trait Float: Real {
    /// 0.
    const ZERO: Self;
    /// 1.
    const ONE: Self;
    /// One half.
    const HALF: Self;

    /// −∞.
    const MINUS_INFINITY: Self;
}

impl Float for f64 {
    const ZERO: Self = 0.0;
    const ONE: Self = 1.0;
    const HALF: Self = 0.5;
    const MINUS_INFINITY: Self = Self::NEG_INFINITY;
}

impl Float for f32 {
    const ZERO: Self = 0.0;
    const ONE: Self = 1.0;
    const HALF: Self = 0.5;
    const MINUS_INFINITY: Self = Self::NEG_INFINITY;
}

/// a·b + c, rounded once where that is one instruction and twice where not.
#[inline(always)]
pub(super) fn fused<I: Isa, T: Float>(a: T, b: T, c: T) -> T {
    if I::FMA { a.mul_add(b, c) } else { a * b + c }
}
