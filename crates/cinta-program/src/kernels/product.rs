//! Matrix products.
use super::float::Float;
use super::set::KernelSet;

/// How far apart the rows and the columns of a matrix stand: `[n, 1]` for a matrix of n columns, `[1, m]` for the
/// transpose of one with m.
pub(crate) type Strides = [usize; 2];

/// c = a·b, or c += a·b, where a is m × k and b is k × n. Any strides will do: a transpose costs nothing.
#[expect(clippy::too_many_arguments, reason = "sizes and three matrices with their strides")]
pub(crate) fn product<T: Float>(
    _set: KernelSet,
    [m, k, n]: [usize; 3],
    a: &[T],
    a_strides: Strides,
    b: &[T],
    b_strides: Strides,
    c: &mut [T],
    c_strides: Strides,
    accumulate: bool,
) {
    for i in 0..m {
        for j in 0..n {
            let term = |l| a[i * a_strides[0] + l * a_strides[1]] * b[l * b_strides[0] + j * b_strides[1]];
            let sum = (0..k).fold(T::ZERO, |sum, l| sum + term(l));
            let c = &mut c[i * c_strides[0] + j * c_strides[1]];
            *c = if accumulate { *c + sum } else { sum };
        }
    }
}

/// y = a·x, or y += a·x, where a is m × k.
pub(crate) fn matrix_vector<T: Float>(
    set: KernelSet,
    [m, k]: [usize; 2],
    a: &[T],
    a_strides: Strides,
    x: &[T],
    y: &mut [T],
    accumulate: bool,
) {
    product(set, [m, k, 1], a, a_strides, x, [1, 1], y, [1, 1], accumulate);
}
