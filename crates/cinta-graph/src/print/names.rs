//! Names in formulas: the user's, and those made for shared parts, in Unicode and in LaTeX.
use std::fmt::Write as _;

use indexmap::{IndexMap, IndexSet};
use rustc_hash::FxBuildHasher;

/// The script a formula is written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Style {
    /// Plain text with mathematical signs.
    Unicode,
    /// LaTeX, for math mode.
    Latex,
}

/// A name with a number below it: `h`, `t₁`.
#[derive(Clone, Debug)]
pub(super) struct Name {
    base: String,
    index: Option<usize>,
}

impl Name {
    pub(super) fn show(&self, style: Style) -> String {
        match (style, self.index) {
            (Style::Unicode, None) => self.base.clone(),
            (Style::Unicode, Some(index)) => format!("{}{}", self.base, subscript(index)),
            (Style::Latex, None) => latex(&self.base),
            (Style::Latex, Some(index)) => format!("{}_{{{index}}}", latex(&self.base)),
        }
    }

    pub(super) fn width(&self) -> usize {
        self.show(Style::Unicode).chars().count()
    }
}

/// Hands out names, each once.
#[derive(Debug, Default)]
pub(super) struct Names {
    used: IndexSet<String, FxBuildHasher>,
    /// The number that each letter gets next.
    next: IndexMap<&'static str, usize, FxBuildHasher>,
}

impl Names {
    /// Names that are not to be made up.
    pub(super) fn reserve<'n>(names: impl Iterator<Item = &'n str>) -> Self {
        Self { used: names.map(|name| format!("reserved {name}")).collect(), next: IndexMap::default() }
    }

    /// The user's name; numbered if another node has it.
    pub(super) fn given(&mut self, name: &str) -> Name {
        let base: String = name.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        let mut name = Name { base, index: None };
        while !self.used.insert(name.show(Style::Unicode)) {
            name.index = Some(name.index.map_or(2, |index| index + 1));
        }
        name
    }

    /// A letter with the next number that is free.
    pub(super) fn numbered(&mut self, letter: &'static str, first: usize) -> Name {
        loop {
            let index = self.next.entry(letter).or_insert(first);
            let name = Name { base: letter.to_owned(), index: Some(*index) };
            *index += 1;
            let text = name.show(Style::Unicode);
            if !self.used.contains(&format!("reserved {text}")) && self.used.insert(text) {
                return name;
            }
        }
    }
}

/// 12 as ₁₂.
pub(super) fn subscript(n: usize) -> String {
    n.to_string().bytes().map(|digit| char::from_u32('₀' as u32 + u32::from(digit - b'0')).unwrap_or('?')).collect()
}

/// −12 as ⁻¹².
pub(super) fn superscript(n: i32) -> String {
    const DIGITS: [char; 10] = ['⁰', '¹', '²', '³', '⁴', '⁵', '⁶', '⁷', '⁸', '⁹'];
    n.to_string().bytes().map(|b| if b == b'-' { '⁻' } else { DIGITS[usize::from(b - b'0')] }).collect()
}

/// Greek letters and the signs that stand before names, with their commands.
const COMMANDS: [(char, &str); 43] = [
    ('α', "alpha"),
    ('β', "beta"),
    ('γ', "gamma"),
    ('δ', "delta"),
    ('ε', "varepsilon"),
    ('ϵ', "epsilon"),
    ('ζ', "zeta"),
    ('η', "eta"),
    ('θ', "theta"),
    ('ι', "iota"),
    ('κ', "kappa"),
    ('λ', "lambda"),
    ('μ', "mu"),
    ('ν', "nu"),
    ('ξ', "xi"),
    ('π', "pi"),
    ('ρ', "rho"),
    ('σ', "sigma"),
    ('τ', "tau"),
    ('υ', "upsilon"),
    ('φ', "varphi"),
    ('ϕ', "phi"),
    ('χ', "chi"),
    ('ψ', "psi"),
    ('ω', "omega"),
    ('Γ', "Gamma"),
    ('Δ', "Delta"),
    ('Θ', "Theta"),
    ('Λ', "Lambda"),
    ('Ξ', "Xi"),
    ('Π', "Pi"),
    ('Σ', "Sigma"),
    ('Υ', "Upsilon"),
    ('Φ', "Phi"),
    ('Ψ', "Psi"),
    ('Ω', "Omega"),
    ('∂', "partial"),
    ('∇', "nabla"),
    ('∞', "infty"),
    ('·', "cdot"),
    ('\\', "backslash"),
    ('~', "sim"),
    ('^', "wedge"),
];

/// A name for LaTeX's math mode: `theta` is θ, `W1` is W with a 1 below, `loss` stands upright.
fn latex(name: &str) -> String {
    if let Some(rest) = name.strip_prefix(['∇', '∂', 'δ', 'Δ'])
        && !rest.is_empty()
    {
        return format!("{} {}", letters(&name[..name.len() - rest.len()]), latex(rest));
    }
    let below = |c: char| c.is_ascii_digit() || ('₀'..='₉').contains(&c);
    if let Some((base, rest)) = name.split_once('_')
        && !base.is_empty()
        && !rest.is_empty()
    {
        return format!("{}_{{{}}}", latex(base), latex(rest));
    }
    let base = name.trim_end_matches(below);
    if !base.is_empty() && base != name && base.chars().all(char::is_alphabetic) {
        let index: String = name[base.len()..].chars().map(ascii_digit).collect();
        return format!("{}_{{{index}}}", latex(base));
    }
    let stem = name.trim_end_matches('\'');
    let primes = &name[stem.len()..];
    let one = stem.chars().count() == 1 || stem.chars().all(|c| c.is_ascii_digit());
    match COMMANDS[..36].iter().find(|(_, command)| *command == stem) {
        Some(_) => format!("\\{stem}{primes}"),
        None if one => letters(stem) + primes,
        None => format!("\\mathrm{{{}}}{primes}", letters(stem)),
    }
}

fn ascii_digit(c: char) -> char {
    match u32::from(c).checked_sub(u32::from('₀')) {
        Some(n @ 0..=9) => char::from_digit(n, 10).unwrap_or(c),
        _ => c,
    }
}

/// Characters in math mode.
fn letters(name: &str) -> String {
    let mut text = String::new();
    let mut after_command = false;
    for c in name.chars() {
        if after_command && c.is_alphabetic() {
            text.push(' ');
        }
        let command = COMMANDS.iter().find(|(known, _)| *known == c);
        after_command = command.is_some();
        match command {
            Some((_, command)) => _ = write!(text, "\\{command}"),
            None if c == '−' => text.push('-'),
            None if c == ' ' => text.push_str("\\ "),
            None if "#$%&_{}".contains(c) => _ = write!(text, "\\{c}"),
            None => text.push(c),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_in_latex() {
        let shown =
            ["W", "θ", "theta", "W1", "w_in", "loss", "h'", "∇W", "δh", "a b%", "x₂", "50", "∂L/∂W", "_"].map(latex);
        assert_eq!(
            shown,
            [
                "W",
                "\\theta",
                "\\theta",
                "W_{1}",
                "w_{\\mathrm{in}}",
                "\\mathrm{loss}",
                "h'",
                "\\nabla W",
                "\\delta h",
                "\\mathrm{a\\ b\\%}",
                "x_{2}",
                "50",
                "\\partial \\mathrm{L/\\partial W}",
                "\\_"
            ]
        );
    }

    #[test]
    fn made_up_names_avoid_the_users() {
        let mut names = Names::reserve(["t₁", "w", "w"].into_iter());
        assert_eq!(names.numbered("t", 1).show(Style::Unicode), "t₂");
        assert_eq!([names.given("w"), names.given("w")].map(|name| name.show(Style::Unicode)), ["w", "w₂"]);
        assert_eq!(names.given("t₁").show(Style::Unicode), "t₁");
    }
}
