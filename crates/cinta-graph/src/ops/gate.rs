//! `gate`: a product in which a zero on the left wins, whatever stands on the right.
use std::ops::RangeInclusive;

use smallvec::smallvec;

use super::delta::join;
use super::elementwise::same_shape;
use super::map::map2;
use super::sample::spread_array;
use super::{At, Attributes, Batched, Cotangents, Delta, Flow, Level, Notation, OpDef, Refused, Sample, same_dtype};
use crate::elements::each2;
use crate::{ArrayType, DType, Elements, ElementsMut, Error, Output, Real, Value, Var};

/// y = t ⊙ p, and 0 where t = 0, even if p is infinite or NaN; ∂y/∂t = p, ∂y/∂p = t.
///
/// Derivative rules multiply masked deltas with it (see [`Delta`]), which is what keeps the branch that
/// `select` did not take out of a gradient. Its own derivatives are gated again, so this holds at any order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Gate;

fn gate<T: Real>(t: T, p: T) -> T {
    if t == T::lit(0.0) { t } else { t * p }
}

impl OpDef for Gate {
    fn name(&self) -> &'static str {
        "gate"
    }

    fn arity(&self) -> RangeInclusive<usize> {
        2..=2
    }

    fn read(name: &str, _: &Attributes) -> Option<Result<Self, String>> {
        (name == "gate").then_some(Ok(Self))
    }

    fn infer(&self, inputs: &[&ArrayType]) -> Result<ArrayType, String> {
        match same_dtype(inputs)? {
            DType::F64 | DType::F32 => same_shape(inputs),
            dtype => Err(format!("needs f64 or f32, not {dtype}")),
        }
    }

    fn preserves_type(&self, dtype: DType) -> bool {
        dtype.is_float()
    }

    fn eval(&self, inputs: &[&Value], output: &Output<'_>) -> Result<Value, String> {
        match output.dtype {
            DType::F32 => map2(*output, inputs[0], inputs[1], gate::<f32>),
            _ => map2(*output, inputs[0], inputs[1], gate::<f64>),
        }
    }
    fn is_elementwise(&self) -> bool {
        true
    }

    fn eval_elements(&self, inputs: &[Elements<'_>], output: ElementsMut<'_>) {
        match (inputs, output) {
            (&[Elements::F64(t), Elements::F64(p)], ElementsMut::F64(y)) => each2(t, p, y, gate),
            (&[Elements::F32(t), Elements::F32(p)], ElementsMut::F32(y)) => each2(t, p, y, gate),
            _ => unreachable!("the type rule checked the dtypes"),
        }
    }

    fn vjp<'t>(&self, at: &At<'_, 't>, ct: Delta<'t>) -> Result<Cotangents<'t>, Error> {
        let (t, p) = (at.input(0), at.input(1));
        let masked = Delta::masked(ct.var());
        // What reaches p is zero wherever t is, so it goes on masked.
        let for_p = at.wants(1).then(|| Delta::masked(Delta::masked(t).times(ct.var()).var()));
        Ok(smallvec![at.wants(0).then(|| masked.times(p)), for_p])
    }

    fn jvp<'t>(&self, at: &At<'_, 't>, tangents: &[Flow<'t>]) -> Result<Flow<'t>, Error> {
        let (t, p) = (at.input(0), at.input(1));
        let from_t = tangents[0].map(|dt| Delta::masked(dt.var()).times(p));
        let from_p = tangents[1].map(|dp| Delta::masked(t).times(dp.var()));
        Ok(join(from_t, from_p))
    }

    fn batch<'t>(&self, inputs: &[Batched<'t>], size: usize) -> Result<Var<'t>, Error> {
        let (t, p) = (inputs[0].spread(size), inputs[1].spread(size));
        t.tape().record(*self, &[t, p])
    }

    fn flops(&self, _inputs: &[&ArrayType], output: &ArrayType) -> u64 {
        output.shape.size() as u64
    }

    fn notation(&self) -> Notation {
        Notation { inputs: vec![Level::Product], ..Notation::infix("⊙", "\\odot", Level::Product) }
    }

    /// A scalar factor needs no sign.
    fn notation_of(&self, shown: &[&ArrayType]) -> Notation {
        if shown.iter().any(|ty| ty.shape.rank() == 0) {
            return Notation::template("{0} {1}", "{0} {1}", Level::Product, Level::Product);
        }
        self.notation()
    }

    fn samples() -> Vec<Sample> {
        vec![
            Sample::new(Self, [spread_array(&[2, 3], 0), spread_array(&[2, 3], 9)]),
            Sample::new(Self, [[0.0, 2.0, 0.0].into(), [f64::INFINITY, 3.0, f64::NAN].into()])
                .value_only()
                .gives([0.0, 6.0, 0.0]),
        ]
    }

    fn refused() -> Vec<Refused> {
        let ty = |dtype, n| ArrayType::new(dtype, [n]);
        vec![
            Refused::new(Self, [ty(DType::F64, 2), ty(DType::F64, 3)], "shapes [2] and [3] differ"),
            Refused::new(Self, [ty(DType::I64, 2), ty(DType::I64, 2)], "needs f64 or f32"),
        ]
    }
}
