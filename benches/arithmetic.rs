//! Functions of elements as machine code and by kernels alone: a table of `benches/README.md`.
//! `cargo bench --bench arithmetic`
#![expect(clippy::print_stdout, reason = "the table is the output")]
use std::time::Instant;

use cinta::{Function, List, NativeCode, Options, Value, Var};
use ndarray::Array1;

/// Seconds in which contestants alternate, and the fewest rounds.
const BUDGET: f64 = 0.4;
const ROUNDS: usize = 10;

type Elementwise = for<'t> fn(Var<'t>, Var<'t>) -> Var<'t>;

const FUNCTIONS: &[(&str, Elementwise)] = &[
    ("x y", |x, y| x * y),
    ("(x − y)²", |x, y| (x - y).square()),
    ("Huber's loss of x − y", |x, y| {
        let r = x - y;
        r.abs().le(1.0).select(0.5 * r.square(), r.abs() - 0.5)
    }),
    ("√(x² + y² + 1)", |x, y| (x.square() + y.square() + 1.0).sqrt()),
    ("(½x² + x y − 2y + 1)/(x² + y² + 1)", |x, y| (x * x * 0.5 + x * y - y * 2.0 + 1.0) / (x * x + y * y + 1.0)),
    ("((0.3x + 1) x + y) x y + ½(x − y)(x + y)", |x, y| ((x * 0.3 + 1.0) * x + y) * x * y + (x - y) * (x + y) * 0.5),
    ("tanh(x y + 0.1)", |x, y| (x * y + 0.1).tanh()),
    ("log(e^(x²) + σ(y))", |x, y| (x.square().exp() + y.sigmoid()).log()),
    ("y ← 0.9 tanh y + 0.1 x, ten times", |x, y| (0..10).fold(y, |y, _| 0.9 * y.tanh() + 0.1 * x)),
];

fn numbers(n: usize, k: f64) -> Value {
    Array1::from_shape_fn(n, |i| (i as f64 * k).sin()).into()
}

/// The least times of a call, with machine code and without, in microseconds.
fn compare(f: &Function<List>, arguments: &[Value]) -> [f64; 2] {
    let contestants = [NativeCode::default(), NativeCode::never()];
    let mut contestants = contestants.map(|native| f.clone().with_options(Options::from(native)));
    let (mut least, mut rounds, begin) = ([f64::INFINITY; 2], 0, Instant::now());
    while rounds < ROUNDS || begin.elapsed().as_secs_f64() < BUDGET {
        for (f, least) in contestants.iter_mut().zip(&mut least) {
            let start = Instant::now();
            f.call(arguments).expect("results");
            *least = least.min(start.elapsed().as_secs_f64());
        }
        rounds += 1;
    }
    least.map(|seconds| seconds * 1e6)
}

fn main() {
    println!(
        "| Σ over 10⁴ of | value: code | kernels | ratio | and gradient: code | kernels | ratio |\n|---|--:|--:|--:|--:|--:|--:|"
    );
    for &(name, f) in FUNCTIONS {
        let arguments = [numbers(10_000, 0.7), numbers(10_000, 1.3)];
        let value = Function::list(&["x", "y"], move |_, v| Ok(vec![f(v[0], v[1]).sum()]));
        let both = Function::list(&["x", "y"], move |_, v| {
            let sum = f(v[0], v[1]).sum();
            Ok(vec![sum, sum.grad(v[0]), sum.grad(v[1])])
        });
        let cells = [value, both].map(|f| {
            let [code, kernels] = compare(&f, &arguments);
            format!("{code:.2} µs | {kernels:.2} µs | {:.2}", code / kernels)
        });
        println!("| {name} | {} |", cells.join(" | "));
    }
}
