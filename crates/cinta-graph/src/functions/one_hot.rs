//! Labels as unit vectors.
use crate::error::or_panic;
use crate::ops::indices::check_known;
use crate::ops::scatter_add::ScatterAdd;
use crate::{ArrayType, DType, Error, Var};

impl Var<'_> {
    /// Labels 0, 1, …, classes − 1 as unit vectors along a new last axis, in `f64`.
    ///
    /// ```
    /// use cinta_graph::Tape;
    /// use ndarray::array;
    /// let tape = Tape::new();
    /// let labels = tape.var([2_i64, 0]);
    /// assert_eq!(labels.one_hot(3).value(), array![[0.0, 0.0, 1.0], [1.0, 0.0, 0.0]]);
    /// ```
    ///
    /// # Panics
    /// If this is not `i64`, or a label known by now is negative or too large: a row of zeros would be no class.
    /// Labels that are computed later are looked at then: the value is an error.
    #[must_use]
    #[track_caller]
    pub fn one_hot(self, classes: usize) -> Self {
        or_panic(self.try_one_hot(classes))
    }

    /// [`one_hot`](Self::one_hot), with the error returned.
    #[track_caller]
    pub fn try_one_hot(self, classes: usize) -> Result<Self, Error> {
        let labels = self.array_type();
        let shape: crate::Shape = labels.shape.iter().copied().chain([classes]).collect();
        let types = [&labels];
        let refuse = self.tape().refusing("one_hot", &types);
        if labels.dtype != DType::I64 {
            return Err(refuse(format!("the labels should be i64, not {}; use cast", labels.dtype)));
        }
        shape.check_size().map_err(refuse)?;
        check_known("one_hot", self, self, classes)?;
        // Each label adds a one to its own row: indices of their own for every leading axis.
        let zeros = self.tape().full(&ArrayType::new(DType::F64, shape), 0.0);
        let ones = self.tape().full(&labels.with_dtype(DType::F64), 1.0);
        let rank = labels.shape.rank();
        self.tape().record(ScatterAdd { axis: rank, batch: rank }, &[zeros, self, ones])
    }
}
