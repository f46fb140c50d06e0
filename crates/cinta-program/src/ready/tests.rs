//! Which functions programs compute with vector kernels only.
use cinta_graph::{DType, Tape, Value, Var};

use super::{Prepared, Work};
use crate::program::Program;
use crate::steps::{Operand, Step};

type Function = (&'static str, for<'t> fn(Var<'t>) -> Var<'t>);

/// Whether value and slope of a function of many numbers have a loop in which some operation is computed element by element.
fn falls_back(f: Function, dtype: DType) -> bool {
    let numbers: Vec<f64> = (0..100).map(|i| 1.0 + f64::from(i) / 64.0).collect();
    let tape = Tape::new();
    let x = tape.var(Value::from(numbers)).cast(dtype);
    let x = tape.var(x.value());
    let y = f.1(x);
    let slope = y.sum().grad(x);
    let program = Program::compile(&tape.graph(), &[x.id()], &[y.id(), slope.id()]).expect("a program");
    let mut loops = 0;
    let mut falls_back = false;
    for prepared in &program.plan.steps {
        if let Prepared::Loop(it) = prepared {
            loops += 1;
            falls_back |= it.body.iter().any(|instruction| matches!(instruction.work, Work::Apply(_)));
        }
    }
    assert!(loops > 0, "{} has no loop", f.0);
    falls_back
}

#[test]
fn functions_and_slopes_run_in_vector_kernels() {
    const FUNCTIONS: &[Function] = &[
        ("erf", |x| x.erf()),
        ("erfc", |x| x.erfc()),
        ("normal_cdf", |x| x.normal_cdf()),
        ("normal_pdf", |x| x.normal_pdf()),
        ("log_normal_cdf", |x| x.log_normal_cdf()),
        ("mills", |x| x.mills()),
        ("gelu", |x| x.gelu()),
        ("gelu_tanh", |x| x.gelu_tanh()),
        ("silu", |x| x.silu()),
        ("mish", |x| x.mish()),
        ("softplus", |x| x.softplus()),
        ("elu", |x| x.elu(0.3)),
        ("selu", |x| x.selu()),
        ("leaky_relu", |x| x.leaky_relu(0.01)),
        ("hard_swish", |x| x.hard_swish()),
        ("asinh", |x| x.asinh()),
        ("acosh", |x| x.acosh()),
        ("atanh", |x| x.atanh()),
        ("lgamma", |x| x.lgamma()),
        ("polygamma(1)", |x| x.polygamma(1)),
        ("powi(3)", |x| x.powi(3)),
        ("powi(-3)", |x| x.powi(-3)),
        ("powi(7)", |x| x.powi(7)),
        ("powi(-100)", |x| x.powi(-100)),
    ];
    for &f in FUNCTIONS {
        for dtype in [DType::F64, DType::F32] {
            assert!(!falls_back(f, dtype), "{} in {dtype} has an operation without a kernel", f.0);
        }
    }
}

#[test]
fn functions_without_a_kernel_are_found() {
    assert!(falls_back(("polygamma(3)", |x| x.polygamma(3)), DType::F64));
    // 2²⁴ + 1 is no f32.
    assert!(falls_back(("powi", |x| x.powi(16_777_217)), DType::F32));
}

/// A program of a function of one array with long functions among short ones, and its slope.
fn with_long_functions() -> Program {
    let tape = Tape::new();
    let x = tape.var(Value::from((0..1000).map(|i| f64::from(i) / 500.0 - 1.0).collect::<Vec<f64>>()));
    let wave = (2.0 * x + 1.0).tanh() * x.sigmoid() - (x.square() + 1.0).sqrt();
    let y = (wave.exp() / (x.abs() + 2.0)).sum();
    let slope = y.grad(x);
    Program::compile(&tape.graph(), &[x.id()], &[y.id(), slope.id()]).expect("a program")
}

#[test]
fn long_instructions_stand_side_by_side() {
    let program = with_long_functions();
    let Prepared::Loop(it) = &program.plan.steps[0] else { panic!("a loop\n{}", program.explain()) };
    let turns: Vec<usize> =
        it.stretches.iter().filter(|it| it.turns == Some(DType::F64)).map(|it| it.range.len()).collect();
    assert!(turns.iter().sum::<usize>() >= 4, "{turns:?}\n{}", program.explain());
    let text = program.explain().to_string();
    assert!(text.contains("sqrt of mul+add") && !text.contains("square"), "{text}");
    let covered: Vec<usize> = it.stretches.iter().flat_map(|it| it.range.clone()).collect();
    assert_eq!(covered, (0..it.body.len()).collect::<Vec<usize>>(), "each instruction is in one stretch, in order");
}

#[test]
fn nothing_is_read_before_it_is_written() {
    let program = with_long_functions();
    for step in &program.lowered.steps {
        let Step::Loop(it) = step else { continue };
        let mut written = vec![false; it.registers.len()];
        it.fills.iter().for_each(|(register, _)| written[register.index()] = true);
        for instruction in &it.body {
            for (operand, _) in &instruction.inputs {
                if let Operand::Register(register) = operand {
                    assert!(written[register.index()], "{:?} comes too early", instruction.action);
                }
            }
            written[instruction.output.index()] = true;
            instruction.second.iter().for_each(|second| written[second.index()] = true);
        }
    }
}
