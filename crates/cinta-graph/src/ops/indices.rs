//! What `take` and the scatters share: which rows of an array the indices mean.
use super::room::in_row_major;
use super::{Batched, same_dtype};
use crate::error::ErrorKind;
use crate::operand::unspread;
use crate::{ArrayType, DType, Element, Error, Operand, RowMajor, Shape, Value, Var};

/// Where indices apply: they count along one axis, and the first `batch` axes of array and indices go together,
/// so that each example of a batch has indices of its own.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Indexing {
    pub(crate) axis: usize,
    pub(crate) batch: usize,
}

impl Indexing {
    /// The shape of what is taken: the indexed axis gives way to the axes of the indices.
    pub(crate) fn taken_shape(self, x: &Shape, idx: &ArrayType) -> Result<Shape, String> {
        let Self { axis, batch } = self;
        if idx.dtype != DType::I64 {
            return Err(format!("the indices should be i64, not {}; use cast", idx.dtype));
        }
        if axis >= x.rank() {
            return Err(format!("axis {axis} is out of range for {} axes", x.rank()));
        }
        if batch > axis || batch > idx.shape.rank() || x[..batch] != idx.shape[..batch] {
            return Err(format!(
                "{x} and indices {} do not share {batch} axes of a batch before axis {axis}",
                idx.shape
            ));
        }
        Ok(x[..axis].iter().chain(&idx.shape[batch..]).chain(&x[axis + 1..]).copied().collect())
    }

    /// For each row of what is taken, in order, the row of `x` that it comes from, and how many elements a row
    /// has; or which index is out of range. A row is all that one index picks: the axes after the indexed one.
    pub(super) fn rows<'a>(
        self,
        x: &[usize],
        idx: RowMajor<'a>,
    ) -> Result<(impl Iterator<Item = usize> + use<'a>, usize), String> {
        let Self { axis, batch } = self;
        let product = |sizes: &[usize]| sizes.iter().product::<usize>();
        let (size, inner) = (x[axis], product(&x[axis + 1..]));
        let (examples, outer, count) = (product(&x[..batch]), product(&x[batch..axis]), product(&idx.shape[batch..]));
        let positions = positions(idx, size)?;
        let rows = (0..examples * outer).flat_map(move |block| {
            let start = block / outer * count;
            positions[start..start + count].iter().map(move |&i| (block, i))
        });
        Ok((rows.map(move |(block, i)| block * size + position(i)), inner))
    }

    /// The type of a scatter of updates into a base.
    pub(super) fn scattered_type(
        self,
        base: &ArrayType,
        idx: &ArrayType,
        updates: &ArrayType,
    ) -> Result<ArrayType, String> {
        if same_dtype(&[base, updates])? == DType::Bool {
            return Err("needs numbers, not bool; use cast".to_owned());
        }
        let expected = self.taken_shape(&base.shape, idx)?;
        if updates.shape == expected {
            return Ok(base.clone());
        }
        Err(format!("the updates should have shape {expected}, not {}", updates.shape))
    }

    /// Base, indices and updates as one array: each update in turn meets the element at its place.
    pub(super) fn scatter<T: Element>(
        self,
        inputs: &[RowMajor<'_>],
        out: &mut [T],
        meet: impl Fn(T, T) -> T,
    ) -> Result<(), String> {
        let (rows, inner) = self.rows(inputs[0].shape, inputs[1])?;
        let updates = inputs[2].of::<T>();
        out.copy_from_slice(inputs[0].of());
        if inner == 1 {
            rows.zip(updates).for_each(|(row, &u)| out[row] = meet(out[row], u));
        } else if inner > 0 {
            for (row, update) in rows.zip(updates.chunks_exact(inner)) {
                for (y, &u) in out[row * inner..][..inner].iter_mut().zip(update) {
                    *y = meet(*y, u);
                }
            }
        }
        Ok(())
    }

    /// A scatter on a batch: where the indices count then, and its inputs.
    pub(super) fn batched_scatter<'t>(self, inputs: &[Batched<'t>], size: usize) -> (Self, [Var<'t>; 3]) {
        let [base, idx, updates] = [inputs[0], inputs[1], inputs[2]];
        let (batch, idx) =
            if self.batch == 0 && !idx.batched { (0, idx.var) } else { (self.batch + 1, idx.spread(size)) };
        (Self { axis: self.axis + 1, batch }, [base.spread(size), idx, updates.spread(size)])
    }
}

/// All indices in row-major order, each less than `size`; or the first that is not, and where it stands.
fn positions(idx: RowMajor<'_>, size: usize) -> Result<&[i64], String> {
    let all = idx.of::<i64>();
    let is_outside = |&index: &i64| !usize::try_from(index).is_ok_and(|position| position < size);
    let Some(mut at) = all.iter().position(is_outside) else { return Ok(all) };
    let index = all[at];
    let mut place: Vec<usize> = Vec::new();
    for &n in idx.shape.iter().rev() {
        place.insert(0, at % n);
        at /= n;
    }
    let place = if place.is_empty() { String::new() } else { format!(" at {place:?}") };
    let advice = if index < 0 { "; negative indices do not count from the end" } else { "" };
    Err(format!("index {index}{place} is out of range for an axis of size {size}{advice}"))
}

/// An index that was found to be in range.
fn position(index: i64) -> usize {
    usize::try_from(index).expect("in range")
}

/// Indices as a variable on the tape of `beside`; a Rust number is one index.
#[track_caller]
pub(crate) fn indices<'t>(idx: impl Operand<'t>, beside: Var<'t>, op: &str) -> Result<Var<'t>, Error> {
    unspread(idx, DType::I64, beside, op)
}

/// The arguments of a scatter as a user gives them: where the indices count, indices and updates, which are
/// broadcast to the shape that they need.
#[track_caller]
pub(crate) fn scatter_arguments<'t>(
    op: &str,
    base: Var<'t>,
    idx: impl Operand<'t>,
    updates: impl Operand<'t>,
    axis: isize,
) -> Result<(Indexing, [Var<'t>; 2]), Error> {
    let idx = indices(idx, base, op)?;
    let (ty, i) = (base.array_type(), idx.array_type());
    let types = [&ty, &i];
    let refuse = base.tape().refusing(op, &types);
    let indexing = Indexing { axis: ty.shape.axis(axis).map_err(refuse)?, batch: 0 };
    let shape = indexing.taken_shape(&ty.shape, &i).map_err(refuse)?;
    check_known(op, idx, base, ty.shape[indexing.axis])?;
    let updates = unspread(updates, ty.dtype, base, op)?;
    let fits = updates.shape().broadcasts_to(&shape);
    Ok((indexing, [idx, if fits { updates.try_broadcast_to(shape)? } else { updates }]))
}

/// Refuses indices that are known to be out of range before anything is recorded, so that the error comes
/// from the line that uses them. Others are looked at when they are computed.
#[track_caller]
pub(crate) fn check_known(op: &str, idx: Var<'_>, x: Var<'_>, size: usize) -> Result<(), Error> {
    if idx.dtype() != DType::I64 {
        return Ok(()); // the type rule says so
    }
    let check = |idx: Value| {
        let (idx, shape) = (in_row_major(&idx)?, idx.shape());
        let elements = idx.elements().expect("in row-major order");
        positions(RowMajor { elements, shape: &shape }, size).map(|_| ())
    };
    let Some(Err(reason)) = idx.tape().known_value(idx.id()).map(check) else {
        return Ok(());
    };
    Err(x.error(ErrorKind::Value, op, reason).with_types(&[x.array_type(), idx.array_type()]))
}
