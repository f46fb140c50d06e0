//! Recording elementwise operations, whose inputs are broadcast to a common shape first.
use super::Listed;
use super::elementwise::{Binary, Map1, Map2, Unary};
use crate::{Error, Op, Operand, Var};

impl<'t> Var<'t> {
    /// Records an elementwise operation of one argument.
    #[track_caller]
    #[inline]
    pub(crate) fn unary<F: Unary>(self, op: F) -> Result<Self, Error>
    where
        Map1<F>: Into<Op> + Listed,
    {
        let op = Map1(op);
        match self.tape().record_preserving(&op, [self]) {
            Some(var) => Ok(var),
            None => self.tape().record(op, &[self]),
        }
    }

    /// Records an elementwise operation of two arguments, broadcasting them first.
    #[track_caller]
    #[inline]
    pub(crate) fn binary<F: Binary>(self, op: F, other: impl Operand<'t>) -> Result<Self, Error>
    where
        Map2<F>: Into<Op> + Listed,
    {
        let (op, other) = (Map2(op), other.try_like(self, F::NAME)?);
        if let Some(var) = self.tape().record_preserving(&op, [self, other]) {
            return Ok(var);
        }
        let [a, b] = broadcast_together(F::NAME, [self, other])?;
        self.tape().record(op, &[a, b])
    }
}

/// Broadcasts variables to their common shape; they are left as they are where nothing changes.
#[track_caller]
#[inline]
pub(crate) fn broadcast_together<'t, const N: usize>(name: &str, vars: [Var<'t>; N]) -> Result<[Var<'t>; N], Error> {
    if vars.iter().all(|var| var.same_type(vars[0])) {
        return Ok(vars);
    }
    let types = vars.map(Var::array_type);
    let mut shape = types[0].shape.clone();
    for ty in &types[1..] {
        shape = shape.broadcast(&ty.shape).map_err(vars[0].tape().refusing(name, &types.each_ref()))?;
    }
    let mut out = vars;
    for (var, ty) in out.iter_mut().zip(&types) {
        if ty.shape != shape {
            *var = var.try_broadcast_to(&shape)?;
        }
    }
    Ok(out)
}
