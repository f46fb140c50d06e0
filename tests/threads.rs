//! Programs on several threads: the bits of one.
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use cinta::{ArrayType, CustomOp, Function, Value, Var, custom};
use ndarray::{Array1, Array2, Axis};

/// Large enough for several threads in every kind of step: loops, sums of all, of rows and of columns, products, lanes.
fn functions() -> Vec<Function<cinta::List>> {
    vec![
        Function::list(&["x"], |_, v| {
            let x = v[0];
            let y = (x * 2.0 + 1.0).tanh() * x.sigmoid() - (x.square() + 1.0).sqrt();
            let total = y.sum();
            Ok(vec![total, total.grad(x), y.sum_axes(0), y.sum_axes(1), y.max_axes(0), y])
        }),
        Function::list(&["x"], |_, v| {
            let x = v[0];
            let [rows, columns] = x.shape()[..] else { unreachable!("a matrix") };
            let small = if rows < columns { x.matmul(x.t()) } else { x.t().matmul(x) };
            let large = if rows < columns { small.matmul(x) } else { x.matmul(small) };
            Ok(vec![small, large, large.matmul(large.sum_axes(0)), x.softmax(1), x.logsumexp(0)])
        }),
    ]
}

#[test]
fn any_number_of_threads_gives_the_same_bits() {
    let wave = |k: f64| move |(i, j): (usize, usize)| ((i * 31 + j * 7) as f64 * k).sin() * 3.0;
    for shape in [(2001, 61), (17, 9011), (40_000, 2), (300, 300)] {
        let x = Array2::from_shape_fn(shape, wave(0.37));
        for function in functions() {
            let mut expected: Option<Vec<Value>> = None;
            for threads in [1, 2, 3, 8] {
                let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("a pool");
                let mut function = function.clone();
                let got = pool.install(|| function.call((&x,))).expect("a matrix");
                let expected = expected.get_or_insert_with(|| got.clone());
                for (i, (got, expected)) in got.iter().zip(&*expected).enumerate() {
                    assert!(got.same_bits(expected), "result {i} of {shape:?} on {threads} threads");
                }
            }
        }
    }
}

#[test]
fn arrays_that_come_from_memory_give_the_bits_of_their_pieces() {
    let x = Array1::from_shape_fn(1_000_003, |i| (i as f64 * 0.1).sin() * 3.0);
    let mut f = Function::several(["x"], |[x]| {
        let y = (x * 2.0 + 1.0).tanh() * x.sigmoid() - (x.square() + 1.0).sqrt();
        [y, y.sum().grad(x), x.lt(y).select(x, y)]
    });
    let of_pieces: Vec<[Value; 3]> =
        x.axis_chunks_iter(Axis(0), 99_991).map(|piece| f.call((&piece,)).expect("a vector")).collect();
    for threads in [1, 3] {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("a pool");
        let whole = pool.install(|| f.call((&x,))).expect("a vector");
        for (i, whole) in whole.iter().enumerate() {
            let pieces = of_pieces.iter().flat_map(|piece| piece[i].to_f64s());
            assert!(whole.to_f64s().into_iter().map(f64::to_bits).eq(pieces.map(f64::to_bits)), "result {i}");
        }
    }
}

#[test]
fn one_program_serves_pools_of_any_size() {
    let x = Array1::from_shape_fn(300_000, |i| (i as f64 * 0.1).sin());
    let mut function = Function::new(["x"], |[x]| x.exp().sum());
    let expected = function.call((&x,)).expect("a vector");
    for threads in [3, 1, 5, 2] {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("a pool");
        let got = pool.install(|| function.call((&x,))).expect("a vector");
        assert!(got.same_bits(&expected));
    }
}

/// The number it is given, and where it was asked for it.
#[derive(Debug, Default)]
struct Witness {
    was_in_the_pool: AtomicBool,
}

impl CustomOp for Witness {
    fn name(&self) -> &'static str {
        "witness"
    }

    fn infer(&self, inputs: &[&ArrayType]) -> Result<ArrayType, String> {
        Ok(inputs[0].clone())
    }

    fn eval(&self, inputs: &[&Value]) -> Result<Value, String> {
        self.was_in_the_pool.store(rayon::current_thread_index().is_some(), Ordering::Relaxed);
        Ok(inputs[0].clone())
    }

    fn vjp(&self, _: usize, _: &[&Value], _: &Value, ct: &Value) -> Result<Value, String> {
        Ok(ct.clone())
    }
}

/// What is large, a function that has it, and the shape of its argument.
type OfSize = (&'static str, for<'t> fn(Var<'t>) -> Var<'t>, [usize; 2]);

/// Each step that hands work to a pool from outside waits for threads to wake and to fall asleep; a run is to do so once.
#[test]
fn a_program_with_one_large_step_runs_in_the_pool_as_a_whole() {
    let functions: [OfSize; 4] = [
        ("a product", |x| x.matmul(x), [128, 128]),
        ("softmax", |x| x.softmax(1), [1000, 40]),
        ("a loop", |x| x.tanh().sum(), [1000, 100]),
        ("nothing", |x| x.matmul(x), [8, 8]),
    ];
    for (what, f, shape) in functions {
        let witness = Arc::new(Witness::default());
        let asked = witness.clone();
        let mut function = Function::new(["x"], move |[x]| custom(witness.clone(), &[f(x)]).sum());
        function.call(&Array2::<f64>::ones(shape)).expect("a matrix");
        let expected = what != "nothing" && rayon::current_num_threads() > 1;
        assert_eq!(asked.was_in_the_pool.load(Ordering::Relaxed), expected, "{what}");
    }
}
