//! What the optional features add.
#![cfg(all(feature = "serde", feature = "argmin"))]
use argmin::core::{CostFunction, Error, Gradient, Hessian};
use cinta_check::{Check, Curve, Function, Verdict, check_gradient, first_non_finite, health, precision};
use cinta_graph::{Tape, Value, custom_vjp};

/// Rosenbrock's valley; `right` is the factor of the Hessian's last entry.
struct Valley {
    right: f64,
}

impl CostFunction for Valley {
    type Param = Vec<f64>;
    type Output = f64;

    fn cost(&self, p: &Vec<f64>) -> Result<f64, Error> {
        Ok((1.0 - p[0]).powi(2) + 100.0 * (p[1] - p[0] * p[0]).powi(2))
    }
}

impl Gradient for Valley {
    type Param = Vec<f64>;
    type Gradient = Vec<f64>;

    fn gradient(&self, p: &Vec<f64>) -> Result<Vec<f64>, Error> {
        let inner = p[1] - p[0] * p[0];
        Ok(vec![-2.0 * (1.0 - p[0]) - 400.0 * p[0] * inner, 200.0 * inner])
    }
}

impl Hessian for Valley {
    type Param = Vec<f64>;
    type Hessian = Vec<Vec<f64>>;

    fn hessian(&self, p: &Vec<f64>) -> Result<Vec<Vec<f64>>, Error> {
        let (x, y) = (p[0], p[1]);
        Ok(vec![vec![2.0 - 400.0 * (y - 3.0 * x * x), -400.0 * x], vec![-400.0 * x, 200.0 * self.right]])
    }
}

#[test]
fn problems_of_argmin_are_checked_as_they_are() {
    let at = vec![-1.2, 1.0];
    let check = Check::new();
    check.problem(&Valley { right: 1.0 }, &at).expect("it gives its gradient").assert();
    check.problem_hessian(&Valley { right: 1.0 }, &at).expect("it gives its Hessian").assert();
    let wrong = check.problem_hessian(&Valley { right: 2.0 }, &at).expect("it gives its Hessian");
    assert_eq!(wrong.verdict(), Verdict::Wrong);
    assert!(wrong.to_string().contains("hessian, row 1"), "{wrong}");
}

#[test]
fn reports_serialise() {
    let report = check_gradient(|x: &[f64; 2]| x[0] * x[1], |x| [x[1], 0.0], &[2.0, 3.0]);
    let json = serde_json::to_value(&report).expect("plain data");
    assert_eq!(json["verdict"], "Wrong");
    assert_eq!(json["rows"][0]["array_type"], "f64[2]");
    assert_eq!(json["rows"][0]["entries"][0]["index"][0], 1);
}

#[track_caller]
fn comes_back<T: serde::Serialize + serde::de::DeserializeOwned + std::fmt::Debug>(data: &T) {
    let text = serde_json::to_string(data).expect("plain data");
    assert!(!text.contains("null"), "{text}");
    let back: T = serde_json::from_str(&text).expect("what was written");
    assert_eq!(format!("{back:?}"), format!("{data:?}"), "{text}");
}

#[test]
fn what_is_written_is_read_again() {
    let square = |x: &[f64; 2]| x[0] * x[1];
    for claimed in [0.0, f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        comes_back(&check_gradient(square, |x| [x[1], claimed], &[2.0, 3.0]));
    }
    comes_back(&check_gradient(|x: &f64| x.ln(), |x| 1.0 / x, &-1.0));
    let inputs = [Value::from(ndarray::array![[0.5, 1.5, -2.0]])];
    let wrong: &Function<'_> = &|v| custom_vjp("square", [v[0]], |[x]| x * x, |[x], _, ct| [ct * x]).sum();
    let report = Check::new().function(wrong, &inputs).expect("a scalar");
    assert_eq!(report.faults().len(), 1, "{report}");
    comes_back(&report);
    comes_back(&Check::new().order(2).function(&|v| v[0].sin().sum(), &inputs).expect("a scalar"));
    let curve = Check::new().curve(square, |x| [x[1], x[0]], &[2.0, 3.0], 0);
    comes_back(&curve);
    let points = vec![(0.5, f64::NAN), (f64::INFINITY, f64::NEG_INFINITY)];
    comes_back(&Curve { orders: vec![(2, points), (4, Vec::new())], ..curve });

    let tape = Tape::new();
    let x = tape.var([800.0, 0.0]).named("x");
    comes_back(&first_non_finite(x.exp().sum(), &[x]).expect("recorded").expect("e⁸⁰⁰ is too large"));
    comes_back(&health(x.sqrt().sum(), &[x]).expect("a gradient"));
    comes_back(&precision((x * 1e38).sum(), &[x]).expect("a gradient"));
}

/// x², with a Hessian of which a row is cut short.
struct Short;

impl Gradient for Short {
    type Param = Vec<f64>;
    type Gradient = Vec<f64>;

    fn gradient(&self, p: &Vec<f64>) -> Result<Vec<f64>, Error> {
        Ok(p.iter().map(|x| 2.0 * x).collect())
    }
}

impl Hessian for Short {
    type Param = Vec<f64>;
    type Hessian = Vec<Vec<f64>>;

    fn hessian(&self, _: &Vec<f64>) -> Result<Vec<Vec<f64>>, Error> {
        Ok(vec![vec![2.0, 0.0], vec![0.0]])
    }
}

#[test]
fn rows_that_are_too_short_are_named() {
    let report = Check::new().problem_hessian(&Short, &vec![0.5, 1.0]).expect("it gives its Hessian");
    assert_eq!(report.verdict(), Verdict::Wrong);
    assert!(report.to_string().contains("row 1 of the Hessian has 1 numbers, and row 0 has 2"), "{report}");
}

/// Σ x sin 1.7 x + 10, in single precision; the gradient drifts with its calls.
struct Single {
    drift: f32,
    calls: std::cell::Cell<u16>,
}

impl CostFunction for Single {
    type Param = Vec<f32>;
    type Output = f32;

    fn cost(&self, p: &Vec<f32>) -> Result<f32, Error> {
        Ok(p.iter().map(|x| (1.7 * x).sin() * x).sum::<f32>() + 10.0)
    }
}

impl Gradient for Single {
    type Param = Vec<f32>;
    type Gradient = Vec<f32>;

    fn gradient(&self, p: &Vec<f32>) -> Result<Vec<f32>, Error> {
        let drift = self.drift * f32::from(self.calls.replace(self.calls.get() + 1));
        Ok(p.iter().map(|x| (1.7 * x).sin() + 1.7 * x * (1.7 * x).cos() + drift).collect())
    }
}

impl Hessian for Single {
    type Param = Vec<f32>;
    type Hessian = Vec<Vec<f32>>;

    fn hessian(&self, p: &Vec<f32>) -> Result<Vec<Vec<f32>>, Error> {
        let second = |x: &f32| 3.4 * (1.7 * x).cos() - 2.89 * x * (1.7 * x).sin();
        let row = |i: usize| (0..p.len()).map(|j| if i == j { second(&p[i]) } else { 0.0 }).collect();
        Ok((0..p.len()).map(row).collect())
    }
}

#[test]
fn problems_in_single_precision_give_no_false_alarms() {
    let single = |drift: f32| Single { drift, calls: std::cell::Cell::new(0) };
    for n in 1_u8..40 {
        let x: Vec<f32> =
            (0..n).map(|k| ((f32::from(k).powi(2) + 3.0 * f32::from(n - 1)) * 0.37).sin() * 3.0).collect();
        let report = Check::new().problem(&single(0.0), &x).expect("it gives its gradient");
        assert_ne!(report.verdict(), Verdict::Wrong, "{report}");
        if n < 6 {
            Check::new().problem_hessian(&single(0.0), &x).expect("it gives its Hessian").assert();
        }
    }
    let drifting = Check::new().problem(&single(1e-4), &vec![0.3, 0.8]).expect("it gives its gradient");
    assert!(drifting.to_string().contains("gives other numbers when called again"), "{drifting}");
}
