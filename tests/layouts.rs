//! The bits of a result depend on the numbers alone, however the arrays that hold them lie in memory: rows
//! first, columns first, every second element backwards, or one number broadcast.
use cinta::check::{Claim, Function};
use cinta::{Axes, Value};
use ndarray::ArrayD;

/// Numbers of very different sizes, whose sum shows every change of order in its last bits.
fn numbers(shape: &[usize], offset: usize) -> Value {
    let mut i = offset;
    Value::from(ArrayD::from_shape_simple_fn(shape, || {
        i += 1;
        let x = (i as f64 * 0.618_033_988_749_894_9).fract() - 0.4;
        x * f64::from(1 << (i % 12))
    }))
}

#[test]
fn of_sums_products_and_what_is_made_of_them() {
    let functions: &[(&str, &Function<'_>, &[&[usize]])] = &[
        ("sum", &|x| x[0].sum(), &[&[37, 23]]),
        ("sum of three axes", &|x| x[0].sum_axes([0, 2]), &[&[7, 11, 13]]),
        ("sum of the first axis", &|x| x[0].sum_axes(0), &[&[37, 23]]),
        ("sum of the last axis", &|x| x[0].sum_axes(-1), &[&[23, 37]]),
        ("sum of a long vector", &|x| x[0].sum(), &[&[1000]]),
        ("mean and variance", &|x| x[0].variance(Axes::all()) * x[0].mean(), &[&[37, 23]]),
        ("logsumexp", &|x| (x[0] * 1e-3).logsumexp(0), &[&[37, 23]]),
        ("softmax", &|x| (x[0] * 1e-3).softmax(-1), &[&[37, 23]]),
        ("max", &|x| x[0].max_axes(0), &[&[37, 23]]),
        ("dot of vectors", &|x| x[0].dot(x[1]), &[&[101], &[101]]),
        ("matrix and vector", &|x| x[0].dot(x[1]), &[&[17, 101], &[101]]),
        ("vector and matrix", &|x| x[0].dot(x[1]), &[&[101], &[101, 17]]),
        ("matrices", &|x| x[0].dot(x[1]), &[&[9, 70], &[70, 11]]),
        ("wide matrices", &|x| x[0].dot(x[1]), &[&[5, 700], &[700, 6]]),
        ("a row and a matrix", &|x| x[0].dot(x[1]), &[&[1, 300], &[300, 6]]),
        ("batches of matrices", &|x| x[0].matmul(x[1]), &[&[2, 9, 70], &[2, 70, 11]]),
    ];
    let mut failures = Vec::new();
    for (name, f, shapes) in functions {
        let inputs: Vec<Value> = shapes.iter().enumerate().map(|(i, shape)| numbers(shape, 1000 * i)).collect();
        if let Err(mismatch) = Claim::Layout.check_function(*f, &inputs) {
            failures.push(format!("  {name}: {mismatch}"));
        }
    }
    assert!(failures.is_empty(), "\n{}", failures.join("\n"));
}
