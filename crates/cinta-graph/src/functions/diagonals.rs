//! Diagonals of matrices and matrices with a diagonal: `diagonal`, `diag`, `matrix_trace`, and `tril`, `triu`.
use super::positions::{along, positions_from};
use crate::error::or_panic;
use crate::ops::pad::Pad;
use crate::ops::slice::Slice;
use crate::{Axes, Error, Shape, Var};

impl Var<'_> {
    /// The k-th diagonal of a matrix, or of each matrix of a batch (the last two axes, which give way to one at the
    /// end): 0 is the main one, positive ones lie above it, and one beyond the corners is empty.
    ///
    /// A slice of the matrix read row by row, so neither it nor its derivative looks at the other elements.
    ///
    /// ```
    /// use cinta_graph::Tape;
    /// use ndarray::array;
    /// let tape = Tape::new();
    /// let x = tape.var(array![[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]);
    /// assert_eq!(x.diagonal(0).value(), array![1.0, 5.0]);
    /// assert_eq!(x.diagonal(1).value(), array![2.0, 6.0]);
    /// assert_eq!(x.diagonal(-1).value(), array![4.0]);
    /// ```
    ///
    /// # Panics
    /// If there are fewer than two axes.
    #[must_use]
    #[track_caller]
    pub fn diagonal(self, k: isize) -> Self {
        or_panic(self.try_diagonal(k))
    }

    /// [`diagonal`](Self::diagonal), with the error returned.
    #[track_caller]
    pub fn try_diagonal(self, k: isize) -> Result<Self, Error> {
        let (batch, [rows, columns]) = self.matrices("diagonal")?;
        let skipped = k.unsigned_abs();
        let (start, length) = if k >= 0 {
            (skipped, rows.min(columns.saturating_sub(skipped)))
        } else {
            (skipped.saturating_mul(columns), columns.min(rows.saturating_sub(skipped)))
        };
        let mut slice = Slice::default();
        for &n in batch.iter() {
            slice.push(0..n, 1);
        }
        // Read row by row, the next element of a diagonal comes a row and a column later.
        let step = columns.saturating_add(1);
        let range = if length == 0 { 0..0 } else { start..start + (length - 1) * step + 1 };
        slice.push(range, step);
        let flat: Shape = batch.iter().copied().chain([rows * columns]).collect();
        let flat = self.try_reshape(flat)?;
        flat.tape().record(slice, &[flat])
    }

    /// The [`diagonal`](Self::diagonal) of the matrices that two axes make, the first counting rows. Both axes go,
    /// and the diagonal becomes the last.
    ///
    /// ```
    /// use cinta_graph::Tape;
    /// use ndarray::array;
    /// let tape = Tape::new();
    /// let x = tape.var(array![[[1.0, 2.0], [3.0, 4.0]], [[5.0, 6.0], [7.0, 8.0]]]);
    /// assert_eq!(x.diagonal_axes(0, 0, 1).value(), array![[1.0, 7.0], [2.0, 8.0]]);
    /// ```
    ///
    /// # Panics
    /// If there is no such axis, or both are the same.
    #[must_use]
    #[track_caller]
    pub fn diagonal_axes(self, k: isize, rows: isize, columns: isize) -> Self {
        or_panic(self.try_diagonal_axes(k, rows, columns))
    }

    /// [`diagonal_axes`](Self::diagonal_axes), with the error returned.
    #[track_caller]
    pub fn try_diagonal_axes(self, k: isize, rows: isize, columns: isize) -> Result<Self, Error> {
        let two = self.two_axes("diagonal", rows, columns)?;
        if two[0] == two[1] {
            let reason = format!("axis {} is named twice", two[0]);
            return Err(self.tape().type_error("diagonal", reason, &[&self.array_type()]));
        }
        let others = (0..self.rank()).filter(|axis| !two.contains(axis));
        let perm: Vec<isize> = others.chain(two).map(usize::cast_signed).collect();
        let ordered = if perm.is_sorted() { self } else { self.try_transpose(&perm)? };
        ordered.try_diagonal(k)
    }

    /// The sum of the main diagonal of a matrix, or of each matrix of a batch (the last two axes); other diagonals
    /// are `x.diagonal(k).sum_axes(-1)`.
    ///
    /// ```
    /// use cinta_graph::Tape;
    /// use ndarray::array;
    /// let tape = Tape::new();
    /// let x = tape.var(array![[1.0, 2.0], [3.0, 4.0]]);
    /// assert_eq!(x.matrix_trace().item(), 5.0);
    /// assert_eq!(x.matrix_trace().grad(x).value(), array![[1.0, 0.0], [0.0, 1.0]]);
    /// ```
    ///
    /// # Panics
    /// If there are fewer than two axes, and on truth values.
    #[must_use]
    #[track_caller]
    #[doc(alias = "trace")]
    pub fn matrix_trace(self) -> Self {
        or_panic(self.try_matrix_trace())
    }

    /// [`matrix_trace`](Self::matrix_trace), with the error returned.
    #[track_caller]
    pub fn try_matrix_trace(self) -> Result<Self, Error> {
        self.matrices("matrix_trace")?;
        self.try_diagonal(0)?.try_sum_axes(Axes::from(-1))
    }

    /// The square matrix with this vector as its k-th diagonal, and zeros elsewhere.
    ///
    /// The diagonal of a matrix is [`diagonal`](Self::diagonal); a batch of vectors goes through
    /// [`vmap`](crate::vmap).
    ///
    /// ```
    /// use cinta_graph::Tape;
    /// use ndarray::array;
    /// let tape = Tape::new();
    /// let x = tape.var([1.0, 2.0]);
    /// assert_eq!(x.diag(0).value(), array![[1.0, 0.0], [0.0, 2.0]]);
    /// assert_eq!(x.diag(-1).value(), array![[0.0, 0.0, 0.0], [1.0, 0.0, 0.0], [0.0, 2.0, 0.0]]);
    /// ```
    ///
    /// # Panics
    /// If this is no vector, or the matrix is too large for memory.
    #[must_use]
    #[track_caller]
    pub fn diag(self, k: isize) -> Self {
        or_panic(self.try_diag(k))
    }

    /// [`diag`](Self::diag), with the error returned.
    #[track_caller]
    pub fn try_diag(self, k: isize) -> Result<Self, Error> {
        let ty = self.array_type();
        let types = [&ty];
        let refuse = self.tape().refusing("diag", &types);
        let &[n] = &ty.shape[..] else {
            return Err(refuse("makes a matrix of a vector; diagonal takes that of a matrix".to_owned()));
        };
        let skipped = k.unsigned_abs();
        let size = n.saturating_add(skipped);
        let shape = Shape::from([size, size]);
        shape.check_size().map_err(refuse)?;
        // Read row by row: `size` zeros between two elements of the diagonal, the rest before and after.
        let span = if n == 0 { 0 } else { (n - 1) * (size + 1) + 1 };
        let low = if k >= 0 { skipped } else { skipped * size };
        let mut pad = Pad::default();
        pad.push(low, size * size - span - low, size);
        self.tape().record(pad, &[self])?.try_reshape(shape)
    }

    /// The lower triangle: a matrix, or each matrix of a batch (the last two axes), with zeros above its k-th
    /// [`diagonal`](Self::diagonal).
    ///
    /// ```
    /// use cinta_graph::Tape;
    /// use ndarray::array;
    /// let tape = Tape::new();
    /// let x = tape.var(array![[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]);
    /// assert_eq!(x.tril(0).value(), array![[1.0, 0.0, 0.0], [4.0, 5.0, 0.0]]);
    /// assert_eq!(x.tril(-1).value(), array![[0.0, 0.0, 0.0], [4.0, 0.0, 0.0]]);
    /// ```
    ///
    /// # Panics
    /// If there are fewer than two axes.
    #[must_use]
    #[track_caller]
    pub fn tril(self, k: isize) -> Self {
        or_panic(self.try_tril(k))
    }

    /// [`tril`](Self::tril), with the error returned.
    #[track_caller]
    pub fn try_tril(self, k: isize) -> Result<Self, Error> {
        let [last, columns] = self.columns_beside("tril", k)?;
        columns.le(last).try_select(self, self.zeros_like())
    }

    /// The upper triangle: a matrix, or each matrix of a batch (the last two axes), with zeros below its k-th
    /// [`diagonal`](Self::diagonal).
    ///
    /// ```
    /// use cinta_graph::Tape;
    /// use ndarray::array;
    /// let tape = Tape::new();
    /// let x = tape.var(array![[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]);
    /// assert_eq!(x.triu(0).value(), array![[1.0, 2.0, 3.0], [0.0, 5.0, 6.0]]);
    /// assert_eq!(x.triu(1).value(), array![[0.0, 2.0, 3.0], [0.0, 0.0, 6.0]]);
    /// ```
    ///
    /// # Panics
    /// If there are fewer than two axes.
    #[must_use]
    #[track_caller]
    pub fn triu(self, k: isize) -> Self {
        or_panic(self.try_triu(k))
    }

    /// [`triu`](Self::triu), with the error returned.
    #[track_caller]
    pub fn try_triu(self, k: isize) -> Result<Self, Error> {
        let [first, columns] = self.columns_beside("triu", k)?;
        columns.ge(first).try_select(self, self.zeros_like())
    }

    /// For each row the column of its k-th diagonal, and the columns: constants whose comparison is a triangle.
    #[track_caller]
    fn columns_beside(self, name: &str, k: isize) -> Result<[Self; 2], Error> {
        let (_, [rows, columns]) = self.matrices(name)?;
        let ty = self.array_type();
        let types = [&ty];
        let refuse = self.tape().refusing(name, &types);
        let on_diagonal = positions_from(k as i64, rows).map_err(refuse)?;
        let columns = positions_from(0, columns).map_err(refuse)?;
        let on_diagonal = self.tape().constant(on_diagonal).try_reshape(along(0, rows, 2))?;
        Ok([on_diagonal, self.tape().constant(columns)])
    }

    /// The leading axes, and how many rows and columns the matrices of the last two have.
    #[track_caller]
    fn matrices(self, name: &str) -> Result<(Shape, [usize; 2]), Error> {
        let ty = self.array_type();
        match &ty.shape[..] {
            [batch @ .., rows, columns] => Ok((batch.into(), [*rows, *columns])),
            _ => Err(self.tape().type_error(name, "needs a matrix, or a batch of them", &[&ty])),
        }
    }
}
