//! What mistakes look like, and what looks like one of them and is another.
use cinta_check::{Report, Verdict, check_gradient};
use ndarray::{Array2, ArrayD, Axis, array};

#[track_caller]
fn says(report: &Report, text: &str) {
    assert_eq!(report.verdict(), Verdict::Wrong, "{report}");
    assert!(report.to_string().contains(text), "{text:?} is not in: {report}");
}

#[test]
fn gradients_of_other_numbers_are_known() {
    let f = |p: &(f64, f64)| p.0 * p.0 * p.1.sin();
    let swapped = |p: &(f64, f64)| (p.0 * p.0 * p.1.cos(), 2.0 * p.0 * p.1.sin());
    let report = check_gradient(f, swapped, &(1.3, 0.4));
    says(&report, "0: the claimed gradient is that of 1");
    says(&report, "1: the claimed gradient is that of 0");
    // A plain factor says more.
    says(&check_gradient(f, |p| (p.0 * p.1.sin(), p.0 * p.0 * p.1.cos()), &(1.3, 0.4)), "0: a factor of 2 is missing");
    let minus = |p: &(f64, f64)| (-2.0 * p.0 * p.1.sin(), p.0 * p.0 * p.1.cos());
    says(&check_gradient(f, minus, &(1.3, 0.4)), "0: the sign is wrong");
}

#[test]
fn transposes_of_any_shape_are_known() {
    let q = array![[0.3, -0.7, 1.1], [0.2, 0.9, -0.4]];
    let f = |w: &Array2<f64>| (w * &q).mapv(f64::sin).sum();
    let gradient = |w: &Array2<f64>| (w * &q).mapv(f64::cos) * &q;
    let w = array![[0.5, 1.5, -0.3], [0.7, -1.2, 0.1]];
    says(&check_gradient(f, |w| gradient(w).reversed_axes(), &w), "its gradient f64[3, 2]: is it the transpose?");
    let columns_first = |w: &Array2<f64>| {
        let numbers = gradient(w).t().iter().copied().collect();
        Array2::from_shape_vec((2, 3), numbers).expect("as many")
    };
    says(
        &check_gradient(f, columns_first, &w),
        "is the transpose of what it should be, its numbers put into the shape",
    );
}

#[test]
fn a_sum_is_missing_only_where_something_was_broadcast() {
    let f = |x: &ArrayD<f64>| x.mapv(|x| x * x * x).sum();
    let slopes = |x: &ArrayD<f64>| x.mapv(|x| 3.0 * x * x);
    let x = array![1.0, 2.0, 3.0].into_dyn();
    let size_one = "it has the same axes, but for those of size 1";
    for axis in [0, 1] {
        says(&check_gradient(f, |x| slopes(x).insert_axis(Axis(axis)), &x), size_one);
    }
    let missing = "is a sum over the axes that were broadcast missing?";
    let rows = |x: &ArrayD<f64>| slopes(x).broadcast(vec![4, 3]).expect("rows").to_owned();
    says(&check_gradient(f, rows, &x), missing);
    let columns = |x: &ArrayD<f64>| rows(x).reversed_axes();
    says(&check_gradient(f, columns, &x), missing);
    let other = check_gradient(f, |_| ArrayD::zeros(vec![4, 5]), &x);
    assert!(!other.to_string().contains(missing), "{other}");
}

#[test]
fn mistakes_of_any_size_are_named() {
    for scale in [1e-200, 1e200] {
        let f = |x: &[f64; 2]| scale * (x[0].sin() + x[1].exp());
        says(
            &check_gradient(f, |x| [0.5 * scale * x[0].cos(), 0.5 * scale * x[1].exp()], &[0.3, 0.2]),
            "a factor of 2 is missing",
        );
    }
    // Too large for their norm to be a number: nothing is made up.
    let huge = check_gradient(|x: &[f64; 2]| 1e308 * x[0] - 1e308 * x[1], |_| [1.5e308, -1.5e308], &[0.1, 0.2]);
    assert!(!huge.to_string().contains("exchanged"), "{huge}");
}
