//! The instructions of each line.
use smallvec::SmallVec;

use super::encoding::{Masked, Source, Table, Vector};
use super::registers::Code;
use super::work::{Line, Relation, Work};

/// The mask register of what a comparison found.
const FOUND: u8 = 1;

impl Code {
    /// Writes a line.
    pub(super) fn line(&mut self, line: Line, work: Work) {
        let double = self.lines.double;
        match work {
            Work::Stream(..) | Work::Number(_) | Work::Constant(_) => {} // Where it is read.
            Work::Two(two, a, b) => self.two(line, work, [a, b], Table::Packed, two as u8),
            Work::AddBits(a, b) => self.two(line, work, [a, b], Table::Integers, if double { 0xd4 } else { 0xfe }),
            Work::Sqrt(a) => {
                let source = self.source(a, &[]);
                let to = self.result(line, work);
                self.encoder.vector(Table::Packed, 0x51, to, None, source);
            }
            Work::Fused(signs, all) => self.fused(line, work, signs, all),
            Work::Shift { down, by, of } => {
                let from = self.register(of, &[]);
                let to = self.result(line, work);
                // Which shift it is stands where others have a register.
                let kind = Vector(if down { 2 } else { 6 });
                let opcode = if double { 0x73 } else { 0x72 };
                self.encoder.with_byte(Table::Integers, opcode, kind, Some(to), Source::Register(from), by);
            }
            Work::Round(mode, a) => {
                let source = self.source(a, &[]);
                let to = self.result(line, work);
                self.encoder.with_byte(Table::Third, if double { 0x09 } else { 0x08 }, to, None, source, mode);
            }
            Work::Compare(relation, a, b) => {
                let first = self.register(a, &[]);
                let second = self.source(b, &[first]);
                if self.encoder.wide {
                    self.compare(Vector(FOUND), relation, first, second);
                    let to = self.result(line, work);
                    self.encoder.vector(Table::Moves, 0x38, to, None, Source::Register(Vector(FOUND)));
                } else {
                    let to = self.result(line, work);
                    self.compare(to, relation, first, second);
                }
            }
            Work::Choose(relation, all) => self.choose(line, work, relation, all),
            Work::Sum(from, operand, vector) => {
                let register = self.register(from, &[]);
                self.add(register, operand, vector);
                self.pass(work);
            }
            Work::Store(from, operand, vector) => {
                self.store(from, operand, vector);
                self.pass(work);
            }
        }
    }

    /// An instruction of two operands.
    fn two(&mut self, line: Line, work: Work, [a, b]: [Line; 2], table: Table, opcode: u8) {
        let first = self.register(a, &[]);
        let second = self.source(b, &[first]);
        let to = self.result(line, work);
        self.encoder.vector(table, opcode, to, Some(first), second);
    }

    /// A comparison, into a vector register or, of wide ones, a mask register.
    fn compare(&mut self, to: Vector, relation: Relation, first: Vector, second: Source) {
        self.encoder.with_byte(Table::Packed, 0xc2, to, Some(first), second, relation as u8);
    }

    /// A choice by a comparison.
    fn choose(&mut self, line: Line, work: Work, relation: Relation, [a, b, yes, no]: [Line; 4]) {
        let first = self.register(a, &[]);
        let second = self.source(b, &[first]);
        if self.encoder.wide {
            self.compare(Vector(FOUND), relation, first, second);
            let no = self.register(no, &[]);
            let yes = self.source(yes, &[no]);
            let to = self.result(line, work);
            self.encoder.masked(Table::Second, 0x65, to, Some(no), yes, Masked(FOUND, false));
            return;
        }
        // The mask stands where the result will.
        let mut stay: SmallVec<[Vector; 2]> = SmallVec::from_slice(&[first]);
        if let Source::Register(second) = second {
            stay.push(second);
        }
        let to = self.take(&stay);
        self.compare(to, relation, first, second);
        self.hold(to, line);
        let no = self.register(no, &[to]);
        let yes = self.register(yes, &[to, no]);
        self.encoder.blend(to, no, yes, to);
        self.pass(work);
    }

    /// A product and a third number: the result takes the place of one of them, and one may stand in memory.
    fn fused(&mut self, line: Line, work: Work, [negates, subtracts]: [bool; 2], all: [Line; 3]) {
        let is_alone = |line: Line| all.iter().filter(|&&other| other == line).count() == 1;
        let in_memory = (0..3).rev().find(|&i| self.is_read_from_memory(all[i]) && is_alone(all[i]));
        let mut registers: [Option<Vector>; 3] = [None; 3];
        let mut stay: SmallVec<[Vector; 3]> = SmallVec::new();
        for i in (0..3).filter(|&i| Some(i) != in_memory) {
            let register = self.register(all[i], &stay);
            registers[i] = Some(register);
            stay.push(register);
        }
        let memory = in_memory.map(|i| self.source(all[i], &stay));
        let in_register = |i: usize| registers[i].expect("a register");
        let last_read = (0..3).find(|&i| registers[i].is_some() && self.is_last(all[i]));
        let at = last_read.unwrap_or_else(|| usize::from(in_memory == Some(0)));
        let to = if last_read.is_some() {
            in_register(at)
        } else {
            let to = self.take(&stay);
            self.encoder.vector(Table::Packed, 0x28, to, None, Source::Register(in_register(at)));
            to
        };
        // Of the other two the last may stand in memory.
        let others: SmallVec<[usize; 2]> = (0..3).filter(|&i| i != at).collect();
        let last = in_memory.unwrap_or(others[1]);
        let middle = if last == others[0] { others[1] } else { others[0] };
        // `to` is the third number: 231; it is a factor, and the last is the third number: 213, or the other factor: 132.
        let order = match (at, last) {
            (2, _) => 0xb8,
            (_, 2) => 0xa8,
            _ => 0x98,
        };
        let opcode = order + 4 * u8::from(negates) + 2 * u8::from(subtracts);
        let source = memory.unwrap_or_else(|| Source::Register(in_register(last)));
        self.encoder.vector(Table::Fused, opcode, to, registers[middle], source);
        self.pass(work);
        self.hold(to, line);
    }
}
