//! `direction`: a/√(a² + b²), elementwise, the slope of hypot.
use super::twofold::Twofold;
use super::{Binary, Delta, Flow, Level, Notation};
use crate::error::or_panic;
use crate::{Error, Operand, Real, Var};

/// u = a/h with h = √(a² + b²): the first coordinate of the direction of (a, b), the cosine of its angle. With
/// v = b/h, the second one, ∂u/∂a = v²/h and ∂u/∂b = −u v/h.
///
/// An operation of its own because the derivative of a/√(a² + b²) as it stands is 1/h − a²/h³, which cancels where b
/// is small beside a. At (0, 0) value and derivatives are 0, a convention; (±∞, b) points as (±1, 0) does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Direction;

/// By powers of two, which are exact, from where h would overflow or lose digits.
fn direction(a: f64, b: f64) -> f64 {
    if a.is_infinite() && b.is_finite() {
        return a.signum();
    }
    let scale = match a.abs().max(b.abs()) {
        large if large > 2.0_f64.powi(900) => 2.0_f64.powi(-900),
        small if small < 2.0_f64.powi(-900) => 2.0_f64.powi(900),
        _ => 1.0,
    };
    let (a, b) = (a * scale, b * scale);
    let h = a.hypot(b);
    if h == 0.0 {
        return a;
    }
    let u = a / h;
    if !(2.0_f64.powi(-400)..2.0_f64.powi(400)).contains(&h) || u.abs() < 2.0_f64.powi(-900) {
        return u;
    }
    // a/h and what its two roundings take away: a² + b² − h² shows that of h.
    let (aa, bb, hh) = (Twofold::product(a, a), Twofold::product(b, b), Twofold::product(h, h));
    let (large, small) = if aa.hi > bb.hi { (aa, bb) } else { (bb, aa) };
    let rest = ((large.hi - hh.hi) + small.hi) + (large.lo - hh.lo + small.lo);
    u + ((-u).mul_add(h, a) - u * rest / (2.0 * h)) / h
}

impl Binary for Direction {
    const NAME: &'static str = "direction";
    const SAMPLES: &'static [(f64, f64)] = &[(1.5, -0.5), (-2.25, 0.75), (0.1, 3.0)];
    const GOLDEN: &'static [(f64, f64, f64)] = &[
        (3.0, 4.0, 0.6),
        (-1.0, 1.0, -std::f64::consts::FRAC_1_SQRT_2),
        (0.1, -0.7, 0.141_421_356_237_309_53),
        (0.0, 0.0, 0.0),
        (0.0, -2.5, 0.0),
        (1e-10, 1.0, 1e-10),
        (1.0, 1e-10, 1.0),
        (3e200, 4e200, 0.6),
        (1e-200, -2e-200, 0.447_213_595_499_957_9),
        (5e-324, 4e-320, 0.000_123_517_785_619_031_4),
        (1e308, -1.7e308, 0.507_020_126_563_393_9),
        (1e-310, 1e308, 0.0),
        (f64::INFINITY, 1.0, 1.0),
        (f64::NEG_INFINITY, 3.0, -1.0),
        (2.0, f64::INFINITY, 0.0),
        (f64::NAN, 1.0, f64::NAN),
        (0.0, f64::NAN, f64::NAN),
    ];
    const ULPS: f64 = 2.0;
    const FLOPS: u64 = 16;

    fn f<T: Real>(a: T, b: T) -> T {
        T::lit(direction(a.to_f64(), b.to_f64()))
    }

    fn times_partial<'t>(i: usize, [a, b]: [Var<'t>; 2], u: Var<'t>, delta: Delta<'t>) -> Flow<'t> {
        let (v, h) = (b.direction(a), a.hypot(b));
        // A zero of v wins over 1/h = ∞ at the origin.
        let delta = Delta::masked(delta.times(v).var());
        Some(if i == 0 { delta.times(v).over(h) } else { -delta.times(u).over(h) })
    }

    fn notation() -> Notation {
        Notation::template("{0} / √({0}² + {1}²)", "\\frac{{0}}{\\sqrt{{0}^2 + {1}^2}}", Level::Big, Level::Atom)
    }
}

impl<'t> Var<'t> {
    /// a/√(a² + b²), elementwise, broadcast as in NumPy: with b.direction(a) the unit vector that points to (a, b).
    /// It is 0 where a = 0, at the origin too.
    ///
    /// ```
    /// use cinta_graph::Tape;
    /// let tape = Tape::new();
    /// let (a, b) = (tape.var([3.0, 0.0]), tape.var([4.0, 0.0]));
    /// assert_eq!(a.direction(b).value(), ndarray::array![0.6, 0.0]);
    /// assert_eq!(b.direction(a).value(), ndarray::array![0.8, 0.0]);
    /// ```
    ///
    /// # Panics
    /// On integers and truth values, or if dtypes differ or shapes do not broadcast.
    #[must_use]
    #[track_caller]
    pub fn direction(self, other: impl Operand<'t>) -> Self {
        or_panic(self.try_direction(other))
    }

    /// [`direction`](Self::direction), with the error returned.
    #[track_caller]
    pub fn try_direction(self, other: impl Operand<'t>) -> Result<Self, Error> {
        self.binary(Direction, other)
    }
}
