//! W1, W1v and W9: programs of single numbers.
use std::hint::black_box;

use cinta::{Error, Function, Program, Tape, Value, ViewMut};

use crate::Programs;
use crate::data::line;
use crate::timing::{assert_same, least, least_of, report};

/// f(a, b) = sin(ab) + eᵃ ln b − tanh(a/b).
fn function() -> Function {
    Function::new(["a", "b"], |[a, b]| (a * b).sin() + a.exp() * b.log() - (a / b).tanh())
}

/// Value and partial derivatives by hand.
fn by_hand(a: f64, b: f64) -> [f64; 3] {
    let (ea, lb, t) = (a.exp(), b.ln(), (a / b).tanh());
    let (c, q) = ((a * b).cos(), 1.0 - t * t);
    [(a * b).sin() + ea * lb - t, b * c + ea * lb - q / b, a * c + ea / b + q * a / (b * b)]
}

/// One call with two numbers.
pub(crate) fn w1(programs: &Programs) -> Result<(), Error> {
    let mut f = function().value_and_grad(["a", "b"])?;
    let [mut y, mut da, mut db] = [0.0; 3];
    f.call_into((0.7, 1.3), (&mut y, &mut da, &mut db))?;
    assert_same(&[y, da, db], &by_hand(0.7, 1.3), 1e-14);
    programs.profile("W1", || f.profile((0.7, 1.3)))?;
    let time = least(|| {
        f.call_into((black_box(0.7), black_box(1.3)), (&mut y, &mut da, &mut db)).expect("as before");
        black_box((y, da, db));
    });
    report("W1", "f64", time, &[y, da, db]);
    Ok(())
}

/// 4,096 points at once; the time is that of one.
pub(crate) fn w1v(programs: &Programs) -> Result<(), Error> {
    const POINTS: usize = 4096;
    let mut f = function().value_and_grad(["a", "b"])?.vmap(["a", "b"])?;
    let (a, b) = (line(0.5, 0.9, POINTS), line(1.1, 1.6, POINTS));
    let [mut y, mut da, mut db] = [a.clone(), a.clone(), a.clone()];
    f.call_into((&a, &b), (&mut y, &mut da, &mut db))?;
    for i in 0..POINTS {
        assert_same(&[y[i], da[i], db[i]], &by_hand(a[i], b[i]), 1e-14);
    }
    programs.profile("W1v", || f.profile((&a, &b)))?;
    let time = least(|| f.call_into((&a, &b), (&mut y, &mut da, &mut db)).expect("as before"));
    report("W1v", "f64, a point", time / POINTS as f64, &[y.sum(), da.sum(), db.sum()]);
    Ok(())
}

/// A chain of 10⁶ operations on single numbers, x ← x a + b; times are those of one operation.
pub(crate) fn w9(programs: &Programs) -> Result<(), Error> {
    const TURNS: usize = 500_000;
    const NODES: f64 = 2.0 * TURNS as f64;
    let (a0, b0) = (0.99999_f64, 1e-6);
    let (mut tape, mut record) = (Tape::new(), f64::INFINITY);
    for _ in 0..7 {
        tape.clear();
        record = record.min(least_of(1, || {
            let (a, b) = (tape.var(black_box(a0)), tape.var(black_box(b0)));
            (0..TURNS).fold(a, |x, _| x * a + b).id()
        }));
    }
    report("W9", "record, an operation", record / NODES, &[]);

    tape.clear();
    let (a, b) = (tape.var(a0), tape.var(b0));
    let x = (0..TURNS).fold(a, |x, _| x * a + b);
    let [da, db] = x.grad([a, b]);
    let outputs = [x.id(), da.id(), db.id()];
    let compile = || Program::compile(&tape.graph(), &[a.id(), b.id()], &outputs);
    let mut program = compile()?;
    // xₙ = aⁿ⁺¹ + b (aⁿ − 1)/(a − 1).
    let n = TURNS as f64;
    let power = a0.powf(n);
    let value = power * a0 + b0 * (power - 1.0) / (a0 - 1.0);
    let by_a = (n + 1.0) * power + b0 * (n * power / a0 * (a0 - 1.0) - (power - 1.0)) / (a0 - 1.0).powi(2);
    let by_b = (power - 1.0) / (a0 - 1.0);
    let came: Vec<f64> = program.run(&[a0.into(), b0.into()])?.iter().filter_map(Value::item).collect();
    assert_same(&came, &[value, by_a, by_b], 1e-7);
    let [mut y, mut da, mut db] = [0.0; 3];
    let time = least(|| {
        let results = &mut [ViewMut::from(&mut y), ViewMut::from(&mut da), ViewMut::from(&mut db)];
        program.run_into(&[black_box(a0).into(), black_box(b0).into()], results).expect("as before");
    });
    report("W9", "value and gradient, an operation", time / NODES, &[y, da, db]);
    report("W9", "compile, an operation", least_of(2, compile) / NODES, &[]);
    if programs.explain {
        let short = Function::one(&["a", "b"], |_, v| Ok((0..50).fold(v[0], |x, _| x * v[0] + v[1])));
        let mut short = short.value_and_grad(["a", "b"])?;
        programs.profile("W9 with 100 operations", || short.profile((a0, b0)))?;
    }
    Ok(())
}
