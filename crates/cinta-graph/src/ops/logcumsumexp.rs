//! `logcumsumexp`: log Σ e^x of all first elements along an axis.
use std::ops::RangeInclusive;

use smallvec::smallvec;

use super::lanes::{Along, check_axes, check_float};
use super::recurrence::Recurrence;
use super::sample::spread_array;
use super::softmax::exp_of_difference;
use super::{At, Attributes, Batched, Cotangents, Delta, Flow, Notation, OpDef, Refused, Sample};
use crate::elements::written;
use crate::error::or_panic;
use crate::{ArrayType, DType, ElementsMut, Error, Real, RowMajor, Var, Workspace};

/// yₖ = log Σ_{j≤k} e^xⱼ along an axis, without overflow.
///
/// With the share p = σ(xₖ − yₖ₋₁) of the newest element, dyₖ = (1 − p) dyₖ₋₁ + p dxₖ, a
/// [`Recurrence`] whose numbers are positive and add up to 1. Sums of nothing but −∞ are −∞ with derivative 0; from
/// the first +∞ on they are +∞, and the derivative is that element's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct LogCumSumExp {
    /// The axis along which the sums grow.
    pub axis: usize,
}

impl LogCumSumExp {
    /// Each y as max + log(1 + others): the largest element so far stands apart, so that a small rest keeps its digits.
    fn logs<T: Real>(self, x: &[T], shape: &[usize], out: &mut [T]) {
        let along = Along::new(shape, self.axis);
        for start in along.starts() {
            let (mut max, mut others) = (-T::INFINITY, T::lit(0.0));
            for at in along.places(start) {
                let x = x[at];
                if x > max {
                    let one = if max == -T::INFINITY { T::lit(0.0) } else { T::lit(1.0) };
                    others = (others + one) * exp_of_difference(max, x);
                    max = x;
                } else if x != -T::INFINITY {
                    others = others + exp_of_difference(x, max);
                }
                out[at] = max + others.ln_1p();
            }
        }
    }

    fn recurrence(self) -> Recurrence {
        Recurrence { axis: self.axis, reverse: false, gated: false }
    }

    /// The shares 1 − p of what came before, and p of the newest element.
    fn shares<'t>(self, at: &At<'_, 't>) -> Result<[Var<'t>; 2], Error> {
        let x = at.input(0);
        let before = self.recurrence().before(at.output(), f64::NEG_INFINITY)?;
        // Beside an equal infinity the newest element counts nothing.
        let equal = x.eq(before) & x.abs().eq(f64::INFINITY);
        let lead = equal.select(f64::NEG_INFINITY, x - before);
        Ok([(-lead).sigmoid(), lead.sigmoid()])
    }
}

impl OpDef for LogCumSumExp {
    fn name(&self) -> &'static str {
        "logcumsumexp"
    }

    fn arity(&self) -> RangeInclusive<usize> {
        1..=1
    }

    fn attributes(&self) -> Attributes {
        Attributes::none().with("axis", self.axis)
    }

    fn read(name: &str, attributes: &Attributes) -> Option<Result<Self, String>> {
        (name == "logcumsumexp").then(|| Ok(Self { axis: attributes.size("axis")? }))
    }

    fn infer(&self, inputs: &[&ArrayType]) -> Result<ArrayType, String> {
        check_float(inputs[0].dtype)?;
        check_axes(&[self.axis], &inputs[0].shape)?;
        Ok(inputs[0].clone())
    }

    fn writes_into(&self) -> bool {
        true
    }

    fn eval_into(&self, inputs: &[RowMajor<'_>], output: ElementsMut<'_>, _: &mut Workspace) -> Result<(), String> {
        let x = inputs[0];
        match output {
            ElementsMut::F32(out) => self.logs(x.of(), x.shape, out),
            output => self.logs(x.of(), x.shape, written::<f64>(output)),
        }
        Ok(())
    }

    fn vjp<'t>(&self, at: &At<'_, 't>, ct: Delta<'t>) -> Result<Cotangents<'t>, Error> {
        let [rest, newest] = self.shares(at)?;
        Ok(smallvec![Some(self.recurrence().pull(rest, ct)?.times(newest))])
    }

    fn jvp<'t>(&self, at: &At<'_, 't>, tangents: &[Flow<'t>]) -> Result<Flow<'t>, Error> {
        let [rest, newest] = self.shares(at)?;
        tangents[0].map(|t| self.recurrence().push(rest, t.times(newest))).transpose()
    }

    fn batch<'t>(&self, inputs: &[Batched<'t>], size: usize) -> Result<Var<'t>, Error> {
        let x = inputs[0].spread(size);
        x.tape().record(Self { axis: self.axis + 1 }, &[x])
    }

    fn flops(&self, _inputs: &[&ArrayType], output: &ArrayType) -> u64 {
        40 * output.shape.size() as u64
    }

    fn notation(&self) -> Notation {
        Notation::function("logcumsumexp")
    }

    fn samples() -> Vec<Sample> {
        let along = |axis| Self { axis };
        let transposed = spread_array(&[3, 4], 5).to_array::<f64>().reversed_axes();
        let infinity = f64::INFINITY;
        let two = 1_000.693_147_180_559_9;
        vec![
            Sample::new(along(0), [spread_array(&[4], 0)]),
            Sample::new(along(1), [spread_array(&[2, 3, 2], 0)]),
            Sample::new(along(1), [transposed.into()]),
            Sample::new(along(0), [spread_array(&[1], 0)]),
            Sample::new(along(1), [spread_array(&[2, 0], 0)]),
            Sample::new(along(0), [[-1.0, 5.0, 2.0].into()]),
            Sample::new(along(0), [[1000.0, 1000.0, -1000.0].into()])
                .value_only()
                .gives_within([1000.0, two, two], 1.0),
            Sample::new(along(0), [[-40.0, 0.0].into()])
                .value_only()
                .gives_within([-40.0, 4.248_354_255_291_589e-18], 1.0),
            Sample::new(along(0), [[-infinity, -infinity, 2.0, infinity, infinity, 1.0].into()])
                .value_only()
                .gives([-infinity, -infinity, 2.0, infinity, infinity, infinity]),
            Sample::new(along(0), [[1.0, f64::NAN, infinity].into()]).value_only().gives([1.0, f64::NAN, f64::NAN]),
        ]
    }

    fn refused() -> Vec<Refused> {
        vec![
            Refused::new(Self { axis: 1 }, [ArrayType::new(DType::F64, [2])], "axis 1 is out of range for 1 axes"),
            Refused::new(Self { axis: 0 }, [ArrayType::new(DType::I64, [2])], "needs f64 or f32, not i64"),
        ]
    }
}

impl Var<'_> {
    /// log Σ e^x of the first elements up to each along one axis, without overflow.
    ///
    /// ```
    /// use cinta_graph::Tape;
    /// let tape = Tape::new();
    /// let x = tape.var([1000.0, 1000.0]);
    /// let y = x.logcumsumexp(0);
    /// assert_eq!(y.value(), ndarray::array![1000.0, 1000.0 + std::f64::consts::LN_2]);
    /// assert_eq!(y.sum().grad(x).value(), ndarray::array![1.5, 0.5]);
    /// ```
    ///
    /// # Panics
    /// If there is no such axis, and on integers and truth values.
    #[must_use]
    #[track_caller]
    pub fn logcumsumexp(self, axis: isize) -> Self {
        or_panic(self.try_logcumsumexp(axis))
    }

    /// [`logcumsumexp`](Self::logcumsumexp), with the error returned.
    #[track_caller]
    pub fn try_logcumsumexp(self, axis: isize) -> Result<Self, Error> {
        let axis = self.one_axis("logcumsumexp", axis)?;
        self.tape().record(LogCumSumExp { axis }, &[self])
    }
}
