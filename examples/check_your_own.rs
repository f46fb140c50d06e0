//! Checks gradients written by hand, of plain Rust: the likelihood of logistic regression as the slides have it.
//!
//! The slide gives ∇L(θ) = Σᵢ xᵢ (yᵢ − f(xᵢ; θ)), which is the gradient of the log-likelihood, and L is its negative. The
//! checker finds the sign, and says so; with the sign right it says to how many digits.
#![expect(clippy::print_stdout, reason = "an example prints")]
use std::fs;

use cinta::check::{Check, Verdict};
use ndarray::{Array1, Array2, array};

/// Four examples with a last feature of 1, and their classes.
fn data() -> (Array2<f64>, Array1<f64>) {
    let x = array![[0.5, 1.2, 1.0], [-0.3, 0.8, 1.0], [1.5, -0.7, 1.0], [-1.1, -0.4, 1.0]];
    (x, array![1.0, 0.0, 1.0, 0.0])
}

/// f(x; θ) = σ(θᵀx), for every example.
fn f(theta: &Array1<f64>) -> Array1<f64> {
    data().0.dot(theta).mapv(|z| 1.0 / (1.0 + (-z).exp()))
}

/// L(θ) = −Σᵢ yᵢ log f(xᵢ; θ) + (1 − yᵢ) log(1 − f(xᵢ; θ)).
fn likelihood(theta: &Array1<f64>) -> f64 {
    let (y, f) = (data().1, f(theta));
    -(&y * &f.mapv(f64::ln) + (1.0 - &y) * (1.0 - &f).mapv(f64::ln)).sum()
}

/// ∇L(θ) as it stands on the slide.
fn slide(theta: &Array1<f64>) -> Array1<f64> {
    let (x, y) = data();
    x.t().dot(&(y - f(theta)))
}

/// ∇L(θ) as it should be.
fn gradient(theta: &Array1<f64>) -> Array1<f64> {
    -slide(theta)
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let theta = array![0.4, -0.9, 0.2];
    let check = Check::new();

    let wrong = check.gradient(likelihood, slide, &theta);
    println!("As on the slide:\n{wrong}");
    assert_eq!(wrong.verdict(), Verdict::Wrong);
    assert!(wrong.notes().iter().any(|note| note.contains("the sign is wrong")), "{wrong}");

    let right = check.gradient(likelihood, gradient, &theta);
    println!("With the sign of L:\n{right}");
    assert!(right.passed() && right.digits() > 10.0, "{right}");

    // ∇²L(θ) = Σᵢ f (1 − f) xᵢ xᵢᵀ, checked as the Jacobian of the gradient.
    let hessian = |theta: &Array1<f64>| {
        let (x, f) = (data().0, f(theta));
        let weights = &f * &(1.0 - &f);
        x.t().dot(&(&x * &weights.insert_axis(ndarray::Axis(1))))
    };
    let second = check.hessian(gradient, hessian, &theta);
    println!("And its Hessian:\n{second}");
    assert!(second.passed(), "{second}");

    let folder = std::env::temp_dir();
    let curve = check.curve(likelihood, gradient, &theta, 0);
    fs::write(folder.join("check_your_own_steps.svg"), curve.to_svg())?;
    fs::write(folder.join("check_your_own.svg"), wrong.to_svg("x").expect("three entries were measured"))?;
    println!("Two pictures are in {}: check_your_own.svg and check_your_own_steps.svg", folder.display());
    Ok(())
}
