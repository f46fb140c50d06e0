//! Where the elements of parts go in what they are parts of.
use smallvec::SmallVec;

use crate::kernels::{Add, KernelSet};
use crate::steps::Placed;

/// Where the elements of a view go in a larger array: element i along each axis is `from + Σ i[k] from[k]`, and goes to
/// `to + Σ i[k] to[k]`, both counted in row-major order.
#[derive(Clone, Debug)]
pub(crate) struct Pasted {
    from: usize,
    to: usize,
    axes: SmallVec<[Along; 4]>,
    /// Whether it is added to what stands there.
    pub(crate) adds: bool,
}

/// One axis of what is pasted.
#[derive(Clone, Copy, Debug)]
struct Along {
    n: usize,
    from: isize,
    to: usize,
    /// How far apart in the larger array the first and the last element are that have one position along this axis.
    span: usize,
}

impl Pasted {
    pub(crate) fn new(it: &Placed, shape: &[usize]) -> Self {
        let (mut to, mut stride) = (0, 1);
        let mut axes: SmallVec<[Along; 4]> = SmallVec::new();
        for (axis, &size) in shape.iter().enumerate().rev() {
            let (n, from, step) = (it.view.shape[axis], it.view.strides[axis], it.step[axis] * stride);
            to += it.low[axis] * stride;
            stride *= size;
            match axes.last_mut() {
                _ if n == 1 => {}
                Some(inner) if from == inner.n.cast_signed() * inner.from && step == inner.n * inner.to => inner.n *= n,
                _ => axes.push(Along { n, from, to: step, span: 0 }),
            }
        }
        let mut span = 0;
        for along in &mut axes {
            along.span = span;
            span += along.n.saturating_sub(1) * along.to;
        }
        axes.reverse();
        Self { from: it.view.offset, to, axes, adds: it.adds }
    }
}

impl Pasted {
    /// How many rows it has.
    pub(crate) fn rows(&self) -> Option<usize> {
        self.axes.first().map(|along| along.n)
    }

    /// If it takes so many neighbours to each row of a number of rows, of so many elements each: the first element, how far
    /// apart they stand, and where in a row they go.
    pub(crate) fn column(&self, rows: usize, row: usize, width: usize) -> Option<(usize, isize, usize)> {
        let (outer, inner) = self.axes.split_first()?;
        let step = match inner {
            [] if row == 1 => outer.from,
            [inner] if (inner.n, inner.from, inner.to, outer.from) == (row, 1, 1, row.cast_signed()) => 1,
            _ => return None,
        };
        ((outer.n, outer.to) == (rows, width) && self.to + row <= width).then_some((self.from, step, self.to))
    }

    /// If it takes rows of one array to rows of another, `count` of so many elements each: each column with its new one.
    pub(crate) fn columns(&self, count: usize, from: usize, to: usize) -> Option<Vec<(usize, usize)>> {
        let (rows, inner) = self.axes.split_first()?;
        if (rows.n, rows.from, rows.to) != (count, from.cast_signed(), to) {
            return None;
        }
        let mut columns = vec![(self.from, self.to)];
        for along in inner {
            let steps = |(at, column): (usize, usize)| {
                (0..along.n).map(move |i| (at.wrapping_add_signed(i.cast_signed() * along.from), column + i * along.to))
            };
            columns = columns.into_iter().flat_map(steps).collect();
        }
        columns.iter().all(|&(at, column)| at < from && column < to).then_some(columns)
    }
}

/// Puts neighbours in the place of others, or adds them.
pub(super) fn put<T: Add>(set: KernelSet, adds: bool, from: &[T], to: &mut [T]) {
    if adds {
        set.add_columns(to, 0, from);
    } else {
        to.copy_from_slice(from);
    }
}

/// Pastes as far as the elements belong to `start..start + out.len()` of the larger array.
pub(crate) fn paste<T: Add>(set: KernelSet, from: &[T], it: &Pasted, start: usize, out: &mut [T]) {
    let put = Put { set, from, adds: it.adds, start };
    put.axes(&it.axes, it.from, it.to, out);
}

/// Puts elements where they belong, or adds them to what stands there.
struct Put<'a, T> {
    set: KernelSet,
    from: &'a [T],
    adds: bool,
    /// Where in the larger array the part begins that is written.
    start: usize,
}

impl<T: Add> Put<'_, T> {
    fn one(&self, at: usize, to: &mut T) {
        *to = if self.adds { to.plus(self.from[at]) } else { self.from[at] };
    }

    /// Those along some of the axes, all of which there is room for.
    fn whole(&self, axes: &[Along], mut at: usize, to: usize, out: &mut [T]) {
        match axes {
            [] => self.one(at, &mut out[to]),
            &[Along { n, from: 1, to: 1, .. }] => {
                put(self.set, self.adds, &self.from[at..at + n], &mut out[to..to + n]);
            }
            &[Along { n, from, to: step, .. }] => {
                for out in out[to..].iter_mut().step_by(step).take(n) {
                    self.one(at, out);
                    at = at.wrapping_add_signed(from);
                }
            }
            [along, inner @ ..] => {
                for i in 0..along.n {
                    self.whole(inner, at, to + i * along.to, out);
                    at = at.wrapping_add_signed(along.from);
                }
            }
        }
    }

    /// Those along some of the axes, from some element on, as far as there is room for them.
    fn axes(&self, axes: &[Along], at: usize, to: usize, out: &mut [T]) {
        let (start, end) = (self.start, self.start + out.len());
        let last = axes.first().map_or(to, |along| to + along.n.saturating_sub(1) * along.to + along.span);
        if start <= to && last < end && axes.iter().all(|along| along.n > 0) {
            return self.whole(axes, at, to - start, out);
        }
        let Some((along, inner)) = axes.split_first() else { return };
        let first = start.saturating_sub(to + along.span).div_ceil(along.to);
        let last = end.saturating_sub(to).div_ceil(along.to).min(along.n);
        let position = |i: usize| (at.wrapping_add_signed(i.cast_signed() * along.from), to + i * along.to);
        if first >= last {
            return;
        }
        if !inner.is_empty() {
            for i in first..last {
                let (at, to) = position(i);
                self.axes(inner, at, to, out);
            }
            return;
        }
        let (at, to) = position(first);
        self.whole(&[Along { n: last - first, ..*along }], at, to - start, out);
    }
}

#[cfg(test)]
mod tests {
    use cinta_graph::Strided;

    use super::*;

    #[test]
    fn any_stretch_of_a_larger_array_gets_its_elements() {
        let (set, from): (_, Vec<i64>) = (KernelSet::best(), (1..=12).collect());
        let view = Strided { offset: 2, shape: [2, 3].into(), strides: smallvec::smallvec![6, -1] };
        let it = Placed { view, low: smallvec::smallvec![1, 0], step: smallvec::smallvec![2, 3], adds: false };
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
                paste(set, &from, &Pasted::new(&it, &shape), start, &mut out);
                assert_eq!(out, expected[start..end], "{start}..{end}");
                paste(set, &from, &Pasted::new(&Placed { adds: true, ..it.clone() }, &shape), start, &mut out);
                assert!(out.iter().zip(&expected[start..end]).all(|(out, x)| *out == 2 * x), "{start}..{end}");
            }
        }
    }
}
