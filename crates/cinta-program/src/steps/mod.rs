//! What a program is made of: arrays, and steps that read some and write others, in order.
//!
//! A [`Loop`] runs over the elements of arrays of one size in blocks, each instruction over a block; elementwise
//! operations, the broadcasts that they read and the sums that end them become one loop. A [`Product`] is a matrix
//! product, [`Lanes`] are rows or columns of which more is computed than their sum. A [`Call`] is any other operation,
//! evaluated as the interpreter does.
mod matrices;

use std::ops::Range;

use cinta_graph::{ArrayType, DType, NodeId, Op, Shape, Strided, Value};
use smallvec::{SmallVec, smallvec};

pub(crate) use self::matrices::{Lanes, Onto, Product};
use crate::kernels::{Ternary, Twin};

/// An array of a program.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct ArrayId(pub(crate) u32);

impl ArrayId {
    pub(crate) fn index(self) -> usize {
        self.0 as usize
    }
}

/// Where an array comes from.
#[derive(Clone, Debug)]
pub(crate) enum Origin {
    /// The caller gives it.
    Argument(usize),
    /// The program keeps it from run to run.
    State,
    /// It is part of the program.
    Constant(Value),
    /// A step computes it.
    Step,
}

/// An array in row-major order.
#[derive(Clone, Debug)]
pub(crate) struct Array {
    pub(crate) ty: ArrayType,
    pub(crate) origin: Origin,
}

/// A block of elements inside a loop.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Register(pub(crate) u32);

impl Register {
    pub(crate) fn index(self) -> usize {
        self.0 as usize
    }
}

/// What an instruction reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Operand {
    /// A register of the loop.
    Register(Register),
    /// The elements of an array from a position on, as the loop goes.
    Stream(ArrayId, usize),
}

impl Operand {
    /// The register, if it is one.
    pub(crate) fn register(self) -> Option<Register> {
        match self {
            Self::Register(register) => Some(register),
            Self::Stream(..) => None,
        }
    }
}

/// What an instruction does with its inputs, which are of the dtypes that the operation takes.
#[derive(Clone, Debug)]
pub(crate) enum Action {
    /// An elementwise operation.
    Apply(Op),
    /// Two that are cheaper together.
    Fused(Ternary),
    /// Two functions of one operand.
    Twin(Twin),
    /// The elements of an array in the order of a view of it.
    Gather(ArrayId, Strided),
    /// Views in an array of some shape, which holds a number elsewhere: side by side, or added up where they meet.
    Assemble(Vec<(ArrayId, Placed)>, Shape, f64),
}

impl Action {
    /// The arrays that it reads beside the inputs of its instruction.
    pub(crate) fn arrays(&self) -> SmallVec<[ArrayId; 2]> {
        match self {
            Self::Gather(array, _) => smallvec![*array],
            Self::Assemble(pieces, ..) => pieces.iter().map(|(array, _)| *array).collect(),
            Self::Apply(_) | Self::Fused(_) | Self::Twin(_) => smallvec![],
        }
    }
}

/// A view inside a larger array: its element i stands at `low + i step`, along each axis.
#[derive(Clone, Debug)]
pub(crate) struct Placed {
    pub(crate) view: Strided,
    pub(crate) low: SmallVec<[usize; 4]>,
    pub(crate) step: SmallVec<[usize; 4]>,
    /// Whether it is added to what stands there before it.
    pub(crate) adds: bool,
}

impl Placed {
    /// Whether two in one array have no element in common, as far as that shows along one axis.
    pub(crate) fn is_apart(&self, other: &Self) -> bool {
        let along = |it: &Self, axis: usize| (it.low[axis], it.step[axis], it.view.shape[axis]);
        (0..self.low.len()).any(|axis| {
            let ((low, step, n), (other_low, other_step, other_n)) = (along(self, axis), along(other, axis));
            let end = |low: usize, step: usize, n: usize| low + n.saturating_sub(1) * step;
            end(low, step, n) < other_low
                || end(other_low, other_step, other_n) < low
                || (step == other_step && low.abs_diff(other_low) % step != 0)
        })
    }
}

/// One instruction of a loop.
#[derive(Clone, Debug)]
pub(crate) struct Instruction {
    pub(crate) action: Action,
    pub(crate) inputs: SmallVec<[(Operand, DType); 3]>,
    pub(crate) output: Register,
    /// The second result of two functions computed together.
    pub(crate) second: Option<Register>,
    /// The node that it computes.
    pub(crate) node: NodeId,
}

impl Instruction {
    /// The registers that it writes.
    pub(crate) fn outputs(&self) -> impl Iterator<Item = Register> + use<> {
        std::iter::once(self.output).chain(self.second)
    }
}

/// A register that holds one number throughout the loop.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Fill {
    /// A number of the program.
    Number(Value),
    /// An element of an array.
    Element(ArrayId, usize),
}

impl Fill {
    /// The array that it reads.
    pub(crate) fn array(&self) -> Option<ArrayId> {
        match self {
            Self::Element(array, _) => Some(*array),
            Self::Number(_) => None,
        }
    }
}

/// Which elements a sum adds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Sum {
    /// All.
    All,
    /// Each row of so many neighbours.
    Rows(usize),
    /// Each column of a matrix with so many.
    Columns(usize),
}

impl Sum {
    /// The length of the rows that blocks must keep to.
    pub(crate) fn row(self) -> Option<usize> {
        match self {
            Self::All => None,
            Self::Rows(n) | Self::Columns(n) => Some(n),
        }
    }
}

/// A sum at the end of a loop.
#[derive(Clone, Debug)]
pub(crate) struct Reduction {
    pub(crate) sum: Sum,
    pub(crate) dtype: DType,
    pub(crate) input: Operand,
    pub(crate) output: ArrayId,
    pub(crate) node: NodeId,
}

/// An array with a row for each element of a loop, or for each row of so many: what the loop computes, side by side.
#[derive(Clone, Debug)]
pub(crate) struct Interleaved {
    pub(crate) dtype: DType,
    /// How many elements of the loop go to a row, one after the other.
    pub(crate) row: usize,
    /// How many elements a row has.
    pub(crate) width: usize,
    pub(crate) pieces: Vec<Column>,
    /// What stands where no piece does.
    pub(crate) value: f64,
    pub(crate) output: ArrayId,
    pub(crate) node: NodeId,
}

/// An operand of [`Interleaved`].
#[derive(Clone, Copy, Debug)]
pub(crate) struct Column {
    pub(crate) input: Operand,
    /// Where in a row it begins.
    pub(crate) first: usize,
    /// Whether it is added to what stands there before it.
    pub(crate) adds: bool,
}

/// Instructions over the elements of arrays of one size.
#[derive(Clone, Debug, Default)]
pub(crate) struct Loop {
    pub(crate) size: usize,
    /// The length of rows that blocks must not cross, if sums ask for one.
    pub(crate) row: Option<usize>,
    /// The dtype of each register.
    pub(crate) registers: Vec<DType>,
    /// Registers that hold one number.
    pub(crate) fills: Vec<(Register, Fill)>,
    pub(crate) body: Vec<Instruction>,
    /// The arrays that keep registers.
    pub(crate) stores: Vec<(Register, ArrayId)>,
    pub(crate) reductions: Vec<Reduction>,
    pub(crate) interleaved: Vec<Interleaved>,
}

impl Loop {
    /// One more register.
    pub(crate) fn register(&mut self, dtype: DType) -> Register {
        self.registers.push(dtype);
        Register(u32::try_from(self.registers.len() - 1).expect("fewer registers than nodes"))
    }

    /// Whether nothing is left of it.
    pub(crate) fn is_empty(&self) -> bool {
        self.body.is_empty() && self.stores.is_empty() && self.reductions.is_empty() && self.interleaved.is_empty()
    }

    /// Whether nothing is computed.
    pub(crate) fn only_moves(&self) -> bool {
        let moves = |it: &Instruction| matches!(it.action, Action::Gather(..) | Action::Assemble(..));
        self.row.is_none() && self.interleaved.is_empty() && self.body.iter().all(moves)
    }

    /// The array that keeps a register, which then is kept no longer.
    pub(crate) fn take_store(&mut self, register: Register) -> Option<ArrayId> {
        let kept = self.stores.iter().position(|(from, _)| *from == register)?;
        Some(self.stores.remove(kept).1)
    }

    /// Reads something else in place of a register.
    pub(crate) fn replace(&mut self, register: Register, by: Operand) {
        let pieces = self.interleaved.iter_mut().flat_map(|it| it.pieces.iter_mut().map(|piece| &mut piece.input));
        let ends = self.reductions.iter_mut().map(|reduction| &mut reduction.input).chain(pieces);
        let body = self.body.iter_mut().flat_map(|it| &mut it.inputs).map(|(operand, _)| operand);
        body.chain(ends).filter(|operand| operand.register() == Some(register)).for_each(|operand| *operand = by);
    }

    /// What is read after the body, block by block.
    pub(crate) fn ends(&self) -> impl Iterator<Item = Operand> {
        let pieces = self.interleaved.iter().flat_map(|it| it.pieces.iter().map(|piece| piece.input));
        self.reductions.iter().map(|reduction| reduction.input).chain(pieces)
    }
}

/// Any other operation.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    pub(crate) op: Op,
    pub(crate) inputs: Vec<(ArrayId, Strided)>,
    pub(crate) output: ArrayId,
    pub(crate) node: NodeId,
}

/// One step of a program.
#[derive(Clone, Debug)]
pub(crate) enum Step {
    Loop(Loop),
    Product(Product),
    Lanes(Lanes),
    Call(Call),
}

impl Step {
    /// The arrays that it reads, some perhaps more than once.
    pub(crate) fn reads(&self) -> Vec<ArrayId> {
        match self {
            Self::Loop(it) => {
                let stream =
                    |operand: &Operand| if let Operand::Stream(array, _) = *operand { Some(array) } else { None };
                let fills = it.fills.iter().filter_map(|(_, fill)| fill.array());
                let body = it.body.iter().flat_map(|instruction| {
                    let inputs = instruction.inputs.iter().filter_map(move |(operand, _)| stream(operand));
                    inputs.chain(instruction.action.arrays())
                });
                let ends = it.ends().filter_map(|operand| stream(&operand));
                fills.chain(body).chain(ends).collect()
            }
            Self::Product(it) => [it.a.0, it.b.0].into_iter().chain(it.onto.iter().flat_map(Onto::arrays)).collect(),
            Self::Lanes(it) => vec![it.input.0],
            Self::Call(it) => it.inputs.iter().map(|(array, _)| *array).collect(),
        }
    }

    /// The arrays that it writes.
    pub(crate) fn writes(&self) -> Vec<ArrayId> {
        match self {
            Self::Loop(it) => {
                let stores = it.stores.iter().map(|(_, array)| *array);
                let rows = it.interleaved.iter().map(|it| it.output);
                stores.chain(it.reductions.iter().map(|reduction| reduction.output)).chain(rows).collect()
            }
            Self::Product(it) => vec![it.output],
            Self::Lanes(it) => std::iter::once(it.output).chain(it.beside.map(|(_, array, _)| array)).collect(),
            Self::Call(it) => vec![it.output],
        }
    }
}

/// Consecutive steps over the same rows, all of which run over a band of rows before the next band.
#[derive(Clone, Debug)]
pub(crate) struct BandGroup {
    pub(crate) steps: Range<usize>,
    /// How many rows there are, and how many a band has.
    pub(crate) rows: usize,
    pub(crate) band: usize,
    /// What only these steps know, with the width of its rows: there is room for one band of it.
    pub(crate) inside: Vec<(ArrayId, usize)>,
}

/// A graph as arrays and steps.
#[derive(Clone, Debug, Default)]
pub(crate) struct Lowered {
    pub(crate) arrays: Vec<Array>,
    pub(crate) steps: Vec<Step>,
    /// Each state, and the array that takes its place after a run.
    pub(crate) updates: Vec<(ArrayId, ArrayId)>,
    pub(crate) outputs: Vec<ArrayId>,
    /// Steps that run band by band.
    pub(crate) bands: Vec<BandGroup>,
}

impl Lowered {
    /// The dtype and the number of elements of an array.
    pub(crate) fn array(&self, array: ArrayId) -> (DType, usize) {
        let ty = &self.arrays[array.index()].ty;
        (ty.dtype, ty.shape.size())
    }
}
