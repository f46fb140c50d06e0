//! Where a function may be evaluated.
/// Where an input may be: no step leaves it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Domain {
    /// Numbers above 0.
    Positive,
    /// Numbers from one bound to the other, both included.
    Bounds(f64, f64),
    /// Numbers from 0 whose sum stays what it is: probabilities. What counts of the gradient is then how its entries
    /// differ, so each is measured against that of the largest entry of the input.
    Simplex,
    /// Symmetric positive definite matrices, in the last two axes. An entry and its mirror image move together, so what
    /// counts of the gradient is the sum of the two.
    PositiveDefinite,
}

impl Domain {
    pub(crate) fn bounds(self) -> (f64, f64) {
        match self {
            Self::Positive => (f64::MIN_POSITIVE, f64::INFINITY),
            Self::Bounds(low, high) => (low, high),
            Self::Simplex => (0.0, f64::INFINITY),
            Self::PositiveDefinite => (f64::NEG_INFINITY, f64::INFINITY),
        }
    }
}
