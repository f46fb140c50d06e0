//! Kernels of log |Γ| and of its derivatives: digamma ψ, ψ′ and ψ″.
//!
//! Below 1 they are those of x + 1 and what the recurrence adds, log Γ(x) = log Γ(x + 1) − log x. From 1 to 8, log Γ and ψ are their
//! zeros' factors times a polynomial of v = (x − k)/(x + k), which moves the pole at 0 and what lies beyond it as far away as it
//! can; from 8 on, Stirling's series. ψ′ and ψ″ need no such end: with u = (x − 1)/(x + ¾) − ½, x ψ′(x) is one polynomial from 1 to
//! ∞. The tables are near-minimax (at Chebyshev nodes, in 160-bit arithmetic), with errors below 2⁻⁵³ and 2⁻³². Negative arguments,
//! which lie between poles, are left to the operations' own functions. `f32` is computed in `f64`, with shorter polynomials.
use cinta_graph::ops::polygamma::Polygamma;
use cinta_graph::ops::{self, Unary as _};

use super::exponential::clamp;
use super::float::{Float, fitted, fused, polynomial};
use super::logarithm::{near_one, split};
use super::loops::{Map1, Rare1};
use super::set::Isa;

/// Where v is 0: √8, nearly.
const CENTRE: f64 = 2.828_125;

/// The least x for Stirling's series.
const FAR: f64 = 8.0;

/// log Γ(x)/((x − 1)(x − 2)) by v.
const LGAMMA: &[f64] = &[
    0.357_028_997_794_771_4,
    -0.358_057_681_776_192_1,
    0.123_153_087_174_647_79,
    -0.125_927_602_199_959_7,
    0.079_357_868_745_798_99,
    -0.079_957_232_916_080_42,
    0.059_659_647_484_820_74,
    -0.059_592_142_090_264_67,
    0.048_046_099_463_978_68,
    -0.047_777_549_376_022_74,
    0.040_269_422_143_445_935,
    -0.039_960_573_939_489_23,
    0.034_670_366_552_033_68,
    -0.034_371_818_855_002_52,
    0.030_437_988_981_944_986,
    -0.030_210_290_983_328_572,
    0.027_166_136_537_465_246,
    -0.026_539_148_010_854_21,
    0.024_135_579_084_872_485,
    -0.026_692_714_202_727_636,
    0.024_583_055_195_357_83,
    -0.010_541_735_943_113_85,
    0.009_522_107_775_146_676,
    -0.057_407_687_360_161_07,
    0.054_045_094_492_132_75,
    0.055_699_337_711_584_08,
    -0.052_961_682_910_167_17,
    -0.094_905_652_453_299_42,
    0.089_807_708_568_197_88,
];
const LGAMMA_SHORT: &[f64] = &[
    0.357_028_997_794_855_53,
    -0.358_057_683_817_593_34,
    0.123_153_088_986_893_45,
    -0.125_927_269_886_610_52,
    0.079_357_570_284_663_1,
    -0.079_972_756_599_022_45,
    0.059_673_644_980_842_114,
    -0.059_275_758_593_648,
    0.047_760_259_706_034_92,
    -0.051_033_472_438_079_78,
    0.043_214_125_487_166_646,
    -0.022_567_140_712_836_32,
    0.018_933_498_267_344_89,
    -0.078_141_469_369_392_23,
    0.070_014_713_645_251_75,
];
/// ψ(x)/(x − x₀) by v, where ψ(x₀) = 0.
const DIGAMMA: &[f64] = &[
    0.623_876_534_118_417_7,
    -0.830_225_267_199_659_3,
    0.537_087_516_477_690_8,
    -0.537_986_593_141_869,
    0.491_625_282_640_606_5,
    -0.498_387_501_282_161_64,
    0.483_248_931_937_566_2,
    -0.489_032_138_564_314_54,
    0.482_136_358_139_827_25,
    -0.486_311_075_399_480_7,
    0.482_356_985_914_467_9,
    -0.485_318_890_610_712_5,
    0.482_710_490_897_732_1,
    -0.484_864_905_108_468_4,
    0.482_826_583_920_462_35,
    -0.484_449_225_551_630_3,
    0.485_002_338_427_416_25,
    -0.486_249_795_305_091,
    0.466_835_338_203_676_8,
    -0.467_931_244_597_646_8,
    0.588_578_478_167_246_2,
    -0.588_942_453_732_863_1,
    0.011_434_066_373_270_118,
    -0.013_706_400_795_550_236,
    1.918_771_115_954_197_8,
    -1.915_793_146_256_047_1,
    -2.249_553_647_245_433_4,
    2.244_567_974_493_98,
    3.165_639_189_255_934,
    -3.163_923_394_441_535,
];
const DIGAMMA_SHORT: &[f64] = &[
    0.623_876_534_118_307_8,
    -0.830_225_264_532_321_4,
    0.537_087_513_884_792_4,
    -0.537_987_151_833_75,
    0.491_625_833_179_037_74,
    -0.498_353_601_897_870_5,
    0.483_215_370_537_632_6,
    -0.489_947_899_896_338_36,
    0.483_045_232_090_104_64,
    -0.473_347_425_024_065_1,
    0.469_470_462_116_243_8,
    -0.587_426_712_085_144_3,
    0.584_322_936_696_873_3,
    -0.043_615_667_372_199_435,
    0.043_432_329_728_729_87,
    -1.404_714_250_718_848_6,
    1.400_449_983_273_250_9,
];
/// What Stirling’s formula lacks of log Γ(x), times x, by x⁻² for x ≥ 8.
const LGAMMA_SERIES: &[f64] = &[
    0.083_333_333_333_333_3,
    -0.002_777_777_777_606_244,
    0.000_793_650_664_948_825_2,
    -0.000_595_202_595_180_271_2,
    0.000_837_283_451_207_133_6,
    -0.001_652_600_445_559_512_2,
];
/// (log x − 1/(2x) − ψ(x)) x² by x⁻² for x ≥ 8.
const DIGAMMA_SERIES: &[f64] = &[
    0.083_333_333_333_333_33,
    -0.008_333_333_333_278_636,
    0.003_968_253_911_953_708_4,
    -0.004_166_644_823_049_7,
    0.007_571_689_620_283_902,
    -0.020_697_987_372_370_493,
    0.063_621_505_876_343_56,
];
/// x ψ′(x) by u.
const TRIGAMMA: &[f64] = &[
    1.203_320_958_534_559_7,
    -0.569_757_882_310_033,
    0.434_978_806_449_172_2,
    -0.278_795_756_808_642_5,
    0.154_448_216_840_977_07,
    -0.080_972_726_633_341_54,
    0.044_316_967_391_635_126,
    -0.024_710_394_826_523_718,
    0.013_227_941_230_987_219,
    -0.007_192_041_735_234_547_4,
    0.004_022_063_417_535_745,
    -0.002_131_591_940_835_215,
    0.001_169_323_914_385_714_6,
    -0.000_661_864_594_273_139_1,
    0.000_333_798_665_739_527_04,
    -0.000_199_424_494_051_621_93,
    0.000_108_810_014_372_598_19,
    -3.816_183_963_464_463e-5,
    3.878_853_002_864_893_6e-5,
    -2.995_185_287_755_017_8e-5,
    6.569_238_126_891_163_5e-6,
];
const TRIGAMMA_SHORT: &[f64] = &[
    1.203_320_958_360_112_3,
    -0.569_757_882_211_229_1,
    0.434_978_856_638_724_6,
    -0.278_795_785_235_726_1,
    0.154_445_887_013_459_2,
    -0.080_971_406_892_499_46,
    0.044_356_297_409_490_37,
    -0.024_732_677_908_882_724,
    0.012_930_794_094_878_606,
    -0.007_023_638_447_196_685,
    0.005_032_669_320_458_647,
    -0.002_704_497_512_874_213_7,
];
/// −x² ψ″(x) by u.
const TETRAGAMMA: &[f64] = &[
    1.427_154_412_299_215_5,
    -1.237_102_877_268_687_6,
    1.016_496_206_211_166_4,
    -0.626_596_703_702_618_4,
    0.308_074_595_337_514_36,
    -0.152_016_425_595_227_54,
    0.090_701_455_007_996_37,
    -0.051_167_586_124_887_47,
    0.024_996_370_149_478_683,
    -0.014_627_745_595_827_284,
    0.008_475_743_881_318_637,
    -0.003_804_682_710_097_334,
    0.002_522_123_420_042_139_3,
    -0.001_406_493_283_015_912_8,
    0.000_471_452_553_340_689_6,
    -0.000_556_425_098_019_725_3,
    0.000_154_913_042_681_459_48,
    -5.622_205_543_315_231e-5,
    0.000_207_009_083_426_021_3,
    0.000_126_991_692_749_969_11,
    3.858_323_715_887_678e-5,
    -0.000_139_631_492_357_298_55,
    -7.660_707_263_566_709e-5,
];
const TETRAGAMMA_SHORT: &[f64] = &[
    1.427_154_412_299_215_5,
    -1.237_102_875_820_654,
    1.016_496_205_681_680_2,
    -0.626_596_865_438_307_6,
    0.308_074_654_387_079_4,
    -0.152_011_285_572_432_85,
    0.090_699_585_493_393_52,
    -0.051_237_169_133_532_795,
    0.025_021_507_067_137_53,
    -0.014_175_053_190_192_192,
    0.008_314_094_877_355_38,
    -0.005_177_959_896_615_756,
    0.003_002_411_380_699_349_6,
];

/// The positive zero of ψ, in two parts.
const ZERO: (f64, f64) = (1.461_632_144_968_362_2, 9.549_995_429_965_697e-17);

/// ½ log 2π − ½.
const OFFSET: f64 = 0.418_938_533_204_672_7;

/// A polynomial of a number in `f64` with the digits that `T` holds.
#[inline(always)]
fn as_long_as<I: Isa, T>(x: f64, long: &[f64], short: &[f64]) -> f64 {
    let table = if size_of::<T>() < size_of::<f64>() { short } else { long };
    fitted::<I, f64>(x, table, table)
}

/// Where x ≥ 0 lies, and what both functions need of it: 1/x from 8 on, v below.
struct Spot {
    x: f64,
    below_one: bool,
    is_far: bool,
    ratio: f64,
}

impl Spot {
    #[inline(always)]
    fn of(x: f64) -> Self {
        let (below_one, is_far) = (x < 1.0, x >= FAR);
        let y = if below_one { x + 1.0 } else { x };
        let (above, below) = if is_far { (1.0, x) } else { (y - CENTRE, y + CENTRE) };
        Self { x, below_one, is_far, ratio: above / below }
    }
}

/// The logarithm of a number, less 1 if that is a large part of it, by f/(2 + f) of its mantissa 1 + f.
#[inline(always)]
fn log_less<I: Isa>(f: f64, k: f64, s: f64, less: f64) -> f64 {
    let (h, tail) = near_one::<I, f64>(f, s);
    fused::<I, f64>(k, f64::LN2_HI, -less) + (f - (h - fused::<I, f64>(k, f64::LN2_LO, tail)))
}

#[inline(always)]
fn is_negative<T: Float>(x: T) -> bool {
    x < T::ZERO
}

fn own_lgamma<T: Float>(x: T) -> T {
    ops::lgamma::Lgamma.f(x)
}

fn own_polygamma<T: Float, const N: u16>(x: T) -> T {
    Polygamma { n: N }.f(x)
}

/// log |Γ(x)|; within 4 ULP.
pub(super) struct Lgamma;

impl<T: Float> Map1<T> for Lgamma {
    const SCALAR: Rare1<T> = Some((is_negative, own_lgamma));

    #[inline(always)]
    fn at<I: Isa>(x: T) -> T {
        let Spot { x, below_one, is_far, ratio } = Spot::of(x.to_f64());
        let (m, k) = split(x);
        let f = m - 1.0;
        let log = log_less::<I>(f, k, f / (2.0 + f), if is_far { 1.0 } else { 0.0 });
        let series = ratio * polynomial::<I, f64>(ratio * ratio, LGAMMA_SERIES);
        let far = fused::<I, f64>(x - 0.5, log, OFFSET + series);
        let (first, second) = if below_one { (x, x - 1.0) } else { (x - 1.0, x - 2.0) };
        // With 0, so that no zero is negative.
        let near = fused::<I, f64>(first * second, as_long_as::<I, T>(ratio, LGAMMA, LGAMMA_SHORT), 0.0);
        let y = if below_one { near - log } else { near };
        let y = if is_far { far } else { y };
        T::lit(if x == 0.0 { f64::INFINITY } else { y })
    }
}

/// ψ(x); within 4 ULP.
pub(super) struct Digamma;

impl<T: Float> Map1<T> for Digamma {
    const SCALAR: Rare1<T> = Some((is_negative, own_polygamma::<T, 0>));

    #[inline(always)]
    fn at<I: Isa>(x: T) -> T {
        let Spot { x, below_one, is_far, ratio } = Spot::of(x.to_f64());
        let (m, k) = split(x);
        let f = m - 1.0;
        let (above, below) = if below_one { (1.0, x) } else { (f, 2.0 + f) };
        let quotient = above / below;
        let square = ratio * ratio;
        let series = fused::<I, f64>(square, polynomial::<I, f64>(square, DIGAMMA_SERIES), 0.5 * ratio);
        let far = log_less::<I>(f, k, quotient, 0.0) - series;
        let away = if below_one { x - (ZERO.0 - 1.0) } else { x - ZERO.0 } - ZERO.1;
        let near = away * as_long_as::<I, T>(ratio, DIGAMMA, DIGAMMA_SHORT);
        let y = if below_one { near - quotient } else { near };
        let y = if is_far { far } else { y };
        T::lit(if x == f64::INFINITY { x } else { y })
    }
}

/// 1/x below 1, the number x or x + 1 that is at least 1, and u of that.
#[inline(always)]
fn spot_of_slope(x: f64) -> (f64, f64, f64) {
    let below_one = x < 1.0;
    let y = if below_one { x + 1.0 } else { x };
    // From here on u is the same.
    let bounded = clamp(y, 1.0, 1e20);
    let u = (bounded - 1.0) / (bounded + 0.75) - 0.5;
    (if below_one { 1.0 / x } else { 0.0 }, y, u)
}

/// ψ′(x); within 4 ULP.
pub(super) struct Trigamma;

impl<T: Float> Map1<T> for Trigamma {
    const SCALAR: Rare1<T> = Some((is_negative, own_polygamma::<T, 1>));

    #[inline(always)]
    fn at<I: Isa>(x: T) -> T {
        let (first, y, u) = spot_of_slope(x.to_f64());
        T::lit(fused::<I, f64>(first, first, as_long_as::<I, T>(u, TRIGAMMA, TRIGAMMA_SHORT) / y))
    }
}

/// ψ″(x); within 4 ULP.
pub(super) struct Tetragamma;

impl<T: Float> Map1<T> for Tetragamma {
    const SCALAR: Rare1<T> = Some((is_negative, own_polygamma::<T, 2>));

    #[inline(always)]
    fn at<I: Isa>(x: T) -> T {
        let (first, y, u) = spot_of_slope(x.to_f64());
        let rest = as_long_as::<I, T>(u, TETRAGAMMA, TETRAGAMMA_SHORT) / y / y;
        T::lit(-fused::<I, f64>(2.0 * first * first, first, rest))
    }
}
