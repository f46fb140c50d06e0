//! Functions: traced for each new set of types, transformed as functions, called many times.
mod arguments;
mod cache;
mod outputs;
mod state;
mod transform;

use std::fmt;
use std::panic::Location;
use std::sync::Arc;

use cinta_graph::{ArrayType, Error, ErrorKind, Graph, Place, Tape, Value, Var, catch};
use indexmap::IndexMap;

use crate::options::Options;
use crate::profile::Profile;
use crate::program::{Program, list};
use crate::view::View;
pub use arguments::{Arguments, Destinations};
use cache::Cache;
pub use outputs::{List, Named, Names, One, Outputs, Pair, Several};
pub use state::Stateful;
pub use transform::MappedAxes;

/// Records a function on a tape, given its inputs.
type Trace = dyn for<'t> Fn(&'t Tape, &[Var<'t>]) -> Result<Vec<Var<'t>>, Error> + Send + Sync;

/// A function of arrays: written once over [`Var`]s, differentiated as a function, compiled when it is called.
///
/// The first call with arguments of new types traces the function and compiles it; later ones run the program that
/// is kept. Tracing runs the Rust code once, so loops and branches over sizes are free, and values are not known.
///
/// ```
/// use cinta_program::Function;
/// use ndarray::array;
/// // −log likelihood of logistic regression, summed over examples.
/// let nll = Function::new(["theta", "x", "y"], |[theta, x, y]| {
///     let z = x.dot(theta);
///     (z.softplus() - y * z).sum()
/// });
/// let mut step = nll.value_and_grad(["theta"])?;
/// let (theta, x, y) = (array![0.0, 0.0], array![[1.0, 2.0], [3.0, -1.0]], array![1.0, 0.0]);
/// let (loss, [dtheta]) = step.call((&theta, &x, &y))?;
/// assert_eq!(loss.item(), Some(2.0 * 2.0_f64.ln()));
/// assert_eq!(dtheta, array![1.0, -1.5]); // Σ x (f − y)
/// # Ok::<(), cinta_graph::Error>(())
/// ```
#[derive(Clone)]
pub struct Function<O = One> {
    traced: Traced<O>,
    checks_finite: bool,
    cache: Cache,
}

/// How a function is compiled.
#[derive(Clone)]
struct Traced<O> {
    inputs: Arc<[String]>,
    outputs: O,
    trace: Arc<Trace>,
    place: Place,
    options: Options,
}

impl Function<One> {
    /// A function with one result.
    ///
    /// # Panics
    /// If two inputs have one name.
    #[track_caller]
    pub fn new<const N: usize>(
        inputs: [&str; N],
        f: impl for<'t> Fn([Var<'t>; N]) -> Var<'t> + Send + Sync + 'static,
    ) -> Self {
        Self::from_trace(&inputs, One, move |_, vars| catch(|| vec![f(vars.try_into().expect("one each"))]))
    }

    /// A function of any number of inputs with one result, which may fail. The tape is there for constants.
    ///
    /// ```
    /// use cinta_program::Function;
    /// let mut sum = Function::one(&["a", "b", "c"], |_, v| Ok(v.iter().sum()));
    /// assert_eq!(sum.call([1.0, 2.0, 4.0])?.item(), Some(7.0));
    /// # Ok::<(), cinta_graph::Error>(())
    /// ```
    ///
    /// # Panics
    /// If two inputs have one name.
    #[track_caller]
    pub fn one(
        inputs: &[&str],
        f: impl for<'t> Fn(&'t Tape, &[Var<'t>]) -> Result<Var<'t>, Error> + Send + Sync + 'static,
    ) -> Self {
        Self::from_trace(inputs, One, move |tape, vars| catch(|| f(tape, vars).map(|var| vec![var]))?)
    }
}

impl<const M: usize> Function<Several<M>> {
    /// A function with several results.
    ///
    /// ```
    /// use cinta_program::Function;
    /// let mut polar = Function::several(["r", "t"], |[r, t]| [r * t.cos(), r * t.sin()]);
    /// let [x, y] = polar.call((2.0, 0.0))?;
    /// assert_eq!((x.item(), y.item()), (Some(2.0), Some(0.0)));
    /// # Ok::<(), cinta_graph::Error>(())
    /// ```
    ///
    /// # Panics
    /// If two inputs have one name.
    #[track_caller]
    pub fn several<const N: usize>(
        inputs: [&str; N],
        f: impl for<'t> Fn([Var<'t>; N]) -> [Var<'t>; M] + Send + Sync + 'static,
    ) -> Self {
        Self::from_trace(&inputs, Several, move |_, vars| catch(|| f(vars.try_into().expect("one each")).to_vec()))
    }
}

impl Function<List> {
    /// A function of any number of inputs and results, which may fail. The tape is there for constants.
    ///
    /// # Panics
    /// If two inputs have one name.
    #[track_caller]
    pub fn list(
        inputs: &[&str],
        f: impl for<'t> Fn(&'t Tape, &[Var<'t>]) -> Result<Vec<Var<'t>>, Error> + Send + Sync + 'static,
    ) -> Self {
        Self::from_trace(inputs, List, move |tape, vars| catch(|| f(tape, vars))?)
    }
}

impl Function<Named> {
    /// A function of arrays by name with results by name: for parameters whose number is known at run time.
    ///
    /// ```
    /// use cinta_graph::Value;
    /// use cinta_program::Function;
    /// use indexmap::IndexMap;
    /// let mut f = Function::named(&["w", "b"], &["sum", "product"], |v| vec![v["w"] + v["b"], v["w"] * v["b"]]);
    /// let arguments = IndexMap::from([("b", Value::from(3.0)), ("w", Value::from(2.0))]);
    /// assert_eq!(f.call(&arguments)?["product"].item(), Some(6.0));
    /// let error = f.call(&IndexMap::from([("w", Value::from(2.0))])).unwrap_err();
    /// assert!(error.to_string().contains("takes the arguments w, b; b is missing"), "{error}");
    /// # Ok::<(), cinta_graph::Error>(())
    /// ```
    ///
    /// # Panics
    /// If two inputs have one name, or two outputs.
    #[track_caller]
    pub fn named(
        inputs: &[&str],
        outputs: &[&str],
        f: impl for<'t> Fn(&IndexMap<String, Var<'t>>) -> Vec<Var<'t>> + Send + Sync + 'static,
    ) -> Self {
        for (position, name) in outputs.iter().enumerate() {
            assert!(!outputs[..position].contains(name), "two outputs of the function are named {name}");
        }
        let names: Vec<String> = inputs.iter().map(|&name| name.to_owned()).collect();
        let form = Named(outputs.iter().map(|&name| name.to_owned()).collect());
        Self::from_trace(inputs, form, move |_, vars| {
            catch(|| f(&names.iter().cloned().zip(vars.iter().copied()).collect()))
        })
    }
}

impl<O: Outputs> Function<O> {
    #[track_caller]
    fn from_trace(
        inputs: &[impl AsRef<str>],
        outputs: O,
        trace: impl for<'t> Fn(&'t Tape, &[Var<'t>]) -> Result<Vec<Var<'t>>, Error> + Send + Sync + 'static,
    ) -> Self {
        let inputs: Arc<[String]> = inputs.iter().map(|name| name.as_ref().to_owned()).collect();
        for (position, name) in inputs.iter().enumerate() {
            assert!(!inputs[..position].contains(name), "two inputs of the function are named {name}");
        }
        let place = Place::from(Location::caller());
        let traced = Traced { inputs, outputs, trace: Arc::new(trace), place, options: Options::default() };
        Self { traced, checks_finite: false, cache: Cache::default() }
    }

    /// The names of the inputs.
    #[must_use]
    pub fn inputs(&self) -> &[String] {
        &self.traced.inputs
    }

    /// The same function, compiled in another way: with some passes only, or for other instructions. What is made of it by
    /// `grad`, `vmap` and the like is compiled so too.
    #[must_use]
    pub fn with_options(mut self, options: impl Into<Options>) -> Self {
        self.traced.options = options.into();
        self.cache.clear();
        self
    }

    /// Whether each call first looks for a number that is not finite, and if there is one, is the error that names the
    /// operation and the line that made it. Off, it costs nothing; on, a call is as slow as the interpreter. See
    /// [`Program::check_finite`].
    #[must_use]
    pub fn checking_finite(mut self, checks: bool) -> Self {
        self.checks_finite = checks;
        self
    }

    /// Runs the program for these arguments several times and says where the time goes.
    ///
    /// # Errors
    /// As [`call`](Self::call).
    pub fn profile<'a>(&mut self, arguments: impl Arguments<'a>) -> Result<Profile, Error> {
        let Self { traced, checks_finite, cache } = self;
        arguments.with(&traced.inputs, |views| cache.program(views, traced, *checks_finite)?.profile(views))
    }

    /// Records the function on a tape: a function is an expression too.
    ///
    /// # Errors
    /// What the function's own operations refuse, another number of inputs, or inputs on another tape.
    pub fn record<'t>(&self, tape: &'t Tape, inputs: &[Var<'t>]) -> Result<O::Of<Var<'t>>, Error> {
        let types: Vec<ArrayType> = inputs.iter().map(|var| var.array_type()).collect();
        self.traced.check_count(&types)?;
        if let Some(position) = inputs.iter().position(|var| !std::ptr::eq(var.tape(), tape)) {
            return Err(self.traced.error(format!("its argument {} is on another tape", self.traced.inputs[position])));
        }
        let results = (self.traced.trace)(tape, inputs)?;
        self.traced.check_results(results.len())?;
        Ok(self.traced.outputs.collect(results))
    }

    /// Calls it and gives the results as arrays of their own.
    ///
    /// # Errors
    /// If arguments are missing, too many or misnamed; if the function refuses their types, at the line that does;
    /// or if numbers are wrong (an index out of range).
    pub fn call<'a>(&mut self, arguments: impl Arguments<'a>) -> Result<O::Of<Value>, Error> {
        let Self { traced, checks_finite, cache } = self;
        let results =
            arguments.with(&traced.inputs, |views| cache.program(views, traced, *checks_finite)?.run_checked(views))?;
        Ok(traced.outputs.collect(results))
    }

    /// Calls it and writes the results into arrays that the caller has, in order.
    ///
    /// ```
    /// use cinta_program::Function;
    /// use ndarray::{Array1, array};
    /// let mut softmax = Function::new(["x"], |[x]| x.softmax(-1));
    /// let mut y = Array1::<f64>::zeros(2);
    /// softmax.call_into(&array![1.0, 1.0], &mut y)?;
    /// assert_eq!(y, array![0.5, 0.5]);
    /// # Ok::<(), cinta_graph::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`call`](Self::call), or if an array has not the type of its result; nothing is written then.
    pub fn call_into<'a, 'o>(
        &mut self,
        arguments: impl Arguments<'a>,
        results: impl Destinations<'o>,
    ) -> Result<(), Error> {
        let Self { traced, checks_finite, cache } = self;
        arguments.with(&traced.inputs, |views| {
            let program = cache.program(views, traced, *checks_finite)?;
            results.with(|targets| {
                if let Some(reason) = program.refuses(targets) {
                    return Err(traced.error(reason));
                }
                program.run_checked_into(views, targets)
            })
        })
    }

    /// Compiles for arguments of some types ahead of the first call.
    ///
    /// # Errors
    /// As [`call`](Self::call), but for what depends on numbers.
    pub fn prepare(&mut self, types: &[ArrayType]) -> Result<&Program, Error> {
        if !self.cache.select(|known| known == types) {
            let program = self.traced.compile(types)?;
            self.cache.insert(program);
        }
        Ok(self.cache.newest())
    }

    /// The types for which programs are kept, the most recently used last.
    pub fn prepared(&self) -> impl Iterator<Item = (&[ArrayType], &Program)> {
        self.cache.iter().map(|program| (program.inputs(), program))
    }

    /// Keeps at most so many programs, 16 if nothing is said; those not used for longest go first.
    pub fn keep_at_most(&mut self, programs: usize) {
        self.cache.resize(programs);
    }
}

impl Cache {
    /// The program for arguments of these types; allocates nothing if there is one.
    #[inline]
    fn program<O: Outputs>(
        &mut self,
        views: &[View<'_>],
        traced: &Traced<O>,
        checks_finite: bool,
    ) -> Result<&mut Program, Error> {
        if !self.select(|types| View::all_are(views, types)) {
            let types: Vec<ArrayType> = views.iter().map(View::array_type).collect();
            let program = traced.compile(&types)?;
            self.insert(program);
        }
        if checks_finite {
            self.newest().check_finite(views)?;
        }
        Ok(self.newest_mut())
    }
}

impl<O: Outputs> Traced<O> {
    fn compile(&self, types: &[ArrayType]) -> Result<Program, Error> {
        self.check_count(types)?;
        let tape = tape_of(types.iter().cloned().zip(self.inputs.iter()), &self.place);
        let vars = inputs_of(&tape);
        let results = (self.trace)(&tape, &vars)?;
        self.check_results(results.len())?;
        let ids = |vars: &[Var<'_>]| vars.iter().map(|var| var.id()).collect::<Vec<_>>();
        for result in &results {
            if !std::ptr::eq(result.tape(), &raw const tape) {
                return Err(self.error("a result is on another tape than the inputs"));
            }
        }
        Program::compile_with(&tape.graph(), &ids(&vars), &ids(&results), self.options)
    }

    fn check_count(&self, types: &[ArrayType]) -> Result<(), Error> {
        if types.len() == self.inputs.len() {
            return Ok(());
        }
        let expected = self.inputs.join(", ");
        Err(self.error(format!(
            "takes {} arguments ({expected}), not {}: {}",
            self.inputs.len(),
            types.len(),
            list(types)
        )))
    }

    fn check_results(&self, results: usize) -> Result<(), Error> {
        match self.outputs.count() {
            Some(count) if count != results => {
                Err(self.error(format!("gives {count} results, but recorded {results}")))
            }
            _ => Ok(()),
        }
    }

    fn error(&self, reason: impl Into<String>) -> Error {
        Error::new(ErrorKind::Argument, "function", reason).at(self.place.clone())
    }
}

/// A tape with inputs of some types and names, which belong to a line of the user's.
fn tape_of<'n>(inputs: impl Iterator<Item = (ArrayType, &'n String)>, place: &Place) -> Tape {
    let mut graph = Graph::new();
    for (ty, name) in inputs {
        let input = graph.push_input(ty, place.clone());
        graph.set_name(input, name);
    }
    Tape::from_graph(graph)
}

/// All that is on a tape.
fn inputs_of(tape: &Tape) -> Vec<Var<'_>> {
    tape.graph().ids().map(|id| tape.at(id)).collect()
}

impl<O: Outputs> fmt::Debug for Function<O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "Function({}) at {}, {} programs",
            self.traced.inputs.join(", "),
            self.traced.place,
            self.cache.iter().count()
        )
    }
}
