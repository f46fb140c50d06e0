//! Timings of twins beside the kernels of their functions, and of rows; see [`bench`](super::bench) for how to run them.
use std::hint::black_box;

use super::bench::{minima, points};
use super::{Float, KernelSet, Rows, Twin};

/// The two functions one by one, and together.
fn twins<T: Float>() {
    const N: usize = 128;
    let x = &points::<T>(N);
    println!("\n{}: ns an element of {N}, one by one and together", std::any::type_name::<T>());
    for &twin in Twin::ALL {
        print!("{:16}", format!("{twin:?}"));
        for set in KernelSet::available() {
            let ([f, g], both) = (twin.functions().map(|f| set.unary::<T>(f)), set.twin::<T>(twin));
            let mut outs = vec![vec![T::ZERO; N]; 4];
            let [a, b, c, d] = &mut outs[..] else { unreachable!("four") };
            let mut tasks: [Box<dyn FnMut() + '_>; 2] = [
                Box::new(|| {
                    f(black_box(x), black_box(a));
                    g(black_box(x), black_box(b));
                }),
                Box::new(|| both(black_box(x), black_box(c), black_box(d))),
            ];
            let [apart, together] = minima(&mut tasks, 200, 15)[..] else { unreachable!("two") };
            print!("{:>12} {:7.3}{:7.3}", set.name(), apart / N as f64, together / N as f64);
        }
        println!();
    }
}

fn rows<T: Float>() {
    println!("\n{}: ns an element of rows", std::any::type_name::<T>());
    for [m, n] in [[32, 10], [64, 10], [1000, 25], [8, 1000]] {
        let x = &points::<T>(m * n);
        for &f in Rows::ALL {
            print!("{:16}{:14}", format!("{m}x{n}"), format!("{f:?}"));
            for set in KernelSet::available() {
                let (kernel, mut out) = (set.rows::<T>(f), vec![T::ZERO; if f.keeps_length() { m * n } else { m }]);
                let task = || kernel(black_box(x), n, black_box(&mut out));
                let time = minima(&mut [Box::new(task)], 20_000 / (m * n) + 1, 15)[0];
                print!("{:>12} {:7.3}", set.name(), time / (m * n) as f64);
            }
            println!();
        }
    }
}

#[test]
#[ignore = "a benchmark"]
fn twins_f64() {
    twins::<f64>();
}

#[test]
#[ignore = "a benchmark"]
fn twins_f32() {
    twins::<f32>();
}

#[test]
#[ignore = "a benchmark"]
fn rows_f64() {
    rows::<f64>();
}

#[test]
#[ignore = "a benchmark"]
fn rows_f32() {
    rows::<f32>();
}
