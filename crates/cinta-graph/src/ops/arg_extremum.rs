//! `argmax`, `argmin`: where the largest or the smallest element along an axis stands, of all or so far.
use std::ops::RangeInclusive;

use smallvec::smallvec;

use super::extremum::End;
use super::lanes::{Along, check_axes};
use super::sample::spread_array;
use super::{At, Attributes, Batched, Cotangents, Delta, Flow, Notation, OpDef, Refused, Sample};
use crate::elements::written;
use crate::error::or_panic;
use crate::value::each_dtype;
use crate::{ArrayType, DType, Element, ElementsMut, Error, RowMajor, Value, Var, Workspace};

/// i = the position of maxⱼ xⱼ (or minⱼ xⱼ) along an axis, the first of ties, in `i64`; the axis is dropped.
/// Running, the axis stays, and iₖ is the position of max_{j≤k} xⱼ.
///
/// A NaN is beyond every number, at both ends as in [`Extremum`](super::extremum::Extremum): the first NaN is found.
/// An empty lane has no largest element and is refused. No derivative passes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ArgExtremum {
    /// Largest or smallest.
    pub end: End,
    /// The axis along which the positions count.
    pub axis: usize,
    /// Whether each position is that of the elements so far.
    pub running: bool,
}

impl ArgExtremum {
    /// Whether a later element takes the place of the best so far.
    fn beats<T: Element>(self, x: T, best: T) -> bool {
        let is_nan = |x: T| x.partial_cmp(&x).is_none();
        let beyond = match self.end {
            End::Max => x > best,
            End::Min => x < best,
        };
        beyond || is_nan(x) && !is_nan(best)
    }

    /// Calls back with each element's place and the position of the best so far, lane by lane, and at each lane's end.
    fn positions<T: Element>(
        self,
        x: &[T],
        along: Along,
        mut so_far: impl FnMut(usize, i64),
        mut end: impl FnMut(i64),
    ) {
        for start in along.starts() {
            let mut best: Option<(i64, T)> = None;
            for (i, at) in (0..).zip(along.places(start)) {
                if best.is_none_or(|(_, y)| self.beats(x[at], y)) {
                    best = Some((i, x[at]));
                }
                so_far(at, best.map_or(i, |(position, _)| position));
            }
            end(best.map_or(0, |(position, _)| position));
        }
    }
}

impl OpDef for ArgExtremum {
    fn name(&self) -> &'static str {
        match self.end {
            End::Max => "argmax",
            End::Min => "argmin",
        }
    }

    fn arity(&self) -> RangeInclusive<usize> {
        1..=1
    }

    fn attributes(&self) -> Attributes {
        Attributes::none().with("axis", self.axis).with("running", self.running)
    }

    fn read(name: &str, attributes: &Attributes) -> Option<Result<Self, String>> {
        let end = match name {
            "argmax" => End::Max,
            "argmin" => End::Min,
            _ => return None,
        };
        let read = || Ok(Self { end, axis: attributes.size("axis")?, running: attributes.bool("running")? });
        Some(read())
    }

    fn infer(&self, inputs: &[&ArrayType]) -> Result<ArrayType, String> {
        let shape = &inputs[0].shape;
        check_axes(&[self.axis], shape)?;
        if self.running {
            return Ok(inputs[0].with_dtype(DType::I64));
        }
        if shape[self.axis] == 0 {
            return Err(format!("axis {} is empty, and no elements have no {}", self.axis, self.name()));
        }
        Ok(ArrayType::new(DType::I64, shape.without(&[self.axis])))
    }

    fn writes_into(&self) -> bool {
        true
    }

    fn eval_into(&self, inputs: &[RowMajor<'_>], output: ElementsMut<'_>, _: &mut Workspace) -> Result<(), String> {
        let (out, along) = (written::<i64>(output), Along::new(inputs[0].shape, self.axis));
        each_dtype!(inputs[0].elements.dtype(), T => {
            let x = inputs[0].of::<T>();
            if self.running {
                self.positions(x, along, |at, position| out[at] = position, |_| {});
            } else {
                let mut out = out.iter_mut();
                let end = |position| {
                    if let Some(out) = out.next() {
                        *out = position;
                    }
                };
                self.positions(x, along, |_, _| {}, end);
            }
        });
        Ok(())
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

    fn flops(&self, inputs: &[&ArrayType], _output: &ArrayType) -> u64 {
        inputs[0].shape.size() as u64
    }

    fn notation(&self) -> Notation {
        Notation::function(self.name())
    }

    fn samples() -> Vec<Sample> {
        let of = |end, axis, running| Self { end, axis, running };
        let table = || Value::from(ndarray::array![[1.0, 3.0, 3.0], [2.0, f64::NAN, -5.0], [0.0, -0.0, -1.0]]);
        let transposed = spread_array(&[3, 4], 5).to_array::<f64>().reversed_axes();
        let sample = |op, x: Value| Sample::new(op, [x]).value_only();
        let mut samples = vec![
            sample(of(End::Max, 1, false), table()).gives([1_i64, 1, 0]),
            sample(of(End::Min, 1, false), table()).gives([0_i64, 1, 2]),
            sample(of(End::Max, 1, true), table()).gives(ndarray::array![[0_i64, 1, 1], [0, 1, 1], [0, 0, 0]]),
            sample(of(End::Min, 1, true), table()).gives(ndarray::array![[0_i64, 0, 0], [0, 1, 1], [0, 0, 2]]),
            sample(of(End::Max, 0, false), [3_i64, 7, i64::MIN, 7].into()).gives(1_i64),
            sample(of(End::Max, 0, false), [false, true, true].into()).gives(1_i64),
            sample(of(End::Min, 0, false), [0.5_f32, -0.5].into()).gives(1_i64),
            sample(of(End::Max, 1, true), spread_array(&[2, 0], 0)),
            sample(of(End::Max, 0, false), spread_array(&[2, 0], 0)),
        ];
        for end in [End::Max, End::Min] {
            for running in [false, true] {
                samples.extend([
                    sample(of(end, 1, running), spread_array(&[2, 3, 2], 0)),
                    sample(of(end, 1, running), transposed.clone().into()),
                ]);
            }
        }
        samples
    }

    fn refused() -> Vec<Refused> {
        let of = |axis, running| Self { end: End::Max, axis, running };
        let ty = |shape: &[usize]| [ArrayType::new(DType::F64, shape)];
        vec![
            Refused::new(of(1, false), ty(&[2, 0]), "axis 1 is empty, and no elements have no argmax"),
            Refused::new(of(2, true), ty(&[2, 3]), "axis 2 is out of range for 2 axes"),
            Refused::new(of(0, false), ty(&[]), "axis 0 is out of range for 0 axes"),
        ]
    }
}

impl Var<'_> {
    /// The position of the largest element along one axis, which is dropped: an `i64`, the first of ties.
    /// The first NaN is found before any number.
    ///
    /// ```
    /// use cinta_graph::Tape;
    /// use ndarray::array;
    /// let tape = Tape::new();
    /// let x = tape.var(array![[1.0, 5.0, 5.0], [3.0, 2.0, 1.0]]);
    /// assert_eq!(x.argmax(-1).value(), array![1_i64, 0]);
    /// ```
    ///
    /// # Panics
    /// If there is no such axis, or it is empty.
    #[must_use]
    #[track_caller]
    pub fn argmax(self, axis: isize) -> Self {
        or_panic(self.try_argmax(axis))
    }

    /// [`argmax`](Self::argmax), with the error returned.
    #[track_caller]
    pub fn try_argmax(self, axis: isize) -> Result<Self, Error> {
        self.arg_extremum(End::Max, axis, false)
    }

    /// The position of the smallest element along one axis; as [`argmax`](Self::argmax).
    ///
    /// ```
    /// use cinta_graph::Tape;
    /// let tape = Tape::new();
    /// assert_eq!(tape.var([3.0, 1.0, 1.0]).argmin(0).value().item(), Some(1.0));
    /// ```
    ///
    /// # Panics
    /// If there is no such axis, or it is empty.
    #[must_use]
    #[track_caller]
    pub fn argmin(self, axis: isize) -> Self {
        or_panic(self.try_argmin(axis))
    }

    /// [`argmin`](Self::argmin), with the error returned.
    #[track_caller]
    pub fn try_argmin(self, axis: isize) -> Result<Self, Error> {
        self.arg_extremum(End::Min, axis, false)
    }

    /// Positions of extremes along one axis: of all elements, or running.
    #[track_caller]
    pub(crate) fn arg_extremum(self, end: End, axis: isize, running: bool) -> Result<Self, Error> {
        let op = |axis| ArgExtremum { end, axis, running };
        let axis = self.one_axis(op(0).name(), axis)?;
        self.tape().record(op(axis), &[self])
    }
}
