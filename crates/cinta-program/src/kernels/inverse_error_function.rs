//! Kernels of the inverse of the error function and of its slope. `f32` is computed in `f64`.
//!
//! In the middle both are functions of w = −log(1 − x²), of which nothing nearer than ±2πi is singular, and at the ends of
//! r = √−log(1 − |x|), which |erf⁻¹ x| differs little from; of each kind a quotient of polynomials that agrees with the
//! function at the zeros of a Chebyshev polynomial, to 8·10⁻¹⁷ or better.
use super::float::{Float, fused};
use super::logarithm::Log;
use super::loops::Map1;
use super::set::Isa;
use super::staged::{First, Staged, in_steps};

/// The slope at 0, √π/2.
const AT_ZERO: f64 = 0.886_226_925_452_758;

/// 1 − x² where the middle ends, at w = 5.3.
const END: f64 = 0.004_991_593_906_910_217;

/// A quotient of polynomials: numerator and denominator.
type Quotient = [[f64; 9]; 2];

/// (erf⁻¹ x/x − √π/2)/w by w.
const MIDDLE: Quotient = [
    [
        0.232_013_666_534_654_44,
        0.043_459_860_684_650_11,
        0.012_787_312_983_212_997,
        0.001_712_015_801_898_926_7,
        0.000_212_947_614_645_462_68,
        1.794_089_193_748_616e-5,
        1.017_180_092_689_112_7e-6,
        3.316_970_358_082_112_6e-8,
        0.0,
    ],
    [
        1.0,
        0.137_537_237_021_369_72,
        0.058_332_555_291_656_73,
        0.006_411_345_989_827_763,
        0.001_060_767_318_370_591_8,
        8.490_518_430_421_978e-5,
        5.819_836_919_752_525e-6,
        2.582_698_232_465_322e-7,
        2.102_865_093_069_184_2e-9,
    ],
];

/// erf⁻¹ |x| − r by r.
const ENDS: Quotient = [
    [
        0.000_604_767_101_823_315,
        -0.999_459_410_151_943,
        -1.286_836_600_607_543_8,
        -2.064_265_137_402_262,
        -1.241_185_347_098_298_8,
        -0.190_334_971_229_013_55,
        -0.007_679_017_267_574_768,
        -5.666_314_893_511_811e-5,
        0.0,
    ],
    [
        1.0,
        2.147_370_120_723_484,
        4.094_656_005_574_838,
        4.093_742_834_516_178,
        3.402_585_544_997_436_7,
        1.084_114_312_462_503,
        0.110_138_470_007_028_77,
        0.003_161_460_510_716_98,
        1.576_744_889_180_001e-5,
    ],
];

/// ((1 − x²) times the slope − √π/2)/w by w.
const MIDDLE_OF_SLOPE: Quotient = [
    [
        -0.190_185_925_848_794_46,
        -0.051_813_670_692_434_17,
        -0.012_957_715_058_754_125,
        -0.002_171_731_955_577_721,
        -0.000_254_194_582_131_524_75,
        -2.442_779_663_446_882e-5,
        -1.397_195_651_010_363e-6,
        -5.089_017_866_998_024e-8,
        0.0,
    ],
    [
        1.0,
        0.466_104_471_954_074_84,
        0.130_252_347_786_193_82,
        0.026_600_068_500_504_864,
        0.003_989_304_571_275_688,
        0.000_449_673_486_218_129_77,
        3.739_124_633_519_671_5e-5,
        2.097_574_133_577_283_6e-6,
        6.135_835_483_588_201e-8,
    ],
];

/// (1 − |x|) r times the slope, less ½, by r.
const ENDS_OF_SLOPE: Quotient = [
    [
        -0.506_581_153_167_269_5,
        -0.086_892_678_072_683_47,
        0.162_341_988_540_978_4,
        0.183_720_318_335_931_83,
        0.091_732_292_374_008_3,
        0.010_046_157_464_163_17,
        0.000_221_101_019_704_080_62,
        2.131_350_714_450_940_6e-7,
        0.0,
    ],
    [
        1.0,
        2.046_138_975_542_455_7,
        2.968_747_054_163_815_2,
        3.732_631_404_097_961,
        2.220_609_322_636_567,
        1.035_613_602_874_322,
        0.212_634_809_585_506_46,
        0.013_302_973_041_967_411,
        0.000_180_050_205_015_751_46,
    ],
];

/// For both: w or r.
pub(super) struct OfLogarithm;

/// 1 − x².
#[inline(always)]
fn complement<I: Isa>(x: f64) -> f64 {
    if I::FMA { fused::<I, f64>(-x, x, 1.0) } else { (1.0 - x) * (1.0 + x) }
}

impl<T: Float> First<T> for OfLogarithm {
    type Parts = [f64; 1];

    #[inline(always)]
    fn reduced<I: Isa>(x: T) -> [f64; 1] {
        let x = x.to_f64();
        let square = complement::<I>(x);
        [-Log::at::<I>(if square >= END { square } else { 1.0 - x.abs() })]
    }

    #[inline(always)]
    fn expanded<I: Isa>(x: T, [w]: [f64; 1]) -> [f64; 1] {
        [if complement::<I>(x.to_f64()) >= END { w } else { w.sqrt() }]
    }
}

/// A function's quotients.
trait Quotients {
    const MIDDLE: Quotient;
    const ENDS: Quotient;
}

impl Quotients for Erfinv {
    const MIDDLE: Quotient = MIDDLE;
    const ENDS: Quotient = ENDS;
}

impl Quotients for ErfinvSlope {
    const MIDDLE: Quotient = MIDDLE_OF_SLOPE;
    const ENDS: Quotient = ENDS_OF_SLOPE;
}

/// The one quotient or the other. Its coefficients are constants one by one, for others the compiler looks up by address.
#[inline(always)]
fn quotient<I: Isa, Q: Quotients>(middle: bool, t: f64) -> f64 {
    macro_rules! horner {
        ($part:literal: $most:literal $($k:literal)*) => {{
            let value = if middle { const { Q::MIDDLE[$part][$most] } } else { const { Q::ENDS[$part][$most] } };
            $(
                let next = if middle { const { Q::MIDDLE[$part][$k] } } else { const { Q::ENDS[$part][$k] } };
                let value = fused::<I, f64>(value, t, next);
            )*
            value
        }};
    }
    horner!(0: 8 7 6 5 4 3 2 1 0) / horner!(1: 8 7 6 5 4 3 2 1 0)
}

/// erf⁻¹ x; within 4 ULP.
pub(super) struct Erfinv;

impl<T: Float> Staged<T> for Erfinv {
    type First = OfLogarithm;

    #[inline(always)]
    fn last<I: Isa>(x: T, [t]: [f64; 1]) -> T {
        let wide = x.to_f64();
        let middle = complement::<I>(wide) >= END;
        let rest = quotient::<I, Self>(middle, t);
        let y = if middle { wide * fused::<I, f64>(t, rest, AT_ZERO) } else { (t + rest).copysign(wide) };
        T::lit(if wide.abs() == 1.0 { wide * f64::INFINITY } else { y })
    }
}

/// Its slope, √π/2 e^(y²) with y = erf⁻¹ x; within 6 ULP.
pub(super) struct ErfinvSlope;

impl<T: Float> Staged<T> for ErfinvSlope {
    type First = OfLogarithm;

    #[inline(always)]
    fn last<I: Isa>(x: T, [t]: [f64; 1]) -> T {
        let wide = x.to_f64();
        let square = complement::<I>(wide);
        let middle = square >= END;
        let rest = quotient::<I, Self>(middle, t);
        let (above, below) =
            if middle { (fused::<I, f64>(t, rest, AT_ZERO), square) } else { (0.5 + rest, (1.0 - wide.abs()) * t) };
        T::lit(if wide.abs() == 1.0 { f64::INFINITY } else { above / below })
    }
}

in_steps!(Erfinv, ErfinvSlope);
