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
    let &ReadyLanes { function, length, columns, each, .. } = it;
    let taken = length * columns;
    let given = |function: Rows| function.width(length) * columns;
    let lanes = rows.length * each;
    let share = lanes.div_ceil(threads.max(1)).max(1);
    let written = |function: Rows, place: Place| {
        let first = place.from + place.start(rows) * each * given(function);
        (place.store, first..first + lanes * given(function))
    };
    let input = it.input.from + it.input.start(rows) * each * taken;
    let (store, range) = written(function, it.output);
    let Some((other, beside)) = it.beside else {
        let (rows_of, columns_of) = (set.rows::<T>(function), set.columns::<T>(function, None));
        let some = |x: &[T], out: &mut [T]| match columns {
            1 => rows_of(x, length, out),
            _ => columns_of(x, [length, columns], out, &mut []),
        };
        return T::desk_mut(desks).write(store, range, |out, others| {
            let x = &others.from(it.input.store, input)[..lanes * taken];
            if threads < 2 {
                return some(x, out);
            }
            let shares = x.par_chunks(share * taken).zip(out.par_chunks_mut(share * given(function)));
            shares.for_each(|(x, out)| some(x, out));
        });
    };
    let (rows_of, columns_of) = (set.softmax_and::<T>(other), set.columns::<T>(function, Some(other)));
    let some = |x: &[T], out: &mut [T], beside: &mut [T]| match columns {
        1 => rows_of(x, length, out, beside),
        _ => columns_of(x, [length, columns], out, beside),
    };
    T::desk_mut(desks).write_both((store, range), written(other, beside), |out, beside, others| {
        let x = &others.from(it.input.store, input)[..lanes * taken];
        if threads < 2 {
            return some(x, out, beside);
        }
        let shares = x.par_chunks(share * taken).zip(out.par_chunks_mut(share * given(function)));
        let shares = shares.zip(beside.par_chunks_mut(share * given(other)));
        shares.for_each(|((x, out), beside)| some(x, out, beside));
    });
}
