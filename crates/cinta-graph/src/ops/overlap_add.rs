//! `overlap_add`: windows put back where they were and summed where they meet, the transpose of `windows`.
use std::ops::RangeInclusive;

use ndarray::ArrayD;
use smallvec::smallvec;

use super::lanes::fold_onto;
use super::sample::spread_array;
use super::windows::Windows;
use super::{At, Attributes, Batched, Cotangents, Delta, Flow, Notation, OpDef, Refused, Sample, Sliding};
use crate::elements::written;
use crate::{ArrayType, DType, ElementsMut, Error, Numeric, RowMajor, Shape, Strided, Value, Var, Workspace};

/// y\[…, i · stride + j · dilation, …\] = Σ x\[…, i, …, j…\]: the windows that [`Windows`] takes are added up where they
/// overlap, in row-major order, and what is in no window is 0 (elsewhere: fold, col2im). Linear; its transpose is
/// `Windows`. Written with [`Var::overlap_add`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct OverlapAdd {
    /// Where the windows lie; its axes are those of the output.
    pub sliding: Sliding,
    /// The sizes of these axes in the output. More than one size has the same number of windows.
    pub sizes: Vec<usize>,
}

impl OverlapAdd {
    /// The shape that the windows were taken from, which lie in an array of this one.
    fn shape(&self, windows: &[usize]) -> Shape {
        let own = Shape::from(&windows[..windows.len() - self.sizes.len()]);
        self.sliding.axes.iter().zip(&self.sizes).fold(own, |shape, (&axis, &size)| shape.with_size(axis, size))
    }

    fn sum<T: Numeric>(&self, x: RowMajor<'_>, out: &mut [T]) {
        let (shape, x) = (self.shape(x.shape), x.of::<T>());
        out.fill(T::zero());
        if !x.is_empty() {
            let axes = self.sliding.axes_of(&shape, &Strided::row_major(&shape).strides);
            fold_onto(x, &axes, 0, out, &T::plus);
        }
    }
}

impl OpDef for OverlapAdd {
    fn name(&self) -> &'static str {
        "overlap_add"
    }

    fn arity(&self) -> RangeInclusive<usize> {
        1..=1
    }

    fn attributes(&self) -> Attributes {
        self.sliding.attributes().with("sizes", &self.sizes[..])
    }

    fn read(name: &str, attributes: &Attributes) -> Option<Result<Self, String>> {
        (name == "overlap_add")
            .then(|| Ok(Self { sliding: Sliding::read(attributes)?, sizes: attributes.sizes("sizes")? }))
    }

    fn infer(&self, inputs: &[&ArrayType]) -> Result<ArrayType, String> {
        let (ty, Self { sliding, sizes }) = (inputs[0], self);
        if ty.dtype == DType::Bool {
            return Err("needs numbers, not bool; use cast".to_owned());
        }
        if sizes.len() != sliding.axes.len() {
            return Err(format!("needs a size for each of {} axes", sliding.axes.len()));
        }
        let Some(rank) = ty.shape.rank().checked_sub(sizes.len()) else {
            return Err(format!("windows along {} axes need as many axes at the end", sizes.len()));
        };
        sliding.check(rank)?;
        let (own, windows) = ty.shape.split_at(rank);
        if windows != &sliding.window[..] {
            return Err(format!("the last axes should be a window {:?}, not {windows:?}", sliding.window));
        }
        let mut shape = Shape::from(own);
        for (i, (&axis, &size)) in sliding.axes.iter().zip(sizes).enumerate() {
            let count = sliding.count(i, size);
            if own[axis] != count {
                return Err(format!("an axis of size {size} has {count} windows, not {} as axis {axis}", own[axis]));
            }
            shape = shape.with_size(axis, size);
        }
        Ok(ty.with_shape(shape))
    }

    fn writes_into(&self) -> bool {
        true
    }

    fn eval_into(&self, inputs: &[RowMajor<'_>], output: ElementsMut<'_>, _: &mut Workspace) -> Result<(), String> {
        match output {
            ElementsMut::F64(out) => self.sum(inputs[0], out),
            ElementsMut::F32(out) => self.sum(inputs[0], out),
            output => self.sum::<i64>(inputs[0], written(output)),
        }
        Ok(())
    }

    fn vjp<'t>(&self, at: &At<'_, 't>, ct: Delta<'t>) -> Result<Cotangents<'t>, Error> {
        let windows = at.tape().record(Windows(self.sliding.clone()), &[ct.var()])?;
        Ok(smallvec![Some(Delta::new(windows, ct.is_masked()))])
    }

    fn jvp<'t>(&self, at: &At<'_, 't>, tangents: &[Flow<'t>]) -> Result<Flow<'t>, Error> {
        let Some(t) = tangents[0] else { return Ok(None) };
        let sum = at.tape().record(self.clone(), &[t.var()])?;
        Ok(Some(Delta::new(sum, t.is_masked() || !self.sliding.touches_all(&at.output().shape()))))
    }

    fn batch<'t>(&self, inputs: &[Batched<'t>], size: usize) -> Result<Var<'t>, Error> {
        let x = inputs[0].spread(size);
        x.tape().record(Self { sliding: self.sliding.past_batch(), sizes: self.sizes.clone() }, &[x])
    }

    fn flops(&self, inputs: &[&ArrayType], _output: &ArrayType) -> u64 {
        inputs[0].shape.size() as u64
    }

    fn notation(&self) -> Notation {
        Notation::function("overlap_add")
    }

    fn samples() -> Vec<Sample> {
        let transposed = |shape: &[usize]| Value::from(spread_array(shape, 5).to_array::<f64>().reversed_axes());
        let pairs = sums(&[(0, 2, 1, 1, 3)]);
        vec![
            Sample::new(pairs.clone(), [spread_array(&[2, 2], 0)]),
            Sample::new(sums(&[(0, 2, 3, 2, 7)]), [spread_array(&[2, 2], 0)]),
            Sample::new(sums(&[(0, 2, 3, 1, 6)]), [spread_array(&[2, 2], 0)]),
            Sample::new(sums(&[(1, 2, 1, 1, 4), (2, 3, 2, 1, 5)]), [spread_array(&[2, 3, 2, 2, 3], 0)]),
            Sample::new(sums(&[(2, 2, 2, 2, 5), (0, 1, 1, 1, 2)]), [spread_array(&[2, 3, 2, 2, 1], 0)]),
            Sample::new(sums(&[(0, 3, 2, 1, 5)]), [transposed(&[3, 2, 2])]),
            Sample::new(sums(&[(1, 4, 1, 1, 3)]), [spread_array(&[2, 0, 4], 0)])
                .gives(ArrayD::<f64>::zeros(vec![2, 3])),
            Sample::new(sums(&[(1, 2, 1, 1, 3)]), [spread_array(&[0, 2, 2], 0)]),
            Sample::new(sums(&[(0, 1, usize::MAX, usize::MAX, 3)]), [spread_array(&[1, 1], 0)]),
            Sample::new(sums(&[]), [spread_array(&[], 0)]),
            Sample::new(pairs.clone(), [ndarray::array![[1.0, 2.0], [3.0, 4.0]].into()]).gives([1.0, 5.0, 4.0]),
            Sample::new(sums(&[(0, 2, 1, 2, 4)]), [ndarray::array![[1.5_f32, 3.5], [2.5, 4.5]].into()])
                .value_only()
                .gives([1.5_f32, 2.5, 3.5, 4.5]),
            Sample::new(pairs, [ndarray::array![[1_i64, i64::MAX], [1, 2]].into()]).value_only().gives([
                1_i64,
                i64::MIN,
                2,
            ]),
        ]
    }

    fn refused() -> Vec<Refused> {
        let ty = |shape: &[usize]| [ArrayType::new(DType::F64, shape)];
        let op = || sums(&[(0, 2, 1, 1, 3)]);
        let short = Self { sizes: Vec::new(), ..op() };
        vec![
            Refused::new(op(), [ArrayType::new(DType::Bool, [2, 2])], "needs numbers, not bool"),
            Refused::new(short, ty(&[2, 2]), "needs a size for each of 1 axes"),
            Refused::new(op(), ty(&[]), "windows along 1 axes need as many axes at the end"),
            Refused::new(op(), ty(&[2]), "axis 0 is out of range for 0 axes"),
            Refused::new(op(), ty(&[2, 3]), "the last axes should be a window [2], not [3]"),
            Refused::new(op(), ty(&[3, 2]), "an axis of size 3 has 2 windows, not 3 as axis 0"),
            Refused::new(sums(&[(0, 2, 0, 1, 3)]), ty(&[2, 2]), "the stride along axis 0 is 0"),
            Refused::new(sums(&[(0, 2, usize::MAX, 1, usize::MAX)]), ty(&[1, 2]), "too large for memory"),
        ]
    }
}

/// Windows along axes, with window, stride, dilation and output size of each.
fn sums(axes: &[(usize, usize, usize, usize, usize)]) -> OverlapAdd {
    let mut op = OverlapAdd::default();
    for &(axis, window, stride, dilation, size) in axes {
        op.sliding.push(axis, window, stride, dilation);
        op.sizes.push(size);
    }
    op
}
