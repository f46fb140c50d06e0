//! Values: arrays of any dtype behind one cheap handle.
use std::fmt;
use std::sync::Arc;

use ndarray::{ArcArray, ArrayBase, ArrayD, ArrayViewD, Dimension, IxDyn, RawData};

use crate::pool::Pool;
use crate::scalar::Scalar;
use crate::{ArrayType, DType, Element, Elements, InElements, Shape};

/// A computed array of any dtype and rank. Cloning shares the numbers.
///
/// A scalar stands in the handle itself; a broadcast array keeps only what it was broadcast from.
///
/// ```
/// use cinta_graph::Value;
/// use ndarray::array;
/// let value = Value::from(array![[1.0, 2.0], [3.0, 4.0]]);
/// assert_eq!(value.shape().as_slice(), [2, 2]);
/// assert_eq!(value.view::<f64>()[[1, 0]], 3.0); // an ndarray view, no copy
/// ```
#[derive(Clone)]
pub struct Value(Repr);

#[derive(Clone)]
enum Repr {
    Scalar(Scalar),
    Array(Arc<Stored>),
}

/// What a non-scalar value points to: `data` broadcast to `shape`.
struct Stored {
    data: Data,
    shape: Shape,
}

impl Stored {
    fn is_broadcast<T>(&self, array: &ArcArray<T, IxDyn>) -> bool {
        array.shape() != self.shape.as_slice()
    }
}

/// A shared array of any dtype.
#[doc(hidden)]
#[expect(unnameable_types, reason = "it appears only in hidden methods of the sealed Element")]
#[derive(Clone, Debug)]
pub enum Data {
    F64(ArcArray<f64, IxDyn>),
    F32(ArcArray<f32, IxDyn>),
    I64(ArcArray<i64, IxDyn>),
    Bool(ArcArray<bool, IxDyn>),
}

/// Runs a block with `$T` standing for the Rust type of a dtype.
macro_rules! each_dtype {
    ($dtype:expr, $T:ident => $body:expr) => {
        match $dtype {
            $crate::DType::F64 => {
                type $T = f64;
                $body
            }
            $crate::DType::F32 => {
                type $T = f32;
                $body
            }
            $crate::DType::I64 => {
                type $T = i64;
                $body
            }
            $crate::DType::Bool => {
                type $T = bool;
                $body
            }
        }
    };
}
pub(crate) use each_dtype;

impl Value {
    /// A scalar (0-d array).
    pub fn scalar<T: Element>(x: T) -> Self {
        Self(Repr::Scalar(x.pack()))
    }

    /// A shared array as it is, whatever its layout.
    pub fn shared<T: Element>(array: ArcArray<T, IxDyn>) -> Self {
        if array.ndim() == 0 {
            return Self::scalar(*array.first().expect("a 0-d array holds one element"));
        }
        let shape = Shape::from(array.shape());
        Self(Repr::Array(Arc::new(Stored { data: T::wrap(array), shape })))
    }

    /// An array of equal numbers; takes the room of one.
    #[must_use]
    pub fn full(ty: &ArrayType, x: f64) -> Self {
        Self::splat(Scalar::F64(x).cast(ty.dtype), &ty.shape)
    }

    pub(crate) fn splat(x: Scalar, shape: &Shape) -> Self {
        Self(Repr::Scalar(x)).broadcast(shape)
    }

    /// The same numbers seen in a larger shape, as NumPy broadcasts; no copy. The type rule has said that it broadcasts.
    pub(crate) fn broadcast(&self, shape: &Shape) -> Self {
        assert!(self.shape().broadcasts_to(shape), "{} does not broadcast to {shape}", self.shape());
        if shape.rank() == 0 {
            return self.clone();
        }
        let data = match &self.0 {
            Repr::Scalar(x) => each_dtype!(x.dtype(), T => {
                T::wrap(ArcArray::from_elem(IxDyn(&[]), *T::unpack(x).expect("dtype matched")))
            }),
            Repr::Array(stored) => stored.data.clone(),
        };
        Self(Repr::Array(Arc::new(Stored { data, shape: shape.clone() })))
    }

    /// Type of the elements.
    #[must_use]
    pub fn dtype(&self) -> DType {
        match &self.0 {
            Repr::Scalar(x) => x.dtype(),
            Repr::Array(stored) => match stored.data {
                Data::F64(_) => DType::F64,
                Data::F32(_) => DType::F32,
                Data::I64(_) => DType::I64,
                Data::Bool(_) => DType::Bool,
            },
        }
    }

    /// Size along each axis.
    #[must_use]
    pub fn shape(&self) -> Shape {
        match &self.0 {
            Repr::Scalar(_) => Shape::scalar(),
            Repr::Array(stored) => stored.shape.clone(),
        }
    }

    /// Dtype and shape.
    #[must_use]
    pub fn array_type(&self) -> ArrayType {
        ArrayType::new(self.dtype(), self.shape())
    }

    /// The array as a view, without a copy.
    ///
    /// # Panics
    /// If `T` is not the dtype; [`try_view`](Self::try_view) returns `None`.
    #[must_use]
    #[track_caller]
    pub fn view<T: Element>(&self) -> ArrayViewD<'_, T> {
        self.try_view()
            .unwrap_or_else(|| panic!("view::<{}> of an array of {}: use view::<{1}>", T::DTYPE, self.dtype()))
    }

    /// The array as a view, or `None` if `T` is not its dtype.
    #[must_use]
    pub fn try_view<T: Element>(&self) -> Option<ArrayViewD<'_, T>> {
        match &self.0 {
            Repr::Scalar(x) => T::unpack(x).map(|x| ndarray::aview0(x).into_dyn()),
            Repr::Array(stored) => {
                let array = T::unwrap(&stored.data)?;
                Some(if stored.is_broadcast(array) {
                    array.broadcast(IxDyn(&stored.shape)).expect("checked when made")
                } else {
                    array.view()
                })
            }
        }
    }

    /// The array as one of its own, in row-major order.
    ///
    /// # Panics
    /// If `T` is not the dtype.
    #[must_use]
    #[track_caller]
    pub fn to_array<T: Element>(&self) -> ArrayD<T> {
        self.view::<T>().as_standard_layout().into_owned()
    }

    /// The array as a shared one; copies only what was broadcast.
    pub(crate) fn to_shared<T: Element>(&self) -> ArcArray<T, IxDyn> {
        if let Repr::Array(stored) = &self.0
            && let Some(array) = T::unwrap(&stored.data)
            && !stored.is_broadcast(array)
        {
            return array.clone();
        }
        self.to_array::<T>().into_shared()
    }

    /// The elements, if they stand in row-major order.
    pub(crate) fn elements(&self) -> Option<Elements<'_>> {
        each_dtype!(self.dtype(), T => self.view::<T>().to_slice().map(T::elements))
    }

    /// The array before it was broadcast: each number that is there once.
    pub(crate) fn base<T: Element>(&self) -> ArrayViewD<'_, T> {
        match &self.0 {
            Repr::Array(stored) => T::unwrap(&stored.data).expect("the dtype was checked").view(),
            Repr::Scalar(_) => self.view::<T>(),
        }
    }

    /// Elements in row-major order of which all others are repetitions, in turn, if they stand together.
    pub(crate) fn repeated<T: Element>(&self) -> Option<&[T]> {
        let Repr::Array(stored) = &self.0 else { return None };
        let base = T::unwrap(&stored.data)?;
        let row = &base.shape()[base.shape().iter().take_while(|&&n| n == 1).count()..];
        if stored.shape.ends_with(row) { base.as_slice() } else { None }
    }

    /// Another base in place of this one's, broadcast to the same shape.
    pub(crate) fn rebased<T: Element>(&self, base: ArrayD<T>) -> Self {
        match &self.0 {
            Repr::Array(stored) => {
                let data = T::wrap(base.into_shared());
                Self(Repr::Array(Arc::new(Stored { data, shape: stored.shape.clone() })))
            }
            Repr::Scalar(_) => Self::shared(base.into_shared()),
        }
    }

    /// The number that every element equals, when that shows without looking at each.
    #[must_use]
    pub fn as_splat<T: Element>(&self) -> Option<T> {
        match &self.0 {
            Repr::Scalar(x) => T::unpack(x).copied(),
            Repr::Array(stored) => T::unwrap(&stored.data).filter(|a| a.len() == 1)?.first().copied(),
        }
    }

    /// The scalar inside, if this is 0-d and of this dtype.
    pub(crate) fn as_scalar<T: Element>(&self) -> Option<T> {
        if let Repr::Scalar(x) = &self.0 { T::unpack(x).copied() } else { None }
    }

    /// Gives the buffer to a pool, if nobody else holds it.
    pub(crate) fn into_buffer(self, pool: &mut Pool) {
        let Repr::Array(stored) = self.0 else { return };
        let Ok(stored) = Arc::try_unwrap(stored) else { return };
        match stored.data {
            Data::F64(array) => give(array, pool),
            Data::F32(array) => give(array, pool),
            Data::I64(array) => give(array, pool),
            Data::Bool(array) => give(array, pool),
        }
    }

    /// The one number of an array with one element, as `f64`; `None` for other sizes.
    #[must_use]
    pub fn item(&self) -> Option<f64> {
        match &self.0 {
            Repr::Scalar(x) => Some(x.to_f64()),
            Repr::Array(stored) if stored.shape.size() == 1 => self.to_f64s().first().copied(),
            Repr::Array(_) => None,
        }
    }

    /// All elements in row-major order, as `f64`.
    #[must_use]
    pub fn to_f64s(&self) -> Vec<f64> {
        each_dtype!(self.dtype(), T => self.view::<T>().iter().map(|x| x.to_f64()).collect())
    }

    /// Equal dtype, shape and bits (NaN equals itself, −0 differs from 0).
    #[must_use]
    pub fn same_bits(&self, other: &Self) -> bool {
        self.array_type() == other.array_type()
            && each_dtype!(self.dtype(), T => {
                self.view::<T>().iter().zip(other.view::<T>()).all(|(a, b)| a.pack().bits() == b.pack().bits())
            })
    }
}

/// Gives the buffer of an array to a pool, if nobody else holds it.
fn give<T: Element>(array: ArcArray<T, IxDyn>, pool: &mut Pool) {
    if let Ok(array) = array.try_into_owned_nocopy() {
        pool.keep(array.into_raw_vec_and_offset().0);
    }
}

impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {self}", self.array_type())
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        each_dtype!(self.dtype(), T => fmt::Display::fmt(&self.view::<T>(), f))
    }
}

impl<T: Element, S: RawData<Elem = T> + ndarray::Data, D: Dimension> From<ArrayBase<S, D>> for Value {
    fn from(array: ArrayBase<S, D>) -> Self {
        Self::shared(array.into_dyn().into_owned().into_shared())
    }
}

impl<T: Element, S: RawData<Elem = T> + ndarray::Data, D: Dimension> From<&ArrayBase<S, D>> for Value {
    fn from(array: &ArrayBase<S, D>) -> Self {
        Self::from(array.view())
    }
}

impl<T: Element> From<T> for Value {
    fn from(x: T) -> Self {
        Self::scalar(x)
    }
}

/// Rust's integers without a suffix become `i64`.
impl From<i32> for Value {
    fn from(x: i32) -> Self {
        Self::scalar(i64::from(x))
    }
}

impl<T: Element> From<&[T]> for Value {
    fn from(x: &[T]) -> Self {
        Self::from(ndarray::aview1(x))
    }
}

impl<T: Element, const N: usize> From<[T; N]> for Value {
    fn from(x: [T; N]) -> Self {
        Self::from(&x[..])
    }
}

impl<T: Element> From<Vec<T>> for Value {
    fn from(x: Vec<T>) -> Self {
        Self::from(ndarray::Array1::from(x))
    }
}

impl From<&Value> for Value {
    fn from(value: &Value) -> Self {
        value.clone()
    }
}

impl<T: Element, S: RawData<Elem = T> + ndarray::Data, D: Dimension> PartialEq<ArrayBase<S, D>> for Value {
    fn eq(&self, array: &ArrayBase<S, D>) -> bool {
        self.try_view::<T>().is_some_and(|view| view == array.view().into_dyn())
    }
}

/// Equal dtype, shape and numbers (NaN differs from itself, as in IEEE arithmetic).
impl PartialEq for Value {
    fn eq(&self, other: &Self) -> bool {
        self.array_type() == other.array_type() && each_dtype!(self.dtype(), T => self.view::<T>() == other.view::<T>())
    }
}
