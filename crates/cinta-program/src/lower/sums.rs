//! Sums: at the end of a loop.
use cinta_graph::{NodeId, Shape};

use super::{Base, Lowering, distance, permuted};
use crate::steps::{Origin, Reduction, Sum};

impl Lowering<'_> {
    /// A sum at the end of a loop: over all elements, rows or columns; where it is over other axes, they are moved last or first.
    pub(super) fn sum(&mut self, id: NodeId, input: NodeId, to: &Shape) -> bool {
        let (from, mut seen) = (self.graph.array_type(input).shape.clone(), self.seen(input).clone());
        let size = from.size();
        if size == 0 {
            return false;
        }
        let sum = pattern(&from, to).unwrap_or_else(|| {
            let new = from.rank() - to.rank();
            let (summed, kept): (Vec<usize>, Vec<usize>) =
                (0..from.rank()).partition(|&axis| axis < new || to[axis - new] != from[axis]);
            // What stands together is read together.
            if distance(&seen.view, kept.iter().copied()) < distance(&seen.view, summed.iter().copied()) {
                seen.view = permuted(&seen.view, summed.into_iter().chain(kept));
                return Sum::Columns(to.size());
            }
            seen.view = permuted(&seen.view, kept.into_iter().chain(summed));
            Sum::Rows(size / to.size())
        });
        let ready = self.ready_view(&seen, size);
        let step = self.loop_from(ready, size, sum.row());
        let operand = self.operand_view(step, input, seen);
        let dtype = self.graph.array_type(id).dtype;
        let output = self.array(self.graph.array_type(id).clone(), Origin::Step);
        self.open_mut(step).it.reductions.push(Reduction { sum, dtype, input: operand, output, node: id });
        self.see(id, Base::Array(output, step + 1));
        true
    }
}

/// Which elements a sum from one shape to another adds, where they are all, rows or columns.
fn pattern(from: &Shape, to: &Shape) -> Option<Sum> {
    let new = from.rank() - to.rank();
    // Runs of axes that are summed and of axes that stay; axes of size 1 belong to any.
    let mut runs: Vec<(bool, usize)> = Vec::new();
    for (axis, &n) in from.iter().enumerate().filter(|&(_, &n)| n != 1) {
        let summed = axis < new || to[axis - new] != n;
        match runs.last_mut() {
            Some((last, size)) if *last == summed => *size *= n,
            _ => runs.push((summed, n)),
        }
    }
    match runs[..] {
        [(true, _)] => Some(Sum::All),
        [(false, _), (true, n)] => Some(Sum::Rows(n)),
        [(true, _), (false, n)] => Some(Sum::Columns(n)),
        _ => None,
    }
}
