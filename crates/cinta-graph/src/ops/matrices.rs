//! What the operations of linear algebra share: the matrices of a batch as the library behind them sees them,
//! type rules, constants.
//!
//! Every matrix is computed with in `f64`; results in `f32` are rounded once. A matrix that has no result
//! (singular, not finite) gives one of NaNs, and leaves the others of its batch alone.
use faer::dyn_stack::{MemStack, StackReq};
use faer::{ColRef, MatMut, MatRef};
use smallvec::SmallVec;

use super::sample::spread_array;
use super::{Batched, Delta, same_dtype};
use crate::elements::written;
use crate::pool::room_for;
use crate::{ArrayType, DType, Element, ElementsMut, Error, RowMajor, Shape, Value, Var, Workspace, keepdims};

/// Leading axes, and the rows and columns of what lies in the last two.
pub(super) fn split(shape: &Shape) -> (Shape, [usize; 2]) {
    let (batch, &size) = shape.split_last_chunk().expect("the type rule wants matrices");
    (batch.into(), size)
}

/// The most matrices that an operation takes: one, and the directions of eight derivatives.
pub(super) const MOST: usize = 9;

/// What a factorisation of one matrix needs beside it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Needs {
    pub(super) numbers: usize,
    pub(super) positions: usize,
    pub(super) stack: StackReq,
}

/// What it asked for, with any numbers in it.
pub(super) struct Beside<'w> {
    pub(super) numbers: &'w mut [f64],
    pub(super) positions: &'w mut [usize],
    pub(super) stack: &'w mut MemStack,
}

/// Writes a batch of matrices of some size, each computed from copies of those of the inputs, which may be written too;
/// NaNs where `compute` answers that there is none.
pub(super) fn write_each(
    inputs: &[RowMajor<'_>],
    output: ElementsMut<'_>,
    size: [usize; 2],
    needs: Needs,
    workspace: &mut Workspace,
    compute: impl FnMut(&mut [MatMut<'_, f64>], MatMut<'_, f64>, Beside<'_>) -> bool,
) -> Result<(), String> {
    match output {
        ElementsMut::F32(out) => write_each_of(inputs, out, size, needs, workspace, compute),
        output => write_each_of::<f64>(inputs, written(output), size, needs, workspace, compute),
    }
}

/// Rows and columns of the matrices of an array.
pub(super) fn size(x: RowMajor<'_>) -> [usize; 2] {
    *x.shape.last_chunk().expect("the type rule wants matrices")
}

fn write_each_of<T: Element>(
    inputs: &[RowMajor<'_>],
    out: &mut [T],
    [rows, columns]: [usize; 2],
    needs: Needs,
    workspace: &mut Workspace,
    mut compute: impl FnMut(&mut [MatMut<'_, f64>], MatMut<'_, f64>, Beside<'_>) -> bool,
) -> Result<(), String> {
    let length = rows * columns;
    let copies: usize = inputs.iter().map(|&input| size(input).iter().product::<usize>()).sum();
    let (numbers, positions, stack) = workspace.room(copies + length + needs.numbers, needs.positions, needs.stack)?;
    // Nothing is asked of the library where there is nothing to compute.
    for (index, out) in out.chunks_exact_mut(length.max(1)).enumerate() {
        let mut rest = &mut *numbers;
        let mut matrices: SmallVec<[MatMut<'_, f64>; MOST]> = SmallVec::new();
        for &input in inputs {
            let [rows, columns] = size(input);
            let (own, more) = std::mem::take(&mut rest).split_at_mut(rows * columns);
            rest = more;
            let mut copy = MatMut::from_column_major_slice_mut(own, rows, columns);
            let from = &input.of::<T>()[index * rows * columns..][..rows * columns];
            for (i, row) in from.chunks_exact(columns.max(1)).enumerate() {
                row.iter().enumerate().for_each(|(j, x)| copy[(i, j)] = x.to_f64());
            }
            matrices.push(copy);
        }
        let (result, numbers) = rest.split_at_mut(length);
        let into = MatMut::from_row_major_slice_mut(result, rows, columns);
        if compute(&mut matrices, into, Beside { numbers, positions, stack }) {
            out.iter_mut().zip(&*result).for_each(|(out, &x)| *out = T::from_f64(x));
        } else {
            out.fill(T::from_f64(f64::NAN));
        }
    }
    Ok(())
}

/// Whether every entry is a number.
pub(super) fn is_finite(a: MatRef<'_, f64>) -> bool {
    a.is_all_finite()
}

/// Whether every entry is 0.
pub(super) fn is_zero(a: MatRef<'_, f64>) -> bool {
    a.col_iter().all(|column| column.iter().all(|x| *x == 0.0))
}

/// Puts the lower triangle of (A + Aᵀ)/2, without overflow, in that of A.
pub(super) fn symmetrise(mut a: MatMut<'_, f64>) {
    for j in 0..a.ncols() {
        for i in j..a.nrows() {
            a[(i, j)] = 0.5 * a[(i, j)] + 0.5 * a[(j, i)];
        }
    }
}

/// Divides a matrix by a power of two, which comes back, so that its largest entry is near 1: squares of entries neither
/// overflow nor vanish then.
pub(super) fn scale(a: MatMut<'_, f64>) -> f64 {
    let largest = a.norm_max();
    let exponent = if largest > 0.0 { libm::ilogb(largest).clamp(-1000, 1000) } else { 0 };
    let (up, down) = (libm::scalbn(1.0, exponent), libm::scalbn(1.0, -exponent));
    a.col_iter_mut().for_each(|column| column.iter_mut().for_each(|x| *x *= down));
    up
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

/// A constant n × n matrix by its entries; an error if there is no memory for it.
#[track_caller]
pub(super) fn pattern<T: Element>(
    beside: Var<'_>,
    n: usize,
    entry: impl Fn(usize, usize) -> T,
) -> Result<Var<'_>, Error> {
    let shape = Shape::from([n, n]);
    let mut numbers = room_for(&shape).map_err(beside.tape().refusing("constant", &[&beside.array_type()]))?;
    (0..n).for_each(|i| numbers.extend((0..n).map(|j| entry(i, j))));
    Ok(beside.tape().constant(Value::row_major(numbers, &shape)))
}

/// The main diagonal, as a condition.
#[track_caller]
pub(super) fn on_diagonal(beside: Var<'_>, n: usize) -> Result<Var<'_>, Error> {
    pattern(beside, n, |i, j| i == j)
}

/// Identity matrices of the type of some square ones.
#[track_caller]
pub(crate) fn identity_like(a: Var<'_>) -> Result<Var<'_>, Error> {
    let ty = a.array_type();
    let n = ty.shape.last().copied().unwrap_or_default();
    let number = |i, j| f64::from(u8::from(i == j));
    let identity = match ty.dtype {
        DType::F32 => pattern(a, n, |i, j| f32::from_f64(number(i, j)))?,
        _ => pattern(a, n, number)?,
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
