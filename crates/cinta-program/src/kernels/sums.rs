//! Sums of a block: of all its elements, of its rows, of its columns.
//!
//! Elements are added in partial sums, as many on every set, so that all sets give the same bits.
use super::set::{Isa, KernelSet, Task};

/// Numbers that add.
pub(crate) trait Add: Copy + Default {
    fn plus(self, other: Self) -> Self;
}

impl Add for f64 {
    #[inline(always)]
    fn plus(self, other: Self) -> Self {
        self + other
    }
}

impl Add for f32 {
    #[inline(always)]
    fn plus(self, other: Self) -> Self {
        self + other
    }
}

impl Add for i64 {
    #[inline(always)]
    fn plus(self, other: Self) -> Self {
        self.wrapping_add(other)
    }
}

/// Nobody adds truth values, but code over any dtype asks for it.
impl Add for bool {
    #[inline(always)]
    fn plus(self, other: Self) -> Self {
        self | other
    }
}

/// The longest row that is added in [`FEW`] partial sums.
const SHORT: usize = 32;
/// Partial sums of a short row, and of a long one.
const FEW: usize = 4;
const MANY: usize = 32;

impl KernelSet {
    /// The sum of a block.
    #[inline]
    pub(crate) fn sum<T: Add>(self, x: &[T]) -> T {
        self.run(All(x))
    }

    /// The sum of each row of so many elements.
    #[inline]
    pub(crate) fn sum_rows<T: Add>(self, x: &[T], n: usize, out: &mut [T]) {
        self.run(Rows { x, n, out });
    }

    /// Adds a block to the sums of columns: whole rows, or a part of one that begins at a column.
    #[inline]
    pub(crate) fn add_columns<T: Add>(self, sums: &mut [T], column: usize, x: &[T]) {
        self.run(Columns { sums, column, x });
    }
}

struct All<'a, T>(&'a [T]);

impl<T: Add> Task for All<'_, T> {
    type Output = T;

    #[inline(always)]
    fn run<I: Isa>(self) -> T {
        sum(self.0)
    }
}

/// Element i goes to partial sum i mod 32; then these are added by halves.
#[inline(always)]
fn sum<T: Add>(x: &[T]) -> T {
    let mut partial = [T::default(); MANY];
    let (chunks, rest) = x.as_chunks::<MANY>();
    for chunk in chunks {
        for i in 0..MANY {
            partial[i] = partial[i].plus(chunk[i]);
        }
    }
    if !rest.is_empty() {
        let mut last = [T::default(); MANY];
        last[..rest.len()].copy_from_slice(rest);
        for i in 0..MANY {
            partial[i] = partial[i].plus(last[i]);
        }
    }
    let halves: [T; 16] = std::array::from_fn(|i| partial[i].plus(partial[i + 16]));
    let quarters: [T; 8] = std::array::from_fn(|i| halves[i].plus(halves[i + 8]));
    let [a, b, c, d]: [T; FEW] = std::array::from_fn(|i| quarters[i].plus(quarters[i + 4]));
    a.plus(c).plus(b.plus(d))
}

struct Rows<'a, T> {
    x: &'a [T],
    n: usize,
    out: &'a mut [T],
}

impl<T: Add> Task for Rows<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run<I: Isa>(self) {
        let Self { x, n, out } = self;
        match n {
            0 => out.fill(T::default()),
            1 => out.copy_from_slice(x),
            SHORT.. => out.iter_mut().zip(x.chunks_exact(n)).for_each(|(out, row)| *out = sum(row)),
            _ => match n % FEW {
                0 => short_rows::<T, 0>(x, n, out),
                1 => short_rows::<T, 1>(x, n, out),
                2 => short_rows::<T, 2>(x, n, out),
                _ => short_rows::<T, 3>(x, n, out),
            },
        }
    }
}

/// Sums of rows of a multiple of four elements and `REST` more.
#[inline(always)]
fn short_rows<T: Add, const REST: usize>(x: &[T], n: usize, out: &mut [T]) {
    for (out, row) in out.iter_mut().zip(x.chunks_exact(n)) {
        let mut partial = [T::default(); FEW];
        let (chunks, rest) = row.as_chunks::<FEW>();
        for chunk in chunks {
            for i in 0..FEW {
                partial[i] = partial[i].plus(chunk[i]);
            }
        }
        for i in 0..REST {
            partial[i] = partial[i].plus(rest[i]);
        }
        let [a, b, c, d] = partial;
        *out = a.plus(c).plus(b.plus(d));
    }
}

struct Columns<'a, T> {
    sums: &'a mut [T],
    column: usize,
    x: &'a [T],
}

impl<T: Add> Task for Columns<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run<I: Isa>(self) {
        let Self { sums, column, x } = self;
        let n = sums.len();
        if x.len() <= n {
            for (sum, &x) in sums[column..].iter_mut().zip(x) {
                *sum = sum.plus(x);
            }
        } else if x.len() == 2 * n {
            let (a, b) = x.split_at(n);
            for ((sum, &a), &b) in sums.iter_mut().zip(a).zip(b) {
                *sum = sum.plus(a.plus(b));
            }
        } else {
            match (size_of::<T>(), n) {
                (8, ..=16) => add_columns::<T, 16>(sums, x),
                (8, _) | (_, ..=32) => add_columns::<T, 32>(sums, x),
                _ => add_columns::<T, 64>(sums, x),
            }
        }
    }
}

/// Adds whole rows, `W` columns at a time; of narrow rows, several side by side.
#[inline(always)]
fn add_columns<T: Add, const W: usize>(sums: &mut [T], x: &[T]) {
    let n = sums.len();
    if n >= W {
        for (i, sums) in sums.chunks_mut(W).enumerate() {
            let strip = strip::<T, W>(&x[i * W..], n);
            sums.iter_mut().zip(&strip).for_each(|(sum, &x)| *sum = sum.plus(x));
        }
        return;
    }
    let mut rows = W / n;
    let mut strip = strip::<T, W>(x, rows * n);
    // Added by halves.
    while rows > 1 {
        let half = rows.div_ceil(2);
        for i in 0..(rows - half) * n {
            strip[i] = strip[i].plus(strip[half * n + i]);
        }
        rows = half;
    }
    sums.iter_mut().zip(&strip).for_each(|(sum, &x)| *sum = sum.plus(x));
}

/// The sums of what stands at equal places in rows of so many elements, in registers. What is beyond a row does not count.
#[inline(always)]
fn strip<T: Add, const W: usize>(x: &[T], stride: usize) -> [T; W] {
    let mut sums = [T::default(); W];
    let mut rest = x;
    while let Some(row) = rest.first_chunk::<W>() {
        for i in 0..W {
            sums[i] = sums[i].plus(row[i]);
        }
        rest = rest.get(stride..).unwrap_or_default();
    }
    if !rest.is_empty() {
        let mut last = [T::default(); W];
        last[..rest.len()].copy_from_slice(rest);
        for i in 0..W {
            sums[i] = sums[i].plus(last[i]);
        }
    }
    sums
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whole numbers, of which every sum is exact.
    fn numbers(n: usize) -> Vec<f64> {
        (0..n).map(|i| ((i * 7919) % 1013) as f64 - 500.0).collect()
    }

    #[test]
    fn sums_of_any_length() {
        for set in KernelSet::available() {
            for n in (0..200).chain([511, 512, 513, 1000]) {
                let x = numbers(n);
                assert_eq!(set.sum(&x), x.iter().sum::<f64>(), "{n}");
                let x: Vec<i64> = (0_i64..).map(|i| i * 7919 % 1013).take(n).collect();
                assert_eq!(set.sum(&x), x.iter().sum::<i64>(), "{n}");
            }
            let tenths = vec![0.1_f64; 512];
            assert!((set.sum(&tenths) - 51.2).abs() < 4.0 * 51.2 * f64::EPSILON);
        }
    }

    #[test]
    fn sums_of_rows_and_columns_of_any_shape() {
        for set in KernelSet::available() {
            for (rows, n) in (1..70).flat_map(|n| [1, 2, 3, 7, 20].map(|rows| (rows, n))).chain([(5, 300), (4, 65)]) {
                let x = numbers(rows * n);
                let mut sums = vec![f64::NAN; rows];
                set.sum_rows(&x, n, &mut sums);
                let expected: Vec<f64> = x.chunks(n).map(|row| row.iter().sum()).collect();
                assert_eq!(sums, expected, "{rows} {n}");
                let mut sums = vec![0.5; n];
                set.add_columns(&mut sums, 0, &x);
                let expected = (0..n).map(|j| 0.5 + x[j..].iter().step_by(n).sum::<f64>());
                assert_eq!(sums, expected.collect::<Vec<f64>>(), "{rows} {n}");
            }
            let mut sums = [1.0, 2.0, 3.0, 4.0];
            set.add_columns(&mut sums, 1, &[10.0, 20.0]);
            assert_eq!(sums, [1.0, 12.0, 23.0, 4.0]);
        }
    }

    #[test]
    fn sums_have_the_same_bits_on_every_set() {
        let x: Vec<f64> = (0..500).map(|i| (f64::from(i) * 0.7).sin()).collect();
        for n in [3, 10, 50, 100, 500] {
            let each = KernelSet::available().into_iter().map(|set| {
                let (mut rows, mut columns) = (vec![0.0; 500 / n], vec![0.0; n]);
                set.sum_rows(&x[..500 / n * n], n, &mut rows);
                set.add_columns(&mut columns, 0, &x[..500 / n * n]);
                (set.sum(&x), rows, columns)
            });
            let each: Vec<_> = each.collect();
            assert!(each.iter().all(|sums| *sums == each[0]), "{n}");
        }
    }
}
