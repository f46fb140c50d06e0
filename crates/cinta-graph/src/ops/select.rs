//! `select`: elementwise choice, elsewhere called `where`.
use std::ops::RangeInclusive;

use ndarray::Zip;
use smallvec::smallvec;

use super::broadcasting::broadcast_together;
use super::delta::join;
use super::elementwise::same_shape;
use super::sample::spread_array;
use super::{At, Attributes, Batched, Cotangents, Delta, Flow, Level, Notation, OpDef, Refused, Sample, same_dtype};
use crate::error::or_panic;
use crate::pool::check_room;
use crate::value::each_dtype;
use crate::{ArrayType, DType, Elements, ElementsMut, Error, Operand, Output, Value, Var};

/// y = a where the condition holds, b elsewhere. The derivative goes to the branch taken; the other gets an
/// exact zero that stays zero through everything that branch was made of, so a NaN or an infinity there
/// never reaches a gradient.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Select;

impl OpDef for Select {
    fn name(&self) -> &'static str {
        "select"
    }

    fn arity(&self) -> RangeInclusive<usize> {
        3..=3
    }

    fn read(name: &str, _: &Attributes) -> Option<Result<Self, String>> {
        (name == "select").then_some(Ok(Self))
    }

    fn infer(&self, inputs: &[&ArrayType]) -> Result<ArrayType, String> {
        if inputs[0].dtype != DType::Bool {
            return Err(format!("the condition should be bool, not {}; compare first", inputs[0].dtype));
        }
        same_dtype(&inputs[1..])?;
        same_shape(inputs)?;
        Ok(inputs[1].clone())
    }

    fn eval(&self, inputs: &[&Value], output: &Output<'_>) -> Result<Value, String> {
        if let Some(condition) = inputs[0].as_splat::<bool>() {
            return Ok(inputs[if condition { 1 } else { 2 }].clone());
        }
        each_dtype!(output.dtype, T => {
            check_room::<T>(&output.shape)?;
            let (a, b) = (inputs[1].view::<T>(), inputs[2].view::<T>());
            let choose = |&c: &bool, &a: &T, &b: &T| if c { a } else { b };
            Ok(Value::from(Zip::from(&inputs[0].view::<bool>()).and(&a).and(&b).map_collect(choose)))
        })
    }
    fn is_elementwise(&self) -> bool {
        true
    }

    fn eval_elements(&self, inputs: &[Elements<'_>], output: ElementsMut<'_>) {
        fn choose<T: Copy>(condition: &[bool], a: &[T], b: &[T], y: &mut [T]) {
            for (((y, &c), &a), &b) in y.iter_mut().zip(condition).zip(a).zip(b) {
                *y = if c { a } else { b };
            }
        }
        match (inputs, output) {
            (&[Elements::Bool(c), Elements::F64(a), Elements::F64(b)], ElementsMut::F64(y)) => choose(c, a, b, y),
            (&[Elements::Bool(c), Elements::F32(a), Elements::F32(b)], ElementsMut::F32(y)) => choose(c, a, b, y),
            (&[Elements::Bool(c), Elements::I64(a), Elements::I64(b)], ElementsMut::I64(y)) => choose(c, a, b, y),
            (&[Elements::Bool(c), Elements::Bool(a), Elements::Bool(b)], ElementsMut::Bool(y)) => choose(c, a, b, y),
            _ => unreachable!("the type rule checked the dtypes"),
        }
    }

    fn vjp<'t>(&self, at: &At<'_, 't>, ct: Delta<'t>) -> Result<Cotangents<'t>, Error> {
        let (condition, zero) = (at.input(0), ct.var().zeros_like());
        Ok(smallvec![
            None,
            at.wants(1).then(|| Delta::masked(condition.select(ct.var(), zero))),
            at.wants(2).then(|| Delta::masked(condition.select(zero, ct.var()))),
        ])
    }

    fn jvp<'t>(&self, at: &At<'_, 't>, tangents: &[Flow<'t>]) -> Result<Flow<'t>, Error> {
        let condition = at.input(0);
        Ok(match (tangents[1], tangents[2]) {
            (Some(a), Some(b)) => Some(Delta::new(condition.select(a.var(), b.var()), a.is_masked() || b.is_masked())),
            (a, b) => {
                let a = a.map(|a| Delta::masked(condition.select(a.var(), a.var().zeros_like())));
                join(a, b.map(|b| Delta::masked(condition.select(b.var().zeros_like(), b.var()))))
            }
        })
    }

    fn batch<'t>(&self, inputs: &[Batched<'t>], size: usize) -> Result<Var<'t>, Error> {
        let [c, a, b] = [0, 1, 2].map(|i| inputs[i].spread(size));
        c.tape().record(*self, &[c, a, b])
    }

    fn flops(&self, _inputs: &[&ArrayType], output: &ArrayType) -> u64 {
        output.shape.size() as u64
    }

    fn notation(&self) -> Notation {
        let latex = "\\begin{cases} {1} & {0} \\\\ {2} & \\text{else} \\end{cases}";
        Notation::template("({1} if {0}, else {2})", latex, Level::Atom, Level::Relation)
    }

    fn samples() -> Vec<Sample> {
        let condition = Value::from(ndarray::array![[true, false, true], [false, false, true]]);
        vec![
            Sample::new(Self, [condition, spread_array(&[2, 3], 0), spread_array(&[2, 3], 7)]),
            Sample::new(Self, [true.into(), 2.0.into(), 3.0.into()]),
            Sample::new(Self, [[true, false].into(), [1_i64, 2].into(), [3_i64, 4].into()])
                .value_only()
                .gives([1_i64, 4]),
        ]
    }

    fn refused() -> Vec<Refused> {
        let ty = |dtype| ArrayType::new(dtype, [2]);
        vec![
            Refused::new(Self, [ty(DType::F64), ty(DType::F64), ty(DType::F64)], "should be bool, not f64"),
            Refused::new(Self, [ty(DType::Bool), ty(DType::F64), ty(DType::F32)], "dtypes f64 and f32 differ"),
        ]
    }
}

impl<'t> Var<'t> {
    /// Elementwise choice: `a` where this condition holds, `b` elsewhere; all three broadcast.
    ///
    /// A number takes the other's dtype; two numbers have their own: `select(1, 2)` is `i64`.
    ///
    /// ```
    /// use cinta_graph::Tape;
    /// let tape = Tape::new();
    /// let x = tape.var([0.0, 2.0]);
    /// let y = x.gt(0.0).select(x.log(), 0.0); // log(0) is not used, and does no harm
    /// assert_eq!(y.sum().grad(x).value(), ndarray::array![0.0, 0.5]);
    /// ```
    ///
    /// # Panics
    /// If this is not `bool`, the dtypes of `a` and `b` differ, or shapes do not broadcast.
    #[must_use]
    #[track_caller]
    pub fn select(self, a: impl Operand<'t>, b: impl Operand<'t>) -> Self {
        or_panic(self.try_select(a, b))
    }

    /// [`select`](Self::select), with the error returned.
    #[track_caller]
    pub fn try_select(self, a: impl Operand<'t>, b: impl Operand<'t>) -> Result<Self, Error> {
        let [a, b] = branches(self, a, b)?;
        let [c, a, b] = broadcast_together("select", [self, a, b])?;
        self.tape().record(Select, &[c, a, b])
    }
}

/// Both branches as variables. A number takes the other branch's dtype; of two numbers the first says it,
/// unless the other is a float.
#[track_caller]
fn branches<'t, A: Operand<'t>, B: Operand<'t>>(condition: Var<'t>, a: A, b: B) -> Result<[Var<'t>; 2], Error> {
    let beside = match (A::NUMBER, B::NUMBER) {
        (Some(_), None) => {
            let b = b.try_like(condition, "select")?;
            return Ok([a.try_like(b, "select")?, b]);
        }
        (Some(a), Some(b)) => {
            let dtype = if b.is_float() { b } else { a };
            condition.tape().full(&ArrayType::new(dtype, ()), 0.0)
        }
        (None, _) => condition,
    };
    let a = a.try_like(beside, "select")?;
    Ok([a, b.try_like(a, "select")?])
}
