//! Training steps on large batches, with steps band by band and each alone: a table of `benches/README.md`.
//! `cargo bench --bench batches`
#![expect(clippy::print_stdout, reason = "the table is the output")]
use std::time::Instant;

use cinta::{ArrayType, Bands, Function, List, Options, Value};
use ndarray::Array2;

/// Seconds in which contestants alternate, and the fewest rounds.
const BUDGET: f64 = 1.5;
const ROUNDS: usize = 5;

fn numbers(shape: [usize; 2]) -> Value {
    Array2::from_shape_fn(shape, |(i, j)| ((i * 7 + j * 3) as f64).sin() * 0.3).into()
}

/// The likelihood of labels under logistic regression, and its gradient.
fn logistic() -> Function<List> {
    Function::list(&["w", "x", "y"], |_, v| {
        let z = v[1].matmul(v[0]);
        let loss = (z.softplus() - v[2] * z).mean();
        Ok(vec![loss, loss.grad(v[0])])
    })
}

/// The cross-entropy of a network with two hidden layers, and its gradient.
fn network() -> Function<List> {
    Function::list(&["a", "b", "c", "x", "y"], |_, v| {
        let hidden = v[3].matmul(v[0]).tanh().matmul(v[1]).tanh();
        let loss = hidden.matmul(v[2]).softmax_cross_entropy(v[4]).mean();
        let mut results = vec![loss];
        results.extend(loss.grad(&v[..3]));
        Ok(results)
    })
}

/// Prints the least times of a call and the bytes held, by bands and without.
fn compare(name: &str, f: &Function<List>, arguments: &[Value]) {
    let types: Vec<ArrayType> = arguments.iter().map(Value::array_type).collect();
    let mut contestants = [Bands::default(), Bands::never()].map(|bands| f.clone().with_options(Options::from(bands)));
    let bytes = contestants.each_mut().map(|f| f.prepare(&types).expect("a program").bytes());
    let (mut least, mut rounds, begin) = ([f64::INFINITY; 2], 0, Instant::now());
    while rounds < ROUNDS || begin.elapsed().as_secs_f64() < BUDGET {
        for (f, least) in contestants.iter_mut().zip(&mut least) {
            let start = Instant::now();
            f.call(arguments).expect("results");
            *least = least.min(start.elapsed().as_secs_f64());
        }
        rounds += 1;
    }
    let [banded, alone] = least.map(|seconds| seconds * 1e3);
    let [held, held_alone] = bytes.map(|bytes| bytes as f64 / f64::from(1 << 20));
    println!(
        "| {name} | {banded:.3} ms | {alone:.3} ms | {:.2} | {held:.1} MiB | {held_alone:.1} MiB |",
        banded / alone
    );
}

fn main() {
    println!("| step | by bands | alone | ratio | held | held alone |\n|---|--:|--:|--:|--:|--:|");
    for rows in [5_000, 20_000, 100_000, 400_000] {
        let arguments = [[64, 1], [rows, 64], [rows, 1]].map(numbers);
        compare(&format!("logistic regression, {rows} × 64"), &logistic(), &arguments);
    }
    for rows in [1_000, 4_000, 16_000, 64_000] {
        let arguments = [[64, 64], [64, 32], [32, 10], [rows, 64], [rows, 10]].map(numbers);
        compare(&format!("network 64-64-32-10, {rows} rows"), &network(), &arguments);
    }
}
