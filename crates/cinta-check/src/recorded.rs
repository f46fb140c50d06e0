//! Checks of recorded functions: the gradient that the graph gives beside what its values show.
use cinta_graph::{DType, Error, ErrorKind, Tape, Value, Var, jvp, vjp};

use crate::arrays::epsilon;
use crate::compiled::Batch;
use crate::copy::copy;
use crate::gradient::Problem;
use crate::inputs::Layout;
use crate::measure::{Direction, Values};
use crate::options::Mode;
use crate::report::{Report, Verdict};
use crate::structure::SCALE;
use crate::subject::is_opaque;
use crate::{Check, Claim, Function, dual, random, rules};

/// How far numbers may be apart that only rounding keeps from being equal, in roundings.
const ROUNDINGS: f64 = 4.5e3;
/// So many steps are measured in one run of a program, on both sides.
const AT_ONCE: usize = 8;
/// Dual numbers agree with a claim that is off by no more than this share.
const AGREES: f64 = 1e-7;
/// The same of a claim in single precision.
const AGREES_IN_SINGLE: f64 = 1e-4;

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
        let mut report = self.vars(output, &inputs)?;
        if self.options.claims && report.passed() {
            let broken = Claim::ALL.into_iter().filter_map(|claim| claim.check_function(f, x).err());
            let broken: Vec<_> = broken.filter(|mismatch| !mismatch.is_vague()).collect();
            if broken.is_empty() {
                let count = Claim::ALL.len();
                report
                    .notes
                    .push(format!("{count} claims hold: values, text, layouts, batches, orders 1 to 3, programs, f32"));
            } else {
                report.verdict = Verdict::Wrong;
            }
            report.notes.extend(broken.iter().map(ToString::to_string));
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
    /// If a value is missing, there is no derivative, or a variable is given twice.
    pub fn vars(&self, output: Var<'_>, wrt: &[Var<'_>]) -> Result<Report, Error> {
        let cut: Vec<_> = wrt.iter().map(|var| var.id()).collect();
        if let Some(twice) = (1..cut.len()).find(|i| cut[..*i].contains(&cut[*i])) {
            let reason = format!("{} is given twice, and moves once", wrt[twice].label());
            return Err(Error::new(ErrorKind::Argument, "check", reason));
        }
        let last = cut.iter().copied().chain([output.id()]).max().expect("the output");
        let tape = copy(output.tape(), last, None, &cut)?;
        let output = tape.at(output.id());
        let floats = cut.iter().map(|id| tape.at(*id)).filter(|var| var.dtype().is_float()).collect();
        let first = Recorded { check: self, tape: &tape, output, inputs: floats };
        let mut report = first.check()?;
        let (mut next, mut seed) = (first, self.options.seed);
        for order in 2..=self.options.order {
            if !report.passed() {
                break;
            }
            seed += 1;
            next = next.slope(seed)?;
            let of_order = next.check()?;
            let evaluations = report.evaluations + of_order.evaluations;
            report = Report { title: format!("derivative {order} of the function"), evaluations, ..of_order };
        }
        Ok(report)
    }
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
        for (seed, (grad, input)) in (seed * 100..).zip(grads.into_iter().zip(&self.inputs)) {
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
        let ct = self.cotangent();
        let grads = vjp(&[(self.output, self.tape.constant(&ct))], &self.inputs[..])?;
        let mut notes = Vec::new();
        let mut claim = Vec::new();
        for (input, grad) in self.inputs.iter().zip(&grads) {
            let numbers = if let Some(grad) = grad {
                grad.try_value()?.to_f64s()
            } else {
                notes.push(format!("as recorded, the result does not depend on {}", input.label()));
                vec![0.0; input.size()]
            };
            claim.push(numbers);
        }
        let broken = self.structure(&before, &ct, &claim)?;
        let (report, apart) = self.measure(&ct, claim.concat())?;
        let mut report = Report { notes: [broken.clone(), report.notes, notes].concat(), ..report };
        if !broken.is_empty() {
            report.verdict = Verdict::Wrong;
        }
        self.explain(&mut report, apart, broken.is_empty())?;
        Ok(report)
    }

    /// Asks the graph itself: whose rule is wrong, and where differences of the whole are no help, what those of its
    /// operations say. `apart` is how far the claim is off dual numbers.
    fn explain(&self, report: &mut Report, apart: f64, sound: bool) -> Result<(), Error> {
        let digits = -apart.max(f64::EPSILON).log10();
        let agrees = apart <= if self.epsilon() > f64::EPSILON { AGREES_IN_SINGLE } else { AGREES };
        if !matches!(report.verdict, Verdict::Wrong | Verdict::Unclear) {
            if report.verdict == Verdict::Right && agrees {
                report.notes.push(format!("dual numbers agree with the claim to {:.0} digits", digits.floor()));
            }
            return Ok(());
        }
        report.faults = rules::faults(self.output, &self.inputs, &self.check.options)?;
        report.notes.extend(report.faults.iter().map(ToString::to_string));
        if !report.faults.is_empty() {
            report.verdict = Verdict::Wrong;
        } else if sound && agrees {
            let why = "every rule is right at its operands, and dual numbers agree with the claim, to";
            report.notes.push(format!("{why} {:.0} digits; differences are no help here", digits.floor()));
            report.settle(apart.max(f64::EPSILON));
        } else if report.verdict == Verdict::Wrong {
            report.notes.push("every node's own rule is right at its operands".to_owned());
        }
        Ok(())
    }

    /// How far a claim is off what dual numbers give along some directions, relative to what its entries make of it.
    fn apart(output: Var<'_>, inputs: &[Var<'_>], at: &Layout, cts: &[f64], claim: &[f64], along: &[Direction]) -> f64 {
        let mut worst = 0.0_f64;
        for direction in along {
            let mut tangent = vec![0.0; claim.len()];
            direction.moves.iter().for_each(|(i, d)| tangent[*i] = *d);
            let pairs: Vec<(Var<'_>, Value)> = inputs.iter().copied().zip(at.values(&tangent)).collect();
            let Ok(pushed) = dual::pushed(output, &pairs) else { return f64::INFINITY };
            let measured: f64 = pushed.iter().zip(cts).map(|(y, ct)| y * ct).sum();
            let terms = || direction.moves.iter().map(|(i, d)| claim[*i] * d);
            let (claimed, own) = (terms().sum::<f64>(), terms().fold(0.0, f64::hypot));
            let off = (claimed - measured).abs();
            worst = worst.max(if off == 0.0 { 0.0 } else { off / own });
            if worst.is_nan() || off.is_nan() {
                return f64::INFINITY;
            }
        }
        worst
    }

    /// Compares the claim with the values: in `f64`, if the graph can be had so. Also says how far it is off dual numbers.
    fn measure(&self, ct: &Value, claim: Vec<f64>) -> Result<(Report, f64), Error> {
        let named = |var: &Var<'_>| Ok::<_, Error>((var.label(), var.try_value()?));
        let layout = Layout::of_values(self.inputs.iter().map(named).collect::<Result<Vec<_>, _>>()?);
        let single = self.inputs.iter().any(|var| var.dtype() == DType::F32);
        let last = self.inputs.iter().map(|var| var.id()).chain([self.output.id()]).max().expect("the output");
        let wide = if single { copy(self.tape, last, Some(DType::F64), &[]).ok() } else { None };
        let of = |var: &Var<'_>| wide.as_ref().map(|wide| wide.at(var.id()));
        let output = of(&self.output).unwrap_or(self.output);
        let inputs: Vec<Var<'_>> = self.inputs.iter().map(|var| of(var).unwrap_or(*var)).collect();
        let mut space = self.check.space(&layout).map_err(|reason| Error::new(ErrorKind::Argument, "check", reason))?;
        // What a claim in single precision leaves open is known from the dtypes; steps need not be rounded so.
        let claimed_in = space.dtypes.clone();
        let at = if wide.is_some() {
            space.dtypes.fill(DType::F64);
            Layout::of_values(inputs.iter().map(named).collect::<Result<Vec<_>, _>>()?)
        } else {
            layout.clone()
        };
        let cts = ct.to_f64s();
        let combined = |output: &[f64]| output.iter().zip(&cts).map(|(y, ct)| y * ct).sum::<f64>();
        let value = |numbers: &[f64]| {
            let set = inputs.iter().zip(at.values(numbers)).try_for_each(|(input, value)| input.try_set(value));
            let Ok(output) = set.and_then(|()| output.try_value()) else { return f64::NAN };
            combined(&output.to_f64s())
        };
        let batch = Batch::compile(output.tape(), output, &inputs, 2 * AT_ONCE);
        let f = match batch {
            Some(mut batch) => {
                Values::in_batches(move |points| batch.at(points).iter().map(|y| combined(y)).collect(), AT_ONCE)
            }
            None => Values::one_by_one(value),
        };
        let problem = Problem {
            title: format!("gradient of {} ({})", self.output.label(), self.output.place()),
            f,
            center: None,
            space,
            claim,
            inputs: layout.inputs(),
            epsilon: epsilon(output.dtype()),
            claimed_in: Some(claimed_in),
        };
        let (claim, along) = (problem.claim.clone(), problem.space.covering(&problem.claim, self.check.options.seed));
        let report = problem.examine(&self.check.options);
        for (input, value) in inputs.iter().zip(at.values(&at.numbers())) {
            input.try_set(value)?;
        }
        // A fast check that has found what it needs is done.
        let done = self.check.options.mode == Mode::Fast && report.verdict == Verdict::Right;
        let asked = output.dtype() == DType::F64 && !done;
        let apart = if asked { Self::apart(output, &inputs, &at, &cts, &claim, &along) } else { f64::INFINITY };
        Ok((report, apart))
    }

    /// What must hold whatever the numbers: the same bits twice, linear in the cotangent, both modes adjoint.
    fn structure(&self, before: &Value, ct: &Value, claim: &[Vec<f64>]) -> Result<Vec<String>, Error> {
        let mut broken = Vec::new();
        for input in &self.inputs {
            input.try_set(input.try_value()?)?;
        }
        if !self.output.try_value()?.same_bits(before) {
            broken.push("the function gives another value when evaluated again at the same point".to_owned());
        }
        let tolerance = ROUNDINGS * epsilon(self.output.dtype()).max(self.epsilon());
        let scaled = self.tape.constant(ct).try_mul(SCALE)?;
        let grads = vjp(&[(self.output, scaled)], &self.inputs[..])?;
        for ((grad, once), input) in grads.iter().zip(claim).zip(&self.inputs) {
            let Some(grad) = grad else { continue };
            if grad.array_type() != input.array_type() {
                broken.push(format!("{:?}, and its gradient is {}", input, grad.array_type()));
            }
            let differs = |(a, b): (&f64, f64)| (SCALE * a - b).abs() > tolerance * b.abs();
            if once.iter().zip(grad.try_value()?.to_f64s()).any(differs) {
                broken.push(format!("the gradient of {} is not linear in the cotangent", input.label()));
            }
        }
        let tangents: Vec<_> = (self.check.options.seed..)
            .zip(&self.inputs)
            .map(|(seed, input)| Ok((*input, self.tape.constant(random::tangent(&input.try_value()?, seed)))))
            .collect::<Result<_, Error>>()?;
        let pushed = match jvp(&[self.output], &tangents) {
            Ok(pushed) => pushed,
            Err(_) if is_opaque(self.tape) => return Ok(broken),
            Err(error) => return Err(error),
        };
        let forward = match pushed[0] {
            Some(pushed) => pushed.try_value()?.to_f64s(),
            None => vec![0.0; before.shape().size()],
        };
        let terms = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).collect::<Vec<f64>>();
        let forward = terms(&forward, &ct.to_f64s());
        let mut reverse = Vec::new();
        for ((_, t), claim) in tangents.iter().zip(claim) {
            reverse.extend(terms(&t.try_value()?.to_f64s(), claim));
        }
        let (a, b): (f64, f64) = (forward.iter().sum(), reverse.iter().sum());
        let size: f64 = forward.iter().chain(&reverse).map(|x| x.abs()).sum();
        if (a - b).abs() > tolerance * size {
            broken.push(format!("the modes are not adjoint: ⟨ct, J t⟩ is {a:e}, ⟨Jᵀ ct, t⟩ is {b:e}"));
        }
        Ok(broken)
    }

    fn epsilon(&self) -> f64 {
        self.inputs.iter().map(|var| epsilon(var.dtype())).fold(f64::EPSILON, f64::max)
    }
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
