//! Quantiles and medians over any axes.
use ndarray::Array1;

use super::Lanes;
use crate::error::or_panic;
use crate::ops::Delta;
use crate::ops::logical::Logical;
use crate::{Axes, DType, Error, Var};

impl<'t> Var<'t> {
    /// The median over some axes: the middle of the sorted elements, or the mean of the two in the middle, which then
    /// get half of the derivative each. NaN if an element is NaN.
    ///
    /// ```
    /// use cinta_graph::{Axes, Tape};
    /// use ndarray::array;
    /// let tape = Tape::new();
    /// let x = tape.var(array![[1.0, 9.0, 2.0, 4.0], [0.0, 0.0, 7.0, 8.0]]);
    /// assert_eq!(x.median(1).value(), array![3.0, 3.5]);
    /// assert_eq!(x.median(Axes::all()).item(), 3.0);
    /// ```
    ///
    /// # Panics
    /// As [`quantile`](Self::quantile).
    #[must_use]
    #[track_caller]
    pub fn median(self, axes: impl Into<Axes>) -> Self {
        or_panic(self.try_median(axes))
    }

    /// [`median`](Self::median), with the error returned.
    #[track_caller]
    pub fn try_median(self, axes: impl Into<Axes>) -> Result<Self, Error> {
        let lanes = self.quantile_lanes("median", &[0.5], axes.into())?;
        lanes.restore(at_quantiles(&lanes, &[0.5])?)
    }

    /// The q-quantile over some axes, kept as 1 with [`keepdims`](crate::keepdims): of n sorted elements the one at
    /// position q (n − 1), between two positions by a straight line, as NumPy does. NaN if an element is NaN.
    ///
    /// ```
    /// use cinta_graph::Tape;
    /// use ndarray::array;
    /// let tape = Tape::new();
    /// let x = tape.var([4.0, 1.0, 2.0]);
    /// let y = x.quantile(0.25, 0);
    /// assert_eq!(y.item(), 1.5);
    /// assert_eq!(y.grad(x).value(), array![0.0, 0.5, 0.5]);
    /// ```
    ///
    /// # Panics
    /// If q is not between 0 and 1, an axis does not exist, is named twice or is empty, and on integers and truth values.
    #[must_use]
    #[track_caller]
    pub fn quantile(self, q: f64, axes: impl Into<Axes>) -> Self {
        or_panic(self.try_quantile(q, axes))
    }

    /// [`quantile`](Self::quantile), with the error returned.
    #[track_caller]
    pub fn try_quantile(self, q: f64, axes: impl Into<Axes>) -> Result<Self, Error> {
        let lanes = self.quantile_lanes("quantile", &[q], axes.into())?;
        lanes.restore(at_quantiles(&lanes, &[q])?)
    }

    /// Several [`quantile`](Self::quantile)s of one sorting, along a new first axis.
    ///
    /// ```
    /// use cinta_graph::Tape;
    /// use ndarray::array;
    /// let tape = Tape::new();
    /// let x = tape.var([4.0, 1.0, 2.0]);
    /// assert_eq!(x.quantiles(&[0.0, 0.25, 1.0], 0).value(), array![1.0, 1.5, 4.0]);
    /// ```
    ///
    /// # Panics
    /// As `quantile`.
    #[must_use]
    #[track_caller]
    pub fn quantiles(self, qs: &[f64], axes: impl Into<Axes>) -> Self {
        or_panic(self.try_quantiles(qs, axes))
    }

    /// [`quantiles`](Self::quantiles), with the error returned.
    #[track_caller]
    pub fn try_quantiles(self, qs: &[f64], axes: impl Into<Axes>) -> Result<Self, Error> {
        let lanes = self.quantile_lanes("quantile", qs, axes.into())?;
        lanes.restore_several(at_quantiles(&lanes, qs)?, qs.len())
    }

    /// Checks everything, in the name of a function.
    #[track_caller]
    fn quantile_lanes(self, name: &str, qs: &[f64], axes: Axes) -> Result<Lanes<'t>, Error> {
        self.needs_float(name)?;
        let ty = self.array_type();
        let types = [&ty];
        let refuse = self.tape().refusing(name, &types);
        if let Some(q) = qs.iter().find(|q| !(0.0..=1.0).contains(*q)) {
            return Err(refuse(format!("q should be between 0 and 1, not {q}")));
        }
        let list = self.resolve_axes(name, &axes)?;
        if let Some(axis) = list.iter().find(|&&axis| ty.shape[axis] == 0) {
            return Err(refuse(format!("axis {axis} is empty, and no elements have no {name}")));
        }
        Lanes::new(name, self, axes)
    }
}

/// One number a lane for each q: from the nearer of two neighbours at most half of the way to the farther.
///
/// near + (far/2 − near/2) 2w does not overflow between numbers of different signs. A weight of 0 wins over an infinite
/// far neighbour, and from an infinite near one no way leads off, but to the opposite infinity, which gives NaN.
#[track_caller]
fn at_quantiles<'t>(lanes: &Lanes<'t>, qs: &[f64]) -> Result<Var<'t>, Error> {
    let (x, last) = (lanes.x, lanes.length - 1);
    let sorted = x.try_sort(-1)?;
    let places: Vec<(i64, i64, f64)> = qs.iter().map(|q| neighbours(q * last as f64, last)).collect();
    let near = sorted.try_take(places.iter().map(|p| p.0).collect::<Array1<i64>>(), -1)?;
    let far = sorted.try_take(places.iter().map(|p| p.1).collect::<Array1<i64>>(), -1)?;
    let twice = x.tape().constant(places.iter().map(|p| 2.0 * p.2).collect::<Array1<f64>>());
    let twice = if x.dtype() == DType::F32 { twice.try_cast(DType::F32)? } else { twice };
    let stays = near.abs().eq(f64::INFINITY).try_logical(Logical::And, far.ne(near.try_neg()?))?;
    let way = stays.try_select(0.0, far.try_mul(0.5)?.try_sub(near.try_mul(0.5)?)?)?;
    let between = near.try_add(Delta::masked(twice.try_broadcast_to(near.shape())?).times(way).var())?;
    let largest = sorted.try_slice_axis(-1, last.cast_signed()..)?.try_broadcast_to(near.shape())?;
    largest.is_nan().try_select(largest, between)
}

/// The nearer and the farther neighbour of a position, and how far it is from the nearer.
#[expect(clippy::cast_possible_truncation, reason = "a position, which is less than the size of an array")]
fn neighbours(position: f64, last: usize) -> (i64, i64, f64) {
    let below = position.floor();
    let (low, high, t) = (below as i64, (below + 1.0).min(last as f64) as i64, position - below);
    if t < 0.5 { (low, high, t) } else { (high, low, 1.0 - t) }
}
