//! The sections of a case, by the derivatives that Cinta offers.
use std::panic::{AssertUnwindSafe, catch_unwind};

use cinta::{DType, Error, Options, Tape, Value, Var, jvp, vjp};
use ndarray::Array2;
use serde_json::Value as Json;

use crate::corpus::{Case, array, number, texts};
use crate::program::{Recorded, Stop, cast};
use crate::traced;
use crate::verdict::{Expected, Failure};

/// What became of a case.
pub(crate) enum Outcome {
    Checked(Vec<Failure>),
    Unsupported(String),
}

impl Case {
    /// Records the program and checks every section that the case has.
    pub(crate) fn check(&self) -> Outcome {
        let checked = without_panic(|| {
            let tape = Tape::new();
            match self.program.record(&tape) {
                Ok(recorded) => {
                    let sections = Sections::new(self, &recorded);
                    let mut failures = sections.check();
                    let reached = sections.reached();
                    for options in Options::each() {
                        failures.extend(traced::check(self, &reached, options));
                    }
                    Outcome::Checked(failures)
                }
                Err(Stop::Unsupported(op)) => Outcome::Unsupported(op),
                Err(Stop::FrontEnd(reason)) => Outcome::Checked(vec![Failure::new("program", "", reason)]),
                Err(Stop::Engine(error)) => Outcome::Checked(vec![Failure::new("program", "", error.to_string())]),
            }
        });
        checked.unwrap_or_else(|panic| Outcome::Checked(vec![Failure::new("program", "", panic)]))
    }
}

/// What a function gives, or the text of its panic.
pub(crate) fn without_panic<T>(f: impl FnOnce() -> T) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(f)).map_err(|panic| {
        let text = panic.downcast_ref::<String>().map(String::as_str);
        let text = text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("no text");
        format!("panicked: {text}")
    })
}

/// A recorded case: `names` and `vars` are its float inputs.
struct Sections<'a, 't> {
    case: &'a Case,
    output: Var<'t>,
    names: Vec<&'a str>,
    vars: Vec<Var<'t>>,
    float: DType,
}

impl<'a, 't> Sections<'a, 't> {
    fn new(case: &'a Case, recorded: &'a Recorded<'t>) -> Self {
        let (names, vars) =
            recorded.inputs.iter().filter(|(_, var)| var.dtype().is_float()).map(|(name, var)| (&**name, *var)).unzip();
        Self { case, output: recorded.output, names, vars, float: case.program.float() }
    }

    /// The inputs that the output depends on.
    fn reached(&self) -> Vec<String> {
        if self.case.json.get("vjp").is_none() {
            return Vec::new();
        }
        let reached = self.loss().and_then(|loss| loss.try_grad_or_none(&self.vars[..])).unwrap_or_default();
        self.names.iter().zip(reached).filter(|(_, d)| d.is_some()).map(|(name, _)| (*name).to_owned()).collect()
    }

    fn check(&self) -> Vec<Failure> {
        let mut failures = Vec::new();
        for section in ["value", "grads", "jvp", "vjp", "hvp", "hessian", "third"] {
            let Some(json) = self.case.json.get(section) else { continue };
            match self.section(section, json) {
                Ok(results) => {
                    for (of, got, json) in results {
                        let tol = &self.case.json["tol"];
                        let (rtol, atol) = (number(&tol["rtol"]), number(&tol["atol"][section]));
                        let expected = Expected { section, of, value: array(json), rtol, atol };
                        failures.extend(expected.check(&got, self.float).err());
                    }
                }
                Err(error) => failures.push(Failure::new(section, "", error.to_string())),
            }
        }
        failures
    }

    /// The results of a section, each with what it is of and where the expected one stands.
    fn section<'j>(&self, section: &str, json: &'j Json) -> Result<Vec<(String, Value, &'j Json)>, Error> {
        let one = |got: Value, json| Ok(vec![(String::new(), got, json)]);
        let named = |what: &str, vars: Vec<Var<'t>>, json: &'j Json| {
            let result = |(name, var): (&&str, Var<'t>)| Ok((format!("{name}{what}"), var.try_value()?, &json[*name]));
            self.names.iter().zip(vars).map(result).collect::<Result<Vec<_>, Error>>()
        };
        let each = |vars, json| named("", vars, json);
        match section {
            "value" => one(self.output.try_value()?, json),
            "grads" => each(self.output.try_grad_or_zeros(&self.vars[..])?, json),
            "jvp" => {
                let tangents = self.paired(&json["tangents"]);
                let [tangent] = jvp(&[self.output], &tangents)?[..] else { unreachable!("one output") };
                one(tangent.unwrap_or_else(|| self.output.zeros_like()).try_value()?, &json["result"])
            }
            "vjp" => {
                let ct = self.constant(&json["cotangent"]);
                each(self.or_zeros(vjp(&[(self.output, ct)], &self.vars[..])?), &json["grads"])
            }
            "hvp" => {
                let (v, want) = (&json["v"], &json["result"]);
                let reverse = self.slope(self.loss()?, v)?.try_grad_or_zeros(&self.vars[..])?;
                Ok([each(self.hvp(v)?, want)?, named(" in reverse", reverse, want)?].concat())
            }
            "hessian" => {
                assert_eq!(texts(&json["order"]), self.names, "the order of the inputs");
                one(self.hessian()?, &json["result"])
            }
            "third" => {
                let (v, want) = (&json["v"], &json["result"]);
                let reverse = self.slope(self.slope(self.slope(self.loss()?, v)?, v)?, v)?.try_value()?;
                let forward = self.third(v)?.try_value()?;
                Ok(vec![("forward".to_owned(), forward, want), ("reverse".to_owned(), reverse, want)])
            }
            _ => unreachable!("a section of the format"),
        }
    }

    fn constant(&self, json: &Json) -> Var<'t> {
        self.output.tape().constant(cast(&array(json), self.float))
    }

    /// Each float input with the array of its name.
    fn paired(&self, json: &Json) -> Vec<(Var<'t>, Var<'t>)> {
        self.names.iter().zip(&self.vars).map(|(name, var)| (*var, self.constant(&json[*name]))).collect()
    }

    fn or_zeros(&self, derivatives: Vec<Option<Var<'t>>>) -> Vec<Var<'t>> {
        derivatives.into_iter().zip(&self.vars).map(|(d, var)| d.unwrap_or_else(|| var.zeros_like())).collect()
    }

    /// The scalar L: the output, or Σ cotangent ⊙ output.
    fn loss(&self) -> Result<Var<'t>, Error> {
        if self.output.rank() == 0 {
            return Ok(self.output);
        }
        Ok(self.output.try_mul(self.constant(&self.case.json["vjp"]["cotangent"]))?.sum())
    }

    /// ∇²L·v. Inputs that L does not depend on are left out: `hvp` refuses to give them a silent zero.
    fn hvp(&self, v: &Json) -> Result<Vec<Var<'t>>, Error> {
        let loss = self.loss()?;
        let reached: Vec<bool> = loss.try_grad_or_none(&self.vars[..])?.iter().map(Option::is_some).collect();
        let chosen = self.paired(v).into_iter().zip(&reached).filter(|(_, reached)| **reached);
        let (vars, directions): (Vec<Var<'t>>, Vec<Var<'t>>) = chosen.map(|(pair, _)| pair).unzip();
        let mut products = loss.try_hvp(vars, directions)?.into_iter();
        Ok(self.or_zeros(reached.iter().map(|&reached| if reached { products.next() } else { None }).collect()))
    }

    /// All blocks ∂²L/∂a∂b, as one matrix.
    fn hessian(&self) -> Result<Value, Error> {
        let loss = self.loss()?;
        let total = self.vars.iter().map(|var| var.size()).sum();
        let mut matrix = Array2::<f64>::zeros((total, total));
        let mut row = 0;
        for (&a, da) in self.vars.iter().zip(loss.try_grad_or_none(&self.vars[..])?) {
            let mut column = 0;
            for &b in &self.vars {
                if let Some(da) = da
                    && let Some(block) = block(loss, (a, da), b)?
                {
                    for (i, x) in block.try_value()?.to_f64s().into_iter().enumerate() {
                        matrix[[row + i / b.size(), column + i % b.size()]] = x;
                    }
                }
                column += b.size();
            }
            row += a.size();
        }
        Ok(cast(&matrix.into(), self.float))
    }

    /// ∇y·v, in reverse.
    fn slope(&self, y: Var<'t>, v: &Json) -> Result<Var<'t>, Error> {
        let grads = self.or_zeros(y.try_grad_or_none(&self.vars[..])?);
        let zero = y.zeros_like();
        self.paired(v).into_iter().zip(grads).try_fold(zero, |sum, ((_, v), dy)| sum.try_add(dy.try_mul(v)?.sum()))
    }

    /// D³L\[v, v, v\], forward three times.
    fn third(&self, v: &Json) -> Result<Var<'t>, Error> {
        let tangents = self.paired(v);
        let mut derivative = self.loss()?;
        for _ in 0..3 {
            let [next] = jvp(&[derivative], &tangents)?[..] else { unreachable!("one output") };
            derivative = next.unwrap_or_else(|| derivative.zeros_like());
        }
        Ok(derivative)
    }
}

/// ∂²L/∂a∂b, or `None` where ∂L/∂a does not depend on b.
fn block<'t>(loss: Var<'t>, (a, da): (Var<'t>, Var<'t>), b: Var<'t>) -> Result<Option<Var<'t>>, Error> {
    if a.id() == b.id() {
        return loss.try_hessian(a).map(Some);
    }
    match vjp(&[(da, da.ones_like())], b)? {
        Some(_) => da.try_jacobian(b).map(Some),
        None => Ok(None),
    }
}
