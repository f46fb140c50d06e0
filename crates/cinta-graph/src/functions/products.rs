//! Products over any axes, and running products, with derivatives that never divide by an entry.
use super::Lanes;
use crate::error::or_panic;
use crate::ops::recurrence::Recurrence;
use crate::{Axes, DType, Error, Var};

impl Var<'_> {
    /// The product of all elements, a scalar; 1 of none. Integers wrap.
    ///
    /// ```
    /// use cinta_graph::Tape;
    /// let tape = Tape::new();
    /// let x = tape.var([2.0, 0.0, 3.0]);
    /// assert_eq!(x.prod().item(), 0.0);
    /// assert_eq!(x.prod().grad(x).value(), ndarray::array![0.0, 6.0, 0.0]);
    /// ```
    ///
    /// # Panics
    /// On truth values.
    #[must_use]
    #[track_caller]
    pub fn prod(self) -> Self {
        or_panic(self.try_prod())
    }

    /// [`prod`](Self::prod), with the error returned.
    #[track_caller]
    pub fn try_prod(self) -> Result<Self, Error> {
        self.try_prod_axes(Axes::all())
    }

    /// The product over some axes: one, several, kept as 1 with [`keepdims`](crate::keepdims).
    ///
    /// Made of log₂ n products of halves, so that value and derivatives of any order take O(n) multiplications and no
    /// division: they are exact where entries are 0.
    ///
    /// ```
    /// use cinta_graph::{Tape, keepdims};
    /// use ndarray::array;
    /// let tape = Tape::new();
    /// let x = tape.var(array![[1.0, 2.0], [3.0, 4.0]]);
    /// assert_eq!(x.prod_axes(0).value(), array![3.0, 8.0]);
    /// assert_eq!(x.prod_axes(keepdims(-1)).value(), array![[2.0], [12.0]]);
    /// ```
    ///
    /// # Panics
    /// If an axis does not exist or is named twice, and on truth values.
    #[must_use]
    #[track_caller]
    pub fn prod_axes(self, axes: impl Into<Axes>) -> Self {
        or_panic(self.try_prod_axes(axes))
    }

    /// [`prod_axes`](Self::prod_axes), with the error returned.
    #[track_caller]
    pub fn try_prod_axes(self, axes: impl Into<Axes>) -> Result<Self, Error> {
        self.needs_numbers("prod")?;
        let lanes = Lanes::new("prod", self, axes.into())?;
        let (mut x, axis) = (lanes.x, lanes.x.rank() - 1);
        if lanes.length == 0 {
            return lanes.restore(self.tape().full(&x.array_type().with_shape(&x.shape()[..axis]), 1.0));
        }
        let mut n = lanes.length;
        while n > 1 {
            let half = n.div_ceil(2);
            let first = x.try_slice_axis(-1, ..half.cast_signed())?;
            let mut second = x.try_slice_axis(-1, half.cast_signed()..)?;
            if half > n - half {
                let mut counts = vec![(0, 0); axis];
                counts.push((0, 1));
                second = second.try_pad(&counts, 1.0)?;
            }
            (x, n) = (first.try_mul(second)?, half);
        }
        lanes.restore(x.try_reshape(&x.shape()[..axis])?)
    }

    /// The products x₀, x₀ x₁, … along one axis. Integers wrap.
    ///
    /// A [`recurrence`](Self::recurrence), whose derivatives of any order take O(n) multiplications and no division:
    /// they are exact where entries are 0.
    ///
    /// ```
    /// use cinta_graph::Tape;
    /// let tape = Tape::new();
    /// let x = tape.var([2.0, 0.0, 3.0]);
    /// assert_eq!(x.cumprod(0).value(), ndarray::array![2.0, 0.0, 0.0]);
    /// assert_eq!(x.cumprod(0).sum().grad(x).value(), ndarray::array![1.0, 8.0, 0.0]);
    /// ```
    ///
    /// # Panics
    /// If there is no such axis, and on truth values.
    #[must_use]
    #[track_caller]
    pub fn cumprod(self, axis: isize) -> Self {
        or_panic(self.try_cumprod(axis))
    }

    /// [`cumprod`](Self::cumprod), with the error returned.
    #[track_caller]
    pub fn try_cumprod(self, axis: isize) -> Result<Self, Error> {
        self.needs_numbers("cumprod")?;
        let axis = self.one_axis("cumprod", axis)?;
        let n = self.shape()[axis];
        if n < 2 {
            return Ok(self);
        }
        let mut counts = vec![(0, 0); self.rank()];
        counts[axis].1 = n - 1;
        let first = self.try_slice_axis(axis.cast_signed(), ..1)?.try_pad(&counts, 0.0)?;
        self.tape().record(Recurrence { axis, reverse: false, gated: false }, &[self, first])
    }

    /// Refuses truth values, in the name of a function.
    #[track_caller]
    fn needs_numbers(self, name: &str) -> Result<(), Error> {
        let ty = self.array_type();
        if ty.dtype != DType::Bool {
            return Ok(());
        }
        Err(self.tape().type_error(name, "needs numbers, not bool; use cast", &[&ty]))
    }
}
