//! The Kronecker product, and grids of coordinates.
use super::positions::along;
use crate::error::or_panic;
use crate::operand::unspread;
use crate::ops::same_dtype;
use crate::{ArrayType, Error, Operand, Shape, Var};

impl<'t> Var<'t> {
    /// The Kronecker product A ⊗ B: each entry of A times all of B, as blocks; of matrices m×n and p×q it is mp×nq.
    ///
    /// Leading axes are those of a batch, and broadcast. A vector beside a matrix counts as a row; of two vectors
    /// the product is a vector.
    ///
    /// ```
    /// use cinta_graph::Tape;
    /// use ndarray::array;
    /// let tape = Tape::new();
    /// let a = tape.var(array![[1.0, 2.0]]);
    /// let b = tape.var(array![[1.0, 10.0], [0.0, 3.0]]);
    /// assert_eq!(a.kron(b).value(), array![[1.0, 10.0, 2.0, 20.0], [0.0, 3.0, 0.0, 6.0]]);
    /// ```
    ///
    /// # Panics
    /// On scalars and truth values, or if dtypes differ, leading axes do not broadcast, or the product is too large
    /// for memory.
    #[must_use]
    #[track_caller]
    pub fn kron(self, other: impl Operand<'t>) -> Self {
        or_panic(self.try_kron(other))
    }

    /// [`kron`](Self::kron), with the error returned.
    #[track_caller]
    pub fn try_kron(self, other: impl Operand<'t>) -> Result<Self, Error> {
        let other = unspread(other, self.dtype(), self, "kron")?;
        let (a, b) = (self.array_type(), other.array_type());
        let types = [&a, &b];
        let refuse = self.tape().refusing("kron", &types);
        same_dtype(&types).map_err(refuse)?;
        let vectors = a.shape.rank() == 1 && b.shape.rank() == 1;
        let ([m, n], [p, q]) = (as_matrix(&a.shape).map_err(refuse)?, as_matrix(&b.shape).map_err(refuse)?);
        let batch = leading(&a.shape).broadcast(&leading(&b.shape)).map_err(refuse)?;
        let end = |last: &[usize]| batch.iter().chain(last).copied().collect::<Shape>();
        end(&[m, p, n, q]).check_size().map_err(refuse)?;
        // Rows of A before those of B, columns likewise: a product of each with each in the right order.
        let blocks = |shape: &Shape, last: [usize; 4]| leading(shape).iter().copied().chain(last).collect::<Shape>();
        let left = self.try_reshape(blocks(&a.shape, [m, 1, n, 1]))?;
        let product = left.try_mul(other.try_reshape(blocks(&b.shape, [1, p, 1, q]))?)?;
        product.try_reshape(if vectors { Shape::from([n * q]) } else { end(&[m * p, n * q]) })
    }
}

/// Rows and columns of the last two axes; a vector is a row.
fn as_matrix(shape: &Shape) -> Result<[usize; 2], String> {
    match shape[..] {
        [.., rows, columns] => Ok([rows, columns]),
        [columns] => Ok([1, columns]),
        [] => Err("needs matrices or vectors, not scalars; use *".to_owned()),
    }
}

/// The axes before the last two.
fn leading(shape: &Shape) -> Shape {
    shape[..shape.rank().saturating_sub(2)].into()
}

/// Which coordinate runs along which axis of a grid.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Grid {
    /// The i-th coordinate along the i-th axis, as the indices of a matrix.
    Ij,
    /// The first coordinate along the second axis and the second along the first, as x and y in a picture.
    Xy,
}

/// The coordinates of all points of a grid, from the coordinates along each axis: one array for each, all of the
/// shape of the grid. They are views and cost nothing.
///
/// ```
/// use cinta_graph::{Grid, Tape, meshgrid};
/// use ndarray::array;
/// let tape = Tape::new();
/// let (x, y) = (tape.var([1.0, 2.0, 3.0]), tape.var([10.0, 20.0]));
/// let [xs, ys] = meshgrid([x, y], Grid::Xy);
/// assert_eq!(xs.value(), array![[1.0, 2.0, 3.0], [1.0, 2.0, 3.0]]);
/// assert_eq!(ys.value(), array![[10.0, 10.0, 10.0], [20.0, 20.0, 20.0]]);
/// let [i, _] = meshgrid([x, y], Grid::Ij);
/// assert_eq!(i.shape().as_slice(), [3, 2]);
/// ```
///
/// # Panics
/// If one of them is no vector, or the grid is too large for memory.
#[must_use]
#[track_caller]
pub fn meshgrid<const N: usize>(coordinates: [Var<'_>; N], order: Grid) -> [Var<'_>; N] {
    or_panic(try_meshgrid(coordinates, order))
}

/// [`meshgrid`], with the error returned.
#[track_caller]
pub fn try_meshgrid<const N: usize>(coordinates: [Var<'_>; N], order: Grid) -> Result<[Var<'_>; N], Error> {
    let Some(first) = coordinates.first() else { return Ok(coordinates) };
    let types = coordinates.map(Var::array_type);
    let types: [&ArrayType; N] = types.each_ref();
    let refuse = first.tape().refusing("meshgrid", &types);
    if let Some(ty) = types.iter().find(|ty| ty.shape.rank() != 1) {
        return Err(refuse(format!("the coordinates along an axis should be a vector, not {}", ty.shape)));
    }
    let axis = |i: usize| if order == Grid::Xy && N > 1 && i < 2 { 1 - i } else { i };
    let shape: Shape = (0..N).map(|i| types[axis(i)].shape[0]).collect();
    shape.check_size().map_err(refuse)?;
    let mut grid = coordinates;
    for (i, coordinate) in grid.iter_mut().enumerate() {
        let line = coordinate.try_reshape(along(axis(i), types[i].shape[0], N))?;
        *coordinate = line.try_broadcast_to(&shape)?;
    }
    Ok(grid)
}
