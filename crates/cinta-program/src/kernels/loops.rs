//! The loops that elementwise kernels run in.
use std::marker::PhantomData;

use super::float::Float;
use super::set::Isa;

/// Which arguments are exceptions, and the function of them, one at a time.
pub(super) type Rare1<T> = Option<(fn(T) -> bool, fn(T) -> T)>;
/// As [`Rare1`], of two numbers.
pub(super) type Rare2<T> = Option<(fn(T, T) -> bool, fn(T, T) -> T)>;

/// A function of one number. `at` has no branches, so that the loop around it becomes vector code.
pub(crate) trait Map1<T: Float> {
    /// Whether it is so long that a vector for the last few elements is worth its making.
    const LONG: bool = true;

    /// The rare arguments for which `at` does not hold, and the function there.
    const SCALAR: Rare1<T> = None;

    fn at<I: Isa>(x: T) -> T;

    /// Of all elements of a slice.
    #[inline(always)]
    fn over<I: Isa>(x: &[T], out: &mut [T]) {
        for (out, &x) in out.iter_mut().zip(x) {
            *out = Self::at::<I>(x);
        }
    }
}

/// Two functions of one number, which are cheaper together.
pub(crate) trait Pair<T: Float> {
    type First: Map1<T>;
    type Second: Map1<T>;

    /// Both, of all elements of a slice.
    fn over<I: Isa>(x: &[T], out: &mut [T], second: &mut [T]);
}

/// Two functions of which the compiler computes once what they share.
pub(super) struct Both<K, L>(PhantomData<(K, L)>);

impl<T: Float, K: Map1<T>, L: Map1<T>> Pair<T> for Both<K, L> {
    type First = K;
    type Second = L;

    #[inline(always)]
    fn over<I: Isa>(x: &[T], out: &mut [T], second: &mut [T]) {
        for ((out, second), &x) in out.iter_mut().zip(second).zip(x) {
            (*out, *second) = (K::at::<I>(x), L::at::<I>(x));
        }
    }
}

/// A function of two numbers.
pub(crate) trait Map2<T: Float> {
    /// The rare arguments for which `at` does not hold, and the function there.
    const SCALAR: Rare2<T> = None;

    fn at<I: Isa>(a: T, b: T) -> T;
}

/// A function of three numbers.
pub(crate) trait Map3<T: Float> {
    fn at<I: Isa>(a: T, b: T, c: T) -> T;
}

/// Long kernels work on whole multiples of this.
const LANES: usize = 8;

#[inline(always)]
pub(super) fn loop1<T: Float, K: Map1<T>, I: Isa>(x: &[T], out: &mut [T]) {
    if !K::LONG {
        return K::over::<I>(x, out);
    }
    let n = out.len().min(x.len());
    let whole = n - n % LANES;
    K::over::<I>(&x[..whole], &mut out[..whole]);
    if whole < n {
        // What is left fills no vector: take some elements once more, or make up a vector.
        let (mut padded, mut result) = ([T::ONE; LANES], [T::ONE; LANES]);
        let enough = n >= LANES;
        if !enough {
            for (p, &x) in padded.iter_mut().zip(x) {
                *p = x;
            }
        }
        let (from, to) = if enough { (&x[n - LANES..], &mut out[n - LANES..]) } else { (&padded[..], &mut result[..]) };
        for i in 0..LANES {
            to[i] = K::at::<I>(from[i]);
        }
        if !enough {
            for (o, &r) in out.iter_mut().zip(&result) {
                *o = r;
            }
        }
    }
    scalar1::<T, K>(x, out);
}

/// As [`loop1`], with two functions of the input.
#[inline(always)]
pub(super) fn loop1x2<T: Float, P: Pair<T>, I: Isa>(x: &[T], out: &mut [T], second: &mut [T]) {
    let n = out.len().min(second.len()).min(x.len());
    let whole = n - n % LANES;
    P::over::<I>(&x[..whole], &mut out[..whole], &mut second[..whole]);
    if whole < n && n >= LANES {
        let last = n - LANES..n;
        P::over::<I>(&x[last.clone()], &mut out[last.clone()], &mut second[last]);
    } else if whole < n {
        let (mut padded, mut results) = ([T::ONE; LANES], [[T::ONE; LANES]; 2]);
        padded[..n].copy_from_slice(&x[..n]);
        let [first, other] = &mut results;
        P::over::<I>(&padded, first, other);
        out[..n].copy_from_slice(&results[0][..n]);
        second[..n].copy_from_slice(&results[1][..n]);
    }
    scalar1::<T, P::First>(x, out);
    scalar1::<T, P::Second>(x, second);
}

/// Puts right what is rare.
#[inline(always)]
fn scalar1<T: Float, K: Map1<T>>(x: &[T], out: &mut [T]) {
    if let Some((rare, scalar)) = K::SCALAR
        && x.iter().fold(false, |any, &x| any | rare(x))
    {
        for (o, &x) in out.iter_mut().zip(x) {
            if rare(x) {
                *o = scalar(x);
            }
        }
    }
}

/// With `A` (or `B`), the first (second) operand is one number.
#[inline(always)]
pub(super) fn loop2<T: Float, K: Map2<T>, I: Isa, const A: bool, const B: bool>(a: &[T], b: &[T], out: &mut [T]) {
    let n = out.len();
    let (a, b) = (&a[..if A { 1 } else { n }], &b[..if B { 1 } else { n }]);
    let first = (if A { a[0] } else { T::ZERO }, if B { b[0] } else { T::ZERO });
    for i in 0..n {
        out[i] = K::at::<I>(if A { first.0 } else { a[i] }, if B { first.1 } else { b[i] });
    }
    if let Some((rare, scalar)) = K::SCALAR {
        let at = |i: usize| (if A { first.0 } else { a[i] }, if B { first.1 } else { b[i] });
        let rare = |i: usize| rare(at(i).0, at(i).1);
        if (0..n).fold(false, |any, i| any | rare(i)) {
            for (i, o) in out.iter_mut().enumerate().filter(|&(i, _)| rare(i)) {
                *o = scalar(at(i).0, at(i).1);
            }
        }
    }
}

/// As [`loop2`], with three operands.
#[inline(always)]
pub(super) fn loop3<T: Float, K: Map3<T>, I: Isa, const A: bool, const B: bool, const C: bool>(
    a: &[T],
    b: &[T],
    c: &[T],
    out: &mut [T],
) {
    let n = out.len();
    let (a, b, c) = (&a[..if A { 1 } else { n }], &b[..if B { 1 } else { n }], &c[..if C { 1 } else { n }]);
    let first = [(A, a), (B, b), (C, c)].map(|(one, slice)| if one { slice[0] } else { T::ZERO });
    for i in 0..n {
        let x = if A { first[0] } else { a[i] };
        let y = if B { first[1] } else { b[i] };
        out[i] = K::at::<I>(x, y, if C { first[2] } else { c[i] });
    }
}
