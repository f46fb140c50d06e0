//! `scatter_max`, `scatter_min`: the largest or smallest of an array and of the updates that indices send to it.
use std::ops::RangeInclusive;

use smallvec::smallvec;

use super::extremum::End;
use super::indices::{Indexing, scatter_arguments};
use super::sample::spread_array;
use super::scatter_add::ScatterAdd;
use super::take::Take;
use super::{At, Attributes, Batched, Cotangents, Delta, Flow, Notation, OpDef, Refused, Sample};
use crate::elements::written;
use crate::error::or_panic;
use crate::value::each_dtype;
use crate::{ArrayType, DType, ElementsMut, Error, Operand, RowMajor, Value, Var, Workspace};

/// y = base, and y\[…, idx\[i…\], …\] = max(y\[…, idx\[i…\], …\], updates\[…, i…, …\]) for each index in turn (or min).
///
/// The derivative goes to the element that won; elements that tie share it evenly. A NaN beats all, and then no
/// element equals it: the derivative is 0 for all. The first `batch` axes of base, indices and updates go together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ScatterExtremum {
    /// Largest or smallest.
    pub end: End,
    /// The axis along which the indices count.
    pub axis: usize,
    /// How many leading axes all inputs share.
    pub batch: usize,
}

/// Which elements of the base and which updates won, and among how many the derivative of a place is shared.
struct Winners<'t> {
    base: Var<'t>,
    updates: Var<'t>,
    count: Var<'t>,
}

impl ScatterExtremum {
    fn indexing(self) -> Indexing {
        Indexing { axis: self.axis, batch: self.batch }
    }

    /// What stands at the places of the updates.
    fn take<'t>(self, x: Var<'t>, idx: Var<'t>) -> Result<Var<'t>, Error> {
        x.tape().record(Take { axis: self.axis, batch: self.batch }, &[x, idx])
    }

    /// Updates added at their places.
    fn add<'t>(self, base: Var<'t>, idx: Var<'t>, updates: Var<'t>) -> Result<Var<'t>, Error> {
        base.tape().record(ScatterAdd { axis: self.axis, batch: self.batch }, &[base, idx, updates])
    }

    fn winners<'t>(self, at: &At<'_, 't>) -> Result<Winners<'t>, Error> {
        let (base, idx, updates, y) = (at.input(0), at.input(1), at.input(2), at.output());
        let (from_base, from_updates) = (base.eq(y), updates.eq(self.take(y, idx)?));
        let ones = |winners: Var<'t>, of: Var<'t>| winners.select(of.ones_like(), of.zeros_like());
        let count = self.add(ones(from_base, base), idx, ones(from_updates, updates))?;
        Ok(Winners { base: from_base, updates: from_updates, count })
    }
}

impl OpDef for ScatterExtremum {
    fn name(&self) -> &'static str {
        match self.end {
            End::Max => "scatter_max",
            End::Min => "scatter_min",
        }
    }

    fn arity(&self) -> RangeInclusive<usize> {
        3..=3
    }

    fn attributes(&self) -> Attributes {
        Attributes::none().with("axis", self.axis).with("batch", self.batch)
    }

    fn read(name: &str, attributes: &Attributes) -> Option<Result<Self, String>> {
        let end = match name {
            "scatter_max" => End::Max,
            "scatter_min" => End::Min,
            _ => return None,
        };
        let read = || Ok(Self { end, axis: attributes.size("axis")?, batch: attributes.size("batch")? });
        Some(read())
    }

    fn infer(&self, inputs: &[&ArrayType]) -> Result<ArrayType, String> {
        self.indexing().scattered_type(inputs[0], inputs[1], inputs[2])
    }

    fn writes_into(&self) -> bool {
        true
    }

    fn eval_into(&self, inputs: &[RowMajor<'_>], output: ElementsMut<'_>, _: &mut Workspace) -> Result<(), String> {
        each_dtype!(output.dtype(), T => {
            self.indexing().scatter(inputs, written::<T>(output), |a, b| self.end.better(a, b))
        })
    }

    fn vjp<'t>(&self, at: &At<'_, 't>, ct: Delta<'t>) -> Result<Cotangents<'t>, Error> {
        let Winners { base, updates, count } = self.winners(at)?;
        let share = ct.over(count);
        let pull = || {
            let taken = self.take(share.var(), at.input(1))?;
            Ok(Delta::new(taken, share.is_masked()).only_where(updates))
        };
        let to_updates = at.wants(2).then(pull).transpose()?;
        Ok(smallvec![at.wants(0).then(|| share.only_where(base)), None, to_updates])
    }

    fn jvp<'t>(&self, at: &At<'_, 't>, tangents: &[Flow<'t>]) -> Result<Flow<'t>, Error> {
        let Winners { base, updates, count } = self.winners(at)?;
        let from_base = tangents[0].map(|t| t.only_where(base).var());
        let var = match (from_base, tangents[2]) {
            (Some(from_base), None) => from_base,
            (from_base, Some(t)) => {
                let into = from_base.unwrap_or_else(|| at.input(0).zeros_like());
                self.add(into, at.input(1), t.only_where(updates).var())?
            }
            (None, None) => return Ok(None),
        };
        Ok(Some(Delta::masked(var).over(count)))
    }

    fn blocks(&self, input: usize) -> Option<&'static str> {
        (input == 1).then_some("indices are integers")
    }

    fn batch<'t>(&self, inputs: &[Batched<'t>], size: usize) -> Result<Var<'t>, Error> {
        let (Indexing { axis, batch }, inputs) = self.indexing().batched_scatter(inputs, size);
        inputs[0].tape().record(Self { end: self.end, axis, batch }, &inputs)
    }

    fn flops(&self, inputs: &[&ArrayType], _output: &ArrayType) -> u64 {
        inputs[2].shape.size() as u64
    }

    fn notation(&self) -> Notation {
        Notation::function(self.name())
    }

    fn samples() -> Vec<Sample> {
        let of = |end: End, axis: usize, batch: usize| Self { end, axis, batch };
        let sample = |op: Self, base: &[usize], idx: Value, updates: &[usize]| {
            Sample::new(op, [spread_array(base, 0), idx, spread_array(updates, 30)])
        };
        let table = ndarray::array![[0_i64, 2], [2, 1]];
        let transposed =
            |shape: &[usize], offset| Value::from(spread_array(shape, offset).to_array::<f64>().reversed_axes());
        let none = || Value::from(ndarray::Array1::<i64>::zeros(0));
        let (max, min) = (of(End::Max, 0, 0), of(End::Min, 0, 0));
        let nan = f64::NAN;
        vec![
            sample(max, &[4, 3], [2_i64, 0, 2].into(), &[3, 3]),
            sample(of(End::Max, 1, 0), &[2, 3], (&table).into(), &[2, 2, 2]),
            sample(of(End::Min, 1, 0), &[2, 3, 2], 1_i64.into(), &[2, 2]),
            sample(min, &[1], [0_i64, 0].into(), &[2]),
            sample(max, &[3, 2], none(), &[0, 2]),
            sample(max, &[0, 2], none(), &[0, 2]),
            sample(min, &[2, 0], [1_i64, 1].into(), &[2, 0]),
            sample(of(End::Max, 1, 1), &[2, 3], (&table).into(), &[2, 2]),
            sample(of(End::Min, 2, 1), &[2, 2, 3], [2_i64, 0].into(), &[2, 2]),
            Sample::new(of(End::Max, 1, 0), [transposed(&[3, 2], 0), [0_i64, 2].into(), transposed(&[2, 2], 30)]),
            Sample::new(max, [[1.0, 2.0].into(), [1_i64, 1].into(), [1.5, 3.0].into()]).gives([1.0, 3.0]),
            Sample::new(max, [[nan, 2.0, 5.0].into(), [0_i64, 1].into(), [9.0, nan].into()])
                .value_only()
                .gives([nan, nan, 5.0]),
            Sample::new(min, [[1.5_f32].into(), 0_i64.into(), 1.0_f32.into()]).value_only().gives([1.0_f32]),
            Sample::new(min, [[4_i64, 5].into(), [1_i64, 1].into(), [7_i64, -2].into()])
                .value_only()
                .gives([4_i64, -2]),
        ]
    }

    fn refused() -> Vec<Refused> {
        let ty = |dtype, shape: &[usize]| ArrayType::new(dtype, shape);
        let op = Self { end: End::Max, axis: 0, batch: 0 };
        let three = |base: &[usize], idx: &[usize], updates: &[usize]| {
            [ty(DType::F64, base), ty(DType::I64, idx), ty(DType::F64, updates)]
        };
        vec![
            Refused::new(op, three(&[3, 2], &[4], &[4, 3]), "the updates should have shape [4, 2], not [4, 3]"),
            Refused::new(
                op,
                [ty(DType::F64, &[2]), ty(DType::F64, &[1]), ty(DType::F64, &[1])],
                "the indices should be i64",
            ),
            Refused::new(
                op,
                [ty(DType::F64, &[2]), ty(DType::I64, &[1]), ty(DType::F32, &[1])],
                "dtypes f64 and f32 differ",
            ),
            Refused::new(
                Self { end: End::Min, ..op },
                [ty(DType::Bool, &[2]), ty(DType::I64, &[1]), ty(DType::Bool, &[1])],
                "needs numbers, not bool",
            ),
            Refused::new(op, three(&[], &[2], &[2]), "axis 0 is out of range for 0 axes"),
            Refused::new(Self { axis: 1, batch: 1, ..op }, three(&[2, 3], &[3], &[2]), "do not share 1 axes"),
        ]
    }
}

impl<'t> Var<'t> {
    /// The larger of this array and of the updates that indices send to it along an axis. The updates have, or
    /// broadcast to, the shape that [`take`](Self::take) with these indices gives.
    ///
    /// The derivative goes to the element that won; elements that tie share it evenly. A NaN wins, with derivative 0.
    ///
    /// ```
    /// use cinta_graph::Tape;
    /// use ndarray::array;
    /// let tape = Tape::new();
    /// let (x, u) = (tape.var([0.0, 10.0, 20.0]), tape.var([5.0, 7.0, 7.0]));
    /// let y = x.scatter_max([0_i64, 1, 0], u, 0);
    /// assert_eq!(y.value(), array![7.0, 10.0, 20.0]);
    /// let [dx, du] = y.sum().grad([x, u]);
    /// assert_eq!((dx.value(), du.value()), (array![0.0, 1.0, 1.0].into(), array![0.0, 0.0, 1.0].into()));
    /// ```
    ///
    /// # Panics
    /// As [`scatter_add`](Self::scatter_add).
    #[must_use]
    #[track_caller]
    #[doc(alias = "index_max")]
    pub fn scatter_max(self, idx: impl Operand<'t>, updates: impl Operand<'t>, axis: isize) -> Self {
        or_panic(self.try_scatter_max(idx, updates, axis))
    }

    /// [`scatter_max`](Self::scatter_max), with the error returned.
    #[track_caller]
    pub fn try_scatter_max(self, idx: impl Operand<'t>, updates: impl Operand<'t>, axis: isize) -> Result<Self, Error> {
        self.scatter_extremum(End::Max, idx, updates, axis)
    }

    /// The smaller of this array and of the updates that indices send to it; as [`scatter_max`](Self::scatter_max).
    ///
    /// ```
    /// use cinta_graph::Tape;
    /// let tape = Tape::new();
    /// let x = tape.var([0.0, 10.0, 20.0]);
    /// assert_eq!(x.scatter_min([1_i64, 2], 15.0, 0).value(), ndarray::array![0.0, 10.0, 15.0]);
    /// ```
    ///
    /// # Panics
    /// As [`scatter_add`](Self::scatter_add).
    #[must_use]
    #[track_caller]
    #[doc(alias = "index_min")]
    pub fn scatter_min(self, idx: impl Operand<'t>, updates: impl Operand<'t>, axis: isize) -> Self {
        or_panic(self.try_scatter_min(idx, updates, axis))
    }

    /// [`scatter_min`](Self::scatter_min), with the error returned.
    #[track_caller]
    pub fn try_scatter_min(self, idx: impl Operand<'t>, updates: impl Operand<'t>, axis: isize) -> Result<Self, Error> {
        self.scatter_extremum(End::Min, idx, updates, axis)
    }

    #[track_caller]
    fn scatter_extremum(
        self,
        end: End,
        idx: impl Operand<'t>,
        updates: impl Operand<'t>,
        axis: isize,
    ) -> Result<Self, Error> {
        let any = ScatterExtremum { end, axis: 0, batch: 0 };
        let (Indexing { axis, batch }, [idx, updates]) = scatter_arguments(any.name(), self, idx, updates, axis)?;
        self.tape().record(ScatterExtremum { end, axis, batch }, &[self, idx, updates])
    }
}
