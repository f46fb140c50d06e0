//! Long functions as lines: the formulas of their kernels, computed with lines in the place of numbers.
//!
//! So what a function is stands once. What functions of one number share, a function and its slope say, becomes the same lines.
use std::cell::RefCell;
use std::mem;
use std::ops::{Add, Div, Mul, Neg, Sub};

use super::super::Unary;
use super::super::exponential::{Exp, Exp2, Expm1};
use super::super::float::Float;
use super::super::hyperbolic::{Cosh, Sech2, Sech2OfHalf, Sigmoid, SigmoidOfNeg, SigmoidSlope, Sinh, Tanh};
use super::super::logarithm::{Log, Log1p, LogSigmoid, Softplus};
use super::super::number::Number;
use super::super::set::Isa;
#[cfg(not(target_arch = "x86_64"))]
use super::super::set::Portable as Fused;
#[cfg(target_arch = "x86_64")]
use super::super::set::x86::Avx2 as Fused;
use super::super::staged::{self, Staged};
use super::super::weighted::{Silu, SiluSlope};
use super::lines::Draft;
use super::work::{Line, Relation, Two, Work};

impl Draft {
    /// The lines of a function, if there is a formula of it.
    pub(super) fn formula(&mut self, f: Unary, x: Line) -> Option<Line> {
        self.argument = Some(x);
        let draft = RefCell::new(mem::replace(self, Self::empty()));
        let line = if draft.borrow().double { of::<f64>(&draft, f, x) } else { of::<f32>(&draft, f, x) };
        *self = draft.into_inner();
        self.argument = None;
        line
    }
}

fn of<T: Float>(draft: &RefCell<Draft>, f: Unary, x: Line) -> Option<Line> {
    let x = Written::<T>::Line(draft, x);
    let y = match f {
        Unary::Exp => at::<T, Exp>(x),
        Unary::Expm1 => at::<T, Expm1>(x),
        Unary::Exp2 => at::<T, Exp2>(x),
        Unary::Log => at::<T, Log>(x),
        Unary::Sinh => at::<T, Sinh>(x),
        Unary::Cosh => at::<T, Cosh>(x),
        Unary::Tanh => at::<T, Tanh>(x),
        Unary::Sech2 => at::<T, Sech2>(x),
        Unary::Sech2OfHalf => at::<T, Sech2OfHalf>(x),
        Unary::Sigmoid => at::<T, Sigmoid>(x),
        Unary::SigmoidOfNeg => at::<T, SigmoidOfNeg>(x),
        Unary::SigmoidSlope => at::<T, SigmoidSlope>(x),
        Unary::Softplus => at::<T, Softplus>(x),
        Unary::LogSigmoid => at::<T, LogSigmoid>(x),
        Unary::Log1p => at::<T, Log1p>(x),
        Unary::Silu => at::<T, Silu>(x),
        Unary::SiluSlope => at::<T, SiluSlope>(x),
        _ => return None,
    };
    Some(y.line(draft))
}

fn at<'d, T: Float, K: Staged<Written<'d, T>>>(x: Written<'d, T>) -> Written<'d, T> {
    // All sets with native code have fused products.
    staged::at::<Written<'d, T>, K, Fused>(x)
}

/// A number that is known, or the line that computes it.
#[derive(Clone, Copy)]
enum Written<'d, T> {
    Known(T),
    Line(&'d RefCell<Draft>, Line),
}

/// What is known to hold or not, or the line that finds out.
#[derive(Clone, Copy)]
enum Holds<'d> {
    Known(bool),
    Line(&'d RefCell<Draft>, Line),
}

impl<'d, T: Float> Written<'d, T> {
    fn line(self, draft: &RefCell<Draft>) -> Line {
        match self {
            Self::Known(x) => draft.borrow_mut().number(x.to_f64()),
            Self::Line(_, line) => line,
        }
    }

    /// What lines become, of which one at least is none that is known.
    fn of<const N: usize>(all: [Self; N], line: impl FnOnce(&mut Draft, [Line; N]) -> Line) -> Self {
        let (draft, lines) = Self::lines(all);
        let line = line(&mut draft.borrow_mut(), lines);
        Self::Line(draft, line)
    }

    fn lines<const N: usize>(all: [Self; N]) -> (&'d RefCell<Draft>, [Line; N]) {
        let draft = all.iter().find_map(|it| if let Self::Line(draft, _) = it { Some(*draft) } else { None });
        let draft = draft.expect("numbers that are all known are computed at once");
        (draft, all.map(|it| it.line(draft)))
    }

    fn two(self, other: Self, two: Two, known: impl Fn(T, T) -> T) -> Self {
        if let (Self::Known(a), Self::Known(b)) = (self, other) {
            return Self::Known(known(a, b));
        }
        Self::of([self, other], |draft, [a, b]| draft.two(two, a, b))
    }

    fn compared(self, other: Self, relation: Relation, known: impl Fn(&T, &T) -> bool) -> Holds<'d> {
        if let (Self::Known(a), Self::Known(b)) = (self, other) {
            return Holds::Known(known(&a, &b));
        }
        let (draft, [a, b]) = Self::lines([self, other]);
        Holds::Line(draft, draft.borrow_mut().compared(relation, a, b))
    }
}

impl<T: Float> Add for Written<'_, T> {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        self.two(other, Two::Add, |a, b| a + b)
    }
}

impl<T: Float> Sub for Written<'_, T> {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        self.two(other, Two::Sub, |a, b| a - b)
    }
}

impl<T: Float> Mul for Written<'_, T> {
    type Output = Self;
    fn mul(self, other: Self) -> Self {
        self.two(other, Two::Mul, |a, b| a * b)
    }
}

impl<T: Float> Div for Written<'_, T> {
    type Output = Self;
    fn div(self, other: Self) -> Self {
        self.two(other, Two::Div, |a, b| a / b)
    }
}

impl<T: Float> Neg for Written<'_, T> {
    type Output = Self;
    fn neg(self) -> Self {
        if let Self::Known(x) = self {
            return Self::Known(-x);
        }
        Self::of([self], |draft, [x]| draft.neg(x))
    }
}

impl<'d, T: Float> Number for Written<'d, T> {
    type Of = T;
    type Mask = Holds<'d>;

    const ZERO: Self = Self::Known(T::ZERO);
    const ONE: Self = Self::Known(T::ONE);
    const TWO: Self = Self::Known(T::TWO);
    const HALF: Self = Self::Known(T::HALF);
    const EPSILON: Self = Self::Known(T::EPSILON);
    const INFINITY: Self = Self::Known(T::INFINITY);
    const MINUS_INFINITY: Self = Self::Known(T::MINUS_INFINITY);
    const NAN: Self = Self::Known(T::NAN);
    const SMALLEST_NORMAL: Self = Self::Known(T::SMALLEST_NORMAL);
    const SHIFT: Self = Self::Known(T::SHIFT);
    const LOG2_E: Self = Self::Known(T::LOG2_E);
    const LN2_HI: Self = Self::Known(T::LN2_HI);
    const LN2_LO: Self = Self::Known(T::LN2_LO);
    const EXP_HIGH: Self = Self::Known(T::EXP_HIGH);
    const EXP_LOW: Self = Self::Known(T::EXP_LOW);
    const LIFT: Self = Self::Known(T::LIFT);

    fn known(x: T) -> Self {
        Self::Known(x)
    }

    fn mul_add(self, b: Self, c: Self) -> Self {
        Self::of([self, b, c], |draft, [a, b, c]| draft.fused(a, b, c))
    }

    fn product_error<I: Isa>(a: Self, b: Self, p: Self) -> Self {
        a.mul_add(b, -p)
    }

    fn abs(self) -> Self {
        Self::of([self], |draft, [x]| draft.abs(x))
    }

    fn copysign(self, sign: Self) -> Self {
        Self::of([self.abs(), sign], |draft, [size, of]| {
            let bit = draft.sign();
            let sign = draft.two(Two::And, of, bit);
            draft.two(Two::Or, size, sign)
        })
    }

    fn raised(self, shifted: Self) -> Self {
        Self::of([self, shifted], |draft, [x, of]| {
            let by = if draft.double { 52 } else { 23 };
            let power = draft.line(Work::Shift { down: false, by, of });
            draft.line(Work::AddBits(power, x))
        })
    }

    fn split(self) -> (Self, Self) {
        let (draft, [x]) = Self::lines([self]);
        let mut to = draft.borrow_mut();
        let (one, root, bias, digits, whole) = if to.double {
            (1.0_f64.to_bits(), std::f64::consts::FRAC_1_SQRT_2.to_bits(), 4_503_599_627_370_496.0, 52, 1023.0)
        } else {
            let (one, root) = (1.0_f32.to_bits(), std::f32::consts::FRAC_1_SQRT_2.to_bits());
            (one.into(), root.into(), 8_388_608.0, 23, 127.0)
        };
        let (lift, root, mask) = (to.bits(one - root), to.bits(root), to.bits((1 << digits) - 1));
        let (place, zero) = (to.number(bias), to.number(bias + whole));
        let bits = to.line(Work::AddBits(x, lift));
        let exponent = to.line(Work::Shift { down: true, by: digits, of: bits });
        let exponent = to.two(Two::Or, exponent, place);
        let exponent = to.two(Two::Sub, exponent, zero);
        let mantissa = to.two(Two::And, bits, mask);
        let mantissa = to.line(Work::AddBits(mantissa, root));
        (Self::Line(draft, mantissa), Self::Line(draft, exponent))
    }

    fn less(self, than: Self) -> Holds<'d> {
        self.compared(than, Relation::Less, |a, b| a < b)
    }

    fn equals(self, other: Self) -> Holds<'d> {
        self.compared(other, Relation::Equal, |a, b| a == b)
    }

    fn choose(holds: Holds<'d>, yes: Self, no: Self) -> Self {
        match holds {
            Holds::Known(true) => yes,
            Holds::Known(false) => no,
            Holds::Line(draft, mask) => {
                let (yes, no) = (yes.line(draft), no.line(draft));
                Self::Line(draft, draft.borrow_mut().choose(mask, yes, no))
            }
        }
    }
}
