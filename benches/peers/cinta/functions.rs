//! Functions one by one: the value of Σ f(x)² and its gradient in all arrays, in both precisions. `python/functions.py` has the
//! same functions by the same names.
use std::fmt::Write as _;
use std::time::Duration;

use cinta::{Conv, Error, Function, Real, Triangle, Var, View, ViewMut, Viewed, Window, einsum, stack};
use ndarray::ArrayD;

use crate::Programs;
use crate::timing::{least_within, report};

/// An array of a shape with numbers between two bounds.
type Input = (&'static [usize], f64, f64);

/// How long each is measured for: there are many.
const BUDGET: Duration = Duration::from_millis(60);

struct Case {
    name: &'static str,
    inputs: &'static [Input],
    f: for<'t> fn(&[Var<'t>]) -> Var<'t>,
}

const fn case(name: &'static str, inputs: &'static [Input], f: for<'t> fn(&[Var<'t>]) -> Var<'t>) -> Case {
    Case { name, inputs, f }
}

const N: &[usize] = &[10_000];
const ROWS: &[usize] = &[256, 128];

/// Numbers of both signs, positive ones, ones within (−1, 1), a matrix.
const ANY: Input = (N, -3.0, 3.0);
const POSITIVE: Input = (N, 0.1, 3.0);
const UNIT: Input = (N, -0.95, 0.95);
const MATRIX: Input = (ROWS, -2.0, 2.0);
const IMAGES: Input = (&[4, 8, 32, 32], -1.0, 1.0);
const SQUARE: Input = (&[16, 16], -1.0, 1.0);

const CASES: &[Case] = &[
    case("x + y", &[ANY, ANY], |v| v[0] + v[1]),
    case("x y", &[ANY, ANY], |v| v[0] * v[1]),
    case("x / y", &[ANY, POSITIVE], |v| v[0] / v[1]),
    case("pow", &[POSITIVE, ANY], |v| v[0].pow(v[1])),
    case("pow(2.5)", &[POSITIVE], |v| v[0].pow(2.5)),
    case("powi(3)", &[ANY], |v| v[0].powi(3)),
    case("hypot", &[ANY, ANY], |v| v[0].hypot(v[1])),
    case("atan2", &[ANY, ANY], |v| v[0].atan2(v[1])),
    case("maximum", &[ANY, ANY], |v| v[0].maximum(v[1])),
    case("select", &[ANY, ANY], |v| v[0].gt(0.0).select(v[0], v[1])),
    case("clip", &[ANY], |v| v[0].clip(-1.0, 1.0)),
    case("lerp", &[ANY, ANY, UNIT], |v| v[0].lerp(v[1], v[2])),
    case("xlogy", &[POSITIVE, POSITIVE], |v| v[0].xlogy(v[1])),
    case("abs", &[ANY], |v| v[0].abs()),
    case("reciprocal", &[POSITIVE], |v| v[0].reciprocal()),
    case("sqrt", &[POSITIVE], |v| v[0].sqrt()),
    case("rsqrt", &[POSITIVE], |v| v[0].rsqrt()),
    case("cbrt", &[POSITIVE], |v| v[0].cbrt()),
    case("exp", &[ANY], |v| v[0].exp()),
    case("exp2", &[ANY], |v| v[0].exp2()),
    case("expm1", &[ANY], |v| v[0].expm1()),
    case("log", &[POSITIVE], |v| v[0].log()),
    case("log2", &[POSITIVE], |v| v[0].log2()),
    case("log1p", &[POSITIVE], |v| v[0].log1p()),
    case("sin", &[ANY], |v| v[0].sin()),
    case("cos", &[ANY], |v| v[0].cos()),
    case("tan", &[UNIT], |v| v[0].tan()),
    case("asin", &[UNIT], |v| v[0].asin()),
    case("acos", &[UNIT], |v| v[0].acos()),
    case("atan", &[ANY], |v| v[0].atan()),
    case("sinh", &[ANY], |v| v[0].sinh()),
    case("cosh", &[ANY], |v| v[0].cosh()),
    case("tanh", &[ANY], |v| v[0].tanh()),
    case("asinh", &[ANY], |v| v[0].asinh()),
    case("acosh", &[POSITIVE], |v| (v[0] + 1.0).acosh()),
    case("atanh", &[UNIT], |v| v[0].atanh()),
    case("sigmoid", &[ANY], |v| v[0].sigmoid()),
    case("log_sigmoid", &[ANY], |v| v[0].log_sigmoid()),
    case("softplus", &[ANY], |v| v[0].softplus()),
    case("relu", &[ANY], |v| v[0].relu()),
    case("elu", &[ANY], |v| v[0].elu(1.0)),
    case("selu", &[ANY], |v| v[0].selu()),
    case("leaky_relu", &[ANY], |v| v[0].leaky_relu(0.01)),
    case("silu", &[ANY], |v| v[0].silu()),
    case("gelu", &[ANY], |v| v[0].gelu()),
    case("gelu_tanh", &[ANY], |v| v[0].gelu_tanh()),
    case("mish", &[ANY], |v| v[0].mish()),
    case("softsign", &[ANY], |v| v[0].softsign()),
    case("hard_swish", &[ANY], |v| v[0].hard_swish()),
    case("erf", &[ANY], |v| v[0].erf()),
    case("erfc", &[ANY], |v| v[0].erfc()),
    case("erfinv", &[UNIT], |v| v[0].erfinv()),
    case("normal_cdf", &[ANY], |v| v[0].normal_cdf()),
    case("log_normal_cdf", &[ANY], |v| v[0].log_normal_cdf()),
    case("lgamma", &[POSITIVE], |v| v[0].lgamma()),
    case("digamma", &[POSITIVE], |v| v[0].digamma()),
    case("sum", &[MATRIX], |v| v[0].sum()),
    case("sum of rows", &[MATRIX], |v| v[0].sum_axes(1)),
    case("sum of columns", &[MATRIX], |v| v[0].sum_axes(0)),
    case("variance of rows", &[MATRIX], |v| v[0].variance(1)),
    case("variance of columns", &[MATRIX], |v| v[0].variance(0)),
    case("max of rows", &[MATRIX], |v| v[0].max_axes(1)),
    case("max of columns", &[MATRIX], |v| v[0].max_axes(0)),
    case("norm", &[MATRIX], |v| v[0].norm()),
    case("norm of rows", &[MATRIX], |v| v[0].norm_axes(1)),
    case("prod of rows", &[(ROWS, 0.9, 1.1)], |v| v[0].prod_axes(1)),
    case("logsumexp of rows", &[MATRIX], |v| v[0].logsumexp(1)),
    case("logsumexp of columns", &[MATRIX], |v| v[0].logsumexp(0)),
    case("softmax of rows", &[MATRIX], |v| v[0].softmax(1)),
    case("softmax of columns", &[MATRIX], |v| v[0].softmax(0)),
    case("log_softmax of rows", &[MATRIX], |v| v[0].log_softmax(1)),
    case("log_softmax of columns", &[MATRIX], |v| v[0].log_softmax(0)),
    case("log_softmax of tens", &[(&[64, 10], -2.0, 2.0)], |v| v[0].log_softmax(1)),
    case("layer_norm", &[MATRIX], |v| v[0].layer_norm(1, 1e-5)),
    case("rms_norm", &[MATRIX], |v| v[0].rms_norm(1, 1e-5)),
    case("batch_norm", &[MATRIX], |v| v[0].batch_norm(1e-5).output),
    case("cumsum along rows", &[MATRIX], |v| v[0].cumsum(1)),
    case("cumsum along columns", &[MATRIX], |v| v[0].cumsum(0)),
    case("cumprod along rows", &[(ROWS, 0.9, 1.1)], |v| v[0].cumprod(1)),
    case("sort rows", &[MATRIX], |v| v[0].sort(1)),
    case("max_pool 2 × 2", &[IMAGES], |v| v[0].max_pool2d(2)),
    case("max_pool 3 × 3, stride 2", &[IMAGES], |v| v[0].max_pool2d(Window::new(3).stride(2))),
    case("avg_pool 2 × 2", &[IMAGES], |v| v[0].avg_pool2d(2)),
    case("conv1d", &[(&[4, 8, 256], -1.0, 1.0), (&[8, 8, 5], -1.0, 1.0)], |v| v[0].conv1d(v[1], Conv::new())),
    case("conv2d", &[IMAGES, (&[8, 8, 3, 3], -1.0, 1.0)], |v| v[0].conv2d(v[1], Conv::new())),
    case("x + row", &[MATRIX, (&[128], -1.0, 1.0)], |v| v[0] + v[1]),
    case("x · column", &[MATRIX, (&[256, 1], -1.0, 1.0)], |v| v[0] * v[1]),
    case("exp(xᵀ)", &[MATRIX], |v| v[0].t().exp()),
    case("x + xᵀ", &[(&[160, 160], -1.0, 1.0)], |v| v[0] + v[0].t()),
    case("flip", &[MATRIX], |v| v[0].flip(1)),
    case("roll", &[MATRIX], |v| v[0].roll(17, 1)),
    case("differences", &[MATRIX], |v| v[0].slice((.., 1..)) - v[0].slice((.., ..-1))),
    case("every other", &[MATRIX], |v| v[0].slice_axis(1, ndarray::Slice::new(0, None, 2))),
    case("pad", &[MATRIX], |v| v[0].pad(&[(3, 3), (5, 5)], 0.0)),
    case("stack", &[MATRIX, MATRIX], |v| stack(&[v[0], v[1]], 1)),
    case("tile", &[MATRIX], |v| v[0].tile(&[2, 2])),
    case("repeat", &[MATRIX], |v| v[0].repeat(3, 1)),
    case("tril", &[(&[160, 160], -1.0, 1.0)], |v| v[0].tril(0)),
    case("take rows", &[MATRIX], |v| v[0].take(indices(v[0], 512, 256), 0)),
    case("segment_sum", &[MATRIX], |v| v[0].segment_sum(indices(v[0], 256, 40), 40, 0)),
    case("outer", &[(&[200], -1.0, 1.0), (&[200], -1.0, 1.0)], |v| v[0].outer(v[1])),
    case("matrix by vector", &[MATRIX, (&[128], -1.0, 1.0)], |v| v[0].matmul(v[1])),
    case("128 × 128 by 128 × 128", &[(&[128, 128], -1.0, 1.0), (&[128, 128], -1.0, 1.0)], |v| v[0].matmul(v[1])),
    case("xᵀx", &[MATRIX], |v| v[0].t().matmul(v[0])),
    case("1000 of 3 × 3 by vectors", &[(&[1000, 3, 3], -1.0, 1.0), (&[1000, 3, 1], -1.0, 1.0)], |v| v[0].matmul(v[1])),
    case("100 of 4 × 4 by 4 × 4", &[(&[100, 4, 4], -1.0, 1.0), (&[100, 4, 4], -1.0, 1.0)], |v| v[0].matmul(v[1])),
    case("64 of 16 × 16 by 16 × 16", &[(&[64, 16, 16], -1.0, 1.0), (&[64, 16, 16], -1.0, 1.0)], |v| {
        v[0].matmul(v[1])
    }),
    case("bilinear form", &[MATRIX, (&[128, 64], -1.0, 1.0), (&[256, 64], -1.0, 1.0)], |v| {
        einsum("bi,ij,bj->b", &[v[0], v[1], v[2]])
    }),
    case("inv", &[SQUARE], |v| positive_definite(v[0]).inv()),
    case("solve", &[SQUARE, (&[16, 4], -1.0, 1.0)], |v| positive_definite(v[0]).solve(v[1])),
    case("slogdet", &[SQUARE], |v| positive_definite(v[0]).slogdet().1),
    case("cholesky", &[SQUARE], |v| positive_definite(v[0]).cholesky()),
    case("triangular_solve", &[SQUARE, (&[16, 4], -1.0, 1.0)], |v| {
        positive_definite(v[0]).triangular_solve(v[1], Triangle::LOWER)
    }),
    case("values of eigh", &[SQUARE], |v| positive_definite(v[0]).eigh().0),
    case("qr", &[SQUARE], |v| positive_definite(v[0]).qr().1),
    case("expm", &[SQUARE], |v| (v[0] * 0.2).expm()),
    case("kernel of distances", &[(&[64, 8], -1.0, 1.0), (&[64, 8], -1.0, 1.0)], |v| {
        ((v[0].expand_dims(1) - v[1].expand_dims(0)).square().sum_axes(-1) * -0.5).exp()
    }),
    case("attention", &[(&[64, 32], -1.0, 1.0), (&[64, 32], -1.0, 1.0), (&[64, 32], -1.0, 1.0)], |v| {
        (v[0].matmul(v[1].t()) * 0.17).softmax(1).matmul(v[2])
    }),
    case("layer with gelu", &[(&[64, 64], -1.0, 1.0), (&[64, 128], -0.2, 0.2), (&[128], -1.0, 1.0)], |v| {
        (v[0].matmul(v[1]) + v[2]).gelu_tanh()
    }),
    case("normal log density", &[ANY, ANY, POSITIVE], |v| ((v[0] - v[1]) / v[2]).square() * -0.5 - v[2].log()),
    case("Black and Scholes", &[(N, 80.0, 120.0), (N, 0.1, 0.5), (N, 0.2, 2.0)], |v| black_scholes(v[0], v[1], v[2])),
    case("pendulum, 20 Runge–Kutta steps", &[(&[100], -1.0, 1.0), (&[100], -1.0, 1.0)], |v| pendulum(v[0], v[1])),
    case("bodies", &[(&[40, 3], -1.0, 1.0)], |v| {
        let between = v[0].expand_dims(1) - v[0].expand_dims(0);
        (between.square().sum_axes(-1) + 0.01).rsqrt()
    }),
];

/// `count` positions below `below`, in no order.
fn indices(beside: Var<'_>, count: i64, below: i64) -> Var<'_> {
    let positions: Vec<i64> = (0..count).map(|i| i * 7919 % below).collect();
    beside.tape().constant(positions)
}

/// a aᵀ/4 + 4 I, well away from singular.
fn positive_definite(a: Var<'_>) -> Var<'_> {
    let n = a.shape()[0];
    a.matmul(a.t()) / 4.0 + a.tape().constant(&(ndarray::Array2::<f64>::eye(n) * 4.0)).cast(a.dtype())
}

/// The price of a call with strike 100 and rate 2 %.
fn black_scholes<'t>(spot: Var<'t>, volatility: Var<'t>, time: Var<'t>) -> Var<'t> {
    let spread = volatility * time.sqrt();
    let d = ((spot / 100.0).log() + time * 0.02) / spread + spread * 0.5;
    spot * d.normal_cdf() - (time * -0.02).exp() * 100.0 * (d - spread).normal_cdf()
}

/// Angles after a time of 2.
fn pendulum<'t>(mut angle: Var<'t>, mut speed: Var<'t>) -> Var<'t> {
    let h = 0.1;
    for _ in 0..20 {
        let (a1, s1) = (speed, -angle.sin());
        let (a2, s2) = (speed + s1 * (h / 2.0), -(angle + a1 * (h / 2.0)).sin());
        let (a3, s3) = (speed + s2 * (h / 2.0), -(angle + a2 * (h / 2.0)).sin());
        let (a4, s4) = (speed + s3 * h, -(angle + a3 * h).sin());
        angle += (a1 + a2 * 2.0 + a3 * 2.0 + a4) * (h / 6.0);
        speed += (s1 + s2 * 2.0 + s3 * 2.0 + s4) * (h / 6.0);
    }
    angle
}

/// Numbers without order, the same everywhere: multiples of the golden ratio, modulo 1.
fn numbers(position: usize, &(shape, from, to): &Input) -> ArrayD<f64> {
    let start = 0.37 * position as f64;
    let count = shape.iter().product::<usize>();
    let list = (1..=count).map(|i| from + (to - from) * (i as f64 * 0.618_033_988_749_894_9 + start).fract());
    ArrayD::from_shape_vec(shape, list.collect()).expect("as many as the shape has")
}

/// The inputs of each function, for the other contestants: a name, then shape and bounds of each array.
pub(crate) fn inputs() -> String {
    let mut text = String::from("{\n");
    for (i, Case { name, inputs, .. }) in CASES.iter().enumerate() {
        let list: Vec<String> = inputs.iter().map(|(shape, from, to)| format!("[{shape:?}, {from}, {to}]")).collect();
        let comma = if i + 1 < CASES.len() { "," } else { "" };
        writeln!(text, "\"{name}\": [{}]{comma}", list.join(", ")).expect("a string takes what is written");
    }
    text + "}\n"
}

/// Every function, or those of the names that are asked for.
pub(crate) fn functions(programs: &Programs) -> Result<(), Error> {
    for case in CASES.iter().filter(|case| programs.wants(case.name)) {
        run::<f64>(case, "f64", programs)?;
        run::<f32>(case, "f32", programs)?;
    }
    Ok(())
}

fn run<T: Viewed + Real + Into<f64>>(case: &Case, precision: &str, programs: &Programs) -> Result<(), Error> {
    let names: Vec<String> = (0..case.inputs.len()).map(|i| format!("x{i}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let inner = case.f;
    let mut f = Function::one(&names, move |_, v| Ok(inner(v).square().sum())).value_and_grad(&names[..])?;
    let inputs: Vec<ArrayD<T>> =
        case.inputs.iter().enumerate().map(|(i, input)| numbers(i, input).mapv(T::lit)).collect();
    let (mut value, mut slopes) = (T::lit(0.0), inputs.clone());
    let arguments: Vec<View<'_>> = inputs.iter().map(View::from).collect();
    let title = format!("{}, {precision}", case.name);
    programs.profile(&title, || f.profile(&arguments[..]))?;
    let time = {
        let mut results: Vec<ViewMut<'_>> = vec![ViewMut::from(&mut value)];
        results.extend(slopes.iter_mut().map(ViewMut::from));
        least_within(BUDGET, || f.call_into(&arguments[..], &mut results[..]).expect("as before"))
    };
    let sums = slopes.iter().map(|slope| slope.iter().map(|&x| x.into()).sum::<f64>());
    let check: Vec<f64> = std::iter::once(value.into()).chain(sums).collect();
    report("functions", &title, time, &check);
    Ok(())
}
