//! `windows`: all windows that slide along some axes, the transpose of `overlap_add`; convolution and pooling stand
//! on it.
use std::ops::RangeInclusive;

use smallvec::{SmallVec, smallvec};

use super::overlap_add::OverlapAdd;
use super::sample::spread_array;
use super::{At, Attributes, Batched, Cotangents, Delta, Flow, Notation, OpDef, Refused, Sample, Sliding, linear_jvp};
use crate::{ArrayType, DType, Error, Shape, Strided, Value, Var};

/// y\[…, i, …, j…\] = x\[…, i · stride + j · dilation, …\]: along each axis that windows slide along, i counts the
/// windows, ⌊(n − 1 − (window − 1) · dilation)/stride⌋ + 1 of them or none if none fits; j, an axis of its own at the
/// end, counts the elements of a window. Linear; its transpose is [`OverlapAdd`].
///
/// A view, with each element in the place of each window that holds it (elsewhere: unfold, im2col). Written with
/// [`Var::windows`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Windows(pub Sliding);

impl OpDef for Windows {
    fn name(&self) -> &'static str {
        "windows"
    }

    fn arity(&self) -> RangeInclusive<usize> {
        1..=1
    }

    fn attributes(&self) -> Attributes {
        self.0.attributes()
    }

    fn read(name: &str, attributes: &Attributes) -> Option<Result<Self, String>> {
        (name == "windows").then(|| Sliding::read(attributes).map(Self))
    }

    fn infer(&self, inputs: &[&ArrayType]) -> Result<ArrayType, String> {
        let shape = &inputs[0].shape;
        self.0.check(shape.rank())?;
        let unused: SmallVec<[isize; 4]> = smallvec![0; shape.rank()];
        Ok(inputs[0].with_shape(self.0.axes_of(shape, &unused).into_iter().map(|(n, _)| n).collect::<Shape>()))
    }

    fn view(&self, input: &Strided) -> Option<Strided> {
        let axes = self.0.axes_of(&input.shape, &input.strides);
        let (shape, strides) = (axes.iter().map(|axis| axis.0), axes.iter().map(|axis| axis.1));
        Some(Strided { offset: input.offset, shape: shape.collect(), strides: strides.collect() })
    }

    fn vjp<'t>(&self, at: &At<'_, 't>, ct: Delta<'t>) -> Result<Cotangents<'t>, Error> {
        let shape = at.input(0).shape();
        let sizes = self.0.axes.iter().map(|&axis| shape[axis]).collect();
        let back = at.tape().record(OverlapAdd { sliding: self.0.clone(), sizes }, &[ct.var()])?;
        // What no window holds gets zeros that nobody computed.
        Ok(smallvec![Some(Delta::new(back, ct.is_masked() || !self.0.touches_all(&shape)))])
    }

    fn jvp<'t>(&self, at: &At<'_, 't>, tangents: &[Flow<'t>]) -> Result<Flow<'t>, Error> {
        linear_jvp(self, at, tangents)
    }

    fn batch<'t>(&self, inputs: &[Batched<'t>], size: usize) -> Result<Var<'t>, Error> {
        let x = inputs[0].spread(size);
        x.tape().record(Self(self.0.past_batch()), &[x])
    }

    fn flops(&self, _inputs: &[&ArrayType], _output: &ArrayType) -> u64 {
        0
    }

    fn notation(&self) -> Notation {
        Notation::function("windows")
    }

    fn samples() -> Vec<Sample> {
        let transposed = |shape: &[usize]| Value::from(spread_array(shape, 5).to_array::<f64>().reversed_axes());
        let (image, pairs) = (spread_array(&[2, 4, 5], 0), slides(&[(0, 2, 1, 1)]));
        vec![
            Sample::new(pairs.clone(), [spread_array(&[4], 0)]),
            Sample::new(slides(&[(0, 2, 3, 2)]), [spread_array(&[7], 0)]),
            Sample::new(slides(&[(0, 2, 3, 1)]), [spread_array(&[6], 0)]),
            Sample::new(slides(&[(1, 2, 1, 1), (2, 3, 2, 1)]), [image.clone()]),
            Sample::new(slides(&[(2, 2, 2, 2), (0, 1, 1, 1)]), [image]),
            Sample::new(slides(&[(0, 3, 2, 1)]), [transposed(&[2, 5])]),
            Sample::new(slides(&[(1, 4, 1, 1)]), [spread_array(&[2, 3], 0)]),
            Sample::new(pairs.clone(), [spread_array(&[0, 3], 0)]),
            Sample::new(slides(&[(1, 2, 1, 1)]), [spread_array(&[0, 3], 0)]),
            Sample::new(slides(&[(0, 1, usize::MAX, usize::MAX)]), [spread_array(&[3], 0)]),
            Sample::new(slides(&[]), [spread_array(&[], 0)]),
            Sample::new(pairs.clone(), [[1.0, 2.0, 3.0].into()]).gives(ndarray::array![[1.0, 2.0], [2.0, 3.0]]),
            Sample::new(slides(&[(0, 2, 1, 2)]), [[1.5_f32, 2.5, 3.5, 4.5].into()])
                .value_only()
                .gives(ndarray::array![[1.5_f32, 3.5], [2.5, 4.5]]),
            Sample::new(slides(&[(0, 1, 2, 1)]), [[1_i64, 2, 3].into()])
                .value_only()
                .gives(ndarray::array![[1_i64], [3]]),
            Sample::new(pairs, [[true, false].into()]).value_only().gives(ndarray::array![[true, false]]),
        ]
    }

    fn refused() -> Vec<Refused> {
        let ty = |shape: &[usize]| [ArrayType::new(DType::F64, shape)];
        let mut short = slides(&[(0, 2, 1, 1)]);
        short.0.dilation.clear();
        vec![
            Refused::new(slides(&[(1, 2, 1, 1)]), ty(&[4]), "axis 1 is out of range for 1 axes"),
            Refused::new(slides(&[(0, 2, 1, 1), (0, 2, 1, 1)]), ty(&[4]), "axis 0 is named twice"),
            Refused::new(slides(&[(0, 0, 1, 1)]), ty(&[4]), "the window along axis 0 is 0"),
            Refused::new(slides(&[(0, 2, 0, 1)]), ty(&[4]), "the stride along axis 0 is 0"),
            Refused::new(slides(&[(0, 2, 1, 0)]), ty(&[4]), "the dilation along axis 0 is 0"),
            Refused::new(short, ty(&[4]), "needs window, stride and dilation for each of 1 axes"),
            Refused::new(slides(&[(0, usize::MAX, 1, 2)]), ty(&[4]), "is too large for memory"),
            Refused::new(slides(&[(0, 1 << 30, 1, 1)]), ty(&[1 << 31]), "too large for memory"),
        ]
    }
}

/// Windows along axes, with window, stride and dilation of each.
fn slides(axes: &[(usize, usize, usize, usize)]) -> Windows {
    let mut sliding = Sliding::default();
    for &(axis, window, stride, dilation) in axes {
        sliding.push(axis, window, stride, dilation);
    }
    Windows(sliding)
}
