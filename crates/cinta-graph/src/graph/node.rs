//! What the graph stores: small nodes made of typed ids.
use std::fmt;
use std::num::NonZeroU32;

use crate::scalar::Scalar;
use crate::{Op, Value};

/// The position of a node in its graph. Inputs of a node always have smaller ids.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeId(NonZeroU32);

impl NodeId {
    pub(crate) fn new(index: usize) -> Self {
        let number = u32::try_from(index + 1).expect("a graph holds fewer than 2³² nodes");
        Self(NonZeroU32::new(number).expect("one more than an index is not zero"))
    }

    /// Position from 0, the number printed after `%`.
    #[must_use]
    #[inline]
    pub fn index(self) -> usize {
        self.0.get() as usize - 1
    }
}

impl fmt::Display for NodeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "%{}", self.index())
    }
}

impl fmt::Debug for NodeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "%{}", self.index())
    }
}

/// An interned operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct OpId(pub(crate) u32);

/// An interned type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct TypeId(pub(crate) u32);

/// An interned place of the source.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct PlaceId(pub(crate) u32);

/// One node: 24 bytes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Node {
    pub(crate) ty: TypeId,
    pub(crate) place: PlaceId,
    pub(crate) head: Head,
}

/// What a node is and what it reads. Most operations read one or two nodes, which then stand here;
/// longer lists stand in the graph's `lists`.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Head {
    Input,
    Constant(u32),
    One(OpId, NodeId),
    Two(OpId, [NodeId; 2]),
    Many(OpId, List),
}

/// A stretch of the graph's operand lists.
#[derive(Clone, Copy, Debug)]
pub(crate) struct List {
    pub(crate) start: u32,
    pub(crate) len: u32,
}

/// What a node is, as a graph shows it.
#[derive(Clone, Copy, Debug)]
pub enum Kind<'g> {
    /// A leaf whose value is set from outside.
    Input,
    /// A leaf whose value is part of the graph.
    Constant(&'g Constant),
    /// An operation on earlier nodes.
    Apply {
        /// The operation.
        op: &'g Op,
        /// The nodes it reads.
        inputs: &'g [NodeId],
    },
}

/// The value of a constant node.
#[derive(Clone, Debug)]
pub struct Constant(pub(crate) ConstantRepr);

#[derive(Clone, Debug)]
pub(crate) enum ConstantRepr {
    /// Every element is this number.
    Splat(Scalar),
    Array(Value),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_node_takes_24_bytes() {
        assert_eq!(size_of::<Node>(), 24);
        assert_eq!(size_of::<Option<NodeId>>(), 4);
    }
}
