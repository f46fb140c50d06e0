//! Handwritten digits, as in the lecture: zeros against ones by logistic regression, then all ten classes by a
//! network. A loss is an ordinary expression; the tape gives its gradient.
//!
//! ```text
//! cargo run --release --example digits [path/to/digits.csv]
//! ```
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "an example speaks to its reader")]

use std::error::Error;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use cinta::check::check_grad;
use cinta::{DType, Tape, Var};
use ndarray::{Array1, Array2, ArrayD, Axis, concatenate};
use rand::rngs::StdRng;
use rand::seq::SliceRandom;
use rand::{RngExt, SeedableRng};

type Result<T, E = Box<dyn Error>> = std::result::Result<T, E>;

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("digits: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<()> {
    let digits = Digits::read(&data_path())?;
    let mut rng = StdRng::seed_from_u64(1);
    println!("{} handwritten digits, the first a {}:\n{}", digits.len(), digits.y[0], picture(digits.x.row(0)));
    zeros_against_ones(&digits, &mut rng)?;
    ten_classes(&digits, &mut rng)
}

// ── The models: ordinary expressions ──────────────────────────────────────────────────────────────────────────────

/// What training needs to know of a model with N parameter arrays. Examples x stand one a row, y are their classes.
struct Model<const N: usize> {
    loss: for<'t> fn([Var<'t>; N], x: Var<'t>, y: Var<'t>) -> Var<'t>,
    /// Which examples it tells right, as truth values.
    right: for<'t> fn([Var<'t>; N], x: Var<'t>, y: Var<'t>) -> Var<'t>,
}

/// f = σ(θᵀx), the probability that y = 1, and L(θ) = −Σ [y log f + (1 − y) log(1 − f)].
const LOGISTIC: Model<1> = Model {
    // With z = θᵀx, log f is log σ(z) and log(1 − f) is log σ(−z): exact also where f rounds to 0 or 1.
    loss: |[theta], x, y| {
        let (z, y) = (x.dot(theta), y.cast(DType::F64));
        -(y * z.log_sigmoid() + (1.0 - y) * (-z).log_sigmoid()).sum()
    },
    right: |[theta], x, y| x.dot(theta).gt(0.0).cast(DType::I64).eq(y),
};

/// P(y | x) = softmax(θᵀσ(Wx)), and L(θ, W) = −Σ log P(y | x).
const NETWORK: Model<2> = Model {
    loss: |parameters, x, y| scores(parameters, x).softmax_cross_entropy(y).sum(),
    right: |parameters, x, y| {
        let z = scores(parameters, x);
        (z * y.one_hot(10)).sum_axes(1).eq(z.max_axes(1))
    },
};

/// θᵀσ(Wx), ten numbers for each example.
fn scores<'t>([w, theta]: [Var<'t>; 2], x: Var<'t>) -> Var<'t> {
    x.dot(w.t()).sigmoid().dot(theta)
}

/// Unif[−4r, 4r] with r = √(6/(fan-in + fan-out)): the start for units that are sigmoids.
fn sigmoid_start(shape: [usize; 2], rng: &mut StdRng) -> ArrayD<f64> {
    let r = (6.0 / (shape[0] + shape[1]) as f64).sqrt();
    Array2::from_shape_simple_fn(shape, || rng.random_range(-4.0 * r..=4.0 * r)).into_dyn()
}

// ── Training: record, differentiate, move ───────────────────────────────────────────────────────────────────────

/// How to train.
struct Recipe {
    epochs: usize,
    /// Examples a step; all of them make it plain gradient descent.
    batch: usize,
    /// First step size η₀; at epoch t it is η₀ τ / max(τ, t).
    eta: f64,
    tau: f64,
}

impl<const N: usize> Model<N> {
    /// One step downhill on a batch, θ := θ − η ∇L(θ); the loss before it.
    fn step(&self, tape: &mut Tape, parameters: &mut [ArrayD<f64>; N], batch: &Digits, eta: f64) -> f64 {
        let vars = parameters.each_ref().map(|array| tape.var(array));
        let loss = (self.loss)(vars, tape.constant(&batch.x), tape.constant(&batch.y));
        let gradients = loss.grad(vars);
        for (parameter, gradient) in parameters.iter_mut().zip(gradients) {
            parameter.scaled_add(-eta, &gradient.value().view::<f64>());
        }
        let loss = loss.item();
        tape.clear();
        loss
    }

    /// Stochastic gradient descent, a new shuffle each epoch; the accuracy on the held-out examples at the end.
    fn train(
        &self,
        parameters: &mut [ArrayD<f64>; N],
        [train, held_out]: &[Digits; 2],
        recipe: &Recipe,
        rng: &mut StdRng,
    ) -> f64 {
        let mut tape = Tape::new();
        let mut order: Vec<usize> = (0..train.len()).collect();
        println!("  epoch     loss   held out");
        for epoch in 1..=recipe.epochs {
            order.shuffle(rng);
            let eta = recipe.eta * recipe.tau / recipe.tau.max(epoch as f64);
            let losses =
                order.chunks(recipe.batch).map(|rows| self.step(&mut tape, parameters, &train.rows(rows), eta));
            let loss = losses.sum::<f64>() / train.len() as f64;
            if epoch == 1 || epoch % (recipe.epochs / 5) == 0 {
                let accuracy = 100.0 * self.accuracy(parameters, held_out);
                println!("{epoch:7}  {loss:7.4}   {accuracy:6.2} %  {}", bar(20.0 * loss));
            }
        }
        self.accuracy(parameters, held_out)
    }

    /// The share of examples that it tells right.
    fn accuracy(&self, parameters: &[ArrayD<f64>; N], examples: &Digits) -> f64 {
        let tape = Tape::new();
        let vars = parameters.each_ref().map(|array| tape.constant(array));
        let right = (self.right)(vars, tape.constant(&examples.x), tape.constant(&examples.y));
        right.cast(DType::F64).mean().item()
    }
}

// ── The two lessons ─────────────────────────────────────────────────────────────────────────────────────────────

fn zeros_against_ones(digits: &Digits, rng: &mut StdRng) -> Result<()> {
    let parts = digits.classes(&[0, 1]).split(rng);
    println!("Zeros against ones: f = σ(θᵀx), L(θ) = −Σ [y log f + (1 − y) log(1 − f)]\n");
    check_gradient(&parts[0].rows(&[0, 1, 2]), rng)?;

    let zero = [ArrayD::zeros(vec![parts[0].x.ncols()])];
    println!("Gradient descent: every step uses all {} examples", parts[0].len());
    let all = Recipe { epochs: 50, batch: parts[0].len(), eta: 0.002, tau: 50.0 };
    let accuracy = LOGISTIC.train(&mut zero.clone(), &parts, &all, rng);
    at_least(0.99, accuracy)?;

    println!("Stochastic gradient descent: 16 examples a step, shuffled anew each epoch");
    let mut theta = zero;
    let some = Recipe { epochs: 20, batch: 16, eta: 0.02, tau: 10.0 };
    let accuracy = LOGISTIC.train(&mut theta, &parts, &some, rng);
    println!("Where θ sees a one (dark) and a zero (light):\n{}", picture(&theta[0]));
    at_least(0.99, accuracy)
}

fn ten_classes(digits: &Digits, rng: &mut StdRng) -> Result<()> {
    const HIDDEN: usize = 40;
    let parts = digits.split(rng);
    println!("All ten classes: P(y | x) = softmax(θᵀσ(Wx)), {HIDDEN} hidden units\n");
    let mut parameters = [sigmoid_start([HIDDEN, digits.x.ncols()], rng), sigmoid_start([HIDDEN, 10], rng)];
    let recipe = Recipe { epochs: 40, batch: 20, eta: 0.02, tau: 20.0 };
    let accuracy = NETWORK.train(&mut parameters, &parts, &recipe, rng);
    at_least(0.95, accuracy)
}

/// Prints what ∇L(θ) is, and checks it against differences.
fn check_gradient(few: &Digits, rng: &mut StdRng) -> Result<()> {
    let tape = Tape::new();
    let theta = tape.var(Array1::<f64>::zeros(few.x.ncols())).named("theta");
    let (x, y) = (tape.var(&few.x).named("x"), tape.var(&few.y).named("y"));
    let gradient = (LOGISTIC.loss)([theta], x, y).grad(theta);
    println!("Its gradient ∇L(θ) is a graph like the loss, here for {} examples:\n{gradient:#}", few.len());

    let somewhere = Array1::from_shape_simple_fn(few.x.ncols(), || rng.random_range(-0.5..0.5));
    let report =
        check_grad(&|v| (LOGISTIC.loss)([v[0]], v[1], v[2]), &[somewhere.into(), (&few.x).into(), (&few.y).into()])?;
    println!("Checked against differences:\n{report}");
    if report.passed() { Ok(()) } else { Err("the gradient is wrong".into()) }
}

fn at_least(expected: f64, accuracy: f64) -> Result<()> {
    println!("  {:.2} % of the held-out digits are recognised\n", 100.0 * accuracy);
    if accuracy >= expected { Ok(()) } else { Err(format!("expected at least {:.0} %", 100.0 * expected).into()) }
}

// ── The data ────────────────────────────────────────────────────────────────────────────────────────────────────

/// Pixel intensities from 0 to 1 with a last column of ones (the bias), one example a row, and classes.
#[derive(Clone)]
struct Digits {
    x: Array2<f64>,
    y: Array1<i64>,
}

const PIXELS: usize = 64;
const BRIGHTEST: u8 = 16;
const FORMAT: &str = "The file should hold comma-separated values: a line of titles, then on each line \
                      64 pixels from 0 to 16 and a label from 0 to 9.";

/// The argument, or the file that comes with the project, from whatever folder this is run.
fn data_path() -> PathBuf {
    let default = || Path::new(env!("CARGO_MANIFEST_DIR")).join("data/digits.csv");
    std::env::args_os().nth(1).map_or_else(default, PathBuf::from)
}

impl Digits {
    fn read(path: &Path) -> Result<Self> {
        let name = path.display();
        let file = File::open(path).map_err(|error| format!("{name}: {error}\n{FORMAT}"))?;
        let (pixels, labels) =
            read_rows(file).map_err(|(line, reason)| format!("{name}:{line}: {reason}\n{FORMAT}"))?;
        let pixels = Array2::from_shape_vec((labels.len(), PIXELS), pixels)?;
        let ones = Array2::ones((labels.len(), 1));
        Ok(Self { x: concatenate![Axis(1), pixels, ones], y: labels.into() })
    }

    fn len(&self) -> usize {
        self.y.len()
    }

    /// Some of the examples, in a given order.
    fn rows(&self, rows: &[usize]) -> Self {
        Self { x: self.x.select(Axis(0), rows), y: self.y.select(Axis(0), rows) }
    }

    /// The examples of some classes.
    fn classes(&self, classes: &[i64]) -> Self {
        let rows: Vec<usize> = (0..self.len()).filter(|&row| classes.contains(&self.y[row])).collect();
        self.rows(&rows)
    }

    /// Four fifths to train with, one fifth held out, at random.
    fn split(&self, rng: &mut StdRng) -> [Self; 2] {
        let mut rows: Vec<usize> = (0..self.len()).collect();
        rows.shuffle(rng);
        let (train, held_out) = rows.split_at(self.len() * 4 / 5);
        [self.rows(train), self.rows(held_out)]
    }
}

/// All pixels and labels, or the line and what is wrong there.
fn read_rows(file: File) -> Result<(Vec<f64>, Vec<i64>), (u64, String)> {
    let at_line = |error: csv::Error| (error.position().map_or(1, csv::Position::line), error.to_string());
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(file);
    if reader.headers().map_err(at_line)?.iter().next_back() != Some("label") {
        return Err((1, "expected a line of titles that ends with \"label\"".to_owned()));
    }
    let (mut pixels, mut labels) = (Vec::new(), Vec::new());
    for row in reader.records() {
        let row = row.map_err(at_line)?;
        let line = row.position().map_or(1, csv::Position::line);
        labels.push(read_row(&row, &mut pixels).map_err(|reason| (line, reason))?);
    }
    match (0..10).find(|class| labels.iter().filter(|label| *label == class).count() < 100) {
        None => Ok((pixels, labels)),
        Some(class) => {
            let reason = format!("expected at least 100 digits {class} by the end of the file; is it cut short?");
            Err((labels.len() as u64 + 1, reason))
        }
    }
}

/// Adds the pixels of one row, scaled to [0, 1]; its label.
fn read_row(row: &csv::StringRecord, pixels: &mut Vec<f64>) -> Result<i64, String> {
    if row.len() != PIXELS + 1 {
        return Err(format!("expected {PIXELS} pixels and a label, found {} values", row.len()));
    }
    let number = |column: usize, largest: u8| {
        let text = row[column].trim();
        text.parse::<u8>().ok().filter(|&number| number <= largest).ok_or_else(|| {
            format!("column {}: expected a whole number from 0 to {largest}, found {text:?}", column + 1)
        })
    };
    for column in 0..PIXELS {
        pixels.push(f64::from(number(column, BRIGHTEST)?) / f64::from(BRIGHTEST));
    }
    number(PIXELS, 9).map(i64::from)
}

/// 8×8 numbers as shades.
fn picture<'a>(pixels: impl IntoIterator<Item = &'a f64>) -> String {
    let pixels: Vec<f64> = pixels.into_iter().copied().take(PIXELS).collect();
    let (low, high) = pixels.iter().fold((f64::MAX, f64::MIN), |(low, high), &p| (low.min(p), high.max(p)));
    let shade = |p: &f64| match 5.0 * (p - low) / (high - low) {
        level if level < 1.0 => "  ",
        level if level < 2.0 => "░░",
        level if level < 3.0 => "▒▒",
        level if level < 4.0 => "▓▓",
        _ => "██",
    };
    let rows: Vec<String> = pixels.chunks(8).map(|row| row.iter().map(shade).collect()).collect();
    format!("    {}\n", rows.join("\n    "))
}

/// A bar of a length, cut at 60.
fn bar(length: f64) -> String {
    (0..60).take_while(|&position| f64::from(position) < length).map(|_| '▇').collect()
}
