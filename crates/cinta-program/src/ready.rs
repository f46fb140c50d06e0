//! A loop with everything looked up: where each operand stands, which kernel runs, how long a block is.
use cinta_graph::{DType, Op, Strided};
use smallvec::SmallVec;

use crate::choose;
use crate::kernels::{Float, KernelSet, Loop1, Loop2, Loop3, Ternary};
use crate::memory::Memory;
use crate::plan::Home;
use crate::steps::{Action, Fill, Instruction, Loop, Operand, Register, Sum};

/// Bytes of registers and streams that fit the first-level cache beside one another.
const CACHE: usize = 20 << 10;
/// The longest and the shortest block of a loop, in elements.
const LONGEST: usize = 512;
const SHORTEST: usize = 64;

/// Elements that an instruction reads or writes: where, from which on, and whether they move with the loop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Source {
    pub(crate) home: Home,
    pub(crate) offset: usize,
    pub(crate) streams: bool,
}

/// A loop over slices.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Kernel<T> {
    One(Loop1<T>),
    Two(Loop2<T>),
    Three(Loop3<T>),
}

/// How an instruction is computed.
#[derive(Clone, Debug)]
pub(crate) enum Work {
    F64(Kernel<f64>),
    F32(Kernel<f32>),
    /// By the operation's own function.
    Apply(Op),
    Gather(Home, Strided),
}

/// An instruction, looked up.
#[derive(Clone, Debug)]
pub(crate) struct Ready {
    pub(crate) work: Work,
    pub(crate) inputs: SmallVec<[(Source, DType); 3]>,
    pub(crate) output: Source,
    pub(crate) dtype: DType,
}

/// A register of one number.
#[derive(Clone, Debug)]
pub(crate) struct ReadyFill {
    pub(crate) fill: Fill,
    /// Where the number stands, if it is an element of an array.
    pub(crate) from: Option<Home>,
    pub(crate) to: usize,
    pub(crate) dtype: DType,
    /// How many elements of the register are read.
    pub(crate) length: usize,
}

/// A sum, looked up.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ReadySum {
    pub(crate) sum: Sum,
    pub(crate) input: Source,
    pub(crate) dtype: DType,
    /// The cell that it is written to.
    pub(crate) to: usize,
}

/// A loop, looked up.
#[derive(Clone, Debug)]
pub(crate) struct ReadyLoop {
    pub(crate) size: usize,
    pub(crate) row: usize,
    pub(crate) block: usize,
    pub(crate) fills: Vec<ReadyFill>,
    pub(crate) body: Vec<Ready>,
    pub(crate) sums: Vec<ReadySum>,
}

/// The cells of one block, which all loops share, by dtype.
pub(crate) type Blocks = [Vec<usize>; 4];

pub(crate) fn slot(dtype: DType) -> usize {
    DType::ALL.iter().position(|&other| other == dtype).expect("one of all")
}

/// Looks everything up.
pub(crate) fn ready(it: &Loop, homes: &[Home], set: KernelSet, memory: &mut Memory, blocks: &mut Blocks) -> ReadyLoop {
    let registers = registers(it, homes, memory, blocks);
    let source = |operand: Operand| match operand {
        Operand::Register(register) => registers[register.index()],
        Operand::Stream(array, offset) => Source { home: homes[array.index()], offset, streams: true },
    };
    let cell = |home: Home| match home {
        Home::Cell(cell) => cell,
        Home::Argument(_) => unreachable!("only cells are written"),
    };
    let one: Vec<bool> = {
        let mut one = vec![false; it.registers.len()];
        it.fills.iter().for_each(|(register, _)| one[register.index()] = true);
        one
    };
    let mut whole = vec![false; it.registers.len()];
    let mut body = Vec::with_capacity(it.body.len());
    for instruction in &it.body {
        let dtype = it.registers[instruction.output.index()];
        let is_one = |operand: &Operand| matches!(operand, Operand::Register(register) if one[register.index()]);
        let ones: SmallVec<[bool; 3]> = instruction.inputs.iter().map(|(operand, _)| is_one(operand)).collect();
        let work = match &instruction.action {
            Action::Gather(array, view) => Work::Gather(homes[array.index()], view.clone()),
            _ => match dtype {
                DType::F64 => kernel(set, instruction, dtype, &ones).map(Work::F64),
                DType::F32 => kernel(set, instruction, dtype, &ones).map(Work::F32),
                DType::I64 | DType::Bool => None,
            }
            .unwrap_or_else(|| match &instruction.action {
                Action::Apply(op) => Work::Apply(op.clone()),
                Action::Fused(_) | Action::Gather(..) => unreachable!("made of floats for kernels"),
            }),
        };
        // Loops of one argument have no variant for a number.
        if matches!(work, Work::Apply(_) | Work::F64(Kernel::One(_)) | Work::F32(Kernel::One(_))) {
            for (operand, _) in &instruction.inputs {
                if let Operand::Register(register) = operand {
                    whole[register.index()] = true;
                }
            }
        }
        let inputs = instruction.inputs.iter().map(|&(operand, dtype)| (source(operand), dtype)).collect();
        body.push(Ready { work, inputs, output: registers[instruction.output.index()], dtype });
    }
    let mut sums = Vec::with_capacity(it.reductions.len());
    for reduction in &it.reductions {
        if let Operand::Register(register) = reduction.input {
            whole[register.index()] = true;
        }
        let to = cell(homes[reduction.output.index()]);
        sums.push(ReadySum { sum: reduction.sum, input: source(reduction.input), dtype: reduction.dtype, to });
    }
    let block = block(it, &registers);
    let fills = it.fills.iter().map(|(register, fill)| ReadyFill {
        from: if let Fill::Element(array, _) = fill { Some(homes[array.index()]) } else { None },
        fill: fill.clone(),
        to: cell(registers[register.index()].home),
        dtype: it.registers[register.index()],
        length: if whole[register.index()] { block } else { 1 },
    });
    let row = it.row.unwrap_or(it.size).max(1);
    ReadyLoop { size: it.size, row, block, fills: fills.collect(), body, sums }
}

/// The kernel of an instruction all of whose inputs have its dtype.
fn kernel<T: Float>(set: KernelSet, instruction: &Instruction, dtype: DType, one: &[bool]) -> Option<Kernel<T>> {
    if instruction.inputs.iter().any(|&(_, input)| input != dtype) {
        return None;
    }
    match (&instruction.action, one) {
        (Action::Apply(op), [_]) => choose::unary(op).map(|f| Kernel::One(set.unary(f))),
        (Action::Apply(op), &[a, b]) => choose::binary(op).map(|f| Kernel::Two(set.binary(f, [a, b]))),
        (&Action::Fused(f), &[a, b, c]) => Some(Kernel::Three(set.ternary::<T>(f, [a, b, c]))),
        _ => None,
    }
}

/// How many elements a block has, so that what a loop touches stays in the first-level cache.
fn block(it: &Loop, registers: &[Source]) -> usize {
    let mut cells: Vec<Home> = registers.iter().filter(|source| !source.streams).map(|source| source.home).collect();
    cells.sort_unstable();
    cells.dedup();
    let streams = it.body.iter().flat_map(|instruction| &instruction.inputs);
    let streams = streams.filter(|(operand, _)| matches!(operand, Operand::Stream(..))).count() + it.stores.len();
    let block = (CACHE / 8 / (cells.len() + streams.min(16)).max(1)).clamp(SHORTEST, LONGEST) / 8 * 8;
    let whole_rows = match it.row {
        Some(row) if row < block => block / row * row,
        _ => block,
    };
    whole_rows.min(it.size.max(1))
}

/// Where registers stand: those that are kept stream into their arrays, the others take the cell of one whose last
/// reader has run.
fn registers(it: &Loop, homes: &[Home], memory: &mut Memory, blocks: &mut Blocks) -> Vec<Source> {
    let mut sources: Vec<Option<Source>> = vec![None; it.registers.len()];
    for &(register, array) in &it.stores {
        sources[register.index()] = Some(Source { home: homes[array.index()], offset: 0, streams: true });
    }
    let last = last_uses(it);
    let mut used = [0; 4];
    let mut free: Blocks = Blocks::default();
    let mut place = |register: Register, sources: &mut Vec<Option<Source>>, free: &mut Blocks| {
        let dtype = it.registers[register.index()];
        let at = slot(dtype);
        sources[register.index()].get_or_insert_with(|| {
            let cell = free[at].pop().unwrap_or_else(|| {
                if blocks[at].len() == used[at] {
                    blocks[at].push(memory.push(dtype, LONGEST));
                }
                used[at] += 1;
                blocks[at][used[at] - 1]
            });
            Source { home: Home::Cell(cell), offset: 0, streams: false }
        });
    };
    for (register, _) in &it.fills {
        place(*register, &mut sources, &mut free);
    }
    for (position, instruction) in it.body.iter().enumerate() {
        // The output first: it must not be the cell of an input.
        place(instruction.output, &mut sources, &mut free);
        let inputs = instruction.inputs.iter().filter_map(|(operand, _)| match operand {
            Operand::Register(register) => Some(*register),
            Operand::Stream(..) => None,
        });
        let mut ended: SmallVec<[Register; 4]> = inputs.chain([instruction.output]).collect();
        ended.retain(|register| last[register.index()] == Some(position));
        ended.sort_unstable();
        ended.dedup();
        for register in ended {
            if let Some(Source { home: Home::Cell(cell), streams: false, .. }) = sources[register.index()] {
                free[slot(it.registers[register.index()])].push(cell);
            }
        }
    }
    // A register that nothing computes is read by nothing.
    let nowhere = Source { home: Home::Cell(usize::MAX), offset: 0, streams: false };
    sources.into_iter().map(|source| source.unwrap_or(nowhere)).collect()
}

/// The last instruction that reads or writes each register; `None` for those needed to the end of every block.
fn last_uses(it: &Loop) -> Vec<Option<usize>> {
    let mut last = vec![None; it.registers.len()];
    for (position, instruction) in it.body.iter().enumerate() {
        last[instruction.output.index()] = Some(position);
        for (operand, _) in &instruction.inputs {
            if let Operand::Register(register) = operand {
                last[register.index()] = Some(position);
            }
        }
    }
    // Filled once, or read after the body.
    it.fills.iter().for_each(|(register, _)| last[register.index()] = None);
    for reduction in &it.reductions {
        if let Operand::Register(register) = reduction.input {
            last[register.index()] = None;
        }
    }
    last
}

/// Puts cheap neighbours together: a product that only a sum reads, and such. The bits stay the same.
pub(crate) fn fuse_cheap(it: &mut Loop) {
    let mut uses = vec![0_u32; it.registers.len()];
    let kept = it.stores.iter().map(|(register, _)| *register);
    let summed = it.reductions.iter().map(|reduction| reduction.input);
    let read = it.body.iter().flat_map(|instruction| instruction.inputs.iter().map(|(operand, _)| *operand));
    for operand in kept.map(Operand::Register).chain(summed).chain(read) {
        if let Operand::Register(register) = operand {
            uses[register.index()] += 1;
        }
    }
    let mut writer: Vec<Option<usize>> = vec![None; it.registers.len()];
    let mut gone = vec![false; it.body.len()];
    for position in 0..it.body.len() {
        writer[it.body[position].output.index()] = Some(position);
        if !it.registers[it.body[position].output.index()].is_float() {
            continue;
        }
        // What computes an operand that nothing else reads.
        let inner = |which: usize| {
            let (Operand::Register(register), _) = *it.body[position].inputs.get(which)? else { return None };
            let at = writer[register.index()].filter(|_| uses[register.index()] == 1)?;
            Some((at, if let Action::Apply(op) = &it.body[at].action { op } else { return None }))
        };
        let Action::Apply(outer) = &it.body[position].action else { continue };
        let found = [0, 1].into_iter().find_map(|which| {
            let (at, op) = inner(which)?;
            Some((at, which, fused(outer, op, which)?))
        });
        let Some((at, which, ternary)) = found else { continue };
        let mut inputs = it.body[at].inputs.clone();
        inputs.push(it.body[position].inputs[1 - which]);
        it.body[position].inputs = inputs;
        it.body[position].action = Action::Fused(ternary);
        gone[at] = true;
    }
    let mut gone = gone.into_iter();
    it.body.retain(|_| !gone.next().unwrap_or(false));
}

/// One instruction for two operations, the inner one being an operand of the outer one.
fn fused(outer: &Op, inner: &Op, which: usize) -> Option<Ternary> {
    Some(match (outer, inner, which) {
        (Op::Add(_), Op::Mul(_), _) => Ternary::MulAdd,
        (Op::Sub(_), Op::Mul(_), 0) => Ternary::MulSub,
        (Op::Sub(_), Op::Mul(_), 1) => Ternary::NegMulAdd,
        (Op::Mul(_), Op::Mul(_), _) => Ternary::MulMul,
        (Op::Add(_), Op::Add(_), _) => Ternary::AddAdd,
        (Op::Mul(_), Op::Add(_), _) => Ternary::AddMul,
        (Op::Mul(_), Op::Sub(_), _) => Ternary::SubMul,
        (Op::Div(_), Op::Mul(_), 0) => Ternary::MulDiv,
        _ => return None,
    })
}
