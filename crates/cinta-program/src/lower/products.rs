//! Matrix products.
use cinta_graph::{NodeId, Shape, Strided};

use super::{Base, Building, Lowering, Seen};
use crate::steps::{Origin, Product, Step};

impl Lowering<'_> {
    /// A product of matrices, vectors, or a batch of matrices.
    pub(super) fn product(&mut self, id: NodeId, a: NodeId, b: NodeId) -> bool {
        if [a, b].iter().any(|&operand| self.graph.array_type(operand).shape.size() == 0) {
            return false;
        }
        let [a_seen, b_seen] = [a, b].map(|operand| self.operand_of_product(operand));
        // A vector on the left is a row, one on the right a column.
        let matrix = |view: &Strided, column: bool| -> ([usize; 3], [isize; 3]) {
            match (&view.shape[..], &view.strides[..]) {
                (&[n], &[s]) if column => ([1, n, 1], [0, s, 0]),
                (&[n], &[s]) => ([1, 1, n], [0, 0, s]),
                (&[m, n], &[s, t]) => ([1, m, n], [0, s, t]),
                (&[batch, m, n], &[r, s, t]) => ([batch, m, n], [r, s, t]),
                _ => unreachable!("matmul takes at least vectors"),
            }
        };
        let (([batch, m, k], a_strides), ([_, _, n], b_strides)) =
            (matrix(&a_seen.view, false), matrix(&b_seen.view, true));
        self.multiply(id, [batch, m, k, n], (a_seen, a_strides), (b_seen, b_strides));
        true
    }

    /// A column times a row.
    pub(super) fn outer(&mut self, id: NodeId, a: NodeId, b: NodeId) -> bool {
        let [a, b] = [a, b].map(|operand| self.operand_of_product(operand));
        let ([m], [n], [s], [t]) = (&a.view.shape[..], &b.view.shape[..], &a.view.strides[..], &b.view.strides[..])
        else {
            unreachable!("of two vectors");
        };
        let (sizes, s, t) = ([1, *m, 1, *n], *s, *t);
        let is_filled = !sizes.contains(&0);
        if is_filled {
            self.multiply(id, sizes, (a, [0, s, 0]), (b, [0, 0, t]));
        }
        is_filled
    }

    fn multiply(&mut self, id: NodeId, sizes: [usize; 4], a: (Seen, [isize; 3]), b: (Seen, [isize; 3])) {
        let [a, b] = [a, b].map(|(seen, strides)| (self.stored(&seen.base), seen.view.offset, strides));
        let output = self.array(self.graph.array_type(id).clone(), Origin::Step);
        self.steps.push(Building::Done(Step::Product(Product { sizes, a, b, output, onto: None, node: id })));
        self.see(id, Base::Array(output, self.steps.len()));
    }

    /// A node as a product reads it: a batch along one axis; repeated and reversed elements are written out.
    fn operand_of_product(&mut self, id: NodeId) -> Seen {
        let Seen { base, view } = self.seen(id).clone();
        let shape: Shape = match view.shape[..] {
            [ref batch @ .., m, n] if batch.len() > 1 => [batch.iter().product(), m, n].into(),
            _ => view.shape.clone(),
        };
        let view = if shape == view.shape { Some(view) } else { view.reshaped(&shape) };
        let is_read = |view: &Strided| view.strides.iter().zip(shape.iter()).all(|(&stride, &n)| stride > 0 || n == 1);
        match view.filter(is_read) {
            Some(view) => Seen { base, view },
            None => Seen { base: self.copied(id), view: Strided::row_major(&shape) },
        }
    }
}
