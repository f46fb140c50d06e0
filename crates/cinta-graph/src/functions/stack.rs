//! Arrays of one shape, side by side along a new axis.
use std::panic::Location;

use crate::error::{ErrorKind, or_panic};
use crate::{ArrayType, Error, Place, Var, try_concat};

/// Arrays of one shape, side by side along a new axis, which comes to stand at `axis` of the result
/// (negative counts from the end).
///
/// ```
/// use cinta_graph::{Tape, stack};
/// use ndarray::array;
/// let tape = Tape::new();
/// let (a, b) = (tape.var([1.0, 2.0]), tape.var([3.0, 4.0]));
/// assert_eq!(stack(&[a, b], 0).value(), array![[1.0, 2.0], [3.0, 4.0]]);
/// assert_eq!(stack(&[a, b], -1).value(), array![[1.0, 3.0], [2.0, 4.0]]);
/// assert_eq!(stack(&[a.sum(), b.sum()], 0).value(), array![3.0, 7.0]);
/// ```
///
/// # Panics
/// If there are none, types differ, or the result has no such axis.
#[must_use]
#[track_caller]
pub fn stack<'t>(parts: &[Var<'t>], axis: isize) -> Var<'t> {
    or_panic(try_stack(parts, axis))
}

/// [`stack`], with the error returned.
#[track_caller]
pub fn try_stack<'t>(parts: &[Var<'t>], axis: isize) -> Result<Var<'t>, Error> {
    let Some(first) = parts.first() else {
        let reason = "takes one array or more; nothing has no shape and no tape";
        return Err(Error::new(ErrorKind::Type, "stack", reason).at(Place::from(Location::caller())));
    };
    let types: Vec<ArrayType> = parts.iter().map(|part| part.array_type()).collect();
    let refs: Vec<&ArrayType> = types.iter().collect();
    let refuse = first.tape().refusing("stack", &refs);
    if types.iter().any(|ty| ty != &types[0]) {
        return Err(refuse("types differ; broadcast or cast first".to_owned()));
    }
    // A size of 1 where the new axis goes, so that a concatenation finds it.
    let position = types[0].shape.with_front(1).axis(axis).map_err(refuse)?;
    let (before, after) = types[0].shape.split_at(position);
    let slim = || before.iter().copied().chain([1]).chain(after.iter().copied()).collect::<crate::Shape>();
    let mut slims = Vec::with_capacity(parts.len());
    for part in parts {
        slims.push(part.try_reshape(slim())?);
    }
    try_concat(&slims, position.cast_signed())
}
