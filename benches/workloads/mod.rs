//! What the benchmarks time: recording, gradients, a small training step, large arrays.
use cinta::{Tape, Var};
use ndarray::{Array1, Array2};

/// Operations in the scalar chain.
pub(crate) const CHAIN: usize = 100_000;

/// A chain of scalar operations on the tape: x/(1 − x) by its series.
pub(crate) fn chain(tape: &Tape) -> (Var<'_>, Var<'_>) {
    let x = tape.var(0.5);
    let mut y = x;
    for _ in 0..CHAIN / 2 {
        y = y * x + x;
    }
    (x, y)
}

/// The data and parameters of a 2-8-8-1 network on ten examples.
pub(crate) struct Network {
    x: Array2<f64>,
    y: Array1<f64>,
    w1: Array2<f64>,
    b1: Array1<f64>,
    w2: Array2<f64>,
    b2: Array1<f64>,
    w3: Array1<f64>,
}

impl Network {
    /// Fixed numbers without structure.
    pub(crate) fn new() -> Self {
        let wave = |i: usize, j: usize, k: f64| ((i * 7 + j * 3) as f64 * k).sin() * 0.5;
        Self {
            x: Array2::from_shape_fn((10, 2), |(i, j)| wave(i, j, 0.37)),
            y: Array1::from_shape_fn(10, |i| (i % 2) as f64),
            w1: Array2::from_shape_fn((2, 8), |(i, j)| wave(i, j, 0.71)),
            b1: Array1::zeros(8),
            w2: Array2::from_shape_fn((8, 8), |(i, j)| wave(i, j, 0.53)),
            b2: Array1::zeros(8),
            w3: Array1::from_shape_fn(8, |i| wave(i, 1, 0.91)),
        }
    }

    /// One step by run: record, evaluate, differentiate, evaluate the gradient. Gives the loss and a sum of
    /// gradient entries, so that nothing is left out.
    pub(crate) fn step(&self, tape: &mut Tape) -> f64 {
        tape.clear();
        let (x, y) = (tape.constant(&self.x), tape.constant(&self.y));
        let [w1, b1, w2, b2] = [tape.var(&self.w1), tape.var(&self.b1), tape.var(&self.w2), tape.var(&self.b2)];
        let (w3, b3) = (tape.var(&self.w3), tape.var(0.0));
        let h = (x.matmul(w1) + b1).tanh();
        let h = (h.matmul(w2) + b2).tanh();
        let z = h.matmul(w3) + b3;
        let loss = (z.softplus() - y * z).sum();
        let grads = loss.grad([w1, b1, w2, b2, w3, b3]);
        grads.iter().fold(loss.item(), |sum, grad| sum + grad.value().view::<f64>().first().unwrap_or(&0.0))
    }
}

/// Elements of the large arrays.
pub(crate) const LARGE: usize = 1_000_000;

/// Two large arrays.
pub(crate) fn large() -> (Array1<f64>, Array1<f64>) {
    let wave = |k: f64| Array1::from_shape_fn(LARGE, |i| (i as f64 * k).sin());
    (wave(0.3), wave(0.1))
}
