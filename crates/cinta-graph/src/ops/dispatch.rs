//! What an operation of any kind has to say: each method asks the kind.
use std::ops::RangeInclusive;

use super::{At, Attributes, Batched, Cotangents, Delta, Flow, Notation, Op, OpDef};
use crate::{ArrayType, Elements, ElementsMut, Error, Output, RowMajor, Strided, Tape, Value, Var, Workspace};

impl Op {
    /// The name in printed graphs.
    #[must_use]
    pub fn name(&self) -> &str {
        with_op!(self, op => op.name())
    }

    /// How many inputs it takes.
    #[must_use]
    pub fn arity(&self) -> RangeInclusive<usize> {
        with_op!(self, op => op.arity())
    }

    /// The attributes in printed graphs.
    #[must_use]
    pub fn attributes(&self) -> Attributes {
        with_op!(self, op => op.attributes())
    }

    /// The type of the output, or why these inputs do not fit.
    ///
    /// # Errors
    /// The reason, without op and types.
    pub fn infer(&self, inputs: &[&ArrayType]) -> Result<ArrayType, String> {
        with_op!(self, op => op.infer_checked(inputs))
    }

    /// The value of the output.
    ///
    /// # Errors
    /// What is wrong with the numbers.
    pub fn eval(&self, inputs: &[&Value], output: &Output<'_>) -> Result<Value, String> {
        with_op!(self, op => op.eval(inputs, output))
    }

    /// Whether it works on each element alone; see [`OpDef::is_elementwise`].
    #[must_use]
    pub fn is_elementwise(&self) -> bool {
        with_op!(self, op => op.is_elementwise())
    }

    /// A stretch of elements of an elementwise operation; see [`OpDef::eval_elements`].
    ///
    /// # Panics
    /// If it is not elementwise.
    pub fn eval_elements(&self, inputs: &[Elements<'_>], output: ElementsMut<'_>) {
        with_op!(self, op => op.eval_elements(inputs, output));
    }

    /// Whether it writes into a given array; see [`OpDef::writes_into`].
    #[must_use]
    pub fn writes_into(&self) -> bool {
        with_op!(self, op => op.writes_into())
    }

    /// Writes the output's elements; see [`OpDef::eval_into`].
    ///
    /// # Errors
    /// What is wrong with the numbers.
    ///
    /// # Panics
    /// If it does not write.
    pub fn eval_into(
        &self,
        inputs: &[RowMajor<'_>],
        output: ElementsMut<'_>,
        workspace: &mut Workspace,
    ) -> Result<(), String> {
        with_op!(self, op => op.eval_into(inputs, output, workspace))
    }

    /// The output as a view of the first input; see [`OpDef::view`].
    #[must_use]
    pub fn view(&self, input: &Strided) -> Option<Strided> {
        with_op!(self, op => op.view(input))
    }

    /// The pullback; see [`OpDef::vjp`].
    pub(crate) fn vjp<'t>(&self, at: &At<'_, 't>, ct: Delta<'t>) -> Result<Cotangents<'t>, Error> {
        with_op!(self, op => op.vjp(at, ct))
    }

    /// The pushforward; see [`OpDef::jvp`].
    pub(crate) fn jvp<'t>(&self, at: &At<'_, 't>, tangents: &[Flow<'t>]) -> Result<Flow<'t>, Error> {
        with_op!(self, op => op.jvp(at, tangents))
    }

    /// Whether only the pullback is known; see [`OpDef::only_pulls`].
    pub(crate) fn only_pulls(&self) -> bool {
        with_op!(self, op => op.only_pulls())
    }

    /// Why no derivative passes from an input, if none ever does.
    #[must_use]
    pub fn blocks(&self, input: usize) -> Option<&'static str> {
        with_op!(self, op => op.blocks(input))
    }

    /// The operation on a batch; see [`OpDef::batch`].
    pub(crate) fn batch<'t>(&self, inputs: &[Batched<'t>], size: usize) -> Result<Var<'t>, Error> {
        with_op!(self, op => op.batch(inputs, size))
    }

    /// Arithmetic operations of one evaluation.
    #[must_use]
    pub fn flops(&self, inputs: &[&ArrayType], output: &ArrayType) -> u64 {
        with_op!(self, op => op.flops(inputs, output))
    }

    /// How it reads in a formula.
    #[must_use]
    pub fn notation(&self) -> Notation {
        with_op!(self, op => op.notation())
    }

    /// How it reads in a formula between given inputs; see [`OpDef::notation_of`].
    #[must_use]
    pub fn notation_of(&self, shown: &[&ArrayType]) -> Notation {
        with_op!(self, op => op.notation_of(shown))
    }

    /// Records it; the way from an `Op` back to its kind.
    #[track_caller]
    pub(crate) fn record_on<'t>(&self, tape: &'t Tape, inputs: &[Var<'_>]) -> Result<Var<'t>, Error> {
        with_op!(self.clone(), op => tape.record(op, inputs))
    }
}
