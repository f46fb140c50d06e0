//! Linear algebra where it is singular: what has no answer gives NaN, what has one gives it, nothing panics.
use cinta::{Tape, Triangle, Value, Var};
use ndarray::{Array2, Array3, ArrayD, array};

fn all_nan(var: Var<'_>) -> bool {
    var.value().to_f64s().iter().all(|x| x.is_nan())
}

fn is_finite(var: Var<'_>) -> bool {
    var.value().to_f64s().iter().all(|x| x.is_finite())
}

#[track_caller]
fn assert_close(var: Var<'_>, expected: impl Into<Value>) {
    let (value, expected) = (var.value(), expected.into());
    assert_eq!(value.shape(), expected.shape());
    for (a, b) in value.to_f64s().into_iter().zip(expected.to_f64s()) {
        assert!((a - b).abs() <= 1e-13 * b.abs().max(1.0), "{value} is not {expected}");
    }
}

/// Everything that takes one square matrix, by name.
fn each(a: Var<'_>) -> Vec<(&'static str, Var<'_>)> {
    let n = a.shape()[a.rank() - 1];
    let b = a.tape().constant(Array2::<f64>::ones((n, 2)));
    let ((sign, log_abs), (values, vectors), (q, r), (u, sigma, vt)) = (a.slogdet(), a.eigh(), a.qr(), a.svd());
    vec![
        ("solve", a.solve(b)),
        ("triangular_solve", a.triangular_solve(b, Triangle::LOWER)),
        ("inv", a.inv()),
        ("det", a.det()),
        ("sign", sign),
        ("log_abs", log_abs),
        ("cholesky", a.cholesky()),
        ("values", values),
        ("vectors", vectors),
        ("q", q),
        ("r", r),
        ("u", u),
        ("sigma", sigma),
        ("vt", vt),
        ("expm", a.expm()),
        ("lstsq", a.lstsq(b)),
        ("power", a.matrix_power(3)),
        ("inverse power", a.matrix_power(-2)),
    ]
}

#[test]
fn a_matrix_without_an_answer_spoils_no_other_of_its_batch() {
    let good = array![[2.0, 1.0], [0.5, 3.0]];
    for bad in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        let mut batch = Array3::zeros((3, 2, 2));
        batch.outer_iter_mut().for_each(|mut a| a.assign(&good));
        batch[[1, 0, 1]] = bad;
        batch[[1, 1, 0]] = bad;
        let tape = Tape::new();
        let (a, alone) = (tape.var(batch), tape.var(good.clone()));
        for ((name, y), (_, alone_y)) in each(a).into_iter().zip(each(alone)) {
            assert!(y.index_axis(0, 0).value().same_bits(&alone_y.value()), "{name}");
            assert!(y.index_axis(0, 2).value().same_bits(&alone_y.value()), "{name}");
            // A triangle of zeros, and a product, may well be what they are beside a NaN.
            assert!(!is_finite(y.index_axis(0, 1)), "{name} of a matrix with {bad} is {y}");
            let Ok(gradient) = y.sum().try_grad(a) else { continue };
            assert!(is_finite(gradient.index_axis(0, 0)) && is_finite(gradient.index_axis(0, 2)), "{name}: {gradient}");
        }
    }
}

#[test]
fn what_is_not_used_stays_out_of_a_gradient_though_it_has_no_answer() {
    let tape = Tape::new();
    let batch = array![[[1.0, 2.0], [2.0, 1.0]], [[4.0, 2.0], [2.0, 3.0]]];
    let a = tape.var(batch);
    let diagonal = (a.cholesky() * Array2::<f64>::eye(2)).sum_axes(2).log().sum_axes(1);
    let kept = diagonal.is_nan().select(0.0, diagonal).sum();
    assert_close(kept.grad(a), array![[[0.0, 0.0], [0.0, 0.0]], [[3.0 / 16.0, -1.0 / 8.0], [-1.0 / 8.0, 0.25]]]);
    let singular = tape.var(array![[[1.0, 2.0], [2.0, 4.0]], [[2.0, 0.0], [0.0, 4.0]]]);
    let x = singular.solve([1.0, 1.0]).sum_axes(1);
    let kept = x.is_nan().select(0.0, x).sum();
    assert_close(kept.grad(singular), array![[[0.0, 0.0], [0.0, 0.0]], [[-0.25, -0.125], [-0.125, -0.0625]]]);
    assert_close(kept.hessian(singular).sum(), 2.0 * 0.75_f64.powi(3)); // 2 (1ᵀ A⁻¹ 1)³
}

#[test]
fn singular_matrices_have_no_solution_and_no_inverse() {
    let tape = Tape::new();
    for singular in [array![[1.0, 2.0], [2.0, 4.0]], Array2::zeros((2, 2)), array![[0.0, 1.0], [0.0, 1.0]]] {
        let a = tape.var(singular);
        assert!(all_nan(a.inv()) && all_nan(a.solve([1.0, 2.0])) && all_nan(a.matrix_power(-1)));
        assert!(all_nan(a.lstsq([1.0, 2.0])));
        let (sign, log_abs) = a.slogdet();
        assert_eq!((a.det().item(), sign.item(), log_abs.item()), (0.0, 0.0, f64::NEG_INFINITY));
        assert!(all_nan(log_abs.grad(a)));
    }
    let nearly = tape.var(array![[1.0, 1.0, 2.0], [2.0, 1.0, 3.0], [3.0, 1.0, 4.0], [0.1, 0.7, 0.8]]);
    assert!(all_nan(nearly.lstsq([1.0, 2.0, 3.0, 4.0])), "the third column is the sum of the others, to rounding");
    assert!(all_nan(nearly.t().lstsq([1.0, 2.0, 3.0])));
    let indefinite = tape.var(array![[1.0, 2.0], [2.0, 1.0]]);
    assert!(all_nan(indefinite.cholesky()) && all_nan(indefinite.cholesky().sum().grad(indefinite)));
    let semidefinite = tape.var(array![[1.0, 1.0], [1.0, 1.0]]);
    assert!(all_nan(semidefinite.cholesky()));
    let triangle = tape.var(array![[1.0, 0.0], [5.0, 0.0]]);
    assert!(all_nan(triangle.triangular_solve([1.0, 2.0], Triangle::LOWER)));
    assert_close(triangle.triangular_solve([1.0, 2.0], Triangle::LOWER.unit_diagonal()), [1.0, -3.0]);
}

#[test]
fn derivatives_of_determinants_are_right_at_every_rank() {
    let tape = Tape::new();
    // det = aei + bfg + cdh − ceg − bdi − afh, whose derivatives can be written down.
    for matrix in [
        array![[1.0, 2.0, 3.0], [4.0, 5.0, 6.0], [7.0, 8.0, 9.0]],
        array![[1.0, 2.0, 3.0], [2.0, 4.0, 6.0], [3.0, 6.0, 9.0]],
        Array2::zeros((3, 3)),
        array![[1e8, 1.0, 0.0], [1.0, 1e-8, 0.0], [0.0, 0.0, 1.0]],
        array![[2.0, -1.0, 0.5], [1.0, 3.0, -2.0], [0.25, 1.0, 4.0]],
    ] {
        let x = tape.var(matrix);
        let at = |i: isize, j: isize| x.slice((i, j));
        let sarrus = at(0, 0) * at(1, 1) * at(2, 2) + at(0, 1) * at(1, 2) * at(2, 0) + at(0, 2) * at(1, 0) * at(2, 1)
            - at(0, 2) * at(1, 1) * at(2, 0)
            - at(0, 1) * at(1, 0) * at(2, 2)
            - at(0, 0) * at(1, 2) * at(2, 1);
        assert_close(x.det().grad(x), sarrus.grad(x).value());
        assert_close(x.det().hessian(x), sarrus.hessian(x).value());
        let weights = tape.constant(Array2::from_shape_fn((3, 3), |(i, j)| ((3 * i + j) as f64).sin()));
        let third = |y: Var<'_>| (((y.grad(x) * weights).sum().grad(x)) * weights.t()).sum().grad(x).value();
        assert_close((x.det().grad(x) * weights).sum().grad(x), (sarrus.grad(x) * weights).sum().grad(x).value());
        let (a, b) = (third(x.det()), third(sarrus));
        assert_close(tape.constant(a), b);
    }
    // Cofactors far apart keep their digits.
    let graded = tape.var(array![[1e-200, 0.0], [0.0, 1e200]]);
    assert_eq!(graded.det().grad(graded).value(), array![[1e200, 0.0], [0.0, 1e-200]]);
    let large = tape.var(Array2::from_diag(&array![1e200, 1e200, 1e-200, 1e-200]));
    assert_eq!(large.det().item(), 1.0, "no overflow on the way");
    let tiny = tape.var(Array2::from_diag_elem(200, 1e-3));
    assert_eq!(tiny.det().item(), 0.0);
    assert_close(tiny.slogdet().1, 200.0 * 1e-3_f64.ln());
}

#[test]
fn functions_that_equal_eigenvalues_do_not_disturb_have_their_gradients() {
    let tape = Tape::new();
    let eye = Array2::<f64>::eye(3);
    for repeated in [Array2::<f64>::eye(3) * 2.0, Array2::from_diag(&array![1.0, 1.0, 5.0])] {
        let a = tape.var(&repeated);
        let (values, vectors) = a.eigh();
        assert_close(values.sum().grad(a), eye.clone());
        assert_close(values.square().sum().grad(a), 2.0 * &repeated);
        assert_close(values.log().sum().grad(a), repeated.mapv(|x| if x == 0.0 { 0.0 } else { 1.0 / x }));
        // Where the vectors themselves are used, no number is made up.
        assert!(!is_finite((vectors * values).matmul(vectors.t()).sum().grad(a)));
        let sigma = a.svd().1;
        assert_close(sigma.sum().grad(a), eye.clone());
        assert_close(sigma.square().sum().grad(a), 2.0 * &repeated);
    }
    // The vector of a value of its own, beside two equal ones.
    let a = tape.var(array![[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 5.0]]);
    let top = a.eigh().1.index_axis(1, 2);
    let gradient = (top * [1.0, 2.0, 3.0]).sum().grad(a);
    assert_close(gradient, array![[0.0, 0.0, 0.125], [0.0, 0.0, 0.25], [0.125, 0.25, 0.0]]);
}

#[test]
fn zero_singular_values() {
    let tape = Tape::new();
    // The nuclear norm of a matrix of rank one: U Vᵀ is a subgradient, and finite.
    let a = tape.var(array![[1.0, 0.0], [2.0, 0.0], [2.0, 0.0]]);
    let (u, sigma, vt) = a.svd();
    assert_close(sigma, [3.0, 0.0]);
    assert_close(u.t().matmul(u), Array2::<f64>::eye(2));
    assert_close(sigma.sum().grad(a), u.matmul(vt).value());
    assert_close(sigma.index_axis(0, 0).grad(a), array![[1.0 / 3.0, 0.0], [2.0 / 3.0, 0.0], [2.0 / 3.0, 0.0]]);
    // A square matrix with one zero has right vectors and derivatives, sign and all.
    let b = tape.var(array![[3.0, 0.0], [0.0, 0.0]]);
    let (u, _, vt) = b.svd();
    assert!(is_finite((u * array![[1.0, 2.0], [3.0, 4.0]]).sum().grad(b)));
    assert!(is_finite(vt.sum().grad(b)));
    let zero = tape.var(Array2::<f64>::zeros((3, 2)));
    let (u, sigma, vt) = zero.svd();
    assert_eq!(sigma.value(), array![0.0, 0.0]);
    assert_close(u.t().matmul(u), Array2::<f64>::eye(2));
    assert_close(vt.t().matmul(vt), Array2::<f64>::eye(2));
}

#[test]
fn extreme_sizes() {
    let tape = Tape::new();
    let base = array![[2.0, 1.0, 0.0], [1.0, 3.0, 1.0], [0.0, 1.0, 4.0]];
    let expected = tape.var(&base).eigh().0.value().to_array::<f64>();
    for scale in [1e-300, 1e-160, 1e160, 1e300] {
        let a = tape.var(&base * scale);
        assert_close(a.eigh().0 / scale, expected.clone());
        let mut sigma = a.svd().1.value().to_array::<f64>() / scale;
        sigma.invert_axis(ndarray::Axis(0));
        assert_close(tape.constant(sigma), expected.clone());
        let (q, r) = a.qr();
        assert_close(q.matmul(r) / scale, &base);
        assert_close((a / scale).matmul(a.inv() * scale), Array2::<f64>::eye(3));
        let l = a.cholesky();
        assert_close(l.matmul(l.t() / scale), &base);
        assert_close(a.slogdet().1, 18.0_f64.ln() + 3.0 * scale.ln());
        assert_close(a.slogdet().1.grad(a) * scale, tape.var(&base).inv().value());
    }
}

#[test]
fn empty_matrices_empty_batches_and_single_numbers() {
    let tape = Tape::new();
    for shape in [vec![0, 0], vec![0, 2, 2], vec![3, 0, 0], vec![2, 0, 1, 1], vec![1, 1], vec![4, 1, 1]] {
        let a = tape.var(ArrayD::from_elem(shape.clone(), 2.5));
        for (name, y) in each(a) {
            assert!(y.value().to_f64s().iter().all(|x| x.is_finite()), "{name} of {shape:?} is {y}");
            if let Ok(gradient) = y.sum().try_grad(a) {
                assert!(is_finite(gradient), "{name} of {shape:?}: {gradient}");
                assert_eq!(gradient.shape().as_slice(), &shape[..]);
            }
        }
    }
    let none = tape.var(Array2::<f64>::zeros((0, 0)));
    assert_eq!((none.det().item(), none.slogdet().0.item(), none.slogdet().1.item()), (1.0, 1.0, 0.0));
    for (rows, columns) in [(0, 3), (3, 0)] {
        let a = tape.var(Array2::<f64>::zeros((rows, columns)));
        let ((q, r), (u, sigma, vt)) = (a.qr(), a.svd());
        assert_eq!((q.matmul(r).shape(), u.matmul(vt).shape()), (a.shape(), a.shape()));
        assert_eq!(sigma.size(), 0);
        assert_eq!(a.lstsq(tape.var(Array2::<f64>::ones((rows, 2)))).shape().as_slice(), [columns, 2]);
    }
    let three = tape.var(array![[3.0]]);
    assert_eq!(three.inv().value(), array![[1.0 / 3.0]]);
}

#[test]
fn powers() {
    let tape = Tape::new();
    let a = tape.var(array![[1.0, 1.0], [1.0, 0.0]]);
    assert_eq!(a.matrix_power(1).id(), a.id());
    assert_eq!(a.matrix_power(0).value(), Array2::<f64>::eye(2));
    assert_eq!(a.matrix_power(0).sum().grad(a).value(), Array2::<f64>::zeros((2, 2)));
    let mut product = Array2::<f64>::eye(2);
    for n in 1..20 {
        product = product.dot(&array![[1.0, 1.0], [1.0, 0.0]]);
        assert_eq!(a.matrix_power(n).value(), product);
    }
    assert_eq!(tape.var(array![[1.0, 0.0], [0.0, -1.0]]).matrix_power(i32::MIN).value(), Array2::<f64>::eye(2));
}

#[test]
fn errors_name_the_function_the_shapes_and_the_line() {
    let tape = Tape::new();
    let (wide, square, vector) =
        (tape.var(Array2::<f64>::ones((2, 3))), tape.var(Array2::<f64>::eye(2)), tape.var([1.0, 2.0, 3.0]));
    let (whole, single) = (tape.var(array![[1_i64]]), tape.var(array![[1.0_f32], [2.0]]));
    let pairs = tape.var(ArrayD::<f64>::ones(vec![2, 2, 2]));
    let triples = tape.var(ArrayD::<f64>::ones(vec![3, 2, 1]));
    let errors = [
        (wide.try_inv(), "inv: f64[2, 3]: needs square matrices, not 2 by 3"),
        (wide.try_matrix_power(2), "matrix_power: f64[2, 3]: needs square matrices, not 2 by 3"),
        (wide.try_det(), "det: f64[2, 3]: needs square matrices, not 2 by 3"),
        (vector.try_slogdet().map(|(sign, _)| sign), "det: f64[3]: needs a matrix"),
        (vector.try_cholesky(), "cholesky: f64[3]: needs a matrix"),
        (wide.try_eigh().map(|(values, _)| values), "eigh: f64[2, 3]: needs square matrices"),
        (vector.try_qr().map(|(q, _)| q), "qr: f64[3]: needs a matrix"),
        (vector.try_svd().map(|(u, ..)| u), "svd: f64[3]: needs a matrix"),
        (whole.try_expm(), "expm: i64[1, 1]: needs f64 or f32, not i64"),
        (square.try_solve(vector), "solve: f64[2, 2] and f64[3, 1]: 2 unknowns, but 3 rows on the right"),
        (wide.try_solve(vector), "solve: f64[2, 3] and f64[3, 1]: needs square matrices"),
        (square.try_solve(single), "solve: f64[2, 2] and f32[2, 1]: dtypes f64 and f32 differ"),
        (pairs.try_solve(triples), "of the leading axes, sizes 2 and 3"),
        (square.try_triangular_solve(vector, Triangle::LOWER), "triangular_solve: f64[2, 2] and f64[3, 1]: 2 unknowns"),
        (wide.try_lstsq(vector), "lstsq: f64[2, 3] and f64[3]: 2 equations, but 3 rows on the right"),
        (vector.try_lstsq(vector), "lstsq: f64[3] and f64[3]: needs a matrix"),
        (square.try_lstsq(single), "lstsq: f64[2, 2] and f32[2, 1]: needs one float type"),
    ];
    for (i, (result, says)) in errors.into_iter().enumerate() {
        let text = result.expect_err(&format!("expression {i} should be refused")).to_string();
        assert!(text.contains(says), "{i}: `{text}` should say `{says}`");
        assert!(text.contains(file!()), "{i}: {text}");
    }
}

#[test]
fn nodes_stand_at_the_callers_line() {
    let tape = Tape::new();
    let a = tape.var(array![[2.0, 0.5], [0.25, 3.0]]);
    let b = tape.constant([1.0, 2.0]);
    let wide = tape.constant(Array2::<f64>::ones((2, 3)));
    let values = each(a).into_iter().map(|(_, y)| y.sum());
    let mut loss = wide.qr().1.sum() + wide.lstsq(b).sum() + a.solve(wide.t().matmul(wide).slice((..2, ..2))).sum();
    for value in values.collect::<Vec<_>>() {
        loss += value;
    }
    let gradient = loss.grad(a);
    assert_eq!(gradient.shape().as_slice(), [2, 2]);
    let [mapped] = cinta::vmap([(tape.var(ArrayD::<f64>::ones(vec![3, 2])), Some(0))], |[b]| [a.solve(b)]);
    assert_eq!(mapped.shape().as_slice(), [3, 2]);
    let graph = tape.graph();
    let strangers: Vec<String> = graph
        .ids()
        .filter(|&id| graph.place(id).file != file!())
        .map(|id| format!("{} # {}", graph.line(id), graph.place(id)))
        .collect();
    assert!(strangers.is_empty(), "{}", strangers.join("\n"));
}
