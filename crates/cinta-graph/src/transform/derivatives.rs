//! The derivatives users ask for, as short compositions of pullback, pushforward and batching.
use std::panic::Location;

use super::Wrt;
use super::path::no_path;
use super::pullback::pullback;
use super::pushforward::pushforward;
use crate::error::{ErrorKind, or_panic};
use crate::ops::Delta;
use crate::{Error, NodeId, Place, Value, Var};

/// The pullback of several outputs at once: Σᵢ Jᵢᵀ ctᵢ for each variable.
///
/// `None` stands for a structural zero: no output depends on that variable.
///
/// ```
/// use cinta_graph::{Tape, vjp};
/// let tape = Tape::new();
/// let x = tape.var([1.0, 2.0]);
/// let (y, z) = (x.square(), x.sum());
/// let dx = vjp(&[(y, tape.constant([1.0, 0.0])), (z, tape.constant(10.0))], x)?;
/// assert_eq!(dx.expect("reached").value(), ndarray::array![12.0, 10.0]);
/// # Ok::<(), cinta_graph::Error>(())
/// ```
///
/// # Errors
/// If an output is not a float array, or a cotangent has not the output's type.
#[track_caller]
pub fn vjp<'t, W: Wrt<'t>>(outputs: &[(Var<'t>, Var<'t>)], wrt: W) -> Result<W::Of<Option<Var<'t>>>, Error> {
    let vars = wrt.vars();
    let Some(tape) = outputs.first().map(|(output, _)| output.tape()) else {
        return Ok(wrt.collect(vec![None; vars.len()]));
    };
    let mut seeds = Vec::with_capacity(outputs.len());
    for &(output, ct) in outputs {
        outputs[0].0.check_tape("vjp", output)?;
        seeds.push((output.id(), output.seed("vjp", "cotangent", ct)?));
    }
    for var in &vars {
        outputs[0].0.check_tape("vjp", *var)?;
    }
    let ids: Vec<NodeId> = vars.iter().map(|var| var.id()).collect();
    let cts = pullback(tape, &seeds, &ids)?;
    Ok(wrt.collect(cts.into_iter().map(|ct| ct.map(Delta::var)).collect()))
}

/// The pushforward: the tangents of outputs along given tangents of variables, J t.
///
/// `None` stands for a structural zero. A variable may be any node; a tangent given to a node adds to the
/// one that arrives there.
///
/// ```
/// use cinta_graph::{Tape, jvp};
/// let tape = Tape::new();
/// let x = tape.var([1.0, 2.0]);
/// let dy = jvp(&[x.square()], &[(x, tape.constant([1.0, 0.5]))])?;
/// assert_eq!(dy[0].expect("reached").value(), ndarray::array![2.0, 2.0]);
/// # Ok::<(), cinta_graph::Error>(())
/// ```
///
/// # Errors
/// If a variable is not a float array, or a tangent has not its variable's type.
#[track_caller]
pub fn jvp<'t>(outputs: &[Var<'t>], tangents: &[(Var<'t>, Var<'t>)]) -> Result<Vec<Option<Var<'t>>>, Error> {
    let Some(tape) = outputs.first().map(|output| output.tape()) else {
        return Ok(Vec::new());
    };
    let mut seeds = Vec::with_capacity(tangents.len());
    for &(var, tangent) in tangents {
        outputs[0].check_tape("jvp", var)?;
        seeds.push((var.id(), var.seed("jvp", "tangent", tangent)?));
    }
    for output in outputs {
        outputs[0].check_tape("jvp", *output)?;
    }
    let ids: Vec<NodeId> = outputs.iter().map(|var| var.id()).collect();
    let pushed = pushforward(tape, &seeds, &ids)?;
    Ok(pushed.into_iter().map(|tangent| tangent.map(Delta::var)).collect())
}

impl<'t> Var<'t> {
    /// A checked seed. Zeros in a direction are choices, so it counts as masked unless it shows that it has none.
    #[track_caller]
    fn seed(self, subject: &str, what: &str, seed: Var<'t>) -> Result<Delta<'t>, Error> {
        self.check_float(subject)?;
        self.check_tape(subject, seed)?;
        let (ty, came) = (self.array_type(), seed.array_type());
        if ty != came {
            let reason = format!("expected a {what} of this type, not {came}");
            return Err(self.tape().type_error(subject, reason, &[&ty]));
        }
        // Of constants only: what is recorded must not depend on what a variable holds just now.
        let constant = self.tape().graph().constant_value(seed.id());
        let dense = constant.is_some_and(|value| !value.has_zeros());
        Ok(if dense { Delta::dense(seed) } else { Delta::masked(seed) })
    }

    #[track_caller]
    pub(super) fn check_tape(self, subject: &str, other: Var<'t>) -> Result<(), Error> {
        if std::ptr::eq(self.tape(), other.tape()) {
            return Ok(());
        }
        Err(self.error(ErrorKind::Tape, subject, format!("the output and {} are on different tapes", other.label())))
    }

    #[track_caller]
    pub(super) fn check_float(self, subject: &str) -> Result<(), Error> {
        let dtype = self.dtype();
        if dtype.is_float() {
            return Ok(());
        }
        let reason =
            format!("{dtype} has no derivatives; differentiate what it was computed from, or cast to f64 first");
        Err(self.error(ErrorKind::Derivative, subject, reason))
    }

    #[track_caller]
    pub(super) fn check_scalar(self, subject: &str) -> Result<(), Error> {
        self.check_float(subject)?;
        if self.rank() == 0 {
            return Ok(());
        }
        let reason = "needs a scalar (0-d); sum() it first, give a cotangent with vjp, or ask for the jacobian";
        Err(self.error(ErrorKind::Derivative, subject, reason))
    }

    #[track_caller]
    fn gradients(self, subject: &str, wrt: &[Var<'t>]) -> Result<Vec<Option<Delta<'t>>>, Error> {
        self.check_scalar(subject)?;
        for var in wrt {
            self.check_tape(subject, *var)?;
            var.check_float(subject)?;
        }
        let ids: Vec<NodeId> = wrt.iter().map(|var| var.id()).collect();
        pullback(self.tape(), &[(self.id(), Delta::dense(self.ones_like()))], &ids)
    }

    /// The gradient of this scalar with respect to any nodes, variables or not, in the form they are given.
    ///
    /// The result is recorded: differentiate it again if you like. Cost: a few times the nodes between.
    ///
    /// ```
    /// use cinta_graph::Tape;
    /// let tape = Tape::new();
    /// let (a, b) = (tape.var(2.0), tape.var(3.0));
    /// let y = a * a * b;
    /// let [da, db] = y.grad([a, b]);
    /// assert_eq!((da.item(), db.item()), (12.0, 4.0));
    /// assert_eq!(da.grad(b).item(), 4.0); // ∂²y/∂a∂b
    /// ```
    ///
    /// # Panics
    /// If this is no float scalar, or does not depend on one of the variables: a gradient never disappears
    /// silently. Ask for [`grad_or_zeros`](Self::grad_or_zeros) or [`grad_or_none`](Self::grad_or_none) if zero
    /// is what you want.
    #[track_caller]
    pub fn grad<W: Wrt<'t>>(self, wrt: W) -> W::Of<Var<'t>> {
        or_panic(self.try_grad(wrt))
    }

    /// [`grad`](Self::grad), with the error returned.
    #[track_caller]
    pub fn try_grad<W: Wrt<'t>>(self, wrt: W) -> Result<W::Of<Var<'t>>, Error> {
        let vars = wrt.vars();
        let cts = self.gradients("grad", &vars)?.into_iter().map(|ct| ct.map(Delta::var)).collect();
        Ok(wrt.collect(self.all_reached("grad", &vars, cts)?))
    }

    /// The cotangents, or why one is missing.
    #[track_caller]
    fn all_reached(self, subject: &str, vars: &[Var<'t>], cts: Vec<Option<Var<'t>>>) -> Result<Vec<Var<'t>>, Error> {
        let here = Place::from(Location::caller());
        let reached = |(ct, var): (Option<Var<'t>>, &Var<'t>)| {
            ct.ok_or_else(|| no_path(self.tape(), subject, var.id(), &[self.id()]).at(here.clone()))
        };
        cts.into_iter().zip(vars).map(reached).collect()
    }

    /// [`grad`](Self::grad), with zeros for variables on which this does not depend.
    #[track_caller]
    pub fn grad_or_zeros<W: Wrt<'t>>(self, wrt: W) -> W::Of<Var<'t>> {
        or_panic(self.try_grad_or_zeros(wrt))
    }

    /// [`grad_or_zeros`](Self::grad_or_zeros), with the error returned.
    #[track_caller]
    pub fn try_grad_or_zeros<W: Wrt<'t>>(self, wrt: W) -> Result<W::Of<Var<'t>>, Error> {
        let vars = wrt.vars();
        let cts = self.gradients("grad_or_zeros", &vars)?;
        Ok(wrt.collect(
            cts.into_iter().zip(vars).map(|(ct, var)| ct.map_or_else(|| var.zeros_like(), Delta::var)).collect(),
        ))
    }

    /// [`grad`](Self::grad), with `None` for variables on which this does not depend.
    #[track_caller]
    pub fn grad_or_none<W: Wrt<'t>>(self, wrt: W) -> W::Of<Option<Var<'t>>> {
        or_panic(self.try_grad_or_none(wrt))
    }

    /// [`grad_or_none`](Self::grad_or_none), with the error returned.
    #[track_caller]
    pub fn try_grad_or_none<W: Wrt<'t>>(self, wrt: W) -> Result<W::Of<Option<Var<'t>>>, Error> {
        let cts = self.gradients("grad_or_none", &wrt.vars())?;
        Ok(wrt.collect(cts.into_iter().map(|ct| ct.map(Delta::var)).collect()))
    }

    /// The value now, and the [`grad`](Self::grad).
    ///
    /// # Panics
    /// As `grad` and [`value`](Self::value).
    #[track_caller]
    pub fn value_and_grad<W: Wrt<'t>>(self, wrt: W) -> (Value, W::Of<Var<'t>>) {
        (self.value(), self.grad(wrt))
    }

    /// [`value_and_grad`](Self::value_and_grad), with the error returned.
    #[track_caller]
    pub fn try_value_and_grad<W: Wrt<'t>>(self, wrt: W) -> Result<(Value, W::Of<Var<'t>>), Error> {
        Ok((self.try_value()?, self.try_grad(wrt)?))
    }

    /// The pullback of this array: Jᵀ ct for each variable. The free function [`vjp`] takes several outputs,
    /// and gives `None` where a variable is not reached.
    ///
    /// ```
    /// use cinta_graph::Tape;
    /// let tape = Tape::new();
    /// let x = tape.var([1.0, 2.0]);
    /// assert_eq!(x.square().vjp(tape.constant([1.0, 10.0]), x).value(), ndarray::array![2.0, 40.0]);
    /// ```
    ///
    /// # Panics
    /// If this is no float array, `ct` has not its type, or it does not depend on one of the variables.
    #[track_caller]
    pub fn vjp<W: Wrt<'t>>(self, ct: Var<'t>, wrt: W) -> W::Of<Var<'t>> {
        or_panic(self.try_vjp(ct, wrt))
    }

    /// [`vjp`](Self::vjp), with the error returned.
    #[track_caller]
    pub fn try_vjp<W: Wrt<'t>>(self, ct: Var<'t>, wrt: W) -> Result<W::Of<Var<'t>>, Error> {
        let vars = wrt.vars();
        let cts = vjp(&[(self, ct)], &vars[..])?;
        Ok(wrt.collect(self.all_reached("vjp", &vars, cts)?))
    }

    /// The pushforward: the tangent of this array along tangents of variables, J t. The free function [`jvp`]
    /// takes several outputs, and gives `None` where one is not reached.
    ///
    /// ```
    /// use cinta_graph::Tape;
    /// let tape = Tape::new();
    /// let x = tape.var([1.0, 2.0]);
    /// let t = tape.constant([1.0, 10.0]);
    /// assert_eq!(x.square().jvp(&[(x, t)]).value(), ndarray::array![2.0, 40.0]);
    /// ```
    ///
    /// # Panics
    /// If a variable is no float array, its tangent has not its type, or this depends on none of them.
    #[must_use]
    #[track_caller]
    pub fn jvp(self, tangents: &[(Var<'t>, Var<'t>)]) -> Var<'t> {
        or_panic(self.try_jvp(tangents))
    }

    /// [`jvp`](Self::jvp), with the error returned.
    #[track_caller]
    pub fn try_jvp(self, tangents: &[(Var<'t>, Var<'t>)]) -> Result<Var<'t>, Error> {
        let here = Place::from(Location::caller());
        self.check_float("jvp")?;
        match (jvp(&[self], tangents)?[0], tangents.first()) {
            (Some(tangent), _) => Ok(tangent),
            (None, Some((var, _))) => Err(no_path(self.tape(), "jvp", var.id(), &[self.id()]).at(here)),
            (None, None) => Err(self.error(ErrorKind::Derivative, "jvp", "no variable was given a tangent")),
        }
    }
}
