//! Shapes, their broadcasting, and axes: arithmetic on sizes, with reasons when it cannot be done.
use std::fmt;
use std::ops::Deref;

use smallvec::SmallVec;

/// The sizes of an array along each axis, outermost first; `[]` is a 0-d array (a scalar).
#[derive(Debug, Default, PartialEq, Eq, Hash)]
pub struct Shape(SmallVec<[usize; 4]>);

impl Shape {
    /// The shape of a scalar.
    #[must_use]
    pub fn scalar() -> Self {
        Self::default()
    }

    /// Number of elements; the largest `usize` where that is too small a type for it.
    #[must_use]
    pub fn size(&self) -> usize {
        if self.0.contains(&0) { 0 } else { self.0.iter().fold(1, |size, &n| usize::saturating_mul(size, n)) }
    }

    /// Whether an array may have this shape, or why not. Axes of size 0 do not excuse the others: the
    /// strides of an array are products of its sizes.
    pub(crate) fn check_size(&self) -> Result<(), String> {
        if self.is_possible() { Ok(()) } else { Err(format!("an array of shape {self} is too large for memory")) }
    }

    /// Whether an array may have this shape.
    #[inline]
    pub(crate) fn is_possible(&self) -> bool {
        const MAX: usize = if usize::BITS < 64 { usize::MAX >> 5 } else { usize::MAX >> 16 };
        self.0.iter().fold(1, |size, &n| usize::saturating_mul(size, n.max(1))) <= MAX
    }

    /// Number of axes.
    #[must_use]
    #[inline]
    pub fn rank(&self) -> usize {
        self.0.len()
    }

    /// The sizes as a slice.
    #[must_use]
    #[inline]
    pub fn as_slice(&self) -> &[usize] {
        &self.0
    }

    /// The NumPy broadcast of two shapes: right-aligned, a size of 1 stretches.
    ///
    /// # Errors
    /// The reason, when two sizes differ and neither is 1.
    pub fn broadcast(&self, other: &Self) -> Result<Self, String> {
        let rank = self.rank().max(other.rank());
        let size = |shape: &Self, axis: usize| (axis + shape.rank()).checked_sub(rank).map_or(1, |i| shape[i]);
        (0..rank)
            .map(|axis| match (size(self, axis), size(other, axis)) {
                (a, b) if a == b => Ok(a),
                (1, b) => Ok(b),
                (a, 1) => Ok(a),
                (a, b) => Err(format!(
                    "sizes {a} and {b} of axis {} do not broadcast",
                    axis.cast_signed() - rank.cast_signed()
                )),
            })
            .collect()
    }

    /// Whether an array of this shape broadcasts to `target` without changing `target`.
    #[must_use]
    pub fn broadcasts_to(&self, target: &Self) -> bool {
        self.rank() <= target.rank() && self.iter().rev().zip(target.iter().rev()).all(|(&n, &m)| n == m || n == 1)
    }

    /// The shape with the given (normalised) axes set to 1.
    #[must_use]
    pub fn keeping(&self, axes: &[usize]) -> Self {
        self.iter().enumerate().map(|(i, &n)| if axes.contains(&i) { 1 } else { n }).collect()
    }

    /// The shape without the given (normalised) axes.
    #[must_use]
    pub fn without(&self, axes: &[usize]) -> Self {
        self.iter().enumerate().filter(|(i, _)| !axes.contains(i)).map(|(_, &n)| n).collect()
    }

    /// The shape with another size at one axis.
    #[must_use]
    pub fn with_size(&self, axis: usize, size: usize) -> Self {
        self.iter().enumerate().map(|(i, &n)| if i == axis { size } else { n }).collect()
    }

    /// The shape with `size` put in front.
    #[must_use]
    pub fn with_front(&self, size: usize) -> Self {
        std::iter::once(size).chain(self.iter().copied()).collect()
    }

    /// A position counted from the front: `-1` is the last axis.
    ///
    /// # Errors
    /// The reason, when there is no such axis.
    pub fn axis(&self, axis: isize) -> Result<usize, String> {
        let rank = self.rank().cast_signed();
        let position = if axis < 0 { axis + rank } else { axis };
        if (0..rank).contains(&position) {
            Ok(position.unsigned_abs())
        } else {
            Err(format!("axis {axis} is out of range for {rank} axes"))
        }
    }
}

impl Clone for Shape {
    #[inline]
    fn clone(&self) -> Self {
        Self::from(&self[..])
    }
}

impl Deref for Shape {
    type Target = [usize];
    #[inline]
    fn deref(&self) -> &[usize] {
        &self.0
    }
}

impl FromIterator<usize> for Shape {
    fn from_iter<I: IntoIterator<Item = usize>>(iter: I) -> Self {
        Self(iter.into_iter().collect())
    }
}

/// A few words, for which a copy of any length would be called.
impl From<&[usize]> for Shape {
    #[inline]
    fn from(sizes: &[usize]) -> Self {
        let few = match *sizes {
            [] => [0; 4],
            [a] => [a, 0, 0, 0],
            [a, b] => [a, b, 0, 0],
            [a, b, c] => [a, b, c, 0],
            _ => return Self(SmallVec::from_slice(sizes)),
        };
        Self(SmallVec::from_buf_and_len(few, sizes.len()))
    }
}

impl<const N: usize> From<[usize; N]> for Shape {
    fn from(sizes: [usize; N]) -> Self {
        Self::from(&sizes[..])
    }
}

impl From<Vec<usize>> for Shape {
    fn from(sizes: Vec<usize>) -> Self {
        Self::from(&sizes[..])
    }
}

impl From<&Shape> for Shape {
    fn from(shape: &Shape) -> Self {
        shape.clone()
    }
}

impl From<usize> for Shape {
    fn from(size: usize) -> Self {
        Self::from([size])
    }
}

impl From<()> for Shape {
    fn from((): ()) -> Self {
        Self::scalar()
    }
}

impl fmt::Display for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

/// Which axes a reduction runs over, and whether they stay as axes of size 1.
///
/// Made from one axis, an array or a slice of axes (negative ones count from the end), [`Axes::all`],
/// and [`keepdims`] around any of these.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Axes {
    /// `None` is all of them.
    pub(crate) list: Option<SmallVec<[isize; 4]>>,
    pub(crate) keepdims: bool,
}

impl Axes {
    /// Every axis.
    #[must_use]
    pub fn all() -> Self {
        Self { list: None, keepdims: false }
    }

    /// The positions for a shape, in rising order.
    ///
    /// # Errors
    /// The reason, when an axis is out of range or named twice.
    pub fn resolve(&self, shape: &Shape) -> Result<SmallVec<[usize; 4]>, String> {
        let Some(list) = &self.list else {
            return Ok((0..shape.rank()).collect());
        };
        let mut axes = list.iter().map(|&axis| shape.axis(axis)).collect::<Result<SmallVec<[usize; 4]>, _>>()?;
        axes.sort_unstable();
        match axes.windows(2).find(|pair| pair[0] == pair[1]) {
            Some(pair) => Err(format!("axis {} is named twice", pair[0])),
            None => Ok(axes),
        }
    }
}

/// The same axes, kept as axes of size 1 in the result.
///
/// ```
/// use cinta_graph::{Tape, keepdims};
/// use ndarray::array;
/// let tape = Tape::new();
/// let x = tape.var(array![[1.0, 2.0], [3.0, 4.0]]);
/// assert_eq!(x.sum_axes(keepdims(1)).value(), array![[3.0], [7.0]]);
/// ```
pub fn keepdims(axes: impl Into<Axes>) -> Axes {
    Axes { keepdims: true, ..axes.into() }
}

impl From<isize> for Axes {
    fn from(axis: isize) -> Self {
        Self::from([axis])
    }
}

impl<const N: usize> From<[isize; N]> for Axes {
    fn from(axes: [isize; N]) -> Self {
        Self::from(&axes[..])
    }
}

impl From<&[isize]> for Axes {
    fn from(axes: &[isize]) -> Self {
        Self { list: Some(axes.iter().copied().collect()), keepdims: false }
    }
}

impl From<Vec<isize>> for Axes {
    fn from(axes: Vec<isize>) -> Self {
        Self::from(&axes[..])
    }
}
