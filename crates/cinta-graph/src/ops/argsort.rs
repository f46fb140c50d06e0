//! `argsort`: the positions of the elements along an axis in their order.
use std::cmp::Ordering;
use std::ops::RangeInclusive;

use smallvec::smallvec;

use super::lanes::{Along, check_axes};
use super::sample::spread_array;
use super::{At, Attributes, Batched, Cotangents, Delta, Flow, Notation, OpDef, Refused, Sample};
use crate::elements::written;
use crate::error::or_panic;
use crate::value::each_dtype;
use crate::workspace::filled;
use crate::{ArrayType, DType, Element, ElementsMut, Error, RowMajor, Value, Var, Workspace};

/// The `i64` positions that sort an array along an axis, rising or falling. Stable: of equal elements (0 and −0 are
/// equal), the first stays first in both directions.
///
/// A NaN counts as larger than every number: it comes last in rising order and first in falling order, as the largest
/// element of an array that has one is NaN. No derivative passes; take the elements at the positions for one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ArgSort {
    /// The axis that is sorted.
    pub axis: usize,
    /// Whether the largest element comes first.
    pub descending: bool,
}

impl ArgSort {
    fn order<T: Element>(self, a: T, b: T) -> Ordering {
        let is_nan = |x: T| x.partial_cmp(&x).is_none();
        let rising = a.partial_cmp(&b).unwrap_or_else(|| is_nan(a).cmp(&is_nan(b)));
        if self.descending { rising.reverse() } else { rising }
    }

    /// Sorts lane by lane.
    fn positions<T: Element>(
        self,
        x: &[T],
        along: Along,
        out: &mut [i64],
        workspace: &mut Workspace,
    ) -> Result<(), String> {
        let lane = filled(&mut workspace.positions, along.length, 0)?;
        for start in along.starts() {
            let at = |position: usize| x[start + position * along.stride];
            (0..).zip(&mut *lane).for_each(|(i, position)| *position = i);
            lane.sort_unstable_by(|&a, &b| self.order(at(a), at(b)).then(a.cmp(&b)));
            along.places(start).zip(&*lane).for_each(|(at, position)| out[at] = position.cast_signed() as i64);
        }
        Ok(())
    }
}

impl OpDef for ArgSort {
    fn name(&self) -> &'static str {
        "argsort"
    }

    fn arity(&self) -> RangeInclusive<usize> {
        1..=1
    }

    fn attributes(&self) -> Attributes {
        Attributes::none().with("axis", self.axis).with("descending", self.descending)
    }

    fn read(name: &str, attributes: &Attributes) -> Option<Result<Self, String>> {
        (name == "argsort")
            .then(|| Ok(Self { axis: attributes.size("axis")?, descending: attributes.bool("descending")? }))
    }

    fn infer(&self, inputs: &[&ArrayType]) -> Result<ArrayType, String> {
        check_axes(&[self.axis], &inputs[0].shape)?;
        Ok(inputs[0].with_dtype(DType::I64))
    }

    fn writes_into(&self) -> bool {
        true
    }

    fn eval_into(&self, inputs: &[RowMajor<'_>], output: ElementsMut<'_>, room: &mut Workspace) -> Result<(), String> {
        let along = Along::new(inputs[0].shape, self.axis);
        each_dtype!(inputs[0].elements.dtype(), T => self.positions(inputs[0].of::<T>(), along, written(output), room))
    }

    fn vjp<'t>(&self, _at: &At<'_, 't>, _ct: Delta<'t>) -> Result<Cotangents<'t>, Error> {
        Ok(smallvec![None])
    }

    fn jvp<'t>(&self, _at: &At<'_, 't>, _tangents: &[Flow<'t>]) -> Result<Flow<'t>, Error> {
        Ok(None)
    }

    fn blocks(&self, _input: usize) -> Option<&'static str> {
        Some("a position is an integer")
    }

    fn batch<'t>(&self, inputs: &[Batched<'t>], size: usize) -> Result<Var<'t>, Error> {
        let x = inputs[0].spread(size);
        x.tape().record(Self { axis: self.axis + 1, ..*self }, &[x])
    }

    fn flops(&self, inputs: &[&ArrayType], output: &ArrayType) -> u64 {
        let comparisons = inputs[0].shape[self.axis].checked_ilog2().unwrap_or(0);
        u64::from(comparisons) * output.shape.size() as u64
    }

    fn notation(&self) -> Notation {
        Notation::function("argsort")
    }

    fn samples() -> Vec<Sample> {
        let along = |axis, descending| Self { axis, descending };
        let sample = |op, x: Value| Sample::new(op, [x]).value_only();
        let special = || [f64::NAN, 0.0, f64::INFINITY, -0.0, -1.0, f64::NAN].into();
        let table = || Value::from(ndarray::array![[3.0, 1.0, 2.0], [1.0, 1.0, 0.0]]);
        let transposed = spread_array(&[3, 4], 5).to_array::<f64>().reversed_axes();
        vec![
            sample(along(0, false), special()).gives([4_i64, 1, 3, 2, 0, 5]),
            sample(along(0, true), special()).gives([0_i64, 5, 2, 1, 3, 4]),
            sample(along(1, false), table()).gives(ndarray::array![[1_i64, 2, 0], [2, 0, 1]]),
            sample(along(0, true), table()).gives(ndarray::array![[0_i64, 0, 0], [1, 1, 1]]),
            sample(along(0, false), [5, i64::MIN, i64::MAX, -1].into()).gives([1_i64, 3, 0, 2]),
            sample(along(0, true), [false, true, false].into()).gives([1_i64, 0, 2]),
            sample(along(0, false), [1.5_f32, -0.5].into()).gives([1_i64, 0]),
            sample(along(1, false), spread_array(&[2, 4, 2], 0)),
            sample(along(1, true), transposed.into()),
            sample(along(1, false), spread_array(&[2, 0], 0)),
        ]
    }

    fn refused() -> Vec<Refused> {
        let along = |axis| Self { axis, descending: false };
        let ty = |shape: &[usize]| [ArrayType::new(DType::F64, shape)];
        vec![
            Refused::new(along(2), ty(&[2, 3]), "axis 2 is out of range for 2 axes"),
            Refused::new(along(0), ty(&[]), "axis 0 is out of range for 0 axes"),
        ]
    }
}

impl Var<'_> {
    /// The `i64` positions that sort this array along one axis in rising order. Stable; NaN comes last.
    ///
    /// ```
    /// use cinta_graph::Tape;
    /// let tape = Tape::new();
    /// let x = tape.var([3.0, 1.0, 2.0, 1.0]);
    /// let order = x.argsort(0);
    /// assert_eq!(order.value(), ndarray::array![1_i64, 3, 2, 0]);
    /// assert_eq!(x.take(order, 0).value(), ndarray::array![1.0, 1.0, 2.0, 3.0]);
    /// ```
    ///
    /// # Panics
    /// If there is no such axis.
    #[must_use]
    #[track_caller]
    pub fn argsort(self, axis: isize) -> Self {
        or_panic(self.try_argsort(axis))
    }

    /// [`argsort`](Self::argsort), with the error returned.
    #[track_caller]
    pub fn try_argsort(self, axis: isize) -> Result<Self, Error> {
        let axis = self.one_axis("argsort", axis)?;
        self.tape().record(ArgSort { axis, descending: false }, &[self])
    }

    /// The `i64` positions that sort this array along one axis in falling order. Stable: of equal elements, the first
    /// comes first. NaN comes first, as the largest.
    ///
    /// ```
    /// use cinta_graph::Tape;
    /// let tape = Tape::new();
    /// let x = tape.var([3.0, 1.0, 2.0, 1.0]);
    /// assert_eq!(x.argsort_descending(0).value(), ndarray::array![0_i64, 2, 1, 3]);
    /// ```
    ///
    /// # Panics
    /// If there is no such axis.
    #[must_use]
    #[track_caller]
    pub fn argsort_descending(self, axis: isize) -> Self {
        or_panic(self.try_argsort_descending(axis))
    }

    /// [`argsort_descending`](Self::argsort_descending), with the error returned.
    #[track_caller]
    pub fn try_argsort_descending(self, axis: isize) -> Result<Self, Error> {
        let axis = self.one_axis("argsort", axis)?;
        self.tape().record(ArgSort { axis, descending: true }, &[self])
    }
}
