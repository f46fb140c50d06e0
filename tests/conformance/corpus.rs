//! The corpus as read from its lines of JSON.
use std::fs;
use std::path::Path;

use cinta::{DType, Value};
use ndarray::{ArrayD, IxDyn};
use serde_json::Value as Json;

/// A program with what it should give.
#[derive(Debug)]
pub(crate) struct Case {
    pub(crate) id: String,
    pub(crate) family: String,
    pub(crate) program: Program,
    /// The sections with expected results, and their tolerances.
    pub(crate) json: Json,
}

/// Named inputs, steps, the name of the output.
#[derive(Clone, Debug)]
pub(crate) struct Program {
    pub(crate) inputs: Vec<(String, Value)>,
    pub(crate) steps: Vec<Step>,
    pub(crate) output: String,
}

/// One operation of a program: it reads names and gives names.
#[derive(Clone, Debug)]
pub(crate) struct Step {
    pub(crate) out: Vec<String>,
    pub(crate) op: String,
    pub(crate) inputs: Vec<String>,
    pub(crate) attributes: Json,
}

/// A value of a unary function and its first three derivatives at a point.
#[derive(Debug)]
pub(crate) struct Row {
    pub(crate) function: String,
    pub(crate) x: f64,
    /// `None` where the corpus does not say.
    pub(crate) f: Vec<Option<f64>>,
}

/// A program that must be refused.
#[derive(Debug)]
pub(crate) struct Refused {
    pub(crate) id: String,
    pub(crate) kind: String,
    pub(crate) why: String,
    pub(crate) program: Program,
}

/// Everything that some files hold, each line read by its shape.
#[derive(Debug, Default)]
pub(crate) struct Corpus {
    pub(crate) cases: Vec<Case>,
    pub(crate) rows: Vec<Row>,
    pub(crate) refused: Vec<Refused>,
}

impl Corpus {
    /// Reads every file of a folder whose name ends in `.jsonl`.
    pub(crate) fn read(folder: &Path) -> Self {
        let entries = fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
        let mut paths: Vec<_> = entries.map(|entry| entry.expect("a readable entry").path()).collect();
        paths.retain(|path| path.extension().is_some_and(|extension| extension == "jsonl"));
        paths.sort();
        let mut corpus = Self::default();
        for path in paths {
            let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            for (number, line) in (1..).zip(text.lines()).filter(|(_, line)| !line.trim().is_empty()) {
                let json = serde_json::from_str(line);
                corpus.push(json.unwrap_or_else(|error| panic!("{}:{number}: {error}", path.display())));
            }
        }
        corpus
    }

    fn push(&mut self, json: Json) {
        if json.get("fn").is_some() {
            let f = list(&json["f"]).iter().map(|x| (!x.is_null()).then(|| number(x))).collect();
            self.rows.push(Row { function: text(&json["fn"]), x: number(&json["x"]), f });
        } else if json.get("why").is_some() {
            let (id, kind) = (text(&json["id"]), text(&json["kind"]));
            self.refused.push(Refused { id, kind, why: text(&json["why"]), program: program(&json) });
        } else {
            let (id, family) = (text(&json["id"]), text(&json["family"]));
            self.cases.push(Case { id, family, program: program(&json), json });
        }
    }
}

fn program(json: &Json) -> Program {
    let inputs = list(&json["inputs"]).iter().map(|input| (text(&input["name"]), array(input))).collect();
    Program { inputs, steps: steps(&json["program"]), output: text(&json["output"]) }
}

pub(crate) fn steps(json: &Json) -> Vec<Step> {
    let step = |json: &Json| Step {
        out: json["out"].as_str().map_or_else(|| texts(&json["out"]), |name| vec![name.to_owned()]),
        op: text(&json["op"]),
        inputs: json.get("in").map_or_else(Vec::new, texts),
        attributes: json.get("attrs").cloned().unwrap_or(Json::Null),
    };
    list(json).iter().map(step).collect()
}

/// An array of the format, `{dtype, shape, data}`.
pub(crate) fn array(json: &Json) -> Value {
    let shape: Vec<usize> = list(&json["shape"]).iter().map(|n| integer(n).try_into().expect("a size")).collect();
    let data = list(&json["data"]);
    let dtype = DType::from_name(&text(&json["dtype"])).expect("a dtype");
    match dtype {
        DType::F64 => shaped(&shape, data.iter().map(number).collect()),
        #[expect(clippy::cast_possible_truncation, reason = "these numbers are f32, written as f64")]
        DType::F32 => shaped(&shape, data.iter().map(|x| number(x) as f32).collect()),
        DType::I64 => shaped(&shape, data.iter().map(integer).collect()),
        DType::Bool => shaped(&shape, data.iter().map(|x| x.as_bool().expect("a truth value")).collect()),
    }
}

pub(crate) fn shaped<T: cinta::Element>(shape: &[usize], data: Vec<T>) -> Value {
    ArrayD::from_shape_vec(IxDyn(shape), data).expect("as many numbers as the shape has").into()
}

pub(crate) fn list(json: &Json) -> &[Json] {
    json.as_array().unwrap_or_else(|| panic!("expected a list, not {json}"))
}

pub(crate) fn text(json: &Json) -> String {
    json.as_str().unwrap_or_else(|| panic!("expected a text, not {json}")).to_owned()
}

pub(crate) fn texts(json: &Json) -> Vec<String> {
    list(json).iter().map(text).collect()
}

pub(crate) fn integer(json: &Json) -> i64 {
    json.as_i64().unwrap_or_else(|| panic!("expected an integer, not {json}"))
}

/// A number; those that are not finite, and −0, are texts.
pub(crate) fn number(json: &Json) -> f64 {
    let parsed = json.as_f64().or_else(|| json.as_str()?.parse().ok());
    parsed.unwrap_or_else(|| panic!("expected a number, not {json}"))
}
