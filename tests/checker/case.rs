//! A case: a function, a point, a gradient, and what may be said of it.
use std::fs;
use std::path::Path;

use cinta::check::{Arrays, Check, Report, Verdict};
use cinta::{DType, Tape, Value, Var, vjp};
use ndarray::{ArrayD, IxDyn};
use serde_json::Value as Json;

use crate::corpus::{self, Program, integer, list, number, steps, text, texts};
use crate::mutation::{Gradients, mutate};
use crate::program::cast;

/// A function and a point, the gradient under test, and the measured truth about it.
#[derive(Debug)]
pub(crate) struct Case {
    pub(crate) id: String,
    pub(crate) class: String,
    pub(crate) truth: String,
    accept: Vec<String>,
    program: Program,
    cotangent: Option<Value>,
    mutation: Json,
    detail: Json,
    /// The right gradient, where the case holds it.
    gradient: Option<Vec<f64>>,
}

/// What the checker said of a case.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub(crate) said: &'static str,
    pub(crate) acceptable: bool,
    pub(crate) evaluations: usize,
    pub(crate) report: Report,
}

/// Arrays by name, in the order of a program's inputs.
#[derive(Clone, Debug)]
struct Named(Vec<(String, Value)>);

impl Arrays for Named {
    fn arrays(&self) -> Vec<(String, Value)> {
        self.0.clone()
    }

    fn with_arrays(&self, arrays: &mut dyn Iterator<Item = Value>) -> Self {
        Self(self.0.iter().map(|(name, _)| name.clone()).zip(arrays).collect())
    }
}

impl Case {
    /// Reads every file of a folder whose name ends in `.jsonl`.
    pub(crate) fn read(folder: &Path) -> Vec<Self> {
        let entries = fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
        let mut paths: Vec<_> = entries.map(|entry| entry.expect("a readable entry").path()).collect();
        paths.retain(|path| path.extension().is_some_and(|extension| extension == "jsonl"));
        paths.sort();
        let read = |path| fs::read_to_string(path).unwrap_or_else(|error| panic!("{error}"));
        let case = |line: &str| Self::parse(&serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}")));
        paths.iter().flat_map(|path| read(path).lines().map(case).collect::<Vec<_>>()).collect()
    }

    fn parse(json: &Json) -> Self {
        let inputs = list(&json["inputs"]).iter().map(|input| (text(&input["name"]), array(input))).collect();
        Self {
            id: text(&json["id"]),
            class: text(&json["class"]),
            truth: text(&json["truth"]),
            accept: texts(&json["accept"]),
            program: Program { inputs, steps: steps(&json["program"]), output: text(&json["output"]) },
            cotangent: json.get("cotangent").map(array),
            mutation: json["mutation"].clone(),
            detail: json["detail"].clone(),
            gradient: json.get("gradient").map(|gradient| list(gradient).iter().map(number).collect()),
        }
    }

    /// The largest relative change of an entry by the mutation; `None` where there is none.
    pub(crate) fn change(&self) -> Option<f64> {
        self.detail.get("rel_norm").map(number)
    }

    /// Whether no other verdict than the truth is acceptable.
    pub(crate) fn is_decided(&self) -> bool {
        self.accept.len() == 1
    }

    /// The same function at a point nearby, with its right gradient.
    pub(crate) fn nearby(&self, k: u32) -> Self {
        let moved = |(name, value): &(String, Value)| {
            let mut i = 0.0;
            let mut factor = || {
                i += 1.7;
                1.0 + 0.003 * f64::from(k) * f64::sin(i + f64::from(k))
            };
            #[expect(clippy::cast_possible_truncation, reason = "any point nearby will do")]
            let value = match value.dtype() {
                DType::F64 => value.view::<f64>().mapv(|x| x * factor()).into(),
                DType::F32 => value.view::<f32>().mapv(|x| x * factor() as f32).into(),
                DType::I64 | DType::Bool => value.clone(),
            };
            (name.clone(), value)
        };
        let inputs = self.program.inputs.iter().map(moved).collect();
        let program = Program { inputs, steps: self.program.steps.clone(), output: self.program.output.clone() };
        Self {
            id: format!("{} nearby, {k}", self.id),
            class: self.class.clone(),
            truth: "right".to_owned(),
            accept: ["right", "cannot", "kink"].map(str::to_owned).to_vec(),
            program,
            cotangent: self.cotangent.clone(),
            mutation: Json::Null,
            detail: self.detail.clone(),
            gradient: None,
        }
    }

    /// Runs the checker; `None` if the program has an operation that is missing.
    pub(crate) fn run(&self) -> Option<Outcome> {
        let tape = Tape::new();
        let recorded = self.program.record(&tape).ok()?;
        let floats = self.program.inputs.iter().filter(|(_, value)| value.dtype().is_float());
        let point = Named(floats.cloned().collect());
        let gradient = self.under_test(&point)?;
        let vars: Vec<Var<'_>> =
            recorded.inputs.iter().map(|(_, var)| *var).filter(|var| var.dtype().is_float()).collect();
        let cotangent = self.cotangent.as_ref().map(Value::to_f64s);
        let f = |point: &Named| {
            vars.iter().zip(&point.0).for_each(|(var, (_, value))| var.set(value));
            let output = recorded.output.value();
            match &cotangent {
                Some(ct) => Value::from(ct.iter().zip(output.to_f64s()).map(|(a, b)| a * b).sum::<f64>()),
                None => output,
            }
        };
        let float = self.program.float();
        let report = Check::new().quiet().gradient(|point| cast(&f(point), float), |_| gradient.clone(), &point);
        let said = match report.verdict() {
            Verdict::Right => "right",
            Verdict::Unclear => "cannot",
            Verdict::Kink | Verdict::Jump => "kink",
            Verdict::Wrong => "wrong",
        };
        let limit = self.change().unwrap_or_else(|| number(&self.detail["limit_norm"]));
        let coarse = said == "right" && report.resolution() >= limit;
        let acceptable = self.accept.iter().any(|accept| accept == said || accept == "right@" && coarse);
        Some(Outcome { said, acceptable, evaluations: report.evaluations(), report })
    }

    /// The gradient under test: the right one, mutated.
    fn under_test(&self, point: &Named) -> Option<Named> {
        let mut gradients = self.right(&self.program)?;
        if let Some(known) = &self.gradient {
            let mut known = known.iter().copied();
            for (name, value) in &point.0 {
                gradients.insert(name.clone(), known.by_ref().take(value.shape().size()).collect());
            }
        }
        if self.mutation["kind"] == "program" {
            let (steps, output) = (steps(&self.mutation["program"]), text(&self.mutation["output"]));
            gradients = self.right(&Program { inputs: self.program.inputs.clone(), steps, output })?;
        } else if !self.mutation.is_null() {
            let point = point.0.iter().map(|(name, value)| (name.clone(), value.to_f64s())).collect();
            mutate(&mut gradients, &point, &self.mutation);
        }
        let array = |(name, value): &(String, Value)| {
            let array = ArrayD::from_shape_vec(IxDyn(&value.shape()), gradients[name].clone());
            (name.clone(), cast(&array.expect("as many numbers").into(), value.dtype()))
        };
        Some(Named(point.0.iter().map(array).collect()))
    }

    /// The gradient of a program by Cinta, in `f64`.
    fn right(&self, program: &Program) -> Option<Gradients> {
        let wide = |(name, value): &(String, Value)| {
            let value =
                if value.dtype() == DType::F32 { value.view::<f32>().mapv(f64::from).into() } else { value.clone() };
            (name.clone(), value)
        };
        let inputs = program.inputs.iter().map(wide).collect();
        let wide = Program { inputs, steps: program.steps.clone(), output: program.output.clone() };
        let tape = Tape::new();
        let recorded = wide.record(&tape).ok()?;
        let vars: Vec<_> = recorded.inputs.iter().filter(|(_, var)| var.dtype().is_float()).collect();
        let ct = self.cotangent.clone().unwrap_or_else(|| 1.0.into());
        let wrt: Vec<Var<'_>> = vars.iter().map(|(_, var)| *var).collect();
        let grads = vjp(&[(recorded.output, tape.constant(ct))], &wrt[..]).expect("a gradient");
        let numbers = |((name, var), grad): (&&(String, Var<'_>), Option<Var<'_>>)| {
            (name.clone(), grad.map_or_else(|| vec![0.0; var.size()], |grad| grad.value().to_f64s()))
        };
        Some(vars.iter().zip(grads).map(numbers).collect())
    }
}

/// An array with its numbers, or with a rule for them.
fn array(json: &Json) -> Value {
    let Some(fill) = json.get("fill") else { return corpus::array(json) };
    let n: usize = list(&json["shape"]).iter().map(|n| usize::try_from(integer(n)).expect("a size")).product();
    let get = |name: &str| number(&fill[name]);
    let entry = |i: usize| match fill["rule"].as_str() {
        Some("linspace") => get("lo") + (get("hi") - get("lo")) * (i as f64 / (n - 1) as f64),
        Some("sine") => get("mid") + get("amp") * (get("freq") * i as f64).sin(),
        _ => panic!("no rule {fill}"),
    };
    let mut json = json.clone();
    json["data"] = (0..n).map(entry).collect();
    corpus::array(&json)
}
