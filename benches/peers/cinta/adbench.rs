//! W7g and W7b: the mixture of Gaussians and the bundle adjustment of `ADBench`.
use cinta::{Error, Function, Var, concat, einsum, stack};
use ndarray::{Array1, Array2, Array3, ArrayView1, s};

use crate::Programs;
use crate::data::{Bundle, Mixture};
use crate::timing::{assert_same, least, report};

/// The logarithm of the likelihood of a mixture, with a Wishart prior on its covariances.
fn likelihood() -> Function {
    Function::new(["alphas", "means", "factors", "x"], |[alphas, means, factors, x]| {
        let (n, d) = (x.shape()[0], x.shape()[1]);
        let k = alphas.size();
        let (logs, below) = (factors.slice((.., ..d)), factors.slice((.., d..)));
        let diagonal = logs.exp();
        // The lower triangles: of each row of [diagonal, below, 0] the element that stands in each place.
        let zero = factors.tape().constant(Array2::<f64>::zeros((k, 1)));
        let place = |at: usize| i64::try_from(place_in_factor(at / d, at % d, d)).expect("a small number");
        let places = Array1::from_shape_fn(d * d, place);
        let l = concat(&[diagonal, below, zero], 1).take(places, 1).reshape([k, d, d]);
        // L (x − μ) for each example and each Gaussian.
        let y = einsum("kij,nj->nki", &[l, x]) - einsum("kij,kj->ki", &[l, means]);
        let exponents = alphas + logs.sum_axes(1) - 0.5 * y.square().sum_axes(2);
        let prior = 0.5 * (diagonal.square().sum() + below.square().sum());
        exponents.logsumexp(1).sum() - n as f64 * alphas.logsumexp(0) + prior + constant(n, d)
    })
}

/// Where element (i, j) of a lower triangle stands in [diagonal, columns below it, 0].
fn place_in_factor(i: usize, j: usize, d: usize) -> usize {
    match i.cmp(&j) {
        std::cmp::Ordering::Equal => i,
        std::cmp::Ordering::Greater => d + j * (2 * d - j - 1) / 2 + i - j - 1,
        std::cmp::Ordering::Less => d * (d + 1) / 2,
    }
}

fn constant(n: usize, d: usize) -> f64 {
    -0.5 * (n * d) as f64 * std::f64::consts::TAU.ln()
}

/// The likelihood by plain loops.
fn likelihood_by_hand(alphas: &Array1<f64>, means: &Array2<f64>, factors: &Array2<f64>, x: &Array2<f64>) -> f64 {
    let (n, d) = x.dim();
    let logsumexp = |v: &[f64]| {
        let most = v.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        most + v.iter().map(|x| (x - most).exp()).sum::<f64>().ln()
    };
    let mut value = constant(n, d) - n as f64 * logsumexp(&alphas.to_vec());
    for row in factors.rows() {
        value += 0.5 * row.iter().enumerate().map(|(i, v)| if i < d { (2.0 * v).exp() } else { v * v }).sum::<f64>();
    }
    for x in x.rows() {
        let exponent = |k: usize| {
            let row: ArrayView1<'_, f64> = factors.row(k);
            let difference = &x - &means.row(k);
            let of_row = |i: usize| {
                let off: f64 = (0..i).map(|j| row[place_in_factor(i, j, d)] * difference[j]).sum();
                off + row[i].exp() * difference[i]
            };
            alphas[k] + row.slice(s![..d]).sum() - 0.5 * (0..d).map(|i| of_row(i).powi(2)).sum::<f64>()
        };
        value += logsumexp(&(0..alphas.len()).map(exponent).collect::<Vec<_>>());
    }
    value
}

/// Value and gradient of the likelihood, and its value alone.
pub(crate) fn w7g(programs: &Programs) -> Result<(), Error> {
    let Mixture { alphas, means, factors, x } = Mixture::new();
    let mut f = likelihood().value_and_grad(["alphas", "means", "factors"])?;
    let (mut y, mut da, mut dm, mut df) = (0.0, alphas.clone(), means.clone(), factors.clone());
    f.call_into((&alphas, &means, &factors, &x), (&mut y, &mut da, &mut dm, &mut df))?;
    assert_same(&[y], &[likelihood_by_hand(&alphas, &means, &factors, &x)], 1e-12);
    let step = 1e-5;
    for (i, j) in [(0, 0), (7, 3), (24, 9)] {
        let at = |h: f64, which: usize| {
            let (mut a, mut m, mut c) = (alphas.clone(), means.clone(), factors.clone());
            match which {
                0 => a[i] += h,
                1 => m[[i, j]] += h,
                2 => c[[i, j]] += h,
                _ => c[[i, j + 20]] += h,
            }
            likelihood_by_hand(&a, &m, &c, &x)
        };
        let slopes: Vec<f64> = (0..4).map(|which| (at(step, which) - at(-step, which)) / (2.0 * step)).collect();
        assert_same(&[da[i], dm[[i, j]], df[[i, j]], df[[i, j + 20]]], &slopes, 1e-5);
    }
    programs.profile("W7g", || f.profile((&alphas, &means, &factors, &x)))?;
    let check = [y, da.sum(), dm.sum(), df.sum()];
    let time = least(|| {
        f.call_into((&alphas, &means, &factors, &x), (&mut y, &mut da, &mut dm, &mut df)).expect("as before");
    });
    report("W7g", "value and gradient", time, &check);
    let mut f = likelihood();
    let time = least(|| f.call_into((&alphas, &means, &factors, &x), &mut y).expect("as before"));
    report("W7g", "value", time, &check[..1]);
    Ok(())
}

/// The error of an observation: a point seen by a camera (rotation, centre, focal length, principal point, radial
/// distortion), against where it was seen.
fn residual<'t>(camera: Var<'t>, point: Var<'t>, weight: Var<'t>, feature: Var<'t>) -> Var<'t> {
    let part = |v: Var<'t>, i| v.index_axis(0, i);
    let [r0, r1, r2, c0, c1, c2, f, u0, v0, k1, k2] = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10].map(|i| part(camera, i));
    // Rodrigues' rotation about the axis r/θ by the angle θ.
    let theta = (r0 * r0 + r1 * r1 + r2 * r2).sqrt();
    let (a0, a1, a2) = (r0 / theta, r1 / theta, r2 / theta);
    let (x0, x1, x2) = (part(point, 0) - c0, part(point, 1) - c1, part(point, 2) - c2);
    let (cos, sin) = (theta.cos(), theta.sin());
    let along = (a0 * x0 + a1 * x1 + a2 * x2) * (1.0 - cos);
    let y0 = x0 * cos + (a1 * x2 - a2 * x1) * sin + a0 * along;
    let y1 = x1 * cos + (a2 * x0 - a0 * x2) * sin + a1 * along;
    let y2 = x2 * cos + (a0 * x1 - a1 * x0) * sin + a2 * along;
    let (u, v) = (y0 / y2, y1 / y2);
    let square = u * u + v * v;
    let distortion = (1.0 + k1 * square + k2 * square * square) * f;
    let du = weight * (u * distortion + u0 - part(feature, 0));
    let dv = weight * (v * distortion + v0 - part(feature, 1));
    stack(&[du, dv], 0)
}

/// The residual by hand.
fn residual_by_hand(c: &[f64], point: &[f64], weight: f64, feature: &[f64]) -> [f64; 2] {
    let theta = (c[0] * c[0] + c[1] * c[1] + c[2] * c[2]).sqrt();
    let a: [f64; 3] = std::array::from_fn(|i| c[i] / theta);
    let x: [f64; 3] = std::array::from_fn(|i| point[i] - c[3 + i]);
    let along: f64 = (0..3).map(|i| a[i] * x[i]).sum();
    let cross = |i: usize| a[(i + 1) % 3] * x[(i + 2) % 3] - a[(i + 2) % 3] * x[(i + 1) % 3];
    let y: [f64; 3] =
        std::array::from_fn(|i| x[i] * theta.cos() + cross(i) * theta.sin() + a[i] * along * (1.0 - theta.cos()));
    let (u, v) = (y[0] / y[2], y[1] / y[2]);
    let square = u * u + v * v;
    let distortion = (1.0 + c[9] * square + c[10] * square * square) * c[6];
    [weight * (u * distortion + c[7] - feature[0]), weight * (v * distortion + c[8] - feature[1])]
}

/// The residuals of all observations and their Jacobians, 2 × 15 numbers each.
pub(crate) fn w7b(programs: &Programs) -> Result<(), Error> {
    const N: usize = Bundle::OBSERVATIONS;
    let Bundle { cameras, points, weights, features } = Bundle::new();
    let names = ["camera", "point", "weight", "feature"];
    let of_one = Function::several(names, |[camera, point, weight, feature]| {
        let r = residual(camera, point, weight, feature);
        [r, r.jacobian(camera), r.jacobian(point), r.jacobian(weight)]
    });
    let mut f = of_one.vmap(names)?;
    let (mut r, mut by_weight) = (Array2::zeros((N, 2)), Array2::zeros((N, 2)));
    let (mut by_camera, mut by_point) = (Array3::zeros((N, 2, 11)), Array3::zeros((N, 2, 3)));
    let arguments = (&cameras, &points, &weights, &features);
    f.call_into(arguments, (&mut r, &mut by_camera, &mut by_point, &mut by_weight))?;
    for i in [0, 1, 2, N / 2, N - 1] {
        let numbers: Vec<f64> = cameras.row(i).iter().chain(points.row(i)).chain([&weights[i]]).copied().collect();
        let feature = features.row(i).to_vec();
        let at = |v: &[f64]| residual_by_hand(&v[..11], &v[11..14], v[14], &feature);
        assert_same(&r.row(i).to_vec(), &at(&numbers), 1e-11);
        for j in 0..15 {
            let (mut more, mut less) = (numbers.clone(), numbers.clone());
            let step = 1e-5 * numbers[j].abs().max(1e-2);
            more[j] += step;
            less[j] -= step;
            let (more, less) = (at(&more), at(&less));
            let slope = |row: usize| (more[row] - less[row]) / (2.0 * step);
            let came = |row: usize| match j {
                0..11 => by_camera[[i, row, j]],
                11..14 => by_point[[i, row, j - 11]],
                _ => by_weight[[i, row]],
            };
            assert_same(&[came(0), came(1)], &[slope(0), slope(1)], 1e-5);
        }
    }
    programs.profile("W7b", || f.profile(arguments))?;
    let check = [r.sum(), by_camera.sum(), by_point.sum(), by_weight.sum()];
    let time = least(|| {
        f.call_into(arguments, (&mut r, &mut by_camera, &mut by_point, &mut by_weight)).expect("as before");
    });
    report("W7b", "f64", time, &check);
    Ok(())
}
