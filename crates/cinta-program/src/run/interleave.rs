//! What a loop computes, side by side in the rows of an array.
use cinta_graph::Element;

use super::paste::put;
use crate::desk::{Block, Desks};
use crate::kernels::{Add, KernelSet};
use crate::memory::{Cell, each_dtype};
use crate::ready::ReadyInterleaved;

/// Rows that are written column by column at a time: few enough to stay in the first-level cache.
const FEW: usize = 32;

/// Writes the rows that belong to a block.
pub(super) fn interleave(desks: &mut Desks<'_>, set: KernelSet, it: &ReadyInterleaved, block: &Block) {
    each_dtype!(it.dtype, T => {
        let first = it.to.from + it.to.start(block) / it.row * it.width;
        let range = first..first + block.length / it.row * it.width;
        T::desk_mut(desks).write(it.to.store, range, |out, others| {
            if let Some(value) = it.fill {
                out.fill(T::from_f64(value));
            }
            if it.row > 1 {
                for &(place, column, adds) in &it.pieces {
                    let from = others.stretch(place, block).chunks_exact(it.row);
                    for (from, to) in from.zip(out.chunks_exact_mut(it.width)) {
                        put(set, adds, from, &mut to[column..column + it.row]);
                    }
                }
                return;
            }
            for (some, rows) in out.chunks_mut(FEW * it.width).enumerate() {
                for &(place, column, adds) in &it.pieces {
                    put_column(&others.stretch(place, block)[some * FEW..], column, it.width, adds, rows);
                }
            }
        });
    });
}

/// Puts or adds numbers in a column of rows.
fn put_column<T: Add>(from: &[T], column: usize, width: usize, adds: bool, rows: &mut [T]) {
    let cells = rows[column..].iter_mut().step_by(width).zip(from);
    if adds {
        cells.for_each(|(to, &x)| *to = to.plus(x));
    } else {
        cells.for_each(|(to, &x)| *to = x);
    }
}
