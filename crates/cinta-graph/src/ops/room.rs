//! Room for results whose size comes from attributes or indices: an error where a plain allocation aborts.
use crate::{Element, Shape, Value};

/// An empty vector with room for the elements of a shape.
pub(crate) fn room_for<T>(shape: &Shape) -> Result<Vec<T>, String> {
    let mut room = Vec::new();
    match room.try_reserve_exact(shape.size()) {
        Ok(()) => Ok(room),
        Err(_) => Err(format!("there is no memory for an array of shape {shape}")),
    }
}

/// The elements of a value in row-major order.
pub(super) fn elements<T: Element>(x: &Value) -> Result<Vec<T>, String> {
    let (view, shape) = (x.view::<T>(), x.shape());
    let mut out = room_for(&shape)?;
    match (x.as_splat::<T>(), view.as_slice()) {
        (Some(x), _) => out.resize(shape.size(), x),
        (None, Some(slice)) => out.extend_from_slice(slice),
        (None, None) => out.extend(view.iter().copied()),
    }
    Ok(out)
}
