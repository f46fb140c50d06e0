//! Steps over the same rows that run band by band: the numbers of the interpreter, whatever the bands and the threads.
use cinta::{Bands, DType, Function, List, Options, Stateful, Tape, Value, Var};
use ndarray::{Array1, Array2, Array3, ArrayD, IxDyn};

/// Numbers that differ.
fn numbers(shape: &[usize]) -> ArrayD<f64> {
    let mut i = 0.0;
    ArrayD::from_shape_simple_fn(IxDyn(shape), || {
        i += 1.0;
        (i * 0.7_f64).sin() * 0.6
    })
}

fn close(a: &Value, b: &Value, precision: f64) -> bool {
    let scale = b.to_f64s().iter().fold(1e-3_f64, |most, x| most.max(x.abs()));
    a.shape() == b.shape() && a.to_f64s().iter().zip(b.to_f64s()).all(|(a, b)| (a - b).abs() <= precision * scale)
}

/// Bands of few rows.
fn small_bands() -> [Bands; 4] {
    [0, 700, 3000, 20_000].map(|bytes| Bands { bytes, from: 0 })
}

/// How many steps run in how many groups, by what the program says of itself, after calls with bands of several sizes and on
/// several threads gave what the interpreter gives.
#[track_caller]
fn grouped(f: &Function<List>, arguments: &[Value]) -> Vec<usize> {
    let tape = Tape::new();
    let vars: Vec<Var<'_>> = arguments.iter().map(|value| tape.var(value.clone())).collect();
    let expected: Vec<Value> = f.record(&tape, &vars).expect("a record").into_iter().map(|y| y.value()).collect();
    let precision = if arguments[0].dtype() == DType::F32 { 3e-5 } else { 1e-13 };
    let mut text = String::new();
    for bands in small_bands() {
        let mut f = f.clone().with_options(bands);
        let alone = f.call(arguments).expect("results");
        for (i, (y, expected)) in alone.iter().zip(&expected).enumerate() {
            assert!(close(y, expected, precision), "{bands:?}: result {i} is {y}, not {expected}");
        }
        for threads in [2, 5] {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("a pool");
            let y = pool.install(|| f.call(arguments)).expect("results");
            assert!(y.iter().zip(&alone).all(|(y, alone)| y.same_bits(alone)), "{bands:?} on {threads} threads");
        }
        if bands.bytes == 0 {
            text = f.prepared().next().expect("one program").1.explain().to_string();
        }
    }
    let mut groups = Vec::new();
    let mut was_banded = false;
    for line in text.lines().skip(1) {
        let is_banded = line.contains("; bands of");
        match groups.last_mut() {
            Some(count) if is_banded && was_banded => *count += 1,
            _ if is_banded => groups.push(1),
            _ => {}
        }
        was_banded = is_banded;
    }
    groups
}

/// A function of a list, by what it makes of its inputs.
macro_rules! function {
    ([$($name:literal),*], |$v:ident| $body:expr) => {
        Function::list(&[$($name),*], |_, $v| Ok($body))
    };
}

#[test]
fn a_likelihood_and_its_gradient_are_one_group() {
    let f = function!(["w", "b", "x", "y"], |v| {
        let z = v[2].dot(v[0]) + v[1];
        let loss = (z.softplus() - v[3] * z).mean();
        let mut results = vec![loss];
        results.extend(loss.grad(&v[..2]));
        results
    });
    for rows in [4, 31, 96, 500] {
        let arguments = [numbers(&[5]), numbers(&[]), numbers(&[rows, 5]), numbers(&[rows])].map(Value::from);
        assert_eq!(grouped(&f, &arguments), [3], "{rows} rows");
    }
}

#[test]
fn the_gradient_of_a_network_is_one_group_of_products_loops_and_softmax() {
    let f = function!(["a", "b", "c", "d", "x", "y"], |v| {
        let hidden = (v[4].matmul(v[0]) + v[1]).tanh();
        let loss = (hidden.matmul(v[2]) + v[3]).softmax_cross_entropy(v[5]).mean();
        // What is also a result stands where the caller wants it, and is read there.
        let mut results = vec![loss, hidden];
        results.extend(loss.grad(&v[..4]));
        results
    });
    for rows in [24, 48, 211] {
        let shapes: [&[usize]; 6] = [&[6, 9], &[9], &[9, 4], &[4], &[rows, 6], &[rows, 4]];
        let arguments = shapes.map(|shape| Value::from(numbers(shape)));
        let groups = grouped(&f, &arguments);
        assert!(groups.len() == 1 && groups[0] >= 9, "{rows} rows: {groups:?}");
        let single = arguments.map(|value| Value::from(value.view::<f64>().mapv(<f32 as cinta::Real>::lit)));
        assert_eq!(grouped(&f, &single), groups);
    }
}

#[test]
fn what_needs_other_rows_comes_after_a_group() {
    // Numbers of the whole batch are ready after the last band; what reads them is another group.
    let normal = function!(["w", "x"], |v| {
        let z = v[1].matmul(v[0]).tanh();
        let mean = z.mean_axes(0);
        let centred = z - mean;
        let deviation = centred.square().mean_axes(0).sqrt();
        let y = (centred / deviation).sigmoid();
        let sum = (y.matmul(v[0].t())).square().sum();
        vec![sum, sum.grad(v[0])]
    });
    for rows in [24, 130] {
        let groups = grouped(&normal, &[numbers(&[5, 4]).into(), numbers(&[rows, 5]).into()]);
        assert!(groups.len() > 1, "{groups:?}");
    }
    // Each row of these reads all rows of what comes before, or rows in another order.
    let mixed = function!(["x"], |v| {
        let y = v[0].softmax(1);
        let gram = y.matmul(y.t());
        let again = gram.softmax(1).matmul(y);
        let reversed = again.flip(0).softmax(1) + y;
        let shifted = reversed.slice_axis(0, 1..).softmax(1);
        let from_first = y - y.slice_axis(0, 0..1).broadcast_to(y.shape());
        vec![again, reversed, shifted, y.t().matmul(reversed), shifted.sum_axes(0), from_first]
    });
    for rows in [2, 6, 40] {
        grouped(&mixed, &[numbers(&[rows, 6]).into()]);
    }
    let square = function!(["x"], |v| {
        let y = v[0].exp().softmax(1);
        vec![y.t().matmul(y), y.matmul(v[0]), y.matmul(y), y.t().softmax(1), y.max_axes(0)]
    });
    grouped(&square, &[numbers(&[12, 12]).into()]);
}

#[test]
fn rows_of_several_lanes_masks_and_whole_numbers() {
    let f = function!(["x", "w"], |v| {
        let shape = v[0].shape();
        let (rows, width) = (shape[0], shape[1] * shape[2]);
        let soft = v[0].softmax(2);
        let largest = soft.max_axes(2);
        let flat = soft.reshape([rows, width]);
        let z = flat.matmul(v[1]);
        let mask = z.gt(z.mean_axes(1).expand_dims(1));
        let kept = mask.select(z, z * 0.01);
        let count = mask.cast(DType::I64).sum_axes(0);
        let y = kept.log_softmax(1);
        let sum = (y.square() * largest.sum_axes(1).expand_dims(1)).sum();
        vec![sum, count, sum.grad(v[0]), y, sum.grad(v[1])]
    });
    for (rows, least) in [(3, 2), (50, 5)] {
        let x = Array3::from_shape_fn((rows, 3, 4), |(i, j, k)| ((i * 5 + j * 3 + k * 7) as f64).sin());
        let groups = grouped(&f, &[x.into(), numbers(&[12, 5]).into()]);
        assert!(groups.iter().sum::<usize>() >= least, "{groups:?}");
    }
}

#[test]
fn a_batch_of_jacobians_is_written_row_by_row() {
    let one = function!(["w", "x"], |v| {
        let z = v[0].dot(v[1]).tanh();
        vec![z.jacobian(v[1]), z.sum()]
    });
    let f = one.vmap(["x"]).expect("a batch");
    let groups = grouped(&f, &[numbers(&[3, 4]).into(), numbers(&[60, 4]).into()]);
    assert!(!groups.is_empty());
}

/// Steps of gradient descent move the states where they stand, after the last band.
#[test]
fn training_steps_move_states_after_the_last_band() {
    let rows = 6000;
    let step = || {
        let states =
            vec![("w", numbers(&[16, 12]).into()), ("b", numbers(&[12]).into()), ("v", numbers(&[12, 3]).into())];
        Stateful::list(states, &["x", "y"], |_, w, v| {
            let z = (v[0].matmul(w[0]) + w[1]).tanh().matmul(w[2]);
            let loss = z.softmax_cross_entropy(v[1]).mean();
            let new = w.iter().zip(loss.grad(w)).map(|(w, dw)| *w - 0.5 * dw).collect();
            Ok((vec![loss], new))
        })
    };
    let x = numbers(&[rows, 16]);
    let y = Array2::from_shape_fn((rows, 3), |(i, j)| f64::from(u8::from(i % 3 == j)));
    let mut banded = step();
    let text = {
        let types = [[rows, 16], [rows, 3]].map(|shape| cinta::ArrayType::new(DType::F64, shape));
        banded.prepare(&types).expect("a program").explain().to_string()
    };
    assert!(text.contains("; bands of"), "{text}");
    // The same by hand, with the interpreter.
    let mut states: Vec<Value> = banded.states().map(|(_, value)| value).collect();
    for _ in 0..3 {
        let tape = Tape::new();
        let w: Vec<Var<'_>> = states.iter().map(|value| tape.var(value.clone())).collect();
        let z = (tape.var(&x).matmul(w[0]) + w[1]).tanh().matmul(w[2]);
        let loss = z.softmax_cross_entropy(tape.var(&y)).mean();
        let given = banded.call((&x, &y)).expect("a loss");
        assert!(close(&given[0], &loss.value(), 1e-12), "{} against {}", given[0], loss.value());
        states = w.iter().zip(loss.grad(&w[..])).map(|(w, dw)| (*w - 0.5 * dw).value()).collect();
        for ((name, state), expected) in banded.states().zip(&states) {
            assert!(close(&state, expected, 1e-12), "{name} is {state}, not {expected}");
        }
    }
}

#[test]
fn what_only_a_group_knows_has_room_for_one_band() {
    let f = Function::new(["w", "x"], |[w, x]| x.matmul(w).tanh().matmul(w).tanh().softmax(1).square().sum()).grad("w");
    let f = f.expect("its input");
    let types = [[32, 32], [20_000, 32]].map(|shape| cinta::ArrayType::new(DType::F64, shape));
    let bytes = |options: Options| {
        let mut f = f.clone().with_options(options);
        f.prepare(&types).expect("a program").bytes()
    };
    let (by_bands, alone) = (bytes(Options::default()), bytes(Bands::never().into()));
    // Six arrays of 20,000 rows, against a few of a hundred rows and the sums of bands.
    assert!(alone > 4 * 20_000 * 32 * 8 && 8 * by_bands < alone, "{by_bands} bytes, {alone} without bands");
}

#[test]
fn small_programs_and_wide_products_run_step_by_step() {
    let f = function!(["w", "x"], |v| vec![v[1].matmul(v[0]).tanh().sum().grad(v[0])]);
    let explained = |inner: usize, rows: usize| {
        let types = [[inner, inner], [rows, inner]].map(|shape| cinta::ArrayType::new(DType::F64, shape));
        f.clone().prepare(&types).expect("a program").explain().to_string()
    };
    assert!(!explained(8, 100).contains("bands of"));
    assert!(explained(16, 20_000).contains("bands of"));
    // To read a large matrix for each band would cost more than bands save.
    assert!(!explained(600, 4000).contains("bands of"));
}

#[test]
fn rows_apart_in_memory_are_found() {
    let f = function!(["x", "w"], |v| {
        let z = v[0].matmul(v[1]).softmax(1);
        vec![v[0].t().matmul(z), z.sum_axes(1)]
    });
    let wide = Array2::from_shape_fn((90, 14), |(i, j)| ((i * 3 + j * 11) as f64).cos());
    let w: Array1<f64> = (0..21).map(|i| f64::from(i).sin()).collect();
    let w = w.into_shape_with_order((7, 3)).expect("as many");
    let mut f = f.with_options(Bands { bytes: 0, from: 0 });
    let whole = wide.slice(ndarray::s![.., ..;2]).to_owned();
    let expected = f.call((&whole, &w)).expect("results");
    let got = f.call((&wide.slice(ndarray::s![.., ..;2]), &w)).expect("results");
    assert!(got.iter().zip(&expected).all(|(a, b)| a.same_bits(b)));
}
