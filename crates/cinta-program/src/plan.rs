//! Where each array of a program stands.
//!
//! An output stands where the caller wants it. Any other array takes a cell of its dtype from the step that writes it to
//! the last that reads it; then the cell is free for others. Registers of loops stand in memory of their own, which all
//! loops share.
use cinta_graph::DType;

use crate::kernels::KernelSet;
use crate::memory::{Cell, Memory, each_dtype};
use crate::ready::{Prepared, prepare, slot};
use crate::steps::{Array, ArrayId, Lowered, Origin, Step};

/// Where something stands: in a cell, in what the caller gave, or where the caller wants an output.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Home {
    Cell(usize),
    Argument(usize),
    Output(usize),
}

/// A plan: the home of each array, and what each step needs.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    pub(crate) homes: Vec<Home>,
    pub(crate) steps: Vec<Prepared>,
    /// The cell of each argument for when it does not stand in row-major order.
    pub(crate) copies: Vec<usize>,
    /// Outputs that have another home, to be copied at the end.
    pub(crate) copied: Vec<(usize, ArrayId)>,
    /// Whether there are loops over more than one element.
    pub(crate) has_loops: bool,
    /// Whether any step is large enough for several threads.
    pub(crate) parallel: bool,
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

/// Plans the memory of a program, and of the registers of its loops. A state and what takes its place have cells of
/// their own, which are exchanged.
pub(crate) fn plan(program: &Lowered, set: KernelSet) -> (Plan, Memory, Memory) {
    let (mut memory, mut scratch) = (Memory::default(), Memory::default());
    let count = program.arrays.len();
    let mut homes = vec![Home::Cell(usize::MAX); count];
    let mut last = vec![0; count];
    for (position, step) in program.steps.iter().enumerate() {
        for array in step.reads().into_iter().chain(step.writes()) {
            last[array.index()] = position;
        }
    }
    let mut is_update = vec![false; count];
    for (_, new) in &program.updates {
        is_update[new.index()] = true;
        last[new.index()] = usize::MAX;
    }
    let mut copied = Vec::new();
    for (position, array) in program.outputs.iter().enumerate() {
        let home = &mut homes[array.index()];
        let computed = matches!(program.arrays[array.index()].origin, Origin::Step) && !is_update[array.index()];
        if computed && !matches!(home, Home::Output(_)) {
            *home = Home::Output(position);
        } else {
            copied.push((position, *array));
            last[array.index()] = usize::MAX;
        }
    }
    let mut copies = Vec::new();
    for (home, array) in homes.iter_mut().zip(&program.arrays) {
        match &array.origin {
            Origin::Argument(position) => {
                *home = Home::Argument(*position);
                copies.push(memory.push(array.ty.dtype, usize::from(array.ty.shape.rank() == 0)));
            }
            Origin::Constant(value) => {
                let cell = memory.push(array.ty.dtype, array.ty.shape.size());
                *home = Home::Cell(cell);
                each_dtype!(array.ty.dtype, T => {
                    let to = T::cells_mut(&mut memory)[cell].iter_mut();
                    to.zip(value.view::<T>()).for_each(|(to, &x)| *to = x);
                });
            }
            Origin::State => *home = Home::Cell(memory.push(array.ty.dtype, array.ty.shape.size())),
            Origin::Step => {}
        }
    }
    let mut free: [Free; 4] = Default::default();
    let mut steps = Vec::with_capacity(program.steps.len());
    for (position, step) in program.steps.iter().enumerate() {
        let written = step.writes();
        for array in &written {
            if matches!(homes[array.index()], Home::Output(_)) {
                continue;
            }
            let ty = &program.arrays[array.index()].ty;
            let (dtype, size) = (ty.dtype, ty.shape.size());
            let cell = if is_update[array.index()] {
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
        steps.push(match step {
            Step::Loop(it) => prepare(it, &homes, set, &mut memory, &mut scratch),
            Step::Product(_) | Step::Lanes(_) | Step::Call(_) => Prepared::Plain,
        });
    }
    let parallel = steps.iter().any(|step| matches!(step, Prepared::Loop(it) if it.is_large));
    let has_loops = steps.iter().any(|step| matches!(step, Prepared::Loop(_)));
    (Plan { has_loops, homes, steps, copies, copied, parallel }, memory, scratch)
}
