//! Parts of arrays: ranges, steps and single positions, made of `slice`, `flip` and `reshape`.
use ndarray::{SliceInfo, SliceInfoElem};
use smallvec::{SmallVec, smallvec};

use crate::error::or_panic;
use crate::ops::flip::Flip;
use crate::ops::slice::Slice;
use crate::{Error, Shape, Var};

/// What [`Var::slice`] takes, one item an axis: a tuple of ranges (`1..`, `..-1`), single positions, `ndarray`'s
/// `Slice` with a step and `NewAxis`; or a list of [`SliceInfoElem`]; or what [`ndarray::s`] gives.
pub trait Ranges {
    /// The items.
    fn items(self) -> SmallVec<[SliceInfoElem; 4]>;
}

impl Var<'_> {
    /// Ranges and single positions along the first axes; the other axes stay whole.
    ///
    /// Negative positions count from the end; a single position drops its axis, and `NewAxis` makes one of
    /// size 1. A step s takes every s-th element of the range, a negative one from its end back.
    ///
    /// ```
    /// use cinta_graph::Tape;
    /// use ndarray::{Slice, array};
    /// let tape = Tape::new();
    /// let x = tape.var(array![[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]);
    /// assert_eq!(x.slice((.., 1..)).value(), array![[2.0, 3.0], [5.0, 6.0]]);
    /// assert_eq!(x.slice((-1, ..-1)).value(), array![4.0, 5.0]);
    /// assert_eq!(x.slice((0, Slice::new(0, None, 2))).value(), array![1.0, 3.0]);
    /// assert_eq!(x.slice((0, Slice::new(0, None, -1))).value(), array![3.0, 2.0, 1.0]);
    /// ```
    ///
    /// # Panics
    /// If a position is out of range, a range ends before it starts, a step is 0, or there are not so many axes.
    /// Nothing is clamped.
    #[must_use]
    #[track_caller]
    pub fn slice(self, ranges: impl Ranges) -> Self {
        or_panic(self.try_slice(ranges))
    }

    /// [`slice`](Self::slice), with the error returned. No node if all is taken as it is.
    #[track_caller]
    pub fn try_slice(self, ranges: impl Ranges) -> Result<Self, Error> {
        let ty = self.array_type();
        let plan = Plan::new(&ty.shape, &ranges.items());
        let Plan { slice, flip, shape } = plan.map_err(self.tape().refusing("slice", &[&ty]))?;
        let whole = slice.axes().zip(ty.shape.iter()).all(|(axis, &n)| axis == (0, n, 1));
        let part = if whole { self } else { self.tape().record(slice, &[self])? };
        let part = if flip.axes.is_empty() { part } else { self.tape().record(flip, &[part])? };
        part.try_reshape(shape)
    }

    /// A range of one axis; the other axes stay whole. See [`slice`](Self::slice).
    ///
    /// ```
    /// use cinta_graph::Tape;
    /// use ndarray::{Slice, array};
    /// let tape = Tape::new();
    /// let x = tape.var([1.0, 2.0, 3.0, 4.0]);
    /// assert_eq!(x.slice_axis(0, 1..3).value(), array![2.0, 3.0]);
    /// assert_eq!(x.slice_axis(-1, ..-1).value(), array![1.0, 2.0, 3.0]);
    /// assert_eq!(x.slice_axis(0, Slice::from(1..).step_by(2)).value(), array![2.0, 4.0]);
    /// ```
    ///
    /// # Panics
    /// As `slice`, and if there is no such axis.
    #[must_use]
    #[track_caller]
    pub fn slice_axis(self, axis: isize, range: impl Into<ndarray::Slice>) -> Self {
        or_panic(self.try_slice_axis(axis, range))
    }

    /// [`slice_axis`](Self::slice_axis), with the error returned.
    #[track_caller]
    pub fn try_slice_axis(self, axis: isize, range: impl Into<ndarray::Slice>) -> Result<Self, Error> {
        self.at_axis(axis, range.into().into())
    }

    /// One position along an axis, which is dropped; negative positions count from the end.
    ///
    /// ```
    /// use cinta_graph::Tape;
    /// use ndarray::array;
    /// let tape = Tape::new();
    /// let x = tape.var(array![[1.0, 2.0], [3.0, 4.0]]);
    /// assert_eq!(x.index_axis(1, 0).value(), array![1.0, 3.0]);
    /// ```
    ///
    /// # Panics
    /// If there is no such axis or position. For positions that are data, see [`take`](Self::take).
    #[must_use]
    #[track_caller]
    pub fn index_axis(self, axis: isize, position: isize) -> Self {
        or_panic(self.try_index_axis(axis, position))
    }

    /// [`index_axis`](Self::index_axis), with the error returned.
    #[track_caller]
    pub fn try_index_axis(self, axis: isize, position: isize) -> Result<Self, Error> {
        self.at_axis(axis, SliceInfoElem::Index(position))
    }

    #[track_caller]
    fn at_axis(self, axis: isize, item: SliceInfoElem) -> Result<Self, Error> {
        let ty = self.array_type();
        let axis = ty.shape.axis(axis).map_err(self.tape().refusing("slice", &[&ty]))?;
        let mut items: SmallVec<[SliceInfoElem; 4]> = smallvec![SliceInfoElem::from(..); axis];
        items.push(item);
        self.try_slice(&items[..])
    }
}

/// Items of a slice as operations: a slice, a flip, a reshape.
struct Plan {
    slice: Slice,
    flip: Flip,
    shape: Shape,
}

impl Plan {
    fn new(shape: &Shape, items: &[SliceInfoElem]) -> Result<Self, String> {
        let (mut slice, mut flip) = (Slice::default(), Flip::default());
        let mut sizes: SmallVec<[usize; 4]> = smallvec![];
        let given = items.iter().filter(|item| !item.is_new_axis()).count();
        if given > shape.rank() {
            return Err(format!("{given} ranges are too many for {} axes", shape.rank()));
        }
        let rest = std::iter::repeat_n(SliceInfoElem::from(..), shape.rank() - given);
        for item in items.iter().copied().chain(rest) {
            let axis = slice.start.len();
            match item {
                SliceInfoElem::NewAxis => sizes.push(1),
                SliceInfoElem::Index(i) => {
                    let n = shape[axis];
                    let position = from_front(i, n).filter(|&position| position < n);
                    let position =
                        position.ok_or_else(|| format!("position {i} is out of range for axis {axis} of size {n}"))?;
                    slice.push(position..position + 1, 1);
                }
                SliceInfoElem::Slice { start, end, step } => {
                    let n = shape[axis];
                    let bounds = from_front(start, n).zip(end.map_or(Some(n), |end| from_front(end, n)));
                    let Some((start, stop)) = bounds else {
                        return Err(format!("range {item} is out of range for axis {axis} of size {n}"));
                    };
                    if start > stop {
                        return Err(format!("range {item} of axis {axis} ends before it starts ({start}..{stop})"));
                    }
                    if step == 0 {
                        return Err(format!("the step of axis {axis} is 0"));
                    }
                    // A step past the end takes one element, as the size of the range does.
                    let stride = step.unsigned_abs().min((stop - start).max(1));
                    let size = (stop - start).div_ceil(stride);
                    // Backwards, the last position counts, and the first is what is left of the division.
                    let skipped = if step < 0 && size > 0 { stop - 1 - (size - 1) * stride - start } else { 0 };
                    slice.push(start + skipped..stop, stride);
                    sizes.push(size);
                    if step < 0 && size > 1 {
                        flip.axes.push(axis);
                    }
                }
            }
        }
        Ok(Self { slice, flip, shape: sizes.into_iter().collect() })
    }
}

/// A bound counted from the front, if it lies in `0..=n`.
pub(super) fn from_front(i: isize, n: usize) -> Option<usize> {
    let position = if i < 0 { n.checked_sub(i.unsigned_abs())? } else { i.unsigned_abs() };
    (position <= n).then_some(position)
}

impl Ranges for &[SliceInfoElem] {
    fn items(self) -> SmallVec<[SliceInfoElem; 4]> {
        self.iter().copied().collect()
    }
}

impl<const N: usize, Din: ndarray::Dimension, Dout: ndarray::Dimension> Ranges
    for SliceInfo<[SliceInfoElem; N], Din, Dout>
{
    fn items(self) -> SmallVec<[SliceInfoElem; 4]> {
        self.iter().copied().collect()
    }
}

impl<A: Into<SliceInfoElem>> Ranges for (A,) {
    fn items(self) -> SmallVec<[SliceInfoElem; 4]> {
        smallvec![self.0.into()]
    }
}

impl<A: Into<SliceInfoElem>, B: Into<SliceInfoElem>> Ranges for (A, B) {
    fn items(self) -> SmallVec<[SliceInfoElem; 4]> {
        smallvec![self.0.into(), self.1.into()]
    }
}

impl<A: Into<SliceInfoElem>, B: Into<SliceInfoElem>, C: Into<SliceInfoElem>> Ranges for (A, B, C) {
    fn items(self) -> SmallVec<[SliceInfoElem; 4]> {
        smallvec![self.0.into(), self.1.into(), self.2.into()]
    }
}

impl<A, B, C, D> Ranges for (A, B, C, D)
where
    A: Into<SliceInfoElem>,
    B: Into<SliceInfoElem>,
    C: Into<SliceInfoElem>,
    D: Into<SliceInfoElem>,
{
    fn items(self) -> SmallVec<[SliceInfoElem; 4]> {
        smallvec![self.0.into(), self.1.into(), self.2.into(), self.3.into()]
    }
}
