//! The claims, in the order in which they are checked.
use std::fmt;

use cinta_graph::ops::Sample;
use cinta_graph::{Value, Var};

use crate::subject::Subject;
use crate::{Mismatch, batch, compiled, derivatives, fan_out, graph, layout, masks, precision, text, value};

/// A recorded function: what is checked. It must record the same operations whenever it is called.
pub type Function<'f> = dyn for<'t> Fn(&[Var<'t>]) -> Var<'t> + 'f;

/// Something that is true of every correct operation and function.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Claim {
    /// The value is the expected one, to the ULP stated; NaN only where NaN is expected, infinities with their sign.
    Value,
    /// Every evaluated type is the inferred one, and the graph verifies.
    Graph,
    /// The printed graph reads back as the same graph, with the same values.
    Text,
    /// The bits of value and gradient depend on the numbers of the inputs, not on their layout in memory.
    Layout,
    /// The function over a batch is a loop of the function, whichever inputs are batched and along which axes, in
    /// batches of batches too. So are its derivatives to second order, and those of the batch are the loop's.
    Batch,
    /// Pushforward and pullback are each other's adjoint, and both agree with difference quotients.
    FirstDerivatives,
    /// The same of the gradient and of the pushforward.
    SecondDerivatives,
    /// The same of the gradient of the gradient.
    ThirdDerivatives,
    /// Zeros that a choice put into a derivative stay zeros, at poles too.
    Masks,
    /// One variable in two places gets the sum of what two variables get.
    FanOut,
    /// A compiled program gives what the interpreter gives, of the value and of the gradient.
    Program,
    /// The same in `f32`, to its accuracy.
    Precision,
}

impl Claim {
    /// Every claim, in the order of checking: the ones that explain the others come first.
    pub const ALL: [Self; 12] = [
        Self::Value,
        Self::Graph,
        Self::Text,
        Self::Layout,
        Self::Batch,
        Self::FirstDerivatives,
        Self::SecondDerivatives,
        Self::ThirdDerivatives,
        Self::Masks,
        Self::FanOut,
        Self::Program,
        Self::Precision,
    ];

    /// Checks this claim of a sample of an operation.
    ///
    /// # Errors
    /// What does not hold.
    pub fn check_sample(self, sample: &Sample) -> Result<(), Mismatch> {
        self.check(&Subject::of_sample(sample))
    }

    /// Checks this claim of a recorded function at a point.
    ///
    /// # Errors
    /// What does not hold.
    pub fn check_function(self, f: &Function<'_>, inputs: &[Value]) -> Result<(), Mismatch> {
        self.check(&Subject::of_function(f, inputs))
    }

    pub(crate) fn check(self, subject: &Subject<'_>) -> Result<(), Mismatch> {
        match self {
            Self::Value => value::check(subject),
            Self::Graph => graph::check(subject),
            Self::Text => text::check(subject),
            Self::Layout => layout::check(subject),
            Self::Batch => batch::check(subject),
            Self::FirstDerivatives => derivatives::check(subject, 1),
            Self::SecondDerivatives => derivatives::check(subject, 2),
            Self::ThirdDerivatives => derivatives::check(subject, 3),
            Self::Masks => masks::check(subject),
            Self::FanOut => fan_out::check(subject),
            Self::Program => compiled::check(subject),
            Self::Precision => precision::check(subject),
        }
    }
}

impl fmt::Display for Claim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Value => "value",
            Self::Graph => "graph",
            Self::Text => "text",
            Self::Layout => "layout",
            Self::Batch => "batch",
            Self::FirstDerivatives => "first derivatives",
            Self::SecondDerivatives => "second derivatives",
            Self::ThirdDerivatives => "third derivatives",
            Self::Masks => "masks",
            Self::FanOut => "fan-out",
            Self::Program => "program",
            Self::Precision => "precision",
        })
    }
}
