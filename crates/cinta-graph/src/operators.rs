//! Rust's operators on variables.
//!
//! One generic implementation an operator on the left side (`var * anything`), so that the type of
//! `(x * 2.0)` is known before the literal's is and `(x * 2.0).sin()` compiles. For the same reason only
//! `f64` and `i32` literals stand on the left of a variable: with `f32` beside `f64`, Rust could not tell
//! which of them `(2.0 * x).sin()` means. A literal takes the variable's dtype in any case.
use std::iter::Sum;
use std::ops::{
    Add, AddAssign, BitAnd, BitOr, Div, DivAssign, Mul, MulAssign, Neg, Not, Rem, RemAssign, Sub, SubAssign,
};

use crate::error::or_panic;
use crate::{Operand, Var};

/// The implementations of one operator; the standard library's traits leave no shorter way.
macro_rules! operator {
    ($Trait:ident::$method:ident, $Assign:ident::$assign:ident, $record:ident) => {
        impl<'t, R: Operand<'t>> $Trait<R> for Var<'t> {
            type Output = Var<'t>;
            #[inline]
            #[track_caller]
            fn $method(self, other: R) -> Var<'t> {
                or_panic(self.$record(other))
            }
        }

        impl<'t, R: Operand<'t>> $Trait<R> for &Var<'t> {
            type Output = Var<'t>;
            #[inline]
            #[track_caller]
            fn $method(self, other: R) -> Var<'t> {
                or_panic((*self).$record(other))
            }
        }

        impl<'t, R: Operand<'t>> $Assign<R> for Var<'t> {
            #[inline]
            #[track_caller]
            fn $assign(&mut self, other: R) {
                *self = or_panic(self.$record(other));
            }
        }

        operator!(left $Trait::$method, $record, f64, i32);
    };
    (left $Trait:ident::$method:ident, $record:ident, $($number:ty),*) => {
        $(
            impl<'t> $Trait<Var<'t>> for $number {
                type Output = Var<'t>;
                #[inline]
                #[track_caller]
                fn $method(self, other: Var<'t>) -> Var<'t> {
                    // No closure: it would not know the caller.
                    let number = or_panic(self.try_like(other, stringify!($method)));
                    or_panic(number.$record(other))
                }
            }

            impl<'t> $Trait<&Var<'t>> for $number {
                type Output = Var<'t>;
                #[inline]
                #[track_caller]
                fn $method(self, other: &Var<'t>) -> Var<'t> {
                    $Trait::$method(self, *other)
                }
            }
        )*
    };
}

operator!(Add::add, AddAssign::add_assign, try_add);
operator!(Sub::sub, SubAssign::sub_assign, try_sub);
operator!(Mul::mul, MulAssign::mul_assign, try_mul);
operator!(Div::div, DivAssign::div_assign, try_div);
operator!(Rem::rem, RemAssign::rem_assign, try_rem);

impl Neg for Var<'_> {
    type Output = Self;
    #[inline]
    #[track_caller]
    fn neg(self) -> Self {
        or_panic(self.try_neg())
    }
}

impl<'t> Neg for &Var<'t> {
    type Output = Var<'t>;
    #[inline]
    #[track_caller]
    fn neg(self) -> Var<'t> {
        -*self
    }
}

impl Not for Var<'_> {
    type Output = Self;
    #[track_caller]
    fn not(self) -> Self {
        self.logical_not()
    }
}

impl<'t, R: Operand<'t>> BitAnd<R> for Var<'t> {
    type Output = Self;
    #[track_caller]
    fn bitand(self, other: R) -> Self {
        self.logical_and(other)
    }
}

impl<'t, R: Operand<'t>> BitOr<R> for Var<'t> {
    type Output = Self;
    #[track_caller]
    fn bitor(self, other: R) -> Self {
        self.logical_or(other)
    }
}

/// The sum of one or more variables.
///
/// # Panics
/// If there are none: an empty sum has no tape.
impl Sum for Var<'_> {
    #[track_caller]
    fn sum<I: Iterator<Item = Self>>(iter: I) -> Self {
        // `Iterator::sum` does not pass its caller's place on, so each addition stands where its term was written.
        let add = |a: Self, b: Self| or_panic(a.tape().at_place_of(b, || a.try_add(b)));
        iter.reduce(add).expect("sum of no variables: an empty sum has no tape; start from tape.constant(0.0)")
    }
}

impl<'a, 't> Sum<&'a Var<'t>> for Var<'t> {
    #[track_caller]
    fn sum<I: Iterator<Item = &'a Self>>(iter: I) -> Self {
        iter.copied().sum()
    }
}
