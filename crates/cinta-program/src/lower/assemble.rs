//! Arrays side by side in a larger one.
use cinta_graph::ops::overlap_add::OverlapAdd;
use cinta_graph::ops::pad::Pad;
use cinta_graph::{ArrayType, NodeId, Strided};
use smallvec::{SmallVec, smallvec};

use super::{Base, Lowering, Seen};
use crate::steps::{Action, ArrayId, Placed};

/// The most elements of a window for which windows are put back by a piece for each.
const MOST: usize = 64;

/// A number for each axis.
type Sizes = SmallVec<[usize; 4]>;

impl Lowering<'_> {
    pub(super) fn pad(&mut self, id: NodeId, input: NodeId, pad: &Pad) -> bool {
        // Nothing stands between the elements of an axis that has no two, however much it would be.
        let shape = &self.graph.array_type(input).shape;
        let step =
            pad.interior.iter().zip(shape.iter()).map(|(between, &n)| if n > 1 { between + 1 } else { 1 }).collect();
        self.assemble(id, &[input], vec![(pad.low.clone(), step)], f64::from_bits(pad.value));
        true
    }

    pub(super) fn concat(&mut self, id: NodeId, inputs: &[NodeId], axis: usize) -> bool {
        let rank = self.graph.array_type(id).shape.rank();
        let mut first = 0;
        let mut places = Vec::with_capacity(inputs.len());
        for &input in inputs {
            let mut low = smallvec![0; rank];
            low[axis] = first;
            first += self.graph.array_type(input).shape[axis];
            places.push((low, smallvec![1; rank]));
        }
        self.assemble(id, inputs, places, 0.0);
        true
    }

    /// Windows put back where they were: what one place of all windows holds, for each, added up where they meet.
    pub(super) fn overlap_add(&mut self, id: NodeId, input: NodeId, OverlapAdd { sliding, .. }: &OverlapAdd) -> bool {
        let (ty, seen) = (self.graph.array_type(id).clone(), self.seen(input).clone());
        let places: usize = sliding.window.iter().product();
        if places > MOST || seen.view.shape.size() == 0 {
            return false;
        }
        let ready = self.ready_view(&seen, usize::MAX);
        let array = self.stored(&seen.base);
        let (counts, rank) = (&seen.view.shape, ty.shape.rank());
        let mut step: Sizes = smallvec![1; rank];
        for (&axis, &stride) in sliding.axes.iter().zip(&sliding.stride).filter(|&(&axis, _)| counts[axis] > 1) {
            step[axis] = stride;
        }
        let mut pieces: Vec<(ArrayId, Placed)> = Vec::with_capacity(places);
        for place in 0..places {
            let (mut offset, mut low, mut rest): (_, Sizes, _) = (seen.view.offset, smallvec![0; rank], place);
            for (i, &axis) in sliding.axes.iter().enumerate().rev() {
                let j = rest % sliding.window[i];
                rest /= sliding.window[i];
                offset = offset.wrapping_add_signed(j.cast_signed() * seen.view.strides[rank + i]);
                low[axis] = j * sliding.dilation[i];
            }
            let (shape, strides) = (counts[..rank].into(), seen.view.strides[..rank].into());
            let mut piece = Placed { view: Strided { offset, shape, strides }, low, step: step.clone(), adds: false };
            piece.adds = pieces.iter().any(|(_, other)| !piece.is_apart(other));
            pieces.push((array, piece));
        }
        let home = self.loop_from(ready, ty.shape.size(), None);
        let action = Action::Assemble(pieces, ty.shape, 0.0);
        let register = self.open_mut(home).push(action, smallvec![], ty.dtype, id);
        self.see(id, Base::Register(home, register));
        true
    }

    /// Inputs side by side, each with the position of its first element and the distances between its elements.
    fn assemble(&mut self, id: NodeId, inputs: &[NodeId], places: Vec<(Sizes, Sizes)>, value: f64) {
        let ArrayType { dtype, shape } = self.graph.array_type(id).clone();
        let ready = inputs.iter().map(|&input| self.ready(input, usize::MAX)).max().unwrap_or(0);
        let mut pieces = Vec::with_capacity(inputs.len());
        for (input, (low, step)) in inputs.iter().zip(places) {
            let Seen { base, view } = self.seen(*input).clone();
            if matches!(&base, Base::Number(number) if number.item().is_some_and(|it| it.to_bits() == value.to_bits()))
            {
                continue; // It is what stands there in any case.
            }
            pieces.push((self.stored(&base), Placed { view, low, step, adds: false }));
        }
        let step = self.loop_from(ready, shape.size(), None);
        let action = Action::Assemble(pieces, shape, value);
        let register = self.open_mut(step).push(action, smallvec![], dtype, id);
        self.see(id, Base::Register(step, register));
    }
}
