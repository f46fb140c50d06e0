//! Values: arrays of any dtype behind one cheap handle.
use std::fmt;
use std::sync::Arc;

use ndarray::{ArrayBase, ArrayD, ArrayViewD, Dimension, RawData};

use crate::pool::{Pool, check_room};
use crate::scalar::Scalar;
use crate::stored::{Numbers, Stored, parts};
use crate::{ArrayType, DType, Element, Elements, InElements, Shape, Strided};

/// A computed array of any dtype and rank. Cloning shares the numbers.
///
/// A scalar stands in the handle itself; a broadcast, transposed, sliced or reversed array is a view of the numbers of another.
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

const _: () = assert!(size_of::<Option<Value>>() == 16, "a tape holds one for each node");

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

    /// Numbers in row-major order as an array of a shape that they fill.
    pub(crate) fn row_major<T: Element>(numbers: Vec<T>, shape: &Shape) -> Self {
        assert_eq!(numbers.len(), shape.size(), "an array of shape {shape} has one number for each element");
        if shape.rank() == 0 {
            return Self::scalar(numbers[0]);
        }
        let (numbers, seen) = (Numbers::Own(T::wrap(numbers)), Strided::row_major(shape));
        Self(Repr::Array(Arc::new(Stored { numbers, seen })))
    }

    fn strided<T: Element>(numbers: Vec<T>, seen: Strided) -> Self {
        if seen.shape.rank() == 0 {
            return Self::scalar(numbers[seen.offset]);
        }
        Self(Repr::Array(Arc::new(Stored::new(Numbers::Own(T::wrap(numbers)), seen))))
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
        self.seen(|seen| Some(seen.broadcast(shape))).expect("a broadcast is a view")
    }

    /// The same numbers seen in another way, no copy; `None` where there is no such view.
    pub(crate) fn seen(&self, view: impl FnOnce(&Strided) -> Option<Strided>) -> Option<Self> {
        let (numbers, seen) = match &self.0 {
            Repr::Scalar(x) => (Numbers::One(*x), view(&Strided::row_major(&Shape::scalar()))?),
            Repr::Array(stored) => (Stored::shared(stored), view(&stored.seen)?),
        };
        let stored = Stored::new(numbers, seen);
        Some(match stored.scalar() {
            Some(x) => Self(Repr::Scalar(x)),
            None => Self(Repr::Array(Arc::new(stored))),
        })
    }

    /// Type of the elements.
    #[must_use]
    pub fn dtype(&self) -> DType {
        match &self.0 {
            Repr::Scalar(x) => x.dtype(),
            Repr::Array(stored) => stored.dtype(),
        }
    }

    /// Size along each axis.
    #[must_use]
    pub fn shape(&self) -> Shape {
        match &self.0 {
            Repr::Scalar(_) => Shape::scalar(),
            Repr::Array(stored) => stored.seen.shape.clone(),
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
            Repr::Array(stored) => stored.view(&stored.seen),
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

    /// The elements, if they are of this type and stand in row-major order.
    pub(crate) fn slice<T: Element>(&self) -> Option<&[T]> {
        match &self.0 {
            Repr::Scalar(x) => T::unpack(x).map(std::slice::from_ref),
            Repr::Array(stored) => stored.slice(),
        }
    }

    /// Copies the elements, of this type and in row-major order.
    pub(crate) fn copy_to<T: Element>(&self, out: &mut [T]) {
        const DTYPE: &str = "the type rule has seen the dtype";
        match &self.0 {
            Repr::Scalar(x) => out.fill(*T::unpack(x).expect(DTYPE)),
            Repr::Array(stored) => stored.seen.merged().gather(stored.numbers::<T>().expect(DTYPE), 0, out),
        }
    }

    /// The elements of a matrix one column after the other, if they stand so.
    pub(crate) fn columns<T: Element>(&self) -> Option<&[T]> {
        if let Repr::Array(stored) = &self.0 { stored.columns() } else { None }
    }

    /// Elements in row-major order of which all others are repetitions, in turn, if they stand together.
    pub(crate) fn repeated<T: Element>(&self) -> Option<&[T]> {
        if let Repr::Array(stored) = &self.0 { stored.repeated() } else { None }
    }

    /// The elements, if they stand in row-major order.
    pub(crate) fn elements(&self) -> Option<Elements<'_>> {
        each_dtype!(self.dtype(), T => self.slice::<T>().map(T::elements))
    }

    /// A function of each element, where one that is repeated is taken once.
    pub(crate) fn mapped<A: Element, B: Element>(&self, f: impl Fn(A) -> B) -> Result<Self, String> {
        match &self.0 {
            Repr::Scalar(_) => Ok(Self::scalar(f(self.view::<A>()[[]]))),
            Repr::Array(stored) => {
                let once = stored.seen.once();
                check_room::<B>(&once.shape)?;
                let (numbers, seen) = parts(stored.view(&once).expect("the dtype was checked").mapv(f));
                Ok(Self::strided(numbers, seen.broadcast(&stored.seen.shape)))
            }
        }
    }

    /// Whether some element is 0; one that is repeated is looked at once.
    pub(crate) fn has_zeros(&self) -> bool {
        match &self.0 {
            Repr::Scalar(x) => x.to_f64() == 0.0,
            Repr::Array(stored) => each_dtype!(self.dtype(), T => {
                let once = stored.view::<T>(&stored.seen.once()).expect("its dtype");
                once.iter().any(|x| x.to_f64() == 0.0)
            }),
        }
    }

    /// The number that every element equals, when that shows without looking at each.
    #[must_use]
    pub fn as_splat<T: Element>(&self) -> Option<T> {
        match &self.0 {
            Repr::Scalar(x) => T::unpack(x).copied(),
            Repr::Array(stored) if stored.seen.is_splat() => stored.numbers()?.get(stored.seen.offset).copied(),
            Repr::Array(_) => None,
        }
    }

    /// The scalar inside, if this is 0-d and of this dtype.
    pub(crate) fn as_scalar<T: Element>(&self) -> Option<T> {
        if let Repr::Scalar(x) = &self.0 { T::unpack(x).copied() } else { None }
    }

    /// How many numbers it holds on to.
    pub(crate) fn room(&self) -> usize {
        if let Repr::Array(stored) = &self.0 { stored.room() } else { 1 }
    }

    /// Gives the buffer to a pool, if nobody else holds it.
    pub(crate) fn into_buffer(self, pool: &mut Pool) {
        let Repr::Array(mut stored) = self.0 else { return };
        while let Ok(Stored { numbers, .. }) = Arc::try_unwrap(stored) {
            match numbers {
                Numbers::Own(data) => return data.give(pool),
                Numbers::One(_) => return,
                Numbers::Of(base) => stored = base,
            }
        }
    }

    /// The one number of an array with one element, as `f64`; `None` for other sizes.
    #[must_use]
    pub fn item(&self) -> Option<f64> {
        match &self.0 {
            Repr::Scalar(x) => Some(x.to_f64()),
            Repr::Array(stored) if stored.seen.shape.size() == 1 => self.to_f64s().first().copied(),
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
        let (numbers, seen) = parts(array.into_owned());
        Self::strided(numbers, seen)
    }
}

impl<T: Element, S: RawData<Elem = T> + ndarray::Data, D: Dimension> From<&ArrayBase<S, D>> for Value {
    fn from(array: &ArrayBase<S, D>) -> Self {
        match array.as_slice() {
            Some(elements) => Self::row_major(elements.to_vec(), &array.shape().into()),
            None => Self::from(array.view()),
        }
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
        Self::row_major(x.to_vec(), &x.len().into())
    }
}

impl<T: Element, const N: usize> From<[T; N]> for Value {
    fn from(x: [T; N]) -> Self {
        Self::from(&x[..])
    }
}

impl<T: Element> From<Vec<T>> for Value {
    fn from(x: Vec<T>) -> Self {
        let shape = Shape::from(x.len());
        Self::row_major(x, &shape)
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
