//! What vectors do across their lanes: eight by eight numbers with rows and columns exchanged, and the sums of four vectors.
use super::set::Isa;

/// Eight rows of eight numbers.
pub(super) type Square<T> = [[T; 8]; 8];

/// The transpose, one number at a time.
#[inline(always)]
pub(super) fn plain<T: Copy>(from: &Square<T>) -> Square<T> {
    let mut to = *from;
    for i in 0..8 {
        for j in 0..8 {
            to[i][j] = from[j][i];
        }
    }
    to
}

/// The transpose of `f32`.
#[inline(always)]
pub(super) fn of_f32<I: Isa>(from: &Square<f32>) -> Square<f32> {
    #[cfg(target_arch = "x86_64")]
    if I::BYTES >= 32 {
        return x86::of_f32::<I>(from);
    }
    plain(from)
}

/// The transpose of `f64`.
#[inline(always)]
pub(super) fn of_f64<I: Isa>(from: &Square<f64>) -> Square<f64> {
    #[cfg(target_arch = "x86_64")]
    if I::BYTES >= 32 {
        return x86::of_f64::<I>(from);
    }
    plain(from)
}

/// The sum of a row, the second half added to the first until one number is left: the same bits for a row that begins elsewhere
/// and goes on with its beginning.
#[inline(always)]
pub(super) fn sum<T: Copy + std::ops::Add<Output = T>, const W: usize>(mut row: [T; W]) -> T {
    let mut width = W;
    while width > 1 {
        width /= 2;
        for i in 0..width {
            row[i] = row[i] + row[i + width];
        }
    }
    row[0]
}

/// The sum of each of four rows.
#[inline(always)]
pub(super) fn sums_of_f64<I: Isa>(rows: &[[f64; 4]; 4]) -> [f64; 4] {
    #[cfg(target_arch = "x86_64")]
    if I::BYTES >= 32 {
        return x86::sums_of_f64::<I>(rows);
    }
    rows.map(sum)
}

/// The sum of each of four rows.
#[inline(always)]
pub(super) fn sums_of_f32<I: Isa>(rows: &[[f32; 8]; 4]) -> [f32; 4] {
    #[cfg(target_arch = "x86_64")]
    if I::BYTES >= 32 {
        return x86::sums_of_f32::<I>(rows);
    }
    rows.map(sum)
}

/// The same with shuffles of vectors, which the compiler does not find by itself.
#[cfg(target_arch = "x86_64")]
#[expect(unsafe_code, reason = "instructions that only this processor may have")]
mod x86 {
    use std::arch::x86_64::{
        __m256, __m256d, _mm_movelh_ps, _mm_storeu_ps, _mm256_add_pd, _mm256_add_ps, _mm256_castps256_ps128,
        _mm256_extractf128_ps, _mm256_hadd_pd, _mm256_hadd_ps, _mm256_loadu_pd, _mm256_loadu_ps,
        _mm256_permute2f128_pd, _mm256_permute2f128_ps, _mm256_shuffle_ps, _mm256_storeu_pd, _mm256_storeu_ps,
        _mm256_unpackhi_pd, _mm256_unpackhi_ps, _mm256_unpacklo_pd, _mm256_unpacklo_ps,
    };

    use super::{Isa, Square};

    #[inline(always)]
    pub(super) fn of_f32<I: Isa>(from: &Square<f32>) -> Square<f32> {
        assert!(I::BYTES >= 32, "a set without these instructions");
        // SAFETY: a set with vectors of 32 bytes exists only where the processor has AVX2.
        unsafe { transpose_f32(from) }
    }

    #[inline(always)]
    pub(super) fn of_f64<I: Isa>(from: &Square<f64>) -> Square<f64> {
        assert!(I::BYTES >= 32, "a set without these instructions");
        // SAFETY: as for `of_f32`.
        unsafe { transpose_f64(from) }
    }

    #[inline(always)]
    pub(super) fn sums_of_f64<I: Isa>(rows: &[[f64; 4]; 4]) -> [f64; 4] {
        assert!(I::BYTES >= 32, "a set without these instructions");
        // SAFETY: as for `of_f32`.
        unsafe { sum_f64(rows) }
    }

    #[inline(always)]
    pub(super) fn sums_of_f32<I: Isa>(rows: &[[f32; 8]; 4]) -> [f32; 4] {
        assert!(I::BYTES >= 32, "a set without these instructions");
        // SAFETY: as for `of_f32`.
        unsafe { sum_f32(rows) }
    }

    #[inline]
    #[target_feature(enable = "avx2")]
    fn sum_f64(rows: &[[f64; 4]; 4]) -> [f64; 4] {
        // SAFETY: each row has four numbers.
        let [a, b, c, d] = rows.each_ref().map(|row| unsafe { _mm256_loadu_pd(row.as_ptr()) });
        let halves = |a, b| _mm256_add_pd(_mm256_permute2f128_pd::<0x20>(a, b), _mm256_permute2f128_pd::<0x31>(a, b));
        let mut sums = [0.0; 4];
        // SAFETY: four numbers are written.
        unsafe { _mm256_storeu_pd(sums.as_mut_ptr(), _mm256_hadd_pd(halves(a, c), halves(b, d))) };
        sums
    }

    #[inline]
    #[target_feature(enable = "avx2")]
    fn sum_f32(rows: &[[f32; 8]; 4]) -> [f32; 4] {
        // SAFETY: each row has eight numbers.
        let [a, b, c, d] = rows.each_ref().map(|row| unsafe { _mm256_loadu_ps(row.as_ptr()) });
        let halves = |a, b| _mm256_add_ps(_mm256_permute2f128_ps::<0x20>(a, b), _mm256_permute2f128_ps::<0x31>(a, b));
        let (ac, bd) = (halves(a, c), halves(b, d));
        let quarters = _mm256_add_ps(_mm256_shuffle_ps::<0x44>(ac, bd), _mm256_shuffle_ps::<0xee>(ac, bd));
        let all = _mm256_hadd_ps(quarters, quarters);
        let mut sums = [0.0; 4];
        let (low, high) = (_mm256_castps256_ps128(all), _mm256_extractf128_ps::<1>(all));
        // SAFETY: four numbers are written.
        unsafe { _mm_storeu_ps(sums.as_mut_ptr(), _mm_movelh_ps(low, high)) };
        sums
    }

    /// Pairs of rows, then of pairs, then of halves.
    #[inline]
    #[target_feature(enable = "avx2")]
    fn transpose_f32(from: &Square<f32>) -> Square<f32> {
        // SAFETY: each row has eight numbers.
        let x: [__m256; 8] = std::array::from_fn(|i| unsafe { _mm256_loadu_ps(from[i].as_ptr()) });
        let pairs = [0, 2, 4, 6].map(|i| [_mm256_unpacklo_ps(x[i], x[i + 1]), _mm256_unpackhi_ps(x[i], x[i + 1])]);
        let fours = [0, 2].map(|i| {
            let ([a, b], [c, d]) = (pairs[i], pairs[i + 1]);
            [
                _mm256_shuffle_ps::<0x44>(a, c),
                _mm256_shuffle_ps::<0xEE>(a, c),
                _mm256_shuffle_ps::<0x44>(b, d),
                _mm256_shuffle_ps::<0xEE>(b, d),
            ]
        });
        let mut to = [[0.0; 8]; 8];
        for i in 0..4 {
            let (low, high) = (fours[0][i], fours[1][i]);
            // SAFETY: as above.
            unsafe {
                _mm256_storeu_ps(to[i].as_mut_ptr(), _mm256_permute2f128_ps::<0x20>(low, high));
                _mm256_storeu_ps(to[i + 4].as_mut_ptr(), _mm256_permute2f128_ps::<0x31>(low, high));
            }
        }
        to
    }

    /// Four squares of four by four.
    #[inline]
    #[target_feature(enable = "avx2")]
    fn transpose_f64(from: &Square<f64>) -> Square<f64> {
        let mut to = [[0.0; 8]; 8];
        for row in [0, 4] {
            for column in [0, 4] {
                // SAFETY: four numbers stand from column 0 and from column 4.
                let x: [__m256d; 4] =
                    std::array::from_fn(|i| unsafe { _mm256_loadu_pd(from[row + i][column..].as_ptr()) });
                let (a, b) = (_mm256_unpacklo_pd(x[0], x[1]), _mm256_unpackhi_pd(x[0], x[1]));
                let (c, d) = (_mm256_unpacklo_pd(x[2], x[3]), _mm256_unpackhi_pd(x[2], x[3]));
                let columns = [
                    _mm256_permute2f128_pd::<0x20>(a, c),
                    _mm256_permute2f128_pd::<0x20>(b, d),
                    _mm256_permute2f128_pd::<0x31>(a, c),
                    _mm256_permute2f128_pd::<0x31>(b, d),
                ];
                for (i, x) in columns.into_iter().enumerate() {
                    // SAFETY: as above.
                    unsafe { _mm256_storeu_pd(to[column + i][row..].as_mut_ptr(), x) }
                }
            }
        }
        to
    }
}

#[cfg(test)]
mod tests {
    use super::super::float::Float;
    use super::super::set::{KernelSet, Task};
    use super::*;

    struct Transpose<T>(Square<T>);

    impl<T: Float> Task for Transpose<T> {
        type Output = Square<T>;

        fn run<I: Isa>(self) -> Square<T> {
            T::transpose::<I>(&self.0)
        }
    }

    fn exchanges_rows_and_columns<T: Float>() {
        let from: Square<T> = std::array::from_fn(|i| std::array::from_fn(|j| T::lit((10 * i + j) as f64)));
        for set in KernelSet::available() {
            let to = set.run(Transpose(from));
            assert!((0..64).all(|at| to[at / 8][at % 8] == from[at % 8][at / 8]), "{}", set.name());
        }
    }

    #[test]
    fn rows_become_columns() {
        exchanges_rows_and_columns::<f64>();
        exchanges_rows_and_columns::<f32>();
    }
}
