//! Lanes of an array, along whatever axis: no step copies what can be read as it stands, and none runs outside the kernels.
mod explained;

use cinta::{Conv, Function, Var, Window, keepdims};
use explained::explained;
use ndarray::{Array, Array2, Array4, Dimension, IntoDimension};

/// Numbers that differ.
fn numbers<D: Dimension>(shape: impl IntoDimension<Dim = D>) -> Array<f64, D> {
    let mut i = 0.0;
    Array::from_shape_simple_fn(shape.into_dimension(), || {
        i += 1.0;
        (i * 0.618_033_988_749_894_9_f64).fract() * 4.0 - 2.0
    })
}

/// What the program of a function and its gradient says of itself.
#[track_caller]
fn with_gradient<const N: usize>(
    names: [&str; N],
    arguments: &[cinta::Value],
    f: impl for<'t> Fn([Var<'t>; N]) -> Var<'t> + Send + Sync + 'static,
) -> String {
    explained(&Function::several(names, move |vars| [f(vars), f(vars).square().sum().grad(vars[0])]), arguments)
}

/// A function of the lanes of an array.
type OfLanes = fn(Var<'_>) -> Var<'_>;

#[test]
fn columns_are_read_as_they_stand() {
    let x: Array2<f64> = numbers([40, 33]);
    let functions: [(&str, OfLanes); 5] = [
        ("Softmax", |x| x.softmax(0)),
        ("LogSoftmax", |x| x.log_softmax(0)),
        ("LogSumExp", |x| x.logsumexp(0)),
        ("Max", |x| x.max_axes(0)),
        ("Min", |x| x.min_axes(0)),
    ];
    for (name, f) in functions {
        let text = explained(&Function::several(["x"], move |[x]| [f(x)]), &[x.clone().into()]);
        assert!(text.contains(&format!("{name} of 33 columns of 40")) && text.contains(": 1 steps"), "{text}");
        // Groups of columns in an array of more axes, and columns of a transpose, which are rows.
        let groups: Array4<f64> = numbers([3, 2, 5, 24]);
        let text = explained(
            &Function::several(["x"], move |[x]| [f(x.reshape([6, 5, 24]).swap_axes(0, 1))]),
            &[groups.into()],
        );
        assert!(text.contains("columns of 5"), "{text}");
        let text = explained(&Function::several(["x"], move |[x]| [f(x.t())]), &[x.clone().into()]);
        assert!(text.contains("of rows of 33"), "{text}");
        let with_gradient = with_gradient(["x"], &[x.clone().into()], move |[x]| f(x));
        assert!(with_gradient.contains("33 columns of 40"), "{with_gradient}");
    }
}

#[test]
fn pools_and_their_gradients_run_in_kernels() {
    let x: Array4<f64> = numbers([2, 3, 9, 12]);
    for window in [Window::new(2), Window::new(3).stride(2), Window::new(2).padding((1, 1)), Window::new(2).dilation(3)]
    {
        let largest = window.clone();
        let text = with_gradient(["x"], &[x.clone().into()], move |[x]| x.max_pool2d(largest.clone()));
        assert!(!text.contains("call") && text.contains("Max of") && !text.contains("of rows of 4"), "{text}");
        let text = with_gradient(["x"], &[x.clone().into()], move |[x]| x.avg_pool2d(window.clone()));
        assert!(!text.contains("call") && text.contains("sum of columns"), "{text}");
    }
}

#[test]
fn convolutions_and_their_gradients_run_in_kernels() {
    let (x, w): (Array4<f64>, Array4<f64>) = (numbers([2, 4, 8, 9]), numbers([6, 2, 3, 2]));
    for conv in
        [Conv::new().groups(2), Conv::new().groups(2).stride(2).padding((1, 2)), Conv::new().groups(2).dilation(2)]
    {
        let text =
            with_gradient(["x", "w"], &[x.clone().into(), w.clone().into()], move |[x, w]| x.conv2d(w, conv.clone()));
        assert!(!text.contains("call") && text.contains("assemble"), "{text}");
    }
}

#[test]
fn the_gradient_of_a_variance_adds_no_deviations() {
    let x: Array2<f64> = numbers([40, 33]);
    let sums = |f: OfLanes| {
        let f = Function::several(["x"], move |[x]| [f(x), f(x).powi(3).sum().grad(x)]);
        let text = explained(&f, &[x.clone().into()]);
        text.matches("sum of rows").count() + text.matches("sum of columns").count()
    };
    assert_eq!(sums(|x| x.variance(1)), 2, "the mean and the squares");
    assert_eq!(sums(|x| x.variance(0)), 2);
    assert_eq!(sums(|x| x.variance(keepdims(1)) * 3.0), 2);
    // What the scale's gradient and the mean's need is added up in one loop.
    assert_eq!(sums(|x| x.layer_norm(1, 1e-5)), 3);
}

#[test]
fn a_sum_of_deviations_hides_no_nan() {
    let x: Array2<f64> = numbers([4, 5]);
    let mut bad = x.clone();
    (bad[[1, 2]], bad[[3, 0]]) = (f64::NAN, f64::INFINITY);
    let mut sum = Function::new(["x"], |[x]| (x - x.mean_axes(keepdims(1))).sum_axes(1));
    assert_eq!(sum.call(&x).expect("a result").to_f64s(), [0.0; 4]);
    let of_bad = sum.call(&bad).expect("a result").to_f64s();
    assert_eq!(of_bad.iter().map(|x| x.is_nan()).collect::<Vec<_>>(), [false, true, false, true]);
    let slope = Function::new(["x"], |[x]| x.variance(1).sum()).grad("x").expect("a gradient").call(&bad);
    let slope = slope.expect("a result").to_f64s();
    for (i, row) in slope.chunks(5).enumerate() {
        assert!(row.iter().all(|x| x.is_nan() == [1, 3].contains(&i)), "{slope:?}");
    }
    let mut scaled = Function::new(["x", "c"], |[x, c]| ((x - x.mean_axes(keepdims(1))) * c).sum_axes(1));
    let c = ndarray::array![[1.0], [f64::NAN], [2.0], [f64::INFINITY]];
    let of_scaled = scaled.call((&x, &c)).expect("a result").to_f64s();
    assert_eq!(of_scaled.iter().map(|x| x.is_nan()).collect::<Vec<_>>(), [false, true, false, true]);
}

#[test]
fn lanes_of_a_part_stand_beside_none_of_the_whole() {
    let (x, y): (Array2<f64>, Array4<f64>) = (numbers([8, 10]), numbers([4, 3, 5, 20]));
    for part in 1..8 {
        let f = Function::several(["x"], move |[x]| {
            let part = x.slice((..part, ..));
            [part.softmax(1), x.log_softmax(1), x.softmax(1), part.logsumexp(1)]
        });
        explained(&f, &[x.clone().into()]);
    }
    let f = Function::several(["y"], |[y]| {
        let part = y.slice((..2, .., .., ..));
        [part.softmax(2), y.logsumexp(2), y.softmax(2), part.log_softmax(2)]
    });
    explained(&f, &[y.into()]);
}

#[test]
fn sums_over_axes_apart_read_what_stands_together() {
    let x: Array2<f64> = numbers([20, 30]);
    let text = with_gradient(["x"], &[x.into()], |[x]| x.tile(&[2, 3]));
    assert!(text.contains("sum of columns") && !text.contains("sum of rows"), "{text}");
}
