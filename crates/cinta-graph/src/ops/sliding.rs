//! What `windows` and `overlap_add` share: where windows lie along the axes of an array.
use smallvec::SmallVec;

use super::Attributes;
use crate::Shape;

/// Windows that slide along some axes: window i begins at position i · stride and holds `window` elements, each
/// `dilation` after the one before.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Sliding {
    /// The axes, each once, in any order.
    pub axes: Vec<usize>,
    /// How many elements a window holds along each of them, at least 1.
    pub window: Vec<usize>,
    /// How far the next window begins, at least 1.
    pub stride: Vec<usize>,
    /// How far the next element of a window stands, at least 1.
    pub dilation: Vec<usize>,
}

impl Sliding {
    /// With one more axis.
    pub(crate) fn push(&mut self, axis: usize, window: usize, stride: usize, dilation: usize) {
        self.axes.push(axis);
        self.window.push(window);
        self.stride.push(stride);
        self.dilation.push(dilation);
    }

    pub(super) fn attributes(&self) -> Attributes {
        Attributes::none()
            .with("axes", &self.axes[..])
            .with("window", &self.window[..])
            .with("stride", &self.stride[..])
            .with("dilation", &self.dilation[..])
    }

    pub(super) fn read(attributes: &Attributes) -> Result<Self, String> {
        Ok(Self {
            axes: attributes.sizes("axes")?,
            window: attributes.sizes("window")?,
            stride: attributes.sizes("stride")?,
            dilation: attributes.sizes("dilation")?,
        })
    }

    /// The same along axes one further to the right, past a batch.
    pub(super) fn past_batch(&self) -> Self {
        Self { axes: self.axes.iter().map(|axis| axis + 1).collect(), ..self.clone() }
    }

    /// Refuses what cannot slide over an array of so many axes.
    pub(crate) fn check(&self, rank: usize) -> Result<(), String> {
        let n = self.axes.len();
        if [&self.window, &self.stride, &self.dilation].iter().any(|list| list.len() != n) {
            return Err(format!("needs window, stride and dilation for each of {n} axes"));
        }
        for (i, &axis) in self.axes.iter().enumerate() {
            if axis >= rank {
                return Err(format!("axis {axis} is out of range for {rank} axes"));
            }
            if self.axes[..i].contains(&axis) {
                return Err(format!("axis {axis} is named twice"));
            }
            for (what, list) in [("window", &self.window), ("stride", &self.stride), ("dilation", &self.dilation)] {
                if list[i] == 0 {
                    return Err(format!("the {what} along axis {axis} is 0"));
                }
            }
            let span = (self.window[i] - 1).checked_mul(self.dilation[i]).and_then(|steps| steps.checked_add(1));
            if span.is_none() {
                return Err(format!("a window of {} along axis {axis} is too large for memory", self.window[i]));
            }
        }
        Ok(())
    }

    /// How much of its axis the i-th window covers, from its first element to its last.
    pub(crate) fn span(&self, i: usize) -> usize {
        (self.window[i] - 1) * self.dilation[i] + 1
    }

    /// How many windows lie along the i-th axis if that has n elements.
    pub(super) fn count(&self, i: usize, n: usize) -> usize {
        n.checked_sub(self.span(i)).map_or(0, |rest| rest / self.stride[i] + 1)
    }

    /// Whether every element of an array is in some window, as far as that shows without a search.
    pub(super) fn touches_all(&self, shape: &Shape) -> bool {
        self.axes.iter().enumerate().all(|(i, &axis)| {
            let (n, count) = (shape[axis], self.count(i, shape[axis]));
            let (window, stride, dilation) = (self.window[i], self.stride[i], self.dilation[i]);
            let side_by_side = window == 1 || dilation == 1;
            let interleaved = stride == 1 && dilation <= count;
            let to_the_end = count > 0 && (count - 1) * stride + self.span(i) == n;
            to_the_end && (interleaved || side_by_side && stride <= window)
        })
    }

    /// The sizes of the axes of all windows of an array, and how far apart their neighbours are in it: first the
    /// array's own axes, along which windows begin, then those inside a window.
    pub(super) fn axes_of(&self, shape: &Shape, strides: &[isize]) -> SmallVec<[(usize, isize); 8]> {
        let mut axes: SmallVec<[(usize, isize); 8]> = shape.iter().copied().zip(strides.iter().copied()).collect();
        for (i, &axis) in self.axes.iter().enumerate() {
            let (n, step) = axes[axis];
            let (count, window) = (self.count(i, n), self.window[i]);
            // Of what is there once, no neighbour is to be found, however far away.
            let steps = |times: usize, by: usize| if times > 1 { by.cast_signed() * step } else { 0 };
            axes[axis] = (count, steps(count, self.stride[i]));
            axes.push((window, steps(window, self.dilation[i])));
        }
        axes
    }
}
