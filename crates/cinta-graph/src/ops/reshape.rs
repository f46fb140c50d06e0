//! `reshape`: the same elements in another shape.
use std::ops::RangeInclusive;

use smallvec::smallvec;

use super::room::elements;
use super::sample::spread_array;
use super::{At, Attributes, Batched, Cotangents, Delta, Flow, Notation, OpDef, Refused, Sample, linear_jvp};
use crate::error::or_panic;
use crate::value::each_dtype;
use crate::{ArrayType, DType, Error, Output, Shape, Strided, Value, Var};

/// y has the elements of x in row-major order in another shape of the same size. Linear; its transpose
/// reshapes back.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Reshape {
    /// The new shape.
    pub shape: Shape,
}

impl OpDef for Reshape {
    fn name(&self) -> &'static str {
        "reshape"
    }

    fn arity(&self) -> RangeInclusive<usize> {
        1..=1
    }

    fn attributes(&self) -> Attributes {
        Attributes::none().with("shape", self.shape.as_slice())
    }

    fn read(name: &str, attributes: &Attributes) -> Option<Result<Self, String>> {
        (name == "reshape").then(|| Ok(Self { shape: attributes.sizes("shape")? }))
    }

    fn infer(&self, inputs: &[&ArrayType]) -> Result<ArrayType, String> {
        let (from, to) = (inputs[0].shape.size(), self.shape.size());
        if from == to {
            return Ok(inputs[0].with_shape(&self.shape));
        }
        Err(format!("{from} elements do not fill the shape {}, which holds {to}", self.shape))
    }

    fn eval(&self, inputs: &[&Value], output: &Output<'_>) -> Result<Value, String> {
        if let Some(view) = inputs[0].seen(|input| self.view(input)) {
            return Ok(view);
        }
        // A copy, for which there may be no memory: a broadcast takes the room of what it was broadcast from.
        each_dtype!(output.dtype, T => Ok(Value::row_major(elements::<T>(inputs[0])?, &output.shape)))
    }

    fn view(&self, input: &Strided) -> Option<Strided> {
        input.reshaped(&self.shape)
    }

    fn vjp<'t>(&self, at: &At<'_, 't>, ct: Delta<'t>) -> Result<Cotangents<'t>, Error> {
        Ok(smallvec![Some(ct.reshape(&at.input(0).shape()))])
    }

    fn jvp<'t>(&self, at: &At<'_, 't>, tangents: &[Flow<'t>]) -> Result<Flow<'t>, Error> {
        linear_jvp(self, at, tangents)
    }

    fn batch<'t>(&self, inputs: &[Batched<'t>], size: usize) -> Result<Var<'t>, Error> {
        inputs[0].spread(size).try_reshape(self.shape.with_front(size))
    }

    fn flops(&self, _inputs: &[&ArrayType], _output: &ArrayType) -> u64 {
        0
    }

    fn notation(&self) -> Notation {
        Notation::function("reshape")
    }

    fn samples() -> Vec<Sample> {
        let to = |shape: &[usize]| Self { shape: shape.into() };
        let transposed = spread_array(&[3, 4], 5).to_array::<f64>().reversed_axes();
        vec![
            Sample::new(to(&[6]), [spread_array(&[2, 3], 0)]),
            Sample::new(to(&[]), [spread_array(&[1, 1], 0)]),
            Sample::new(to(&[1, 1]), [spread_array(&[], 0)]),
            Sample::new(to(&[2, 6]), [transposed.into()]),
            Sample::new(to(&[0]), [spread_array(&[2, 0], 0)]),
            Sample::new(to(&[2, 2]), [[1_i64, 2, 3, 4].into()]).value_only().gives(ndarray::array![[1_i64, 2], [3, 4]]),
        ]
    }

    fn refused() -> Vec<Refused> {
        let op = Self { shape: [4].into() };
        vec![Refused::new(op, [ArrayType::new(DType::F64, [2, 3])], "6 elements do not fill the shape [4]")]
    }
}

impl Var<'_> {
    /// The same elements, in row-major order, in another shape.
    ///
    /// ```
    /// use cinta_graph::Tape;
    /// let tape = Tape::new();
    /// let x = tape.var([1.0, 2.0, 3.0, 4.0]);
    /// assert_eq!(x.reshape([2, 2]).value(), ndarray::array![[1.0, 2.0], [3.0, 4.0]]);
    /// ```
    ///
    /// # Panics
    /// If the sizes differ.
    #[must_use]
    #[track_caller]
    pub fn reshape(self, shape: impl Into<Shape>) -> Self {
        or_panic(self.try_reshape(shape))
    }

    /// [`reshape`](Self::reshape), with the error returned. No node if the shape is the same.
    #[track_caller]
    pub fn try_reshape(self, shape: impl Into<Shape>) -> Result<Self, Error> {
        let shape = shape.into();
        if self.shape() == shape { Ok(self) } else { self.tape().record(Reshape { shape }, &[self]) }
    }
}
