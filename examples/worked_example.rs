//! The lecture's worked example: f = σ(θᵀh) with h = σ(Wx). Given ∇_f L, find ∇_h L and ∇_W L.
//!
//! ```text
//! ∇_h L = θ [f (1 − f) ∇_f L]
//! ∇_W L = [h ⊙ (1 − h) ⊙ ∇_h L] xᵀ
//! ```
#![expect(clippy::print_stdout, reason = "an example speaks to its reader")]

use cinta::Tape;
use ndarray::array;

fn main() {
    let tape = Tape::new();
    let x = tape.var([1.0, -2.0, 0.5]).named("x");
    let w = tape.var(array![[0.2, -0.4, 1.0], [-0.6, 0.1, 0.3]]).named("W");
    let theta = tape.var([1.5, -0.5]).named("θ");
    let h = w.dot(x).sigmoid().named("h");
    let f = theta.dot(h).sigmoid().named("f");
    println!("{}\n", f.formula());

    // Given: how the loss changes with f.
    let df = tape.var(2.0).named("∇_f L");

    // By the slide's formulas, which are expressions like any other …
    let dh_by_hand = theta * (f * (1.0 - f) * df);
    let dw_by_hand = (h * (1.0 - h) * dh_by_hand).outer(x);

    // … and by the engine, which knows only the rule of each operation.
    let [dh, dw] = f.vjp(df, [h, w]);
    let (dh, dw) = (dh.named("∇_h L"), dw.named("∇_W L"));
    println!("∇_h L = {dh}\nby hand {dh_by_hand}\n");
    println!("∇_W L =\n{dw}\nby hand\n{dw_by_hand}\n");

    let error = [(dh, dh_by_hand), (dw, dw_by_hand)].map(|(a, b)| (a - b).abs().max().item());
    assert!(error.iter().all(|&e| e < 1e-15), "the engine and the slide differ by {error:?}");
    println!("Step by step:\n{}", dw.trace());
}
