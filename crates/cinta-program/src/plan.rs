//! Where each array and each register of a program stands.
//!
//! An array takes a cell of its dtype from the step that writes it to the last that reads it; then the cell is
//! free for others. Registers take cells of one block, which all loops share. A cell that an instruction writes is
//! never one that the same loop reads from elsewhere.
use cinta_graph::DType;

use crate::kernels::KernelSet;
use crate::memory::{Cell, Memory, each_dtype};
use crate::ready::{Blocks, ReadyLoop, ready, slot};
use crate::steps::{Array, ArrayId, Lowered, Origin, Step};

/// Where something stands: in a cell, or in what the caller gave.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Home {
    Cell(usize),
    Argument(usize),
}

/// A plan: the home of each array, and what each loop needs.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    pub(crate) homes: Vec<Home>,
    pub(crate) loops: Vec<Option<ReadyLoop>>,
    /// The cell of each argument for when it does not stand in row-major order.
    pub(crate) copies: Vec<usize>,
}

/// Cells of one dtype that nobody uses at a step.
#[derive(Debug, Default)]
struct Free(Vec<usize>);

impl Free {
    /// The smallest free cell that is large enough, else the largest one grown, else a new one.
    fn take(&mut self, memory: &mut Memory, dtype: DType, size: usize) -> usize {
        let fits = |&&(_, have): &&(usize, usize)| have >= size;
        let sizes: Vec<(usize, usize)> = self.0.iter().map(|&cell| memory.size(dtype, cell)).enumerate().collect();
        let best = sizes.iter().filter(fits).min_by_key(|&&(_, have)| have);
        match best.or_else(|| sizes.iter().max_by_key(|&&(_, have)| have)) {
            None => memory.push(dtype, size),
            Some(&(position, _)) => {
                let cell = self.0.swap_remove(position);
                memory.grow(dtype, cell, size);
                cell
            }
        }
    }
}

/// Plans the memory of a program. A state and what takes its place have cells of their own, which are exchanged.
pub(crate) fn plan(program: &Lowered, set: KernelSet) -> (Plan, Memory) {
    let mut memory = Memory::default();
    let count = program.arrays.len();
    let mut homes = vec![Home::Cell(usize::MAX); count];
    let mut last = vec![0; count];
    for (position, step) in program.steps.iter().enumerate() {
        for array in step.reads().into_iter().chain(step.writes()) {
            last[array.index()] = position;
        }
    }
    let updates: Vec<ArrayId> = program.updates.iter().map(|(_, new)| *new).collect();
    for array in program.outputs.iter().chain(&updates) {
        last[array.index()] = usize::MAX;
    }
    let mut copies = Vec::new();
    for (home, array) in homes.iter_mut().zip(&program.arrays) {
        match &array.origin {
            Origin::Argument(position) => {
                *home = Home::Argument(*position);
                copies.push(memory.push(array.ty.dtype, 0));
            }
            Origin::Constant(value) => {
                let cell = memory.push(array.ty.dtype, 0);
                *home = Home::Cell(cell);
                each_dtype!(array.ty.dtype, T => {
                    T::cells_mut(&mut memory)[cell] = value.to_array::<T>().into_raw_vec_and_offset().0;
                });
            }
            Origin::State => *home = Home::Cell(memory.push(array.ty.dtype, array.ty.shape.size())),
            Origin::Step => {}
        }
    }
    let mut free: [Free; 4] = Default::default();
    let mut blocks = Blocks::default();
    let mut loops = Vec::with_capacity(program.steps.len());
    for (position, step) in program.steps.iter().enumerate() {
        let written = step.writes();
        for array in &written {
            let ty = &program.arrays[array.index()].ty;
            let (dtype, size) = (ty.dtype, ty.shape.size());
            let cell = if updates.contains(array) {
                memory.push(dtype, size)
            } else {
                free[slot(dtype)].take(&mut memory, dtype, size)
            };
            homes[array.index()] = Home::Cell(cell);
        }
        let mut ended: Vec<ArrayId> = step.reads().into_iter().chain(written).collect();
        ended.sort_unstable();
        ended.dedup();
        for array in ended {
            let Array { ty, origin } = &program.arrays[array.index()];
            if last[array.index()] == position
                && matches!(origin, Origin::Step)
                && let Home::Cell(cell) = homes[array.index()]
            {
                free[slot(ty.dtype)].0.push(cell);
            }
        }
        loops.push(match step {
            Step::Loop(it) => Some(ready(it, &homes, set, &mut memory, &mut blocks)),
            Step::Product(_) | Step::Call(_) => None,
        });
    }
    (Plan { homes, loops, copies }, memory)
}
