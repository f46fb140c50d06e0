//! Reductions of slices: sums whose error grows as log n, extremes, dot products, running sums.
use std::marker::PhantomData;

use super::float::{Float, fused};
use super::set::{Isa, KernelSet, Task};

/// How a slice becomes one number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Reduction {
    /// Σ xᵢ; 0 of nothing.
    Sum,
    /// The largest; NaN if one is NaN; −∞ of nothing.
    Max,
    /// The smallest; NaN if one is NaN; ∞ of nothing.
    Min,
}

/// Up to so many are summed in a plain loop, in partial sums.
const BLOCK: usize = 512;

/// Partial sums in a loop: as many for each set, so that all give the same bits.
const LANES: usize = 32;

impl KernelSet {
    /// The reduction of a slice: a sum by halves down to blocks.
    pub(crate) fn reduce<T: Float>(self, how: Reduction, x: &[T]) -> T {
        match how {
            Reduction::Sum => self.run(Sum(x)),
            Reduction::Max => self.run(Extreme::<T, Largest>(x, PhantomData)),
            Reduction::Min => self.run(Extreme::<T, Smallest>(x, PhantomData)),
        }
    }

    /// Σ aᵢ bᵢ, by halves down to blocks.
    pub(crate) fn dot<T: Float>(self, a: &[T], b: &[T]) -> T {
        self.run(Dot(a, b))
    }

    /// acc += x.
    pub(crate) fn add_assign<T: Float>(self, acc: &mut [T], x: &[T]) {
        self.run(AddAssign(acc, x));
    }

    /// acc += s·x.
    pub(crate) fn add_scaled<T: Float>(self, acc: &mut [T], s: T, x: &[T]) {
        self.run(AddScaled(acc, s, x));
    }
}

struct Sum<'a, T>(&'a [T]);

impl<T: Float> Task for Sum<'_, T> {
    type Output = T;

    #[inline(always)]
    fn run<I: Isa>(self) -> T {
        let x = self.0;
        if x.len() > BLOCK {
            let (a, b) = x.split_at((x.len() / 2).next_multiple_of(BLOCK));
            return I::run(Sum(a)) + I::run(Sum(b));
        }
        fold(x, T::ZERO, |sum, x| sum + x)
    }
}

struct Dot<'a, T>(&'a [T], &'a [T]);

impl<T: Float> Task for Dot<'_, T> {
    type Output = T;

    #[inline(always)]
    fn run<I: Isa>(self) -> T {
        let n = self.0.len().min(self.1.len());
        let (a, b) = (&self.0[..n], &self.1[..n]);
        if n > BLOCK {
            let middle = (n / 2).next_multiple_of(BLOCK);
            let ((a, c), (b, d)) = (a.split_at(middle), b.split_at(middle));
            return I::run(Dot(a, b)) + I::run(Dot(c, d));
        }
        let mut sums = [T::ZERO; LANES];
        let ((a, a_rest), (b, b_rest)) = (a.as_chunks::<LANES>(), b.as_chunks::<LANES>());
        for (a, b) in a.iter().zip(b) {
            for i in 0..LANES {
                sums[i] = fused::<I, T>(a[i], b[i], sums[i]);
            }
        }
        for ((sum, &a), &b) in sums.iter_mut().zip(a_rest).zip(b_rest) {
            *sum = fused::<I, T>(a, b, *sum);
        }
        together(sums, |a, b| a + b)
    }
}

struct Largest;
struct Smallest;

trait Better<T> {
    const WORST: T;
    fn better(a: T, b: T) -> bool;
}

impl<T: Float> Better<T> for Largest {
    const WORST: T = T::MINUS_INFINITY;
    #[inline(always)]
    fn better(a: T, b: T) -> bool {
        a > b
    }
}

impl<T: Float> Better<T> for Smallest {
    const WORST: T = T::INFINITY;
    #[inline(always)]
    fn better(a: T, b: T) -> bool {
        a < b
    }
}

struct Extreme<'a, T, E>(&'a [T], PhantomData<E>);

impl<T: Float, E: Better<T>> Task for Extreme<'_, T, E> {
    type Output = T;

    #[inline(always)]
    fn run<I: Isa>(self) -> T {
        let choose = |a: T, b: T| if E::better(a, b) || a.is_nan() { a } else { b };
        fold(self.0, E::WORST, choose)
    }
}

struct AddAssign<'a, T>(&'a mut [T], &'a [T]);

impl<T: Float> Task for AddAssign<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run<I: Isa>(self) {
        for (acc, &x) in self.0.iter_mut().zip(self.1) {
            *acc = *acc + x;
        }
    }
}

struct AddScaled<'a, T>(&'a mut [T], T, &'a [T]);

impl<T: Float> Task for AddScaled<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run<I: Isa>(self) {
        for (acc, &x) in self.0.iter_mut().zip(self.2) {
            *acc = *acc + self.1 * x;
        }
    }
}

/// Element i goes to lane i mod 32; then the lanes are folded by halves.
#[inline(always)]
fn fold<T: Float>(x: &[T], start: T, f: impl Fn(T, T) -> T + Copy) -> T {
    let mut lanes = [start; LANES];
    let (chunks, rest) = x.as_chunks::<LANES>();
    for chunk in chunks {
        for i in 0..LANES {
            lanes[i] = f(lanes[i], chunk[i]);
        }
    }
    for (lane, &x) in lanes.iter_mut().zip(rest) {
        *lane = f(*lane, x);
    }
    together(lanes, f)
}

#[inline(always)]
fn together<T: Float>(lanes: [T; LANES], f: impl Fn(T, T) -> T + Copy) -> T {
    let halves: [T; 16] = std::array::from_fn(|i| f(lanes[i], lanes[i + 16]));
    let quarters: [T; 8] = std::array::from_fn(|i| f(halves[i], halves[i + 8]));
    let [a, b, c, d, e, g, h, i] = quarters;
    f(f(f(a, e), f(c, h)), f(f(b, g), f(d, i)))
}
