//! Programs: compiled graphs.
use cinta_graph::{ArrayType, ElementsMut, Error, ErrorKind, Graph, Kind, NodeId, Value};
use ndarray::{ArrayViewD, IxDyn};
use smallvec::SmallVec;

use crate::kernels::KernelSet;
use crate::lent::{Flat, Room, Written, reused};
use crate::lower::lower;
use crate::memory::{Cell, Memory, each_dtype};
use crate::options::Options;
use crate::plan::{Home, Plan, plan};
use crate::run::{Member, Run, read};
use crate::simplify::{Ports, simplify};
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
    pub(crate) ports: Ports,
    pub(crate) lowered: Lowered,
    pub(crate) plan: Plan,
    pub(crate) memory: Memory,
    /// What each thread needs; at least one.
    team: Vec<Member>,
    /// Where outputs go that the caller wants in another layout.
    spares: Vec<Flat>,
    room: Room,
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
        Self::compile_with(graph, inputs, outputs, Options::default())
    }

    /// [`compile`](Self::compile), with some passes only or for other instructions: to find what is at fault.
    ///
    /// # Errors
    /// As `compile`.
    pub fn compile_with(
        graph: &Graph,
        inputs: &[NodeId],
        outputs: &[NodeId],
        options: impl Into<Options>,
    ) -> Result<Self, Error> {
        let ports = Ports { inputs: inputs.to_vec(), outputs: outputs.to_vec(), ..Ports::default() };
        Self::compile_ports(graph, &ports, options.into())
    }

    pub(crate) fn compile_ports(graph: &Graph, ports: &Ports, options: Options) -> Result<Self, Error> {
        for (&state, &new) in ports.states.iter().zip(&ports.updates) {
            let (ty, came) = (graph.array_type(state), graph.array_type(new));
            if ty != came {
                let reason = format!("this state is {ty}, but its update is {came}");
                return Err(Error::new(ErrorKind::Type, graph.label(state), reason).at(graph.place(new).clone()));
            }
        }
        let (graph, ports) = simplify(graph, ports, options.passes);
        let given = ports.given();
        if let Some(id) = graph.ids().find(|id| matches!(graph.kind(*id), Kind::Input) && !given.contains(id)) {
            let reason = "the program needs this variable, which is not among its inputs; \
                          pass it as an argument, or record its value as a constant";
            return Err(Error::new(ErrorKind::Argument, graph.label(id), reason).at(graph.place(id).clone()));
        }
        Ok(Self::of_simplified(graph, ports, options.kernels))
    }

    /// The program of a graph that needs nothing but what the ports give.
    pub(crate) fn of_simplified(graph: Graph, ports: Ports, set: KernelSet) -> Self {
        let types = |ids: &[NodeId]| ids.iter().map(|&id| graph.array_type(id).clone()).collect::<Vec<_>>();
        let (inputs, states, outputs) = (types(&ports.inputs), types(&ports.states), types(&ports.outputs));
        let lowered = lower(&graph, &ports);
        let (plan, memory, scratch) = plan(&lowered, set);
        let team = vec![Member { scratch, ..Member::default() }];
        let spares = outputs.iter().map(|ty| Flat::empty(ty.dtype)).collect();
        let room = Room::default();
        Self { graph, ports, lowered, plan, memory, team, spares, room, set, inputs, states, outputs }
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

    /// The types of the states.
    #[must_use]
    pub fn states(&self) -> &[ArrayType] {
        &self.states
    }

    /// Runs it and gives the outputs as arrays of their own. The states are then the new ones.
    ///
    /// # Errors
    /// If arguments are missing or have other types, or numbers are wrong (an index out of range).
    pub fn run(&mut self, arguments: &[View<'_>]) -> Result<Vec<Value>, Error> {
        self.check_arguments(arguments)?;
        let mut outputs: Vec<Flat> = self.outputs.iter().map(Flat::zeros).collect();
        self.execute_and_update(arguments, outputs.iter_mut().map(Flat::target))?;
        Ok(outputs.into_iter().zip(&self.outputs).map(|(output, ty)| output.into_value(&ty.shape)).collect())
    }

    /// Runs it and writes the outputs into arrays that the caller has.
    ///
    /// # Errors
    /// As [`run`](Self::run), or if an array has not the type of its output; nothing is written then. If numbers are
    /// wrong, the outputs may hold anything.
    pub fn run_into(&mut self, arguments: &[View<'_>], outputs: &mut [ViewMut<'_>]) -> Result<(), Error> {
        if outputs.len() != self.outputs.len() || outputs.iter().zip(&self.outputs).any(|(view, ty)| !view.is(ty)) {
            let came: Vec<ArrayType> = outputs.iter().map(ViewMut::array_type).collect();
            let reason = format!("its outputs are {}, not {}", list(&self.outputs), list(&came));
            return Err(Error::new(ErrorKind::Argument, "run_into", reason));
        }
        self.check_arguments(arguments)?;
        if outputs.iter().all(ViewMut::is_row_major) {
            return self.execute_and_update(arguments, outputs.iter_mut().filter_map(ViewMut::target));
        }
        let mut spares = std::mem::take(&mut self.spares);
        for ((view, spare), ty) in outputs.iter().zip(&mut spares).zip(&self.outputs) {
            if !view.is_row_major() {
                spare.resize(ty.shape.size());
            }
        }
        let targets = outputs.iter_mut().zip(&mut spares).map(|(view, spare)| {
            if view.is_row_major() { view.target().expect("in row-major order") } else { spare.target() }
        });
        let done = self.execute_and_update(arguments, targets);
        if done.is_ok() {
            for (view, spare) in outputs.iter_mut().zip(&spares).filter(|(view, _)| !view.is_row_major()) {
                spare.copy_to(view);
            }
        }
        self.spares = spares;
        done
    }

    /// A whole run.
    fn execute_and_update<'o>(
        &mut self,
        arguments: &[View<'_>],
        outputs: impl Iterator<Item = ElementsMut<'o>>,
    ) -> Result<(), Error> {
        self.execute(arguments, outputs, |_| {})?;
        self.update();
        Ok(())
    }

    /// The end of a run: each state is what takes its place. Nothing is copied.
    #[inline]
    fn update(&mut self) {
        for &(state, new) in &self.lowered.updates {
            if let (Home::Cell(a), Home::Cell(b)) = (self.plan.homes[state.index()], self.plan.homes[new.index()]) {
                self.memory.swap(self.lowered.arrays[state.index()].ty.dtype, a, b);
            }
        }
    }

    /// A state as it is now, by the name of its variable.
    ///
    /// # Errors
    /// If there is no state of the name.
    pub fn state(&self, name: &str) -> Result<Value, Error> {
        Ok(self.state_at(self.state_of_name(name)?))
    }

    /// Gives a state other numbers.
    ///
    /// # Errors
    /// If there is no state of the name, or the value has another type.
    pub fn set_state(&mut self, name: &str, value: impl Into<Value>) -> Result<(), Error> {
        let (position, value) = (self.state_of_name(name)?, value.into());
        let (ty, came) = (&self.states[position], value.array_type());
        if *ty != came {
            return Err(Error::new(ErrorKind::Argument, name, format!("this state is {ty}, not {came}")));
        }
        self.set_state_at(position, &value);
        Ok(())
    }

    fn state_of_name(&self, name: &str) -> Result<usize, Error> {
        let names: Vec<String> = self.ports.states.iter().map(|&id| self.graph.label(id)).collect();
        names.iter().position(|state| state == name).ok_or_else(|| {
            let reason = format!("no state has this name; the states are ({})", names.join(", "));
            Error::new(ErrorKind::Argument, name, reason)
        })
    }

    /// A state as it is now.
    pub(crate) fn state_at(&self, position: usize) -> Value {
        let (array, _) = self.lowered.updates[position];
        let ty = &self.states[position];
        let home = self.plan.homes[array.index()];
        each_dtype!(ty.dtype, T => {
            let elements: &[T] = read(&self.memory, &[], &[], &[], home);
            ArrayViewD::from_shape(IxDyn(&ty.shape), &elements[..ty.shape.size()]).expect("as many elements").into()
        })
    }

    /// Gives a state the numbers of a value of its type.
    pub(crate) fn set_state_at(&mut self, position: usize, value: &Value) {
        let (array, _) = self.lowered.updates[position];
        let Home::Cell(cell) = self.plan.homes[array.index()] else { unreachable!("states stand in cells") };
        each_dtype!(value.dtype(), T => {
            T::cells_mut(&mut self.memory)[cell].iter_mut().zip(value.view::<T>()).for_each(|(to, &x)| *to = x);
        });
    }

    #[inline]
    pub(crate) fn check_arguments(&self, arguments: &[View<'_>]) -> Result<(), Error> {
        if View::all_are(arguments, &self.inputs) {
            return Ok(());
        }
        let came: Vec<ArrayType> = arguments.iter().map(View::array_type).collect();
        let reason = format!("its inputs are {}, not {}", list(&self.inputs), list(&came));
        Err(Error::new(ErrorKind::Argument, "run", reason))
    }

    /// Runs the steps; `done` hears of each. States stay as they are until [`update`](Self::update).
    pub(crate) fn execute<'o>(
        &mut self,
        arguments: &[View<'_>],
        outputs: impl Iterator<Item = ElementsMut<'o>>,
        done: impl FnMut(usize) + Send,
    ) -> Result<(), Error> {
        let threads = if self.plan.parallel { rayon::current_num_threads() } else { 1 };
        if self.team.len() < threads {
            let scratch = self.team[0].scratch.clone();
            self.team.resize_with(threads, || Member { scratch: scratch.clone(), ..Member::default() });
        }
        // A few targets need no memory of their own.
        let mut targets: SmallVec<[ElementsMut<'o>; 8]> = SmallVec::new();
        if self.outputs.len() > targets.inline_size() {
            targets = SmallVec::from_vec(reused(std::mem::take(&mut self.room.targets)));
        }
        targets.extend(outputs);
        let mut run = Run {
            program: &self.lowered,
            graph: &self.graph,
            plan: &self.plan,
            memory: &mut self.memory,
            team: &mut self.team,
            set: self.set,
            arguments,
            targets: &mut targets,
            written: if self.plan.has_loops {
                std::mem::take(&mut self.room.written).reused()
            } else {
                Written::default()
            },
        };
        // From inside the pool, the steps find the other threads awake.
        let result = if threads > 1 { rayon::scope(|_| run.run(done)) } else { run.run(done) };
        if self.plan.has_loops {
            self.room.written = run.written.reused();
        }
        if targets.spilled() {
            self.room.targets = reused(targets.into_vec());
        }
        result
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
