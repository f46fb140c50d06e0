//! Stretches of elements of any dtype: what operations work on inside compiled programs.
use crate::DType;

/// Elements to read.
#[derive(Clone, Copy, Debug)]
pub enum Elements<'a> {
    /// Of dtype `f64`.
    F64(&'a [f64]),
    /// Of dtype `f32`.
    F32(&'a [f32]),
    /// Of dtype `i64`.
    I64(&'a [i64]),
    /// Of dtype `bool`.
    Bool(&'a [bool]),
}

/// Elements to write.
#[derive(Debug)]
pub enum ElementsMut<'a> {
    /// Of dtype `f64`.
    F64(&'a mut [f64]),
    /// Of dtype `f32`.
    F32(&'a mut [f32]),
    /// Of dtype `i64`.
    I64(&'a mut [i64]),
    /// Of dtype `bool`.
    Bool(&'a mut [bool]),
}

/// An array in row-major order, to read.
#[derive(Clone, Copy, Debug)]
pub struct RowMajor<'a> {
    /// All of its elements.
    pub elements: Elements<'a>,
    /// Size along each axis.
    pub shape: &'a [usize],
}

/// A type whose elements stand in stretches.
pub trait InElements: Sized {
    /// Elements to read.
    fn elements(slice: &[Self]) -> Elements<'_>;
    /// Elements to write.
    fn elements_mut(slice: &mut [Self]) -> ElementsMut<'_>;
    /// The elements, if they are of this type.
    fn slice(elements: Elements<'_>) -> Option<&[Self]>;
    /// The elements to write, if they are of this type.
    fn slice_mut(elements: ElementsMut<'_>) -> Option<&mut [Self]>;
}

macro_rules! in_elements {
    ($($T:ty, $variant:ident);*) => {
        $(impl InElements for $T {
            #[inline]
            fn elements(slice: &[Self]) -> Elements<'_> {
                Elements::$variant(slice)
            }
            #[inline]
            fn elements_mut(slice: &mut [Self]) -> ElementsMut<'_> {
                ElementsMut::$variant(slice)
            }
            #[inline]
            fn slice(elements: Elements<'_>) -> Option<&[Self]> {
                if let Elements::$variant(slice) = elements { Some(slice) } else { None }
            }
            #[inline]
            fn slice_mut(elements: ElementsMut<'_>) -> Option<&mut [Self]> {
                if let ElementsMut::$variant(slice) = elements { Some(slice) } else { None }
            }
        })*

        impl Elements<'_> {
            /// Their dtype.
            #[must_use]
            pub fn dtype(&self) -> DType {
                match self { $(Self::$variant(_) => DType::$variant,)* }
            }
        }

        impl ElementsMut<'_> {
            /// Their dtype.
            #[must_use]
            pub fn dtype(&self) -> DType {
                match self { $(Self::$variant(_) => DType::$variant,)* }
            }
        }
    };
}

in_elements!(f64, F64; f32, F32; i64, I64; bool, Bool);

impl<'a> RowMajor<'a> {
    /// Its elements as numbers of a type that the type rule has seen.
    pub(crate) fn of<T: InElements>(self) -> &'a [T] {
        T::slice(self.elements).expect("the type rule has seen the dtype")
    }
}

/// The numbers to write, of a type that the type rule gave.
pub(crate) fn written<T: InElements>(output: ElementsMut<'_>) -> &mut [T] {
    T::slice_mut(output).expect("the type rule gave the dtype")
}

/// y = f(x), element by element.
pub(crate) fn each1<A: Copy, B>(x: &[A], y: &mut [B], f: impl Fn(A) -> B) {
    for (y, &x) in y.iter_mut().zip(x) {
        *y = f(x);
    }
}

/// y = f(a, b), element by element.
pub(crate) fn each2<A: Copy, B: Copy, C>(a: &[A], b: &[B], y: &mut [C], f: impl Fn(A, B) -> C) {
    for ((y, &a), &b) in y.iter_mut().zip(a).zip(b) {
        *y = f(a, b);
    }
}
