//! Programs against the interpreter: the same numbers from every operation, with every set of passes.
use cinta::{Error, Function, KernelSet, NodeId, Op, Options, Program, Tape, Value, Var, View};
use ndarray::Dimension;

/// What a program makes of some nodes, given the values that the tape has for its inputs.
fn compiled(tape: &Tape, inputs: &[Var<'_>], outputs: &[Var<'_>], options: Options) -> Result<Vec<Value>, Error> {
    let ids = |vars: &[Var<'_>]| vars.iter().map(|var| var.id()).collect::<Vec<NodeId>>();
    let mut program = Program::compile_with(&tape.graph(), &ids(inputs), &ids(outputs), options)?;
    let values: Vec<Value> = inputs.iter().map(|var| var.value()).collect();
    let views: Vec<View<'_>> = values.iter().map(View::from).collect();
    let first = program.run(&views)?;
    let second = program.run(&views)?;
    for (a, b) in first.iter().zip(&second) {
        assert!(a.same_bits(b), "a second run gives {b:?}, not {a:?}");
    }
    Ok(first)
}

/// Whether two values agree to so many units in the last place of their largest element.
fn agree(a: &Value, b: &Value, ulps: f64) -> bool {
    let (x, y) = (a.to_f64s(), b.to_f64s());
    let epsilon = if a.dtype() == cinta::DType::F32 { f64::from(f32::EPSILON) } else { f64::EPSILON };
    let size = x.iter().filter(|x| x.is_finite()).fold(0.0, |m: f64, x| m.max(x.abs()));
    let close = |(x, y): (&f64, &f64)| x == y || x.is_nan() && y.is_nan() || (x - y).abs() <= ulps * epsilon * size;
    a.array_type() == b.array_type() && x.iter().zip(&y).all(close)
}

#[test]
fn every_sample_of_every_operation_gives_the_interpreters_numbers() {
    let mut failures = Vec::new();
    for sample in Op::samples() {
        for options in Options::each() {
            let tape = Tape::new();
            let inputs: Vec<Var<'_>> = sample.inputs.iter().map(|value| tape.var(value)).collect();
            let output = tape.apply(&sample.op, &inputs).expect("a sample");
            match compiled(&tape, &inputs, &[output], options) {
                Ok(got) if agree(&got[0], &output.value(), 4.0) => {}
                Ok(got) => {
                    failures.push(format!("{:?} with {options:?}: {:?}, not {:?}", sample.op, got[0], output.value()));
                }
                Err(error) => failures.push(format!("{:?} with {options:?}: {error}", sample.op)),
            }
        }
    }
    assert!(failures.is_empty(), "{} failures\n{}", failures.len(), failures.join("\n"));
}

#[test]
fn every_sample_as_a_constant_folds_to_the_interpreters_numbers() {
    for sample in Op::samples() {
        let tape = Tape::new();
        let inputs: Vec<Var<'_>> = sample.inputs.iter().map(|value| tape.constant(value)).collect();
        let output = tape.apply(&sample.op, &inputs).expect("a sample");
        let got = compiled(&tape, &[], &[output], Options::default()).expect("a sample");
        assert!(agree(&got[0], &output.value(), 4.0), "{:?}: {:?}, not {:?}", sample.op, got[0], output.value());
    }
}

#[test]
fn every_sample_has_the_interpreters_derivatives() {
    let mut failures = Vec::new();
    for sample in Op::samples() {
        let tape = Tape::new();
        let inputs: Vec<Var<'_>> = sample.inputs.iter().map(|value| tape.var(value)).collect();
        let output = tape.apply(&sample.op, &inputs).expect("a sample");
        let floats: Vec<Var<'_>> = inputs.iter().copied().filter(|var| var.dtype().is_float()).collect();
        if !output.dtype().is_float() || floats.is_empty() {
            continue;
        }
        // An array of the output's shape, none of whose elements is like another.
        let ct = tape.var(ndarray::ArrayD::from_shape_fn(output.shape().to_vec(), |at| {
            at.slice().iter().fold(0.7, |sum, &i| sum * 1.3 + i as f64)
        }));
        let ct = ct.cast(output.dtype());
        let Ok(grads) = (output * ct).sum().try_grad_or_zeros(&floats[..]) else { continue };
        let all: Vec<Var<'_>> = inputs.iter().copied().chain([ct]).collect();
        match compiled(&tape, &all, &grads, Options::default()) {
            Ok(got) => {
                for (got, grad) in got.iter().zip(&grads) {
                    if !agree(got, &grad.value(), 64.0) {
                        failures.push(format!("{:?}: {got:?}, not {:?}", sample.op, grad.value()));
                    }
                }
            }
            Err(error) => failures.push(format!("{:?}: {error}", sample.op)),
        }
    }
    assert!(failures.is_empty(), "{} failures\n{}", failures.len(), failures.join("\n"));
}

#[test]
fn sums_of_a_million_tenths_lose_a_few_units_only() {
    let n = 1_000_000;
    let mut sums =
        Function::several(["x"], |[x]| [x.sum(), (x * 1.0).sum_axes(0), x.t().sum_axes(1), (-x).sum_axes(1).sum()]);
    let x = ndarray::Array2::from_elem((n, 2), 0.1);
    for sum in sums.call(&x).expect("a matrix") {
        let exact = 0.2 * n as f64 / sum.shape().size() as f64;
        assert!(sum.to_f64s().iter().all(|s| (s.abs() - exact).abs() < 16.0 * f64::EPSILON * exact), "{sum}");
    }
}

#[test]
fn a_function_of_one_number_has_the_bits_of_its_vector_kernel() {
    const FUNCTIONS: [for<'t> fn(Var<'t>) -> Var<'t>; 10] = [
        |x| x.exp(),
        |x| x.expm1(),
        |x| x.log(),
        |x| x.log1p(),
        |x| x.sin(),
        |x| x.cos(),
        |x| x.tanh(),
        |x| x.sech2(),
        |x| x.sigmoid(),
        |x| x.softplus(),
    ];
    let points = [0.3, 1e-9, 2.5, 17.0, 300.0, 1e-310, 1e9];
    for kernels in KernelSet::available() {
        for f in FUNCTIONS {
            let of_one = Function::new(["x"], move |[x]| f(x)).with_options(kernels);
            let mut of_many = of_one.clone();
            let mut of_one = of_one;
            let many = of_many.call((&points,)).unwrap().to_f64s();
            for (&x, y) in points.iter().zip(many) {
                let one = of_one.call(x).unwrap().item().expect("a number");
                assert_eq!(one.to_bits(), y.to_bits(), "{} of {x} is {one}, not {y}", kernels.name());
            }
        }
    }
}

/// Truth values and numbers stand in cells of their own, each counted from 0.
#[test]
fn a_number_is_not_taken_for_a_truth_value_of_the_same_cell() {
    let f = Function::new(["x", "v"], |[x, v]| {
        let first = v.sort(0).sum();
        let (is_large, product) = (first.gt(2.0), first * x);
        let second = (v * product).sort(0).sum();
        is_large.select(second + product, second - product)
    });
    let by_hand = |x: f64| (6.0 * 6.0 * x) + 6.0 * x;
    for options in Options::each() {
        let y = f.clone().with_options(options).call((0.5, &[3.0, 1.0, 2.0])).unwrap();
        assert_eq!(y.item(), Some(by_hand(0.5)), "{options:?}");
    }
}

#[test]
fn negations_and_factors_become_one() {
    let mut f = Function::new(["x", "y"], |[x, y]| {
        let z = -(x * 3.0) * 2.0;
        z - (-y) + (-(x - y)).gate_of_two()
    });
    let arguments = (&[1.0, -2.0], &[0.5, 4.0]);
    assert_eq!(f.call(arguments).unwrap(), ndarray::array![-6.5, 28.0]);
    let text = f.prepared().next().expect("one program").1.explain().to_string();
    assert!(!text.contains("neg") && !text.contains("gate"), "{text}");
}

trait GateOfTwo<'t> {
    /// 2 x, as a derivative rule behind a choice says it.
    fn gate_of_two(self) -> Var<'t>;
}

impl<'t> GateOfTwo<'t> for Var<'t> {
    fn gate_of_two(self) -> Var<'t> {
        let two = self.tape().constant(Value::full(&self.array_type(), 2.0));
        self.tape().apply(&cinta::ops::gate::Gate.into(), &[self, two]).expect("of one type")
    }
}

#[test]
fn a_number_goes_to_the_smaller_of_two_factors() {
    let (x, a) = (numbers(&[30, 5, 10], 0.1), numbers(&[30, 5], 0.2));
    // Of −½ Σ x² the gradient is −a x: neither 2 nor ½ is left, and what meets 150 numbers does not meet 1,500.
    let squares = Function::new(["x", "a"], |[x, a]| (a.exp() * (-0.5 * x.square().sum_axes(2))).sum());
    let mut of_squares = squares.grad("x").expect("an input");
    // A factor on either side of the smaller one, and a number that is no power of two there.
    let mut of_twice = Function::new(["x", "a"], |[x, a]| (4.0 * x) * (a.exp() * 0.2).reshape([30, 5, 1]));
    for (f, factor) in [(&mut of_squares, -1.0), (&mut of_twice, 0.8)] {
        let got = f.call([&x, &a]).expect("two arrays").to_f64s();
        let text = f.prepared().next().expect("one program").1.explain().to_string();
        let large = text.lines().find(|line| line.contains("over 1500")).expect("a loop over x");
        assert!(large.contains("gather, mul;") || large.contains("gather, mul, neg;"), "{text}");
        for (at, got) in got.iter().enumerate() {
            let exact = factor * x.to_f64s()[at] * a.to_f64s()[at / 10].exp();
            assert!((got - exact).abs() <= 4.0 * f64::EPSILON * exact.abs(), "{got} for {exact}");
        }
    }
    // Where the smaller factor would overflow, it stays as it is: 0 · ∞ is no number.
    let mut of_large = Function::new(["x", "y"], |[x, y]| (4.0 * x) * (0.5 * y).reshape([2, 1]));
    let products = of_large.call((&ndarray::array![[0.0, 1e-300], [0.0, 1.0]], &[1.5e308, 1.0])).expect("two arrays");
    assert_eq!(products, ndarray::array![[0.0, 4e-300 * 0.75e308], [0.0, 2.0]]);
}

#[test]
fn a_sum_of_arrays_that_stand_apart_is_one_pass() {
    let f = Function::new(["x"], |[x]| {
        let [a, b, c] = [0, 1, 2].map(|i| x.index_axis(0, i));
        (a * b.sin() + c.exp() * a).sum()
    });
    let mut gradient = f.grad("x").unwrap();
    let x = ndarray::array![[0.5_f64, 2.0], [1.0, -0.5], [-1.0, 0.25]];
    let y = gradient.call(&x).unwrap();
    let mut expected = x.clone();
    for (column, mut to) in x.columns().into_iter().zip(expected.columns_mut()) {
        let (a, b, c) = (column[0], column[1], column[2]);
        to.assign(&ndarray::array![b.sin() + c.exp(), a * b.cos(), a * c.exp()]);
    }
    assert!(agree(&y, &expected.into(), 4.0), "{y:?}");
    let text = gradient.prepared().next().expect("one program").1.explain().to_string();
    assert_eq!(text.matches("assemble").count(), 1, "{text}");
    assert!(!text.contains("2 assemble"), "{text}");
}

/// What a function's program says of itself after a call gave what the interpreter gives, under all options.
fn explained(f: &Function<cinta::Several<2>>, arguments: &[Value]) -> String {
    let tape = Tape::new();
    let vars: Vec<Var<'_>> = arguments.iter().map(|value| tape.var(value.clone())).collect();
    let expected = f.record(&tape, &vars).expect("a record").map(|y| y.value());
    for options in Options::each() {
        let y = f.clone().with_options(options).call(arguments).expect("a result");
        assert!(
            y.iter().zip(&expected).all(|(y, expected)| agree(y, expected, 300.0)),
            "{options:?}: {y:?} for {expected:?}"
        );
    }
    let mut f = f.clone();
    f.call(arguments).expect("a result");
    f.prepared().next().expect("one program").1.explain().to_string()
}

/// Numbers that differ.
fn numbers(shape: &[usize], step: f64) -> Value {
    let n = shape.iter().product();
    let list = (0..n).map(|i: usize| (i as f64 * step).sin()).collect();
    ndarray::ArrayD::from_shape_vec(shape.to_vec(), list).expect("as many numbers").into()
}

#[test]
fn products_are_added_where_they_are_written() {
    for (m, k, n) in [(10, 8, 8), (33, 300, 40), (5, 3, 1), (1, 7, 6), (600, 2, 3)] {
        let [m, k, n] = [m, k, n].map(|n: i32| usize::try_from(n).unwrap());
        let arguments = [numbers(&[m, k], 0.7), numbers(&[k, n], 1.3), numbers(&[n], 0.9), numbers(&[m, n], 0.4)];
        let rows = Function::several(["x", "w", "b", "d"], |[x, w, b, d]| [(x.matmul(w) + b).tanh(), d.exp()]);
        let text = explained(&rows, &arguments);
        assert!(text.contains("added to a") && !text.contains("add,"), "{text}");
        let moved = Function::several(["x", "w", "b", "d"], |[x, w, b, d]| [d - 0.1 * x.matmul(w), b * 2.0]);
        let text = explained(&moved, &arguments);
        assert!(text.contains("scaled, subtracted from a"), "{text}");
        // By a number that the caller gives or that a step before computes.
        let scaled = Function::several(["x", "w", "b", "d"], |[x, w, b, d]| {
            let s = b.index_axis(0, 0);
            [x.matmul(w) * s + d, d - x.matmul(w * 2.0)]
        });
        let text = explained(&scaled, &arguments);
        assert!(text.contains("scaled, added to a") && text.contains(", subtracted from a"), "{text}");
        // Less what is computed after the product, and scaled before.
        let less = Function::several(["x", "w", "b", "d"], |[x, w, b, d]| {
            let [y, z] = [x.matmul(w), x.matmul(w * 2.0)];
            let late = d.softmax(1).sum_axes(0) * b;
            [(y - late).square(), 3.0 * z - d]
        });
        let text = explained(&less, &arguments);
        // What one row is added up to is computed where it is subtracted.
        assert!((text.contains("], less a") || m == 1) && text.contains("scaled, less a"), "{text}");
    }
}

#[test]
fn products_that_are_needed_elsewhere_or_too_early_are_left_alone() {
    let arguments = [numbers(&[6, 4], 0.7), numbers(&[4, 5], 1.3), numbers(&[5], 0.9), numbers(&[6, 5], 0.4)];
    let twice = Function::several(["x", "w", "b", "d"], |[x, w, b, _]| {
        let y = x.matmul(w);
        [y + b, y]
    });
    let text = explained(&twice, &arguments);
    assert!(!text.contains("added to"), "{text}");
    // What it is added onto is computed after it, from it or not.
    let late = Function::several(["x", "w", "b", "d"], |[x, w, b, d]| {
        let y = x.matmul(w);
        let z = y.square().sum_axes(0);
        [y + z, (d.matmul(x.t().matmul(x).matmul(w).t()) + b.sum()).sin()]
    });
    explained(&late, &arguments);
    // A column that is repeated along rows is no row.
    let column = Function::several(["x", "w", "b", "d"], |[x, w, b, d]| {
        [x.matmul(w) + d.sum_axes(1).expand_dims(1), x.matmul(w * 2.0) + b.sum()]
    });
    let text = explained(&column, &arguments);
    assert!(!text.contains("added to"), "{text}");
}

#[test]
fn softmax_and_a_logarithm_of_the_same_rows_are_one_step() {
    let x = [numbers(&[7, 20], 3.0)];
    for first in [true, false] {
        let shares = Function::several(["x"], move |[x]| {
            let softmax = || x.softmax(1);
            let before = first.then(softmax);
            let logarithm = x.log_softmax(1);
            [before.unwrap_or_else(softmax), logarithm]
        });
        let text = explained(&shares, &x);
        assert!(text.contains("Softmax&LogSoftmax of rows of 20") && text.contains(": 1 steps"), "{text}");
    }
    let sums = Function::several(["x"], |[x]| [x.logsumexp(1), x.softmax(1)]);
    assert!(explained(&sums, &x).contains("Softmax&LogSumExp of rows of 20"));
}

#[test]
fn rows_that_repeat_are_there_in_every_block() {
    for (rows, n) in [(1000, 10), (40, 250), (9, 600), (700, 3), (2, 2), (513, 64)] {
        let arguments = [numbers(&[rows, n], 0.7), numbers(&[n], 1.3), numbers(&[rows], 0.9)];
        // What comes before a row is read is gone by then, and its register free.
        let f = Function::several(["x", "b", "c"], |[x, b, c]| {
            let y = (x.sin() * x.cos() + x.square()).tanh() * b + b.exp();
            [(y - b) * c.expand_dims(1), (y * b.sin()).sum_axes(1)]
        });
        explained(&f, &arguments);
        let transposed = Function::several(["x", "b", "c"], |[x, b, c]| {
            let y = x.t().exp() * c + b.expand_dims(1);
            [y.sin() * c, (y * c).sum_axes(0)]
        });
        explained(&transposed, &arguments);
    }
}

#[test]
fn cheap_values_are_computed_once_more_where_they_would_be_kept() {
    let x = [numbers(&[1000], 0.3), numbers(&[1000], 0.7)];
    // The mean, then what differs from it, its variance, and both once more.
    let standard = Function::several(["x", "y"], |[x, _]| {
        let centered = x - x.mean();
        let scale = centered.square().mean().rsqrt();
        [centered * scale, (centered.square() * 0.5 - scale).exp()]
    });
    let text = explained(&standard, &x);
    // Nothing but sums and outputs is written.
    let written = |text: &str| -> usize {
        let bytes =
            text.lines().filter_map(|line| line.split_once("writes ")?.1.split([',', ' ']).next()?.parse().ok());
        bytes.collect::<Vec<usize>>().iter().sum()
    };
    assert!(written(&text) < 16_000 + 100, "{text}");
    // Of two arrays, or by a function that costs, it is kept.
    let functions: [fn([Var<'_>; 2]) -> Var<'_>; 2] = [|[x, _]| x.exp(), |[x, y]| x - y];
    for costly in functions {
        let kept = Function::several(["x", "y"], move |[x, y]| {
            let z = costly([x, y]);
            let total = z.sum();
            [z * total, x]
        });
        let text = explained(&kept, &x);
        assert!(written(&text) >= 16_000, "{text}");
    }
}

#[test]
fn long_functions_that_take_turns_give_the_interpreters_numbers() {
    for dtype in [cinta::DType::F64, cinta::DType::F32] {
        for n in [1, 128, 129, 700, 4099] {
            for options in KernelSet::available().into_iter().map(Options::from) {
                let tape = Tape::new();
                let value = tape.var(numbers(&[n], 0.003)).cast(dtype).value();
                let x = tape.var(value);
                let long = (2.0 * x + 1.0).tanh() * x.sigmoid() - (x.square() + 1.0).sqrt();
                let other = (x.abs() + 1.0).pow(1.7) / (x.sin() + 2.0) + x.exp() * x.cos();
                let y = x.gt(0.1).select(long, other).sum();
                let outputs = [long, other, y, y.grad(x)];
                let got = compiled(&tape, &[x], &outputs, options).expect("a program");
                for (got, expected) in got.iter().zip(outputs) {
                    let expected = expected.value();
                    assert!(agree(got, &expected, 16.0), "{n} of {dtype} with {options:?}: {got:?}, not {expected:?}");
                }
            }
        }
    }
}
