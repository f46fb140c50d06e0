//! Where a function may be evaluated.
use cinta_graph::ArrayType;

use crate::Check;
use crate::arrays::{epsilon, position};
use crate::inputs::Layout;
use crate::measure::{Space, Square};

/// How far a matrix may be from its transpose to be symmetric, relative to the larger entry, in roundings.
const SYMMETRIC: f64 = 4096.0;

/// Where an input may be: no step leaves it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Domain {
    /// Numbers above 0.
    Positive,
    /// Numbers from one bound to the other, both included.
    Bounds(f64, f64),
    /// Numbers from 0 whose sum stays what it is: probabilities. What counts of the gradient is then how its entries
    /// differ, so each is measured against that of the largest entry of the input.
    Simplex,
    /// Symmetric positive definite matrices, in the last two axes. An entry and its mirror image move together, so what
    /// counts of the gradient is the sum of the two.
    PositiveDefinite,
    /// Correlation matrices, in the last two axes: positive definite, with ones on the diagonal, which stay. Nothing that the
    /// gradient says of the diagonal counts.
    Correlation,
}

impl Domain {
    pub(crate) fn bounds(self) -> (f64, f64) {
        match self {
            Self::Positive => (f64::MIN_POSITIVE, f64::INFINITY),
            Self::Bounds(low, high) => (low, high),
            Self::Simplex => (0.0, f64::INFINITY),
            Self::PositiveDefinite | Self::Correlation => (f64::NEG_INFINITY, f64::INFINITY),
        }
    }

    /// What keeps an input from being a point of the domain: its position in row-major order, and what is wrong there.
    fn objection(self, numbers: &[f64], ty: &ArrayType) -> Option<(usize, String)> {
        let (low, high) = self.bounds();
        let slack = epsilon(ty.dtype);
        let inside = |x: f64| x >= low - slack * low.abs() && x <= high + slack * high.abs();
        if let Some(i) = numbers.iter().position(|x| !inside(*x)) {
            return Some((i, format!("is {}", numbers[i])));
        }
        let &[.., size] = &ty.shape[..] else { return None };
        let correlation = self == Self::Correlation;
        if size == 0 || self != Self::PositiveDefinite && !correlation {
            return None;
        }
        (0..numbers.len()).step_by(size * size).find_map(|start| {
            let matrix = Square { start, size, correlation };
            let twin = |i: &usize| numbers[matrix.mirror(*i).unwrap_or(*i)];
            let apart = |i: &usize| {
                let (x, y) = (numbers[*i], twin(i));
                (x - y).abs() > SYMMETRIC * slack * x.abs().max(y.abs())
            };
            let other = (start..start + size * size).find(apart);
            let other = other.map(|i| (i, format!("is {}, and its mirror image {}", numbers[i], twin(&i))));
            let diagonal = (start..start + size * size).step_by(size + 1).find(|i| correlation && numbers[*i] != 1.0);
            let other = other.or_else(|| {
                diagonal.map(|i| (i, format!("is {}, and a correlation matrix has ones on its diagonal", numbers[i])))
            });
            let indefinite = || (start, "begins a matrix without a Cholesky factor".to_owned());
            other.or_else(|| (!matrix.is_definite(numbers)).then(indefinite))
        })
    }
}

impl Check {
    /// The space around a point, or what is wrong with the domains given.
    pub(crate) fn space(&self, at: &Layout) -> Result<Space, String> {
        let (inputs, mut domains) = (at.inputs(), self.domains.iter());
        if let Some((name, domain)) = domains.find(|(name, _)| !inputs.iter().any(|(input, _)| input == name)) {
            let names: Vec<&str> = inputs.iter().map(|(name, _)| name.as_str()).collect();
            return Err(format!("there is no input {name} to be {domain:?}; there are {}", names.join(", ")));
        }
        let x = at.numbers();
        let (mut bounds, mut simplices, mut definite) = (Vec::new(), Vec::new(), Vec::new());
        let mut start = 0;
        for (name, ty) in inputs.into_iter().filter(|_| !self.domains.is_empty()) {
            let range = start..start + ty.shape.size();
            start = range.end;
            let domain = self.domains.iter().find(|(input, _)| *input == name).map(|(_, domain)| *domain);
            let (low, high) = domain.map_or((f64::NEG_INFINITY, f64::INFINITY), Domain::bounds);
            if low.is_nan() || high.is_nan() || low > high {
                return Err(format!("there are no numbers from {low} to {high}, as {name} should be"));
            }
            let correlation = domain == Some(Domain::Correlation);
            match (domain, &ty.shape[..]) {
                (Some(Domain::Simplex), _) => simplices.push(range.clone()),
                (Some(Domain::PositiveDefinite | Domain::Correlation), &[.., rows, size]) if rows == size => {
                    let starts = range.clone().step_by((size * size).max(1));
                    definite.extend(starts.map(|start| Square { start, size, correlation }));
                }
                (Some(Domain::PositiveDefinite | Domain::Correlation), _) => {
                    let which = if correlation { "correlation" } else { "positive definite" };
                    return Err(format!("{name} is {ty}, and {which} matrices are square"));
                }
                _ => {}
            }
            let numbers = &x[range];
            if let Some((domain, (i, what))) = domain.and_then(|d| Some((d, d.objection(numbers, &ty)?))) {
                let index = position(&ty, i);
                return Err(format!(
                    "the point is outside the domain: {name}{index:?} {what}, and {name} is to be {domain:?}"
                ));
            }
            bounds.extend(numbers.iter().map(|x| (low.min(*x), high.max(*x))));
        }
        Ok(Space { x, dtypes: at.dtypes(), bounds, simplices, definite })
    }
}
