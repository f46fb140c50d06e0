//! Elements of a view in row-major order, a stretch at a time.
#![expect(clippy::inline_always, reason = "programs compile these loops for the instructions that the processor has")]
use smallvec::SmallVec;

use crate::Strided;

impl Strided {
    /// The same elements in the same order, with as few axes as that can be said in.
    #[must_use]
    pub fn merged(&self) -> Self {
        let mut axes: SmallVec<[(usize, isize); 4]> = SmallVec::new();
        for (&n, &stride) in self.shape.iter().zip(&self.strides).filter(|&(&n, _)| n != 1) {
            match axes.last_mut() {
                Some((size, outer)) if *outer == n.cast_signed() * stride => (*size, *outer) = (*size * n, stride),
                _ => axes.push((n, stride)),
            }
        }
        let (shape, strides) = (axes.iter().map(|axis| axis.0), axes.iter().map(|axis| axis.1));
        Self { offset: self.offset, shape: shape.collect(), strides: strides.collect() }
    }

    /// How many elements [`gather`](Self::gather) copies together, as whole rows: if these stand side by side and their elements
    /// apart, as in a transpose, several rows are read at once, so that a line of the cache is.
    #[must_use]
    pub fn copied_together(&self) -> Option<usize> {
        let (&[.., length], &[.., 1, apart]) = (self.shape.as_slice(), &self.strides[..]) else { return None };
        (length > 0 && apart.unsigned_abs() > 1).then(|| length.saturating_mul(ROWS))
    }

    /// Copies elements `start..start + out.len()`, counted in row-major order, from what it looks at.
    ///
    /// # Panics
    /// If it has not as many elements, or they do not lie in `from`.
    #[inline(always)]
    pub fn gather<T: Copy>(&self, from: &[T], start: usize, out: &mut [T]) {
        self.gather_by::<T, OneByOne>(from, start, out);
    }

    /// [`gather`](Self::gather), where `M` moves eight by eight elements.
    ///
    /// # Panics
    /// As [`gather`](Self::gather).
    #[inline(always)]
    pub fn gather_by<T: Copy, M: Transpose<T>>(&self, from: &[T], start: usize, mut out: &mut [T]) {
        let (shape, strides) = (self.shape.as_slice(), &self.strides[..]);
        let Some((&inner, outer)) = shape.split_last() else {
            out.fill(from[self.offset]);
            return;
        };
        if out.is_empty() {
            return;
        }
        let (outer_strides, step) = (&strides[..outer.len()], strides[outer.len()]);
        if let (0, &[stride]) = (step, outer_strides) {
            return repeat(from, self.offset, stride, inner, start, out);
        }
        // Where the row stands that has the first element, and its position along each axis.
        let mut column = start % inner;
        let mut positions: SmallVec<[usize; 4]> = SmallVec::from_elem(0, outer.len());
        let (mut row, mut first) = (start / inner, self.offset);
        for axis in (0..outer.len()).rev() {
            positions[axis] = row % outer[axis];
            first = first.wrapping_add_signed(positions[axis].cast_signed() * outer_strides[axis]);
            row /= outer[axis];
        }
        let (together, short) = (self.copied_together().is_some(), (2..=SHORT).contains(&inner));
        loop {
            // How many whole rows of one kind there are to copy at once.
            let several = match (&positions[..], outer) {
                (&[.., position], &[.., all]) if column == 0 && (together || short) => {
                    (all - position).min(out.len() / inner)
                }
                _ => 0,
            };
            let mut rows = match several {
                ROWS.. if together => ROWS,
                2.. if short => several,
                _ => 1,
            };
            let length = (rows * inner - column).min(out.len());
            let (stretch, rest) = std::mem::take(&mut out).split_at_mut(length);
            let at = first.wrapping_add_signed(column.cast_signed() * step);
            match rows {
                1 => copy_along(from, at, step, stretch),
                ROWS if together => copy_columns::<T, M>(from, at, step, inner, stretch),
                _ => copy_short(from, at, outer_strides[outer.len() - 1], step, inner, stretch),
            }
            if rest.is_empty() {
                return;
            }
            (out, column) = (rest, 0);
            for axis in (0..outer.len()).rev() {
                positions[axis] += rows;
                first = first.wrapping_add_signed(rows.cast_signed() * outer_strides[axis]);
                if positions[axis] < outer[axis] {
                    break;
                }
                first = first.wrapping_add_signed(-(outer[axis].cast_signed() * outer_strides[axis]));
                (positions[axis], rows) = (0, 1);
            }
        }
    }
}

/// Each of some elements that stand some way apart, so many times one after the other, from the start-th on.
#[inline(always)]
fn repeat<T: Copy>(from: &[T], first: usize, stride: isize, times: usize, start: usize, out: &mut [T]) {
    let mut at = first.wrapping_add_signed((start / times).cast_signed() * stride);
    let (rest, mut whole) = out.split_at_mut(((times - start % times) % times).min(out.len()));
    if !rest.is_empty() {
        rest.fill(from[at]);
        at = at.wrapping_add_signed(stride);
    }
    if stride == 1 && (2..=4).contains(&times) {
        let each = &from[at..at + whole.len() / times];
        let done = whole.len() / times * times;
        let (some, rest) = whole.split_at_mut(done);
        match times {
            2 => repeat_each::<T, 2>(each, some),
            3 => repeat_each::<T, 3>(each, some),
            _ => repeat_each::<T, 4>(each, some),
        }
        (at, whole) = (at + each.len(), rest);
    } else if times < FEW {
        while let Some(few) = whole.first_chunk_mut::<FEW>() {
            *few = [from[at]; FEW]; // What this writes beyond its own the next ones replace.
            at = at.wrapping_add_signed(stride);
            whole = &mut whole[times..];
        }
    }
    let mut chunks = whole.chunks_exact_mut(times);
    if (FEW..=TWICE).contains(&times) {
        for chunk in &mut chunks {
            let few = [from[at]; FEW];
            at = at.wrapping_add_signed(stride);
            *chunk.first_chunk_mut().expect(LONG) = few;
            *chunk.last_chunk_mut().expect(LONG) = few;
        }
    }
    for chunk in &mut chunks {
        chunk.fill(from[at]);
        at = at.wrapping_add_signed(stride);
    }
    let rest = chunks.into_remainder();
    if !rest.is_empty() {
        rest.fill(from[at]);
    }
}

/// Each of neighbours `N` times; as many as the compiler knows become vectors.
#[inline(always)]
fn repeat_each<T: Copy, const N: usize>(from: &[T], out: &mut [T]) {
    for (out, &x) in out.as_chunks_mut::<N>().0.iter_mut().zip(from) {
        *out = [x; N];
    }
}

/// How many rows are copied together that stand beside one another: a line of the cache is then read once for all of them.
const ROWS: usize = 8;

/// Exchanges rows and columns of eight by eight elements.
pub trait Transpose<T> {
    /// The transpose.
    fn transposed(square: &[[T; ROWS]; ROWS]) -> [[T; ROWS]; ROWS];
}

/// Element by element.
struct OneByOne;

impl<T: Copy> Transpose<T> for OneByOne {
    #[inline(always)]
    fn transposed(square: &[[T; ROWS]; ROWS]) -> [[T; ROWS]; ROWS] {
        std::array::from_fn(|i| std::array::from_fn(|j| square[j][i]))
    }
}

/// Copies so many rows whose columns stand `step` apart, some columns at a time.
#[inline(always)]
fn copy_columns<T: Copy, M: Transpose<T>>(from: &[T], mut at: usize, step: isize, inner: usize, out: &mut [T]) {
    let mut whole_rows = out.chunks_exact_mut(inner);
    let mut rows: [&mut [T]; ROWS] = std::array::from_fn(|_| whole_rows.next().expect(LONG));
    let mut next = || {
        let column: [T; ROWS] = *from[at..].first_chunk().expect("in what is looked at");
        at = at.wrapping_add_signed(step);
        column
    };
    let whole = inner / ROWS * ROWS;
    for j in (0..whole).step_by(ROWS) {
        let square = M::transposed(&std::array::from_fn(|_| next()));
        for i in 0..ROWS {
            *rows[i][j..].first_chunk_mut().expect(LONG) = square[i];
        }
    }
    for j in whole..inner {
        rows.iter_mut().zip(next()).for_each(|(row, x)| row[j] = x);
    }
}

/// The most elements of rows of which several are copied by code for their length: to begin a row takes longer than to copy it.
const SHORT: usize = 8;

/// Copies whole rows of a few elements, which stand `between` apart.
fn copy_short<T: Copy>(from: &[T], at: usize, between: isize, step: isize, inner: usize, out: &mut [T]) {
    match inner {
        2 => copy_rows::<T, 2>(from, at, between, step, out),
        3 => copy_rows::<T, 3>(from, at, between, step, out),
        4 => copy_rows::<T, 4>(from, at, between, step, out),
        5 => copy_rows::<T, 5>(from, at, between, step, out),
        6 => copy_rows::<T, 6>(from, at, between, step, out),
        7 => copy_rows::<T, 7>(from, at, between, step, out),
        SHORT => copy_rows::<T, SHORT>(from, at, between, step, out),
        _ => unreachable!("rows of {inner} elements are not short"),
    }
}

/// The same for rows of `N`.
fn copy_rows<T: Copy, const N: usize>(from: &[T], mut at: usize, between: isize, step: isize, out: &mut [T]) {
    for row in out.as_chunks_mut::<N>().0 {
        if step == 1 {
            *row = *from[at..].first_chunk().expect("in what is looked at");
        } else {
            let mut at = at;
            for out in row {
                *out = from[at];
                at = at.wrapping_add_signed(step);
            }
        }
        at = at.wrapping_add_signed(between);
    }
}

/// How many equal elements are written at once, for that is a vector.
const FEW: usize = 8;
const TWICE: usize = 2 * FEW;
const LONG: &str = "at least so many";

/// Copies elements that stand some way apart.
#[inline(always)]
fn copy_along<T: Copy>(from: &[T], mut at: usize, step: isize, out: &mut [T]) {
    match step {
        0 => out.fill(from[at]),
        // To call for a few elements takes longer than to copy them.
        1 if out.len() > FEW => out.copy_from_slice(&from[at..at + out.len()]),
        -1 if out.len() > FEW => {
            let backwards = from[at + 1 - out.len()..=at].iter().rev();
            out.iter_mut().zip(backwards).for_each(|(out, x)| *out = *x);
        }
        2 if out.len() > FEW => copy_every::<T, 2>(from, at, out),
        3 if out.len() > FEW => copy_every::<T, 3>(from, at, out),
        4 if out.len() > FEW => copy_every::<T, 4>(from, at, out),
        _ => {
            for out in out {
                *out = from[at];
                at = at.wrapping_add_signed(step);
            }
        }
    }
}

/// Copies every `S`-th element; as many steps as the compiler knows become vectors.
#[inline(always)]
fn copy_every<T: Copy, const S: usize>(from: &[T], at: usize, out: &mut [T]) {
    let Some((last, out)) = out.split_last_mut() else { return };
    let (steps, rest) = from[at..].split_at(out.len() * S);
    for (out, step) in out.iter_mut().zip(steps.as_chunks::<S>().0) {
        *out = step[0];
    }
    *last = rest[0];
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_stretch_of_a_view_is_found() {
        let from: Vec<usize> = (0..300).collect();
        let views = [
            (0, vec![3, 4, 5], vec![20, 5, 1]),
            (59, vec![3, 4, 5], vec![-20, -5, -1]),
            (2, vec![5, 3], vec![0, 20]),
            (7, vec![2, 1, 6], vec![30, 0, 0]),
            (3, vec![], vec![]),
            (1, vec![4, 5], vec![3, 0]),
            (2, vec![19, 3], vec![1, 0]),
            (2, vec![11, 4], vec![1, 0]),
            (59, vec![5, 8], vec![-2, 0]),
            (7, vec![4, 10], vec![3, 0]),
            (0, vec![3, 16], vec![1, 0]),
            (5, vec![3, 19], vec![1, 0]),
            (1, vec![9, 6], vec![1, 9]),
            (4, vec![2, 8, 3], vec![8, 1, 16]),
            (41, vec![17, 3], vec![1, -18]),
            (3, vec![11, 19], vec![1, 11]),
            (50, vec![3, 20], vec![7, -1]),
            (3, vec![3, 19], vec![60, 2]),
            (0, vec![2, 17], vec![80, 3]),
            (5, vec![3, 18], vec![75, 4]),
        ];
        for (offset, shape, strides) in views {
            let view = Strided { offset, shape: shape.into(), strides: strides.into() };
            let size = view.shape.size();
            let mut whole = vec![0; size];
            view.gather(&from, 0, &mut whole);
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
                    view.gather(&from, start, &mut part);
                    assert_eq!(part, expected[start..end], "{view:?} {start}..{end}");
                }
            }
        }
    }
}
