//! dfdx, with sizes known at compile time.
use std::hint::black_box;

use dfdx::prelude::*;
use dfdx::tensor_ops::Backward;
use common::{Net, RATE, STEPS, least, line, report, wanted};

fn cast<T>(numbers: &[f64], to: fn(f64) -> T) -> Vec<T> {
    numbers.iter().map(|&x| to(x)).collect()
}

fn w1() {
    let dev: Cpu = Default::default();
    let (a, b) = (dev.tensor(0.7_f64), dev.tensor(1.3_f64));
    let mut out = [0.0; 3];
    let us = least(|| {
        let y = (a.leaky_trace() * b.leaky_trace()).sin() + a.leaky_trace().exp() * b.leaky_trace().ln()
            - (a.leaky_trace() / b.leaky_trace()).tanh();
        let value = y.array();
        let g = y.backward();
        out = black_box([value, g.get(&a).array(), g.get(&b).array()]);
    });
    report("W1", "f64", "dfdx", us, &out);
}

macro_rules! net {
    ($T:ty, $workload:literal, $case:literal, $i:literal, $h1:literal, $h2:literal, $o:literal, $b:literal, $loss:ident) => {{
        let (dev, net, to): (Cpu, _, fn(f64) -> $T) = (Default::default(), Net::of($workload), |x| x as $T);
        let mut w1 = dev.tensor_from_vec(cast(&net.w[0], to), Rank2::<$i, $h1>::default());
        let mut w2 = dev.tensor_from_vec(cast(&net.w[1], to), Rank2::<$h1, $h2>::default());
        let mut w3 = dev.tensor_from_vec(cast(&net.w[2], to), Rank2::<$h2, $o>::default());
        let mut b1 = dev.tensor_from_vec(cast(&net.b[0], to), Rank1::<$h1>::default());
        let mut b2 = dev.tensor_from_vec(cast(&net.b[1], to), Rank1::<$h2>::default());
        let mut b3 = dev.tensor_from_vec(cast(&net.b[2], to), Rank1::<$o>::default());
        let x = dev.tensor_from_vec(cast(&net.x, to), Rank2::<$b, $i>::default());
        let y = dev.tensor_from_vec(cast(&net.y, to), Rank2::<$b, $o>::default());
        let mut step = || {
            let h = (x.leaky_trace().matmul(w1.clone()) + b1.clone().broadcast::<Rank2<$b, $h1>, Axis<0>>()).tanh();
            let h = (h.matmul(w2.clone()) + b2.clone().broadcast::<Rank2<$b, $h2>, Axis<0>>()).tanh();
            let z = h.matmul(w3.clone()) + b3.clone().broadcast::<Rank2<$b, $o>, Axis<0>>();
            let loss = $loss(z, y.clone());
            let value = f64::from(loss.array());
            let (g, rate) = (loss.backward(), RATE as $T);
            (w1, b1) = (w1.clone() - g.get(&w1) * rate, b1.clone() - g.get(&b1) * rate);
            (w2, b2) = (w2.clone() - g.get(&w2) * rate, b2.clone() - g.get(&b2) * rate);
            (w3, b3) = (w3.clone() - g.get(&w3) * rate, b3.clone() - g.get(&b3) * rate);
            value
        };
        let losses: Vec<f64> = (0..STEPS).map(|_| step()).collect();
        let us = least(|| {
            black_box(step());
        });
        report($workload, $case, "dfdx", us, &[losses[0], losses[STEPS - 1]]);
    }};
}

macro_rules! curves {
    ($T:ty, $workload:literal, $name:literal) => {
        for (case, n) in [("1e6", 1_000_000), ("1e4", 10_000)] {
            let dev: Cpu = Default::default();
            let x: Tensor<(usize,), $T, Cpu> = dev.tensor_from_vec(cast(&line(n), |x| x as $T), (n,));
            let mut out = [0.0; 2];
            let us = least(|| {
                let t = || x.leaky_trace();
                let root = (t().square() + 1.0 as $T).sqrt();
                let y = ((t() * 2.0 as $T + 1.0 as $T).tanh() * t().sigmoid() - root).sum::<Rank0, _>();
                let value = f64::from(y.array());
                let dx = y.backward().get(&x);
                out = black_box([value, f64::from(dx.sum::<Rank0, _>().array())]);
            });
            report($workload, &format!("{}, {case}", $name), "dfdx", us, &out);
        }
    };
}

fn main() {
    if wanted("W1") {
        w1();
    }
    if wanted("W2") {
        net!(f64, "W2", "f64", 2, 8, 8, 1, 10, binary_cross_entropy_with_logits_loss);
    }
    if wanted("W3") {
        net!(f32, "W3", "f32", 64, 64, 32, 10, 32, cross_entropy_with_logits_loss);
        net!(f64, "W3", "f64", 64, 64, 32, 10, 32, cross_entropy_with_logits_loss);
    }
    if wanted("W4") {
        net!(f32, "W4", "f32", 784, 256, 128, 10, 64, cross_entropy_with_logits_loss);
        net!(f64, "W4", "f64", 784, 256, 128, 10, 64, cross_entropy_with_logits_loss);
    }
    if wanted("W6") {
        curves!(f64, "W6", "f64");
    }
    if wanted("W6f") {
        curves!(f32, "W6f", "f32");
    }
}
