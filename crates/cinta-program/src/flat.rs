//! Outputs in row-major order.
use cinta_graph::{ArrayType, DType, ElementsMut, Shape, Value};
use ndarray::{ArrayD, ArrayViewMutD, IxDyn};

use crate::memory::{Cell, each_dtype};
use crate::view::ViewMut;

/// Where a run writes an output: an array in row-major order.
pub(crate) trait Target {
    /// Its elements.
    fn target(&mut self) -> ElementsMut<'_>;
}

/// An output in row-major order, of any dtype.
#[derive(Clone, Debug)]
pub(crate) enum Flat {
    F64(Vec<f64>),
    F32(Vec<f32>),
    I64(Vec<i64>),
    Bool(Vec<bool>),
}

impl Flat {
    pub(crate) fn empty(dtype: DType) -> Self {
        match dtype {
            DType::F64 => Self::F64(Vec::new()),
            DType::F32 => Self::F32(Vec::new()),
            DType::I64 => Self::I64(Vec::new()),
            DType::Bool => Self::Bool(Vec::new()),
        }
    }

    pub(crate) fn zeros(ty: &ArrayType) -> Self {
        let mut flat = Self::empty(ty.dtype);
        each_dtype!(ty.dtype, T => *T::flat(&mut flat) = vec![T::default(); ty.shape.size()]);
        flat
    }

    /// Makes it so long.
    pub(crate) fn resize(&mut self, size: usize) {
        match self {
            Self::F64(list) => list.resize(size, 0.0),
            Self::F32(list) => list.resize(size, 0.0),
            Self::I64(list) => list.resize(size, 0),
            Self::Bool(list) => list.resize(size, false),
        }
    }

    pub(crate) fn into_value(self, shape: &Shape) -> Value {
        fn shaped<T: Cell>(list: Vec<T>, shape: &Shape) -> Value {
            ArrayD::from_shape_vec(IxDyn(shape), list).expect("as many elements").into()
        }
        match self {
            Self::F64(list) => shaped(list, shape),
            Self::F32(list) => shaped(list, shape),
            Self::I64(list) => shaped(list, shape),
            Self::Bool(list) => shaped(list, shape),
        }
    }

    /// Copies it to an array of its type, in whatever layout.
    pub(crate) fn copy_to(&self, view: &mut ViewMut<'_>) {
        fn assign<T: Copy>(to: &mut ArrayViewMutD<'_, T>, list: &[T]) {
            to.iter_mut().zip(list).for_each(|(to, &x)| *to = x);
        }
        match (self, view) {
            (Self::F64(list), ViewMut::F64(to)) => assign(to, list),
            (Self::F32(list), ViewMut::F32(to)) => assign(to, list),
            (Self::I64(list), ViewMut::I64(to)) => assign(to, list),
            (Self::Bool(list), ViewMut::Bool(to)) => assign(to, list),
            (Self::F64(list), ViewMut::Number(ElementsMut::F64(to))) => to.copy_from_slice(list),
            (Self::F32(list), ViewMut::Number(ElementsMut::F32(to))) => to.copy_from_slice(list),
            (Self::I64(list), ViewMut::Number(ElementsMut::I64(to))) => to.copy_from_slice(list),
            (Self::Bool(list), ViewMut::Number(ElementsMut::Bool(to))) => to.copy_from_slice(list),
            _ => unreachable!("of one dtype"),
        }
    }
}

impl Target for Flat {
    fn target(&mut self) -> ElementsMut<'_> {
        match self {
            Self::F64(list) => ElementsMut::F64(list),
            Self::F32(list) => ElementsMut::F32(list),
            Self::I64(list) => ElementsMut::I64(list),
            Self::Bool(list) => ElementsMut::Bool(list),
        }
    }
}

impl Target for ViewMut<'_> {
    #[inline]
    fn target(&mut self) -> ElementsMut<'_> {
        match self {
            Self::F64(x) => ElementsMut::F64(x.as_slice_mut().expect(ROW_MAJOR)),
            Self::F32(x) => ElementsMut::F32(x.as_slice_mut().expect(ROW_MAJOR)),
            Self::I64(x) => ElementsMut::I64(x.as_slice_mut().expect(ROW_MAJOR)),
            Self::Bool(x) => ElementsMut::Bool(x.as_slice_mut().expect(ROW_MAJOR)),
            Self::Number(ElementsMut::F64(x)) => ElementsMut::F64(x),
            Self::Number(ElementsMut::F32(x)) => ElementsMut::F32(x),
            Self::Number(ElementsMut::I64(x)) => ElementsMut::I64(x),
            Self::Number(ElementsMut::Bool(x)) => ElementsMut::Bool(x),
        }
    }
}

const ROW_MAJOR: &str = "outputs in another layout get room of their own";
