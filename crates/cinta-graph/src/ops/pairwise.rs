//! Pairwise summation: the rounding error of a sum of n numbers grows as log n, at the speed of a plain loop.
//!
//! N. J. Higham, *The accuracy of floating point summation*, SIAM J. Sci. Comput. 14 (1993).
use std::borrow::Cow;

use ndarray::{ArrayView1, Axis, LinalgScalar};

use super::room::elements;
use crate::{Numeric, Shape, Value};

/// Blocks up to this long are summed by a plain loop, in eight partial sums.
const BLOCK: usize = 128;

/// The sum of a slice.
pub(super) fn sum_slice<T: Numeric>(x: &[T]) -> T {
    if x.len() > BLOCK {
        let (a, b) = x.split_at(x.len() / 2 / 8 * 8);
        return sum_slice(a).plus(sum_slice(b));
    }
    let mut partial = [T::zero(); 8];
    let chunks = x.chunks_exact(8);
    let rest = chunks.remainder();
    for chunk in chunks {
        for (sum, &x) in partial.iter_mut().zip(chunk) {
            *sum = sum.plus(x);
        }
    }
    for (sum, &x) in partial.iter_mut().zip(rest) {
        *sum = sum.plus(x);
    }
    let [a, b, c, d, e, f, g, h] = partial;
    (a.plus(b)).plus(c.plus(d)).plus((e.plus(f)).plus(g.plus(h)))
}

/// Σ xᵢ yᵢ of vectors of one length.
pub(super) fn dot<T: LinalgScalar>(x: ArrayView1<'_, T>, y: ArrayView1<'_, T>) -> T {
    if x.len() > BLOCK {
        let ((a, b), (c, d)) = (halves(x), halves(y));
        return dot(a, c) + dot(b, d);
    }
    x.dot(&y)
}

fn halves<T>(x: ArrayView1<'_, T>) -> (ArrayView1<'_, T>, ArrayView1<'_, T>) {
    x.split_at(Axis(0), x.len() / 2 / 8 * 8)
}

/// Adds the rows of a matrix, whose elements these are, to sums that are zero.
fn sum_rows<T: Numeric>(x: &[T], sums: &mut [T]) {
    const ROWS: usize = 16;
    let n = sums.len();
    if x.len() > ROWS * n {
        let (a, b) = x.split_at(x.len() / n / 2 * n);
        let mut second = vec![T::zero(); n];
        sum_rows(a, sums);
        sum_rows(b, &mut second);
        sums.iter_mut().zip(&second).for_each(|(a, &b)| *a = a.plus(b));
        return;
    }
    for row in x.chunks_exact(n) {
        sums.iter_mut().zip(row).for_each(|(sum, &x)| *sum = sum.plus(x));
    }
}

/// The sum along an axis of so many, with so many elements after it; the axis is dropped.
fn sum_axis<T: Numeric>(x: &[T], n: usize, inner: usize) -> Vec<T> {
    if inner == 1 {
        return x.chunks_exact(n).map(sum_slice).collect();
    }
    let mut sums = vec![T::zero(); x.len() / n];
    for (x, sums) in x.chunks_exact(n * inner).zip(sums.chunks_exact_mut(inner)) {
        sum_rows(x, sums);
    }
    sums
}

/// The sum along some axes, in the shape `to`, whose other sizes are those of the axes that stay.
pub(super) fn sum_axes<T: Numeric>(x: &Value, axes: &[usize], to: &Shape) -> Result<Value, String> {
    if x.shape().size() == 0 {
        return Ok(Value::splat(T::zero().pack(), to));
    }
    // Always in row-major order, so that no bit depends on the layout.
    let mut sums = match x.slice::<T>() {
        Some(slice) => Cow::from(slice),
        None => Cow::from(elements::<T>(x)?),
    };
    // Neighbouring axes are one. The last first, so that what stands before stays.
    let (mut n, mut inner) = (1, 1);
    for (axis, &size) in x.shape().iter().enumerate().rev().filter(|&(_, &size)| size > 1) {
        if axes.contains(&axis) {
            n *= size;
            continue;
        }
        if n > 1 {
            sums = sum_axis(&sums, n, inner).into();
        }
        (n, inner) = (1, inner * size);
    }
    if n > 1 {
        sums = sum_axis(&sums, n, inner).into();
    }
    Ok(Value::row_major(sums.into_owned(), to))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sum_of_ten_million_tenths_is_right_to_a_few_units() {
        let n = 10_000_000;
        let exact = 0.1 * n as f64;
        let array = ndarray::Array1::from_elem(n, 0.1);
        let sum = sum_axes::<f64>(&Value::from(array), &[0], &Shape::scalar()).expect("room").item().expect("a scalar");
        assert!((sum - exact).abs() < 8.0 * f64::EPSILON * exact, "{sum} against {exact}");
    }

    #[test]
    fn columns_are_summed_pairwise_too() {
        let n = 1_000_000;
        let array = ndarray::Array2::from_elem((n, 2), 0.1);
        let sum = sum_axes::<f64>(&Value::from(array), &[0], &[2].into()).expect("room").to_f64s();
        let exact = 0.1 * n as f64;
        assert!(sum.iter().all(|s| (s - exact).abs() < 8.0 * f64::EPSILON * exact), "{sum:?} against {exact}");
    }
}
