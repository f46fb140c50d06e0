//! Linear algebra: numbers from NumPy, `SciPy`, `mpmath` and `JAX`, reconstructions, claims of the composed functions.
use cinta::check::Claim;
use cinta::{DType, Tape, Triangle, Value, Var};
use ndarray::{Array2, ArrayD, Axis, array};

/// Numbers without structure, in (−1, 1).
fn spread(shape: &[usize], offset: usize) -> ArrayD<f64> {
    let n = shape.iter().product();
    let x = |i: usize| (((i + 1000 * offset + 1) as f64).sin() * 43_758.545).fract();
    ArrayD::from_shape_vec(shape, (0..n).map(x).collect()).expect("as many as the shape holds")
}

#[track_caller]
fn assert_close(var: Var<'_>, expected: impl Into<Value>, tolerance: f64) {
    let (value, expected) = (var.value(), expected.into());
    assert_eq!(value.shape(), expected.shape());
    let size = expected.to_f64s().into_iter().fold(1.0, |size: f64, x| size.max(x.abs()));
    for (a, b) in value.to_f64s().into_iter().zip(expected.to_f64s()) {
        assert!((a - b).abs() <= tolerance * size, "{value} is not {expected}");
    }
}

fn a() -> Array2<f64> {
    array![[2.0, -1.0, 0.5], [1.0, 3.0, -2.0], [0.25, 1.0, 4.0]]
}

fn symmetric() -> Array2<f64> {
    array![[2.0, 1.0, 0.0], [1.0, 3.0, 1.0], [0.0, 1.0, 4.0]]
}

/// cos 0, cos 1, … as weights of a loss.
fn weights() -> Array2<f64> {
    Array2::from_shape_fn((3, 3), |(i, j)| ((3 * i + j) as f64).cos())
}

#[test]
fn solutions_and_determinants_are_those_of_numpy() {
    let tape = Tape::new();
    let a = tape.var(a());
    assert_close(
        a.solve([1.0, 2.0, 3.0]),
        [0.750_957_854_406_130_4, 0.758_620_689_655_172_5, 0.513_409_961_685_823_8],
        1e-15,
    );
    assert_close(a.det(), 32.625, 1e-15);
    let (sign, log_abs) = a.slogdet();
    assert_eq!(sign.item(), 1.0);
    assert_close(log_abs, 3.485_078_865_642_857_5, 1e-15);
    let gradient = (a.inv() * weights()).sum().grad(a);
    let expected = array![
        [-0.287_755_387_398_374_7, 0.030_098_505_447_866_61, 0.065_164_380_788_720_4],
        [0.090_101_690_076_771_34, 0.006_665_113_129_744_32, -0.012_573_909_943_882_92],
        [-0.047_425_663_649_811_27, -0.007_797_295_396_863_01, 0.004_531_004_994_756_91]
    ];
    assert_close(gradient, expected, 1e-15);
}

#[test]
fn factorisations_are_those_of_numpy() {
    let tape = Tape::new();
    let s = tape.var(symmetric());
    let gradient = (s.cholesky() * weights()).sum().grad(s);
    let expected = array![
        [0.451_511_739_421_393_44, -0.195_916_697_656_239_37, 0.212_600_522_441_353_23],
        [-0.195_916_697_656_239_37, -0.308_197_012_357_496_47, 0.253_741_875_901_598_6],
        [0.212_600_522_441_353_23, 0.253_741_875_901_598_6, -0.038_342_625_538_893_55]
    ];
    assert_close(gradient, expected, 1e-14);
    let (values, vectors) = s.eigh();
    assert_close(values, [1.267_949_192_431_122_8, 3.0, 4.732_050_807_568_877], 1e-15);
    let expected = array![
        [0.788_675_134_594_812_9, 0.577_350_269_189_625_7, 0.211_324_865_405_187_1],
        [-0.577_350_269_189_625_7, 0.577_350_269_189_625_7, 0.577_350_269_189_625_8],
        [0.211_324_865_405_187_02, -0.577_350_269_189_625_8, 0.788_675_134_594_812_9]
    ];
    assert_close(vectors, expected, 1e-15);
    let tall = tape.var(array![[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]);
    let (u, sigma, vt) = tall.svd();
    assert_close(sigma, [9.525_518_091_565_11, 0.514_300_580_658_644_1], 1e-15);
    // The signs of NumPy's vectors, turned so that the first large entry of each column of U is positive.
    let expected = array![
        [0.229_847_696_400_071_4, 0.883_461_017_698_525_4],
        [0.524_744_818_760_293_7, 0.240_782_492_132_546_35],
        [0.819_641_941_120_515_8, -0.401_896_033_433_431_8]
    ];
    assert_close(u, expected, 1e-14);
    assert_close(
        vt,
        array![[0.619_629_483_829_340_5, 0.784_894_453_267_052_4], [-0.784_894_453_267_052_4, 0.619_629_483_829_340_5]],
        1e-14,
    );
}

#[test]
fn exponentials_are_exact() {
    let tape = Tape::new();
    let exponential = |a: Array2<f64>| tape.var(a).expm();
    let expected = array![
        [6.784_939_474_786_675, -1.518_987_602_000_010_4, 24.322_713_493_801_97],
        [1.518_987_602_000_010_4, -5.619_793_650_778_111, -41.595_971_064_948_69],
        [12.161_356_746_900_985, 20.797_985_532_474_345, 26.959_801_728_097_215]
    ];
    assert_close(exponential(a()), expected, 1e-15);
    // Far from normal: the norm alone would ask for 18 squarings, which would cost eleven digits of the diagonal.
    let steep = exponential(array![[1.0, 1e6], [0.0, -1.0]]).value().to_f64s();
    let (e, inverse) = (std::f64::consts::E, 0.367_879_441_171_442_32);
    for (x, expected) in steep.into_iter().zip([e, 1_175_201.193_643_801_4, 0.0, inverse]) {
        assert!((x - expected).abs() <= 1e-14 * expected, "{x} is not {expected}");
    }
    let expected = array![
        [-0.735_758_758_144_753_1, 0.551_819_099_658_097_7],
        [-1.471_517_599_088_260_5, 1.103_638_240_715_572_6]
    ];
    assert_close(exponential(array![[-49.0, 24.0], [-64.0, 31.0]]), expected, 1e-12);
    let (c, s) = (0.862_318_872_287_683_9, 0.506_365_641_109_758_8);
    assert_close(exponential(array![[0.0, -100.0], [100.0, 0.0]]), array![[c, s], [-s, c]], 1e-13);
    let tiny = array![[1.000_000_010_000_000_4, 2.000_000_02e-8], [3.000_000_03e-8, 1.000_000_010_000_000_4]];
    assert_close(exponential(array![[1e-8, 2e-8], [3e-8, 1e-8]]), tiny, 1e-15);
    assert_eq!(exponential(array![[1000.0]]).value(), array![[f64::INFINITY]]);
    assert_eq!(exponential(array![[-1000.0]]).value(), array![[0.0]]);
}

#[test]
fn the_derivative_of_the_exponential_is_that_of_scipy() {
    let tape = Tape::new();
    let a = tape.var(a());
    let direction = tape.var(array![[1.0, 0.0, -1.0], [0.5, 2.0, 0.0], [0.0, 1.0, 1.0]]);
    let expected = array![
        [2.727_974_876_902_546_7, -2.838_409_847_384_499, 4.989_611_371_107_411_5],
        [1.455_792_767_220_686_3, -22.308_908_193_612_53, -43.410_259_326_151_66],
        [22.533_297_417_028_038, 41.432_059_754_968_265, -12.430_734_394_812_031]
    ];
    assert_close(a.expm().jvp(&[(a, direction)]), &expected, 1e-14);
    // It is linear: a direction of any size is as exact.
    for size in [1e-200, 1e200] {
        let scaled = a.expm().jvp(&[(a, direction * size)]);
        assert_close(scaled / size, &expected, 1e-14);
    }
    // Of a multiple of one, all derivatives are.
    let t = tape.var(3.0);
    let along = (t * Array2::<f64>::eye(2)).expm().sum();
    let third = along.grad(t).grad(t).grad(t);
    assert_close(third, 2.0 * 3.0_f64.exp(), 1e-14);
}

#[test]
fn least_squares_is_that_of_numpy_tall_and_wide() {
    let tape = Tape::new();
    let tall = tape.var(array![[1.0, 0.0], [1.0, 1.0], [1.0, 2.0], [1.0, 4.0]]);
    let x = tall.lstsq([1.0, 2.0, 2.5, 5.0]);
    assert_close(x, [0.9, 0.985_714_285_714_285_7], 1e-14);
    let gradient = (x * [1.0, 2.0]).sum().grad(tall);
    let expected = array![
        [-0.16, -0.194_285_714_285_714_3],
        [-0.182_857_142_857_142_86, -0.222_040_816_326_530_6],
        [-0.305_714_285_714_285_7, -0.264_081_632_653_061_2],
        [-0.251_428_571_428_571_4, -0.305_306_122_448_979_6]
    ];
    assert_close(gradient, expected, 1e-14);
    let wide = tape.var(array![[1.0, 2.0, 3.0], [4.0, 5.0, 7.0]]);
    let x = wide.lstsq([1.0, 2.0]);
    assert_close(x, [-0.228_571_428_571_428_57, 0.142_857_142_857_142_85, 0.314_285_714_285_714_3], 1e-14);
    let gradient = (x * [1.0, 2.0, 3.0]).sum().grad(wide);
    let expected =
        array![[0.228_571_428_571_428_57, -0.142_857_142_857_142_85, -0.314_285_714_285_714_3], [0.0, 0.0, 0.0]];
    assert_close(gradient, expected, 1e-14);
    // A polynomial through ill-conditioned powers: exact fits come out though A has condition 1e7.
    let powers =
        tape.constant(Array2::from_shape_fn((20, 8), |(i, j)| (1.0 + i as f64 / 20.0).powi(i32::try_from(j).unwrap())));
    let coefficients = array![1.0, -2.0, 3.0, -4.0, 5.0, -6.0, 7.0, -8.0];
    assert_close(powers.lstsq(powers.matmul(coefficients.clone())), coefficients, 1e-7);
}

#[test]
fn factors_of_large_matrices_multiply_back() {
    let tape = Tape::new();
    for n in [33, 70] {
        let a = tape.var(spread(&[n, n], n));
        let eye = Array2::<f64>::eye(n);
        assert_close(a.matmul(a.inv()), eye.clone(), 1e-10);
        let positive = a.matmul(a.t());
        let l = (positive + eye.clone()).cholesky();
        assert_close(l.matmul(l.t()), (positive + eye.clone()).value(), 1e-13);
        let (values, vectors) = positive.eigh();
        assert_close((vectors * values).matmul(vectors.t()), positive.value(), 1e-13);
        assert_close(vectors.t().matmul(vectors), eye.clone(), 1e-13);
        for shape in [[n, n], [n, 20], [20, n]] {
            let a = tape.var(spread(&shape, 5));
            let (q, r) = a.qr();
            assert_close(q.matmul(r), a.value(), 1e-13);
            let k = shape[0].min(shape[1]);
            assert_close(q.t().matmul(q), Array2::<f64>::eye(k), 1e-13);
            let r = r.value().to_array::<f64>();
            assert!((0..k).all(|i| r[[i, i]] > 0.0) && (0..k).all(|i| (0..i).all(|j| r[[i, j]] == 0.0)));
            let (u, sigma, vt) = a.svd();
            assert_close((u * sigma).matmul(vt), a.value(), 1e-13);
            assert!(sigma.value().to_f64s().is_sorted_by(|a, b| a >= b));
        }
        let (sign, log_abs) = a.slogdet();
        let from_values = a.svd().1.log().sum();
        assert_close(log_abs, from_values.value(), 1e-12);
        assert_close(sign * log_abs.exp(), a.det().value(), 1e-11);
        assert_close(a.det().grad(a), (a.det() * a.inv().t()).value(), 1e-10);
    }
}

#[test]
fn composed_functions_keep_the_claims() {
    let matrix = |shape: &[usize], offset| Value::from(spread(shape, offset));
    let cases: [(&str, &cinta::check::Function<'_>, Vec<Value>); 10] = [
        ("inv", &|x| x[0].inv(), vec![matrix(&[2, 3, 3], 0)]),
        ("solve a vector", &|x| x[0].solve(x[1]), vec![matrix(&[2, 2, 2], 0), matrix(&[2], 9)]),
        ("solve many", &|x| x[0].solve(x[1]), vec![matrix(&[2, 2], 0), matrix(&[3, 2, 1], 9)]),
        (
            "triangle of many",
            &|x| x[0].triangular_solve(x[1], Triangle::UPPER),
            vec![matrix(&[2, 2], 2), matrix(&[2, 3, 2, 1], 9)],
        ),
        ("matrix_power", &|x| x[0].matrix_power(5), vec![matrix(&[2, 2], 0)]),
        ("matrix_power of the inverse", &|x| x[0].matrix_power(-3), vec![matrix(&[2, 2], 0)]),
        (
            "wide qr",
            &|x| {
                let (q, r) = x[0].qr();
                q.matmul(r) + r.square().sum() + (q * q.sin()).sum()
            },
            vec![matrix(&[2, 3], 0)],
        ),
        ("lstsq", &|x| x[0].lstsq(x[1]), vec![matrix(&[3, 2], 0), matrix(&[3, 1], 9)]),
        ("wide lstsq", &|x| x[0].lstsq(x[1]), vec![matrix(&[2, 3], 0), matrix(&[2], 9)]),
        (
            "low rank",
            &|x| {
                let (u, s, vt) = x[0].svd();
                (u * s.sqrt()).matmul(vt)
            },
            vec![matrix(&[3, 2], 3)],
        ),
    ];
    for (name, f, inputs) in cases {
        for claim in Claim::ALL {
            claim.check_function(f, &inputs).unwrap_or_else(|mismatch| panic!("{name}: {mismatch}"));
        }
    }
}

#[test]
fn one_matrix_for_a_batch_of_right_sides_is_factorised_once() {
    let tape = Tape::new();
    let (a, b) = (tape.var(a()), tape.var(spread(&[4, 5, 3, 2], 0)));
    let x = a.solve(b);
    assert_eq!(x.shape().as_slice(), [4, 5, 3, 2]);
    assert_close(a.matmul(x), b.value(), 1e-15);
    let inside: Vec<_> =
        tape.graph().ids().filter(|&id| tape.graph().op(id).is_some_and(|op| op.name() == "solve")).collect();
    assert_eq!(tape.graph().array_type(inside[0]).shape.as_slice(), [3, 40]);
    let columns = tape.var(spread(&[6, 3], 0));
    let [mapped] = cinta::vmap([(columns, Some(0))], |[b]| [a.solve(b)]);
    assert_close(mapped, a.solve(columns.t()).t().value(), 1e-15);
    // The other way round there is a matrix for each, and leading axes broadcast.
    let stack = tape.var(spread(&[4, 1, 3, 3], 0));
    assert_eq!(stack.solve(tape.var(spread(&[5, 3, 2], 0))).shape().as_slice(), [4, 5, 3, 2]);
    assert_eq!(stack.solve([1.0, 2.0, 3.0]).shape().as_slice(), [4, 1, 3]);
}

#[test]
fn layouts_and_single_precision() {
    let tape = Tape::new();
    let wide = spread(&[3, 6], 0);
    let every_other = wide.slice_axis(Axis(1), ndarray::Slice::new(0, None, 2)).reversed_axes();
    let strided = tape.var(every_other.to_owned());
    let copied = tape.var(strided.value().to_array::<f64>());
    assert!(strided.inv().value().same_bits(&copied.inv().value()));
    let single = tape.var(a()).cast(DType::F32);
    assert_eq!(single.solve(array![1.0_f32, 2.0, 3.0]).dtype(), DType::F32);
    for (var, expected) in
        [(single.det(), 32.625), (single.slogdet().1, 3.485_078_8), (single.inv().matmul(single).sum(), 3.0)]
    {
        assert_eq!(var.dtype(), DType::F32);
        assert!((var.item() - expected).abs() <= 2e-6 * expected, "{var} is not {expected}");
    }
    let parts = [
        single.qr().1,
        single.eigh().0,
        single.svd().1,
        single.expm(),
        single.matrix_power(0),
        single.lstsq(array![1.0_f32, 2.0, 3.0]),
    ];
    assert!(parts.iter().all(|part| part.dtype() == DType::F32 && part.try_value().is_ok()));
}
