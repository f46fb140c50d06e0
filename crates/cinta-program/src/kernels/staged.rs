//! Long functions of one number, a step at a time.
//!
//! A processor looks some sixty instructions ahead for what it can compute meanwhile. In a function of about as many, each of
//! which waits for the one before, it finds little: one vector is computed after the other. So such a function is cut into
//! steps, and a loop takes all the elements of a block through one step before the next. The steps are short, and several
//! vectors are under way in each.
use std::marker::PhantomData;
use std::mem::MaybeUninit;

use super::float::Float;
use super::loops::{Map1, Pair, Rare1};
use super::number::Number;
use super::set::Isa;

/// A function in three steps.
pub(super) trait Staged<T: Number> {
    /// The first two, which functions of one family share.
    type First: First<T>;

    /// As [`Map1::SCALAR`].
    const SCALAR: Rare1<T> = None;

    /// The last.
    fn last<I: Isa>(x: T, parts: PartsOf<T, Self::First>) -> T;
}

/// How functions of a family begin.
pub(super) trait First<T: Number> {
    /// What a step leaves for the next.
    type Parts: Parts;

    /// From the argument to what a polynomial takes.
    fn reduced<I: Isa>(x: T) -> Self::Parts;

    /// The polynomial.
    fn expanded<I: Isa>(x: T, parts: Self::Parts) -> Self::Parts;
}

pub(super) type PartsOf<T, F> = <F as First<T>>::Parts;

/// Some numbers for each element, which stand in columns between the steps.
pub(super) trait Parts: Copy {
    type Columns<const B: usize>;

    fn columns<const B: usize>() -> Self::Columns<B>;
    fn put<const B: usize>(self, columns: &mut Self::Columns<B>, i: usize);

    /// What was put.
    ///
    /// # Safety
    /// Something was, at this position.
    #[expect(unsafe_code, reason = "to fill columns first would cost small calls a tenth of their time")]
    unsafe fn get<const B: usize>(columns: &Self::Columns<B>, i: usize) -> Self;
}

/// A column, and a gap: columns a power of two apart would be in each other's way in the cache.
#[derive(Clone, Copy)]
#[repr(C)]
pub(super) struct Column<P: Copy, const B: usize> {
    numbers: [MaybeUninit<P>; B],
    gap: [MaybeUninit<P>; 16],
}

impl<P: Number, const N: usize> Parts for [P; N] {
    type Columns<const B: usize> = [Column<P, B>; N];

    #[inline(always)]
    fn columns<const B: usize>() -> Self::Columns<B> {
        [Column { numbers: [MaybeUninit::uninit(); B], gap: [MaybeUninit::uninit(); 16] }; N]
    }

    #[inline(always)]
    fn put<const B: usize>(self, columns: &mut Self::Columns<B>, i: usize) {
        for j in 0..N {
            columns[j].numbers[i].write(self[j]);
        }
    }

    #[inline(always)]
    #[expect(unsafe_code, reason = "as the trait says")]
    unsafe fn get<const B: usize>(columns: &Self::Columns<B>, i: usize) -> Self {
        let mut parts = [P::ZERO; N];
        for j in 0..N {
            // SAFETY: the caller put something at this position of each column.
            parts[j] = unsafe { columns[j].numbers[i].assume_init() };
        }
        parts
    }
}

/// Makes kernels of staged functions.
macro_rules! in_steps {
    ($($function:ident),*) => {$(
        impl<T: super::float::Float> super::loops::Map1<T> for $function {
            const SCALAR: super::loops::Rare1<T> = <Self as super::staged::Staged<T>>::SCALAR;

            #[inline(always)]
            fn at<I: super::set::Isa>(x: T) -> T {
                super::staged::at::<T, Self, I>(x)
            }

            #[inline(always)]
            fn over<I: super::set::Isa>(x: &[T], out: &mut [T]) {
                super::staged::over::<T, Self, I>(x, out);
            }
        }
    )*};
}
pub(super) use in_steps;

/// One element.
#[inline(always)]
pub(super) fn at<T: Number, K: Staged<T>, I: Isa>(x: T) -> T {
    K::last::<I>(x, K::First::expanded::<I>(x, K::First::reduced::<I>(x)))
}

/// All elements of a slice: in blocks of so many vectors that each step is a loop worth its making, or of half as many.
#[inline(always)]
pub(super) fn over<T: Float, K: Staged<T>, I: Isa>(x: &[T], out: &mut [T]) {
    let n = x.len().min(out.len());
    let (x, out) = (&x[..n], &mut out[..n]);
    let (x, out) = if size_of::<T>() == 8 {
        let (x, out) = blocks::<T, K, I, 128>(x, out);
        blocks::<T, K, I, 64>(x, out)
    } else {
        let (x, out) = blocks::<T, K, I, 256>(x, out);
        blocks::<T, K, I, 128>(x, out)
    };
    for (out, &x) in out.iter_mut().zip(x) {
        *out = at::<T, K, I>(x);
    }
}

/// As many blocks as there are; gives what is left.
#[inline(always)]
fn blocks<'x, 'o, T: Float, K: Staged<T>, I: Isa, const B: usize>(
    x: &'x [T],
    out: &'o mut [T],
) -> (&'x [T], &'o mut [T]) {
    let ((blocks, x), (outs, out)) = (x.as_chunks::<B>(), out.as_chunks_mut::<B>());
    for (x, out) in blocks.iter().zip(outs) {
        block::<T, K::First, I, B>(x, |i, x, parts| out[i] = K::last::<I>(x, parts));
    }
    (x, out)
}

/// Two functions of a family, whose first steps are the same.
pub(super) struct Together<K, L>(PhantomData<(K, L)>);

impl<T: Float, K, L> Pair<T> for Together<K, L>
where
    K: Map1<T> + Staged<T>,
    L: Map1<T> + Staged<T, First = K::First>,
{
    type First = K;
    type Second = L;

    #[inline(always)]
    fn over<I: Isa>(x: &[T], out: &mut [T], second: &mut [T]) {
        let n = x.len().min(out.len()).min(second.len());
        let outs = [&mut out[..n], &mut second[..n]];
        let (x, [out, second]) = if size_of::<T>() == 8 {
            let (x, outs) = Self::blocks::<T, I, 128>(&x[..n], outs);
            Self::blocks::<T, I, 64>(x, outs)
        } else {
            let (x, outs) = Self::blocks::<T, I, 256>(&x[..n], outs);
            Self::blocks::<T, I, 128>(x, outs)
        };
        for ((out, second), &x) in out.iter_mut().zip(second).zip(x) {
            (*out, *second) = (at::<T, K, I>(x), at::<T, L, I>(x));
        }
    }
}

impl<K, L> Together<K, L> {
    /// As [`blocks`].
    #[inline(always)]
    fn blocks<'x, 'o, T: Float, I: Isa, const B: usize>(
        x: &'x [T],
        [out, second]: [&'o mut [T]; 2],
    ) -> (&'x [T], [&'o mut [T]; 2])
    where
        K: Staged<T>,
        L: Staged<T, First = K::First>,
    {
        let (blocks, x) = x.as_chunks::<B>();
        let ((outs, out), (seconds, second)) = (out.as_chunks_mut::<B>(), second.as_chunks_mut::<B>());
        for ((x, out), second) in blocks.iter().zip(outs).zip(seconds) {
            block::<T, K::First, I, B>(x, |i, x, parts| {
                (out[i], second[i]) = (K::last::<I>(x, parts), L::last::<I>(x, parts));
            });
        }
        (x, [out, second])
    }
}

/// Takes a block of elements through the steps.
#[inline(always)]
#[expect(unsafe_code, reason = "each step reads what the one before has put")]
fn block<T: Float, F: First<T>, I: Isa, const B: usize>(x: &[T; B], mut last: impl FnMut(usize, T, F::Parts)) {
    let mut columns = F::Parts::columns::<B>();
    for i in 0..B {
        F::reduced::<I>(x[i]).put(&mut columns, i);
    }
    for i in 0..B {
        // SAFETY: the loop before has put parts at every position.
        let parts = unsafe { F::Parts::get(&columns, i) };
        F::expanded::<I>(x[i], parts).put(&mut columns, i);
    }
    for i in 0..B {
        // SAFETY: as before.
        last(i, x[i], unsafe { F::Parts::get(&columns, i) });
    }
}
