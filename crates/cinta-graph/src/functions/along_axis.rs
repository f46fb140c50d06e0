//! Elements taken, and added, at positions of their own along an axis.
use crate::error::or_panic;
use crate::ops::indices::{check_known, indices};
use crate::ops::scatter_add::ScatterAdd;
use crate::ops::take::Take;
use crate::{ArrayType, DType, Error, Operand, Shape, Var};

impl<'t> Var<'t> {
    /// y\[i, j, k\] = x\[i, idx\[i, j, k\], k\] for `axis` 1, as NumPy's `take_along_axis`; elsewhere called gather.
    ///
    /// The `i64` indices have as many axes as this array; the other axes broadcast. Linear; its transpose is
    /// [`scatter_add_along_axis`](Self::scatter_add_along_axis).
    ///
    /// ```
    /// use cinta_graph::Tape;
    /// use ndarray::array;
    /// let tape = Tape::new();
    /// let x = tape.var(array![[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]);
    /// let y = x.take_along_axis(array![[2_i64, 2], [0, 1]], 1);
    /// assert_eq!(y.value(), array![[3.0, 3.0], [4.0, 5.0]]);
    /// assert_eq!(y.sum().grad(x).value(), array![[0.0, 0.0, 2.0], [1.0, 1.0, 0.0]]);
    /// ```
    ///
    /// # Panics
    /// If the indices are not `i64`, the numbers of axes differ, there is no such axis, the other axes do not broadcast,
    /// or an index known by now is negative or out of range. Indices that are computed later are looked at then: the
    /// value is an error.
    #[doc(alias = "gather")]
    #[must_use]
    #[track_caller]
    pub fn take_along_axis(self, idx: impl Operand<'t>, axis: isize) -> Self {
        or_panic(self.try_take_along_axis(idx, axis))
    }

    /// [`take_along_axis`](Self::take_along_axis), with the error returned.
    #[doc(alias = "gather")]
    #[track_caller]
    pub fn try_take_along_axis(self, idx: impl Operand<'t>, axis: isize) -> Result<Self, Error> {
        let idx = indices(idx, self, "take_along_axis")?;
        let (x, i) = (self.array_type(), idx.array_type());
        let types = [&x, &i];
        let refuse = self.tape().refusing("take_along_axis", &types);
        let axis = x.shape.axis(axis).map_err(refuse)?;
        let others = other_axes(&x, &i, axis).map_err(refuse)?;
        check_known("take_along_axis", idx, self, x.shape[axis])?;
        let rows = self.try_broadcast_to(others.with_size(axis, x.shape[axis]))?.axis_last(axis)?;
        let idx = idx.try_broadcast_to(others.with_size(axis, i.shape[axis]))?.axis_last(axis)?;
        // Every row has indices of its own, which is what a batch of all other axes means.
        let batch = rows.rank() - 1;
        self.tape().record(Take { axis: batch, batch }, &[rows, idx])?.axis_back(axis)
    }

    /// This array with updates added at y\[i, idx\[i, j, k\], k\] for `axis` 1; where an index comes twice, both updates
    /// are added. The transpose of [`take_along_axis`](Self::take_along_axis).
    ///
    /// The `i64` indices have as many axes as this array, and their other axes broadcast to its own; the updates
    /// broadcast to the indices.
    ///
    /// ```
    /// use cinta_graph::Tape;
    /// use ndarray::array;
    /// let tape = Tape::new();
    /// let counts = tape.var(array![[0.0, 0.0], [0.0, 0.0]]);
    /// let y = counts.scatter_add_along_axis(array![[1_i64, 1, 0], [0, 0, 0]], 1.0, 1);
    /// assert_eq!(y.value(), array![[1.0, 2.0], [3.0, 0.0]]);
    /// ```
    ///
    /// # Panics
    /// As `take_along_axis`, and if the updates have another dtype or do not fit, or this is `bool`.
    #[must_use]
    #[track_caller]
    pub fn scatter_add_along_axis(self, idx: impl Operand<'t>, updates: impl Operand<'t>, axis: isize) -> Self {
        or_panic(self.try_scatter_add_along_axis(idx, updates, axis))
    }

    /// [`scatter_add_along_axis`](Self::scatter_add_along_axis), with the error returned.
    #[track_caller]
    pub fn try_scatter_add_along_axis<U: Operand<'t>>(
        self,
        idx: impl Operand<'t>,
        updates: U,
        axis: isize,
    ) -> Result<Self, Error> {
        const NAME: &str = "scatter_add_along_axis";
        let idx = indices(idx, self, NAME)?;
        let (base, i) = (self.array_type(), idx.array_type());
        let beside = if U::NUMBER.is_some() { self.tape().full(&base.with_shape(()), 0.0) } else { self };
        let updates = updates.try_like(beside, NAME)?;
        let u = updates.array_type();
        let types = [&base, &i, &u];
        let refuse = self.tape().refusing(NAME, &types);
        if base.dtype == DType::Bool || base.dtype != u.dtype {
            return Err(refuse(format!("adds numbers of one dtype, not {} and {}; use cast", base.dtype, u.dtype)));
        }
        let axis = base.shape.axis(axis).map_err(refuse)?;
        let others = other_axes(&base, &i, axis).map_err(refuse)?;
        let shape = others.with_size(axis, i.shape[axis]);
        if others != base.shape.with_size(axis, 1) || !u.shape.broadcasts_to(&shape) {
            return Err(refuse("the updates should broadcast to the indices, and these to the array".to_owned()));
        }
        check_known(NAME, idx, self, base.shape[axis])?;
        let idx = idx.try_broadcast_to(&shape)?.axis_last(axis)?;
        let updates = updates.try_broadcast_to(&shape)?.axis_last(axis)?;
        let batch = self.rank() - 1;
        let inputs = [self.axis_last(axis)?, idx, updates];
        self.tape().record(ScatterAdd { axis: batch, batch }, &inputs)?.axis_back(axis)
    }

    /// One axis moved behind the others.
    #[track_caller]
    pub(super) fn axis_last(self, axis: usize) -> Result<Self, Error> {
        let mut perm: Vec<isize> = (0..self.rank()).map(usize::cast_signed).collect();
        perm[axis..].rotate_left(1);
        if axis + 1 == self.rank() { Ok(self) } else { self.try_transpose(&perm) }
    }

    /// The last axis moved to a position.
    #[track_caller]
    pub(super) fn axis_back(self, axis: usize) -> Result<Self, Error> {
        let mut perm: Vec<isize> = (0..self.rank()).map(usize::cast_signed).collect();
        perm[axis..].rotate_right(1);
        if axis + 1 == self.rank() { Ok(self) } else { self.try_transpose(&perm) }
    }
}

/// The common shape of array and indices, with 1 at the indexed axis.
fn other_axes(x: &ArrayType, idx: &ArrayType, axis: usize) -> Result<Shape, String> {
    if idx.dtype != DType::I64 {
        return Err(format!("the indices should be i64, not {}; use cast", idx.dtype));
    }
    if idx.shape.rank() != x.shape.rank() {
        return Err(format!("the indices should have {} axes, not {}", x.shape.rank(), idx.shape.rank()));
    }
    x.shape.with_size(axis, 1).broadcast(&idx.shape.with_size(axis, 1))
}
