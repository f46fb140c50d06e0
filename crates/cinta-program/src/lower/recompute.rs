//! Cheap values that a later loop computes once more, where to keep them would move more memory.
//!
//! A backward pass reads what the forward pass computed. A sum of an array and numbers, say, is faster made again from the
//! array than written and read.
use std::ops::RangeInclusive;

use cinta_graph::{DType, Op};
use smallvec::SmallVec;

use super::Lowering;
use crate::steps::{Action, ArrayId, Fill, Instruction, Operand, Register};

/// The most instructions that are worth less than writing an array.
const MOST: usize = 3;

/// Of how many elements truth values are compared again. Kept ones are short to read, but keep what writes and what reads them
/// from being native code; with more elements memory decides, with fewer nothing is gained.
const COMPARED: RangeInclusive<usize> = 1 << 11..=1 << 17;

impl Lowering<'_> {
    /// A register of an earlier loop over as many elements, computed once more in a loop: if nothing has kept it, it is plain
    /// arithmetic on one array and numbers. The bits stay the same.
    pub(super) fn again(&mut self, step: usize, home: usize, register: Register) -> Option<Register> {
        if self.open(home).stored(register).is_some() || self.open(home).it.size != self.open(step).it.size {
            return None;
        }
        if let Some(&known) = self.open(step).copies.get(&(home, register)) {
            return Some(known);
        }
        let dtype = self.open(home).it.registers[register.index()];
        let (mut instructions, mut array) = (Vec::new(), None);
        self.chain(home, register, &mut instructions, &mut array)?;
        let (array, _) = array?;
        let is_worth = match dtype {
            DType::Bool => COMPARED.contains(&self.open(step).it.size),
            _ => self.arrays[array.index()].ty.dtype == dtype,
        };
        if !is_worth {
            return None;
        }
        // The innermost first.
        for instruction in instructions.into_iter().rev() {
            if !self.open(step).copies.contains_key(&(home, instruction.output)) {
                self.copy(step, home, &instruction);
            }
        }
        self.open(step).copies.get(&(home, register)).copied()
    }

    /// The instructions that lead from an array to a register, the last one first.
    fn chain(
        &self,
        home: usize,
        register: Register,
        instructions: &mut Vec<Instruction>,
        array: &mut Option<(ArrayId, usize)>,
    ) -> Option<()> {
        let it = &self.open(home).it;
        let mut next = Some(register);
        while let Some(register) = next.take() {
            // Registers are numbered as they are written.
            let at = it.body.binary_search_by_key(&register, |instruction| instruction.output).ok()?;
            let instruction = &it.body[at];
            if instructions.len() == MOST || !is_plain(&instruction.action) {
                return None;
            }
            for &(operand, _) in &instruction.inputs {
                match operand {
                    Operand::Stream(read, from) if array.is_none_or(|known| known == (read, from)) => {
                        *array = Some((read, from));
                    }
                    Operand::Register(inner) if self.fill(home, inner).is_some() => {}
                    Operand::Register(inner) if next.is_none_or(|known| known == inner) => next = Some(inner),
                    _ => return None,
                }
            }
            instructions.push(instruction.clone());
        }
        Some(())
    }

    /// What a register of a loop is filled with.
    fn fill(&self, home: usize, register: Register) -> Option<&Fill> {
        let fills = &self.open(home).it.fills;
        fills.binary_search_by_key(&register, |(filled, _)| *filled).ok().map(|at| &fills[at].1)
    }

    /// An instruction of a loop in a later one, which has what it reads.
    fn copy(&mut self, step: usize, home: usize, instruction: &Instruction) {
        let mut inputs = SmallVec::new();
        for &(operand, dtype) in &instruction.inputs {
            let operand = match operand {
                Operand::Stream(..) => operand,
                Operand::Register(register) => Operand::Register(match self.fill(home, register).cloned() {
                    Some(Fill::Number(number)) => self.open_mut(step).number(&number),
                    Some(Fill::Element(array, offset)) => self.open_mut(step).element(array, offset, dtype),
                    None => self.open(step).copies[&(home, register)],
                }),
            };
            inputs.push((operand, dtype));
        }
        let dtype = self.open(home).it.registers[instruction.output.index()];
        let open = self.open_mut(step);
        let output = open.push(instruction.action.clone(), inputs, dtype, instruction.node);
        open.copies.insert((home, instruction.output), output);
    }
}

/// Whether an instruction takes no longer than to write what it gives.
fn is_plain(action: &Action) -> bool {
    use Op::{Abs, Add, Compare, Mul, Neg, Square, Sub};
    matches!(action, Action::Apply(Add(_) | Sub(_) | Mul(_) | Neg(_) | Abs(_) | Square(_) | Compare(_)))
}
