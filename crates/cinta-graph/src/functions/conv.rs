//! Convolutions and their transposes: what they are told, and the methods.
use super::window::{Padding, PerAxis, Window};
use crate::error::or_panic;
use crate::{Error, Operand, Var};

/// How a convolution goes, elsewhere a list of keyword arguments: by default in steps of 1 over what is there.
///
/// ```
/// use cinta_graph::Conv;
/// let halving = Conv::new().stride(2).same();
/// let dilated = Conv::new().dilation([2, 1]).padding([(2, 2), (0, 1)]);
/// let depthwise = Conv::new().groups(8);
/// # assert!(halving != dilated && halving != depthwise);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub struct Conv {
    stride: PerAxis<usize>,
    dilation: PerAxis<usize>,
    padding: Padding,
    pub(super) output_padding: PerAxis<usize>,
    pub(super) groups: usize,
    pub(super) unbatched: bool,
}

impl Default for Conv {
    fn default() -> Self {
        Self {
            stride: PerAxis::All(1),
            dilation: PerAxis::All(1),
            padding: Padding::Widths(PerAxis::All((0, 0))),
            output_padding: PerAxis::All(0),
            groups: 1,
            unbatched: false,
        }
    }
}

impl Conv {
    /// Stride and dilation 1, no padding (elsewhere: "valid"), one group, a batch of examples.
    pub fn new() -> Self {
        Self::default()
    }

    /// How far the kernel moves from one element of the result to the next.
    pub fn stride(self, stride: impl Into<PerAxis<usize>>) -> Self {
        Self { stride: stride.into(), ..self }
    }

    /// How far apart the elements are that the kernel meets: 2 leaves one out.
    pub fn dilation(self, dilation: impl Into<PerAxis<usize>>) -> Self {
        Self { dilation: dilation.into(), ..self }
    }

    /// How many zeros are put before and after each axis: `1`, `[1, 2]` on both sides, or `[(0, 1), (2, 2)]`.
    pub fn padding(self, widths: impl Into<PerAxis<(usize, usize)>>) -> Self {
        Self { padding: Padding::Widths(widths.into()), ..self }
    }

    /// Padding that makes ⌈n/stride⌉ elements of n along each axis: max((⌈n/s⌉ − 1) s + k − n, 0) zeros for a kernel
    /// across k elements, the smaller half of them before.
    pub fn same(self) -> Self {
        Self { padding: Padding::Same, ..self }
    }

    /// Channels in so many groups that do not meet: group g of the input makes group g of the output.
    pub fn groups(self, groups: usize) -> Self {
        Self { groups, ..self }
    }

    /// The array is one example, without an axis for a batch, and so is the result.
    pub fn unbatched(self) -> Self {
        Self { unbatched: true, ..self }
    }

    /// For transposes, how much longer the result is than the shortest that the convolution shortens to this input;
    /// less than the stride.
    pub fn output_padding(self, more: impl Into<PerAxis<usize>>) -> Self {
        Self { output_padding: more.into(), ..self }
    }

    /// How windows of a kernel slide.
    pub(super) fn window(&self, kernel: &[usize]) -> Window {
        Window {
            size: kernel.into(),
            stride: Some(self.stride.clone()),
            dilation: self.dilation.clone(),
            padding: self.padding.clone(),
        }
    }
}

impl<'t> Var<'t> {
    /// The convolution of signals x: N C L (examples, channels, length) with kernels w: O C/groups K, giving N O M:
    ///
    /// y\[n, o, m\] = Σ w\[o, c, k\] x\[n, c, m · stride + k · dilation\] over c and k, where x has its padding; the kernel
    /// is not turned around (a cross-correlation, as everywhere in neural networks).
    /// M = ⌊(L + padding − 1 − (K − 1) · dilation)/stride⌋ + 1.
    ///
    /// ```
    /// use cinta_graph::{Conv, Tape};
    /// use ndarray::array;
    /// let tape = Tape::new();
    /// let x = tape.var(array![[[1.0, 2.0, 3.0, 4.0]]]);
    /// let w = tape.var(array![[[1.0, 10.0]]]);
    /// assert_eq!(x.conv1d(w, Conv::new()).value(), array![[[21.0, 32.0, 43.0]]]);
    /// assert_eq!(x.conv1d(w, Conv::new().stride(2).padding(1)).value(), array![[[10.0, 32.0, 4.0]]]);
    /// ```
    ///
    /// # Panics
    /// As [`conv2d`](Self::conv2d).
    #[must_use]
    #[track_caller]
    pub fn conv1d(self, w: impl Operand<'t>, conv: Conv) -> Self {
        or_panic(self.try_conv1d(w, conv))
    }

    /// [`conv1d`](Self::conv1d), with the error returned.
    #[track_caller]
    pub fn try_conv1d(self, w: impl Operand<'t>, conv: Conv) -> Result<Self, Error> {
        self.convolve("conv1d", 1, w.try_like(self, "conv1d")?, &conv)
    }

    /// The convolution of images x: N C H W (examples, channels, height, width) with kernels w: O C/groups K L, giving
    /// N O H′ W′; by axis as [`conv1d`](Self::conv1d). Channels are summed over; a bias is added as
    /// [`scale_shift`](Self::scale_shift) does.
    ///
    /// Recorded as [`windows`](Self::windows) and one matrix product (im2col: Chellapilla, Puri and Simard, 2006), of
    /// 2 N O H′ W′ (C/groups) K L operations; with groups, one a group. So is its [`vmap`](crate::vmap), whether over
    /// images, kernels or both, where each example has a product. The windows take the room of K L images.
    ///
    /// ```
    /// use cinta_graph::{Conv, Tape};
    /// use ndarray::{Array, array};
    /// let tape = Tape::new();
    /// let x = tape.var(Array::from_iter((0..16).map(f64::from)).into_shape_with_order((1, 1, 4, 4)).unwrap());
    /// let edges = tape.var(array![[[[-1.0, 1.0]]], [[[-2.0, 2.0]]]]);
    /// let y = x.conv2d(edges, Conv::new().stride([2, 1]).same());
    /// assert_eq!(y.shape().as_slice(), [1, 2, 2, 4]);
    /// assert_eq!(y.to_array::<f64>()[[0, 1, 0, 2]], 2.0);
    /// assert_eq!(y.sum().grad(edges).shape(), edges.shape());
    /// ```
    ///
    /// # Panics
    /// If x and w are not of one float type and as many axes as said, channels do not fit, groups do not divide them,
    /// stride, dilation, groups or a size of the kernel are 0, the kernel is larger than the padded image (but with
    /// [`same`](Conv::same) padding), or there is output padding.
    #[must_use]
    #[track_caller]
    pub fn conv2d(self, w: impl Operand<'t>, conv: Conv) -> Self {
        or_panic(self.try_conv2d(w, conv))
    }

    /// [`conv2d`](Self::conv2d), with the error returned.
    #[track_caller]
    pub fn try_conv2d(self, w: impl Operand<'t>, conv: Conv) -> Result<Self, Error> {
        self.convolve("conv2d", 2, w.try_like(self, "conv2d")?, &conv)
    }

    /// The transpose of [`conv1d`](Self::conv1d) in its signals (elsewhere: deconvolution): y: N O M, with the kernels
    /// w: O C/groups K of the convolution, gives N C L, what `conv1d` with these options pulls a cotangent y back to.
    ///
    /// Of the lengths L that the convolution shortens to M, the least plus the
    /// [`output_padding`](Conv::output_padding): (M − 1) · stride + 1 + (K − 1) · dilation − padding, or
    /// (M − 1) · stride + 1 with [`same`](Conv::same) padding.
    ///
    /// ```
    /// use cinta_graph::{Conv, Tape};
    /// use ndarray::array;
    /// let tape = Tape::new();
    /// let y = tape.var(array![[[1.0, 2.0, 3.0]]]);
    /// let w = tape.var(array![[[1.0, 10.0]]]);
    /// assert_eq!(y.conv_transpose1d(w, Conv::new()).value(), array![[[1.0, 12.0, 23.0, 30.0]]]);
    /// let apart = Conv::new().stride(3).output_padding(1);
    /// assert_eq!(y.conv_transpose1d(w, apart).shape().as_slice(), [1, 1, 9]);
    /// ```
    ///
    /// # Panics
    /// As [`conv_transpose2d`](Self::conv_transpose2d).
    #[must_use]
    #[track_caller]
    pub fn conv_transpose1d(self, w: impl Operand<'t>, conv: Conv) -> Self {
        or_panic(self.try_conv_transpose1d(w, conv))
    }

    /// [`conv_transpose1d`](Self::conv_transpose1d), with the error returned.
    #[track_caller]
    pub fn try_conv_transpose1d(self, w: impl Operand<'t>, conv: Conv) -> Result<Self, Error> {
        self.convolve_back("conv_transpose1d", 1, w.try_like(self, "conv_transpose1d")?, &conv)
    }

    /// The transpose of [`conv2d`](Self::conv2d) in its images: y: N O H′ W′, with the kernels w: O C/groups K L of the
    /// convolution, gives N C H W; by axis as [`conv_transpose1d`](Self::conv_transpose1d). One matrix product (with
    /// groups, one a group) and [`overlap_add`](Self::overlap_add).
    ///
    /// ```
    /// use cinta_graph::{Conv, Tape};
    /// use ndarray::ArrayD;
    /// let tape = Tape::new();
    /// let y = tape.var(ArrayD::<f64>::ones(vec![1, 8, 7, 7]));
    /// let w = tape.var(ArrayD::<f64>::ones(vec![8, 3, 3, 3]));
    /// let twice = Conv::new().stride(2).padding(1).output_padding(1);
    /// assert_eq!(y.conv_transpose2d(w, twice).shape().as_slice(), [1, 3, 14, 14]);
    /// ```
    ///
    /// # Panics
    /// As `conv2d`, and if the output padding is no less than the stride, an axis that windows lie along is empty, or
    /// the padding leaves nothing.
    #[must_use]
    #[track_caller]
    pub fn conv_transpose2d(self, w: impl Operand<'t>, conv: Conv) -> Self {
        or_panic(self.try_conv_transpose2d(w, conv))
    }

    /// [`conv_transpose2d`](Self::conv_transpose2d), with the error returned.
    #[track_caller]
    pub fn try_conv_transpose2d(self, w: impl Operand<'t>, conv: Conv) -> Result<Self, Error> {
        self.convolve_back("conv_transpose2d", 2, w.try_like(self, "conv_transpose2d")?, &conv)
    }
}
