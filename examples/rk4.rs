//! Derivatives of the solution of a differential equation: a step of Runge and Kutta's method is an ordinary function
//! of variables, so the state at the end is differentiable in the state at the start and in the parameters.
//!
//! A population x grows at a rate r up to what its land can feed: ẋ = r x (1 − x). The solution is known,
//! x(t) = 1/(1 + (1/x₀ − 1) e⁻ʳᵗ), and so are its derivatives.
#![expect(clippy::print_stdout, reason = "an example speaks to its reader")]

use cinta::{Tape, Var, check};

/// One step of length h of the classical method of fourth order, for ẏ = f(y).
fn rk4_step<'t>(f: impl Fn(Var<'t>) -> Var<'t>, y: Var<'t>, h: f64) -> Var<'t> {
    let k1 = f(y);
    let k2 = f(y + k1 * (h / 2.0));
    let k3 = f(y + k2 * (h / 2.0));
    let k4 = f(y + k3 * h);
    y + (k1 + 2.0 * k2 + 2.0 * k3 + k4) * (h / 6.0)
}

/// The states at times 0, h, 2h, …
fn solve<'t>(f: impl Fn(Var<'t>) -> Var<'t>, start: Var<'t>, h: f64, steps: usize) -> Vec<Var<'t>> {
    let mut states = vec![start];
    for step in 0..steps {
        states.push(rk4_step(&f, states[step], h));
    }
    states
}

/// The equation: ẋ as a function of x.
fn growth<'t>(rate: Var<'t>) -> impl Fn(Var<'t>) -> Var<'t> {
    move |x| rate * x * (1.0 - x)
}

fn main() {
    let tape = Tape::new();
    // Three populations at once, each with a growth rate of its own.
    let start = tape.var([0.1, 0.5, 1.5]);
    let rate = tape.var([1.0, 0.3, 2.0]);
    let (time, h) = (2.0, 0.05);
    let states = solve(growth(rate), start, h, 40);
    let end = states[40]; // 40 steps of 0.05

    // The same by the formula, a function of variables too.
    let known = ((1.0 / start - 1.0) * (-rate * time).exp() + 1.0).reciprocal();
    let close = |what: &str, got: Var<'_>, expected: Var<'_>, within: f64| {
        let error = (got - expected).abs().max().item();
        println!("{what:<24} {got:.8}   off by {error:.1e}");
        assert!(error < within, "{what}: {got} is not {expected}");
    };
    close("x(2)", end, known, 1e-6);
    // The populations do not meet, so the gradient of the sum holds the derivative of each.
    let [by_start, by_rate] = end.sum().grad([start, rate]);
    let [known_by_start, known_by_rate] = known.sum().grad([start, rate]);
    close("∂x(2)/∂x₀", by_start, known_by_start, 1e-5);
    close("∂x(2)/∂r", by_rate, known_by_rate, 1e-5);
    close("∂²x(2)/∂x₀∂r", by_start.sum().grad(rate), known_by_start.sum().grad(rate), 1e-4);

    // Half the step, a sixteenth of the error: the method, and its derivative, are of fourth order.
    let finer = solve(growth(rate), start, h / 2.0, 80)[80].sum().grad(rate);
    let error = |got: Var<'_>| (got - known_by_rate).abs().max().item();
    let ratio = error(by_rate) / error(finer);
    println!("half the step, the error of ∂x/∂r is divided by {ratio:.1}");
    assert!((14.0..18.0).contains(&ratio), "not of fourth order: {ratio}");

    // Summed up over time: the mean population of each.
    let path = cinta::stack(&states, 0);
    let mean = path.trapezoid(h, 0) / time;
    let known_mean = ((rate * time).exp() * start + 1.0 - start).log() / (rate * time);
    close("mean of x over time", mean, known_mean, 1e-3);

    // What the engine says of its derivatives, differences confirm.
    let report =
        check::check_grad(&|v| solve(growth(v[1]), v[0], 0.25, 8)[8].sum(), &[[0.1, 0.5].into(), [1.0, 0.3].into()]);
    let report = report.expect("a scalar function of floats");
    assert!(report.passed(), "{report}");
}
