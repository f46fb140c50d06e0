//! Random elementwise programs: long functions among plain arithmetic over arrays of many blocks, to the numbers of the interpreter,
//! whatever the kernels and the passes, in both precisions.
use cinta::{DType, Options, Program, Real, Tape, Value, Var, View};
use ndarray::Array1;
use proptest::prelude::*;
use proptest::test_runner::RngSeed;

/// What one step of growth is made from: an operation and where to find its inputs.
type Gene = (u8, u8, u8);

/// Smooth functions; values stay of the order of 1. Those that take long stand first, some of which share their work with their slopes.
const UNARY: &[for<'t> fn(Var<'t>) -> Var<'t>] = &[
    |x| x.tanh(),
    |x| x.sigmoid(),
    |x| x.softplus() * 0.5,
    |x| x.sin(),
    |x| x.cos(),
    |x| (-x.square()).exp(),
    |x| (x.square() + 1.0).log(),
    |x| x.expm1().atan(),
    |x| x.erf(),
    |x| x.gelu() * 0.7,
    |x| (x.square() + 0.5).sqrt() * 0.7,
    |x| (x.square() + 1.0).reciprocal(),
    |x| (x.square() + 0.3).pow(0.7) * 0.8,
    |x| x * 0.7 + 0.1,
    |x| x.powi(3) * 0.2,
    |x| x.gt(0.2).select(x, x * 0.1),
];

/// The same of two arguments.
const BINARY: &[for<'t> fn(Var<'t>, Var<'t>) -> Var<'t>] = &[
    |a, b| (a + b) * 0.6,
    |a, b| (a - b) * 0.6,
    |a, b| a * b * 0.8,
    |a, b| a / (b.square() + 1.0),
    |a, b| a.maximum(b),
    |a, b| a.atan2(b.square() + 0.5),
];

/// Grows a program; gives all that came to be.
fn grow<'t>(genes: &[Gene], inputs: &[Var<'t>]) -> Vec<Var<'t>> {
    let mut all = inputs.to_vec();
    for &(kind, first, second) in genes {
        let [a, b] = [first, second].map(|n| all[all.len() - 1 - usize::from(n) % all.len().min(5)]);
        let kind = usize::from(kind) % (UNARY.len() + BINARY.len());
        all.push(if kind < UNARY.len() { UNARY[kind](a) } else { BINARY[kind - UNARY.len()](a, b) });
    }
    all
}

fn numbers(length: usize, k: f64, dtype: DType) -> Value {
    let numbers = Array1::from_shape_fn(length, |i| (i as f64 * k).sin());
    if dtype == DType::F32 { numbers.mapv(f32::lit).into() } else { numbers.into() }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, rng_seed: RngSeed::Fixed(11), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn loops_give_the_numbers_of_the_interpreter(
        genes in prop::collection::vec(any::<Gene>(), 2..30),
        length in prop_oneof![1..140_usize, 500..600_usize, 3000..6500_usize],
        kept in any::<u16>(),
        single in any::<bool>(),
    ) {
        let dtype = if single { DType::F32 } else { DType::F64 };
        let tape = Tape::new();
        let point = [numbers(length, 0.7, dtype), numbers(length, 1.3, dtype)];
        let inputs = point.clone().map(|value| tape.var(value));
        let all = grow(&genes, &inputs);
        let loss = all[all.len() - 1].square().mean() + all[all.len() / 2].mean();
        let is_kept = |i: &usize| kept >> (i % 16) & 1 == 1;
        let kept = all.iter().enumerate().filter(|(i, _)| is_kept(i)).map(|(_, y)| *y);
        let results: Vec<Var<'_>> = kept.chain(loss.grad_or_zeros(inputs)).chain([loss]).collect();
        let ids = |vars: &[Var<'_>]| vars.iter().map(|var| var.id()).collect::<Vec<_>>();
        for options in Options::each() {
            let mut program = Program::compile_with(&tape.graph(), &ids(&inputs), &ids(&results), options).unwrap();
            let views: Vec<View<'_>> = point.iter().map(View::from).collect();
            for (i, (got, want)) in program.run(&views).unwrap().iter().zip(&results).enumerate() {
                let (got, want) = (got.to_f64s(), want.value().to_f64s());
                let size = want.iter().fold(0.1, |m: f64, x| m.max(x.abs()));
                let most = if single { 1e-4 } else { 1e-12 } * size;
                for (got, want) in got.iter().zip(&want) {
                    prop_assert!((got - want).abs() <= most, "result {i}: {got} for {want}\n{}", program.explain());
                }
            }
        }
    }
}
