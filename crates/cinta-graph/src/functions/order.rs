//! Sorting, the largest elements, running extremes: positions, and the elements taken at them.
use crate::error::or_panic;
use crate::ops::extremum::End;
use crate::{Error, Var};

impl Var<'_> {
    /// The elements along one axis in rising order: those at [`argsort`](Self::argsort), so ties keep their order and
    /// NaN comes last. Each derivative goes to the element that came to a place.
    ///
    /// ```
    /// use cinta_graph::Tape;
    /// use ndarray::array;
    /// let tape = Tape::new();
    /// let x = tape.var([3.0, 1.0, 2.0]);
    /// assert_eq!(x.sort(0).value(), array![1.0, 2.0, 3.0]);
    /// assert_eq!((x.sort(0) * [10.0, 20.0, 30.0]).sum().grad(x).value(), array![30.0, 10.0, 20.0]);
    /// ```
    ///
    /// # Panics
    /// If there is no such axis.
    #[must_use]
    #[track_caller]
    pub fn sort(self, axis: isize) -> Self {
        or_panic(self.try_sort(axis))
    }

    /// [`sort`](Self::sort), with the error returned.
    #[track_caller]
    pub fn try_sort(self, axis: isize) -> Result<Self, Error> {
        self.one_axis("sort", axis)?;
        self.try_take_along_axis(self.try_argsort(axis)?, axis)
    }

    /// The elements along one axis in falling order: those at [`argsort_descending`](Self::argsort_descending), so ties
    /// keep their order and NaN comes first.
    ///
    /// ```
    /// use cinta_graph::Tape;
    /// let tape = Tape::new();
    /// assert_eq!(tape.var([3, 1, 2]).sort_descending(0).value(), ndarray::array![3_i64, 2, 1]);
    /// ```
    ///
    /// # Panics
    /// If there is no such axis.
    #[must_use]
    #[track_caller]
    pub fn sort_descending(self, axis: isize) -> Self {
        or_panic(self.try_sort_descending(axis))
    }

    /// [`sort_descending`](Self::sort_descending), with the error returned.
    #[track_caller]
    pub fn try_sort_descending(self, axis: isize) -> Result<Self, Error> {
        self.one_axis("sort", axis)?;
        self.try_take_along_axis(self.try_argsort_descending(axis)?, axis)
    }

    /// The k largest elements along one axis in falling order, and their `i64` positions; of ties the first. NaN counts
    /// as the largest.
    ///
    /// ```
    /// use cinta_graph::Tape;
    /// use ndarray::array;
    /// let tape = Tape::new();
    /// let x = tape.var([1.0, 4.0, 2.0, 4.0]);
    /// let (values, positions) = x.top_k(3, 0);
    /// assert_eq!(values.value(), array![4.0, 4.0, 2.0]);
    /// assert_eq!(positions.value(), array![1_i64, 3, 2]);
    /// assert_eq!(values.sum().grad(x).value(), array![0.0, 1.0, 1.0, 1.0]);
    /// ```
    ///
    /// # Panics
    /// If there is no such axis, or it has fewer than k elements.
    #[must_use]
    #[track_caller]
    pub fn top_k(self, k: usize, axis: isize) -> (Self, Self) {
        or_panic(self.try_top_k(k, axis))
    }

    /// [`top_k`](Self::top_k), with the error returned.
    #[track_caller]
    pub fn try_top_k(self, k: usize, axis: isize) -> Result<(Self, Self), Error> {
        let (ty, position) = (self.array_type(), self.one_axis("top_k", axis)?);
        let n = ty.shape[position];
        if k > n {
            let reason = format!("axis {position} has {n} elements, fewer than {k}");
            return Err(self.tape().type_error("top_k", reason, &[&ty]));
        }
        let positions = self.try_argsort_descending(axis)?.try_slice_axis(axis, ..k.cast_signed())?;
        Ok((self.try_take_along_axis(positions, axis)?, positions))
    }

    /// The largest element so far along one axis: yₖ = max_{j≤k} xⱼ. From the first NaN on, NaN.
    ///
    /// Each derivative goes to the element that y is, of ties to the first.
    ///
    /// ```
    /// use cinta_graph::Tape;
    /// use ndarray::array;
    /// let tape = Tape::new();
    /// let x = tape.var([1.0, 3.0, 2.0, 3.0]);
    /// assert_eq!(x.cummax(0).value(), array![1.0, 3.0, 3.0, 3.0]);
    /// assert_eq!(x.cummax(0).sum().grad(x).value(), array![1.0, 3.0, 0.0, 0.0]);
    /// ```
    ///
    /// # Panics
    /// If there is no such axis.
    #[must_use]
    #[track_caller]
    pub fn cummax(self, axis: isize) -> Self {
        or_panic(self.try_cummax(axis))
    }

    /// [`cummax`](Self::cummax), with the error returned.
    #[track_caller]
    pub fn try_cummax(self, axis: isize) -> Result<Self, Error> {
        self.one_axis("cummax", axis)?;
        self.try_take_along_axis(self.arg_extremum(End::Max, axis, true)?, axis)
    }

    /// The smallest element so far along one axis; as [`cummax`](Self::cummax).
    ///
    /// ```
    /// use cinta_graph::Tape;
    /// let tape = Tape::new();
    /// assert_eq!(tape.var([2.0, 3.0, 1.0]).cummin(0).value(), ndarray::array![2.0, 2.0, 1.0]);
    /// ```
    ///
    /// # Panics
    /// If there is no such axis.
    #[must_use]
    #[track_caller]
    pub fn cummin(self, axis: isize) -> Self {
        or_panic(self.try_cummin(axis))
    }

    /// [`cummin`](Self::cummin), with the error returned.
    #[track_caller]
    pub fn try_cummin(self, axis: isize) -> Result<Self, Error> {
        self.one_axis("cummin", axis)?;
        self.try_take_along_axis(self.arg_extremum(End::Min, axis, true)?, axis)
    }
}
