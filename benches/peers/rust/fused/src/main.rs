//! W6 as one loop written by hand with Cinta's own kernels: what its programs would cost without their interpreter.
#![allow(dead_code, reason = "the kernels' files hold more than this takes")]
use std::hint::black_box;

use cinta_graph::Real;
use common::{least, line, report, wanted};

#[path = "../../../../../crates/cinta-program/src/kernels/exponential.rs"]
mod exponential;
#[path = "../../../../../crates/cinta-program/src/kernels/float.rs"]
mod float;
#[path = "../../../../../crates/cinta-program/src/kernels/hyperbolic.rs"]
mod hyperbolic;
#[cfg(target_arch = "x86_64")]
#[path = "../../../../../crates/cinta-program/src/kernels/lines.rs"]
mod lines;
#[path = "../../../../../crates/cinta-program/src/kernels/loops.rs"]
mod loops;
#[path = "../../../../../crates/cinta-program/src/kernels/number.rs"]
mod number;
#[path = "../../../../../crates/cinta-program/src/kernels/set.rs"]
mod set;
#[path = "../../../../../crates/cinta-program/src/kernels/staged.rs"]
mod staged;
#[path = "../../../../../crates/cinta-program/src/kernels/transpose.rs"]
mod transpose;

use float::Float;
use hyperbolic::{Sigmoid, Tanh};
use loops::Map1;
use set::{Isa, KernelSet, Task};

/// Elements whose values are added up together.
const BLOCK: usize = 64;

/// The gradient, element by element; gives the value.
struct Curves<'a, T> {
    x: &'a [T],
    slopes: &'a mut [T],
}

impl<T: Float> Task for Curves<'_, T> {
    type Output = T;

    #[inline(always)]
    fn run<I: Isa>(self) -> T {
        let mut sums = [T::ZERO; BLOCK];
        let whole = self.x.len() - self.x.len() % BLOCK;
        for (x, slopes) in self.x[..whole].chunks_exact(BLOCK).zip(self.slopes.chunks_exact_mut(BLOCK)) {
            for i in 0..BLOCK {
                let (value, slope) = at::<I, T>(x[i]);
                sums[i] = sums[i] + value;
                slopes[i] = slope;
            }
        }
        for (&x, place) in self.x[whole..].iter().zip(&mut self.slopes[whole..]) {
            let (value, slope) = at::<I, T>(x);
            sums[0] = sums[0] + value;
            *place = slope;
        }
        sums.iter().fold(T::ZERO, |sum, &x| sum + x)
    }
}

#[inline(always)]
fn at<I: Isa, T: Float>(x: T) -> (T, T) {
    let (one, two) = (T::ONE, T::TWO);
    let (t, s, root) = (Tanh::at::<I>(two * x + one), Sigmoid::at::<I>(x), (x * x + one).sqrt());
    (t * s - root, two * (one - t * t) * s + t * s * (one - s) - x / root)
}

fn curves<T: Float + Into<f64>>(workload: &str, name: &str) {
    for (case, n) in [("1e6", 1_000_000), ("1e4", 10_000)] {
        let x: Vec<T> = line(n).into_iter().map(<T as Real>::lit).collect();
        let mut slopes = x.clone();
        let mut value = T::ZERO;
        let us = least(|| {
            value = KernelSet::best().run(Curves { x: &x, slopes: &mut slopes });
            black_box(&mut slopes);
        });
        let sum = slopes.iter().map(|&x| x.into()).sum();
        report(workload, &format!("{name}, {case}"), "own kernels", us, &[value.into(), sum]);
    }
}

fn main() {
    if wanted("W6") {
        curves::<f64>("W6", "f64");
    }
    if wanted("W6f") {
        curves::<f32>("W6f", "f32");
    }
}
