//! The same cases traced as functions: differentiated as functions, compiled, called.
use std::sync::Arc;

use cinta::{Error, Function, Options, Value, View};
use serde_json::Value as Json;

use crate::corpus::{Case, array, number, texts};
use crate::program::{Stop, cast};
use crate::verdict::{Expected, Failure};

const SECTIONS: [&str; 7] =
    ["traced value", "traced grads", "traced jvp", "traced vjp", "traced hvp", "traced hessian", "traced third"];

/// The section of the corpus that a section of a traced function is held against.
pub(crate) fn plain(section: &str) -> &str {
    section.strip_prefix("traced ").unwrap_or(section)
}

/// A case as a function, and the scalar L made of it.
struct Traced<'c> {
    case: &'c Case,
    /// The inputs with derivatives, and those among them that the output depends on.
    floats: Vec<&'c str>,
    reached: Vec<&'c str>,
    output: Function,
    loss: Function,
}

/// Checks every section of a case that its transforms can say. `reached` are the inputs that the output depends on.
pub(crate) fn check(case: &Case, reached: &[String], options: Options) -> Vec<Failure> {
    let names: Vec<&str> = case.program.inputs.iter().map(|(name, _)| name.as_str()).collect();
    let floats: Vec<&str> =
        case.program.inputs.iter().filter(|(_, x)| x.dtype().is_float()).map(|(n, _)| &**n).collect();
    let float = case.program.float();
    let program = Arc::new(case.program.clone());
    let ct = case.json.get("vjp").map(|vjp| cast(&array(&vjp["cotangent"]), float));
    let output = {
        let program = program.clone();
        Function::one(&names, move |tape, vars| program.record_on(tape, vars).map_err(Stop::into_error))
            .with_options(options)
    };
    let loss = Function::one(&names, move |tape, vars| {
        let output = program.record_on(tape, vars).map_err(Stop::into_error)?;
        match &ct {
            Some(ct) if output.rank() > 0 => Ok(output.try_mul(tape.constant(ct))?.sum()),
            _ => Ok(output),
        }
    })
    .with_options(options);
    let reached = floats.iter().copied().filter(|name| reached.iter().any(|reached| reached == name)).collect();
    let traced = Traced { case, floats, reached, output, loss };
    let mut failures = Vec::new();
    for section in SECTIONS {
        let plain = plain(section);
        let Some(json) = case.json.get(plain) else { continue };
        match traced.section(plain, json) {
            Ok(results) => {
                for (of, got, json) in results {
                    let tol = &case.json["tol"];
                    let (rtol, atol) = (number(&tol["rtol"]), number(&tol["atol"][plain]));
                    failures.extend(Expected { section, of, value: array(json), rtol, atol }.check(&got, float).err());
                }
            }
            Err(error) => failures.push(Failure::new(section, "", error.to_string())),
        }
    }
    failures
}

type Results<'j> = Vec<(String, Value, &'j Json)>;

impl Traced<'_> {
    /// The arguments, with extra arrays of some names behind them.
    fn call<O: cinta::Outputs>(
        &self,
        f: &mut Function<O>,
        names: &[&str],
        extra: &Json,
    ) -> Result<O::Of<Value>, Error> {
        let extra: Vec<Value> = names.iter().map(|name| self.number(&extra[*name])).collect();
        let views: Vec<View<'_>> = self
            .case
            .program
            .inputs
            .iter()
            .map(|(_, value)| View::from(value))
            .chain(extra.iter().map(View::from))
            .collect();
        f.call(&views[..])
    }

    fn number(&self, json: &Json) -> Value {
        cast(&array(json), self.case.program.float())
    }

    /// Zeros for inputs that are not reached, which a gradient leaves out.
    fn named<'j>(&self, found: &cinta::IndexMap<String, Value>, json: &'j Json) -> Results<'j> {
        let result = |name: &&str| {
            let value = found.get(*name).cloned().unwrap_or_else(|| {
                let zeros = array(&json[*name]).to_f64s().iter().map(|_| 0.0).collect::<Vec<_>>();
                let shape = array(&json[*name]).shape();
                let zeros = ndarray::ArrayD::from_shape_vec(ndarray::IxDyn(&shape), zeros).expect("as many");
                cast(&zeros.into(), self.case.program.float())
            });
            ((*name).to_owned(), value, &json[*name])
        };
        self.floats.iter().map(result).collect()
    }

    fn section<'j>(&self, section: &str, json: &'j Json) -> Result<Results<'j>, Error> {
        let one = |value, json| Ok(vec![(String::new(), value, json)]);
        let none = Json::Null;
        match section {
            "value" => one(self.call(&mut self.output.clone(), &[], &none)?, json),
            "grads" => {
                let (_, grads) = self.call(&mut self.output.value_and_grad(&self.reached[..])?, &[], &none)?;
                Ok(self.named(&grads, json))
            }
            "jvp" => {
                let mut f = self.output.jvp(&self.floats[..])?;
                one(self.call(&mut f, &self.floats, &json["tangents"])?.1, &json["result"])
            }
            "vjp" => {
                let mut f = self.output.vjp(&self.floats[..])?;
                let ct = Json::Object([("ct".to_owned(), json["cotangent"].clone())].into_iter().collect());
                let (_, pulled) = self.call(&mut f, &["ct"], &ct)?;
                Ok(self.named(&pulled, &json["grads"]))
            }
            "hvp" => {
                let mut f = self.loss.hvp(&self.reached[..])?;
                let products = self.call(&mut f, &self.reached, &json["v"])?;
                Ok(self.named(&products, &json["result"]))
            }
            // One block, where there is one input.
            "hessian" => match texts(&json["order"]).as_slice() {
                [name] if self.reached.contains(&name.as_str()) => {
                    let hessian = self.call(&mut self.loss.hessian(name)?, &[], &none)?;
                    let n = array(&json["result"]).shape()[0];
                    let matrix = hessian.to_f64s();
                    let matrix = ndarray::Array2::from_shape_vec((n, n), matrix).expect("n by n");
                    one(cast(&matrix.into(), self.case.program.float()), &json["result"])
                }
                _ => Ok(Vec::new()),
            },
            "third" => {
                // Forward three times: each time the same directions, for the inputs only.
                let mut f = self.loss.clone();
                let mut names: Vec<&str> = Vec::new();
                for _ in 0..3 {
                    let pushed = f.jvp(&self.floats[..])?;
                    names.extend(&self.floats);
                    f = pushed.second();
                }
                one(self.call(&mut f, &names, &json["v"])?, &json["result"])
            }
            _ => unreachable!("a section of the format"),
        }
    }
}
