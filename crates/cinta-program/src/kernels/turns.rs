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
    fn run(&self, operands: &Operands<'_, T>, from: usize, length: usize) {
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
    inputs: [Input<T>; 3],
    outputs: [*mut T; 2],
    of: PhantomData<&'s Cell<T>>,
}

impl<'s, T: Copy> Looped<'s, T> {
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
            _ => unreachable!("refused by `new`"),
        }
    }
}

/// Bytes of a piece: as many vectors as a processor looks ahead, and still worth a call.
const PIECE: usize = 512;

/// Runs loops over as many elements, with the operands of native code, one piece of each after the other. Between pieces it asks for
/// what is wanted next, in all so many elements.
///
/// # Panics
/// If they are of different lengths.
#[inline]
pub(crate) fn take_turns<T: Copy>(turns: &[Turn<'_, T>], operands: &Operands<'_, T>, ahead: &mut Ahead, asked: usize) {
    let length = turns.first().map_or(0, Turn::length);
    assert!(turns.iter().all(|turn| turn.length() == length), "loops of one length take turns");
    let piece = PIECE / size_of::<T>();
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
            for n in [1, 7, 64, 129, 500, 1000] {
                let x: Vec<T> = (0..n).map(|i| T::lit(0.3 + i as f64 / 100.0)).collect();
                let number = T::lit(2.5);
                let mut memory = vec![T::ZERO; 6 * n + 1];
                memory[6 * n] = number;
                let cells = Cell::from_mut(&mut memory[..]).as_slice_of_cells();
                let at = |i: usize| &cells[i * n..][..n];
                let turns = [
                    Looped::new(&root, [Some(Source::Fixed(&x)), None, None], at(0), None),
                    Looped::new(&quotient, [Some(Source::Fixed(&x)), Some(Source::Shared(at(0))), None], at(1), None),
                    Looped::new(&twin, [Some(Source::Shared(at(1))), None, None], at(2), Some(at(3))),
                    Looped::new(&power, [Some(Source::Shared(at(0))), None, None], at(4), None),
                    Looped::new(
                        &scaled,
                        [Some(Source::SharedNumber(&cells[6 * n])), Some(Source::Shared(at(4))), None],
                        at(5),
                        None,
                    ),
                ]
                .map(Turn::Loop);
                take_turns(&turns, &Operands::new(), &mut Ahead::default(), 0);
                let mut expected: [Vec<T>; 6] = std::array::from_fn(|_| vec![T::ZERO; n]);
                let [roots, quotients, tanh, slopes, powers, last] = &mut expected;
                set.unary(Unary::Sqrt)(&x, roots);
                set.binary(Binary::Div, [false, false])(&x, roots, quotients);
                set.twin(Twin::Tanh)(quotients, tanh, slopes);
                set.binary(Binary::Pow, [false, true])(roots, &[T::lit(1.7)], powers);
                set.binary(Binary::Div, [true, false])(&[number], powers, last);
                for (i, expected) in expected.iter().enumerate() {
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
        Looped::new(&kernel, [Some(Source::Shared(&cells[..6])), None, None], &cells[4..], None);
    }

    #[test]
    #[should_panic(expected = "an input is too short")]
    fn so_is_a_short_input() {
        let (kernel, mut memory) = (root(), [1.0; 6]);
        let cells = Cell::from_mut(&mut memory[..]).as_slice_of_cells();
        Looped::new(&kernel, [Some(Source::Fixed(&[1.0; 5])), None, None], cells, None);
    }

    #[test]
    #[should_panic(expected = "two outputs in one place")]
    fn so_are_outputs_that_meet() {
        let (kernel, mut memory) = (Kernel::Twin(KernelSet::PORTABLE.twin(Twin::Tanh)), [1.0; 10]);
        let cells = Cell::from_mut(&mut memory[..]).as_slice_of_cells();
        Looped::new(&kernel, [Some(Source::Fixed(&[1.0; 6])), None, None], &cells[..6], Some(&cells[4..]));
    }

    #[test]
    #[should_panic(expected = "other inputs or outputs than the kernel has")]
    fn so_are_as_many_slices_as_another_kernel_has() {
        let (kernel, mut memory) = (root(), [1.0; 6]);
        let cells = Cell::from_mut(&mut memory[..]).as_slice_of_cells();
        let x = [1.0; 6];
        Looped::new(&kernel, [Some(Source::Fixed(&x)), Some(Source::Fixed(&x)), None], cells, None);
    }
}
