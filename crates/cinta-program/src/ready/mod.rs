//! Steps with everything looked up: where each operand stands, which kernel runs, how long a block is.
mod fuse;
mod numbers;
mod registers;
mod work;

use std::ops::Range;

use cinta_graph::{DType, Op, Strided, Value};
use rustc_hash::FxHashMap;
use smallvec::SmallVec;

use crate::kernels::{CastLoop, CompareLoop, KernelSet, Loop1, Loop1x2, Loop2, Loop3, SelectLoop};
use crate::memory::{Cell, Memory, each_dtype};
use crate::plan::Home;
use crate::run::Pasted;
use crate::steps::{Fill, Instruction, Loop, Operand, Reduction, Sum};
pub(crate) use fuse::{fuse_cheap, fuse_twins, merge_assembled};
pub(crate) use numbers::Numbers;

/// Elements that an instruction reads or writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Place {
    /// A register of the loop.
    Register(usize),
    /// An array that the loop writes, at the block where the loop is.
    Written(usize),
    /// What the loop reads, at the block where it is.
    Read(usize),
    /// What the loop reads, always its first element.
    Number(usize),
}

/// A loop over slices.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Kernel<T> {
    One(Loop1<T>),
    Two(Loop2<T>),
    Three(Loop3<T>),
    Twin(Loop1x2<T>),
    Compare(CompareLoop<T>),
    Select(SelectLoop<T>),
    CastMask(CastLoop<T>),
}

/// How an instruction is computed.
#[derive(Clone, Debug)]
pub(crate) enum Work {
    F64(Kernel<f64>),
    F32(Kernel<f32>),
    /// By the operation's own function.
    Apply(Op),
    /// Of what the loop reads.
    Gather(usize, Strided),
    Assemble(Vec<(usize, Pasted)>, f64),
}

/// An instruction, looked up.
#[derive(Clone, Debug)]
pub(crate) struct Ready {
    pub(crate) work: Work,
    pub(crate) inputs: SmallVec<[(Place, DType); 3]>,
    pub(crate) output: Place,
    pub(crate) second: Option<Place>,
    pub(crate) dtype: DType,
}

/// A register that holds one number throughout.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ReadyFill {
    pub(crate) from: Place,
    pub(crate) to: Place,
    pub(crate) dtype: DType,
}

/// How an array that a loop writes grows as the loop goes.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Pace {
    /// With the elements.
    Elements,
    /// With each row of so many elements.
    Rows(usize),
    /// By so many numbers with each part of the loop.
    Parts(usize),
}

/// A sum, looked up.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ReadySum {
    pub(crate) sum: Sum,
    pub(crate) input: Place,
    pub(crate) dtype: DType,
    /// Which of the arrays that the loop writes.
    pub(crate) to: usize,
    /// Where the sums of parts are added up, if there are several.
    pub(crate) total: Option<Home>,
}

impl ReadySum {
    /// How many numbers a part has.
    #[inline]
    pub(crate) fn width(&self) -> usize {
        if let Sum::Columns(n) = self.sum { n } else { 1 }
    }
}

/// A loop, looked up.
#[derive(Clone, Debug)]
pub(crate) struct ReadyLoop {
    pub(crate) row: usize,
    pub(crate) block: usize,
    /// How many registers it has, by dtype, and the elements between them.
    pub(crate) registers: [usize; 4],
    pub(crate) stride: usize,
    /// What it reads, by dtype: arrays from an element on.
    pub(crate) reads: [Vec<(Home, usize)>; 4],
    /// Stretches of elements whose sums are added up at the end.
    pub(crate) parts: Vec<Range<usize>>,
    /// Whether they are worth several threads.
    pub(crate) is_large: bool,
    pub(crate) fills: Vec<ReadyFill>,
    pub(crate) body: Vec<Ready>,
    /// The arrays that it writes, by dtype.
    pub(crate) written: [Vec<(Home, Pace)>; 4],
    pub(crate) sums: Vec<ReadySum>,
    /// Whether any sum adds more than one block to a number.
    pub(crate) balances: bool,
}

impl ReadyLoop {
    /// The dtypes of what it works on.
    #[inline]
    pub(crate) fn dtypes(&self) -> impl Iterator<Item = DType> {
        let used = |slot: usize| self.registers[slot] + self.written[slot].len() + self.reads[slot].len() > 0;
        DType::ALL.into_iter().filter(move |&dtype| used(slot(dtype)))
    }
}

/// What runs a step.
#[derive(Clone, Debug)]
pub(crate) enum Prepared {
    Loop(Box<ReadyLoop>),
    /// A loop over one element.
    F64(Numbers<f64>),
    F32(Numbers<f32>),
    /// Anything else runs from the step itself.
    Plain,
}

/// The position of a dtype among all.
#[inline]
pub(crate) fn slot(dtype: DType) -> usize {
    match dtype {
        DType::F64 => 0,
        DType::F32 => 1,
        DType::I64 => 2,
        DType::Bool => 3,
    }
}

/// Looks everything up. Registers stand in `scratch`, which all loops share.
pub(crate) fn prepare(
    it: &Loop,
    homes: &[Home],
    set: KernelSet,
    memory: &mut Memory,
    scratch: &mut Memory,
) -> Prepared {
    if it.size == 1 {
        if let Some(numbers) = Numbers::new(it, homes, memory) {
            return Prepared::F64(numbers);
        }
        if let Some(numbers) = Numbers::new(it, homes, memory) {
            return Prepared::F32(numbers);
        }
    }
    Prepared::Loop(Box::new(ready_loop(it, homes, set, memory, scratch)))
}

/// What a loop reads, each once.
#[derive(Debug, Default)]
struct Reads {
    lists: [Vec<(Home, usize)>; 4],
    known: FxHashMap<(DType, Home, usize), usize>,
}

impl Reads {
    fn of(&mut self, dtype: DType, home: Home, offset: usize) -> usize {
        let list = &mut self.lists[slot(dtype)];
        *self.known.entry((dtype, home, offset)).or_insert_with(|| {
            list.push((home, offset));
            list.len() - 1
        })
    }
}

/// Arrays that a loop writes, each with its pace.
#[derive(Debug, Default)]
struct Written([Vec<(Home, Pace)>; 4]);

impl Written {
    fn add(&mut self, dtype: DType, home: Home, pace: Pace) -> usize {
        let list = &mut self.0[slot(dtype)];
        list.push((home, pace));
        list.len() - 1
    }
}

/// Where the operands of a loop stand.
#[derive(Debug)]
struct Operands<'h> {
    homes: &'h [Home],
    reads: Reads,
    /// Registers of one number, which kernels of several arguments take as such.
    numbers: Vec<Option<usize>>,
    places: Vec<Place>,
    /// The arrays that the loop writes element by element, by dtype and home.
    kept: [FxHashMap<Home, usize>; 4],
}

impl Operands<'_> {
    fn place(&mut self, operand: Operand, dtype: DType, takes_number: bool) -> Place {
        match operand {
            Operand::Register(register) => match self.numbers[register.index()] {
                Some(at) if takes_number => Place::Number(at),
                _ => self.places[register.index()],
            },
            Operand::Stream(array, offset) => {
                let home = self.homes[array.index()];
                // What is written in the place of an array is that array until then.
                match self.kept[slot(dtype)].get(&home) {
                    Some(&at) => Place::Written(at),
                    None => Place::Read(self.reads.of(dtype, home, offset)),
                }
            }
        }
    }

    fn ready(&mut self, it: &Instruction, work: Work, dtype: DType) -> Ready {
        let inputs = it.inputs.iter().enumerate();
        let inputs =
            inputs.map(|(i, &(operand, dtype))| (self.place(operand, dtype, work.takes_number(i)), dtype)).collect();
        let output = self.places[it.output.index()];
        let second = it.second.map(|register| self.places[register.index()]);
        Ready { work, inputs, output, second, dtype }
    }
}

fn ready_loop(it: &Loop, homes: &[Home], set: KernelSet, memory: &mut Memory, scratch: &mut Memory) -> ReadyLoop {
    let (mut written, mut reads) = (Written::default(), Reads::default());
    let stores = it.stores.iter().map(|&(register, array)| {
        (register, written.add(it.registers[register.index()], homes[array.index()], Pace::Elements))
    });
    let stores: Vec<_> = stores.collect();
    let numbers = numbers(it, homes, memory, &mut reads);
    let (works, whole) = works(it, homes, set, &numbers, &mut reads);
    let registers::Registers { places, counts } = registers::places(it, &stores, &whole);
    let kept =
        std::array::from_fn(|slot| written.0[slot].iter().enumerate().map(|(at, (home, _))| (*home, at)).collect());
    let mut operands = Operands { homes, reads, numbers, places, kept };
    let body = it.body.iter().zip(works);
    let body: Vec<Ready> = body
        .map(|(instruction, work)| operands.ready(instruction, work, it.registers[instruction.output.index()]))
        .collect();
    let block = registers::block(it, counts);
    let stride = block.next_multiple_of(ALIGNED);
    for (dtype, count) in DType::ALL.into_iter().zip(counts) {
        scratch.reserve(dtype, count * stride);
    }
    let row = it.row.unwrap_or(it.size).max(1);
    let is_large = it.size as f64 * body.iter().map(work::cost).sum::<f64>() >= LARGE;
    let adds_columns = it.reductions.iter().any(|reduction| matches!(reduction.sum, Sum::Columns(_)));
    let parts = parts(it.size, row, block, is_large, adds_columns);
    let sums: Vec<ReadySum> = it
        .reductions
        .iter()
        .map(|reduction| {
            let input = operands.place(reduction.input, reduction.dtype, false);
            ready_sum(reduction, input, homes[reduction.output.index()], parts.len(), &mut written, memory)
        })
        .collect();
    let fills = it.fills.iter().filter(|(register, _)| whole[register.index()]).map(|(register, _)| ReadyFill {
        from: Place::Number(operands.numbers[register.index()].expect("a register of one number")),
        to: operands.places[register.index()],
        dtype: it.registers[register.index()],
    });
    let fills = fills.collect();
    let balances = it.reductions.iter().any(|reduction| match reduction.sum {
        Sum::All => parts.iter().any(|part| part.len() > block),
        Sum::Rows(n) => n > block,
        Sum::Columns(_) => false,
    });
    let (reads, written) = (operands.reads.lists, written.0);
    ReadyLoop { row, block, registers: counts, stride, reads, parts, is_large, fills, body, written, sums, balances }
}

/// Where the registers of one number are read from.
fn numbers(it: &Loop, homes: &[Home], memory: &mut Memory, reads: &mut Reads) -> Vec<Option<usize>> {
    let mut numbers = vec![None; it.registers.len()];
    for (register, fill) in &it.fills {
        let (home, offset) = match fill {
            Fill::Element(array, offset) => (homes[array.index()], *offset),
            Fill::Number(value) => (Home::Cell(constant(memory, value)), 0),
        };
        numbers[register.index()] = Some(reads.of(it.registers[register.index()], home, offset));
    }
    numbers
}

/// How each instruction is computed, and which registers are read as whole blocks.
fn works(
    it: &Loop,
    homes: &[Home],
    set: KernelSet,
    numbers: &[Option<usize>],
    reads: &mut Reads,
) -> (Vec<Work>, Vec<bool>) {
    let mut whole = vec![false; it.registers.len()];
    let mut mark = |operand: Operand| {
        if let Operand::Register(register) = operand {
            whole[register.index()] = true;
        }
    };
    let is_number =
        |operand: &Operand| matches!(operand, Operand::Register(register) if numbers[register.index()].is_some());
    let mut works = Vec::with_capacity(it.body.len());
    for instruction in &it.body {
        let dtype = it.registers[instruction.output.index()];
        let ones: SmallVec<[bool; 3]> = instruction.inputs.iter().map(|(operand, _)| is_number(operand)).collect();
        let work = work::work(set, instruction, dtype, &ones, homes, reads);
        let blocks = instruction.inputs.iter().enumerate().filter(|&(i, _)| !work.takes_number(i));
        blocks.for_each(|(_, (operand, _))| mark(*operand));
        works.push(work);
    }
    it.reductions.iter().for_each(|reduction| mark(reduction.input));
    (works, whole)
}

/// A sum; those of several parts are added up at the end.
fn ready_sum(
    it: &Reduction,
    input: Place,
    home: Home,
    parts: usize,
    written: &mut Written,
    memory: &mut Memory,
) -> ReadySum {
    let (sum, dtype) = (it.sum, it.dtype);
    let width = match sum {
        Sum::Rows(n) => {
            let to = written.add(dtype, home, Pace::Rows(n));
            return ReadySum { sum, input, dtype, to, total: None };
        }
        Sum::Columns(n) => n,
        Sum::All => 1,
    };
    let partial = if parts > 1 { Home::Cell(memory.push(dtype, parts * width)) } else { home };
    let to = written.add(dtype, partial, Pace::Parts(width));
    ReadySum { sum, input, dtype, to, total: (parts > 1).then_some(home) }
}

/// A cell that holds a number of the program.
fn constant(memory: &mut Memory, value: &Value) -> usize {
    let cell = memory.push(value.dtype(), 1);
    each_dtype!(value.dtype(), T => T::cells_mut(memory)[cell][0] = value.as_splat().expect("one number"));
    cell
}

/// Registers begin at multiples of so many elements, so that they begin at cache lines.
const ALIGNED: usize = 16;

/// Nanoseconds of work from which on a loop is large, and the parts that it has then.
const LARGE: f64 = 15e3;
const PARTS: usize = 16;
/// The most blocks of a part in which columns are added one after the other, so that rounding errors stay few.
const BLOCKS: usize = 64;

/// Divides a loop into stretches of whole blocks and rows.
fn parts(size: usize, row: usize, block: usize, is_large: bool, adds_columns: bool) -> Vec<Range<usize>> {
    let unit = if row >= block && row < size { row } else { block.max(1) };
    let units = size.div_ceil(unit);
    let least = if adds_columns { units.div_ceil(BLOCKS) } else { 1 };
    let count = least.max(if is_large { PARTS.min(units) } else { 1 }).max(1);
    (0..count).map(|i| i * units / count * unit..((i + 1) * units / count * unit).min(size)).collect()
}
