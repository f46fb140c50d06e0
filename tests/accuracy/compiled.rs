//! Compiled programs at the same points: their kernels, of every set of instructions, keep what is promised of functions that are
//! not the platform's.
use cinta::{DType, KernelSet, Options, Program, Tape, Value, Var, View};

use crate::functions::{BINARY, UNARY};
use crate::golden::{Golden, Point, read};
use crate::measure::{Ulps, array, errors, singles};
use crate::table::CLOSE;

/// Value and derivatives as a program computes them.
fn compiled(
    points: &[&Point],
    arguments: usize,
    dtype: DType,
    options: Options,
    f: impl for<'t> Fn(&[Var<'t>]) -> Var<'t>,
) -> Vec<Vec<f64>> {
    let tape = Tape::new();
    let x: Vec<Var<'_>> = (0..arguments).map(|i| tape.var(array(points, i, dtype))).collect();
    let y = f(&x);
    let slopes = x.iter().map(|&x| y.sum().try_grad_or_zeros(x).expect("a derivative"));
    let outputs: Vec<_> = std::iter::once(y).chain(slopes).map(Var::id).collect();
    let inputs: Vec<_> = x.iter().map(|x| x.id()).collect();
    let values: Vec<_> = x.iter().map(|x| x.value()).collect();
    let views: Vec<View<'_>> = values.iter().map(View::from).collect();
    let mut program = Program::compile_with(&tape.graph(), &inputs, &outputs, options).expect("a program");
    program.run(&views).expect("numbers").iter().map(Value::to_f64s).collect()
}

fn of_program(golden: &Golden, points: &[&Point], dtype: DType, options: Options) -> Vec<Vec<f64>> {
    if let Some(f) = UNARY.iter().find(|f| f.0 == golden.name) {
        return compiled(points, 1, dtype, options, |x| f.1(x[0]));
    }
    let f = BINARY.iter().find(|f| f.0 == golden.name).expect("a function of the table");
    compiled(points, 2, dtype, options, |x| f.1(x[0], x[1]))
}

#[test]
fn programs_are_as_exact_as_is_promised() {
    let mut failures = Vec::new();
    for golden in read() {
        let single = singles(&golden);
        for (dtype, points) in [(DType::F64, &golden.points), (DType::F32, &single)] {
            let points: Vec<&Point> = points.iter().collect();
            for kernels in KernelSet::available() {
                let got = of_program(&golden, &points, dtype, kernels.into());
                for (k, worst) in errors(&golden, &points, &got, dtype).iter().enumerate() {
                    if worst.ulps > CLOSE {
                        let (name, set) = (&golden.name, kernels.name());
                        failures.push(format!("{name}, {dtype} on {set}: {} ULP in number {k}", Ulps(worst.ulps)));
                    }
                }
            }
        }
    }
    assert!(failures.is_empty(), "less exact than promised\n  {}", failures.join("\n  "));
}
