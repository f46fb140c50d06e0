//! A first tour: record, look, differentiate, differentiate again, and be told what is wrong.
#![expect(clippy::print_stdout, reason = "an example speaks to its reader")]

use cinta::{Tape, vmap};
use ndarray::array;

fn main() {
    // A tape records. Variables are Copy handles, so expressions read as on paper.
    let tape = Tape::new();
    let w = tape.var(array![[1.0, 2.0], [3.0, 4.0]]).named("W");
    let x = tape.var([0.5, -1.0]).named("x");
    let h = w.dot(x).sigmoid();
    let loss = h.square().sum();
    println!("h = {h}\nloss = {loss}");

    // A gradient is recorded like anything else.
    let [dw, dx] = loss.grad([w, x]);
    println!("\n∇W =\n{dw}\n∇x = {dx}");
    let by_hand = w.t().dot(2.0 * h * h * (1.0 - h)); // Wᵀδ with δ = 2h ⊙ h ⊙ (1 − h)
    assert!((dx - by_hand).abs().to_array::<f64>().iter().all(|&error| error < 1e-15));

    // `{:#}` prints the graph behind a variable, with the line that wrote each node.
    println!("\nThe graph of ∇x:\n{dx:#}");

    // Derivatives compose to any order: sin⁗ = sin.
    let t = tape.var(0.3);
    let mut y = t.sin();
    for _ in 0..4 {
        y = y.grad(t);
    }
    assert!((y.item() - 0.3_f64.sin()).abs() < 1e-15);

    // Values are there when asked for, so ordinary control flow works: Newton's method for √2.
    let mut root = 1.0;
    while {
        let r = tape.var(root);
        let residual = r.square() - 2.0;
        root -= residual.item() / residual.grad(r).item();
        residual.item().abs() > 1e-12
    } {}
    println!("√2 = {root}");
    assert!((root - 2.0_f64.sqrt()).abs() < 1e-15);

    // New numbers for an old graph: only what depends on them is computed anew.
    x.set([0.0, 0.0]);
    assert_eq!(loss.item(), 0.5);

    // Shapes broadcast as in NumPy, and gradients come back in the shape of their variable.
    let column = tape.var(array![[1.0], [2.0], [3.0]]);
    let row = tape.var([10.0, 20.0]);
    assert_eq!((column * row).sum().grad(row).value(), array![6.0, 6.0]);

    // A function of one example becomes one of many: the gradient of each example's loss.
    let xs = tape.var(array![[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]]);
    let [each] = vmap([(w, None), (xs, Some(0))], |[w, x]| [w.dot(x).square().sum().grad(x)]);
    println!("\n∇x of three examples at once:\n{each}");
    assert_eq!(each.value(), array![[20.0, 28.0], [28.0, 40.0], [48.0, 68.0]]);

    // What does not fit is refused where it is written.
    let error = w.try_dot([1.0, 2.0, 3.0]).expect_err("2 columns meet 3 numbers");
    println!("\n{error}");
    let error = loss.try_grad(t).expect_err("the loss does not depend on t");
    println!("{error}");
}
