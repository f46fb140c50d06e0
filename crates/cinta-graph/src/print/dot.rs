//! A graph as a picture, in Graphviz's language.
use std::fmt::Write as _;

use smallvec::SmallVec;

use super::Style;
use super::numbers::{number, small_array};
use super::pieces::Piece;
use super::terms::{Part, Term, Terms};
use crate::{Graph, Kind, NodeId, Op, Role, Var};

/// Elements of a constant that is written out.
const SMALL: usize = 6;

/// What all pictures share: direction, fonts, colours.
const STYLE: &str = r##"  graph [rankdir=TB, nodesep=0.35, ranksep=0.4, fontname="Helvetica", fontsize=13, fontcolor="#5f6b7a", labeljust=l, style=rounded, color="#c9d3dd"]
  node [shape=box, style="rounded,filled", fontname="Helvetica", fontsize=13, color="#8da2b8", fillcolor="#ffffff", margin="0.14,0.07"]
  edge [fontname="Helvetica", fontsize=9, color="#8da2b8", fontcolor="#5f6b7a", arrowsize=0.6]
"##;

/// The frames of a picture.
const FRAMES: [(Option<Role>, &str); 3] =
    [(None, "forward"), (Some(Role::Pullback), "backward"), (Some(Role::Pushforward), "tangents")];

impl Graph {
    /// Some nodes and what is behind them as a picture: text for Graphviz (`dot -Tsvg`).
    ///
    /// Each node shows its name or number, its formula, its type and the line of the source that wrote it.
    /// Inputs are blue ellipses, constants yellow notes, outputs have a thick frame; single numbers stand in
    /// the formulas that use them. The forward and the backward part have a frame each.
    ///
    /// ```
    /// use cinta_graph::Tape;
    /// let tape = Tape::new();
    /// let x = tape.var([1.0, 2.0]).named("x");
    /// let y = (x * x).sum().named("loss");
    /// let dx = y.grad(x);
    /// let picture = tape.graph().to_dot(&[y.id(), dx.id()]);
    /// assert!(picture.starts_with("digraph cinta {") && picture.contains("loss"));
    /// ```
    ///
    /// # Panics
    /// If the graph has no such node.
    #[must_use]
    pub fn to_dot(&self, outputs: &[NodeId]) -> String {
        let picture = Picture { terms: Terms::plain(self), outputs };
        let needed = self.behind(outputs);
        let drawn: Vec<NodeId> =
            self.ids().zip(needed).filter(|&(id, needed)| needed && picture.draws(id)).map(|(id, _)| id).collect();
        let roles = self.roles();
        let mut text = format!("digraph cinta {{\n{STYLE}");
        for (role, title) in FRAMES {
            let mut inside = drawn.iter().filter(|id| roles[id.index()] == role).peekable();
            if inside.peek().is_some() {
                _ = writeln!(text, "  subgraph cluster_{title} {{\n    label=\"{title}\"");
                inside.for_each(|&id| _ = writeln!(text, "    {}", picture.node(id)));
                text.push_str("  }\n");
            }
        }
        for &id in &drawn {
            for &input in self.inputs(id).iter().filter(|&&input| picture.draws(input)) {
                let shape = &self.array_type(input).shape;
                let label = if shape.rank() == 0 { String::new() } else { format!(" [label=\" {shape}\"]") };
                _ = writeln!(text, "  n{} -> n{}{label}", input.index(), id.index());
            }
        }
        text + "}\n"
    }
}

/// A graph being drawn.
struct Picture<'g> {
    terms: Terms<'g>,
    outputs: &'g [NodeId],
}

impl Picture<'_> {
    /// Whether a node is drawn: all but the numbers, which stand in formulas.
    fn draws(&self, id: NodeId) -> bool {
        self.terms.number(id).is_none() || self.outputs.contains(&id)
    }

    fn node(&self, id: NodeId) -> String {
        let graph = self.terms.graph;
        let (ty, place) = (graph.array_type(id), graph.place(id));
        let (shape, formula) = match graph.kind(id) {
            Kind::Input => (", shape=ellipse, fillcolor=\"#dcebfb\"", None),
            Kind::Constant(_) => {
                let value = graph.constant_value(id).and_then(|value| small_array(&value, Style::Unicode, None, SMALL));
                (", shape=note, fillcolor=\"#fdf3d0\"", value)
            }
            Kind::Apply { op, .. } => ("", Some(self.formula(id, op))),
        };
        let frame = if self.outputs.contains(&id) { ", penwidth=2.2, color=\"#33475b\"" } else { "" };
        let formula = formula.map_or_else(String::new, |text| format!(" = {}", html(&text)));
        let file = place.file.rsplit(['/', '\\']).next().unwrap_or_default();
        format!(
            "n{} [label=<<b>{}</b>{formula}<br/><font point-size=\"9\" color=\"#5f6b7a\">{ty}<br/>{}:{}</font>>, \
             tooltip=\"{}\"{shape}{frame}]",
            id.index(),
            html(&graph.label(id)),
            html(file),
            place.line,
            quoted(&place.to_string()),
        )
    }

    /// The formula of one node, with its inputs' names or numbers.
    fn formula(&self, id: NodeId, op: &Op) -> String {
        let graph = self.terms.graph;
        let Term { form, parts } = self.terms.term(id).expect("an operation");
        let piece = |part: &Part| {
            let piece = match self.terms.number(part.node) {
                Some(x) => Piece::number(number(x, Style::Unicode, None)),
                None => Piece::atom(graph.label(part.node), 1),
            };
            if part.spread { piece.spread(Style::Unicode) } else { piece }
        };
        let pieces: SmallVec<[Piece; 2]> = parts.iter().map(piece).collect();
        let text = Piece::of(&form, &pieces, Style::Unicode).whole(Style::Unicode);
        // An operation that formulas leave out shows its name.
        let shown: SmallVec<[String; 2]> = pieces.iter().map(|piece| piece.whole(Style::Unicode)).collect();
        if shown.contains(&text) { format!("{} {}", op.name(), shown.join(" ")) } else { text }
    }
}

/// Text between the tags of a label. Graphviz refuses control characters there.
fn html(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            c if c.is_control() => escaped.push(' '),
            c => escaped.push(c),
        }
    }
    escaped
}

/// Text between quotes.
fn quoted(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"").replace(char::is_control, " ")
}

impl Var<'_> {
    /// This and what is behind it as a picture: text for Graphviz; see [`Graph::to_dot`].
    ///
    /// ```
    /// use cinta_graph::Tape;
    /// let tape = Tape::new();
    /// let x = tape.var([1.0, 2.0]).named("x");
    /// assert!(x.sum().to_dot().contains("Σ x"));
    /// ```
    #[must_use]
    pub fn to_dot(self) -> String {
        self.tape().graph().to_dot(&[self.id()])
    }
}
