//! Sums in registers, from the first element to the last.
use super::encoding::{Jump, Masked, Memory, RAX, RCX, Source, Table, Vector};
use super::lines::{Two, Work};
use super::registers::{Code, LEFT, LEFT_NARROW};

impl Code<'_> {
    /// Sums have registers of their own throughout, which are loaded first; at the first element they are 0.
    pub(super) fn begin_sums(&mut self) {
        for work in &self.lines.all {
            if let Work::Sum(_, operand) = *work {
                self.pool -= 1;
                self.sums.push((Vector(self.pool), operand));
            }
        }
        if self.sums.is_empty() {
            return;
        }
        self.encoder.test(RAX);
        let goes_on = self.encoder.jump(Jump::NotZero);
        for &(register, _) in &self.sums {
            let itself = Source::Register(register);
            self.encoder.vector(Table::Packed, Two::Xor as u8, register, Some(register), itself);
        }
        let begun = self.encoder.jump(Jump::Always);
        self.encoder.land(goes_on);
        self.move_sums(0x10);
        self.encoder.land(begun);
    }

    /// And stored at the end.
    pub(super) fn end_sums(&mut self) {
        self.move_sums(0x11);
    }

    fn move_sums(&mut self, opcode: u8) {
        for (register, operand) in self.sums.clone() {
            self.encoder.load_entry(RCX, operand);
            self.encoder.vector(Table::Packed, opcode, register, None, Source::Memory(Memory::At(RCX)));
        }
    }

    /// Adds to a sum; at the end only the elements that are left.
    pub(super) fn add(&mut self, from: Vector, operand: usize) {
        const ADD: u8 = Two::Add as u8;
        let (sum, _) = *self.sums.iter().find(|(_, of)| *of == operand).expect("a sum");
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
