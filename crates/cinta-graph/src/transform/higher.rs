//! Derivatives of derivatives, and whole matrices of them.
use std::panic::Location;

use ndarray::Array1;

use super::Wrt;
use super::derivatives::jvp;
use super::path::no_path;
use super::pullback::pullback;
use super::pushforward::pushforward;
use super::vmap::batch;
use crate::error::or_panic;
use crate::ops::Delta;
use crate::pool::room_for;
use crate::value::each_dtype;
use crate::{Element, Error, Place, Shape, Value, Var, try_stack};

/// Up to so many rows of a Jacobian are made one by one.
const FEW: usize = 3;

impl<'t> Var<'t> {
    /// The derivative of order `order` along a direction: dⁿ/dεⁿ of this at x + ε v.
    ///
    /// ```
    /// use cinta_graph::Tape;
    /// let tape = Tape::new();
    /// let x = tape.var(2.0);
    /// let y = x.powi(4);
    /// assert_eq!(y.directional(x, tape.constant(1.0), 3).item(), 48.0);
    /// ```
    ///
    /// # Panics
    /// As [`jvp`](Self::jvp).
    #[must_use]
    #[track_caller]
    pub fn directional(self, x: Var<'t>, v: Var<'t>, order: usize) -> Var<'t> {
        or_panic(self.try_directional(x, v, order))
    }

    /// [`directional`](Self::directional), with the error returned.
    #[track_caller]
    pub fn try_directional(self, x: Var<'t>, v: Var<'t>, order: usize) -> Result<Var<'t>, Error> {
        if order == 0 {
            return Ok(self);
        }
        // The direction is held fixed, also where it was computed from x: the gradient, say.
        let v = if order == 1 { v } else { v.try_stop_gradient()? };
        let mut derivative = self.try_jvp(&[(x, v)])?;
        for _ in 1..order {
            // Beyond the first, a structural zero is an answer: the third derivative of x² along v.
            match jvp(&[derivative], &[(x, v)])?[0] {
                Some(next) => derivative = next,
                None => return Ok(self.zeros_like()),
            }
        }
        Ok(derivative)
    }

    /// The Hessian of this scalar times a direction, ∇²L v, forward over reverse; one direction a variable.
    ///
    /// ```
    /// use cinta_graph::Tape;
    /// let tape = Tape::new();
    /// let x = tape.var([1.0, 2.0]);
    /// let loss = x.powi(3).sum();
    /// assert_eq!(loss.hvp(x, tape.constant([1.0, 1.0])).value(), ndarray::array![6.0, 12.0]);
    /// ```
    ///
    /// # Panics
    /// If this is no float scalar, does not depend on one of the variables, or a direction has not its
    /// variable's type.
    #[track_caller]
    pub fn hvp<W: Wrt<'t>>(self, wrt: W, v: W::Of<Var<'t>>) -> W::Of<Var<'t>>
    where
        W::Of<Var<'t>>: Wrt<'t>,
    {
        or_panic(self.try_hvp(wrt, v))
    }

    /// [`hvp`](Self::hvp), with the error returned.
    #[track_caller]
    pub fn try_hvp<W: Wrt<'t>>(self, wrt: W, v: W::Of<Var<'t>>) -> Result<W::Of<Var<'t>>, Error>
    where
        W::Of<Var<'t>>: Wrt<'t>,
    {
        let vars = wrt.vars();
        let tangents: Vec<(Var<'t>, Var<'t>)> = vars.iter().copied().zip(v.vars()).collect();
        let grads = self.try_grad(&vars[..])?;
        let products = jvp(&grads, &tangents)?;
        Ok(wrt
            .collect(products.into_iter().zip(vars).map(|(hv, var)| hv.unwrap_or_else(|| var.zeros_like())).collect()))
    }

    /// The Jacobian of this array with respect to another: its shape is this shape, then the other's.
    ///
    /// Reverse mode where this has fewer elements, forward mode otherwise; one batched graph, whatever the size, but for
    /// up to three elements of this, which are differentiated one by one.
    ///
    /// ```
    /// use cinta_graph::Tape;
    /// use ndarray::array;
    /// let tape = Tape::new();
    /// let x = tape.var([1.0, 2.0, 3.0]);
    /// assert_eq!(
    ///     x.square().jacobian(x).value(),
    ///     array![[2.0, 0.0, 0.0], [0.0, 4.0, 0.0], [0.0, 0.0, 6.0]]
    /// );
    /// ```
    ///
    /// # Panics
    /// If one of them is no float array, or this does not depend on the other.
    #[must_use]
    #[track_caller]
    pub fn jacobian(self, wrt: Var<'t>) -> Var<'t> {
        or_panic(self.try_jacobian(wrt))
    }

    /// [`jacobian`](Self::jacobian), with the error returned.
    #[track_caller]
    pub fn try_jacobian(self, wrt: Var<'t>) -> Result<Var<'t>, Error> {
        let here = Place::from(Location::caller());
        match self.jacobian_or_none(wrt, "jacobian", false)? {
            Some(jacobian) => Ok(jacobian),
            None => Err(no_path(self.tape(), "jacobian", wrt.id(), &[self.id()]).at(here)),
        }
    }

    #[track_caller]
    fn jacobian_or_none(self, wrt: Var<'t>, subject: &str, is_symmetric: bool) -> Result<Option<Var<'t>>, Error> {
        self.check_float(subject)?;
        self.check_tape(subject, wrt)?;
        wrt.check_float(subject)?;
        let tape = self.tape();
        let reverse = self.size() < wrt.size();
        let seeded = if reverse { self } else { wrt };
        let shape: Shape = self.shape().iter().chain(wrt.shape().iter()).copied().collect();
        if reverse && (1..=FEW).contains(&self.size()) {
            return self.few_rows(wrt)?.map(|rows| rows.try_reshape(shape)).transpose();
        }
        let seed = tape.input(seeded.array_type());
        // A unit vector has zeros to keep, unless there is but one.
        let delta = Delta::new(seed, seeded.size() > 1);
        let derivative = if reverse {
            pullback(tape, &[(self.id(), delta)], &[wrt.id()])?
        } else {
            pushforward(tape, &[(wrt.id(), delta)], &[self.id()])?
        };
        let Some(derivative) = derivative[0] else {
            return Ok(None);
        };
        let size = seeded.size();
        let basis = unit_vectors(seeded)?;
        let rows = batch(tape, &[(seed.id(), basis)], size, &[derivative.var().id()])?[0];
        let Some(rows) = rows else { return Ok(None) };
        let rows = if reverse || is_symmetric { rows } else { rows.try_reshape([size, self.size()])?.t() };
        rows.try_reshape(shape).map(Some)
    }

    /// The rows of a Jacobian one after the other, side by side. What the zeros of a unit vector make zero is known when the
    /// graph is recorded, and a program leaves it out.
    #[track_caller]
    fn few_rows(self, wrt: Var<'t>) -> Result<Option<Var<'t>>, Error> {
        let ty = self.array_type();
        let mut rows = Vec::with_capacity(self.size());
        for i in 0..self.size() {
            let unit = each_dtype!(ty.dtype, T => {
                let unit = Array1::from_shape_fn(self.size(), |j| T::from_f64(if i == j { 1.0 } else { 0.0 }));
                Value::from(unit.into_shape_with_order(ty.shape.to_vec()).expect("as many elements"))
            });
            let unit = Delta::new(self.tape().constant(unit), self.size() > 1);
            match pullback(self.tape(), &[(self.id(), unit)], &[wrt.id()])?[0] {
                Some(row) => rows.push(row.var()),
                None => return Ok(None),
            }
        }
        try_stack(&rows, 0).map(Some)
    }

    /// The Hessian of this scalar with respect to an array: its shape is the array's, twice.
    ///
    /// ```
    /// use cinta_graph::Tape;
    /// let tape = Tape::new();
    /// let x = tape.var([1.0, 2.0]);
    /// let y = (x * x).sum() * x.sum();
    /// assert_eq!(y.hessian(x).value(), ndarray::array![[10.0, 6.0], [6.0, 14.0]]);
    /// ```
    ///
    /// # Panics
    /// If this is no float scalar, or does not depend on the array.
    #[must_use]
    #[track_caller]
    pub fn hessian(self, wrt: Var<'t>) -> Var<'t> {
        or_panic(self.try_hessian(wrt))
    }

    /// [`hessian`](Self::hessian), with the error returned.
    #[track_caller]
    pub fn try_hessian(self, wrt: Var<'t>) -> Result<Var<'t>, Error> {
        let grad = self.try_grad(wrt)?;
        let shape: Shape = wrt.shape().iter().chain(wrt.shape().iter()).copied().collect();
        // A Hessian is its own transpose.
        match grad.jacobian_or_none(wrt, "hessian", true)? {
            Some(hessian) => Ok(hessian),
            None => grad
                .tape()
                .full(&wrt.array_type(), 0.0)
                .try_reshape([wrt.size()])?
                .try_outer(wrt.zeros_like().try_reshape([wrt.size()])?)?
                .try_reshape(shape),
        }
    }
}

/// The unit vectors of a variable's space, one a row: [n, shape…]; an error if there is no memory for them.
#[track_caller]
fn unit_vectors(var: Var<'_>) -> Result<Var<'_>, Error> {
    let n = var.size();
    let shape = var.shape().with_front(n);
    let value = each_dtype!(var.dtype(), T => {
        let mut numbers = room_for(&shape).map_err(var.tape().refusing("jacobian", &[&var.array_type()]))?;
        numbers.resize(shape.size(), T::from_f64(0.0));
        numbers.iter_mut().step_by(n + 1).for_each(|x| *x = T::from_f64(1.0));
        Value::row_major(numbers, &shape)
    });
    Ok(var.tape().constant(value))
}
