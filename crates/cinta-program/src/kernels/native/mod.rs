//! Instructions over the same elements as machine code, made when a program is.
//!
//! A kernel reads its operands and writes its result, which for plain arithmetic costs more than to compute it. So what a loop
//! does of plain arithmetic, and of functions whose formulas have no exceptions ([`formulas`]), becomes machine code of its own: all
//! of it for some vectors of elements, then for the next, while values stay in registers ([`registers`]). Each instruction is one that
//! the kernels are compiled to, so every bit is the same.
//!
//! The code of a program stands in memory that can be executed and not written; where a system has none, loops run without.
//! Code is made for x86-64 with AVX2 or AVX-512.
#[cfg(target_arch = "x86_64")]
mod encoding;
mod formulas;
#[cfg(target_arch = "x86_64")]
mod frame;
#[cfg(target_arch = "x86_64")]
mod instructions;
mod lines;
#[cfg(target_arch = "x86_64")]
mod registers;
#[cfg(target_arch = "x86_64")]
mod schedule;
#[cfg(target_arch = "x86_64")]
mod sums;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod tests_of_functions;
mod work;

use std::cell::Cell;
use std::marker::PhantomData;
use std::ops::Range;
use std::sync::{Arc, OnceLock};

use smallvec::SmallVec;

use super::set::{Instructions, KernelSet};
use super::turns::{Operand, Reach, Source, Target, room};
pub(crate) use lines::Draft;
pub(crate) use work::Line;

/// The code of a program, once it is complete.
type Executable = Arc<OnceLock<memmap2::Mmap>>;

/// The code of a program on its way.
#[derive(Debug, Default)]
pub(crate) struct Foundry {
    bytes: Vec<u8>,
    executable: Executable,
}

impl Foundry {
    /// Makes code of some lines for a set, if there is code for it.
    pub(crate) fn make<T>(&mut self, set: KernelSet, lines: &Draft) -> Option<Native<T>> {
        let bytes = assembled(set, lines)?;
        assert!(lines.double == (size_of::<T>() == 8), "lines of another type");
        self.bytes.resize(self.bytes.len().next_multiple_of(ALIGNED), 0);
        let at = self.bytes.len();
        self.bytes.extend(bytes);
        Some(Native { executable: self.executable.clone(), at, kinds: lines.kinds, of: PhantomData })
    }

    /// Makes the code ready to run; gives whether the system lets it.
    #[must_use]
    pub(crate) fn finish(self) -> bool {
        let made = || {
            let mut memory = memmap2::MmapMut::map_anon(self.bytes.len())?;
            memory.copy_from_slice(&self.bytes);
            memory.make_exec()
        };
        self.bytes.is_empty() || made().is_ok_and(|memory| self.executable.set(memory).is_ok())
    }
}

/// The code of lines, if there is code for the set.
#[cfg(target_arch = "x86_64")]
fn assembled(set: KernelSet, lines: &Draft) -> Option<Vec<u8>> {
    match set.0 {
        Instructions::Portable => None,
        Instructions::Avx2 => Some(frame::assemble(lines, false)),
        Instructions::Avx512 => Some(frame::assemble(lines, true)),
    }
}

#[cfg(not(target_arch = "x86_64"))]
fn assembled(_: KernelSet, _: &Draft) -> Option<Vec<u8>> {
    None
}

/// Where code begins: at the start of a cache line.
const ALIGNED: usize = 64;

/// Code of some lines, for elements of `T`.
#[derive(Clone, Debug)]
pub(crate) struct Native<T> {
    executable: Executable,
    /// Where in the code it begins.
    at: usize,
    kinds: Kinds,
    of: PhantomData<T>,
}

/// How many operands there are, and which of them are numbers, and which are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Kinds {
    pub(super) count: usize,
    pub(super) numbers: u64,
    pub(super) written: u64,
}

/// How many numbers a sum is left in, at most.
pub(crate) const SUMS: usize = 16;

impl KernelSet {
    /// How many numbers native code leaves a sum in.
    pub(crate) fn sums_left<T>(self) -> usize {
        match self.0 {
            Instructions::Portable => 0,
            #[cfg(target_arch = "x86_64")]
            Instructions::Avx2 => 32 / size_of::<T>(),
            #[cfg(target_arch = "x86_64")]
            Instructions::Avx512 => 64 / size_of::<T>(),
        }
    }
}

/// The most operands of one piece of code.
pub(crate) const MOST: usize = 48;

/// What pieces of code read and write, one after the other.
#[derive(Debug)]
pub(crate) struct Operands<'s, T> {
    first: SmallVec<[*const T; MOST]>,
    /// Where those begin of which there is a piece at a time, and which they are.
    pieces: SmallVec<[(usize, *const T); MOST]>,
    of: PhantomData<&'s Cell<T>>,
}

/// A piece of code with its operands.
#[derive(Debug)]
pub(crate) struct Call<'s, T> {
    native: &'s Native<T>,
    /// Which operands, from the first on.
    at: usize,
    pieces: Range<usize>,
    pub(super) length: usize,
}

impl<'s, T> Operands<'s, T> {
    #[inline(always)]
    pub(crate) fn new() -> Self {
        Self { first: SmallVec::new(), pieces: SmallVec::new(), of: PhantomData }
    }

    /// Adds those of a piece of code that works on so many elements, in the order in which its lines name them: one number where
    /// lines take a number, room for a register where a line is summed.
    ///
    /// # Panics
    /// If there are others, or shorter ones.
    #[inline(always)]
    pub(crate) fn call(
        &mut self,
        native: &'s Native<T>,
        length: usize,
        reads: impl Iterator<Item = Source<'s, T>>,
        writes: impl Iterator<Item = Target<'s, T>>,
        sums: impl Iterator<Item = &'s [Cell<T>]>,
    ) -> Call<'s, T> {
        let (at, pieces) = (self.first.len(), self.pieces.len());
        let mut kinds = Kinds::default();
        for source in reads {
            kinds.numbers |= u64::from(self.push(source.operand(), length)) << kinds.count;
            kinds.count += 1;
        }
        for target in writes {
            self.push(target.operand(), length);
            kinds.written |= 1 << kinds.count;
            kinds.count += 1;
        }
        for cells in sums {
            assert!(cells.len() >= SUMS, "too few sums");
            kinds.written |= 1 << kinds.count;
            kinds.numbers |= 1 << kinds.count;
            kinds.count += 1;
            self.first.push(cells.as_ptr().cast());
        }
        assert!(kinds == native.kinds, "other operands than the code has");
        Call { native, at, pieces: pieces..self.pieces.len(), length }
    }

    /// Adds an operand; gives whether it is one number.
    #[inline(always)]
    fn push(&mut self, operand: Operand<T>, length: usize) -> bool {
        assert!(operand.is_enough(length), "an operand is too short");
        if operand.reach == Reach::Piece {
            self.pieces.push((self.first.len(), operand.first));
        }
        self.first.push(operand.first);
        operand.reach == Reach::Number
    }

    /// Runs a piece of code on some of its elements.
    ///
    /// # Panics
    /// If there are not so many, if a register has room for fewer, or if the code was never finished.
    #[inline(always)]
    pub(crate) fn run(&mut self, call: &Call<'_, T>, from: usize, length: usize) {
        assert!(from + length <= call.length, "fewer elements than that");
        let pieces = &self.pieces[call.pieces.clone()];
        assert!(pieces.is_empty() || length <= room(size_of::<T>()), "more than there is room for");
        for &(operand, first) in pieces {
            // The code counts elements from the first of all.
            self.first[operand] = first.wrapping_sub(from);
        }
        let operands = &self.first[call.at..][..call.native.kinds.count];
        call.native.run(operands.as_ptr(), from, from + length);
    }
}

impl<T> Native<T> {
    #[cfg(target_arch = "x86_64")]
    #[expect(unsafe_code, reason = "the machine code that was made of lines")]
    #[inline(always)]
    fn run(&self, operands: *const *const T, from: usize, to: usize) {
        let code = &self.executable.get().expect("code that is complete")[self.at..];
        // SAFETY: a function begins here, of this type (`frame::assemble`).
        let function: extern "sysv64" fn(*const *const T, usize, usize) = unsafe { std::mem::transmute(code.as_ptr()) };
        function(operands, from, to);
    }

    #[cfg(not(target_arch = "x86_64"))]
    fn run(&self, _: *const *const T, _: usize, _: usize) {
        unreachable!("code is made for x86-64 only");
    }
}
