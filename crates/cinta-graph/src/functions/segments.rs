//! Updates in place and sums by segment, made of `take`, `select` and the scatters.
use super::positions::{along, positions_from};
use crate::error::or_panic;
use crate::ops::indices::{check_known, indices, scatter_arguments};
use crate::ops::same_dtype;
use crate::{ArrayType, DType, Error, Operand, Shape, Var};

impl<'t> Var<'t> {
    /// This array with updates in place of what stood at the places that indices name along an axis. The updates
    /// have, or broadcast to, the shape that [`take`](Self::take) with these indices gives.
    ///
    /// Where an index comes twice, the last of its updates stands, as in NumPy, and the derivative goes to that one
    /// alone. What was replaced gets an exact zero. The cost is that of passing over the whole array, however few the
    /// updates.
    ///
    /// ```
    /// use cinta_graph::Tape;
    /// use ndarray::array;
    /// let tape = Tape::new();
    /// let (x, u) = (tape.var([1.0, 2.0, 3.0]), tape.var([10.0, 20.0]));
    /// let y = x.index_update([2_i64, 0], u, 0);
    /// assert_eq!(y.value(), array![20.0, 2.0, 10.0]);
    /// let [dx, du] = (y * y).sum().grad([x, u]);
    /// assert_eq!((dx.value(), du.value()), (array![0.0, 4.0, 0.0].into(), array![20.0, 40.0].into()));
    /// ```
    ///
    /// # Panics
    /// As [`scatter_add`](Self::scatter_add), but that this may be `bool`.
    #[must_use]
    #[track_caller]
    #[doc(alias = "index_set")]
    #[doc(alias = "scatter")]
    pub fn index_update(self, idx: impl Operand<'t>, updates: impl Operand<'t>, axis: isize) -> Self {
        or_panic(self.try_index_update(idx, updates, axis))
    }

    /// [`index_update`](Self::index_update), with the error returned.
    #[track_caller]
    pub fn try_index_update(
        self,
        idx: impl Operand<'t>,
        updates: impl Operand<'t>,
        axis: isize,
    ) -> Result<Self, Error> {
        let (indexing, [idx, updates]) = scatter_arguments("index_update", self, idx, updates, axis)?;
        let (base, i, u) = (self.array_type(), idx.array_type(), updates.array_type());
        let (axis, types) = (indexing.axis, [&base, &i, &u]);
        let refuse = self.tape().refusing("index_update", &types);
        same_dtype(&[&base, &u]).map_err(refuse)?;
        let expected = indexing.taken_shape(&base.shape, &i).map_err(refuse)?;
        if u.shape != expected {
            return Err(refuse(format!("the updates should have shape {expected}, not {}", u.shape)));
        }
        let count = i.shape.size();
        if count == 0 {
            return Ok(self);
        }
        // For each place the last update that goes there, or −1; then each place takes its own.
        let n = base.shape[axis];
        let order = positions_from(0, count).map_err(refuse)?;
        let none = self.tape().full(&ArrayType::new(DType::I64, [n]), -1.0);
        let last = none.try_scatter_max(idx.try_reshape([count])?, order, 0)?;
        let rows = updates.try_reshape(base.shape.with_size(axis, count))?;
        let moved = rows.try_take(last.try_maximum(0)?, axis.cast_signed())?;
        let is_new = last.ge(0).try_reshape(along(axis, n, base.shape.rank()))?;
        is_new.try_select(moved, self)
    }

    /// The sum of each segment: the elements along an axis whose `segments`, a vector of numbers 0, 1, …,
    /// `count` − 1, are the same are added up. An empty segment has the sum 0.
    ///
    /// ```
    /// use cinta_graph::Tape;
    /// use ndarray::array;
    /// let tape = Tape::new();
    /// let x = tape.var([1.0, 2.0, 3.0, 4.0]);
    /// assert_eq!(x.segment_sum([0_i64, 2, 0, 2], 3, 0).value(), array![4.0, 0.0, 6.0]);
    /// ```
    ///
    /// # Panics
    /// If `segments` is no `i64` vector with one number for each element along the axis, the axis does not exist, a
    /// number known by now is negative or too large, or on truth values.
    #[must_use]
    #[track_caller]
    pub fn segment_sum(self, segments: impl Operand<'t>, count: usize, axis: isize) -> Self {
        or_panic(self.try_segment_sum(segments, count, axis))
    }

    /// [`segment_sum`](Self::segment_sum), with the error returned.
    #[track_caller]
    pub fn try_segment_sum(self, segments: impl Operand<'t>, count: usize, axis: isize) -> Result<Self, Error> {
        let (into, segments) = self.segments("segment_sum", segments, count, axis, 0.0)?;
        into.try_scatter_add(segments, self, axis)
    }

    /// The mean of each segment; see [`segment_sum`](Self::segment_sum). That of an empty one is NaN, as
    /// [`mean_axes`](Self::mean_axes) of nothing.
    ///
    /// ```
    /// use cinta_graph::Tape;
    /// use ndarray::array;
    /// let tape = Tape::new();
    /// let x = tape.var([1.0, 2.0, 3.0, 4.0]);
    /// assert_eq!(x.segment_mean([0_i64, 1, 0, 1], 2, 0).value(), array![2.0, 3.0]);
    /// ```
    ///
    /// # Panics
    /// As `segment_sum`, and on integers.
    #[must_use]
    #[track_caller]
    pub fn segment_mean(self, segments: impl Operand<'t>, count: usize, axis: isize) -> Self {
        or_panic(self.try_segment_mean(segments, count, axis))
    }

    /// [`segment_mean`](Self::segment_mean), with the error returned.
    #[track_caller]
    pub fn try_segment_mean(self, segments: impl Operand<'t>, count: usize, axis: isize) -> Result<Self, Error> {
        self.needs_float("segment_mean")?;
        let (into, segments) = self.segments("segment_mean", segments, count, axis, 0.0)?;
        let sums = into.try_scatter_add(segments, self, axis)?;
        let rank = self.rank();
        let none = self.tape().full(&self.array_type().with_shape([count]), 0.0);
        let axis = self.shape().axis(axis).map_err(self.tape().refusing("segment_mean", &[&self.array_type()]))?;
        sums.try_div(none.try_scatter_add(segments, 1.0, 0)?.try_reshape(along(axis, count, rank))?)
    }

    /// The largest element of each segment; see [`segment_sum`](Self::segment_sum). Ties share the derivative
    /// evenly. Of an empty segment it is −∞, or the smallest integer.
    ///
    /// ```
    /// use cinta_graph::Tape;
    /// use ndarray::array;
    /// let tape = Tape::new();
    /// let x = tape.var([1.0, 2.0, 3.0, 4.0]);
    /// let y = x.segment_max([0_i64, 1, 0, 1], 3, 0);
    /// assert_eq!(y.value(), array![3.0, 4.0, f64::NEG_INFINITY]);
    /// ```
    ///
    /// # Panics
    /// As `segment_sum`.
    #[must_use]
    #[track_caller]
    pub fn segment_max(self, segments: impl Operand<'t>, count: usize, axis: isize) -> Self {
        or_panic(self.try_segment_max(segments, count, axis))
    }

    /// [`segment_max`](Self::segment_max), with the error returned.
    #[track_caller]
    pub fn try_segment_max(self, segments: impl Operand<'t>, count: usize, axis: isize) -> Result<Self, Error> {
        let (into, segments) = self.segments("segment_max", segments, count, axis, f64::NEG_INFINITY)?;
        into.try_scatter_max(segments, self, axis)
    }

    /// The smallest element of each segment; see [`segment_max`](Self::segment_max). Of an empty segment it is ∞, or
    /// the largest integer.
    ///
    /// ```
    /// use cinta_graph::Tape;
    /// use ndarray::array;
    /// let tape = Tape::new();
    /// let x = tape.var([1.0, 2.0, 3.0, 4.0]);
    /// assert_eq!(x.segment_min([0_i64, 1, 0, 1], 2, 0).value(), array![1.0, 2.0]);
    /// ```
    ///
    /// # Panics
    /// As `segment_sum`.
    #[must_use]
    #[track_caller]
    pub fn segment_min(self, segments: impl Operand<'t>, count: usize, axis: isize) -> Self {
        or_panic(self.try_segment_min(segments, count, axis))
    }

    /// [`segment_min`](Self::segment_min), with the error returned.
    #[track_caller]
    pub fn try_segment_min(self, segments: impl Operand<'t>, count: usize, axis: isize) -> Result<Self, Error> {
        let (into, segments) = self.segments("segment_min", segments, count, axis, f64::INFINITY)?;
        into.try_scatter_min(segments, self, axis)
    }

    /// What the segments start from, and their numbers, checked.
    #[track_caller]
    fn segments(
        self,
        name: &str,
        segments: impl Operand<'t>,
        count: usize,
        axis: isize,
        start: f64,
    ) -> Result<(Self, Self), Error> {
        let segments = indices(segments, self, name)?;
        let (x, s) = (self.array_type(), segments.array_type());
        let types = [&x, &s];
        let refuse = self.tape().refusing(name, &types);
        let axis = x.shape.axis(axis).map_err(refuse)?;
        if x.dtype == DType::Bool {
            return Err(refuse("needs numbers, not bool; use cast".to_owned()));
        }
        if s != ArrayType::new(DType::I64, [x.shape[axis]]) {
            return Err(refuse(format!(
                "the segments should be i64[{}], one for each element of axis {axis}",
                x.shape[axis]
            )));
        }
        let shape: Shape = x.shape.with_size(axis, count);
        shape.check_size().map_err(refuse)?;
        check_known(name, segments, self, count)?;
        Ok((self.tape().full(&x.with_shape(shape), start), segments))
    }
}
