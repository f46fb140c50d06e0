//! Long loops over the same elements that take turns, a piece at a time.
//!
//! A division or a root keeps its unit busy for many cycles, in which the others could compute something else. A processor looks
//! a few hundred instructions ahead for it: in the next loop, if that begins so soon. So each loop takes a piece of a few
//! vectors, then it is the turn of the next; one may read what those before it write.
use std::cell::Cell;
use std::marker::PhantomData;

use super::masks::{CastLoop, CompareLoop, SelectLoop};
use super::set::{Loop1, Loop1x2, Loop2, Loop3};

/// A loop over slices.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Kernel<T> {
    One(Loop1<T>),
    Two(Loop2<T>),
    Three(Loop3<T>),
    Twin(Loop1x2<T>),
    /// A power with an exponent that the operation says.
    Power(Loop2<T>, T),
    Compare(CompareLoop<T>),
    Select(SelectLoop<T>),
    CastMask(CastLoop<T>),
}

/// What a loop reads.
pub(crate) enum Source<'s, T> {
    /// What nobody writes meanwhile.
    Fixed(&'s [T]),
    /// What another may write in its turn.
    Shared(&'s [Cell<T>]),
    /// One number for all elements.
    FixedNumber(&'s T),
    SharedNumber(&'s Cell<T>),
}

impl<T> Source<'_, T> {
    #[inline(always)]
    fn input(self) -> Input<T> {
        match self {
            Self::Fixed(slice) => Input { first: slice.as_ptr(), length: slice.len(), goes_on: true },
            Self::Shared(cells) => Input { first: cells.as_ptr().cast(), length: cells.len(), goes_on: true },
            Self::FixedNumber(number) => Input { first: number, length: 1, goes_on: false },
            Self::SharedNumber(cell) => Input { first: cell.as_ptr(), length: 1, goes_on: false },
        }
    }
}

/// Where an input begins, and whether it goes on from piece to piece or is one number.
#[derive(Clone, Copy, Debug)]
struct Input<T> {
    first: *const T,
    length: usize,
    goes_on: bool,
}

/// A loop with its slices.
#[derive(Debug)]
pub(crate) struct Turn<'s, T> {
    kernel: &'s Kernel<T>,
    length: usize,
    inputs: [Input<T>; 3],
    outputs: [*mut T; 2],
    of: PhantomData<&'s Cell<T>>,
}

impl<'s, T: Copy> Turn<'s, T> {
    /// A loop of some inputs that writes one output or two.
    ///
    /// # Panics
    /// If it has other inputs or outputs than its kernel, or works on masks; if an input is too short; if an output overlaps
    /// another slice.
    #[inline(always)]
    pub(crate) fn new(
        kernel: &'s Kernel<T>,
        inputs: [Option<Source<'s, T>>; 3],
        output: &'s [Cell<T>],
        second: Option<&'s [Cell<T>]>,
    ) -> Self {
        let length = output.len();
        let outputs = [output, second.unwrap_or(output)].map(|cells| cells.as_ptr().cast_mut().cast::<T>());
        let count = inputs.iter().flatten().count();
        let nothing = Input { first: std::ptr::null(), length: 0, goes_on: false };
        let mut inputs = inputs.map(|source| source.map_or(nothing, Source::input));
        let fits = match (kernel, &second) {
            (Kernel::One(_), None) | (Kernel::Twin(_), Some(_)) => count == 1,
            (Kernel::Power(_, exponent), None) => {
                inputs[1] = Input { first: exponent, length: 1, goes_on: false };
                count == 1
            }
            (Kernel::Two(_), None) => count == 2,
            (Kernel::Three(_), None) => count == 3,
            _ => false,
        };
        assert!(fits, "other inputs or outputs than the kernel has");
        let [a, b] = outputs;
        for Input { first, length: given, goes_on } in inputs {
            assert!(!goes_on || given >= length, "an input is too short");
            let (end, first) = (first.wrapping_add(given), first.cast_mut());
            let is_apart = |output: *mut T| end <= output || output.wrapping_add(length) <= first;
            assert!(is_apart(a) && is_apart(b), "an input is overwritten");
        }
        if let Some(second) = second {
            let is_apart = a.wrapping_add(length) <= b || b.wrapping_add(length) <= a;
            assert!(second.len() == length && is_apart, "two outputs in one place");
        }
        Self { kernel, length, inputs, outputs, of: PhantomData }
    }

    /// Its work on some elements.
    #[inline(always)]
    #[expect(unsafe_code, reason = "each loop has its slices to itself while it runs, but not before or after")]
    fn run(&self, from: usize, length: usize) {
        let input = |i: usize| {
            let Input { first, goes_on, .. } = self.inputs[i];
            let (from, length) = if goes_on { (from, length) } else { (0, 1) };
            // SAFETY: `new` took it from a slice that is alive and long enough, `take_turns` stays inside, and nobody else
            // runs. It overlaps no output.
            unsafe { std::slice::from_raw_parts(first.add(from), length) }
        };
        let output = |i: usize| {
            // SAFETY: as before, and what it was taken from are cells, which may be written.
            unsafe { std::slice::from_raw_parts_mut(self.outputs[i].add(from), length) }
        };
        match self.kernel {
            Kernel::One(f) => f(input(0), output(0)),
            Kernel::Two(f) | Kernel::Power(f, _) => f(input(0), input(1), output(0)),
            Kernel::Three(f) => f(input(0), input(1), input(2), output(0)),
            Kernel::Twin(f) => f(input(0), output(0), output(1)),
            Kernel::Compare(_) | Kernel::Select(_) | Kernel::CastMask(_) => unreachable!("refused by `new`"),
        }
    }
}

/// Bytes of a piece: as many vectors as a processor looks ahead, and still worth a call.
const PIECE: usize = 512;

/// Runs loops over as many elements, one piece of each after the other.
///
/// # Panics
/// If they are of different lengths.
#[inline]
pub(crate) fn take_turns<T: Copy>(turns: &[Turn<'_, T>]) {
    let length = turns.first().map_or(0, |turn| turn.length);
    assert!(turns.iter().all(|turn| turn.length == length), "loops of one length take turns");
    let piece = PIECE / size_of::<T>();
    for from in (0..length).step_by(piece) {
        turns.iter().for_each(|turn| turn.run(from, piece.min(length - from)));
    }
}
