//! Kernels of masks: `bool`s from comparisons, and numbers chosen by them.
use std::marker::PhantomData;

use super::comparison::{Eq, Ge, Gt, Le, Lt, Ne, Relation};
use super::float::Float;
use super::set::{Isa, KernelSet, Task, for_set};

/// A comparison of two numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Comparison {
    /// a < b.
    Lt,
    /// a ≤ b.
    Le,
    /// a > b.
    Gt,
    /// a ≥ b.
    Ge,
    /// a = b.
    Eq,
    /// a ≠ b.
    Ne,
}

/// Numbers, and the mask of where a comparison holds.
pub(crate) type CompareLoop<T> = fn(&[T], &[T], &mut [bool]);
/// A mask, what is taken where it holds, what is taken where not, and what was taken.
pub(crate) type SelectLoop<T> = fn(&[bool], &[T], &[T], &mut [T]);
/// A mask, and 1 where it holds, 0 where not.
pub(crate) type CastLoop<T> = fn(&[bool], &mut [T]);

impl KernelSet {
    /// The loop of a comparison; an operand that is `one` number is a slice of length 1 (or longer: the rest is not read).
    pub(crate) fn compare<T: Float>(self, f: Comparison, one: [bool; 2]) -> CompareLoop<T> {
        match f {
            Comparison::Lt => self.comparing::<T, Lt>(one),
            Comparison::Le => self.comparing::<T, Le>(one),
            Comparison::Gt => self.comparing::<T, Gt>(one),
            Comparison::Ge => self.comparing::<T, Ge>(one),
            Comparison::Eq => self.comparing::<T, Eq>(one),
            Comparison::Ne => self.comparing::<T, Ne>(one),
        }
    }

    fn comparing<T: Float, R: Relation>(self, one: [bool; 2]) -> CompareLoop<T> {
        match one {
            [false, false] => for_set!(self, compare, T, R, false, false),
            [false, true] => for_set!(self, compare, T, R, false, true),
            [true, false] => for_set!(self, compare, T, R, true, false),
            [true, true] => for_set!(self, compare, T, R, true, true),
        }
    }

    /// The loop that chooses by a mask; as for [`compare`](Self::compare), what is chosen may be `one` number.
    pub(crate) fn select<T: Float>(self, one: [bool; 2]) -> SelectLoop<T> {
        match one {
            [false, false] => for_set!(self, select, T, false, false),
            [false, true] => for_set!(self, select, T, false, true),
            [true, false] => for_set!(self, select, T, true, false),
            [true, true] => for_set!(self, select, T, true, true),
        }
    }

    /// The loop that makes numbers of a mask.
    pub(crate) fn cast_mask<T: Float>(self) -> CastLoop<T> {
        for_set!(self, cast, T)
    }
}

fn compare<I: Isa, T: Float, R: Relation, const A: bool, const B: bool>(a: &[T], b: &[T], out: &mut [bool]) {
    I::run(Compare::<T, R, A, B> { a, b, out, relation: PhantomData });
}

/// With `A` (or `B`), the first (second) operand is one number.
struct Compare<'a, T, R, const A: bool, const B: bool> {
    a: &'a [T],
    b: &'a [T],
    out: &'a mut [bool],
    relation: PhantomData<R>,
}

impl<T: Float, R: Relation, const A: bool, const B: bool> Task for Compare<'_, T, R, A, B> {
    type Output = ();

    #[inline(always)]
    fn run<I: Isa>(self) {
        let n = self.out.len();
        let (a, b) = (&self.a[..if A { 1 } else { n }], &self.b[..if B { 1 } else { n }]);
        let first = (if A { a[0] } else { T::ZERO }, if B { b[0] } else { T::ZERO });
        for i in 0..n {
            self.out[i] = R::holds(if A { first.0 } else { a[i] }, if B { first.1 } else { b[i] });
        }
    }
}

fn select<I: Isa, T: Float, const A: bool, const B: bool>(mask: &[bool], a: &[T], b: &[T], out: &mut [T]) {
    I::run(Select::<T, A, B> { mask, a, b, out });
}

/// As in [`Compare`], an operand may be one number.
struct Select<'a, T, const A: bool, const B: bool> {
    mask: &'a [bool],
    a: &'a [T],
    b: &'a [T],
    out: &'a mut [T],
}

impl<T: Float, const A: bool, const B: bool> Task for Select<'_, T, A, B> {
    type Output = ();

    #[inline(always)]
    fn run<I: Isa>(self) {
        let n = self.out.len();
        let (a, b) = (&self.a[..if A { 1 } else { n }], &self.b[..if B { 1 } else { n }]);
        let first = (if A { a[0] } else { T::ZERO }, if B { b[0] } else { T::ZERO });
        let mask = &self.mask[..n];
        for i in 0..n {
            let (a, b) = (if A { first.0 } else { a[i] }, if B { first.1 } else { b[i] });
            self.out[i] = if mask[i] { a } else { b };
        }
    }
}

fn cast<I: Isa, T: Float>(mask: &[bool], out: &mut [T]) {
    I::run(Cast { mask, out });
}

struct Cast<'a, T> {
    mask: &'a [bool],
    out: &'a mut [T],
}

impl<T: Float> Task for Cast<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run<I: Isa>(self) {
        for (o, &holds) in self.out.iter_mut().zip(self.mask) {
            *o = if holds { T::ONE } else { T::ZERO };
        }
    }
}
