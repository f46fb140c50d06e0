//! What derivative rules carry: tangents and cotangents, on which only linear things can be done.
use crate::ops::gate::Gate;
use crate::{Operand, Shape, Var};

/// A tangent or a cotangent (the slides' δ) on its way through the rules.
///
/// It offers linear operations only, so that a rule cannot fail to be linear in it. It also knows whether
/// it is *masked*: whether some of its zeros were put there by a choice (`select`, `relu`, a slice, a
/// one-hot direction). A masked zero stays zero whatever it is multiplied by, infinity and NaN included,
/// for the value on that side was not used. This is what keeps `select(x > 0, log(x), 0)` differentiable at 0.
///
/// Zeros are known by their value: one that a rule computes behind a choice, from a partial that is exactly 0,
/// counts as chosen too, and wins against an infinite partial after it, where 0 · ∞ would have been NaN.
#[derive(Clone, Copy, Debug)]
pub struct Delta<'t> {
    var: Var<'t>,
    masked: bool,
}

impl<'t> Delta<'t> {
    pub(crate) fn new(var: Var<'t>, masked: bool) -> Self {
        Self { var, masked }
    }

    /// A dense delta: its zeros, if any, are numbers like others.
    #[must_use]
    pub fn dense(var: Var<'t>) -> Self {
        Self::new(var, false)
    }

    /// A masked delta: its zeros stay zeros.
    #[must_use]
    pub fn masked(var: Var<'t>) -> Self {
        Self::new(var, true)
    }

    /// The node.
    #[must_use]
    pub fn var(self) -> Var<'t> {
        self.var
    }

    /// Whether its zeros stay zeros.
    #[must_use]
    pub fn is_masked(self) -> bool {
        self.masked
    }

    /// δ ⊙ p, elementwise; p is broadcast to δ's shape. The usual way to write a rule.
    #[must_use]
    #[track_caller]
    pub fn times(self, partial: impl Operand<'t>) -> Self {
        let partial = self.beside(partial);
        let var =
            if self.masked { self.var.tape().record_or_panic(Gate, &[self.var, partial]) } else { self.var * partial };
        Self { var, ..self }
    }

    /// δ ⊘ p, elementwise; p is broadcast to δ's shape.
    #[must_use]
    #[track_caller]
    pub fn over(self, divisor: impl Operand<'t>) -> Self {
        let divisor = self.beside(divisor);
        if self.masked { self.times(divisor.reciprocal()) } else { Self { var: self.var / divisor, ..self } }
    }

    /// An operand in δ's shape: a partial never makes δ larger.
    #[track_caller]
    fn beside(self, operand: impl Operand<'t>) -> Var<'t> {
        let var = operand.like(self.var);
        if var.same_type(self.var) { var } else { var.broadcast_to(self.var.shape()) }
    }

    /// c δ.
    #[must_use]
    #[track_caller]
    pub fn scale(self, factor: f64) -> Self {
        Self { var: self.var * factor, ..self }
    }

    /// δ where the condition holds, 0 elsewhere.
    #[must_use]
    #[track_caller]
    pub fn only_where(self, condition: Var<'t>) -> Self {
        Self::masked(condition.select(self.var, self.var.zeros_like()))
    }

    /// δ broadcast to a shape.
    #[must_use]
    #[track_caller]
    pub fn broadcast_to(self, shape: &Shape) -> Self {
        self.map(|var| var.broadcast_to(shape))
    }

    /// δ summed to a shape.
    #[must_use]
    #[track_caller]
    pub fn sum_to(self, shape: &Shape) -> Self {
        self.map(|var| var.sum_to(shape))
    }

    /// δ in another shape of the same size.
    #[must_use]
    #[track_caller]
    pub fn reshape(self, shape: &Shape) -> Self {
        self.map(|var| var.reshape(shape))
    }

    /// A linear function of δ that keeps zeros where they are: the caller's word for it.
    #[must_use]
    pub fn map(self, linear: impl FnOnce(Var<'t>) -> Var<'t>) -> Self {
        Self { var: linear(self.var), ..self }
    }

    /// A linear function of δ that puts zeros beside it: a pad, a scatter.
    #[must_use]
    pub fn map_masked(self, linear: impl FnOnce(Var<'t>) -> Var<'t>) -> Self {
        Self::masked(linear(self.var))
    }
}

impl std::ops::Neg for Delta<'_> {
    type Output = Self;
    fn neg(self) -> Self {
        self.map(|var| -var)
    }
}

impl std::ops::Add for Delta<'_> {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self { var: self.var + other.var, masked: self.masked && other.masked }
    }
}

impl std::ops::Sub for Delta<'_> {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        Self { var: self.var - other.var, masked: self.masked && other.masked }
    }
}

/// The sum of two flows, where a missing one is zero.
pub(crate) fn join<'t>(a: Option<Delta<'t>>, b: Option<Delta<'t>>) -> Option<Delta<'t>> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a + b),
        (a, b) => a.or(b),
    }
}
