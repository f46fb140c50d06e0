//! Derivatives keep their relative accuracy where textbook forms lose it: in tails, near zeros and beside poles.
//!
//! The references are correctly rounded from 400 digits.
use cinta::{Tape, Var};

/// The largest relative error allowed.
const TOLERANCE: f64 = 1e-14;

#[track_caller]
fn assert_accurate(what: &str, got: f64, want: f64) {
    let fits = got == want || ((got - want) / want).abs() <= TOLERANCE;
    assert!(fits, "{what}: got {got:e}, expected {want:e}");
}

/// Compares the derivative of some order with references, in both modes.
#[track_caller]
fn check(f: for<'t> fn(Var<'t>) -> Var<'t>, order: usize, references: &[(f64, f64)]) {
    for &(at, want) in references {
        let tape = Tape::new();
        let x = tape.var(at);
        let y = f(x);
        let reverse = (0..order).fold(y, |y, _| y.grad_or_zeros(x)).item();
        let forward = y.directional(x, tape.constant(1.0), order).item();
        assert_accurate(&format!("order {order} at {at:e}, reverse mode"), reverse, want);
        assert_accurate(&format!("order {order} at {at:e}, forward mode"), forward, want);
    }
}

#[test]
fn the_slope_of_expm1_keeps_its_tail() {
    check(|x| x.expm1(), 1, &[(-40.0, 4.248_354_255_291_589e-18), (-700.0, 9.859_676_543_759_77e-305), (1e-20, 1.0)]);
    check(|x| x.expm1(), 2, &[(-40.0, 4.248_354_255_291_589e-18), (-700.0, 9.859_676_543_759_77e-305), (1e-20, 1.0)]);
    check(|x| x.expm1(), 3, &[(-40.0, 4.248_354_255_291_589e-18), (-700.0, 9.859_676_543_759_77e-305), (1e-20, 1.0)]);
}

#[test]
fn the_slope_of_tanh_keeps_its_tails() {
    check(
        |x| x.tanh(),
        1,
        &[
            (20.0, 1.699_341_702_116_635_5e-17),
            (-20.0, 1.699_341_702_116_635_5e-17),
            (300.0, 1.060_158_621_201_724_3e-260),
            (-300.0, 1.060_158_621_201_724_3e-260),
        ],
    );
}

#[test]
fn the_second_derivative_of_tanh_keeps_its_tails() {
    check(
        |x| x.tanh(),
        2,
        &[
            (20.0, -3.398_683_404_233_271e-17),
            (-20.0, 3.398_683_404_233_271e-17),
            (300.0, -2.120_317_242_403_448_6e-260),
            (-300.0, 2.120_317_242_403_448_6e-260),
        ],
    );
}

#[test]
fn the_second_derivative_of_tanh_vanishes_at_zero_as_it_should() {
    check(|x| x.tanh(), 2, &[(0.0, 0.0), (1e-20, -2e-20), (-1e-10, 2e-10), (0.001, -0.001_999_997_333_335_6)]);
}

#[test]
fn the_third_derivative_of_tanh_is_right_at_zero_and_in_its_tails() {
    check(
        |x| x.tanh(),
        3,
        &[(0.0, -2.0), (1e-10, -2.0), (20.0, 6.797_366_808_466_542e-17), (-300.0, 4.240_634_484_806_897e-260)],
    );
}

#[test]
fn the_slope_of_sigmoid_keeps_its_tails() {
    check(
        |x| x.sigmoid(),
        1,
        &[
            (40.0, 4.248_354_255_291_589e-18),
            (-40.0, 4.248_354_255_291_589e-18),
            (700.0, 9.859_676_543_759_77e-305),
            (-700.0, 9.859_676_543_759_77e-305),
        ],
    );
}

#[test]
fn the_second_derivative_of_sigmoid_keeps_its_tails() {
    check(
        |x| x.sigmoid(),
        2,
        &[
            (40.0, -4.248_354_255_291_589e-18),
            (-40.0, 4.248_354_255_291_589e-18),
            (700.0, -9.859_676_543_759_77e-305),
            (-700.0, 9.859_676_543_759_77e-305),
        ],
    );
}

#[test]
fn the_second_derivative_of_sigmoid_vanishes_at_zero_as_it_should() {
    check(
        |x| x.sigmoid(),
        2,
        &[(0.0, 0.0), (1e-20, -1.25e-21), (-1e-10, 1.25e-11), (0.001, -0.000_124_999_958_333_342_2)],
    );
}

#[test]
fn the_third_derivative_of_sigmoid_is_right_at_zero_and_in_its_tails() {
    check(
        |x| x.sigmoid(),
        3,
        &[(0.0, -0.125), (1e-10, -0.125), (40.0, 4.248_354_255_291_589e-18), (-700.0, 9.859_676_543_759_77e-305)],
    );
}

#[test]
fn log_sigmoid_keeps_its_tails() {
    check(
        |x| x.log_sigmoid(),
        0,
        &[(40.0, -4.248_354_255_291_589e-18), (-40.0, -40.0), (1000.0, -0.0), (-1000.0, -1000.0)],
    );
}

#[test]
fn the_slope_of_log_sigmoid_keeps_its_tails() {
    check(|x| x.log_sigmoid(), 1, &[(40.0, 4.248_354_255_291_589e-18), (-40.0, 1.0), (1000.0, 0.0), (-1000.0, 1.0)]);
}

#[test]
fn the_second_derivative_of_log_sigmoid_keeps_its_tails() {
    check(
        |x| x.log_sigmoid(),
        2,
        &[(40.0, -4.248_354_255_291_589e-18), (-40.0, -4.248_354_255_291_589e-18), (1000.0, -0.0), (-1000.0, -0.0)],
    );
}

#[test]
fn softplus_keeps_its_tails() {
    check(|x| x.softplus(), 0, &[(40.0, 40.0), (-40.0, 4.248_354_255_291_589e-18), (1000.0, 1000.0), (-1000.0, 0.0)]);
}

#[test]
fn the_slope_of_softplus_keeps_its_tails() {
    check(|x| x.softplus(), 1, &[(40.0, 1.0), (-40.0, 4.248_354_255_291_589e-18), (1000.0, 1.0), (-1000.0, 0.0)]);
}

#[test]
fn the_second_derivative_of_softplus_keeps_its_tails() {
    check(
        |x| x.softplus(),
        2,
        &[(40.0, 4.248_354_255_291_589e-18), (-40.0, 4.248_354_255_291_589e-18), (1000.0, 0.0), (-1000.0, 0.0)],
    );
}

#[test]
fn log1p_is_accurate_near_zero() {
    check(|x| x.log1p(), 0, &[(1e-20, 1e-20), (-1e-20, -1e-20)]);
    check(|x| x.log1p(), 1, &[(1e-20, 1.0), (-1e-20, 1.0)]);
    check(|x| x.log1p(), 2, &[(1e-20, -1.0), (-1e-20, -1.0)]);
}

#[test]
fn log1p_is_accurate_near_its_pole() {
    check(
        |x| x.log1p(),
        0,
        &[(-0.999_999_999_9, -23.025_850_847_200_09), (-0.999_999_999_999_999_9, -36.736_800_569_677_1)],
    );
    check(
        |x| x.log1p(),
        1,
        &[(-0.999_999_999_9, 9_999_999_172.596_36), (-0.999_999_999_999_999_9, 9_007_199_254_740_992.0)],
    );
    check(
        |x| x.log1p(),
        2,
        &[(-0.999_999_999_9, -9.999_998_345_192_786e19), (-0.999_999_999_999_999_9, -8.112_963_841_460_668e31)],
    );
}

#[test]
fn tan_is_accurate_beside_its_pole() {
    check(
        |x| x.tan(),
        0,
        &[(std::f64::consts::FRAC_PI_2, 1.633_123_935_319_537e16), (-1.57, -1_255.765_591_500_789_7)],
    );
    check(|x| x.tan(), 1, &[(std::f64::consts::FRAC_PI_2, 2.667_093_788_113_571e32), (-1.57, 1_576_948.220_797_328)]);
    check(|x| x.tan(), 2, &[(std::f64::consts::FRAC_PI_2, 8.711_389_406_220_653e48), (-1.57, -3_960_554_630.511_349)]);
}

#[test]
fn sqrt_is_accurate_near_zero() {
    check(|x| x.sqrt(), 1, &[(1e-150, 5e74), (1e-100, 5e49)]);
    check(|x| x.sqrt(), 2, &[(1e-150, -2.5e224), (1e-100, -2.5e149)]);
}

#[test]
fn powi_is_accurate() {
    check(
        |x| x.powi(7),
        0,
        &[(1.1, 1.948_717_100_000_001_2), (-2e-5, -1.280_000_000_000_000_7e-33), (1e30, 1.000_000_000_000_000_1e210)],
    );
    check(
        |x| x.powi(7),
        1,
        &[(1.1, 12.400_927_000_000_006), (-2e-5, 4.480_000_000_000_002e-28), (1e30, 7.000_000_000_000_000_5e180)],
    );
    check(
        |x| x.powi(7),
        2,
        &[(1.1, 67.641_420_000_000_02), (-2e-5, -1.344_000_000_000_000_7e-22), (1e30, 4.200_000_000_000_000_7e151)],
    );
    check(|x| x.powi(7), 3, &[(1.1, 307.461_000_000_000_1), (-2e-5, 3.360_000_000_000_001e-17), (1e30, 2.1e122)]);
}

#[test]
fn powi_is_accurate_for_negative_exponents() {
    check(|x| x.powi(-3), 0, &[(1.1, 0.751_314_800_901_577_5), (-2e-5, -124_999_999_999_999.97), (1e30, 1e-90)]);
    check(
        |x| x.powi(-3),
        1,
        &[(1.1, -2.049_040_366_095_211_2), (-2e-5, -1.874_999_999_999_999_6e19), (1e30, -2.999_999_999_999_999_8e-120)],
    );
    check(
        |x| x.powi(-3),
        2,
        &[(1.1, 7.451_055_876_709_859), (-2e-5, -3.749_999_999_999_998_5e24), (1e30, 1.199_999_999_999_999_8e-149)],
    );
    check(
        |x| x.powi(-3),
        3,
        &[(1.1, -33.868_435_803_226_63), (-2e-5, -9.374_999_999_999_995e29), (1e30, -5.999_999_999_999_999_4e-179)],
    );
}

#[test]
fn powi_is_accurate_for_large_exponents() {
    check(
        |x| x.powi(200),
        0,
        &[(0.9, 7.055_079_108_655_367e-10), (-1.01, 7.316_017_851_829_954), (30.0, 2.656_139_888_758_747_7e295)],
    );
    check(
        |x| x.powi(200),
        1,
        &[(0.9, 1.567_795_357_478_970_4e-7), (-1.01, -1_448.716_406_302_961), (30.0, 1.770_759_925_839_165e296)],
    );
    check(
        |x| x.powi(200),
        2,
        &[(0.9, 3.466_569_734_870_168e-5), (-1.01, 285_440.163_222_068_6), (30.0, 1.174_604_084_139_979_6e297)],
    );
    check(
        |x| x.powi(200),
        3,
        &[(0.9, 0.007_626_453_416_714_37), (-1.01, -55_957_576.552_445_12), (30.0, 7.752_386_955_323_865e297)],
    );
}

#[test]
fn erfinv_is_accurate_beside_its_ends() {
    check(|x| x.erfinv(), 1, &[(0.999_999_999_9, 1_068_953_387.128_928_8), (-0.999, 198.939_517_764_424_75)]);
    check(|x| x.erfinv(), 2, &[(1e-10, 1.392_081_999_207_927e-10), (0.999_999_999_9, 1.045_038_062_468_385_8e19)]);
    check(|x| x.erfinv(), 3, &[(0.0, 1.392_081_999_207_927), (0.999_999_999_9, 2.067_744_608_478e29)]);
}

#[test]
fn activations_keep_their_tails_to_third_order() {
    let tail = 1.614_374_617_010_803_8e-16;
    check(|x| x.silu(), 2, &[(-40.0, -tail), (40.0, -tail), (-700.0, -6.882_054_227_544_32e-302)]);
    check(|x| x.silu(), 3, &[(1e-10, -5e-11), (-40.0, -1.571_891_074_457_888e-16)]);
    check(|x| x.mish(), 2, &[(-40.0, -tail), (20.0, -6.457_498_407_097_9e-16)]);
    check(|x| x.mish(), 3, &[(-40.0, -1.571_891_074_457_888e-16), (20.0, 1.257_512_841_597_950_3e-15)]);
    check(|x| x.gelu(), 2, &[(-10.0, -7.540_706_654_172_292e-21), (-37.0, -2.898_048_955_934_136e-295)]);
    check(|x| x.gelu(), 3, &[(1e-10, -1.595_769_121_605_730_8e-10), (10.0, 7.386_814_681_638_163e-20)]);
    check(|x| x.gelu_tanh(), 2, &[(-5.0, -9.934_132_224_996_203e-6), (5.0, -9.934_132_224_996_203e-6)]);
}

#[test]
fn the_slope_of_a_power_stands_where_the_lesser_power_does_not() {
    check(|x| x.pow(-3e-3), 1, &[(2.8e-310, -9.091_211_246_204_443e307)]);
    check(|x| x.pow(1e-10), 1, &[(1e-200, 9.999_999_539_482_993e189)]);
}

#[test]
fn lgamma_is_accurate_beside_its_zeros_on_the_negative_axis() {
    check(
        |x| x.lgamma(),
        0,
        &[
            (-2.45702, 7.181_372_855_972_734e-6),
            (-2.5, -0.056_243_716_497_674_054),
            (-2.747_682, -1.238_058_737_131_064_4e-6),
            (-3.143_580_8, 6.875_295_554_996_998e-7),
            (-3.95529, -8.879_933_396_227_224e-5),
        ],
    );
}

#[test]
fn pow_is_accurate_to_second_order_in_both_arguments() {
    let references = [
        (
            2.5,
            3.5,
            [
                34.587_411_908_091_646,
                22.637_232_122_070_117,
                34.587_411_908_091_646,
                41.574_242_658_924_35,
                20.742_285_988_736_76,
            ],
        ),
        (
            1e-5,
            0.5,
            [
                158.113_883_008_418_95,
                -0.036_407_067_001_059_01,
                -7_905_694.150_420_947,
                -1_504.125_584_036_112_3,
                0.419_151_848_781_369_5,
            ],
        ),
        (
            1.000_000_1,
            100_000.0,
            [
                101_005.006_558_003_37,
                1.010_050_116_672_270_5e-7,
                10_100_398_640.753_914,
                1.020_150_565_736_706_5,
                1.010_050_066_759_503e-14,
            ],
        ),
        (
            10.0,
            -3.3,
            [
                -0.000_165_391_787_096_999_9,
                0.001_154_026_252_949_081_7,
                7.111_846_845_170_996e-5,
                -0.000_330_709_940_110_469_7,
                0.002_657_243_646_964_331_6,
            ],
        ),
        (
            1e-100,
            2.5,
            [
                2.5e-150,
                -2.302_585_092_994_046e-248,
                3.75e-50,
                -5.746_462_732_485_114_6e-148,
                5.301_898_110_478_398e-246,
            ],
        ),
        (
            0.999,
            -700.0,
            [
                -1_411.532_212_479_954_8,
                -0.002_015_466_015_715_213,
                990_474.555_503_952_3,
                3.428_713_038_707_177_6,
                2.016_474_421_049_347_7e-6,
            ],
        ),
    ];
    for (x, y, want) in references {
        let tape = Tape::new();
        let (x, y) = (tape.var(x), tape.var(y));
        let [dx, dy] = x.pow(y).grad([x, y]);
        let got = [dx, dy, dx.grad(x), dx.grad(y), dy.grad(y)].map(Var::item);
        for ((name, got), want) in ["∂x", "∂y", "∂x∂x", "∂x∂y", "∂y∂y"].iter().zip(got).zip(want) {
            assert_accurate(&format!("{name} at {x}, {y}"), got, want);
        }
        assert_accurate("∂y∂x", dy.grad(x).item(), want[3]);
    }
}
