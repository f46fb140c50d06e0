//! Kernels of the hyperbolic functions and the sigmoid.
//!
//! Functions that derivatives pair up (sinh and cosh, tanh and sech², σ and its slope, softplus and σ) are written in the
//! same terms, so that a loop that computes both shares them, and gives the bits of each alone.
use super::exponential::{OfDecay, OfQuarter};
use super::float::fused;
use super::number::Number;
use super::set::Isa;
use super::staged::{Staged, in_steps};

/// sinh x; within 2 ULP: with q = (e^|x| − 1)/4, sinh |x| = 2q + q/(2q + ½).
pub(super) struct Sinh;

impl<T: Number> Staged<T> for Sinh {
    type First = OfQuarter<true>;

    #[inline(always)]
    fn last<I: Isa>(x: T, [q, ..]: [T; 3]) -> T {
        let inverse = T::ONE / (q + T::lit(0.25));
        let y = fused::<I, T>(T::HALF * q, inverse, T::TWO * q).copysign(x);
        T::choose(x.abs().less(T::EPSILON * T::HALF), x, y)
    }
}

/// cosh x; within 2 ULP: 2e + ⅛/e with e = e^|x|/4.
pub(super) struct Cosh;

impl<T: Number> Staged<T> for Cosh {
    type First = OfQuarter<true>;

    #[inline(always)]
    fn last<I: Isa>(_: T, [q, ..]: [T; 3]) -> T {
        let e = q + T::lit(0.25);
        T::TWO * e + T::lit(0.125) * (T::ONE / e)
    }
}

/// What functions of e = eˣ and 1/(1 + e) are made of, for x ≤ 0.
pub(super) struct Logistic<T> {
    /// e = `power` (1 + `tail`), where `power` is a power of two.
    power: T,
    tail: T,
    /// 1 + e.
    sum: T,
    inverse: T,
}

impl<T: Number> Logistic<T> {
    #[inline(always)]
    pub(super) fn of<I: Isa>([tail, lifted]: [T; 2]) -> Self {
        let power = lifted * (T::ONE / T::LIFT);
        let sum = fused::<I, T>(power, tail, T::ONE + power);
        Self { power, tail, sum, inverse: T::ONE / sum }
    }

    /// y without the rounding error of the inverse, of which so many are its factors.
    #[inline(always)]
    fn settled<I: Isa>(&self, y: T, inverses: u8) -> T {
        let excess = fused::<I, T>(self.sum, self.inverse, -T::ONE);
        let excess = if inverses == 2 { excess + excess } else { excess };
        fused::<I, T>(y, -excess, y)
    }

    /// e.
    #[inline(always)]
    pub(super) fn e<I: Isa>(&self) -> T {
        fused::<I, T>(self.power, self.tail, self.power)
    }

    /// e/(1 + e) or 1/(1 + e).
    #[inline(always)]
    fn share<I: Isa>(&self, of_e: T::Mask) -> T {
        T::choose(of_e, self.e::<I>() * self.inverse, self.inverse)
    }

    /// (1 − e)/(1 + e).
    #[inline(always)]
    fn rise<I: Isa>(&self) -> T {
        let rise = fused::<I, T>(-self.power, self.tail, T::ONE - self.power);
        if I::FMA { self.settled::<I>(rise * self.inverse, 1) } else { rise / self.sum }
    }

    /// e/(1 + e)².
    #[inline(always)]
    fn slope<I: Isa>(&self) -> T {
        if I::FMA {
            self.settled::<I>(self.e::<I>() * self.inverse * self.inverse, 2)
        } else {
            self.e::<I>() / (self.sum * self.sum)
        }
    }
}

/// tanh x = (1 − e)/(1 + e) with e = e^−2|x|; within 2.5 ULP.
pub(super) struct Tanh;

impl<T: Number> Staged<T> for Tanh {
    type First = OfDecay<2>;

    #[inline(always)]
    fn last<I: Isa>(x: T, parts: [T; 2]) -> T {
        Logistic::of::<I>(parts).rise::<I>().copysign(x)
    }
}

/// sech² x = 4e/(1 + e)² with e = e^−2|x|; within 4 ULP.
pub(super) struct Sech2;

impl<T: Number> Staged<T> for Sech2 {
    type First = OfDecay<2>;

    #[inline(always)]
    fn last<I: Isa>(_: T, parts: [T; 2]) -> T {
        Logistic::of::<I>(parts).slope::<I>() * T::lit(4.0)
    }
}

/// sech² x/2.
pub(super) struct Sech2OfHalf;

impl<T: Number> Staged<T> for Sech2OfHalf {
    type First = OfDecay<1>;

    #[inline(always)]
    fn last<I: Isa>(_: T, parts: [T; 2]) -> T {
        Logistic::of::<I>(parts).slope::<I>() * T::lit(4.0)
    }
}

/// σ(x); within 3 ULP.
pub(super) struct Sigmoid;

impl<T: Number> Staged<T> for Sigmoid {
    type First = OfDecay<1>;

    #[inline(always)]
    fn last<I: Isa>(x: T, parts: [T; 2]) -> T {
        Logistic::of::<I>(parts).share::<I>(x.less(T::ZERO))
    }
}

/// σ(−x).
pub(super) struct SigmoidOfNeg;

impl<T: Number> Staged<T> for SigmoidOfNeg {
    type First = OfDecay<1>;

    #[inline(always)]
    fn last<I: Isa>(x: T, parts: [T; 2]) -> T {
        Logistic::of::<I>(parts).share::<I>(T::ZERO.less(x))
    }
}

/// σ′(x) = e/(1 + e)² with e = e^−|x|; within 4 ULP.
pub(super) struct SigmoidSlope;

impl<T: Number> Staged<T> for SigmoidSlope {
    type First = OfDecay<1>;

    #[inline(always)]
    fn last<I: Isa>(_: T, parts: [T; 2]) -> T {
        Logistic::of::<I>(parts).slope::<I>()
    }
}

in_steps!(Sinh, Cosh, Tanh, Sech2, Sech2OfHalf, Sigmoid, SigmoidOfNeg, SigmoidSlope);
