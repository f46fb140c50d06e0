//! Arrays seen as lists of numbers, and compared.
use cinta_graph::{ArrayType, DType, Element, Value};
use ndarray::{ArrayD, IxDyn};

/// A value of a type from numbers in row-major order.
pub(crate) fn from_f64s(ty: &ArrayType, numbers: impl IntoIterator<Item = f64>) -> Value {
    fn array<T: Element>(ty: &ArrayType, numbers: impl IntoIterator<Item = f64>) -> Value {
        let numbers = numbers.into_iter().map(T::from_f64).collect();
        Value::from(ArrayD::from_shape_vec(IxDyn(&ty.shape), numbers).expect("as many numbers as the type holds"))
    }
    match ty.dtype {
        DType::F64 => array::<f64>(ty, numbers),
        DType::F32 => array::<f32>(ty, numbers),
        DType::I64 => array::<i64>(ty, numbers),
        DType::Bool => array::<bool>(ty, numbers),
    }
}

/// The position of the entry with a number in row-major order: `[1, 2]`.
pub(crate) fn position(ty: &ArrayType, mut index: usize) -> Vec<usize> {
    let mut position: Vec<usize> = ty
        .shape
        .iter()
        .rev()
        .map(|&size| {
            let at = index % size.max(1);
            index /= size.max(1);
            at
        })
        .collect();
    position.reverse();
    position
}

/// Half the gap between a dtype's numbers near 1, doubled: how exact one operation is.
pub(crate) fn epsilon(dtype: DType) -> f64 {
    if dtype == DType::F32 { f64::from(f32::EPSILON) } else { f64::EPSILON }
}

/// How many numbers of the dtype lie between two; 0 for two NaNs, infinite for a NaN or an infinity beside
/// anything else.
pub(crate) fn ulps_between(dtype: DType, a: f64, b: f64) -> f64 {
    /// Numbers in their order, so that neighbours differ by 1 and both zeros are 0.
    fn rank(magnitude: u64, negative: bool) -> i128 {
        if negative { -i128::from(magnitude) } else { i128::from(magnitude) }
    }
    if a == b || a.is_nan() && b.is_nan() {
        return 0.0;
    }
    if !a.is_finite() || !b.is_finite() {
        return f64::INFINITY;
    }
    let rank = |x: f64| {
        let magnitude =
            if dtype == DType::F32 { u64::from(f32::from_f64(x.abs()).to_bits()) } else { x.abs().to_bits() };
        rank(magnitude, x < 0.0)
    };
    match dtype {
        DType::F64 | DType::F32 => (rank(a) - rank(b)).unsigned_abs() as f64,
        DType::I64 | DType::Bool => (a - b).abs(),
    }
}

/// The largest finite magnitude.
pub(crate) fn largest(numbers: &[f64]) -> f64 {
    numbers.iter().map(|x| x.abs()).filter(|x| x.is_finite()).fold(0.0, f64::max)
}

/// How large each number is: one that is 0, or none, says nothing of its size, and has 1 or the largest of the others,
/// whichever is less.
pub(crate) fn magnitudes(numbers: &[f64]) -> Vec<f64> {
    let largest = largest(numbers);
    let none = if largest == 0.0 { 1.0 } else { largest.min(1.0) };
    numbers.iter().map(|x| if *x == 0.0 || !x.is_finite() { none } else { x.abs() }).collect()
}

/// The first entry where two lists differ by more than a tolerance; NaN agrees with NaN, an infinity with itself.
pub(crate) fn first_apart(a: &[f64], b: &[f64], tolerance: f64) -> Option<usize> {
    let agree = |(a, b): (&f64, &f64)| a == b || a.is_nan() && b.is_nan() || (a - b).abs() <= tolerance;
    a.iter().zip(b).position(|pair| !agree(pair))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances_in_ulp() {
        let next = f64::from_bits(1.0_f64.to_bits() + 1);
        assert_eq!(ulps_between(DType::F64, 1.0, next), 1.0);
        assert_eq!(ulps_between(DType::F64, 0.0, -0.0), 0.0);
        assert_eq!(ulps_between(DType::F64, 5e-324, -5e-324), 2.0);
        assert_eq!(ulps_between(DType::F32, 1.0, 1.0 + f64::from(f32::EPSILON)), 1.0);
        assert_eq!(ulps_between(DType::F64, f64::NAN, f64::NAN), 0.0);
        assert_eq!(ulps_between(DType::F64, f64::INFINITY, f64::NEG_INFINITY), f64::INFINITY);
        assert_eq!(ulps_between(DType::F64, f64::NAN, 1.0), f64::INFINITY);
        assert_eq!(ulps_between(DType::I64, 3.0, 5.0), 2.0);
    }

    #[test]
    fn positions_are_row_major() {
        let ty = ArrayType::new(DType::F64, [2, 3]);
        assert_eq!(position(&ty, 5), [1, 2]);
        assert!(position(&ArrayType::new(DType::F64, ()), 0).is_empty());
    }
}
