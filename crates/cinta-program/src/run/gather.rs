//! Elements of a view in row-major order, a stretch at a time.
use cinta_graph::Strided;

use crate::steps::Placed;

/// Copies elements `start..start + out.len()` of a view, counted in row-major order.
pub(crate) fn gather<T: Copy>(from: &[T], view: &Strided, start: usize, out: &mut [T]) {
    let Some((&inner, outer)) = view.shape.split_last() else {
        out.fill(from[view.offset]);
        return;
    };
    if out.is_empty() {
        return;
    }
    let step = view.strides[outer.len()];
    let mut row = start / inner;
    let mut column = start % inner;
    let mut done = 0;
    while done < out.len() {
        let length = (inner - column).min(out.len() - done);
        let first = position(view, row).wrapping_add_signed(column.cast_signed() * step);
        let out = &mut out[done..done + length];
        match step {
            0 => out.fill(from[first]),
            1 => out.copy_from_slice(&from[first..first + length]),
            _ => {
                let mut at = first;
                for out in out {
                    *out = from[at];
                    at = at.wrapping_add_signed(step);
                }
            }
        }
        done += length;
        row += 1;
        column = 0;
    }
}

/// Where the first element of a row stands, rows being counted over all axes but the last.
fn position(view: &Strided, mut row: usize) -> usize {
    let mut at = view.offset;
    for axis in (0..view.shape.rank() - 1).rev() {
        let n = view.shape[axis];
        at = at.wrapping_add_signed((row % n).cast_signed() * view.strides[axis]);
        row /= n;
    }
    at
}

/// Copies the elements of a view to where they stand in an array of some shape, as far as those are elements
/// `start..start + out.len()` of it.
pub(crate) fn paste<T: Copy>(from: &[T], it: &Placed, shape: &[usize], start: usize, out: &mut [T]) {
    let Some((&inner, outer)) = shape.split_last() else {
        return out.fill(from[it.view.offset]);
    };
    let axis = outer.len();
    let (low, step, n) = (it.low[axis], it.step[axis], it.view.shape[axis]);
    let stride = it.view.strides[axis];
    let mut done = 0;
    while done < out.len() {
        let (row, column) = ((start + done) / inner, (start + done) % inner);
        let length = (inner - column).min(out.len() - done);
        if let Some(first) = row_of(it, outer, row) {
            // The elements i of the row with column ≤ low + i step < column + length.
            let from_i = column.saturating_sub(low).div_ceil(step);
            let to_i = (column + length).saturating_sub(low).div_ceil(step).min(n);
            for i in from_i..to_i {
                out[done + low + i * step - column] = from[first.wrapping_add_signed(i.cast_signed() * stride)];
            }
        }
        done += length;
    }
}

/// Where the elements of a row of an array begin, if a view has some there.
fn row_of(it: &Placed, outer: &[usize], mut row: usize) -> Option<usize> {
    let mut at = it.view.offset;
    for axis in (0..outer.len()).rev() {
        let steps = (row % outer[axis]).checked_sub(it.low[axis])?;
        row /= outer[axis];
        if steps % it.step[axis] != 0 || steps / it.step[axis] >= it.view.shape[axis] {
            return None;
        }
        at = at.wrapping_add_signed((steps / it.step[axis]).cast_signed() * it.view.strides[axis]);
    }
    Some(at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_stretch_of_a_larger_array_gets_its_elements() {
        let from: Vec<usize> = (1..=12).collect();
        let view = Strided { offset: 2, shape: [2, 3].into(), strides: smallvec::smallvec![6, -1] };
        let it = Placed { view, low: smallvec::smallvec![1, 0], step: smallvec::smallvec![2, 3] };
        let shape = [4, 8];
        let mut expected = [0; 32];
        for i in 0..2 {
            for j in 0..3 {
                expected[(1 + 2 * i) * 8 + 3 * j] = from[2 + 6 * i - j];
            }
        }
        for start in 0..32 {
            for end in start..=32 {
                let mut out = vec![0; end - start];
                paste(&from, &it, &shape, start, &mut out);
                assert_eq!(out, expected[start..end], "{start}..{end}");
            }
        }
    }

    #[test]
    fn any_stretch_of_a_view_is_found() {
        let from: Vec<usize> = (0..60).collect();
        let views = [
            (0, vec![3, 4, 5], vec![20, 5, 1]),
            (59, vec![3, 4, 5], vec![-20, -5, -1]),
            (2, vec![5, 3], vec![0, 20]),
            (7, vec![2, 1, 6], vec![30, 0, 0]),
            (3, vec![], vec![]),
        ];
        for (offset, shape, strides) in views {
            let view = Strided { offset, shape: shape.into(), strides: strides.into() };
            let size = view.shape.size();
            let mut whole = vec![0; size];
            gather(&from, &view, 0, &mut whole);
            let expected: Vec<usize> = ndarray::indices(view.shape.to_vec())
                .into_iter()
                .map(|at| {
                    let steps = view.strides.iter().enumerate().map(|(axis, s)| at[axis].cast_signed() * s);
                    view.offset.checked_add_signed(steps.sum()).expect("inside")
                })
                .collect();
            assert_eq!(whole, expected);
            for start in 0..size {
                for end in start..=size {
                    let mut part = vec![0; end - start];
                    gather(&from, &view, start, &mut part);
                    assert_eq!(part, expected[start..end], "{view:?} {start}..{end}");
                }
            }
        }
    }
}
