//! Long loops over the same elements that take turns, a piece at a time.
//!
//! A division or a root keeps its unit busy for many cycles, in which the others could compute something else. A processor looks
//! a few hundred instructions ahead for it: in the next loop, if that begins so soon. So each loop takes a piece of a few
//! vectors, then it is the turn of the next; one may read what those before it write.
use std::cell::Cell;
use std::marker::PhantomData;

use super::masks::{CastLoop, CompareLoop, SelectLoop};
use super::native::{Call, Native, Operands};
use super::prefetch::Ahead;
use super::set::{Loop1, Loop1x2, Loop2, Loop3};

/// A loop over slices.
#[derive(Clone, Debug)]
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
    /// Several instructions.
    Native(Native<T>),
}

/// What a loop reads.
pub(crate) enum Source<'s, T> {
    /// What nobody writes meanwhile.
    Fixed(&'s [T]),
    /// What another may write in its turn.
    Shared(&'s [Cell<T>]),
    /// The same, a piece at a time.
    Piece(&'s [Cell<T>]),
    /// One number for all elements.
    FixedNumber(&'s T),
    SharedNumber(&'s Cell<T>),
}

/// What a loop writes.
#[derive(Clone, Copy)]
pub(crate) enum Target<'s, T> {
    All(&'s [Cell<T>]),
    /// A piece at a time, all in one place.
    Piece(&'s [Cell<T>]),
}

impl<T> Source<'_, T> {
    #[inline(always)]
    pub(super) fn operand(self) -> Operand<T> {
        match self {
            Self::Fixed(slice) => Operand { first: slice.as_ptr(), length: slice.len(), reach: Reach::All },
            Self::Shared(cells) => Operand { first: cells.as_ptr().cast(), length: cells.len(), reach: Reach::All },
            Self::Piece(cells) => Operand { first: cells.as_ptr().cast(), length: cells.len(), reach: Reach::Piece },
            Self::FixedNumber(number) => Operand { first: number, length: 1, reach: Reach::Number },
            Self::SharedNumber(cell) => Operand { first: cell.as_ptr(), length: 1, reach: Reach::Number },
        }
    }
}

impl<T> Target<'_, T> {
    #[inline(always)]
    pub(super) fn operand(self) -> Operand<T> {
        let (cells, reach) = match self {
            Self::All(cells) => (cells, Reach::All),
            Self::Piece(cells) => (cells, Reach::Piece),
        };
        Operand { first: cells.as_ptr().cast(), length: cells.len(), reach }
    }
}

/// What of an operand is read or written in a turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reach {
    /// The elements of the turn.
    All,
    /// As many from the first one on.
    Piece,
    /// The first one.
    Number,
}

/// Where an operand begins, and how far it goes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Operand<T> {
    pub(super) first: *const T,
    pub(super) length: usize,
    pub(super) reach: Reach,
}

impl<T> Operand<T> {
    const NONE: Self = Self { first: std::ptr::null(), length: 0, reach: Reach::Number };

    /// Whether there is enough of it for so many elements.
    #[inline(always)]
    pub(super) fn is_enough(&self, length: usize) -> bool {
        match self.reach {
            Reach::All => self.length >= length,
            Reach::Piece => self.length >= length.min(room(size_of::<T>())),
            Reach::Number => true,
        }
    }

    /// What a turn has of it: from where on, and how many elements.
    #[inline(always)]
    fn turn(&self, from: usize, length: usize) -> (*const T, usize) {
        match self.reach {
            Reach::All => (self.first.wrapping_add(from), length),
            Reach::Piece => (self.first, length),
            Reach::Number => (self.first, 1),
        }
    }

    /// Whether no element is in both.
    #[inline(always)]
    fn is_apart(&self, other: &Self) -> bool {
        self.first.wrapping_add(self.length) <= other.first || other.first.wrapping_add(other.length) <= self.first
    }
}

/// What takes turns.
#[derive(Debug)]
pub(crate) enum Turn<'s, T> {
    Loop(Looped<'s, T>),
    Native(Call<'s, T>),
}

impl<T: Copy> Turn<'_, T> {
    #[inline(always)]
    fn length(&self) -> usize {
        match self {
            Self::Loop(it) => it.length,
            Self::Native(call) => call.length,
        }
    }

    /// Its work on some elements.
    #[inline(always)]
    fn run(&self, operands: &mut Operands<'_, T>, from: usize, length: usize) {
        match self {
            Self::Loop(it) => it.run(from, length),
            Self::Native(call) => operands.run(call, from, length),
        }
    }
}

/// A loop with its slices.
#[derive(Debug)]
pub(crate) struct Looped<'s, T> {
    kernel: &'s Kernel<T>,
    length: usize,
    inputs: [Operand<T>; 3],
    outputs: [Operand<T>; 2],
    of: PhantomData<&'s Cell<T>>,
}

impl<'s, T: Copy> Looped<'s, T> {
    /// A loop of some inputs that writes one output or two, so many elements.
    ///
    /// # Panics
    /// If it has other inputs or outputs than its kernel, or works on masks; if an input or an output is too short; if an output
    /// overlaps another slice.
    #[inline(always)]
    pub(crate) fn new(
        kernel: &'s Kernel<T>,
        length: usize,
        inputs: [Option<Source<'s, T>>; 3],
        output: Target<'s, T>,
        second: Option<Target<'s, T>>,
    ) -> Self {
        let outputs = [output, second.unwrap_or(output)].map(Target::operand);
        let count = inputs.iter().flatten().count();
        let mut inputs = inputs.map(|source| source.map_or(Operand::NONE, Source::operand));
        let fits = match (kernel, &second) {
            (Kernel::One(_), None) | (Kernel::Twin(_), Some(_)) => count == 1,
            (Kernel::Power(_, exponent), None) => {
                inputs[1] = Operand { first: exponent, length: 1, reach: Reach::Number };
                count == 1
            }
            (Kernel::Two(_), None) => count == 2,
            (Kernel::Three(_), None) => count == 3,
            _ => false,
        };
        assert!(fits, "other inputs or outputs than the kernel has");
        let [a, b] = &outputs;
        assert!(a.is_enough(length) && b.is_enough(length), "an output is too short");
        for input in &inputs {
            assert!(input.is_enough(length), "an input is too short");
            assert!(input.is_apart(a) && input.is_apart(b), "an input is overwritten");
        }
        assert!(second.is_none() || a.is_apart(b), "two outputs in one place");
        Self { kernel, length, inputs, outputs, of: PhantomData }
    }

    /// Its work on some elements.
    #[inline(always)]
    #[expect(unsafe_code, reason = "each loop has its slices to itself while it runs, but not before or after")]
    fn run(&self, from: usize, length: usize) {
        let input = |i: usize| {
            let (first, length) = self.inputs[i].turn(from, length);
            // SAFETY: `new` took it from a slice that is alive and long enough, `take_turns` stays inside with turns of a piece at most,
            // and nobody else runs. It overlaps no output.
            unsafe { std::slice::from_raw_parts(first, length) }
        };
        let output = |i: usize| {
            let (first, length) = self.outputs[i].turn(from, length);
            // SAFETY: as before, and what it was taken from are cells, which may be written.
            unsafe { std::slice::from_raw_parts_mut(first.cast_mut(), length) }
        };
        match self.kernel {
            Kernel::One(f) => f(input(0), output(0)),
            Kernel::Two(f) | Kernel::Power(f, _) => f(input(0), input(1), output(0)),
            Kernel::Three(f) => f(input(0), input(1), input(2), output(0)),
            Kernel::Twin(f) => f(input(0), output(0), output(1)),
            _ => unreachable!("refused by `new`"),
        }
    }
}

/// Elements of a piece, each of so many bytes: as many vectors as a processor looks ahead, and still worth a call.
#[inline(always)]
const fn piece(size: usize) -> usize {
    512 / size
}

/// So many elements go through one loop after the other, for turns would gain nothing. A register of loops that take turns has room
/// for them.
#[inline(always)]
pub(crate) const fn room(size: usize) -> usize {
    2 * piece(size)
}

/// Runs loops over as many elements, with the operands of native code, one piece of each after the other. Between pieces it asks for
/// what is wanted next, in all so many elements.
///
/// # Panics
/// If they are of different lengths.
#[inline]
pub(crate) fn take_turns<T: Copy>(
    turns: &[Turn<'_, T>],
    operands: &mut Operands<'_, T>,
    ahead: &mut Ahead,
    asked: usize,
) {
    let length = turns.first().map_or(0, Turn::length);
    assert!(turns.iter().all(|turn| turn.length() == length), "loops of one length take turns");
    let piece = piece(size_of::<T>());
    let asked = asked.div_ceil(length.div_ceil(piece).max(1));
    for from in (0..length).step_by(piece) {
        for turn in turns {
            turn.run(operands, from, piece.min(length - from));
        }
        ahead.ask(asked);
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Binary, Float, KernelSet, Twin, Unary};
    use super::*;

    /// √x, then x by that, then both functions of a twin, then a power: in turns, and one after the other.
    fn turns_change_nothing<T: Float>() {
        for set in KernelSet::available() {
            let (root, twin) = (Kernel::One(set.unary::<T>(Unary::Sqrt)), Kernel::Twin(set.twin::<T>(Twin::Tanh)));
            let quotient = Kernel::Two(set.binary::<T>(Binary::Div, [false, false]));
            let scaled = Kernel::Two(set.binary::<T>(Binary::Div, [true, false]));
            let power = Kernel::Power(set.binary::<T>(Binary::Pow, [false, true]), T::lit(1.7));
            for (n, in_pieces) in [1, 7, 64, 129, 500, 1000].into_iter().flat_map(|n| [(n, false), (n, true)]) {
                let x: Vec<T> = (0..n).map(|i| T::lit(0.3 + i as f64 / 100.0)).collect();
                let number = T::lit(2.5);
                let mut memory = vec![T::ZERO; 6 * n + 1];
                memory[6 * n] = number;
                let cells = Cell::from_mut(&mut memory[..]).as_slice_of_cells();
                let at = |i: usize| &cells[i * n..][..n];
                // What others read, or a piece of it at a time.
                let piece = |i: usize| &at(i)[..n.min(room(size_of::<T>()))];
                let source = |i: usize| if in_pieces { Source::Piece(piece(i)) } else { Source::Shared(at(i)) };
                let passed = |i: usize| if in_pieces { Target::Piece(piece(i)) } else { Target::All(at(i)) };
                let all = |i: usize| Target::All(at(i));
                let factor = Source::SharedNumber(&cells[6 * n]);
                let turns = [
                    Looped::new(&root, n, [Some(Source::Fixed(&x)), None, None], passed(0), None),
                    Looped::new(&quotient, n, [Some(Source::Fixed(&x)), Some(source(0)), None], passed(1), None),
                    Looped::new(&twin, n, [Some(source(1)), None, None], all(2), Some(all(3))),
                    Looped::new(&power, n, [Some(source(0)), None, None], passed(4), None),
                    Looped::new(&scaled, n, [Some(factor), Some(source(4)), None], all(5), None),
                ]
                .map(Turn::Loop);
                take_turns(&turns, &mut Operands::new(), &mut Ahead::default(), 0);
                let mut expected: [Vec<T>; 6] = std::array::from_fn(|_| vec![T::ZERO; n]);
                let [roots, quotients, tanh, slopes, powers, last] = &mut expected;
                set.unary(Unary::Sqrt)(&x, roots);
                set.binary(Binary::Div, [false, false])(&x, roots, quotients);
                set.twin(Twin::Tanh)(quotients, tanh, slopes);
                set.binary(Binary::Pow, [false, true])(roots, &[T::lit(1.7)], powers);
                set.binary(Binary::Div, [true, false])(&[number], powers, last);
                for (i, expected) in expected.iter().enumerate().filter(|(i, _)| !in_pieces || [2, 3, 5].contains(i)) {
                    assert!(memory[i * n..][..n] == expected[..], "{} {n}: array {i} differs", set.name());
                }
            }
        }
    }

    #[test]
    fn taking_turns_changes_nothing() {
        turns_change_nothing::<f64>();
        turns_change_nothing::<f32>();
    }

    fn root() -> Kernel<f64> {
        Kernel::One(KernelSet::PORTABLE.unary(Unary::Sqrt))
    }

    #[test]
    #[should_panic(expected = "an input is overwritten")]
    fn a_loop_that_would_overwrite_its_input_is_refused() {
        let (kernel, mut memory) = (root(), [1.0; 10]);
        let cells = Cell::from_mut(&mut memory[..]).as_slice_of_cells();
        Looped::new(&kernel, 6, [Some(Source::Shared(&cells[..6])), None, None], Target::All(&cells[4..]), None);
    }

    #[test]
    #[should_panic(expected = "an input is too short")]
    fn so_is_a_short_input() {
        let (kernel, mut memory) = (root(), [1.0; 6]);
        let cells = Cell::from_mut(&mut memory[..]).as_slice_of_cells();
        Looped::new(&kernel, 6, [Some(Source::Fixed(&[1.0; 5])), None, None], Target::All(cells), None);
    }

    #[test]
    #[should_panic(expected = "an output is too short")]
    fn so_is_a_register_without_room() {
        let (kernel, mut memory) = (root(), [1.0; 40]);
        let cells = Cell::from_mut(&mut memory[..]).as_slice_of_cells();
        Looped::new(&kernel, 500, [Some(Source::Fixed(&[1.0; 500])), None, None], Target::Piece(cells), None);
    }

    #[test]
    #[should_panic(expected = "two outputs in one place")]
    fn so_are_outputs_that_meet() {
        let (kernel, mut memory) = (Kernel::Twin(KernelSet::PORTABLE.twin(Twin::Tanh)), [1.0; 10]);
        let cells = Cell::from_mut(&mut memory[..]).as_slice_of_cells();
        let [first, second] = [&cells[..6], &cells[4..]].map(Target::All);
        Looped::new(&kernel, 6, [Some(Source::Fixed(&[1.0; 6])), None, None], first, Some(second));
    }

    #[test]
    #[should_panic(expected = "other inputs or outputs than the kernel has")]
    fn so_are_as_many_slices_as_another_kernel_has() {
        let (kernel, mut memory) = (root(), [1.0; 6]);
        let cells = Cell::from_mut(&mut memory[..]).as_slice_of_cells();
        let x = [1.0; 6];
        Looped::new(&kernel, 6, [Some(Source::Fixed(&x)), Some(Source::Fixed(&x)), None], Target::All(cells), None);
    }
}
