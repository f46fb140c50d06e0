//! Deterministic numbers: a check that fails once fails again, with the same seed.
use cinta_graph::{ArrayType, Value};

use crate::arrays::from_f64s;

/// The 64 random bits of a seed and a position (the `SplitMix64` generator).
fn bits(seed: u64, position: usize) -> u64 {
    let mut z = seed.wrapping_mul(0xD1B5_4A32_D192_ED03).wrapping_add(position as u64);
    z = z.wrapping_mul(0x9E37_79B9_7F4A_7C15).wrapping_add(0x9E37_79B9_7F4A_7C15);
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

/// A number with magnitude in [½, 1) and any sign: no entry of a direction is so small that it hides.
pub(crate) fn number(seed: u64, position: usize) -> f64 {
    let bits = bits(seed, position);
    let magnitude = 0.5 + (bits >> 12) as f64 / (1_u64 << 53) as f64;
    if bits & 1 == 0 { magnitude } else { -magnitude }
}

/// A list of such numbers.
pub(crate) fn direction(size: usize, seed: u64) -> Vec<f64> {
    (0..size).map(|i| number(seed, i)).collect()
}

/// A cotangent: every entry of the same order.
pub(crate) fn cotangent(ty: &ArrayType, seed: u64) -> Value {
    from_f64s(ty, (0..ty.shape.size()).map(|i| number(seed, i)))
}

/// A tangent: each entry in proportion to the entry of the point, so that a step keeps every sign and
/// moves large and small numbers by the same share. Zeros move by the order of 1.
pub(crate) fn tangent(point: &Value, seed: u64) -> Value {
    let scale = |x: f64| if x == 0.0 || !x.is_finite() { 1.0 } else { x.abs() };
    let numbers = point.to_f64s().into_iter().enumerate().map(|(i, x)| number(seed, i) * scale(x));
    from_f64s(&point.array_type(), numbers)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_both_signs_and_are_never_small() {
        let numbers: Vec<f64> = (0..1000).map(|i| number(7, i)).collect();
        assert!(numbers.iter().all(|x| (0.5..1.0).contains(&x.abs())));
        let positive = numbers.iter().filter(|x| **x > 0.0).count();
        assert!((400..600).contains(&positive), "{positive}");
        assert!((0..1000).all(|i| number(7, i) != number(8, i)));
    }
}
