//! Programs: compiled graphs.
use cinta_graph::{ArrayType, Error, ErrorKind, Graph, Kind, NodeId, Shape, Value};
use ndarray::{ArrayViewD, IxDyn};

use crate::kernels::KernelSet;
use crate::lower::lower;
use crate::memory::{Cell, Memory, each_dtype};
use crate::plan::{Home, Plan, plan};
use crate::run::{Run, read};
use crate::simplify::{Passes, Ports, simplify};
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
    memory: Memory,
    set: KernelSet,
    inputs: Vec<ArrayType>,
    states: Vec<ArrayType>,
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
        let ports = Ports { inputs: inputs.to_vec(), outputs: outputs.to_vec(), ..Ports::default() };
        Self::compile_ports(graph, &ports, passes)
    }

    pub(crate) fn compile_ports(graph: &Graph, ports: &Ports, passes: Passes) -> Result<Self, Error> {
        for (&state, &new) in ports.states.iter().zip(&ports.updates) {
            let (ty, came) = (graph.array_type(state), graph.array_type(new));
            if ty != came {
                let reason = format!("this state is {ty}, but its update is {came}");
                return Err(Error::new(ErrorKind::Type, graph.label(state), reason).at(graph.place(new).clone()));
            }
        }
        let (graph, ports) = simplify(graph, ports, passes);
        let given = ports.given();
        if let Some(id) = graph.ids().find(|id| matches!(graph.kind(*id), Kind::Input) && !given.contains(id)) {
            let reason = "the program needs this variable, which is not among its inputs; \
                          pass it as an argument, or record its value as a constant";
            return Err(Error::new(ErrorKind::Argument, graph.label(id), reason).at(graph.place(id).clone()));
        }
        let types = |ids: &[NodeId]| ids.iter().map(|&id| graph.array_type(id).clone()).collect();
        let (inputs, states, outputs) = (types(&ports.inputs), types(&ports.states), types(&ports.outputs));
        let lowered = lower(&graph, &ports);
        let set = KernelSet::best();
        let (plan, memory) = plan(&lowered, set);
        Ok(Self { graph, lowered, plan, memory, set, inputs, states, outputs })
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
        let outputs = (0..self.outputs.len()).map(|position| self.output(position, arguments)).collect();
        self.update();
        Ok(outputs)
    }

    /// Runs it and writes the outputs into arrays that the caller has.
    ///
    /// # Errors
    /// As [`run`](Self::run), or if an array has not the type of its output; nothing is written then.
    pub fn run_into(&mut self, arguments: &[View<'_>], outputs: &mut [ViewMut<'_>]) -> Result<(), Error> {
        if outputs.len() != self.outputs.len() || outputs.iter().zip(&self.outputs).any(|(view, ty)| !view.is(ty)) {
            let came: Vec<ArrayType> = outputs.iter().map(ViewMut::array_type).collect();
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
        self.update();
        Ok(())
    }

    /// The end of a run: each state is what takes its place. Nothing is copied.
    fn update(&mut self) {
        for &(state, new) in &self.lowered.updates {
            if let (Home::Cell(a), Home::Cell(b)) = (self.plan.homes[state.index()], self.plan.homes[new.index()]) {
                self.memory.swap(self.lowered.arrays[state.index()].ty.dtype, a, b);
            }
        }
    }

    /// A state as it is now.
    pub(crate) fn state(&self, position: usize) -> Value {
        let (array, _) = self.lowered.updates[position];
        let ty = &self.states[position];
        each_dtype!(ty.dtype, T => self.shaped::<T>(array, &[], &ty.shape).into())
    }

    /// Gives a state the numbers of a value of its type.
    pub(crate) fn set_state(&mut self, position: usize, value: &Value) {
        let (array, _) = self.lowered.updates[position];
        let Home::Cell(cell) = self.plan.homes[array.index()] else { unreachable!("states stand in cells") };
        each_dtype!(value.dtype(), T => {
            T::cells_mut(&mut self.memory)[cell].iter_mut().zip(value.view::<T>()).for_each(|(to, &x)| *to = x);
        });
    }

    fn execute(&mut self, arguments: &[View<'_>]) -> Result<(), Error> {
        if !View::all_are(arguments, &self.inputs) {
            let came: Vec<ArrayType> = arguments.iter().map(View::array_type).collect();
            let reason = format!("its inputs are {}, not {}", list(&self.inputs), list(&came));
            return Err(Error::new(ErrorKind::Argument, "run", reason));
        }
        Run {
            program: &self.lowered,
            graph: &self.graph,
            plan: &self.plan,
            memory: &mut self.memory,
            set: self.set,
            arguments,
        }
        .run()
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
        let elements = read(&self.memory, &self.plan.copies, arguments, self.plan.homes[array.index()]);
        ArrayViewD::from_shape(IxDyn(shape), &elements[..shape.size()]).expect("as many elements")
    }

    /// Bytes that it holds for its arrays.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.memory.bytes()
    }
}

/// Types as a list for people.
pub(crate) fn list(types: &[ArrayType]) -> String {
    let texts: Vec<String> = types.iter().map(ArrayType::to_string).collect();
    format!("({})", texts.join(", "))
}
