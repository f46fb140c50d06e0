//! Kernels of lanes that stand side by side, as the columns of a matrix do: softmax and its like of each column, or its extreme.
//!
//! A strip of columns is worked through at a time. What is computed is that of [`rows`](super::rows), with one column a lane of a
//! vector, so that nothing is brought together across lanes and a column's result does not depend on its neighbours.
use std::marker::PhantomData;

use super::float::Float;
use super::rows::{Rows, exp_of_difference, lanes, log_share, logs};
use super::set::{Isa, KernelSet, Task, for_set};
use super::short_rows::SHORT;
use super::softmax::share_of_exponentials;

/// Matrices one after the other, their rows and columns, what becomes of their columns, and a logarithm beside it.
pub(crate) type ColumnLoop<T> = fn(&[T], [usize; 2], &mut [T], &mut [T]);

/// Fewer columns than these fill no vector.
pub(crate) const NARROWEST: usize = 16;

/// The columns of a strip.
const STRIP: usize = 64;

/// So many exponentials of a column are added before their sum is added to the others, so that the rounding error of long columns
/// stays small.
const TOGETHER: usize = 64;

impl KernelSet {
    /// Takes the columns of matrices of [`NARROWEST`] columns or more: a function of each, and beside softmax one that goes with it.
    pub(crate) fn columns<T: Float>(self, f: Rows, beside: Option<Rows>) -> ColumnLoop<T> {
        match (f, beside) {
            (Rows::Softmax, Some(Rows::LogSoftmax)) => for_set!(self, each_column, T, SharesAndLogShares),
            (Rows::Softmax, Some(_)) => for_set!(self, each_column, T, SharesAndLogSum),
            (Rows::Softmax, None) => for_set!(self, each_column, T, Shares),
            (Rows::LogSoftmax, _) => for_set!(self, each_column, T, LogShares),
            (Rows::LogSumExp, _) => for_set!(self, each_column, T, LogSum),
            (Rows::Max, _) => for_set!(self, each_column, T, Max),
            (Rows::Min, _) => for_set!(self, each_column, T, Min),
        }
    }
}

fn each_column<I: Isa, T: Float, K: EachColumn<T>>(x: &[T], shape: [usize; 2], out: &mut [T], beside: &mut [T]) {
    I::run(ColumnTask { x, shape, out, beside, kernel: PhantomData::<K> });
}

/// A call of a kernel.
struct ColumnTask<'a, T, K> {
    x: &'a [T],
    shape: [usize; 2],
    out: &'a mut [T],
    beside: &'a mut [T],
    kernel: PhantomData<K>,
}

impl<T: Float, K: EachColumn<T>> Task for ColumnTask<'_, T, K> {
    type Output = ();

    #[inline(always)]
    fn run<I: Isa>(self) {
        let Self { x, shape: [n, columns], out, beside, .. } = self;
        let [width, other] = K::ROWS.map(|rows| rows.of(n) * columns);
        let mut beside = beside.chunks_mut(other.max(1));
        for (x, out) in x.chunks_exact(n * columns).zip(out.chunks_mut(width)) {
            let beside = beside.next().unwrap_or_default();
            for first in (0..columns).step_by(STRIP) {
                // The last strip is no narrower than a vector: what it shares with the one before is computed again.
                let width = (columns - first).clamp(NARROWEST, STRIP);
                let strip = Strip { x, n, columns, first: first.min(columns - width), width };
                // A register full, as for long rows.
                match lanes::<I, T>(SHORT + 1) {
                    4 => K::run::<I, 4>(&strip, out, beside),
                    8 => K::run::<I, 8>(&strip, out, beside),
                    _ => K::run::<I, 16>(&strip, out, beside),
                }
            }
        }
    }
}

/// How many rows a result has.
#[derive(Clone, Copy)]
enum Height {
    None,
    One,
    All,
}

impl Height {
    fn of(self, n: usize) -> usize {
        match self {
            Self::None => 0,
            Self::One => 1,
            Self::All => n,
        }
    }
}

/// What becomes of a strip of columns, and what is computed beside it.
trait EachColumn<T: Float> {
    const ROWS: [Height; 2];

    fn run<I: Isa, const L: usize>(strip: &Strip<'_, T>, out: &mut [T], beside: &mut [T]);
}

/// Some columns of a matrix.
struct Strip<'a, T> {
    x: &'a [T],
    n: usize,
    columns: usize,
    first: usize,
    width: usize,
}

/// One number for each column of a strip.
type Each<T> = [T; STRIP];

impl<T: Float> Strip<'_, T> {
    /// Where the strip stands in a row.
    fn row(&self, j: usize) -> std::ops::Range<usize> {
        let start = j * self.columns + self.first;
        start..start + self.width
    }

    /// The elements of each column brought together.
    #[inline(always)]
    fn fold(&self, start: T, f: impl Fn(T, T) -> T) -> Each<T> {
        let mut all = [start; STRIP];
        for j in 0..self.n {
            for (one, &x) in all.iter_mut().zip(&self.x[self.row(j)]) {
                *one = f(*one, x);
            }
        }
        all
    }

    /// Σ e^(xⱼ − max) over all but one largest element, and the largest; see [`rows`](super::rows). The exponentials are handed on:
    /// their row, the column of the first, and a vector of them.
    #[inline(always)]
    fn exponentials<I: Isa, const L: usize>(&self, mut put: impl FnMut(usize, [T; L])) -> [Each<T>; 2] {
        let max = self.fold(T::MINUS_INFINITY, |a, b| if a > b { a } else { b });
        let mut all = [T::ZERO; STRIP];
        for c in (0..self.width).step_by(L) {
            let c = c.min(self.width - L);
            let max: &[T; L] = vector(&max, c);
            let [mut others, mut peaks] = [[T::ZERO; L]; 2];
            for rows in (0..self.n).step_by(TOGETHER) {
                let mut sums = [T::ZERO; L];
                for j in rows..self.n.min(rows + TOGETHER) {
                    let at = self.row(j).start + c;
                    let x: &[T; L] = vector(self.x, at);
                    let mut exponentials = *x;
                    for l in 0..L {
                        exponentials[l] = exp_of_difference::<I, T>(x[l], max[l]);
                    }
                    for l in 0..L {
                        let is_peak = x[l] == max[l];
                        sums[l] = sums[l] + if is_peak { T::ZERO } else { exponentials[l] };
                        peaks[l] = peaks[l] + if is_peak { T::ONE } else { T::ZERO };
                    }
                    put(at, exponentials);
                }
                for l in 0..L {
                    others[l] = others[l] + sums[l];
                }
            }
            for l in 0..L {
                all[c + l] = others[l] + (peaks[l] - T::ONE);
            }
        }
        [max, all]
    }

    /// As [`exponentials`](Self::exponentials), where nobody wants the exponentials.
    #[inline(always)]
    fn sums<I: Isa, const L: usize>(&self) -> [Each<T>; 2] {
        self.exponentials::<I, L>(|_, _| ())
    }

    /// The logarithms of softmax.
    #[inline(always)]
    fn put_log_shares<I: Isa>(&self, [max, others]: [&Each<T>; 2], out: &mut [T]) {
        let logs = logs::<I, T, STRIP>(others);
        for j in 0..self.n {
            let row = self.row(j);
            let numbers = max.iter().zip(&logs);
            for ((out, &x), (&max, &log)) in out[row.clone()].iter_mut().zip(&self.x[row]).zip(numbers) {
                *out = log_share(x, max, log);
            }
        }
    }

    /// log Σ eˣ.
    #[inline(always)]
    fn put_log_sums<I: Isa>(&self, [max, others]: [&Each<T>; 2], out: &mut [T]) {
        let logs = logs::<I, T, STRIP>(others);
        for (out, (&max, &log)) in out[self.row(0)].iter_mut().zip(max.iter().zip(&logs)) {
            *out = max + log;
        }
    }

    /// Softmax; gives what [`exponentials`](Self::exponentials) does.
    #[inline(always)]
    fn put_shares<I: Isa, const L: usize>(&self, out: &mut [T]) -> [Each<T>; 2] {
        let [max, others] = self.exponentials::<I, L>(|at, exponentials| {
            if let Some(out) = out[at..].first_chunk_mut::<L>() {
                *out = exponentials;
            }
        });
        let mut factors = [T::ZERO; STRIP];
        for (factor, (&max, &others)) in factors.iter_mut().zip(max.iter().zip(&others)) {
            *factor = share_of_exponentials(max, others);
        }
        for j in 0..self.n {
            for (out, &factor) in out[self.row(j)].iter_mut().zip(&factors) {
                *out = *out * factor;
            }
        }
        [max, others]
    }
}

/// `L` numbers of a list from one on.
#[inline(always)]
fn vector<T, const L: usize>(list: &[T], first: usize) -> &[T; L] {
    list[first..].first_chunk().expect("a strip is as wide as a vector")
}

struct Shares;

impl<T: Float> EachColumn<T> for Shares {
    const ROWS: [Height; 2] = [Height::All, Height::None];

    #[inline(always)]
    fn run<I: Isa, const L: usize>(strip: &Strip<'_, T>, out: &mut [T], _: &mut [T]) {
        strip.put_shares::<I, L>(out);
    }
}

struct SharesAndLogShares;

impl<T: Float> EachColumn<T> for SharesAndLogShares {
    const ROWS: [Height; 2] = [Height::All, Height::All];

    #[inline(always)]
    fn run<I: Isa, const L: usize>(strip: &Strip<'_, T>, out: &mut [T], beside: &mut [T]) {
        strip.put_log_shares::<I>(strip.put_shares::<I, L>(out).each_ref(), beside);
    }
}

struct SharesAndLogSum;

impl<T: Float> EachColumn<T> for SharesAndLogSum {
    const ROWS: [Height; 2] = [Height::All, Height::One];

    #[inline(always)]
    fn run<I: Isa, const L: usize>(strip: &Strip<'_, T>, out: &mut [T], beside: &mut [T]) {
        strip.put_log_sums::<I>(strip.put_shares::<I, L>(out).each_ref(), beside);
    }
}

struct LogShares;

impl<T: Float> EachColumn<T> for LogShares {
    const ROWS: [Height; 2] = [Height::All, Height::None];

    #[inline(always)]
    fn run<I: Isa, const L: usize>(strip: &Strip<'_, T>, out: &mut [T], _: &mut [T]) {
        strip.put_log_shares::<I>(strip.sums::<I, L>().each_ref(), out);
    }
}

struct LogSum;

impl<T: Float> EachColumn<T> for LogSum {
    const ROWS: [Height; 2] = [Height::One, Height::None];

    #[inline(always)]
    fn run<I: Isa, const L: usize>(strip: &Strip<'_, T>, out: &mut [T], _: &mut [T]) {
        strip.put_log_sums::<I>(strip.sums::<I, L>().each_ref(), out);
    }
}

struct Max;

impl<T: Float> EachColumn<T> for Max {
    const ROWS: [Height; 2] = [Height::One, Height::None];

    #[inline(always)]
    fn run<I: Isa, const L: usize>(strip: &Strip<'_, T>, out: &mut [T], _: &mut [T]) {
        let all = strip.fold(T::MINUS_INFINITY, |a, b| if a > b || a.is_nan() { a } else { b });
        out[strip.row(0)].copy_from_slice(&all[..strip.width]);
    }
}

struct Min;

impl<T: Float> EachColumn<T> for Min {
    const ROWS: [Height; 2] = [Height::One, Height::None];

    #[inline(always)]
    fn run<I: Isa, const L: usize>(strip: &Strip<'_, T>, out: &mut [T], _: &mut [T]) {
        let all = strip.fold(T::INFINITY, |a, b| if a < b || a.is_nan() { a } else { b });
        out[strip.row(0)].copy_from_slice(&all[..strip.width]);
    }
}
