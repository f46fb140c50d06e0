//! NaN and infinities: found, replaced.
use crate::error::or_panic;
use crate::{DType, Error, Var};

impl Var<'_> {
    /// Whether each element is NaN, a `bool` array; never so for integers and truth values.
    ///
    /// ```
    /// use cinta_graph::Tape;
    /// let tape = Tape::new();
    /// let x = tape.var([1.0, f64::NAN, f64::INFINITY]);
    /// assert_eq!(x.is_nan().value(), ndarray::array![false, true, false]);
    /// ```
    #[must_use]
    #[track_caller]
    pub fn is_nan(self) -> Self {
        self.ne(self)
    }

    /// Whether each element is neither infinite nor NaN, a `bool` array.
    ///
    /// ```
    /// use cinta_graph::Tape;
    /// let tape = Tape::new();
    /// let x = tape.var([1.0, f64::NAN, f64::INFINITY]);
    /// assert_eq!(x.is_finite().value(), ndarray::array![true, false, false]);
    /// ```
    ///
    /// # Panics
    /// On integers and truth values.
    #[must_use]
    #[track_caller]
    pub fn is_finite(self) -> Self {
        or_panic(self.try_is_finite())
    }

    /// [`is_finite`](Self::is_finite), with the error returned.
    #[track_caller]
    pub fn try_is_finite(self) -> Result<Self, Error> {
        self.needs_float("is_finite")?;
        Ok(self.try_abs()?.lt(f64::INFINITY))
    }

    /// x where it is finite; 0 for NaN, the largest finite number of the dtype for ∞ and its negative for −∞.
    /// No derivative passes where x is replaced.
    ///
    /// ```
    /// use cinta_graph::Tape;
    /// let tape = Tape::new();
    /// let x = tape.var([1.5, f64::NAN, f64::NEG_INFINITY]);
    /// assert_eq!(x.nan_to_num().value(), ndarray::array![1.5, 0.0, f64::MIN]);
    /// assert_eq!(x.nan_to_num().sum().grad(x).value(), ndarray::array![1.0, 0.0, 0.0]);
    /// ```
    ///
    /// # Panics
    /// On integers and truth values.
    #[must_use]
    #[track_caller]
    pub fn nan_to_num(self) -> Self {
        or_panic(self.try_nan_to_num())
    }

    /// [`nan_to_num`](Self::nan_to_num), with the error returned.
    #[track_caller]
    pub fn try_nan_to_num(self) -> Result<Self, Error> {
        self.needs_float("nan_to_num")?;
        let largest = if self.dtype() == DType::F32 { f64::from(f32::MAX) } else { f64::MAX };
        let replacement = self.is_nan().try_select(0.0, self.try_sign()?.try_mul(largest)?)?;
        self.try_is_finite()?.try_select(self, replacement)
    }
}
