//! `outer`: the product of a column and a row, δ zᵀ.
use std::ops::RangeInclusive;

use smallvec::smallvec;

use super::delta::join;
use super::sample::spread_array;
use super::{At, Attributes, Batched, Cotangents, Delta, Flow, Level, Notation, OpDef, Refused, Sample, same_dtype};
use crate::error::or_panic;
use crate::pool::room_for;
use crate::{ArrayType, DType, Error, Operand, Output, Real, Shape, Value, Var};

/// Y = a bᵀ of two vectors, Yᵢⱼ = aᵢ bⱼ; ∇_a = Δ b, ∇_b = Δᵀ a.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Outer;

fn outer<T: Real>(a: &Value, b: &Value, shape: &Shape) -> Result<Value, String> {
    let mut out = room_for(shape)?;
    let (a, b) = (a.view::<T>(), b.view::<T>());
    a.iter().for_each(|&x| out.extend(b.iter().map(|&y| x * y)));
    Ok(Value::row_major(out, shape))
}

impl OpDef for Outer {
    fn name(&self) -> &'static str {
        "outer"
    }

    fn arity(&self) -> RangeInclusive<usize> {
        2..=2
    }

    fn read(name: &str, _: &Attributes) -> Option<Result<Self, String>> {
        (name == "outer").then_some(Ok(Self))
    }

    fn infer(&self, inputs: &[&ArrayType]) -> Result<ArrayType, String> {
        let dtype = same_dtype(inputs)?;
        if !dtype.is_float() {
            return Err(format!("needs f64 or f32, not {dtype}; use cast"));
        }
        match (&inputs[0].shape[..], &inputs[1].shape[..]) {
            (&[m], &[n]) => Ok(ArrayType::new(dtype, [m, n])),
            _ => Err("needs two vectors; reshape first".to_owned()),
        }
    }

    fn eval(&self, inputs: &[&Value], output: &Output<'_>) -> Result<Value, String> {
        match output.dtype {
            DType::F32 => outer::<f32>(inputs[0], inputs[1], &output.shape),
            _ => outer::<f64>(inputs[0], inputs[1], &output.shape),
        }
    }

    fn vjp<'t>(&self, at: &At<'_, 't>, ct: Delta<'t>) -> Result<Cotangents<'t>, Error> {
        let (a, b) = (at.input(0), at.input(1));
        Ok(smallvec![
            at.wants(0).then(|| ct.map(|ct| ct.matmul(b))),
            at.wants(1).then(|| ct.map(|ct| ct.t().matmul(a))),
        ])
    }

    fn jvp<'t>(&self, at: &At<'_, 't>, tangents: &[Flow<'t>]) -> Result<Flow<'t>, Error> {
        let (a, b) = (at.input(0), at.input(1));
        let from_a = tangents[0].map(|da| da.map(|da| da.outer(b)));
        Ok(join(from_a, tangents[1].map(|db| db.map(|db| a.outer(db)))))
    }

    /// Columns times rows, broadcast: [B, m, 1] ⊙ [B, 1, n], without B where the batch shares one.
    fn batch<'t>(&self, inputs: &[Batched<'t>], size: usize) -> Result<Var<'t>, Error> {
        let [a, b] = [inputs[0].var, inputs[1].var];
        let column = a.try_reshape(a.shape().iter().copied().chain([1]).collect::<Shape>())?;
        let row = if inputs[1].batched { b.try_reshape([size, 1, b.shape()[1]])? } else { b };
        column.try_mul(row)
    }

    fn flops(&self, _inputs: &[&ArrayType], output: &ArrayType) -> u64 {
        output.shape.size() as u64
    }

    fn notation(&self) -> Notation {
        Notation {
            inputs: vec![Level::Prefix, Level::Postfix],
            ..Notation::template("{0} {1}ᵀ", "{0} {1}^{\\top}", Level::Prefix, Level::Postfix)
        }
    }

    fn samples() -> Vec<Sample> {
        let pair = |m: usize, n: usize| Sample::new(Self, [spread_array(&[m], 0), spread_array(&[n], 20)]);
        vec![
            pair(2, 3),
            pair(1, 4),
            pair(0, 2),
            Sample::new(Self, [[1.0, 2.0].into(), [3.0, 4.0].into()]).gives(ndarray::array![[3.0, 4.0], [6.0, 8.0]]),
        ]
    }

    fn refused() -> Vec<Refused> {
        let ty = |dtype, shape: &[usize]| ArrayType::new(dtype, shape);
        vec![
            Refused::new(Self, [ty(DType::F64, &[2, 2]), ty(DType::F64, &[2])], "needs two vectors"),
            Refused::new(Self, [ty(DType::I64, &[2]), ty(DType::I64, &[2])], "needs f64 or f32"),
        ]
    }
}

impl<'t> Var<'t> {
    /// The outer product a bᵀ of two vectors.
    ///
    /// ```
    /// use cinta_graph::Tape;
    /// let tape = Tape::new();
    /// let (a, b) = (tape.var([1.0, 2.0]), tape.var([3.0, 4.0]));
    /// assert_eq!(a.outer(b).value(), ndarray::array![[3.0, 4.0], [6.0, 8.0]]);
    /// ```
    ///
    /// # Panics
    /// If an input is not a vector of floats.
    #[must_use]
    #[track_caller]
    pub fn outer(self, other: impl Operand<'t>) -> Self {
        or_panic(self.try_outer(other))
    }

    /// [`outer`](Self::outer), with the error returned.
    #[track_caller]
    pub fn try_outer(self, other: impl Operand<'t>) -> Result<Self, Error> {
        let other = other.try_like(self, "outer")?;
        self.tape().record(Outer, &[self, other])
    }
}
