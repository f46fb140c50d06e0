//! Windows: how they slide along axes, and the methods that cut them out and add them up again.
use crate::error::or_panic;
use crate::ops::Sliding;
use crate::ops::overlap_add::OverlapAdd;
use crate::ops::slice::Slice;
use crate::ops::windows::Windows;
use crate::{Error, Shape, Var};

/// One thing for every axis, or one for each: `2` or `[2, 1]`. For padding: `1` (on both sides), `[1, 0]`, `(0, 1)`
/// (before and after), `[(0, 1), (2, 2)]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PerAxis<T> {
    /// The same for every axis.
    All(T),
    /// One for each axis.
    Each(Vec<T>),
}

impl<T: Copy> PerAxis<T> {
    /// One for each of so many axes.
    pub(super) fn resolve(&self, what: &str, axes: usize) -> Result<Vec<T>, String> {
        match self {
            Self::All(one) => Ok(vec![*one; axes]),
            Self::Each(list) if list.len() == axes => Ok(list.clone()),
            Self::Each(list) => Err(format!("the {what} is given for {} axes, not {axes}", list.len())),
        }
    }
}

impl From<usize> for PerAxis<usize> {
    fn from(one: usize) -> Self {
        Self::All(one)
    }
}

impl From<&[usize]> for PerAxis<usize> {
    fn from(list: &[usize]) -> Self {
        Self::Each(list.to_vec())
    }
}

impl<const N: usize> From<[usize; N]> for PerAxis<usize> {
    fn from(list: [usize; N]) -> Self {
        Self::Each(list.to_vec())
    }
}

impl From<usize> for PerAxis<(usize, usize)> {
    fn from(both: usize) -> Self {
        Self::All((both, both))
    }
}

impl<const N: usize> From<[usize; N]> for PerAxis<(usize, usize)> {
    fn from(list: [usize; N]) -> Self {
        Self::Each(list.iter().map(|&both| (both, both)).collect())
    }
}

impl From<(usize, usize)> for PerAxis<(usize, usize)> {
    fn from(pair: (usize, usize)) -> Self {
        Self::All(pair)
    }
}

impl From<&[(usize, usize)]> for PerAxis<(usize, usize)> {
    fn from(list: &[(usize, usize)]) -> Self {
        Self::Each(list.to_vec())
    }
}

impl<const N: usize> From<[(usize, usize); N]> for PerAxis<(usize, usize)> {
    fn from(list: [(usize, usize); N]) -> Self {
        Self::Each(list.to_vec())
    }
}

/// What is put around an array before windows slide over it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Padding {
    /// So many elements before and after.
    Widths(PerAxis<(usize, usize)>),
    /// As many as make ⌈n/stride⌉ windows, the smaller half of them before.
    Same,
}

/// The size of a window and how it slides: `2` or `[2, 3]` stands for itself, the rest is said by methods.
///
/// ```
/// use cinta_graph::Window;
/// let window = Window::new([3, 3]).stride(2).same();
/// let other = Window::new(3).dilation([1, 2]).padding([(0, 1), (2, 2)]);
/// # assert_ne!(window, other);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub struct Window {
    pub(super) size: PerAxis<usize>,
    pub(super) stride: Option<PerAxis<usize>>,
    pub(super) dilation: PerAxis<usize>,
    pub(super) padding: Padding,
}

impl Window {
    /// A window of a size, along each axis or along all. Nothing is put around the array, elements of a window are
    /// neighbours, and the next window is one step on; in pooling, it begins where this one ends.
    pub fn new(size: impl Into<PerAxis<usize>>) -> Self {
        let padding = Padding::Widths(PerAxis::All((0, 0)));
        Self { size: size.into(), stride: None, dilation: PerAxis::All(1), padding }
    }

    /// How far the next window begins.
    pub fn stride(self, stride: impl Into<PerAxis<usize>>) -> Self {
        Self { stride: Some(stride.into()), ..self }
    }

    /// How far the next element of a window stands: 2 leaves one out.
    pub fn dilation(self, dilation: impl Into<PerAxis<usize>>) -> Self {
        Self { dilation: dilation.into(), ..self }
    }

    /// How many elements are put before and after the array. They are zeros, which pooling does not see.
    pub fn padding(self, widths: impl Into<PerAxis<(usize, usize)>>) -> Self {
        Self { padding: Padding::Widths(widths.into()), ..self }
    }

    /// Padding that makes ⌈n/stride⌉ windows along an axis of n elements, the smaller half of it before.
    pub fn same(self) -> Self {
        Self { padding: Padding::Same, ..self }
    }

    /// How it slides along axes of an array with so many.
    pub(super) fn sliding(&self, axes: &[usize], rank: usize) -> Result<Sliding, String> {
        let sizes = self.size.resolve("window", axes.len())?;
        let strides = self.stride.as_ref().unwrap_or(&PerAxis::All(1)).resolve("stride", axes.len())?;
        let dilations = self.dilation.resolve("dilation", axes.len())?;
        let mut sliding = Sliding::default();
        for (((&axis, size), stride), dilation) in axes.iter().zip(sizes).zip(strides).zip(dilations) {
            sliding.push(axis, size, stride, dilation);
        }
        sliding.check(rank).map(|()| sliding)
    }
}

impl From<usize> for Window {
    fn from(size: usize) -> Self {
        Self::new(size)
    }
}

impl<const N: usize> From<[usize; N]> for Window {
    fn from(size: [usize; N]) -> Self {
        Self::new(size)
    }
}

/// A window over some axes of an array of known shape.
pub(super) struct Plan {
    /// How it slides over the padded array.
    pub(super) sliding: Sliding,
    /// What is put before and after, along every axis of the array.
    pub(super) widths: Vec<(usize, usize)>,
}

impl Plan {
    pub(super) fn new(window: &Window, axes: &[usize], shape: &[usize]) -> Result<Self, String> {
        let sliding = window.sliding(axes, shape.len())?;
        let mut widths = vec![(0, 0); shape.len()];
        for (i, &axis) in axes.iter().enumerate() {
            let (n, span) = (shape[axis], sliding.span(i));
            widths[axis] = match &window.padding {
                Padding::Widths(widths) => widths.resolve("padding", axes.len())?[i],
                Padding::Same if n == 0 => (0, 0),
                Padding::Same => {
                    let last = (n - 1) / sliding.stride[i] * sliding.stride[i];
                    let missing = (span - 1).saturating_sub(n - 1 - last);
                    (missing / 2, missing - missing / 2)
                }
            };
            let (low, high) = widths[axis];
            let Some(padded) = n.checked_add(low).and_then(|n| n.checked_add(high)) else {
                return Err(format!("axis {axis} would be too large for memory"));
            };
            if padded < span && window.padding != Padding::Same {
                let around =
                    if low + high > 0 { format!(" with {low} before and {high} after") } else { String::new() };
                return Err(format!(
                    "a window across {span} elements does not fit into axis {axis} of size {n}{around}"
                ));
            }
        }
        Ok(Self { sliding, widths })
    }

    /// Whether there is any padding.
    pub(super) fn pads(&self) -> bool {
        self.widths.iter().any(|&widths| widths != (0, 0))
    }

    /// The array with its padding, of a given value.
    #[track_caller]
    pub(super) fn pad<'t>(&self, x: Var<'t>, value: f64) -> Result<Var<'t>, Error> {
        if self.pads() { x.try_pad(&self.widths, value) } else { Ok(x) }
    }

    /// The array without its padding.
    #[track_caller]
    pub(super) fn crop<'t>(&self, x: Var<'t>) -> Result<Var<'t>, Error> {
        if !self.pads() {
            return Ok(x);
        }
        let mut slice = Slice::default();
        for (&(low, high), n) in self.widths.iter().zip(x.shape().iter()) {
            slice.push(low..n - high, 1);
        }
        x.tape().record(slice, &[x])
    }
}

/// Positions of axes counted from either end.
fn positions(axes: &[isize], shape: &Shape) -> Result<Vec<usize>, String> {
    axes.iter().map(|&axis| shape.axis(axis)).collect()
}

impl Var<'_> {
    /// All windows along some axes. These axes then count the windows; the elements inside a window stand along new
    /// axes at the end, in the order in which the axes are named (negative ones count from the end).
    ///
    /// Along an axis of n elements, padding included, there are ⌊(n − 1 − (window − 1) · dilation)/stride⌋ + 1
    /// windows. The value holds each element once for every window that it is in.
    ///
    /// ```
    /// use cinta_graph::{Tape, Window};
    /// use ndarray::array;
    /// let tape = Tape::new();
    /// let x = tape.var([1.0, 2.0, 3.0, 4.0]);
    /// assert_eq!(x.windows(&[0], 3).value(), array![[1.0, 2.0, 3.0], [2.0, 3.0, 4.0]]);
    /// assert_eq!(x.windows(&[0], Window::new(2).stride(2)).value(), array![[1.0, 2.0], [3.0, 4.0]]);
    /// // A moving mean:
    /// assert_eq!(x.windows(&[0], 2).mean_axes(-1).value(), array![1.5, 2.5, 3.5]);
    /// ```
    ///
    /// # Panics
    /// If an axis does not exist or is named twice, window, stride or dilation are 0 or given for another number of
    /// axes, no window fits (but with [`same`](Window::same) padding), or the result is too large for memory.
    #[must_use]
    #[track_caller]
    pub fn windows(self, axes: &[isize], window: impl Into<Window>) -> Self {
        or_panic(self.try_windows(axes, window))
    }

    /// [`windows`](Self::windows), with the error returned. No node for no axes.
    #[track_caller]
    pub fn try_windows(self, axes: &[isize], window: impl Into<Window>) -> Result<Self, Error> {
        let (ty, window) = (self.array_type(), window.into());
        let plan = positions(axes, &ty.shape).and_then(|axes| Plan::new(&window, &axes, &ty.shape));
        let plan = plan.map_err(self.tape().refusing("windows", &[&ty]))?;
        if axes.is_empty() {
            return Ok(self);
        }
        let padded = plan.pad(self, 0.0)?;
        self.tape().record(Windows(plan.sliding), &[padded])
    }

    /// Windows put back where [`windows`](Self::windows) takes them from, and added up where they overlap: its
    /// transpose. The result has the given sizes along the axes (negative ones count from the end of the result);
    /// what is in no window is 0, what is in the padding is dropped.
    ///
    /// ```
    /// use cinta_graph::Tape;
    /// use ndarray::array;
    /// let tape = Tape::new();
    /// let parts = tape.var(array![[1.0, 2.0, 3.0], [10.0, 20.0, 30.0]]);
    /// assert_eq!(parts.overlap_add(&[0], &[4], 3).value(), array![1.0, 12.0, 23.0, 30.0]);
    /// // How many windows each element is in:
    /// assert_eq!(parts.ones_like().overlap_add(&[0], &[4], 3).value(), array![1.0, 2.0, 2.0, 1.0]);
    /// ```
    ///
    /// # Panics
    /// If these are not the windows of an array of these sizes, on truth values, and as `windows`.
    #[must_use]
    #[track_caller]
    pub fn overlap_add(self, axes: &[isize], sizes: &[usize], window: impl Into<Window>) -> Self {
        or_panic(self.try_overlap_add(axes, sizes, window))
    }

    /// [`overlap_add`](Self::overlap_add), with the error returned. No node for no axes.
    #[track_caller]
    pub fn try_overlap_add(self, axes: &[isize], sizes: &[usize], window: impl Into<Window>) -> Result<Self, Error> {
        let (ty, window) = (self.array_type(), window.into());
        let plan = planned_sum(&ty.shape, axes, sizes, &window);
        let (plan, sizes) = plan.map_err(self.tape().refusing("overlap_add", &[&ty]))?;
        if axes.is_empty() {
            return Ok(self);
        }
        plan.crop(self.tape().record(OverlapAdd { sliding: plan.sliding.clone(), sizes }, &[self])?)
    }
}

/// Where windows of a shape go, and the sizes of the axes there, padding included.
fn planned_sum(
    windows: &Shape,
    axes: &[isize],
    sizes: &[usize],
    window: &Window,
) -> Result<(Plan, Vec<usize>), String> {
    if sizes.len() != axes.len() {
        return Err(format!("the sizes are given for {} axes, not {}", sizes.len(), axes.len()));
    }
    let Some(rank) = windows.rank().checked_sub(axes.len()) else {
        return Err(format!("windows along {} axes need as many axes at the end", axes.len()));
    };
    let mut shape = Shape::from(&windows[..rank]);
    let axes = positions(axes, &shape)?;
    for (&axis, &size) in axes.iter().zip(sizes) {
        shape = shape.with_size(axis, size);
    }
    let plan = Plan::new(window, &axes, &shape)?;
    let padded = |&axis: &usize| shape[axis] + plan.widths[axis].0 + plan.widths[axis].1;
    let sizes = axes.iter().map(padded).collect();
    Ok((plan, sizes))
}
