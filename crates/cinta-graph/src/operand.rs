//! What may stand beside a variable in an expression: variables, Rust numbers, arrays.
use ndarray::{ArrayBase, Data, Dimension};

use crate::error::or_panic;
use crate::scalar::Scalar;
use crate::{ArrayType, DType, Element, Error, Value, Var};

/// The other side of an operator or a method of two arguments.
///
/// A Rust number takes the dtype and shape of the variable it meets: `x * 2.0` works for `f64` and `f32`,
/// `n + 1` for integers and floats. Arrays become constants; their dtype must be the variable's.
pub trait Operand<'t>: Sized {
    /// The dtype of a Rust number alone; beside a variable it takes that one's. `None` for variables and arrays.
    const NUMBER: Option<DType> = None;

    /// As a variable on the tape of `beside`.
    ///
    /// # Errors
    /// If a number cannot stand beside that dtype (`0.5` beside integers).
    #[track_caller]
    fn try_like(self, beside: Var<'t>, op: &str) -> Result<Var<'t>, Error>;

    /// As a variable on the tape of `beside`.
    ///
    /// # Panics
    /// Where [`try_like`](Self::try_like) errs.
    #[track_caller]
    fn like(self, beside: Var<'t>) -> Var<'t> {
        or_panic(self.try_like(beside, "literal"))
    }
}

impl<'t> Operand<'t> for Var<'t> {
    #[inline]
    fn try_like(self, _: Var<'t>, _: &str) -> Result<Var<'t>, Error> {
        Ok(self)
    }
}

impl<'t> Operand<'t> for &Var<'t> {
    #[inline]
    fn try_like(self, _: Var<'t>, _: &str) -> Result<Var<'t>, Error> {
        Ok(*self)
    }
}

/// As a variable on the tape of `beside`, where a Rust number is a scalar of a dtype and not spread over `beside`.
#[track_caller]
pub(crate) fn unspread<'t, X: Operand<'t>>(x: X, dtype: DType, beside: Var<'t>, op: &str) -> Result<Var<'t>, Error> {
    let beside = if X::NUMBER.is_some() { beside.tape().full(&ArrayType::new(dtype, ()), 0.0) } else { beside };
    x.try_like(beside, op)
}

/// A number beside a variable, if that dtype can hold it.
#[track_caller]
fn number<'t>(x: Scalar, beside: Var<'t>, op: &str) -> Result<Var<'t>, Error> {
    let fits = match beside.dtype() {
        DType::F64 | DType::F32 => x.dtype() != DType::Bool,
        DType::I64 => x.dtype() == DType::I64,
        DType::Bool => x.dtype() == DType::Bool,
    };
    if fits {
        return Ok(beside.literal(x));
    }
    let ty = beside.array_type();
    let reason = format!("the {} number {x} does not fit beside {}; use cast", x.dtype(), ty.dtype);
    Err(beside.tape().type_error(op, reason, &[&ty]))
}

impl<'t> Operand<'t> for f64 {
    const NUMBER: Option<DType> = Some(DType::F64);

    #[inline]
    #[track_caller]
    fn try_like(self, beside: Var<'t>, op: &str) -> Result<Var<'t>, Error> {
        number(Scalar::F64(self), beside, op)
    }
}

impl<'t> Operand<'t> for f32 {
    const NUMBER: Option<DType> = Some(DType::F32);

    #[inline]
    #[track_caller]
    fn try_like(self, beside: Var<'t>, op: &str) -> Result<Var<'t>, Error> {
        number(Scalar::F64(f64::from(self)), beside, op)
    }
}

impl<'t> Operand<'t> for i64 {
    const NUMBER: Option<DType> = Some(DType::I64);

    #[inline]
    #[track_caller]
    fn try_like(self, beside: Var<'t>, op: &str) -> Result<Var<'t>, Error> {
        number(Scalar::I64(self), beside, op)
    }
}

impl<'t> Operand<'t> for i32 {
    const NUMBER: Option<DType> = Some(DType::I64);

    #[inline]
    #[track_caller]
    fn try_like(self, beside: Var<'t>, op: &str) -> Result<Var<'t>, Error> {
        number(Scalar::I64(i64::from(self)), beside, op)
    }
}

impl<'t> Operand<'t> for bool {
    const NUMBER: Option<DType> = Some(DType::Bool);

    #[inline]
    #[track_caller]
    fn try_like(self, beside: Var<'t>, op: &str) -> Result<Var<'t>, Error> {
        number(Scalar::Bool(self), beside, op)
    }
}

impl<'t, T: Element, S: Data<Elem = T>, D: Dimension> Operand<'t> for ArrayBase<S, D> {
    #[track_caller]
    fn try_like(self, beside: Var<'t>, _: &str) -> Result<Var<'t>, Error> {
        Ok(beside.tape().constant(self))
    }
}

impl<'t, T: Element, S: Data<Elem = T>, D: Dimension> Operand<'t> for &ArrayBase<S, D> {
    #[track_caller]
    fn try_like(self, beside: Var<'t>, _: &str) -> Result<Var<'t>, Error> {
        Ok(beside.tape().constant(self))
    }
}

impl<'t> Operand<'t> for Value {
    #[track_caller]
    fn try_like(self, beside: Var<'t>, _: &str) -> Result<Var<'t>, Error> {
        Ok(beside.tape().constant(self))
    }
}

impl<'t, T: Element> Operand<'t> for &[T] {
    #[track_caller]
    fn try_like(self, beside: Var<'t>, _: &str) -> Result<Var<'t>, Error> {
        Ok(beside.tape().constant(self))
    }
}

impl<'t, T: Element> Operand<'t> for Vec<T> {
    #[track_caller]
    fn try_like(self, beside: Var<'t>, _: &str) -> Result<Var<'t>, Error> {
        Ok(beside.tape().constant(self))
    }
}

impl<'t, T: Element, const N: usize> Operand<'t> for [T; N] {
    #[track_caller]
    fn try_like(self, beside: Var<'t>, _: &str) -> Result<Var<'t>, Error> {
        Ok(beside.tape().constant(self))
    }
}
