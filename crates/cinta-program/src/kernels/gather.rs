//! Elements of views.
use std::marker::PhantomData;

use cinta_graph::{Strided, Transpose};

use super::float::Float;
use super::set::{Isa, KernelSet, Task};
use super::transpose::{Square, plain};

/// An element that can be moved.
pub(crate) trait Moved: Copy {
    /// Eight by eight of them with rows and columns exchanged.
    fn transposed<I: Isa>(square: &Square<Self>) -> Square<Self>;
}

macro_rules! moved {
    ($($T:ty: $transposed:expr;)*) => {$(
        impl Moved for $T {
            #[inline(always)]
            fn transposed<I: Isa>(square: &Square<Self>) -> Square<Self> {
                $transposed(square)
            }
        }
    )*};
}

moved! {
    f64: <f64 as Float>::transpose::<I>;
    f32: <f32 as Float>::transpose::<I>;
    i64: plain;
    bool: plain;
}

impl KernelSet {
    /// [`Strided::gather`].
    #[inline]
    pub(crate) fn gather<T: Moved>(self, view: &Strided, from: &[T], start: usize, out: &mut [T]) {
        self.run(Gather { view, from, start, out });
    }
}

struct Gather<'a, T> {
    view: &'a Strided,
    from: &'a [T],
    start: usize,
    out: &'a mut [T],
}

impl<T: Moved> Task for Gather<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run<I: Isa>(self) {
        self.view.gather_by::<T, By<I>>(self.from, self.start, self.out);
    }
}

/// With the instructions of a set.
struct By<I>(PhantomData<I>);

impl<T: Moved, I: Isa> Transpose<T> for By<I> {
    #[inline(always)]
    fn transposed(square: &Square<T>) -> Square<T> {
        T::transposed::<I>(square)
    }
}
