//! `log_softmax`: the logarithm of `softmax`, with all its digits where a share is nearly 1.
use std::ops::RangeInclusive;

use smallvec::smallvec;

use super::lanes::{AxisList, check_axes, check_float, past_batch, sum_kept};
use super::sample::spread_array;
use super::softmax::{Exponentials, centred, each_lane, light, softmax_of};
use super::{At, Attributes, Batched, Cotangents, Delta, Flow, Notation, OpDef, Refused, Sample};
use crate::error::or_panic;
use crate::{ArrayType, Axes, DType, Error, Output, Real, Value, Var};

/// yⱼ = xⱼ − log Σₗ e^xₗ along some axes, computed as (xⱼ − m) − log(1 + Σ_{l≠m} e^(xₗ − m)) with the largest
/// element m: both terms are ≤ 0, so nothing cancels.
///
/// With p = softmax(x), the pushforward is t − pᵀt and the pullback δ − p Σδ. Infinities as in
/// [`softmax`](super::softmax): y is always log p.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct LogSoftmax {
    /// The axes along which the exponentials add up to 1, in rising order.
    pub axes: AxisList,
}

fn log_share<T: Real>(lane: &Exponentials<T>, x: T) -> T {
    if x == -T::INFINITY {
        return x;
    }
    let difference = if x == lane.max { T::lit(0.0) } else { x - lane.max };
    difference - lane.log()
}

/// δ − p Σδ along each lane. As in [`centred`], the difference of an element whose share is nearly 1 is
/// δₘ (1 − pₘ) − pₘ Σ_{l≠m} δₗ instead: at a confident right answer the gradient of a cross-entropy
/// would else be exactly zero.
fn uncentred<'t>(p: Var<'t>, ct: Delta<'t>, axes: &[usize]) -> Delta<'t> {
    let (shape, light) = (p.shape(), light(p));
    let spread = |delta: Delta<'t>| sum_kept(delta, axes).broadcast_to(&shape);
    let rest = spread(Delta::masked(light.select(p, p.zeros_like())));
    let plain = ct - spread(ct).times(p);
    let heavy = ct.times(rest.var()) - spread(ct.only_where(light)).times(p);
    Delta::dense(light.select(plain.var(), heavy.var()))
}

impl OpDef for LogSoftmax {
    fn name(&self) -> &'static str {
        "log_softmax"
    }

    fn arity(&self) -> RangeInclusive<usize> {
        1..=1
    }

    fn attributes(&self) -> Attributes {
        Attributes::none().with("axes", &self.axes[..])
    }

    fn read(name: &str, attributes: &Attributes) -> Option<Result<Self, String>> {
        (name == "log_softmax").then(|| Ok(Self { axes: attributes.sizes("axes")? }))
    }

    fn infer(&self, inputs: &[&ArrayType]) -> Result<ArrayType, String> {
        check_float(inputs[0].dtype)?;
        check_axes(&self.axes, &inputs[0].shape)?;
        Ok(inputs[0].clone())
    }

    fn eval(&self, inputs: &[&Value], output: &Output<'_>) -> Result<Value, String> {
        match output.dtype {
            DType::F32 => each_lane::<f32>(inputs[0], &self.axes, log_share),
            _ => each_lane::<f64>(inputs[0], &self.axes, log_share),
        }
    }

    fn vjp<'t>(&self, at: &At<'_, 't>, ct: Delta<'t>) -> Result<Cotangents<'t>, Error> {
        let p = softmax_of(at.input(0), &self.axes)?;
        Ok(smallvec![Some(uncentred(p, ct, &self.axes))])
    }

    fn jvp<'t>(&self, at: &At<'_, 't>, tangents: &[Flow<'t>]) -> Result<Flow<'t>, Error> {
        let p = softmax_of(at.input(0), &self.axes)?;
        Ok(tangents[0].map(|t| centred(p, t, &self.axes)))
    }

    fn batch<'t>(&self, inputs: &[Batched<'t>], size: usize) -> Result<Var<'t>, Error> {
        let x = inputs[0].spread(size);
        x.tape().record(Self { axes: past_batch(&self.axes) }, &[x])
    }

    fn flops(&self, inputs: &[&ArrayType], _output: &ArrayType) -> u64 {
        20 * inputs[0].shape.size() as u64
    }

    fn notation(&self) -> Notation {
        Notation::function("log_softmax")
    }

    fn samples() -> Vec<Sample> {
        let along = |axes: &[usize]| Self { axes: axes.into() };
        let infinity = f64::INFINITY;
        vec![
            Sample::new(along(&[0]), [spread_array(&[4], 0)]),
            Sample::new(along(&[0]), [[3.0, -1.0, 0.5].into()]),
            Sample::new(along(&[0]), [spread_array(&[3, 2], 0)]),
            Sample::new(along(&[0, 2]), [spread_array(&[2, 2, 3], 3)]),
            Sample::new(along(&[1]), [spread_array(&[3, 4], 5).to_array::<f64>().reversed_axes().into()]),
            Sample::new(along(&[]), [spread_array(&[], 0)]),
            Sample::new(along(&[1]), [spread_array(&[2, 0], 0)]),
            Sample::new(along(&[0]), [[40.0, 0.0].into()])
                .value_only()
                .gives_within([-4.248_354_255_291_589e-18, -40.0], 1.0),
            Sample::new(along(&[0]), [[-infinity, 2.0].into()]).value_only().gives([-infinity, 0.0]),
            Sample::new(along(&[0]), [[-infinity, -infinity].into()]).value_only().gives([-infinity, -infinity]),
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
    /// x − log Σ e^x along one axis, or along several together: the logarithm of [`softmax`](Self::softmax).
    ///
    /// ```
    /// use cinta_graph::Tape;
    /// let tape = Tape::new();
    /// let x = tape.var([40.0, 0.0]);
    /// let y = x.log_softmax(-1).to_array::<f64>();
    /// assert!((y[0] / -(-40.0_f64).exp() - 1.0).abs() < 1e-15); // not 0
    /// assert_eq!(y[1], -40.0);
    /// ```
    ///
    /// # Panics
    /// If an axis does not exist, and on integers and truth values.
    #[must_use]
    #[track_caller]
    pub fn log_softmax(self, axes: impl Into<Axes>) -> Self {
        or_panic(self.try_log_softmax(axes))
    }

    /// [`log_softmax`](Self::log_softmax), with the error returned.
    #[track_caller]
    pub fn try_log_softmax(self, axes: impl Into<Axes>) -> Result<Self, Error> {
        let axes = self.resolve_axes("log_softmax", &axes.into())?;
        self.tape().record(LogSoftmax { axes }, &[self])
    }
}
