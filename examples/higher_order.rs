//! Higher orders: Newton's method on Rosenbrock's valley, with the Hessian, products with it, and a third derivative.
#![expect(clippy::print_stdout, reason = "an example speaks to its reader")]

use cinta::{Tape, Var};
use ndarray::{Array1, ArrayD, array};

/// Σ 100 (xᵢ₊₁ − xᵢ²)² + (1 − xᵢ)²: a curved valley whose lowest point is (1, 1, …).
fn rosenbrock(x: Var<'_>) -> Var<'_> {
    let (this, next) = (x.slice_axis(0, ..-1), x.slice_axis(0, 1..));
    (100.0 * (next - this.square()).square() + (1.0 - this).square()).sum()
}

fn main() {
    let tape = Tape::new();
    let x = tape.var([-1.2, 1.0]).named("x");
    let y = rosenbrock(x);
    let gradient = y.grad(x);
    let hessian = y.hessian(x);
    println!("At (−1.2, 1): y = {y}, ∇y = {gradient}, ∇²y =\n{hessian}\n");
    assert!((y.item() - 24.2).abs() < 1e-13);

    // The Hessian as a textbook has it for two variables.
    let [a, b] = [-1.2_f64, 1.0];
    let by_hand = array![[1200.0 * a * a - 400.0 * b + 2.0, -400.0 * a], [-400.0 * a, 200.0]];
    assert!(close(&hessian.to_array(), &by_hand.into_dyn()));

    // A product with the Hessian needs no Hessian: forward over reverse, a few times the cost of y.
    let v = tape.var([3.0, -2.0]).named("v");
    assert!(close(&y.hvp(x, v).to_array(), &hessian.dot(v).to_array()));

    // The third derivative along the first axis is 2400 x₁.
    let third = y.directional(x, tape.constant([1.0, 0.0]), 3);
    println!("∂³y/∂x₁³ = {third}");
    assert!((third.item() - 2400.0 * a).abs() < 1e-9);

    // Newton's method: the graph stays, the numbers move.
    println!("\n  step    x₁         x₂         |∇y|");
    for step in 0..20 {
        let g: ArrayD<f64> = gradient.to_array();
        let length = g.iter().map(|g| g * g).sum::<f64>().sqrt();
        let at = x.to_array::<f64>();
        println!("  {step:4}  {:9.6}  {:9.6}  {length:9.2e}", at[0], at[1]);
        if length < 1e-12 {
            break;
        }
        x.set(at - solve(&hessian.to_array(), &g));
    }
    assert!(close(&x.to_array(), &array![1.0, 1.0].into_dyn()));
}

/// m⁻¹ g for a 2×2 matrix.
fn solve(m: &ArrayD<f64>, g: &ArrayD<f64>) -> Array1<f64> {
    let determinant = m[[0, 0]] * m[[1, 1]] - m[[0, 1]] * m[[1, 0]];
    array![m[[1, 1]] * g[0] - m[[0, 1]] * g[1], m[[0, 0]] * g[1] - m[[1, 0]] * g[0]] / determinant
}

fn close(a: &ArrayD<f64>, b: &ArrayD<f64>) -> bool {
    (a - b).iter().all(|d| d.abs() < 1e-12 * b.iter().fold(1.0, |m: f64, b| m.max(b.abs())))
}
