//! `logsumexp`: log Σ e^x along some axes, a smooth maximum.
use std::ops::RangeInclusive;

use smallvec::smallvec;

use super::lanes::{AxisList, check_axes, check_float, from_lanes, lanes, past_batch, spread_over, sum_kept};
use super::sample::spread_array;
use super::softmax::{Exponentials, softmax_of};
use super::{At, Attributes, Batched, Cotangents, Delta, Flow, Notation, OpDef, Refused, Sample};
use crate::error::or_panic;
use crate::{ArrayType, Axes, DType, Error, Output, Real, Value, Var};

/// y = log Σⱼ e^xⱼ along some axes, which are dropped; ∂y/∂xⱼ is the [softmax](super::softmax) of x.
///
/// Computed as m + log(1 + Σ_{j≠m} e^(xⱼ − m)) with the largest element m, so nothing overflows, and a small
/// excess over m keeps its digits. An empty lane, and one of nothing but −∞, gives −∞ with derivative 0;
/// a +∞ gives +∞.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct LogSumExp {
    /// The axes that are reduced, in rising order.
    pub axes: AxisList,
}

fn logsumexp<T: Real>(x: &Value, axes: &[usize], output: &ArrayType) -> Result<Value, String> {
    let log = |lane| {
        let lane = Exponentials::<T>::of(lane);
        lane.max + lane.log()
    };
    Ok(from_lanes(lanes(x, axes)?.rows().into_iter().map(log).collect(), &output.shape))
}

impl OpDef for LogSumExp {
    fn name(&self) -> &'static str {
        "logsumexp"
    }

    fn arity(&self) -> RangeInclusive<usize> {
        1..=1
    }

    fn attributes(&self) -> Attributes {
        Attributes::none().with("axes", &self.axes[..])
    }

    fn read(name: &str, attributes: &Attributes) -> Option<Result<Self, String>> {
        (name == "logsumexp").then(|| Ok(Self { axes: attributes.sizes("axes")? }))
    }

    fn infer(&self, inputs: &[&ArrayType]) -> Result<ArrayType, String> {
        check_float(inputs[0].dtype)?;
        check_axes(&self.axes, &inputs[0].shape)?;
        Ok(inputs[0].with_shape(inputs[0].shape.without(&self.axes)))
    }

    fn eval(&self, inputs: &[&Value], output: &Output<'_>) -> Result<Value, String> {
        match output.dtype {
            DType::F32 => logsumexp::<f32>(inputs[0], &self.axes, output),
            _ => logsumexp::<f64>(inputs[0], &self.axes, output),
        }
    }

    fn vjp<'t>(&self, at: &At<'_, 't>, ct: Delta<'t>) -> Result<Cotangents<'t>, Error> {
        let x = at.input(0);
        let p = softmax_of(x, &self.axes)?;
        Ok(smallvec![Some(spread_over(ct, &x.shape(), &self.axes).times(p))])
    }

    fn jvp<'t>(&self, at: &At<'_, 't>, tangents: &[Flow<'t>]) -> Result<Flow<'t>, Error> {
        let p = softmax_of(at.input(0), &self.axes)?;
        Ok(tangents[0].map(|t| sum_kept(t.times(p), &self.axes).reshape(&at.output().shape())))
    }

    fn batch<'t>(&self, inputs: &[Batched<'t>], size: usize) -> Result<Var<'t>, Error> {
        let x = inputs[0].spread(size);
        x.tape().record(Self { axes: past_batch(&self.axes) }, &[x])
    }

    fn flops(&self, inputs: &[&ArrayType], _output: &ArrayType) -> u64 {
        20 * inputs[0].shape.size() as u64
    }

    fn notation(&self) -> Notation {
        Notation::function("logsumexp")
    }

    fn samples() -> Vec<Sample> {
        let along = |axes: &[usize]| Self { axes: axes.into() };
        let infinity = f64::INFINITY;
        vec![
            Sample::new(along(&[0]), [spread_array(&[4], 0)]),
            Sample::new(along(&[0]), [spread_array(&[3, 2], 0)]),
            Sample::new(along(&[0, 2]), [spread_array(&[2, 2, 3], 3)]),
            Sample::new(along(&[1]), [spread_array(&[3, 4], 5).to_array::<f64>().reversed_axes().into()]),
            Sample::new(along(&[]), [spread_array(&[], 0)]),
            Sample::new(along(&[0]), [spread_array(&[2, 0], 0)]),
            Sample::new(along(&[0]), [[0.0, -40.0].into()]).value_only().gives_within(4.248_354_255_291_589e-18, 1.0),
            Sample::new(along(&[0]), [[1000.0, 1000.0].into()]).value_only().gives_within(1_000.693_147_180_559_9, 1.0),
            Sample::new(along(&[1]), [spread_array(&[2, 0], 0)]).value_only().gives([-infinity, -infinity]),
            Sample::new(along(&[0]), [[-infinity, -infinity].into()]).value_only().gives(-infinity),
            Sample::new(along(&[0]), [[infinity, 0.0].into()]).value_only().gives(infinity),
            Sample::new(along(&[0]), [[f64::NAN, infinity].into()]).value_only().gives(f64::NAN),
        ]
    }

    fn refused() -> Vec<Refused> {
        let op = |axis| Self { axes: smallvec![axis] };
        vec![
            Refused::new(op(1), [ArrayType::new(DType::F64, [2])], "axis 1 is out of range"),
            Refused::new(op(0), [ArrayType::new(DType::I64, [2])], "needs f64 or f32, not i64"),
        ]
    }
}

impl Var<'_> {
    /// log Σ e^x along some axes, without overflow; all its derivatives are finite.
    ///
    /// ```
    /// use cinta_graph::{Axes, Tape};
    /// let tape = Tape::new();
    /// let x = tape.var([1000.0, 1000.0]);
    /// let y = x.logsumexp(Axes::all());
    /// assert_eq!(y.item(), 1000.0 + std::f64::consts::LN_2);
    /// assert_eq!(y.grad(x).value(), ndarray::array![0.5, 0.5]);
    /// ```
    ///
    /// # Panics
    /// If an axis does not exist or is named twice, and on integers and truth values.
    #[must_use]
    #[track_caller]
    pub fn logsumexp(self, axes: impl Into<Axes>) -> Self {
        or_panic(self.try_logsumexp(axes))
    }

    /// [`logsumexp`](Self::logsumexp), with the error returned.
    #[track_caller]
    pub fn try_logsumexp(self, axes: impl Into<Axes>) -> Result<Self, Error> {
        let axes = axes.into();
        let list = self.resolve_axes("logsumexp", &axes)?;
        let reduced = self.tape().record(LogSumExp { axes: list.clone() }, &[self])?;
        self.restore_axes(reduced, &axes, &list)
    }
}
