//! `flip`: axes read backwards.
use std::ops::RangeInclusive;

use smallvec::{SmallVec, smallvec};

use super::sample::spread_array;
use super::{At, Attributes, Batched, Cotangents, Delta, Flow, Notation, OpDef, Refused, Sample, linear_jvp};
use crate::error::or_panic;
use crate::{ArrayType, Axes, DType, Error, Strided, Var};

/// y holds the elements of x in reverse order along some axes. Linear, and its own transpose. Costs nothing: the
/// value is a view.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Flip {
    /// The axes, in rising order.
    pub axes: SmallVec<[usize; 4]>,
}

impl OpDef for Flip {
    fn name(&self) -> &'static str {
        "flip"
    }

    fn arity(&self) -> RangeInclusive<usize> {
        1..=1
    }

    fn attributes(&self) -> Attributes {
        Attributes::none().with("axes", &self.axes[..])
    }

    fn read(name: &str, attributes: &Attributes) -> Option<Result<Self, String>> {
        (name == "flip").then(|| Ok(Self { axes: attributes.sizes("axes")? }))
    }

    fn infer(&self, inputs: &[&ArrayType]) -> Result<ArrayType, String> {
        let rank = inputs[0].shape.rank();
        if self.axes.is_sorted_by(|a, b| a < b) && self.axes.iter().all(|&axis| axis < rank) {
            return Ok(inputs[0].clone());
        }
        Err(format!("{:?} are not some of the {rank} axes in rising order", self.axes))
    }

    fn view(&self, input: &Strided) -> Option<Strided> {
        let mut view = input.clone();
        for &axis in &self.axes {
            let last = view.shape[axis].saturating_sub(1).cast_signed();
            view.offset = view.offset.wrapping_add_signed(last * view.strides[axis]);
            view.strides[axis] = -view.strides[axis];
        }
        Some(view)
    }

    fn vjp<'t>(&self, at: &At<'_, 't>, ct: Delta<'t>) -> Result<Cotangents<'t>, Error> {
        Ok(smallvec![Some(Delta::new(at.tape().record(self.clone(), &[ct.var()])?, ct.is_masked()))])
    }

    fn jvp<'t>(&self, at: &At<'_, 't>, tangents: &[Flow<'t>]) -> Result<Flow<'t>, Error> {
        linear_jvp(self, at, tangents)
    }

    fn batch<'t>(&self, inputs: &[Batched<'t>], size: usize) -> Result<Var<'t>, Error> {
        let x = inputs[0].spread(size);
        x.tape().record(Self { axes: self.axes.iter().map(|axis| axis + 1).collect() }, &[x])
    }

    fn flops(&self, _inputs: &[&ArrayType], _output: &ArrayType) -> u64 {
        0
    }

    fn notation(&self) -> Notation {
        Notation::function("flip")
    }

    fn samples() -> Vec<Sample> {
        let along = |axes: &[usize]| Self { axes: axes.into() };
        let transposed = spread_array(&[3, 4], 5).to_array::<f64>().reversed_axes();
        vec![
            Sample::new(along(&[0]), [spread_array(&[2, 3], 0)]),
            Sample::new(along(&[0, 1]), [spread_array(&[2, 3], 0)]),
            Sample::new(along(&[0, 2]), [spread_array(&[2, 3, 2], 0)]),
            Sample::new(along(&[1]), [transposed.into()]),
            Sample::new(along(&[1]), [spread_array(&[2, 0], 0)]),
            Sample::new(along(&[0]), [spread_array(&[1], 0)]),
            Sample::new(along(&[]), [spread_array(&[], 0)]),
            Sample::new(along(&[0]), [[1.0, 2.0, 3.0].into()]).gives([3.0, 2.0, 1.0]),
            Sample::new(along(&[0]), [[1.5_f32, 2.5].into()]).value_only().gives([2.5_f32, 1.5]),
            Sample::new(along(&[1]), [ndarray::array![[1_i64, 2], [3, 4]].into()])
                .value_only()
                .gives(ndarray::array![[2_i64, 1], [4, 3]]),
            Sample::new(along(&[0]), [[true, false].into()]).value_only().gives([false, true]),
        ]
    }

    fn refused() -> Vec<Refused> {
        let ty = [ArrayType::new(DType::F64, [2, 3])];
        let along = |axes: &[usize]| Self { axes: axes.into() };
        vec![
            Refused::new(along(&[2]), ty.clone(), "[2] are not some of the 2 axes in rising order"),
            Refused::new(along(&[0, 0]), ty.clone(), "[0, 0] are not some of the 2 axes in rising order"),
            Refused::new(along(&[1, 0]), ty, "[1, 0] are not some of the 2 axes in rising order"),
        ]
    }
}

impl Var<'_> {
    /// The elements in reverse order along one axis or several (negative ones count from the end).
    ///
    /// ```
    /// use cinta_graph::{Axes, Tape};
    /// use ndarray::array;
    /// let tape = Tape::new();
    /// let x = tape.var(array![[1.0, 2.0], [3.0, 4.0]]);
    /// assert_eq!(x.flip(0).value(), array![[3.0, 4.0], [1.0, 2.0]]);
    /// assert_eq!(x.flip(Axes::all()).value(), array![[4.0, 3.0], [2.0, 1.0]]);
    /// ```
    ///
    /// # Panics
    /// If an axis does not exist or is named twice.
    #[must_use]
    #[track_caller]
    pub fn flip(self, axes: impl Into<Axes>) -> Self {
        or_panic(self.try_flip(axes))
    }

    /// [`flip`](Self::flip), with the error returned. No node for no axes.
    #[track_caller]
    pub fn try_flip(self, axes: impl Into<Axes>) -> Result<Self, Error> {
        let ty = self.array_type();
        let axes = axes.into().resolve(&ty.shape).map_err(self.tape().refusing("flip", &[&ty]))?;
        if axes.is_empty() { Ok(self) } else { self.tape().record(Flip { axes }, &[self]) }
    }
}
