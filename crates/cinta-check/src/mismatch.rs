//! What a failed check says.
use std::fmt;

use cinta_graph::{ArrayType, Error};

use crate::Claim;
use crate::arrays::position;
use crate::quotient::Estimate;

/// A claim that does not hold: which, of what, at which entry, and both numbers.
///
/// `tanh of f64[3]: first derivatives: pushforward against differences: output 0 along input 0 at [2]: recorded
/// 1.5, measured 0.5 ± 3.1e-13 (step 0.0039; seed 1)`
#[derive(Clone, Debug, PartialEq)]
pub struct Mismatch(Box<Inner>);

#[derive(Clone, Debug, PartialEq)]
struct Inner {
    claim: Claim,
    subject: String,
    what: String,
    seed: Option<u64>,
    vague: bool,
}

impl Mismatch {
    pub(crate) fn new(claim: Claim, subject: &str, what: impl Into<String>) -> Self {
        Self(Box::new(Inner { claim, subject: subject.to_owned(), what: what.into(), seed: None, vague: false }))
    }

    /// Two numbers that should be equal.
    pub(crate) fn numbers(claim: Claim, subject: &str, what: impl fmt::Display, pair: [(&str, f64); 2]) -> Self {
        let [(a, x), (b, y)] = pair;
        Self::new(claim, subject, format!("{what}: {a} {x:?}, {b} {y:?}"))
    }

    /// A recorded derivative beside a measured one.
    pub(crate) fn measured(claim: Claim, subject: &str, what: impl fmt::Display, recorded: f64, by: Estimate) -> Self {
        let Estimate { value, error, step } = by;
        let text = format!("{what}: recorded {recorded:?}, measured {value:?} ± {error:.1e} (step {step:.1e})");
        Self::new(claim, subject, text)
    }

    /// An error where there should be none.
    pub(crate) fn error(claim: Claim, subject: &str, doing: &str, error: &Error) -> Self {
        Self::new(claim, subject, format!("{doing}: {error}"))
    }

    /// With the seed of its random numbers.
    pub(crate) fn seed(mut self, seed: u64) -> Self {
        self.0.seed = Some(seed);
        self
    }

    /// Says that the measurement is too uncertain to call anything wrong.
    pub(crate) fn vague(mut self) -> Self {
        self.0.what += ": too uncertain to compare with";
        self.0.vague = true;
        self
    }

    /// Whether nothing was found wrong, but the difference quotients are too uncertain to say it is right:
    /// the function is noisy, or not smooth here.
    #[must_use]
    pub fn is_vague(&self) -> bool {
        self.0.vague
    }

    /// The claim.
    #[must_use]
    pub fn claim(&self) -> Claim {
        self.0.claim
    }
}

/// `output 0 at [1, 2]`.
pub(crate) fn entry(array: impl fmt::Display, ty: &ArrayType, index: usize) -> String {
    format!("{array} at {:?}", position(ty, index))
}

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Inner { claim, subject, what, seed, .. } = &*self.0;
        write!(f, "{subject}: {claim}: {what}")?;
        match seed {
            Some(seed) => write!(f, " (seed {seed})"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for Mismatch {}
