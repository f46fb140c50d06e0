//! Element types: what an array may hold, and the arithmetic each offers.
use std::fmt::{self, Debug, Display};

use ndarray::LinalgScalar;
use num_traits::Float;

use crate::elements::InElements;
use crate::pool::{Pool, Shelf};
use crate::scalar::Scalar;
use crate::stored::Data;

/// The type of an array's elements.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum DType {
    /// 64-bit floating point: the default, and what derivatives are usually taken in.
    F64,
    /// 32-bit floating point.
    F32,
    /// 64-bit integers: indices and counts; arithmetic wraps; no derivatives.
    I64,
    /// Truth values: masks; no derivatives.
    Bool,
}

impl DType {
    /// Every dtype.
    pub const ALL: [Self; 4] = [Self::F64, Self::F32, Self::I64, Self::Bool];

    /// Whether derivatives exist in this dtype.
    #[must_use]
    pub fn is_float(self) -> bool {
        matches!(self, Self::F64 | Self::F32)
    }

    /// The name in printed graphs: `f64`, `f32`, `i64`, `bool`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::F64 => "f64",
            Self::F32 => "f32",
            Self::I64 => "i64",
            Self::Bool => "bool",
        }
    }

    /// The dtype of a [`name`](Self::name).
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|dtype| dtype.name() == name)
    }
}

impl Display for DType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

mod sealed {
    #[expect(unnameable_types, reason = "that is what seals Element")]
    pub trait Sealed {}
    impl Sealed for f64 {}
    impl Sealed for f32 {}
    impl Sealed for i64 {}
    impl Sealed for bool {}
}

/// A Rust type that arrays may hold: `f64`, `f32`, `i64` or `bool`.
pub trait Element:
    sealed::Sealed + InElements + Copy + Debug + Display + Default + PartialEq + PartialOrd + Send + Sync + 'static
{
    /// Its dtype.
    const DTYPE: DType;
    /// A list of this type as one of any.
    #[doc(hidden)]
    fn wrap(list: Vec<Self>) -> Data;
    /// The list inside, when it is of this type.
    #[doc(hidden)]
    fn unwrap(data: &Data) -> Option<&[Self]>;
    /// This number as a dtype-erased scalar.
    #[doc(hidden)]
    fn pack(self) -> Scalar;
    /// The number inside, when it is of this type.
    #[doc(hidden)]
    fn unpack(scalar: &Scalar) -> Option<&Self>;
    /// The shelf of buffers of this type.
    #[doc(hidden)]
    fn shelf(pool: &mut Pool) -> &mut Shelf<Self>;
    /// As `f64`: exact but for integers beyond 2⁵³; `true` is 1.
    fn to_f64(self) -> f64;
    /// From `f64`: rounds (f32), truncates and saturates (i64, NaN gives 0), or tells zero from the rest (bool).
    fn from_f64(x: f64) -> Self;
}

/// An element that adds and multiplies: `f64`, `f32`, or `i64` (where it wraps, as in NumPy).
pub trait Numeric: Element + LinalgScalar {
    /// x + y.
    fn plus(self, y: Self) -> Self;
    /// x − y.
    fn minus(self, y: Self) -> Self;
    /// x · y.
    fn times(self, y: Self) -> Self;
    /// −x.
    fn negated(self) -> Self;
    /// |x|.
    fn magnitude(self) -> Self;
    /// −1, 0 or 1; NaN stays NaN.
    fn signum_or_zero(self) -> Self;
}

/// A floating-point element, `f64` or `f32`, with the functions of [`num_traits::Float`].
pub trait Real: Numeric + Float {
    /// The distance from 1 to the next larger number.
    const EPSILON: Self;
    /// +∞.
    const INFINITY: Self;
    /// A quiet NaN.
    const NAN: Self;

    /// `f64` to this type, rounded.
    fn lit(x: f64) -> Self {
        Self::from_f64(x)
    }
}

impl Element for f64 {
    const DTYPE: DType = DType::F64;
    fn wrap(list: Vec<Self>) -> Data {
        Data::F64(list)
    }
    fn unwrap(data: &Data) -> Option<&[Self]> {
        if let Data::F64(list) = data { Some(list) } else { None }
    }
    fn pack(self) -> Scalar {
        Scalar::F64(self)
    }
    fn unpack(scalar: &Scalar) -> Option<&Self> {
        if let Scalar::F64(x) = scalar { Some(x) } else { None }
    }
    fn shelf(pool: &mut Pool) -> &mut Shelf<Self> {
        &mut pool.f64
    }
    fn to_f64(self) -> f64 {
        self
    }
    fn from_f64(x: f64) -> Self {
        x
    }
}

#[expect(clippy::cast_possible_truncation, reason = "rounding to f32 is what is asked for")]
impl Element for f32 {
    const DTYPE: DType = DType::F32;
    fn wrap(list: Vec<Self>) -> Data {
        Data::F32(list)
    }
    fn unwrap(data: &Data) -> Option<&[Self]> {
        if let Data::F32(list) = data { Some(list) } else { None }
    }
    fn pack(self) -> Scalar {
        Scalar::F32(self)
    }
    fn unpack(scalar: &Scalar) -> Option<&Self> {
        if let Scalar::F32(x) = scalar { Some(x) } else { None }
    }
    fn shelf(pool: &mut Pool) -> &mut Shelf<Self> {
        &mut pool.f32
    }
    fn to_f64(self) -> f64 {
        f64::from(self)
    }
    fn from_f64(x: f64) -> Self {
        x as Self
    }
}

#[expect(clippy::cast_possible_truncation, reason = "truncation to an integer is what is asked for")]
impl Element for i64 {
    const DTYPE: DType = DType::I64;
    fn wrap(list: Vec<Self>) -> Data {
        Data::I64(list)
    }
    fn unwrap(data: &Data) -> Option<&[Self]> {
        if let Data::I64(list) = data { Some(list) } else { None }
    }
    fn pack(self) -> Scalar {
        Scalar::I64(self)
    }
    fn unpack(scalar: &Scalar) -> Option<&Self> {
        if let Scalar::I64(x) = scalar { Some(x) } else { None }
    }
    fn shelf(pool: &mut Pool) -> &mut Shelf<Self> {
        &mut pool.i64
    }
    fn to_f64(self) -> f64 {
        self as f64
    }
    fn from_f64(x: f64) -> Self {
        x as Self
    }
}

impl Element for bool {
    const DTYPE: DType = DType::Bool;
    fn wrap(list: Vec<Self>) -> Data {
        Data::Bool(list)
    }
    fn unwrap(data: &Data) -> Option<&[Self]> {
        if let Data::Bool(list) = data { Some(list) } else { None }
    }
    fn pack(self) -> Scalar {
        Scalar::Bool(self)
    }
    fn unpack(scalar: &Scalar) -> Option<&Self> {
        if let Scalar::Bool(x) = scalar { Some(x) } else { None }
    }
    fn shelf(pool: &mut Pool) -> &mut Shelf<Self> {
        &mut pool.bool
    }
    fn to_f64(self) -> f64 {
        f64::from(u8::from(self))
    }
    fn from_f64(x: f64) -> Self {
        x != 0.0
    }
}

impl Numeric for f64 {
    fn plus(self, y: Self) -> Self {
        self + y
    }
    fn minus(self, y: Self) -> Self {
        self - y
    }
    fn times(self, y: Self) -> Self {
        self * y
    }
    fn negated(self) -> Self {
        -self
    }
    fn magnitude(self) -> Self {
        self.abs()
    }
    fn signum_or_zero(self) -> Self {
        if self == 0.0 { 0.0 } else { self.signum() }
    }
}

impl Real for f64 {
    const EPSILON: Self = Self::EPSILON;
    const INFINITY: Self = Self::INFINITY;
    const NAN: Self = Self::NAN;
}

impl Numeric for f32 {
    fn plus(self, y: Self) -> Self {
        self + y
    }
    fn minus(self, y: Self) -> Self {
        self - y
    }
    fn times(self, y: Self) -> Self {
        self * y
    }
    fn negated(self) -> Self {
        -self
    }
    fn magnitude(self) -> Self {
        self.abs()
    }
    fn signum_or_zero(self) -> Self {
        if self == 0.0 { 0.0 } else { self.signum() }
    }
}

impl Real for f32 {
    const EPSILON: Self = Self::EPSILON;
    const INFINITY: Self = Self::INFINITY;
    const NAN: Self = Self::NAN;
}

impl Numeric for i64 {
    fn plus(self, y: Self) -> Self {
        self.wrapping_add(y)
    }
    fn minus(self, y: Self) -> Self {
        self.wrapping_sub(y)
    }
    fn times(self, y: Self) -> Self {
        self.wrapping_mul(y)
    }
    fn negated(self) -> Self {
        self.wrapping_neg()
    }
    fn magnitude(self) -> Self {
        self.wrapping_abs()
    }
    fn signum_or_zero(self) -> Self {
        self.signum()
    }
}
