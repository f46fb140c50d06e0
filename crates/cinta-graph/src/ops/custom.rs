//! `custom`: an opaque Rust function as an operation, with a hand-written derivative on arrays.
use std::fmt::{self, Debug};
use std::ops::RangeInclusive;
use std::panic::Location;
use std::sync::Arc;

use smallvec::SmallVec;

use super::custom_derivative::{CustomJvp, CustomVjp};
use super::with_rule::Shared;
use super::{At, Attributes, Batched, Cotangents, Delta, Flow, Listed, OpDef, Refused, Sample};
use crate::error::{ErrorKind, or_panic};
use crate::ops::concat::try_concat;
use crate::{ArrayType, Error, Op, Output, Place, Tape, Value, Var};

/// An operation of the user's: a Rust function over arrays with its own type rule and hand-written derivatives.
///
/// Only [`name`](Self::name), [`infer`](Self::infer), [`eval`](Self::eval) and [`vjp`](Self::vjp) are asked for.
/// Without [`jvp`](Self::jvp), forward mode is an error that says so; without
/// [`vjp_in_vars`](Self::vjp_in_vars), so are second derivatives.
///
/// ```
/// use cinta_graph::{ArrayType, CustomOp, Tape, Value, custom};
/// use std::sync::Arc;
///
/// /// Elementwise x³, as if it came from another crate.
/// #[derive(Debug)]
/// struct Cube;
///
/// impl CustomOp for Cube {
///     fn name(&self) -> &'static str {
///         "cube"
///     }
///     fn infer(&self, inputs: &[&ArrayType]) -> Result<ArrayType, String> {
///         Ok(inputs[0].clone())
///     }
///     fn eval(&self, inputs: &[&Value]) -> Result<Value, String> {
///         Ok(inputs[0].view::<f64>().mapv(|x| x * x * x).into())
///     }
///     fn vjp(&self, _input: usize, inputs: &[&Value], _output: &Value, ct: &Value) -> Result<Value, String> {
///         Ok((&ct.view::<f64>() * &inputs[0].view::<f64>().mapv(|x| 3.0 * x * x)).into())
///     }
/// }
///
/// let tape = Tape::new();
/// let x = tape.var([1.0, 2.0]);
/// let y = custom(Arc::new(Cube), &[x]);
/// assert_eq!(y.sum().grad(x).value(), ndarray::array![3.0, 12.0]);
/// ```
pub trait CustomOp: Debug + Send + Sync + 'static {
    /// The name in printed graphs and errors.
    fn name(&self) -> &str;

    /// The type of the output, or why these inputs do not fit.
    ///
    /// # Errors
    /// The reason, without name, types and place: they are added.
    fn infer(&self, inputs: &[&ArrayType]) -> Result<ArrayType, String>;

    /// The value of the output; its type must be the inferred one.
    ///
    /// # Errors
    /// What is wrong with the numbers.
    fn eval(&self, inputs: &[&Value]) -> Result<Value, String>;

    /// The pullback: the cotangent of one input, given the output's. Called only for inputs of float dtype
    /// from which a derivative is wanted.
    ///
    /// # Errors
    /// What is wrong with the numbers.
    fn vjp(&self, input: usize, inputs: &[&Value], output: &Value, ct: &Value) -> Result<Value, String>;

    /// The pushforward: the tangent of the output, given the tangents of some inputs; `None` if there is none
    /// to offer.
    fn jvp(&self, _inputs: &[&Value], _output: &Value, _tangents: &[Option<&Value>]) -> Option<Result<Value, String>> {
        None
    }

    /// Whether [`jvp`](Self::jvp) is there.
    fn has_jvp(&self) -> bool {
        false
    }

    /// The pullback written in variables, if it can be: then it is used instead of [`vjp`](Self::vjp), and
    /// derivatives of any order follow, in both modes.
    fn vjp_in_vars<'t>(
        &self,
        _input: usize,
        _inputs: &[Var<'t>],
        _output: Var<'t>,
        _ct: Var<'t>,
    ) -> Option<Result<Var<'t>, Error>> {
        None
    }

    /// Whether [`vjp_in_vars`](Self::vjp_in_vars) is there.
    fn has_vjp_in_vars(&self) -> bool {
        false
    }

    /// Why no derivative passes from an input, if none does: an index, a seed.
    fn blocks(&self, _input: usize) -> Option<&'static str> {
        None
    }
}

/// A [`CustomOp`] in the graph.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Custom(pub Shared<dyn CustomOp>);

impl Debug for Custom {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.0.fmt(f)
    }
}

impl Custom {
    pub(super) fn get(&self) -> &dyn CustomOp {
        &*self.0.0
    }
}

/// Checks that a user's function gave the type it declared.
pub(super) fn declared(value: Value, expected: &ArrayType) -> Result<Value, String> {
    let came = value.array_type();
    if &came == expected { Ok(value) } else { Err(format!("gave {came}, but {expected} was declared")) }
}

impl OpDef for Custom {
    fn name(&self) -> &str {
        self.get().name()
    }

    fn arity(&self) -> RangeInclusive<usize> {
        1..=usize::MAX
    }

    /// A text holds the name only; `Graph::parse_with` brings the code.
    fn read(_: &str, _: &Attributes) -> Option<Result<Self, String>> {
        None
    }

    fn infer(&self, inputs: &[&ArrayType]) -> Result<ArrayType, String> {
        self.get().infer(inputs)
    }

    fn eval(&self, inputs: &[&Value], output: &Output<'_>) -> Result<Value, String> {
        declared(self.get().eval(inputs)?, output)
    }

    fn vjp<'t>(&self, at: &At<'_, 't>, ct: Delta<'t>) -> Result<Cotangents<'t>, Error> {
        let pull = |input: usize| {
            if !at.wants(input) {
                return Ok(None);
            }
            let recorded = self.get().vjp_in_vars(input, at.inputs(), at.output(), ct.var()).unwrap_or_else(|| {
                let vars: SmallVec<[Var<'t>; 4]> = at.inputs().iter().copied().chain([at.output(), ct.var()]).collect();
                at.tape().record(CustomVjp { op: self.clone(), input }, &vars)
            });
            recorded.map(|var| Some(Delta::new(var, ct.is_masked())))
        };
        (0..at.inputs().len()).map(pull).collect()
    }

    fn only_pulls(&self) -> bool {
        self.get().has_vjp_in_vars() && !self.get().has_jvp()
    }

    fn jvp<'t>(&self, at: &At<'_, 't>, tangents: &[Flow<'t>]) -> Result<Flow<'t>, Error> {
        if !self.get().has_jvp() {
            let reason = "has no jvp, which forward mode, hvp and hessian need; implement CustomOp::jvp or \
                          CustomOp::vjp_in_vars, or use reverse mode";
            return Err(Error::new(ErrorKind::Derivative, self.name(), reason).at(at.output().place()));
        }
        let given: Vec<usize> = (0..tangents.len()).filter(|&i| tangents[i].is_some()).collect();
        let directions = tangents.iter().filter_map(|tangent| tangent.map(Delta::var));
        let vars: Vec<Var<'t>> = at.inputs().iter().copied().chain([at.output()]).chain(directions).collect();
        let op = CustomJvp { op: self.clone(), given };
        Ok(Some(Delta::masked(at.tape().record(op, &vars)?)))
    }

    fn blocks(&self, input: usize) -> Option<&'static str> {
        self.get().blocks(input)
    }

    fn batch<'t>(&self, inputs: &[Batched<'t>], size: usize) -> Result<Var<'t>, Error> {
        batch_by_loop(self, inputs, size)
    }

    /// Not known; counted as one an element.
    fn flops(&self, _inputs: &[&ArrayType], output: &ArrayType) -> u64 {
        output.shape.size() as u64
    }

    /// Users bring the operations, and the samples with them.
    fn samples() -> Vec<Sample> {
        Vec::new()
    }

    fn refused() -> Vec<Refused> {
        Vec::new()
    }
}

impl Op {
    /// Whether it holds on to code of the user's, and to what that captures.
    pub(crate) fn holds_code(&self) -> bool {
        matches!(self, Self::Custom(_) | Self::CustomVjp(_) | Self::CustomJvp(_) | Self::WithRule(_))
    }

    /// This operation, or a derivative of it if it is the user's, where a text says so.
    pub(crate) fn reads_as(&self, name: &str, attributes: &Attributes) -> Option<Self> {
        if self.name() == name && &self.attributes() == attributes {
            return Some(self.clone());
        }
        let Self::Custom(op) = self else { return None };
        if attributes.word("op").ok()? != op.name() {
            return None;
        }
        let op = op.clone();
        match name {
            "custom_vjp" => Some(CustomVjp { op, input: attributes.size("input").ok()? }.into()),
            "custom_jvp" => Some(CustomJvp { op, given: attributes.sizes("given").ok()? }.into()),
            _ => None,
        }
    }
}

/// One application an example: all that can be done with a function that is not known.
pub(super) fn batch_by_loop<'t, O: OpDef + Listed>(
    op: &O,
    inputs: &[Batched<'t>],
    size: usize,
) -> Result<Var<'t>, Error> {
    let tape: &'t Tape = inputs[0].var.tape();
    let example = |i: usize| {
        let pick = |input: &Batched<'t>| {
            if input.batched { input.var.try_index_axis(0, i.cast_signed()) } else { Ok(input.var) }
        };
        let vars = inputs.iter().map(pick).collect::<Result<Vec<_>, _>>()?;
        let one = tape.record(op.clone(), &vars)?;
        one.try_reshape(one.shape().with_front(1))
    };
    if size > 0 {
        return try_concat(&(0..size).map(example).collect::<Result<Vec<_>, _>>()?, 0);
    }
    let types: Vec<ArrayType> = inputs.iter().map(|input| input.var.array_type()).collect();
    let of_one =
        |(ty, input): (ArrayType, &Batched<'t>)| if input.batched { ty.with_shape(&ty.shape[1..]) } else { ty };
    let examples: Vec<ArrayType> = types.into_iter().zip(inputs).map(of_one).collect();
    let examples: Vec<&ArrayType> = examples.iter().collect();
    let ty = op.infer_checked(&examples).map_err(tape.refusing(op.name(), &examples))?;
    Ok(tape.full(&ty.batch_of(0), 0.0))
}

/// Applies an operation of the user's; see [`CustomOp`].
///
/// # Panics
/// If its type rule refuses the inputs, there are none, or they are on different tapes.
#[must_use]
#[track_caller]
pub fn custom<'t>(op: Arc<dyn CustomOp>, inputs: &[Var<'t>]) -> Var<'t> {
    or_panic(try_custom(op, inputs))
}

/// [`custom`], with the error returned.
#[track_caller]
pub fn try_custom<'t>(op: Arc<dyn CustomOp>, inputs: &[Var<'t>]) -> Result<Var<'t>, Error> {
    let is_word = |name: &str| !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    match inputs.first() {
        Some(_) if !is_word(op.name()) => {
            let reason = "its name should be one word of letters, digits and _, so that a printed graph reads back";
            Err(Error::new(ErrorKind::Type, op.name(), reason).at(Place::from(Location::caller())))
        }
        Some(first) => first.tape().record(Custom(Shared(op)), inputs),
        None => {
            let reason = "takes at least 1 input, not 0";
            Err(Error::new(ErrorKind::Type, op.name(), reason).at(Place::from(Location::caller())))
        }
    }
}
