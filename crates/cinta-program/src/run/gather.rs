//! Elements of a view in row-major order, a stretch at a time.
use cinta_graph::Strided;
use smallvec::SmallVec;

use crate::steps::Placed;

/// The same elements in the same order, with as few axes as that can be said in.
pub(crate) fn merged(view: &Strided) -> Strided {
    let mut axes: SmallVec<[(usize, isize); 4]> = SmallVec::new();
    for (&n, &stride) in view.shape.iter().zip(&view.strides).filter(|&(&n, _)| n != 1) {
        match axes.last_mut() {
            Some((size, outer)) if *outer == n.cast_signed() * stride => (*size, *outer) = (*size * n, stride),
            _ => axes.push((n, stride)),
        }
    }
    let (shape, strides): (Vec<usize>, _) = axes.into_iter().unzip();
    Strided { offset: view.offset, shape: shape.into(), strides }
}

/// Copies elements `start..start + out.len()` of a view, counted in row-major order.
pub(crate) fn gather<T: Copy>(from: &[T], view: &Strided, start: usize, mut out: &mut [T]) {
    let (shape, strides) = (view.shape.as_slice(), &view.strides[..]);
    let Some((&inner, outer)) = shape.split_last() else {
        out.fill(from[view.offset]);
        return;
    };
    if out.is_empty() {
        return;
    }
    let (outer_strides, step) = (&strides[..outer.len()], strides[outer.len()]);
    // Where the row stands that has the first element, and its position along each axis.
    let mut column = start % inner;
    let mut positions: SmallVec<[usize; 4]> = SmallVec::from_elem(0, outer.len());
    let (mut row, mut first) = (start / inner, view.offset);
    for axis in (0..outer.len()).rev() {
        positions[axis] = row % outer[axis];
        first = first.wrapping_add_signed(positions[axis].cast_signed() * outer_strides[axis]);
        row /= outer[axis];
    }
    loop {
        let length = (inner - column).min(out.len());
        let (stretch, rest) = std::mem::take(&mut out).split_at_mut(length);
        let at = first.wrapping_add_signed(column.cast_signed() * step);
        copy_along(from, at, step, stretch);
        if rest.is_empty() {
            return;
        }
        (out, column) = (rest, 0);
        for axis in (0..outer.len()).rev() {
            positions[axis] += 1;
            first = first.wrapping_add_signed(outer_strides[axis]);
            if positions[axis] < outer[axis] {
                break;
            }
            first = first.wrapping_add_signed(-(outer[axis].cast_signed() * outer_strides[axis]));
            positions[axis] = 0;
        }
    }
}

/// Copies elements that stand some way apart.
#[inline]
fn copy_along<T: Copy>(from: &[T], mut at: usize, step: isize, out: &mut [T]) {
    match step {
        0 => out.fill(from[at]),
        1 => out.copy_from_slice(&from[at..at + out.len()]),
        _ => {
            for out in out {
                *out = from[at];
                at = at.wrapping_add_signed(step);
            }
        }
    }
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
            if from_i < to_i {
                let (at, to) = (first.wrapping_add_signed(from_i.cast_signed() * stride), low + from_i * step - column);
                let out = &mut out[done + to..];
                if step == 1 {
                    copy_along(from, at, stride, &mut out[..to_i - from_i]);
                } else {
                    for i in 0..to_i - from_i {
                        out[i * step] = from[at.wrapping_add_signed(i.cast_signed() * stride)];
                    }
                }
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
