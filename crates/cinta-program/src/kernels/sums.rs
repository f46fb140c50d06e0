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

/// Shorter rows are added in [`FEW`] partial sums each, some rows side by side.
const SHORT: usize = 65;
/// Partial sums of a short row, and of a long one.
const FEW: usize = 4;
const MANY: usize = 32;
/// Of what is left so many are added at a time.
const EIGHT: usize = 8;

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

/// Element i goes to partial sum i mod 32, of the last 31 to one of eight or one more; then these are added by halves.
#[inline(always)]
fn sum<T: Add>(x: &[T]) -> T {
    let (chunks, rest) = x.as_chunks::<MANY>();
    let (eights, rest) = rest.as_chunks::<EIGHT>();
    let (mut partial, mut few, mut last) = ([T::default(); MANY], [T::default(); EIGHT], T::default());
    for chunk in chunks {
        for i in 0..MANY {
            partial[i] = partial[i].plus(chunk[i]);
        }
    }
    for eight in eights {
        for i in 0..EIGHT {
            few[i] = few[i].plus(eight[i]);
        }
    }
    for &x in rest {
        last = last.plus(x);
    }
    let halves: [T; 16] = std::array::from_fn(|i| partial[i].plus(partial[i + 16]));
    let quarters: [T; EIGHT] = std::array::from_fn(|i| halves[i].plus(halves[i + 8]).plus(few[i]));
    // Else the compiler keeps all partial sums in the pairs in which they are added here, and the loop above has vectors of two.
    let quarters = std::hint::black_box(quarters);
    let [a, b, c, d]: [T; FEW] = std::array::from_fn(|i| quarters[i].plus(quarters[i + 4]));
    a.plus(c).plus(b.plus(d)).plus(last)
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
            2 => few::<T, 2>(x, out),
            3 => few::<T, 3>(x, out),
            4 => few::<T, 4>(x, out),
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

/// Sums of rows of so few elements that the compiler makes vectors of rows.
#[inline(always)]
fn few<T: Add, const N: usize>(x: &[T], out: &mut [T]) {
    for (out, row) in out.iter_mut().zip(x.as_chunks::<N>().0) {
        *out = row[1..].iter().fold(row[0], |sum, &x| sum.plus(x));
    }
}

/// Sums of rows of a multiple of four elements and `REST` more, four rows side by side.
#[inline(always)]
fn short_rows<T: Add, const REST: usize>(x: &[T], n: usize, out: &mut [T]) {
    let (fours, rest) = out.as_chunks_mut::<4>();
    let (x, last) = x.split_at(fours.len() * 4 * n);
    for (out, rows) in fours.iter_mut().zip(x.chunks_exact(4 * n)) {
        let (ab, cd) = rows.split_at(2 * n);
        let ([a, b], [c, d]) = (ab.split_at(n).into(), cd.split_at(n).into());
        *out = side_by_side::<T, REST, 4>([a, b, c, d]);
    }
    for (out, row) in rest.iter_mut().zip(last.chunks_exact(n)) {
        [*out] = side_by_side::<T, REST, 1>([row]);
    }
}

/// The sums of some rows, each in four partial sums.
#[inline(always)]
fn side_by_side<T: Add, const REST: usize, const R: usize>(rows: [&[T]; R]) -> [T; R] {
    let mut partial = [[T::default(); FEW]; R];
    let mut chunks = [[].as_slice(); R];
    let mut rest = [[].as_slice(); R];
    let count = rows[0].len() / FEW;
    for r in 0..R {
        (chunks[r], rest[r]) = rows[r].as_chunks::<FEW>();
        chunks[r] = &chunks[r][..count];
    }
    for j in 0..count {
        for r in 0..R {
            for i in 0..FEW {
                partial[r][i] = partial[r][i].plus(chunks[r][j][i]);
            }
        }
    }
    let (mut halves, mut sums) = ([[T::default(); FEW / 2]; R], [T::default(); R]);
    for r in 0..R {
        for i in 0..REST {
            partial[r][i] = partial[r][i].plus(rest[r][i]);
        }
        for i in 0..FEW / 2 {
            halves[r][i] = partial[r][i].plus(partial[r][i + FEW / 2]);
        }
    }
    for r in 0..R {
        sums[r] = halves[r][0].plus(halves[r][1]);
    }
    sums
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
