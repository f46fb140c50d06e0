//! Programs allocate nothing from the second call on: counted.
use allocation_counter::measure;
use cinta::{Function, Named, Stateful, Value};
use ndarray::{Array1, Array2, array, s};

/// Allocations of the third call.
#[track_caller]
fn assert_none(name: &str, mut call: impl FnMut()) {
    call();
    call();
    let counted = measure(call);
    assert_eq!((counted.count_total, counted.bytes_total), (0, 0), "{name}");
}

fn wave(n: usize, k: f64) -> Array1<f64> {
    Array1::from_shape_fn(n, |i| (i as f64 * k).sin())
}

#[test]
fn of_numbers() {
    let f = Function::new(["a", "b"], |[a, b]| (a * b).sin() + a.exp() * b.log() - (a / b).tanh());
    let mut f = f.value_and_grad(["a", "b"]).expect("its inputs");
    let (mut y, mut da, mut db) = (0.0, 0.0, 0.0);
    assert_none("numbers", || f.call_into((0.5, 2.0), (&mut y, &mut da, &mut db)).expect("two numbers"));
    assert!(y != 0.0 && da != 0.0 && db != 0.0);
}

#[test]
fn of_a_loop() {
    let f = Function::new(["x"], |[x]| ((x * 2.0 + 1.0).tanh() * x.sigmoid() - (x.square() + 1.0).sqrt()).sum());
    let mut f = f.value_and_grad("x").expect("its input");
    let x = wave(5000, 0.1);
    let (mut y, mut dx) = (0.0, Array1::<f64>::zeros(5000));
    assert_none("a loop", || f.call_into((&x,), (&mut y, &mut dx)).expect("a vector"));
}

#[test]
fn of_arguments_and_results_in_other_layouts() {
    let mut f = Function::new(["x"], |[x]| x.exp() + x);
    let x = Array2::from_shape_fn((30, 40), |(i, j)| (i * j) as f64 * 0.001);
    let mut y = Array2::<f64>::zeros((30, 40));
    let mut y = y.view_mut().reversed_axes();
    assert_none("transposed", || f.call_into((&x.t(),), (&mut y,)).expect("a matrix"));
}

#[test]
fn of_a_network_with_softmax() {
    let mut step = Stateful::list(
        vec![
            ("w1", Array2::from_shape_fn((8, 16), |(i, j)| ((i * 7 + j) as f64).sin()).into()),
            ("b1", Array1::<f64>::zeros(16).into()),
            ("w2", Array2::from_shape_fn((16, 4), |(i, j)| ((i * 3 + j) as f64).cos()).into()),
        ],
        &["x", "y"],
        |_, w, x| {
            let z = (x[0].matmul(w[0]) + w[1]).tanh().matmul(w[2]);
            let loss = -(z.log_softmax(1) * x[1]).sum() / 10.0;
            let new = w.iter().zip(loss.grad(w)).map(|(w, dw)| *w - 0.1 * dw).collect();
            Ok((vec![loss, z.softmax(1).max_axes(1).sum()], new))
        },
    );
    let x = Array2::from_shape_fn((10, 8), |(i, j)| ((i + 3 * j) as f64).sin());
    let y = Array2::from_shape_fn((10, 4), |(i, j)| f64::from(u8::from(i % 4 == j)));
    let (mut loss, mut sure) = (0.0, 0.0);
    assert_none("a step", || step.call_into((&x, &y), (&mut loss, &mut sure)).expect("two matrices"));
    assert!(loss > 0.0 && sure > 0.0);
}

#[test]
fn of_parts_that_are_joined_and_padded() {
    let f = Function::new(["x"], |[x]| {
        let n = x.shape()[0];
        let (a, b) = (x.slice(s![1..n]), x.slice(s![..n - 1]));
        (100.0 * (a - b.square()).square() + (1.0 - b).square()).sum()
    });
    let mut f = f.hvp("x").expect("its input");
    let (x, v) = (wave(100, 0.3), wave(100, 0.7));
    let mut hv = Array1::<f64>::zeros(100);
    assert_none("Rosenbrock", || f.call_into((&x, &v), (&mut hv,)).expect("two vectors"));
}

#[test]
fn of_a_batch() {
    let f = Function::new(["w", "x"], |[w, x]| w.dot(x).sigmoid()).grad("w").expect("its input");
    let mut f = f.vmap(["x"]).expect("its input");
    let x = Array2::from_shape_fn((50, 3), |(i, j)| (i + j) as f64 * 0.1);
    let w = array![0.1, 0.2, 0.3];
    let mut dw = Array2::<f64>::zeros((50, 3));
    assert_none("a batch", || f.call_into((&w, &x), (&mut dw,)).expect("a vector and a matrix"));
}

#[test]
fn of_arrays_by_name() {
    let mut f: Function<Named> = Function::named(&["w"], &["y"], |v| vec![v["w"] * 2.0]);
    let arguments: Vec<Value> = vec![wave(20, 0.1).into()];
    let mut y = Array1::<f64>::zeros(20);
    assert_none("by name", || f.call_into(&arguments, (&mut y,)).expect("a vector"));
}

#[test]
fn of_what_indices_name_and_order() {
    let mut f = Function::several(["x", "i"], |[x, i]| {
        let rows = x.take(i, 0);
        let loss = (rows.square().sum_axes(1) * rows.cumsum(1).sum_axes(1)).sum();
        let places = x.argmax(1).sum().cast(cinta::DType::F64) + x.argsort(1).square().sum().cast(cinta::DType::F64);
        let products =
            x.cumprod(0).sum() + x.logcumsumexp(1).sum() + x.index_axis(0, 0).outer(x.index_axis(1, 0)).sum();
        [loss, (loss + products).grad(x).sum() + places, x.scatter_max(i, 0.5, 0).sum()]
    });
    let x = Array2::from_shape_fn((40, 7), |(i, j)| ((i * 5 + j) as f64).sin());
    let i: Array1<i64> = (0..60).map(|i| i * 7 % 40).collect();
    let (mut loss, mut slope, mut most) = (0.0, 0.0, 0.0);
    assert_none("indices", || f.call_into((&x, &i), (&mut loss, &mut slope, &mut most)).expect("two arrays"));
    assert!(loss != 0.0 && slope != 0.0 && most != 0.0);
}
