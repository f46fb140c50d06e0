//! What the operations of linear algebra share: the matrices of a batch as the library behind them sees them,
//! type rules, constants.
//!
//! Every matrix is computed with in `f64`; results in `f32` are rounded once. A matrix that has no result
//! (singular, not finite) gives one of NaNs, and leaves the others of its batch alone.
use std::iter::repeat_n;

use faer::{ColRef, Mat, MatRef};
use ndarray::Array2;

use super::room::{elements, room_for};
use super::sample::spread_array;
use super::{Batched, Delta, same_dtype};
use crate::value::each_dtype;
use crate::{ArrayType, DType, Element, Error, Shape, Value, Var, keepdims};

/// The matrices in the last two axes of an array.
pub(super) struct Matrices {
    numbers: Vec<f64>,
    size: [usize; 2],
    /// How many there are.
    pub(super) count: usize,
}

impl Matrices {
    /// Of a value that the type rule found to have two axes or more.
    pub(super) fn of(x: &Value) -> Result<Self, String> {
        let numbers = match x.dtype() {
            DType::F32 => elements::<f32>(x)?.into_iter().map(f64::from).collect(),
            _ => elements::<f64>(x)?,
        };
        let (batch, size) = split(&x.shape());
        Ok(Self { numbers, size, count: batch.size() })
    }

    /// One of them.
    pub(super) fn get(&self, index: usize) -> MatRef<'_, f64> {
        let [rows, columns] = self.size;
        let length = rows * columns;
        MatRef::from_row_major_slice(&self.numbers[index * length..][..length], rows, columns)
    }
}

/// Leading axes, and the rows and columns of what lies in the last two.
pub(super) fn split(shape: &Shape) -> (Shape, [usize; 2]) {
    let (batch, &size) = shape.split_last_chunk().expect("the type rule wants matrices");
    (batch.into(), size)
}

/// A batch of matrices as an array; NaNs for `None`.
pub(super) fn gather(
    output: &ArrayType,
    count: usize,
    matrix: impl Fn(usize) -> Option<Mat<f64>>,
) -> Result<Value, String> {
    let (_, [rows, columns]) = split(&output.shape);
    let mut numbers = room_for(&output.shape)?;
    // Nothing is asked of the library where there is nothing to compute.
    let count = if rows * columns == 0 { 0 } else { count };
    for index in 0..count {
        match matrix(index) {
            Some(matrix) => (0..rows).for_each(|row| numbers.extend(matrix.row(row).iter())),
            None => numbers.extend(repeat_n(f64::NAN, rows * columns)),
        }
    }
    Ok(array(numbers, output))
}

/// Numbers in row-major order as an array.
pub(super) fn array(numbers: Vec<f64>, output: &ArrayType) -> Value {
    each_dtype!(output.dtype, T => {
        Value::row_major(numbers.into_iter().map(T::from_f64).collect(), &output.shape)
    })
}

/// Whether every entry is a number.
pub(super) fn is_finite(a: MatRef<'_, f64>) -> bool {
    a.is_all_finite()
}

/// Whether every entry is 0.
pub(super) fn is_zero(a: MatRef<'_, f64>) -> bool {
    a.col_iter().all(|column| column.iter().all(|x| *x == 0.0))
}

/// (A + Aᵀ)/2, without overflow.
pub(super) fn symmetric_part(a: MatRef<'_, f64>) -> Mat<f64> {
    Mat::from_fn(a.nrows(), a.ncols(), |i, j| 0.5 * a[(i, j)] + 0.5 * a[(j, i)])
}

/// The matrix with its largest entry near 1, and the power of two that it was divided by, so that squares of
/// entries neither overflow nor vanish.
pub(super) fn scaled(a: MatRef<'_, f64>) -> (Mat<f64>, f64) {
    let largest = a.norm_max();
    let exponent = if largest > 0.0 { libm::ilogb(largest).clamp(-1000, 1000) } else { 0 };
    let (up, down) = (libm::scalbn(1.0, exponent), libm::scalbn(1.0, -exponent));
    (Mat::from_fn(a.nrows(), a.ncols(), |i, j| a[(i, j)] * down), up)
}

/// The sign that makes the first entry of at least half the largest magnitude positive: a choice that small
/// changes do not turn over, as they would that of the largest entry where two are equally large.
pub(super) fn orientation(vector: ColRef<'_, f64>) -> f64 {
    let largest = vector.norm_max();
    vector.iter().find(|x| x.abs() >= 0.5 * largest).map_or(1.0, |&x| 1.0_f64.copysign(x))
}

/// Refuses what is not a float, or not a batch of matrices.
pub(super) fn check_matrices(ty: &ArrayType) -> Result<[usize; 2], String> {
    if !ty.dtype.is_float() {
        return Err(format!("needs f64 or f32, not {}; use cast", ty.dtype));
    }
    match ty.shape[..] {
        [.., rows, columns] => Ok([rows, columns]),
        _ => Err(format!("needs a matrix, or matrices in the last two axes, not an array of shape {}", ty.shape)),
    }
}

/// Refuses matrices that are not square.
pub(crate) fn check_square(ty: &ArrayType) -> Result<usize, String> {
    let [rows, columns] = check_matrices(ty)?;
    if rows == columns { Ok(rows) } else { Err(format!("needs square matrices, not {rows} by {columns}")) }
}

/// The type of X in A X = B, where leading axes are the same.
pub(super) fn solution_type(inputs: &[&ArrayType]) -> Result<ArrayType, String> {
    same_dtype(inputs)?;
    let n = check_square(inputs[0])?;
    let [rows, _] = check_matrices(inputs[1])?;
    if split(&inputs[0].shape).0 != split(&inputs[1].shape).0 {
        return Err("leading axes differ; broadcast them first".to_owned());
    }
    if n == rows { Ok(inputs[1].clone()) } else { Err(format!("{n} unknowns, but {rows} rows on the right")) }
}

/// A solve of a batch. One matrix for the whole batch is factorised once: the right sides become its columns.
pub(super) fn batch_of_solves<'t>(
    inputs: &[Batched<'t>],
    size: usize,
    solve: impl Fn(Var<'t>, Var<'t>) -> Result<Var<'t>, Error>,
) -> Result<Var<'t>, Error> {
    let [a, b] = [inputs[0], inputs[1]];
    if a.batched || !b.batched {
        return solve(a.spread(size), b.spread(size));
    }
    let shape = b.var.shape();
    let (batch, [rows, columns]) = split(&shape);
    // The batch axis goes beside the columns, and back.
    let rank = shape.rank().cast_signed();
    let inward: Vec<isize> = (1..rank - 1).chain([0, rank - 1]).collect();
    let outward: Vec<isize> = [rank - 2].into_iter().chain(0..rank - 2).chain([rank - 1]).collect();
    let leading = &batch[1..];
    let wide: Shape = leading.iter().copied().chain([rows, size * columns]).collect();
    let apart: Shape = leading.iter().copied().chain([rows, size, columns]).collect();
    let x = solve(a.var, b.var.try_transpose(&inward)?.try_reshape(wide)?)?;
    x.try_reshape(apart)?.try_transpose(&outward)
}

/// A constant n × n matrix by its entries.
#[track_caller]
pub(super) fn pattern<T: Element>(beside: Var<'_>, n: usize, entry: impl Fn(usize, usize) -> T) -> Var<'_> {
    beside.tape().constant(Array2::from_shape_fn((n, n), |(i, j)| entry(i, j)))
}

/// The main diagonal, as a condition.
#[track_caller]
pub(super) fn on_diagonal(beside: Var<'_>, n: usize) -> Var<'_> {
    pattern(beside, n, |i, j| i == j)
}

/// Identity matrices of the type of some square ones.
#[track_caller]
pub(crate) fn identity_like(a: Var<'_>) -> Result<Var<'_>, Error> {
    let ty = a.array_type();
    let n = ty.shape.last().copied().unwrap_or_default();
    let number = |i, j| f64::from(u8::from(i == j));
    let identity = match ty.dtype {
        DType::F32 => pattern(a, n, |i, j| f32::from_f64(number(i, j))),
        _ => pattern(a, n, number),
    };
    identity.try_broadcast_to(ty.shape)
}

/// (X + Xᵀ)/2.
pub(super) fn symmetric(x: Var<'_>) -> Var<'_> {
    (x + x.t()) * 0.5
}

/// (X − Xᵀ)/2.
pub(super) fn skew(x: Var<'_>) -> Var<'_> {
    (x - x.t()) * 0.5
}

/// A linear function of δ, and 0 where a choice made all of δ's matrix 0 and the output has no number to offer:
/// what was not used stays out of a gradient, though it could not be factorised.
pub(super) fn unless_unused<'t>(delta: Delta<'t>, output: Var<'t>, linear: Var<'t>) -> Delta<'t> {
    if !delta.is_masked() {
        return Delta::dense(linear);
    }
    let unused = delta.var().abs().sum_axes(keepdims([-2, -1])).eq(0.0);
    let broken = (output.stop_gradient() * 0.0).sum_axes(keepdims([-2, -1])).is_nan();
    Delta::masked(unused.logical_and(broken).select(0.0, linear))
}

/// Sample matrices with something added to the diagonal, to be far from singular.
pub(super) fn dominant(shape: &[usize], offset: usize, diagonal: f64) -> Value {
    let (batch, [rows, columns]) = split(&shape.into());
    let mut a = spread_array(shape, offset).to_array::<f64>();
    let mut matrices = a.view_mut().into_shape_with_order((batch.size(), rows, columns)).expect("the same elements");
    matrices.outer_iter_mut().for_each(|mut a| a.diag_mut().mapv_inplace(|x| x + diagonal));
    Value::from(a)
}
