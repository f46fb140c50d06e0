//! Transposes that loops read, copied first.
//!
//! A block of a loop has some hundred elements. Of an array that is read across its rows that is a part of each of many lines
//! of the cache, all of which are fetched again for the next block. A copy takes eight rows together, and a line once.
use cinta_graph::{ArrayType, Strided};

use super::add_array;
use crate::steps::{Action, ArrayId, Loop, Lowered, Operand, Origin, Step};

/// The most elements of several rows that a block is sure to have whole.
const MOST: usize = 512;

/// A loop over fewer elements has one block, or finds in the cache what it reads again.
const MANY: usize = 4096;

/// Lets a loop of its own copy each transpose that is read where something is computed.
pub(super) fn copy_first(program: &mut Lowered) {
    let mut copies: Vec<((ArrayId, Strided), ArrayId)> = Vec::new();
    for mut step in std::mem::take(&mut program.steps) {
        if let Step::Loop(it) = &mut step
            && it.size >= MANY
            && !it.only_moves()
        {
            while let Some((at, what)) = transpose(it) {
                let mut instruction = it.body.remove(at);
                let read = instruction.output;
                let kept = it.take_store(read);
                let known = copies.iter().find(|(from, _)| kept.is_none() && *from == what).map(|&(_, copy)| copy);
                let copy = known.unwrap_or_else(|| {
                    let mut copy = Loop { size: it.size, ..Loop::default() };
                    let dtype = it.registers[read.index()];
                    let new = || add_array(&mut program.arrays, ArrayType::new(dtype, [it.size]), Origin::Step);
                    let output = kept.unwrap_or_else(new);
                    instruction.output = copy.register(dtype);
                    copy.stores.push((instruction.output, output));
                    copy.body.push(instruction);
                    program.steps.push(Step::Loop(copy));
                    copies.push((what, output));
                    output
                });
                it.replace(read, Operand::Stream(copy, 0));
            }
        }
        program.steps.push(step);
    }
}

/// The first instruction that reads elements which follow each other far apart, of rows side by side, and what it reads.
fn transpose(it: &Loop) -> Option<(usize, (ArrayId, Strided))> {
    it.body.iter().enumerate().find_map(|(at, instruction)| {
        let Action::Gather(array, view) = &instruction.action else { return None };
        let kept = it.stores.iter().filter(|(register, _)| *register == instruction.output).count();
        let together = view.merged().copied_together()?;
        (together > MOST && kept <= 1).then(|| (at, (*array, view.clone())))
    })
}

#[cfg(test)]
mod tests {
    use cinta_graph::{Tape, Value, Var};
    use ndarray::Array2;

    use super::*;
    use crate::Program;

    /// The loops of a program that only move elements, after its results were compared with the interpreter's.
    fn copies(size: [usize; 2], f: impl for<'t> Fn(Var<'t>) -> Vec<Var<'t>>) -> usize {
        let tape = Tape::new();
        let x = tape.var(Value::from(Array2::from_shape_fn(size, |(i, j)| (i * 1000 + j) as f64)));
        let results = f(x);
        let ids: Vec<_> = results.iter().map(|y| y.id()).collect();
        let mut program = Program::compile(&tape.graph(), &[x.id()], &ids).expect("a program");
        let numbers = x.value();
        let values = program.run(&[(&numbers).into()]).expect("results");
        assert!(values.iter().zip(&results).all(|(value, y)| *value == y.value()));
        let moves = |step: &&Step| matches!(step, Step::Loop(it) if it.only_moves());
        program.lowered.steps.iter().filter(moves).count()
    }

    #[test]
    fn a_transpose_is_copied_once_for_all_loops() {
        assert_eq!(copies([100, 90], |x| vec![x.t() + 1.0]), 1);
        assert_eq!(copies([100, 90], |x| vec![x.t() + 1.0, (x.t() + x.sum()) * 2.0]), 1);
        // One that is a result itself is copied there.
        assert_eq!(copies([100, 90], |x| vec![x.t() + 1.0, x.t()]), 1);
        assert_eq!(copies([103, 91], |x| vec![x.transpose(&[1, 0]) + 1.0, x.square()]), 1);
    }

    #[test]
    fn what_has_short_rows_or_few_elements_is_read_where_it_stands() {
        assert_eq!(copies([30, 200], |x| vec![x.t() + 1.0]), 0);
        assert_eq!(copies([70, 10], |x| vec![x.t() + 1.0]), 0);
    }
}
