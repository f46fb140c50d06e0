//! Dot products of rows that stand whole cache lines apart, by vectors as long as a line.
//!
//! A vector that crosses two lines is read as two, at half the speed of a second-level cache. So each row is read from the line on
//! that it begins in, without what stands there before it, to the line that it ends in, without what follows. Elements are summed
//! by their place in a line, then halves are added until one number is left: the same bits wherever in a line rows begin.
#![expect(unsafe_code, reason = "instructions that only this processor may have, and lines that arrays have a part of")]
use std::arch::x86_64::{
    __m512, __m512d, _mm256_add_pd, _mm256_add_ps, _mm256_storeu_pd, _mm256_storeu_ps, _mm512_castpd512_pd256,
    _mm512_castps512_ps256, _mm512_extractf32x8_ps, _mm512_extractf64x4_pd, _mm512_fmadd_pd, _mm512_fmadd_ps,
    _mm512_loadu_pd, _mm512_loadu_ps, _mm512_maskz_loadu_pd, _mm512_maskz_loadu_ps, _mm512_setzero_pd,
    _mm512_setzero_ps,
};

use super::set::Isa;
use super::transpose::{sums_of_f32, sums_of_f64};

/// Bytes of a cache line, and of the vectors here.
const LINE: usize = 64;

/// The dot products of rows with x, which has −0 for what stands before a row in its first line, and for what follows it in its
/// last: that adds nothing, not even a sign.
macro_rules! dots {
    (
        $name:ident, $rows:ident, $some:ident, $type:ty, $lanes:literal, $mask:ty, $vector:ty, $sums_of_four:ident,
        $zero:ident, $load:ident, $load_some:ident, $fused:ident, $low:ident, $high:path, $add:ident, $store:ident
    ) => {
        #[inline(always)]
        pub(super) fn $name<I: Isa>(rows: Rows<'_, $type>, x: &[$type], out: &mut [$type]) {
            assert!(I::BYTES == LINE, "a set without these instructions");
            // SAFETY: sets with vectors of 64 bytes exist only where the processor has AVX-512.
            unsafe { $rows::<I>(rows, x, out) };
        }

        #[inline]
        #[target_feature(enable = "avx2,fma,avx512f,avx512vl,avx512dq,avx512bw,avx512cd")]
        fn $rows<I: Isa>(rows: Rows<'_, $type>, x: &[$type], out: &mut [$type]) {
            let Rows { data, stride, lead } = rows;
            let lines = (lead + x.len()).div_ceil($lanes);
            assert!(lead < $lanes && lines > 2, "{} elements after {lead}", x.len());
            let Some(last) = out.len().checked_sub(1) else { return };
            assert!(last * stride + x.len() <= data.len(), "{last} rows after the first");
            let after = lines * $lanes - lead - x.len();
            let mut ends = [[-0.0; $lanes]; 2];
            ends[0][lead..].copy_from_slice(&x[..$lanes - lead]);
            ends[1][..$lanes - after].copy_from_slice(&x[x.len() + after - $lanes..]);
            let middle = x[$lanes - lead..].as_chunks().0;
            let x =
                Weights { ends, middle: &middle[..lines - 2], masks: [<$mask>::MAX << lead, <$mask>::MAX >> after] };
            let line = |row: usize| data.as_ptr().wrapping_add(row.min(last) * stride).wrapping_sub(lead);
            let (eights, rest) = out.as_chunks_mut::<8>();
            let mut row = 0;
            for sums in eights {
                // SAFETY: these rows are inside.
                let halves: [_; 8] = unsafe { $some(std::array::from_fn(|r| line(row + r)), &x) };
                let (fours, sums) = (halves.as_chunks().0, sums.as_chunks_mut().0);
                sums[0] = $sums_of_four::<I>(&fours[0]);
                sums[1] = $sums_of_four::<I>(&fours[1]);
                row += 8;
            }
            for sums in rest.chunks_mut(4) {
                // SAFETY: these rows are inside; of fewer than four the last is read again.
                let halves = unsafe { $some(std::array::from_fn(|r| line(row + r)), &x) };
                sums.copy_from_slice(&$sums_of_four::<I>(&halves)[..sums.len()]);
                row += 4;
            }
        }

        /// The products of some rows, summed by their places in half a line.
        #[inline]
        #[target_feature(enable = "avx2,fma,avx512f,avx512vl,avx512dq,avx512bw,avx512cd")]
        unsafe fn $some<const R: usize>(
            lines: [*const $type; R],
            x: &Weights<'_, $type, $mask, $lanes>,
        ) -> [[$type; $lanes / 2]; R] {
            let &Weights { ends: [first, last], middle, masks: [begin, end] } = x;
            // SAFETY: the caller says that all elements of these lines but for the ends are of an array, and which of the ends are.
            unsafe {
                let x = $load(first.as_ptr());
                let mut sums: [$vector; R] = [$zero(); R];
                for r in 0..R {
                    sums[r] = $fused($load_some(begin, lines[r]), x, sums[r]);
                }
                for (l, x) in (1..).zip(middle) {
                    let x = $load(x.as_ptr());
                    for r in 0..R {
                        sums[r] = $fused($load(lines[r].wrapping_add(l * $lanes)), x, sums[r]);
                    }
                }
                let x = $load(last.as_ptr());
                let mut halves = [[0.0; $lanes / 2]; R];
                for r in 0..R {
                    let a = $load_some(end, lines[r].wrapping_add((middle.len() + 1) * $lanes));
                    sums[r] = $fused(a, x, sums[r]);
                    $store(halves[r].as_mut_ptr(), $add($low(sums[r]), $high(sums[r])));
                }
                halves
            }
        }
    };
}

/// Rows of a matrix.
#[derive(Clone, Copy)]
pub(crate) struct Rows<'a, T> {
    pub(super) data: &'a [T],
    pub(super) stride: usize,
    /// How many elements stand before each in its first line.
    pub(super) lead: usize,
}

/// What rows are multiplied with, line by line, and which elements of the first and the last are theirs.
struct Weights<'a, T, M, const L: usize> {
    ends: [[T; L]; 2],
    middle: &'a [[T; L]],
    masks: [M; 2],
}

dots!(
    of_f64,
    rows_f64,
    some_f64,
    f64,
    8,
    u8,
    __m512d,
    sums_of_f64,
    _mm512_setzero_pd,
    _mm512_loadu_pd,
    _mm512_maskz_loadu_pd,
    _mm512_fmadd_pd,
    _mm512_castpd512_pd256,
    _mm512_extractf64x4_pd::<1>,
    _mm256_add_pd,
    _mm256_storeu_pd
);
dots!(
    of_f32,
    rows_f32,
    some_f32,
    f32,
    16,
    u16,
    __m512,
    sums_of_f32,
    _mm512_setzero_ps,
    _mm512_loadu_ps,
    _mm512_maskz_loadu_ps,
    _mm512_fmadd_ps,
    _mm512_castps512_ps256,
    _mm512_extractf32x8_ps::<1>,
    _mm256_add_ps,
    _mm256_storeu_ps
);
