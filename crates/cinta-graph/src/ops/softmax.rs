//! `softmax`: the exponentials of each lane as shares of their sum; the derivative of `logsumexp`.
use std::ops::RangeInclusive;

use ndarray::{Array2, ArrayView1};
use smallvec::smallvec;

use super::lanes::{AxisList, check_axes, check_float, lanes, past_batch, sum_kept, unlanes};
use super::pairwise::sum_slice;
use super::sample::spread_array;
use super::{At, Attributes, Batched, Cotangents, Delta, Flow, Notation, OpDef, Refused, Sample};
use crate::error::or_panic;
use crate::{ArrayType, Axes, DType, Error, Output, Real, Value, Var};

/// pⱼ = e^xⱼ / Σₗ e^xₗ along some axes. Every share is right to a few units in its last place, however small.
///
/// The Jacobian diag(p) − p pᵀ is its own transpose: both modes are p ⊙ (t − pᵀt), where the bracket is
/// written without cancellation. Infinity among the inputs: equal infinite largest
/// elements share evenly, and a lane of nothing but −∞ gives 0 (all its terms are absent).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Softmax {
    /// The axes along which the shares add up to 1, in rising order.
    pub axes: AxisList,
}

/// What `logsumexp`, `softmax` and `log_softmax` know of a lane: Σ e^xⱼ = e^max (1 + others).
pub(super) struct Exponentials<T> {
    pub(super) max: T,
    /// Σ e^(xⱼ − max) over all but one largest element. Kept apart from that element's 1, so that a small
    /// sum keeps its digits.
    pub(super) others: T,
}

impl<T: Real> Exponentials<T> {
    pub(super) fn of(lane: ArrayView1<'_, T>) -> Self {
        let above = |a: T, b: T| if a >= b || a.is_nan() { a } else { b };
        let max = lane.iter().copied().fold(-T::INFINITY, above);
        let peak = lane.iter().position(|&x| x == max);
        let others: Vec<T> =
            (0..).zip(lane).filter(|(i, _)| Some(*i) != peak).map(|(_, &x)| exp_of_difference(x, max)).collect();
        Self { max, others: sum_slice(&others) }
    }

    /// log Σ e^(xⱼ − max).
    pub(super) fn log(&self) -> T {
        self.others.ln_1p()
    }

    fn share(&self, x: T) -> T {
        if self.max == -T::INFINITY {
            return T::lit(0.0);
        }
        exp_of_difference(x, self.max) / (T::lit(1.0) + self.others)
    }
}

/// e^(x − m) for x ≤ m, to the last digits: the rounding error of x − m, which grows with the difference,
/// is found exactly (Knuth's two-sum) and put back.
pub(super) fn exp_of_difference<T: Real>(x: T, m: T) -> T {
    if x == m {
        return T::lit(1.0); // equal infinities too
    }
    let difference = x - m;
    let e = difference.exp();
    if !difference.is_finite() {
        return e;
    }
    let minus_m = difference - x;
    let error = (x - (difference - minus_m)) - (m + minus_m);
    e + e * error
}

/// p, where it is at most a half; the rest of each lane is at most one element.
pub(super) fn light(p: Var<'_>) -> Var<'_> {
    p.le(0.5)
}

/// t − pᵀt along each lane, for shares p that add up to 1.
///
/// Where one share is nearly 1, that element's own difference would cancel to nothing. There it is
/// tₘ (1 − pₘ) − Σ_{l≠m} pₗ tₗ instead, with 1 − pₘ as the sum of the other shares.
pub(super) fn centred<'t>(p: Var<'t>, t: Delta<'t>, axes: &[usize]) -> Delta<'t> {
    let (shape, light) = (p.shape(), light(p));
    let spread = |delta: Delta<'t>| sum_kept(delta, axes).broadcast_to(&shape);
    let terms = t.times(p);
    let others = spread(terms.only_where(light));
    let rest = spread(Delta::masked(light.select(p, p.zeros_like())));
    let plain = t - spread(terms);
    let heavy = t.times(rest.var()) - others;
    Delta::dense(light.select(plain.var(), heavy.var()))
}

impl OpDef for Softmax {
    fn name(&self) -> &'static str {
        "softmax"
    }

    fn arity(&self) -> RangeInclusive<usize> {
        1..=1
    }

    fn attributes(&self) -> Attributes {
        Attributes::none().with("axes", &self.axes[..])
    }

    fn read(name: &str, attributes: &Attributes) -> Option<Result<Self, String>> {
        (name == "softmax").then(|| Ok(Self { axes: attributes.sizes("axes")? }))
    }

    fn infer(&self, inputs: &[&ArrayType]) -> Result<ArrayType, String> {
        check_float(inputs[0].dtype)?;
        check_axes(&self.axes, &inputs[0].shape)?;
        Ok(inputs[0].clone())
    }

    fn eval(&self, inputs: &[&Value], output: &Output<'_>) -> Result<Value, String> {
        match output.dtype {
            DType::F32 => each_lane::<f32>(inputs[0], &self.axes, Exponentials::share),
            _ => each_lane::<f64>(inputs[0], &self.axes, Exponentials::share),
        }
    }

    fn vjp<'t>(&self, at: &At<'_, 't>, ct: Delta<'t>) -> Result<Cotangents<'t>, Error> {
        let p = at.output();
        Ok(smallvec![Some(centred(p, ct, &self.axes).times(p))])
    }

    fn jvp<'t>(&self, at: &At<'_, 't>, tangents: &[Flow<'t>]) -> Result<Flow<'t>, Error> {
        let p = at.output();
        Ok(tangents[0].map(|t| centred(p, t, &self.axes).times(p)))
    }

    fn batch<'t>(&self, inputs: &[Batched<'t>], size: usize) -> Result<Var<'t>, Error> {
        let x = inputs[0].spread(size);
        x.tape().record(Self { axes: past_batch(&self.axes) }, &[x])
    }

    fn flops(&self, inputs: &[&ArrayType], _output: &ArrayType) -> u64 {
        20 * inputs[0].shape.size() as u64
    }

    fn notation(&self) -> Notation {
        Notation::function("softmax")
    }

    fn samples() -> Vec<Sample> {
        let along = |axes: &[usize]| Self { axes: axes.into() };
        let far = || [-1000.0, 0.0, 40.0].into();
        let infinity = f64::INFINITY;
        vec![
            Sample::new(along(&[0]), [spread_array(&[4], 0)]),
            Sample::new(along(&[0]), [spread_array(&[3, 2], 0)]),
            Sample::new(along(&[1]), [spread_array(&[2, 3, 2], 0)]),
            Sample::new(along(&[0, 2]), [spread_array(&[2, 2, 3], 3)]),
            Sample::new(along(&[1]), [spread_array(&[3, 4], 5).to_array::<f64>().reversed_axes().into()]),
            Sample::new(along(&[]), [spread_array(&[], 0)]),
            Sample::new(along(&[1]), [spread_array(&[2, 0], 0)]),
            Sample::new(along(&[0]), [far()]).value_only().gives_within([0.0, SMALL_SHARE, 1.0], 2.0),
            Sample::new(along(&[0]), [[infinity, 0.0, infinity].into()]).value_only().gives([0.5, 0.0, 0.5]),
            Sample::new(along(&[0]), [[-infinity, -infinity].into()]).value_only().gives([0.0, 0.0]),
        ]
    }

    fn refused() -> Vec<Refused> {
        let ty = |dtype| ArrayType::new(dtype, [2]);
        vec![
            Refused::new(Self { axes: smallvec![1] }, [ty(DType::F64)], "axis 1 is out of range"),
            Refused::new(Self { axes: smallvec![0, 0] }, [ty(DType::F64)], "axes [0, 0] should rise"),
            Refused::new(Self { axes: smallvec![0] }, [ty(DType::I64)], "needs f64 or f32, not i64"),
        ]
    }
}

/// e⁻⁴⁰/(1 + e⁻⁴⁰).
const SMALL_SHARE: f64 = 4.248_354_255_291_589e-18;

/// A function of each element and its lane.
pub(super) fn each_lane<T: Real>(
    x: &Value,
    axes: &[usize],
    f: impl Fn(&Exponentials<T>, T) -> T,
) -> Result<Value, String> {
    let mut rows: Array2<T> = lanes(x, axes)?;
    for mut row in rows.rows_mut() {
        let exponentials = Exponentials::of(row.view());
        row.mapv_inplace(|x| f(&exponentials, x));
    }
    Ok(unlanes(rows, axes, &x.shape()))
}

/// The pullback or pushforward of something whose gradient in each lane is softmax.
#[track_caller]
pub(super) fn softmax_of<'t>(x: Var<'t>, axes: &[usize]) -> Result<Var<'t>, Error> {
    x.tape().record(Softmax { axes: axes.into() }, &[x])
}

impl Var<'_> {
    /// e^xⱼ / Σₗ e^xₗ along one axis, or along several together.
    ///
    /// Shares and derivatives keep all their digits, however far an element is from the largest.
    ///
    /// ```
    /// use cinta_graph::Tape;
    /// let tape = Tape::new();
    /// let x = tape.var([1000.0, 960.0]);
    /// let p = x.softmax(-1).to_array::<f64>();
    /// assert_eq!(p[0], 1.0);
    /// assert!((p[1] / (-40.0_f64).exp() - 1.0).abs() < 1e-15);
    /// ```
    ///
    /// # Panics
    /// If an axis does not exist, and on integers and truth values.
    #[must_use]
    #[track_caller]
    pub fn softmax(self, axes: impl Into<Axes>) -> Self {
        or_panic(self.try_softmax(axes))
    }

    /// [`softmax`](Self::softmax), with the error returned.
    #[track_caller]
    pub fn try_softmax(self, axes: impl Into<Axes>) -> Result<Self, Error> {
        let axes = self.resolve_axes("softmax", &axes.into())?;
        softmax_of(self, &axes)
    }
}
