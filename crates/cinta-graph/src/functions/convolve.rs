//! Convolutions along any number of axes, as windows and one matrix product.
use super::conv::Conv;
use super::window::{Padding, Plan};
use crate::ops::overlap_add::OverlapAdd;
use crate::ops::windows::Windows;
use crate::{ArrayType, Error, Shape, Var};

/// The product of sizes.
fn product(sizes: &[usize]) -> usize {
    Shape::from(sizes).size()
}

/// Sizes in a row.
fn joined(parts: &[&[usize]]) -> Shape {
    parts.concat().into()
}

/// What a convolution is between: the array, with an axis for examples, and the kernels.
struct Sides {
    /// Examples, channels, sizes of the axes that the kernel moves along.
    array: Shape,
    /// Output channels, input channels of a group, sizes of the kernel.
    kernel: Shape,
    groups: usize,
}

impl Sides {
    /// Both sides, if dtypes, numbers of axes and channels fit. The array's channels are the kernel's input channels,
    /// or for the transpose its output channels.
    fn new(spatial: usize, x: &ArrayType, w: &ArrayType, conv: &Conv, transposed: bool) -> Result<Self, String> {
        if x.dtype != w.dtype {
            return Err(format!("dtypes {} and {} differ; dtypes never mix silently, use cast", x.dtype, w.dtype));
        }
        if !x.dtype.is_float() {
            return Err(format!("needs f64 or f32, not {}; use cast", x.dtype));
        }
        let letters = if spatial == 1 { "L" } else { "H W" };
        let batch = usize::from(!conv.unbatched);
        if x.shape.rank() != batch + 1 + spatial {
            let rank = x.shape.rank();
            return Err(if conv.unbatched {
                format!("takes an unbatched array with axes C {letters}, not with {rank} axes")
            } else {
                format!("takes an array with axes N C {letters}, not with {rank} axes (one example: Conv::unbatched)")
            });
        }
        if w.shape.rank() != 2 + spatial {
            return Err(format!("takes kernels with axes O I {letters}, not with {} axes", w.shape.rank()));
        }
        let groups = conv.groups;
        if groups == 0 || !w.shape[0].is_multiple_of(groups) {
            return Err(format!("{groups} groups do not divide {} output channels", w.shape[0]));
        }
        let channels = x.shape[batch];
        let of_a_group = if transposed { w.shape[0] / groups } else { w.shape[1] };
        if of_a_group.checked_mul(groups) != Some(channels) {
            let takes = if groups == 1 { String::new() } else { format!(" in each of {groups} groups") };
            return Err(format!("the kernels take {of_a_group} channels{takes}, and {channels} came"));
        }
        let array = if conv.unbatched { x.shape.with_front(1) } else { x.shape.clone() };
        Ok(Self { array, kernel: w.shape.clone(), groups })
    }

    /// An axis for the groups, if there is more than one: it goes first, so that groups are a batch of products.
    fn group_axis(&self) -> &[usize] {
        if self.groups == 1 { &[] } else { std::slice::from_ref(&self.groups) }
    }

    /// Kernels as a matrix, or one for each group: output channels by what a window holds.
    #[track_caller]
    fn matrix<'t>(&self, w: Var<'t>) -> Result<Var<'t>, Error> {
        w.try_reshape(joined(&[self.group_axis(), &[self.kernel[0] / self.groups, product(&self.kernel[1..])]]))
    }

    /// What stands first as a matrix, or one for each group: some rows of so many columns.
    #[track_caller]
    fn by_rows<'t>(&self, x: Var<'t>, rows: usize, columns: usize) -> Result<Var<'t>, Error> {
        x.try_reshape(joined(&[self.group_axis(), &[rows / self.groups, columns]]))
    }
}

/// With the first two axes exchanged: N C … as C N …, or back.
#[track_caller]
fn channels_first(x: Var<'_>) -> Result<Var<'_>, Error> {
    let order: Vec<isize> = [1, 0].into_iter().chain(2..x.rank().cast_signed()).collect();
    x.try_transpose(&order)
}

/// The sizes of the shortest axes that a convolution shortens to these, and output padding more.
fn sizes_before(sides: &Sides, conv: &Conv) -> Result<Shape, String> {
    let window = conv.window(&sides.kernel[2..]);
    let axes: Vec<usize> = (2..sides.array.rank()).collect();
    let sliding = window.sliding(&axes, sides.array.rank())?;
    let more = conv.output_padding.resolve("output padding", axes.len())?;
    let mut shape = sides.array.with_size(1, sides.kernel[1].saturating_mul(sides.groups));
    for (i, &axis) in axes.iter().enumerate() {
        let (count, stride) = (shape[axis], sliding.stride[i]);
        if more[i] >= stride {
            return Err(format!("an output padding of {} should be less than the stride {stride}", more[i]));
        }
        let (shortest, (low, high)) = match &window.padding {
            Padding::Same => (1, (0, 0)),
            Padding::Widths(widths) => (sliding.span(i), widths.resolve("padding", axes.len())?[i]),
        };
        let Some(steps) = count.checked_sub(1) else {
            return Err(format!("axis {axis} is empty, and no windows say how long their axis was"));
        };
        let padded = steps.checked_mul(stride).and_then(|n| n.checked_add(shortest)?.checked_add(more[i]));
        let Some(padded) = padded else { return Err(format!("axis {axis} would be too large for memory")) };
        let Some(size) = padded.checked_sub(low).and_then(|n| n.checked_sub(high)) else {
            return Err(format!("a padding of {low} and {high} leaves nothing of {padded} elements along axis {axis}"));
        };
        shape = shape.with_size(axis, size);
    }
    Ok(shape)
}

impl Var<'_> {
    /// The convolution along the last so many axes.
    #[track_caller]
    pub(super) fn convolve(self, name: &str, spatial: usize, w: Self, conv: &Conv) -> Result<Self, Error> {
        let (x, k) = (self.array_type(), w.array_type());
        let types = [&x, &k];
        let refuse = self.tape().refusing(name, &types);
        let sides = Sides::new(spatial, &x, &k, conv, false).map_err(refuse)?;
        if conv.output_padding.resolve("output padding", spatial).map_err(refuse)?.iter().any(|&more| more > 0) {
            return Err(refuse("output padding is for transposed convolutions".to_owned()));
        }
        let axes: Vec<usize> = (2..2 + spatial).collect();
        let plan = Plan::new(&conv.window(&k.shape[2..]), &axes, &sides.array).map_err(refuse)?;
        let padded = plan.pad(self.try_reshape(&sides.array)?, 0.0)?;
        let windows = self.tape().record(Windows(plan.sliding), &[padded])?;
        let shape = windows.shape();
        let (counts, window) = shape[2..].split_at(spatial);
        let places = product(&[&shape[..1], counts].concat());
        // What one place of all windows holds stands together, as it does in the array.
        let (first, last) = (2 + spatial.cast_signed(), windows.rank().cast_signed());
        let order: Vec<isize> = [1].into_iter().chain(first..last).chain([0]).chain(2..first).collect();
        let columns = sides.by_rows(windows.try_transpose(&order)?, shape[1] * product(window), places)?;
        let y = sides.matrix(w)?.try_matmul(columns)?;
        let y = channels_first(y.try_reshape(joined(&[&[k.shape[0], shape[0]], counts]))?)?;
        if conv.unbatched { y.try_reshape(&y.shape()[1..]) } else { Ok(y) }
    }

    /// The transpose of the convolution along the last so many axes.
    #[track_caller]
    pub(super) fn convolve_back(self, name: &str, spatial: usize, w: Self, conv: &Conv) -> Result<Self, Error> {
        let (y, k) = (self.array_type(), w.array_type());
        let types = [&y, &k];
        let refuse = self.tape().refusing(name, &types);
        let sides = Sides::new(spatial, &y, &k, conv, true).map_err(refuse)?;
        let image = sizes_before(&sides, conv).map_err(refuse)?;
        let axes: Vec<usize> = (2..2 + spatial).collect();
        let plan = Plan::new(&conv.window(&k.shape[2..]), &axes, &image).map_err(refuse)?;
        let (channels, window) = (image[1], &k.shape[2..]);
        let first = channels_first(self.try_reshape(&sides.array)?)?;
        let (shape, places) = (first.shape(), product(&first.shape()[1..]));
        let columns = sides.matrix(w)?.t().try_matmul(sides.by_rows(first, shape[0], places)?)?;
        let windows = columns.try_reshape(joined(&[&[channels], window, &shape[1..]]))?;
        let (batch, last) = (1 + spatial.cast_signed(), windows.rank().cast_signed());
        let order: Vec<isize> = [batch, 0].into_iter().chain(batch + 1..last).chain(1..batch).collect();
        let sizes = axes.iter().map(|&axis| image[axis] + plan.widths[axis].0 + plan.widths[axis].1).collect();
        let sum = OverlapAdd { sliding: plan.sliding.clone(), sizes };
        let x = plan.crop(self.tape().record(sum, &[windows.try_transpose(&order)?])?)?;
        if conv.unbatched { x.try_reshape(&x.shape()[1..]) } else { Ok(x) }
    }
}
