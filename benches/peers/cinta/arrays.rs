//! W6, W6f, W10 and W11: elementwise work on arrays, the time that compiling takes, second derivatives.
use std::time::Instant;

use cinta::{ArrayType, DType, Error, Function, Real, Viewed};
use ndarray::{Array1, Array2};

use crate::Programs;
use crate::data::{Net, line};
use crate::nets::first_w3_step;
use crate::timing::{assert_same, least, least_of, report};

/// y = Σ tanh(2x + 1) σ(x) − √(x² + 1).
fn curves() -> Function {
    Function::new(["x"], |[x]| ((x * 2.0 + 1.0).tanh() * x.sigmoid() - (x * x + 1.0).sqrt()).sum())
}

/// Value and gradient of [`curves`] by hand.
fn curves_by_hand(x: &Array1<f64>) -> (f64, Array1<f64>) {
    let parts = |x: f64| ((2.0 * x + 1.0).tanh(), 1.0 / (1.0 + (-x).exp()), (x * x + 1.0).sqrt());
    let value = x.iter().map(|&x| parts(x)).map(|(t, s, r)| t * s - r).sum();
    let slope = |x: f64| {
        let (t, s, r) = parts(x);
        2.0 * (1.0 - t * t) * s + t * s * (1.0 - s) - x / r
    };
    (value, x.mapv(slope))
}

fn curves_on<T: Viewed + Real + Into<f64>>(name: &str, case: &str, n: usize, programs: &Programs) -> Result<(), Error> {
    let exact = line(-3.0, 3.0, n);
    let x = exact.mapv(T::lit);
    let mut f = curves().value_and_grad("x")?;
    let (mut y, mut dx) = (T::lit(0.0), x.clone());
    f.call_into(&x, (&mut y, &mut dx))?;
    let (value, slope) = curves_by_hand(&x.mapv(Into::into));
    let tolerance = if T::DTYPE == DType::F64 { 1e-12 } else { 1e-5 };
    assert_same(&[y.into()], &[value], tolerance);
    assert_same(&dx.mapv(Into::into).to_vec(), &slope.to_vec(), tolerance);
    programs.profile(name, || f.profile(&x))?;
    let time = least(|| f.call_into(&x, (&mut y, &mut dx)).expect("as before"));
    report(name, case, time, &[y.into(), dx.mapv(Into::<f64>::into).sum()]);
    Ok(())
}

pub(crate) fn w6(programs: &Programs) -> Result<(), Error> {
    curves_on::<f64>("W6", "f64, 1e6", 1_000_000, programs)?;
    curves_on::<f64>("W6", "f64, 1e4", 10_000, programs)
}

pub(crate) fn w6f(programs: &Programs) -> Result<(), Error> {
    curves_on::<f32>("W6f", "f32, 1e6", 1_000_000, programs)?;
    curves_on::<f32>("W6f", "f32, 1e4", 10_000, programs)
}

/// Turns of 0.9 sin x + 0.1 x, four operations each.
fn chain(turns: usize) -> Function {
    Function::new(["x"], move |[x]| (0..turns).fold(x, |x, _| x.sin() * 0.9 + x * 0.1).sum())
}

/// Compiling a training step and gradients of chains, and a call of the chain of 1,000 operations on 10⁴ numbers.
pub(crate) fn w10(programs: &Programs) -> Result<(), Error> {
    let net = Net::w3();
    let first = least_of(10, || first_w3_step(&net));
    report("W10", "W3 step, to its first result", first, &[]);

    for turns in [250, 2_500, 25_000, 250_000] {
        let types = [ArrayType::new(DType::F64, [1000])];
        let compile = || -> Result<f64, Error> {
            let start = Instant::now();
            let mut f = chain(turns).value_and_grad("x")?;
            f.prepare(&types)?;
            Ok(start.elapsed().as_secs_f64() * 1e6)
        };
        let times = if turns > 10_000 { 1 } else { 5 };
        let time =
            (0..times).map(|_| compile()).collect::<Result<Vec<_>, _>>()?.into_iter().fold(f64::INFINITY, f64::min);
        if turns == 250 {
            report("W10", "chain of 1e3, compile", time, &[]);
        }
        let operations = 4 * turns;
        report("W10", &format!("chain of {operations}, compile, an operation"), time / operations as f64, &[]);
        if time > 10e6 {
            break; // ten times as much would take longer than anybody waits
        }
    }

    let x = line(0.0, 1.0, 10_000);
    let mut f = chain(250).value_and_grad("x")?;
    let (mut y, mut dx) = (0.0, x.clone());
    f.call_into(&x, (&mut y, &mut dx))?;
    let by_hand = |x: f64| {
        let turn = |(x, d): (f64, f64)| (x.sin() * 0.9 + x * 0.1, d * (0.9 * x.cos() + 0.1));
        (0..250).fold((x, 1.0), |state, _| turn(state))
    };
    let both: Vec<(f64, f64)> = x.iter().map(|&x| by_hand(x)).collect();
    assert_same(&[y], &[both.iter().map(|(x, _)| x).sum()], 1e-12);
    assert_same(&dx.to_vec(), &both.iter().map(|&(_, d)| d).collect::<Vec<_>>(), 1e-12);
    programs.profile("W10", || f.profile(&x))?;
    let time = least(|| f.call_into(&x, (&mut y, &mut dx)).expect("as before"));
    report("W10", "chain of 1e3, call on 1e4", time, &[y, dx.sum()]);
    Ok(())
}

/// Σ 100 (xᵢ₊₁ − xᵢ²)² + (1 − xᵢ)².
fn rosenbrock() -> Function {
    Function::new(["x"], |[x]| {
        let (head, tail) = (x.slice((..-1,)), x.slice((1..,)));
        (100.0 * (tail - head * head).square() + (1.0 - head).square()).sum()
    })
}

/// Its Hessian by hand.
fn rosenbrock_hessian(x: &Array1<f64>) -> Array2<f64> {
    let n = x.len();
    let mut h = Array2::zeros((n, n));
    for i in 0..n - 1 {
        h[[i, i]] += 1200.0 * x[i] * x[i] - 400.0 * x[i + 1] + 2.0;
        h[[i + 1, i + 1]] += 200.0;
        h[[i, i + 1]] = -400.0 * x[i];
        h[[i + 1, i]] = -400.0 * x[i];
    }
    h
}

/// The Hessian times a vector, and the Hessian.
pub(crate) fn w11(programs: &Programs) -> Result<(), Error> {
    let (x, v) = (line(0.5, 1.5, 1000), line(-1.0, 1.0, 1000));
    let mut hvp = rosenbrock().hvp("x")?;
    let mut hv = x.clone();
    hvp.call_into((&x, &v), &mut hv)?;
    assert_same(&hv.to_vec(), &rosenbrock_hessian(&x).dot(&v).to_vec(), 1e-13);
    programs.profile("W11", || hvp.profile((&x, &v)))?;
    let time = least(|| hvp.call_into((&x, &v), &mut hv).expect("as before"));
    report("W11", "HVP, n = 1000", time, &[hv.sum(), hv.dot(&v)]);

    let x = line(0.5, 1.5, 100);
    let mut hessian = rosenbrock().hessian("x")?;
    let mut h = Array2::zeros((100, 100));
    hessian.call_into(&x, &mut h)?;
    let by_hand = rosenbrock_hessian(&x);
    assert_same(h.as_slice().expect("standard layout"), by_hand.as_slice().expect("standard layout"), 1e-13);
    programs.profile("W11", || hessian.profile(&x))?;
    let time = least(|| hessian.call_into(&x, &mut h).expect("as before"));
    report("W11", "Hessian, n = 100", time, &[h.sum(), h.diag().sum()]);
    Ok(())
}
