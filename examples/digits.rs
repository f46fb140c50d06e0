//! Handwritten digits, as in the lecture: zeros against ones by logistic regression, then all ten classes by a
//! network. Losses are ordinary expressions; their gradients come from the tape.
//!
//! ```text
//! cargo run --release --example digits [path/to/digits.csv]
//! ```
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "an example speaks to its reader")]

use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use cinta::check::check_grad;
use cinta::{Tape, Var};
use ndarray::{Array1, Array2, ArrayD, Axis, concatenate, s};
use rand::rngs::StdRng;
use rand::seq::SliceRandom;
use rand::{RngExt, SeedableRng};

/// What every function here may return.
type Result<T> = std::result::Result<T, Box<dyn Error>>;

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
    let mut rng = StdRng::seed_from_u64(1);
    let digits = Digits::read(&data_path())?;
    println!("{} digits of 8×8 pixels, for example\n{}", digits.len(), picture(digits.pixels.row(0).as_slice().expect("rows are contiguous")));
    zeros_against_ones(&digits, &mut rng)?;
    ten_classes(&digits, &mut rng)
}

// ---- The models ------------------------------------------------------------------------------------------------

/// A loss of parameters, on a batch of examples x (one a row) with their classes y. This is all that training needs.
type Loss<const N: usize> = for<'t> fn([Var<'t>; N], Var<'t>, Var<'t>) -> Var<'t>;

/// L(θ) = −Σ [y log f + (1 − y) log(1 − f)] with f = σ(θᵀx).
///
/// log σ(z) is written `log_sigmoid`, which stays exact where σ(z) rounds to 0 or 1; and 1 − σ(z) = σ(−z).
fn likelihood<'t>([theta]: [Var<'t>; 1], x: Var<'t>, y: Var<'t>) -> Var<'t> {
    let z = x.dot(theta);
    -(y * z.log_sigmoid() + (1.0 - y) * (-z).log_sigmoid()).sum()
}

/// θᵀσ(Wx) for each example: ten scores each, whose softmax is the probability of the classes.
fn scores<'t>([w, theta]: [Var<'t>; 2], x: Var<'t>) -> Var<'t> {
    x.dot(w.t()).sigmoid().dot(theta)
}

/// The mean of −log P(class | x).
fn cross_entropy<'t>(parameters: [Var<'t>; 2], x: Var<'t>, y: Var<'t>) -> Var<'t> {
    scores(parameters, x).softmax_cross_entropy(y).mean()
}
