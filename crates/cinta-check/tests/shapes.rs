//! Shapes where famous bugs sat: not square, of size 0 and 1, broadcast, views with strides.
use cinta_check::{Check, Verdict, check_grad, check_gradient};
use cinta_graph::Value;
use ndarray::{Array2, Array3, ArrayD, IxDyn, s};

fn numbers(shape: &[usize]) -> ArrayD<f64> {
    let mut k = 0.3;
    ArrayD::from_shape_simple_fn(IxDyn(shape), || {
        k += 1.7_f64;
        k.sin() + 0.1
    })
}

#[test]
fn recorded_functions_of_any_shapes() {
    for (a, b) in [
        (&[2, 3][..], &[3][..]),
        (&[2, 3], &[2, 1]),
        (&[1, 1], &[4, 1]),
        (&[0, 3], &[3]),
        (&[2, 0], &[1, 1]),
        (&[], &[5]),
        (&[2, 1, 3], &[4, 1]),
    ] {
        let inputs = [Value::from(numbers(a)), Value::from(numbers(b))];
        let report = check_grad(&|v| (v[0].tanh() * v[1]).square().sum(), &inputs).expect("a scalar");
        assert!(report.passed(), "{a:?}, {b:?}: {report}");
        let arrays = Check::new().function(&|v| v[0].tanh() * v[1], &inputs).expect("an array");
        assert!(arrays.passed(), "{a:?}, {b:?}: {arrays}");
    }
}

#[test]
fn views_with_strides() {
    let x: Array3<f64> = numbers(&[4, 3, 2]).into_dimensionality().expect("three axes");
    let views: [Array2<f64>; 3] = [
        x.slice(s![..;2, .., 0]).to_owned(),
        x.slice(s![1, ..;-1, ..]).reversed_axes().to_owned(),
        x.slice(s![.., 1, ..]).to_owned().reversed_axes(),
    ];
    for view in views {
        let f = |x: &Array2<f64>| {
            x.rows().into_iter().enumerate().map(|(i, row)| (i + 1) as f64 * row.sum().sin()).sum::<f64>()
        };
        let df = |x: &Array2<f64>| {
            let rows: Vec<f64> =
                x.rows().into_iter().enumerate().map(|(i, row)| (i + 1) as f64 * row.sum().cos()).collect();
            Array2::from_shape_fn(x.dim(), |(i, _)| rows[i])
        };
        check_gradient(f, df, &view).assert();
        check_grad(&|v| v[0].square().sum(), &[view.view().into()]).expect("a scalar").assert();
    }
}

#[test]
fn every_claim_too() {
    let report =
        Check::new().claims().function(&|v| v[0].dot(v[1]).tanh(), &[numbers(&[2, 3]).into(), numbers(&[3]).into()]);
    let report = report.expect("an array");
    assert!(report.passed() && report.to_string().contains("claims hold"), "{report}");
}

#[test]
fn products_of_nothing_and_of_other_forms() {
    let check = Check::new();
    let squares = |x: &Vec<f64>| x.iter().map(|x| x * x).collect::<Vec<f64>>();
    let product = |x: &Vec<f64>, t: &Vec<f64>| x.iter().zip(t).map(|(x, t)| 2.0 * x * t).collect::<Vec<f64>>();
    for x in [vec![], vec![0.5], vec![0.5, -2.0]] {
        check.jvp(squares, product, &x).assert();
        check.hvp(squares, product, &x).assert();
    }
    let longer = check.jvp(squares, |x, _| [&x[..], &[1.0]].concat(), &vec![0.5, -2.0]);
    assert!(longer.to_string().contains("the function gives f64[2], and the product f64[3]"), "{longer}");
    let of_nothing = check.jvp(squares, |_, _| vec![1.0], &vec![]);
    assert_eq!([longer.verdict(), of_nothing.verdict()], [Verdict::Wrong; 2], "{of_nothing}");
}

#[test]
fn no_number_is_right_to_some_digits() {
    let report = Check::new().gradient(|x: &Vec<f64>| x.iter().sum::<f64>(), |x| vec![1.0; x.len()], &vec![]);
    assert_eq!(report.verdict(), Verdict::Right);
    assert!(!report.to_string().contains("digit"), "{report}");
}
