//! `cumsum`: the sums of all first elements along an axis.
use std::ops::RangeInclusive;

use smallvec::smallvec;

use super::lanes::{Along, check_axes};
use super::sample::spread_array;
use super::{At, Attributes, Batched, Cotangents, Delta, Flow, Notation, OpDef, Refused, Sample, linear_jvp};
use crate::elements::written;
use crate::error::or_panic;
use crate::{ArrayType, DType, ElementsMut, Error, Numeric, RowMajor, Var, Workspace};

/// yₖ = Σ_{j≤k} xⱼ along an axis; reversed, yₖ = Σ_{j≥k} xⱼ. Linear; its transpose runs the other way.
///
/// Each sum is right to about one rounding however many terms it has: what the additions round off is added up
/// apart. Integers wrap.
///
/// A. Neumaier, *Rundungsfehleranalyse einiger Verfahren zur Summation endlicher Summen*, ZAMM 54 (1974).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct CumSum {
    /// The axis along which the sums grow.
    pub axis: usize,
    /// Whether they start at the end.
    pub reverse: bool,
}

impl CumSum {
    fn sums<T: Numeric>(self, x: &[T], shape: &[usize], out: &mut [T]) {
        let along = Along::new(shape, self.axis);
        for start in along.starts() {
            let (mut sum, mut lost) = (T::zero(), T::zero());
            for at in along.places_from(start, self.reverse) {
                (sum, lost) = add(sum, lost, x[at]);
                out[at] = sum.plus(lost);
            }
        }
    }
}

/// sum + x, and what was lost with what this rounds off (Knuth's two-sum; 0 for integers, NaN beside infinities).
fn add<T: Numeric>(sum: T, lost: T, x: T) -> (T, T) {
    let next = sum.plus(x);
    let added = next.minus(sum);
    let error = sum.minus(next.minus(added)).plus(x.minus(added));
    (next, if error.partial_cmp(&error).is_some() { lost.plus(error) } else { lost })
}

impl OpDef for CumSum {
    fn name(&self) -> &'static str {
        "cumsum"
    }

    fn arity(&self) -> RangeInclusive<usize> {
        1..=1
    }

    fn attributes(&self) -> Attributes {
        Attributes::none().with("axis", self.axis).with("reverse", self.reverse)
    }

    fn read(name: &str, attributes: &Attributes) -> Option<Result<Self, String>> {
        (name == "cumsum").then(|| Ok(Self { axis: attributes.size("axis")?, reverse: attributes.bool("reverse")? }))
    }

    fn infer(&self, inputs: &[&ArrayType]) -> Result<ArrayType, String> {
        if inputs[0].dtype == DType::Bool {
            return Err("needs numbers, not bool; use cast".to_owned());
        }
        check_axes(&[self.axis], &inputs[0].shape)?;
        Ok(inputs[0].clone())
    }

    fn writes_into(&self) -> bool {
        true
    }

    fn eval_into(&self, inputs: &[RowMajor<'_>], output: ElementsMut<'_>, _: &mut Workspace) -> Result<(), String> {
        let x = inputs[0];
        match output {
            ElementsMut::F64(out) => self.sums(x.of(), x.shape, out),
            ElementsMut::F32(out) => self.sums(x.of(), x.shape, out),
            output => self.sums(x.of(), x.shape, written::<i64>(output)),
        }
        Ok(())
    }

    fn vjp<'t>(&self, at: &At<'_, 't>, ct: Delta<'t>) -> Result<Cotangents<'t>, Error> {
        let back = at.tape().record(Self { reverse: !self.reverse, ..*self }, &[ct.var()])?;
        Ok(smallvec![Some(Delta::new(back, ct.is_masked()))])
    }

    fn jvp<'t>(&self, at: &At<'_, 't>, tangents: &[Flow<'t>]) -> Result<Flow<'t>, Error> {
        linear_jvp(self, at, tangents)
    }

    fn batch<'t>(&self, inputs: &[Batched<'t>], size: usize) -> Result<Var<'t>, Error> {
        let x = inputs[0].spread(size);
        x.tape().record(Self { axis: self.axis + 1, ..*self }, &[x])
    }

    fn flops(&self, _inputs: &[&ArrayType], output: &ArrayType) -> u64 {
        8 * output.shape.size() as u64
    }

    fn notation(&self) -> Notation {
        Notation::function("cumsum")
    }

    fn samples() -> Vec<Sample> {
        let along = |axis, reverse| Self { axis, reverse };
        let transposed = spread_array(&[3, 4], 5).to_array::<f64>().reversed_axes();
        let infinity = f64::INFINITY;
        let mut samples = vec![
            Sample::new(along(0, false), [[1.0, 2.0, 3.0].into()]).gives([1.0, 3.0, 6.0]),
            Sample::new(along(0, true), [[1.0, 2.0, 3.0].into()]).gives([6.0, 5.0, 3.0]),
            Sample::new(along(0, false), [[1e100, 1.0, -1e100, 1.0].into()])
                .value_only()
                .gives([1e100, 1e100, 1.0, 2.0]),
            Sample::new(along(0, false), [[1.0, infinity, 1.0, -infinity, 1.0].into()]).value_only().gives([
                1.0,
                infinity,
                infinity,
                f64::NAN,
                f64::NAN,
            ]),
            Sample::new(along(0, false), [[0.1_f32, 0.2].into()]).value_only().gives([0.1_f32, 0.3]),
            Sample::new(along(0, true), [[1, i64::MAX, 1].into()]).value_only().gives([i64::MIN + 1, i64::MIN, 1]),
        ];
        for reverse in [false, true] {
            samples.extend([
                Sample::new(along(0, reverse), [spread_array(&[2, 3], 0)]),
                Sample::new(along(1, reverse), [spread_array(&[2, 3, 2], 0)]),
                Sample::new(along(1, reverse), [transposed.clone().into()]),
                Sample::new(along(1, reverse), [spread_array(&[2, 0], 0)]),
            ]);
        }
        samples
    }

    fn refused() -> Vec<Refused> {
        let along = |axis| Self { axis, reverse: false };
        vec![
            Refused::new(along(2), [ArrayType::new(DType::F64, [2, 3])], "axis 2 is out of range for 2 axes"),
            Refused::new(along(0), [ArrayType::new(DType::F64, ())], "axis 0 is out of range for 0 axes"),
            Refused::new(along(0), [ArrayType::new(DType::Bool, [2])], "needs numbers, not bool"),
        ]
    }
}

impl Var<'_> {
    /// The sums x₀, x₀ + x₁, … along one axis. Each is right to about one rounding; integers wrap.
    ///
    /// ```
    /// use cinta_graph::Tape;
    /// let tape = Tape::new();
    /// let x = tape.var([1.0, 2.0, 3.0]);
    /// assert_eq!(x.cumsum(0).value(), ndarray::array![1.0, 3.0, 6.0]);
    /// assert_eq!(x.cumsum(0).sum().grad(x).value(), ndarray::array![3.0, 2.0, 1.0]);
    /// ```
    ///
    /// # Panics
    /// If there is no such axis, and on truth values.
    #[must_use]
    #[track_caller]
    pub fn cumsum(self, axis: isize) -> Self {
        or_panic(self.try_cumsum(axis))
    }

    /// [`cumsum`](Self::cumsum), with the error returned.
    #[track_caller]
    pub fn try_cumsum(self, axis: isize) -> Result<Self, Error> {
        let axis = self.one_axis("cumsum", axis)?;
        self.tape().record(CumSum { axis, reverse: false }, &[self])
    }

    /// The sums from each element to the last along one axis: a [`cumsum`](Self::cumsum) from the end.
    ///
    /// ```
    /// use cinta_graph::Tape;
    /// let tape = Tape::new();
    /// let rewards = tape.var([1.0, 2.0, 3.0]);
    /// assert_eq!(rewards.cumsum_reversed(0).value(), ndarray::array![6.0, 5.0, 3.0]);
    /// ```
    ///
    /// # Panics
    /// As `cumsum`.
    #[must_use]
    #[track_caller]
    pub fn cumsum_reversed(self, axis: isize) -> Self {
        or_panic(self.try_cumsum_reversed(axis))
    }

    /// [`cumsum_reversed`](Self::cumsum_reversed), with the error returned.
    #[track_caller]
    pub fn try_cumsum_reversed(self, axis: isize) -> Result<Self, Error> {
        let axis = self.one_axis("cumsum", axis)?;
        self.tape().record(CumSum { axis, reverse: true }, &[self])
    }
}
