//! Straight-line code over numbers: what a loop over one element becomes.
//!
//! Small programs are all of this kind, and a call of a vector kernel costs more than their arithmetic. A [`Line`] is one
//! operation on registers that hold one number each; running one costs about two nanoseconds, and a function has the bits of
//! its vector kernel.
use std::mem;

use super::catalog::Twin;
use super::circular::{Cos, Sin};
use super::error_function::{Erf, Erfc, Gaussian, HalfGaussian};
use super::exponential::{Exp, Expm1};
use super::float::Float;
use super::gamma::{Digamma, Lgamma};
use super::hyperbolic::{Cosh, Sech2, Sech2OfHalf, Sigmoid, SigmoidOfNeg, SigmoidSlope, Sinh, Tanh};
use super::inverse_error_function::{Erfinv, ErfinvSlope};
use super::logarithm::{Log, Log1p, LogSigmoid, Softplus};
use super::loops::Map1;
use super::normal::{Gelu, GeluSlope, NormalCdf};
use super::set::{Isa, KernelSet, Task};
use super::weighted::{GeluTanh, GeluTanhSlope, Mish, MishSlope, Silu, SiluSlope};

/// What a line computes from a, b and c. Of one level, so that one jump finds the work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Code {
    Add,
    Sub,
    Mul,
    Div,
    Neg,
    Square,
    Reciprocal,
    Sqrt,
    Exp,
    Expm1,
    Log,
    Log1p,
    Sin,
    Cos,
    Tanh,
    Sech2,
    Sigmoid,
    Softplus,
    MulAdd,
    MulSub,
    NegMulAdd,
    MulMul,
    AddAdd,
    AddMul,
    SubMul,
    MulDiv,
    Gate,
    Lt,
    Le,
    Gt,
    Ge,
    Eq,
    Ne,
    Select,
    /// Two functions of a, of which the second goes to register c; b is their place in [`Twin::ALL`].
    Twin,
    /// The operation at position c, of one argument.
    Apply1,
    /// The operation at position c, of two arguments.
    Apply2,
}

impl Code {
    /// Whether a and b may change places.
    fn commutes(self) -> bool {
        matches!(
            self,
            Self::Add | Self::Mul | Self::MulAdd | Self::MulSub | Self::NegMulAdd | Self::MulMul | Self::MulDiv
        )
    }
}

/// One operation: out = code(a, b, c), each the number of a register.
///
/// To read a line takes longer than most arithmetic, so it has few words.
#[derive(Clone, Copy, Debug)]
struct Line {
    /// The code in 8 bits, and above them out in 24.
    head: u32,
    a: u32,
    b: u32,
    c: u32,
}

const _: () = assert!(size_of::<Line>() == 16);

/// The most registers that 24 bits can number.
pub(crate) const MOST: usize = 1 << 24;

/// As a: the result of the line before. Where one line waits for the other, that is sooner there than by way of its register.
const LAST: u32 = u32::MAX;

impl Line {
    #[inline(always)]
    fn out(&self) -> u32 {
        self.head >> 8
    }

    #[inline(always)]
    #[expect(unsafe_code, reason = "to look whether it is a code takes as long as the arithmetic")]
    fn code(&self) -> Code {
        let [code, ..] = self.head.to_le_bytes();
        // SAFETY: `Lines::push`, which alone makes lines, puts a code there.
        unsafe { mem::transmute::<u8, Code>(code) }
    }
}

/// Straight-line code.
#[derive(Clone, Debug, Default)]
pub(crate) struct Lines {
    lines: Vec<Line>,
    /// Every register in the lines is below this.
    end: usize,
}

impl Lines {
    pub(crate) fn with_capacity(lines: usize) -> Self {
        Self { lines: Vec::with_capacity(lines), end: 0 }
    }

    /// Adds a line: out = code(a, b, c), each a register below [`MOST`]; of what the code does not read, any.
    pub(crate) fn push(&mut self, code: Code, out: u32, [a, b, c]: [u32; 3]) {
        let last = self.lines.last().map_or(LAST, Line::out);
        let (a, b) = if code.commutes() && b == last { (b, a) } else { (a, b) };
        let registers = match code {
            Code::Apply1 | Code::Apply2 => [out, a, b],
            Code::Twin => [out, a, c],
            _ => [out, a, b.max(c)],
        };
        let most = registers.into_iter().fold(0, u32::max) as usize;
        assert!(most < MOST, "a register that 24 bits can number");
        self.end = self.end.max(most + 1);
        self.lines.push(Line { head: code as u32 | out << 8, a: if a == last { LAST } else { a }, b, c });
    }
}

impl KernelSet {
    /// Runs lines on registers. `apply` computes an operation that has no code, from its position and its arguments.
    pub(crate) fn run_lines<T: Float>(self, lines: &Lines, registers: &mut [T], apply: &dyn Fn(u32, &[T]) -> T) {
        // Vectors gain nothing.
        self.without_avx512().run(Straight { lines: &lines.lines, registers: &mut registers[..lines.end], apply });
    }
}

struct Straight<'a, T> {
    lines: &'a [Line],
    registers: &'a mut [T],
    apply: &'a dyn Fn(u32, &[T]) -> T,
}

impl<T: Float> Task for Straight<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run<I: Isa>(self) {
        let (mut r, mut last) = (Registers(self.registers), T::ZERO);
        for line in self.lines {
            let a = if line.a == LAST { last } else { r.get(line.a) };
            last = value::<I, T>(line, a, &mut r, self.apply);
            r.set(line.out(), last);
        }
    }
}

/// The registers of [`Lines`], as many as these ask for.
struct Registers<'a, T>(&'a mut [T]);

#[expect(unsafe_code, reason = "to look at a bound takes as long as the arithmetic")]
impl<T: Float> Registers<'_, T> {
    #[inline(always)]
    fn get(&self, i: u32) -> T {
        debug_assert!((i as usize) < self.0.len());
        // SAFETY: `Lines::push` keeps `end` above every register of a line, and there are `end` of them.
        unsafe { *self.0.get_unchecked(i as usize) }
    }

    #[inline(always)]
    fn set(&mut self, i: u32, x: T) {
        debug_assert!((i as usize) < self.0.len());
        // SAFETY: as in `get`.
        unsafe { *self.0.get_unchecked_mut(i as usize) = x }
    }
}

#[inline(always)]
fn value<I: Isa, T: Float>(line: &Line, a: T, r: &mut Registers<'_, T>, apply: &dyn Fn(u32, &[T]) -> T) -> T {
    match line.code() {
        Code::Add => a + r.get(line.b),
        Code::Sub => a - r.get(line.b),
        Code::Mul => a * r.get(line.b),
        Code::Div => a / r.get(line.b),
        Code::Neg => -a,
        Code::Square => a * a,
        Code::Reciprocal => T::ONE / a,
        Code::Sqrt => a.sqrt(),
        Code::Exp => at::<I, T, Exp>(a),
        Code::Expm1 => at::<I, T, Expm1>(a),
        Code::Log => at::<I, T, Log>(a),
        Code::Log1p => at::<I, T, Log1p>(a),
        Code::Sin => at::<I, T, Sin>(a),
        Code::Cos => at::<I, T, Cos>(a),
        Code::Tanh => at::<I, T, Tanh>(a),
        Code::Sech2 => at::<I, T, Sech2>(a),
        Code::Sigmoid => at::<I, T, Sigmoid>(a),
        Code::Softplus => at::<I, T, Softplus>(a),
        Code::MulAdd => a * r.get(line.b) + r.get(line.c),
        Code::MulSub => a * r.get(line.b) - r.get(line.c),
        Code::NegMulAdd => r.get(line.c) - a * r.get(line.b),
        Code::MulMul => a * r.get(line.b) * r.get(line.c),
        Code::AddAdd => a + r.get(line.b) + r.get(line.c),
        Code::AddMul => (a + r.get(line.b)) * r.get(line.c),
        Code::SubMul => (a - r.get(line.b)) * r.get(line.c),
        Code::MulDiv => a * r.get(line.b) / r.get(line.c),
        Code::Gate => {
            if a == T::ZERO {
                a
            } else {
                a * r.get(line.b)
            }
        }
        Code::Lt => truth(a < r.get(line.b)),
        Code::Le => truth(a <= r.get(line.b)),
        Code::Gt => truth(a > r.get(line.b)),
        Code::Ge => truth(a >= r.get(line.b)),
        Code::Eq => truth(a == r.get(line.b)),
        Code::Ne => truth(a != r.get(line.b)),
        Code::Select => {
            if a == T::ZERO {
                r.get(line.c)
            } else {
                r.get(line.b)
            }
        }
        Code::Twin => {
            let [first, second] = both::<I, T>(Twin::ALL[line.b as usize], a);
            r.set(line.c, second);
            first
        }
        Code::Apply1 => apply(line.c, &[a]),
        Code::Apply2 => apply(line.c, &[a, r.get(line.b)]),
    }
}

#[inline(always)]
fn truth<T: Float>(x: bool) -> T {
    if x { T::ONE } else { T::ZERO }
}

/// Two functions of one number, which share what is costly.
#[inline(always)]
fn both<I: Isa, T: Float>(twin: Twin, x: T) -> [T; 2] {
    match twin {
        Twin::Tanh => [at::<I, T, Tanh>(x), at::<I, T, Sech2>(x)],
        Twin::Sigmoid => [at::<I, T, Sigmoid>(x), at::<I, T, SigmoidSlope>(x)],
        Twin::SigmoidSech2 => [at::<I, T, Sigmoid>(x), at::<I, T, Sech2OfHalf>(x)],
        Twin::Softplus => [at::<I, T, Softplus>(x), at::<I, T, Sigmoid>(x)],
        Twin::LogSigmoid => [at::<I, T, LogSigmoid>(x), at::<I, T, SigmoidOfNeg>(x)],
        Twin::SinCos => [at::<I, T, Sin>(x), at::<I, T, Cos>(x)],
        Twin::SinhCosh => [at::<I, T, Sinh>(x), at::<I, T, Cosh>(x)],
        Twin::Expm1 => [at::<I, T, Expm1>(x), at::<I, T, Exp>(x)],
        Twin::Erf => [at::<I, T, Erf>(x), at::<I, T, Gaussian>(x)],
        Twin::Erfc => [at::<I, T, Erfc>(x), at::<I, T, Gaussian>(x)],
        Twin::Erfinv => [at::<I, T, Erfinv>(x), at::<I, T, ErfinvSlope>(x)],
        Twin::Lgamma => [at::<I, T, Lgamma>(x), at::<I, T, Digamma>(x)],
        Twin::NormalCdf => [at::<I, T, NormalCdf>(x), at::<I, T, HalfGaussian>(x)],
        Twin::Gelu => [at::<I, T, Gelu>(x), at::<I, T, GeluSlope>(x)],
        Twin::GeluTanh => [at::<I, T, GeluTanh>(x), at::<I, T, GeluTanhSlope>(x)],
        Twin::Silu => [at::<I, T, Silu>(x), at::<I, T, SiluSlope>(x)],
        Twin::Mish => [at::<I, T, Mish>(x), at::<I, T, MishSlope>(x)],
    }
}

/// A function of one number, as its kernel computes it.
#[inline(always)]
fn at<I: Isa, T: Float, K: Map1<T>>(x: T) -> T {
    match K::SCALAR {
        Some((rare, scalar)) if rare(x) => scalar(x),
        _ => K::at::<I>(x),
    }
}
