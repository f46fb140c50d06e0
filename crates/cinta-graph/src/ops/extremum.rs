//! `max`, `min`: the largest and the smallest element along some axes.
use std::ops::RangeInclusive;

use smallvec::{SmallVec, smallvec};

use super::lanes::{AxisList, check_axes, fold_onto, past_batch, sum_kept};
use super::sample::spread_array;
use super::{At, Attributes, Batched, Cotangents, Delta, Flow, Notation, OpDef, Refused, Sample};
use crate::elements::written;
use crate::error::or_panic;
use crate::pool::room_for;
use crate::value::each_dtype;
use crate::{ArrayType, Axes, DType, Element, ElementsMut, Error, RowMajor, Shape, Strided, Value, Var, Workspace};

/// Which end of the order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum End {
    /// The largest element.
    Max,
    /// The smallest element.
    Min,
}

impl End {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Max => "max",
            Self::Min => "min",
        }
    }

    /// The better of two elements; a NaN beats all.
    pub(super) fn better<T: Element>(self, a: T, b: T) -> T {
        let is_nan = |x: T| x.partial_cmp(&x).is_none();
        let keeps = match self {
            Self::Max => a >= b,
            Self::Min => a <= b,
        };
        if keeps || is_nan(a) { a } else { b }
    }
}

/// Who gets the derivative when several elements are largest (or smallest).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Ties {
    /// All of them, in equal shares that add up to δ: a subgradient of the maximum. The default.
    #[default]
    Split,
    /// Each of them gets all of δ: the slides' 1{zⱼ = h} δ, which is no subgradient at a tie.
    Each,
    /// The first of them, in row-major order along the reduced axes, gets all of δ: a subgradient too, and the one
    /// that pooling sends back.
    First,
}

impl Ties {
    const ALL: [Self; 3] = [Self::Split, Self::Each, Self::First];

    fn name(self) -> &'static str {
        match self {
            Self::Split => "split",
            Self::Each => "each",
            Self::First => "first",
        }
    }
}

/// h = maxⱼ zⱼ (or minⱼ zⱼ) along some axes, which are dropped; ∇_z = 1{zⱼ = h} δ, shared among ties as
/// [`Ties`] says.
///
/// A NaN makes its lane's result NaN, and then no element equals it: the derivative is 0 for all. An empty
/// lane has no largest element and is refused. On integers it has a value but no derivative.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Extremum {
    /// Largest or smallest.
    pub end: End,
    /// The axes that are reduced, in rising order.
    pub axes: AxisList,
    /// Who gets the derivative at a tie.
    pub ties: Ties,
}

impl Extremum {
    /// Where the extremes stand that get a share.
    fn winners<'t>(&self, at: &At<'_, 't>) -> Result<Var<'t>, Error> {
        let (z, h) = (at.input(0), at.output());
        let kept = z.shape().keeping(&self.axes);
        let tied = z.eq(h.reshape(&kept));
        if self.ties != Ties::First {
            return Ok(tied);
        }
        // Of the places along a lane, counted from 0, the least at which an extreme stands. Where there is none (NaN),
        // the least is one past the last, which is no place.
        let outer: AxisList = (0..kept.rank()).filter(|axis| !self.axes.contains(axis)).collect();
        let lane = z.shape().keeping(&outer);
        let end = i64::try_from(lane.size()).unwrap_or(i64::MAX);
        let mut places = room_for(&lane).map_err(at.tape().refusing(self.name(), &[&z.array_type()]))?;
        places.extend(0..end);
        // Of floats, which hold these integers, there is a fast minimum.
        let dtype = if end < 1 << f32::MANTISSA_DIGITS { z.dtype() } else { DType::I64 };
        let [places, end] = [(places, &lane), (vec![end], &Shape::default())]
            .map(|(numbers, shape)| at.tape().constant(Value::row_major(numbers, shape)).cast(dtype));
        let first = Self { end: End::Min, ..self.clone() };
        let end = end.broadcast_to(places.shape());
        let first = at.tape().record_or_panic(first, &[tied.select(places, end)]).reshape(kept);
        Ok(places.eq(first))
    }

    /// What each winner counts for, given what there is for a lane (with the axes kept as 1).
    fn share<'t>(&self, whole: Delta<'t>, winners: Var<'t>) -> Delta<'t> {
        match self.ties {
            Ties::Each | Ties::First => whole,
            Ties::Split => {
                let one = whole.var().tape().full(&ArrayType::new(whole.var().dtype(), winners.shape()), 1.0);
                let ones = Delta::dense(winners.select(one, one.zeros_like()));
                whole.over(sum_kept(ones, &self.axes).var())
            }
        }
    }
}

impl OpDef for Extremum {
    fn name(&self) -> &'static str {
        self.end.name()
    }

    fn arity(&self) -> RangeInclusive<usize> {
        1..=1
    }

    fn attributes(&self) -> Attributes {
        Attributes::none().with("axes", &self.axes[..]).with("ties", self.ties.name())
    }

    fn read(name: &str, attributes: &Attributes) -> Option<Result<Self, String>> {
        let end = match name {
            "max" => End::Max,
            "min" => End::Min,
            _ => return None,
        };
        let read = || {
            let word = attributes.word("ties")?;
            let ties = Ties::ALL.into_iter().find(|ties| ties.name() == word);
            let ties = ties.ok_or_else(|| format!("attribute ties should be split, each or first, not {word}"))?;
            Ok(Self { end, axes: attributes.sizes("axes")?, ties })
        };
        Some(read())
    }

    fn infer(&self, inputs: &[&ArrayType]) -> Result<ArrayType, String> {
        let ty = inputs[0];
        if ty.dtype == DType::Bool {
            return Err("needs numbers, not bool; use cast".to_owned());
        }
        check_axes(&self.axes, &ty.shape)?;
        match self.axes.iter().find(|&&axis| ty.shape[axis] == 0) {
            Some(axis) => Err(format!("axis {axis} is empty, and no elements have no {}", self.name())),
            None => Ok(ty.with_shape(ty.shape.without(&self.axes))),
        }
    }

    fn writes_into(&self) -> bool {
        true
    }

    fn eval_into(&self, inputs: &[RowMajor<'_>], output: ElementsMut<'_>, _: &mut Workspace) -> Result<(), String> {
        let shape = Shape::from(inputs[0].shape);
        let whole = Strided::row_major(&shape);
        let kept = shape.keeping(&self.axes);
        let to = Strided::row_major(&kept);
        let step = |axis: usize| if self.axes.contains(&axis) { 0 } else { to.strides[axis] };
        let axes: SmallVec<[(usize, isize); 8]> = (0..shape.rank()).map(|axis| (shape[axis], step(axis))).collect();
        each_dtype!(output.dtype(), T => {
            let (x, out) = (inputs[0].of::<T>(), written::<T>(output));
            if !x.is_empty() {
                // The first element of each lane, which is as good as itself.
                Strided { shape: kept, ..whole }.merged().gather(x, 0, out);
                fold_onto(x, &axes, 0, out, &|a, b| self.end.better(a, b));
            }
        });
        Ok(())
    }

    fn vjp<'t>(&self, at: &At<'_, 't>, ct: Delta<'t>) -> Result<Cotangents<'t>, Error> {
        let (shape, winners) = (at.input(0).shape(), self.winners(at)?);
        let share = self.share(ct.reshape(&shape.keeping(&self.axes)), winners);
        Ok(smallvec![Some(share.broadcast_to(&shape).only_where(winners))])
    }

    fn jvp<'t>(&self, at: &At<'_, 't>, tangents: &[Flow<'t>]) -> Result<Flow<'t>, Error> {
        let winners = self.winners(at)?;
        let push = |t: Delta<'t>| self.share(sum_kept(t.only_where(winners), &self.axes), winners);
        Ok(tangents[0].map(|t| push(t).reshape(&at.output().shape())))
    }

    fn batch<'t>(&self, inputs: &[Batched<'t>], size: usize) -> Result<Var<'t>, Error> {
        let z = inputs[0].spread(size);
        z.tape().record(Self { axes: past_batch(&self.axes), ..self.clone() }, &[z])
    }

    fn flops(&self, inputs: &[&ArrayType], _output: &ArrayType) -> u64 {
        inputs[0].shape.size() as u64
    }

    fn notation(&self) -> Notation {
        Notation { latex: format!("\\{}({{0}})", self.name()).into(), ..Notation::function(self.name()) }
    }

    fn samples() -> Vec<Sample> {
        let of = |end, axes: &[usize], ties| Self { end, axes: axes.into(), ties };
        let transposed = spread_array(&[3, 4], 5).to_array::<f64>().reversed_axes();
        let tied = || Value::from(ndarray::array![[1.0, 3.0, 3.0], [f64::NAN, 5.0, 5.0]]);
        let mut samples = vec![
            Sample::new(of(End::Min, &[0, 2], Ties::Each), [transposed.clone().insert_axis(ndarray::Axis(2)).into()]),
            Sample::new(of(End::Max, &[1], Ties::Each), [tied()]).value_only().gives([3.0, f64::NAN]),
            Sample::new(of(End::Min, &[1], Ties::Split), [tied()]).value_only().gives([1.0, f64::NAN]),
            Sample::new(of(End::Max, &[0, 2], Ties::First), [spread_array(&[2, 3, 2], 0)]),
            Sample::new(of(End::Min, &[1], Ties::First), [tied()]).value_only().gives([1.0, f64::NAN]),
            Sample::new(of(End::Max, &[0], Ties::Split), [[3_i64, 7, -1].into()]).value_only().gives(7_i64),
        ];
        for end in [End::Max, End::Min] {
            samples.extend([
                Sample::new(of(end, &[0], Ties::Split), [spread_array(&[5], 0)]),
                Sample::new(of(end, &[0, 1], Ties::Split), [spread_array(&[2, 3], 0)]),
                Sample::new(of(end, &[1], Ties::Each), [spread_array(&[2, 3, 2], 0)]),
                Sample::new(of(end, &[0], Ties::Split), [transposed.clone().into()]),
                Sample::new(of(end, &[], Ties::Split), [spread_array(&[], 0)]),
                Sample::new(of(end, &[1], Ties::Split), [spread_array(&[0, 3], 0)]),
            ]);
        }
        samples
    }

    fn refused() -> Vec<Refused> {
        let max = |axes: &[usize]| Self { end: End::Max, axes: axes.into(), ties: Ties::Split };
        let ty = |dtype, shape: &[usize]| ArrayType::new(dtype, shape);
        vec![
            Refused::new(max(&[0]), [ty(DType::F64, &[0, 3])], "axis 0 is empty"),
            Refused::new(max(&[2]), [ty(DType::F64, &[2, 3])], "axis 2 is out of range"),
            Refused::new(max(&[1, 0]), [ty(DType::F64, &[2, 3])], "axes [1, 0] should rise"),
            Refused::new(max(&[0]), [ty(DType::Bool, &[2])], "needs numbers, not bool"),
        ]
    }
}

impl Var<'_> {
    /// The largest element, a scalar. Ties share the derivative evenly.
    ///
    /// ```
    /// use cinta_graph::Tape;
    /// let tape = Tape::new();
    /// let z = tape.var([1.0, 4.0, 2.0, 4.0]);
    /// assert_eq!(z.max().item(), 4.0);
    /// assert_eq!(z.max().grad(z).value(), ndarray::array![0.0, 0.5, 0.0, 0.5]);
    /// ```
    ///
    /// # Panics
    /// On an empty array, and on truth values.
    #[must_use]
    #[track_caller]
    pub fn max(self) -> Self {
        or_panic(self.try_max())
    }

    /// [`max`](Self::max), with the error returned.
    #[track_caller]
    pub fn try_max(self) -> Result<Self, Error> {
        self.try_max_axes(Axes::all())
    }

    /// The largest element along some axes: one, several, kept as 1 with [`keepdims`](crate::keepdims).
    ///
    /// A NaN in a lane makes its result NaN, with derivative 0. Ties share the derivative evenly.
    ///
    /// ```
    /// use cinta_graph::{Tape, keepdims};
    /// use ndarray::array;
    /// let tape = Tape::new();
    /// let z = tape.var(array![[1.0, 5.0], [3.0, 4.0]]);
    /// assert_eq!(z.max_axes(0).value(), array![3.0, 5.0]);
    /// assert_eq!(z.max_axes(keepdims(-1)).value(), array![[5.0], [4.0]]);
    /// ```
    ///
    /// # Panics
    /// If an axis does not exist, is named twice or is empty, and on truth values.
    #[must_use]
    #[track_caller]
    pub fn max_axes(self, axes: impl Into<Axes>) -> Self {
        or_panic(self.try_max_axes(axes))
    }

    /// [`max_axes`](Self::max_axes), with the error returned.
    #[track_caller]
    pub fn try_max_axes(self, axes: impl Into<Axes>) -> Result<Self, Error> {
        self.try_max_axes_with(axes, Ties::Split)
    }

    /// [`max_axes`](Self::max_axes) with a choice of who gets the derivative at a tie.
    ///
    /// ```
    /// use cinta_graph::{Axes, Tape, Ties};
    /// let tape = Tape::new();
    /// let z = tape.var([1.0, 4.0, 2.0, 4.0]);
    /// let h = z.max_axes_with(Axes::all(), Ties::Each); // the slides' rule: 1{zⱼ = h} δ
    /// assert_eq!(h.grad(z).value(), ndarray::array![0.0, 1.0, 0.0, 1.0]);
    /// ```
    ///
    /// # Panics
    /// As `max_axes`.
    #[must_use]
    #[track_caller]
    pub fn max_axes_with(self, axes: impl Into<Axes>, ties: Ties) -> Self {
        or_panic(self.try_max_axes_with(axes, ties))
    }

    /// [`max_axes_with`](Self::max_axes_with), with the error returned.
    #[track_caller]
    pub fn try_max_axes_with(self, axes: impl Into<Axes>, ties: Ties) -> Result<Self, Error> {
        self.extremum(End::Max, &axes.into(), ties)
    }

    /// The smallest element, a scalar. Ties share the derivative evenly.
    ///
    /// ```
    /// use cinta_graph::Tape;
    /// let tape = Tape::new();
    /// assert_eq!(tape.var([3.0, 1.0, 2.0]).min().item(), 1.0);
    /// ```
    ///
    /// # Panics
    /// On an empty array, and on truth values.
    #[must_use]
    #[track_caller]
    pub fn min(self) -> Self {
        or_panic(self.try_min())
    }

    /// [`min`](Self::min), with the error returned.
    #[track_caller]
    pub fn try_min(self) -> Result<Self, Error> {
        self.try_min_axes(Axes::all())
    }

    /// The smallest element along some axes; as [`max_axes`](Self::max_axes).
    ///
    /// ```
    /// use cinta_graph::Tape;
    /// use ndarray::array;
    /// let tape = Tape::new();
    /// let z = tape.var(array![[1.0, 5.0], [3.0, 4.0]]);
    /// assert_eq!(z.min_axes(1).value(), array![1.0, 3.0]);
    /// ```
    ///
    /// # Panics
    /// If an axis does not exist, is named twice or is empty, and on truth values.
    #[must_use]
    #[track_caller]
    pub fn min_axes(self, axes: impl Into<Axes>) -> Self {
        or_panic(self.try_min_axes(axes))
    }

    /// [`min_axes`](Self::min_axes), with the error returned.
    #[track_caller]
    pub fn try_min_axes(self, axes: impl Into<Axes>) -> Result<Self, Error> {
        self.try_min_axes_with(axes, Ties::Split)
    }

    /// [`min_axes`](Self::min_axes) with a choice of who gets the derivative at a tie.
    ///
    /// # Panics
    /// As `min_axes`.
    #[must_use]
    #[track_caller]
    pub fn min_axes_with(self, axes: impl Into<Axes>, ties: Ties) -> Self {
        or_panic(self.try_min_axes_with(axes, ties))
    }

    /// [`min_axes_with`](Self::min_axes_with), with the error returned.
    #[track_caller]
    pub fn try_min_axes_with(self, axes: impl Into<Axes>, ties: Ties) -> Result<Self, Error> {
        self.extremum(End::Min, &axes.into(), ties)
    }

    #[track_caller]
    fn extremum(self, end: End, axes: &Axes, ties: Ties) -> Result<Self, Error> {
        let op = |axes| Extremum { end, axes, ties };
        let list = self.resolve_axes(op(AxisList::new()).name(), axes)?;
        let reduced = self.tape().record(op(list.clone()), &[self])?;
        self.restore_axes(reduced, axes, &list)
    }
}
