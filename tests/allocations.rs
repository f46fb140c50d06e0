//! Programs allocate nothing from the second call on: counted.
use allocation_counter::measure;
use cinta::{DType, Element, Function, Named, Op, Program, Side, Stateful, Tape, Triangle, Value, Var, View, ViewMut};
use ndarray::{Array1, Array2, ArrayD, array, s};

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
    assert_none("a loop", || f.call_into(&x, (&mut y, &mut dx)).expect("a vector"));
}

#[test]
fn of_arguments_and_results_in_other_layouts() {
    let mut f = Function::new(["x"], |[x]| x.exp() + x);
    let x = Array2::from_shape_fn((30, 40), |(i, j)| (i * j) as f64 * 0.001);
    let mut y = Array2::<f64>::zeros((30, 40));
    let mut y = y.view_mut().reversed_axes();
    assert_none("transposed", || f.call_into(&x.t(), &mut y).expect("a matrix"));
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
    assert_none("Rosenbrock", || f.call_into((&x, &v), &mut hv).expect("two vectors"));
}

#[test]
fn of_a_batch() {
    let f = Function::new(["w", "x"], |[w, x]| w.dot(x).sigmoid()).grad("w").expect("its input");
    let mut f = f.vmap(["x"]).expect("its input");
    let x = Array2::from_shape_fn((50, 3), |(i, j)| (i + j) as f64 * 0.1);
    let w = array![0.1, 0.2, 0.3];
    let mut dw = Array2::<f64>::zeros((50, 3));
    assert_none("a batch", || f.call_into((&w, &x), &mut dw).expect("a vector and a matrix"));
}

#[test]
fn of_arrays_by_name() {
    let mut f: Function<Named> = Function::named(&["w"], &["y"], |v| vec![v["w"] * 2.0]);
    let arguments: Vec<Value> = vec![wave(20, 0.1).into()];
    let mut y = Array1::<f64>::zeros(20);
    assert_none("by name", || f.call_into(&arguments, &mut y).expect("a vector"));
}

#[test]
fn of_what_indices_name_and_order() {
    let mut f = Function::several(["x", "i"], |[x, i]| {
        let rows = x.take(i, 0);
        let loss = (rows.square().sum_axes(1) * rows.cumsum(1).sum_axes(1)).sum();
        let places = x.argmax(1).sum().cast(DType::F64) + x.argsort(1).square().sum().cast(DType::F64);
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

/// An array that an output is written into.
enum Room {
    F64(ArrayD<f64>),
    F32(ArrayD<f32>),
    I64(ArrayD<i64>),
    Bool(ArrayD<bool>),
}

impl Room {
    fn of(var: Var<'_>) -> Self {
        fn zeros<T: Element>(var: Var<'_>) -> ArrayD<T> {
            ArrayD::from_elem(var.shape().to_vec(), T::default())
        }
        match var.dtype() {
            DType::F64 => Self::F64(zeros(var)),
            DType::F32 => Self::F32(zeros(var)),
            DType::I64 => Self::I64(zeros(var)),
            DType::Bool => Self::Bool(zeros(var)),
        }
    }

    fn view(&mut self) -> ViewMut<'_> {
        match self {
            Self::F64(array) => array.into(),
            Self::F32(array) => array.into(),
            Self::I64(array) => array.into(),
            Self::Bool(array) => array.into(),
        }
    }
}

#[track_caller]
fn assert_none_of(name: &str, tape: &Tape, inputs: &[Var<'_>], outputs: &[Var<'_>]) {
    let ids = |vars: &[Var<'_>]| vars.iter().map(|var| var.id()).collect::<Vec<_>>();
    let mut program = Program::compile(&tape.graph(), &ids(inputs), &ids(outputs)).expect("recorded");
    let values: Vec<Value> = inputs.iter().map(|var| var.value()).collect();
    let arguments: Vec<View<'_>> = values.iter().map(View::from).collect();
    let mut rooms: Vec<Room> = outputs.iter().map(|&var| Room::of(var)).collect();
    let mut views: Vec<ViewMut<'_>> = rooms.iter_mut().map(Room::view).collect();
    assert_none(name, || program.run_into(&arguments, &mut views).expect("as the interpreter"));
}

#[test]
fn of_every_operation_and_its_derivatives() {
    for sample in Op::samples() {
        let name = sample.op.name();
        let tape = Tape::new();
        let inputs: Vec<Var<'_>> = sample.inputs.iter().map(|value| tape.var(value)).collect();
        let y = tape.apply(&sample.op, &inputs).expect("a sample");
        let floats: Vec<Var<'_>> = inputs.iter().copied().filter(|var| var.dtype().is_float()).collect();
        assert_none_of(name, &tape, &inputs, &[y]);
        if !y.dtype().is_float() {
            continue;
        }
        let Ok(grads) = y.square().sum().try_grad_or_zeros(&floats[..]) else { continue };
        assert_none_of(&format!("{name}, its gradient"), &tape, &inputs, &grads);
        let squares = grads.iter().map(|grad| grad.square().sum()).reduce(|sum, square| sum + square);
        if let Some(Ok(slopes)) = squares.map(|square| square.try_grad_or_zeros(&floats[..])) {
            assert_none_of(&format!("{name}, its second derivative"), &tape, &inputs, &slopes);
        }
    }
}

#[test]
fn of_factorisations_that_go_block_by_block() {
    type OfMatrix = fn(Var<'_>) -> Var<'_>;
    let n = 96;
    let a = Array2::from_shape_fn((n, n), |(i, j)| (1.0 + (i * n + j) as f64).sin() + if i == j { 60.0 } else { 0.0 });
    let functions: [(&str, OfMatrix); 9] = [
        ("cholesky", |a| a.cholesky().sum()),
        ("solve", |a| a.solve(a.t()).sum()),
        ("triangular_solve", |a| a.triangular_solve(a, Triangle::LOWER).sum()),
        ("slogdet", |a| a.slogdet().1),
        ("eigh", |a| a.eigh().0.square().sum()),
        ("svd", |a| a.svd().1.square().sum()),
        ("qr", |a| a.qr().0.sum()),
        ("det", |a| (a * 0.02).det()),
        ("expm", |a| (a * 0.1).expm().sum()),
    ];
    for (name, function) in functions {
        let mut f = Function::new(["a"], move |[a]| function(a)).value_and_grad("a").expect("its input");
        let (mut y, mut da) = (0.0, Array2::<f64>::zeros((n, n)));
        assert_none(name, || f.call_into(&a, (&mut y, &mut da)).expect("a matrix"));
    }
}

#[test]
fn of_batches_along_several_axes() {
    let f = Function::new(["a", "b"], |[a, b]| a.transpose(&[1, 0, 2, 3]).matmul(b).square().sum());
    let mut f = f.value_and_grad(["a", "b"]).expect("its inputs");
    let number = |at: ndarray::IxDyn| ((0..4).fold(1, |n, axis| 7 * n + at[axis]) as f64).sin();
    let (a, b) = (ArrayD::from_shape_fn(vec![3, 2, 4, 5], number), ArrayD::from_shape_fn(vec![2, 3, 5, 6], number));
    let (mut y, mut da, mut db) = (0.0, ArrayD::<f64>::zeros(a.shape()), ArrayD::<f64>::zeros(b.shape()));
    assert_none("batches", || f.call_into((&a, &b), (&mut y, &mut da, &mut db)).expect("two arrays"));
    assert!(y > 0.0 && da.iter().all(|&x| x != 0.0));
}

#[test]
fn of_what_runs_along_many_elements() {
    let mut f = Function::several(["x"], |[x]| {
        let sorted = x.take_along_axis(x.argsort(0), 0);
        let scans = x.cumsum(0) + x.cumprod(0) + x.logcumsumexp(0) + x.softmax(0) + x.log_softmax(0) + sorted;
        let loss = scans.square().sum_axes(0).sum() + x.max_axes(0).sum() + x.logsumexp(0).sum() + x.square().mean();
        [loss, loss.grad(x).sum(), sorted.slice(s![.., 0]).search_sorted(x, Side::Left).sum().cast(DType::F64)]
    });
    let x = Array2::from_shape_fn((300, 70), |(i, j)| ((i * 5 + j) as f64).sin());
    let (mut loss, mut slope, mut places) = (0.0, 0.0, 0.0);
    assert_none("lanes", || f.call_into(&x, (&mut loss, &mut slope, &mut places)).expect("a matrix"));
    assert!(loss != 0.0 && slope != 0.0);
}

#[test]
fn of_steps_that_run_band_by_band() {
    let f = Function::new(["w", "x", "y"], |[w, x, y]| {
        let z = x.matmul(w).tanh().softmax(1);
        (z * y).sum().square() - z.square().mean()
    });
    let mut f = f.value_and_grad(["w", "x"]).expect("its inputs");
    let [w, x, y] = [[16, 8], [4000, 16], [4000, 8]]
        .map(|shape| Array2::from_shape_fn(shape, |(i, j)| ((i * 5 + j * 3) as f64).sin()));
    let (mut value, mut dw, mut dx) = (0.0, w.clone(), x.clone());
    assert_none("bands", || f.call_into((&w, &x, &y), (&mut value, &mut dw, &mut dx)).expect("matrices"));
    let (_, program) = f.prepared().next().expect("it was called");
    assert!(program.explain().to_string().contains("; bands of"), "{}", program.explain());
}

#[test]
fn of_a_large_loop_with_many_results() {
    let mut f = Function::list(&["x"], |_, v| Ok((1..=40).map(|k| (v[0] * f64::from(k)).sin()).collect()));
    let x = wave(30_000, 0.01);
    let mut results: Vec<Array1<f64>> = vec![x.clone(); 40];
    let mut views: Vec<ViewMut<'_>> = results.iter_mut().map(ViewMut::from).collect();
    let types = [cinta::ArrayType::new(DType::F64, [30_000])];
    let mut program = f.prepare(&types).expect("a program").clone();
    let arguments = [View::from(&x)];
    assert_none("many results", || program.run_into(&arguments, &mut views).expect("a vector"));
    // The same by the thread that is counted.
    let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build().expect("a pool");
    pool.install(|| {
        assert_none("on one thread", || program.run_into(&arguments, &mut views).expect("a vector"));
    });
}
