//! The text form of a graph: one node a line, with its type and its place.
//!
//! ```text
//! %0: f64[2, 2] = input "w"               # src/main.rs:3:14
//! %1: f64[2] = const [0.5, -1.0]          # src/main.rs:4:14
//! %2: f64[2] = matmul %0 %1               # src/main.rs:5:17
//! %3: f64[] = sum_to %2 shape=[]          # src/main.rs:5:29
//! ```
use std::fmt::{self, Write as _};

use crate::graph::ConstantRepr;
use crate::value::{Scalar, each_dtype};
use crate::{Element, Graph, Kind, NodeId, Value};

impl fmt::Display for Graph {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lines: Vec<String> = self.ids().map(|id| self.line(id)).collect();
        let width = lines.iter().map(|line| line.chars().count()).filter(|n| *n <= 60).max().unwrap_or(0);
        for (id, line) in self.ids().zip(lines) {
            writeln!(f, "{line:width$}  # {}", self.place(id))?;
        }
        Ok(())
    }
}

impl Graph {
    /// One node as text, without its place.
    #[must_use]
    pub fn line(&self, id: NodeId) -> String {
        let mut line = format!("{id}: {} = ", self.array_type(id));
        match self.kind(id) {
            Kind::Input => line += "input",
            Kind::Constant(constant) => {
                line += "const ";
                line += &match &constant.0 {
                    ConstantRepr::Splat(x) => number(*x),
                    ConstantRepr::Array(value) => numbers(value),
                };
            }
            Kind::Apply { op, inputs } => {
                line += op.name();
                for input in inputs {
                    _ = write!(line, " {input}");
                }
                let attributes = op.attributes().to_string();
                if !attributes.is_empty() {
                    line += " ";
                    line += &attributes;
                }
            }
        }
        if let Some(name) = self.name(id) {
            _ = write!(line, " {name:?}");
        }
        line
    }

    /// The part of the graph behind some nodes, numbered anew.
    #[must_use]
    pub fn slice(&self, outputs: &[NodeId]) -> Self {
        let mut needed = vec![false; outputs.iter().max().map_or(0, |id| id.index() + 1)];
        for id in outputs {
            needed[id.index()] = true;
        }
        for index in (0..needed.len()).rev() {
            if needed[index] {
                for input in self.inputs(NodeId::new(index)) {
                    needed[input.index()] = true;
                }
            }
        }
        let mut slice = Self::new();
        let mut renumbered: Vec<Option<NodeId>> = vec![None; needed.len()];
        for id in (0..needed.len()).filter(|&index| needed[index]).map(NodeId::new) {
            let new = slice.adopt(self, id, |input| renumbered[input.index()].expect("inputs come first"));
            renumbered[id.index()] = Some(new);
        }
        slice
    }
}

/// A number as it reads back to the same bits.
fn number(x: Scalar) -> String {
    match x {
        Scalar::F64(x) => float(x, format!("{x:?}")),
        Scalar::F32(x) => float(f64::from(x), format!("{x:?}")),
        Scalar::I64(x) => x.to_string(),
        Scalar::Bool(x) => x.to_string(),
    }
}

fn float(x: f64, text: String) -> String {
    match x {
        _ if x.is_nan() => "nan".to_owned(),
        _ if x.is_infinite() => if x > 0.0 { "inf" } else { "-inf" }.to_owned(),
        _ => text,
    }
}

/// The numbers of an array, flat in row-major order; a scalar without brackets.
fn numbers(value: &Value) -> String {
    let list: Vec<String> =
        each_dtype!(value.dtype(), T => value.view::<T>().iter().map(|x| number(x.pack())).collect());
    if value.shape().rank() == 0 { list.concat() } else { format!("[{}]", list.join(", ")) }
}
