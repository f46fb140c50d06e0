//! Kernels of the normal distribution: its distribution function, Mills' ratio, and gelu, which is made of them.
//!
//! With the density φ and Mills' ratio m(z) = (1 − Φ(z))/φ(z), Φ(−z) = φ(z) m(z) for z ≥ 0 keeps its digits to the end of
//! the tail. (z + 3/2) m(z) is a polynomial of t = z/(z + 11/2), which takes z from 0 to ∞ to 0 to 1: near-minimax (at Chebyshev nodes, in
//! 250-bit arithmetic) like the tables of `float.rs`, with errors below 2⁻⁵⁶ and 2⁻³⁰.
use super::error_function::gaussian;
use super::exponential::{Scaled, clamp, exp_parts};
use super::float::{Float, fitted, fused, product_error};
use super::logarithm::{near_one, split};
use super::loops::Map1;
use super::set::Isa;

/// (z + 3/2) m(z) by t − ½.
const MILLS: &[f64] = &[
    1.234_260_900_299_719,
    -0.775_325_377_077_749_4,
    0.919_195_847_876_345_7,
    -0.778_344_540_788_872,
    0.207_496_934_227_622_44,
    0.755_219_584_380_334_7,
    -1.795_719_971_266_625_6,
    2.418_781_414_010_091_6,
    -2.251_373_740_900_761_7,
    1.360_299_191_134_387_6,
    -0.278_436_034_012_232_66,
    -0.372_505_612_493_426_06,
    0.373_251_080_396_151_7,
    -0.036_487_613_320_959_51,
    -0.169_250_278_996_331_38,
    0.090_810_806_102_976_29,
    0.060_115_620_213_383_69,
    -0.068_866_436_279_155_7,
    -0.018_823_467_462_687_767,
    0.043_405_153_104_384_98,
    0.005_217_566_053_046_046,
    -0.023_230_838_390_689_88,
    -0.001_056_670_543_132_028_3,
    0.007_689_884_649_860_540_5,
];
const MILLS_SHORT: &[f64] = &[
    1.234_260_900_299_719,
    -0.775_325_388_833_243_8,
    0.919_195_946_491_715_5,
    -0.778_343_262_269_240_3,
    0.207_485_853_065_856_2,
    0.755_181_751_794_279_3,
    -1.795_362_463_229_804_2,
    2.419_219_036_587_442_4,
    -2.256_352_075_241_901_3,
    1.358_438_107_473_747_7,
    -0.244_298_391_550_215_13,
    -0.374_332_280_089_671_45,
    0.257_386_137_538_494_54,
];

/// (z + 3/2)² (1 − z m(z)) by t − ½.
const FALL: &[f64] = &[
    1.480_955_338_460_821,
    -1.571_720_564_929_352_6,
    1.599_667_643_232_591_6,
    -0.342_246_757_177_675_44,
    -2.465_834_747_108_148_8,
    5.816_884_589_729_119,
    -7.375_203_677_445_706,
    4.931_355_573_977_167,
    1.254_932_235_985_287_5,
    -7.513_753_407_854_240_5,
    9.169_736_882_365_491,
    -4.940_154_174_572_156,
    -1.234_278_694_237_306_7,
    3.845_558_710_551_590_5,
    -1.594_335_525_644_563_3,
    -1.567_045_676_603_134_2,
    1.689_272_780_297_605_7,
    0.418_859_953_702_713_3,
    -1.244_468_048_734_790_8,
    -0.007_922_744_206_171_63,
    0.856_872_105_690_868_5,
    -0.086_875_518_527_963_12,
    -0.570_737_663_897_101_8,
    0.067_151_839_263_412_67,
    0.323_384_941_120_230_75,
    -0.023_129_175_171_076_957,
    -0.108_161_195_645_925_07,
];
const FALL_SHORT: &[f64] = &[
    1.480_955_338_460_821,
    -1.571_720_631_620_110_4,
    1.599_667_691_695_928,
    -0.342_236_776_837_527_3,
    -2.465_842_022_110_613,
    5.816_451_187_075_217,
    -7.374_885_358_230_992,
    4.939_687_708_731_004,
    1.248_729_218_240_571_1,
    -7.596_506_445_328_439,
    9.232_782_624_068_946,
    -4.494_722_268_867_176,
    -1.587_940_458_592_936_9,
    2.589_658_375_761_424,
    -0.509_689_330_672_212_2,
];

const SHIFT: f64 = 1.5;
const CENTRE: f64 = 5.5;
/// √(2π) and its reciprocal, with what rounding takes away from that.
const ROOT_OF_2_PI: f64 = 2.506_628_274_631_000_7;
const DENSITY: f64 = 0.398_942_280_401_432_7;
const DENSITY_REST: f64 = -2.492_327_202_277_73e-17;

/// t − ½ for z ≥ 0.
#[inline(always)]
fn variable<T: Float>(z: T) -> T {
    // From here on it is the same.
    let z = clamp(z, T::ZERO, T::lit(1e20));
    z / (z + T::lit(CENTRE)) - T::HALF
}

/// The two sides of a fraction that is m(z).
#[inline(always)]
fn mills<I: Isa, T: Float>(z: T) -> (T, T) {
    (fitted::<I, T>(variable(z), MILLS, MILLS_SHORT), z + T::lit(SHIFT))
}

/// The two sides of a fraction that is √(2/π) m(√2 x) = e^x² erfc x.
#[inline(always)]
pub(super) fn mills_of_root<I: Isa, T: Float>(x: T) -> (T, T) {
    const ROOT_OF_PI: f64 = 1.772_453_850_905_516;
    let x_max = clamp(x, T::ZERO, T::lit(1e20));
    let t = x_max / (x_max + T::lit(CENTRE / std::f64::consts::SQRT_2)) - T::HALF;
    let below = fused::<I, T>(x, T::lit(ROOT_OF_PI), T::lit(ROOT_OF_PI * SHIFT / std::f64::consts::SQRT_2));
    (fitted::<I, T>(t, MILLS, MILLS_SHORT), below)
}

/// Of x = ∓z: z as far as φ(z) is not 0, √(2π) φ(z), and the two sides of a fraction that is m(z)/√(2π).
struct Tail<T> {
    z: T,
    bell: Scaled<T>,
    above: T,
    below: T,
}

#[inline(always)]
fn tail<I: Isa, T: Float>(x: T) -> Tail<T> {
    let z = clamp(x.abs(), T::ZERO, (-T::TWO * T::EXP_LOW).sqrt());
    let above = fitted::<I, T>(variable(z), MILLS, MILLS_SHORT);
    let below = fused::<I, T>(z, T::lit(ROOT_OF_2_PI), T::lit(SHIFT * ROOT_OF_2_PI));
    Tail { z, bell: gaussian::<I, T>(z, T::HALF), above, below }
}

/// Φ(x); within 3 ULP.
pub(super) struct NormalCdf;

impl<T: Float> Map1<T> for NormalCdf {
    #[inline(always)]
    fn at<I: Isa>(x: T) -> T {
        let Tail { bell, above, below, .. } = tail::<I, T>(x);
        let y = bell.times(above / below);
        if x > T::ZERO { T::ONE - y } else { y }
    }
}

/// x Φ(x); within 4 ULP.
pub(super) struct Gelu;

impl<T: Float> Map1<T> for Gelu {
    #[inline(always)]
    fn at<I: Isa>(x: T) -> T {
        let Tail { z, bell, above, below } = tail::<I, T>(x);
        let ratio = above / below;
        let right = x * (T::ONE - bell.times(ratio));
        if x > T::ZERO { right } else { bell.times(ratio * z).copysign(x) }
    }
}

/// Φ(x) + x φ(x): φ(z) (m(z) − z) for x = −z and 1 less that for x = z; within 4 ULP.
pub(super) struct GeluSlope;

impl<T: Float> Map1<T> for GeluSlope {
    #[inline(always)]
    fn at<I: Isa>(x: T) -> T {
        let Tail { z, bell, above, below } = tail::<I, T>(x);
        let high = T::lit(DENSITY);
        let low = T::lit((DENSITY - high.to_f64()) + DENSITY_REST);
        let y = bell.times(fused::<I, T>(z, -low, fused::<I, T>(z, -high, above / below)));
        if x > T::ZERO { T::ONE - y } else { y }
    }
}

/// log Φ(x): the logarithm of m(z)/√(2π) less z²/2 for x = −z, and log(1 − Φ(−z)) for x = z; within 3 ULP.
pub(super) struct LogNormalCdf;

impl<T: Float> Map1<T> for LogNormalCdf {
    #[inline(always)]
    fn at<I: Isa>(x: T) -> T {
        let (z, left) = (x.abs(), x < T::ZERO);
        let (above, below) = mills::<I, T>(z);
        let ratio = above / (below * T::lit(ROOT_OF_2_PI));
        let right = gaussian::<I, T>(z, T::HALF).times(ratio);
        let rest = T::ONE - right;
        let (m, k) = split(if left { ratio } else { rest });
        // Near 1, the small part itself is f.
        let near = !left && k == T::ZERO;
        let f = if near { -right } else { m - T::ONE };
        // What was lost in 1 − Φ, between ½ and √½, by the reciprocal, roughly.
        let lost = ((T::ONE - rest) - right) * fused::<I, T>(rest, T::lit(-2.8), T::lit(3.4));
        let lost = if left || near { T::ZERO } else { lost };
        let (h, tail) = near_one::<I, T>(f, f / (T::TWO + f));
        let low = fused::<I, T>(k, T::LN2_LO, tail + lost);
        let log = fused::<I, T>(k, T::LN2_HI, f - (h - low));
        // Zeros too are negative.
        -(if left { log - T::HALF * z * z } else { log }).abs()
    }
}

/// Of x: √(2π) e^(x²/2) for x > 0, else 0.
#[inline(always)]
fn rise<I: Isa, T: Float>(x: T) -> T {
    let z = clamp(x, T::ZERO, (T::TWO * T::EXP_HIGH).sqrt());
    let square = z * z;
    let y = exp_parts::<I, T>(T::HALF * square, T::HALF * product_error::<I, T>(z, z, square));
    if x > T::ZERO { y * T::lit(ROOT_OF_2_PI) } else { T::ZERO }
}

/// Φ(x)/φ(x), which is m(z) for x = −z and √(2π) e^(z²/2) − m(z) for x = z; within 4 ULP.
pub(super) struct Mills;

impl<T: Float> Map1<T> for Mills {
    #[inline(always)]
    fn at<I: Isa>(x: T) -> T {
        let (above, below) = mills::<I, T>(x.abs());
        let m = above / below;
        if x > T::ZERO { rise::<I, T>(x) - m } else { m }
    }
}

/// The slope of Φ/φ: 1 − z m(z) for x = −z, and √(2π) z e^(z²/2) more for x = z; within 4 ULP.
pub(super) struct MillsSlope;

impl<T: Float> Map1<T> for MillsSlope {
    #[inline(always)]
    fn at<I: Isa>(x: T) -> T {
        let z = x.abs();
        let below = z + T::lit(SHIFT);
        let fall = fitted::<I, T>(variable(z), FALL, FALL_SHORT) / below / below;
        if x > T::ZERO { fused::<I, T>(rise::<I, T>(x), x, fall) } else { fall }
    }
}
