//! Lines in registers: which value stands in which of them, and when it must leave.
//!
//! Lines are straight, so the value whose next reader is farthest away leaves first (L. A. Belady, 1966, of pages). What was read
//! is read again later, what was written is read from there, and anything else goes to the stack.
use smallvec::SmallVec;

use super::encoding::{Encoder, General, Masked, Memory, RCX, Source, Table, Vector};
use super::lines::{Draft, Line, Work};
use super::sums::InRegisters;

/// The mask of what a comparison found, and of the elements that are left at the end.
const FOUND: u8 = 1;
pub(super) const LEFT: u8 = 2;
/// The same at the end, of 256 bits.
pub(super) const LEFT_NARROW: Vector = Vector(15);

/// Where a value can be read again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Home {
    Nowhere,
    Stack(usize),
    Operand(usize),
}

pub(super) struct Code<'l> {
    pub(super) lines: &'l Draft,
    pub(super) encoder: Encoder,
    /// The lines that read each, in order.
    readers: Vec<SmallVec<[u32; 4]>>,
    /// Where operands begin, if a register says so.
    pub(super) pointers: Vec<Option<General>>,
    /// Where numbers stand throughout.
    settled: Vec<Option<Vector>>,
    pub(super) sums: Vec<InRegisters>,
    /// Which vector of a turn of the loop a body is for.
    pub(super) turn: usize,
    /// What is free to take values in turn.
    pub(super) pool: u8,
    pub(super) slots: usize,
    // While a body is written:
    held: Vec<Option<Line>>,
    at: Vec<Option<Vector>>,
    homes: Vec<Home>,
    free_slots: Vec<usize>,
    /// How many readers of each line have been.
    passed: Vec<usize>,
    /// The comparison that the mask register holds.
    found: Option<Line>,
    pub(super) is_rest: bool,
}

impl<'l> Code<'l> {
    pub(super) fn new(lines: &'l Draft, wide: bool) -> Self {
        let count = lines.all.len();
        let mut readers = vec![SmallVec::new(); count];
        for (position, work) in (0..).zip(&lines.all) {
            for line in work.reads().into_iter().flatten() {
                if readers[line.index()].last() != Some(&position) {
                    readers[line.index()].push(position);
                }
            }
        }
        Self {
            lines,
            encoder: Encoder::new(wide, lines.double),
            readers,
            pointers: vec![None; lines.kinds.count],
            settled: vec![None; count],
            sums: Vec::new(),
            turn: 0,
            pool: if wide { 32 } else { LEFT_NARROW.0 },
            slots: 0,
            held: Vec::new(),
            at: Vec::new(),
            homes: Vec::new(),
            free_slots: Vec::new(),
            passed: Vec::new(),
            found: None,
            is_rest: false,
        }
    }

    fn is_number(&self, line: Line) -> bool {
        matches!(self.lines.all[line.index()], Work::Number(_) | Work::Constant(_))
    }

    /// Numbers get the registers that the other values never need at a time, those first that are read most often.
    pub(super) fn settle_numbers(&mut self) {
        let all = || (0..).zip(&self.lines.all).map(|(i, _)| Line(i));
        let mut change = vec![0_i32; self.lines.all.len() + 1];
        for line in all().filter(|&line| !self.is_number(line)) {
            let readers = &self.readers[line.index()];
            let (Some(&first), Some(&last)) = (readers.first(), readers.last()) else { continue };
            let is_read = matches!(self.lines.all[line.index()], Work::Stream(_));
            change[if is_read { first as usize } else { line.index() }] += 1;
            change[last as usize + 1] -= 1;
        }
        let alive = change.iter().scan(0, |alive, change| {
            *alive += change;
            Some(*alive)
        });
        // One more for a result beside its operands.
        let most = alive.max().unwrap_or(0) + 1;
        let left = i32::from(self.pool) - most.max(4);
        let mut numbers: Vec<Line> =
            all().filter(|&line| self.is_number(line) && !self.readers[line.index()].is_empty()).collect();
        numbers.sort_by_key(|line| std::cmp::Reverse(self.readers[line.index()].len()));
        for (line, _) in numbers.into_iter().zip(0..left) {
            self.pool -= 1;
            let register = Vector(self.pool);
            self.read_number(line, register);
            self.settled[line.index()] = Some(register);
        }
    }

    /// Loads a number into all elements of a register.
    fn read_number(&mut self, line: Line, to: Vector) {
        match self.lines.all[line.index()] {
            Work::Number(entry) => {
                self.encoder.load_entry(RCX, entry);
                self.encoder.broadcast(to, Memory::At(RCX));
            }
            Work::Constant(bits) => {
                let bytes = bits.to_le_bytes();
                let constant = self.encoder.constant(if self.lines.double { &bytes } else { &bytes[..4] });
                self.encoder.broadcast(to, Memory::Constant(constant));
            }
            _ => unreachable!("a number"),
        }
    }

    /// All lines once, for as many elements as a register has or for those that are left.
    pub(super) fn body(&mut self, is_rest: bool) {
        let count = self.lines.all.len();
        (self.held, self.at) = (vec![None; self.pool.into()], self.settled.clone());
        (self.homes, self.passed) = (vec![Home::Nowhere; count], vec![0; count]);
        (self.found, self.is_rest) = (None, is_rest);
        for (position, &work) in self.lines.all.iter().enumerate() {
            self.line(Line(u32::try_from(position).expect("few lines")), work);
        }
        self.free_slots = (0..self.slots).collect();
    }

    fn line(&mut self, line: Line, work: Work) {
        match work {
            Work::Stream(_) | Work::Number(_) | Work::Constant(_) => {} // Where it is read.
            Work::Two(two, a, b) => {
                let first = self.register(a, &[]);
                let second = self.source(b, &[first]);
                let to = self.result(line, work);
                self.encoder.vector(Table::Packed, two as u8, to, Some(first), second);
            }
            Work::Sqrt(a) => {
                let source = self.source(a, &[]);
                let to = self.result(line, work);
                self.encoder.vector(Table::Packed, 0x51, to, None, source);
            }
            Work::Round(mode, a) => {
                let source = self.source(a, &[]);
                let to = self.result(line, work);
                let opcode = if self.lines.double { 0x09 } else { 0x08 };
                self.encoder.with_byte(Table::Third, opcode, to, None, source, mode);
            }
            Work::Compare(relation, a, b) => {
                let first = self.register(a, &[]);
                let second = self.source(b, &[first]);
                if !self.encoder.wide {
                    let to = self.result(line, work);
                    self.encoder.with_byte(Table::Packed, 0xc2, to, Some(first), second, relation as u8);
                    return;
                }
                self.encoder.with_byte(Table::Packed, 0xc2, Vector(FOUND), Some(first), second, relation as u8);
                self.found = Some(line);
                if self.is_chosen_by_next(line) {
                    return self.pass(work);
                }
                let to = self.result(line, work);
                self.encoder.vector(Table::Moves, 0x38, to, None, Source::Register(Vector(FOUND)));
            }
            Work::Choose(mask, yes, no) => {
                if self.encoder.wide {
                    if self.found != Some(mask) {
                        let from = self.register(mask, &[]);
                        self.encoder.vector(Table::Moves, 0x39, Vector(FOUND), None, Source::Register(from));
                        self.found = Some(mask);
                    }
                    let no = self.register(no, &[]);
                    let yes = self.source(yes, &[no]);
                    let to = self.result(line, work);
                    self.encoder.masked(Table::Second, 0x65, to, Some(no), yes, Masked(FOUND, false));
                } else {
                    let mask = self.register(mask, &[]);
                    let no = self.register(no, &[mask]);
                    let yes = self.register(yes, &[mask, no]);
                    let to = self.result(line, work);
                    self.encoder.blend(to, no, yes, mask);
                }
            }
            Work::Sum(from, operand) => {
                let register = self.register(from, &[]);
                self.add(register, operand);
                self.pass(work);
            }
            Work::Store(from, operand) => {
                let register = self.register(from, &[]);
                self.store(register, operand);
                if self.homes[from.index()] == Home::Nowhere {
                    self.homes[from.index()] = Home::Operand(operand);
                }
                self.pass(work);
            }
        }
    }

    /// Whether the next line chooses by a comparison, and no other needs it.
    fn is_chosen_by_next(&self, line: Line) -> bool {
        let next = line.index() + 1;
        let chooses = matches!(self.lines.all.get(next), Some(Work::Choose(mask, yes, no)) if *mask == line && line != *yes && line != *no);
        chooses && self.readers[line.index()].len() == 1
    }

    /// The register in which a value stands, or now does; some others must stay.
    fn register(&mut self, line: Line, stay: &[Vector]) -> Vector {
        if let Some(register) = self.at[line.index()] {
            return register;
        }
        let to = self.take(stay);
        match (self.homes[line.index()], self.lines.all[line.index()]) {
            (Home::Stack(slot), _) => {
                self.encoder.vector(Table::Packed, 0x10, to, None, on_stack(slot));
            }
            (Home::Operand(operand), _) | (Home::Nowhere, Work::Stream(operand)) => self.load(to, operand),
            (Home::Nowhere, _) => self.read_number(line, to),
        }
        self.hold(to, line);
        to
    }

    /// The same, or where it can be read from if it is not read again.
    fn source(&mut self, line: Line, stay: &[Vector]) -> Source {
        if let (None, Work::Stream(operand), 1, false) = (
            self.at[line.index()],
            self.lines.all[line.index()],
            self.readers[line.index()].len() - self.passed[line.index()],
            self.is_rest,
        ) {
            return Source::Memory(self.memory(operand));
        }
        Source::Register(self.register(line, stay))
    }

    fn hold(&mut self, register: Vector, line: Line) {
        self.held[usize::from(register.0)] = Some(line);
        self.at[line.index()] = Some(register);
    }

    /// The register that a line writes, which may be one that it reads last.
    fn result(&mut self, line: Line, work: Work) -> Vector {
        self.pass(work);
        let to = self.take(&[]);
        if !self.readers[line.index()].is_empty() {
            self.hold(to, line);
        }
        to
    }

    /// What a line has read for the last time leaves its register.
    fn pass(&mut self, work: Work) {
        let mut reads = work.reads();
        for i in 0..3 {
            let Some(line) = reads[i].take() else { continue };
            if reads.contains(&Some(line)) {
                continue; // Read twice by this line: counted once.
            }
            let index = line.index();
            self.passed[index] += 1;
            if self.passed[index] == self.readers[index].len() && self.settled[index].is_none() {
                if let Some(register) = self.at[index].take() {
                    self.held[usize::from(register.0)] = None;
                }
                if let Home::Stack(slot) = self.homes[index] {
                    self.free_slots.push(slot);
                }
            }
        }
    }

    /// A register that is free, or made free.
    pub(super) fn take(&mut self, stay: &[Vector]) -> Vector {
        if let Some(free) = self.held.iter().position(Option::is_none) {
            return vector(free);
        }
        let next = |line: Line| self.readers[line.index()].get(self.passed[line.index()]).copied();
        let others = self.held.iter().enumerate().filter(|(i, _)| !stay.contains(&vector(*i)));
        let (last, line) = others
            .filter_map(|(i, held)| held.map(|line| (i, line)))
            .max_by_key(|&(_, line)| next(line))
            .expect("more registers than operands");
        let (register, index) = (vector(last), line.index());
        let is_computed = !matches!(self.lines.all[index], Work::Stream(_) | Work::Number(_) | Work::Constant(_));
        if is_computed && self.homes[index] == Home::Nowhere {
            let slot = self.free_slots.pop().unwrap_or_else(|| {
                self.slots += 1;
                self.slots - 1
            });
            self.encoder.vector(Table::Packed, 0x11, register, None, on_stack(slot));
            self.homes[index] = Home::Stack(slot);
        }
        (self.held[last], self.at[index]) = (None, None);
        register
    }

    /// Where the elements of an operand stand now.
    fn memory(&mut self, operand: usize) -> Memory {
        if let Some(pointer) = self.pointers[operand] {
            return Memory::Indexed(pointer);
        }
        self.encoder.load_entry(RCX, operand);
        Memory::Indexed(RCX)
    }

    fn load(&mut self, to: Vector, operand: usize) {
        let from = Source::Memory(self.memory(operand));
        match (self.is_rest, self.encoder.wide) {
            (false, _) => self.encoder.vector(Table::Packed, 0x10, to, None, from),
            (true, true) => self.encoder.masked(Table::Packed, 0x10, to, None, from, Masked(LEFT, true)),
            (true, false) => {
                let opcode = if self.lines.double { 0x2d } else { 0x2c };
                self.encoder.vector(Table::Second, opcode, to, Some(LEFT_NARROW), from);
            }
        }
    }

    fn store(&mut self, from: Vector, operand: usize) {
        let to = Source::Memory(self.memory(operand));
        match (self.is_rest, self.encoder.wide) {
            (false, _) => self.encoder.vector(Table::Packed, 0x11, from, None, to),
            (true, true) => self.encoder.masked(Table::Packed, 0x11, from, None, to, Masked(LEFT, false)),
            (true, false) => {
                let opcode = if self.lines.double { 0x2f } else { 0x2e };
                self.encoder.vector(Table::Second, opcode, from, Some(LEFT_NARROW), to);
            }
        }
    }
}

fn on_stack(slot: usize) -> Source {
    Source::Memory(Memory::Stack(i32::try_from(64 * slot).expect("few values")))
}

fn vector(index: usize) -> Vector {
    Vector(u8::try_from(index).expect("32 at most"))
}
