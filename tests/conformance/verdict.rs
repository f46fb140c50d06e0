//! Whether a result is the expected one.
use std::fmt;

use cinta::{DType, Value};

/// What one section of a case should give, and how near.
pub(crate) struct Expected {
    pub(crate) section: &'static str,
    /// What it is of, where a section has several results.
    pub(crate) of: String,
    pub(crate) value: Value,
    pub(crate) rtol: f64,
    pub(crate) atol: f64,
}

/// A result that is not the expected one, and how.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) section: &'static str,
    of: String,
    what: String,
}

impl Failure {
    pub(crate) fn new(section: &'static str, of: &str, what: impl Into<String>) -> Self {
        Self { section, of: of.to_owned(), what: what.into() }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.section)?;
        if !self.of.is_empty() {
            write!(f, " of {}", self.of)?;
        }
        write!(f, ": {}", self.what)
    }
}

impl Expected {
    /// Compares type and every element; `float` is the dtype that its numbers should have where it says `f64`.
    pub(crate) fn check(&self, got: &Value, float: DType) -> Result<(), Failure> {
        let failure = |what: String| Err(Failure::new(self.section, &self.of, what));
        let mut ty = self.value.array_type();
        if ty.dtype.is_float() {
            ty.dtype = float;
        }
        if got.array_type() != ty {
            return failure(format!("got {}, expected {ty}", got.array_type()));
        }
        let pairs: Vec<(f64, f64)> = got.to_f64s().into_iter().zip(self.value.to_f64s()).collect();
        let wrong = |(got, want): &(f64, f64)| !self.within(*got, *want);
        let Some(first) = pairs.iter().position(wrong) else { return Ok(()) };
        let (got, want) = pairs[first];
        let allowed = self.atol + self.rtol * want.abs();
        let count = pairs.iter().filter(|pair| wrong(pair)).count();
        let of = pairs.len();
        failure(format!(
            "element {first}: got {got:e}, expected {want:e} within {allowed:e} ({count} of {of} elements differ)"
        ))
    }

    fn within(&self, got: f64, want: f64) -> bool {
        if want.is_nan() {
            return got.is_nan();
        }
        got == want || (want.is_finite() && (got - want).abs() <= self.atol + self.rtol * want.abs())
    }
}
