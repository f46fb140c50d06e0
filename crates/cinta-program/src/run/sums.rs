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

/// Adds rows of so many numbers to the first, as a balanced tree; the others are lost.
pub(super) fn add_rows<T: Add>(rows: &mut [T], n: usize) {
    let mut apart = n.max(1);
    while apart < rows.len() {
        for pair in rows.chunks_mut(2 * apart) {
            if let Some((first, second)) = pair.split_at_mut_checked(apart) {
                first.iter_mut().zip(second).take(n).for_each(|(a, &mut b)| *a = a.plus(b));
            }
        }
        apart *= 2;
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

    #[test]
    fn rows_are_added_as_blocks_are() {
        for count in 1..40 {
            let row = |i: usize| [1.0 / (3 + i) as f64, 0.1 * i as f64, 7.0_f64.powi(-i32::try_from(i).expect("few"))];
            let mut rows: Vec<f64> = (0..count).flat_map(row).collect();
            add_rows(&mut rows, 3);
            for (j, sum) in rows[..3].iter().enumerate() {
                let mut balanced = Balanced::new();
                (0..count).for_each(|i| balanced.push(row(i)[j]));
                assert_eq!(*sum, balanced.finish(), "{count} rows");
            }
        }
    }
}
