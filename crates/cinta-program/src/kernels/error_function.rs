//! Kernels of the error function and of e^−x².
use super::exponential::{Scaled, clamp, exp_parts_expanded, exp_parts_reduced, scaled};
use super::float::{Float, fitted, fused, polynomial, product_error};
use super::loops::Map1;
use super::normal::mills_of_root;
use super::set::Isa;
use super::staged::{First, Staged, in_steps};

/// erf(x)/x − 1 by x² for |x| ≤ 1.25.
const SMALL: &[f64] = &[
    0.128_379_167_095_512_6,
    -0.376_126_389_031_837_5,
    0.112_837_916_709_548_79,
    -0.026_866_170_645_076_792,
    0.005_223_977_624_818_014_5,
    -0.000_854_832_698_083_379,
    0.000_120_553_311_116_427_1,
    -1.492_559_526_683_118_2e-5,
    1.646_100_048_412_136_8e-6,
    -1.635_031_270_105_469_5e-7,
    1.465_977_527_404_743_6e-8,
    -1.137_284_885_679_167_4e-9,
    5.957_176_147_748_911e-11,
];

/// erfc(x)/(t e^−x²) by t − ½, where t = 3/(3 + x), for x from 1 to 6.
const LARGE: &[f64] = &[
    0.358_002_302_362_779_9,
    0.588_929_635_446_592_7,
    0.786_971_142_805_458_8,
    0.827_912_698_398_272,
    0.637_481_393_540_520_7,
    0.286_157_170_150_594_2,
    -0.025_864_890_619_232_812,
    -0.129_453_401_632_270_45,
    -0.046_788_743_994_650_585,
    0.047_241_419_872_736_93,
    0.036_691_553_157_654_87,
    -0.020_860_018_756_573_433,
    -0.023_148_980_882_705_214,
    0.013_505_413_931_396_182,
    0.006_537_946_984_938_211,
];

/// The same for |x| ≤ 1, with the digits of an `f32`.
const SMALL_SHORT: &[f64] = &[
    0.128_379_165_848,
    -0.376_126_266_667,
    0.112_835_947_152,
    -0.026_854_212_010_6,
    0.005_189_087_423_43,
    -0.000_801_686_428_717,
    7.875_875_062_69e-5,
];

/// erf x; within 1.5 ULP.
pub(super) struct Erf;

impl<T: Float> Map1<T> for Erf {
    #[inline(always)]
    fn at<I: Isa>(x: T) -> T {
        let (size, square) = (x.abs(), x * x);
        if size_of::<T>() < size_of::<f64>() {
            let small = fused::<I, T>(size, fitted::<I, T>(square, SMALL, SMALL_SHORT), size);
            let (above, below) = mills_of_root::<I, T>(size);
            let far = T::ONE - gaussian::<I, T>(x, T::ONE).times(above / below);
            return (if size < T::ONE { small } else { far }).copysign(x);
        }
        let (wide, size, square) = (x.to_f64(), size.to_f64(), square.to_f64());
        let small = fused::<I, f64>(size, polynomial::<I, f64>(square, SMALL), size);
        let t = 3.0 / (3.0 + size);
        // From 6 on it is 1, as the second factor is small and the polynomial not large.
        let far =
            fused::<I, f64>(-(t * polynomial::<I, f64>(t - 0.5, LARGE)), gaussian::<I, f64>(wide, 1.0).joined(), 1.0);
        T::lit((if size < 1.0 { small } else { far }).copysign(wide))
    }
}

/// e^−(factor·x²), where the factor is a power of two, from both parts of the square: as [`exp_parts_reduced`]. Where it is 0 of
/// what is in `f64` 27.5 and for factor ½ 38.9, it is that for all that is larger.
#[inline(always)]
fn gaussian_reduced<I: Isa, T: Float>(x: T, factor: T) -> [T; 3] {
    let x = clamp(x.abs(), T::ZERO, (-T::EXP_LOW / factor).sqrt());
    let square = x * x;
    exp_parts_reduced::<I, T>(-factor * square, -factor * product_error::<I, T>(x, x, square))
}

/// The same in factors.
#[inline(always)]
pub(super) fn gaussian<I: Isa, T: Float>(x: T, factor: T) -> Scaled<T> {
    let [r, rest, shifted] = gaussian_reduced::<I, T>(x, factor);
    scaled([exp_parts_expanded::<I, T>(r, rest), shifted])
}

/// For e^−x², or e^(−x²/2) by halves: that but for 2ⁿ, and `SHIFT` + n.
pub(super) struct OfBell<const HALVES: bool>;

impl<T: Float, const HALVES: bool> First<T> for OfBell<HALVES> {
    type Parts = [T; 3];

    #[inline(always)]
    fn reduced<I: Isa>(x: T) -> [T; 3] {
        gaussian_reduced::<I, T>(x, if HALVES { T::HALF } else { T::ONE })
    }

    #[inline(always)]
    fn expanded<I: Isa>(_: T, [r, rest, shifted]: [T; 3]) -> [T; 3] {
        [exp_parts_expanded::<I, T>(r, rest), rest, shifted]
    }
}

/// e^−x²; within 1 ULP.
pub(super) struct Gaussian;

impl<T: Float> Staged<T> for Gaussian {
    type First = OfBell<false>;

    #[inline(always)]
    fn last<I: Isa>(_: T, [part, _, shifted]: [T; 3]) -> T {
        scaled([part, shifted]).joined()
    }
}

/// e^(−x²/2); within 1 ULP.
pub(super) struct HalfGaussian;

impl<T: Float> Staged<T> for HalfGaussian {
    type First = OfBell<true>;

    #[inline(always)]
    fn last<I: Isa>(_: T, [part, _, shifted]: [T; 3]) -> T {
        scaled([part, shifted]).joined()
    }
}

/// 1 − erf x, which for x ≥ 0 is e^−x² by Mills' ratio; within 3 ULP.
pub(super) struct Erfc;

impl<T: Float> Map1<T> for Erfc {
    #[inline(always)]
    fn at<I: Isa>(x: T) -> T {
        let (above, below) = mills_of_root::<I, T>(x.abs());
        let tail = gaussian::<I, T>(x, T::ONE).times(above / below);
        if x < T::ZERO { T::TWO - tail } else { tail }
    }
}

in_steps!(Gaussian, HalfGaussian);
