//! `lt`, `le`, `gt`, `ge`, `eq`, `ne`: elementwise comparisons.
use std::ops::RangeInclusive;

use smallvec::smallvec;

use super::broadcasting::broadcast_together;
use super::elementwise::same_shape;
use super::map::map2;
use super::{At, Attributes, Batched, Cotangents, Delta, Flow, Level, Notation, OpDef, Refused, Sample, same_dtype};
use crate::elements::each2;
use crate::error::or_panic;
use crate::value::each_dtype;
use crate::{ArrayType, DType, Elements, ElementsMut, Error, Operand, Output, Value, Var};

/// y = (a ? b), a `bool` array. Piecewise constant: no derivative passes. A comparison with NaN is false,
/// but for `ne`, as in IEEE arithmetic; `false` is less than `true`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Compare {
    /// a < b
    Lt,
    /// a ≤ b
    Le,
    /// a > b
    Gt,
    /// a ≥ b
    Ge,
    /// a = b
    Eq,
    /// a ≠ b
    Ne,
}

impl Compare {
    const ALL: [Self; 6] = [Self::Lt, Self::Le, Self::Gt, Self::Ge, Self::Eq, Self::Ne];

    fn holds<T: PartialOrd>(self, a: &T, b: &T) -> bool {
        match self {
            Self::Lt => a < b,
            Self::Le => a <= b,
            Self::Gt => a > b,
            Self::Ge => a >= b,
            Self::Eq => a == b,
            Self::Ne => a != b,
        }
    }
}

impl OpDef for Compare {
    fn name(&self) -> &'static str {
        match self {
            Self::Lt => "lt",
            Self::Le => "le",
            Self::Gt => "gt",
            Self::Ge => "ge",
            Self::Eq => "eq",
            Self::Ne => "ne",
        }
    }

    fn arity(&self) -> RangeInclusive<usize> {
        2..=2
    }

    fn read(name: &str, _: &Attributes) -> Option<Result<Self, String>> {
        Self::ALL.into_iter().find(|op| op.name() == name).map(Ok)
    }

    fn infer(&self, inputs: &[&ArrayType]) -> Result<ArrayType, String> {
        same_dtype(inputs)?;
        Ok(same_shape(inputs)?.with_dtype(DType::Bool))
    }

    fn eval(&self, inputs: &[&Value], output: &Output<'_>) -> Result<Value, String> {
        each_dtype!(inputs[0].dtype(), T => map2(*output, inputs[0], inputs[1], |a: T, b: T| self.holds(&a, &b)))
    }
    fn is_elementwise(&self) -> bool {
        true
    }

    fn eval_elements(&self, inputs: &[Elements<'_>], output: ElementsMut<'_>) {
        let ElementsMut::Bool(y) = output else { unreachable!("a comparison gives bools") };
        match *inputs {
            [Elements::F64(a), Elements::F64(b)] => each2(a, b, y, |a, b| self.holds(&a, &b)),
            [Elements::F32(a), Elements::F32(b)] => each2(a, b, y, |a, b| self.holds(&a, &b)),
            [Elements::I64(a), Elements::I64(b)] => each2(a, b, y, |a, b| self.holds(&a, &b)),
            [Elements::Bool(a), Elements::Bool(b)] => each2(a, b, y, |a, b| self.holds(&a, &b)),
            _ => unreachable!("the type rule checked the dtypes"),
        }
    }

    fn vjp<'t>(&self, _at: &At<'_, 't>, _ct: Delta<'t>) -> Result<Cotangents<'t>, Error> {
        Ok(smallvec![None, None])
    }

    fn jvp<'t>(&self, _at: &At<'_, 't>, _tangents: &[Flow<'t>]) -> Result<Flow<'t>, Error> {
        Ok(None)
    }

    fn blocks(&self, _input: usize) -> Option<&'static str> {
        Some("a comparison is piecewise constant")
    }

    fn batch<'t>(&self, inputs: &[Batched<'t>], size: usize) -> Result<Var<'t>, Error> {
        let (a, b) = (inputs[0].spread(size), inputs[1].spread(size));
        a.tape().record(*self, &[a, b])
    }

    fn flops(&self, _inputs: &[&ArrayType], output: &ArrayType) -> u64 {
        output.shape.size() as u64
    }

    fn notation(&self) -> Notation {
        let (unicode, latex) = match self {
            Self::Lt => ("<", "<"),
            Self::Le => ("≤", "\\le"),
            Self::Gt => (">", ">"),
            Self::Ge => ("≥", "\\ge"),
            Self::Eq => ("=", "="),
            Self::Ne => ("≠", "\\ne"),
        };
        Notation::infix(unicode, latex, Level::Relation)
    }

    fn samples() -> Vec<Sample> {
        let sample = |op: Self| {
            let (a, b) = ([1.0, 2.0, f64::NAN, -0.0], [2.0, 2.0, f64::NAN, 0.0]);
            let expected: [bool; 4] = match op {
                Self::Lt => [true, false, false, false],
                Self::Le => [true, true, false, true],
                Self::Gt => [false; 4],
                Self::Ge | Self::Eq => [false, true, false, true],
                Self::Ne => [true, false, true, false],
            };
            Sample::new(op, [a.into(), b.into()]).value_only().gives(expected)
        };
        let integers = Sample::new(Self::Lt, [[1_i64, 5].into(), [2_i64, 4].into()]).value_only().gives([true, false]);
        let truths =
            Sample::new(Self::Lt, [[false, true].into(), [true, true].into()]).value_only().gives([true, false]);
        Self::ALL.into_iter().map(sample).chain([integers, truths]).collect()
    }

    fn refused() -> Vec<Refused> {
        let ty = |dtype| ArrayType::new(dtype, [2]);
        vec![Refused::new(Self::Lt, [ty(DType::F64), ty(DType::I64)], "dtypes f64 and i64 differ")]
    }
}

impl<'t> Var<'t> {
    /// Records a comparison: `a.try_compare(Compare::Lt, b)`.
    ///
    /// # Errors
    /// If dtypes differ or shapes do not broadcast.
    #[track_caller]
    pub fn try_compare(self, op: Compare, other: impl Operand<'t>) -> Result<Self, Error> {
        let other = other.try_like(self, op.name())?;
        let [a, b] = broadcast_together(op.name(), [self, other])?;
        self.tape().record(op, &[a, b])
    }

    /// Elementwise a < b, broadcast.
    ///
    /// ```
    /// use cinta_graph::Tape;
    /// let tape = Tape::new();
    /// let x = tape.var([1.0, 2.0, 3.0]);
    /// assert_eq!(x.lt(2.0).value(), ndarray::array![true, false, false]);
    /// ```
    #[must_use]
    #[track_caller]
    pub fn lt(self, other: impl Operand<'t>) -> Self {
        or_panic(self.try_compare(Compare::Lt, other))
    }

    /// Elementwise a ≤ b, broadcast.
    #[must_use]
    #[track_caller]
    pub fn le(self, other: impl Operand<'t>) -> Self {
        or_panic(self.try_compare(Compare::Le, other))
    }

    /// Elementwise a > b, broadcast.
    #[must_use]
    #[track_caller]
    pub fn gt(self, other: impl Operand<'t>) -> Self {
        or_panic(self.try_compare(Compare::Gt, other))
    }

    /// Elementwise a ≥ b, broadcast.
    #[must_use]
    #[track_caller]
    pub fn ge(self, other: impl Operand<'t>) -> Self {
        or_panic(self.try_compare(Compare::Ge, other))
    }

    /// Elementwise a = b, broadcast.
    #[must_use]
    #[track_caller]
    pub fn eq(self, other: impl Operand<'t>) -> Self {
        or_panic(self.try_compare(Compare::Eq, other))
    }

    /// Elementwise a ≠ b, broadcast.
    #[must_use]
    #[track_caller]
    pub fn ne(self, other: impl Operand<'t>) -> Self {
        or_panic(self.try_compare(Compare::Ne, other))
    }
}
