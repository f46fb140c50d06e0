//! What the transformations share: a window of nodes with an item each, and a walk that asks their operations.
use std::sync::Arc;

use crate::graph::PlaceId;
use crate::{NodeId, Op, Tape, Var};

/// One flag or item a node, for the nodes between the first variable and the last output.
pub(super) struct Window<T> {
    first: usize,
    items: Vec<T>,
}

impl<T: Clone> Window<T> {
    pub(super) fn new(first: NodeId, last: NodeId, item: T) -> Self {
        let (first, last) = (first.index(), last.index());
        Self { first, items: vec![item; (last + 1).saturating_sub(first)] }
    }

    pub(super) fn get(&self, id: NodeId) -> Option<&T> {
        self.items.get(id.index().wrapping_sub(self.first))
    }

    pub(super) fn set(&mut self, id: NodeId, item: T) {
        if let Some(slot) = self.items.get_mut(id.index().wrapping_sub(self.first)) {
            *slot = item;
        }
    }

    pub(super) fn ids(&self) -> impl DoubleEndedIterator<Item = NodeId> + use<T> {
        (self.first..self.first + self.items.len()).map(NodeId::new)
    }
}

impl Window<bool> {
    pub(super) fn has(&self, id: NodeId) -> bool {
        self.get(id).copied().unwrap_or(false)
    }
}

impl<T: Copy> Window<Option<T>> {
    /// The item of a node, where one was set.
    pub(super) fn item(&self, id: NodeId) -> Option<T> {
        self.get(id).copied().flatten()
    }
}

/// A walk over nodes of a tape while rules record onto it. What a rule records is said to come from the
/// place of the node it is the rule of.
pub(super) struct Walk<'t> {
    tape: &'t Tape,
    /// The operation of the node: a rule cannot borrow the graph onto which it records.
    op: Option<Arc<Op>>,
    inputs: Vec<Var<'t>>,
    place_before: Option<PlaceId>,
}

impl<'t> Walk<'t> {
    pub(super) fn new(tape: &'t Tape) -> Self {
        let place_before = tape.graph.borrow().place_of_rule;
        Self { tape, op: None, inputs: Vec::new(), place_before }
    }

    /// Comes to a node: its operation and inputs, or `None` at a leaf.
    pub(super) fn enter(&mut self, id: NodeId) -> Option<(&Op, &[Var<'t>])> {
        let tape = self.tape;
        let mut graph = tape.graph_mut();
        let op = graph.op_id(id)?;
        graph.place_of_rule = Some(graph.place_id(id));
        self.inputs.clear();
        self.inputs.extend(graph.inputs(id).iter().map(|&input| Var::new(tape, input)));
        let op = self.op.insert(graph.op_of(op).clone());
        Some((op, &self.inputs))
    }
}

impl Drop for Walk<'_> {
    fn drop(&mut self) {
        // A rule that panics while the graph is borrowed must not turn into an abort here.
        if let Ok(mut graph) = self.tape.graph.try_borrow_mut() {
            graph.place_of_rule = self.place_before;
        }
    }
}
