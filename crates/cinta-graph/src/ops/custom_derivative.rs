//! `vjp` and `jvp` of a user's operation: its hand-written derivatives as operations of their own.
use std::ops::RangeInclusive;

use smallvec::SmallVec;

use super::custom::{Custom, batch_by_loop, declared};
use super::{At, Attributes, Batched, Cotangents, Delta, Flow, OpDef, Refused, Sample};
use crate::error::ErrorKind;
use crate::{ArrayType, Error, Output, Value, Var};

/// The cotangent of one input of a [`Custom`] operation. Reads the operation's inputs, its output, and the
/// output's cotangent, in which it is linear.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct CustomVjp {
    /// The operation.
    pub op: Custom,
    /// Which input.
    pub input: usize,
}

/// The tangent of a [`Custom`] operation. Reads the operation's inputs, its output, and the tangents given.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct CustomJvp {
    /// The operation.
    pub op: Custom,
    /// The inputs whose tangents are given, in order.
    pub given: Vec<usize>,
}

/// Why a hand-written derivative cannot be differentiated again.
fn opaque(op: &Custom, place: crate::Place) -> Error {
    let reason = "its derivative is opaque and cannot be differentiated again; implement CustomOp::vjp_in_vars";
    Error::new(ErrorKind::Derivative, op.name(), reason).at(place)
}

impl OpDef for CustomVjp {
    fn name(&self) -> &'static str {
        "custom_vjp"
    }

    fn arity(&self) -> RangeInclusive<usize> {
        3..=usize::MAX
    }

    fn attributes(&self) -> Attributes {
        Attributes::none().with("op", self.op.name()).with("input", self.input)
    }

    fn read(name: &str, _: &Attributes) -> Option<Result<Self, String>> {
        let advice = "a user's operation is code, which a text does not hold; give it to Graph::parse_with";
        (name == "custom_vjp").then(|| Err(advice.to_owned()))
    }

    fn infer(&self, inputs: &[&ArrayType]) -> Result<ArrayType, String> {
        match inputs.get(self.input) {
            Some(ty) if self.input < inputs.len() - 2 => Ok((*ty).clone()),
            _ => Err(format!("there is no input {}", self.input)),
        }
    }

    fn eval(&self, inputs: &[&Value], output: &Output<'_>) -> Result<Value, String> {
        let (inputs, [y, ct]) = inputs.split_last_chunk().ok_or("too few inputs")?;
        declared(self.op.get().vjp(self.input, inputs, y, ct)?, output)
    }

    /// Linear in the last input, whose cotangent is the pushforward along this direction; opaque in the rest.
    fn vjp<'t>(&self, at: &At<'_, 't>, ct: Delta<'t>) -> Result<Cotangents<'t>, Error> {
        let last = at.inputs().len() - 1;
        if (0..last).any(|i| at.wants(i)) {
            return Err(opaque(&self.op, at.output().place()));
        }
        let mut tangents: SmallVec<[Flow<'t>; 4]> = SmallVec::from_elem(None, last - 1);
        tangents[self.input] = Some(ct);
        let (inputs, output) = (&at.inputs()[..last - 1], at.input(last - 1));
        let wanted: SmallVec<[bool; 4]> = SmallVec::from_elem(true, last - 1);
        let pushed = self.op.jvp(&At::new(inputs, output, &wanted), &tangents)?;
        Ok((0..last).map(|_| None).chain([pushed]).collect())
    }

    fn jvp<'t>(&self, at: &At<'_, 't>, tangents: &[Flow<'t>]) -> Result<Flow<'t>, Error> {
        let last = tangents.len() - 1;
        if tangents[..last].iter().any(Option::is_some) {
            return Err(opaque(&self.op, at.output().place()));
        }
        let Some(tangent) = tangents[last] else { return Ok(None) };
        let mut vars: SmallVec<[Var<'t>; 4]> = at.inputs().into();
        vars[last] = tangent.var();
        Ok(Some(Delta::new(at.tape().record(self.clone(), &vars)?, tangent.is_masked())))
    }

    fn batch<'t>(&self, inputs: &[Batched<'t>], size: usize) -> Result<Var<'t>, Error> {
        batch_by_loop(self, inputs, size)
    }

    fn flops(&self, _inputs: &[&ArrayType], output: &ArrayType) -> u64 {
        output.shape.size() as u64
    }

    fn samples() -> Vec<Sample> {
        Vec::new()
    }

    fn refused() -> Vec<Refused> {
        Vec::new()
    }
}

impl OpDef for CustomJvp {
    fn name(&self) -> &'static str {
        "custom_jvp"
    }

    fn arity(&self) -> RangeInclusive<usize> {
        3..=usize::MAX
    }

    fn attributes(&self) -> Attributes {
        Attributes::none().with("op", self.op.name()).with("given", &self.given[..])
    }

    fn read(name: &str, _: &Attributes) -> Option<Result<Self, String>> {
        let advice = "a user's operation is code, which a text does not hold; give it to Graph::parse_with";
        (name == "custom_jvp").then(|| Err(advice.to_owned()))
    }

    fn infer(&self, inputs: &[&ArrayType]) -> Result<ArrayType, String> {
        match inputs.len().checked_sub(self.given.len() + 1) {
            Some(output) => Ok(inputs[output].clone()),
            None => Err("too few inputs".to_owned()),
        }
    }

    fn eval(&self, inputs: &[&Value], output: &Output<'_>) -> Result<Value, String> {
        let count = inputs.len() - self.given.len() - 1;
        let mut tangents: Vec<Option<&Value>> = vec![None; count];
        for (&position, tangent) in self.given.iter().zip(&inputs[count + 1..]) {
            tangents[position] = Some(tangent);
        }
        let tangent = self.op.get().jvp(&inputs[..count], inputs[count], &tangents);
        declared(tangent.ok_or("has_jvp says that there is a jvp, but it gave none")??, output)
    }

    /// Linear in the tangents, whose cotangents are pullbacks; opaque in the rest.
    fn vjp<'t>(&self, at: &At<'_, 't>, ct: Delta<'t>) -> Result<Cotangents<'t>, Error> {
        let count = at.inputs().len() - self.given.len() - 1;
        if (0..=count).any(|i| at.wants(i)) {
            return Err(opaque(&self.op, at.output().place()));
        }
        let (inputs, output) = (&at.inputs()[..count], at.input(count));
        let wanted: SmallVec<[bool; 4]> = (0..count).map(|i| self.given.contains(&i)).collect();
        let cts = self.op.vjp(&At::new(inputs, output, &wanted), ct)?;
        Ok((0..=count).map(|_| None).chain(self.given.iter().map(|&i| cts[i])).collect())
    }

    fn jvp<'t>(&self, at: &At<'_, 't>, tangents: &[Flow<'t>]) -> Result<Flow<'t>, Error> {
        let count = tangents.len() - self.given.len() - 1;
        if tangents[..=count].iter().any(Option::is_some) {
            return Err(opaque(&self.op, at.output().place()));
        }
        let mut vars: SmallVec<[Var<'t>; 4]> = at.inputs().into();
        for (var, tangent) in vars.iter_mut().zip(tangents).skip(count + 1) {
            *var = tangent.map_or_else(|| var.zeros_like(), Delta::var);
        }
        Ok(Some(Delta::masked(at.tape().record(self.clone(), &vars)?)))
    }

    fn batch<'t>(&self, inputs: &[Batched<'t>], size: usize) -> Result<Var<'t>, Error> {
        batch_by_loop(self, inputs, size)
    }

    fn flops(&self, _inputs: &[&ArrayType], output: &ArrayType) -> u64 {
        output.shape.size() as u64
    }

    fn samples() -> Vec<Sample> {
        Vec::new()
    }

    fn refused() -> Vec<Refused> {
        Vec::new()
    }
}
