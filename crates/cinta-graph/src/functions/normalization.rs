//! Layers that normalise: to mean 0 and variance 1 along some axes, then scaled and shifted.
use crate::error::or_panic;
use crate::{Axes, Error, Operand, Shape, Var, keepdims};

/// What batch normalisation gives in training: the result, and the statistics of this batch, by channel, of which the
/// caller keeps running averages for [`Var::batch_norm_with`].
#[derive(Clone, Copy, Debug)]
pub struct BatchNorm<'t> {
    /// The array, with mean 0 and variance 1 in each channel.
    pub output: Var<'t>,
    /// The mean of each channel.
    pub mean: Var<'t>,
    /// The variance Σ (x − mean)²/n of each channel; n/(n − 1) of it is the unbiased estimate.
    pub variance: Var<'t>,
}

impl<'t> Var<'t> {
    /// Layer normalisation (Ba, Kiros and Hinton, 2016): (x − mean)/√(variance + ε) along some axes, as a rule the last;
    /// the variance is Σ (x − mean)²/n. Scale and shift follow as [`scale_shift`](Self::scale_shift).
    ///
    /// A large common offset does no harm. Where all elements are equal, the result is 0 and its derivative that of
    /// (x − mean)/√ε, for ε > 0.
    ///
    /// ```
    /// use cinta_graph::Tape;
    /// use ndarray::array;
    /// let tape = Tape::new();
    /// let x = tape.var(array![[1.0, 1.0, 3.0, 3.0], [1e9, 1e9, 1e9, 1e9]]);
    /// assert_eq!(x.layer_norm(-1, 0.0).index_axis(0, 0).value(), array![-1.0, -1.0, 1.0, 1.0]);
    /// let y = x.layer_norm(-1, 1e-5).scale_shift(-1, [1.0, 2.0, 3.0, 4.0], [0.5, 0.0, 0.0, 0.5]);
    /// assert_eq!(y.index_axis(0, 1).value(), array![0.5, 0.0, 0.0, 0.5]);
    /// ```
    ///
    /// # Panics
    /// If an axis does not exist or is named twice, and on integers and truth values.
    #[must_use]
    #[track_caller]
    pub fn layer_norm(self, axes: impl Into<Axes>, eps: f64) -> Self {
        or_panic(self.try_layer_norm(axes, eps))
    }

    /// [`layer_norm`](Self::layer_norm), with the error returned.
    #[track_caller]
    pub fn try_layer_norm(self, axes: impl Into<Axes>, eps: f64) -> Result<Self, Error> {
        self.normalize("layer_norm", axes.into(), eps).map(|(output, _)| output)
    }

    /// Normalisation by the root of the mean square (Zhang and Sennrich, 2019): x/√(Σ x²/n + ε) along some axes, as a
    /// rule the last. The scale follows as [`scale_shift`](Self::scale_shift).
    ///
    /// ```
    /// use cinta_graph::Tape;
    /// let tape = Tape::new();
    /// let x = tape.var([0.0, 8.0, 0.0, 0.0]);
    /// assert_eq!(x.rms_norm(-1, 0.0).value(), ndarray::array![0.0, 2.0, 0.0, 0.0]);
    /// ```
    ///
    /// # Panics
    /// As [`layer_norm`](Self::layer_norm).
    #[must_use]
    #[track_caller]
    pub fn rms_norm(self, axes: impl Into<Axes>, eps: f64) -> Self {
        or_panic(self.try_rms_norm(axes, eps))
    }

    /// [`rms_norm`](Self::rms_norm), with the error returned.
    #[track_caller]
    pub fn try_rms_norm(self, axes: impl Into<Axes>, eps: f64) -> Result<Self, Error> {
        self.needs_float("rms_norm")?;
        let list = self.resolve_axes("rms_norm", &axes.into())?;
        let axes: Vec<isize> = list.iter().map(|axis| axis.cast_signed()).collect();
        let square = self.try_square()?.try_mean_axes(keepdims(axes))?;
        self.try_mul(square.try_add(eps)?.try_rsqrt()?)
    }

    /// Group normalisation (Wu and He, 2018): layer normalisation of each example N and each of so many groups of
    /// neighbouring channels C, of an array with axes N C and any after them.
    ///
    /// ```
    /// use cinta_graph::Tape;
    /// use ndarray::array;
    /// let tape = Tape::new();
    /// let x = tape.var(array![[[1.0], [3.0], [5.0], [1.0]]]);
    /// assert_eq!(x.group_norm(2, 0.0).value(), array![[[-1.0], [1.0], [1.0], [-1.0]]]);
    /// ```
    ///
    /// # Panics
    /// If the groups do not divide the channels, or there are none, and on integers and truth values.
    #[must_use]
    #[track_caller]
    pub fn group_norm(self, groups: usize, eps: f64) -> Self {
        or_panic(self.try_group_norm(groups, eps))
    }

    /// [`group_norm`](Self::group_norm), with the error returned.
    #[track_caller]
    pub fn try_group_norm(self, groups: usize, eps: f64) -> Result<Self, Error> {
        self.needs_float("group_norm")?;
        let ty = self.array_type();
        let channels = self.channels("group_norm")?;
        if groups == 0 || !channels.is_multiple_of(groups) {
            let reason = format!("{groups} groups do not divide {channels} channels");
            return Err(self.tape().type_error("group_norm", reason, &[&ty]));
        }
        let of_a_group: Shape = [channels / groups].into_iter().chain(ty.shape[2..].iter().copied()).collect();
        let lanes = self.try_reshape([ty.shape[0], groups, of_a_group.size()])?;
        lanes.try_layer_norm(-1, eps)?.try_reshape(ty.shape)
    }

    /// Batch normalisation in training (Ioffe and Szegedy, 2015): (x − mean)/√(variance + ε) by channel, over a batch N
    /// of examples and all of their other axes, of an array with axes N C and any after them. The derivative goes
    /// through mean and variance. Scale and shift follow as [`scale_shift`](Self::scale_shift).
    ///
    /// ```
    /// use cinta_graph::Tape;
    /// use ndarray::array;
    /// let tape = Tape::new();
    /// let x = tape.var(array![[1.0, 10.0], [3.0, 30.0]]);
    /// let norm = x.batch_norm(0.0);
    /// assert_eq!(norm.output.value(), array![[-1.0, -1.0], [1.0, 1.0]]);
    /// assert_eq!(norm.mean.value(), array![2.0, 20.0]);
    /// assert_eq!(norm.variance.value(), array![1.0, 100.0]);
    /// let y = norm.output.scale_shift(1, [2.0, 3.0], [0.0, 5.0]);
    /// assert_eq!(y.value(), array![[-2.0, 2.0], [2.0, 8.0]]);
    /// ```
    ///
    /// # Panics
    /// If there is no axis for channels, and on integers and truth values.
    #[must_use]
    #[track_caller]
    pub fn batch_norm(self, eps: f64) -> BatchNorm<'t> {
        or_panic(self.try_batch_norm(eps))
    }

    /// [`batch_norm`](Self::batch_norm), with the error returned.
    #[track_caller]
    pub fn try_batch_norm(self, eps: f64) -> Result<BatchNorm<'t>, Error> {
        self.needs_float("batch_norm")?;
        let channels = self.channels("batch_norm")?;
        let axes: Vec<isize> = (0..self.rank().cast_signed()).filter(|&axis| axis != 1).collect();
        let (output, variance) = self.normalize("batch_norm", axes.clone().into(), eps)?;
        let mean = self.try_mean_axes(axes)?;
        Ok(BatchNorm { output, mean, variance: variance.try_reshape([channels])? })
    }

    /// Batch normalisation in use: (x − mean)/√(variance + ε) with a given mean and variance of each channel, of an
    /// array with axes N C and any after them.
    ///
    /// ```
    /// use cinta_graph::Tape;
    /// use ndarray::array;
    /// let tape = Tape::new();
    /// let x = tape.var(array![[1.0, 10.0], [3.0, 50.0]]);
    /// assert_eq!(x.batch_norm_with([1.0, 20.0], [4.0, 100.0], 0.0).value(), array![[0.0, -1.0], [1.0, 3.0]]);
    /// ```
    ///
    /// # Panics
    /// If there is no axis for channels, or not one mean and one variance for each, and on integers and truth values.
    #[must_use]
    #[track_caller]
    pub fn batch_norm_with(self, mean: impl Operand<'t>, variance: impl Operand<'t>, eps: f64) -> Self {
        or_panic(self.try_batch_norm_with(mean, variance, eps))
    }

    /// [`batch_norm_with`](Self::batch_norm_with), with the error returned.
    #[track_caller]
    pub fn try_batch_norm_with(
        self,
        mean: impl Operand<'t>,
        variance: impl Operand<'t>,
        eps: f64,
    ) -> Result<Self, Error> {
        self.needs_float("batch_norm")?;
        self.channels("batch_norm")?;
        let mean = self.beside("batch_norm", mean, &[1])?;
        let variance = self.beside("batch_norm", variance, &[1])?;
        self.try_sub(mean)?.try_div(variance.try_add(eps)?.try_sqrt()?)
    }

    /// x ⊙ γ + β, with a scale γ and a shift β for each place along some axes, as normalisations end: `-1` for features,
    /// `1` for channels. A number is the same everywhere.
    ///
    /// ```
    /// use cinta_graph::Tape;
    /// use ndarray::array;
    /// let tape = Tape::new();
    /// let x = tape.var(array![[1.0, 2.0], [3.0, 4.0]]);
    /// assert_eq!(x.scale_shift(-1, [1.0, 10.0], 0.5).value(), array![[1.5, 20.5], [3.5, 40.5]]);
    /// assert_eq!(x.scale_shift(0, [1.0, 10.0], [0.0, 1.0]).value(), array![[1.0, 2.0], [31.0, 41.0]]);
    /// ```
    ///
    /// # Panics
    /// If an axis does not exist or is named twice, scale or shift do not have the sizes of these axes, or dtypes
    /// differ.
    #[must_use]
    #[track_caller]
    pub fn scale_shift(self, axes: impl Into<Axes>, scale: impl Operand<'t>, shift: impl Operand<'t>) -> Self {
        or_panic(self.try_scale_shift(axes, scale, shift))
    }

    /// [`scale_shift`](Self::scale_shift), with the error returned.
    #[track_caller]
    pub fn try_scale_shift(
        self,
        axes: impl Into<Axes>,
        scale: impl Operand<'t>,
        shift: impl Operand<'t>,
    ) -> Result<Self, Error> {
        let list = self.resolve_axes("scale_shift", &axes.into())?;
        let scale = self.beside("scale_shift", scale, &list)?;
        let shift = self.beside("scale_shift", shift, &list)?;
        self.try_mul(scale)?.try_add(shift)
    }

    /// Mean 0 and variance 1 along some axes, and the variance before, with these axes kept as 1.
    #[track_caller]
    fn normalize(self, name: &str, axes: Axes, eps: f64) -> Result<(Self, Self), Error> {
        let (deviations, axes, _) = self.deviations(name, keepdims(axes))?;
        let variance = deviations.try_square()?.try_mean_axes(axes)?;
        Ok((deviations.try_mul(variance.try_add(eps)?.try_rsqrt()?)?, variance))
    }

    /// The size of axis 1.
    #[track_caller]
    fn channels(self, name: &str) -> Result<usize, Error> {
        let ty = self.array_type();
        match ty.shape.get(1) {
            Some(&channels) => Ok(channels),
            None => Err(self.tape().type_error(name, "takes an array with axes N C, and any after them", &[&ty])),
        }
    }

    /// An operand with the sizes of some axes, so that it broadcasts along the others; a number as it is.
    #[track_caller]
    fn beside<O: Operand<'t>>(self, name: &str, operand: O, axes: &[usize]) -> Result<Self, Error> {
        let var = operand.try_like(self, name)?;
        if O::NUMBER.is_some() {
            return Ok(var);
        }
        let (ty, given) = (self.array_type(), var.array_type());
        let sizes: Shape = axes.iter().map(|&axis| ty.shape[axis]).collect();
        if given.shape != sizes {
            let reason = format!("expected {sizes}, the sizes of axes {axes:?}, not {}", given.shape);
            return Err(self.tape().type_error(name, reason, &[&ty, &given]));
        }
        let others: Vec<usize> = (0..ty.shape.rank()).filter(|axis| !axes.contains(axis)).collect();
        var.try_reshape(ty.shape.keeping(&others))
    }
}
