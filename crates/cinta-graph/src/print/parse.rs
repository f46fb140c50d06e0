//! Reading the text form of a graph.
//!
//! ```text
//! node  = %id ":" type "=" (input | const | op) [name] ["#" place]
//! type  = dtype "[" sizes "]"
//! const = "const" (number | "[" numbers "]")     one number in a type with axes is repeated
//! op    = word %id … [key=value …]
//! place = file ":" line ":" column ["(pullback)" | "(pushforward)"]
//! ```
//!
//! Blank lines, lines that start with `#` and the spaces between words do not matter. A node without a
//! place is said to come from its line of the text. Ids need not be consecutive.
use std::borrow::Cow;
use std::str::FromStr;

use indexmap::IndexMap;
use ndarray::ArrayD;
use rustc_hash::FxBuildHasher;
use smallvec::SmallVec;

use super::cursor::{Cursor, Fail};
use super::nearest::nearest;
use super::text::role_name;
use crate::error::ErrorKind;
use crate::graph::{Constant, ConstantRepr};
use crate::ops::{Attribute, Attributes};
use crate::scalar::Scalar;
use crate::value::each_dtype;
use crate::{ArrayType, DType, Element, Error, Graph, NodeId, Op, Place, Role, Shape, Value};

impl Graph {
    /// Reads a graph from what `to_string` prints: the same nodes, types, names, places and roles, numbered from 0.
    ///
    /// ```
    /// use cinta_graph::{Graph, Tape};
    /// let graph = Graph::parse(
    ///     r#"
    ///     %0: f64[2] = input "x"
    ///     %1: f64[2] = const 3.0
    ///     %2: f64[2] = mul %0 %1
    ///     "#,
    /// )?;
    /// assert_eq!(Graph::parse(&graph.to_string())?.to_string(), graph.to_string());
    ///
    /// let tape = Tape::from_graph(graph);
    /// let x = tape.by_name("x").expect("a node of that name");
    /// x.set([1.0, 2.0]);
    /// assert_eq!(tape.at(tape.graph().ids().last().expect("a node")).value(), ndarray::array![3.0, 6.0]);
    /// # Ok::<(), cinta_graph::Error>(())
    /// ```
    ///
    /// # Errors
    /// The first line that is not a node of a valid graph, with its number, the column, and what was expected.
    pub fn parse(text: &str) -> Result<Self, Error> {
        Self::parse_with(text, &[])
    }

    /// [`parse`](Self::parse) for graphs with operations of the user's, whose code a text does not hold: they
    /// are found by name among `ops`.
    ///
    /// ```
    /// use cinta_graph::{Graph, Tape, custom_vjp};
    /// let tape = Tape::new();
    /// let y = custom_vjp("twice", [tape.var(1.0)], |[x]| x * 2.0, |[_x], _y, ct| [ct * 2.0]);
    /// let graph = tape.graph();
    /// let twice = graph.op(y.id()).expect("an operation").clone();
    /// assert_eq!(Graph::parse_with(&graph.to_string(), &[twice])?.to_string(), graph.to_string());
    /// # Ok::<(), cinta_graph::Error>(())
    /// ```
    ///
    /// # Errors
    /// As `parse`.
    pub fn parse_with(text: &str, ops: &[Op]) -> Result<Self, Error> {
        let mut reader = Reader { graph: Self::new(), ids: IndexMap::default(), ops };
        for (number, line) in (1..).zip(text.lines()) {
            reader.line(number, line).map_err(|Fail { at, reason }| {
                let column = line[..at].chars().count() + 1;
                Error::new(ErrorKind::Parse, format!("line {number}, column {column}"), reason)
            })?;
        }
        Ok(reader.graph)
    }
}

/// [`Graph::parse`].
impl FromStr for Graph {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        Self::parse(text)
    }
}

/// The graph read so far, and the nodes of the ids in the text.
struct Reader<'a> {
    graph: Graph,
    ids: IndexMap<u64, NodeId, FxBuildHasher>,
    /// Operations of the user's.
    ops: &'a [Op],
}

/// What a line says a node is.
enum Said {
    Input,
    Constant(Constant),
    Apply(Op, SmallVec<[NodeId; 4]>),
}

impl Reader<'_> {
    fn line(&mut self, number: u32, line: &str) -> Result<(), Fail> {
        let mut cursor = Cursor::new(line);
        if cursor.rest().is_empty() || cursor.next_is("#") {
            return Ok(());
        }
        let id_at = cursor.clone();
        cursor.expect("%", "a node such as %0")?;
        let id: u64 = cursor.index("the number of a node")?;
        if self.ids.contains_key(&id) {
            return Err(id_at.clone().fail(format!("%{id} is defined twice")));
        }
        cursor.expect(":", ": and the node's type")?;
        let mut type_at = cursor.clone();
        let ty = array_type(&mut cursor)?;
        cursor.expect("=", "= and what the node is")?;
        let said = self.said(&mut cursor, &ty, &mut type_at)?;
        let name = if cursor.next_is("\"") { Some(cursor.quoted()?) } else { None };
        let (place, role) = place(&mut cursor, number)?;
        let node = self.push(said, ty, place);
        self.ids.insert(id, node);
        if let Some(name) = name {
            self.graph.set_name(node, name);
        }
        if let Some(role) = role {
            self.graph.set_last_role(role);
        }
        Ok(())
    }

    /// `input`, `const …` or an operation on earlier nodes.
    fn said(&self, cursor: &mut Cursor<'_>, ty: &ArrayType, type_at: &mut Cursor<'_>) -> Result<Said, Fail> {
        let mut head_at = cursor.clone();
        match cursor.word() {
            "" => Err(head_at.expected("input, const or an operation")),
            "input" => Ok(Said::Input),
            "const" => constant(cursor, ty).map(Said::Constant),
            head => {
                let mut inputs = SmallVec::new();
                while cursor.next_is("%") {
                    inputs.push(self.node(cursor)?);
                }
                let attributes = attributes(cursor)?;
                let op = operation(head, &attributes, self.ops).map_err(|reason| head_at.fail(reason))?;
                let types: SmallVec<[&ArrayType; 4]> = inputs.iter().map(|&id| self.graph.array_type(id)).collect();
                match op.infer(&types) {
                    Ok(inferred) if &inferred == ty => Ok(Said::Apply(op, inputs)),
                    Ok(inferred) => Err(type_at.fail(format!("{head} gives {inferred} here, not {ty}"))),
                    Err(reason) => {
                        let types: Vec<String> = types.iter().map(ToString::to_string).collect();
                        Err(head_at.fail(format!("{head} of {}: {reason}", types.join(", "))))
                    }
                }
            }
        }
    }

    /// An earlier node.
    fn node(&self, cursor: &mut Cursor<'_>) -> Result<NodeId, Fail> {
        let at = cursor.clone();
        cursor.expect("%", "a node such as %0")?;
        let id: u64 = cursor.index("the number of a node")?;
        self.ids.get(&id).copied().ok_or_else(|| at.clone().fail(format!("%{id} is not defined above")))
    }

    fn push(&mut self, said: Said, ty: ArrayType, place: Place) -> NodeId {
        match said {
            Said::Input => self.graph.push_input(ty, place),
            Said::Constant(constant) => {
                let (ty, place) = (self.graph.intern_type(ty), self.graph.intern_place(place));
                self.graph.push_constant_node(constant, ty, place)
            }
            Said::Apply(op, inputs) => self.graph.push(&op, &inputs, place).expect("its types were checked"),
        }
    }
}

/// The operation of a name and attributes, the user's before those of the list.
fn operation(name: &str, attributes: &Attributes, users: &[Op]) -> Result<Op, String> {
    if let Some(op) = users.iter().find_map(|op| op.reads_as(name, attributes)) {
        return Ok(op);
    }
    let Some(op) = Op::read(name, attributes) else {
        return Err(format!("unknown operation {name:?}; the nearest names are {}", nearest(name).join(", ")));
    };
    let op = op.map_err(|reason| format!("{name}: {reason}"))?;
    let known = op.attributes();
    match attributes.iter().map(|(key, _)| key).find(|key| known.iter().all(|(known, _)| known != *key)) {
        Some(key) => Err(format!("{name} has no attribute {key}")),
        None => Ok(op),
    }
}

/// `f64[4, 2]`
fn array_type(cursor: &mut Cursor<'_>) -> Result<ArrayType, Fail> {
    let mut at = cursor.clone();
    let Some(dtype) = DType::from_name(cursor.word()) else {
        return Err(at.expected("a type such as f64[2, 3] (f64, f32, i64 or bool)"));
    };
    let mut sizes: SmallVec<[usize; 4]> = SmallVec::new();
    cursor.list(|cursor| {
        sizes.push(cursor.index("a size")?);
        Ok(())
    })?;
    let ty = ArrayType::new(dtype, sizes.into_iter().collect::<Shape>());
    ty.shape.check_size().map(|()| ty).map_err(|reason| at.fail(reason))
}

/// `2.0` or `[1.0, 2.0]`. Nothing is allocated by what the type says, only by what the text holds.
fn constant(cursor: &mut Cursor<'_>, ty: &ArrayType) -> Result<Constant, Fail> {
    if !cursor.next_is("[") {
        return Ok(Constant(ConstantRepr::Splat(scalar(cursor, ty.dtype)?)));
    }
    let mut at = cursor.clone();
    if ty.shape.rank() == 0 {
        return Err(at.fail(format!("a constant of type {ty} is one number, without brackets")));
    }
    let value = each_dtype!(ty.dtype, T => {
        let mut numbers: Vec<T> = Vec::new();
        cursor.list(|cursor| {
            numbers.push(*T::unpack(&scalar(cursor, ty.dtype)?).expect("a scalar of this dtype"));
            Ok(())
        })?;
        let count = numbers.len();
        ArrayD::from_shape_vec(ty.shape.to_vec(), numbers)
            .map(Value::from)
            .map_err(|_| at.fail(format!("{ty} holds {} numbers, found {count}", ty.shape.size())))?
    });
    Ok(Constant(ConstantRepr::Array(value)))
}

/// One number of a dtype. What is too large for it is refused, not rounded to infinity.
fn scalar(cursor: &mut Cursor<'_>, dtype: DType) -> Result<Scalar, Fail> {
    let mut at = cursor.clone();
    let word = cursor.word();
    if word.starts_with('…') {
        return Err(at.fail("this constant was shortened for reading; print the whole with to_string()"));
    }
    let infinite = word.trim_start_matches(['+', '-']).starts_with(['i', 'I']);
    let fits = |x: f64| x.is_finite() || x.is_nan() || infinite;
    let scalar = match dtype {
        DType::F64 => word.parse().ok().filter(|&x: &f64| fits(x)).map(Scalar::F64),
        DType::F32 => word.parse().ok().filter(|&x: &f32| fits(f64::from(x))).map(Scalar::F32),
        DType::I64 => word.parse().ok().map(Scalar::I64),
        DType::Bool => word.parse().ok().map(Scalar::Bool),
    };
    let what = match dtype {
        DType::Bool => "true or false".to_owned(),
        _ => format!("a number that {dtype} can hold"),
    };
    scalar.ok_or_else(|| at.expected(&what))
}

/// `axes=[0, 1] keep=true`, as many as there are.
fn attributes(cursor: &mut Cursor<'_>) -> Result<Attributes, Fail> {
    let mut attributes = Attributes::none();
    while !matches!(cursor.rest().chars().next(), None | Some('"' | '#')) {
        let mut at = cursor.clone();
        let key = cursor.word();
        if key.is_empty() {
            return Err(at.expected("a node, an attribute, a name in quotes, or # and a place"));
        }
        if attributes.iter().any(|(known, _)| known == key) {
            return Err(at.fail(format!("attribute {key} is given twice")));
        }
        cursor.expect("=", &format!("= and the value of {key}"))?;
        attributes = attributes.with(key, attribute(cursor)?);
    }
    Ok(attributes)
}

fn attribute(cursor: &mut Cursor<'_>) -> Result<Attribute, Fail> {
    if cursor.next_is("[") {
        let mut list = Vec::new();
        cursor.list(|cursor| {
            let mut at = cursor.clone();
            list.push(cursor.word().parse().map_err(|_| at.expected("an integer"))?);
            Ok(())
        })?;
        return Ok(Attribute::Ints(list));
    }
    if cursor.next_is("\"") {
        return cursor.quoted().map(Attribute::Word);
    }
    let mut at = cursor.clone();
    match cursor.word() {
        "true" => Ok(Attribute::Bool(true)),
        "false" => Ok(Attribute::Bool(false)),
        word => match (word.parse(), word.parse()) {
            (Ok(n), _) => Ok(Attribute::Int(n)),
            (_, Ok(x)) => Ok(Attribute::Float(x)),
            _ if word.starts_with(char::is_alphabetic) => Ok(Attribute::Word(word.to_owned())),
            _ => Err(at.expected("a number, a list of integers, true, false or a word")),
        },
    }
}

/// `# src/main.rs:5:17 (pullback)`; a comment of another form stands for no place.
fn place(cursor: &mut Cursor<'_>, number: u32) -> Result<(Place, Option<Role>), Fail> {
    if !cursor.eat("#") && !cursor.rest().is_empty() {
        return Err(cursor.expected("the end of the line, a name in quotes, or # and a place"));
    }
    let mut text = cursor.rest().trim_end();
    let mut role = None;
    for each in [Role::Pullback, Role::Pushforward] {
        let marked = text.strip_suffix(')').and_then(|text| text.strip_suffix(role_name(each)));
        if let Some(before) = marked.and_then(|text| text.strip_suffix('(')) {
            (text, role) = (before.trim_end(), Some(each));
        }
    }
    let (file, rest) = if text.starts_with('"') {
        let mut quoted = Cursor::new(text);
        let file = quoted.quoted().unwrap_or_default();
        (file, quoted.rest().strip_prefix(':'))
    } else {
        match text.rmatch_indices(':').nth(1) {
            Some((end, _)) => (text[..end].to_owned(), Some(&text[end + 1..])),
            None => (String::new(), None),
        }
    };
    let position = rest.and_then(|rest| rest.split_once(':')).map(|(line, column)| (line.parse(), column.parse()));
    let place = match position {
        Some((Ok(line), Ok(column))) => Place { file: Cow::Owned(file), line, column },
        _ => Place { file: Cow::Borrowed("text"), line: number, column: 1 },
    };
    Ok((place, role))
}
