//! Random graphs: what is true of every operation stays true of what is made of them.
//!
//! A graph is grown from a list of random numbers, one node or a few for each; every operation keeps numbers
//! of the order of 1, so that graphs of any depth have derivatives worth comparing.
use cinta::check::{Claim, Function};
use cinta::{Graph, Options, Program, Tape, Value, Var, View, jvp, vjp};
use ndarray::{ArrayD, IxDyn};
use proptest::prelude::*;
use proptest::test_runner::RngSeed;

/// What one step of growth is made from: an operation and where to find its inputs.
type Gene = (u8, u16, u16);

const INPUTS: &[&[usize]] = &[&[2, 3], &[3], &[3, 2], &[], &[2, 1]];

/// Smooth operations of one argument, with bounded values and slopes.
const UNARY: &[for<'t> fn(Var<'t>) -> Var<'t>] = &[
    |x| x.tanh(),
    |x| x.sigmoid(),
    |x| x.sin(),
    |x| x.cos() * 0.9,
    |x| -x,
    |x| (-x.square()).exp(),
    |x| (x.square() + 1.0).log(),
    |x| (x.square() + 0.5).sqrt() * 0.7,
    |x| (x.square() + 1.0).reciprocal(),
    |x| x.softplus() * 0.5,
    |x| x.expm1().tanh(),
    |x| x.powi(3).tanh(),
    |x| x.sum().tanh(),
    |x| if x.rank() > 0 { x.sum_axes(0).sin() } else { x },
    |x| if x.rank() > 0 { x.mean_axes(-1) } else { x },
    |x| if x.rank() > 0 { x.logsumexp(0) * 0.5 } else { x },
    |x| if x.rank() == 2 { x.t() } else { x.broadcast_to(x.shape().with_front(2)) },
    |x| x.reshape([x.size()]),
    |x| if x.rank() == 2 { x.slice_axis(0, ..1).broadcast_to(x.shape()) } else { x },
    |x| if x.rank() > 0 { x.flip(0) } else { x },
    |x| x.gt(0.3).select(x.sin(), x * 0.5),
];

/// The same of two arguments of one shape.
const BINARY: &[for<'t> fn(Var<'t>, Var<'t>) -> Var<'t>] = &[
    |a, b| (a + b) * 0.6,
    |a, b| (a - b) * 0.6,
    |a, b| (a * b).tanh(),
    |a, b| a / (b.square() + 1.0),
    |a, b| (a.square() + 0.5).pow(b.tanh() * 0.5) * 0.7,
    |a, b| if a.rank() > 0 { cinta::concat(&[a, b], 0).tanh() } else { a * b * 0.5 },
];

/// Whether two shapes broadcast.
fn meet(a: Var<'_>, b: Var<'_>) -> bool {
    a.shape().broadcast(&b.shape()).is_ok_and(|shape| shape.size() <= 36)
}

/// Grows a graph on the inputs; the output is a vector that depends on what nothing else used.
fn grow<'t>(genes: &[Gene], inputs: &[Var<'t>]) -> Var<'t> {
    let mut vars = inputs.to_vec();
    let mut used = vec![false; vars.len()];
    for &(kind, first, second) in genes {
        // Mostly recent nodes, so that graphs grow deep.
        let pick = |n: u16| {
            let back = usize::from(n) % vars.len();
            if n.is_multiple_of(3) { back } else { vars.len() - 1 - back % 6.min(vars.len()) }
        };
        let (i, j) = (pick(first), pick(second));
        let (a, b) = (vars[i], vars[j]);
        let kind = usize::from(kind) % (UNARY.len() + 2 * BINARY.len() + 2);
        let inner = a.shape().last().copied();
        let (y, two) = match kind.checked_sub(UNARY.len()) {
            None => (UNARY[kind](a), false),
            Some(k) if k >= 2 * BINARY.len() && a.rank() > 0 && b.rank() > 0 => {
                let fits =
                    if b.rank() == 1 { b.shape().last().copied() } else { b.shape().iter().rev().nth(1).copied() };
                if inner == fits { ((a.matmul(b) * 0.5).tanh(), true) } else { (a.sin(), false) }
            }
            Some(k) if k < 2 * BINARY.len() && meet(a, b) => {
                let shape = a.shape().broadcast(&b.shape()).expect("they meet");
                (BINARY[k / 2](a.broadcast_to(&shape), b.broadcast_to(&shape)), true)
            }
            Some(_) => (a.tanh(), false),
        };
        if y.size() <= 36 && y.rank() <= 3 {
            used[i] = true;
            used[j] |= two;
            vars.push(y);
            used.push(false);
        }
    }
    let loose = vars.iter().zip(&used).filter(|(_, used)| !**used);
    let ends: Vec<Var<'t>> = loose.map(|(var, _)| var.mean().reshape([1])).collect();
    cinta::concat(&ends, 0)
}

fn point(numbers: &[f64]) -> Vec<Value> {
    let mut numbers = numbers.iter().copied().cycle();
    let mut array = |shape: &&[usize]| {
        let n = shape.iter().product();
        let numbers = numbers.by_ref().take(n).collect();
        Value::from(ArrayD::from_shape_vec(IxDyn(shape), numbers).expect("as many as the shape holds"))
    };
    INPUTS.iter().map(&mut array).collect()
}

fn genes(most: usize) -> impl Strategy<Value = Vec<Gene>> {
    prop::collection::vec(any::<Gene>(), 1..most)
}

/// Numbers away from 0 and from the one kink, at 0.3.
fn numbers() -> impl Strategy<Value = Vec<f64>> {
    prop::collection::vec(prop_oneof![-1.5..-0.1, 0.1..0.25, 0.4..1.5], 15)
}

fn config(cases: u32) -> ProptestConfig {
    ProptestConfig { cases, rng_seed: RngSeed::Fixed(1), failure_persistence: None, ..ProptestConfig::default() }
}

fn dot(a: &Value, b: &Value) -> (f64, f64) {
    let terms = || a.to_f64s().into_iter().zip(b.to_f64s()).map(|(a, b)| a * b);
    (terms().sum(), terms().map(f64::abs).sum())
}

/// A claim of a random function; differences too vague to compare with are no failure, only no evidence.
fn keeps(claim: Claim, genes: &[Gene], point: &[Value]) -> Result<bool, TestCaseError> {
    let f: &Function<'_> = &|inputs| grow(genes, inputs);
    match claim.check_function(f, point) {
        Ok(()) => Ok(true),
        Err(mismatch) if mismatch.is_vague() => Ok(false),
        Err(mismatch) => {
            let tape = Tape::new();
            let inputs: Vec<Var<'_>> = point.iter().map(|value| tape.var(value)).collect();
            grow(genes, &inputs);
            Err(TestCaseError::fail(format!("{mismatch}\n{}", tape.graph())))
        }
    }
}

proptest! {
    #![proptest_config(config(300))]

    #[test]
    fn both_modes_are_adjoint_and_evaluation_repeats_itself(genes in genes(120), numbers in numbers()) {
        let point = point(&numbers);
        let tape = Tape::new();
        let inputs: Vec<Var<'_>> = point.iter().map(|value| tape.var(value)).collect();
        let output = grow(&genes, &inputs);
        let ct = tape.constant(Value::from(ArrayD::from_elem(IxDyn(&output.shape()), 0.75)));
        let tangents: Vec<(Var<'_>, Var<'_>)> = inputs.iter().map(|x| (*x, tape.constant(x.value()))).collect();
        let pushed = jvp(&[output], &tangents).unwrap()[0].expect("the output depends on some input");
        let pulled = vjp(&[(output, ct)], &inputs).unwrap();
        let (forward, size) = dot(&pushed.value(), &ct.value());
        let (mut reverse, mut reverse_size) = (0.0, 0.0);
        for (x, ct) in inputs.iter().zip(&pulled) {
            if let Some(ct) = ct {
                let (term, magnitude) = dot(&ct.value(), &x.value());
                reverse += term;
                reverse_size += magnitude;
            }
        }
        prop_assert!((forward - reverse).abs() <= 1e-12 * (size + reverse_size), "{forward} and {reverse}\n{}", tape.graph());

        prop_assert!(tape.graph().verify().is_ok(), "{:?}", tape.graph().verify());
        let graph = tape.graph().clone();
        let again = Tape::from_graph(graph);
        for (input, value) in inputs.iter().zip(&point) {
            again.at(input.id()).set(value);
        }
        for id in tape.graph().ids() {
            let (value, repeated) = (tape.at(id).value(), again.at(id).value());
            prop_assert_eq!(value.array_type(), tape.at(id).array_type());
            prop_assert!(value.same_bits(&repeated), "{}", tape.graph().line(id));
        }
        let text = tape.graph().to_string();
        prop_assert_eq!(Graph::parse(&text).unwrap().to_string(), text);
    }

    #[test]
    fn changed_inputs_give_the_bits_of_a_new_tape(genes in genes(60), first in numbers(), second in numbers()) {
        let tape = Tape::new();
        let inputs: Vec<Var<'_>> = point(&first).iter().map(|value| tape.var(value)).collect();
        let output = grow(&genes, &inputs);
        let before = output.value();
        for numbers in [&second, &first] {
            for (input, value) in inputs.iter().zip(point(numbers)) {
                input.set(value);
            }
            let fresh = Tape::new();
            let vars: Vec<Var<'_>> = point(numbers).iter().map(|value| fresh.var(value)).collect();
            prop_assert!(output.value().same_bits(&grow(&genes, &vars).value()));
        }
        prop_assert!(output.value().same_bits(&before));
    }
}

proptest! {
    #![proptest_config(config(40))]

    /// Over every axis, in batches of batches, with derivatives inside of `vmap` and around it.
    #[test]
    fn programs_give_the_interpreters_numbers(genes in genes(120), numbers in numbers()) {
        let point = point(&numbers);
        let tape = Tape::new();
        let inputs: Vec<Var<'_>> = point.iter().map(|value| tape.var(value)).collect();
        let output = grow(&genes, &inputs);
        let grads = output.square().sum().grad_or_zeros(&inputs);
        let all: Vec<Var<'_>> = grads.iter().copied().chain([output]).collect();
        let ids = |vars: &[Var<'_>]| vars.iter().map(|var| var.id()).collect::<Vec<_>>();
        for options in Options::each() {
            let mut program = Program::compile_with(&tape.graph(), &ids(&inputs), &ids(&all), options).unwrap();
            let views: Vec<View<'_>> = point.iter().map(View::from).collect();
            for (got, want) in program.run(&views).unwrap().iter().zip(&all) {
                let want = want.value();
                prop_assert_eq!(got.array_type(), want.array_type());
                let size = want.to_f64s().iter().fold(1.0, |m: f64, x| m.max(x.abs()));
                for (got, want) in got.to_f64s().iter().zip(want.to_f64s()) {
                    prop_assert!((got - want).abs() <= 1e-11 * size, "{got} for {want}\n{}", program.explain());
                }
            }
        }
    }

    #[test]
    fn a_batch_is_a_loop(genes in genes(30), numbers in numbers()) {
        keeps(Claim::Batch, &genes, &point(&numbers))?;
    }
}

/// Checks a claim on random graphs and that most of them could be measured.
fn most_keep(claim: Claim, cases: u32, most: usize) {
    let mut runner = proptest::test_runner::TestRunner::new(config(cases));
    let measured = std::cell::Cell::new(0);
    let result = runner.run(&(genes(most), numbers()), |(genes, numbers)| {
        measured.set(measured.get() + u32::from(keeps(claim, &genes, &point(&numbers))?));
        Ok(())
    });
    if let Err(error) = result {
        panic!("{error}");
    }
    assert!(measured.get() * 10 >= cases * 9, "only {} of {cases} graphs could be measured", measured.get());
}

#[test]
fn gradients_agree_with_differences() {
    most_keep(Claim::FirstDerivatives, 300, 120);
}

#[test]
fn second_derivatives_agree_with_differences() {
    most_keep(Claim::SecondDerivatives, 100, 25);
}

#[test]
fn third_derivatives_agree_with_differences() {
    most_keep(Claim::ThirdDerivatives, 60, 10);
}
