//! Floating-point numbers as kernels see them: their bits, and constants for each width.
//!
//! The coefficients are near-minimax fits (at Chebyshev nodes, in 200-bit arithmetic), lowest power first.
use std::cell::Cell;

use cinta_graph::Real;

#[cfg(target_arch = "x86_64")]
use super::lines;
use super::number::Number;
use super::set::Isa;
use super::transpose::{self, Square};

thread_local! {
    static SCRATCH_F64: Cell<Vec<f64>> = const { Cell::new(Vec::new()) };
    static SCRATCH_F32: Cell<Vec<f32>> = const { Cell::new(Vec::new()) };
}

/// `f64` or `f32`.
pub(crate) trait Float: Real {
    /// 0.
    const ZERO: Self;
    /// 1.
    const ONE: Self;
    /// 2.
    const TWO: Self;
    /// One half.
    const HALF: Self;
    /// −∞.
    const MINUS_INFINITY: Self;
    /// The smallest number with all its digits.
    const SMALLEST_NORMAL: Self;
    /// 1.5 times the first power of two whose ULP is 1: x + `SHIFT` has the nearest integer to x in its last bits.
    const SHIFT: Self;

    /// 1/log 2.
    const LOG2_E: Self;
    /// log 2, with so few digits that products with any binary exponent are exact.
    const LN2_HI: Self;
    /// The rest of log 2.
    const LN2_LO: Self;
    /// Above this eˣ and sinh x overflow, and 2ⁿ⁻² does not yet for the n nearest to x/log 2.
    const EXP_HIGH: Self;
    /// Below this eˣ is 0, with room.
    const EXP_LOW: Self;
    /// A power of two by which 2ⁿ is a normal number for all n down to `EXP_LOW`/log 2.
    const LIFT: Self;
    /// (eʳ − 1 − r)/r² for |r| ≤ log(2)/2: of eʳ − 1 the relative error is a fifth of a rounding.
    const EXP: &[Self];
    /// (2ʳ − 1)/r for |r| ≤ 1/2.
    const EXP2: &[Self];
    /// (log((1 + s)/(1 − s)) − 2s)/s³ by s², for (1 + s)/(1 − s) from √½ to √2.
    const LOG: &[Self];

    /// This thread's buffer for packed operands, which is kept from call to call, so that calls do not allocate.
    fn take_scratch() -> Vec<Self>;
    /// Gives it back.
    fn put_scratch(scratch: Vec<Self>);
    /// Eight by eight numbers with rows and columns exchanged.
    fn transpose<I: Isa>(from: &Square<Self>) -> Square<Self>;
    /// The sum of each of four rows, which stand one after the other: of four numbers each, or of eight in single precision.
    fn sums_of_four<I: Isa>(rows: &[Self]) -> [Self; 4];
    /// The dot products of rows with x, line by line; see [`lines`].
    #[cfg(target_arch = "x86_64")]
    fn dots<I: Isa>(rows: lines::Rows<'_, Self>, x: &[Self], out: &mut [Self]);
    /// x·2ᵏ for `SHIFT` + k, where that and x are normal numbers.
    fn raised(self, shifted: Self) -> Self;
    /// Whether k is odd, for `SHIFT` + k.
    fn is_odd(shifted: Self) -> bool;
    /// m and k with x = m·2ᵏ and m from √½ to √2, for normal positive numbers.
    fn split(self) -> (Self, Self);
}

impl Float for f64 {
    const ZERO: Self = 0.0;
    const ONE: Self = 1.0;
    const TWO: Self = 2.0;
    const HALF: Self = 0.5;
    const MINUS_INFINITY: Self = Self::NEG_INFINITY;
    const SMALLEST_NORMAL: Self = Self::MIN_POSITIVE;
    const SHIFT: Self = 6_755_399_441_055_744.0;

    const LOG2_E: Self = std::f64::consts::LOG2_E;
    const LN2_HI: Self = 0.693_147_180_559_663;
    const LN2_LO: Self = 2.823_529_056_303_157_7e-13;
    const EXP_HIGH: Self = 710.6;
    const EXP_LOW: Self = -760.0;
    const LIFT: Self = Self::from_bits((1023 + 128) << 52);
    const EXP: &[Self] = &[
        0.500_000_000_000_000_6,
        0.166_666_666_666_666_85,
        0.041_666_666_666_573_62,
        0.008_333_333_333_314_605,
        0.001_388_888_893_237_944_6,
        0.000_198_412_699_029_987_13,
        2.480_150_444_521_806e-5,
        2.755_722_798_509_609_4e-6,
        2.762_632_680_523_746_7e-7,
        2.511_446_252_230_758e-8,
    ];
    const EXP2: &[Self] = &[
        std::f64::consts::LN_2,
        0.240_226_506_959_100_72,
        0.055_504_108_664_821_625,
        0.009_618_129_107_628_48,
        0.001_333_355_814_640_643_6,
        0.000_154_035_303_933_707_15,
        1.525_273_384_160_181_5e-5,
        1.321_548_680_872_785_9e-6,
        1.017_805_706_457_335_9e-7,
        7.054_897_292_691_627e-9,
        4.455_822_025_014_915e-10,
        2.572_934_455_378_675_5e-11,
    ];
    const LOG: &[Self] = &[
        0.666_666_666_666_667,
        0.399_999_999_998_994_44,
        0.285_714_286_260_032_7,
        0.222_222_111_302_598_78,
        0.181_828_894_556_749_47,
        0.153_317_106_182_107_73,
        0.146_165_854_248_886_23,
    ];

    fn take_scratch() -> Vec<Self> {
        SCRATCH_F64.take()
    }

    fn put_scratch(scratch: Vec<Self>) {
        SCRATCH_F64.set(scratch);
    }

    #[inline(always)]
    fn transpose<I: Isa>(from: &Square<Self>) -> Square<Self> {
        transpose::of_f64::<I>(from)
    }

    #[inline(always)]
    fn sums_of_four<I: Isa>(rows: &[Self]) -> [Self; 4] {
        transpose::sums_of_f64::<I>(rows.as_chunks().0.first_chunk().expect("four rows"))
    }

    #[cfg(target_arch = "x86_64")]
    #[inline(always)]
    fn dots<I: Isa>(rows: lines::Rows<'_, Self>, x: &[Self], out: &mut [Self]) {
        lines::of_f64::<I>(rows, x, out);
    }

    #[inline(always)]
    fn raised(self, shifted: Self) -> Self {
        Self::from_bits((shifted.to_bits() << 52).wrapping_add(self.to_bits()))
    }

    #[inline(always)]
    fn is_odd(shifted: Self) -> bool {
        shifted.to_bits() & 1 != 0
    }

    #[inline(always)]
    fn split(self) -> (Self, Self) {
        const ROOT: u64 = std::f64::consts::FRAC_1_SQRT_2.to_bits();
        const BIAS: f64 = 4_503_599_627_370_496.0; // 2⁵²: its last bits are an integer
        let bits = self.to_bits().wrapping_add(1.0_f64.to_bits() - ROOT);
        let exponent = Self::from_bits((bits >> 52) | BIAS.to_bits()) - (BIAS + 1023.0);
        (Self::from_bits((bits & ((1 << 52) - 1)) + ROOT), exponent)
    }
}

impl Float for f32 {
    const ZERO: Self = 0.0;
    const ONE: Self = 1.0;
    const TWO: Self = 2.0;
    const HALF: Self = 0.5;
    const MINUS_INFINITY: Self = Self::NEG_INFINITY;
    const SMALLEST_NORMAL: Self = Self::MIN_POSITIVE;
    const SHIFT: Self = 12_582_912.0;

    const LOG2_E: Self = std::f32::consts::LOG2_E;
    const LN2_HI: Self = 0.693_145_75;
    const LN2_LO: Self = 1.428_606_8e-6;
    const EXP_HIGH: Self = 89.6;
    const EXP_LOW: Self = -110.0;
    const LIFT: Self = Self::from_bits((127 + 64) << 23);
    const EXP: &[Self] = &[0.5, 0.166_665_43, 0.041_666_28, 0.008_366_584, 0.001_394_645_1];
    const EXP2: &[Self] =
        &[std::f32::consts::LN_2, 0.240_226_5, 0.055_503_57, 0.009_618_082, 0.001_339_088_7, 0.000_154_531_82];
    const LOG: &[Self] = &[0.666_666_87, 0.399_887_77, 0.295_800_54];

    fn take_scratch() -> Vec<Self> {
        SCRATCH_F32.take()
    }

    fn put_scratch(scratch: Vec<Self>) {
        SCRATCH_F32.set(scratch);
    }

    #[inline(always)]
    fn transpose<I: Isa>(from: &Square<Self>) -> Square<Self> {
        transpose::of_f32::<I>(from)
    }

    #[inline(always)]
    fn sums_of_four<I: Isa>(rows: &[Self]) -> [Self; 4] {
        transpose::sums_of_f32::<I>(rows.as_chunks().0.first_chunk().expect("four rows"))
    }

    #[cfg(target_arch = "x86_64")]
    #[inline(always)]
    fn dots<I: Isa>(rows: lines::Rows<'_, Self>, x: &[Self], out: &mut [Self]) {
        lines::of_f32::<I>(rows, x, out);
    }

    #[inline(always)]
    fn raised(self, shifted: Self) -> Self {
        Self::from_bits((shifted.to_bits() << 23).wrapping_add(self.to_bits()))
    }

    #[inline(always)]
    fn is_odd(shifted: Self) -> bool {
        shifted.to_bits() & 1 != 0
    }

    #[inline(always)]
    fn split(self) -> (Self, Self) {
        const ROOT: u32 = std::f32::consts::FRAC_1_SQRT_2.to_bits();
        const BIAS: f32 = 8_388_608.0; // 2²³: its last bits are an integer
        let bits = self.to_bits().wrapping_add(1.0_f32.to_bits() - ROOT);
        let exponent = Self::from_bits((bits >> 23) | BIAS.to_bits()) - (BIAS + 127.0);
        (Self::from_bits((bits & ((1 << 23) - 1)) + ROOT), exponent)
    }
}

/// a·b + c, rounded once where that is one instruction and twice where not.
#[inline(always)]
pub(super) fn fused<I: Isa, T: Number>(a: T, b: T, c: T) -> T {
    if I::FMA { a.mul_add(b, c) } else { a * b + c }
}

/// Σ cᵢ xⁱ, odd and even powers apart, which halves the time one step waits for the last.
#[inline(always)]
pub(super) fn polynomial<I: Isa, T: Number>(x: T, c: &[T::Of]) -> T {
    let square = x * x;
    let (mut even, mut odd) = (T::ZERO, T::ZERO);
    for i in (0..c.len()).rev() {
        let sum = if i % 2 == 0 { &mut even } else { &mut odd };
        let c_i = T::known(c[i]);
        *sum = if i + 2 >= c.len() { c_i } else { fused::<I, T>(*sum, square, c_i) };
    }
    if c.len() > 1 { fused::<I, T>(odd, x, even) } else { even }
}

/// [`polynomial`] of a table for each width, the higher half apart, for of long sums the compiler makes no vector code; the first
/// coefficient comes last, which saves a rounding.
#[inline(always)]
pub(super) fn fitted<I: Isa, T: Float>(x: T, double: &[f64], single: &[f64]) -> T {
    let c = if size_of::<T>() == 8 { double } else { single };
    let (low, high) = c[1..].split_at(c.len() / 2);
    let mut power = T::ONE;
    for _ in 0..low.len() {
        power = power * x;
    }
    let rest = fused::<I, T>(power, widened::<I, T>(x, high), widened::<I, T>(x, low));
    fused::<I, T>(rest, x, T::lit(c[0]))
}

/// [`polynomial`] with coefficients in `f64`.
#[inline(always)]
fn widened<I: Isa, T: Float>(x: T, c: &[f64]) -> T {
    let square = x * x;
    let (mut even, mut odd) = (T::ZERO, T::ZERO);
    for i in (0..c.len()).rev() {
        let sum = if i % 2 == 0 { &mut even } else { &mut odd };
        *sum = if i + 2 >= c.len() { T::lit(c[i]) } else { fused::<I, T>(*sum, square, T::lit(c[i])) };
    }
    fused::<I, T>(odd, x, even)
}

/// a·b − p exactly, where p is a·b rounded (without fused multiplication by T. J. Dekker's splitting, 1971).
#[inline(always)]
pub(super) fn product_error<I: Isa, T: Float>(a: T, b: T, p: T) -> T {
    if I::FMA {
        return a.mul_add(b, -p);
    }
    let (a, b, p) = (a.to_f64(), b.to_f64(), p.to_f64());
    if size_of::<T>() < size_of::<f64>() {
        return T::lit(a * b - p); // the product of two `f32`
    }
    let halves = |x: f64| {
        let high = f64::from_bits(x.to_bits() & !((1 << 27) - 1));
        (high, x - high)
    };
    let ((a1, a2), (b1, b2)) = (halves(a), halves(b));
    T::lit(((a1 * b1 - p) + (a1 * b2 + a2 * b1)) + a2 * b2)
}
