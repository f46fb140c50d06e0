//! What a loop works on while it runs: registers and the arrays that it writes, beside what it only reads.
use std::ops::Range;

use cinta_graph::DType;
use smallvec::SmallVec;

use super::read;
use crate::lent::{Lent, Target, Written};
use crate::memory::{Cell, Memory, each_dtype};
use crate::plan::Home;
use crate::ready::{Pace, Place, ReadyLoop, slot};
use crate::view::View;

/// What steps may read.
#[derive(Clone, Copy)]
pub(super) struct Shared<'r, 'a, 'o> {
    pub(super) memory: &'r Memory,
    pub(super) copies: &'r [usize],
    pub(super) arguments: &'r [View<'a>],
    pub(super) targets: &'r [Target<'o>],
}

impl<'r> Shared<'r, '_, '_> {
    pub(super) fn read<T: Cell>(&self, home: Home) -> &'r [T] {
        read(self.memory, self.copies, self.arguments, self.targets, home)
    }
}

/// The part of a loop that one thread runs.
pub(super) struct Frame<'f, 'o> {
    /// The registers.
    pub(super) scratch: &'f mut Memory,
    /// The arrays that the loop writes, from here on.
    pub(super) written: &'f mut Written<'o>,
    /// The element and the part at which they begin.
    pub(super) from: usize,
    pub(super) first: usize,
}

/// What a thread needs for loops.
#[derive(Debug, Default)]
pub(crate) struct Member {
    /// Registers.
    pub(crate) scratch: Memory,
    /// Room for a list of arrays.
    pub(crate) room: Written<'static>,
}

impl Clone for Member {
    fn clone(&self) -> Self {
        Self { scratch: self.scratch.clone(), room: Written::default() }
    }
}

/// The parts of a loop that one thread runs.
pub(super) struct Share<'f> {
    pub(super) scratch: &'f mut Memory,
    pub(super) written: Written<'f>,
    pub(super) from: usize,
    pub(super) parts: Range<usize>,
}

/// Divides the parts of a loop, and the arrays that it writes, among threads.
pub(super) fn shares<'f>(
    it: &ReadyLoop,
    written: &'f mut Written<'_>,
    team: &'f mut [Member],
    threads: usize,
) -> SmallVec<[Share<'f>; 8]> {
    let count = it.parts.len();
    let mut shares: SmallVec<[Share<'f>; 8]> = SmallVec::new();
    for (i, member) in team.iter_mut().take(threads).enumerate() {
        let parts = i * count / threads..(i + 1) * count / threads;
        let written = std::mem::take(&mut member.room).reused();
        shares.push(Share { scratch: &mut member.scratch, written, from: it.parts[parts.start].start, parts });
    }
    divide(&mut written.f64, it, &mut shares);
    divide(&mut written.f32, it, &mut shares);
    divide(&mut written.i64, it, &mut shares);
    divide(&mut written.bool, it, &mut shares);
    shares
}

fn divide<'f, T: Cell>(written: &'f mut [Lent<'_, T>], it: &ReadyLoop, shares: &mut [Share<'f>]) {
    for (lent, (_, pace)) in written.iter_mut().zip(&it.written[slot(T::DTYPE)]) {
        let mut rest = &mut lent[..];
        for share in &mut *shares {
            let elements = it.parts[share.parts.end - 1].end - share.from;
            let size = match pace {
                Pace::Elements => elements,
                Pace::Rows(n) => elements / n,
                Pace::Parts(n) => share.parts.len() * n,
            };
            let (own, after) = std::mem::take(&mut rest).split_at_mut(size);
            T::written_mut(&mut share.written).push(Lent::Slice(own));
            rest = after;
        }
    }
}

impl<'o> Frame<'_, 'o> {
    /// The elements of a block that an operand stands for.
    pub(super) fn stretch<'s, T: Cell>(
        &'s self,
        shared: &Shared<'s, '_, '_>,
        place: Place,
        start: usize,
        length: usize,
    ) -> &'s [T] {
        match place {
            Place::Register(register) => &T::cells(self.scratch)[register][..length],
            Place::Written(at) => &T::written(self.written)[at][start - self.from..][..length],
            Place::Array(home, offset) => &shared.read::<T>(home)[offset + start..][..length],
        }
    }

    /// Writes a block, which is taken out of the frame meanwhile: no input stands there.
    pub(super) fn writing<T: Cell>(
        &mut self,
        place: Place,
        start: usize,
        length: usize,
        write: impl FnOnce(&Self, &mut [T]),
    ) {
        let mut lent = self.take(place);
        write(self, &mut lent[self.first(place, start)..][..length]);
        self.put(place, lent);
    }

    /// Writes two blocks.
    pub(super) fn writing_both<T: Cell>(
        &mut self,
        a: Place,
        b: Place,
        start: usize,
        length: usize,
        write: impl FnOnce(&Self, &mut [T], &mut [T]),
    ) {
        let (mut lent_a, mut lent_b) = (self.take::<T>(a), self.take::<T>(b));
        let (first_a, first_b) = (self.first(a, start), self.first(b, start));
        write(self, &mut lent_a[first_a..][..length], &mut lent_b[first_b..][..length]);
        self.put(a, lent_a);
        self.put(b, lent_b);
    }

    /// Where a block begins in its buffer.
    fn first(&self, place: Place, start: usize) -> usize {
        if let Place::Written(_) = place { start - self.from } else { 0 }
    }

    fn take<T: Cell>(&mut self, place: Place) -> Lent<'o, T> {
        match place {
            Place::Register(register) => Lent::Cell(std::mem::take(&mut T::cells_mut(self.scratch)[register])),
            Place::Written(at) => std::mem::take(&mut T::written_mut(self.written)[at]),
            Place::Array(..) => unreachable!("a loop writes registers and its own arrays"),
        }
    }

    fn put<T: Cell>(&mut self, place: Place, lent: Lent<'o, T>) {
        match (place, lent) {
            (Place::Register(register), Lent::Cell(buffer)) => T::cells_mut(self.scratch)[register] = buffer,
            (Place::Written(at), lent) => T::written_mut(self.written)[at] = lent,
            _ => unreachable!("as it was taken"),
        }
    }
}

/// Takes the arrays that a loop writes out of the memory.
pub(super) fn lend<'o>(
    written: &mut Written<'o>,
    homes: &[Vec<(Home, Pace)>; 4],
    memory: &mut Memory,
    targets: &mut [Target<'o>],
) {
    for (homes, dtype) in homes.iter().zip(DType::ALL) {
        each_dtype!(dtype, T => for &(home, _) in homes {
            let lent = match home {
                Home::Cell(cell) => Lent::Cell(std::mem::take(&mut T::cells_mut(memory)[cell])),
                Home::Output(position) => Lent::Slice(std::mem::take(T::target_mut(&mut targets[position]))),
                Home::Argument(_) => unreachable!("arguments are not written"),
            };
            T::written_mut(written).push(lent);
        });
    }
}

/// Gives them back.
pub(super) fn give_back<'o>(
    written: &mut Written<'o>,
    homes: &[Vec<(Home, Pace)>; 4],
    memory: &mut Memory,
    targets: &mut [Target<'o>],
) {
    for (homes, dtype) in homes.iter().zip(DType::ALL) {
        each_dtype!(dtype, T => for (&(home, _), lent) in homes.iter().zip(T::written_mut(written).drain(..)) {
            match (home, lent) {
                (Home::Cell(cell), Lent::Cell(buffer)) => T::cells_mut(memory)[cell] = buffer,
                (Home::Output(position), Lent::Slice(slice)) => *T::target_mut(&mut targets[position]) = slice,
                _ => unreachable!("as it was lent"),
            }
        });
    }
}

/// The inputs of an instruction, of any dtypes.
pub(super) type Inputs<'s> = SmallVec<[cinta_graph::Elements<'s>; 3]>;
