//! Sums of exponentials along rows, in lanes: of one row in all of them, or of a row in each.
use super::exponential::Exp;
use super::float::{Float, fused};
use super::logarithm::Log1p;
use super::loops::Map1;
use super::set::Isa;

/// log(1 + others).
#[inline(always)]
pub(super) fn logs<I: Isa, T: Float, const N: usize>(others: &[T; N]) -> [T; N] {
    let mut logs = [T::ZERO; N];
    for i in 0..N {
        logs[i] = Log1p::at::<I>(others[i]);
    }
    logs
}

/// The sums, in lanes.
pub(super) struct Sums<T, const L: usize> {
    /// Of e^(xⱼ − max) for all but the largest elements.
    pub(super) others: [T; L],
    /// The number of the largest.
    pub(super) peaks: [T; L],
}

impl<T: Float, const L: usize> Sums<T, L> {
    #[inline(always)]
    pub(super) fn new() -> Self {
        Self { others: [T::ZERO; L], peaks: [T::ZERO; L] }
    }

    /// Adds a vector, given the largest element of each lane's row; gives its exponentials.
    #[inline(always)]
    pub(super) fn add<I: Isa>(&mut self, vector: &[T; L], max: &[T; L]) -> [T; L] {
        let mut exponentials = [T::ZERO; L];
        for l in 0..L {
            exponentials[l] = exp_of_difference::<I, T>(vector[l], max[l]);
        }
        for l in 0..L {
            let is_peak = vector[l] == max[l];
            self.others[l] = self.others[l] + if is_peak { T::ZERO } else { exponentials[l] };
            self.peaks[l] = self.peaks[l] + if is_peak { T::ONE } else { T::ZERO };
        }
        exponentials
    }
}

/// e^(x − m) for x ≤ m: the rounding error of x − m, which grows with the difference, is found exactly (Knuth's two-sum) and put
/// back.
#[inline(always)]
fn exp_of_difference<I: Isa, T: Float>(x: T, m: T) -> T {
    let difference = x - m;
    let e = Exp::at::<I>(difference);
    let minus_m = difference - x;
    let error = (x - (difference - minus_m)) - (m + minus_m);
    let y = fused::<I, T>(e, if difference.abs() < T::INFINITY { error } else { T::ZERO }, e);
    if x == m { T::ONE } else { y }
}
