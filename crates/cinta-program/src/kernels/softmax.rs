//! Softmax, alone or with a logarithm of the same rows: both need the same exponentials.
use std::marker::PhantomData;

use super::float::Float;
use super::rows::{EachRow, Exponentials, GROUP, Rows, groups, lanes, log_share};
use super::set::{Isa, KernelSet, Task, for_set};
use super::short_rows::{HALF, SHORT, SideBySide, write_rows};

/// Rows, their length, their softmax, and a logarithm of them.
pub(crate) type SoftmaxLoop<T> = fn(&[T], usize, &mut [T], &mut [T]);

impl Rows {
    /// Whether [`KernelSet::softmax_and`] gives it.
    pub(crate) fn goes_with_softmax(self) -> bool {
        matches!(self, Self::LogSoftmax | Self::LogSumExp)
    }
}

impl KernelSet {
    /// Softmax together with one of the functions that go with it; the bits of each alone.
    pub(crate) fn softmax_and<T: Float>(self, other: Rows) -> SoftmaxLoop<T> {
        match other {
            Rows::LogSoftmax => for_set!(self, both, T, LogShares),
            _ => for_set!(self, both, T, LogSums),
        }
    }
}

fn both<I: Isa, T: Float, O: Beside<T>>(x: &[T], n: usize, out: &mut [T], beside: &mut [T]) {
    I::run(Both { x, n, out, beside, marker: PhantomData::<O> });
}

/// A call of a kernel of two results.
struct Both<'a, T, O> {
    x: &'a [T],
    n: usize,
    out: &'a mut [T],
    beside: &'a mut [T],
    marker: PhantomData<O>,
}

impl<T: Float, O: Beside<T>> Task for Both<'_, T, O> {
    type Output = ();

    #[inline(always)]
    fn run<I: Isa>(self) {
        let Self { x, n, out, beside, .. } = self;
        match lanes::<I, T>(n) {
            4 => softmax::<I, T, O, 4>(x, n, out, beside),
            8 => softmax::<I, T, O, 8>(x, n, out, beside),
            _ => softmax::<I, T, O, 16>(x, n, out, beside),
        }
    }
}

/// A few ULP from the interpreter, as rounding errors add up on both sides.
pub(super) struct Softmax;

impl<T: Float> EachRow<T> for Softmax {
    const LONG: bool = true;

    #[inline(always)]
    fn run<I: Isa, const L: usize>(x: &[T], n: usize, out: &mut [T]) {
        softmax::<I, T, Nothing, L>(x, n, out, &mut []);
    }
}

/// What is computed beside softmax.
pub(super) trait Beside<T: Float> {
    /// How many numbers a row of so many gives.
    fn width(n: usize) -> usize;
    /// Of short rows side by side.
    fn short<I: Isa, const L: usize, const N: usize>(rows: &mut SideBySide<T, L, N>, n: usize, out: &mut [T]);
    /// Of a group of rows, of which `first` is the first.
    fn long<I: Isa>(row: &Exponentials<T>, first: usize, x: &[T], n: usize, out: &mut [T]);
}

struct Nothing;

impl<T: Float> Beside<T> for Nothing {
    #[inline(always)]
    fn width(_: usize) -> usize {
        0
    }

    #[inline(always)]
    fn short<I: Isa, const L: usize, const N: usize>(_: &mut SideBySide<T, L, N>, _: usize, _: &mut [T]) {}

    #[inline(always)]
    fn long<I: Isa>(_: &Exponentials<T>, _: usize, _: &[T], _: usize, _: &mut [T]) {}
}

/// The logarithm of softmax.
pub(super) struct LogShares;

impl<T: Float> Beside<T> for LogShares {
    #[inline(always)]
    fn width(n: usize) -> usize {
        n
    }

    #[inline(always)]
    fn short<I: Isa, const L: usize, const N: usize>(rows: &mut SideBySide<T, L, N>, n: usize, out: &mut [T]) {
        rows.replace(rows.log::<I>(), n, log_share);
        write_rows::<I, T, L>(&rows.x, n, out);
    }

    #[inline(always)]
    fn long<I: Isa>(row: &Exponentials<T>, first: usize, x: &[T], n: usize, out: &mut [T]) {
        let logs = row.log::<I>();
        for (g, out) in out.chunks_exact_mut(n).enumerate() {
            let (max, log) = (row.max[g], logs[g]);
            for (out, &x) in out.iter_mut().zip(&x[(first + g) * n..]) {
                *out = log_share(x, max, log);
            }
        }
    }
}

/// log Σ eˣ.
pub(super) struct LogSums;

impl<T: Float> Beside<T> for LogSums {
    #[inline(always)]
    fn width(_: usize) -> usize {
        1
    }

    #[inline(always)]
    fn short<I: Isa, const L: usize, const N: usize>(rows: &mut SideBySide<T, L, N>, _: usize, out: &mut [T]) {
        let logs = rows.log::<I>();
        for (l, out) in out.iter_mut().enumerate() {
            *out = rows.max[l] + logs[l];
        }
    }

    #[inline(always)]
    fn long<I: Isa>(row: &Exponentials<T>, _: usize, _: &[T], _: usize, out: &mut [T]) {
        let logs = row.log::<I>();
        for (g, out) in out.iter_mut().enumerate() {
            *out = row.max[g] + logs[g];
        }
    }
}

/// A logarithm alone.
#[inline(always)]
pub(super) fn logarithm<I: Isa, T: Float, O: Beside<T>, const L: usize>(x: &[T], n: usize, out: &mut [T]) {
    let width = O::width(n);
    if n <= HALF {
        return short_logarithm::<I, T, O, L, HALF>(x, n, out);
    } else if n <= SHORT {
        return short_logarithm::<I, T, O, L, SHORT>(x, n, out);
    }
    for [rows, first] in groups(out.len() / width) {
        // Where nobody wants the exponentials, the compiler makes no vectors of them.
        let row = Exponentials::of::<I, L>([rows, first], x, n, |_, _, exponentials| {
            std::hint::black_box(exponentials);
        });
        O::long::<I>(&row, first, x, n, &mut out[first * width..][..rows * width]);
    }
}

#[inline(always)]
fn softmax<I: Isa, T: Float, O: Beside<T>, const L: usize>(x: &[T], n: usize, out: &mut [T], mut beside: &mut [T]) {
    if n <= HALF {
        return short_softmax::<I, T, O, L, HALF>(x, n, out, beside);
    } else if n <= SHORT {
        return short_softmax::<I, T, O, L, SHORT>(x, n, out, beside);
    }
    let mut last = [[T::ZERO; L]; GROUP];
    for [rows, first] in groups(out.len() / n) {
        let out = &mut out[first * n..][..rows * n];
        let row = Exponentials::of::<I, L>([rows, first], x, n, |g, c, exponentials| match c {
            Some(c) => {
                if let Some(out) = out[g * n + c * L..].first_chunk_mut::<L>() {
                    *out = exponentials;
                }
            }
            None => last[g] = exponentials,
        });
        let mut factors = [T::ZERO; GROUP];
        for g in 0..GROUP {
            factors[g] = share_of_exponentials(row.max[g], row.others[g]);
        }
        for (g, out) in out.chunks_exact_mut(n).enumerate() {
            let rest = out.len() % L;
            let end = out.len() - rest;
            out[end..].copy_from_slice(&last[g][..rest]);
            for share in out {
                *share = *share * factors[g];
            }
        }
        let (now, later) = std::mem::take(&mut beside).split_at_mut(rows * O::width(n));
        O::long::<I>(&row, first, x, n, now);
        beside = later;
    }
}

/// Of short rows.
#[inline(always)]
fn short_logarithm<I: Isa, T: Float, O: Beside<T>, const L: usize, const N: usize>(x: &[T], n: usize, out: &mut [T]) {
    let mut rows = SideBySide::<T, L, N>::empty();
    for (x, out) in x.chunks(L * n).zip(out.chunks_mut(L * O::width(n))) {
        rows.read::<I>(x, n);
        O::short::<I, L, N>(&mut rows, n, out);
    }
}

/// Of short rows.
#[inline(always)]
fn short_softmax<I: Isa, T: Float, O: Beside<T>, const L: usize, const N: usize>(
    x: &[T],
    n: usize,
    out: &mut [T],
    mut beside: &mut [T],
) {
    let mut rows = SideBySide::<T, L, N>::empty();
    for (x, out) in x.chunks(L * n).zip(out.chunks_mut(L * n)) {
        let count = out.len() / n;
        rows.read::<I>(x, n);
        let mut factors = [T::ZERO; L];
        for l in 0..L {
            factors[l] = share_of_exponentials(rows.max[l], rows.others[l]);
        }
        rows.scale(factors, n);
        write_rows::<I, T, L>(&rows.exponentials, n, out);
        let (now, later) = std::mem::take(&mut beside).split_at_mut(count * O::width(n));
        O::short::<I, L, N>(&mut rows, n, now);
        beside = later;
    }
}

/// What softmax multiplies e^(xⱼ − max) with: 1/Σ, and 0 for a row of −∞.
#[inline(always)]
pub(super) fn share_of_exponentials<T: Float>(max: T, others: T) -> T {
    if max == T::MINUS_INFINITY { T::ZERO * others } else { T::ONE / (T::ONE + others) }
}
