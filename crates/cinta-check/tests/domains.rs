//! Domains: a function is never called outside, and derivatives are what they are inside.
use std::cmp::Ordering;

use cinta_check::{Check, Domain, Mode, Verdict};
use ndarray::{Array1, Array2, Array3, Axis, array};

/// log|A| by the Cholesky factor, which must exist.
fn log_det(a: &Array2<f64>) -> f64 {
    let n = a.nrows();
    let mut l = Array2::<f64>::zeros((n, n));
    let mut sum = 0.0;
    for i in 0..n {
        for j in 0..=i {
            assert_eq!(a[[i, j]].to_bits(), a[[j, i]].to_bits(), "not symmetric");
            let rest = a[[i, j]] - (0..j).map(|k| l[[i, k]] * l[[j, k]]).sum::<f64>();
            assert!(i != j || rest > 0.0, "not positive definite");
            l[[i, j]] = if i == j { rest.sqrt() } else { rest / l[[j, j]] };
        }
        sum += 2.0 * l[[i, i]].ln();
    }
    sum
}

/// A⁻¹ of a positive definite matrix, by elimination.
fn inverse(a: &Array2<f64>) -> Array2<f64> {
    let n = a.nrows();
    let (mut a, mut b) = (a.clone(), Array2::<f64>::eye(n));
    for j in 0..n {
        let pivot = a[[j, j]];
        for m in [&mut a, &mut b] {
            m.row_mut(j).mapv_inplace(|x| x / pivot);
        }
        for i in (0..n).filter(|i| *i != j) {
            let factor = a[[i, j]];
            for m in [&mut a, &mut b] {
                let row = m.row(j).to_owned();
                m.row_mut(i).scaled_add(-factor, &row);
            }
        }
    }
    b
}

/// B Bᵀ + 0.1, close to the edge for many rows.
fn definite(n: usize) -> Array2<f64> {
    let b = Array2::from_shape_fn((n, n), |(i, j)| (1.7 * (i * n + j) as f64).sin());
    let square = b.dot(&b.t());
    (&square + &square.t()) / 2.0 + 0.1 * Array2::<f64>::eye(n)
}

#[test]
fn positive_definite_matrices() {
    let check = Check::new().domain("x", Domain::PositiveDefinite);
    for n in [1, 2, 5, 14] {
        let report = check.gradient(log_det, inverse, &definite(n));
        assert_eq!(report.verdict(), Verdict::Right, "{n}: {report}");
        // Twice the lower triangle is the same derivative of a function of symmetric matrices.
        let folded = |a: &Array2<f64>| {
            let g = inverse(a);
            Array2::from_shape_fn(g.dim(), |(i, j)| match i.cmp(&j) {
                Ordering::Equal => g[[i, j]],
                Ordering::Greater => 2.0 * g[[i, j]],
                Ordering::Less => 0.0,
            })
        };
        check.gradient(log_det, folded, &definite(n)).assert();
        let wrong = |a: &Array2<f64>| {
            let mut g = inverse(a);
            g[[n - 1, 0]] += 0.01;
            g
        };
        let report = check.gradient(log_det, wrong, &definite(n));
        assert_eq!(report.verdict(), Verdict::Wrong, "{n}: {report}");
        let worst = &report.rows()[0].entries[0].index;
        assert!(*worst == [n - 1, 0] || *worst == [0, n - 1], "{report}");
    }
    // A diagonal matrix at the very edge.
    check.gradient(log_det, inverse, &array![[1e-9, 0.0], [0.0, 1.0]]).assert();
    check.clone().mode(Mode::Fast).gradient(log_det, inverse, &definite(14)).assert();
}

#[test]
fn correlation_matrices() {
    let density = |r: &Array2<f64>| {
        assert!(r.diag().iter().all(|r| r.to_bits() == 1.0_f64.to_bits()), "not a correlation");
        log_det(r)
    };
    let check = Check::new().domain("x", Domain::Correlation);
    for (n, r) in [(1, 0.5), (2, -0.999_999), (3, 0.4), (3, -0.499_99), (13, 0.3)] {
        let point = Array2::from_shape_fn((n, n), |(i, j)| if i == j { 1.0 } else { r });
        // Whatever is said of the diagonal does not count.
        for diagonal in [1.0, 7.0] {
            let gradient = |r: &Array2<f64>| {
                let mut g = inverse(r);
                g.diag_mut().mapv_inplace(|g| diagonal * g);
                g
            };
            let report = check.gradient(density, gradient, &point);
            assert_eq!(report.verdict(), Verdict::Right, "{n}, {r}: {report}");
        }
        let wrong = |r: &Array2<f64>| {
            let mut g = inverse(r);
            g[[n - 1, 0]] *= 1.01;
            g
        };
        let report = check.gradient(density, wrong, &point);
        assert_eq!(report.verdict(), if n == 1 { Verdict::Right } else { Verdict::Wrong }, "{n}, {r}: {report}");
        check.clone().mode(Mode::Fast).gradient(density, inverse, &point).assert();
    }
    let report = check.gradient(log_det, inverse, &definite(3));
    assert_eq!(report.verdict(), Verdict::Unclear, "{report}");
    assert!(report.to_string().contains("ones on its diagonal"), "{report}");
}

#[test]
fn stacks_of_them() {
    let stack = |a: &Array3<f64>| a.axis_iter(Axis(0)).map(|a| log_det(&a.to_owned())).sum::<f64>();
    let gradient = |a: &Array3<f64>| {
        let inverses: Vec<_> = a.axis_iter(Axis(0)).map(|a| inverse(&a.to_owned())).collect();
        ndarray::stack(Axis(0), &inverses.iter().map(|a| a.view()).collect::<Vec<_>>()).expect("one shape")
    };
    let point = ndarray::stack(Axis(0), &[definite(3).view(), (2.0 * definite(3)).view()]).expect("one shape");
    Check::new().domain("x", Domain::PositiveDefinite).gradient(stack, gradient, &point).assert();
}

#[test]
fn simplices_of_many_entries() {
    let n = 300;
    let sum: f64 = (0..n).map(|i| 1.0 + f64::from(i % 7)).sum();
    let p: Array1<f64> = (0..n).map(|i| (1.0 + f64::from(i % 7)) / sum).collect();
    let entropy = |p: &Array1<f64>| {
        assert!((p.sum() - 1.0).abs() < 1e-12 && p.iter().all(|p| *p >= 0.0), "outside");
        -p.iter().map(|p| p * p.ln()).sum::<f64>()
    };
    let gradient = |p: &Array1<f64>| p.mapv(|p| -p.ln() - 1.0);
    let check = Check::new().domain("x", Domain::Simplex);
    for mode in [Mode::Auto, Mode::Fast, Mode::Full] {
        check.clone().mode(mode).gradient(entropy, gradient, &p).assert();
    }
    let wrong = |p: &Array1<f64>| {
        let mut g = gradient(p);
        g[123] += 0.1;
        g
    };
    let report = check.gradient(entropy, wrong, &p);
    assert_eq!(report.verdict(), Verdict::Wrong, "{report}");
    assert_eq!(report.rows()[0].entries[0].index, [123], "{report}");
}
