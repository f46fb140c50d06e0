//! Pieces of formulas, put together with as few parentheses as they need.
use std::borrow::Cow;

use smallvec::SmallVec;

use super::names::Style;
use super::numbers::Number;
use super::terms::Form;
use crate::ops::{Level, Notation};

/// A part of a formula, written out.
#[derive(Clone)]
pub(super) struct Piece {
    /// Whether a minus stands before the text.
    negative: bool,
    text: String,
    /// How tight the text is, without the minus.
    level: Level,
    /// Characters of the Unicode form, roughly.
    pub(super) width: usize,
    /// Whether it is a name or a number, as short as any name for it would be.
    pub(super) is_atom: bool,
}

impl Piece {
    pub(super) fn atom(text: String, width: usize) -> Self {
        Self { negative: false, text, level: Level::Atom, width, is_atom: true }
    }

    pub(super) fn number(number: Number) -> Self {
        let width = number.text.chars().count();
        Self { negative: number.negative, text: number.text, level: number.level, width, is_atom: true }
    }

    /// The text, in parentheses if it is looser than its surroundings.
    fn inside(&self, needed: Level, style: Style) -> Cow<'_, str> {
        let level = if self.negative { self.level.min(Level::Prefix) } else { self.level };
        if level < needed { parentheses(&self.signed(style), style).into() } else { self.signed(style) }
    }

    /// The text after its minus.
    fn magnitude(&self, needed: Level, style: Style) -> Cow<'_, str> {
        if self.level < needed { parentheses(&self.text, style).into() } else { Cow::Borrowed(&self.text) }
    }

    fn signed(&self, style: Style) -> Cow<'_, str> {
        match style {
            _ if !self.negative => Cow::Borrowed(&self.text),
            Style::Unicode => format!("−{}", self.text).into(),
            Style::Latex => format!("-{}", self.text).into(),
        }
    }

    /// The whole, where nothing stands around it.
    pub(super) fn whole(&self, style: Style) -> String {
        self.signed(style).into_owned()
    }

    /// An array of equal numbers, where the number alone would be wrong.
    pub(super) fn spread(self, style: Style) -> Self {
        let ones = if style == Style::Unicode { "𝟏" } else { "\\mathbf{1}" };
        if !self.negative && self.text == "1" {
            return Self::atom(ones.to_owned(), 1);
        }
        let text = format!("{} {ones}", self.magnitude(Level::Product, style));
        Self { text, level: Level::Product, width: self.width + 2, is_atom: false, ..self }
    }

    /// The piece of a node, given those of its parts.
    pub(super) fn of(form: &Form, parts: &[Self], style: Style) -> Self {
        let width = parts.iter().map(|part| part.width).sum::<usize>() + form.width();
        let (negative, text, level) = match form {
            Form::Minus => {
                let part = &parts[0];
                let text = part.magnitude(Level::Big, style).into_owned();
                (!part.negative, text, if part.level < Level::Big { Level::Atom } else { part.level })
            }
            Form::Sum { minus } => {
                let minus = parts[1].negative != *minus;
                let right = parts[1].magnitude(if minus { Level::Big } else { Level::Sum }, style);
                let sign = match style {
                    _ if !minus => "+",
                    Style::Unicode => "−",
                    Style::Latex => "-",
                };
                (false, format!("{} {sign} {right}", parts[0].inside(Level::Sum, style)), Level::Sum)
            }
            Form::Product(notation) if notation.unicode == "{0} {1}" && parts[0].text == "1" => {
                (parts[0].negative != parts[1].negative, parts[1].text.clone(), parts[1].level)
            }
            Form::Product(notation) => {
                let negative = parts.iter().filter(|part| part.negative).count() % 2 == 1;
                let text = fill(notation, style, parts.len(), |i, level| parts[i].magnitude(level, style));
                (negative, text, level_of(notation, style))
            }
            Form::Plain(notation) => {
                let text = fill(notation, style, parts.len(), |i, level| parts[i].inside(level, style));
                (false, text, level_of(notation, style))
            }
        };
        Self { negative, text, level, width, is_atom: false }
    }
}

impl Form {
    /// Characters that it adds to its parts.
    fn width(&self) -> usize {
        match self {
            Self::Minus => 1,
            Self::Sum { .. } => 3,
            Self::Plain(notation) | Self::Product(notation) => notation.unicode.replace("{0}", "").chars().count(),
        }
    }

    /// Whether it adds so little to its one part that a name for the whole would save nothing: −x, xᵀ, x².
    pub(super) fn is_slight(&self) -> bool {
        match self {
            Self::Minus => true,
            Self::Sum { .. } => false,
            Self::Plain(notation) | Self::Product(notation) => {
                matches!(notation.level, Level::Prefix | Level::Postfix)
            }
        }
    }
}

/// How tight a filled notation is. A fraction with a bar needs no parentheses in a product.
fn level_of(notation: &Notation, style: Style) -> Level {
    if style == Style::Latex && notation.latex.starts_with("\\frac") { Level::Prefix } else { notation.level }
}

fn parentheses(text: &str, style: Style) -> String {
    let tall = ["\\frac", "\\sum", "\\begin", "\\sqrt", "\\left"].iter().any(|command| text.contains(command));
    if style == Style::Latex && tall { format!("\\left({text}\\right)") } else { format!("({text})") }
}

/// Puts parts in the places of a notation. `{{0}}` in LaTeX is a place between braces, which need no parentheses.
fn fill<'p>(notation: &Notation, style: Style, count: usize, part: impl Fn(usize, Level) -> Cow<'p, str>) -> String {
    let template: &str = if style == Style::Unicode { &notation.unicode } else { &notation.latex };
    let level = |i: usize| *notation.inputs.get(i).or(notation.inputs.last()).unwrap_or(&Level::Relation);
    let mut text = String::new();
    let mut rest = template;
    while let Some(open) = rest.find('{') {
        text.push_str(&rest[..open]);
        let after = &rest[open + 1..];
        let place = after.find('}').map(|end| (&after[..end], &after[end + 1..]));
        let Some((places, tail)) = place.and_then(|(key, tail)| Some((places(key, count)?, tail))) else {
            text.push('{');
            rest = after;
            continue;
        };
        let braced = style == Style::Latex && text.ends_with('{') && tail.starts_with('}');
        for (n, i) in places.into_iter().enumerate() {
            let shown = part(i, if braced { Level::Relation } else { level(i) });
            if n > 0 {
                text.push_str(", ");
            } else if template == "{0} {1}" && i == 1 && shown.starts_with(|c: char| c.is_ascii_digit()) {
                // `2 3` side by side would be another number.
                text.push_str(if style == Style::Unicode { "· " } else { "\\cdot " });
            }
            text.push_str(&shown);
        }
        rest = tail;
    }
    text.push_str(rest);
    // Wᵀδ needs no dot to be told from a name.
    text.replace("ᵀ·", "ᵀ")
}

/// The parts that a place stands for.
fn places(key: &str, count: usize) -> Option<SmallVec<[usize; 2]>> {
    match key {
        "*" => Some((0..count).collect()),
        _ => key.parse().ok().filter(|i| *i < count).map(|i| SmallVec::from_slice(&[i])),
    }
}
