//! `logical_and`, `logical_or`, `logical_xor`, `logical_not`: elementwise operations on truth values.
use std::ops::RangeInclusive;

use super::broadcasting::broadcast_together;
use super::elementwise::same_shape;
use super::map::{map1, map2};
use super::{At, Attributes, Batched, Cotangents, Delta, Flow, Level, Notation, OpDef, Refused, Sample};
use crate::elements::{each1, each2};
use crate::error::or_panic;
use crate::{ArrayType, DType, Elements, ElementsMut, Error, Operand, Output, Value, Var};

/// Operations on `bool` arrays; also the operators `&`, `|` and `!`. No derivatives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Logical {
    /// a and b
    And,
    /// a or b
    Or,
    /// a or b, not both
    Xor,
    /// not a
    Not,
}

impl Logical {
    const ALL: [Self; 4] = [Self::And, Self::Or, Self::Xor, Self::Not];
}

impl OpDef for Logical {
    fn name(&self) -> &'static str {
        match self {
            Self::And => "logical_and",
            Self::Or => "logical_or",
            Self::Xor => "logical_xor",
            Self::Not => "logical_not",
        }
    }

    fn arity(&self) -> RangeInclusive<usize> {
        if *self == Self::Not { 1..=1 } else { 2..=2 }
    }

    fn read(name: &str, _: &Attributes) -> Option<Result<Self, String>> {
        Self::ALL.into_iter().find(|op| op.name() == name).map(Ok)
    }

    fn infer(&self, inputs: &[&ArrayType]) -> Result<ArrayType, String> {
        match inputs.iter().find(|ty| ty.dtype != DType::Bool) {
            Some(ty) => Err(format!("needs bool, not {}; compare first", ty.dtype)),
            None => same_shape(inputs),
        }
    }

    fn preserves_type(&self, dtype: DType) -> bool {
        dtype == DType::Bool
    }

    fn eval(&self, inputs: &[&Value], output: &Output<'_>) -> Result<Value, String> {
        let both = |f: fn(bool, bool) -> bool| map2(*output, inputs[0], inputs[1], f);
        match self {
            Self::And => both(|a, b| a && b),
            Self::Or => both(|a, b| a || b),
            Self::Xor => both(|a, b| a != b),
            Self::Not => map1(*output, inputs[0], |a: bool| !a),
        }
    }
    fn is_elementwise(&self) -> bool {
        true
    }

    fn eval_elements(&self, inputs: &[Elements<'_>], output: ElementsMut<'_>) {
        let ElementsMut::Bool(y) = output else { unreachable!("truth values give truth values") };
        match (self, inputs) {
            (Self::And, &[Elements::Bool(a), Elements::Bool(b)]) => each2(a, b, y, |a, b| a && b),
            (Self::Or, &[Elements::Bool(a), Elements::Bool(b)]) => each2(a, b, y, |a, b| a || b),
            (Self::Xor, &[Elements::Bool(a), Elements::Bool(b)]) => each2(a, b, y, |a, b| a != b),
            (Self::Not, &[Elements::Bool(a)]) => each1(a, y, |a: bool| !a),
            _ => unreachable!("the type rule checked the dtypes"),
        }
    }

    fn vjp<'t>(&self, at: &At<'_, 't>, _ct: Delta<'t>) -> Result<Cotangents<'t>, Error> {
        Ok(at.inputs().iter().map(|_| None).collect())
    }

    fn jvp<'t>(&self, _at: &At<'_, 't>, _tangents: &[Flow<'t>]) -> Result<Flow<'t>, Error> {
        Ok(None)
    }

    fn batch<'t>(&self, inputs: &[Batched<'t>], size: usize) -> Result<Var<'t>, Error> {
        let inputs: Vec<Var<'t>> = inputs.iter().map(|input| input.spread(size)).collect();
        inputs[0].tape().record(*self, &inputs)
    }

    fn flops(&self, _inputs: &[&ArrayType], output: &ArrayType) -> u64 {
        output.shape.size() as u64
    }

    fn notation(&self) -> Notation {
        match self {
            Self::And => Notation::infix("∧", "\\land", Level::Relation),
            Self::Or => Notation::infix("∨", "\\lor", Level::Relation),
            Self::Xor => Notation::infix("⊻", "\\oplus", Level::Relation),
            Self::Not => Notation::template("¬{0}", "\\lnot {0}", Level::Prefix, Level::Prefix),
        }
    }

    fn samples() -> Vec<Sample> {
        let (a, b) = ([true, true, false, false], [true, false, true, false]);
        let pair = |op, expected: [bool; 4]| Sample::new(op, [a.into(), b.into()]).value_only().gives(expected);
        vec![
            pair(Self::And, [true, false, false, false]),
            pair(Self::Or, [true, true, true, false]),
            pair(Self::Xor, [false, true, true, false]),
            Sample::new(Self::Not, [a.into()]).value_only().gives([false, false, true, true]),
        ]
    }

    fn refused() -> Vec<Refused> {
        let ty = |dtype, n| ArrayType::new(dtype, [n]);
        vec![
            Refused::new(Self::And, [ty(DType::Bool, 2), ty(DType::F64, 2)], "needs bool, not f64"),
            Refused::new(Self::Or, [ty(DType::Bool, 2), ty(DType::Bool, 3)], "shapes [2] and [3] differ"),
            Refused::new(Self::Not, [ty(DType::I64, 2)], "needs bool, not i64"),
        ]
    }
}

impl<'t> Var<'t> {
    /// Records a logical operation of two arguments: `a.try_logical(Logical::Or, b)`.
    ///
    /// # Errors
    /// If an input is not `bool` or shapes do not broadcast.
    #[track_caller]
    pub fn try_logical(self, op: Logical, other: impl Operand<'t>) -> Result<Self, Error> {
        let other = other.try_like(self, op.name())?;
        let [a, b] = broadcast_together(op.name(), [self, other])?;
        self.tape().record(op, &[a, b])
    }

    /// Elementwise a and b; also `a & b`.
    ///
    /// ```
    /// use cinta_graph::Tape;
    /// let tape = Tape::new();
    /// let x = tape.var([-1.0, 0.5, 2.0]);
    /// let inside = x.gt(0.0) & x.lt(1.0);
    /// assert_eq!(inside.value(), ndarray::array![false, true, false]);
    /// ```
    #[must_use]
    #[track_caller]
    pub fn logical_and(self, other: impl Operand<'t>) -> Self {
        or_panic(self.try_logical(Logical::And, other))
    }

    /// Elementwise a or b; also `a | b`.
    #[must_use]
    #[track_caller]
    pub fn logical_or(self, other: impl Operand<'t>) -> Self {
        or_panic(self.try_logical(Logical::Or, other))
    }

    /// Elementwise exclusive or.
    #[must_use]
    #[track_caller]
    pub fn logical_xor(self, other: impl Operand<'t>) -> Self {
        or_panic(self.try_logical(Logical::Xor, other))
    }

    /// Elementwise not; also `!a`.
    #[must_use]
    #[track_caller]
    pub fn logical_not(self) -> Self {
        or_panic(self.try_logical_not())
    }

    /// [`logical_not`](Self::logical_not), with the error returned.
    #[track_caller]
    pub fn try_logical_not(self) -> Result<Self, Error> {
        self.tape().record(Logical::Not, &[self])
    }
}
