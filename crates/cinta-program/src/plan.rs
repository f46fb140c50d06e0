//! Where each array and each register of a program stands.
//!
//! An array takes a cell of its dtype from the step that writes it to the last that reads it; then the cell is
//! free for others. Registers take cells of one block, which all loops share. A cell that an instruction writes is
//! never one that the same loop reads from elsewhere.
use cinta_graph::DType;
use smallvec::SmallVec;

use crate::memory::Cell;
use crate::memory::{Memory, each_dtype};
use crate::steps::{Array, ArrayId, Fill, Loop, Lowered, Operand, Origin, Register, Step};

/// Where something stands: in a cell, or in what the caller gave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Home {
    Cell(usize),
    Argument(usize),
}

/// Bytes of registers and streams that fit the first-level cache beside one another.
const CACHE: usize = 20 << 10;
/// The longest and the shortest block of a loop, in elements.
const LONGEST: usize = 512;
const SHORTEST: usize = 64;

/// What an instruction reads, resolved: where, from which element on, and whether it moves with the loop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Source {
    pub(crate) home: Home,
    pub(crate) offset: usize,
    pub(crate) streams: bool,
}

/// A loop with its registers in place.
#[derive(Clone, Debug)]
pub(crate) struct PlannedLoop {
    /// Elements of a block.
    pub(crate) block: usize,
    /// Where each register stands: in a cell of a block, or streaming into the array that keeps it.
    pub(crate) registers: Vec<Source>,
}

/// A plan: the memory, the home of each array, and what each loop needs.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    pub(crate) memory: Memory,
    pub(crate) homes: Vec<Home>,
    pub(crate) loops: Vec<Option<PlannedLoop>>,
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

fn slot(dtype: DType) -> usize {
    DType::ALL.iter().position(|&other| other == dtype).expect("one of all")
}

/// Plans the memory of a program. `kept` are arrays whose cells are nobody else's, at any step.
pub(crate) fn plan(program: &Lowered, kept: &[ArrayId]) -> Plan {
    let mut memory = Memory::default();
    let count = program.arrays.len();
    let mut homes = vec![Home::Cell(usize::MAX); count];
    let mut last = vec![0; count];
    for (position, step) in program.steps.iter().enumerate() {
        for array in step.reads().into_iter().chain(step.writes()) {
            last[array.index()] = position;
        }
    }
    for array in program.outputs.iter().chain(kept) {
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
            Origin::Step => {}
        }
    }
    let mut free: [Free; 4] = Default::default();
    let mut blocks: [Vec<usize>; 4] = Default::default();
    let mut loops = Vec::with_capacity(program.steps.len());
    for (position, step) in program.steps.iter().enumerate() {
        let written = step.writes();
        for array in &written {
            let ty = &program.arrays[array.index()].ty;
            let cell = free[slot(ty.dtype)].take(&mut memory, ty.dtype, ty.shape.size());
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
            Step::Loop(it) => Some(registers(it, &homes, &mut memory, &mut blocks)),
            Step::Product(_) | Step::Call(_) => None,
        });
    }
    Plan { memory, homes, loops, copies }
}

/// The registers of a loop: those that are kept stream into their arrays, the others take the cell of one whose
/// last reader has run.
fn registers(it: &Loop, homes: &[Home], memory: &mut Memory, blocks: &mut [Vec<usize>; 4]) -> PlannedLoop {
    let unset = Source { home: Home::Cell(usize::MAX), offset: 0, streams: false };
    let mut sources = vec![unset; it.registers.len()];
    for &(register, array) in &it.stores {
        sources[register.index()] = Source { home: homes[array.index()], offset: 0, streams: true };
    }
    let mut last: Vec<Option<usize>> = vec![None; it.registers.len()];
    for (position, instruction) in it.body.iter().enumerate() {
        last[instruction.output.index()] = Some(position);
        for (operand, _) in &instruction.inputs {
            if let Operand::Register(register) = operand {
                last[register.index()] = Some(position);
            }
        }
    }
    for (register, _) in &it.fills {
        last[register.index()] = None; // filled once, so never free
    }
    for reduction in &it.reductions {
        if let Operand::Register(register) = reduction.input {
            last[register.index()] = None; // read after the body
        }
    }
    let mut used = [0; 4];
    let mut free: [Vec<usize>; 4] = Default::default();
    let mut place = |register: Register, sources: &mut Vec<Source>, free: &mut [Vec<usize>; 4]| {
        let at = slot(it.registers[register.index()]);
        if sources[register.index()].streams {
            return;
        }
        let cell = free[at].pop().unwrap_or_else(|| {
            if blocks[at].len() == used[at] {
                blocks[at].push(memory.push(it.registers[register.index()], LONGEST));
            }
            used[at] += 1;
            blocks[at][used[at] - 1]
        });
        sources[register.index()] = Source { home: Home::Cell(cell), offset: 0, streams: false };
    };
    for (register, _) in &it.fills {
        place(*register, &mut sources, &mut free);
    }
    for (position, instruction) in it.body.iter().enumerate() {
        // The output first: it must not be the cell of an input.
        place(instruction.output, &mut sources, &mut free);
        let mut ended: SmallVec<[Register; 4]> = SmallVec::new();
        let inputs = instruction.inputs.iter().filter_map(|(operand, _)| match operand {
            Operand::Register(register) => Some(*register),
            Operand::Stream(..) => None,
        });
        for register in inputs.chain([instruction.output]) {
            if last[register.index()] == Some(position) && !ended.contains(&register) {
                ended.push(register);
            }
        }
        for register in ended {
            let source = sources[register.index()];
            if let Home::Cell(cell) = source.home
                && !source.streams
            {
                free[slot(it.registers[register.index()])].push(cell);
            }
        }
    }
    let streams = it.stores.len()
        + it.body.iter().flat_map(|i| &i.inputs).filter(|(o, _)| matches!(o, Operand::Stream(..))).count();
    let together = used.iter().sum::<usize>() + streams.min(16);
    let mut block = (CACHE / 8 / together.max(1)).clamp(SHORTEST, LONGEST) / 8 * 8;
    if let Some(row) = it.row
        && row < block
    {
        block = block / row * row;
    }
    PlannedLoop { block: block.min(it.size.max(1)), registers: sources }
}

impl Plan {
    /// Where an operand of a loop stands.
    pub(crate) fn source(&self, step: usize, operand: Operand) -> Source {
        match operand {
            Operand::Register(register) => self.loops[step].as_ref().expect("a loop").registers[register.index()],
            Operand::Stream(array, offset) => Source { home: self.homes[array.index()], offset, streams: true },
        }
    }

    /// Where an element of an array that fills a register stands.
    pub(crate) fn element(&self, fill: &Fill) -> Option<Source> {
        match fill {
            Fill::Element(array, offset) => {
                Some(Source { home: self.homes[array.index()], offset: *offset, streams: false })
            }
            Fill::Number(_) => None,
        }
    }
}
