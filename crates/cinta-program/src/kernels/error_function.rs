//! Kernels of the error function. `f32` is computed in `f64`.
use super::exponential::exp_normal;
use super::float::{Float, fused, polynomial};
use super::loops::Map1;
use super::set::Isa;

/// erf(x)/x − 1 by x² for |x| ≤ 1.
const SMALL: &[f64] = &[
    0.128_379_167_095_512_6,
    -0.376_126_389_031_837_5,
    0.112_837_916_709_548_79,
    -0.026_866_170_645_076_792,
    0.005_223_977_624_818_014_5,
    -0.000_854_832_698_083_379,
    0.000_120_553_311_116_427_1,
    -1.492_559_526_683_118_2e-05,
    1.646_100_048_412_136_8e-06,
    -1.635_031_270_105_469_5e-07,
    1.465_977_527_404_743_6e-08,
    -1.137_284_885_679_167_4e-09,
    5.957_176_147_748_911e-11,
];

/// erfc(x)/(t e^−x²) by t = 3/(3 + x) for x from 1 to 6.
const LARGE: &[f64] = &[
    0.188_061_902_632_983_53,
    0.188_099_816_644_633_3,
    0.177_136_488_648_615_36,
    0.160_542_392_262_875_4,
    0.106_302_856_349_961_66,
    0.173_891_053_273_247_78,
    -0.180_005_164_090_024_57,
    0.542_039_108_605_212_6,
    -0.835_622_033_759_232_7,
    0.997_013_257_819_427_2,
    -0.858_387_725_574_370_9,
    0.460_717_404_749_988_24,
    -0.137_332_348_453_466_9,
    0.017_542_981_867_355_645,
];

/// erf x; within 1 ULP.
pub(super) struct Erf;

impl<T: Float> Map1<T> for Erf {
    #[inline(always)]
    fn at<I: Isa>(x: T) -> T {
        let wide = x.to_f64();
        let size = wide.abs();
        let square = wide * wide;
        let small = fused::<I, f64>(size, polynomial::<I, f64>(square, SMALL), size);
        // From 6 on it is 1.
        let size = if size > 6.0 { 6.0 } else { size };
        let t = 3.0 / (3.0 + size);
        let tail = t * polynomial::<I, f64>(t, LARGE) * exp_normal::<I, f64>(-(size * size));
        T::lit((if size < 1.0 { small } else { 1.0 - tail }).copysign(wide))
    }
}

/// 1 − erf x.
pub(super) struct Erfc;

impl<T: Float> Map1<T> for Erfc {
    #[inline(always)]
    fn at<I: Isa>(x: T) -> T {
        T::lit(libm::erfc(x.to_f64()))
    }
}
