//! The order of lines: what others wait for longest comes first, so that units of the processor are seldom idle.
//!
//! A processor looks some hundred vector instructions ahead. In a long function, where each waits for the one before, it finds little
//! there, so the lines of several vectors are laid between one another, by a list schedule (D. Landskov et al., *Local Microcode
//! Compaction Techniques*, 1980) on a simple model: an instruction a cycle, whose result takes some.
use smallvec::SmallVec;

use super::lines::Draft;
use super::work::{Line, Two, Work};

/// A sum of up to so many lines would wait for itself, if it were one.
const SHORT: usize = 8;
/// Long functions of up to so many lines are worked out for four vectors together.
const FEW: usize = 64;
/// About how many instructions ahead a processor looks, and how many it could begin in a cycle.
const AHEAD: f64 = 128.0;
const AT_ONCE: f64 = 1.6;
/// More lines in a turn would have to be decoded anew each time.
const MANY: usize = 1024;

/// Cycles until a result can be read, about: of processors of AMD and Intel since 2017.
fn latency(work: &Work) -> u32 {
    match work {
        Work::Stream(..) | Work::Number(_) | Work::Constant(_) | Work::Store(..) => 0,
        Work::Two(Two::And | Two::AndNot | Two::Or | Two::Xor, ..) | Work::AddBits(..) | Work::Shift { .. } => 1,
        Work::Two(Two::Div, ..) => 14,
        Work::Two(..) | Work::Fused(..) | Work::Compare(..) | Work::Sum(..) => 4,
        Work::Choose(..) => 5,
        Work::Round(..) => 8,
        Work::Sqrt(_) => 20,
    }
}

/// A line on its way to its place.
#[derive(Default)]
struct Waiting {
    /// How many lines must still come before.
    needs: usize,
    /// Those that wait for it.
    waiters: SmallVec<[Line; 4]>,
    /// How many are still to read it.
    readers: usize,
    /// Cycles from its start to the end of all that wait for it.
    height: u32,
    /// When all that it needs is there.
    from: u32,
    /// Whether a register holds it.
    is_held: bool,
}

impl Draft {
    /// How many vectors a turn of the loop takes, with so many registers.
    pub(super) fn vectors(&self, registers: usize) -> u8 {
        let sums = self.all.iter().filter(|work| matches!(work, Work::Sum(..))).count();
        let count = self.all.iter().filter(|work| !work.is_given()).count();
        let wanted = if !self.is_long() {
            if sums > 0 && self.all.len() <= SHORT { 4 } else { 1 }
        } else if count <= FEW {
            4
        } else {
            // As many as keep the units busy, less those that the processor finds for itself.
            let height = self.waiting().iter().map(|it| it.height).max().unwrap_or(0);
            match AT_ONCE * f64::from(height) / (count as f64).max(AHEAD) {
                ..1.35 => 1,
                ..2.5 => 2,
                _ => 4,
            }
        };
        // Each sum has a register for each vector.
        let fits = |it: usize| sums * it <= registers / 2 && count * it <= MANY;
        [4, 2].into_iter().find(|&it| it <= wanted && fits(it.into())).unwrap_or(1)
    }

    /// Whether there is more among them than plain arithmetic.
    fn is_long(&self) -> bool {
        self.all.iter().any(|work| matches!(work, Work::Fused(..)))
    }

    /// The lines of several vectors in a good order, for as many registers.
    pub(super) fn scheduled(&self, vectors: u8, registers: usize) -> Self {
        if vectors == 1 && !self.is_long() {
            return self.clone();
        }
        let lines = self.repeated(vectors);
        let order = Schedule { waiting: lines.waiting(), lines: &lines, held: 0, now: 0 }.run(registers);
        lines.in_order(&order)
    }

    fn waiting(&self) -> Vec<Waiting> {
        let mut all: Vec<Waiting> = Vec::with_capacity(self.all.len());
        // What is read must not be overwritten before: an array may be written where another ends. Each vector has its own elements.
        let mut reading: SmallVec<[(Line, u8); 16]> = SmallVec::new();
        for (line, work) in (0..).map(Line).zip(&self.all) {
            let mut needed = work.reads_once();
            needed.iter().for_each(|other| all[other.index()].readers += 1);
            let vector_of =
                |other: &Line| if let Work::Stream(_, it) = self.all[other.index()] { Some(it) } else { None };
            let reads = needed.iter().find_map(vector_of);
            if let Work::Store(from, _, vector) = work {
                let others = reading.iter().filter(|(other, of)| other != from && of == vector);
                needed.extend(others.map(|(other, _)| *other));
            }
            reading.extend(reads.map(|vector| (line, vector)));
            needed.iter().for_each(|other| all[other.index()].waiters.push(line));
            all.push(Waiting { needs: needed.len(), ..Waiting::default() });
        }
        for (i, work) in self.all.iter().enumerate().rev() {
            let after = all[i].waiters.iter().map(|waiter| all[waiter.index()].height).max().unwrap_or(0);
            all[i].height = after + latency(work);
        }
        all
    }
}

struct Schedule<'l> {
    lines: &'l Draft,
    waiting: Vec<Waiting>,
    /// How many values registers hold.
    held: usize,
    now: u32,
}

impl Schedule<'_> {
    fn run(mut self, registers: usize) -> Vec<Line> {
        let all = || (0..).map(Line).zip(&self.lines.all);
        let mut order: Vec<Line> = all().filter(|(_, work)| work.is_given()).map(|(line, _)| line).collect();
        let mut ready: Vec<Line> = Vec::new();
        for i in 0..order.len() {
            self.pass(order[i], 0, &mut ready);
        }
        while !ready.is_empty() {
            let is_tight = self.held + 2 > registers;
            let key = |line: Line| {
                let it = &self.waiting[line.index()];
                let growth = if is_tight { self.growth(line) } else { 0 };
                (growth, it.from.saturating_sub(self.now), std::cmp::Reverse(it.height), line.index())
            };
            let best = (0..ready.len()).min_by_key(|&i| key(ready[i])).expect("one is ready");
            let line = ready.swap_remove(best);
            let start = self.now.max(self.waiting[line.index()].from);
            self.now = start + 1;
            self.take(line);
            self.pass(line, start + latency(&self.lines.all[line.index()]), &mut ready);
            order.push(line);
        }
        order
    }

    /// Those that wait for a line need one less.
    fn pass(&mut self, line: Line, from: u32, ready: &mut Vec<Line>) {
        for waiter in std::mem::take(&mut self.waiting[line.index()].waiters) {
            let it = &mut self.waiting[waiter.index()];
            it.needs -= 1;
            it.from = it.from.max(from);
            if it.needs == 0 {
                ready.push(waiter);
            }
        }
    }

    /// The values that a line reads from registers; numbers can be read from memory.
    fn values(&self, line: Line) -> impl Iterator<Item = Line> + use<> {
        let is_number = |line: &Line| matches!(self.lines.all[line.index()], Work::Number(_) | Work::Constant(_));
        let mut reads = self.lines.all[line.index()].reads_once();
        reads.retain(|line| !is_number(line));
        reads.into_iter()
    }

    /// How many registers more are held after a line.
    fn growth(&self, line: Line) -> i32 {
        let of_result = i32::from(self.waiting[line.index()].readers > 0);
        let of_value = |value: Line| {
            let it = &self.waiting[value.index()];
            i32::from(!it.is_held) - i32::from(it.readers == 1)
        };
        self.values(line).map(of_value).sum::<i32>() + of_result
    }

    /// Holds and lets go of values.
    fn take(&mut self, line: Line) {
        for value in self.values(line) {
            let it = &mut self.waiting[value.index()];
            self.held += usize::from(!std::mem::replace(&mut it.is_held, true));
            it.readers -= 1;
            self.held -= usize::from(it.readers == 0);
        }
        let it = &mut self.waiting[line.index()];
        it.is_held = it.readers > 0;
        self.held += usize::from(it.is_held);
    }
}
