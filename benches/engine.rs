//! The engine by run, under criterion: `cargo bench --bench engine`.
use std::hint::black_box;

use cinta::Tape;
use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};

mod workloads;
use workloads::{CHAIN, LARGE, Network, chain, large};

fn scalars(c: &mut Criterion) {
    let mut group = c.benchmark_group("scalar chain");
    group.throughput(Throughput::Elements(CHAIN as u64));
    let mut tape = Tape::new();
    group.bench_function("record", |b| {
        b.iter(|| {
            tape.clear();
            chain(&tape).1.id()
        });
    });
    group.bench_function("differentiate", |b| {
        b.iter_batched_ref(
            Tape::new,
            |tape| {
                let (x, y) = chain(tape);
                y.grad(x).id()
            },
            BatchSize::LargeInput,
        );
    });
    group.bench_function("evaluate", |b| {
        let tape = Tape::new();
        let (x, y) = chain(&tape);
        b.iter(|| {
            x.set(0.5);
            y.item()
        });
    });
    group.finish();
}

fn network(c: &mut Criterion) {
    let (network, mut tape) = (Network::new(), Tape::new());
    c.bench_function("2-8-8-1 step by run", |b| b.iter(|| network.step(&mut tape)));
}

fn arrays(c: &mut Criterion) {
    let mut group = c.benchmark_group("tanh(a b + a), 1e6 elements");
    group.throughput(Throughput::Elements(LARGE as u64));
    let (a, b) = large();
    group.bench_function("ndarray", |bench| bench.iter(|| black_box((&a * &b + &a).mapv(f64::tanh))));
    let tape = Tape::new();
    let (x, y) = (tape.var(&a), tape.var(&b));
    let z = (x * y + x).tanh();
    let value = x.value();
    group.bench_function("cinta", |bench| {
        bench.iter(|| {
            x.set(&value);
            black_box(z.value())
        });
    });
    group.finish();
}

criterion_group!(benches, scalars, network, arrays);
criterion_main!(benches);
