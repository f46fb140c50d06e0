//! `scatter_add`: rows added at the places that indices name, the transpose of `take`.
use std::ops::RangeInclusive;

use smallvec::smallvec;

use super::indices::{Indexing, scatter_arguments};
use super::sample::spread_array;
use super::take::Take;
use super::{At, Attributes, Batched, Cotangents, Delta, Flow, Notation, OpDef, Refused, Sample};
use crate::elements::written;
use crate::error::or_panic;
use crate::{ArrayType, DType, ElementsMut, Error, Numeric, Operand, RowMajor, Value, Var, Workspace};

/// y = base, and y\[…, idx\[i…\], …\] += updates\[…, i…, …\] for each index in turn: what meets adds up. Linear in
/// base and updates; its transpose leaves a cotangent as it is for the base, and is [`Take`] for the updates.
///
/// The first `batch` axes of base, indices and updates go together: each example has indices of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ScatterAdd {
    /// The axis along which the indices count.
    pub axis: usize,
    /// How many leading axes all inputs share.
    pub batch: usize,
}

impl ScatterAdd {
    fn indexing(self) -> Indexing {
        Indexing { axis: self.axis, batch: self.batch }
    }
}

impl OpDef for ScatterAdd {
    fn name(&self) -> &'static str {
        "scatter_add"
    }

    fn arity(&self) -> RangeInclusive<usize> {
        3..=3
    }

    fn attributes(&self) -> Attributes {
        Attributes::none().with("axis", self.axis).with("batch", self.batch)
    }

    fn read(name: &str, attributes: &Attributes) -> Option<Result<Self, String>> {
        (name == "scatter_add").then(|| Ok(Self { axis: attributes.size("axis")?, batch: attributes.size("batch")? }))
    }

    fn infer(&self, inputs: &[&ArrayType]) -> Result<ArrayType, String> {
        self.indexing().scattered_type(inputs[0], inputs[1], inputs[2])
    }

    fn writes_into(&self) -> bool {
        true
    }

    fn eval_into(&self, inputs: &[RowMajor<'_>], output: ElementsMut<'_>, _: &mut Workspace) -> Result<(), String> {
        match output {
            ElementsMut::F64(out) => self.indexing().scatter(inputs, out, f64::plus),
            ElementsMut::F32(out) => self.indexing().scatter(inputs, out, f32::plus),
            output => self.indexing().scatter(inputs, written(output), i64::plus),
        }
    }

    fn vjp<'t>(&self, at: &At<'_, 't>, ct: Delta<'t>) -> Result<Cotangents<'t>, Error> {
        let take = Take { axis: self.axis, batch: self.batch };
        let pull = || at.tape().record(take, &[ct.var(), at.input(1)]).map(|taken| Delta::new(taken, ct.is_masked()));
        let updates = at.wants(2).then(pull).transpose()?;
        Ok(smallvec![at.wants(0).then_some(ct), None, updates])
    }

    fn jvp<'t>(&self, at: &At<'_, 't>, tangents: &[Flow<'t>]) -> Result<Flow<'t>, Error> {
        let (base, Some(updates)) = (tangents[0], tangents[2]) else {
            return Ok(tangents[0]);
        };
        let into = base.map_or_else(|| at.input(0).zeros_like(), Delta::var);
        let var = at.tape().record(*self, &[into, at.input(1), updates.var()])?;
        Ok(Some(Delta::new(var, base.is_none_or(Delta::is_masked))))
    }

    fn blocks(&self, input: usize) -> Option<&'static str> {
        (input == 1).then_some("indices are integers")
    }

    fn batch<'t>(&self, inputs: &[Batched<'t>], size: usize) -> Result<Var<'t>, Error> {
        let (Indexing { axis, batch }, inputs) = self.indexing().batched_scatter(inputs, size);
        inputs[0].tape().record(Self { axis, batch }, &inputs)
    }

    fn flops(&self, inputs: &[&ArrayType], _output: &ArrayType) -> u64 {
        inputs[2].shape.size() as u64
    }

    fn notation(&self) -> Notation {
        Notation::function("scatter_add")
    }

    fn samples() -> Vec<Sample> {
        let along = |axis: usize, batch: usize| Self { axis, batch };
        let sample = |op: Self, base: &[usize], idx: Value, updates: &[usize]| {
            Sample::new(op, [spread_array(base, 0), idx, spread_array(updates, 30)])
        };
        let table = ndarray::array![[0_i64, 2], [2, 1]];
        let transposed =
            |shape: &[usize], offset| Value::from(spread_array(shape, offset).to_array::<f64>().reversed_axes());
        let none = || Value::from(ndarray::Array1::<i64>::zeros(0));
        vec![
            sample(along(0, 0), &[4, 3], [2_i64, 0, 2].into(), &[3, 3]),
            sample(along(1, 0), &[2, 3], (&table).into(), &[2, 2, 2]),
            sample(along(1, 0), &[2, 3, 2], 1_i64.into(), &[2, 2]),
            sample(along(0, 0), &[1], [0_i64, 0].into(), &[2]),
            sample(along(0, 0), &[3, 2], none(), &[0, 2]),
            sample(along(0, 0), &[0, 2], none(), &[0, 2]),
            sample(along(0, 0), &[2, 0], [1_i64, 1].into(), &[2, 0]),
            sample(along(1, 1), &[2, 3], (&table).into(), &[2, 2]),
            sample(along(2, 1), &[2, 2, 3], [2_i64, 0].into(), &[2, 2]),
            Sample::new(along(1, 0), [transposed(&[3, 2], 0), table.t().row(0).into(), transposed(&[2, 2], 30)]),
            Sample::new(along(0, 0), [[1.0, 2.0].into(), [1_i64, 1].into(), [10.0, 20.0].into()]).gives([1.0, 32.0]),
            Sample::new(along(0, 0), [[1.5_f32].into(), 0_i64.into(), 1.0_f32.into()]).value_only().gives([2.5_f32]),
            Sample::new(along(0, 0), [[i64::MAX, 5].into(), [0_i64, 0].into(), [1_i64, 1].into()])
                .value_only()
                .gives([i64::MIN + 1, 5]),
        ]
    }

    fn refused() -> Vec<Refused> {
        let ty = |dtype, shape: &[usize]| ArrayType::new(dtype, shape);
        let three = |base: &[usize], idx: &[usize], updates: &[usize]| {
            [ty(DType::F64, base), ty(DType::I64, idx), ty(DType::F64, updates)]
        };
        let op = Self { axis: 0, batch: 0 };
        let (float, int, truth) = (ty(DType::F64, &[2]), ty(DType::I64, &[2]), ty(DType::Bool, &[2]));
        vec![
            Refused::new(op, [float.clone(), int.clone(), int.clone()], "dtypes f64 and i64 differ"),
            Refused::new(op, [truth.clone(), int, truth], "needs numbers, not bool"),
            Refused::new(op, [float.clone(), float.clone(), float], "the indices should be i64, not f64"),
            Refused::new(op, three(&[4, 3], &[2], &[2, 4]), "the updates should have shape [2, 3], not [2, 4]"),
            Refused::new(op, three(&[], &[2], &[2]), "axis 0 is out of range for 0 axes"),
            Refused::new(Self { axis: 1, batch: 1 }, three(&[2, 3], &[3], &[2]), "do not share 1 axes of a batch"),
        ]
    }
}

impl<'t> Var<'t> {
    /// This array with updates added at the places that indices name along an axis; where an index comes twice,
    /// both updates are added, in order. The updates have, or broadcast to, the shape that
    /// [`take`](Self::take) with these indices gives.
    ///
    /// ```
    /// use cinta_graph::Tape;
    /// use ndarray::array;
    /// let tape = Tape::new();
    /// let x = tape.var([0.0, 10.0, 20.0]);
    /// assert_eq!(x.scatter_add([2_i64, 0, 2], [1.0, 2.0, 3.0], 0).value(), array![2.0, 10.0, 24.0]);
    /// assert_eq!(x.scatter_add([1_i64, 1], 0.5, 0).value(), array![0.0, 11.0, 20.0]);
    /// ```
    ///
    /// # Panics
    /// If the indices are not `i64`, there is no such axis, the updates have another dtype or do not fit, this is
    /// `bool`, or an index known by now is negative or out of range. Indices that are computed later are looked at
    /// then: the value is an error.
    #[must_use]
    #[track_caller]
    #[doc(alias = "index_add")]
    pub fn scatter_add(self, idx: impl Operand<'t>, updates: impl Operand<'t>, axis: isize) -> Self {
        or_panic(self.try_scatter_add(idx, updates, axis))
    }

    /// [`scatter_add`](Self::scatter_add), with the error returned.
    #[track_caller]
    pub fn try_scatter_add(self, idx: impl Operand<'t>, updates: impl Operand<'t>, axis: isize) -> Result<Self, Error> {
        let (Indexing { axis, batch }, [idx, updates]) = scatter_arguments("scatter_add", self, idx, updates, axis)?;
        self.tape().record(ScatterAdd { axis, batch }, &[self, idx, updates])
    }
}
