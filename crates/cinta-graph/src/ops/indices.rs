//! What `take` and `scatter_add` share: which rows of an array its indices mean.
use ndarray::Dimension;

use super::room::room_for;
use crate::error::ErrorKind;
use crate::{ArrayType, DType, Error, Operand, Shape, Value, Var};

/// Where indices apply: they count along one axis, and the first `batch` axes of array and indices go together,
/// so that each example of a batch has indices of its own.
#[derive(Clone, Copy, Debug)]
pub(super) struct Indexing {
    pub(super) axis: usize,
    pub(super) batch: usize,
}

impl Indexing {
    /// The shape of what is taken: the indexed axis gives way to the axes of the indices.
    pub(super) fn taken_shape(self, x: &Shape, idx: &ArrayType) -> Result<Shape, String> {
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
    pub(super) fn rows(self, x: &Shape, idx: &Value) -> Result<(impl Iterator<Item = usize> + use<>, usize), String> {
        let Self { axis, batch } = self;
        let product = |sizes: &[usize]| sizes.iter().product::<usize>();
        let (size, inner) = (x[axis], product(&x[axis + 1..]));
        let (examples, outer, count) = (product(&x[..batch]), product(&x[batch..axis]), product(&idx.shape()[batch..]));
        let positions = positions(idx, size)?;
        let rows = (0..examples * outer).flat_map(move |block| {
            let start = block / outer * count;
            (start..start + count).map(move |i| (block, i))
        });
        Ok((rows.map(move |(block, i)| block * size + positions[i]), inner))
    }
}

/// All indices in row-major order, each less than `size`; or the first that is not, and where it stands.
fn positions(idx: &Value, size: usize) -> Result<Vec<usize>, String> {
    let mut positions = room_for(&idx.shape())?;
    for (at, &index) in idx.view::<i64>().indexed_iter() {
        match usize::try_from(index) {
            Ok(position) if position < size => positions.push(position),
            _ => {
                let place = match at.slice() {
                    [] => String::new(),
                    at => format!(" at {at:?}"),
                };
                let advice = if index < 0 { "; negative indices do not count from the end" } else { "" };
                return Err(format!("index {index}{place} is out of range for an axis of size {size}{advice}"));
            }
        }
    }
    Ok(positions)
}

/// Indices as a variable on the tape of `beside`; a Rust number is one index.
#[track_caller]
pub(crate) fn indices<'t, I: Operand<'t>>(idx: I, beside: Var<'t>, op: &str) -> Result<Var<'t>, Error> {
    let beside = if I::NUMBER.is_some() { beside.tape().full(&ArrayType::new(DType::I64, ()), 0.0) } else { beside };
    idx.try_like(beside, op)
}

/// Refuses indices that are known to be out of range before anything is recorded, so that the error comes
/// from the line that uses them. Others are looked at when they are computed.
#[track_caller]
pub(crate) fn check_known(op: &str, idx: Var<'_>, x: Var<'_>, size: usize) -> Result<(), Error> {
    if idx.dtype() != DType::I64 {
        return Ok(()); // the type rule says so
    }
    let Some(Err(reason)) = idx.tape().known_value(idx.id()).map(|idx| positions(&idx, size)) else {
        return Ok(());
    };
    Err(x.error(ErrorKind::Value, op, reason).with_types(&[x.array_type(), idx.array_type()]))
}
