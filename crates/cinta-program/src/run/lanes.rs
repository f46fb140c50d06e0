//! Operations on each row of a matrix.
use cinta_graph::DType;
use rayon::prelude::*;

use crate::desk::{Block, Desks};
use crate::kernels::{Float, KernelSet, Rows};
use crate::memory::Cell;
use crate::place::Place;
use crate::ready::ReadyLanes;

/// All rows, on several threads if there are many.
#[inline]
pub(super) fn run_all_lanes(desks: &mut Desks<'_>, set: KernelSet, it: &ReadyLanes, rows: usize) {
    let threads = if it.is_large(rows) { rayon::current_num_threads().min(rows) } else { 1 };
    run_lanes(desks, set, it, &Block::first(rows), threads);
}

/// Some rows.
#[inline]
pub(super) fn run_lanes(desks: &mut Desks<'_>, set: KernelSet, it: &ReadyLanes, rows: &Block, threads: usize) {
    match it.dtype {
        DType::F32 => run::<f32>(desks, set, it, rows, threads),
        _ => run::<f64>(desks, set, it, rows, threads),
    }
}

fn run<T: Cell + Float>(desks: &mut Desks<'_>, set: KernelSet, it: &ReadyLanes, rows: &Block, threads: usize) {
    let &ReadyLanes { function, length, each, .. } = it;
    let lanes = rows.length * each;
    let share = lanes.div_ceil(threads.max(1)).max(1);
    let written = |function: Rows, place: Place| {
        let first = place.from + place.start(rows) * each * function.width(length);
        (place.store, first..first + lanes * function.width(length))
    };
    let input = it.input.from + it.input.start(rows) * each * length;
    let (store, range) = written(function, it.output);
    let Some((other, beside)) = it.beside else {
        let rows_of = set.rows::<T>(function);
        return T::desk_mut(desks).write(store, range, |out, others| {
            let x = &others.from(it.input.store, input)[..lanes * length];
            if threads < 2 {
                return rows_of(x, length, out);
            }
            let shares = x.par_chunks(share * length).zip(out.par_chunks_mut(share * function.width(length)));
            shares.for_each(|(x, out)| rows_of(x, length, out));
        });
    };
    let softmax_and = set.softmax_and::<T>(other);
    T::desk_mut(desks).write_both((store, range), written(other, beside), |out, beside, others| {
        let x = &others.from(it.input.store, input)[..lanes * length];
        if threads < 2 {
            return softmax_and(x, length, out, beside);
        }
        let shares = x.par_chunks(share * length).zip(out.par_chunks_mut(share * length));
        let shares = shares.zip(beside.par_chunks_mut(share * other.width(length)));
        shares.for_each(|((x, out), beside)| softmax_and(x, length, out, beside));
    });
}
