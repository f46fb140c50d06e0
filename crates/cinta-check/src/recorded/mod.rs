//! Checks of recorded functions: the gradient that the graph gives beside what its values show.
mod claims;
mod curve;
mod explain;
mod structure;

use cinta_graph::{DType, Error, ErrorKind, Kind, NodeId, Op, Tape, Value, Var, vjp};
use cinta_program::Function as Traced;

use crate::ancestry::{between, on_one_tape};
use crate::arrays::{epsilon, position};
use crate::compiled::Batch;
use crate::copy::copy;
use crate::gradient::Problem;
use crate::inputs::Layout;
use crate::measure::{Direction, Values};
use crate::options::Mode;
use crate::report::{Report, Verdict};
use crate::{Check, Function, random};

/// So many steps are measured in one run of a program, on both sides.
const AT_ONCE: usize = 8;

impl Check {
    /// Checks the gradient of a recorded function at a point; where its result is no scalar, of a random combination
    /// of its entries. Indices and masks have no derivatives and are left as they are.
    ///
    /// Both modes are compared, the rule is tried for linearity in the cotangent, and values must be the same bits
    /// twice. Where something is wrong, every node's own rule is tested at its operands, so that the report names the
    /// operation and the line. A function in `f32` is measured in `f64`.
    ///
    /// ```
    /// use cinta_check::{Check, Verdict};
    /// use cinta_graph::custom_vjp;
    /// let report = Check::new().function(
    ///     &|x| custom_vjp("cube", [x[0].sin()], |[x]| x * x * x, |[x], _, ct| [ct * x * x]).sum(),
    ///     &[[0.5, -1.25].into()],
    /// )?;
    /// assert_eq!(report.verdict(), Verdict::Wrong);
    /// let fault = &report.faults()[0];
    /// assert_eq!((fault.op.as_str(), fault.operand), ("cube", 0));
    /// # Ok::<(), cinta_graph::Error>(())
    /// ```
    ///
    /// # Errors
    /// If the function has no value at the point, or no derivative.
    #[track_caller]
    pub fn function(&self, f: &Function<'_>, x: &[Value]) -> Result<Report, Error> {
        let tape = Tape::new();
        let inputs: Vec<Var<'_>> = x.iter().map(|value| tape.var(value)).collect();
        let output = f(&inputs);
        // Recorded once more, it has to be the same function.
        let tape = Tape::new();
        let again = f(&x.iter().map(|value| tape.var(value)).collect::<Vec<_>>());
        let mut report = self.repeated(output, &inputs, again)?;
        if self.options.claims && report.passed() {
            self.hold_to_claims(f, x, &mut report, !stopped(output, &inputs).is_empty())?;
        }
        Ok(report)
    }

    /// Checks the gradient of a [`Function`](cinta_program::Function), with its inputs by name.
    ///
    /// ```
    /// use cinta_check::Check;
    /// use cinta_program::Function;
    /// use ndarray::array;
    /// let nll = Function::new(["theta", "x", "y"], |[theta, x, y]| {
    ///     let z = x.dot(theta);
    ///     (z.softplus() - y * z).sum()
    /// });
    /// let point = [array![0.4, -0.9].into(), array![[1.0, 2.0], [3.0, -1.0]].into(), array![1.0, 0.0].into()];
    /// let report = Check::new().traced(&nll, &point)?;
    /// assert!(report.passed() && report.rows()[0].input == "theta", "{report}");
    /// # Ok::<(), cinta_graph::Error>(())
    /// ```
    ///
    /// # Errors
    /// If the function takes other inputs, has no value at the point, or no derivative.
    pub fn traced(&self, f: &Traced, x: &[Value]) -> Result<Report, Error> {
        let (tape, other) = (Tape::new(), Tape::new());
        let vars = named(f, &tape, x);
        let output = f.record(&tape, &vars)?;
        let mut report = self.repeated(output, &vars, f.record(&other, &named(f, &other, x))?)?;
        if self.options.claims && report.passed() && !x.is_empty() {
            let again: &Function<'_> = &|vars| f.record(vars[0].tape(), vars).expect("it was recorded before");
            self.hold_to_claims(again, x, &mut report, !stopped(output, &vars).is_empty())?;
        }
        Ok(report)
    }

    /// The same of a function that was recorded twice.
    fn repeated(&self, output: Var<'_>, inputs: &[Var<'_>], again: Var<'_>) -> Result<Report, Error> {
        let before = output.try_value();
        let mut report = self.vars(output, inputs)?;
        if let (Ok(before), Ok(again)) = (before, again.try_value()) {
            report.repeat("the function", &single(before), &single(again));
        }
        Ok(report)
    }

    /// Checks the gradient of a variable of a tape with respect to others, inputs or not.
    ///
    /// ```
    /// use cinta_check::Check;
    /// use cinta_graph::Tape;
    /// let tape = Tape::new();
    /// let x = tape.var([0.3, -2.0]).named("x");
    /// let h = x.tanh();
    /// let report = Check::new().vars((h * x).sum(), &[h, x])?; // h and x as if they were independent
    /// assert!(report.passed(), "{report}");
    /// # Ok::<(), cinta_graph::Error>(())
    /// ```
    ///
    /// # Errors
    /// If a value is missing, there is no derivative, or a variable is given twice or is of another tape.
    pub fn vars(&self, output: Var<'_>, wrt: &[Var<'_>]) -> Result<Report, Error> {
        on_one_tape(output, wrt)?;
        if !output.dtype().is_float() {
            let reason =
                format!("{} ({}) is {}, which has no derivatives", output.label(), output.place(), output.array_type());
            return Err(Error::new(ErrorKind::Derivative, "check", reason));
        }
        let mut cut: Vec<_> = wrt.iter().map(|var| var.id()).collect();
        if let Some(twice) = (1..cut.len()).find(|i| cut[..*i].contains(&cut[*i])) {
            let reason = format!("{} is given twice, and moves once", wrt[twice].label());
            return Err(Error::new(ErrorKind::Argument, "check", reason));
        }
        let last = cut.iter().copied().chain([output.id()]).max().expect("the output");
        // What a user holds constant is constant, in the values that the gradient is compared with as well.
        let stopped = stopped(output, wrt);
        cut.extend(&stopped);
        let tape = copy(output.tape(), last, None, &cut)?;
        let output = tape.at(output.id());
        let floats = wrt.iter().map(|var| tape.at(var.id())).filter(|var| var.dtype().is_float()).collect();
        let first = Recorded { check: self, tape: &tape, output, inputs: floats };
        let mut report = first.check()?;
        let held = |id: &NodeId| {
            let place = tape.graph().place(*id).clone();
            format!("stop_gradient ({place}) is held constant: the gradient is checked as that of the rest")
        };
        report.notes.extend(stopped.iter().map(held));
        let (mut next, mut seed) = (first, self.options.seed);
        for order in 2..=self.options.order {
            if !report.passed() {
                break;
            }
            if report.verdict == Verdict::Kink {
                report.notes.push(format!("order {order} is not tried: at a kink there is none"));
                break;
            }
            seed = seed.wrapping_add(1);
            next = next.slope(seed)?;
            let mut of_order = next.check()?;
            of_order.title = format!("derivative {order} of the function");
            report = of_order.after(report);
        }
        Ok(report)
    }
}

/// A point as variables of a tape, called as the inputs of a function are.
fn named<'t>(f: &Traced, tape: &'t Tape, x: &[Value]) -> Vec<Var<'t>> {
    let name = |i: usize, var: Var<'t>| f.inputs().get(i).map_or(var, |name| var.named(name));
    x.iter().enumerate().map(|(i, value)| name(i, tape.var(value))).collect()
}

/// The nodes between some variables and an output at which a user stops derivatives.
fn stopped(output: Var<'_>, wrt: &[Var<'_>]) -> Vec<NodeId> {
    let graph = output.tape().graph();
    let stops = |id: &NodeId| matches!(graph.kind(*id), Kind::Apply { op: Op::StopGradient(_), .. });
    let is_input = |id: &NodeId| wrt.iter().any(|var| var.id() == *id);
    let between = between(output, wrt);
    graph.ids().filter(|id| between.get(id.index()) == Some(&true) && stops(id) && !is_input(id)).collect()
}

/// A function on a tape: its inputs that have derivatives, and its output.
struct Recorded<'c, 't> {
    check: &'c Check,
    tape: &'t Tape,
    output: Var<'t>,
    inputs: Vec<Var<'t>>,
}

impl Recorded<'_, '_> {
    /// Σ u·∇f, whose gradient is a product of the Hessian.
    fn slope(&self, seed: u64) -> Result<Self, Error> {
        let ct = self.tape.constant(self.cotangent());
        let grads = vjp(&[(self.output, ct)], &self.inputs[..])?;
        let mut slope = self.tape.constant(0.0);
        for (i, (grad, input)) in (0..).zip(grads.into_iter().zip(&self.inputs)) {
            let seed = seed.wrapping_mul(100).wrapping_add(i);
            let u = self.tape.constant(random::cotangent(&input.array_type(), seed));
            if let Some(grad) = grad {
                let term = grad.try_mul(u)?.try_sum_axes(cinta_graph::Axes::all())?;
                slope = slope.try_add(term.try_cast(DType::F64)?)?;
            }
        }
        Ok(Self { check: self.check, tape: self.tape, output: slope, inputs: self.inputs.clone() })
    }

    fn cotangent(&self) -> Value {
        let ty = self.output.array_type();
        let ones = ty.shape.size() == 1;
        if ones { self.output.ones_like().value() } else { random::cotangent(&ty, self.check.options.seed) }
    }

    fn check(&self) -> Result<Report, Error> {
        let before = self.output.try_value()?;
        let title = format!("gradient of {} ({})", self.output.label(), self.output.place());
        let inputs: Vec<_> = self.inputs.iter().map(|var| (var.label(), var.array_type())).collect();
        let without_evidence = |verdict: Verdict, note: String| {
            Report::without_evidence(&title, verdict, &inputs, vec![note], self.check.options.seed)
        };
        let broken = |error: &Error| without_evidence(Verdict::Wrong, error.to_string());
        if let Some(note) = nowhere(&before) {
            return Ok(without_evidence(Verdict::Unclear, note));
        }
        let ct = self.cotangent();
        let vars = match vjp(&[(self.output, self.tape.constant(&ct))], &self.inputs[..]) {
            Err(error) if error.kind() == ErrorKind::Rule => return Ok(broken(&error)),
            vars => vars?,
        };
        let (mut notes, mut claim) = (Vec::new(), Vec::new());
        for (input, grad) in self.inputs.iter().zip(&vars) {
            if grad.is_none() {
                notes.push(format!("as recorded, the result does not depend on {}", input.label()));
            }
            match crate::subject::numbers(*grad, &input.array_type()) {
                Ok(numbers) => claim.push(numbers),
                // The function has a value, and what should be its gradient has none.
                Err(error) => return Ok(broken(&error)),
            }
        }
        let gradient = Gradient { vars, claim };
        let broken = self.structure(&before, &ct, &gradient)?;
        let wide = self.wide();
        let doubles = InDoubles::of(self, wide.as_ref(), &ct)?;
        let (mut report, along) = self.measure(title, &doubles, &gradient)?;
        let sound = broken.is_empty();
        report.verdict = if sound { report.verdict } else { Verdict::Wrong };
        self.explain(&mut report, &doubles, &gradient, &along, sound)?;
        report.notes = [broken, notes, report.notes].concat();
        Ok(report)
    }

    /// The same graph in `f64`, where it is not and can be.
    fn wide(&self) -> Option<Tape> {
        let single = self.inputs.iter().any(|var| var.dtype() == DType::F32);
        let last = self.inputs.iter().map(|var| var.id()).chain([self.output.id()]).max().expect("the output");
        if single { copy(self.tape, last, Some(DType::F64), &[]).ok() } else { None }
    }

    /// Compares the gradient with the values. Also gives the directions along which dual numbers are worth asking.
    fn measure(
        &self,
        title: String,
        doubles: &InDoubles<'_>,
        gradient: &Gradient<'_>,
    ) -> Result<(Report, Vec<Direction>), Error> {
        let options = &self.check.options;
        let layout = layout(&self.inputs)?;
        let mut space = self.check.space(&layout).map_err(|reason| Error::new(ErrorKind::Argument, "check", reason))?;
        // What a claim in single precision leaves open is known from the dtypes; steps need not be rounded so.
        let claimed_in = std::mem::replace(&mut space.dtypes, doubles.at.dtypes());
        let claim = gradient.claim.concat();
        let along = space.covering(&claim, options.seed);
        let InDoubles { output, inputs, at, .. } = doubles;
        let (inputs_of, epsilon) = (layout.inputs(), epsilon(output.dtype()));
        let claimed_in = Some(claimed_in);
        let f = doubles.values();
        let problem = Problem { title, f, center: None, space, claim, inputs: inputs_of, epsilon, claimed_in };
        let report = problem.examine(options);
        for (input, value) in inputs.iter().zip(at.values(&at.numbers())) {
            input.try_set(value)?;
        }
        // A fast check that has found what it needs is done.
        let done = options.mode == Mode::Fast && report.verdict == Verdict::Right;
        let asked = doubles.has_duals() && !done;
        Ok((report, if asked { along } else { Vec::new() }))
    }
}

/// What a derivative is under test: as recorded, and its numbers, input by input.
struct Gradient<'t> {
    /// `None` is a structural zero.
    vars: Vec<Option<Var<'t>>>,
    claim: Vec<Vec<f64>>,
}

/// The function in `f64`, as far as it can be had so: at a point, and what its outputs are multiplied by.
struct InDoubles<'t> {
    output: Var<'t>,
    inputs: Vec<Var<'t>>,
    at: Layout,
    cts: Vec<f64>,
}

impl<'t> InDoubles<'t> {
    fn of(recorded: &Recorded<'_, 't>, wide: Option<&'t Tape>, ct: &Value) -> Result<Self, Error> {
        let of = |var: &Var<'t>| wide.map_or(*var, |wide| wide.at(var.id()));
        let inputs: Vec<Var<'t>> = recorded.inputs.iter().map(of).collect();
        Ok(Self { output: of(&recorded.output), at: layout(&inputs)?, inputs, cts: ct.to_f64s() })
    }

    /// The function of all numbers, as a program of many steps at once if there is one.
    fn values(&self) -> Values<'_> {
        let Self { output, inputs, at, cts } = self;
        let combined = move |output: &[f64]| output.iter().zip(cts).map(|(y, ct)| y * ct).sum::<f64>();
        let value = move |numbers: &[f64]| {
            let set = inputs.iter().zip(at.values(numbers)).try_for_each(|(input, value)| input.try_set(value));
            let Ok(output) = set.and_then(|()| output.try_value()) else { return f64::NAN };
            combined(&output.to_f64s())
        };
        match Batch::compile(output.tape(), *output, inputs, 2 * AT_ONCE) {
            Some(mut batch) => {
                Values::in_batches(move |points| batch.at(points).iter().map(|y| combined(y)).collect(), AT_ONCE)
            }
            None => Values::one_by_one(value),
        }
    }
}

fn layout(vars: &[Var<'_>]) -> Result<Layout, Error> {
    let named = |var: &Var<'_>| Ok((var.label(), var.try_value()?));
    Ok(Layout::of_values(vars.iter().map(named).collect::<Result<Vec<_>, Error>>()?))
}

/// A value as arrays.
fn single(value: Value) -> Layout {
    Layout::of_values([(String::new(), value)])
}

/// What there is to say of a point at which a function is not finite: nothing of its slopes.
fn nowhere(value: &Value) -> Option<String> {
    let (ty, numbers) = (value.array_type(), value.to_f64s());
    let index = numbers.iter().position(|x| !x.is_finite())?;
    let at = if ty.shape.is_empty() { String::new() } else { format!(" at {:?} of its result,", position(&ty, index)) };
    Some(format!("the function is {}{at} at the point itself", numbers[index]))
}

/// Checks the gradient of a recorded function: [`Check::function`] with nothing to choose.
///
/// ```
/// use cinta_check::check_grad;
/// use ndarray::array;
/// let (w, x) = (array![[1.0, 2.0], [3.0, 4.0]], array![0.5, -1.0]);
/// let report = check_grad(&|v| v[0].dot(v[1]).sigmoid().sum(), &[w.into(), x.into()])?;
/// assert!(report.passed(), "{report}");
/// # Ok::<(), cinta_graph::Error>(())
/// ```
///
/// # Errors
/// If the function has no value at the point, or no derivative.
#[track_caller]
pub fn check_grad(f: &Function<'_>, x0: &[Value]) -> Result<Report, Error> {
    Check::new().function(f, x0)
}

/// The gradient of a recorded function must be right: a test in one line.
///
/// ```
/// use cinta_check::assert_grad;
/// assert_grad(&|v| (v[0].tanh() * v[1]).sum(), &[[0.5, -1.0].into(), 2.0.into()]);
/// ```
///
/// # Panics
/// With the report, if it is not.
#[track_caller]
pub fn assert_grad(f: &Function<'_>, x0: &[Value]) {
    match check_grad(f, x0) {
        Ok(report) => report.assert(),
        Err(error) => panic!("{error}"),
    }
}
