//! The type of a node: shape and dtype.
use std::fmt;

use crate::{DType, Shape};

/// What is known of a node's value before it is computed: its dtype and shape (elsewhere: abstract value, aval).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ArrayType {
    /// Type of the elements.
    pub dtype: DType,
    /// Size along each axis.
    pub shape: Shape,
}

impl ArrayType {
    /// The type of arrays with this dtype and shape.
    pub fn new(dtype: DType, shape: impl Into<Shape>) -> Self {
        Self { dtype, shape: shape.into() }
    }

    /// The same shape with another dtype.
    #[must_use]
    pub fn with_dtype(&self, dtype: DType) -> Self {
        Self { dtype, shape: self.shape.clone() }
    }

    /// The same dtype with another shape.
    pub fn with_shape(&self, shape: impl Into<Shape>) -> Self {
        Self::new(self.dtype, shape)
    }

    /// The type of a batch of `size` such arrays, along a new first axis.
    #[must_use]
    pub fn batch_of(&self, size: usize) -> Self {
        self.with_shape(self.shape.with_front(size))
    }
}

impl fmt::Display for ArrayType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.dtype, self.shape)
    }
}
