//! Steps with everything looked up: where each operand stands, which kernel runs, how long a block is.
mod bands;
mod fuse;
mod native;
mod numbers;
mod operands;
mod order;
mod product;
mod registers;
#[cfg(test)]
mod tests;
mod work;

use std::ops::Range;

use cinta_graph::{DType, Op, Strided};
use smallvec::SmallVec;

use crate::kernels::{Foundry, Kernel, KernelSet};
use crate::memory::{Ground, bytes_of, slot};
use crate::options::NativeCode;
use crate::place::{Extent, Home, Pace, Place};
use crate::run::Pasted;
use crate::steps::{Interleaved, Loop, Lowered, Reduction, Step, Sum};
pub(crate) use bands::{Banded, Divided, ReadyBands, ReadyLanes, ReadyOver};
use bands::{Lists, Together};
pub(crate) use fuse::{fuse_cheap, fuse_twins, merge_assembled, remove_unused};
use native::Body;
pub(crate) use numbers::Numbers;
use operands::Operands;
pub(crate) use order::{Stretch, TURNS, line_up_long};
pub(crate) use product::{Factor, ReadyOnto, ReadyProduct};

/// How an instruction is computed.
#[derive(Clone, Debug)]
pub(crate) enum Work {
    F64(Kernel<f64>),
    F32(Kernel<f32>),
    /// By the operation's own function.
    Apply(Op),
    /// Of whole arrays.
    Gather(Place, Strided),
    Assemble(Vec<(Place, Pasted)>, f64),
}

/// An instruction, looked up.
#[derive(Clone, Debug)]
pub(crate) struct Ready {
    pub(crate) work: Work,
    pub(crate) inputs: SmallVec<[(Place, DType); 3]>,
    pub(crate) outputs: SmallVec<[Place; 2]>,
    pub(crate) dtype: DType,
    /// Which of the arrays that are written it needs, if it is native code; in order.
    pub(crate) own: SmallVec<[usize; 2]>,
    /// Where it leaves sums of its elements, if it is native code.
    pub(crate) sums: SmallVec<[Place; 1]>,
}

/// A register that holds one number throughout.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ReadyFill {
    pub(crate) from: Place,
    pub(crate) to: Place,
    pub(crate) dtype: DType,
}

/// A sum, looked up.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ReadySum {
    pub(crate) sum: Sum,
    pub(crate) input: Place,
    pub(crate) dtype: DType,
    /// Where the sums of the first part go.
    pub(crate) to: Place,
    /// Where the sums of parts stand and where they are added up, if there are several.
    pub(crate) total: Option<(Home, Home)>,
    /// Whether native code has added all elements of a block to a few numbers, which the input is then.
    pub(crate) in_native: bool,
}

impl ReadySum {
    /// How many numbers a part has.
    #[inline]
    pub(crate) fn width(&self) -> usize {
        if let Sum::Columns(n) = self.sum { n } else { 1 }
    }
}

/// An array with a row for each element, looked up.
#[derive(Clone, Debug)]
pub(crate) struct ReadyInterleaved {
    pub(crate) row: usize,
    pub(crate) width: usize,
    /// Each with its column, and whether it is added.
    pub(crate) pieces: Vec<(Place, usize, bool)>,
    /// What rows are filled with first, if pieces leave columns out.
    pub(crate) fill: Option<f64>,
    pub(crate) to: Place,
    pub(crate) dtype: DType,
}

/// A loop, looked up.
#[derive(Clone, Debug)]
pub(crate) struct ReadyLoop {
    pub(crate) set: KernelSet,
    pub(crate) row: usize,
    pub(crate) block: usize,
    /// Stretches of elements whose sums are added up at the end.
    pub(crate) parts: Vec<Range<usize>>,
    pub(crate) fills: Vec<ReadyFill>,
    /// What is the same in every block.
    pub(crate) once: Vec<Ready>,
    pub(crate) body: Vec<Ready>,
    /// Which instructions of the loop became native code together.
    pub(crate) joined: Vec<Range<usize>>,
    /// The body in stretches.
    pub(crate) stretches: Vec<Stretch>,
    /// What it streams through, if that comes from memory: asked for a block ahead.
    pub(crate) ahead: Vec<(Place, DType)>,
    pub(crate) sums: Vec<ReadySum>,
    pub(crate) interleaved: Vec<ReadyInterleaved>,
    /// Whether any sum adds more than one block to a number.
    pub(crate) balances: bool,
}

/// What runs a step.
#[derive(Clone, Debug)]
pub(crate) enum Prepared {
    Loop(Box<ReadyLoop>),
    /// A large loop, or it and the next steps, part by part.
    Bands(Box<ReadyBands>),
    /// One of those next steps.
    Joined,
    /// A loop over one element.
    F64(Numbers<f64>),
    F32(Numbers<f32>),
    Product(Box<ReadyProduct>),
    /// With the number of rows.
    Lanes(Box<ReadyLanes>, usize),
    /// An operation that is called runs from the step itself.
    Call,
}

impl Prepared {
    /// Whether it is code over numbers of the arena alone.
    pub(crate) fn is_scalar(&self) -> bool {
        match self {
            Self::F64(it) => it.loads.is_empty() && it.stores.is_empty(),
            Self::F32(it) => it.loads.is_empty() && it.stores.is_empty(),
            _ => false,
        }
    }

    /// Whether several threads run it, if there are any.
    pub(crate) fn is_large(&self) -> bool {
        match self {
            Self::Bands(_) => true,
            Self::Product(it) => it.is_large,
            Self::Lanes(it, rows) => it.is_large(*rows),
            _ => false,
        }
    }

    /// Says where in the arenas the registers begin that loops share, and in those of threads.
    pub(crate) fn settle(&mut self, registers: [usize; 4], of_threads: [usize; 4]) {
        match self {
            Self::Loop(it) => it.settle(registers),
            Self::Bands(it) => it.steps.iter_mut().for_each(|step| {
                if let Banded::Loop(it) = step {
                    it.settle(of_threads);
                }
            }),
            _ => {}
        }
    }
}

impl ReadyLoop {
    fn settle(&mut self, registers: [usize; 4]) {
        let settle = |place: &mut Place, dtype: DType| {
            if matches!(place.extent, Extent::Register | Extent::Piece) {
                place.from += registers[slot(dtype)];
            }
        };
        self.fills.iter_mut().for_each(|fill| settle(&mut fill.to, fill.dtype));
        self.sums.iter_mut().for_each(|sum| settle(&mut sum.input, sum.dtype));
        for rows in &mut self.interleaved {
            rows.pieces.iter_mut().for_each(|(place, ..)| settle(place, rows.dtype));
        }
        for ready in self.once.iter_mut().chain(&mut self.body) {
            ready.inputs.iter_mut().for_each(|(place, dtype)| settle(place, *dtype));
            let written = ready.outputs.iter_mut().chain(&mut ready.sums);
            written.for_each(|place| settle(place, ready.dtype));
        }
    }
}

/// Looks up what steps need.
pub(crate) struct Preparation<'p> {
    homes: &'p [Home],
    set: KernelSet,
    /// From how many elements on there is native code, and what there is, if any.
    native: NativeCode,
    pub(crate) foundry: Option<Foundry>,
    ground: &'p mut Ground,
    /// The registers, by dtype: of the loops that run on one thread, which share them, and of each thread.
    pub(crate) shared: [usize; 4],
    pub(crate) threads: [usize; 4],
}

impl<'p> Preparation<'p> {
    pub(crate) fn new(homes: &'p [Home], set: KernelSet, native: NativeCode, ground: &'p mut Ground) -> Self {
        let foundry = (native != NativeCode::never()).then(Foundry::default);
        Self { homes, set, native, foundry, ground, shared: [0; 4], threads: [0; 4] }
    }

    /// Looks up what the steps of a program need.
    pub(crate) fn prepare_all(&mut self, program: &Lowered) -> Vec<Prepared> {
        let (mut steps, mut bands) = (Vec::with_capacity(program.steps.len()), program.bands.iter().peekable());
        while let Some(step) = program.steps.get(steps.len()) {
            if let Some(it) = bands.next_if(|it| it.steps.start == steps.len()) {
                steps.push(Prepared::Bands(Box::new(self.ready_bands(program, it))));
                steps.resize(it.steps.end, Prepared::Joined);
            } else {
                steps.push(self.prepare(program, step));
            }
        }
        steps
    }

    fn prepare(&mut self, program: &Lowered, step: &Step) -> Prepared {
        let it = match step {
            Step::Loop(it) => it,
            Step::Product(it) => {
                return Prepared::Product(Box::new(self.ready_product(it, program.array(it.output).0, None)));
            }
            Step::Lanes(it) => {
                let (dtype, size) = program.array(it.output);
                let rows = size / it.given(it.function);
                return Prepared::Lanes(Box::new(self.ready_lanes(it, dtype, [rows, size], None)), rows);
            }
            Step::Call(_) => return Prepared::Call,
        };
        if it.size == 1 {
            if let Some(numbers) = Numbers::new(it, self.homes, self.ground) {
                return Prepared::F64(numbers);
            }
            if let Some(numbers) = Numbers::new(it, self.homes, self.ground) {
                return Prepared::F32(numbers);
            }
        }
        let body = self.body(it);
        let cost = work::cost(it, &body);
        if it.size as f64 * cost < LARGE {
            return Prepared::Loop(Box::new(self.ready_loop(it, body, None)));
        }
        let mut lists = Lists::default();
        let together = Together { lists: &mut lists, width: 1, parts: None };
        let ready = self.ready_loop(it, body, Some(together));
        let divided = lists.divided(ready.parts.clone(), 1);
        Prepared::Bands(Box::new(ReadyBands { divided, steps: vec![Banded::Loop(Box::new(ready))] }))
    }

    fn ready_loop(
        &mut self,
        it: &Loop,
        Body { units, mut kernels, whole }: Body,
        together: Option<Together<'_>>,
    ) -> ReadyLoop {
        let is_divided = together.is_some();
        let (lists, width, given) = match together {
            Some(Together { lists, width, parts }) => (Some(lists), width, parts),
            None => (None, 1, None),
        };
        let mut operands = Operands::new(it, self.homes, lists, width);
        operands.numbers(self.ground);
        let kept = operands.is_kept();
        let repeated = registers::Repeated::of(it, &kept);
        let mut stretches = order::stretches(it, &units, &repeated.once, &kernels);
        let turns = order::turns(&units, &repeated.once, &stretches);
        let shared = registers::share(it, &units, &kept, &whole, &repeated.once, &turns);
        let block = registers::block(it, &units, shared.counts, &stretches, &repeated);
        let stride = block.next_multiple_of(ALIGNED);
        operands.registers(&shared, stride);
        let all = if is_divided { &mut self.threads } else { &mut self.shared };
        for (all, dtype) in all.iter_mut().zip(DType::ALL) {
            *all = (*all).max(shared.size(dtype, stride));
        }
        let (mut once, mut body) = (Vec::new(), Vec::new());
        for unit in &units {
            let at = unit.range.start;
            let ready = match unit.native.zip(self.foundry.as_mut()) {
                Some((dtype, foundry)) => operands.native(unit, dtype, foundry, self.set),
                None => operands.ready(&it.body[at], kernels[at].take()),
            };
            let list = if repeated.once[at] { &mut once } else { &mut body };
            list.push(ready);
        }
        for stretch in &mut stretches {
            stretch.find_own(&body);
        }
        let ahead = streams_from_memory(it.size, &body);
        let row = it.row.unwrap_or(it.size).max(1);
        let adds_columns = it.reductions.iter().any(|reduction| matches!(reduction.sum, Sum::Columns(_)));
        let parts = given.unwrap_or_else(|| parts(it.size, row, block, is_divided, adds_columns));
        let in_native = |i: usize| units.iter().any(|unit| unit.sums.contains(&i));
        let sums = it.reductions.iter().enumerate();
        let sums = sums.map(|(i, sum)| self.ready_sum(sum, parts.len(), &mut operands, in_native(i))).collect();
        let joined = units.into_iter().filter(|unit| unit.native.is_some()).map(|unit| unit.range).collect();
        let interleaved = it.interleaved.iter().map(|rows| self.ready_interleaved(rows, &mut operands)).collect();
        let fills = it.fills.iter().filter(|(register, _)| whole[register.index()]);
        let fills = fills.map(|(register, _)| operands.fill(*register)).collect();
        let balances = it.reductions.iter().any(|reduction| match reduction.sum {
            Sum::All => parts.iter().any(|part| part.len() > block),
            Sum::Rows(n) => n > block,
            Sum::Columns(_) => false,
        });
        ReadyLoop {
            set: self.set,
            row,
            block,
            parts,
            fills,
            once,
            body,
            joined,
            stretches,
            ahead,
            sums,
            interleaved,
            balances,
        }
    }

    fn ready_interleaved(&self, it: &Interleaved, operands: &mut Operands<'_>) -> ReadyInterleaved {
        let &Interleaved { dtype, row, width, ref pieces, value, output, .. } = it;
        let mut is_empty = vec![true; width];
        pieces.iter().filter(|piece| !piece.adds).for_each(|piece| is_empty[piece.first..][..row].fill(false));
        let pieces = pieces.iter().map(|it| (operands.place(it.input, dtype, false), it.first, it.adds)).collect();
        let to = operands.written(dtype, self.homes[output.index()], Pace::Rows { elements: row, numbers: width });
        ReadyInterleaved { row, width, pieces, fill: is_empty.contains(&true).then_some(value), to, dtype }
    }

    /// A sum; those of several parts are added up at the end.
    fn ready_sum(&mut self, it: &Reduction, parts: usize, operands: &mut Operands<'_>, in_native: bool) -> ReadySum {
        let (sum, dtype, home) = (it.sum, it.dtype, self.homes[it.output.index()]);
        let input = operands.place(it.input, dtype, false);
        let pace = Pace::of(sum);
        let partial = match pace {
            Pace::Parts(width) if parts > 1 => Some(Home::Arena(self.ground.push(dtype, parts * width))),
            _ => None,
        };
        let to = operands.written(dtype, partial.unwrap_or(home), pace);
        ReadySum { sum, input, dtype, to, total: partial.map(|partial| (partial, home)), in_native }
    }
}

/// Registers begin at multiples of so many elements, so that they begin at cache lines.
pub(crate) const ALIGNED: usize = 16;

/// Nanoseconds of work from which on a loop is large, and the parts that it has then.
const LARGE: f64 = 15e3;
const PARTS: usize = 16;
/// The most blocks of a part in which columns are added one after the other, so that rounding errors stay few.
const BLOCKS: usize = 64;
pub(crate) const MOST_PARTS: usize = 1 << 20;

/// Bytes from which on arrays are taken to stand beyond the caches that a core has for itself.
const FAR: usize = 6 << 20;

/// The arrays that a body reads and writes element by element, if they are so large.
fn streams_from_memory(size: usize, body: &[Ready]) -> Vec<(Place, DType)> {
    let mut streams: Vec<(Place, DType)> = Vec::new();
    for ready in body {
        let written = ready.outputs.iter().map(|&place| (place, ready.dtype));
        let operands = ready.inputs.iter().copied().chain(written);
        streams.extend(operands.filter(|(place, _)| place.extent == Extent::Stream));
    }
    streams.sort_unstable_by_key(|&(place, dtype)| (slot(dtype), place.store, place.from));
    streams.dedup();
    let bytes = |&(_, dtype): &(Place, DType)| size * bytes_of(dtype);
    if streams.iter().map(bytes).sum::<usize>() < FAR { Vec::new() } else { streams }
}

/// Divides a loop into stretches of whole blocks and rows.
fn parts(size: usize, row: usize, block: usize, is_large: bool, adds_columns: bool) -> Vec<Range<usize>> {
    let unit = if row >= block && row < size { row } else { block.max(1) };
    let units = size.div_ceil(unit);
    let least = if adds_columns { units.div_ceil(BLOCKS).min(MOST_PARTS) } else { 1 };
    let count = least.max(if is_large { PARTS.min(units) } else { 1 }).max(1);
    (0..count).map(|i| i * units / count * unit..((i + 1) * units / count * unit).min(size)).collect()
}
