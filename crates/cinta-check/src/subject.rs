//! What is checked: a function at a point, and its recording on a tape.
use cinta_graph::ops::Sample;
use cinta_graph::{ArrayType, Error, ErrorKind, Op, Tape, Value, Var, jvp, vjp};

use crate::Function;
use crate::arrays::epsilon;
use crate::random;

/// Records the function on a tape; the tape is given apart because there may be no inputs.
type Record<'f> = dyn for<'t> Fn(&'t Tape, &[Var<'t>]) -> Result<Var<'t>, Error> + 'f;

/// A function at a point, with what is known of it.
pub(crate) struct Subject<'f> {
    pub(crate) name: String,
    record: Box<Record<'f>>,
    pub(crate) inputs: Vec<Value>,
    /// The value expected, and to how many ULP.
    pub(crate) expected: Option<&'f (Value, f64)>,
    pub(crate) smooth: bool,
    /// Whether difference quotients show its derivatives, so far as it is smooth.
    pub(crate) quotients: bool,
}

impl<'f> Subject<'f> {
    pub(crate) fn of_sample(sample: &'f Sample) -> Self {
        let op = &sample.op;
        let attributes = op.attributes().to_string();
        Self {
            name: named(&[op.name(), &attributes].join(" "), &sample.inputs),
            record: Box::new(|tape, inputs| tape.apply(op, inputs)),
            inputs: sample.inputs.clone(),
            expected: sample.expected.as_ref(),
            smooth: sample.smooth,
            quotients: true,
        }
    }

    pub(crate) fn of_function(f: &'f Function<'f>, inputs: &[Value]) -> Self {
        Self {
            name: named("function", inputs),
            record: Box::new(move |_, inputs| Ok(f(inputs))),
            inputs: inputs.to_vec(),
            expected: None,
            smooth: true,
            quotients: true,
        }
    }

    /// Records the function of given variables.
    pub(crate) fn apply<'t>(&self, tape: &'t Tape, inputs: &[Var<'t>]) -> Result<Var<'t>, Error> {
        (self.record)(tape, inputs)
    }

    /// Records the function of new variables with the values of the point.
    pub(crate) fn record<'t>(&self, tape: &'t Tape) -> Result<Recording<'t>, Error> {
        self.record_at(tape, &self.inputs)
    }

    /// Records the function of new variables with given values.
    pub(crate) fn record_at<'t>(&self, tape: &'t Tape, point: &[Value]) -> Result<Recording<'t>, Error> {
        let inputs: Vec<Var<'t>> = point.iter().map(|value| tape.var(value)).collect();
        let output = self.apply(tape, &inputs)?;
        Ok(Recording { tape, inputs, point: point.to_vec(), outputs: vec![output] })
    }
}

/// `sum_to shape=[3] of f64[2, 3]`.
fn named(what: &str, inputs: &[Value]) -> String {
    let types: Vec<String> = inputs.iter().map(|value| value.array_type().to_string()).collect();
    format!("{} of {}", what.trim_end(), types.join(", "))
}

/// How derivatives are seeded. The engine may treat the two differently: zeros of a constant without zeros
/// are numbers like others, zeros of a variable may be choices.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Seeds {
    Constants,
    /// Seeds are inputs of the derivative, which is then differentiated with respect to them too.
    Variables,
}

/// A function on a tape, as its inputs, where they stand, and its outputs.
#[derive(Clone, Debug)]
pub(crate) struct Recording<'t> {
    pub(crate) tape: &'t Tape,
    pub(crate) inputs: Vec<Var<'t>>,
    pub(crate) point: Vec<Value>,
    pub(crate) outputs: Vec<Var<'t>>,
}

/// A derivative recorded at seeds: the function that gives it, and the seeds' values.
pub(crate) struct Derivative<'t> {
    pub(crate) recording: Recording<'t>,
    /// One an output of the function (pullback) or an input (pushforward); `None` for those without derivatives.
    pub(crate) seeds: Vec<Option<Value>>,
    /// One an input of the function (pullback) or an output (pushforward); `None` is a structural zero.
    pub(crate) results: Vec<Option<Var<'t>>>,
}

impl<'t> Recording<'t> {
    /// The values of the outputs at another point.
    pub(crate) fn at(&self, point: &[Value]) -> Result<Vec<Value>, Error> {
        for (input, value) in self.inputs.iter().zip(point) {
            input.try_set(value)?;
        }
        self.outputs.iter().map(|output| output.try_value()).collect()
    }

    /// The outputs' numbers one after another.
    pub(crate) fn numbers_at(&self, point: &[Value]) -> Result<Vec<f64>, Error> {
        Ok(self.at(point)?.iter().flat_map(Value::to_f64s).collect())
    }

    /// The rounding error of the least exact dtype among inputs and outputs.
    pub(crate) fn epsilon(&self) -> f64 {
        let vars = self.inputs.iter().chain(&self.outputs);
        vars.filter(|var| var.dtype().is_float()).map(|var| epsilon(var.dtype())).fold(f64::EPSILON, f64::max)
    }

    /// Whether there is something to differentiate.
    pub(crate) fn is_differentiable(&self) -> bool {
        let float = |vars: &[Var<'t>]| vars.iter().any(|var| var.dtype().is_float());
        float(&self.inputs) && float(&self.outputs)
    }

    /// A direction in the space of the inputs; `None` for those without derivatives.
    pub(crate) fn tangents(&self, seed: u64) -> Vec<Option<Value>> {
        let tangent =
            |(seed, value): (u64, &Value)| value.array_type().dtype.is_float().then(|| random::tangent(value, seed));
        (seed.wrapping_mul(1000)..).zip(&self.point).map(tangent).collect()
    }

    /// Records Jᵀ ct at random cotangents.
    pub(crate) fn pullback(&self, seeds: Seeds, seed: u64) -> Result<Derivative<'t>, Error> {
        let cotangent = |(seed, var): (u64, &Var<'t>)| {
            let ty = var.array_type();
            ty.dtype.is_float().then(|| random::cotangent(&ty, seed))
        };
        let cts: Vec<_> = (seed.wrapping_mul(1000) + 500..).zip(&self.outputs).map(cotangent).collect();
        let (seeded, extra) = self.seed(&self.outputs, &cts, seeds);
        let results = vjp(&seeded, &self.inputs)?;
        Ok(self.derivative(cts, extra, results))
    }

    /// Records J t at given tangents.
    pub(crate) fn pushforward(&self, seeds: Seeds, tangents: Vec<Option<Value>>) -> Result<Derivative<'t>, Error> {
        let (seeded, extra) = self.seed(&self.inputs, &tangents, seeds);
        let outputs: Vec<Var<'t>> = self.outputs.iter().copied().filter(|var| var.dtype().is_float()).collect();
        let mut pushed = jvp(&outputs, &seeded)?.into_iter();
        let results =
            self.outputs.iter().map(|var| if var.dtype().is_float() { pushed.next().flatten() } else { None });
        Ok(self.derivative(tangents, extra, results.collect()))
    }

    /// A derivative, or `None` if it goes through code of a user's that does not offer it.
    pub(crate) fn offered<T>(&self, derivative: Result<T, Error>) -> Result<Option<T>, Error> {
        match derivative {
            Ok(derivative) => Ok(Some(derivative)),
            Err(error) if error.kind() == ErrorKind::Derivative && is_opaque(self.tape) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Pairs of variables and seeds; seeds that are variables are returned, with their values, as further inputs.
    #[expect(clippy::type_complexity, reason = "two lists of pairs, used twice, just above")]
    fn seed(
        &self,
        vars: &[Var<'t>],
        values: &[Option<Value>],
        seeds: Seeds,
    ) -> (Vec<(Var<'t>, Var<'t>)>, Vec<(Var<'t>, Value)>) {
        let mut extra = Vec::new();
        let mut seeded = Vec::new();
        for (&var, value) in vars.iter().zip(values) {
            let Some(value) = value else { continue };
            let seed = match seeds {
                Seeds::Constants => self.tape.constant(value),
                Seeds::Variables => self.tape.var(value),
            };
            if seeds == Seeds::Variables {
                extra.push((seed, value.clone()));
            }
            seeded.push((var, seed));
        }
        (seeded, extra)
    }

    fn derivative(
        &self,
        seeds: Vec<Option<Value>>,
        extra: Vec<(Var<'t>, Value)>,
        results: Vec<Option<Var<'t>>>,
    ) -> Derivative<'t> {
        let mut recording = self.clone();
        for (var, value) in extra {
            recording.inputs.push(var);
            recording.point.push(value);
        }
        recording.outputs = results.iter().copied().flatten().collect();
        Derivative { recording, seeds, results }
    }
}

/// The numbers of an optional result: zeros where it is a structural zero.
pub(crate) fn numbers(result: Option<Var<'_>>, ty: &ArrayType) -> Result<Vec<f64>, Error> {
    match result {
        Some(var) => Ok(var.try_value()?.to_f64s()),
        None => Ok(vec![0.0; ty.shape.size()]),
    }
}

/// Whether something on a tape is computed by code of a user's, which may offer fewer derivatives and dtypes.
pub(crate) fn is_opaque(tape: &Tape) -> bool {
    let graph = tape.graph();
    graph.ids().any(|id| matches!(graph.op(id), Some(Op::Custom(_) | Op::CustomVjp(_) | Op::CustomJvp(_))))
}
