//! `slice`: every so many elements of a range along each axis, the transpose of `pad`.
use std::ops::{Range, RangeInclusive};

use smallvec::{SmallVec, smallvec};

use super::pad::Pad;
use super::sample::spread_array;
use super::{At, Attributes, Batched, Cotangents, Delta, Flow, Level, Notation, OpDef, Refused, Sample, linear_jvp};
use crate::{ArrayType, DType, Error, Shape, Strided, Var};

/// Along each axis, y holds the elements start, start + step, … of x that come before stop. Linear; its transpose
/// is [`Pad`] with zeros. Costs nothing: the value is a view. Written with [`Var::slice`] and its kin.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Slice {
    /// The first position along each axis.
    pub start: SmallVec<[usize; 4]>,
    /// The end of the range along each axis, itself not included.
    pub stop: SmallVec<[usize; 4]>,
    /// The distance between positions along each axis, at least 1.
    pub step: SmallVec<[usize; 4]>,
}

impl Slice {
    /// All of the axes of a shape but one, and a range of that.
    pub(super) fn along(shape: &Shape, axis: usize, range: Range<usize>) -> Self {
        let mut slice = Self::default();
        for (i, &n) in shape.iter().enumerate() {
            let range = if i == axis { range.clone() } else { 0..n };
            slice.push(range, 1);
        }
        slice
    }

    /// With a range of one more axis.
    pub(crate) fn push(&mut self, range: Range<usize>, step: usize) {
        self.start.push(range.start);
        self.stop.push(range.end);
        self.step.push(step);
    }

    /// Start, stop and step of one axis, for `ndarray`.
    pub(super) fn range(&self, axis: usize) -> ndarray::Slice {
        let [start, stop, step] = [self.start[axis], self.stop[axis], self.step[axis]].map(usize::cast_signed);
        ndarray::Slice::new(start, Some(stop), step)
    }

    /// Start, stop and step of each axis.
    pub(crate) fn axes(&self) -> impl Iterator<Item = (usize, usize, usize)> {
        self.start.iter().zip(&self.stop).zip(&self.step).map(|((&start, &stop), &step)| (start, stop, step))
    }
}

impl OpDef for Slice {
    fn name(&self) -> &'static str {
        "slice"
    }

    fn arity(&self) -> RangeInclusive<usize> {
        1..=1
    }

    fn attributes(&self) -> Attributes {
        Attributes::none().with("start", &self.start[..]).with("stop", &self.stop[..]).with("step", &self.step[..])
    }

    fn read(name: &str, attributes: &Attributes) -> Option<Result<Self, String>> {
        (name == "slice").then(|| {
            Ok(Self {
                start: attributes.sizes("start")?,
                stop: attributes.sizes("stop")?,
                step: attributes.sizes("step")?,
            })
        })
    }

    fn infer(&self, inputs: &[&ArrayType]) -> Result<ArrayType, String> {
        let shape = &inputs[0].shape;
        if [&self.start, &self.stop, &self.step].iter().any(|list| list.len() != shape.rank()) {
            return Err(format!("needs start, stop and step for each of {} axes", shape.rank()));
        }
        let size = |(axis, ((start, stop, step), &n)): (usize, ((usize, usize, usize), &usize))| {
            if step == 0 {
                return Err(format!("the step of axis {axis} is 0"));
            }
            if start > stop || stop > n {
                return Err(format!("the range {start}..{stop} does not lie in axis {axis} of size {n}"));
            }
            Ok((stop - start).div_ceil(step))
        };
        let sizes: Shape = self.axes().zip(shape.iter()).enumerate().map(size).collect::<Result<_, _>>()?;
        Ok(inputs[0].with_shape(sizes))
    }

    fn view(&self, input: &Strided) -> Option<Strided> {
        let shape = self.axes().map(|(start, stop, step)| (stop - start).div_ceil(step)).collect::<Shape>();
        let mut view = Strided { shape, ..input.clone() };
        if view.shape.size() == 0 {
            return Some(view);
        }
        for (stride, (start, _, step)) in view.strides.iter_mut().zip(self.axes()) {
            view.offset = view.offset.wrapping_add_signed(start.cast_signed() * *stride);
            *stride *= step.cast_signed();
        }
        Some(view)
    }

    fn vjp<'t>(&self, at: &At<'_, 't>, ct: Delta<'t>) -> Result<Cotangents<'t>, Error> {
        let mut pad = Pad::default();
        for ((start, _, step), (&m, &n)) in self.axes().zip(at.output().shape().iter().zip(at.input(0).shape().iter()))
        {
            let (interior, span) = if m > 1 { (step - 1, (m - 1) * step + 1) } else { (0, m) };
            pad.push(start, n - start - span, interior);
        }
        Ok(smallvec![Some(Delta::masked(at.tape().record(pad, &[ct.var()])?))])
    }

    fn jvp<'t>(&self, at: &At<'_, 't>, tangents: &[Flow<'t>]) -> Result<Flow<'t>, Error> {
        linear_jvp(self, at, tangents)
    }

    fn batch<'t>(&self, inputs: &[Batched<'t>], size: usize) -> Result<Var<'t>, Error> {
        let x = inputs[0].spread(size);
        let mut slice = Self::default();
        slice.push(0..size, 1);
        for (start, stop, step) in self.axes() {
            slice.push(start..stop, step);
        }
        x.tape().record(slice, &[x])
    }

    fn flops(&self, _inputs: &[&ArrayType], _output: &ArrayType) -> u64 {
        0
    }

    fn notation(&self) -> Notation {
        let range = |(start, stop, step): (usize, usize, usize)| match step {
            1 => format!("{start}:{stop}"),
            _ => format!("{start}:{stop}:{step}"),
        };
        let text = format!("{{0}}[{}]", self.axes().map(range).collect::<Vec<_>>().join(", "));
        Notation::template(text.clone(), text, Level::Postfix, Level::Postfix)
    }

    fn samples() -> Vec<Sample> {
        let of = |axes: &[(usize, usize, usize)]| {
            let mut slice = Self::default();
            for &(start, stop, step) in axes {
                slice.push(start..stop, step);
            }
            slice
        };
        let transposed = spread_array(&[3, 4], 5).to_array::<f64>().reversed_axes();
        vec![
            Sample::new(of(&[(1, 3, 1), (0, 2, 1)]), [spread_array(&[3, 4], 0)]),
            Sample::new(of(&[(0, 3, 2), (1, 4, 3)]), [spread_array(&[3, 4], 0)]),
            Sample::new(of(&[(0, 6, 4), (0, 1, 9)]), [spread_array(&[7, 1], 0)]),
            Sample::new(of(&[(1, 4, 2), (0, 3, 1)]), [transposed.into()]),
            Sample::new(of(&[(2, 2, 1), (0, 3, 2)]), [spread_array(&[2, 3], 0)]),
            Sample::new(of(&[(0, 0, 1), (1, 3, 1)]), [spread_array(&[0, 3], 0)]),
            Sample::new(of(&[(0, 1, 1)]), [spread_array(&[1], 0)]),
            Sample::new(of(&[]), [spread_array(&[], 0)]),
            Sample::new(of(&[(1, 5, 2)]), [[1_i64, 2, 3, 4, 5].into()]).value_only().gives([2_i64, 4]),
            Sample::new(of(&[(1, 2, 1)]), [[1.5_f32, 2.5].into()]).value_only().gives([2.5_f32]),
            Sample::new(of(&[(0, 3, 2)]), [[true, true, false].into()]).value_only().gives([true, false]),
        ]
    }

    fn refused() -> Vec<Refused> {
        let ty = |shape: &[usize]| [ArrayType::new(DType::F64, shape)];
        let of = |start: &[usize], stop: &[usize], step: &[usize]| Self {
            start: start.into(),
            stop: stop.into(),
            step: step.into(),
        };
        vec![
            Refused::new(of(&[0], &[1], &[1]), ty(&[2, 3]), "needs start, stop and step for each of 2 axes"),
            Refused::new(of(&[0], &[1], &[]), ty(&[2]), "needs start, stop and step for each of 1 axes"),
            Refused::new(of(&[0], &[3], &[1]), ty(&[2]), "the range 0..3 does not lie in axis 0 of size 2"),
            Refused::new(of(&[2], &[1], &[1]), ty(&[2]), "the range 2..1 does not lie in axis 0 of size 2"),
            Refused::new(of(&[0], &[2], &[0]), ty(&[2]), "the step of axis 0 is 0"),
            Refused::new(of(&[0], &[usize::MAX], &[usize::MAX]), ty(&[2]), "does not lie in axis 0 of size 2"),
        ]
    }
}
