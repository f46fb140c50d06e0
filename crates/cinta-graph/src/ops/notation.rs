//! How operations read in formulas, in Unicode and in LaTeX.
use std::borrow::Cow;

/// How tightly a piece of a formula holds together; a looser piece inside a tighter one gets parentheses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// `a = b`, `a < b`, `a and b`
    Relation,
    /// `a + b`
    Sum,
    /// `Σ a`, `a / b`: reaches as far as a product does, but is no factor of one
    Big,
    /// `a ⊙ b`, `a b`
    Product,
    /// `−a`, `A·x`
    Prefix,
    /// `aᵀ`, `a²`
    Postfix,
    /// `f(a)`, `a`
    Atom,
}

/// Two templates, in which `{0}` and `{1}` stand for the inputs, and how tight the result and its inputs are.
///
/// `{*}` stands for all inputs with commas between. Attributes are filled in by the op. Other braces are
/// LaTeX's own; an input that stands alone between such braces needs no parentheses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notation {
    /// Plain text with mathematical signs.
    pub unicode: Cow<'static, str>,
    /// LaTeX, for math mode.
    pub latex: Cow<'static, str>,
    /// How tight the result is.
    pub level: Level,
    /// How tight each input must be; the last entry holds for the inputs after it.
    pub inputs: Vec<Level>,
}

impl Notation {
    /// `name(a, b)`.
    #[must_use]
    pub fn function(name: &str) -> Self {
        Self {
            unicode: format!("{name}({{*}})").into(),
            latex: format!("\\operatorname{{{}}}({{*}})", name.replace('_', "\\_")).into(),
            level: Level::Atom,
            inputs: vec![Level::Relation],
        }
    }

    /// `a sign b`, associating to the left; relations do not associate.
    #[must_use]
    pub fn infix(unicode: &str, latex: &str, level: Level) -> Self {
        let (level_of_a, level_of_b) = match level {
            Level::Relation => (Level::Sum, Level::Sum),
            Level::Sum => (Level::Sum, Level::Big),
            level => (level, Level::Prefix),
        };
        Self {
            unicode: format!("{{0}} {unicode} {{1}}").into(),
            latex: format!("{{0}} {latex} {{1}}").into(),
            level,
            inputs: vec![level_of_a, level_of_b],
        }
    }

    /// Templates with the level of the result and of its inputs.
    pub fn template(
        unicode: impl Into<Cow<'static, str>>,
        latex: impl Into<Cow<'static, str>>,
        level: Level,
        inputs: Level,
    ) -> Self {
        Self { unicode: unicode.into(), latex: latex.into(), level, inputs: vec![inputs] }
    }
}
