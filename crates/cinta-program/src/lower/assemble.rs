//! Arrays side by side in a larger one.
use cinta_graph::ops::pad::Pad;
use cinta_graph::{ArrayType, NodeId};
use smallvec::{SmallVec, smallvec};

use super::{Base, Lowering, Seen};
use crate::steps::{Action, Placed};

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
