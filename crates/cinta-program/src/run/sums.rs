//! Sums that arrive a block at a time, whose rounding errors grow as the logarithm of their number.

use crate::kernels::Add;

/// A sum of blocks, added as the carries of a binary counter: blocks of equal weight meet, so the tree is balanced.
#[derive(Clone, Debug)]
pub(crate) struct Balanced<T> {
    levels: [T; 48],
    count: usize,
}

impl<T: Add> Balanced<T> {
    pub(crate) fn new() -> Self {
        Self { levels: [T::default(); 48], count: 0 }
    }

    pub(crate) fn push(&mut self, mut sum: T) {
        let mut level = 0;
        while self.count >> level & 1 == 1 {
            sum = self.levels[level].plus(sum);
            level += 1;
        }
        self.levels[level] = sum;
        self.count += 1;
    }

    /// The sum so far; begins anew.
    pub(crate) fn finish(&mut self) -> T {
        let full = (0..48).filter(|level| self.count >> level & 1 == 1);
        let sum = full.map(|level| self.levels[level]).reduce(|low, high| high.plus(low)).unwrap_or_default();
        self.count = 0;
        sum
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernels::KernelSet;

    #[test]
    fn ten_million_tenths_lose_a_few_units_only() {
        let (set, mut sum) = (KernelSet::best(), Balanced::new());
        for _ in 0..19_532 {
            sum.push(set.sum(&[0.1; 512]));
        }
        let exact = 0.1 * 512.0 * 19_532.0;
        let sum: f64 = sum.finish();
        assert!((sum - exact).abs() < 8.0 * f64::EPSILON * exact, "{sum} against {exact}");
    }

    #[test]
    fn every_block_counts_once() {
        for n in 0..70 {
            let mut sum = Balanced::new();
            (0..n).for_each(|i| sum.push(i));
            assert_eq!(sum.finish(), (0..n).sum::<i64>());
            assert_eq!(sum.finish(), 0);
        }
    }
}
