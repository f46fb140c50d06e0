//! The text form of a graph: one node a line, with its type and its place.
//!
//! ```text
//! %0: f64[2, 2] = input "w"               # src/main.rs:3:14
//! %1: f64[2] = const [0.5, -1.0]          # src/main.rs:4:14
//! %2: f64[2] = matmul %0 %1               # src/main.rs:5:17
//! %3: f64[] = sum_to %2 shape=[]          # src/main.rs:5:29
//! %4: f64[] = const 1.0                   # src/main.rs:6:18
//! %5: f64[2] = broadcast_to %4 shape=[2]  # src/main.rs:5:29 (pullback)
//! ```
//!
//! [`Graph::parse`] reads it back.
use std::fmt::{self, Write as _};

use crate::graph::ConstantRepr;
use crate::scalar::Scalar;
use crate::value::each_dtype;
use crate::{Element, Graph, Kind, NodeId, Place, Role, Value};

/// How many numbers of a constant the short form prints in full, and how many of a longer one it shows.
const SHORT: usize = 100;
const SHOWN: usize = 4;

/// `{}` is complete and reads back; `{:#}` shortens large constants.
impl fmt::Display for Graph {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lines: Vec<String> = self.ids().map(|id| self.text_of(id, f.alternate())).collect();
        let width = lines.iter().map(|line| line.chars().count()).filter(|n| *n <= 60).max().unwrap_or(0);
        for ((id, line), role) in self.ids().zip(lines).zip(self.roles()) {
            write!(f, "{line:width$}  # {}", place(self.place(id)))?;
            match role {
                Some(role) => writeln!(f, " ({})", role_name(role))?,
                None => writeln!(f)?,
            }
        }
        Ok(())
    }
}

impl Graph {
    /// One node as text, without its place.
    ///
    /// ```
    /// use cinta_graph::Tape;
    /// let tape = Tape::new();
    /// let x = tape.var([1.0, 2.0]).named("x");
    /// let y = x.sum();
    /// assert_eq!(tape.graph().line(y.id()), "%1: f64[] = sum_to %0 shape=[]");
    /// ```
    #[must_use]
    pub fn line(&self, id: NodeId) -> String {
        self.text_of(id, false)
    }

    fn text_of(&self, id: NodeId, short: bool) -> String {
        let mut line = format!("{id}: {} = ", self.array_type(id));
        match self.kind(id) {
            Kind::Input => line += "input",
            Kind::Constant(constant) => {
                line += "const ";
                line += &match &constant.0 {
                    ConstantRepr::Splat(x) => number(*x),
                    ConstantRepr::Array(value) => repeated(value).map_or_else(|| numbers(value, short), number),
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
        let needed = self.behind(outputs);
        let mut slice = Self::new();
        let mut renumbered: Vec<Option<NodeId>> = vec![None; needed.len()];
        for id in (0..needed.len()).filter(|&index| needed[index]).map(NodeId::new) {
            let new = slice.adopt(self, id, |input| renumbered[input.index()].expect("inputs come first"));
            renumbered[id.index()] = Some(new);
        }
        slice
    }

    /// For each node up to the last output, whether some output needs it.
    pub(super) fn behind(&self, outputs: &[NodeId]) -> Vec<bool> {
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
        needed
    }
}

/// The name of a role after the place of a node.
pub(super) fn role_name(role: Role) -> &'static str {
    match role {
        Role::Pullback => "pullback",
        Role::Pushforward => "pushforward",
    }
}

/// A place; a file whose name would not read back is put in quotes.
fn place(place: &Place) -> String {
    let file = &*place.file;
    let plain = file.trim() == file && !file.starts_with('"') && !file.is_empty() && !file.contains(char::is_control);
    if plain { place.to_string() } else { format!("{file:?}:{}:{}", place.line, place.column) }
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

/// The number that stands for a whole array: it is kept as one, and so it is read back.
fn repeated(value: &Value) -> Option<Scalar> {
    if value.shape().size() < 2 {
        return None;
    }
    each_dtype!(value.dtype(), T => value.as_splat::<T>().map(Element::pack))
}

/// The numbers of an array, flat in row-major order; a scalar without brackets.
fn numbers(value: &Value, short: bool) -> String {
    let shape = value.shape();
    let shown = if short && shape.size() > SHORT { SHOWN } else { shape.size() };
    let mut list: Vec<String> =
        each_dtype!(value.dtype(), T => value.view::<T>().iter().take(shown).map(|x| number(x.pack())).collect());
    if shown < shape.size() {
        list.push(format!("… {} more", shape.size() - shown));
    }
    if shape.rank() == 0 { list.concat() } else { format!("[{}]", list.join(", ")) }
}
