//! The textbook's forms of some expressions, equal to what was recorded.
//!
//! What is recorded is written for accuracy: the derivative of h = σ(z) as ¼ sech²(z/2), which keeps its
//! digits in the tails. A formula shows h ⊙ (1 − h). Likewise σ(−z) is 1 − h, sech²(x) is 1 − tanh²(x) where
//! that stands beside it, x ⊙ x is x², `select(c, a, 0)` is 1{c} ⊙ a, and numbers come first in products.
use smallvec::smallvec;

use super::terms::{Form, Term, Terms};
use crate::ops::{Level, Notation};
use crate::{NodeId, Op};

impl Terms<'_> {
    /// The textbook's form of a node, if it has another than its operation's notation.
    pub(super) fn textbook(&self, id: NodeId, op: &Op, inputs: &[NodeId]) -> Option<Term> {
        match (op, inputs) {
            (Op::Mul(_), &[a, b]) if self.see(a) == self.see(b) && self.number(a).is_none() => {
                let square = Notation::template("{0}²", "{0}^{2}", Level::Postfix, Level::Atom);
                Some(Term { form: Form::Plain(square), parts: smallvec![self.part(a)] })
            }
            (Op::Mul(_), &[a, quarter]) if self.is_number(quarter, 0.25) => {
                self.sigmoid_slope(id, a).or_else(|| self.number_first(op, a, quarter))
            }
            (Op::Mul(_) | Op::Gate(_), &[a, b]) => self.number_first(op, a, b),
            (Op::Sigmoid(_), &[z]) => {
                let &h = self.sigmoids.get(&self.input_of_minus(z)?).filter(|h| **h < id)?;
                let rest = Notation::template("1 − {0}", "1 - {0}", Level::Sum, Level::Big);
                Some(Term { form: Form::Plain(rest), parts: smallvec![self.part(h)] })
            }
            (Op::Sech2(_), &[x]) => {
                let &y = self.tanhs.get(&self.see(x)).filter(|y| **y < id)?;
                let slope = Notation::template("1 − {0}²", "1 - {0}^{2}", Level::Sum, Level::Atom);
                Some(Term { form: Form::Plain(slope), parts: smallvec![self.part(y)] })
            }
            (Op::Select(_), &[c, a, zero]) if self.is_number(zero, 0.0) => Some(self.indicator(c, a)),
            _ => None,
        }
    }

    /// A product whose second factor is a number.
    fn number_first(&self, op: &Op, a: NodeId, b: NodeId) -> Option<Term> {
        if self.number(b).is_none() || self.number(a).is_some() {
            return None;
        }
        let notation = op.notation_of(&[&self.shown_type(b), &self.shown_type(a)]);
        Some(Term { form: Form::Product(notation), parts: smallvec![self.part(b), self.part(a)] })
    }

    /// The slides' δ ⊙ σ(z) ⊙ (1 − σ(z)), given δ ⊙ sech²(z/2), a quarter of which is meant.
    fn sigmoid_slope(&self, id: NodeId, product: NodeId) -> Option<Term> {
        let sigmoid = |x: NodeId| match self.unnamed(x)? {
            (Op::Sech2(_), &[half]) => match self.unnamed(half)? {
                (Op::Mul(_), &[z, number]) if self.is_number(number, 0.5) => self.sigmoids.get(&self.see(z)).copied(),
                _ => None,
            },
            _ => None,
        };
        let (delta, h) = match (sigmoid(product), self.unnamed(product)?) {
            (Some(h), _) => (None, h),
            (None, (Op::Mul(_) | Op::Gate(_), &[delta, sech2])) => (Some(delta), sigmoid(sech2)?),
            _ => return None,
        };
        let signs = |scalar: bool| if scalar { (" ", " ") } else { (" ⊙ ", " \\odot ") };
        let is_scalar = |id| self.shown_type(id).shape.rank() == 0;
        let (unicode, latex) = signs(is_scalar(h));
        let term = match delta {
            None => Term {
                form: Form::Product(Notation::template(
                    format!("{{0}}{unicode}(1 − {{1}})"),
                    format!("{{0}}{latex}(1 - {{1}})"),
                    Level::Product,
                    Level::Product,
                )),
                parts: smallvec![self.part(h), self.part(h)],
            },
            Some(delta) => {
                let (first, first_latex) = signs(is_scalar(h) || is_scalar(delta));
                Term {
                    form: Form::Product(Notation::template(
                        format!("{{0}}{first}{{1}}{unicode}(1 − {{2}})"),
                        format!("{{0}}{first_latex}{{1}}{latex}(1 - {{2}})"),
                        Level::Product,
                        Level::Product,
                    )),
                    parts: smallvec![self.part(delta), self.part(h), self.part(h)],
                }
            }
        };
        (h < id).then_some(term)
    }

    /// The slides' 1{c} ⊙ a.
    fn indicator(&self, c: NodeId, a: NodeId) -> Term {
        if self.is_number(a, 1.0) {
            let one = Notation::template("1{{0}}", "1\\{{0}\\}", Level::Atom, Level::Relation);
            return Term { form: Form::Plain(one), parts: smallvec![self.part(c)] };
        }
        let times = if self.shown_type(a).shape.rank() == 0 { (" ", " ") } else { (" ⊙ ", " \\odot ") };
        let notation = Notation {
            unicode: format!("1{{{{0}}}}{}{{1}}", times.0).into(),
            latex: format!("1\\{{{{0}}\\}}{}{{1}}", times.1).into(),
            level: Level::Product,
            inputs: vec![Level::Relation, Level::Product],
        };
        Term { form: Form::Plain(notation), parts: smallvec![self.part(c), self.part(a)] }
    }
}
