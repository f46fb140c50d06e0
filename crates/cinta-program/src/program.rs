//! Programs: compiled graphs.
use cinta_graph::{ArrayType, ElementsMut, Error, ErrorKind, Graph, InElements, Kind, NodeId, Value, Workspace};
use ndarray::{ArrayViewD, IxDyn};

use crate::bands::line_up;
use crate::desk::Room;
use crate::flat::{Flat, Target};
use crate::kernels::KernelSet;
use crate::lower::lower;
use crate::memory::{Bank, Cell, Memory, each_dtype};
use crate::options::{NativeCode, Options};
use crate::plan::{Plan, Source, plan};
use crate::run::{Member, Run, copy_numbers, lay, run_scalar};
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
///
/// # Threads
/// Large loops and products are shared by the threads of rayon's pool: one for each core, or `RAYON_NUM_THREADS` of them, or those of the
/// pool that the program is run in (`ThreadPool::install`). Results have the same bits for any number of them. A thread outside the
/// pool hands its work over and sleeps until it is done, which takes some 5 µs a run;
/// `rayon::ThreadPoolBuilder::use_current_thread` makes the calling thread one of the pool.
#[derive(Clone, Debug)]
pub struct Program {
    pub(crate) graph: Graph,
    pub(crate) ports: Ports,
    pub(crate) lowered: Lowered,
    pub(crate) plan: Plan,
    pub(crate) memory: Memory,
    /// What each thread needs; at least one.
    team: Vec<Member>,
    /// Where outputs go if the caller wants some in another layout.
    spares: Vec<Flat>,
    /// Room for the lists of a run.
    room: Room,
    /// What operations need that are called.
    workspace: Workspace,
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
        Self::of_simplified(graph, ports, options)
    }

    /// The program of a graph that needs nothing but what the ports give.
    pub(crate) fn of_simplified(graph: Graph, ports: Ports, options: Options) -> Result<Self, Error> {
        let Options { kernels: set, bands, native, .. } = options;
        let native = if set.has_native() { native } else { NativeCode::never() };
        let types = |ids: &[NodeId]| ids.iter().map(|&id| graph.array_type(id).clone()).collect::<Vec<_>>();
        let (inputs, states, outputs) = (types(&ports.inputs), types(&ports.states), types(&ports.outputs));
        let mut lowered = lower(&graph, &ports, native != NativeCode::never());
        line_up(&mut lowered, bands);
        let (plan, memory, scratch) = plan(&lowered, set, native)?;
        let team = vec![Member { scratch, ..Member::default() }];
        let spares = outputs.iter().map(|ty| Flat::empty(ty.dtype)).collect();
        let (room, workspace) = (Room::default(), Workspace::default());
        Ok(Self { graph, ports, lowered, plan, memory, team, spares, room, workspace, set, inputs, states, outputs })
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
        self.run_checked(arguments)
    }

    /// [`run`](Self::run) with arguments whose types are right.
    pub(crate) fn run_checked(&mut self, arguments: &[View<'_>]) -> Result<Vec<Value>, Error> {
        let mut outputs: Vec<Flat> = self.outputs.iter().map(Flat::zeros).collect();
        self.execute(arguments, &mut outputs, None)?;
        self.update();
        Ok(outputs.into_iter().zip(&self.outputs).map(|(output, ty)| output.into_value(&ty.shape)).collect())
    }

    /// Runs it and writes the outputs into arrays that the caller has.
    ///
    /// # Errors
    /// As [`run`](Self::run), or if an array has not the type of its output; nothing is written then. If numbers are
    /// wrong, the outputs may hold anything.
    pub fn run_into(&mut self, arguments: &[View<'_>], outputs: &mut [ViewMut<'_>]) -> Result<(), Error> {
        self.check_arguments(arguments)?;
        if let Some(reason) = self.refuses(outputs) {
            return Err(Error::new(ErrorKind::Argument, "run_into", reason));
        }
        self.run_checked_into(arguments, outputs)
    }

    /// Why these arrays cannot take the outputs, if they cannot.
    #[inline]
    pub(crate) fn refuses(&self, outputs: &[ViewMut<'_>]) -> Option<String> {
        let fits =
            outputs.len() == self.outputs.len() && outputs.iter().zip(&self.outputs).all(|(view, ty)| view.is(ty));
        if fits { None } else { Some(self.refusal(outputs)) }
    }

    #[cold]
    fn refusal(&self, outputs: &[ViewMut<'_>]) -> String {
        let (count, given) = (self.outputs.len(), outputs.len());
        if count != given {
            return format!("gives {count} results {}, and {given} arrays are there for them", list(&self.outputs));
        }
        let wrong = outputs.iter().zip(&self.outputs).enumerate().find(|(_, (view, ty))| !view.is(ty));
        let (i, (view, ty)) = wrong.expect("one of them");
        format!("its result {i} is {ty}, and the array for it is {}", view.array_type())
    }

    /// [`run_into`](Self::run_into) with arguments and outputs whose types are right.
    #[inline]
    pub(crate) fn run_checked_into(
        &mut self,
        arguments: &[View<'_>],
        outputs: &mut [ViewMut<'_>],
    ) -> Result<(), Error> {
        if outputs.iter().all(ViewMut::is_row_major) {
            self.execute(arguments, outputs, None)?;
        } else {
            self.execute_and_copy(arguments, outputs)?;
        }
        self.update();
        Ok(())
    }

    /// Outputs in any layout.
    #[cold]
    fn execute_and_copy(&mut self, arguments: &[View<'_>], outputs: &mut [ViewMut<'_>]) -> Result<(), Error> {
        let mut spares = std::mem::take(&mut self.spares);
        for (spare, ty) in spares.iter_mut().zip(&self.outputs) {
            spare.resize(ty.shape.size());
        }
        let done = self.execute(arguments, &mut spares, None);
        if done.is_ok() {
            spares.iter().zip(outputs).for_each(|(spare, view)| spare.copy_to(view));
        }
        self.spares = spares;
        done
    }

    /// The end of a run: each state is what takes its place. Nothing is copied.
    #[inline]
    fn update(&mut self) {
        for &(dtype, state, new) in &self.plan.states {
            self.memory.swap(dtype, state, new);
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
        let (ty, (_, cell, _)) = (&self.states[position], self.plan.states[position]);
        each_dtype!(ty.dtype, T => {
            let elements = &T::bank(&self.memory).cells[cell][..];
            ArrayViewD::from_shape(IxDyn(&ty.shape), elements).expect("as many elements").into()
        })
    }

    /// Gives a state the numbers of a value of its type.
    pub(crate) fn set_state_at(&mut self, position: usize, value: &Value) {
        let (dtype, cell, _) = self.plan.states[position];
        each_dtype!(dtype, T => {
            let cell = &mut T::bank_mut(&mut self.memory).cells[cell];
            cell.iter_mut().zip(value.view::<T>()).for_each(|(to, &x)| *to = x);
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

    /// Runs the steps, and adds to the time of each, if they are timed. Arguments and outputs have the right types; states stay as they are until
    /// [`update`](Self::update).
    pub(crate) fn execute(
        &mut self,
        arguments: &[View<'_>],
        outputs: &mut [impl Target],
        times: Option<&mut [f64]>,
    ) -> Result<(), Error> {
        copy_numbers(&self.plan, &mut self.memory, arguments);
        if self.plan.scalar {
            run_scalar(&self.plan, &mut self.memory, self.set, times);
        } else {
            self.run_steps(arguments, outputs, times)?;
        }
        copy_outputs(&self.plan, &self.memory, arguments, outputs);
        Ok(())
    }

    /// Apart, for programs of numbers do without what it has on the stack.
    #[inline(never)]
    fn run_steps(
        &mut self,
        arguments: &[View<'_>],
        outputs: &mut [impl Target],
        times: Option<&mut [f64]>,
    ) -> Result<(), Error> {
        let Self { graph, lowered, plan, memory, team, room, workspace, set, .. } = self;
        let threads = if plan.parallel { rayon::current_num_threads() } else { 1 };
        if team.len() < threads {
            let scratch = team[0].scratch.clone();
            team.resize_with(threads, || Member { scratch: scratch.clone(), ..Member::default() });
        }
        let mut desks = room.take();
        lay(&mut desks.f64, &plan.cells[0], &mut memory.f64, arguments);
        lay(&mut desks.f32, &plan.cells[1], &mut memory.f32, arguments);
        lay(&mut desks.i64, &plan.cells[2], &mut memory.i64, arguments);
        lay(&mut desks.bool, &plan.cells[3], &mut memory.bool, arguments);
        for (output, direct) in outputs.iter_mut().zip(&plan.direct) {
            if let Some(dtype) = *direct {
                each_dtype!(dtype, T => {
                    let target = T::slice_mut(output.target()).expect("of the dtype of its output");
                    T::desk_mut(&mut desks).own.push(target);
                });
            }
        }
        let mut run = Run { program: lowered, graph, plan, desks, team, workspace, set: *set };
        // From inside the pool, the steps find the other threads awake.
        let result = if threads > 1 { rayon::scope(|_| run.run(times)) } else { run.run(times) };
        room.put(run.desks);
        result
    }

    /// Bytes that it holds for its arrays, if one thread runs it; others have registers and bands of their own.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.memory.bytes() + self.team[0].scratch.bytes()
    }
}

/// Copies the outputs that stand elsewhere.
#[inline]
fn copy_outputs(plan: &Plan, memory: &Memory, arguments: &[View<'_>], outputs: &mut [impl Target]) {
    for &(position, source) in &plan.copied {
        if let Source::Output(other) = source {
            let [from, to] = outputs.get_disjoint_mut([other, position]).expect("two outputs");
            copy_elements(from.target(), to.target());
            continue;
        }
        match outputs[position].target() {
            ElementsMut::F64(to) => copy_output(&memory.f64, arguments, source, to),
            ElementsMut::F32(to) => copy_output(&memory.f32, arguments, source, to),
            ElementsMut::I64(to) => copy_output(&memory.i64, arguments, source, to),
            ElementsMut::Bool(to) => copy_output(&memory.bool, arguments, source, to),
        }
    }
}

#[inline]
fn copy_output<T: Cell>(bank: &Bank<T>, arguments: &[View<'_>], source: Source, to: &mut [T]) {
    let from = match source {
        Source::Arena(at) => &bank.arena[at..],
        Source::Cell(cell) => &bank.cells[cell],
        Source::Argument(argument, cell) => T::argument(&arguments[argument]).unwrap_or(&bank.cells[cell]),
        Source::Output(_) => unreachable!("copied from another output"),
    };
    match to {
        [to] => *to = from[0],
        _ => to.copy_from_slice(&from[..to.len()]),
    }
}

fn copy_elements(from: ElementsMut<'_>, to: ElementsMut<'_>) {
    match (from, to) {
        (ElementsMut::F64(from), ElementsMut::F64(to)) => to.copy_from_slice(from),
        (ElementsMut::F32(from), ElementsMut::F32(to)) => to.copy_from_slice(from),
        (ElementsMut::I64(from), ElementsMut::I64(to)) => to.copy_from_slice(from),
        (ElementsMut::Bool(from), ElementsMut::Bool(to)) => to.copy_from_slice(from),
        _ => unreachable!("both are one array"),
    }
}

/// Types as a list for people.
pub(crate) fn list(types: &[ArrayType]) -> String {
    let texts: Vec<String> = types.iter().map(ArrayType::to_string).collect();
    format!("({})", texts.join(", "))
}
