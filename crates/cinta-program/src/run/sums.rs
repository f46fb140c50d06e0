//! Sums that arrive a block at a time, whose rounding errors grow as the logarithm of their number.

/// Numbers that add.
pub(crate) trait Add: Copy + Default {
    fn plus(self, other: Self) -> Self;
}

impl Add for f64 {
    fn plus(self, other: Self) -> Self {
        self + other
    }
}

impl Add for f32 {
    fn plus(self, other: Self) -> Self {
        self + other
    }
}

impl Add for i64 {
    fn plus(self, other: Self) -> Self {
        self.wrapping_add(other)
    }
}

/// Nobody adds truth values, but code over any dtype asks for it.
impl Add for bool {
    fn plus(self, other: Self) -> Self {
        self | other
    }
}

/// The longest row that [`short_sum`] is for.
pub(crate) const SHORT: usize = 32;

/// The sum of a few, in four partial sums.
#[inline]
pub(crate) fn short_sum<T: Add>(x: &[T]) -> T {
    sum_in_lanes::<T, 4>(x)
}

/// The sum of one block, in eight partial sums.
pub(crate) fn block_sum<T: Add>(x: &[T]) -> T {
    sum_in_lanes::<T, 8>(x)
}

/// A sum in `L` partial sums, which is a power of two; neighbours among them are added until one is left.
#[inline]
fn sum_in_lanes<T: Add, const L: usize>(x: &[T]) -> T {
    let mut partial = [T::default(); L];
    let (chunks, rest) = x.as_chunks::<L>();
    for chunk in chunks {
        for (sum, &x) in partial.iter_mut().zip(chunk) {
            *sum = sum.plus(x);
        }
    }
    for (sum, &x) in partial.iter_mut().zip(rest) {
        *sum = sum.plus(x);
    }
    let mut width = L;
    while width > 1 {
        width /= 2;
        for i in 0..width {
            partial[i] = partial[2 * i].plus(partial[2 * i + 1]);
        }
    }
    partial[0]
}

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

    #[test]
    fn ten_million_tenths_lose_a_few_units_only() {
        let mut sum = Balanced::new();
        for _ in 0..19_532 {
            sum.push(block_sum(&[0.1; 512]));
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
