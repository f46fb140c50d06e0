//! Room for results whose size comes from attributes or indices: an error where a plain allocation aborts.
use smallvec::SmallVec;

use super::OpDef;
use crate::pool::room_for;
use crate::value::each_dtype;
use crate::{Element, InElements, Output, RowMajor, Shape, Value, Workspace};

/// The elements of a value in row-major order.
pub(super) fn elements<T: Element>(x: &Value) -> Result<Vec<T>, String> {
    let shape = x.shape();
    let mut out = room_for(&shape)?;
    match (x.as_splat::<T>(), x.slice()) {
        (Some(x), _) => out.resize(shape.size(), x),
        (None, Some(slice)) => out.extend_from_slice(slice),
        (None, None) => {
            out.resize(shape.size(), T::default());
            x.copy_to(&mut out);
        }
    }
    Ok(out)
}

/// The same array with its elements in row-major order.
pub(super) fn in_row_major(value: &Value) -> Result<Value, String> {
    if value.elements().is_some() {
        return Ok(value.clone());
    }
    each_dtype!(value.dtype(), T => Ok(Value::row_major(elements::<T>(value)?, &value.shape())))
}

/// The value of an operation that [writes into](OpDef::eval_into) an array.
pub(super) fn eval_by_writing(op: &impl OpDef, inputs: &[&Value], output: &Output<'_>) -> Result<Value, String> {
    let inputs = inputs.iter().map(|value| in_row_major(value)).collect::<Result<SmallVec<[Value; 3]>, String>>()?;
    let shapes: SmallVec<[Shape; 3]> = inputs.iter().map(Value::shape).collect();
    let input = |(value, shape)| {
        let elements = Value::elements(value).expect("in row-major order");
        RowMajor { elements, shape: Shape::as_slice(shape) }
    };
    let inputs: SmallVec<[RowMajor<'_>; 3]> = inputs.iter().zip(&shapes).map(input).collect();
    each_dtype!(output.dtype, T => {
        let mut out = room_for::<T>(&output.shape)?;
        out.resize(output.shape.size(), T::default());
        op.eval_into(&inputs, T::elements_mut(&mut out), &mut Workspace::default())?;
        Ok(Value::row_major(out, &output.shape))
    })
}
