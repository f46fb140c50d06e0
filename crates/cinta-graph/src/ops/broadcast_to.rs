//! `broadcast_to`: NumPy broadcasting, the transpose of `sum_to`.
use std::ops::RangeInclusive;

use smallvec::smallvec;

use super::sample::spread_array;
use super::{At, Attributes, Batched, Cotangents, Delta, Flow, Notation, OpDef, Refused, Sample, linear_jvp};
use crate::error::or_panic;
use crate::{ArrayType, DType, Error, Shape, Strided, Var};

/// y repeats x along new axes in front and along axes of size 1. Linear; its transpose is
/// [`SumTo`](super::sum_to::SumTo). Costs nothing: the value is a view.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct BroadcastTo {
    /// The new shape.
    pub shape: Shape,
}

impl OpDef for BroadcastTo {
    fn name(&self) -> &'static str {
        "broadcast_to"
    }

    fn arity(&self) -> RangeInclusive<usize> {
        1..=1
    }

    fn attributes(&self) -> Attributes {
        Attributes::none().with("shape", self.shape.as_slice())
    }

    fn read(name: &str, attributes: &Attributes) -> Option<Result<Self, String>> {
        (name == "broadcast_to").then(|| Ok(Self { shape: attributes.sizes("shape")? }))
    }

    fn infer(&self, inputs: &[&ArrayType]) -> Result<ArrayType, String> {
        if inputs[0].shape.broadcasts_to(&self.shape) {
            return Ok(inputs[0].with_shape(&self.shape));
        }
        Err(format!("{} does not broadcast to {}", inputs[0].shape, self.shape))
    }

    fn view(&self, input: &Strided) -> Option<Strided> {
        Some(input.broadcast(&self.shape))
    }

    fn vjp<'t>(&self, at: &At<'_, 't>, ct: Delta<'t>) -> Result<Cotangents<'t>, Error> {
        Ok(smallvec![Some(ct.sum_to(&at.input(0).shape()))])
    }

    fn jvp<'t>(&self, at: &At<'_, 't>, tangents: &[Flow<'t>]) -> Result<Flow<'t>, Error> {
        linear_jvp(self, at, tangents)
    }

    /// The batch axis moves in front of the new axes.
    fn batch<'t>(&self, inputs: &[Batched<'t>], size: usize) -> Result<Var<'t>, Error> {
        let x = inputs[0].spread(size);
        let shape = x.shape();
        let new_axes = (self.shape.rank() + 1).saturating_sub(shape.rank());
        let aligned: Shape =
            std::iter::once(size).chain(std::iter::repeat_n(1, new_axes)).chain(shape[1..].iter().copied()).collect();
        x.try_reshape(aligned)?.try_broadcast_to(self.shape.with_front(size))
    }

    fn flops(&self, _inputs: &[&ArrayType], _output: &ArrayType) -> u64 {
        0
    }

    fn notation(&self) -> Notation {
        Notation::template("{0}", "{0}", super::Level::Atom, super::Level::Relation)
    }

    fn samples() -> Vec<Sample> {
        let to = |shape: &[usize]| Self { shape: shape.into() };
        vec![
            Sample::new(to(&[2, 3]), [spread_array(&[3], 0)]),
            Sample::new(to(&[2, 3]), [spread_array(&[2, 1], 0)]),
            Sample::new(to(&[4]), [spread_array(&[], 0)]),
            Sample::new(to(&[2, 3, 4]), [spread_array(&[3, 1], 0)]),
            Sample::new(to(&[0, 3]), [spread_array(&[1, 3], 0)]),
            Sample::new(to(&[2, 2]), [[1_i64, 2].into()]).value_only().gives(ndarray::array![[1_i64, 2], [1, 2]]),
        ]
    }

    fn refused() -> Vec<Refused> {
        let ty = |shape: &[usize]| ArrayType::new(DType::F64, shape);
        vec![
            Refused::new(Self { shape: [4].into() }, [ty(&[3])], "[3] does not broadcast to [4]"),
            Refused::new(Self { shape: [3].into() }, [ty(&[2, 3])], "[2, 3] does not broadcast to [3]"),
        ]
    }
}

impl Var<'_> {
    /// The same elements, repeated to a larger shape as NumPy broadcasts.
    ///
    /// Arithmetic broadcasts by itself; this is for the rest.
    ///
    /// ```
    /// use cinta_graph::Tape;
    /// let tape = Tape::new();
    /// let x = tape.var([1.0, 2.0]);
    /// assert_eq!(x.broadcast_to([2, 2]).value(), ndarray::array![[1.0, 2.0], [1.0, 2.0]]);
    /// ```
    ///
    /// # Panics
    /// If the shape does not broadcast to the new one.
    #[must_use]
    #[track_caller]
    pub fn broadcast_to(self, shape: impl Into<Shape>) -> Self {
        or_panic(self.try_broadcast_to(shape))
    }

    /// [`broadcast_to`](Self::broadcast_to), with the error returned. No node if the shape is the same.
    #[track_caller]
    pub fn try_broadcast_to(self, shape: impl Into<Shape>) -> Result<Self, Error> {
        let shape = shape.into();
        if self.shape() == shape { Ok(self) } else { self.tape().record(BroadcastTo { shape }, &[self]) }
    }
}
