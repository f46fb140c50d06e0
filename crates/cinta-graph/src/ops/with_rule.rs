//! `with_rule`: a value with a derivative rule of the user's in place of what would be derived.
use std::fmt;
use std::hash::{Hash, Hasher};
use std::ops::RangeInclusive;
use std::sync::Arc;

use super::{At, Attributes, Batched, Cotangents, Delta, Flow, Notation, OpDef, Refused, Sample};
use crate::error::ErrorKind;
use crate::{ArrayType, Error, Strided, Var};

/// A shared definition from outside the crate. Two are equal if they are the same object: equal closures
/// cannot be told apart, so share the `Arc` where equal operations should merge.
pub struct Shared<T: ?Sized>(pub Arc<T>);

impl<T: ?Sized> fmt::Debug for Shared<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Shared({:p})", Arc::as_ptr(&self.0))
    }
}

impl<T: ?Sized> Clone for Shared<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<T: ?Sized> PartialEq for Shared<T> {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl<T: ?Sized> Eq for Shared<T> {}

impl<T: ?Sized> Hash for Shared<T> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        Arc::as_ptr(&self.0).hash(state);
    }
}

/// A derivative rule written in [`Var`]s; made by [`custom_vjp`](crate::custom_vjp).
pub trait Rule: Send + Sync {
    /// The function's name.
    fn name(&self) -> &str;

    /// The cotangent of each input, given the output's; `None` for a structural zero.
    ///
    /// # Errors
    /// If the rule cannot be recorded.
    fn vjp<'t>(&self, inputs: &[Var<'t>], output: Var<'t>, ct: Var<'t>) -> Result<Vec<Option<Var<'t>>>, Error>;

    /// The same rule for a batch along the first axis of the inputs that are batched, and of the output.
    fn batched(&self, batched: Vec<bool>) -> Arc<dyn Rule>;
}

/// y = the first input; derivatives go to the others, as the rule says, and not to the first.
///
/// The first input is the function's value, recorded in ordinary operations, so it is printed, evaluated and
/// compiled like any other; only its derivative is replaced. Any order follows, for the rule is recorded too.
/// Forward mode is the rule transposed.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct WithRule {
    /// The rule.
    pub rule: Shared<dyn Rule>,
}

impl fmt::Debug for WithRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "WithRule({})", self.rule.0.name())
    }
}

impl OpDef for WithRule {
    fn name(&self) -> &'static str {
        "with_rule"
    }

    fn arity(&self) -> RangeInclusive<usize> {
        1..=usize::MAX
    }

    fn attributes(&self) -> Attributes {
        Attributes::none().with("rule", self.rule.0.name())
    }

    fn read(name: &str, _: &Attributes) -> Option<Result<Self, String>> {
        let advice = "its rule is code, which a text does not hold; give the operation to Graph::parse_with";
        (name == "with_rule").then(|| Err(advice.to_owned()))
    }

    fn infer(&self, inputs: &[&ArrayType]) -> Result<ArrayType, String> {
        let name = self.rule.0.name();
        match inputs.iter().find(|ty| !ty.dtype.is_float()) {
            Some(ty) => Err(format!("{name} should take and give f64 or f32, not {}", ty.dtype)),
            None => Ok(inputs[0].clone()),
        }
    }

    fn view(&self, input: &Strided) -> Option<Strided> {
        Some(input.clone())
    }

    fn vjp<'t>(&self, at: &At<'_, 't>, ct: Delta<'t>) -> Result<Cotangents<'t>, Error> {
        let inputs = &at.inputs()[1..];
        let cts = self.rule.0.vjp(inputs, at.output(), ct.var())?;
        if cts.len() != inputs.len() {
            let reason = format!("its rule gave {} cotangents for {} inputs", cts.len(), inputs.len());
            return Err(Error::new(ErrorKind::Rule, self.rule.0.name(), reason).at(at.output().place()));
        }
        let flows = cts.into_iter().map(|var| var.map(|var| Delta::new(var, ct.is_masked())));
        Ok(std::iter::once(None).chain(flows).collect())
    }

    fn only_pulls(&self) -> bool {
        true
    }

    fn jvp<'t>(&self, at: &At<'_, 't>, _tangents: &[Flow<'t>]) -> Result<Flow<'t>, Error> {
        let reason = "its rule is a pullback; forward mode transposes it";
        Err(Error::new(ErrorKind::Derivative, self.rule.0.name(), reason).at(at.output().place()))
    }

    fn blocks(&self, input: usize) -> Option<&'static str> {
        (input == 0).then_some("a rule of the user's stands in place of this derivative")
    }

    fn batch<'t>(&self, inputs: &[Batched<'t>], size: usize) -> Result<Var<'t>, Error> {
        let flags = inputs[1..].iter().map(|input| input.batched).collect();
        let rule = Shared(self.rule.0.batched(flags));
        let mut vars: Vec<Var<'t>> = inputs.iter().map(|input| input.var).collect();
        vars[0] = inputs[0].spread(size);
        vars[0].tape().record(Self { rule }, &vars)
    }

    fn flops(&self, _inputs: &[&ArrayType], _output: &ArrayType) -> u64 {
        0
    }

    fn notation(&self) -> Notation {
        Notation::template("{0}", "{0}", super::Level::Atom, super::Level::Relation)
    }

    /// Users bring the rules, and the samples with them.
    fn samples() -> Vec<Sample> {
        Vec::new()
    }

    fn refused() -> Vec<Refused> {
        Vec::new()
    }
}
