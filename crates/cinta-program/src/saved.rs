//! Programs as text and in files, so that a service can start without the code that traced them.
//!
//! ```text
//! cinta program 1
//! checksum 8c736521
//! inputs %0
//! states %1
//! outputs %4
//! updates %3
//! values
//! %0: f64[2] = const [0.5, -1.0]
//! graph
//! %0: f64[2] = input "x"  # src/main.rs:3:14
//! …
//! ```
//!
//! The graph, which is simplified already, stands in the text form of graphs; so do the values of the states.
//! A program that is read is verified, lowered and planned for the machine that reads it.
use std::fmt::{self, Write as _};
use std::path::Path;
use std::str::FromStr;

use cinta_graph::{Error, ErrorKind, Graph, Kind, NodeId, Op};

use crate::options::Options;
use crate::program::Program;
use crate::simplify::Ports;

const MAGIC: &str = "cinta program";
/// The version of the format that is written, and the only one that is read.
const VERSION: &str = "1";

impl Program {
    /// Writes it to a file: graph, lines of the source, values of the states. [`load`](Self::load) reads it back.
    ///
    /// ```
    /// use cinta_program::{Function, Program};
    /// let mut f = Function::new(["x"], |[x]| x.sin() * 2.0);
    /// let file = std::env::temp_dir().join("sine.cinta");
    /// f.prepare(&[cinta_graph::ArrayType::new(cinta_graph::DType::F64, ())])?.save(&file)?;
    /// let mut program = Program::load(&file)?;
    /// assert_eq!(program.run(&[0.5.into()])?[0].item(), Some(0.5_f64.sin() * 2.0));
    /// # Ok::<(), cinta_graph::Error>(())
    /// ```
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn save(&self, path: impl AsRef<Path>) -> Result<(), Error> {
        let path = path.as_ref();
        std::fs::write(path, self.to_string()).map_err(|error| file_error(path, &error))
    }

    /// Reads a program from a file that [`save`](Self::save) wrote.
    ///
    /// # Errors
    /// If the file cannot be read, is none of a program, is of another version of the format, is damaged, or asks for more memory
    /// than there is; the text says which.
    pub fn load(path: impl AsRef<Path>) -> Result<Self, Error> {
        Self::load_with(path, &[])
    }

    /// [`load`](Self::load) for programs with operations of the user's, whose code a file does not hold: they are found
    /// by name among `ops`.
    ///
    /// # Errors
    /// As `load`, or if an operation is not among them.
    pub fn load_with(path: impl AsRef<Path>, ops: &[Op]) -> Result<Self, Error> {
        let path = path.as_ref();
        let bytes = std::fs::read(path).map_err(|error| file_error(path, &error))?;
        let text = str::from_utf8(&bytes).map_err(|_| foreign())?;
        Self::parse_with(text, ops)
    }

    /// Reads a program from the text that it prints.
    ///
    /// # Errors
    /// As [`load`](Self::load).
    pub fn parse_with(text: &str, ops: &[Op]) -> Result<Self, Error> {
        let (first, rest) = text.split_once('\n').ok_or_else(foreign)?;
        let version = first.strip_prefix(MAGIC).ok_or_else(foreign)?.trim();
        if version != VERSION {
            return Err(refuse(format!("is of version {version} of the format, this reads version {VERSION}")));
        }
        let (sum, rest) = rest.split_once('\n').ok_or_else(damaged)?;
        if sum.strip_prefix("checksum ") != Some(&checksum(rest)) {
            return Err(if text.contains('\r') {
                refuse("has other line ends than it was written with")
            } else {
                damaged()
            });
        }
        let mut rest = rest;
        let mut ids = |what: &str| -> Result<Vec<u64>, Error> {
            let (line, after) = rest.split_once('\n').ok_or_else(damaged)?;
            rest = after;
            let list = line.strip_prefix(what).ok_or_else(damaged)?.split_whitespace();
            list.map(|id| id.strip_prefix('%').and_then(|id| id.parse().ok()).ok_or_else(damaged)).collect()
        };
        let (inputs, states, outputs, updates) = (ids("inputs")?, ids("states")?, ids("outputs")?, ids("updates")?);
        let rest = rest.strip_prefix("values\n").ok_or_else(damaged)?;
        let (values, graph) = rest.split_once("graph\n").ok_or_else(damaged)?;
        let (values, graph) = (Graph::parse(values)?, Graph::parse_with(graph, ops)?);
        graph.verify()?;
        let nodes: Vec<NodeId> = graph.ids().collect();
        let node = |id: u64| usize::try_from(id).ok().and_then(|id| nodes.get(id)).copied().ok_or_else(damaged);
        let nodes = |ids: Vec<u64>| ids.into_iter().map(node).collect::<Result<Vec<NodeId>, Error>>();
        let ports = Ports {
            inputs: nodes(inputs)?,
            states: nodes(states)?,
            outputs: nodes(outputs)?,
            updates: nodes(updates)?,
        };
        let given = ports.given();
        let is_input = |id: &NodeId| matches!(graph.kind(*id), Kind::Input);
        let fits = ports.states.len() == ports.updates.len()
            && ports.states.len() == values.len()
            && given.iter().all(is_input)
            && graph.ids().filter(is_input).all(|id| given.contains(&id))
            && ports.states.iter().zip(&ports.updates).all(|(a, b)| graph.array_type(*a) == graph.array_type(*b));
        if !fits {
            return Err(damaged());
        }
        let mut program = Self::of_simplified(graph, ports, Options::default())?;
        for (position, id) in values.ids().enumerate() {
            let value = values.constant_value(id).ok_or_else(damaged)?;
            if value.array_type() != program.states()[position] {
                return Err(damaged());
            }
            program.set_state_at(position, &value);
        }
        Ok(program)
    }
}

/// The text that [`Program::save`] writes.
impl fmt::Display for Program {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut body = String::new();
        let ports = &self.ports;
        let lists = [
            ("inputs", &ports.inputs),
            ("states", &ports.states),
            ("outputs", &ports.outputs),
            ("updates", &ports.updates),
        ];
        for (what, ids) in lists {
            body += what;
            ids.iter().try_for_each(|id| write!(body, " {id}"))?;
            body.push('\n');
        }
        body += "values\n";
        let mut values = Graph::new();
        for (position, &id) in ports.states.iter().enumerate() {
            values.push_constant(self.state_at(position), self.graph.place(id).clone());
        }
        writeln!(body, "{values}graph\n{}", self.graph)?;
        write!(f, "{MAGIC} {VERSION}\nchecksum {}\n{body}", checksum(&body))
    }
}

/// [`Program::parse_with`], without operations of the user's.
impl FromStr for Program {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        Self::parse_with(text, &[])
    }
}

fn checksum(text: &str) -> String {
    format!("{:08x}", crc32fast::hash(text.as_bytes()))
}

fn refuse(reason: impl Into<String>) -> Error {
    Error::new(ErrorKind::Parse, "program", reason)
}

fn foreign() -> Error {
    refuse(format!("does not begin with \"{MAGIC}\": is this a file that Program::save wrote?"))
}

fn damaged() -> Error {
    refuse("is damaged: its text does not fit its checksum or is incomplete; save the program again")
}

fn file_error(path: &Path, error: &std::io::Error) -> Error {
    Error::new(ErrorKind::Argument, path.display().to_string(), error.to_string())
}
