//! Claims about operations and functions of [Cinta](https://docs.rs/cinta), tested: values, types, both
//! derivative modes to third order, batching, layouts, dtypes.
//!
//! [`check_sample`] tests an operation, [`check_function`] any recorded function; a [`Mismatch`] says which
//! [`Claim`] fails, at which entry, with both numbers. [`check_grad`] compares a gradient with difference
//! quotients, entry by entry, and gives a [`Report`].
//!
//! ```
//! use cinta_check::check_function;
//! use ndarray::array;
//! check_function(&|x| (x[0] * x[1]).sum(), &[array![1.0, 2.0].into(), array![3.0, -0.5].into()])?;
//! # Ok::<(), cinta_check::Mismatch>(())
//! ```
mod ancestry;
mod arrays;
mod batch;
mod check;
mod claim;
mod compiled;
mod copy;
mod culprits;
#[cfg(feature = "serde")]
mod data;
mod derivatives;
mod diagnosis;
mod digits;
mod domain;
mod dual;
mod fan_out;
mod gradient;
mod graph;
mod inputs;
mod kinks;
mod layout;
mod line;
mod masks;
mod measure;
mod mismatch;
mod non_finite;
mod options;
mod outputs;
mod picture;
mod precision;
#[cfg(feature = "argmin")]
mod problems;
mod products;
mod quotient;
mod random;
mod recorded;
mod report;
mod rounding;
mod rules;
mod shapes;
mod structure;
mod subject;
mod text;
mod training;
mod value;
mod words;

use cinta_graph::Value;
use cinta_graph::ops::Sample;

pub use check::{Check, assert_gradient, check_gradient};
pub use claim::{Claim, Function};
pub use digits::{Digits, Precision, precision};
pub use domain::Domain;
pub use inputs::{Arrays, field};
pub use mismatch::Mismatch;
pub use non_finite::{NonFinite, Range, first_non_finite};
pub use options::Mode;
pub use picture::Curve;
#[cfg(feature = "argmin")]
pub use problems::Rows;
pub use recorded::{assert_grad, check_grad};
pub use report::{Entry, Report, Row, Verdict};
pub use rules::Fault;
pub use shapes::shapes;
pub use training::{Flow, Health, Layer, Units, health};

use subject::Subject;

/// Checks every [`Claim`] of a sample of an operation.
///
/// Samples that are not smooth skip difference quotients; their two modes must still be adjoint.
///
/// ```
/// use cinta_check::check_sample;
/// use cinta_graph::Op;
/// for sample in Op::samples().iter().filter(|sample| sample.op.name() == "mul") {
///     check_sample(sample)?;
/// }
/// # Ok::<(), cinta_check::Mismatch>(())
/// ```
///
/// # Errors
/// The first claim that does not hold.
pub fn check_sample(sample: &Sample) -> Result<(), Mismatch> {
    let subject = Subject::of_sample(sample);
    Claim::ALL.into_iter().try_for_each(|claim| claim.check(&subject))
}

/// Checks every [`Claim`] of a recorded function at a point where it is smooth, to third order.
///
/// For a function that has fewer derivatives, check the claims that it makes: [`Claim::check_function`].
///
/// ```
/// use cinta_check::{Claim, check_function};
/// use cinta_graph::custom_vjp;
/// // x² with a rule that forgets the 2.
/// let wrong = check_function(
///     &|x| custom_vjp("square", [x[0]], |[x]| x * x, |[x], _y, ct| [ct * x]),
///     &[[0.5, -1.25].into()],
/// );
/// let mismatch = wrong.expect_err("the rule is wrong");
/// assert_eq!(mismatch.claim(), Claim::FirstDerivatives);
/// let text = mismatch.to_string();
/// assert!(text.contains("output 0 at [0] along input 0 at [0]"), "{text}");
/// assert!(text.contains("recorded 0.5, measured 1.0"), "{text}");
/// ```
///
/// # Errors
/// The first claim that does not hold.
pub fn check_function(f: &Function<'_>, inputs: &[Value]) -> Result<(), Mismatch> {
    let subject = Subject::of_function(f, inputs);
    Claim::ALL.into_iter().try_for_each(|claim| claim.check(&subject))
}
