//! A worked trace: every step of a computation with its numbers, as one would write it on paper.
use std::fmt::Write as _;

use super::Style;
use super::numbers::{signed, small_array};
use super::sheet::{Line, Lines, Says, write};
use crate::error::or_panic;
use crate::scalar::Scalar;
use crate::{Error, Graph, NodeId, Role, Value, Var};

/// Significant digits.
const DIGITS: usize = 5;
/// Elements of an array that is written out; of larger ones, a summary.
const SMALL: usize = 12;
/// Formulas beyond this width do not push the other lines' numbers to the right.
const COLUMN: usize = 40;

impl Var<'_> {
    /// The computation behind this with its numbers: each step's name, formula and value, forward and backward.
    ///
    /// Numbers are rounded to 5 significant digits; of large arrays, the shape, the extremes and the mean are
    /// shown. What is left out in formulas, broadcasts and factors of 1, is left out here.
    ///
    /// ```
    /// use cinta_graph::Tape;
    /// let tape = Tape::new();
    /// let (a, b) = (tape.var(2.0).named("a"), tape.var(3.0).named("b"));
    /// let y = (a * b).sigmoid().named("y");
    /// let da = y.grad(a).named("da");
    /// assert_eq!(
    ///     da.trace(),
    ///     "\
    /// Forward
    ///   a  = 2
    ///   b  = 3
    ///   t₁ = a b        = 6
    ///   y  = σ(t₁)      = 0.99753
    /// Backward
    ///   t₂ = y (1 − y)  = 0.0024665
    ///   da = t₂ b       = 0.0073995
    /// "
    /// );
    /// ```
    ///
    /// # Panics
    /// If a value cannot be computed; [`try_trace`](Self::try_trace) returns the error.
    #[must_use]
    #[track_caller]
    pub fn trace(self) -> String {
        or_panic(self.try_trace())
    }

    /// [`trace`](Self::trace), with the error returned.
    ///
    /// # Errors
    /// If an input has no value or the numbers cannot be used.
    pub fn try_trace(self) -> Result<String, Error> {
        let tape = self.tape();
        let lines = write(&tape.graph(), &[self.id()], Style::Unicode, Lines::Every);
        let values = lines.iter().map(|line| tape.evaluate(line.node)).collect::<Result<Vec<_>, _>>()?;
        Ok(layout(&tape.graph(), &lines, &values))
    }
}

/// Lines in columns, under headings.
fn layout(graph: &Graph, lines: &[Line], values: &[Value]) -> String {
    let roles = graph.roles();
    let columns = |text: Option<&str>| text.map_or(0, |text| text.chars().count());
    let names = lines.iter().map(|line| columns(line.name.as_deref())).max().unwrap_or(0);
    let formulas = lines.iter().filter_map(formula).map(|text| columns(Some(text)));
    let formulas = formulas.filter(|width| *width <= COLUMN).max().unwrap_or(0);
    let mut text = String::new();
    let mut heading = None;
    for (line, value) in lines.iter().zip(values) {
        let role = role_of(&roles, line.node);
        if heading != Some(role) {
            text.push_str(title(role, heading.is_some()));
            text.push('\n');
            heading = Some(role);
        }
        let (name, value) = (line.name.as_deref().unwrap_or_default(), summary(value));
        _ = match formula(line) {
            Some(_) if line.name.is_none() => writeln!(text, "  {value}"),
            Some(formula) => writeln!(text, "  {name:names$} = {formula:formulas$}  = {value}"),
            None => writeln!(text, "  {name:names$} = {value}"),
        };
    }
    text
}

fn formula(line: &Line) -> Option<&str> {
    match &line.says {
        Says::Formula(text) => Some(text),
        Says::Leaf | Says::Type => None,
    }
}

fn role_of(roles: &[Option<Role>], id: NodeId) -> Option<Role> {
    roles.get(id.index()).copied().flatten()
}

fn title(role: Option<Role>, later: bool) -> &'static str {
    match role {
        None if later => "Then",
        None => "Forward",
        Some(Role::Pullback) => "Backward",
        Some(Role::Pushforward) => "Tangents",
    }
}

/// A small array, or what there is to say of a large one.
fn summary(value: &Value) -> String {
    if let Some(text) = small_array(value, Style::Unicode, Some(DIGITS), SMALL) {
        return text;
    }
    let numbers = value.to_f64s();
    let known: Vec<f64> = numbers.iter().copied().filter(|x| !x.is_nan()).collect();
    let mut text = value.array_type().to_string();
    let show = |x: f64| signed(Scalar::F64(x), Style::Unicode, Some(DIGITS));
    if let (Some(least), Some(most)) = (known.iter().copied().reduce(f64::min), known.iter().copied().reduce(f64::max))
    {
        let mean = known.iter().sum::<f64>() / known.len() as f64;
        _ = write!(text, ", from {} to {}, mean {}", show(least), show(most), show(mean));
    }
    if known.len() < numbers.len() {
        _ = write!(text, ", {} NaN", numbers.len() - known.len());
    }
    text
}
