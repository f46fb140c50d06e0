//! What a thread works on while it runs a loop: registers and the arrays that it writes, beside what it only reads.
use std::ops::Range;

use cinta_graph::{DType, ElementsMut};

use super::read;
use crate::lent::{Desk, Desks, Lent, Written};
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
    pub(super) targets: &'r [ElementsMut<'o>],
}

impl<'r> Shared<'r, '_, '_> {
    #[inline]
    pub(super) fn read<T: Cell>(&self, home: Home) -> &'r [T] {
        read(self.memory, self.copies, self.arguments, self.targets, home)
    }
}

/// What a thread needs for loops.
#[derive(Debug, Default)]
pub(crate) struct Member {
    /// Registers.
    pub(crate) scratch: Memory,
    /// Room for lists of arrays.
    pub(crate) room: Desks<'static>,
}

impl Clone for Member {
    fn clone(&self) -> Self {
        Self { scratch: self.scratch.clone(), room: Desks::default() }
    }
}

/// The parts of a loop that one thread runs.
pub(super) struct Frame<'f> {
    pub(super) desks: Desks<'f>,
    pub(super) parts: Range<usize>,
    /// The element and the part at which the arrays that it writes begin.
    pub(super) from: usize,
    pub(super) first: usize,
}

/// Hands the room of the lists that a loop uses over to other desks.
#[inline]
fn hand_over(it: &ReadyLoop, from: &mut Desks<'_>, to: &mut Desks<'_>) {
    for dtype in it.dtypes() {
        each_dtype!(dtype, T => from.hand_over::<T>(to));
    }
}

impl<'f> Frame<'f> {
    /// Some parts of a loop, with registers and what it reads; what it writes is [dealt](deal) later.
    pub(super) fn new(
        it: &ReadyLoop,
        parts: Range<usize>,
        scratch: &'f mut Memory,
        room: &mut Desks<'static>,
        shared: &Shared<'f, '_, '_>,
    ) -> Self {
        let mut desks = Desks::default();
        hand_over(it, room, &mut desks);
        scratch.lay_registers(it.registers, it.stride, &mut desks);
        for (reads, dtype) in it.reads.iter().zip(DType::ALL) {
            if !reads.is_empty() {
                each_dtype!(dtype, T => {
                    let desk = T::desk_mut(&mut desks);
                    desk.reads.extend(reads.iter().map(|&(home, offset)| &shared.read::<T>(home)[offset..]));
                });
            }
        }
        let (from, first) = (it.parts[parts.start].start, parts.start);
        Self { desks, parts, from, first }
    }

    /// The end: gives the room of its lists back.
    #[inline]
    pub(super) fn leave(mut self, it: &ReadyLoop, room: &mut Desks<'static>) {
        hand_over(it, &mut self.desks, room);
    }
}

/// Deals the arrays that a loop writes to the threads that run its parts.
pub(super) fn deal<'f>(written: &'f mut Written<'_>, it: &ReadyLoop, frames: &mut [Frame<'f>]) {
    fn deal<'f, T: Cell>(written: &'f mut [Lent<'_, T>], it: &ReadyLoop, frames: &mut [Frame<'f>]) {
        for (lent, (_, pace)) in written.iter_mut().zip(&it.written[slot(T::DTYPE)]) {
            let mut rest = &mut lent[..];
            for frame in &mut *frames {
                let elements = it.parts[frame.parts.end - 1].end - frame.from;
                let size = match pace {
                    Pace::Elements => elements,
                    Pace::Rows(n) => elements / n,
                    Pace::Parts(n) => frame.parts.len() * n,
                };
                let (own, after) = std::mem::take(&mut rest).split_at_mut(size);
                T::desk_mut(&mut frame.desks).written.push(own);
                rest = after;
            }
        }
    }
    deal(&mut written.f64, it, frames);
    deal(&mut written.f32, it, frames);
    deal(&mut written.i64, it, frames);
    deal(&mut written.bool, it, frames);
}

/// The elements of a loop on which instructions work.
#[derive(Clone, Copy)]
pub(super) struct Block {
    /// Where it begins in what the loop reads.
    pub(super) start: usize,
    /// Where it begins in what this thread writes.
    pub(super) written: usize,
    pub(super) length: usize,
}

impl<'f, T> Desk<'f, T> {
    /// The elements that an operand stands for.
    #[inline]
    pub(super) fn stretch(&self, place: Place, block: Block) -> &[T] {
        match place {
            Place::Register(at) => &self.registers[at][..block.length],
            Place::Written(at) => &self.written[at][block.written..][..block.length],
            Place::Read(at) => &self.reads[at][block.start..][..block.length],
            Place::Number(at) => &self.reads[at][..1],
        }
    }

    /// The array at a place, which is taken away while it is written: no input stands there.
    #[inline]
    pub(super) fn take(&mut self, place: Place) -> Taken<'f, T> {
        let (array, from_block) = match place {
            Place::Register(at) => (&mut self.registers[at], false),
            Place::Written(at) => (&mut self.written[at], true),
            Place::Read(_) | Place::Number(_) => unreachable!("a loop writes registers and its own arrays"),
        };
        Taken { array: std::mem::take(array), from_block }
    }

    #[inline]
    pub(super) fn put(&mut self, place: Place, taken: Taken<'f, T>) {
        match place {
            Place::Register(at) => self.registers[at] = taken.array,
            Place::Written(at) => self.written[at] = taken.array,
            Place::Read(_) | Place::Number(_) => unreachable!("as it was taken"),
        }
    }
}

/// An array while it is written.
pub(super) struct Taken<'f, T> {
    array: &'f mut [T],
    /// Whether it goes on from block to block.
    from_block: bool,
}

impl<T> Taken<'_, T> {
    #[inline]
    pub(super) fn block(&mut self, block: Block) -> &mut [T] {
        let first = if self.from_block { block.written } else { 0 };
        &mut self.array[first..][..block.length]
    }
}

/// Takes the arrays that a loop writes out of the memory.
pub(super) fn lend<'o>(
    written: &mut Written<'o>,
    homes: &[Vec<(Home, Pace)>; 4],
    memory: &mut Memory,
    targets: &mut [ElementsMut<'o>],
) {
    for (homes, dtype) in homes.iter().zip(DType::ALL) {
        if homes.is_empty() {
            continue;
        }
        each_dtype!(dtype, T => for &(home, _) in homes {
            let lent = match home {
                Home::Cell(cell) => Lent::Cell(std::mem::take(&mut T::cells_mut(memory)[cell])),
                Home::Output(position) => Lent::Slice(std::mem::take(T::target_mut(&mut targets[position]))),
                Home::Argument(_) => unreachable!("arguments are not written"),
            };
            T::lent(written).push(lent);
        });
    }
}

/// Gives them back.
pub(super) fn give_back<'o>(
    written: &mut Written<'o>,
    homes: &[Vec<(Home, Pace)>; 4],
    memory: &mut Memory,
    targets: &mut [ElementsMut<'o>],
) {
    for (homes, dtype) in homes.iter().zip(DType::ALL) {
        if homes.is_empty() {
            continue;
        }
        each_dtype!(dtype, T => for (&(home, _), lent) in homes.iter().zip(T::lent(written).drain(..)) {
            match (home, lent) {
                (Home::Cell(cell), Lent::Cell(buffer)) => T::cells_mut(memory)[cell] = buffer,
                (Home::Output(position), Lent::Slice(slice)) => *T::target_mut(&mut targets[position]) = slice,
                _ => unreachable!("as it was lent"),
            }
        });
    }
}
