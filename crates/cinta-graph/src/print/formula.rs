//! A computation as mathematics, in Unicode or LaTeX.
//!
//! What is used more than once, and what the user named, gets a line `name = …`; everything else is written
//! where it is used. The last line is the output.
use super::Style;
use super::sheet::{Line, Lines, Says, write};
use crate::{Graph, NodeId, Var};

impl Graph {
    /// Some nodes and what is behind them as mathematics, one definition a line.
    ///
    /// Elementwise products are ⊙, matrix products ·, sums Σ; broadcasts are left out. Nodes that the user
    /// named keep their names; shared parts are t₁, t₂, …, unnamed inputs x₀, x₁, …, large constants c₁, c₂, ….
    ///
    /// ```
    /// use cinta_graph::{Style, Tape};
    /// let tape = Tape::new();
    /// let w = tape.var(ndarray::array![[1.0, 2.0], [3.0, 4.0]]).named("W");
    /// let x = tape.var([0.5, -1.0]).named("x");
    /// let z = w.matmul(x);
    /// let (h, loss) = (z.sigmoid(), (z * z).sum());
    /// assert_eq!(
    ///     tape.graph().formula(&[h.id(), loss.id()], Style::Unicode),
    ///     "t₁ = W·x\ny₁ = σ(t₁)\ny₂ = Σ t₁²"
    /// );
    /// ```
    ///
    /// # Panics
    /// If the graph has no such node.
    #[must_use]
    pub fn formula(&self, outputs: &[NodeId], style: Style) -> String {
        let lines = write(self, outputs, style, Lines::Shared);
        let aligned = style == Style::Latex && lines.len() > 1;
        let texts: Vec<String> = lines.iter().map(|line| self.formula_line(line, style, aligned)).collect();
        if aligned {
            return format!("\\begin{{aligned}}\n{}\n\\end{{aligned}}", texts.join(" \\\\\n"));
        }
        texts.join("\n")
    }

    fn formula_line(&self, line: &Line, style: Style, aligned: bool) -> String {
        let ty = self.array_type(line.node);
        let (sign, text) = match (&line.says, style) {
            (Says::Formula(text), _) => (" =", text.clone()),
            (Says::Leaf | Says::Type, Style::Unicode) => (":", ty.to_string()),
            (Says::Leaf | Says::Type, Style::Latex) => (":", format!("\\text{{{ty}}}")),
        };
        let mark = if aligned { "&" } else { "" };
        match &line.name {
            None => format!("{mark}{text}"),
            Some(name) if aligned => format!("{name} &{} {text}", sign.trim_start()),
            Some(name) => format!("{name}{sign} {text}"),
        }
    }
}

impl Var<'_> {
    /// This and what is behind it as mathematics, derivatives included, in Unicode; see [`Graph::formula`].
    ///
    /// ```
    /// use cinta_graph::Tape;
    /// let tape = Tape::new();
    /// let w = tape.var(ndarray::array![[1.0, 2.0], [3.0, 4.0]]).named("W");
    /// let x = tape.var([0.5, -1.0]).named("x");
    /// let theta = tape.var([1.0, 1.0]).named("θ");
    /// let f = theta.dot(w.dot(x).sigmoid()).sigmoid();
    /// assert_eq!(f.formula(), "σ(θᵀσ(W·x))");
    /// ```
    #[must_use]
    pub fn formula(self) -> String {
        self.tape().graph().formula(&[self.id()], Style::Unicode)
    }

    /// This and what is behind it as mathematics, in LaTeX for math mode; see [`Graph::formula`].
    ///
    /// ```
    /// use cinta_graph::Tape;
    /// let tape = Tape::new();
    /// let a = tape.var(1.0).named("alpha");
    /// let y = (a + 1.0) / (a * a);
    /// assert_eq!(y.latex(), "\\frac{\\alpha + 1}{\\alpha^{2}}");
    /// ```
    #[must_use]
    pub fn latex(self) -> String {
        self.tape().graph().formula(&[self.id()], Style::Latex)
    }
}
