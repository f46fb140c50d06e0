//! Functions applied to each element of one array, or to each pair of elements of two.
use ndarray::Zip;

use crate::pool::check_room;
use crate::{Element, Output, Value};

/// Applies a function to each element; of a broadcast array, to each element that is there once.
pub(crate) fn map1<A: Element, B: Element>(output: Output<'_>, x: &Value, f: impl Fn(A) -> B) -> Result<Value, String> {
    if let Some(x) = x.as_scalar::<A>() {
        return Ok(Value::scalar(f(x)));
    }
    match (x.as_splat::<A>(), x.slice::<A>()) {
        (Some(x), _) => Ok(Value::splat(f(x).pack(), &output.shape)),
        (None, Some(slice)) => Ok(Value::row_major(output.collect(slice.iter().map(|&a| f(a)))?, &output.shape)),
        (None, None) => x.mapped(f),
    }
}

/// Applies a function to each pair of elements of two arrays of one shape.
pub(crate) fn map2<A: Element, B: Element, C: Element>(
    output: Output<'_>,
    a: &Value,
    b: &Value,
    f: impl Fn(A, B) -> C,
) -> Result<Value, String> {
    if let (Some(a), Some(b)) = (a.as_scalar::<A>(), b.as_scalar::<B>()) {
        return Ok(Value::scalar(f(a, b)));
    }
    match (a.as_splat::<A>(), b.as_splat::<B>()) {
        (Some(x), Some(y)) => Ok(Value::splat(f(x, y).pack(), &a.shape())),
        (None, Some(y)) => map1(output, a, |x| f(x, y)),
        (Some(x), None) => map1(output, b, |y| f(x, y)),
        (None, None) => zip(output, a, b, f),
    }
}

/// Slices, of which one may be the same few elements over and over, which the compiler vectorises; the rest as `ndarray` walks
/// them.
fn zip<A: Element, B: Element, C: Element>(
    output: Output<'_>,
    a: &Value,
    b: &Value,
    f: impl Fn(A, B) -> C,
) -> Result<Value, String> {
    let size = output.shape.size();
    Ok(match (a.repeated::<A>(), b.repeated::<B>()) {
        (Some(x), Some(y)) if x.len().max(y.len()) == size => {
            let row = x.len().min(y.len()).max(1);
            let mut out = output.room()?;
            for i in (0..size).step_by(row) {
                let x = if x.len() == row { x } else { &x[i..i + row] };
                let y = if y.len() == row { y } else { &y[i..i + row] };
                out.extend(x.iter().zip(y).map(|(&x, &y)| f(x, y)));
            }
            Value::row_major(out, &output.shape)
        }
        _ => {
            check_room::<C>(&output.shape)?;
            Value::from(Zip::from(&a.view::<A>()).and(&b.view::<B>()).map_collect(|&x, &y| f(x, y)))
        }
    })
}
