//! Arrays seen without being copied: where each element of a view stands among those of the array below it.
use smallvec::{SmallVec, smallvec};

use crate::Shape;

/// Element `i` of a view stands at `offset + Σ i[k] strides[k]` of what it looks at.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Strided {
    /// Where the first element stands.
    pub offset: usize,
    /// Size along each axis.
    pub shape: Shape,
    /// Distance between neighbours along each axis; 0 where one element is repeated, negative where reversed.
    pub strides: SmallVec<[isize; 4]>,
}

impl Strided {
    /// An array of its own, in row-major order.
    #[must_use]
    #[inline]
    pub fn row_major(shape: &Shape) -> Self {
        // The usual ones without a loop.
        let few = match shape[..] {
            [] => Some([0; 4]),
            [_] => Some([1, 0, 0, 0]),
            [_, n] => Some([n.cast_signed(), 1, 0, 0]),
            _ => None,
        };
        let strides =
            few.map_or_else(|| Self::row_major_strides(shape), |few| SmallVec::from_buf_and_len(few, shape.rank()));
        Self { offset: 0, shape: shape.clone(), strides }
    }

    fn row_major_strides(shape: &Shape) -> SmallVec<[isize; 4]> {
        let mut strides: SmallVec<[isize; 4]> = smallvec![0; shape.rank()];
        let mut step = 1_isize;
        for (stride, &n) in strides.iter_mut().zip(shape.iter()).rev() {
            *stride = step;
            step = step.saturating_mul(n.cast_signed());
        }
        strides
    }

    /// Whether element k of the view, in row-major order, is element `offset + k` of what it looks at.
    #[must_use]
    pub fn is_row_major(&self) -> bool {
        is_row_major(&self.shape, &self.strides)
    }

    /// Whether all elements are one.
    #[must_use]
    pub fn is_splat(&self) -> bool {
        self.strides.iter().zip(self.shape.iter()).all(|(&stride, &n)| stride == 0 || n == 1)
    }

    /// The view in another shape of the same size, if that needs no copy.
    ///
    /// Axes are merged and split where their strides allow it, as NumPy does.
    #[must_use]
    pub fn reshaped(&self, shape: &Shape) -> Option<Self> {
        if self.shape.size() == 0 {
            return Some(Self { offset: self.offset, ..Self::row_major(shape) });
        }
        let old: SmallVec<[(usize, isize); 4]> =
            self.shape.iter().copied().zip(self.strides.iter().copied()).filter(|&(n, _)| n != 1).collect();
        let mut strides: SmallVec<[isize; 4]> = smallvec![0; shape.rank()];
        let (mut from, mut to) = (0, 0);
        while from < old.len() {
            // The shortest runs of old and of new axes that hold as many elements.
            let (mut end_from, mut end_to) = (from + 1, to);
            let mut have = old[from].0;
            let mut want = 1;
            while have != want {
                if want < have {
                    want *= shape[end_to];
                    end_to += 1;
                } else {
                    have *= old[end_from].0;
                    end_from += 1;
                }
            }
            let run = &old[from..end_from];
            if run.windows(2).any(|pair| pair[0].1 != pair[1].0.cast_signed() * pair[1].1) {
                return None;
            }
            let mut step = run[run.len() - 1].1;
            for axis in (to..end_to).rev() {
                strides[axis] = step;
                step *= shape[axis].cast_signed();
            }
            (from, to) = (end_from, end_to);
        }
        Some(Self { offset: self.offset, shape: shape.clone(), strides })
    }

    /// The view without repetitions: axes along which one element is repeated have size 1.
    pub(crate) fn once(&self) -> Self {
        let size = |(&n, &stride): (&usize, &isize)| if stride == 0 { n.min(1) } else { n };
        Self { shape: self.shape.iter().zip(&self.strides).map(size).collect(), ..self.clone() }
    }

    /// The view broadcast to a larger shape.
    #[must_use]
    pub fn broadcast(&self, shape: &Shape) -> Self {
        let new = shape.rank() - self.shape.rank();
        let stride = |axis: usize| match axis.checked_sub(new) {
            Some(old) if self.shape[old] == shape[axis] => self.strides[old],
            _ => 0,
        };
        Self { offset: self.offset, shape: shape.clone(), strides: (0..shape.rank()).map(stride).collect() }
    }
}

/// Whether elements stand one after the other in row-major order.
pub(crate) fn is_row_major(shape: &[usize], strides: &[isize]) -> bool {
    let mut step = 1_isize;
    for (&stride, &n) in strides.iter().zip(shape).rev() {
        if n > 1 && stride != step {
            return false;
        }
        step = step.saturating_mul(n.cast_signed());
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(offset: usize, shape: &[usize], strides: &[isize]) -> Strided {
        Strided { offset, shape: shape.into(), strides: strides.into() }
    }

    #[test]
    fn axes_split_and_merge_where_their_strides_allow_it() {
        let matrix = Strided::row_major(&[4, 6].into());
        assert_eq!(matrix.reshaped(&[24].into()), Some(of(0, &[24], &[1])));
        assert_eq!(matrix.reshaped(&[2, 2, 1, 6].into()), Some(of(0, &[2, 2, 1, 6], &[12, 6, 6, 1])));
        let columns = of(0, &[6, 4], &[1, 6]);
        assert_eq!(columns.reshaped(&[24].into()), None);
        assert_eq!(columns.reshaped(&[3, 2, 4].into()), Some(of(0, &[3, 2, 4], &[2, 1, 6])));
        assert_eq!(of(5, &[3, 4], &[0, 0]).reshaped(&[2, 6].into()), Some(of(5, &[2, 6], &[0, 0])));
        assert_eq!(of(0, &[], &[]).reshaped(&[1, 1].into()), Some(of(0, &[1, 1], &[0, 0])));
        assert_eq!(of(7, &[1, 3], &[9, -1]).reshaped(&[3].into()), Some(of(7, &[3], &[-1])));
    }

    #[test]
    fn row_major_views_are_told_from_others() {
        assert!(of(3, &[2, 1, 5], &[5, 99, 1]).is_row_major());
        assert!(!of(0, &[2, 5], &[6, 1]).is_row_major());
        assert!(of(0, &[2, 1], &[0, 7]).is_splat() && !of(0, &[2, 2], &[0, 1]).is_splat());
    }
}
