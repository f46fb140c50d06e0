//! Arrays while a program writes them: the caller's, and its own taken out of its memory.
use std::ops::{Deref, DerefMut};

use cinta_graph::{ArrayType, DType, ElementsMut, Shape, Value};
use ndarray::{ArrayD, ArrayViewMutD, IxDyn};

use crate::memory::{Buffer, Cell, each_dtype};
use crate::view::ViewMut;

/// An array while a step writes it.
#[derive(Debug)]
pub(crate) enum Lent<'o, T> {
    /// Taken out of the memory.
    Cell(Buffer<T>),
    /// The caller's, or a part of an array.
    Slice(&'o mut [T]),
}

impl<T> Default for Lent<'_, T> {
    fn default() -> Self {
        Self::Slice(&mut [])
    }
}

impl<T> Deref for Lent<'_, T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        match self {
            Self::Cell(buffer) => buffer,
            Self::Slice(slice) => slice,
        }
    }
}

impl<T> DerefMut for Lent<'_, T> {
    fn deref_mut(&mut self) -> &mut [T] {
        match self {
            Self::Cell(buffer) => buffer,
            Self::Slice(slice) => slice,
        }
    }
}

/// The arrays that a step writes, by dtype.
#[derive(Debug, Default)]
pub(crate) struct Written<'o> {
    pub(crate) f64: Vec<Lent<'o, f64>>,
    pub(crate) f32: Vec<Lent<'o, f32>>,
    pub(crate) i64: Vec<Lent<'o, i64>>,
    pub(crate) bool: Vec<Lent<'o, bool>>,
}

impl Written<'_> {
    /// The room of lists that are empty now, for arrays of another time.
    pub(crate) fn reused<'n>(self) -> Written<'n> {
        Written { f64: reused(self.f64), f32: reused(self.f32), i64: reused(self.i64), bool: reused(self.bool) }
    }
}

/// What a thread has before it while it runs a loop, of one dtype.
#[derive(Debug)]
pub(crate) struct Desk<'f, T> {
    /// The registers.
    pub(crate) registers: Vec<&'f mut [T]>,
    /// The arrays that the loop writes, or its part of them.
    pub(crate) written: Vec<&'f mut [T]>,
    /// What it reads.
    pub(crate) reads: Vec<&'f [T]>,
}

impl<T> Default for Desk<'_, T> {
    fn default() -> Self {
        Self { registers: Vec::new(), written: Vec::new(), reads: Vec::new() }
    }
}

/// What a thread has before it while it runs a loop.
#[derive(Debug, Default)]
pub(crate) struct Desks<'f> {
    pub(crate) f64: Desk<'f, f64>,
    pub(crate) f32: Desk<'f, f32>,
    pub(crate) i64: Desk<'f, i64>,
    pub(crate) bool: Desk<'f, bool>,
}

impl Desks<'_> {
    /// Hands the room of the lists of one dtype over to other desks, for arrays of another time.
    #[inline]
    pub(crate) fn hand_over<T: Cell>(&mut self, to: &mut Desks<'_>) {
        let (from, to) = (T::desk_mut(self), T::desk_mut(to));
        to.registers = reused(std::mem::take(&mut from.registers));
        to.written = reused(std::mem::take(&mut from.written));
        to.reads = reused(std::mem::take(&mut from.reads));
    }
}

/// An empty list in the room of another: collecting a list of the same size of element reuses its memory.
#[inline]
pub(crate) fn reused<A, B>(mut list: Vec<A>) -> Vec<B> {
    const { assert!(size_of::<A>() == size_of::<B>() && align_of::<A>() == align_of::<B>()) };
    list.clear();
    list.into_iter().map(|_| unreachable!("the list is empty")).collect()
}

/// Room for lists that a run makes, kept from run to run.
#[derive(Debug, Default)]
pub(crate) struct Room {
    pub(crate) targets: Vec<ElementsMut<'static>>,
    pub(crate) written: Written<'static>,
}

impl Clone for Room {
    fn clone(&self) -> Self {
        Self::default()
    }
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

    #[inline]
    pub(crate) fn target(&mut self) -> ElementsMut<'_> {
        match self {
            Self::F64(list) => ElementsMut::F64(list),
            Self::F32(list) => ElementsMut::F32(list),
            Self::I64(list) => ElementsMut::I64(list),
            Self::Bool(list) => ElementsMut::Bool(list),
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

    /// Copies it to an array of its size and dtype, in whatever layout.
    pub(crate) fn copy_to(&self, view: &mut ViewMut<'_>) {
        fn assign<T: Copy>(to: &mut ArrayViewMutD<'_, T>, list: &[T]) {
            to.iter_mut().zip(list).for_each(|(to, &x)| *to = x);
        }
        match (self, view) {
            (Self::F64(list), ViewMut::F64(to)) => assign(to, list),
            (Self::F32(list), ViewMut::F32(to)) => assign(to, list),
            (Self::I64(list), ViewMut::I64(to)) => assign(to, list),
            (Self::Bool(list), ViewMut::Bool(to)) => assign(to, list),
            _ => unreachable!("of one dtype, in a layout of its own"),
        }
    }
}
