//! Means, variances and standard deviations over any axes.
use crate::error::or_panic;
use crate::ops::{Delta, same_dtype};
use crate::{Axes, Error, Operand, Shape, Var};

/// How many elements a lane has.
fn length(shape: &Shape, axes: &[usize]) -> usize {
    axes.iter().map(|&axis| shape[axis]).collect::<Shape>().size()
}

impl<'t> Var<'t> {
    /// The mean of all elements, a scalar. NaN if there are none.
    ///
    /// ```
    /// use cinta_graph::Tape;
    /// let tape = Tape::new();
    /// assert_eq!(tape.var([1.0, 2.0, 6.0]).mean().item(), 3.0);
    /// ```
    ///
    /// # Panics
    /// On integers and truth values: cast them first.
    #[must_use]
    #[track_caller]
    pub fn mean(self) -> Self {
        or_panic(self.try_mean())
    }

    /// [`mean`](Self::mean), with the error returned.
    #[track_caller]
    pub fn try_mean(self) -> Result<Self, Error> {
        self.try_mean_axes(Axes::all())
    }

    /// The mean over some axes: one, several, kept as 1 with [`keepdims`](crate::keepdims). NaN over none.
    ///
    /// ```
    /// use cinta_graph::{Tape, keepdims};
    /// use ndarray::array;
    /// let tape = Tape::new();
    /// let x = tape.var(array![[1.0, 2.0], [3.0, 6.0]]);
    /// assert_eq!(x.mean_axes(0).value(), array![2.0, 4.0]);
    /// assert_eq!(x.mean_axes(keepdims(-1)).value(), array![[1.5], [4.5]]);
    /// ```
    ///
    /// # Panics
    /// If an axis does not exist or is named twice, and on integers and truth values.
    #[must_use]
    #[track_caller]
    pub fn mean_axes(self, axes: impl Into<Axes>) -> Self {
        or_panic(self.try_mean_axes(axes))
    }

    /// [`mean_axes`](Self::mean_axes), with the error returned.
    #[track_caller]
    pub fn try_mean_axes(self, axes: impl Into<Axes>) -> Result<Self, Error> {
        let axes = axes.into();
        self.needs_float("mean")?;
        let list = self.resolve_axes("mean", &axes)?;
        self.try_sum_axes(axes)?.try_div(length(&self.shape(), &list) as f64)
    }

    /// The mean Σ w x/Σ w over some axes, with weights that broadcast to this array. A weight of 0 wins over an infinite
    /// element. Weights that add up to 0 divide by it, as in IEEE arithmetic.
    ///
    /// ```
    /// use cinta_graph::Tape;
    /// use ndarray::array;
    /// let tape = Tape::new();
    /// let x = tape.var(array![[1.0, 2.0, 4.0], [0.0, 8.0, 0.0]]);
    /// assert_eq!(x.weighted_mean([1.0, 2.0, 1.0], 1).value(), array![2.25, 4.0]);
    /// ```
    ///
    /// # Panics
    /// If an axis does not exist or is named twice, the weights have another dtype or do not broadcast to this shape, and
    /// on integers and truth values.
    #[must_use]
    #[track_caller]
    pub fn weighted_mean(self, weights: impl Operand<'t>, axes: impl Into<Axes>) -> Self {
        or_panic(self.try_weighted_mean(weights, axes))
    }

    /// [`weighted_mean`](Self::weighted_mean), with the error returned.
    #[track_caller]
    pub fn try_weighted_mean(self, weights: impl Operand<'t>, axes: impl Into<Axes>) -> Result<Self, Error> {
        let axes = axes.into();
        self.needs_float("weighted_mean")?;
        self.resolve_axes("weighted_mean", &axes)?;
        let weights = weights.try_like(self, "weighted_mean")?;
        let (x, w) = (self.array_type(), weights.array_type());
        let types = [&x, &w];
        let refuse = self.tape().refusing("weighted_mean", &types);
        same_dtype(&types).map_err(refuse)?;
        if !w.shape.broadcasts_to(&x.shape) {
            return Err(refuse("the weights do not broadcast to the array".to_owned()));
        }
        let weights = weights.try_broadcast_to(&x.shape)?;
        Delta::masked(weights).times(self).var().try_sum_axes(axes.clone())?.try_div(weights.try_sum_axes(axes)?)
    }

    /// The variance Σ (x − mean)²/n over some axes. NaN over no elements.
    ///
    /// A large common offset does no harm: it is taken off before the mean is.
    ///
    /// ```
    /// use cinta_graph::Tape;
    /// let tape = Tape::new();
    /// let x = tape.var([1e9 + 4.0, 1e9 + 7.0, 1e9 + 13.0, 1e9 + 16.0]);
    /// assert_eq!(x.variance(0).item(), 22.5);
    /// ```
    ///
    /// # Panics
    /// If an axis does not exist or is named twice, and on integers and truth values.
    #[must_use]
    #[track_caller]
    pub fn variance(self, axes: impl Into<Axes>) -> Self {
        or_panic(self.try_variance(axes))
    }

    /// [`variance`](Self::variance), with the error returned.
    #[track_caller]
    pub fn try_variance(self, axes: impl Into<Axes>) -> Result<Self, Error> {
        self.try_variance_with(axes, 0)
    }

    /// The variance Σ (x − mean)²/(n − ddof): with `ddof` 1 the unbiased estimate from a sample.
    ///
    /// With no more than `ddof` elements the division is by 0, as in IEEE arithmetic.
    ///
    /// ```
    /// use cinta_graph::Tape;
    /// let tape = Tape::new();
    /// let x = tape.var([1.0, 2.0, 3.0]);
    /// assert_eq!(x.variance_with(0, 1).item(), 1.0);
    /// ```
    ///
    /// # Panics
    /// As `variance`.
    #[must_use]
    #[track_caller]
    pub fn variance_with(self, axes: impl Into<Axes>, ddof: usize) -> Self {
        or_panic(self.try_variance_with(axes, ddof))
    }

    /// [`variance_with`](Self::variance_with), with the error returned.
    #[track_caller]
    pub fn try_variance_with(self, axes: impl Into<Axes>, ddof: usize) -> Result<Self, Error> {
        let (deviations, axes, n) = self.deviations("variance", axes.into())?;
        deviations.try_square()?.try_sum_axes(axes)?.try_div(n.saturating_sub(ddof) as f64)
    }

    /// The standard deviation √(Σ (x − mean)²/n) over some axes. Where all elements are equal, the derivative
    /// is 0, as that of a [`norm`](Self::norm). NaN over no elements.
    ///
    /// ```
    /// use cinta_graph::Tape;
    /// use ndarray::array;
    /// let tape = Tape::new();
    /// let x = tape.var(array![[1.0, 1.0, 3.0, 3.0], [5.0, 5.0, 5.0, 5.0]]);
    /// let std = x.std(1);
    /// assert_eq!(std.value(), array![1.0, 0.0]);
    /// assert_eq!(std.sum().grad(x).value(), array![[-0.25, -0.25, 0.25, 0.25], [0.0, 0.0, 0.0, 0.0]]);
    /// ```
    ///
    /// # Panics
    /// If an axis does not exist or is named twice, and on integers and truth values.
    #[must_use]
    #[track_caller]
    pub fn std(self, axes: impl Into<Axes>) -> Self {
        or_panic(self.try_std(axes))
    }

    /// [`std`](Self::std), with the error returned.
    #[track_caller]
    pub fn try_std(self, axes: impl Into<Axes>) -> Result<Self, Error> {
        self.try_std_with(axes, 0)
    }

    /// The standard deviation √(Σ (x − mean)²/(n − ddof)), as [`variance_with`](Self::variance_with).
    ///
    /// # Panics
    /// As `std`.
    #[must_use]
    #[track_caller]
    pub fn std_with(self, axes: impl Into<Axes>, ddof: usize) -> Self {
        or_panic(self.try_std_with(axes, ddof))
    }

    /// [`std_with`](Self::std_with), with the error returned.
    #[track_caller]
    pub fn try_std_with(self, axes: impl Into<Axes>, ddof: usize) -> Result<Self, Error> {
        let (deviations, axes, n) = self.deviations("std", axes.into())?;
        deviations.try_norm_axes(axes)?.try_div((n.saturating_sub(ddof) as f64).sqrt())
    }

    /// x − mean, and the length of a lane.
    ///
    /// The first element of a lane is taken off before the mean is, as a constant: it changes nothing but the rounding, which
    /// then is that of the spread and not of the offset, and equal elements give exact zeros.
    #[track_caller]
    pub(super) fn deviations(self, name: &str, axes: Axes) -> Result<(Self, Axes, usize), Error> {
        self.needs_float(name)?;
        let list = self.resolve_axes(name, &axes)?;
        let n = length(&self.shape(), &list);
        let shifted = if n == 0 { self } else { self.try_sub(self.first_kept(&list)?.try_stop_gradient()?)? };
        let mean = shifted.try_mean_axes(Axes { keepdims: true, ..axes.clone() })?;
        Ok((shifted.try_sub(mean)?, axes, n))
    }

    /// The first element of each lane, with the axes kept as 1.
    #[track_caller]
    fn first_kept(self, axes: &[usize]) -> Result<Self, Error> {
        let mut first = self;
        for axis in axes {
            first = first.try_slice_axis(axis.cast_signed(), 0..1)?;
        }
        Ok(first)
    }
}
