//! Where a rule is applied: the point of linearisation, or a batch.
use crate::{Tape, Var};

/// Where an operation is linearised: its inputs and output as recorded, and which cotangents are wanted.
#[derive(Clone, Copy, Debug)]
pub struct At<'a, 't> {
    inputs: &'a [Var<'t>],
    output: Var<'t>,
    wanted: &'a [bool],
}

impl<'a, 't> At<'a, 't> {
    pub(crate) fn new(inputs: &'a [Var<'t>], output: Var<'t>, wanted: &'a [bool]) -> Self {
        Self { inputs, output, wanted }
    }

    /// The inputs.
    #[must_use]
    pub fn inputs(&self) -> &'a [Var<'t>] {
        self.inputs
    }

    /// One input.
    ///
    /// # Panics
    /// If there is no such input.
    #[must_use]
    pub fn input(&self, index: usize) -> Var<'t> {
        self.inputs[index]
    }

    /// The output.
    #[must_use]
    pub fn output(&self) -> Var<'t> {
        self.output
    }

    /// Whether somebody waits for the cotangent of this input.
    #[must_use]
    pub fn wants(&self, index: usize) -> bool {
        self.wanted[index]
    }

    /// The tape.
    #[must_use]
    pub fn tape(&self) -> &'t Tape {
        self.output.tape()
    }
}

/// An input of a batching rule: with the batch as its first axis, or the same for the whole batch.
#[derive(Clone, Copy, Debug)]
pub struct Batched<'t> {
    /// The input.
    pub var: Var<'t>,
    /// Whether its first axis is the batch.
    pub batched: bool,
}

impl<'t> Batched<'t> {
    /// The input with the batch as its first axis, broadcast if it had none.
    #[must_use]
    pub fn spread(self, size: usize) -> Var<'t> {
        if self.batched { self.var } else { self.var.broadcast_to(self.var.shape().with_front(size)) }
    }
}
