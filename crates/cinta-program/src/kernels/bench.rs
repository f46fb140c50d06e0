//! Timings of the kernels beside the standard library and `matrixmultiply`: minima of alternated runs.
//!
//! ```text
//! cargo test --release -p cinta-program kernels::bench -- --ignored --nocapture --test-threads 1
//! ```
use std::hint::black_box;
use std::time::Instant;

use super::tests::{meaning, meaning2};
use super::{Binary, Float, KernelSet, Matrix, Reduction, Ternary, Unary, product};

/// The best time of each of some tasks, in ns a call, taking turns.
pub(super) fn minima(tasks: &mut [Box<dyn FnMut() + '_>], calls: usize, rounds: usize) -> Vec<f64> {
    let mut best = vec![f64::INFINITY; tasks.len()];
    for _ in 0..rounds {
        for (best, task) in best.iter_mut().zip(tasks.iter_mut()) {
            let start = Instant::now();
            for _ in 0..calls {
                task();
            }
            *best = best.min(start.elapsed().as_nanos() as f64 / calls as f64);
        }
    }
    best
}

/// Arguments where functions do their usual work.
pub(super) fn points<T: Float>(n: usize) -> Vec<T> {
    (0..n).map(|i| T::lit(((i * 7919) % 1009) as f64 / 1009.0 * 4.0 + 0.01)).collect()
}

fn wanted(name: &str) -> bool {
    std::env::var("ONLY").map_or(true, |only| only.split(',').any(|only| name.eq_ignore_ascii_case(only)))
}

fn names(sets: &[KernelSet], width: usize) -> String {
    sets.iter().fold(String::new(), |line, set| line + &format!("{:>width$}", set.name()))
}

fn report(name: &str, times: &[f64], n: usize, small: &[f64]) {
    print!("{name:16}");
    for time in times {
        print!("{:9.3}", time / n as f64);
    }
    print!("   |");
    for time in small {
        print!("{time:8.1}");
    }
    println!();
}

#[expect(clippy::too_many_lines, reason = "one table")]
fn elementwise<T: Float>() {
    const N: usize = 128;
    let sets = KernelSet::available();
    println!("\n{}: ns an element of {N}; ns a call on 8\n{:16}{:>9}", std::any::type_name::<T>(), "", "std");
    println!("{:16}{}", "", names(&sets, 9));
    let (x, z) = (points::<T>(N), points::<T>(N).into_iter().rev().collect::<Vec<T>>());
    for &f in Unary::ALL {
        let name = format!("{f:?}");
        if !wanted(&name) {
            continue;
        }
        let time = |n: usize, calls: usize| {
            let x = if matches!(f, Unary::Asin | Unary::Acos) {
                x.iter().map(|&x| x * T::lit(0.24)).collect()
            } else {
                x.clone()
            };
            let x = &x[..n];
            let mut outs = vec![vec![T::ZERO; n]; sets.len() + 1];
            let mut tasks: Vec<Box<dyn FnMut() + '_>> = Vec::new();
            for (i, out) in outs.iter_mut().enumerate() {
                if i == 0 {
                    tasks.push(Box::new(move || {
                        let f = black_box(f);
                        for (o, &x) in out.iter_mut().zip(x) {
                            *o = meaning(f, x);
                        }
                        black_box(&mut *out);
                    }));
                } else {
                    let kernel = sets[i - 1].unary::<T>(f);
                    tasks.push(Box::new(move || kernel(black_box(x), black_box(&mut *out))));
                }
            }
            minima(&mut tasks, calls, 15)
        };
        report(&name, &time(N, 200), N, &time(8, 1000));
    }
    for &f in Binary::ALL {
        let name = format!("{f:?}");
        if !wanted(&name) {
            continue;
        }
        let time = |n: usize, calls: usize| {
            let (x, z) = (&x[..n], &z[..n]);
            let mut outs = vec![vec![T::ZERO; n]; sets.len() + 1];
            let mut tasks: Vec<Box<dyn FnMut() + '_>> = Vec::new();
            for (i, out) in outs.iter_mut().enumerate() {
                if i == 0 {
                    tasks.push(Box::new(move || {
                        let f = black_box(f);
                        for ((o, &x), &z) in out.iter_mut().zip(x).zip(z) {
                            *o = meaning2(f, x, z);
                        }
                        black_box(&mut *out);
                    }));
                } else {
                    let kernel = sets[i - 1].binary::<T>(f, [false, false]);
                    tasks.push(Box::new(move || kernel(black_box(x), black_box(z), black_box(&mut *out))));
                }
            }
            minima(&mut tasks, calls, 15)
        };
        report(&name, &time(N, 200), N, &time(8, 1000));
    }
    for &f in Ternary::ALL {
        let name = format!("{f:?}");
        if !wanted(&name) {
            continue;
        }
        let time = |n: usize, calls: usize| {
            let (x, z) = (&x[..n], &z[..n]);
            let mut outs = vec![vec![T::ZERO; n]; sets.len()];
            let mut tasks: Vec<Box<dyn FnMut() + '_>> = Vec::new();
            for (i, out) in outs.iter_mut().enumerate() {
                let kernel = sets[i].ternary::<T>(f, [false; 3]);
                tasks.push(Box::new(move || kernel(black_box(x), black_box(z), black_box(x), black_box(&mut *out))));
            }
            minima(&mut tasks, calls, 15)
        };
        report(&name, &[&[f64::NAN], &time(N, 200)[..]].concat(), N, &time(8, 1000));
    }
    for how in [Reduction::Sum, Reduction::Max] {
        let name = format!("{how:?}");
        if !wanted(&name) {
            continue;
        }
        let time = |n: usize, calls: usize| {
            let x = &x[..n];
            let mut tasks: Vec<Box<dyn FnMut() + '_>> = Vec::new();
            for &set in &sets {
                tasks.push(Box::new(move || {
                    black_box(set.reduce(how, black_box(x)));
                }));
            }
            minima(&mut tasks, calls, 15)
        };
        report(&name, &[&[f64::NAN], &time(N, 200)[..]].concat(), N, &time(8, 1000));
    }
}

#[test]
#[ignore = "a benchmark"]
fn elementwise_f64() {
    elementwise::<f64>();
}

#[test]
#[ignore = "a benchmark"]
fn elementwise_f32() {
    elementwise::<f32>();
}

#[test]
#[ignore = "a benchmark"]
fn products_f64() {
    products::<f64>();
}

#[test]
#[ignore = "a benchmark"]
fn products_f32() {
    products::<f32>();
}

fn products<T: Float>() {
    let sizes = [
        [2, 2, 2],
        [10, 2, 8],
        [10, 8, 8],
        [10, 8, 1],
        [2, 10, 8],
        [32, 64, 64],
        [32, 64, 32],
        [32, 32, 10],
        [64, 32, 32],
        [64, 32, 10],
        [360, 64, 1],
        [64, 360, 1],
        [1, 360, 64],
        [33, 65, 67],
        [64, 784, 256],
        [784, 64, 256],
        [64, 256, 128],
        [128, 64, 10],
        [256, 256, 256],
        [1024, 1024, 1024],
    ];
    let sets = KernelSet::available();
    println!("\n{}: GFLOP/s (ns)\n{:24}{:>16}{}", std::any::type_name::<T>(), "", "matrixmultiply", names(&sets, 16));
    for [m, k, n] in sizes {
        if !wanted(&format!("{m}x{k}x{n}")) {
            continue;
        }
        let (a, b) = (points::<T>(m * k), points::<T>(k * n));
        for (name, sa, sb) in [("a b", [k, 1], [n, 1]), ("aT b", [1, m], [n, 1]), ("a bT", [k, 1], [1, k])] {
            let mut outs = vec![vec![T::ZERO; m * n]; sets.len() + 1];
            let mut tasks: Vec<Box<dyn FnMut() + '_>> = Vec::new();
            for (i, c) in outs.iter_mut().enumerate() {
                let (a, b) = (&a, &b);
                if i == 0 {
                    tasks.push(Box::new(move || general([m, k, n], black_box(a), sa, black_box(b), sb, black_box(c))));
                } else {
                    let set = sets[i - 1];
                    tasks.push(Box::new(move || {
                        product(
                            set,
                            [m, k, n],
                            Matrix::new(black_box(a), sa),
                            Matrix::new(black_box(b), sb),
                            black_box(c),
                            n,
                            false,
                        );
                    }));
                }
            }
            let flops = 2.0 * (m * k * n) as f64;
            let times = minima(
                &mut tasks,
                500_000 / (2 * m * k * n) + 1,
                std::env::var("ROUNDS").map_or(12, |rounds| rounds.parse().unwrap()),
            );
            print!("{:18}{name:6}", format!("{m}x{k}x{n}"));
            for time in times {
                print!("{:7.1} ({:6.0})", flops / time, time);
            }
            println!();
        }
    }
}

#[expect(unsafe_code, reason = "the library's interface")]
fn general<T: Float>([m, k, n]: [usize; 3], a: &[T], sa: [usize; 2], b: &[T], sb: [usize; 2], c: &mut [T]) {
    let s = |s: usize| isize::try_from(s).unwrap();
    if size_of::<T>() == 8 {
        // SAFETY: T is f64, and the slices hold the matrices.
        unsafe {
            matrixmultiply::dgemm(
                m,
                k,
                n,
                1.0,
                a.as_ptr().cast(),
                s(sa[0]),
                s(sa[1]),
                b.as_ptr().cast(),
                s(sb[0]),
                s(sb[1]),
                0.0,
                c.as_mut_ptr().cast(),
                s(n),
                1,
            );
        }
    } else {
        // SAFETY: T is f32, and the slices hold the matrices.
        unsafe {
            matrixmultiply::sgemm(
                m,
                k,
                n,
                1.0,
                a.as_ptr().cast(),
                s(sa[0]),
                s(sa[1]),
                b.as_ptr().cast(),
                s(sb[0]),
                s(sb[1]),
                0.0,
                c.as_mut_ptr().cast(),
                s(n),
                1,
            );
        }
    }
}
