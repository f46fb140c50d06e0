//! Sums and means over any axes.
use crate::error::or_panic;
use crate::{Axes, Error, Var};

impl Var<'_> {
    /// The sum of all elements, a scalar. Pairwise, so the rounding error grows as log n.
    ///
    /// ```
    /// use cinta_graph::Tape;
    /// let tape = Tape::new();
    /// assert_eq!(tape.var([1.0, 2.0, 3.0]).sum().item(), 6.0);
    /// ```
    ///
    /// # Panics
    /// On truth values: cast them first.
    #[must_use]
    #[track_caller]
    pub fn sum(self) -> Self {
        or_panic(self.try_sum())
    }

    /// [`sum`](Self::sum), with the error returned.
    #[track_caller]
    pub fn try_sum(self) -> Result<Self, Error> {
        self.try_sum_axes(Axes::all())
    }

    /// The sum over some axes: one, several, kept as 1 with [`keepdims`](crate::keepdims).
    ///
    /// ```
    /// use cinta_graph::{Tape, keepdims};
    /// use ndarray::array;
    /// let tape = Tape::new();
    /// let x = tape.var(array![[1.0, 2.0], [3.0, 4.0]]);
    /// assert_eq!(x.sum_axes(0).value(), array![4.0, 6.0]);
    /// assert_eq!(x.sum_axes(keepdims(-1)).value(), array![[3.0], [7.0]]);
    /// assert_eq!(x.sum_axes([0, 1]).item(), 10.0);
    /// ```
    ///
    /// # Panics
    /// If an axis does not exist or is named twice, or on truth values.
    #[must_use]
    #[track_caller]
    pub fn sum_axes(self, axes: impl Into<Axes>) -> Self {
        or_panic(self.try_sum_axes(axes))
    }

    /// [`sum_axes`](Self::sum_axes), with the error returned.
    #[track_caller]
    pub fn try_sum_axes(self, axes: impl Into<Axes>) -> Result<Self, Error> {
        let (axes, ty) = (axes.into(), self.array_type());
        let list = axes.resolve(&ty.shape).map_err(self.tape().refusing("sum", &[&ty]))?;
        if list.len() == ty.shape.rank() && !axes.keepdims {
            return self.try_sum_to(());
        }
        let sum = self.try_sum_to(ty.shape.keeping(&list))?;
        if axes.keepdims { Ok(sum) } else { sum.try_reshape(ty.shape.without(&list)) }
    }
}
