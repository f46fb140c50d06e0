//! Sums in registers, from the first element to the last.
use smallvec::SmallVec;

use super::encoding::{Jump, Masked, Memory, RAX, RCX, Source, Table, Vector};
use super::registers::{Code, LEFT, LEFT_NARROW};
use super::work::{Two, Work};

/// A sum, in a register for each vector of a turn of the loop.
#[derive(Clone)]
pub(super) struct InRegisters {
    registers: SmallVec<[Vector; 4]>,
    operand: usize,
}

impl Code {
    /// Sums have registers of their own throughout, of which the first are loaded; at the first element they are 0.
    pub(super) fn begin_sums(&mut self) {
        let vectors = self.vectors;
        for work in &self.lines.clone().all {
            if let Work::Sum(_, operand, 0) = *work {
                self.pool -= vectors;
                let registers = (self.pool..self.pool + vectors).map(Vector).collect();
                self.sums.push(InRegisters { registers, operand });
            }
        }
        if self.sums.is_empty() {
            return;
        }
        let sums = self.sums.clone();
        for &register in sums.iter().flat_map(|sum| &sum.registers[1..]) {
            self.clear(register);
        }
        self.encoder.test(RAX);
        let goes_on = self.encoder.jump(Jump::NotZero);
        for sum in &sums {
            self.clear(sum.registers[0]);
        }
        let begun = self.encoder.jump(Jump::Always);
        self.encoder.land(goes_on);
        self.move_sums(0x10);
        self.encoder.land(begun);
    }

    fn clear(&mut self, register: Vector) {
        self.encoder.vector(Table::Packed, Two::Xor as u8, register, Some(register), Source::Register(register));
    }

    /// And added together and stored at the end.
    pub(super) fn end_sums(&mut self) {
        for InRegisters { registers, .. } in self.sums.clone() {
            let pairs: &[(usize, usize)] = match registers.len() {
                1 => &[],
                2 => &[(0, 1)],
                _ => &[(0, 1), (2, 3), (0, 2)],
            };
            for &(to, from) in pairs {
                let (to, from) = (registers[to], registers[from]);
                self.encoder.vector(Table::Packed, Two::Add as u8, to, Some(to), Source::Register(from));
            }
        }
        self.move_sums(0x11);
    }

    fn move_sums(&mut self, opcode: u8) {
        for InRegisters { registers, operand } in self.sums.clone() {
            self.encoder.load_entry(RCX, operand);
            self.encoder.vector(Table::Packed, opcode, registers[0], None, Source::Memory(Memory::At(RCX)));
        }
    }

    /// Adds to a sum; at the end only the elements that are left.
    pub(super) fn add(&mut self, from: Vector, operand: usize, vector: u8) {
        const ADD: u8 = Two::Add as u8;
        let sum = self.sums.iter().find(|sum| sum.operand == operand).expect("a sum").registers[usize::from(vector)];
        match (self.is_rest, self.encoder.wide) {
            (false, _) => self.encoder.vector(Table::Packed, ADD, sum, Some(sum), Source::Register(from)),
            (true, true) => {
                let mask = Masked(LEFT, false);
                self.encoder.masked(Table::Packed, ADD, sum, Some(sum), Source::Register(from), mask);
            }
            (true, false) => {
                let left = self.take(&[from]);
                let mask = Source::Register(LEFT_NARROW);
                self.encoder.vector(Table::Packed, Two::And as u8, left, Some(from), mask);
                self.encoder.vector(Table::Packed, ADD, sum, Some(sum), Source::Register(left));
            }
        }
    }
}
