//! Which functions programs compute with vector kernels only.
use cinta_graph::{DType, Tape, Value, Var};

use super::{Prepared, TURNS, Work};
use crate::place::Extent;
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
        ("erfinv", |x| (0.25 * x).erfinv()),
        ("pow", |x| x.pow(2.5)),
        ("hypot", |x| x.hypot(1.5)),
        ("atan2", |x| x.atan2(x.square())),
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
    let wave = (2.0 * x + 1.0).sin() * x.erf() - (x.square() + 1.0).sqrt();
    let y = (wave.atan() / (x.abs() + 2.0)).sum();
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

/// A program of two arrays of so many numbers, the results that it gives and those that the interpreter gives.
fn compiled(size: u32, f: impl for<'t> Fn(Var<'t>, Var<'t>) -> Vec<Var<'t>>) -> (Program, Vec<[Vec<f64>; 2]>) {
    let tape = Tape::new();
    let numbers = |step: f64| Value::from((0..size).map(|i| (f64::from(i) * step).sin()).collect::<Vec<f64>>());
    let (x, y) = (tape.var(numbers(0.7)), tape.var(numbers(1.3)));
    let results = f(x, y);
    let ids: Vec<_> = results.iter().map(|it| it.id()).collect();
    let mut program = Program::compile(&tape.graph(), &[x.id(), y.id()], &ids).expect("a program");
    let (a, b) = (x.value(), y.value());
    let found = program.run(&[(&a).into(), (&b).into()]).expect("results");
    let both = found.iter().zip(&results).map(|(found, it)| [found.to_f64s(), it.value().to_f64s()]).collect();
    (program, both)
}

fn are_close(both: &[[Vec<f64>; 2]]) -> bool {
    let close = |(a, b): (&f64, &f64)| (a - b).abs() <= 1e-12 * b.abs().max(1.0);
    both.iter().all(|[found, expected]| found.len() == expected.len() && found.iter().zip(expected).all(close))
}

/// How many instructions and how many sums of its first loop native code does.
fn in_native(program: &Program) -> [usize; 2] {
    let it = program.plan.ready_loop(0).expect("a loop");
    [it.joined.iter().map(std::ops::Range::len).sum(), it.sums.iter().filter(|sum| sum.in_native).count()]
}

#[test]
fn plain_arithmetic_and_its_sum_become_native_code() {
    if !crate::kernels::KernelSet::best().has_native() {
        return;
    }
    let (program, both) = compiled(1000, |x, y| vec![((x * y + 1.0) / (x * x + y * y + 0.5)).sum()]);
    let text = program.explain().to_string();
    assert!(are_close(&both) && text.contains('['), "{text}");
    let Step::Loop(it) = &program.lowered.steps[0] else { panic!("a loop\n{text}") };
    assert_eq!(in_native(&program), [it.body.len(), 1], "{text}");
    // Of a few numbers it would gain nothing.
    let (program, both) = compiled(9, |x, y| vec![((x * y + 1.0) / (x * x + y * y + 0.5)).sum()]);
    assert!(are_close(&both));
    assert_eq!(in_native(&program), [0, 0]);
}

#[test]
fn masks_that_come_or_go_keep_their_kernels() {
    // Inside, kept as a result, made by code and read by something else.
    let (inside, both) = compiled(1000, |x, y| vec![x.gt(y).select(x * y, y - x).sum()]);
    assert!(are_close(&both));
    let (kept, both) = compiled(1000, |x, y| {
        let mask = x.gt(y);
        vec![mask, mask.select(x, y).sum(), mask.cast(DType::F64).sum()]
    });
    assert!(are_close(&both));
    let (_, both) = compiled(1000, |x, y| vec![(x * y).gt(x + y).select(x, y.tanh()).sum()]);
    assert!(are_close(&both));
    // From another loop, for one instruction and its sum.
    let (_, both) = compiled(1000, |x, y| vec![x.gt(y).flip(0).select(x, y).sum()]);
    assert!(are_close(&both));
    if crate::kernels::KernelSet::best().has_native() {
        assert_eq!([in_native(&inside)[1], in_native(&kept)[1]], [1, 0], "{}\n{}", inside.explain(), kept.explain());
    }
}

#[test]
fn what_is_summed_and_read_elsewhere_is_written_too() {
    let (program, both) = compiled(1000, |x, y| {
        let z = x * y + x;
        vec![z.sum(), (z * z).sum(), z, (z - y).sum()]
    });
    assert!(are_close(&both), "{}", program.explain());
}

#[test]
fn sums_begin_when_it_is_their_turn() {
    // What the sine reads stands where the sum begins once the sine has run, and these two take turns.
    let (program, both) = compiled(1000, |x, y| vec![((x * y + 0.5).sin() / (y * y + 1.0)).sum()]);
    let turns = program.plan.ready_loop(0).expect("a loop").stretches.iter().any(|it| it.turns.is_some());
    assert!(turns && are_close(&both), "{}", program.explain());
}

#[test]
fn long_bodies_with_many_operands_are_cut() {
    let (program, both) = compiled(1000, |x, y| {
        let mut z = x;
        let mut all = Vec::new();
        for i in 0..400 {
            z = z * 0.5 + y * (f64::from(i) / 400.0);
            if i % 3 == 0 {
                all.push(z);
            }
        }
        all.push(z.sum());
        all
    });
    assert!(are_close(&both), "{}", program.explain());
}

#[test]
fn registers_of_instructions_that_take_turns_have_pieces() {
    let (program, both) = compiled(10_000, |x, y| {
        let z = (2.0 * x + 1.0).sin() * y.erf() - (x.square() + 1.0).sqrt();
        vec![z.sum(), z.sum().grad(x)]
    });
    let it = program.plan.ready_loop(0).expect("a loop");
    let outputs = it.body.iter().flat_map(|it| &it.outputs).filter(|place| place.extent == Extent::Piece);
    // Blocks would not fit the first-level cache with registers of their length.
    assert!(are_close(&both) && outputs.count() >= 4 && it.block > 512, "{} {}", it.block, program.explain());
    assert!(program.bytes() < 20_000, "{} bytes", program.bytes());
}

#[test]
fn many_arrays_are_written_in_turns() {
    let (program, both) = compiled(1000, |x, y| {
        let all = (0..60).map(|i| (x * f64::from(i) / 20.0).sin() * (y + f64::from(i)).erf());
        let all: Vec<Var<'_>> = all.collect();
        let sum = all.iter().skip(1).fold(all[0], |sum, &it| sum + it);
        all.into_iter().chain([sum]).collect()
    });
    let it = program.plan.ready_loop(0).expect("a loop");
    let turns: Vec<usize> = it.stretches.iter().filter(|it| it.turns.is_some()).map(|it| it.range.len()).collect();
    assert!(turns.len() > 4 && turns.iter().all(|&turns| turns <= TURNS), "{turns:?}\n{}", program.explain());
    assert!(are_close(&both), "{}", program.explain());
}

#[test]
fn more_sums_than_registers_are_taken_apart() {
    for set in crate::kernels::KernelSet::available() {
        let tape = Tape::new();
        let x = tape.var(Value::from((0..1000).map(f64::from).collect::<Vec<f64>>()));
        let sums: Vec<_> = (0..40).map(|i| (x * f64::from(i) + 1.0).square().sum()).collect();
        let ids: Vec<_> = sums.iter().map(|it| it.id()).collect();
        let mut program = Program::compile_with(&tape.graph(), &[x.id()], &ids, set).expect("a program");
        let found = program.run(&[(&x.value()).into()]).expect("results");
        for (found, sum) in found.iter().zip(&sums) {
            let (found, sum) = (found.to_f64s()[0], sum.value().to_f64s()[0]);
            assert!((found - sum).abs() <= 1e-12 * sum, "{} {found} {sum}", set.name());
        }
    }
}

#[test]
fn a_copy_outlives_what_it_is_of() {
    let tape = Tape::new();
    let numbers = |n: u32, step: f64| Value::from((0..n).map(|i| (f64::from(i) * step).sin()).collect::<Vec<f64>>());
    let (x, w) = (tape.var(numbers(512 * 4, 0.7)), tape.var(numbers(4, 1.1)));
    let (a, b) = (tape.var(numbers(512, 0.3)), tape.var(numbers(512, 0.9)));
    let copy = x.reshape([512, 4]).dot(w).powi(1);
    let kept = a * 2.0 + 1.0; // It may stand where the product stood.
    let ids = [(copy * kept).id(), kept.dot(b).id()];
    for options in crate::Options::each() {
        let inputs = [x.id(), w.id(), a.id(), b.id()];
        let mut program = Program::compile_with(&tape.graph(), &inputs, &ids, options).expect("a program");
        let values = [x, w, a, b].map(|it| it.value());
        let found = program.run(&values.each_ref().map(Into::into)).expect("results");
        let expected = (copy * kept).value().to_f64s();
        let is_close = |(a, b): (&f64, &f64)| (a - b).abs() <= 1e-12;
        assert!(found[0].to_f64s().iter().zip(&expected).all(is_close), "{}", program.explain());
    }
}
