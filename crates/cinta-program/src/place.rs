//! Where numbers stand while a program runs.
//!
//! Everything that a program computes on the way stands in one stretch of numbers of its dtype, the arena: to write one part
//! of it while others are read is to split it, and costs nothing. What stands elsewhere is in one of two lists that a run
//! makes: arrays that it owns for writing (outputs in the caller's memory, new states) and arrays that it only reads
//! (arguments, states).
use smallvec::SmallVec;

use crate::steps::Sum;

/// Where an array begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Home {
    /// In the arena, from a position on.
    Arena(usize),
    /// One of the arrays that are written.
    Own(usize),
    /// One of those that are read.
    Read(usize),
    /// With the registers of a thread, from a position on: a band of it at a time.
    Band(usize),
}

impl Home {
    /// What stands some elements on.
    #[inline]
    pub(crate) fn place(self, offset: usize, extent: Extent) -> Place {
        match self {
            Self::Arena(at) | Self::Band(at) => Place { store: Store::Arena, from: at + offset, extent },
            Self::Own(i) => Place { store: Store::Own(i), from: offset, extent },
            Self::Read(i) => Place { store: Store::Read(i), from: offset, extent },
        }
    }
}

/// What an array stands in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Store {
    Arena,
    Own(usize),
    Read(usize),
}

/// How much of an array an instruction sees.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Extent {
    /// One element, always the same.
    Number,
    /// As many elements as the block has, always from the same one on: a register.
    Register,
    /// As many as a piece of a block: a register of instructions that take turns.
    Piece,
    /// The elements at the block where the loop is.
    Stream,
    /// All from the first on.
    Whole,
}

/// Elements that an instruction reads or writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) store: Store,
    pub(crate) from: usize,
    pub(crate) extent: Extent,
}

/// Which of the arrays that are written some places are in, in order.
pub(crate) fn own<'p>(places: impl Iterator<Item = &'p Place>) -> SmallVec<[usize; 2]> {
    let own = places.filter_map(|place| if let Store::Own(i) = place.store { Some(i) } else { None });
    let mut own: SmallVec<[usize; 2]> = own.collect();
    own.sort_unstable();
    own.dedup();
    own
}

/// How an array that is written in parts grows.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Pace {
    /// By so many numbers with each so many elements of a loop, or rows.
    Rows { elements: usize, numbers: usize },
    /// By so many numbers with each part.
    Parts(usize),
    /// By so many numbers with each so many parts.
    Several { parts: usize, numbers: usize },
}

impl Pace {
    /// With the elements.
    pub(crate) const ELEMENTS: Self = Self::Rows { elements: 1, numbers: 1 };

    /// That of a sum.
    pub(crate) fn of(sum: Sum) -> Self {
        match sum {
            Sum::Rows(n) => Self::Rows { elements: n, numbers: 1 },
            Sum::Columns(n) => Self::Parts(n),
            Sum::All => Self::Parts(1),
        }
    }

    /// The same, counted in rows of so many elements.
    pub(crate) fn of_rows(self, width: usize) -> Self {
        match self {
            Self::Rows { elements, numbers } => Self::Rows { elements, numbers: numbers * width },
            Self::Parts(_) | Self::Several { .. } => self,
        }
    }

    /// How many numbers belong to so many elements, or rows, and parts.
    #[inline]
    pub(crate) fn numbers(self, elements: usize, parts: usize) -> usize {
        match self {
            Self::Rows { elements: some, numbers } => elements * numbers / some,
            Self::Parts(n) => parts * n,
            Self::Several { parts: some, numbers } => parts.div_ceil(some) * numbers,
        }
    }
}
