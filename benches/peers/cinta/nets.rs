//! W2 to W5 and E: training steps of networks, logistic regression.
use std::hint::black_box;

use cinta::{DType, Error, Function, Real, Stateful, Tape, Value, Var, Viewed};
use ndarray::{Array1, Array2, Axis};

use crate::Programs;
use crate::data::{Net, digits};
use crate::timing::{assert_same, least, report};

/// η.
const RATE: f64 = 0.05;
/// Steps before the check; also what the other contestants do.
const STEPS: usize = 20;

/// The mean loss of the network on a batch: logistic for one output, else softmax cross-entropy.
fn loss<'t>([w1, b1, w2, b2, w3, b3]: [Var<'t>; 6], x: Var<'t>, y: Var<'t>) -> Var<'t> {
    let h = (x.matmul(w1) + b1).tanh();
    let h = (h.matmul(w2) + b2).tanh();
    let z = h.matmul(w3) + b3;
    match z.shape().last() {
        Some(1) => (z.softplus() - y * z).mean(),
        _ => z.softmax_cross_entropy(y).mean(),
    }
}

/// The numbers of an array as values of a dtype.
fn value<T: Viewed + Real>(array: ndarray::ArrayViewD<'_, f64>) -> Value {
    array.mapv(T::lit).into()
}

/// A step of gradient descent as one program that owns the parameters.
fn step<T: Viewed + Real>(net: &Net) -> Stateful {
    let [w1, b1, w2, b2, w3, b3] = net.parameters().map(value::<T>);
    let states = [("W1", w1), ("b1", b1), ("W2", w2), ("b2", b2), ("W3", w3), ("b3", b3)];
    Stateful::new(states, ["x", "y"], |parameters, [x, y]| {
        let loss = loss(parameters, x, y);
        let gradients = loss.grad(parameters);
        (loss, std::array::from_fn(|i| parameters[i] - RATE * gradients[i]))
    })
}

/// The step by hand, in plain `ndarray`. Gives the loss.
fn step_by_hand(net: &mut Net) -> f64 {
    let examples = net.x.nrows() as f64;
    let affine = |h: &Array2<f64>, k: usize| h.dot(&net.weights[k]) + &net.biases[k];
    let h1 = affine(&net.x, 0).mapv(f64::tanh);
    let h2 = affine(&h1, 1).mapv(f64::tanh);
    let z = affine(&h2, 2);
    let (loss, probabilities) = if z.ncols() == 1 {
        let losses = z.mapv(|z| z.max(0.0) + (-z.abs()).exp().ln_1p()) - &net.y * &z;
        (losses.sum(), z.mapv(|z| 1.0 / (1.0 + (-z).exp())))
    } else {
        let exps = z.mapv(f64::exp);
        let sums = exps.sum_axis(Axis(1));
        let probabilities = &exps / &sums.insert_axis(Axis(1));
        (-(&net.y * &probabilities.mapv(f64::ln)).sum(), probabilities)
    };
    let mut delta = (probabilities - &net.y) / examples;
    for (k, h) in [&h2, &h1, &net.x].into_iter().enumerate().map(|(i, h)| (2 - i, h)) {
        let (by_weight, by_bias) = (h.t().dot(&delta), delta.sum_axis(Axis(0)));
        delta = delta.dot(&net.weights[k].t()) * h.mapv(|h| 1.0 - h * h);
        net.weights[k].scaled_add(-RATE, &by_weight);
        net.biases[k].scaled_add(-RATE, &by_bias);
    }
    loss / examples
}

/// The losses of the first steps by hand, and the sum of all parameters after them.
fn by_hand(mut net: Net) -> [f64; 3] {
    let losses: Vec<f64> = (0..STEPS).map(|_| step_by_hand(&mut net)).collect();
    [losses[0], losses[STEPS - 1], net.parameters().iter().flatten().sum()]
}

fn time_step<T: Viewed + Real + Into<f64>>(programs: &Programs, name: &str, case: &str, net: Net) -> Result<(), Error> {
    let (x, y) = (value::<T>(net.x.view().into_dyn()), value::<T>(net.y.view().into_dyn()));
    let mut step = step::<T>(&net);
    let mut loss = T::lit(0.0);
    let mut losses = Vec::new();
    for _ in 0..STEPS {
        step.call_into((&x, &y), &mut loss)?;
        losses.push(loss.into());
    }
    let sum: f64 = step.states().flat_map(|(_, value)| value.to_f64s()).sum();
    let came = [losses[0], losses[STEPS - 1], sum];
    assert_same(&came, &by_hand(net), if T::DTYPE == DType::F64 { 1e-12 } else { 1e-4 });
    let time = least(|| step.call_into((&x, &y), &mut loss).expect("as before"));
    report(name, case, time, &came);
    programs.profile(name, || step.profile((&x, &y)))
}

pub(crate) fn w2(programs: &Programs) -> Result<(), Error> {
    time_step::<f64>(programs, "W2", "f64", Net::w2())
}

pub(crate) fn w3(programs: &Programs) -> Result<(), Error> {
    time_step::<f32>(programs, "W3", "f32", Net::w3())?;
    time_step::<f64>(programs, "W3", "f64", Net::w3())
}

pub(crate) fn w4(programs: &Programs) -> Result<(), Error> {
    time_step::<f32>(programs, "W4", "f32", Net::w4())?;
    time_step::<f64>(programs, "W4", "f64", Net::w4())
}

/// Everything from the first line of code to the first result of W3's step: what W10 times.
pub(crate) fn first_w3_step(net: &Net) -> Value {
    step::<f64>(net).call((&net.x, &net.y)).expect("the step of W3")
}

/// Value and gradient of logistic regression on the handwritten zeros and ones.
pub(crate) fn w5(programs: &Programs) -> Result<(), Error> {
    let (x, y) = digits();
    let f = Function::new(["w", "b", "x", "y"], |[w, b, x, y]| {
        let z = x.dot(w) + b;
        (z.softplus() - y * z).mean()
    });
    let mut f = f.value_and_grad(["w", "b"])?;
    let (w, b) = (Array1::from_elem(64, 0.01), 0.0);
    let (mut loss, mut dw, mut db) = (0.0, w.clone(), 0.0);
    f.call_into((&w, b, &x, &y), (&mut loss, &mut dw, &mut db))?;
    let z = x.dot(&w) + b;
    let delta = (z.mapv(|z| 1.0 / (1.0 + (-z).exp())) - &y) / y.len() as f64;
    let value = (z.mapv(|z| z.exp().ln_1p()) - &y * &z).mean().expect("digits");
    assert_same(&[loss, db], &[value, delta.sum()], 1e-13);
    assert_same(&dw.to_vec(), &delta.dot(&x).to_vec(), 1e-13);
    programs.profile("W5", || f.profile((&w, b, &x, &y)))?;
    let time = least(|| f.call_into((&w, b, &x, &y), (&mut loss, &mut dw, &mut db)).expect("as before"));
    report("W5", "f64", time, &[loss, dw.sum(), db]);
    Ok(())
}

/// W2's step defined by run: recorded, evaluated, differentiated, and the parameters updated, anew each time.
#[expect(clippy::unnecessary_wraps, reason = "workloads have one signature")]
pub(crate) fn e(_: &Programs) -> Result<(), Error> {
    let net = Net::w2();
    let (mut tape, mut parameters) = (Tape::new(), net.parameters().map(|it| it.to_owned()));
    let mut step = || {
        tape.clear();
        let (x, y) = (tape.constant(&net.x), tape.constant(&net.y));
        let vars = std::array::from_fn(|i| tape.var(&parameters[i]));
        let loss = loss(vars, x, y);
        let gradients = loss.grad(vars).map(|gradient| gradient.value());
        for (parameter, gradient) in parameters.iter_mut().zip(&gradients) {
            parameter.scaled_add(-RATE, &gradient.view::<f64>());
        }
        loss.item()
    };
    let losses: Vec<f64> = (0..STEPS).map(|_| step()).collect();
    let time = least(|| {
        black_box(step());
    });
    let [first, last, _] = by_hand(Net::w2());
    assert_same(&[losses[0], losses[STEPS - 1]], &[first, last], 1e-12);
    report("E", "f64", time, &[first, losses[STEPS - 1]]);
    Ok(())
}
