//! Functions with state: arrays that they own and replace at the end of each call. A training step is one.
use std::fmt;
use std::panic::Location;
use std::sync::Arc;

use cinta_graph::{ArrayType, Error, ErrorKind, Place, Tape, Value, Var, catch};

use super::cache::Cache;
use super::{Arguments, Destinations, List, One, Outputs, inputs_of, tape_of};
use crate::options::Options;
use crate::profile::Profile;
use crate::program::{Program, list};
use crate::simplify::Ports;
use crate::view::View;

/// Records results and new states, given states and inputs.
type Trace =
    dyn for<'t> Fn(&'t Tape, &[Var<'t>], &[Var<'t>]) -> Result<(Vec<Var<'t>>, Vec<Var<'t>>), Error> + Send + Sync;

/// A function with state: it owns some arrays, and each call replaces them by expressions of the graph (Theano's
/// updates). One call is one program, a whole training step for example, and no state is copied.
///
/// ```
/// use cinta_program::Stateful;
/// use ndarray::array;
/// // Gradient descent on ½ (w·x − y)².
/// let mut step = Stateful::new([("w", array![0.0, 0.0].into())], ["x", "y"], |[w], [x, y]| {
///     let loss = (w.dot(x) - y).square() * 0.5;
///     (loss, [w - 0.1 * loss.grad(w)])
/// });
/// assert_eq!(step.call((&[1.0, 2.0], 4.0))?.item(), Some(8.0));
/// assert_eq!(step.call((&[1.0, 2.0], 4.0))?.item(), Some(2.0));
/// assert!((step.state("w")?.to_f64s()[1] - 1.2).abs() < 1e-15);
/// step.set_state("w", array![1.0, 1.0])?;
/// assert_eq!(step.call((&[1.0, 2.0], 3.0))?.item(), Some(0.0));
/// # Ok::<(), cinta_graph::Error>(())
/// ```
///
/// If a call fails, the states are what they were.
#[derive(Clone)]
pub struct Stateful<O = One> {
    states: Vec<String>,
    inputs: Arc<[String]>,
    outputs: O,
    trace: Arc<Trace>,
    place: Place,
    /// The states while no program holds them.
    values: Vec<Value>,
    /// Whether the newest program holds them.
    held: bool,
    checks_finite: bool,
    cache: Cache,
}

impl Stateful<One> {
    /// A function with one result, given the first value of each state. The closure gets states and inputs, and gives
    /// the result and the new states.
    ///
    /// # Panics
    /// If two states or inputs have one name.
    #[track_caller]
    pub fn new<const S: usize, const N: usize>(
        states: [(&str, Value); S],
        inputs: [&str; N],
        f: impl for<'t> Fn([Var<'t>; S], [Var<'t>; N]) -> (Var<'t>, [Var<'t>; S]) + Send + Sync + 'static,
    ) -> Self {
        Self::from_trace(states.to_vec(), &inputs, One, move |_, states, inputs| {
            catch(|| {
                let (result, new) = f(states.try_into().expect("one each"), inputs.try_into().expect("one each"));
                (vec![result], new.to_vec())
            })
        })
    }
}

impl Stateful<List> {
    /// A function of any number of states, inputs and results, which may fail. The closure gives the results and a new
    /// value for each state.
    ///
    /// # Panics
    /// If two states or inputs have one name.
    #[track_caller]
    pub fn list(
        states: Vec<(&str, Value)>,
        inputs: &[&str],
        f: impl for<'t> Fn(&'t Tape, &[Var<'t>], &[Var<'t>]) -> Result<(Vec<Var<'t>>, Vec<Var<'t>>), Error>
        + Send
        + Sync
        + 'static,
    ) -> Self {
        Self::from_trace(states, inputs, List, move |tape, states, inputs| catch(|| f(tape, states, inputs))?)
    }
}

impl<O: Outputs> Stateful<O> {
    #[track_caller]
    fn from_trace(
        states: Vec<(&str, Value)>,
        inputs: &[&str],
        outputs: O,
        trace: impl for<'t> Fn(&'t Tape, &[Var<'t>], &[Var<'t>]) -> Result<(Vec<Var<'t>>, Vec<Var<'t>>), Error>
        + Send
        + Sync
        + 'static,
    ) -> Self {
        let (states, values): (Vec<String>, Vec<Value>) =
            states.into_iter().map(|(name, value)| (name.to_owned(), value)).unzip();
        let inputs: Arc<[String]> = inputs.iter().map(|&name| name.to_owned()).collect();
        let all: Vec<&String> = states.iter().chain(inputs.iter()).collect();
        for (position, name) in all.iter().enumerate() {
            assert!(!all[..position].contains(name), "two states or inputs of the function are named {name}");
        }
        Self {
            states,
            inputs,
            outputs,
            trace: Arc::new(trace),
            place: Place::from(Location::caller()),
            values,
            held: false,
            checks_finite: false,
            cache: Cache::default(),
        }
    }

    /// Calls it, and gives the results as arrays of their own. The states are then the new ones.
    ///
    /// # Errors
    /// As [`Function::call`](super::Function::call); or if a new state has not the type of the old one.
    pub fn call<'a>(&mut self, arguments: impl Arguments<'a>) -> Result<O::Of<Value>, Error> {
        let names = self.inputs.clone();
        let results = arguments.with(&names, |views| self.program(views)?.run(views))?;
        Ok(self.outputs.collect(results))
    }

    /// Calls it, and writes the results into arrays that the caller has.
    ///
    /// # Errors
    /// As [`call`](Self::call), or if an array has not the type of its result; nothing changes then.
    pub fn call_into<'a, 'o>(
        &mut self,
        arguments: impl Arguments<'a>,
        results: impl Destinations<'o>,
    ) -> Result<(), Error> {
        let names = self.inputs.clone();
        arguments.with(&names, |views| {
            let program = self.program(views)?;
            results.with(|targets| program.run_into(views, targets))
        })
    }

    /// Whether each call first looks for a number that is not finite; see
    /// [`Function::checking_finite`](super::Function::checking_finite).
    #[must_use]
    pub fn checking_finite(mut self, checks: bool) -> Self {
        self.checks_finite = checks;
        self
    }

    /// A state as it is now.
    ///
    /// # Errors
    /// If there is no state of the name.
    pub fn state(&self, name: &str) -> Result<Value, Error> {
        let position = self.position(name)?;
        Ok(if self.held { self.cache.newest().state_at(position) } else { self.values[position].clone() })
    }

    /// Every state as it is now, by name.
    pub fn states(&self) -> impl Iterator<Item = (&str, Value)> {
        let value = |i: usize| if self.held { self.cache.newest().state_at(i) } else { self.values[i].clone() };
        self.states.iter().enumerate().map(move |(i, name)| (&name[..], value(i)))
    }

    /// Sets a state. It may get another type, for which the function is traced anew.
    ///
    /// # Errors
    /// If there is no state of the name.
    pub fn set_state(&mut self, name: &str, value: impl Into<Value>) -> Result<(), Error> {
        let (position, value) = (self.position(name)?, value.into());
        self.release();
        if value.array_type() != self.values[position].array_type() {
            self.cache.clear();
        }
        self.values[position] = value;
        Ok(())
    }

    fn position(&self, name: &str) -> Result<usize, Error> {
        self.states.iter().position(|state| state == name).ok_or_else(|| {
            let reason = format!("no state has this name; the states are {}", self.states.join(", "));
            Error::new(ErrorKind::Argument, name, reason)
        })
    }

    /// Takes the states back from the program that holds them.
    fn release(&mut self) {
        if self.held {
            let program = self.cache.newest();
            self.values = (0..self.states.len()).map(|position| program.state_at(position)).collect();
            self.held = false;
        }
    }

    /// Compiles for arguments of some types ahead of the first call. The program has the states as they are now: a copy of
    /// it goes on by itself.
    ///
    /// # Errors
    /// As [`call`](Self::call), but for what depends on numbers.
    pub fn prepare(&mut self, types: &[ArrayType]) -> Result<&Program, Error> {
        Ok(self.select(|known| known == types, || types.to_vec())?)
    }

    /// Runs the program for these arguments several times and says where the time goes. The states stay as they are.
    ///
    /// # Errors
    /// As [`call`](Self::call).
    pub fn profile<'a>(&mut self, arguments: impl Arguments<'a>) -> Result<Profile, Error> {
        let names = self.inputs.clone();
        arguments.with(&names, |views| self.program(views)?.profile(views))
    }

    /// The program for arguments of these types.
    fn program(&mut self, views: &[View<'_>]) -> Result<&mut Program, Error> {
        let checks_finite = self.checks_finite;
        let fits = |types: &[ArrayType]| View::all_are(views, types);
        let program = self.select(fits, || views.iter().map(View::array_type).collect())?;
        if checks_finite {
            program.check_finite(views)?;
        }
        Ok(program)
    }

    /// The program whose inputs fit, with the states in it; allocates nothing if it is the last one.
    fn select(
        &mut self,
        fits: impl Fn(&[ArrayType]) -> bool,
        types: impl FnOnce() -> Vec<ArrayType>,
    ) -> Result<&mut Program, Error> {
        if !(self.held && fits(self.cache.newest().inputs())) {
            self.release();
            if !self.cache.select(fits) {
                let program = self.compile(&types())?;
                self.cache.insert(program);
            }
            for (position, value) in self.values.iter().enumerate() {
                self.cache.newest_mut().set_state_at(position, value);
            }
            self.held = true;
        }
        Ok(self.cache.newest_mut())
    }

    fn compile(&self, types: &[ArrayType]) -> Result<Program, Error> {
        let refuse =
            |reason: String| Error::new(ErrorKind::Argument, "stateful function", reason).at(self.place.clone());
        if types.len() != self.inputs.len() {
            let expected = self.inputs.join(", ");
            let (count, came) = (self.inputs.len(), list(types));
            return Err(refuse(format!("takes {count} arguments ({expected}), not {}: {came}", types.len())));
        }
        let given = self.values.iter().map(Value::array_type).chain(types.iter().cloned());
        let tape = tape_of(given.zip(self.states.iter().chain(self.inputs.iter())), &self.place);
        let vars = inputs_of(&tape);
        let (states, inputs) = vars.split_at(self.states.len());
        let (results, new) = (self.trace)(&tape, states, inputs)?;
        if new.len() != states.len() {
            return Err(refuse(format!("has {} states, but gave {} new ones", states.len(), new.len())));
        }
        if let Some(count) = self.outputs.count().filter(|&count| count != results.len()) {
            return Err(refuse(format!("gives {count} results, but recorded {}", results.len())));
        }
        if results.iter().chain(&new).any(|var| !std::ptr::eq(var.tape(), &raw const tape)) {
            return Err(refuse("a result is on another tape than the inputs".to_owned()));
        }
        let ids = |vars: &[Var<'_>]| vars.iter().map(|var| var.id()).collect();
        let ports = Ports { inputs: ids(inputs), states: ids(states), outputs: ids(&results), updates: ids(&new) };
        Program::compile_ports(&tape.graph(), &ports, Options::default())
    }
}

impl<O> fmt::Debug for Stateful<O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Stateful({}; {})", self.states.join(", "), self.inputs.join(", "))
    }
}
