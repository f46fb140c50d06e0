//! `concat`: arrays one after the other along an axis.
use std::ops::RangeInclusive;
use std::panic::Location;

use ndarray::Axis;

use super::sample::spread_array;
use super::slice::Slice;
use super::{At, Attributes, Batched, Cotangents, Delta, Flow, Level, Notation, OpDef, Refused, Sample, same_dtype};
use crate::error::{ErrorKind, or_panic};
use crate::pool::check_room;
use crate::value::each_dtype;
use crate::{ArrayType, DType, Error, Output, Place, Value, Var};

/// y holds x₀, x₁, … one after the other along an axis; their other sizes agree. Linear; its transpose gives
/// each input its slice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Concat {
    /// The axis along which they stand.
    pub axis: usize,
}

impl OpDef for Concat {
    fn name(&self) -> &'static str {
        "concat"
    }

    fn arity(&self) -> RangeInclusive<usize> {
        1..=usize::MAX
    }

    fn attributes(&self) -> Attributes {
        Attributes::none().with("axis", self.axis)
    }

    fn read(name: &str, attributes: &Attributes) -> Option<Result<Self, String>> {
        (name == "concat").then(|| Ok(Self { axis: attributes.size("axis")? }))
    }

    fn infer(&self, inputs: &[&ArrayType]) -> Result<ArrayType, String> {
        let (axis, dtype) = (self.axis, same_dtype(inputs)?);
        let first = &inputs[0].shape;
        if axis >= first.rank() {
            return Err(format!("axis {axis} is out of range for {} axes", first.rank()));
        }
        let fits =
            |ty: &&&ArrayType| ty.shape.rank() == first.rank() && ty.shape.with_size(axis, first[axis]) == *first;
        if let Some(other) = inputs.iter().find(|ty| !fits(ty)) {
            return Err(format!("shapes {first} and {} differ beyond axis {axis}", other.shape));
        }
        let size = inputs.iter().fold(0, |size, ty| usize::saturating_add(size, ty.shape[axis]));
        Ok(ArrayType::new(dtype, first.with_size(axis, size)))
    }

    fn eval(&self, inputs: &[&Value], output: &Output<'_>) -> Result<Value, String> {
        each_dtype!(output.dtype, T => {
            check_room::<T>(&output.shape)?;
            let views: Vec<_> = inputs.iter().map(|input| input.view::<T>()).collect();
            ndarray::concatenate(Axis(self.axis), &views).map(Value::from).map_err(|error| error.to_string())
        })
    }

    fn vjp<'t>(&self, at: &At<'_, 't>, ct: Delta<'t>) -> Result<Cotangents<'t>, Error> {
        let mut cts = Cotangents::new();
        let mut start = 0;
        for (i, input) in at.inputs().iter().enumerate() {
            let size = input.shape()[self.axis];
            let pull = || {
                let slice = Slice::along(&at.output().shape(), self.axis, start..start + size);
                at.tape().record(slice, &[ct.var()]).map(|part| Delta::new(part, ct.is_masked()))
            };
            cts.push(at.wants(i).then(pull).transpose()?);
            start += size;
        }
        Ok(cts)
    }

    fn jvp<'t>(&self, at: &At<'_, 't>, tangents: &[Flow<'t>]) -> Result<Flow<'t>, Error> {
        if tangents.iter().all(Option::is_none) {
            return Ok(None);
        }
        let parts: Vec<Var<'t>> =
            tangents.iter().zip(at.inputs()).map(|(t, x)| t.map_or_else(|| x.zeros_like(), Delta::var)).collect();
        // A masked zero must stay one beside parts whose zeros are numbers.
        let masked = tangents.iter().any(|t| t.is_none_or(Delta::is_masked));
        Ok(Some(Delta::new(at.tape().record(*self, &parts)?, masked)))
    }

    fn batch<'t>(&self, inputs: &[Batched<'t>], size: usize) -> Result<Var<'t>, Error> {
        let parts: Vec<Var<'t>> = inputs.iter().map(|input| input.spread(size)).collect();
        parts[0].tape().record(Self { axis: self.axis + 1 }, &parts)
    }

    fn flops(&self, _inputs: &[&ArrayType], _output: &ArrayType) -> u64 {
        0
    }

    fn notation(&self) -> Notation {
        Notation::template("[{*}]", "[{*}]", Level::Atom, Level::Relation)
    }

    fn samples() -> Vec<Sample> {
        let along = |axis: usize| Self { axis };
        let transposed = spread_array(&[3, 2], 5).to_array::<f64>().reversed_axes();
        vec![
            Sample::new(along(0), [spread_array(&[2, 3], 0), spread_array(&[1, 3], 9)]),
            Sample::new(along(1), [spread_array(&[2, 3], 0), spread_array(&[2, 1], 9), spread_array(&[2, 2], 20)]),
            Sample::new(along(1), [spread_array(&[2, 1, 2], 0), spread_array(&[2, 2, 2], 9)]),
            Sample::new(along(0), [transposed.into(), spread_array(&[1, 3], 20)]),
            Sample::new(along(0), [spread_array(&[0, 3], 0), spread_array(&[2, 3], 9)]),
            Sample::new(along(0), [spread_array(&[0], 0), spread_array(&[0], 0)]),
            Sample::new(along(0), [spread_array(&[1], 0)]),
            Sample::new(along(0), [[1.0, 2.0].into(), [3.0].into()]).gives([1.0, 2.0, 3.0]),
            Sample::new(along(0), [[1.5_f32].into(), [2.5_f32].into()]).value_only().gives([1.5_f32, 2.5]),
            Sample::new(along(1), [ndarray::array![[1_i64], [2]].into(), ndarray::array![[3_i64, 4], [5, 6]].into()])
                .value_only()
                .gives(ndarray::array![[1_i64, 3, 4], [2, 5, 6]]),
            Sample::new(along(0), [[true].into(), [false].into()]).value_only().gives([true, false]),
        ]
    }

    fn refused() -> Vec<Refused> {
        let ty = |dtype, shape: &[usize]| ArrayType::new(dtype, shape);
        let f64s = |a: &[usize], b: &[usize]| [ty(DType::F64, a), ty(DType::F64, b)];
        vec![
            Refused::new(Self { axis: 0 }, [], "takes at least 1 inputs, not 0"),
            Refused::new(Self { axis: 0 }, [ty(DType::F64, &[2]), ty(DType::I64, &[2])], "dtypes f64 and i64 differ"),
            Refused::new(Self { axis: 0 }, f64s(&[], &[]), "axis 0 is out of range for 0 axes"),
            Refused::new(Self { axis: usize::MAX }, f64s(&[2], &[2]), "is out of range for 1 axes"),
            Refused::new(Self { axis: 0 }, f64s(&[2, 3], &[2, 4]), "shapes [2, 3] and [2, 4] differ beyond axis 0"),
            Refused::new(Self { axis: 0 }, f64s(&[2, 3], &[3]), "shapes [2, 3] and [3] differ beyond axis 0"),
            Refused::new(Self { axis: 0 }, f64s(&[usize::MAX], &[usize::MAX]), "too large for memory"),
        ]
    }
}

/// Arrays one after the other along an axis (negative counts from the end).
///
/// ```
/// use cinta_graph::{Tape, concat};
/// use ndarray::array;
/// let tape = Tape::new();
/// let (a, b) = (tape.var(array![[1.0], [2.0]]), tape.var(array![[3.0, 4.0], [5.0, 6.0]]));
/// assert_eq!(concat(&[a, b], 1).value(), array![[1.0, 3.0, 4.0], [2.0, 5.0, 6.0]]);
/// ```
///
/// # Panics
/// If there are none, or dtypes, ranks or sizes along other axes differ, or there is no such axis
/// (0-d arrays have none: [`stack`](crate::stack) them).
#[must_use]
#[track_caller]
pub fn concat<'t>(parts: &[Var<'t>], axis: isize) -> Var<'t> {
    or_panic(try_concat(parts, axis))
}

/// [`concat()`], with the error returned.
#[track_caller]
pub fn try_concat<'t>(parts: &[Var<'t>], axis: isize) -> Result<Var<'t>, Error> {
    let Some(first) = parts.first() else {
        let reason = "takes one array or more; nothing has no shape and no tape";
        return Err(Error::new(ErrorKind::Type, "concat", reason).at(Place::from(Location::caller())));
    };
    let types: Vec<ArrayType> = parts.iter().map(|part| part.array_type()).collect();
    let types: Vec<&ArrayType> = types.iter().collect();
    let axis = first.shape().axis(axis).map_err(first.tape().refusing("concat", &types))?;
    if let [only] = parts { Ok(*only) } else { first.tape().record(Concat { axis }, parts) }
}
