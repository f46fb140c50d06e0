//! Elements of a view in row-major order, a stretch at a time.
use cinta_graph::Strided;

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

#[cfg(test)]
mod tests {
    use super::*;

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
