//! One number of any dtype.
use std::fmt;

use crate::value::each_dtype;
use crate::{DType, Element};

/// One number of any dtype. Its tag is as wide as a number, so that both are moved in one piece each: a narrow one leads the compiler
/// to pieces that overlap, which a processor reads back late.
#[doc(hidden)]
#[repr(u64)]
#[expect(unnameable_types, reason = "it appears only in hidden methods of the sealed Element")]
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Scalar {
    F64(f64),
    F32(f32),
    I64(i64),
    Bool(bool),
}

impl fmt::Display for Scalar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::F64(x) => write!(f, "{x:?}"),
            Self::F32(x) => write!(f, "{x:?}"),
            Self::I64(x) => write!(f, "{x}"),
            Self::Bool(x) => write!(f, "{x}"),
        }
    }
}

impl Scalar {
    pub(crate) fn dtype(self) -> DType {
        match self {
            Self::F64(_) => DType::F64,
            Self::F32(_) => DType::F32,
            Self::I64(_) => DType::I64,
            Self::Bool(_) => DType::Bool,
        }
    }

    pub(crate) fn to_f64(self) -> f64 {
        each_dtype!(self.dtype(), T => T::unpack(&self).map_or(f64::NAN, |x| x.to_f64()))
    }

    /// The number's bits, for comparing constants exactly (−0 and 0 differ, NaN equals itself).
    pub(crate) fn bits(self) -> u64 {
        match self {
            Self::F64(x) => x.to_bits(),
            Self::F32(x) => u64::from(x.to_bits()),
            Self::I64(x) => x.cast_unsigned(),
            Self::Bool(x) => u64::from(x),
        }
    }

    /// This number as another dtype, by the rules of `cast`.
    pub(crate) fn cast(self, dtype: DType) -> Self {
        match (self, dtype) {
            (Self::I64(x), DType::I64) => Self::I64(x),
            _ => each_dtype!(dtype, T => T::from_f64(self.to_f64()).pack()),
        }
    }
}
