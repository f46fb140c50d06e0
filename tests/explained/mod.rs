//! What programs say of themselves, once they gave what the interpreter gives.
use cinta::{Function, Options, Several, Tape, Value, Var};

/// What a function's program says of itself, after calls under all options and on several threads gave what the interpreter gives.
#[track_caller]
pub(crate) fn explained<const M: usize>(f: &Function<Several<M>>, arguments: &[Value]) -> String {
    let tape = Tape::new();
    let vars: Vec<Var<'_>> = arguments.iter().map(|value| tape.var(value.clone())).collect();
    let expected = f.record(&tape, &vars).expect("a record").map(|y| y.value());
    let agrees = |y: &[Value; M], what: &dyn std::fmt::Debug| {
        for (i, (y, expected)) in y.iter().zip(&expected).enumerate() {
            assert_eq!(y.shape(), expected.shape());
            let precision = if y.dtype() == cinta::DType::F32 { 1e-5 } else { 1e-13 };
            let largest = expected.to_f64s().iter().fold(0.0, |most: f64, x| most.max(x.abs()));
            for (j, (y, expected)) in y.to_f64s().iter().zip(expected.to_f64s()).enumerate() {
                let close = (y - expected).abs() <= precision * expected.abs().max(1e-3 * largest);
                assert!(close, "{what:?}: element {j} of result {i} is {y}, not {expected}");
            }
        }
    };
    for options in Options::each() {
        agrees(&f.clone().with_options(options).call(arguments).expect("a result"), &options);
    }
    let mut f = f.clone();
    let alone = f.call(arguments).expect("a result");
    for threads in [1, 2, 3] {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("a pool");
        let y = pool.install(|| f.call(arguments)).expect("a result");
        agrees(&y, &threads);
        assert!(y.iter().zip(&alone).all(|(y, alone)| y.same_bits(alone)), "on {threads} threads");
    }
    f.prepared().next().expect("one program").1.explain().to_string()
}
