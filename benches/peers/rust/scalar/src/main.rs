//! Engines of single numbers: `reverse`, a tape, and `num-dual`, forward mode.
use std::hint::black_box;

use nalgebra::SVector;
use num_dual::{DualNum, gradient};
use reverse::{Gradient, Tape, Var};
use common::{Net, RATE, STEPS, least, once, report, wanted};

fn w1() {
    let (tape, mut out) = (Tape::new(), [0.0; 3]);
    let us = least(|| {
        tape.clear();
        let (a, b) = (tape.add_var(black_box(0.7)), tape.add_var(black_box(1.3)));
        let y = (a * b).sin() + a.exp() * b.ln() - (a / b).tanh();
        let g = y.grad();
        out = black_box([y.val(), g.wrt(&a), g.wrt(&b)]);
    });
    report("W1", "f64", "reverse", us, &out);
    let at = SVector::from([0.7, 1.3]);
    let us = least(|| {
        let f = |x: SVector<num_dual::DualSVec64<2>, 2>| {
            let (a, b) = (x[0], x[1]);
            (a * b).sin() + a.exp() * b.ln() - (a / b).tanh()
        };
        let (y, g) = gradient(f, &black_box(at));
        out = black_box([y, g[0], g[1]]);
    });
    report("W1", "f64", "num-dual", us, &out);
}

fn w9() {
    const TURNS: usize = 500_000;
    let (mut record, mut reverse, mut out) = (f64::INFINITY, f64::INFINITY, [0.0; 3]);
    for _ in 0..7 {
        let tape = Tape::new();
        let (a, b) = (tape.add_var(black_box(0.99999)), tape.add_var(black_box(1e-6)));
        let (us, x) = once(|| (0..TURNS).fold(a, |x, _| x * a + b));
        record = record.min(us);
        let (us, g) = once(|| x.grad());
        reverse = reverse.min(us);
        out = [x.val(), g.wrt(&a), g.wrt(&b)];
    }
    report("W9", "record, an operation", "reverse", record / (2 * TURNS) as f64, &[]);
    report("W9", "value and gradient, an operation", "reverse", reverse / (2 * TURNS) as f64, &out);
}

/// W2's step on scalars.
fn e() {
    let net = Net::of("W2");
    let mut parameters: Vec<f64> =
        (0..3).flat_map(|k| net.w[k].iter().chain(&net.b[k]).copied().collect::<Vec<_>>()).collect();
    let tape = Tape::new();
    let mut step = || {
        tape.clear();
        let q = tape.add_vars(&parameters);
        let mut loss = tape.add_var(0.0);
        for i in 0..net.batch {
            let (mut h, mut at): (Vec<Var>, usize) = (vec![], 0);
            for k in 0..3 {
                let (from, to) = (net.sizes[k], net.sizes[k + 1]);
                let unit = |j: usize| {
                    let mut z = q[at + from * to + j];
                    for r in 0..from {
                        let w = q[at + r * to + j];
                        z = z + if k == 0 { w * net.x[2 * i + r] } else { w * h[r] };
                    }
                    if k < 2 { z.tanh() } else { z }
                };
                h = (0..to).map(unit).collect();
                at += from * to + to;
            }
            loss = loss + (h[0].exp() + 1.0).ln() - h[0] * net.y[i];
        }
        loss = loss * (1.0 / net.batch as f64);
        let g = loss.grad();
        for (p, v) in parameters.iter_mut().zip(&q) {
            *p -= RATE * g.wrt(v);
        }
        loss.val()
    };
    let losses: Vec<f64> = (0..STEPS).map(|_| step()).collect();
    let us = least(|| {
        black_box(step());
    });
    report("E", "f64", "reverse", us, &[losses[0], losses[STEPS - 1]]);
}

fn main() {
    for (name, run) in [("W1", w1 as fn()), ("W9", w9), ("E", e)] {
        if wanted(name) {
            run();
        }
    }
}
