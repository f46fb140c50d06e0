//! Arrays given to a program, and arrays that it writes into: of any dtype, rank and layout.
use cinta_graph::{ArrayType, DType, Element, ElementsMut, Shape, Value};
use ndarray::{ArrayBase, ArrayViewD, ArrayViewMutD, Data, DataMut, Dimension};

/// An array to read, without a copy.
///
/// Made from references to `ndarray` arrays and views, slices, numbers, and [`Value`]s.
#[derive(Clone, Debug)]
pub enum View<'a> {
    /// Of dtype `f64`.
    F64(ArrayViewD<'a, f64>),
    /// Of dtype `f32`.
    F32(ArrayViewD<'a, f32>),
    /// Of dtype `i64`.
    I64(ArrayViewD<'a, i64>),
    /// Of dtype `bool`.
    Bool(ArrayViewD<'a, bool>),
    /// A number.
    Number(Value),
}

impl View<'_> {
    /// Type of the elements.
    #[inline]
    #[must_use]
    pub fn dtype(&self) -> DType {
        match self {
            Self::F64(_) => DType::F64,
            Self::F32(_) => DType::F32,
            Self::I64(_) => DType::I64,
            Self::Bool(_) => DType::Bool,
            Self::Number(value) => value.dtype(),
        }
    }

    /// Size along each axis.
    #[inline]
    #[must_use]
    pub fn shape(&self) -> &[usize] {
        match self {
            Self::F64(x) => x.shape(),
            Self::F32(x) => x.shape(),
            Self::I64(x) => x.shape(),
            Self::Bool(x) => x.shape(),
            Self::Number(_) => &[],
        }
    }

    /// Dtype and shape.
    #[must_use]
    pub fn array_type(&self) -> ArrayType {
        ArrayType::new(self.dtype(), Shape::from(self.shape()))
    }

    /// Whether it has this type; allocates nothing.
    #[inline]
    #[must_use]
    pub fn is(&self, ty: &ArrayType) -> bool {
        self.dtype() == ty.dtype && are_equal(self.shape(), &ty.shape)
    }

    /// Whether views have these types, one each; allocates nothing.
    #[inline]
    pub(crate) fn all_are(views: &[Self], types: &[ArrayType]) -> bool {
        views.len() == types.len() && views.iter().zip(types).all(|(view, ty)| view.is(ty))
    }
}

/// Whether two shapes are the same: they are short, and a call that compares memory takes longer than the comparison.
#[inline]
fn are_equal(a: &[usize], b: &[usize]) -> bool {
    a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a == b)
}

/// An array to write into.
#[derive(Debug)]
pub enum ViewMut<'a> {
    /// Of dtype `f64`.
    F64(ArrayViewMutD<'a, f64>),
    /// Of dtype `f32`.
    F32(ArrayViewMutD<'a, f32>),
    /// Of dtype `i64`.
    I64(ArrayViewMutD<'a, i64>),
    /// Of dtype `bool`.
    Bool(ArrayViewMutD<'a, bool>),
    /// A number.
    Number(ElementsMut<'a>),
}

impl ViewMut<'_> {
    #[inline]
    fn dtype_and_shape(&self) -> (DType, &[usize]) {
        match self {
            Self::F64(x) => (DType::F64, x.shape()),
            Self::F32(x) => (DType::F32, x.shape()),
            Self::I64(x) => (DType::I64, x.shape()),
            Self::Bool(x) => (DType::Bool, x.shape()),
            Self::Number(ElementsMut::F64(_)) => (DType::F64, &[]),
            Self::Number(ElementsMut::F32(_)) => (DType::F32, &[]),
            Self::Number(ElementsMut::I64(_)) => (DType::I64, &[]),
            Self::Number(ElementsMut::Bool(_)) => (DType::Bool, &[]),
        }
    }

    /// Dtype and shape.
    #[must_use]
    pub fn array_type(&self) -> ArrayType {
        let (dtype, shape) = self.dtype_and_shape();
        ArrayType::new(dtype, shape)
    }

    /// Whether it has this type; allocates nothing.
    #[inline]
    #[must_use]
    pub fn is(&self, ty: &ArrayType) -> bool {
        let (dtype, shape) = self.dtype_and_shape();
        dtype == ty.dtype && are_equal(shape, &ty.shape)
    }

    /// Whether its elements stand one after another in row-major order.
    #[inline]
    pub(crate) fn is_row_major(&self) -> bool {
        match self {
            Self::F64(x) => x.is_standard_layout(),
            Self::F32(x) => x.is_standard_layout(),
            Self::I64(x) => x.is_standard_layout(),
            Self::Bool(x) => x.is_standard_layout(),
            Self::Number(_) => true,
        }
    }
}

/// An element type that views hold: each of [`Element`].
pub trait Viewed: Element {
    /// As a view to read.
    fn view(array: ArrayViewD<'_, Self>) -> View<'_>;
    /// As a view to write.
    fn view_mut(array: ArrayViewMutD<'_, Self>) -> ViewMut<'_>;
    /// A number to write.
    fn number_mut(number: &mut Self) -> ViewMut<'_>;
}

macro_rules! viewed {
    ($($T:ty => $variant:ident),*) => {$(
        impl Viewed for $T {
            fn view(array: ArrayViewD<'_, Self>) -> View<'_> {
                View::$variant(array)
            }
            fn view_mut(array: ArrayViewMutD<'_, Self>) -> ViewMut<'_> {
                ViewMut::$variant(array)
            }
            fn number_mut(number: &mut Self) -> ViewMut<'_> {
                ViewMut::Number(ElementsMut::$variant(std::slice::from_mut(number)))
            }
        }
    )*};
}

viewed!(f64 => F64, f32 => F32, i64 => I64, bool => Bool);

impl<'a, T: Viewed, S: Data<Elem = T>, D: Dimension> From<&'a ArrayBase<S, D>> for View<'a> {
    fn from(array: &'a ArrayBase<S, D>) -> Self {
        T::view(array.view().into_dyn())
    }
}

impl<'a, T: Viewed> From<&'a [T]> for View<'a> {
    fn from(slice: &'a [T]) -> Self {
        T::view(ndarray::aview1(slice).into_dyn())
    }
}

impl<'a, T: Viewed, const N: usize> From<&'a [T; N]> for View<'a> {
    fn from(array: &'a [T; N]) -> Self {
        Self::from(&array[..])
    }
}

impl<'a, T: Viewed> From<&'a Vec<T>> for View<'a> {
    fn from(list: &'a Vec<T>) -> Self {
        Self::from(&list[..])
    }
}

impl<T: Viewed> From<T> for View<'_> {
    fn from(x: T) -> Self {
        Self::Number(Value::scalar(x))
    }
}

impl<'a, T: Viewed, S: DataMut<Elem = T>, D: Dimension> From<&'a mut ArrayBase<S, D>> for ViewMut<'a> {
    fn from(array: &'a mut ArrayBase<S, D>) -> Self {
        T::view_mut(array.view_mut().into_dyn())
    }
}

impl<'a, T: Viewed> From<&'a mut [T]> for ViewMut<'a> {
    fn from(slice: &'a mut [T]) -> Self {
        T::view_mut(ndarray::ArrayViewMut1::from(slice).into_dyn())
    }
}

impl<'a, T: Viewed> From<&'a mut Vec<T>> for ViewMut<'a> {
    fn from(list: &'a mut Vec<T>) -> Self {
        Self::from(&mut list[..])
    }
}

impl<'a, T: Viewed> From<&'a mut T> for ViewMut<'a> {
    fn from(x: &'a mut T) -> Self {
        T::number_mut(x)
    }
}

impl<'a> From<&'a Value> for View<'a> {
    fn from(value: &'a Value) -> Self {
        if value.shape().rank() == 0 {
            return Self::Number(value.clone());
        }
        match value.dtype() {
            DType::F64 => Self::F64(value.view()),
            DType::F32 => Self::F32(value.view()),
            DType::I64 => Self::I64(value.view()),
            DType::Bool => Self::Bool(value.view()),
        }
    }
}

impl From<&View<'_>> for Value {
    fn from(view: &View<'_>) -> Self {
        match view {
            View::F64(x) => x.into(),
            View::F32(x) => x.into(),
            View::I64(x) => x.into(),
            View::Bool(x) => x.into(),
            View::Number(x) => x.clone(),
        }
    }
}
