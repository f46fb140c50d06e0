//! Arrays whose rows a loop can write as it goes: what it computes for an element, side by side. Gradients of rows and Jacobians
//! of batches are of this kind.
//!
//! A loop of their own would read once more all that the first one has written.
use super::uses::Uses;
use crate::run::Pasted;
use crate::steps::{Action, ArrayId, Column, Fill, Interleaved, Loop, Lowered, Operand, Register, Step};

/// The most elements of the loop that a row may take.
const MOST: usize = 256;

/// The most numbers of a row: of wider ones little would be gained, and a program has a list of what stands in the columns.
const WIDEST: usize = 1 << 20;

/// Lets loops write what later loops only put side by side. The bits stay the same.
pub(super) fn interleave(program: &mut Lowered) {
    let mut writer = Uses::of(program).writer;
    for position in 0..program.steps.len() {
        let mut at = 0;
        while let Step::Loop(it) = &program.steps[position]
            && at < it.body.len()
        {
            let Some((home, rows)) = rows(program, &writer, position, at) else {
                at += 1;
                continue;
            };
            let output = rows.rest.output;
            writer[output.index()] = Some(home);
            if let Step::Loop(it) = &mut program.steps[position] {
                it.body.remove(at);
                it.stores.retain(|(_, array)| *array != output);
            }
            if let Step::Loop(it) = &mut program.steps[home] {
                rows.join(it);
            }
        }
    }
    let counts = Uses::of(program).counts;
    for step in &mut program.steps {
        if let Step::Loop(it) = step {
            it.stores.retain(|(_, array)| counts[array.index()] > 0);
            it.interleaved.retain(|it| counts[it.output.index()] > 0);
        }
    }
}

/// What goes in a column.
enum Source {
    Operand(Operand),
    /// An element of an array, in all rows.
    Element(ArrayId, usize),
}

/// Rows that a loop could write.
struct Rows {
    pieces: Vec<(Source, usize, bool)>,
    /// All but the pieces.
    rest: Interleaved,
}

impl Rows {
    /// Lets the loop write them.
    fn join(self, it: &mut Loop) {
        let Self { pieces, mut rest } = self;
        if rest.row > 1 {
            it.row = Some(rest.row);
        }
        for (source, first, adds) in pieces {
            let input = match source {
                Source::Operand(operand) => operand,
                Source::Element(array, offset) => {
                    let fill = Fill::Element(array, offset);
                    let known = it.fills.iter().find(|(_, other)| *other == fill).map(|(register, _)| *register);
                    Operand::Register(known.unwrap_or_else(|| {
                        let register = it.register(rest.dtype);
                        it.fills.push((register, fill));
                        register
                    }))
                }
            };
            rest.pieces.push(Column { input, first, adds });
        }
        it.interleaved.push(rest);
    }
}

/// An instruction that puts side by side what an earlier loop computes or could read, as rows of that loop.
fn rows(program: &Lowered, writer: &[Option<usize>], position: usize, at: usize) -> Option<(usize, Rows)> {
    let Step::Loop(it) = &program.steps[position] else { return None };
    let instruction = &it.body[at];
    let Action::Assemble(parts, shape, value) = &instruction.action else { return None };
    let output = only_kept(it, instruction.output)?;
    let home = parts.iter().filter_map(|(array, _)| writer[array.index()]).max().filter(|&home| home < position)?;
    let Step::Loop(source) = &program.steps[home] else { return None };
    let count = Pasted::new(&parts.first()?.1, shape).rows().filter(|&count| count > 1)?;
    let (row, width) = (source.size / count, it.size / count);
    if [row * count, width * count] != [source.size, it.size] || width > WIDEST {
        return None;
    }
    // A block has whole rows, if it can have any.
    if row > 1 && (row > MOST || source.row.is_some_and(|other| other != row)) {
        return None;
    }
    let mut pieces = Vec::new();
    for (array, placed) in parts {
        let pasted = Pasted::new(placed, shape);
        match source.interleaved.iter().find(|rows| rows.output == *array) {
            Some(rows) => pieces.extend(columns(rows, &pasted, source.size, width, *value)?),
            None => pieces.push(column(source, *array, &pasted, [count, row, width])?),
        }
    }
    let dtype = it.registers[instruction.output.index()];
    let rest = Interleaved { dtype, row, width, pieces: Vec::new(), value: *value, output, node: instruction.node };
    Some((home, Rows { pieces, rest }))
}

/// The array that keeps a register which nothing else reads.
fn only_kept(it: &Loop, register: Register) -> Option<ArrayId> {
    let reads = |operand: Operand| operand == Operand::Register(register);
    let is_read = it.ends().any(reads)
        || it.body.iter().any(|instruction| instruction.inputs.iter().any(|&(operand, _)| reads(operand)));
    it.stores.iter().find(|(kept, _)| *kept == register && !is_read).map(|(_, array)| *array)
}

/// An array that becomes a column of rows, if each element of the loop has one of it.
fn column(
    it: &Loop,
    array: ArrayId,
    pasted: &Pasted,
    [count, row, width]: [usize; 3],
) -> Option<(Source, usize, bool)> {
    if it.reductions.iter().any(|sum| sum.output == array) {
        return None; // It is not there yet.
    }
    let (from, step, column) = pasted.column(count, row, width)?;
    let register = it.stores.iter().find(|(_, kept)| *kept == array).map(|(register, _)| *register);
    let source = match (register, from, step) {
        (Some(register), 0, 1) => Source::Operand(Operand::Register(register)),
        (None, _, 1) => Source::Operand(Operand::Stream(array, from)),
        (None, _, 0) => Source::Element(array, from),
        _ => return None,
    };
    Some((source, column, pasted.adds))
}

/// Rows that become columns of others.
fn columns(
    it: &Interleaved,
    pasted: &Pasted,
    count: usize,
    width: usize,
    value: f64,
) -> Option<Vec<(Source, usize, bool)>> {
    let mut all = Vec::new();
    if it.row > 1 {
        return None;
    }
    for (from, column) in pasted.columns(count, it.width, width)? {
        let before = all.len();
        let pieces = it.pieces.iter().filter(|piece| piece.first == from);
        all.extend(pieces.map(|piece| (Source::Operand(piece.input), column, piece.adds || pasted.adds)));
        // What shows between the pieces must be the same, and what is added up must be added in the same order.
        let is_bare = it.pieces.iter().find(|piece| piece.first == from).is_none_or(|piece| piece.adds);
        if (is_bare && it.value.to_bits() != value.to_bits()) || (pasted.adds && all.len() > before + 1) {
            return None;
        }
    }
    Some(all)
}
