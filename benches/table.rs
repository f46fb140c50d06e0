//! The table of `benches/README.md`: contestants alternate in one run, and minima are taken.
//! `cargo bench --bench table`
#![expect(clippy::print_stdout, reason = "the table is the output")]
use std::hint::black_box;
use std::time::Instant;

use cinta::Tape;

mod workloads;
use workloads::{CHAIN, LARGE, Network, chain, large};

/// Nanoseconds of one call.
fn time<R>(f: impl FnOnce() -> R) -> f64 {
    let start = Instant::now();
    black_box(f());
    start.elapsed().as_nanos() as f64
}

/// The least of several timings of each contestant, one after the other in every round.
fn minima<const N: usize>(rounds: usize, mut round: impl FnMut() -> [f64; N]) -> [f64; N] {
    (0..rounds).map(|_| round()).fold([f64::INFINITY; N], |best, new| std::array::from_fn(|i| best[i].min(new[i])))
}

fn main() {
    println!("| what | figure |\n|---|---|");

    let mut tape = Tape::new();
    let [record, differentiate, evaluate] = minima(30, || {
        tape.clear();
        let record = time(|| chain(&tape));
        tape.clear();
        let (x, y) = chain(&tape);
        let mut grad = None;
        let differentiate = time(|| grad = Some(y.grad(x)));
        let evaluate = time(|| grad.map(|grad| (y.item(), grad.item())));
        [record, differentiate, evaluate]
    });
    let n = CHAIN as f64;
    println!("| record a scalar operation | {:.1} ns |", record / n);
    println!("| bytes a node, its value included | {:.1} |", tape.bytes() as f64 / tape.len() as f64);
    println!("| record the gradient of a chain, against recording the chain | {:.1} × |", differentiate / record);
    println!("| evaluate a scalar node | {:.1} ns |", evaluate / tape.len() as f64);

    let network = Network::new();
    let [step] = minima(20_000, || [time(|| network.step(&mut tape))]);
    println!("| 2-8-8-1 network, batch of 10: record, evaluate, differentiate | {:.1} µs |", step / 1e3);

    let (a, b) = large();
    let tape = Tape::new();
    let (x, y) = (tape.var(&a), tape.var(&b));
    let (product, composite) = (x * y + x, (x * y + x).tanh());
    let value = x.value();
    let rows = [("a b + a", product, false), ("tanh(a b + a)", composite, true)];
    for (name, node, with_tanh) in rows {
        let [plain, ours] = minima(40, || {
            let plain = time(|| if with_tanh { (&a * &b + &a).mapv(f64::tanh) } else { &a * &b + &a });
            x.set(&value);
            [plain, time(|| node.value())]
        });
        let element = LARGE as f64;
        println!(
            "| {name} on 1e6 elements: Cinta, plain `ndarray`, ratio | {:.2} ns, {:.2} ns, {:.2} |",
            ours / element,
            plain / element,
            ours / plain
        );
    }
}
