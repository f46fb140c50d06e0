//! Kernels of rows: of each row of a matrix the softmax, its logarithm, log Σ eˣ, or an extreme.
//!
//! A row is worked through in vectors, the last of them filled up; what is one number a row (a maximum, a sum, its logarithm)
//! is computed for a group of rows at a time. A row's result does not depend on its neighbours.
use std::marker::PhantomData;

use super::exponential::exp_of_negative;
use super::float::{Float, fused};
use super::logarithm::Log1p;
use super::loops::Map1;
use super::set::{Isa, KernelSet, Task, for_set};
use super::short_rows::{SHORT, read_rows};
use super::softmax::{LogShares, LogSums, Softmax, logarithm};

/// What becomes of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Rows {
    /// e^xⱼ / Σ e^xₗ: a row. Equal infinite largest elements share evenly; a row of −∞ gives 0.
    Softmax,
    /// The logarithm of that, with all its digits: a row.
    LogSoftmax,
    /// log Σ e^xⱼ: a number; −∞ of nothing.
    LogSumExp,
    /// The largest: a number; NaN if one is NaN; −∞ of nothing.
    Max,
    /// The smallest: a number; NaN if one is NaN; ∞ of nothing.
    Min,
}

impl Rows {
    /// Every one.
    pub(crate) const ALL: &[Self] = &[Self::Softmax, Self::LogSoftmax, Self::LogSumExp, Self::Max, Self::Min];

    /// Whether it gives as many numbers as it takes, and not one a row.
    pub(crate) fn keeps_length(self) -> bool {
        matches!(self, Self::Softmax | Self::LogSoftmax)
    }

    /// How many numbers it makes of a row of so many.
    pub(crate) fn width(self, length: usize) -> usize {
        if self.keeps_length() { length } else { 1 }
    }
}

/// Rows, their length, and what becomes of them.
pub(crate) type RowLoop<T> = fn(&[T], usize, &mut [T]);

impl KernelSet {
    /// Takes rows of a length, one after the other, and what is to hold the results, which says how many rows there are.
    pub(crate) fn rows<T: Float>(self, f: Rows) -> RowLoop<T> {
        match f {
            Rows::Softmax => for_set!(self, each_row, T, Softmax),
            Rows::LogSoftmax => for_set!(self, each_row, T, LogSoftmax),
            Rows::LogSumExp => for_set!(self, each_row, T, LogSumExp),
            Rows::Max => for_set!(self, each_row, T, Max),
            Rows::Min => for_set!(self, each_row, T, Min),
        }
    }
}

/// A kernel of rows in vectors of `L` numbers.
pub(super) trait EachRow<T: Float> {
    /// What an empty row gives.
    const EMPTY: T = T::ZERO;
    /// Whether each number takes so long that more of them than a vector register holds are too many at a time.
    const LONG: bool = false;

    fn run<I: Isa, const L: usize>(rows: &[T], n: usize, out: &mut [T]);
}

fn each_row<I: Isa, T: Float, K: EachRow<T>>(rows: &[T], n: usize, out: &mut [T]) {
    I::run(RowTask { rows, n, out, kernel: PhantomData::<K> });
}

/// A call of a kernel.
struct RowTask<'a, T, K> {
    rows: &'a [T],
    n: usize,
    out: &'a mut [T],
    kernel: PhantomData<K>,
}

impl<T: Float, K: EachRow<T>> Task for RowTask<'_, T, K> {
    type Output = ();

    #[inline(always)]
    fn run<I: Isa>(self) {
        let Self { rows, n, out, .. } = self;
        match (n, if K::LONG { lanes::<I, T>(n) } else { 64 / size_of::<T>() }) {
            (0, _) => out.fill(K::EMPTY),
            (_, 4) => K::run::<I, 4>(rows, n, out),
            (_, 8) => K::run::<I, 8>(rows, n, out),
            _ => K::run::<I, 16>(rows, n, out),
        }
    }
}

/// How many numbers of rows that long are worked on at a time, if each takes long: a register full, or 64 bytes of short ones.
#[inline(always)]
pub(super) fn lanes<I: Isa, T>(n: usize) -> usize {
    (if n <= SHORT || I::BYTES == 64 { 64 } else { 32 }) / size_of::<T>()
}

/// A row in vectors: whole ones, and what is left, filled up.
pub(super) struct Vectors<'a, T, const L: usize> {
    pub(super) whole: &'a [[T; L]],
    pub(super) last: [T; L],
    rest: usize,
}

impl<'a, T: Float, const L: usize> Vectors<'a, T, L> {
    #[inline(always)]
    pub(super) fn of(rows: &'a [T], i: usize, n: usize, fill: T) -> Self {
        let (whole, rest) = rows[i * n..][..n].as_chunks::<L>();
        let mut last = [fill; L];
        if !rest.is_empty() {
            // A whole vector is read where there is one: what follows the row does not count.
            if let Some(beyond) = rows[i * n + whole.len() * L..].first_chunk::<L>() {
                for l in 0..L {
                    last[l] = if l < rest.len() { beyond[l] } else { fill };
                }
            } else {
                last[..rest.len()].copy_from_slice(rest);
            }
        }
        Self { whole, last, rest: rest.len() }
    }

    /// All numbers brought together; the filling must not matter.
    #[inline(always)]
    fn fold(&self, f: impl Fn(T, T) -> T) -> T {
        let mut lanes = self.last;
        for vector in self.whole {
            for l in 0..L {
                lanes[l] = f(lanes[l], vector[l]);
            }
        }
        together(lanes, f)
    }
}

#[inline(always)]
fn together<T: Float, const L: usize>(mut lanes: [T; L], f: impl Fn(T, T) -> T) -> T {
    let mut width = L;
    while width > 1 {
        if L == 16 && width >= 8 {
            // Else the compiler keeps the lanes of the loop before in the order in which they are brought together here, and
            // permutes each vector. Of eight it does not.
            lanes = std::hint::black_box(lanes);
        }
        width /= 2;
        for l in 0..width {
            lanes[l] = f(lanes[l], lanes[l + width]);
        }
    }
    lanes[0]
}

/// Rows whose numbers, one each, are computed together.
pub(super) const GROUP: usize = 16;

/// What there is to know of some rows: Σ e^xⱼ = e^max (1 + others).
pub(super) struct Exponentials<T> {
    pub(super) max: [T; GROUP],
    /// Σ e^(xⱼ − max) over all but one largest element. Kept apart from that element's 1, so that a small sum keeps its digits.
    pub(super) others: [T; GROUP],
}

impl<T: Float> Exponentials<T> {
    /// Of up to a group's rows from `first` on. The exponentials are handed on: of a row, a vector (the last one at the end),
    /// and their number.
    #[inline(always)]
    pub(super) fn of<I: Isa, const L: usize>(
        [rows, first]: [usize; 2],
        x: &[T],
        n: usize,
        mut put: impl FnMut(usize, Option<usize>, [T; L]),
    ) -> Self {
        let mut all = Self { max: [T::ZERO; GROUP], others: [T::ZERO; GROUP] };
        for g in 0..rows {
            let row = Vectors::<T, L>::of(x, first + g, n, T::MINUS_INFINITY);
            // A NaN may be passed over here: it spoils the sum.
            let max = row.fold(|a, b| if a > b { a } else { b });
            let mut sums = Sums { others: [T::ZERO; L], peaks: [T::ZERO; L] };
            for (c, vector) in row.whole.iter().enumerate() {
                put(g, Some(c), sums.add::<I>(vector, max));
            }
            if row.rest > 0 {
                put(g, None, sums.add::<I>(&row.last, max));
            }
            let add = |a, b| a + b;
            all.max[g] = max;
            all.others[g] = together(sums.others, add) + (together(sums.peaks, add) - T::ONE);
        }
        all
    }

    /// log Σ e^(xⱼ − max).
    #[inline(always)]
    pub(super) fn log<I: Isa>(&self) -> [T; GROUP] {
        logs::<I, T, GROUP>(&self.others)
    }
}

/// log (1 + others) of each.
#[inline(always)]
pub(super) fn logs<I: Isa, T: Float, const N: usize>(others: &[T; N]) -> [T; N] {
    let mut logs = *others;
    // A loop whose length the compiler knows is unrolled before it becomes vectors.
    let count = std::hint::black_box(N).min(N);
    for log in &mut logs[..count] {
        *log = Log1p::at::<I>(*log);
    }
    logs
}

/// The sums over a row, in lanes.
struct Sums<T, const L: usize> {
    /// Of e^(xⱼ − max) for all but the largest elements.
    others: [T; L],
    /// The number of the largest.
    peaks: [T; L],
}

impl<T: Float, const L: usize> Sums<T, L> {
    /// Adds a vector; gives its exponentials.
    #[inline(always)]
    fn add<I: Isa>(&mut self, vector: &[T; L], max: T) -> [T; L] {
        let mut exponentials = *vector;
        for e in &mut exponentials {
            *e = exp_of_difference::<I, T>(*e, max);
        }
        for l in 0..L {
            let is_peak = vector[l] == max;
            self.others[l] = self.others[l] + if is_peak { T::ZERO } else { exponentials[l] };
            self.peaks[l] = self.peaks[l] + if is_peak { T::ONE } else { T::ZERO };
        }
        exponentials
    }
}

/// e^(x − m) for x ≤ m: the rounding error of x − m, which grows with the difference, is found exactly (Knuth's two-sum) and put
/// back.
#[inline(always)]
pub(super) fn exp_of_difference<I: Isa, T: Float>(x: T, m: T) -> T {
    let difference = x - m;
    let e = exp_of_negative::<I, T>(difference);
    let minus_m = difference - x;
    let error = (x - (difference - minus_m)) - (m + minus_m);
    let y = fused::<I, T>(e, if difference > T::MINUS_INFINITY { error } else { T::ZERO }, e);
    if x == m { T::ONE } else { y }
}

/// The groups of rows: the first and how many.
pub(super) fn groups(count: usize) -> impl Iterator<Item = [usize; 2]> {
    (0..count).step_by(GROUP).map(move |first| [GROUP.min(count - first), first])
}

/// A few ULP from the interpreter.
struct LogSoftmax;

impl<T: Float> EachRow<T> for LogSoftmax {
    const LONG: bool = true;

    #[inline(always)]
    fn run<I: Isa, const L: usize>(x: &[T], n: usize, out: &mut [T]) {
        logarithm::<I, T, LogShares, L>(x, n, out);
    }
}

/// (x − max) − log, where it is not −∞.
#[inline(always)]
pub(super) fn log_share<T: Float>(x: T, max: T, log: T) -> T {
    let y = (if x == max { T::ZERO } else { x - max }) - log;
    if x == T::MINUS_INFINITY { x } else { y }
}

/// A few ULP from the interpreter, or of its larger term where the terms cancel.
struct LogSumExp;

impl<T: Float> EachRow<T> for LogSumExp {
    const LONG: bool = true;
    const EMPTY: T = T::MINUS_INFINITY;

    #[inline(always)]
    fn run<I: Isa, const L: usize>(x: &[T], n: usize, out: &mut [T]) {
        logarithm::<I, T, LogSums, L>(x, n, out);
    }
}

/// The extreme of each row: of several short ones side by side, else in vectors. `fill` must not matter.
#[inline(always)]
fn extremes<I: Isa, T: Float, const L: usize>(x: &[T], n: usize, out: &mut [T], fill: T, f: impl Fn(T, T) -> T + Copy) {
    if n > SHORT {
        for (i, out) in out.iter_mut().enumerate() {
            *out = Vectors::<T, L>::of(x, i, n, fill).fold(f);
        }
        return;
    }
    let mut rows = [[T::ZERO; L]; SHORT];
    for (x, out) in x.chunks(L * n).zip(out.chunks_mut(L)) {
        read_rows::<I, T, L>(x, n, &mut rows);
        let mut all = rows[0];
        for row in &rows[1..n] {
            for l in 0..L {
                all[l] = f(all[l], row[l]);
            }
        }
        out.copy_from_slice(&all[..out.len()]);
    }
}

struct Max;

impl<T: Float> EachRow<T> for Max {
    const EMPTY: T = T::MINUS_INFINITY;

    #[inline(always)]
    fn run<I: Isa, const L: usize>(x: &[T], n: usize, out: &mut [T]) {
        extremes::<I, T, L>(x, n, out, T::MINUS_INFINITY, |a, b| if a > b || a.is_nan() { a } else { b });
    }
}

struct Min;

impl<T: Float> EachRow<T> for Min {
    const EMPTY: T = T::INFINITY;

    #[inline(always)]
    fn run<I: Isa, const L: usize>(x: &[T], n: usize, out: &mut [T]) {
        extremes::<I, T, L>(x, n, out, T::INFINITY, |a, b| if a < b || a.is_nan() { a } else { b });
    }
}
