//! Pairwise summation: the rounding error of a sum of n numbers grows as log n, at the speed of a plain loop.
//!
//! N. J. Higham, *The accuracy of floating point summation*, SIAM J. Sci. Comput. 14 (1993).
use ndarray::{ArrayD, ArrayView1, ArrayViewD, Axis, IxDyn, LinalgScalar};

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

/// The sum along one axis, which is dropped; along the others all is vectorised.
fn sum_axis<T: Numeric>(x: &ArrayViewD<'_, T>, axis: Axis) -> ArrayD<T> {
    const ROWS: usize = 16;
    let n = x.len_of(axis);
    if n > ROWS {
        let (a, b) = x.view().split_at(axis, n / 2);
        let mut sum = sum_axis(&a, axis);
        sum.zip_mut_with(&sum_axis(&b, axis), |a, &b| *a = a.plus(b));
        return sum;
    }
    let mut sum = ArrayD::from_elem(x.raw_dim_without(axis), T::zero());
    for row in x.axis_iter(axis) {
        sum.zip_mut_with(&row, |a, &b| *a = a.plus(b));
    }
    sum
}

trait WithoutAxis {
    fn raw_dim_without(&self, axis: Axis) -> IxDyn;
}

impl<T> WithoutAxis for ArrayViewD<'_, T> {
    fn raw_dim_without(&self, axis: Axis) -> IxDyn {
        let sizes: Vec<usize> = (0..self.ndim()).filter(|&i| i != axis.index()).map(|i| self.len_of(Axis(i))).collect();
        IxDyn(&sizes)
    }
}

/// The sum along some axes, in the shape `to`, whose other sizes are those of the axes that stay.
pub(super) fn sum_axes<T: Numeric>(x: &Value, axes: &[usize], to: &Shape) -> Value {
    // Always in row-major order, so that no bit depends on the layout.
    let view = x.view::<T>();
    let view = view.as_standard_layout();
    if let Some(slice) = view.as_slice().filter(|slice| !slice.is_empty()) {
        let n = axes.iter().map(|&axis| view.len_of(Axis(axis))).product::<usize>();
        let sums = if axes.iter().copied().eq(view.ndim() - axes.len()..view.ndim()) || n == slice.len() {
            Some(slice.chunks_exact(n).map(sum_slice).collect())
        } else if axes.iter().copied().eq(0..axes.len()) {
            let mut sums = vec![T::zero(); slice.len() / n];
            sum_rows(slice, &mut sums);
            Some(sums)
        } else {
            None
        };
        if let Some(sums) = sums {
            return Value::from(ArrayD::from_shape_vec(IxDyn(to), sums).expect("as many elements"));
        }
    }
    let mut sum: Option<ArrayD<T>> = None;
    // The last axes first, so that positions of the others stay.
    for &axis in axes.iter().rev() {
        let input = sum.as_ref().map_or_else(|| view.view(), |sum| sum.view());
        sum = Some(sum_along(&input, Axis(axis)));
    }
    let sum = sum.unwrap_or_else(|| view.into_owned());
    Value::from(sum.as_standard_layout().into_owned().into_shape_with_order(IxDyn(to)).expect("as many elements"))
}

/// One axis: as slices where each lane is contiguous and long, row by row otherwise.
fn sum_along<T: Numeric>(x: &ArrayViewD<'_, T>, axis: Axis) -> ArrayD<T> {
    let lanes_are_slices = x.stride_of(axis) == 1 && x.len_of(axis) >= 8;
    if lanes_are_slices {
        x.map_axis(axis, |lane| {
            lane.as_slice().map_or_else(|| lane.iter().fold(T::zero(), |a, &b| a.plus(b)), sum_slice)
        })
    } else {
        sum_axis(x, axis)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sum_of_ten_million_tenths_is_right_to_a_few_units() {
        let n = 10_000_000;
        let exact = 0.1 * n as f64;
        let array = ArrayD::from_elem(IxDyn(&[n]), 0.1);
        let sum = sum_axes::<f64>(&Value::from(array), &[0], &Shape::scalar()).item().expect("a scalar");
        assert!((sum - exact).abs() < 8.0 * f64::EPSILON * exact, "{sum} against {exact}");
    }

    #[test]
    fn columns_are_summed_pairwise_too() {
        let n = 1_000_000;
        let array = ArrayD::from_elem(IxDyn(&[n, 2]), 0.1);
        let sum = sum_axes::<f64>(&Value::from(array), &[0], &[2].into()).to_f64s();
        let exact = 0.1 * n as f64;
        assert!(sum.iter().all(|s| (s - exact).abs() < 8.0 * f64::EPSILON * exact), "{sum:?} against {exact}");
    }
}
