//! Where a function may be evaluated.
use std::ops::Range;

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
}

impl Domain {
    pub(crate) fn bounds(self) -> (f64, f64) {
        match self {
            Self::Positive => (f64::MIN_POSITIVE, f64::INFINITY),
            Self::Bounds(low, high) => (low, high),
            Self::Simplex => (0.0, f64::INFINITY),
        }
    }

    pub(crate) fn simplex(self, range: &Range<usize>) -> Option<Range<usize>> {
        (self == Self::Simplex).then(|| range.clone())
    }
}
