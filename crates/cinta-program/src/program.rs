//! Programs: compiled graphs.
use cinta_graph::{ArrayType, Error, ErrorKind, Graph, NodeId, Shape, Value};
use ndarray::{ArrayViewD, IxDyn};

use crate::lower::lower;
use crate::memory::{Cell, each_dtype};
use crate::plan::{Home, Plan, plan};
use crate::run::Run;
use crate::simplify::{Passes, simplify};
use crate::steps::Lowered;
use crate::view::{View, ViewMut};

/// A compiled graph: arrays in, arrays out, and the memory between, which is used again at each run.
///
/// ```
/// use cinta_graph::Tape;
/// use cinta_program::Program;
/// let tape = Tape::new();
/// let (a, b) = (tape.var([1.0, 2.0]), tape.var([3.0, 4.0]));
/// let y = (a * b).sum();
/// let mut program = Program::compile(&tape.graph(), &[a.id(), b.id()], &[y.id()])?;
/// let outputs = program.run(&[(&[1.0, 10.0]).into(), (&[5.0, 6.0]).into()])?;
/// assert_eq!(outputs[0].item(), Some(65.0));
/// # Ok::<(), cinta_graph::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Program {
    pub(crate) graph: Graph,
    pub(crate) lowered: Lowered,
    pub(crate) plan: Plan,
    inputs: Vec<ArrayType>,
    outputs: Vec<ArrayType>,
}

impl Program {
    /// Compiles what some nodes of a graph are, as a function of others.
    ///
    /// # Errors
    /// If an output needs an input that is not among `inputs`.
    pub fn compile(graph: &Graph, inputs: &[NodeId], outputs: &[NodeId]) -> Result<Self, Error> {
        Self::compile_with(graph, inputs, outputs, Passes::default())
    }

    /// [`compile`](Self::compile), with some passes only: to find the one at fault.
    ///
    /// # Errors
    /// As `compile`.
    pub fn compile_with(graph: &Graph, inputs: &[NodeId], outputs: &[NodeId], passes: Passes) -> Result<Self, Error> {
        let simple = simplify(graph, inputs, outputs, passes);
        let missing = simple
            .graph
            .ids()
            .find(|id| matches!(simple.graph.kind(*id), cinta_graph::Kind::Input) && !simple.inputs.contains(id));
        if let Some(id) = missing {
            let reason = "the program needs this variable, which is not among its inputs; \
                          pass it as an argument, or record its value as a constant";
            let error = Error::new(ErrorKind::Argument, simple.graph.label(id), reason);
            return Err(error.at(simple.graph.place(id).clone()));
        }
        let types = |ids: &[NodeId]| ids.iter().map(|&id| simple.graph.array_type(id).clone()).collect();
        let (inputs, outputs) = (types(&simple.inputs), types(&simple.outputs));
        let lowered = lower(&simple.graph, &simple.inputs, &simple.outputs);
        let plan = plan(&lowered, &[]);
        Ok(Self { graph: simple.graph, lowered, plan, inputs, outputs })
    }

    /// The types of the arguments.
    #[must_use]
    pub fn inputs(&self) -> &[ArrayType] {
        &self.inputs
    }

    /// The types of the results.
    #[must_use]
    pub fn outputs(&self) -> &[ArrayType] {
        &self.outputs
    }

    /// Runs it and gives the outputs as arrays of their own.
    ///
    /// # Errors
    /// If arguments are missing or have other types, or numbers are wrong (an index out of range).
    pub fn run(&mut self, arguments: &[View<'_>]) -> Result<Vec<Value>, Error> {
        self.execute(arguments)?;
        Ok((0..self.outputs.len()).map(|position| self.output(position, arguments)).collect())
    }

    /// Runs it and writes the outputs into arrays that the caller has.
    ///
    /// # Errors
    /// As [`run`](Self::run), or if an array has not the type of its output; nothing is written then.
    pub fn run_into(&mut self, arguments: &[View<'_>], outputs: &mut [ViewMut<'_>]) -> Result<(), Error> {
        let came: Vec<ArrayType> = outputs.iter().map(ViewMut::array_type).collect();
        if came != self.outputs {
            let reason = format!("its outputs are {}, not {}", list(&self.outputs), list(&came));
            return Err(Error::new(ErrorKind::Argument, "run_into", reason));
        }
        self.execute(arguments)?;
        for (position, target) in outputs.iter_mut().enumerate() {
            let array = self.lowered.outputs[position];
            match target {
                ViewMut::F64(target) => target.assign(&self.shaped(array, arguments, &self.outputs[position].shape)),
                ViewMut::F32(target) => target.assign(&self.shaped(array, arguments, &self.outputs[position].shape)),
                ViewMut::I64(target) => target.assign(&self.shaped(array, arguments, &self.outputs[position].shape)),
                ViewMut::Bool(target) => target.assign(&self.shaped(array, arguments, &self.outputs[position].shape)),
            }
        }
        Ok(())
    }

    fn execute(&mut self, arguments: &[View<'_>]) -> Result<(), Error> {
        let fits = arguments.len() == self.inputs.len() && arguments.iter().zip(&self.inputs).all(|(a, ty)| a.is(ty));
        if !fits {
            let came: Vec<ArrayType> = arguments.iter().map(View::array_type).collect();
            let reason = format!("its inputs are {}, not {}", list(&self.inputs), list(&came));
            return Err(Error::new(ErrorKind::Argument, "run", reason));
        }
        Run { program: &self.lowered, graph: &self.graph, plan: &mut self.plan, arguments }.run()
    }

    fn output(&self, position: usize, arguments: &[View<'_>]) -> Value {
        let (array, ty) = (self.lowered.outputs[position], &self.outputs[position]);
        each_dtype!(ty.dtype, T => self.shaped::<T>(array, arguments, &ty.shape).into())
    }

    fn shaped<'r, T: Cell>(
        &'r self,
        array: crate::steps::ArrayId,
        arguments: &'r [View<'_>],
        shape: &Shape,
    ) -> ArrayViewD<'r, T> {
        let elements = match self.plan.homes[array.index()] {
            Home::Cell(cell) => &T::cells(&self.plan.memory)[cell],
            Home::Argument(position) => match T::argument(&arguments[position]) {
                Some(slice) => slice,
                None => &T::cells(&self.plan.memory)[self.plan.copies[position]],
            },
        };
        ArrayViewD::from_shape(IxDyn(shape), &elements[..shape.size()]).expect("as many elements")
    }

    /// Bytes that it holds for its arrays.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.plan.memory.bytes()
    }
}

/// Types as a list for people.
pub(crate) fn list(types: &[ArrayType]) -> String {
    let texts: Vec<String> = types.iter().map(ArrayType::to_string).collect();
    format!("({})", texts.join(", "))
}
