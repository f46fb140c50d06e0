//! Reductions see an array as lanes: what lies along the reduced axes, for each position along the others.
use ndarray::{Array2, ArrayD, Axis, IxDyn};
use smallvec::SmallVec;

use super::Delta;
use crate::pool::check_room;
use crate::{Axes, DType, Element, Error, Shape, Value, Var};

/// The axes of a reduction: positions in rising order.
pub(crate) type AxisList = SmallVec<[usize; 4]>;

/// Refuses axes that an array does not have, or not in rising order: they may come from a printed graph.
pub(super) fn check_axes(axes: &[usize], shape: &Shape) -> Result<(), String> {
    if let Some(axis) = axes.iter().find(|&&axis| axis >= shape.rank()) {
        return Err(format!("axis {axis} is out of range for {} axes", shape.rank()));
    }
    if axes.is_sorted_by(|a, b| a < b) { Ok(()) } else { Err(format!("axes {axes:?} should rise")) }
}

/// Refuses what is not a float.
pub(super) fn check_float(dtype: DType) -> Result<(), String> {
    if dtype.is_float() { Ok(()) } else { Err(format!("needs f64 or f32, not {dtype}; use cast")) }
}

/// The axes one further to the right, past a batch.
pub(super) fn past_batch(axes: &[usize]) -> AxisList {
    axes.iter().map(|axis| axis + 1).collect()
}

/// The order of axes that puts the given ones last.
fn order(rank: usize, axes: &[usize]) -> Vec<usize> {
    (0..rank).filter(|axis| !axes.contains(axis)).chain(axes.iter().copied()).collect()
}

/// The lanes of an array, one a row.
pub(super) fn lanes<T: Element>(x: &Value, axes: &[usize]) -> Result<Array2<T>, String> {
    check_room::<T>(&x.shape())?;
    let view = x.view::<T>();
    let length: usize = axes.iter().map(|&axis| view.len_of(Axis(axis))).product();
    let count: usize = x.shape().without(axes).size();
    let ordered = view.permuted_axes(order(x.shape().rank(), axes));
    let ordered = ordered.as_standard_layout().into_owned();
    Ok(ordered.into_shape_with_order((count, length)).expect("lanes times their length is the size"))
}

/// Folds elements, in row-major order, into those that so many steps along their axes lead to, from `at` on.
pub(super) fn fold_onto<T: Copy>(
    x: &[T],
    axes: &[(usize, isize)],
    mut at: usize,
    out: &mut [T],
    fold: &impl Fn(T, T) -> T,
) {
    match axes {
        [] => out[at] = fold(out[at], x[0]),
        [(_, 0)] => out[at] = x.iter().fold(out[at], |sum, &x| fold(sum, x)),
        &[(_, step)] => {
            for &x in x {
                out[at] = fold(out[at], x);
                at = at.wrapping_add_signed(step);
            }
        }
        [(n, step), inner @ ..] => {
            for x in x.chunks_exact(x.len() / n) {
                fold_onto(x, inner, at, out, fold);
                at = at.wrapping_add_signed(*step);
            }
        }
    }
}

/// The lanes along one axis of an array in row-major order.
#[derive(Clone, Copy, Debug)]
pub(super) struct Along {
    /// How many elements a lane has.
    pub(super) length: usize,
    /// How far apart they stand.
    pub(super) stride: usize,
    /// How many lanes there are.
    count: usize,
}

impl Along {
    pub(super) fn new(shape: &[usize], axis: usize) -> Self {
        let product = |sizes: &[usize]| sizes.iter().product::<usize>();
        let stride = product(&shape[axis + 1..]);
        Self { length: shape[axis], stride, count: product(&shape[..axis]) * stride }
    }

    /// Where each lane begins.
    pub(super) fn starts(self) -> impl Iterator<Item = usize> {
        let Self { length, stride, count } = self;
        (0..count).map(move |lane| lane / stride * (stride * length) + lane % stride)
    }

    /// Where the elements of a lane stand.
    pub(super) fn places(self, start: usize) -> impl Iterator<Item = usize> {
        self.places_from(start, false)
    }

    /// The same from either end.
    pub(super) fn places_from(self, start: usize, reverse: bool) -> impl Iterator<Item = usize> {
        (0..self.length).map(move |i| {
            let position = if reverse { self.length - 1 - i } else { i };
            start + position * self.stride
        })
    }
}

/// One number a lane, as an array of the reduced shape.
pub(super) fn from_lanes<T: Element>(numbers: Vec<T>, shape: &Shape) -> Value {
    Value::from(ArrayD::from_shape_vec(IxDyn(shape), numbers).expect("one number a lane"))
}

/// The array whose lanes are the given rows.
pub(super) fn unlanes<T: Element>(rows: Array2<T>, axes: &[usize], shape: &Shape) -> Value {
    let order = order(shape.rank(), axes);
    let sizes: Vec<usize> = order.iter().map(|&axis| shape[axis]).collect();
    let mut back = vec![0; order.len()];
    for (position, &axis) in order.iter().enumerate() {
        back[axis] = position;
    }
    let ordered = rows.into_shape_with_order(sizes).expect("lanes times their length is the size");
    Value::from(ordered.permuted_axes(back))
}

/// One number a lane, repeated along the lane.
pub(super) fn spread_over<'t>(delta: Delta<'t>, shape: &Shape, axes: &[usize]) -> Delta<'t> {
    delta.reshape(&shape.keeping(axes)).broadcast_to(shape)
}

/// The sum of each lane, with the reduced axes kept as 1.
pub(super) fn sum_kept<'t>(delta: Delta<'t>, axes: &[usize]) -> Delta<'t> {
    let shape = delta.var().shape().keeping(axes);
    delta.sum_to(&shape)
}

impl Var<'_> {
    /// Axes as the user gives them, as positions; an error names the operation.
    #[track_caller]
    pub(crate) fn resolve_axes(self, name: &str, axes: &Axes) -> Result<AxisList, Error> {
        let ty = self.array_type();
        axes.resolve(&ty.shape).map_err(self.tape().refusing(name, &[&ty]))
    }

    /// One axis as the user gives it, as a position; an error names the operation.
    #[track_caller]
    pub(crate) fn one_axis(self, name: &str, axis: isize) -> Result<usize, Error> {
        let ty = self.array_type();
        ty.shape.axis(axis).map_err(self.tape().refusing(name, &[&ty]))
    }

    /// The result of a reduction with its axes back as 1, if that was asked for.
    #[track_caller]
    pub(crate) fn restore_axes(self, reduced: Self, axes: &Axes, list: &[usize]) -> Result<Self, Error> {
        if axes.keepdims { reduced.try_reshape(self.shape().keeping(list)) } else { Ok(reduced) }
    }
}
