//! Inverses, powers and least squares, made of `solve`, `qr` and products.
use crate::error::or_panic;
use crate::ops::matrices::identity_like;
use crate::ops::triangular_solve::Triangle;
use crate::{Error, Operand, Var, keepdims};

impl<'t> Var<'t> {
    /// The inverse of each matrix in the last two axes: [`solve`](Self::solve) with the identity. To multiply an
    /// inverse by something, solve with that instead: it is cheaper and more exact. Cost: 8n³/3.
    ///
    /// A singular matrix, or one that is not finite, gives NaN.
    ///
    /// ```
    /// use cinta_graph::Tape;
    /// use ndarray::array;
    /// let tape = Tape::new();
    /// let a = tape.var(array![[2.0, 0.0], [0.0, 4.0]]);
    /// assert_eq!(a.inv().value(), array![[0.5, 0.0], [0.0, 0.25]]);
    /// ```
    ///
    /// # Panics
    /// If the last two axes differ in size, there are fewer, or the dtype is no float.
    #[must_use]
    #[track_caller]
    pub fn inv(self) -> Self {
        or_panic(self.try_inv())
    }

    /// [`inv`](Self::inv), with the error returned.
    #[track_caller]
    pub fn try_inv(self) -> Result<Self, Error> {
        self.check_square("inv")?;
        self.try_solve(identity_like(self)?)
    }

    /// Aⁿ for each matrix in the last two axes, by repeated squaring: 2 log₂ n products at most. A⁰ = I, with
    /// derivative 0; negative powers are those of the [inverse](Self::inv).
    ///
    /// ```
    /// use cinta_graph::Tape;
    /// use ndarray::array;
    /// let tape = Tape::new();
    /// let a = tape.var(array![[1.0, 1.0], [1.0, 0.0]]);
    /// assert_eq!(a.matrix_power(10).value(), array![[89.0, 55.0], [55.0, 34.0]]);
    /// assert_eq!(a.matrix_power(-1).value(), array![[0.0, 1.0], [1.0, -1.0]]);
    /// ```
    ///
    /// # Panics
    /// If the last two axes differ in size, there are fewer, or the dtype is no float.
    #[must_use]
    #[track_caller]
    pub fn matrix_power(self, n: i32) -> Self {
        or_panic(self.try_matrix_power(n))
    }

    /// [`matrix_power`](Self::matrix_power), with the error returned.
    #[track_caller]
    pub fn try_matrix_power(self, n: i32) -> Result<Self, Error> {
        self.check_square("matrix_power")?;
        if n == 0 {
            // Still a function of this, so that its derivative is a zero and no error.
            let never = self.tape().constant(false).try_broadcast_to(self.shape())?;
            return never.try_select(self, identity_like(self)?);
        }
        let mut square = if n < 0 { self.try_inv()? } else { self };
        let mut power = None;
        let mut rest = n.unsigned_abs();
        loop {
            if rest % 2 == 1 {
                power = Some(match power {
                    None => square,
                    Some(power) => square.try_matmul(power)?,
                });
            }
            rest /= 2;
            match power {
                Some(power) if rest == 0 => return Ok(power),
                _ => square = square.try_matmul(square)?,
            }
        }
    }

    /// x that makes |A x − b|² least, by the QR factorisation, for each matrix A in the last two axes: of a tall A the
    /// one least-squares solution, of a wide A the shortest x with A x = b. A 1-d b is a vector, any other b is
    /// matrices of columns; leading axes broadcast. Cost: 6mnk with k = min(m, n).
    ///
    /// Rows or columns that depend on each other, to rounding, leave x undefined: it is NaN then. So is it where A is
    /// not finite.
    ///
    /// ```
    /// use cinta_graph::Tape;
    /// use ndarray::array;
    /// let tape = Tape::new();
    /// let a = tape.var(array![[1.0, 0.0], [1.0, 1.0], [1.0, 2.0]]);
    /// let x = a.lstsq([1.0, 3.0, 5.0]); // the line 1 + 2t
    /// assert!((x - array![1.0, 2.0]).norm().item() < 1e-14);
    /// ```
    ///
    /// # Panics
    /// If this has fewer than two axes, b another number of rows, leading axes do not broadcast, or dtypes are not one
    /// float type.
    #[must_use]
    #[track_caller]
    pub fn lstsq(self, b: impl Operand<'t>) -> Self {
        or_panic(self.try_lstsq(b))
    }

    /// [`lstsq`](Self::lstsq), with the error returned.
    #[track_caller]
    pub fn try_lstsq(self, b: impl Operand<'t>) -> Result<Self, Error> {
        let b = b.try_like(self, "lstsq")?;
        let (ty, right) = (self.array_type(), b.array_type());
        let types = [&ty, &right];
        let refuse = self.tape().refusing("lstsq", &types);
        let &[.., rows, columns] = &ty.shape[..] else {
            return Err(refuse("needs a matrix, or matrices in the last two axes".to_owned()));
        };
        if ty.dtype != right.dtype || !ty.dtype.is_float() {
            return Err(refuse("needs one float type; use cast".to_owned()));
        }
        let vector = right.shape.rank() == 1;
        let b = if vector { b.try_reshape([b.size(), 1])? } else { b };
        let b_rows = b.shape().iter().rev().nth(1).copied();
        if b_rows != Some(rows) {
            return Err(refuse(format!("{rows} equations, but {} rows on the right", b_rows.unwrap_or_default())));
        }
        let tall = rows >= columns;
        let (q, r) = if tall { self } else { self.t() }.try_qr()?;
        let x = if tall {
            r.try_triangular_solve(q.t().try_matmul(b)?, Triangle::UPPER)?
        } else {
            q.try_matmul(r.try_triangular_solve(b, Triangle::UPPER.transposed())?)?
        };
        let x = full_rank(r, rows.max(columns))?.try_select(x, f64::NAN)?;
        if vector { x.try_reshape(x.shape().without(&[x.rank() - 1])) } else { Ok(x) }
    }

    #[track_caller]
    fn check_square(self, name: &str) -> Result<(), Error> {
        let ty = self.array_type();
        crate::ops::matrices::check_square(&ty).map(|_| ()).map_err(self.tape().refusing(name, &[&ty]))
    }
}

/// Whether the columns of A = Q R are independent: whether each diagonal entry of R, the part of a column that is
/// new, is more than a rounding error of that column. One condition a matrix, with two axes of size 1.
#[track_caller]
fn full_rank(r: Var<'_>, size: usize) -> Result<Var<'_>, Error> {
    let epsilon = if r.dtype() == crate::DType::F32 { f64::from(f32::EPSILON) } else { f64::EPSILON };
    let r = r.try_stop_gradient()?;
    let new = r.try_mul(identity_like(r)?)?.try_norm_axes(keepdims(-2))?;
    let whole = r.try_norm_axes(keepdims(-2))?;
    let dependent = new.try_compare(crate::ops::compare::Compare::Le, whole.try_mul(size as f64 * epsilon)?)?;
    let count = dependent.try_cast(r.dtype())?.try_sum_axes(keepdims(-1))?;
    count.try_compare(crate::ops::compare::Compare::Eq, 0.0)
}
