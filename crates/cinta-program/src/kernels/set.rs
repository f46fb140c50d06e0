//! Instruction sets: which there are, and functions compiled for each of them.
use super::float::Float;
use super::loops::{Map1, Map2, Map3, Pair, loop1, loop1x2, loop2, loop3};

/// A loop with one input.
pub(crate) type Loop1<T> = fn(&[T], &mut [T]);
/// A loop with one input and two outputs.
pub(crate) type Loop1x2<T> = fn(&[T], &mut [T], &mut [T]);
/// A loop with two inputs.
pub(crate) type Loop2<T> = fn(&[T], &[T], &mut [T]);
/// A loop with three inputs.
pub(crate) type Loop3<T> = fn(&[T], &[T], &[T], &mut [T]);

/// Which instructions the loops of a program are compiled for; chosen once per program.
///
/// One exists only where the processor has its instructions, which is why running its loops is safe.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KernelSet(pub(super) Instructions);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Instructions {
    Portable,
    #[cfg(target_arch = "x86_64")]
    Avx2,
    #[cfg(target_arch = "x86_64")]
    Avx512,
}

/// A function of an [`Isa`] and other parameters, as compiled for a set.
macro_rules! for_set {
    ($set:expr, $function:ident $(, $parameter:tt)*) => {
        match $set.0 {
            super::set::Instructions::Portable => $function::<super::set::Portable $(, $parameter)*>,
            #[cfg(target_arch = "x86_64")]
            super::set::Instructions::Avx2 => $function::<super::set::x86::Avx2 $(, $parameter)*>,
            #[cfg(target_arch = "x86_64")]
            super::set::Instructions::Avx512 => $function::<super::set::x86::Avx512 $(, $parameter)*>,
        }
    };
}
pub(super) use for_set;

impl KernelSet {
    /// What every processor of the target has.
    pub const PORTABLE: Self = Self(Instructions::Portable);

    /// The fastest set of this machine.
    #[must_use]
    pub fn best() -> Self {
        #[cfg(target_arch = "x86_64")]
        {
            if is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma") {
                let wide = is_x86_feature_detected!("avx512f")
                    && is_x86_feature_detected!("avx512vl")
                    && is_x86_feature_detected!("avx512dq")
                    && is_x86_feature_detected!("avx512bw")
                    && is_x86_feature_detected!("avx512cd");
                return Self(if wide { Instructions::Avx512 } else { Instructions::Avx2 });
            }
        }
        Self::PORTABLE
    }

    /// Every set that this machine can run, slowest first.
    #[must_use]
    pub fn available() -> Vec<Self> {
        #[cfg(target_arch = "x86_64")]
        match Self::best().0 {
            Instructions::Avx512 => return [Self::PORTABLE, Self(Instructions::Avx2), Self::best()].to_vec(),
            Instructions::Avx2 => return [Self::PORTABLE, Self::best()].to_vec(),
            Instructions::Portable => {}
        }
        [Self::PORTABLE].to_vec()
    }

    /// `portable`, `avx2+fma` or `avx512`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self.0 {
            Instructions::Portable => "portable",
            #[cfg(target_arch = "x86_64")]
            Instructions::Avx2 => "avx2+fma",
            #[cfg(target_arch = "x86_64")]
            Instructions::Avx512 => "avx512",
        }
    }

    /// Whether native code is made for it.
    pub(crate) fn has_native(self) -> bool {
        self != Self::PORTABLE
    }

    /// The set with vectors half as wide, where wide ones gain nothing.
    pub(super) fn without_avx512(self) -> Self {
        match self.0 {
            #[cfg(target_arch = "x86_64")]
            Instructions::Avx512 => Self(Instructions::Avx2),
            _ => self,
        }
    }

    pub(super) fn loop1<T: Float, K: Map1<T>>(self) -> Loop1<T> {
        match self.0 {
            Instructions::Portable => Portable::loop1::<T, K>,
            #[cfg(target_arch = "x86_64")]
            Instructions::Avx2 => x86::Avx2::loop1::<T, K>,
            #[cfg(target_arch = "x86_64")]
            Instructions::Avx512 => x86::Avx512::loop1::<T, K>,
        }
    }

    pub(super) fn loop1x2<T: Float, P: Pair<T>>(self) -> Loop1x2<T> {
        match self.0 {
            Instructions::Portable => Portable::loop1x2::<T, P>,
            #[cfg(target_arch = "x86_64")]
            Instructions::Avx2 => x86::Avx2::loop1x2::<T, P>,
            #[cfg(target_arch = "x86_64")]
            Instructions::Avx512 => x86::Avx512::loop1x2::<T, P>,
        }
    }

    pub(super) fn loop2<T: Float, K: Map2<T>, const A: bool, const B: bool>(self) -> Loop2<T> {
        match self.0 {
            Instructions::Portable => Portable::loop2::<T, K, A, B>,
            #[cfg(target_arch = "x86_64")]
            Instructions::Avx2 => x86::Avx2::loop2::<T, K, A, B>,
            #[cfg(target_arch = "x86_64")]
            Instructions::Avx512 => x86::Avx512::loop2::<T, K, A, B>,
        }
    }

    pub(super) fn loop3<T: Float, K: Map3<T>, const A: bool, const B: bool, const C: bool>(self) -> Loop3<T> {
        match self.0 {
            Instructions::Portable => Portable::loop3::<T, K, A, B, C>,
            #[cfg(target_arch = "x86_64")]
            Instructions::Avx2 => x86::Avx2::loop3::<T, K, A, B, C>,
            #[cfg(target_arch = "x86_64")]
            Instructions::Avx512 => x86::Avx512::loop3::<T, K, A, B, C>,
        }
    }

    /// Runs a task compiled for this set.
    #[inline]
    pub(super) fn run<W: Task>(self, task: W) -> W::Output {
        self.runner::<W>()(task)
    }

    /// A task compiled for this set.
    #[inline]
    pub(super) fn runner<W: Task>(self) -> fn(W) -> W::Output {
        match self.0 {
            Instructions::Portable => Portable::run,
            #[cfg(target_arch = "x86_64")]
            Instructions::Avx2 => x86::Avx2::run,
            #[cfg(target_arch = "x86_64")]
            Instructions::Avx512 => x86::Avx512::run,
        }
    }
}

/// Something to compile for each set: what [`Task::run`] inlines uses its instructions.
pub(crate) trait Task {
    /// What it gives.
    type Output;
    /// Does it. Implementations are `#[inline(always)]`.
    fn run<I: Isa>(self) -> Self::Output;
}

/// The instructions that code is compiled for. Functions of an `Isa` are reached through a [`KernelSet`] only.
pub(crate) trait Isa {
    /// Whether `mul_add` is one instruction.
    const FMA: bool;
    /// Bytes in a vector register.
    const BYTES: usize;

    fn loop1<T: Float, K: Map1<T>>(x: &[T], out: &mut [T]);
    fn loop1x2<T: Float, P: Pair<T>>(x: &[T], out: &mut [T], second: &mut [T]);
    fn loop2<T: Float, K: Map2<T>, const A: bool, const B: bool>(a: &[T], b: &[T], out: &mut [T]);
    fn loop3<T: Float, K: Map3<T>, const A: bool, const B: bool, const C: bool>(
        a: &[T],
        b: &[T],
        c: &[T],
        out: &mut [T],
    );
    /// Runs a task in a function of its own, which is never inlined: tasks are units of register allocation.
    fn run<W: Task>(task: W) -> W::Output;
}

/// The instructions of the target that the crate is built for.
pub(super) struct Portable;

impl Isa for Portable {
    const FMA: bool = cfg!(any(target_feature = "fma", target_arch = "aarch64"));
    const BYTES: usize = 16;

    fn loop1<T: Float, K: Map1<T>>(x: &[T], out: &mut [T]) {
        loop1::<T, K, Self>(x, out);
    }

    fn loop1x2<T: Float, P: Pair<T>>(x: &[T], out: &mut [T], second: &mut [T]) {
        loop1x2::<T, P, Self>(x, out, second);
    }

    fn loop2<T: Float, K: Map2<T>, const A: bool, const B: bool>(a: &[T], b: &[T], out: &mut [T]) {
        loop2::<T, K, Self, A, B>(a, b, out);
    }

    fn loop3<T: Float, K: Map3<T>, const A: bool, const B: bool, const C: bool>(
        a: &[T],
        b: &[T],
        c: &[T],
        out: &mut [T],
    ) {
        loop3::<T, K, Self, A, B, C>(a, b, c, out);
    }

    #[inline(never)]
    fn run<W: Task>(task: W) -> W::Output {
        task.run::<Self>()
    }
}

/// The wider sets of x86-64. The slices are parameters of the functions with the features themselves, so that the
/// compiler knows that they do not overlap.
#[cfg(target_arch = "x86_64")]
#[expect(unsafe_code, reason = "calling functions compiled for instructions that only this processor may have")]
pub(super) mod x86 {
    use super::{Float, Isa, Map1, Map2, Map3, Pair, Task, loop1, loop1x2, loop2, loop3};

    pub(in super::super) struct Avx2;
    pub(in super::super) struct Avx512;

    impl Isa for Avx2 {
        const FMA: bool = true;
        const BYTES: usize = 32;

        fn loop1<T: Float, K: Map1<T>>(x: &[T], out: &mut [T]) {
            #[target_feature(enable = "avx2,fma")]
            fn inner<T: Float, K: Map1<T>>(x: &[T], out: &mut [T]) {
                loop1::<T, K, Avx2>(x, out);
            }
            // SAFETY: a `KernelSet` of these instructions exists only where the processor has them.
            unsafe { inner::<T, K>(x, out) }
        }

        fn loop1x2<T: Float, P: Pair<T>>(x: &[T], out: &mut [T], second: &mut [T]) {
            #[target_feature(enable = "avx2,fma")]
            fn inner<T: Float, P: Pair<T>>(x: &[T], out: &mut [T], second: &mut [T]) {
                loop1x2::<T, P, Avx2>(x, out, second);
            }
            // SAFETY: as in `loop1`.
            unsafe { inner::<T, P>(x, out, second) }
        }

        fn loop2<T: Float, K: Map2<T>, const A: bool, const B: bool>(a: &[T], b: &[T], out: &mut [T]) {
            #[target_feature(enable = "avx2,fma")]
            fn inner<T: Float, K: Map2<T>, const A: bool, const B: bool>(a: &[T], b: &[T], out: &mut [T]) {
                loop2::<T, K, Avx2, A, B>(a, b, out);
            }
            // SAFETY: as in `loop1`.
            unsafe { inner::<T, K, A, B>(a, b, out) }
        }

        fn loop3<T: Float, K: Map3<T>, const A: bool, const B: bool, const C: bool>(
            a: &[T],
            b: &[T],
            c: &[T],
            out: &mut [T],
        ) {
            #[target_feature(enable = "avx2,fma")]
            fn inner<T: Float, K: Map3<T>, const A: bool, const B: bool, const C: bool>(
                a: &[T],
                b: &[T],
                c: &[T],
                out: &mut [T],
            ) {
                loop3::<T, K, Avx2, A, B, C>(a, b, c, out);
            }
            // SAFETY: as in `loop1`.
            unsafe { inner::<T, K, A, B, C>(a, b, c, out) }
        }

        fn run<W: Task>(task: W) -> W::Output {
            #[inline(never)]
            #[target_feature(enable = "avx2,fma")]
            fn inner<W: Task>(task: W) -> W::Output {
                task.run::<Avx2>()
            }
            // SAFETY: as in `loop1`.
            unsafe { inner(task) }
        }
    }

    impl Isa for Avx512 {
        const FMA: bool = true;
        const BYTES: usize = 64;

        fn loop1<T: Float, K: Map1<T>>(x: &[T], out: &mut [T]) {
            #[target_feature(enable = "avx2,fma,avx512f,avx512vl,avx512dq,avx512bw,avx512cd")]
            fn inner<T: Float, K: Map1<T>>(x: &[T], out: &mut [T]) {
                loop1::<T, K, Avx512>(x, out);
            }
            // SAFETY: a `KernelSet` of these instructions exists only where the processor has them.
            unsafe { inner::<T, K>(x, out) }
        }

        fn loop1x2<T: Float, P: Pair<T>>(x: &[T], out: &mut [T], second: &mut [T]) {
            #[target_feature(enable = "avx2,fma,avx512f,avx512vl,avx512dq,avx512bw,avx512cd")]
            fn inner<T: Float, P: Pair<T>>(x: &[T], out: &mut [T], second: &mut [T]) {
                loop1x2::<T, P, Avx512>(x, out, second);
            }
            // SAFETY: as in `loop1`.
            unsafe { inner::<T, P>(x, out, second) }
        }

        fn loop2<T: Float, K: Map2<T>, const A: bool, const B: bool>(a: &[T], b: &[T], out: &mut [T]) {
            #[target_feature(enable = "avx2,fma,avx512f,avx512vl,avx512dq,avx512bw,avx512cd")]
            fn inner<T: Float, K: Map2<T>, const A: bool, const B: bool>(a: &[T], b: &[T], out: &mut [T]) {
                loop2::<T, K, Avx512, A, B>(a, b, out);
            }
            // SAFETY: as in `loop1`.
            unsafe { inner::<T, K, A, B>(a, b, out) }
        }

        fn loop3<T: Float, K: Map3<T>, const A: bool, const B: bool, const C: bool>(
            a: &[T],
            b: &[T],
            c: &[T],
            out: &mut [T],
        ) {
            #[target_feature(enable = "avx2,fma,avx512f,avx512vl,avx512dq,avx512bw,avx512cd")]
            fn inner<T: Float, K: Map3<T>, const A: bool, const B: bool, const C: bool>(
                a: &[T],
                b: &[T],
                c: &[T],
                out: &mut [T],
            ) {
                loop3::<T, K, Avx512, A, B, C>(a, b, c, out);
            }
            // SAFETY: as in `loop1`.
            unsafe { inner::<T, K, A, B, C>(a, b, c, out) }
        }

        fn run<W: Task>(task: W) -> W::Output {
            #[inline(never)]
            #[target_feature(enable = "avx2,fma,avx512f,avx512vl,avx512dq,avx512bw,avx512cd")]
            fn inner<W: Task>(task: W) -> W::Output {
                task.run::<Avx512>()
            }
            // SAFETY: as in `loop1`.
            unsafe { inner(task) }
        }
    }
}
