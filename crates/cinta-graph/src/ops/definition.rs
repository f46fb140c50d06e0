//! What an operation has to say of itself.
use std::fmt::Debug;
use std::hash::Hash;
use std::ops::RangeInclusive;

use smallvec::SmallVec;

use super::room::eval_by_writing;
use super::{At, Attributes, Batched, Delta, Listed, Notation, Refused, Sample};
use crate::{ArrayType, DType, Elements, ElementsMut, Error, Op, Output, RowMajor, Strided, Value, Var, Workspace};

/// What one input gets, or what the output gives: a [`Delta`], or `None` for a structural zero.
pub type Flow<'t> = Option<Delta<'t>>;

/// A cotangent for each input of an operation.
pub type Cotangents<'t> = SmallVec<[Flow<'t>; 2]>;

/// A primitive operation. One file implements this and is the only place that knows the operation.
///
/// Type rules come first: when they pass, evaluation and derivatives can rely on the types, and only the
/// numbers themselves (an index out of range) can still be wrong.
pub trait OpDef: Clone + Debug + Eq + Hash + Into<Op> + 'static {
    /// The name in printed graphs.
    fn name(&self) -> &str;

    /// How many inputs it takes.
    fn arity(&self) -> RangeInclusive<usize>;

    /// The attributes in printed graphs, which [`read`](Self::read) takes back.
    fn attributes(&self) -> Attributes {
        Attributes::none()
    }

    /// The operation of a printed name and attributes; `None` if the name is another operation's.
    fn read(name: &str, attributes: &Attributes) -> Option<Result<Self, String>>;

    /// The type of the output, or why these inputs do not fit (without op, types and place: the caller adds them).
    fn infer(&self, inputs: &[&ArrayType]) -> Result<ArrayType, String>;

    /// Whether inputs that are all of one type with this dtype give an output of that type:
    /// a shortcut past [`infer`](Self::infer) for elementwise operations.
    fn preserves_type(&self, _dtype: DType) -> bool {
        false
    }

    /// The value of the output, whose inferred type is `output`; or what is wrong with the numbers. Operations that are always
    /// a [`view`](Self::view), or [write](Self::eval_into) their output, need not say more.
    fn eval(&self, inputs: &[&Value], output: &Output<'_>) -> Result<Value, String> {
        if self.writes_into() {
            return eval_by_writing(self, inputs, output);
        }
        Ok(inputs[0].seen(|input| self.view(input)).expect("an operation without a value of its own is a view"))
    }

    /// Whether each element of the output depends on the inputs' elements at its own position only.
    /// Such operations also implement [`eval_elements`](Self::eval_elements).
    fn is_elementwise(&self) -> bool {
        false
    }

    /// A stretch of the output's elements from those of the inputs: what compiled programs call. The same
    /// numbers as [`eval`](Self::eval) gives.
    fn eval_elements(&self, _inputs: &[Elements<'_>], _output: ElementsMut<'_>) {
        unreachable!("{} is not elementwise", self.name())
    }

    /// Whether it writes into a given array, with a [`Workspace`] for what it needs on the way. Such operations also
    /// implement [`eval_into`](Self::eval_into).
    fn writes_into(&self) -> bool {
        false
    }

    /// Writes the output's elements, in row-major order: what compiled programs call. The same numbers as
    /// [`eval`](Self::eval) gives; or what is wrong with them.
    fn eval_into(
        &self,
        _inputs: &[RowMajor<'_>],
        _output: ElementsMut<'_>,
        _room: &mut Workspace,
    ) -> Result<(), String> {
        unreachable!("{} gives values", self.name())
    }

    /// The output as a view of the first input, if its elements are some of that input's and need no copy.
    fn view(&self, _input: &Strided) -> Option<Strided> {
        None
    }

    /// The pullback: the cotangent of each input, given the output's. Inputs for which
    /// [`At::wants`] is false may be left `None`.
    fn vjp<'t>(&self, at: &At<'_, 't>, ct: Delta<'t>) -> Result<Cotangents<'t>, Error>;

    /// The pushforward: the tangent of the output, given the inputs'.
    fn jvp<'t>(&self, at: &At<'_, 't>, tangents: &[Flow<'t>]) -> Result<Flow<'t>, Error>;

    /// Whether only the pullback is known, and forward mode must transpose it.
    fn only_pulls(&self) -> bool {
        false
    }

    /// Why a derivative never passes from an input to the output, if it never does
    /// (piecewise constant, stopped on purpose).
    fn blocks(&self, _input: usize) -> Option<&'static str> {
        None
    }

    /// The same operation on a batch: batched inputs have a first axis of `size`, and so has the result.
    fn batch<'t>(&self, inputs: &[Batched<'t>], size: usize) -> Result<Var<'t>, Error>;

    /// Arithmetic operations of one evaluation, to the nearest factor of two.
    fn flops(&self, inputs: &[&ArrayType], output: &ArrayType) -> u64;

    /// How it reads in a formula.
    fn notation(&self) -> Notation {
        Notation::function(self.name())
    }

    /// How it reads between given inputs, for operations whose sign depends on them: θᵀh of vectors, a b of
    /// scalars. The types are those that the formula shows: a number spread over an array counts as a scalar.
    fn notation_of(&self, _shown: &[&ArrayType]) -> Notation {
        self.notation()
    }

    /// Inputs on which the generic tests run.
    fn samples() -> Vec<Sample>;

    /// Inputs that the type rule must refuse.
    fn refused() -> Vec<Refused>;

    /// [`infer`](Self::infer) between checks of the number of inputs and their sizes, and one of the size of the output.
    fn infer_checked(&self, inputs: &[&ArrayType]) -> Result<ArrayType, String> {
        let arity = self.arity();
        if arity.contains(&inputs.len()) {
            // Whoever makes an input says how large it is; from here on sizes can be multiplied.
            inputs.iter().try_for_each(|input| input.shape.check_size())?;
            let output = self.infer(inputs)?;
            return output.shape.check_size().map(|()| output);
        }
        let (low, high) = arity.into_inner();
        let expected = match high {
            _ if low == high => low.to_string(),
            usize::MAX => format!("at least {low}"),
            _ => format!("{low} to {high}"),
        };
        Err(format!("takes {expected} inputs, not {}", inputs.len()))
    }
}

/// The pushforward of an operation that is linear in all its float inputs: itself, applied to the tangents.
/// Missing tangents are zeros; inputs that carry no derivative (indices) stay as they are.
pub(crate) fn linear_jvp<'t, O: OpDef + Listed>(
    op: &O,
    at: &At<'_, 't>,
    tangents: &[Flow<'t>],
) -> Result<Flow<'t>, Error> {
    let given: SmallVec<[Delta<'t>; 2]> = tangents.iter().filter_map(|&t| t).collect();
    let Some(first) = given.first() else {
        return Ok(None);
    };
    let inputs: SmallVec<[Var<'t>; 2]> = tangents
        .iter()
        .zip(at.inputs())
        .map(|(tangent, &input)| match tangent {
            Some(tangent) => tangent.var(),
            None if input.dtype().is_float() => input.zeros_like(),
            None => input,
        })
        .collect();
    let var = first.var().tape().record(op.clone(), &inputs)?;
    Ok(Some(Delta::new(var, tangents.len() > given.len() || given.iter().all(|t| t.is_masked()))))
}

/// The common dtype of inputs, or why they have none.
pub(crate) fn same_dtype(inputs: &[&ArrayType]) -> Result<DType, String> {
    let Some(first) = inputs.first() else {
        return Err("has no inputs".to_owned());
    };
    match inputs.iter().find(|ty| ty.dtype != first.dtype) {
        None => Ok(first.dtype),
        Some(other) => {
            Err(format!("dtypes {} and {} differ; dtypes never mix silently, use cast", first.dtype, other.dtype))
        }
    }
}
