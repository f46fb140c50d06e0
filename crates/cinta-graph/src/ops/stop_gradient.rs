//! `stop_gradient`: the same value, which derivatives do not see.
use std::ops::RangeInclusive;

use smallvec::smallvec;

use super::sample::spread_array;
use super::{At, Attributes, Batched, Cotangents, Delta, Flow, OpDef, Refused, Sample};
use crate::error::or_panic;
use crate::{ArrayType, DType, Error, Strided, Var};

/// y = x, and no derivative passes, in either mode. Of any dtype.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct StopGradient;

impl OpDef for StopGradient {
    fn name(&self) -> &'static str {
        "stop_gradient"
    }

    fn arity(&self) -> RangeInclusive<usize> {
        1..=1
    }

    fn read(name: &str, _: &Attributes) -> Option<Result<Self, String>> {
        (name == "stop_gradient").then_some(Ok(Self))
    }

    fn infer(&self, inputs: &[&ArrayType]) -> Result<ArrayType, String> {
        Ok(inputs[0].clone())
    }

    fn preserves_type(&self, _dtype: DType) -> bool {
        true
    }

    fn view(&self, input: &Strided) -> Option<Strided> {
        Some(input.clone())
    }

    fn vjp<'t>(&self, _at: &At<'_, 't>, _ct: Delta<'t>) -> Result<Cotangents<'t>, Error> {
        Ok(smallvec![None])
    }

    fn jvp<'t>(&self, _at: &At<'_, 't>, _tangents: &[Flow<'t>]) -> Result<Flow<'t>, Error> {
        Ok(None)
    }

    fn blocks(&self, _input: usize) -> Option<&'static str> {
        Some("stop_gradient stops it")
    }

    fn batch<'t>(&self, inputs: &[Batched<'t>], size: usize) -> Result<Var<'t>, Error> {
        let x = inputs[0].spread(size);
        x.tape().record(*self, &[x])
    }

    fn flops(&self, _inputs: &[&ArrayType], _output: &ArrayType) -> u64 {
        0
    }

    fn samples() -> Vec<Sample> {
        let x = spread_array(&[2, 3], 0);
        vec![
            Sample::new(Self, [x.clone()]).value_only().gives(x),
            Sample::new(Self, [2.0.into()]).value_only().gives(2.0),
            Sample::new(Self, [[1_i64, -2].into()]).value_only().gives([1_i64, -2]),
            Sample::new(Self, [[true, false].into()]).value_only().gives([true, false]),
        ]
    }

    fn refused() -> Vec<Refused> {
        let ty = ArrayType::new(DType::F64, [2]);
        vec![Refused::new(Self, [ty.clone(), ty], "takes 1 inputs, not 2")]
    }
}

impl Var<'_> {
    /// The same value, held fixed in every derivative.
    ///
    /// ```
    /// use cinta_graph::Tape;
    /// let tape = Tape::new();
    /// let x = tape.var(3.0);
    /// let y = x * x.stop_gradient();
    /// assert_eq!((y.item(), y.grad(x).item()), (9.0, 3.0));
    /// assert!(x.stop_gradient().try_grad(x).unwrap_err().to_string().contains("stop_gradient stops it"));
    /// ```
    #[must_use]
    #[track_caller]
    pub fn stop_gradient(self) -> Self {
        or_panic(self.try_stop_gradient())
    }

    /// [`stop_gradient`](Self::stop_gradient), with the error returned.
    #[track_caller]
    pub fn try_stop_gradient(self) -> Result<Self, Error> {
        self.tape().record(StopGradient, &[self])
    }
}
