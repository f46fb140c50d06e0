//! Writing a computation down line by line: each shared part gets a name, all else is written in place.
use indexmap::{IndexMap, IndexSet};
use rustc_hash::FxBuildHasher;
use smallvec::SmallVec;

use super::names::{Name, Names, Style};
use super::numbers::{number, small_array};
use super::pieces::Piece;
use super::terms::{Term, Terms};
use crate::{Graph, Kind, NodeId};

/// Longer lines are broken into named parts.
const WIDEST: usize = 72;
/// Elements of a constant that is written out.
const SMALL: usize = 6;

/// What gets a line of its own.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Lines {
    /// Parts that are used more than once, and named nodes.
    Shared,
    /// Every step, leaves included.
    Every,
}

/// One line: a name and what it stands for.
pub(super) struct Line {
    pub(super) node: NodeId,
    /// The output of a formula may have none.
    pub(super) name: Option<String>,
    pub(super) says: Says,
}

/// What a line says of its node.
pub(super) enum Says {
    /// A leaf: only its value could follow.
    Leaf,
    /// A leaf that is too large to show: its type.
    Type,
    /// A formula.
    Formula(String),
}

/// Writes the nodes behind some outputs.
pub(super) fn write(graph: &Graph, outputs: &[NodeId], style: Style, lines: Lines) -> Vec<Line> {
    let terms = Terms::new(graph, outputs);
    let seen: IndexSet<NodeId, FxBuildHasher> = outputs.iter().map(|&id| terms.see(id)).collect();
    let uses = count_uses(&terms, &seen);
    let used = graph.ids().zip(&uses).filter(|(_, uses)| **uses > 0);
    let mut names = Names::reserve(used.filter_map(|(id, _)| graph.name(id)));
    let several = seen.len() > 1;
    let is_named = |id| graph.name(id).is_some() && !matches!(graph.kind(id), Kind::Input);
    let outputs = seen.into_iter().map(|id| (id, (several && !is_named(id)).then(|| names.numbered("y", 1)))).collect();
    let pieces = vec![None; uses.len()];
    let mut sheet = Sheet { terms, style, every: lines == Lines::Every, names, pieces, uses, outputs, lines: vec![] };
    for index in 0..sheet.uses.len() {
        if sheet.uses[index] > 0 {
            sheet.node(NodeId::new(index));
        }
    }
    sheet.finish();
    sheet.lines
}

/// How often each node is written; outputs count once more.
fn count_uses(terms: &Terms<'_>, outputs: &IndexSet<NodeId, FxBuildHasher>) -> Vec<u32> {
    let mut uses = vec![0; outputs.iter().max().map_or(0, |id| id.index() + 1)];
    for id in outputs {
        uses[id.index()] += 1;
    }
    for index in (0..uses.len()).rev() {
        let term = if uses[index] > 0 { terms.term(NodeId::new(index)) } else { None };
        for part in term.into_iter().flat_map(|term| term.parts) {
            uses[part.node.index()] += 1;
        }
    }
    uses
}

struct Sheet<'g> {
    terms: Terms<'g>,
    style: Style,
    every: bool,
    names: Names,
    /// What stands for each node where it is used.
    pieces: Vec<Option<Piece>>,
    /// Uses that are still to come.
    uses: Vec<u32>,
    /// The outputs, with names for those that the user did not name, if there are several.
    outputs: IndexMap<NodeId, Option<Name>, FxBuildHasher>,
    lines: Vec<Line>,
}

impl Sheet<'_> {
    fn node(&mut self, id: NodeId) {
        let graph = self.terms.graph;
        match graph.kind(id) {
            Kind::Input => {
                let name = self.user_name(id).unwrap_or_else(|| self.names.numbered("x", 0));
                if self.every {
                    self.line(id, &name, Says::Leaf);
                }
                self.name(id, &name);
            }
            Kind::Constant(_) => self.constant(id),
            Kind::Apply { .. } => {
                let term = self.terms.term(id).expect("an operation");
                self.apply(id, &term);
            }
        }
    }

    fn constant(&mut self, id: NodeId) {
        if let Some(x) = self.terms.number(id) {
            self.pieces[id.index()] = Some(Piece::number(number(x, self.style, None)));
            return;
        }
        let value = self.terms.graph.constant_value(id).expect("a constant");
        let text = small_array(&value, self.style, None, SMALL);
        let name = self.user_name(id);
        match (name, text) {
            (None, Some(text)) if self.uses[id.index()] == 1 => {
                let width = text.chars().count();
                self.pieces[id.index()] = Some(Piece::atom(text, width));
            }
            (name, text) => {
                let name = name.unwrap_or_else(|| self.names.numbered("c", 1));
                let says = match text {
                    _ if self.every => Says::Leaf,
                    Some(text) => Says::Formula(text),
                    None => Says::Type,
                };
                self.line(id, &name, says);
                self.name(id, &name);
            }
        }
    }

    fn apply(&mut self, id: NodeId, term: &Term) {
        let mut parts: SmallVec<[Piece; 2]> = SmallVec::new();
        for part in &term.parts {
            let piece = self.take(part.node);
            parts.push(if part.spread { piece.spread(self.style) } else { piece });
        }
        let mut piece = Piece::of(&term.form, &parts, self.style);
        // A line that grows too wide: name its widest parts.
        while piece.width > WIDEST
            && let Some(widest) = (0..parts.len()).filter(|&i| !parts[i].is_atom).max_by_key(|&i| parts[i].width)
        {
            let name = self.names.numbered("t", 1);
            self.line(term.parts[widest].node, &name, Says::Formula(parts[widest].whole(self.style)));
            parts[widest] = Piece::atom(name.show(self.style), name.width());
            piece = Piece::of(&term.form, &parts, self.style);
        }
        let slight = parts.len() == 1 && parts[0].is_atom && term.form.is_slight();
        let output = self.outputs.get(&id);
        let shared = self.every || self.uses[id.index()] > 1;
        let given = output.cloned().flatten();
        let wants_name = shared && (!slight || output.is_some());
        let name = self.user_name(id).or(given).or_else(|| wants_name.then(|| self.names.numbered("t", 1)));
        match name {
            Some(name) => {
                self.line(id, &name, Says::Formula(piece.whole(self.style)));
                self.name(id, &name);
            }
            None => self.pieces[id.index()] = Some(piece),
        }
    }

    /// What stands for a node, moved out at its last use.
    fn take(&mut self, id: NodeId) -> Piece {
        let uses = &mut self.uses[id.index()];
        *uses -= 1;
        let piece = &mut self.pieces[id.index()];
        let piece = if *uses == 0 { piece.take() } else { piece.clone() };
        piece.expect("parts are written before what holds them")
    }

    fn user_name(&mut self, id: NodeId) -> Option<Name> {
        let name = self.terms.graph.name(id).filter(|name| !name.trim().is_empty())?;
        Some(self.names.given(name))
    }

    fn name(&mut self, id: NodeId, name: &Name) {
        self.pieces[id.index()] = Some(Piece::atom(name.show(self.style), name.width()));
    }

    fn line(&mut self, node: NodeId, name: &Name, says: Says) {
        self.lines.push(Line { node, name: Some(name.show(self.style)), says });
    }

    /// The last lines: outputs that have none yet.
    fn finish(&mut self) {
        let has_line = |line: &&Line| self.every || matches!(line.says, Says::Formula(_));
        let mut written: IndexSet<NodeId, FxBuildHasher> =
            self.lines.iter().filter(has_line).map(|line| line.node).collect();
        for (&node, name) in &self.outputs {
            if written.insert(node) {
                let piece = self.pieces[node.index()].as_ref().expect("outputs are never used up");
                let name = name.as_ref().map(|name| name.show(self.style));
                self.lines.push(Line { node, name, says: Says::Formula(piece.whole(self.style)) });
            }
        }
    }
}
