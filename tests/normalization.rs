//! Normalising layers: numbers from NumPy, offsets, equal elements, refusals.
use cinta::check::check_function;
use cinta::{Error, ErrorKind, Tape, Value, Var};
use ndarray::{Array1, array};

#[track_caller]
fn assert_near(y: Var<'_>, shape: &[usize], numbers: &[f64]) {
    assert_eq!(y.shape().as_slice(), shape);
    let got = y.value().to_f64s();
    let near = |(a, b): (&f64, &f64)| (a - b).abs() <= 1e-8 * b.abs().max(1.0);
    assert!(got.len() == numbers.len() && got.iter().zip(numbers).all(near), "got {got:?}, expected {numbers:?}");
}

#[track_caller]
fn refused<T>(result: Result<T, Error>, says: &str) {
    let Err(error) = result else { panic!("nothing was refused, but expected: {says}") };
    assert_eq!(error.kind(), ErrorKind::Type, "{error}");
    assert!(error.to_string().contains(says) && error.to_string().contains(file!()), "{error}");
}

/// The squares of 0 to 11.
fn squares(tape: &Tape) -> Var<'_> {
    tape.var((0..12).map(|i| f64::from(i * i)).collect::<Vec<f64>>()).reshape([2, 2, 3])
}

#[test]
fn layers_rows_groups_and_batches_are_those_of_numpy() {
    let tape = Tape::new();
    let z = tape.var(array![[1.0, 2.0, 4.0, 9.0], [-3.0, 0.0, 5.0, 1.0]]);
    let y = z.layer_norm(-1, 0.1);
    let numbers =
        [-0.968_245_84, -0.645_497_22, 0.0, 1.613_743_06, -1.302_625_26, -0.260_525_05, 1.476_308_63, 0.086_841_68];
    assert_near(y, &[2, 4], &numbers);
    let scaled =
        [-0.968_245_84, 2.290_994_45, -1.0, 5.341_229_18, -1.302_625_26, 1.521_050_11, -0.261_845_68, 0.760_525_05];
    assert_near(y.scale_shift(-1, [1.0, -2.0, 0.5, 3.0], [0.0, 1.0, -1.0, 0.5]), &[2, 4], &scaled);
    let weights = tape.var([1.0, -2.0, 3.0, 0.5]);
    let grad = (y.index_axis(0, 0) * weights).sum().grad(z).index_axis(0, 0);
    assert_near(grad, &[4], &[0.209_282_303_2, -0.788_380_724_6, 0.766_527_953_9, -0.187_429_532_6]);
    let rms = [0.197_642_35, 0.395_284_71, 0.790_569_42, 1.778_781_18, -1.008_438_97, 0.0, 1.680_731_61, 0.336_146_32];
    assert_near(z.rms_norm(1, 0.1), &[2, 4], &rms);

    let q = squares(&tape);
    let norm = q.batch_norm(0.1);
    let numbers = [
        -1.012_203_27,
        -0.972_766_78,
        -0.854_457_31,
        -1.133_779_98,
        -0.973_985_49,
        -0.768_535_42, //
        0.407_510_41,
        0.920_184_79,
        1.511_732_16,
        0.509_820_53,
        0.943_548_44,
        1.422_931_92,
    ];
    assert_near(norm.output, &[2, 2, 3], &numbers);
    assert_near(norm.mean, &[2], &[25.666_666_67, 58.666_666_67]);
    assert_near(norm.variance, &[2], &[642.888_888_89, 1_918.888_888_89]);
    assert_near(q.batch_norm_with(norm.mean, norm.variance, 0.1), &[2, 2, 3], &numbers);
    let numbers = [
        -1.029_774_78,
        -0.917_435_71,
        -0.580_418_51,
        -0.018_723_18,
        0.767_650_29,
        1.778_701_89, //
        -1.344_007_45,
        -0.897_911_36,
        -0.383_185_1,
        0.200_171_32,
        0.852_157_91,
        1.572_774_67,
    ];
    assert_near(q.group_norm(1, 0.1), &[2, 2, 3], &numbers);
    assert_near(q.layer_norm([-2, -1], 0.1), &[2, 2, 3], &numbers);
    assert_eq!(q.group_norm(2, 0.1).value(), q.layer_norm(2, 0.1).value());
}

#[test]
fn an_offset_changes_nothing() {
    let tape = Tape::new();
    let x = tape.var(array![[0.5, 1.0, 2.5, -3.0], [1.0, 0.25, 0.0, 8.0]]);
    let far = x + 2.0_f64.powi(45);
    assert_eq!(x.layer_norm(-1, 1e-5).value(), far.layer_norm(-1, 1e-5).value());
    assert_eq!(x.batch_norm(1e-5).output.value(), far.batch_norm(1e-5).output.value());
    let weights = tape.var([1.0, -2.0, 3.0, 0.5]);
    let [near, far] = [x, far].map(|x| (x.layer_norm(-1, 1e-5) * weights).sum().grad(x).value());
    assert_eq!(near, far);
}

/// Where all are equal, y = (x − mean)/√ε to first order, and the second derivative is 0.
#[test]
fn equal_elements_have_the_derivative_of_a_linear_function() {
    let tape = Tape::new();
    let x = tape.var([3.0, 3.0, 3.0, 3.0]);
    let y = (x.layer_norm(0, 0.25) * [1.0, -2.0, 3.0, 6.0]).sum();
    assert_eq!(y.item(), 0.0);
    assert_eq!(y.grad(x).value(), array![-2.0, -8.0, 2.0, 8.0]);
    assert_eq!(y.hessian(x).value(), ndarray::Array2::<f64>::zeros((4, 4)));
    let v = tape.constant([1.0, 0.0, 0.0, -1.0]);
    // d³/dt³ of t (c·v)/√(ε + t²/2) is −3 (c·v)/(2 ε√ε).
    let c_times_v = 1.0 - 6.0;
    assert_eq!(y.directional(x, v, 3).item(), -3.0 * c_times_v / (2.0 * 0.25 * 0.5));
}

#[test]
fn every_claim_is_kept() {
    let x =
        Value::from(ndarray::Array3::from_shape_fn((2, 4, 2), |(i, j, k)| ((i * 8 + j * 2 + k) as f64 * 1.3).sin()));
    let gain = || Value::from(array![1.0, -0.5, 2.0, 0.25]);
    check_function(&|v| v[0].layer_norm([1, 2], 0.1).scale_shift(1, v[1], v[1]), &[x.clone(), gain()]).unwrap();
    check_function(&|v| v[0].rms_norm([0, -1], 0.1), std::slice::from_ref(&x)).unwrap();
    check_function(&|v| v[0].group_norm(2, 0.1), std::slice::from_ref(&x)).unwrap();
    check_function(&|v| v[0].batch_norm(0.1).output, std::slice::from_ref(&x)).unwrap();
    check_function(&|v| v[0].batch_norm(0.1).variance + v[0].batch_norm(0.1).mean, std::slice::from_ref(&x)).unwrap();
    check_function(&|v| v[0].batch_norm_with(v[1], v[1].square(), 0.1), &[x, gain()]).unwrap();
}

#[test]
fn what_does_not_fit_is_refused() {
    let tape = Tape::new();
    let (x, v, n) = (tape.var(array![[1.0, 2.0, 3.0]]), tape.var([1.0]), tape.var([1_i64]));
    refused(x.try_layer_norm(2, 0.0), "layer_norm: f64[1, 3]: axis 2 is out of range");
    refused(n.try_layer_norm(0, 0.0), "layer_norm: i64[1]: needs f64 or f32");
    refused(n.try_rms_norm(0, 0.0), "rms_norm: i64[1]: needs f64 or f32");
    refused(v.try_group_norm(1, 0.0), "group_norm: f64[1]: takes an array with axes N C");
    refused(x.try_group_norm(2, 0.0), "2 groups do not divide 3 channels");
    refused(x.try_group_norm(0, 0.0), "0 groups do not divide 3 channels");
    refused(v.try_batch_norm(0.0), "batch_norm: f64[1]: takes an array with axes N C");
    refused(x.try_batch_norm_with([1.0], 1.0, 0.0), "expected [3], the sizes of axes [1], not [1]");
    refused(x.try_scale_shift(-1, array![[1.0, 2.0, 3.0]], 0.0), "scale_shift: f64[1, 3] and f64[1, 3]: expected [3]");
    refused(x.try_scale_shift(-1, 1.0, v), "expected [3], the sizes of axes [1], not [1]");
    let none = tape.var(ndarray::Array2::<f64>::zeros((2, 0)));
    assert_eq!(none.layer_norm(-1, 0.1).value(), ndarray::Array2::<f64>::zeros((2, 0)));
    assert_eq!(none.group_norm(3, 0.1).value().shape().as_slice(), [2, 0]);
    assert_eq!(Array1::<f64>::zeros(0), none.batch_norm(0.1).mean.to_array().into_dimensionality().unwrap());
}
