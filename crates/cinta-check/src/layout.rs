//! Layouts: how the numbers of an input lie in memory changes no bit of any result.
use cinta_graph::{ArrayType, DType, Element, Error, Tape, Value};
use ndarray::{ArrayD, ArrayViewD, Axis, Slice};

use crate::arrays::{from_f64s, position};
use crate::subject::{Seeds, Subject};
use crate::{Claim, Mismatch};

/// A layout as a name and a way to bring an array into it.
type Layout = (&'static str, fn(&Value) -> Value);

const LAYOUTS: [Layout; 2] = [
    ("column-major", |value| relaid(value, Relay::ColumnMajor)),
    ("strided and reversed", |value| relaid(value, Relay::Strided)),
];

pub(crate) fn check(subject: &Subject<'_>) -> Result<(), Mismatch> {
    for (layout, relay) in LAYOUTS {
        compare(subject, layout, &subject.inputs, &subject.inputs.iter().map(relay).collect::<Vec<_>>())?;
    }
    let repeated: Vec<Value> = subject.inputs.iter().map(repeated).collect();
    let splats: Vec<Value> = repeated.iter().map(splat).collect();
    compare(subject, "broadcast from one number", &repeated, &splats)
}

/// Results at two points of equal numbers have equal bits, or fail alike.
fn compare(subject: &Subject<'_>, layout: &str, plain: &[Value], relaid: &[Value]) -> Result<(), Mismatch> {
    let (claim, name) = (Claim::Layout, &subject.name);
    let (plain, relaid) = match (results(subject, plain), results(subject, relaid)) {
        (Ok(plain), Ok(relaid)) => (plain, relaid),
        (Err(_), Err(_)) => return Ok(()),
        (_, Err(error)) => return Err(Mismatch::error(claim, name, layout, &error)),
        (Err(error), _) => return Err(Mismatch::error(claim, name, "contiguous", &error)),
    };
    for ((what, plain), (_, relaid)) in plain.iter().zip(&relaid) {
        if !plain.same_bits(relaid) {
            let pairs = plain.to_f64s().into_iter().zip(relaid.to_f64s());
            let different = |(_, (a, b)): &(usize, (f64, f64))| a.to_bits() != b.to_bits();
            let (index, (a, b)) = pairs.enumerate().find(different).unwrap_or_default();
            let what = format!("{what} at {:?} of inputs that are {layout}", position(&plain.array_type(), index));
            return Err(Mismatch::numbers(claim, name, what, [("contiguous gives", a), ("this gives", b)]));
        }
    }
    Ok(())
}

/// The value and the gradient's arrays, with their names.
fn results(subject: &Subject<'_>, point: &[Value]) -> Result<Vec<(String, Value)>, Error> {
    let tape = Tape::new();
    let recording = subject.record_at(&tape, point)?;
    let mut results = vec![("the value".to_owned(), recording.outputs[0].try_value()?)];
    if subject.smooth && recording.is_differentiable() {
        let pull = recording.offered(recording.pullback(Seeds::Constants, 1))?;
        for (i, ct) in pull.iter().flat_map(|pull| pull.results.iter().enumerate()) {
            if let Some(ct) = ct {
                results.push((format!("the cotangent of input {i}"), ct.try_value()?));
            }
        }
    }
    Ok(results)
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum Relay {
    ColumnMajor,
    Strided,
}

/// The same numbers laid out otherwise.
fn relaid(value: &Value, how: Relay) -> Value {
    match value.dtype() {
        DType::F64 => Value::from(relay(&value.view::<f64>(), how)),
        DType::F32 => Value::from(relay(&value.view::<f32>(), how)),
        DType::I64 => Value::from(relay(&value.view::<i64>(), how)),
        DType::Bool => Value::from(relay(&value.view::<bool>(), how)),
    }
}

/// The same array with other strides.
pub(crate) fn relay<T: Element>(view: &ArrayViewD<'_, T>, how: Relay) -> ArrayD<T> {
    match how {
        Relay::ColumnMajor => view.t().as_standard_layout().into_owned().reversed_axes(),
        Relay::Strided => {
            // Every second element of an array twice as large along each axis, from its end.
            let sizes: Vec<usize> = view.shape().iter().map(|n| 2 * n).collect();
            let mut array = ArrayD::from_elem(sizes, T::default());
            for axis in 0..array.ndim() {
                array.slice_axis_inplace(Axis(axis), Slice::new(0, None, -2));
            }
            array.assign(view);
            array
        }
    }
}

/// An array of the type in which every number is the first one.
fn repeated(value: &Value) -> Value {
    let first = value.to_f64s().first().copied().unwrap_or(0.0);
    let ty = value.array_type();
    from_f64s(&ty, std::iter::repeat_n(first, ty.shape.size()))
}

/// The same, kept as one number.
fn splat(repeated: &Value) -> Value {
    let ty: ArrayType = repeated.array_type();
    match repeated.to_f64s().first() {
        Some(&first) => Tape::new().full(&ty, first).value(),
        None => repeated.clone(),
    }
}
