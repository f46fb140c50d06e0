//! Steps on matrices: products, and what is computed of rows or columns.
use cinta_graph::NodeId;

use super::{ArrayId, Fill};
use crate::kernels::Rows;

/// What a product is added onto as it is written.
#[derive(Clone, Debug)]
pub(crate) struct Onto {
    /// The array, its first element, and how far apart its rows stand: 0 where all are one.
    pub(crate) array: ArrayId,
    pub(crate) offset: usize,
    pub(crate) stride: usize,
    /// Whether it is subtracted.
    pub(crate) minus: bool,
    /// What the product is multiplied by first, and whether it is then subtracted.
    pub(crate) scale: Option<Fill>,
    pub(crate) negative: bool,
    /// The node that adds.
    pub(crate) node: NodeId,
}

impl Onto {
    /// The arrays that it reads.
    pub(crate) fn arrays(&self) -> impl Iterator<Item = ArrayId> {
        let scale = self.scale.as_ref().and_then(Fill::array);
        std::iter::once(self.array).chain(scale)
    }
}

/// c = a b, for each of a batch, or c = ±d + s a b.
#[derive(Clone, Debug)]
pub(crate) struct Product {
    /// Batch, rows, inner size, columns.
    pub(crate) sizes: [usize; 4],
    /// Each operand with its first element, and the strides of batch, rows and columns.
    pub(crate) a: (ArrayId, usize, [isize; 3]),
    pub(crate) b: (ArrayId, usize, [isize; 3]),
    pub(crate) output: ArrayId,
    pub(crate) onto: Option<Onto>,
    pub(crate) node: NodeId,
}

/// An operation on each row of a matrix, or on each column of matrices that stand one after the other.
#[derive(Clone, Debug)]
pub(crate) struct Lanes {
    pub(crate) function: Rows,
    /// The matrix, and where its first element stands.
    pub(crate) input: (ArrayId, usize),
    /// How many elements a row has.
    pub(crate) length: usize,
    /// How many rows stand side by side, each a column of a matrix then; else 1.
    pub(crate) columns: usize,
    pub(crate) output: ArrayId,
    pub(crate) node: NodeId,
    /// A logarithm that goes with softmax: its array and its node.
    pub(crate) beside: Option<(Rows, ArrayId, NodeId)>,
}

impl Lanes {
    /// How many elements the rows have that stand side by side.
    pub(crate) fn taken(&self) -> usize {
        self.length * self.columns
    }

    /// How many numbers a function makes of them.
    pub(crate) fn given(&self, function: Rows) -> usize {
        function.width(self.length) * self.columns
    }
}
