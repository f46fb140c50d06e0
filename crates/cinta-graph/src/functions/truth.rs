//! Whether any or all of some truth values hold.
use crate::error::or_panic;
use crate::{Axes, DType, Error, Var};

impl Var<'_> {
    /// Whether any of the truth values over some axes holds, a `bool` array; of none, `false`.
    ///
    /// ```
    /// use cinta_graph::{Axes, Tape};
    /// use ndarray::array;
    /// let tape = Tape::new();
    /// let x = tape.var(array![[1.0, -2.0], [3.0, 4.0]]);
    /// assert_eq!(x.lt(0.0).any(1).value(), array![true, false]);
    /// assert_eq!(x.lt(0.0).any(Axes::all()).value(), ndarray::arr0(true));
    /// ```
    ///
    /// # Panics
    /// If this is not `bool`, or an axis does not exist or is named twice.
    #[must_use]
    #[track_caller]
    pub fn any(self, axes: impl Into<Axes>) -> Self {
        or_panic(self.try_any(axes))
    }

    /// [`any`](Self::any), with the error returned.
    #[track_caller]
    pub fn try_any(self, axes: impl Into<Axes>) -> Result<Self, Error> {
        Ok(self.count("any", axes.into())?.gt(0))
    }

    /// Whether all of the truth values over some axes hold, a `bool` array; of none, `true`.
    ///
    /// ```
    /// use cinta_graph::{Tape, keepdims};
    /// use ndarray::array;
    /// let tape = Tape::new();
    /// let x = tape.var(array![[1.0, -2.0], [3.0, 4.0]]);
    /// assert_eq!(x.gt(0.0).all(keepdims(1)).value(), array![[false], [true]]);
    /// ```
    ///
    /// # Panics
    /// As [`any`](Self::any).
    #[must_use]
    #[track_caller]
    pub fn all(self, axes: impl Into<Axes>) -> Self {
        or_panic(self.try_all(axes))
    }

    /// [`all`](Self::all), with the error returned.
    #[track_caller]
    pub fn try_all(self, axes: impl Into<Axes>) -> Result<Self, Error> {
        let axes = axes.into();
        let count = self.count("all", axes.clone())?;
        let list = self.resolve_axes("all", &axes)?;
        let length: usize = list.iter().map(|&axis| self.shape()[axis]).product();
        Ok(count.eq(i64::try_from(length).unwrap_or(i64::MAX)))
    }

    /// How many truth values hold, in `i64`.
    #[track_caller]
    fn count(self, name: &str, axes: Axes) -> Result<Self, Error> {
        let ty = self.array_type();
        if ty.dtype != DType::Bool {
            let reason = format!("needs bool, not {}; compare first", ty.dtype);
            return Err(self.tape().type_error(name, reason, &[&ty]));
        }
        self.resolve_axes(name, &axes)?;
        self.try_cast(DType::I64)?.try_sum_axes(axes)
    }
}
