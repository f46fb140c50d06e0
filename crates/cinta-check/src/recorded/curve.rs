//! The errors of difference quotients of recorded functions, by steps.
use cinta_graph::{Error, Tape, Value, Var, vjp};

use super::{InDoubles, Recorded};
use crate::subject::numbers;
use crate::{Check, Curve, Function};

impl Check {
    /// The errors of difference quotients for one entry of a recorded gradient, by steps; entries of all inputs are counted
    /// one after another. [`Check::curve`] does the same for a gradient written by hand.
    ///
    /// ```
    /// use cinta_check::Check;
    /// let curve = Check::new().curve_of(&|v| v[0].sin().sum(), &[[0.3, 2.0].into()], 1)?;
    /// let best = |order: usize| curve.orders[order].1.iter().map(|(_, error)| *error).fold(f64::INFINITY, f64::min);
    /// assert!(best(0) < 1e-8 && best(2) < 1e-11);
    /// # Ok::<(), cinta_graph::Error>(())
    /// ```
    ///
    /// # Errors
    /// If the function has no value at the point, or no derivative.
    #[track_caller]
    pub fn curve_of(&self, f: &Function<'_>, x: &[Value], entry: usize) -> Result<Curve, Error> {
        let tape = Tape::new();
        let inputs: Vec<Var<'_>> = x.iter().map(|value| tape.var(value)).collect();
        let output = f(&inputs);
        let floats = inputs.into_iter().filter(|input| input.dtype().is_float()).collect();
        let recorded = Recorded { check: self, tape: &tape, output, inputs: floats };
        let ct = recorded.cotangent();
        let mut claim = Vec::new();
        for (grad, input) in vjp(&[(output, tape.constant(&ct))], &recorded.inputs[..])?.iter().zip(&recorded.inputs) {
            claim.extend(numbers(*grad, &input.array_type())?);
        }
        let wide = recorded.wide();
        let doubles = InDoubles::of(&recorded, wide.as_ref(), &ct)?;
        Ok(self.errors(&doubles.at, doubles.values(), &claim, entry))
    }
}
