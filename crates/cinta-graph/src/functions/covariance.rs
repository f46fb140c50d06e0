//! Covariances and correlations of variables.
use crate::error::or_panic;
use crate::{Error, Var, keepdims};

impl Var<'_> {
    /// The matrix of covariances Σₖ (xᵢₖ − meanᵢ)(xⱼₖ − meanⱼ)/(n − ddof) of the rows of a matrix: one variable a row,
    /// one observation a column, as in NumPy (whose `ddof` is 1 unless said). Of a vector, its variance; more axes in
    /// front are a batch of matrices.
    ///
    /// One matrix product; a large common offset of a variable does no harm. With no more than `ddof` observations the
    /// division is by 0, as in IEEE arithmetic.
    ///
    /// ```
    /// use cinta_graph::Tape;
    /// use ndarray::array;
    /// let tape = Tape::new();
    /// let x = tape.var(array![[1.0, 2.0, 3.0], [6.0, 4.0, 2.0]]);
    /// assert_eq!(x.covariance(1).value(), array![[1.0, -2.0], [-2.0, 4.0]]);
    /// ```
    ///
    /// # Panics
    /// On scalars, and on integers and truth values.
    #[must_use]
    #[track_caller]
    pub fn covariance(self, ddof: usize) -> Self {
        or_panic(self.try_covariance(ddof))
    }

    /// [`covariance`](Self::covariance), with the error returned.
    #[track_caller]
    pub fn try_covariance(self, ddof: usize) -> Result<Self, Error> {
        let (deviations, _, n) = self.deviations("covariance", (-1).into())?;
        deviations.products_of_rows()?.try_div(n.saturating_sub(ddof) as f64)
    }

    /// The matrix of correlations of the rows of a matrix, covariances over both standard deviations: numbers from
    /// −1 to 1. Shapes are those of [`covariance`](Self::covariance). Nothing overflows on the way; a variable that does
    /// not vary has the correlation NaN.
    ///
    /// ```
    /// use cinta_graph::Tape;
    /// use ndarray::array;
    /// let tape = Tape::new();
    /// let x = tape.var(array![[1.0, 2.0, 3.0], [6e200, 4e200, 2e200]]);
    /// let r = x.correlation().to_array::<f64>();
    /// assert!((r[[0, 1]] + 1.0).abs() < 1e-15);
    /// ```
    ///
    /// # Panics
    /// On scalars, and on integers and truth values.
    #[must_use]
    #[track_caller]
    pub fn correlation(self) -> Self {
        or_panic(self.try_correlation())
    }

    /// [`correlation`](Self::correlation), with the error returned.
    #[track_caller]
    pub fn try_correlation(self) -> Result<Self, Error> {
        let (deviations, ..) = self.deviations("correlation", (-1).into())?;
        let r = deviations.try_div(deviations.try_norm_axes(keepdims(-1))?)?.products_of_rows()?;
        // What rounding puts past ±1 comes back, which derivatives need not know.
        let fixed = r.try_stop_gradient()?;
        r.try_add(fixed.try_clip(-1.0, 1.0)?.try_sub(fixed)?)
    }

    /// x xᵀ of the last two axes; of a vector, xᵀx.
    #[track_caller]
    fn products_of_rows(self) -> Result<Self, Error> {
        let rank = self.rank();
        if rank < 2 {
            return self.try_matmul(self);
        }
        let mut perm: Vec<isize> = (0..rank).map(usize::cast_signed).collect();
        perm.swap(rank - 2, rank - 1);
        self.try_matmul(self.try_transpose(&perm)?)
    }
}
