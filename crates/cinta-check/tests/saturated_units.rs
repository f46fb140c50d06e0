//! Units so saturated that their values hardly show their slopes: right gradients are not called wrong for that, alone and beside
//! something smooth, and wrong ones are not called right where differences can know.
use cinta_check::{Verdict, check_gradient};

/// A unit: its value, its slope, and how much slower than tanh it saturates.
type Unit = (fn(f64) -> f64, fn(f64) -> f64, f64);
/// The same in single precision.
type Single = (fn(f32) -> f32, fn(f64) -> f64, f64);
/// What is claimed instead of a slope of a unit of some scale.
type Wrong = (&'static str, fn(f64, f64) -> f64);
/// What a unit is added to: the sum and its slope, from the unit's value or slope and the point.
type Beside = (&'static str, fn(f64, f64) -> f64, fn(f64, f64) -> f64);

fn sigmoid(z: f64) -> f64 {
    1.0 / (1.0 + (-z).exp())
}

fn sigmoid_slope(z: f64) -> f64 {
    let tail = (-z.abs()).exp();
    tail / (1.0 + tail).powi(2)
}

fn tanh_slope(z: f64) -> f64 {
    z.cosh().powi(-2)
}

/// A bell that is as narrow as tanh is steep.
fn bell(z: f64) -> f64 {
    (-z * z / 9.0).exp()
}

const UNITS: [Unit; 7] = [
    (f64::tanh, tanh_slope, 1.0),
    (sigmoid, sigmoid_slope, 2.0),
    (|z| 5.0 * z.tanh().powi(2), |z| 10.0 * z.tanh() * tanh_slope(z), 1.0),
    (|z| 1.0 - bell(z), |z| z / 4.5 * bell(z), 1.0),
    (bell, |z| -z / 4.5 * bell(z), 1.0),
    (|z| z.max(0.0) + (-z.abs()).exp().ln_1p(), sigmoid, 2.0),
    (
        |z| sigmoid(z) * sigmoid(z + 1.0),
        |z| sigmoid_slope(z) * sigmoid(z + 1.0) + sigmoid(z) * sigmoid_slope(z + 1.0),
        2.0,
    ),
];
const BESIDE: [Beside; 4] = [
    ("nothing", |unit, _| unit, |slope, _| slope),
    ("1", |unit, _| unit + 1.0, |slope, _| slope),
    ("sin", |unit, x| unit + x.sin(), |slope, x| slope + x.cos()),
    ("square", |unit, x| unit + x * x, |slope, x| slope + 2.0 * x),
];
const SCALES: [f64; 11] = [1.3e-3, 0.02, 0.1, 1.0, 17.0, 3e2, 1e4, 3.1e5, 6.5e6, 1.9e7, 9.4e7];
const CENTRES: [f64; 3] = [0.3, -1.7, 42.0];

/// How often a gradient was called right, not, and wrong.
#[derive(Debug, Default)]
struct Verdicts {
    right: usize,
    unclear: usize,
    wrong: usize,
}

impl Verdicts {
    fn count(&mut self, verdict: Verdict) {
        match verdict {
            Verdict::Right => self.right += 1,
            Verdict::Unclear => self.unclear += 1,
            Verdict::Kink | Verdict::Jump | Verdict::Wrong => self.wrong += 1,
        }
    }

    /// The share of those called wrong.
    fn false_alarms(&self) -> f64 {
        self.wrong as f64 / (self.right + self.unclear + self.wrong) as f64
    }
}

/// Scale, centre and point of units with arguments between two, of both signs.
fn grid([least, most]: [f64; 2]) -> Vec<[f64; 3]> {
    let arguments = (0..6).map(|k| least + (most - least) * (f64::from(k) + 0.37) / 6.0);
    let arguments: Vec<f64> = arguments.flat_map(|z| [z, -z]).collect();
    let points = SCALES.into_iter().flat_map(|scale| CENTRES.map(|centre| (scale, centre)));
    points.flat_map(|(scale, centre)| arguments.iter().map(move |z| [scale, centre, centre + z / scale])).collect()
}

#[test]
fn right_slopes_are_hardly_ever_wrong() {
    for (name, sum, slope) in BESIDE {
        let mut verdicts = Verdicts::default();
        for (f, df, slower) in UNITS {
            for [scale, centre, x] in grid([6.0 * slower, 24.0 * slower]) {
                let argument = |x: f64| scale * (x - centre);
                let claim = |x: &f64| slope(scale * df(argument(*x)), *x);
                verdicts.count(check_gradient(|x: &f64| sum(f(argument(*x)), *x), claim, &x).verdict());
            }
        }
        println!("beside {name}: {verdicts:?}, {:.2} % false alarms", 100.0 * verdicts.false_alarms());
        assert!(verdicts.false_alarms() < 0.01, "beside {name}: {verdicts:?}");
    }
}

#[test]
fn in_single_precision_neither() {
    let units: [Single; 3] = [
        (f32::tanh, tanh_slope, 1.0),
        (|z| 1.0 / (1.0 + (-z).exp()), sigmoid_slope, 2.0),
        (|z| 5.0 * z.tanh().powi(2), |z| 10.0 * z.tanh() * tanh_slope(z), 1.0),
    ];
    let mut verdicts = Verdicts::default();
    for (f, df, slower) in units {
        for place in grid([3.0 * slower, 11.0 * slower]).into_iter().filter(|[scale, ..]| *scale < 1e4) {
            #[expect(clippy::cast_possible_truncation, reason = "single precision is what is wanted")]
            let [scale, centre, x] = place.map(|x| x as f32);
            let slope = |x: &f32| f64::from(scale) * df(f64::from(scale * (x - centre)));
            #[expect(clippy::cast_possible_truncation, reason = "single precision is what is wanted")]
            let report = check_gradient(|x: &f32| f(scale * (x - centre)), |x| slope(x) as f32, &x);
            verdicts.count(report.verdict());
        }
    }
    println!("in single precision: {verdicts:?}, {:.2} % false alarms", 100.0 * verdicts.false_alarms());
    assert!(verdicts.false_alarms() < 0.01, "{verdicts:?}");
}

#[test]
fn wrong_slopes_are_not_right() {
    let wrong: [Wrong; 4] = [
        ("another sign", |slope, _| -slope),
        ("twice", |slope, _| 2.0 * slope),
        ("a hundredth of the steepest more", |slope, scale| slope + 1e-2 * scale),
        ("none", |_, _| 0.0),
    ];
    for (what, wrong) in wrong {
        let mut verdicts = Verdicts::default();
        for (f, df, slower) in UNITS {
            for [scale, centre, x] in grid([3.0 * slower, 12.0 * slower]) {
                let argument = |x: f64| scale * (x - centre);
                let claim = |x: &f64| wrong(scale * df(argument(*x)), scale);
                verdicts.count(check_gradient(|x: &f64| f(argument(*x)), claim, &x).verdict());
            }
        }
        println!("{what}: {verdicts:?}");
        assert_eq!(verdicts.right, 0, "{what}: {verdicts:?}");
    }
}
