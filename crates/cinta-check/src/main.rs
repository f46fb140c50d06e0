//! Checks the gradient of a function given as a graph in text form.
use std::fs;
use std::io::{Read, Write};
use std::process::ExitCode;

use cinta_check::{Check, Domain, Mode, Report};
use cinta_graph::{DType, Element, Graph, Kind, NodeId, Tape};
use lexopt::prelude::*;
use ndarray::{ArrayD, IxDyn};

const HELP: &str = "\
Checks the gradient of a function against difference quotients.

  cinta-check [OPTIONS] FILE        FILE holds a graph in text form; - is standard input

      --at NAME=NUMBERS   an input's value, row-major: --at x=0.5,1,-2; without it, numbers in ±[1/2, 1)
      --domain NAME=WHERE where an input may be: positive, simplex, definite, correlation, or bounds:
                          --domain x=0..1
      --output NAME       the node to differentiate: a name or %id; without it, the last one
      --mode MODE         auto, full (every entry) or fast (one direction)
      --order N           derivatives up to this order, at most 12
      --seed N            of the random numbers
      --svg INPUT=FILE    writes a picture of claimed against measured numbers
  -h, --help              this text

Operations of the graph that stop derivatives are held constant, and named.

A file may read:

  %0: f64[3] = input \"x\"
  %1: f64[3] = sin %0
  %2: f64[] = sum_to %1 shape=[]

The exit status is 0 if the gradient is right, 1 if it is not or nothing can be told, 2 if it could not be checked.";

/// Whole numbers up to this are all there in `f64`, in which the command reads them.
const MOST_WHOLE: f64 = 9_007_199_254_740_992.0;

/// Larger arrays are not made because a file says so: a program that asks for more memory than there is ends at once.
const MOST_NUMBERS: usize = 1 << 30;

/// Each derivative of a derivative has several times the nodes of the last one.
const MOST_ORDERS: usize = 12;

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

/// What the command line says.
#[derive(Default)]
struct Arguments {
    file: Option<String>,
    at: Vec<(String, Vec<f64>)>,
    output: Option<String>,
    pictures: Vec<(String, String)>,
    check: Check,
    seed: u64,
    help: bool,
}

fn main() -> ExitCode {
    match run() {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            // There is nowhere else to say it.
            let _ = writeln!(std::io::stderr(), "cinta-check: {error}");
            ExitCode::from(2)
        }
    }
}

fn run() -> Result<bool> {
    let arguments = arguments()?;
    let mut out = std::io::stdout();
    if arguments.help {
        writeln!(out, "{HELP}")?;
        return Ok(true);
    }
    let file = arguments.file.as_deref().ok_or("which file? --help says how to call this")?;
    let mut text = String::new();
    if file == "-" {
        std::io::stdin().read_to_string(&mut text)?;
    } else {
        text = fs::read_to_string(file).map_err(|error| format!("{file}: {error}"))?;
    }
    let report = check(Graph::parse(&text).map_err(|error| format!("{file}: {error}"))?, &arguments)?;
    write!(out, "{report}")?;
    for (input, path) in &arguments.pictures {
        let svg = report.to_svg(input).ok_or_else(|| format!("no entry of {input} was measured on its own"))?;
        fs::write(path, svg).map_err(|error| format!("{path}: {error}"))?;
    }
    Ok(report.passed())
}

fn arguments() -> Result<Arguments> {
    let mut arguments = Arguments { seed: 1, ..Arguments::default() };
    let mut parser = lexopt::Parser::from_env();
    while let Some(argument) = parser.next()? {
        match argument {
            Long("at") => {
                let (name, numbers) = pair(&parser.value()?.string()?)?;
                if arguments.at.iter().any(|(other, _)| *other == name) {
                    return Err(format!("{name} is given twice").into());
                }
                let numbers = numbers.split_terminator(',').map(|number| self::number(&name, number));
                arguments.at.push((name.clone(), numbers.collect::<Result<_>>()?));
            }
            Long("domain") => {
                let (name, domain) = pair(&parser.value()?.string()?)?;
                arguments.check = arguments.check.domain(&name, self::domain(&name, &domain)?);
            }
            Long("output") => arguments.output = Some(parser.value()?.string()?),
            Long("mode") => {
                let mode = match parser.value()?.string()?.as_str() {
                    "auto" => Mode::Auto,
                    "full" => Mode::Full,
                    "fast" => Mode::Fast,
                    other => return Err(format!("{other} is no mode: auto, full, fast").into()),
                };
                arguments.check = arguments.check.mode(mode);
            }
            Long("order") => {
                let order = parser.value()?.parse()?;
                if order > MOST_ORDERS {
                    return Err(format!("--order {order}: orders up to {MOST_ORDERS} are tried, for graphs of higher ones grow without end").into());
                }
                arguments.check = arguments.check.order(order);
            }
            Long("seed") => {
                arguments.seed = parser.value()?.parse()?;
                arguments.check = arguments.check.seed(arguments.seed);
            }
            Long("svg") => arguments.pictures.push(pair(&parser.value()?.string()?)?),
            Short('h') | Long("help") => arguments.help = true,
            Value(file) if arguments.file.is_none() => arguments.file = Some(file.string()?),
            other => return Err(other.unexpected().into()),
        }
    }
    Ok(arguments)
}

/// `x=1,2` in two.
fn pair(text: &str) -> Result<(String, String)> {
    let (name, rest) = text.split_once('=').ok_or_else(|| format!("expected NAME=…, not {text}"))?;
    Ok((name.to_owned(), rest.to_owned()))
}

fn number(input: &str, text: &str) -> Result<f64> {
    let text = text.trim();
    text.parse().map_err(|_| format!("{input}: {text:?} is no number").into())
}

fn domain(input: &str, text: &str) -> Result<Domain> {
    Ok(match text {
        "positive" => Domain::Positive,
        "simplex" => Domain::Simplex,
        "definite" => Domain::PositiveDefinite,
        "correlation" => Domain::Correlation,
        bounds => {
            let kinds = "positive, simplex, definite, correlation, or bounds as in 0..1";
            let (low, high) =
                bounds.split_once("..").ok_or_else(|| format!("{input}: {text} is no domain: {kinds}"))?;
            Domain::Bounds(number(input, low)?, number(input, high)?)
        }
    })
}

fn check(graph: Graph, arguments: &Arguments) -> Result<Report> {
    let label = |id: NodeId| graph.label(id);
    let inputs: Vec<NodeId> = graph.ids().filter(|id| matches!(graph.kind(*id), Kind::Input)).collect();
    let output = match &arguments.output {
        None => graph.ids().last().ok_or("the graph is empty")?,
        Some(name) => {
            let is_named = |id: &NodeId| label(*id) == *name || id.to_string() == *name;
            graph.ids().find(is_named).ok_or_else(|| format!("there is no node {name}"))?
        }
    };
    if let Some((name, _)) = arguments.at.iter().find(|(name, _)| !inputs.iter().any(|id| label(*id) == *name)) {
        let names: Vec<String> = inputs.iter().map(|id| label(*id)).collect();
        return Err(format!("there is no input {name}; there are {}", names.join(", ")).into());
    }
    if !inputs.iter().any(|id| graph.array_type(*id).dtype.is_float()) {
        return Err("the graph has no input of floats to differentiate by".into());
    }
    if let Some(id) = graph.ids().find(|id| graph.array_type(*id).shape.size() > MOST_NUMBERS) {
        return Err(format!("{} is {}, which is too large to be checked", label(id), graph.array_type(id)).into());
    }
    let mut values = Vec::new();
    for (i, &id) in inputs.iter().enumerate() {
        let ty = graph.array_type(id);
        let given = arguments.at.iter().find(|(name, _)| label(id) == *name).map(|(_, numbers)| numbers.clone());
        let anywhere = || {
            let numbers = somewhere(ty.shape.size(), arguments.seed.wrapping_add(i as u64));
            if ty.dtype.is_float() { numbers } else { numbers.iter().map(|x| f64::from(u8::from(*x > 0.0))).collect() }
        };
        let numbers = given.unwrap_or_else(anywhere);
        if numbers.len() != ty.shape.size() {
            return Err(format!(
                "{} is {ty}: that takes {} numbers, not {}",
                label(id),
                ty.shape.size(),
                numbers.len()
            )
            .into());
        }
        let holds = |x: &&f64| match ty.dtype {
            DType::F64 | DType::F32 => true,
            DType::I64 => x.fract() == 0.0 && x.abs() <= MOST_WHOLE,
            DType::Bool => **x == 0.0 || **x == 1.0,
        };
        if let Some(x) = numbers.iter().find(|x| !holds(x)) {
            return Err(format!("{} is {ty}, which does not hold {x}", label(id)).into());
        }
        values.push(match ty.dtype {
            DType::F64 => array::<f64>(&ty.shape, &numbers),
            DType::F32 => array::<f32>(&ty.shape, &numbers),
            DType::I64 => array::<i64>(&ty.shape, &numbers),
            DType::Bool => array::<bool>(&ty.shape, &numbers),
        });
    }
    let tape = Tape::from_graph(graph);
    let wrt: Vec<_> = inputs.into_iter().map(|id| tape.at(id)).collect();
    wrt.iter().zip(values).try_for_each(|(input, value)| input.try_set(value))?;
    Ok(arguments.check.vars(tape.at(output), &wrt)?)
}

fn array<T: Element>(shape: &[usize], numbers: &[f64]) -> cinta_graph::Value {
    let numbers = numbers.iter().map(|x| T::from_f64(*x)).collect();
    ArrayD::from_shape_vec(IxDyn(shape), numbers).expect("as many numbers as the shape has").into()
}

/// Numbers in ±[½, 1), the same for the same seed.
fn somewhere(count: usize, seed: u64) -> Vec<f64> {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    let mut next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let x = (state >> 11) as f64 / (1_u64 << 53) as f64;
        if x < 0.5 { x - 1.0 } else { x }
    };
    (0..count).map(|_| next()).collect()
}
