//! A double pendulum from its energies alone. The velocities of the bobs, the equations of motion and their
//! coefficients are all derivatives, of first and second order, in both modes.
//!
//! With L(q, w) = T − V, angles q and their rates w, the Euler–Lagrange equations d/dt ∂L/∂w = ∂L/∂q say
//!
//! ```text
//! M a = ∂L/∂q − (∂²L/∂w∂q) w    with the mass matrix M = ∂²L/∂w², solved for the accelerations a.
//! ```
#![expect(clippy::print_stdout, reason = "an example speaks to its reader")]

use cinta::{Tape, Var};
use ndarray::{Array1, array};

const G: f64 = 9.81;

/// T and V of two rods of 1 m, one below the other, with 1 kg at the end of each.
fn energies<'t>(q: Var<'t>, w: Var<'t>) -> [Var<'t>; 2] {
    // The second bob hangs from the first: its place is the sum of both rods.
    let rods = q.tape().constant(array![[1.0, 0.0], [1.0, 1.0]]);
    let (x, y) = (rods.dot(q.sin()), -rods.dot(q.cos()));
    // A velocity is the derivative of a place along w: forward mode.
    let (vx, vy) = (x.jvp(&[(q, w)]), y.jvp(&[(q, w)]));
    [0.5 * (vx.square() + vy.square()).sum(), G * y.sum()]
}

fn main() {
    let tape = Tape::new();
    let (q, w) = (tape.var([2.0, 2.5]), tape.var([0.0, 0.0]));
    let [kinetic, potential] = energies(q, w);
    let lagrangian = kinetic - potential;
    let momentum = lagrangian.grad(w);
    let force = lagrangian.grad(q) - momentum.jvp(&[(q, w)]);
    let mass = momentum.jacobian(w);

    // The graph is recorded; from here on only numbers change.
    let acceleration = |angles: &Array1<f64>, rates: &Array1<f64>| {
        q.set(angles);
        w.set(rates);
        let (m, f) = (mass.to_array::<f64>(), force.to_array::<f64>());
        let determinant = m[[0, 0]] * m[[1, 1]] - m[[0, 1]] * m[[1, 0]];
        array![m[[1, 1]] * f[0] - m[[0, 1]] * f[1], m[[0, 0]] * f[1] - m[[1, 0]] * f[0]] / determinant
    };
    let energy = || kinetic.item() + potential.item();

    let (mut angles, mut rates) = (array![2.0, 2.5], array![0.3, -0.4]);
    let difference = &acceleration(&angles, &rates) - &textbook(&angles, &rates);
    assert!(difference.iter().all(|d| d.abs() < 1e-12), "differs from the textbook by {difference}");

    let start = energy();
    let h = 0.001;
    println!("   time    angles            energy");
    for step in 0..=5000 {
        if step % 500 == 0 {
            q.set(&angles);
            w.set(&rates);
            println!("{:6.1} s   {:+.4} {:+.4}   {:.9} J", h * f64::from(step), angles[0], angles[1], energy());
        }
        // One step of Runge and Kutta's method of fourth order.
        let (k1, l1) = (rates.clone(), acceleration(&angles, &rates));
        let (k2, l2) =
            (&rates + &l1 * (h / 2.0), acceleration(&(&angles + &k1 * (h / 2.0)), &(&rates + &l1 * (h / 2.0))));
        let (k3, l3) =
            (&rates + &l2 * (h / 2.0), acceleration(&(&angles + &k2 * (h / 2.0)), &(&rates + &l2 * (h / 2.0))));
        let (k4, l4) = (&rates + &l3 * h, acceleration(&(&angles + &k3 * h), &(&rates + &l3 * h)));
        angles += &((k1 + 2.0 * k2 + 2.0 * k3 + k4) * (h / 6.0));
        rates += &((l1 + 2.0 * l2 + 2.0 * l3 + l4) * (h / 6.0));
    }
    assert!((energy() - start).abs() < 1e-6, "energy is not kept: {start} became {}", energy());
}

/// The same accelerations as a textbook works them out, for comparison.
fn textbook(q: &Array1<f64>, w: &Array1<f64>) -> Array1<f64> {
    let (sin, cos) = (q[0] - q[1]).sin_cos();
    let f = [-w[1].powi(2) * sin - 2.0 * G * q[0].sin(), w[0].powi(2) * sin - G * q[1].sin()];
    array![f[0] - cos * f[1], 2.0 * f[1] - cos * f[0]] / (2.0 - cos * cos)
}
