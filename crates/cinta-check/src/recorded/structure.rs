//! What must hold of a recorded derivative whatever the numbers: the same bits twice, linear in the cotangent, both modes
//! adjoint.
use cinta_graph::{Error, Value, Var, jvp, vjp};

use super::{Gradient, Recorded};
use crate::arrays::epsilon;
use crate::random;
use crate::rounding::rounding_of_some;
use crate::structure::SCALE;
use crate::subject::is_opaque;

/// How far numbers may be apart that only rounding keeps from being equal, in roundings of what they are. Where terms
/// cancelled, they may be as far apart as the rounding of those.
const ROUNDINGS: f64 = 4.5e3;

impl<'t> Recorded<'_, 't> {
    /// What does not hold.
    pub(super) fn structure(&self, before: &Value, ct: &Value, gradient: &Gradient<'_>) -> Result<Vec<String>, Error> {
        let mut broken = Vec::new();
        for input in &self.inputs {
            input.try_set(input.try_value()?)?;
        }
        if !self.output.try_value()?.same_bits(before) {
            broken.push("the function gives another value when evaluated again at the same point".to_owned());
        }
        broken.extend(self.linear(ct, gradient)?);
        broken.extend(self.adjoint(ct, gradient)?);
        Ok(broken)
    }

    /// A multiple of the cotangent gives the same multiple of the gradient, of the type of its input.
    fn linear(&self, ct: &Value, gradient: &Gradient<'_>) -> Result<Vec<String>, Error> {
        let mut broken = Vec::new();
        let scaled = self.tape.constant(ct).try_mul(SCALE)?;
        let grads = vjp(&[(self.output, scaled)], &self.inputs[..])?;
        for (i, (grad, input)) in grads.iter().zip(&self.inputs).enumerate() {
            let Some(grad) = grad else { continue };
            if grad.array_type() != input.array_type() {
                broken.push(format!("{:?}, and its gradient is {}", input, grad.array_type()));
            }
            let (once, again) = (&gradient.claim[i], grad.try_value()?.to_f64s());
            let off = |i: usize, slack: f64| {
                (SCALE * once[i] - again[i]).abs() > ROUNDINGS * self.rounding_error() * again[i].abs() + slack
            };
            let count = once.len().min(again.len());
            if !(0..count).any(|i| off(i, 0.0)) {
                continue;
            }
            let moved = rounding_of_some(&[gradient.vars[i], Some(*grad)])?;
            let slack = |i: usize| moved[0].get(i).map_or(0.0, |once| SCALE.abs() * once) + moved[1][i];
            if (0..count).any(|i| off(i, slack(i))) {
                broken.push(format!("the gradient of {} is not linear in the cotangent", input.label()));
            }
        }
        Ok(broken)
    }

    /// ⟨ct, J t⟩ = ⟨Jᵀ ct, t⟩.
    fn adjoint(&self, ct: &Value, gradient: &Gradient<'_>) -> Result<Option<String>, Error> {
        let tangent = |(i, input): (u64, &Var<'t>)| {
            let seed = self.check.options.seed.wrapping_add(i);
            Ok((*input, self.tape.constant(random::tangent(&input.try_value()?, seed))))
        };
        let tangents: Vec<_> = (0..).zip(&self.inputs).map(tangent).collect::<Result<_, Error>>()?;
        let pushed = match jvp(&[self.output], &tangents) {
            Ok(pushed) => pushed[0],
            Err(_) if is_opaque(self.tape) => return Ok(None),
            Err(error) => return Ok(Some(format!("there is no pushforward beside the pullback: {error}"))),
        };
        let mut t = Vec::new();
        for (_, tangent) in &tangents {
            t.push(tangent.try_value()?.to_f64s());
        }
        let (t, ct) = (t.concat(), ct.to_f64s());
        let pushed_numbers = crate::subject::numbers(pushed, &self.output.array_type())?;
        let terms = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).collect::<Vec<f64>>();
        let size = |a: &[f64], b: &[f64]| terms(a, b).iter().map(|x| x.abs()).sum::<f64>();
        let claim = gradient.claim.concat();
        let (a, b): (f64, f64) = (terms(&pushed_numbers, &ct).iter().sum(), terms(&claim, &t).iter().sum());
        let tolerance = ROUNDINGS * self.rounding_error() * (size(&pushed_numbers, &ct) + size(&claim, &t));
        // NaN is no contradiction.
        let off = |slack: f64| (a - b).abs() > tolerance + slack;
        if !off(0.0) {
            return Ok(None);
        }
        let forward = rounding_of_some(&[pushed])?.concat();
        if off(size(&forward, &ct) + size(&gradient.rounding(&self.inputs)?, &t)) {
            return Ok(Some(format!("the modes are not adjoint: ⟨ct, J t⟩ is {a:e}, ⟨Jᵀ ct, t⟩ is {b:e}")));
        }
        Ok(None)
    }

    /// The rounding of the coarsest dtype among inputs and output.
    pub(super) fn rounding_error(&self) -> f64 {
        let vars = self.inputs.iter().chain([&self.output]);
        vars.map(|var| epsilon(var.dtype())).fold(f64::EPSILON, f64::max)
    }
}

impl Gradient<'_> {
    /// How far rounding may move each entry, one after another.
    pub(super) fn rounding(&self, inputs: &[Var<'_>]) -> Result<Vec<f64>, Error> {
        let mut moved = rounding_of_some(&self.vars)?;
        for (moved, input) in moved.iter_mut().zip(inputs) {
            moved.resize(input.size(), 0.0);
        }
        Ok(moved.concat())
    }
}
