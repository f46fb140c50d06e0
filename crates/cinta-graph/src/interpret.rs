//! The interpreter: what every node's value is. One `ndarray` expression an operation, in topological order.
//!
//! Values are computed on demand and kept. Setting a variable marks what depends on it, and only that,
//! to be computed anew.
use std::cell::RefCell;

use smallvec::{SmallVec, smallvec};

use crate::error::ErrorKind;
use crate::graph::{Arena, Kind};
use crate::pool::{Output, Pool};
use crate::{ArrayType, Error, Graph, NodeId, Tape, Value};

/// The values known so far, by node.
#[derive(Debug, Default)]
pub(crate) struct Values {
    slots: Arena<Option<Value>>,
    /// Variables set since dependents were last cleared.
    changed: Vec<NodeId>,
    /// Buffers of values that were dropped.
    pool: RefCell<Pool>,
}

impl<T> Default for Arena<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl Values {
    #[inline]
    fn get(&self, id: NodeId) -> Option<&Value> {
        if id.index() < self.slots.len() { self.slots.get(id.index()).as_ref() } else { None }
    }

    /// Keeps the value of a node.
    pub(crate) fn store(&mut self, id: NodeId, value: Value) {
        while self.slots.len() < id.index() {
            self.slots.push(None);
        }
        if self.slots.len() == id.index() {
            self.slots.push(Some(value));
        } else if let Some(old) = self.slots.get_mut(id.index()).replace(value) {
            self.pool.get_mut().recycle(old);
        }
    }

    /// Gives a variable a new value.
    pub(crate) fn set(&mut self, id: NodeId, value: Value) {
        self.store(id, value);
        self.changed.push(id);
    }

    /// Drops the values of everything that depends on changed variables. Cost: one look at each later node.
    fn forget_dependents(&mut self, graph: &Graph) {
        let Some(first) = self.changed.iter().min().copied() else {
            return;
        };
        let mut stale = vec![false; self.slots.len() - first.index()];
        for id in self.changed.drain(..) {
            stale[id.index() - first.index()] = true;
        }
        for index in first.index() + 1..self.slots.len() {
            let id = NodeId::new(index);
            let depends = |input: &NodeId| *input >= first && stale[input.index() - first.index()];
            if graph.inputs(id).iter().any(depends) {
                stale[index - first.index()] = true;
                if let Some(old) = self.slots.get_mut(index).take() {
                    self.pool.get_mut().recycle(old);
                }
            }
        }
    }

    /// Bytes of the table of values; arrays come on top.
    pub(crate) fn slot_bytes(&self) -> usize {
        self.slots.capacity_bytes()
    }

    pub(crate) fn clear(&mut self) {
        let pool = self.pool.get_mut();
        self.slots.drain(|slot| slot.into_iter().for_each(|value| pool.recycle(value)));
        self.changed.clear();
    }
}

impl Tape {
    /// Computes a node and what it needs, in topological order, without recursion.
    pub(crate) fn evaluate(&self, target: NodeId) -> Result<Value, Error> {
        let graph = self.graph.borrow();
        let mut values = self.values.borrow_mut();
        values.forget_dependents(&graph);
        if let Some(value) = values.get(target) {
            return Ok(value.clone());
        }
        // Nodes with whether what they need stands above them already.
        let mut stack: SmallVec<[(NodeId, bool); 32]> = smallvec![(target, false)];
        while let Some((id, is_ready)) = stack.pop() {
            if values.get(id).is_some() {
                continue;
            }
            if !is_ready {
                let here = stack.len();
                stack.push((id, true));
                for &input in graph.inputs(id).iter().filter(|&&input| values.get(input).is_none()) {
                    stack.push((input, false));
                }
                if stack.len() > here + 1 {
                    continue;
                }
                stack.truncate(here);
            }
            let value = compute(&graph, &values, id)?;
            values.store(id, value);
        }
        Ok(values.get(target).expect("just computed").clone())
    }

    /// The value of a node where it is known without computing anything: a constant, a variable that was
    /// given one, a result that was asked for.
    #[must_use]
    pub fn known_value(&self, id: NodeId) -> Option<Value> {
        let graph = self.graph.borrow();
        let mut values = self.values.borrow_mut();
        values.forget_dependents(&graph);
        values.get(id).cloned().or_else(|| graph.constant_value(id))
    }
}

/// The value of one node whose inputs are known.
fn compute(graph: &Graph, values: &Values, id: NodeId) -> Result<Value, Error> {
    match graph.kind(id) {
        Kind::Input => {
            let reason = "this input has no value; give it one with set, \
                          or, in a function that is traced, choose by values with select";
            Err(Error::new(ErrorKind::Value, graph.label(id), reason).at(graph.place(id).clone()))
        }
        Kind::Constant(_) => Ok(graph.constant_value(id).expect("a constant")),
        Kind::Apply { op, inputs } => {
            let known = |&input: &NodeId| values.get(input).expect("inputs are computed first");
            let output = Output::with_pool(graph.array_type(id), &values.pool);
            let result = match inputs {
                [x] => op.eval(&[known(x)], &output),
                [a, b] => op.eval(&[known(a), known(b)], &output),
                _ => op.eval(&inputs.iter().map(known).collect::<SmallVec<[&Value; 4]>>(), &output),
            };
            result.map_err(|reason| {
                let types: SmallVec<[&ArrayType; 4]> = inputs.iter().map(|&input| graph.array_type(input)).collect();
                Error::new(ErrorKind::Value, op.name(), reason).with_types(types).at(graph.place(id).clone())
            })
        }
    }
}
