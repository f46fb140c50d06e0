//! Euclidean norms, right where squares would overflow or vanish, and at the kink.
use crate::error::or_panic;
use crate::{ArrayType, Axes, DType, Error, Var};

impl Var<'_> {
    /// The Euclidean norm √(Σ xᵢ²) of all elements, a scalar.
    ///
    /// Nothing overflows or vanishes on the way: `[3e200, 4e200]` has the norm 5e200, and its gradient is
    /// `[0.6, 0.8]` as that of `[3e-320, 4e-320]`. At 0, the kink, the derivative is 0, a subgradient.
    ///
    /// ```
    /// use cinta_graph::Tape;
    /// use ndarray::array;
    /// let tape = Tape::new();
    /// assert_eq!(tape.var([2e200, 0.0]).norm().item(), 2e200);
    /// let x = tape.var([1.0, 1.0, -1.0, 1.0]);
    /// assert_eq!(x.norm().item(), 2.0);
    /// assert_eq!(x.norm().grad(x).value(), array![0.5, 0.5, -0.5, 0.5]);
    /// let zero = tape.var([0.0, 0.0]);
    /// assert_eq!(zero.norm().grad(zero).value(), array![0.0, 0.0]);
    /// ```
    ///
    /// # Panics
    /// On integers and truth values.
    #[must_use]
    #[track_caller]
    pub fn norm(self) -> Self {
        or_panic(self.try_norm())
    }

    /// [`norm`](Self::norm), with the error returned.
    #[track_caller]
    pub fn try_norm(self) -> Result<Self, Error> {
        self.try_norm_axes(Axes::all())
    }

    /// The [`norm`](Self::norm) along some axes: one, several, kept as 1 with [`keepdims`](crate::keepdims).
    ///
    /// ```
    /// use cinta_graph::Tape;
    /// use ndarray::array;
    /// let tape = Tape::new();
    /// let x = tape.var(array![[3.0, 4.0], [5.0, 12.0]]);
    /// assert_eq!(x.norm_axes(1).value(), array![5.0, 13.0]);
    /// ```
    ///
    /// # Panics
    /// If an axis does not exist or is named twice, and on integers and truth values.
    #[must_use]
    #[track_caller]
    pub fn norm_axes(self, axes: impl Into<Axes>) -> Self {
        or_panic(self.try_norm_axes(axes))
    }

    /// [`norm_axes`](Self::norm_axes), with the error returned.
    #[track_caller]
    pub fn try_norm_axes(self, axes: impl Into<Axes>) -> Result<Self, Error> {
        let axes = axes.into();
        self.needs_float("norm")?;
        let list = self.resolve_axes("norm", &axes)?;
        let shape = self.shape();
        let scale = self.power_scale(&list)?;
        // The reciprocal is exact too, and a product takes less than a quotient.
        let squares = self.try_mul(scale.try_reciprocal()?)?.try_square()?.try_sum_to(shape.keeping(&list))?;
        let norm = squares.try_root()?.try_mul(scale)?;
        if axes.keepdims { Ok(norm) } else { norm.try_reshape(shape.without(&list)) }
    }

    /// √x, passing no derivative where x = 0, the kink of a norm.
    #[track_caller]
    pub(crate) fn try_root(self) -> Result<Self, Error> {
        self.eq(0.0).try_select(self.zeros_like(), self.try_sqrt()?)
    }

    /// A power of two for each lane (axes kept as 1) by which to divide before squaring and to multiply after
    /// the root, both exact: 1, but where the squares would overflow or vanish. A constant to derivatives.
    #[track_caller]
    pub(crate) fn power_scale(self, axes: &[usize]) -> Result<Self, Error> {
        let ty = ArrayType::new(self.dtype(), self.shape().keeping(axes));
        // Not a closure, which would hide the caller's line.
        let [one, small, large] = {
            // Sums of squares from 2⁻ᵇ to 2ᵇ have all their digits; dividing by 2⁻ᵇ or 2ᵇ brings the elements of others near it.
            let b = if ty.dtype == DType::F32 { 100 } else { 664 };
            [0, -b, b].map(|exponent| 2.0_f64.powi(exponent))
        };
        let tape = self.tape();
        if self.size() == 0 {
            return Ok(tape.full(&ty, one));
        }
        let squares = self.try_square()?.try_sum_to(&ty.shape)?;
        let of_large = squares.gt(large).try_select(tape.full(&ty, large), tape.full(&ty, one))?;
        squares.lt(small).try_select(tape.full(&ty, small), of_large)
    }

    /// Refuses what is not a float, in the name of a function.
    #[track_caller]
    pub(super) fn needs_float(self, name: &str) -> Result<(), Error> {
        let ty = self.array_type();
        if ty.dtype.is_float() {
            return Ok(());
        }
        let reason = format!("needs f64 or f32, not {}; use cast", ty.dtype);
        Err(self.tape().type_error(name, reason, &[&ty]))
    }
}
