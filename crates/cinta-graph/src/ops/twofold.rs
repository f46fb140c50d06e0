//! Numbers of twice the precision, for the few places where one rounding too many would be seen.
//!
//! T. J. Dekker, *A floating-point technique for extending the available precision*, Numer. Math. 18 (1971).

/// A number as the sum of an `f64` and what that leaves, some 106 bits in all.
#[derive(Clone, Copy, Debug)]
pub(super) struct Twofold {
    pub(super) hi: f64,
    pub(super) lo: f64,
}

impl Twofold {
    /// 1.
    pub(super) const ONE: Self = Self { hi: 1.0, lo: 0.0 };

    /// a + b, exactly.
    pub(super) fn sum(a: f64, b: f64) -> Self {
        let hi = a + b;
        let of_b = hi - a;
        Self { hi, lo: (a - (hi - of_b)) + (b - of_b) }
    }

    /// a b, exactly.
    pub(super) fn product(a: f64, b: f64) -> Self {
        let hi = a * b;
        Self { hi, lo: a.mul_add(b, -hi) }
    }

    /// The product of two such numbers.
    pub(super) fn times(self, other: Self) -> Self {
        let top = Self::product(self.hi, other.hi);
        let lo = top.lo + (self.hi * other.lo + self.lo * other.hi);
        Self::sum(top.hi, lo)
    }

    /// The sum with an `f64`.
    pub(super) fn plus(self, other: f64) -> Self {
        let top = Self::sum(self.hi, other);
        Self::sum(top.hi, top.lo + self.lo)
    }
}

#[cfg(test)]
mod tests {
    use super::Twofold;

    #[test]
    fn what_rounding_takes_away_is_kept() {
        let third = 1.0 / 3.0;
        let Twofold { hi, lo } = Twofold::product(third, 3.0);
        assert_eq!((hi, lo), (1.0, -(2.0_f64.powi(-54))));
        let Twofold { hi, lo } = Twofold::sum(1.0, 1e-30);
        assert_eq!((hi, lo), (1.0, 1e-30));
        let square = Twofold::sum(1.0, 1e-20).times(Twofold::sum(1.0, -1e-20));
        assert_eq!((square.hi, square.lo), (1.0, 0.0));
        let sum = Twofold::product(third, 3.0).plus(-1.0);
        assert_eq!((sum.hi, sum.lo), (-(2.0_f64.powi(-54)), 0.0));
    }
}
