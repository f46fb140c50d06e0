//! `vmap` and derivatives in any order, on models: each beside a loop over the examples.
use cinta::{Tape, Value, Var, einsum, stack, vmap};
use ndarray::{ArrayD, Axis, array};

/// What a model records for one example: any number of results.
type Model = for<'t> fn(&[Var<'t>]) -> Vec<Var<'t>>;

/// Numbers in a shape, other ones for each seed.
fn numbers(shape: &[usize], seed: usize) -> ArrayD<f64> {
    let n: usize = shape.iter().product();
    let numbers = (0..n).map(|i| ((i + 17 * seed) as f64 * 0.9 + 0.3).sin()).collect();
    ArrayD::from_shape_vec(shape, numbers).expect("as many as the shape holds")
}

/// An input with the axis of its examples, if it has any.
type Input = (ArrayD<f64>, Option<usize>);

fn shared(shape: &[usize], seed: usize) -> Input {
    (numbers(shape, seed), None)
}

fn examples(shape: &[usize], axis: usize, seed: usize) -> Input {
    (numbers(shape, seed), Some(axis))
}

fn mapped<'t>(tape: &'t Tape, inputs: &[Input], model: Model) -> Vec<Var<'t>> {
    let vars: Vec<(Var<'t>, Option<isize>)> =
        inputs.iter().map(|(array, axis)| (tape.var(array), axis.map(usize::cast_signed))).collect();
    cinta::try_vmap_list(&vars, |vars| Ok(model(vars))).expect("a model that can be mapped")
}

/// Each example alone, and the results put side by side.
fn looped(inputs: &[Input], model: Model) -> Vec<ArrayD<f64>> {
    let size =
        inputs.iter().find_map(|(array, axis)| Some(array.len_of(Axis((*axis)?)))).expect("some input is batched");
    let one = |k: usize| {
        let tape = Tape::new();
        let example = |(array, axis): &Input| match axis {
            Some(axis) => tape.var(array.index_axis(Axis(*axis), k)),
            None => tape.var(array),
        };
        let vars: Vec<Var<'_>> = inputs.iter().map(example).collect();
        model(&vars).iter().map(|var| var.value().to_array::<f64>()).collect::<Vec<_>>()
    };
    let all: Vec<Vec<ArrayD<f64>>> = (0..size).map(one).collect();
    let side_by_side = |i: usize| {
        let views: Vec<_> = all.iter().map(|results| results[i].view()).collect();
        ndarray::stack(Axis(0), &views).expect("one shape")
    };
    (0..all[0].len()).map(side_by_side).collect()
}

#[track_caller]
fn assert_close(got: &Value, expected: &ArrayD<f64>) {
    assert_eq!(got.shape().as_slice(), expected.shape());
    let largest = expected.iter().fold(1e-300, |largest: f64, x| largest.max(x.abs()));
    for (got, expected) in got.to_f64s().iter().zip(expected) {
        assert!((got - expected).abs() <= 1e-13 * largest, "{got} should be {expected}");
    }
}

#[track_caller]
fn same_as_a_loop(inputs: &[Input], model: Model) {
    let tape = Tape::new();
    let (mapped, looped) = (mapped(&tape, inputs, model), looped(inputs, model));
    assert_eq!(mapped.len(), looped.len());
    for (mapped, looped) in mapped.iter().zip(&looped) {
        assert!(looped.iter().any(|x| *x != 0.0), "nothing to compare");
        assert_close(&mapped.value(), looped);
    }
    tape.graph().verify().expect("a graph that verifies");
}

/// The loss of two layers: W, b, V, x, y.
fn mlp<'t>(vars: &[Var<'t>]) -> Var<'t> {
    let [w, b, v, x, y] = vars else { panic!("five inputs") };
    (v.dot((w.dot(x) + b).tanh()) - y).square().sum()
}

fn mlp_inputs() -> [Input; 5] {
    [shared(&[4, 3], 1), shared(&[4], 2), shared(&[2, 4], 3), examples(&[3, 6], 1, 4), examples(&[6, 2], 0, 5)]
}

#[test]
fn gradients_of_each_example_of_a_network() {
    same_as_a_loop(&mlp_inputs(), |vars| mlp(vars).grad([vars[0], vars[1], vars[2], vars[3]]).to_vec());
}

#[test]
fn an_ensemble_of_networks() {
    let mut inputs = mlp_inputs();
    inputs[0] = examples(&[4, 3, 6], 2, 1);
    inputs[2] = examples(&[2, 6, 4], 1, 3);
    same_as_a_loop(&inputs, |vars| {
        let loss = mlp(vars);
        [vec![loss], loss.grad([vars[0], vars[1], vars[2]]).to_vec()].concat()
    });
}

#[test]
fn hessians_of_each_example() {
    same_as_a_loop(&mlp_inputs(), |vars| {
        let loss = mlp(vars);
        vec![loss.hessian(vars[3]), loss.hessian(vars[0]), loss.hessian(vars[1])]
    });
}

#[test]
fn products_with_hessians_and_jacobians() {
    same_as_a_loop(&mlp_inputs(), |vars| {
        let loss = mlp(vars);
        let gradient = loss.grad(vars[0]);
        let direction = vars[0].cos();
        let hidden = (vars[0].dot(vars[3]) + vars[1]).tanh();
        vec![
            loss.hvp(vars[0], direction),
            gradient.jvp(&[(vars[0], direction), (vars[3], vars[3].sin())]),
            hidden.jacobian(vars[3]),
            hidden.jacobian(vars[0]),
            loss.directional(vars[3], vars[3].cos(), 3),
        ]
    });
}

#[test]
fn a_recurrent_chain() {
    let inputs = [shared(&[3, 3], 1), shared(&[3, 2], 2), examples(&[4, 5, 2], 1, 3)];
    same_as_a_loop(&inputs, |vars| {
        let [w, u, xs] = vars else { panic!("three inputs") };
        let mut h = u.dot(xs.index_axis(0, 0)).tanh();
        for step in 1..4 {
            h = (w.dot(h) + u.dot(xs.index_axis(0, step))).tanh();
        }
        let loss = h.logsumexp(0);
        [loss.grad([*w, *u, *xs]).to_vec(), vec![loss.hessian(*w)]].concat()
    });
}

#[test]
fn a_classifier_with_attention() {
    let inputs = [shared(&[2, 4, 3], 1), shared(&[2, 4, 3], 2), examples(&[5, 4, 6], 2, 3), shared(&[4], 4)];
    same_as_a_loop(&inputs, |vars| {
        let [query, key, tokens, out] = vars else { panic!("four inputs") };
        let (q, k) = (einsum("hdf,td->htf", &[*query, *tokens]), einsum("hdf,td->htf", &[*key, *tokens]));
        let weights = einsum("hqf,hkf->hqk", &[q, k]).softmax(-1);
        let logits = einsum("hqk,kd,d->q", &[weights, *tokens, *out]);
        let loss = -logits.log_softmax(0).index_axis(0, 1);
        let gradients = loss.grad([*query, *key, *tokens, *out]);
        [gradients.to_vec(), vec![loss.hvp(*out, out.cos()), loss.hessian(*out)]].concat()
    });
}

/// One example of the inputs of `mlp`.
fn example<'t>(vars: &[Var<'t>], k: isize) -> Vec<Var<'t>> {
    vec![vars[0], vars[1], vars[2], vars[3].index_axis(1, k), vars[4].index_axis(0, k)]
}

#[test]
fn derivatives_around_a_map_are_those_of_the_loop() {
    let [w, b, v, x, y] = mlp_inputs();
    let tape = Tape::new();
    let vars: Vec<Var<'_>> = [&w, &b, &v, &x, &y].iter().map(|(array, _)| tape.var(array)).collect();
    let axes = [None, None, None, Some(1), Some(0)];
    let pairs: Vec<_> = vars.iter().copied().zip(axes).collect();
    let together = cinta::try_vmap_list(&pairs, |vars| Ok(vec![mlp(vars)])).expect("a network")[0];
    let one_by_one = stack(&(0..6).map(|k| mlp(&example(&vars, k))).collect::<Vec<_>>(), 0);
    for wrt in [vars[0], vars[3]] {
        let (a, b) = (together.square().sum(), one_by_one.square().sum());
        assert_close(&a.grad(wrt).value(), &b.grad(wrt).value().to_array());
        assert_close(&a.hessian(wrt).value(), &b.hessian(wrt).value().to_array());
        assert_close(&together.jacobian(wrt).value(), &one_by_one.jacobian(wrt).value().to_array());
        let tangent = [(wrt, wrt.cos())];
        assert_close(&together.jvp(&tangent).value(), &one_by_one.jvp(&tangent).value().to_array());
    }
}

fn f<'t>(x: Var<'t>, y: Var<'t>) -> Var<'t> {
    (x * y).sin().sum() + x.dot(y).exp()
}

#[test]
fn derivatives_between_the_levels_of_a_nested_map() {
    let tape = Tape::new();
    let (xs, ys) = (tape.var(numbers(&[3, 2], 1)), tape.var(numbers(&[2, 4], 2)));
    // For each x, the gradient of a sum over all y of squared norms of gradients in y.
    let [nested] = vmap([(xs, Some(0)), (ys, None)], |[x, ys]| {
        let [inner] = vmap([(x, None), (ys, Some(1))], |[x, y]| [f(x, y).grad(y).square().sum()]);
        [inner.sum().grad(x)]
    });
    let rows = (0..3).map(|i| {
        let x = xs.index_axis(0, i);
        let norms: Vec<Var<'_>> = (0..4)
            .map(|j| {
                let y = ys.index_axis(1, j);
                f(x, y).grad(y).square().sum()
            })
            .collect();
        stack(&norms, 0).sum().grad(x)
    });
    assert_close(&nested.value(), &stack(&rows.collect::<Vec<_>>(), 0).value().to_array());
    // And a derivative of all that.
    let outer = nested.square().sum().grad(ys);
    assert_eq!(outer.shape(), ys.shape());
    let again = stack(&(0..3).map(|i| nested.index_axis(0, i)).collect::<Vec<_>>(), 0).square().sum().grad(ys);
    assert_close(&outer.value(), &again.value().to_array());
}

#[test]
fn three_levels() {
    let tape = Tape::new();
    let a = tape.var(numbers(&[2, 3, 4, 5], 1));
    let [all] = vmap([(a, Some(3))], |[a]| {
        vmap([(a, Some(0))], |[a]| vmap([(a, Some(1))], |[a]| [a.square().sum().sqrt().grad(a)]))
    });
    assert_eq!(all.shape().as_slice(), [5, 2, 4, 3]);
    // The gradient of a norm is the direction.
    let direction = a / a.square().sum_axes(cinta::keepdims(1)).sqrt();
    assert_close(&all.value(), &direction.transpose(&[3, 0, 2, 1]).value().to_array());
}

#[test]
fn batches_of_one_and_of_none() {
    let tape = Tape::new();
    let w = tape.var(array![[1.0, 2.0], [3.0, 4.0]]);
    for size in [0, 1] {
        let xs = tape.var(ArrayD::<f64>::ones(vec![size, 2]));
        let [gradients, hessians] = vmap([(w, None), (xs, Some(0))], |[w, x]| {
            let loss = w.dot(x).powi(3).sum();
            [loss.grad(w), loss.hessian(x)]
        });
        assert_eq!(gradients.value().shape().as_slice(), [size, 2, 2]);
        assert_eq!(hessians.value().shape().as_slice(), [size, 2, 2]);
        assert_eq!(gradients.sum_axes(0).value().to_f64s().iter().any(|x| *x != 0.0), size == 1);
    }
}
