//! Lines in registers: which value stands in which of them, and when it must leave.
//!
//! Lines are straight, so the value whose next reader is farthest away leaves first (L. A. Belady, 1966, of pages). What was read
//! is read again later, what was written is read from there, and anything else goes to the stack.
use rustc_hash::FxHashMap;
use smallvec::SmallVec;

use super::encoding::{Encoder, General, Masked, Memory, RCX, Source, Table, Vector};
use super::lines::Draft;
use super::sums::InRegisters;
use super::work::{Line, Work};

/// The mask of the elements that are left at the end.
pub(super) const LEFT: u8 = 2;
/// The same at the end, of 256 bits.
pub(super) const LEFT_NARROW: Vector = Vector(15);

/// Where a value can be read again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Home {
    Nowhere,
    Stack(usize),
    Operand(usize, u8),
}

pub(super) struct Code {
    pub(super) lines: Draft,
    pub(super) encoder: Encoder,
    /// The lines that read each, in order.
    readers: Vec<SmallVec<[u32; 4]>>,
    /// Where operands begin, if a register says so.
    pub(super) pointers: Vec<Option<General>>,
    /// Where numbers stand throughout.
    settled: FxHashMap<Work, Vector>,
    pub(super) sums: Vec<InRegisters>,
    /// How many vectors a turn of the loop takes.
    pub(super) vectors: u8,
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
    pub(super) is_rest: bool,
}

impl Code {
    pub(super) fn new(lines: Draft, wide: bool) -> Self {
        let pool = if wide { 32 } else { LEFT_NARROW.0 };
        let mut code = Self {
            lines: Draft::empty(),
            encoder: Encoder::new(wide, lines.double),
            readers: Vec::new(),
            pointers: vec![None; lines.kinds.count],
            settled: FxHashMap::default(),
            sums: Vec::new(),
            vectors: lines.vectors(pool.into()),
            pool,
            slots: 0,
            held: Vec::new(),
            at: Vec::new(),
            homes: Vec::new(),
            free_slots: Vec::new(),
            passed: Vec::new(),
            is_rest: false,
        };
        code.take_lines(lines);
        code
    }

    /// Other lines of the same operands.
    pub(super) fn take_lines(&mut self, lines: Draft) {
        self.readers = vec![SmallVec::new(); lines.all.len()];
        for (position, work) in (0..).zip(&lines.all) {
            for line in work.reads().into_iter().flatten() {
                if self.readers[line.index()].last() != Some(&position) {
                    self.readers[line.index()].push(position);
                }
            }
        }
        self.lines = lines;
    }

    fn is_settled(&self, line: Line) -> bool {
        self.is_number(line) && self.settled.contains_key(&self.lines.all[line.index()])
    }

    /// Whether nobody reads it after the present line.
    pub(super) fn is_last(&self, line: Line) -> bool {
        !self.is_settled(line) && self.passed[line.index()] + 1 == self.readers[line.index()].len()
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
            let is_read = matches!(self.lines.all[line.index()], Work::Stream(..));
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
            self.settled.insert(self.lines.all[line.index()], register);
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
        self.held = vec![None; self.pool.into()];
        self.at = self.lines.all.iter().map(|work| self.settled.get(work).copied()).collect();
        (self.homes, self.passed) = (vec![Home::Nowhere; count], vec![0; count]);
        self.is_rest = is_rest;
        for (position, work) in self.lines.all.clone().into_iter().enumerate() {
            self.line(Line(u32::try_from(position).expect("few lines")), work);
        }
        self.free_slots = (0..self.slots).collect();
    }

    /// Whether an instruction can read it where it stands.
    pub(super) fn is_read_from_memory(&self, line: Line) -> bool {
        if self.at[line.index()].is_some() {
            return false;
        }
        match self.lines.all[line.index()] {
            Work::Constant(_) => true,
            Work::Stream(..) => self.is_last(line) && !self.is_rest,
            _ => false,
        }
    }

    /// The register in which a value stands, or now does; some others must stay.
    pub(super) fn register(&mut self, line: Line, stay: &[Vector]) -> Vector {
        if let Some(register) = self.at[line.index()] {
            return register;
        }
        let to = self.take(stay);
        match (self.homes[line.index()], self.lines.all[line.index()]) {
            (Home::Stack(slot), _) => {
                self.encoder.vector(Table::Packed, 0x10, to, None, on_stack(slot));
            }
            (Home::Operand(operand, vector), _) | (Home::Nowhere, Work::Stream(operand, vector)) => {
                self.load(to, operand, vector);
            }
            (Home::Nowhere, _) => self.read_number(line, to),
        }
        self.hold(to, line);
        to
    }

    /// The same, or where it can be read from if it is not read again.
    pub(super) fn source(&mut self, line: Line, stay: &[Vector]) -> Source {
        if self.is_read_from_memory(line) {
            match self.lines.all[line.index()] {
                Work::Stream(operand, vector) => return Source::Memory(self.memory(operand, vector)),
                Work::Constant(bits) => return Source::Memory(self.encoder.spread(bits)),
                _ => {}
            }
        }
        Source::Register(self.register(line, stay))
    }

    /// A register holds what a line computes, if anybody reads it.
    pub(super) fn hold(&mut self, register: Vector, line: Line) {
        if !self.readers[line.index()].is_empty() {
            self.held[usize::from(register.0)] = Some(line);
            self.at[line.index()] = Some(register);
        }
    }

    /// The register that a line writes, which may be one that it reads last.
    pub(super) fn result(&mut self, line: Line, work: Work) -> Vector {
        self.pass(work);
        let to = self.take(&[]);
        self.hold(to, line);
        to
    }

    /// What a line has read for the last time leaves its register.
    pub(super) fn pass(&mut self, work: Work) {
        let mut reads = work.reads();
        for i in 0..reads.len() {
            let Some(line) = reads[i].take() else { continue };
            if reads.contains(&Some(line)) {
                continue; // Read twice by this line: counted once.
            }
            let index = line.index();
            self.passed[index] += 1;
            if self.passed[index] == self.readers[index].len() && !self.is_settled(line) {
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
        if !self.lines.all[index].is_given() && self.homes[index] == Home::Nowhere {
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
    fn memory(&mut self, operand: usize, vector: u8) -> Memory {
        if let Some(pointer) = self.pointers[operand] {
            return Memory::Indexed(pointer, vector);
        }
        self.encoder.load_entry(RCX, operand);
        Memory::Indexed(RCX, vector)
    }

    fn load(&mut self, to: Vector, operand: usize, vector: u8) {
        let from = Source::Memory(self.memory(operand, vector));
        match (self.is_rest, self.encoder.wide) {
            (false, _) => self.encoder.vector(Table::Packed, 0x10, to, None, from),
            (true, true) => self.encoder.masked(Table::Packed, 0x10, to, None, from, Masked(LEFT, true)),
            (true, false) => {
                let opcode = if self.lines.double { 0x2d } else { 0x2c };
                self.encoder.vector(Table::Second, opcode, to, Some(LEFT_NARROW), from);
            }
        }
    }

    /// Elements of an operand become a value, which can be read again from there.
    pub(super) fn store(&mut self, line: Line, operand: usize, vector: u8) {
        let from = self.register(line, &[]);
        if self.homes[line.index()] == Home::Nowhere {
            self.homes[line.index()] = Home::Operand(operand, vector);
        }
        let to = Source::Memory(self.memory(operand, vector));
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
