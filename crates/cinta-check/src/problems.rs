//! Problems of [argmin](https://docs.rs/argmin), checked as they are.
use argmin::core::{CostFunction, Error, Gradient, Hessian};
use cinta_graph::Value;
use ndarray::Array2;

use crate::inputs::{Arrays, Layout};
use crate::{Check, Report};

impl Check {
    /// Checks the gradient of a problem of argmin.
    ///
    /// ```
    /// use argmin::core::{CostFunction, Error, Gradient};
    /// use cinta_check::Check;
    ///
    /// struct Rosenbrock;
    ///
    /// impl CostFunction for Rosenbrock {
    ///     type Param = Vec<f64>;
    ///     type Output = f64;
    ///     fn cost(&self, p: &Vec<f64>) -> Result<f64, Error> {
    ///         Ok((1.0 - p[0]).powi(2) + 100.0 * (p[1] - p[0] * p[0]).powi(2))
    ///     }
    /// }
    ///
    /// impl Gradient for Rosenbrock {
    ///     type Param = Vec<f64>;
    ///     type Gradient = Vec<f64>;
    ///     fn gradient(&self, p: &Vec<f64>) -> Result<Vec<f64>, Error> {
    ///         let inner = p[1] - p[0] * p[0];
    ///         Ok(vec![-2.0 * (1.0 - p[0]) - 400.0 * p[0] * inner, 200.0 * inner])
    ///     }
    /// }
    ///
    /// let report = Check::new().problem(&Rosenbrock, &vec![-1.2, 1.0])?;
    /// assert!(report.passed(), "{report}");
    /// # Ok::<(), Error>(())
    /// ```
    ///
    /// # Errors
    /// If the problem cannot give its gradient at the point. Where it cannot give its cost it is out of its domain.
    pub fn problem<T, P, O>(&self, problem: &T, at: &P) -> Result<Report, Error>
    where
        T: CostFunction<Param = P, Output = O> + Gradient<Param = P, Gradient = P>,
        P: Arrays,
        O: Arrays + Into<f64>,
    {
        let gradient = problem.gradient(at)?;
        let same = || gradient.with_arrays(&mut gradient.arrays().into_iter().map(|(_, value)| value));
        let claim = |p: &P| problem.gradient(p).unwrap_or_else(|_| same());
        // Its values keep their dtype, by which their rounding is known.
        let cost = |p: &P| -> Value {
            let cost = problem.cost(p).ok().and_then(|cost| Layout::of(&cost).values(&[cost.into()]).pop());
            cost.unwrap_or_else(|| f64::NAN.into())
        };
        Ok(self.gradient(cost, claim, at))
    }

    /// Checks the Hessian of a problem of argmin against its gradient; check that on its own.
    ///
    /// # Errors
    /// If the problem cannot give its Hessian at the point, or its gradient beside it.
    pub fn problem_hessian<T, P, H>(&self, problem: &T, at: &P) -> Result<Report, Error>
    where
        T: Gradient<Param = P, Gradient = P> + Hessian<Param = P, Hessian = H>,
        P: Arrays,
        H: Rows,
    {
        let hessian = match problem.hessian(at)?.matrix() {
            Ok(hessian) => hessian,
            Err(note) => return Ok(self.refused("hessian", &Layout::of(at), vec![note])),
        };
        let nothing = problem.gradient(at)?;
        let gradient = |p: &P| {
            problem.gradient(p).unwrap_or_else(|_| {
                let nan = nothing.arrays().into_iter().map(|(_, value)| {
                    crate::arrays::from_f64s(&value.array_type(), std::iter::repeat_n(f64::NAN, value.shape().size()))
                });
                nothing.with_arrays(&mut nan.into_iter())
            })
        };
        Ok(self.hessian(gradient, |_| hessian.clone(), at))
    }
}

/// What a Hessian is written as: an array of two axes, or a list of rows.
pub trait Rows {
    /// As an array, or why it is none.
    ///
    /// # Errors
    /// If rows differ in length.
    fn matrix(&self) -> Result<Array2<f64>, String>;
}

impl<T: Copy + Into<f64>> Rows for Array2<T> {
    fn matrix(&self) -> Result<Array2<f64>, String> {
        Ok(self.mapv(Into::into))
    }
}

impl<T: Copy + Into<f64>> Rows for Vec<Vec<T>> {
    fn matrix(&self) -> Result<Array2<f64>, String> {
        let columns = self.first().map_or(0, Vec::len);
        if let Some((i, row)) = self.iter().enumerate().find(|(_, row)| row.len() != columns) {
            return Err(format!("row {i} of the Hessian has {} numbers, and row 0 has {columns}", row.len()));
        }
        Ok(Array2::from_shape_fn((self.len(), columns), |(i, j)| self[i][j].into()))
    }
}
