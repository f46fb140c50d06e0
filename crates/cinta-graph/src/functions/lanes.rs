//! Reductions made of functions of a last axis: the reduced axes become one, behind the others.
use crate::{Axes, Error, Shape, Var};

/// An array whose last axis is what is reduced.
pub(super) struct Lanes<'t> {
    pub(super) x: Var<'t>,
    /// The size of the last axis.
    pub(super) length: usize,
    /// The shape of the result.
    shape: Shape,
}

impl<'t> Lanes<'t> {
    #[track_caller]
    pub(super) fn new(name: &str, x: Var<'t>, axes: Axes) -> Result<Self, Error> {
        let shape = x.shape();
        let list = x.resolve_axes(name, &axes)?;
        let kept = (0..shape.rank()).filter(|axis| !list.contains(axis));
        let perm: Vec<isize> = kept.chain(list.iter().copied()).map(usize::cast_signed).collect();
        let length = list.iter().map(|&axis| shape[axis]).collect::<Shape>().size();
        let rows: Shape = shape.without(&list).iter().copied().chain([length]).collect();
        let x = if perm.is_sorted() { x } else { x.try_transpose(&perm)? }.try_reshape(rows)?;
        let shape = if axes.keepdims { shape.keeping(&list) } else { shape.without(&list) };
        Ok(Self { x, length, shape })
    }

    /// One number a lane, with the reduced axes back as 1 if that was asked for.
    #[track_caller]
    pub(super) fn restore(&self, reduced: Var<'t>) -> Result<Var<'t>, Error> {
        reduced.try_reshape(&self.shape)
    }

    /// Several numbers a lane, along a new first axis.
    #[track_caller]
    pub(super) fn restore_several(&self, reduced: Var<'t>, count: usize) -> Result<Var<'t>, Error> {
        let perm: Vec<isize> = [-1].into_iter().chain(0..reduced.rank().cast_signed() - 1).collect();
        reduced.try_transpose(&perm)?.try_reshape(self.shape.with_front(count))
    }
}
