//! Random programs over the rows of a batch: the numbers that each step alone gives, in kernels only, whatever the bands, the machine code
//! and the threads.
use cinta::{Bands, Function, List, NativeCode, Options, Value, Var, concat};
use ndarray::{ArrayD, IxDyn};
use proptest::prelude::*;
use proptest::test_runner::RngSeed;

/// What one step of growth is made from: an operation and where to find its inputs.
type Gene = (u8, u16, u16);

/// Smooth operations on matrices with a row for each example; values stay of the order of 1.
const UNARY: &[for<'t> fn(Var<'t>) -> Var<'t>] = &[
    |x| x.tanh(),
    |x| x.sigmoid() - x * 0.2,
    |x| x.softmax(1),
    |x| x.log_softmax(1) * 0.2,
    |x| x - x.mean_axes(1).expand_dims(1),
    |x| x - x.mean_axes(0),
    |x| (x.logsumexp(1) * 0.3).expand_dims(1).broadcast_to(x.shape()),
    |x| x.flip(1).sin(),
    |x| x.flip(0) * 0.5,
    |x| x.slice_axis(1, 0..1).broadcast_to(x.shape()) + x * 0.1,
    |x| x.slice_axis(0, 0..1) * 0.3 + x,
    |x| x.slice_axis(0, 0..1).broadcast_to(x.shape()) - x * 0.5,
    |x| concat(&[x.square() * 0.2, x], 1),
    |x| x.gt(0.1).select(x, x * 0.1),
    |x| x.reshape([x.shape()[0], 1, x.shape()[1]]).softmax(2).reshape(x.shape()),
    |x| x.t().softmax(1).t(),
    |x| x.cumsum(1) * 0.3,
];

/// The same of two of as many rows and columns.
const BINARY: &[for<'t> fn(Var<'t>, Var<'t>) -> Var<'t>] = &[
    |a, b| (a + b) * 0.6,
    |a, b| (a * b).tanh(),
    |a, b| a / (b.square() + 1.0),
    |a, b| a * (b.sum_axes(1) * 0.2).expand_dims(1),
    |a, b| a - b.t().matmul(a).tanh().sum_axes(0) * 0.1,
];

/// Grows a program; gives all matrices that came to be.
fn grow<'t>(genes: &[Gene], x: Var<'t>, weights: &[Var<'t>]) -> Vec<Var<'t>> {
    let mut all = vec![x];
    for &(kind, first, second) in genes {
        let a = all[usize::from(first) % all.len()];
        let second = usize::from(second);
        let partner = all.iter().cycle().skip(second % all.len()).take(all.len()).find(|b| b.shape() == a.shape());
        let weight = weights.iter().cycle().skip(second % weights.len()).take(weights.len());
        let weight = weight.copied().find(|w| w.shape()[0] == a.shape()[1]);
        let y = match (usize::from(kind) % (UNARY.len() + BINARY.len() + 6), partner, weight) {
            (i, _, _) if i < UNARY.len() => UNARY[i](a),
            (i, Some(b), _) if i < UNARY.len() + BINARY.len() => BINARY[i - UNARY.len()](a, *b),
            (i, _, Some(w)) if i % 2 == 0 => a.matmul(w).tanh(),
            (_, _, Some(w)) => a.matmul(w) * 0.5,
            _ => a.sin(),
        };
        if y.shape()[1] <= 12 {
            all.push(y);
        }
    }
    all
}

fn numbers(shape: [usize; 2], k: f64) -> ArrayD<f64> {
    let mut i = 0.0;
    ArrayD::from_shape_simple_fn(IxDyn(&shape), || {
        i += k;
        i.sin() * 0.8
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, rng_seed: RngSeed::Fixed(7), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn bands_of_any_size_give_what_steps_give_alone(
        genes in prop::collection::vec(any::<Gene>(), 1..14),
        rows in prop_oneof![1..70_usize, 200..300_usize],
        bytes in 0..6000_usize,
        from in prop_oneof![Just(0_usize), Just(256)],
        kept in any::<u16>(),
    ) {
        let f: Function<List> = Function::list(&["x", "a", "b", "c"], move |_, v| {
            let all = grow(&genes, v[0], &v[1..]);
            let loss = all.iter().rev().take(3).map(|y| y.square().mean()).reduce(|a, b| a + b).expect("one at least");
            let is_kept = |i: &usize| kept >> (i % 16) & 1 == 1;
            let mut results: Vec<Var<'_>> = all.iter().enumerate().filter(|(i, _)| is_kept(i)).map(|(_, y)| *y).collect();
            // Only what the loss depends on has a gradient.
            results.extend(v.iter().filter_map(|x| loss.try_grad(*x).ok()));
            results.push(loss);
            Ok(results)
        });
        let arguments: [Value; 4] =
            [([rows, 4], 0.7), ([4, 3], 1.3), ([3, 4], 2.1), ([8, 4], 0.9)].map(|(shape, k)| numbers(shape, k).into());
        let plain = Options { bands: Bands::never(), native: NativeCode::never(), ..Options::default() };
        let alone = f.clone().with_options(plain).call(&arguments[..]).expect("results");
        let (bands, native) = (Bands { bytes, from: 0 }, NativeCode { from });
        let mut banded = f.with_options(Options { bands, native, ..Options::default() });
        let mut first: Option<Vec<Value>> = None;
        for threads in [1, 3] {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("a pool");
            let results = pool.install(|| banded.call(&arguments[..])).expect("results");
            for (i, (y, expected)) in results.iter().zip(&alone).enumerate() {
                let (y, expected) = (y.to_f64s(), expected.to_f64s());
                let scale = expected.iter().fold(1e-2_f64, |most, x| most.max(x.abs()));
                for (y, expected) in y.iter().zip(&expected) {
                    prop_assert!((y - expected).abs() <= 1e-12 * scale, "result {i}: {y} and {expected} alone");
                }
            }
            let first = first.get_or_insert_with(|| results.clone());
            prop_assert!(results.iter().zip(&*first).all(|(a, b)| a.same_bits(b)), "on {threads} threads");
        }
    }
}
