//! What must hold of functions and their derivatives whatever the numbers: the same again, nothing changed on the way,
//! linear in cotangents and tangents, symmetric.
use crate::arrays::largest;
use crate::inputs::Layout;
use crate::{Report, Verdict};

/// What cotangents and tangents are multiplied by to see that products are linear: to any dtype, scaling by two and
/// changing signs are exact, so that rounding never looks like a mistake.
pub(crate) const SCALE: f64 = -2.0;
/// How far a product with a multiple may be off the multiple of the product, relative to the largest entry: room for
/// numbers that fall below the least one.
const LINEAR: f64 = 1e-6;
/// How far u·(H v) and v·(H u) may be apart, relative to their terms, and the same in single precision.
const SYMMETRIC: [f64; 2] = [1e-4, 1e-2];
/// Two calls that differ by no more than so many roundings added up in another order.
const REORDERED: f64 = 64.0;

impl Report {
    /// Something that makes the derivative wrong.
    pub(crate) fn broken(&mut self, note: String) {
        self.verdict = Verdict::Wrong;
        self.notes.push(note);
    }

    /// Says that the functions changed the point that they were called with, if they did.
    pub(crate) fn unchanged(&mut self, before: &Layout, after: &Layout) {
        if !before.same_bits(after) {
            self.broken("the functions change the input that they are given".to_owned());
        }
    }

    /// Says that two calls at the same point gave other numbers, if they did. Then nothing is said to be right, unless
    /// only the last digits differ.
    pub(crate) fn repeat(&mut self, what: &str, once: &Layout, again: &Layout) {
        if once.same_bits(again) {
            return;
        }
        let (a, b) = (once.numbers(), again.numbers());
        let apart = a.iter().zip(&b).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
        if a.len() == b.len() && apart <= REORDERED * once.epsilon() * largest(&a) {
            self.notes.push(format!("{what} gives other last digits when called again"));
            return;
        }
        if self.passed() {
            self.verdict = Verdict::Unclear;
        }
        let note = "gives other numbers when called again at the same point: is it random, or does it keep state?";
        self.notes.push(format!("{what} {note}"));
    }

    /// Says that a product with a [`SCALE`] as large is not so much larger, if it is not.
    pub(crate) fn linear(&mut self, what: &str, product: &Layout, scaled: &Layout) {
        let (product, scaled) = (product.numbers(), scaled.numbers());
        let size = largest(&scaled);
        let off = |(a, b): (&f64, &f64)| (SCALE * a - b).abs() > LINEAR * size;
        if product.len() != scaled.len() || product.iter().zip(&scaled).any(off) {
            self.broken(format!("the {what}: {SCALE} times as much does not give {SCALE} times the result"));
        }
    }

    /// Says that u·(H v), given as its terms, is not v·(H u), if it is not.
    pub(crate) fn symmetric(&mut self, u_hv: &[f64], v_hu: &[f64], epsilon: f64) {
        let (a, b): (f64, f64) = (u_hv.iter().sum(), v_hu.iter().sum());
        let size: f64 = u_hv.iter().chain(v_hu).map(|x| x.abs()).sum();
        if (a - b).abs() > SYMMETRIC[usize::from(epsilon > f64::EPSILON)] * size {
            self.broken(format!("the Hessian is not symmetric: u·(H v) is {a:e} and v·(H u) is {b:e}"));
        }
    }
}
