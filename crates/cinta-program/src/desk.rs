//! What a thread has before it while it runs steps: the arena, the arrays that it writes, those that it reads.
#![expect(clippy::inline_always, reason = "as calls, these would go through memory at every instruction")]

use std::cell::Cell;
use std::ops::Range;

use smallvec::SmallVec;

use crate::kernels::{Source, Target, room};
use crate::place::{Extent, Home, Place, Store};

/// The elements of a loop on which instructions work.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Block {
    /// Where it begins in what the loop reads.
    pub(crate) start: usize,
    /// Where it begins in what this thread writes.
    pub(crate) written: usize,
    /// Where it begins in the arena: of a band, if that is all that the arena holds.
    pub(crate) inside: usize,
    pub(crate) length: usize,
}

impl Block {
    /// The first so many elements.
    #[inline]
    pub(crate) fn first(length: usize) -> Self {
        Self { start: 0, written: 0, inside: 0, length }
    }
}

impl Place {
    /// Where a block begins, counted from the first element that stands there.
    #[inline(always)]
    pub(crate) fn start(&self, block: &Block) -> usize {
        match self.store {
            Store::Arena => block.inside,
            Store::Own(_) => block.written,
            Store::Read(_) => block.start,
        }
    }

    /// Its first element for a block.
    #[inline(always)]
    fn first(&self, block: &Block) -> usize {
        if self.extent == Extent::Stream { self.from + self.start(block) } else { self.from }
    }

    /// The elements that an instruction writes.
    #[inline(always)]
    pub(crate) fn range(&self, block: &Block) -> Range<usize> {
        let first = self.first(block);
        first..first + block.length
    }
}

/// Numbers of one dtype.
#[derive(Debug)]
pub(crate) struct Desk<'f, T> {
    pub(crate) arena: &'f mut [T],
    pub(crate) own: Vec<&'f mut [T]>,
    pub(crate) reads: Vec<&'f [T]>,
}

impl<T> Default for Desk<'_, T> {
    #[inline(always)]
    fn default() -> Self {
        Self { arena: &mut [], own: Vec::new(), reads: Vec::new() }
    }
}

/// Everything but what is being written.
#[derive(Debug)]
pub(crate) struct Others<'s, 'f, T> {
    /// Up to three pieces of the arena, each with its first position.
    arena: [(usize, &'s [T]); 3],
    own: &'s [&'f mut [T]],
    reads: &'s [&'f [T]],
}

impl<'s, 'f: 's, T> Others<'s, 'f, T> {
    /// The arena from a position on, as far as nothing of it is being written.
    #[inline(always)]
    fn arena(&self, from: usize) -> &'s [T] {
        let [first, second, third] = self.arena;
        if from < second.0 {
            &first.1[from..]
        } else if from < third.0 {
            &second.1[from - second.0..]
        } else {
            &third.1[from - third.0..]
        }
    }

    /// The elements from a place on.
    #[inline(always)]
    pub(crate) fn from(&self, store: Store, from: usize) -> &'s [T] {
        match store {
            Store::Arena => self.arena(from),
            Store::Own(i) => &self.own[i][from..],
            Store::Read(i) => &self.reads[i][from..],
        }
    }

    /// The elements that an operand stands for.
    #[inline(always)]
    pub(crate) fn stretch(&self, place: Place, block: &Block) -> &'s [T] {
        let elements = self.from(place.store, place.first(block));
        match place.extent {
            Extent::Number => &elements[..1],
            Extent::Register | Extent::Piece | Extent::Stream => &elements[..block.length],
            Extent::Whole => elements,
        }
    }

    /// An array, and what follows it.
    #[inline(always)]
    pub(crate) fn array(&self, home: Home) -> &'s [T] {
        let place = home.place(0, Extent::Whole);
        self.from(place.store, place.from)
    }
}

/// The most arrays written at a time by loops that take turns.
pub(crate) const CELLS: usize = 48;

/// Arrays that are written, by their place in the list of all.
pub(crate) type OwnCells<'s, T> = SmallVec<[(usize, &'s [Cell<T>]); CELLS]>;

/// Everything, for loops that take turns and read what others of them write.
pub(crate) struct Cells<'l, 's, 'f, T> {
    arena: &'s [Cell<T>],
    own: &'l [(usize, &'s [Cell<T>])],
    reads: &'s [&'f [T]],
}

impl<'l, 's, 'f, T> Cells<'l, 's, 'f, T> {
    /// What stands on a desk, with a list of the arrays to write that are needed; these in order.
    #[inline(always)]
    pub(crate) fn new(
        desk: &'s mut Desk<'f, T>,
        own: &'l mut OwnCells<'s, T>,
        needed: impl Iterator<Item = usize>,
    ) -> Self {
        let (mut rest, mut first) = (&mut desk.own[..], 0);
        for i in needed {
            let Some((array, after)) = rest[i - first..].split_first_mut() else { break };
            own.push((i, Cell::from_mut(&mut **array).as_slice_of_cells()));
            (rest, first) = (after, i + 1);
        }
        Self { arena: Cell::from_mut(&mut *desk.arena).as_slice_of_cells(), own, reads: &desk.reads }
    }

    /// One of the arrays that are written.
    #[inline(always)]
    fn own(&self, i: usize) -> &'s [Cell<T>] {
        self.own.iter().find(|&&(at, _)| at == i).expect("an array that is needed").1
    }

    /// The elements that an operand stands for.
    #[inline(always)]
    pub(crate) fn source(&self, place: Place, block: &Block) -> Source<'s, T> {
        let first = place.first(block);
        let range = first..first + block.length;
        match (place.store, place.extent) {
            (Store::Arena, Extent::Piece) => Source::Piece(self.piece(first, block)),
            (Store::Arena, Extent::Number) => Source::SharedNumber(&self.arena[first]),
            (Store::Own(i), Extent::Number) => Source::SharedNumber(&self.own(i)[first]),
            (Store::Read(i), Extent::Number) => Source::FixedNumber(&self.reads[i][first]),
            (Store::Arena, _) => Source::Shared(&self.arena[range]),
            (Store::Own(i), _) => Source::Shared(&self.own(i)[range]),
            (Store::Read(i), _) => Source::Fixed(&self.reads[i][range]),
        }
    }

    /// The elements that an instruction writes.
    #[inline(always)]
    pub(crate) fn target(&self, place: Place, block: &Block) -> Target<'s, T> {
        match (place.store, place.extent) {
            (Store::Arena, Extent::Piece) => Target::Piece(self.piece(place.from, block)),
            (Store::Arena, _) => Target::All(&self.arena[place.range(block)]),
            (Store::Own(i), _) => Target::All(&self.own(i)[place.range(block)]),
            (Store::Read(_), _) => unreachable!("arrays that are read are not written"),
        }
    }

    /// Room in the arena.
    #[inline(always)]
    pub(crate) fn room(&self, place: Place, length: usize) -> &'s [Cell<T>] {
        &self.arena[place.from..][..length]
    }

    /// A register that has a piece of a block.
    #[inline(always)]
    fn piece(&self, first: usize, block: &Block) -> &'s [Cell<T>] {
        &self.arena[first..][..block.length.min(room(size_of::<T>()))]
    }
}

/// No piece of an arena begins there.
const END: usize = usize::MAX;

impl<'f, T> Desk<'f, T> {
    /// Everything, while nothing is written.
    #[inline(always)]
    pub(crate) fn all(&self) -> Others<'_, 'f, T> {
        Others { arena: [(0, &*self.arena), (END, &[]), (END, &[])], own: &self.own, reads: &self.reads }
    }

    /// Writes some elements while everything else is read.
    #[inline(always)]
    pub(crate) fn write<R>(
        &mut self,
        store: Store,
        range: Range<usize>,
        f: impl FnOnce(&mut [T], &Others<'_, 'f, T>) -> R,
    ) -> R {
        // One call of `f`, so that it becomes part of its caller.
        let mut taken: &mut [T] = &mut [];
        let (out, arena) = match store {
            Store::Arena => {
                let (before, rest) = self.arena.split_at_mut(range.start);
                let (out, after) = rest.split_at_mut(range.end - range.start);
                (out, [(0, &*before), (range.end, &*after), (END, &[][..])])
            }
            Store::Own(i) => {
                taken = std::mem::take(&mut self.own[i]);
                (&mut taken[range], [(0, &*self.arena), (END, &[][..]), (END, &[][..])])
            }
            Store::Read(_) => unreachable!("arrays that are read are not written"),
        };
        let result = f(out, &Others { arena, own: &self.own, reads: &self.reads });
        if let Store::Own(i) = store {
            self.own[i] = taken;
        }
        result
    }

    /// Writes elements at two places while everything else is read.
    #[inline(always)]
    pub(crate) fn write_both<R>(
        &mut self,
        (a, first): (Store, Range<usize>),
        (b, second): (Store, Range<usize>),
        f: impl FnOnce(&mut [T], &mut [T], &Others<'_, 'f, T>) -> R,
    ) -> R {
        if let Store::Own(i) = b {
            let array = std::mem::take(&mut self.own[i]);
            let result = self.write(a, first, |out, others| f(out, &mut array[second], others));
            self.own[i] = array;
            return result;
        }
        if let Store::Own(i) = a {
            let array = std::mem::take(&mut self.own[i]);
            let result = self.write(b, second, |out, others| f(&mut array[first], out, others));
            self.own[i] = array;
            return result;
        }
        let is_in_order = first.start < second.start;
        let (low, high) = if is_in_order { (first, second) } else { (second, first) };
        let (before, rest) = self.arena.split_at_mut(low.start);
        let (lower, rest) = rest.split_at_mut(low.end - low.start);
        let (between, rest) = rest.split_at_mut(high.start - low.end);
        let (upper, after) = rest.split_at_mut(high.end - high.start);
        let arena = [(0, &*before), (low.end, &*between), (high.end, &*after)];
        let others = Others { arena, own: &self.own, reads: &self.reads };
        if is_in_order { f(lower, upper, &others) } else { f(upper, lower, &others) }
    }
}

/// What a thread has before it, of every dtype.
#[derive(Debug, Default)]
pub(crate) struct Desks<'f> {
    pub(crate) f64: Desk<'f, f64>,
    pub(crate) f32: Desk<'f, f32>,
    pub(crate) i64: Desk<'f, i64>,
    pub(crate) bool: Desk<'f, bool>,
}

/// The memory of the lists of desks, kept from run to run.
#[derive(Debug, Default)]
pub(crate) struct Room(Desks<'static>);

impl Clone for Room {
    fn clone(&self) -> Self {
        Self::default()
    }
}

impl Room {
    /// Desks with nothing on them.
    #[inline]
    pub(crate) fn take<'f>(&mut self) -> Desks<'f> {
        std::mem::take(&mut self.0).cleared()
    }

    /// Takes the room back.
    #[inline]
    pub(crate) fn put(&mut self, desks: Desks<'_>) {
        self.0 = desks.cleared();
    }
}

impl Desks<'_> {
    #[inline]
    fn cleared<'n>(self) -> Desks<'n> {
        Desks { f64: self.f64.cleared(), f32: self.f32.cleared(), i64: self.i64.cleared(), bool: self.bool.cleared() }
    }
}

impl<T> Desk<'_, T> {
    #[inline]
    fn cleared<'n>(self) -> Desk<'n, T> {
        Desk { arena: &mut [], own: reused(self.own), reads: reused(self.reads) }
    }
}

/// An empty list in the room of another: collecting a list of the same size of element reuses its memory.
#[inline]
fn reused<A, B>(mut list: Vec<A>) -> Vec<B> {
    const { assert!(size_of::<A>() == size_of::<B>() && align_of::<A>() == align_of::<B>()) };
    if list.capacity() == 0 {
        return Vec::new();
    }
    list.clear();
    list.into_iter().map(|_| unreachable!("the list is empty")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_the_only_thing_that_cannot_be_read() {
        let mut arena: Vec<usize> = (0..12).collect();
        let (mut own, read) = ([100, 101, 102], [200, 201]);
        let mut desk = Desk { arena: &mut arena, own: vec![&mut own], reads: vec![&read] };
        let sum = desk.write(Store::Arena, 4..6, |out, others| {
            assert_eq!(out, [4, 5]);
            assert_eq!(others.array(Home::Arena(1)), [1, 2, 3]);
            assert_eq!(others.array(Home::Arena(6)), [6, 7, 8, 9, 10, 11]);
            out[0] = 40;
            others.array(Home::Own(0))[2] + others.array(Home::Read(0))[1]
        });
        assert_eq!((sum, desk.arena[4]), (102 + 201, 40));
        for (a, b) in [((Store::Arena, 8..9), (Store::Arena, 2..4)), ((Store::Arena, 2..4), (Store::Arena, 8..9))] {
            let (first, second) = (a.1.start, b.1.start);
            desk.write_both(a, b, |a, b, others| {
                assert_eq!((a[0], b[0]), (first, second));
                assert_eq!([0, 5, 10].map(|at| others.array(Home::Arena(at))[0]), [0, 5, 10]);
            });
        }
        desk.write_both((Store::Arena, 0..1), (Store::Own(0), 1..2), |a, b, _| (a[0], b[0]) = (21, 22));
        desk.write_both((Store::Own(0), 2..3), (Store::Arena, 1..2), |a, b, _| (a[0], b[0]) = (23, 24));
        assert_eq!((&desk.arena[..2], &*desk.own[0]), (&[21, 24][..], &[100, 22, 23][..]));
    }
}
