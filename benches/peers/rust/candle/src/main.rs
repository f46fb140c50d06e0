//! candle, by run: tensors record what made them, and a step is recorded anew each time.
use candle_core::{DType, Device, Result, Tensor, Var};
use candle_nn::{loss, ops};
use common::{Net, Numbers, RATE, STEPS, least, line, once, report, wanted};

fn tensor(numbers: &[f64], shape: &[usize], dtype: DType) -> Result<Tensor> {
    Tensor::from_vec(numbers.to_vec(), shape, &Device::Cpu)?.to_dtype(dtype)
}

fn number(tensor: &Tensor) -> Result<f64> {
    tensor.to_dtype(DType::F64)?.sum_all()?.to_scalar()
}

fn w1() -> Result<()> {
    let (a, b) =
        (Var::from_tensor(&tensor(&[0.7], &[], DType::F64)?)?, Var::from_tensor(&tensor(&[1.3], &[], DType::F64)?)?);
    let call = || -> Result<[f64; 3]> {
        let y = (((a.as_tensor() * b.as_tensor())?.sin()? + (a.exp()? * b.log()?)?)?
            - (a.as_tensor() / b.as_tensor())?.tanh()?)?;
        let g = y.backward()?;
        let of = |v: &Var| number(g.get(v).expect("a gradient"));
        Ok([number(&y)?, of(&a)?, of(&b)?])
    };
    let check = call()?;
    report("W1", "f64", "candle", least(|| drop(call().unwrap())), &check);
    Ok(())
}

fn net(workload: &str, case: &str, dtype: DType, also: Option<&str>) -> Result<()> {
    let net = Net::of(workload);
    let (s, batch) = (net.sizes, net.batch);
    let var = |numbers: &[f64], shape: &[usize]| Var::from_tensor(&tensor(numbers, shape, dtype)?);
    let parameters: Vec<(Var, Var)> = (0..3)
        .map(|k| Ok((var(&net.w[k], &[s[k], s[k + 1]])?, var(&net.b[k], &[s[k + 1]])?)))
        .collect::<Result<_>>()?;
    let (x, y) = (tensor(&net.x, &[batch, s[0]], dtype)?, tensor(&net.y, &[batch, s[3]], dtype)?);
    let labels = y.argmax(1)?;
    let step = || -> Result<f64> {
        let mut h = x.clone();
        for (k, (w, b)) in parameters.iter().enumerate() {
            h = h.matmul(w)?.broadcast_add(b)?;
            if k < 2 {
                h = h.tanh()?;
            }
        }
        let loss =
            if s[3] == 1 { loss::binary_cross_entropy_with_logit(&h, &y)? } else { loss::cross_entropy(&h, &labels)? };
        let g = loss.backward()?;
        for v in parameters.iter().flat_map(|(w, b)| [w, b]) {
            v.set(&(v.as_tensor() - (g.get(v).expect("a gradient") * RATE)?)?)?;
        }
        number(&loss)
    };
    let losses: Vec<f64> = (0..STEPS).map(|_| step()).collect::<Result<_>>()?;
    let mut total = 0.0;
    for (w, b) in &parameters {
        total += number(w)? + number(b)?;
    }
    let us = least(|| drop(step().unwrap()));
    report(workload, case, "candle", us, &[losses[0], losses[STEPS - 1], total]);
    if let Some(name) = also {
        report(name, case, "candle", us, &[losses[0], losses[STEPS - 1]]);
    }
    Ok(())
}

fn w5() -> Result<()> {
    let mut numbers = Numbers::of("W5");
    let n = numbers.len() / 65;
    let (x, y) = (tensor(&numbers.take(n * 64), &[n, 64], DType::F64)?, tensor(&numbers.take(n), &[n, 1], DType::F64)?);
    let w = Var::from_tensor(&tensor(&[0.01; 64], &[64, 1], DType::F64)?)?;
    let b = Var::from_tensor(&tensor(&[0.0], &[1], DType::F64)?)?;
    let call = || -> Result<[Tensor; 3]> {
        let loss = loss::binary_cross_entropy_with_logit(&x.matmul(&w)?.broadcast_add(&b)?, &y)?;
        let mut g = loss.backward()?;
        let mut of = |v: &Var| g.remove(v).expect("a gradient");
        let (w, b) = (of(&w), of(&b));
        Ok([loss, w, b])
    };
    let check = call()?.iter().map(number).collect::<Result<Vec<_>>>()?;
    report("W5", "f64", "candle", least(|| drop(call().unwrap())), &check);
    Ok(())
}

fn curves(workload: &str, name: &str, dtype: DType) -> Result<()> {
    for (case, n) in [("1e6", 1_000_000), ("1e4", 10_000)] {
        let x = Var::from_tensor(&tensor(&line(n), &[n], dtype)?)?;
        let call = || -> Result<[Tensor; 2]> {
            let root = x.sqr()?.affine(1.0, 1.0)?.sqrt()?;
            let y = ((x.affine(2.0, 1.0)?.tanh()? * ops::sigmoid(&x)?)? - root)?.sum_all()?;
            let mut g = y.backward()?;
            let dx = g.remove(&x).expect("a gradient");
            Ok([y, dx])
        };
        let check = call()?.iter().map(number).collect::<Result<Vec<_>>>()?;
        report(workload, &format!("{name}, {case}"), "candle", least(|| drop(call().unwrap())), &check);
    }
    Ok(())
}

fn w9() -> Result<()> {
    const TURNS: usize = 50_000;
    let var = |x| Var::from_tensor(&tensor(&[x], &[], DType::F64)?);
    let (a, b) = (var(0.99999)?, var(1e-6)?);
    let (mut record, mut reverse) = (f64::INFINITY, f64::INFINITY);
    for _ in 0..3 {
        let chain = || (0..TURNS).try_fold(a.as_tensor().clone(), |x, _| (x * a.as_tensor())? + b.as_tensor());
        let (us, x) = once(chain);
        let x = x?;
        record = record.min(us);
        let (us, g) = once(|| x.backward());
        reverse = reverse.min(us);
        drop(g?);
        std::mem::forget(x); // its chain would be freed recursively
    }
    report("W9", "record, an operation", "candle", record / (2 * TURNS) as f64, &[]);
    report("W9", "value and gradient, an operation", "candle", reverse / (2 * TURNS) as f64, &[]);
    Ok(())
}

fn run() -> Result<()> {
    let (f32, f64) = (DType::F32, DType::F64);
    if wanted("W1") {
        w1()?;
    }
    if wanted("W2") {
        net("W2", "f64", f64, Some("E"))?;
    }
    for name in ["W3", "W4"] {
        if wanted(name) {
            net(name, "f32", f32, None)?;
            net(name, "f64", f64, None)?;
        }
    }
    if wanted("W5") {
        w5()?;
    }
    if wanted("W6") {
        curves("W6", "f64", f64)?;
    }
    if wanted("W6f") {
        curves("W6f", "f32", f32)?;
    }
    if wanted("W9") {
        w9()?;
    }
    Ok(())
}

fn main() -> Result<()> {
    // The engine recurses over the graph: W9 needs a deep stack.
    std::thread::Builder::new().stack_size(4 << 30).spawn(run).expect("a thread").join().expect("no panic")
}
