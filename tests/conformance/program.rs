//! Programs of the corpus, recorded step by step through the public interface.
use std::collections::BTreeMap;

use cinta::{DType, Error, Tape, Value, Var, try_stack};
use serde_json::Value as Json;

use crate::attributes::Attributes;
use crate::corpus::{Program, Step, steps, texts};
use crate::table::apply;

/// Why a program was not recorded to its end.
#[derive(Debug)]
pub(crate) enum Stop {
    /// The table has no way to say this operation.
    Unsupported(String),
    /// Rust's types do not let one write this: a negative size, a missing argument.
    FrontEnd(String),
    /// Cinta refuses it.
    Engine(Error),
}

impl Stop {
    /// The error, of a program that the table can say.
    pub(crate) fn into_error(self) -> Error {
        match self {
            Self::Engine(error) => error,
            Self::Unsupported(reason) | Self::FrontEnd(reason) => {
                Error::new(cinta::ErrorKind::Invalid, "program", reason)
            }
        }
    }
}

impl From<Error> for Stop {
    fn from(error: Error) -> Self {
        Self::Engine(error)
    }
}

type Names<'t> = BTreeMap<String, Var<'t>>;

/// A recorded program: its inputs in order, and its output.
pub(crate) struct Recorded<'t> {
    pub(crate) inputs: Vec<(String, Var<'t>)>,
    pub(crate) output: Var<'t>,
}

impl Program {
    /// Records the program on a tape, its inputs as variables.
    pub(crate) fn record<'t>(&self, tape: &'t Tape) -> Result<Recorded<'t>, Stop> {
        let variable = |(name, value): &(String, Value)| (name.clone(), tape.var(value));
        let inputs: Vec<(String, Var<'t>)> = self.inputs.iter().map(variable).collect();
        let vars: Vec<Var<'t>> = inputs.iter().map(|(_, var)| *var).collect();
        Ok(Recorded { inputs, output: self.record_on(tape, &vars)? })
    }

    /// Records the program on some variables as its inputs.
    pub(crate) fn record_on<'t>(&self, tape: &'t Tape, inputs: &[Var<'t>]) -> Result<Var<'t>, Stop> {
        let mut names: Names<'t> =
            self.inputs.iter().map(|(name, _)| name.clone()).zip(inputs.iter().copied()).collect();
        run(tape, &self.steps, &mut names, self.float())?;
        Ok(names[&self.output])
    }

    /// The dtype in which it computes: programs on `f32` inputs read their constants as `f32`.
    pub(crate) fn float(&self) -> DType {
        if self.inputs.iter().any(|(_, value)| value.dtype() == DType::F32) { DType::F32 } else { DType::F64 }
    }

    /// Whether it has a loop.
    pub(crate) fn has_scan(&self) -> bool {
        self.steps.iter().any(|step| step.op == "scan")
    }
}

fn run<'t>(tape: &'t Tape, steps: &[Step], names: &mut Names<'t>, float: DType) -> Result<(), Stop> {
    for step in steps {
        let inputs: Vec<Var<'t>> = step.inputs.iter().map(|name| names[name]).collect();
        let outputs = match step.op.as_str() {
            "scan" => unroll(tape, &step.attributes, &inputs, float)?,
            "const" => vec![tape.constant(cast(&crate::corpus::array(&with_dtype(&step.attributes)), float))],
            op => vec![apply(tape, op, &inputs, Attributes(&step.attributes))?],
        };
        names.extend(step.out.iter().cloned().zip(outputs));
    }
    Ok(())
}

/// A constant says no dtype: it is `f64`.
fn with_dtype(attributes: &Json) -> Json {
    let mut array = attributes.clone();
    array["dtype"] = "f64".into();
    array
}

/// The same numbers as another float dtype.
pub(crate) fn cast(value: &Value, dtype: DType) -> Value {
    #[expect(clippy::cast_possible_truncation, reason = "rounding is what is wanted")]
    match (value.dtype(), dtype) {
        (DType::F64, DType::F32) => value.view::<f64>().mapv(|x| x as f32).into(),
        _ => value.clone(),
    }
}

/// A loop, written out: Cinta has none.
fn unroll<'t>(tape: &'t Tape, attributes: &Json, inputs: &[Var<'t>], float: DType) -> Result<Vec<Var<'t>>, Stop> {
    let size = |name| Attributes(attributes).size(name);
    let (carries, length) = (size("n_carry")?, size("length")?);
    let (xs, constants) = inputs[carries..].split_at(size("n_xs")?);
    let mut carry = inputs[..carries].to_vec();
    if let Some(x) = xs.iter().find(|x| x.shape().first() != Some(&length)) {
        return Err(Stop::FrontEnd(format!("a loop of {length} turns over {}", x.array_type())));
    }
    let body = &attributes["body"];
    let (parameters, outputs, steps) = (texts(&body["inputs"]), texts(&body["outputs"]), steps(&body["program"]));
    let turn = |carry: &[Var<'t>], slices: Vec<Var<'t>>| -> Result<Vec<Var<'t>>, Stop> {
        let arguments = carry.iter().copied().chain(slices).chain(constants.iter().copied());
        let mut names: Names<'t> = parameters.iter().cloned().zip(arguments).collect();
        run(tape, &steps, &mut names, float)?;
        Ok(outputs.iter().map(|name| names[name]).collect())
    };
    if length == 0 {
        // Only the types of what would be stacked are wanted.
        let slice = |x: &Var<'t>| tape.full(&x.array_type().with_shape(&x.shape()[1..]), 0.0);
        let ys = turn(&carry, xs.iter().map(slice).collect())?.split_off(carries);
        let none = |y: Var<'t>| tape.full(&y.array_type().with_shape(y.shape().with_front(0)), 0.0);
        return Ok(carry.into_iter().chain(ys.into_iter().map(none)).collect());
    }
    let mut turns = Vec::with_capacity(length);
    let mut order: Vec<usize> = (0..length).collect();
    let reverse = attributes["reverse"].as_bool().unwrap_or(false);
    if reverse {
        order.reverse();
    }
    for t in order {
        let slices = xs.iter().map(|x| x.try_index_axis(0, t.cast_signed())).collect::<Result<_, _>>()?;
        carry = turn(&carry, slices)?;
        turns.push(carry.split_off(carries));
    }
    if reverse {
        turns.reverse();
    }
    for i in 0..turns[0].len() {
        let ys: Vec<Var<'t>> = turns.iter().map(|ys| ys[i]).collect();
        carry.push(try_stack(&ys, 0)?);
    }
    Ok(carry)
}
