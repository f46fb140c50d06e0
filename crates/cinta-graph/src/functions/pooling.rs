//! Pooling: the largest or the mean element of each window.
use super::window::{Plan, Window};
use crate::error::or_panic;
use crate::ops::Sliding;
use crate::ops::windows::Windows;
use crate::{ArrayType, Axes, DType, Error, Ties, Var};

impl Var<'_> {
    /// The largest element of each window along the last axis, channels and whatever else is before it kept apart;
    /// otherwise as [`max_pool2d`](Self::max_pool2d).
    ///
    /// ```
    /// use cinta_graph::{Tape, Window};
    /// use ndarray::array;
    /// let tape = Tape::new();
    /// let x = tape.var(array![[1.0, 3.0, 3.0, 2.0]]);
    /// assert_eq!(x.max_pool1d(2).value(), array![[3.0, 3.0]]);
    /// let y = x.max_pool1d(Window::new(3).stride(1));
    /// assert_eq!(y.sum().grad(x).value(), array![[0.0, 2.0, 0.0, 0.0]]); // of ties, the first
    /// ```
    ///
    /// # Panics
    /// As `max_pool2d`.
    #[must_use]
    #[track_caller]
    pub fn max_pool1d(self, window: impl Into<Window>) -> Self {
        or_panic(self.try_max_pool1d(window))
    }

    /// [`max_pool1d`](Self::max_pool1d), with the error returned.
    #[track_caller]
    pub fn try_max_pool1d(self, window: impl Into<Window>) -> Result<Self, Error> {
        self.max_pool("max_pool1d", 1, window.into())
    }

    /// The largest element of each window along the last two axes, of images N C H W or C H W. Windows lie side by
    /// side unless [`stride`](Window::stride) says otherwise.
    ///
    /// All of the derivative goes to the first of ties, in row-major order of the window. A NaN makes its windows NaN,
    /// with derivative 0. Padding is never the largest: in a window of nothing else, the result is −∞ (of integers,
    /// the least) and no derivative goes anywhere. The largest of a whole image is
    /// [`max_axes([-2, -1])`](Self::max_axes).
    ///
    /// ```
    /// use cinta_graph::{Tape, Window};
    /// use ndarray::array;
    /// let tape = Tape::new();
    /// let x = tape.var(array![[[1.0, 5.0, 2.0, 0.0], [3.0, 4.0, 8.0, 7.0]]]);
    /// assert_eq!(x.max_pool2d(2).value(), array![[[5.0, 8.0]]]);
    /// assert_eq!(x.max_pool2d(Window::new([1, 3]).stride([1, 2]).same()).value(), array![[[5.0, 2.0], [8.0, 8.0]]]);
    /// ```
    ///
    /// # Panics
    /// If there is no axis before those of the image, window, stride or dilation are 0 or given for another number of
    /// axes, the window is larger than the padded image (but with [`same`](Window::same) padding), and on truth values.
    #[must_use]
    #[track_caller]
    pub fn max_pool2d(self, window: impl Into<Window>) -> Self {
        or_panic(self.try_max_pool2d(window))
    }

    /// [`max_pool2d`](Self::max_pool2d), with the error returned.
    #[track_caller]
    pub fn try_max_pool2d(self, window: impl Into<Window>) -> Result<Self, Error> {
        self.max_pool("max_pool2d", 2, window.into())
    }

    /// The mean of each window along the last axis, channels and whatever else is before it kept apart; otherwise as
    /// [`avg_pool2d`](Self::avg_pool2d).
    ///
    /// ```
    /// use cinta_graph::{Tape, Window};
    /// use ndarray::array;
    /// let tape = Tape::new();
    /// let x = tape.var(array![[1.0, 3.0, 5.0, 9.0]]);
    /// assert_eq!(x.avg_pool1d(2).value(), array![[2.0, 7.0]]);
    /// assert_eq!(x.avg_pool1d(Window::new(3).stride(1).same()).value(), array![[2.0, 3.0, 17.0 / 3.0, 7.0]]);
    /// ```
    ///
    /// # Panics
    /// As `avg_pool2d`.
    #[must_use]
    #[track_caller]
    pub fn avg_pool1d(self, window: impl Into<Window>) -> Self {
        or_panic(self.try_avg_pool1d(window))
    }

    /// [`avg_pool1d`](Self::avg_pool1d), with the error returned.
    #[track_caller]
    pub fn try_avg_pool1d(self, window: impl Into<Window>) -> Result<Self, Error> {
        self.avg_pool("avg_pool1d", 1, window.into())
    }

    /// The mean of each window along the last two axes, of images N C H W or C H W. Windows lie side by side unless
    /// [`stride`](Window::stride) says otherwise.
    ///
    /// The mean is over the elements that are there: padding does not count (NaN where a window holds nothing else).
    /// To count it as zeros, put them there with [`pad`](Self::pad) first. The mean of a whole image is
    /// [`mean_axes([-2, -1])`](Self::mean_axes).
    ///
    /// ```
    /// use cinta_graph::{Tape, Window};
    /// use ndarray::array;
    /// let tape = Tape::new();
    /// let x = tape.var(array![[[1.0, 5.0, 2.0, 0.0], [3.0, 3.0, 8.0, 6.0]]]);
    /// assert_eq!(x.avg_pool2d(2).value(), array![[[3.0, 4.0]]]);
    /// assert_eq!(x.avg_pool2d(Window::new([2, 4]).padding([(0, 0), (0, 1)])).value(), array![[[3.5]]]);
    /// ```
    ///
    /// # Panics
    /// As [`max_pool2d`](Self::max_pool2d), and on integers.
    #[must_use]
    #[track_caller]
    pub fn avg_pool2d(self, window: impl Into<Window>) -> Self {
        or_panic(self.try_avg_pool2d(window))
    }

    /// [`avg_pool2d`](Self::avg_pool2d), with the error returned.
    #[track_caller]
    pub fn try_avg_pool2d(self, window: impl Into<Window>) -> Result<Self, Error> {
        self.avg_pool("avg_pool2d", 2, window.into())
    }

    #[track_caller]
    fn max_pool(self, name: &str, spatial: usize, window: Window) -> Result<Self, Error> {
        let ty = self.array_type();
        let least = match ty.dtype {
            DType::F64 | DType::F32 => f64::NEG_INFINITY,
            DType::I64 => -(2.0_f64.powi(63)),
            DType::Bool => return Err(self.tape().type_error(name, "needs numbers, not bool; use cast", &[&ty])),
        };
        let plan = plan(&ty, spatial, window).map_err(self.tape().refusing(name, &[&ty]))?;
        let padded = plan.pad(self, least)?;
        padded.windows_first(plan.sliding)?.try_max_axes_with(first(spatial), Ties::First)
    }

    #[track_caller]
    fn avg_pool(self, name: &str, spatial: usize, window: Window) -> Result<Self, Error> {
        self.needs_float(name)?;
        let ty = self.array_type();
        let plan = plan(&ty, spatial, window).map_err(self.tape().refusing(name, &[&ty]))?;
        let padded = plan.pad(self, 0.0)?;
        let windows = padded.windows_first(plan.sliding.clone())?;
        if !plan.pads() {
            return windows.try_mean_axes(first(spatial));
        }
        // How many elements of a window are there, counted in one image.
        let rank = ty.shape.rank();
        let one: Vec<usize> = (0..rank).map(|axis| if axis < rank - spatial { 1 } else { ty.shape[axis] }).collect();
        let there = plan.pad(self.tape().full(&ty.with_shape(one), 1.0), 0.0)?;
        let counts = there.windows_first(plan.sliding)?.try_sum_axes(first(spatial))?;
        windows.try_sum_axes(first(spatial))?.try_div(counts)
    }

    /// All windows, the axes inside a window first: what one place of all windows holds stands together then, and reductions
    /// over windows are of whole arrays.
    #[track_caller]
    fn windows_first(self, sliding: Sliding) -> Result<Self, Error> {
        let (rank, spatial) = (self.rank().cast_signed(), sliding.axes.len().cast_signed());
        let order: Vec<isize> = (rank..rank + spatial).chain(0..rank).collect();
        self.tape().record(Windows(sliding), &[self])?.try_transpose(&order)
    }
}

/// Windows along the last axes, which lie side by side if nothing else was said.
fn plan(ty: &ArrayType, spatial: usize, window: Window) -> Result<Plan, String> {
    let rank = ty.shape.rank();
    if rank <= spatial {
        let axes = if spatial == 1 { "C L" } else { "C H W" };
        return Err(format!("takes an array with axes {axes}, and any before them, not one with {rank}"));
    }
    let stride = window.stride.or_else(|| Some(window.size.clone()));
    let axes: Vec<usize> = (rank - spatial..rank).collect();
    Plan::new(&Window { stride, ..window }, &axes, &ty.shape)
}

/// The first so many axes.
fn first(count: usize) -> Axes {
    (0..count.cast_signed()).collect::<Vec<_>>().into()
}
