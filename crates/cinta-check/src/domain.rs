//! Where a function may be evaluated.
use crate::Check;
use crate::inputs::Layout;
use crate::measure::{Space, Square};

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
}

impl Check {
    /// The space around a point, or what is wrong with the domains given.
    pub(crate) fn space(&self, at: &Layout) -> Result<Space, String> {
        let (inputs, mut domains) = (at.inputs(), self.domains.iter());
        if let Some((name, domain)) = domains.find(|(name, _)| !inputs.iter().any(|(input, _)| input == name)) {
            let names: Vec<&str> = inputs.iter().map(|(name, _)| name.as_str()).collect();
            return Err(format!("there is no input {name} to be {domain:?}; there are {}", names.join(", ")));
        }
        let (mut bounds, mut simplices, mut definite) = (Vec::new(), Vec::new(), Vec::new());
        if !self.domains.is_empty() {
            let mut start = 0;
            for (name, ty) in inputs {
                let range = start..start + ty.shape.size();
                let domain = self.domains.iter().find(|(input, _)| *input == name).map(|(_, domain)| *domain);
                let limits = domain.map_or((f64::NEG_INFINITY, f64::INFINITY), Domain::bounds);
                bounds.extend(range.clone().map(|_| limits));
                start = range.end;
                let correlation = domain == Some(Domain::Correlation);
                match (domain, &ty.shape[..]) {
                    (Some(Domain::Simplex), _) => simplices.push(range),
                    (Some(Domain::PositiveDefinite | Domain::Correlation), &[.., rows, size]) if rows == size => {
                        let starts = range.step_by((size * size).max(1));
                        definite.extend(starts.map(|start| Square { start, size, correlation }));
                    }
                    (Some(Domain::PositiveDefinite | Domain::Correlation), _) => {
                        let which = if correlation { "correlation" } else { "positive definite" };
                        return Err(format!("{name} is {ty}, and {which} matrices are square"));
                    }
                    _ => {}
                }
            }
        }
        let x = at.numbers();
        let off = |square: &&Square| square.correlation && !square.has_unit_diagonal(&x);
        if definite.iter().any(|square| off(&square)) {
            return Err("a correlation matrix has ones on its diagonal, and there are other numbers".to_owned());
        }
        Ok(Space { x, dtypes: at.dtypes(), bounds, simplices, definite })
    }
}
