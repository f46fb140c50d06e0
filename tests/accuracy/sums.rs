//! Sums of ten million numbers lose no more than pairwise summation does.
//!
//! Pairwise summation of n numbers is off by at most ⌈log₂ n⌉ u Σ|xᵢ| to first order, where u = 2⁻⁵³; N. J. Higham,
//! *The accuracy of floating point summation*, SIAM J. Sci. Comput. 14 (1993). The exact sums here are computed in two parts.
use cinta::{Axes, Tape, Var};
use ndarray::Array2;

const N: usize = 10_000_000;
const U: f64 = f64::EPSILON / 2.0;

/// Σ xᵢ and Σ |xᵢ|, the first to some thirty digits: with what rounding takes away at each step, itself summed.
fn exact(numbers: impl IntoIterator<Item = f64>) -> (f64, f64) {
    let (mut hi, mut lo, mut size) = (0.0, 0.0, 0.0);
    for x in numbers {
        let sum = hi + x;
        let of_x = sum - hi;
        lo += (hi - (sum - of_x)) + (x - of_x);
        (hi, size) = (sum, size + x.abs());
    }
    (hi + lo, size)
}

/// The error of a sum of n numbers over what pairwise summation may lose.
fn share(got: f64, (want, size): (f64, f64), n: usize) -> f64 {
    if got == want { 0.0 } else { (got - want).abs() / ((n as f64).log2().ceil() * U * size) }
}

#[track_caller]
fn assert_pairwise(what: &str, got: f64, exact: (f64, f64), n: usize) {
    let share = share(got, exact, n);
    assert!(share <= 1.0, "{what}: {got:e} for {:e}, {share} times what pairwise summation may lose", exact.0);
}

/// All alike, where errors add up; of one sign and many sizes; of both signs, so that most of it cancels; one large among
/// small ones that it would swallow.
fn inputs() -> impl Iterator<Item = (&'static str, Vec<f64>)> {
    let random = |i: usize| (i as f64 * 0.618_033_988_749_894_9).fract();
    let number = move |what, i| match what {
        "tenths" => 0.1,
        "sizes" => (30.0 * random(i) - 20.0).exp2(),
        "signs" => random(i) - 0.5,
        _ if i == 0 => 1.0,
        _ => 1e-16,
    };
    let names = ["tenths", "sizes", "signs", "swallowed"];
    names.into_iter().map(move |what| (what, (0..N).map(|i| number(what, i)).collect()))
}

#[test]
fn a_plain_loop_would_fail_here() {
    let (_, tenths) = inputs().next().expect("four inputs");
    let naive = tenths.iter().fold(0.0, |sum, x| sum + x);
    assert!(share(naive, exact(tenths.iter().copied()), N) > 1e4);
}

#[test]
fn sums_and_means() {
    for (what, numbers) in inputs() {
        let exact = exact(numbers.iter().copied());
        let tape = Tape::new();
        let x = tape.constant(numbers);
        assert_pairwise(what, x.sum().item(), exact, N);
        assert_pairwise(&format!("mean of {what}"), x.mean().item() * N as f64, exact, N);
        let single = x.cast(cinta::DType::F32).sum().item();
        assert!((single - exact.0).abs() <= 24.0 * f64::from(f32::EPSILON) * exact.1, "{what} in f32: {single}");
    }
}

#[test]
fn sums_over_the_axes_of_a_matrix() {
    for (what, numbers) in inputs() {
        for rows in [4, 10_000, N / 4] {
            let columns = N / rows;
            let matrix = Array2::from_shape_vec((rows, columns), numbers.clone()).expect("so many numbers");
            let tape = Tape::new();
            let x = tape.constant(matrix.clone());
            let (down, along) = (x.sum_axes(0).to_array::<f64>(), x.sum_axes(1).to_array::<f64>());
            let (mean, both) = (x.mean_axes(0).to_array::<f64>(), x.sum_axes([0, 1]).item());
            assert_pairwise(what, both, exact(numbers.iter().copied()), N);
            for j in (0..columns).step_by(columns.div_ceil(50)) {
                let exact = exact(matrix.column(j).iter().copied());
                assert_pairwise(&format!("column {j} of {what}"), down[j], exact, rows);
                assert_pairwise(&format!("mean of column {j} of {what}"), mean[j] * rows as f64, exact, 2 * rows);
            }
            for i in (0..rows).step_by(rows.div_ceil(50)) {
                assert_pairwise(&format!("row {i} of {what}"), along[i], exact(matrix.row(i).iter().copied()), columns);
            }
        }
    }
}

/// Each term is rounded once before it is added, so these may lose one rounding more.
#[test]
fn dot_products_and_norms() {
    for (what, numbers) in inputs() {
        let tape = Tape::new();
        let x = tape.constant(numbers.clone());
        let ones = tape.constant(vec![1.0; N]);
        let sum = exact(numbers.iter().copied());
        assert_pairwise(&format!("{what}·1"), x.dot(ones).item(), sum, N);
        let rows = x.reshape([2, N / 2]).dot(ones.slice_axis(0, ..N / 2)).to_array::<f64>();
        assert_pairwise(&format!("a matrix of {what}"), rows[0], exact(numbers[..N / 2].iter().copied()), N / 2);
        let squares = exact(numbers.iter().map(|x| x * x));
        assert_pairwise(&format!("{what}·{what}"), x.dot(x).item(), squares, 2 * N);
        let norm = x.norm().item();
        assert_pairwise(&format!("norm of {what}"), norm * norm, squares, 8 * N);
    }
}

#[test]
fn variances_and_sums_of_exponentials() {
    for (what, numbers) in inputs() {
        let tape = Tape::new();
        let x = tape.constant(numbers.clone());
        // So that the largest exponential is finite.
        let terms = exact(numbers.iter().map(|x| (x / 16.0).exp()));
        let (got, want) = ((x / 16.0).logsumexp(Axes::all()).item(), terms.0.ln());
        // The relative error of the sum is the absolute one of its logarithm.
        let allowed = ((N as f64).log2() + 4.0) * U + f64::EPSILON * want;
        assert!((got - want).abs() <= allowed, "logsumexp of {what}: {got} for {want}");
        let mean = exact(numbers.iter().copied()).0 / N as f64;
        let squares = exact(numbers.iter().map(|x| (x - mean) * (x - mean)));
        assert_pairwise(&format!("variance of {what}"), x.variance(0).item() * N as f64, squares, 16 * N);
    }
}

/// The pull of a broadcast is a sum too.
#[test]
fn gradients_of_numbers_that_are_used_ten_million_times() {
    for (what, numbers) in inputs() {
        let tape = Tape::new();
        let w = tape.var(1.0);
        let loss: Var<'_> = (w * tape.constant(numbers.clone())).sum();
        assert_pairwise(what, loss.grad(w).item(), exact(numbers.iter().copied()), N);
    }
}
