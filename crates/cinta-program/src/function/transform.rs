//! Derivatives and batches of functions, which are functions.
use std::panic::Location;
use std::sync::Arc;

use cinta_graph::{Error, ErrorKind, Place, Tape, Var, jvp, try_vmap_list, vjp};

use super::cache::Cache;
use super::{Function, Names, One, Outputs, Pair, Trace, Traced};

/// The function that another is made of.
struct Inner<'f> {
    trace: &'f Trace,
    /// The names of the inputs that only the other one has.
    extra: &'f [String],
}

impl Inner<'_> {
    fn record<'t>(&self, tape: &'t Tape, inputs: &[Var<'t>]) -> Result<Vec<Var<'t>>, Error> {
        (self.trace)(tape, inputs)
    }

    /// Refuses an input of the other one that has not the type of what it belongs to.
    #[track_caller]
    fn check(&self, came: &[Var<'_>], expected: &[Var<'_>]) -> Result<(), Error> {
        for ((name, came), expected) in self.extra.iter().zip(came).zip(expected) {
            let (came, expected) = (came.array_type(), expected.array_type());
            if came != expected {
                let reason = format!("its argument {name} should be {expected}, not {came}");
                let here = Place::from(Location::caller());
                return Err(Error::new(ErrorKind::Argument, "function", reason).at(here));
            }
        }
        Ok(())
    }
}

impl<O: Outputs> Function<O> {
    /// The function of a trace that uses this one's. What it refuses is refused at the caller's line.
    #[track_caller]
    fn derived<P: Outputs>(
        &self,
        extra: Vec<String>,
        outputs: P,
        trace: impl for<'t> Fn(&Inner<'_>, &'t Tape, &[Var<'t>]) -> Result<Vec<Var<'t>>, Error> + Send + Sync + 'static,
    ) -> Function<P> {
        let mut inputs = self.traced.inputs.to_vec();
        for mut name in extra {
            while inputs.contains(&name) {
                name.push('\'');
            }
            inputs.push(name);
        }
        let inputs: Arc<[String]> = inputs.into();
        let (inner, names, own) = (self.traced.trace.clone(), inputs.clone(), self.traced.inputs.len());
        let here = Place::from(Location::caller());
        let trace: Arc<Trace> = Arc::new(move |tape, vars| {
            let inner = Inner { trace: &*inner, extra: &names[own..] };
            trace(&inner, tape, vars).map_err(|error| error.moved(file!(), &here))
        });
        let (place, options) = (self.traced.place.clone(), self.traced.options);
        let traced = Traced { inputs, outputs, trace, place, options };
        Function { traced, checks_finite: self.checks_finite, cache: Cache::default() }
    }

    /// The positions of named inputs, each named once.
    fn positions(&self, names: &[String]) -> Result<Vec<usize>, Error> {
        if let Some((_, name)) = names.iter().enumerate().find(|&(at, name)| names[..at].contains(name)) {
            return Err(self.traced.error(format!("its input {name} is named twice")));
        }
        let position = |name: &String| {
            let found = self.traced.inputs.iter().position(|input| input == name);
            found.ok_or_else(|| {
                self.traced.error(format!("has no input {name}; its inputs are {}", self.traced.inputs.join(", ")))
            })
        };
        names.iter().map(position).collect()
    }

    /// The function and its pushforward: after the inputs come tangents of the named ones, `x_tangent` for `x`; the
    /// results are those of the function, then their tangents J t. A result that depends on none has tangent 0.
    ///
    /// ```
    /// use cinta_program::Function;
    /// let mut f = Function::new(["x"], |[x]| x.sin()).jvp("x")?;
    /// let (y, dy) = f.call((0.0, 3.0))?;
    /// assert_eq!((y.item(), dy.item()), (Some(0.0), Some(3.0)));
    /// # Ok::<(), cinta_graph::Error>(())
    /// ```
    ///
    /// # Errors
    /// If there is no input of a name.
    #[track_caller]
    pub fn jvp(&self, wrt: impl Names) -> Result<Function<Pair<O, O>>, Error> {
        let names = wrt.names();
        let positions = self.positions(&names)?;
        let tangents = names.iter().map(|name| format!("{name}_tangent")).collect();
        Ok(self.derived(
            tangents,
            Pair(self.traced.outputs.clone(), self.traced.outputs.clone()),
            move |inner, tape, vars| {
                let (inputs, tangents) = vars.split_at(vars.len() - positions.len());
                let mut results = inner.record(tape, inputs)?;
                let along: Vec<Var<'_>> = positions.iter().map(|&i| inputs[i]).collect();
                inner.check(tangents, &along)?;
                let given: Vec<_> = along.into_iter().zip(tangents.iter().copied()).collect();
                let pushed = jvp(&results, &given)?;
                let tangents: Vec<Var<'_>> =
                    pushed.into_iter().zip(&results).map(|(t, y)| t.unwrap_or_else(|| y.zeros_like())).collect();
                results.extend(tangents);
                Ok(results)
            },
        ))
    }

    /// The function and its pullback: after the inputs comes a cotangent for each result, `ct` or `ct0`, `ct1`, …;
    /// the results are those of the function, then Jᵀ ct for each named input, 0 where none depends on it.
    ///
    /// # Errors
    /// If there is no input of a name, or the number of results is not known before the function is traced.
    #[track_caller]
    pub fn vjp<W: Names>(&self, wrt: W) -> Result<Function<Pair<O, W::Outputs>>, Error> {
        let positions = self.positions(&wrt.names())?;
        let Some(count) = self.traced.outputs.count() else {
            return Err(self.traced.error("has a list of results; for a pullback, their number must be known"));
        };
        let cts = match count {
            1 => vec!["ct".to_owned()],
            _ => (0..count).map(|i| format!("ct{i}")).collect(),
        };
        Ok(self.derived(cts, Pair(self.traced.outputs.clone(), wrt.outputs()), move |inner, tape, vars| {
            let (inputs, cts) = vars.split_at(vars.len() - count);
            let mut results = inner.record(tape, inputs)?;
            inner.check(cts, &results)?;
            let given: Vec<_> = results.iter().copied().zip(cts.iter().copied()).collect();
            let wrt: Vec<Var<'_>> = positions.iter().map(|&i| inputs[i]).collect();
            let pulled = vjp(&given, &wrt[..])?;
            results.extend(pulled.into_iter().zip(wrt).map(|(ct, x)| ct.unwrap_or_else(|| x.zeros_like())));
            Ok(results)
        }))
    }

    /// The function over a batch: inputs that are named have the examples along an axis, the first if only names are
    /// given; the others are shared. Results have the examples along their first axis.
    ///
    /// ```
    /// use cinta_program::Function;
    /// use ndarray::array;
    /// let square = Function::new(["w", "x"], |[w, x]| w.dot(x).square());
    /// // Per-example gradients.
    /// let mut grads = square.grad("w")?.vmap(["x"])?;
    /// let xs = array![[1.0, 0.0], [0.0, 1.0]];
    /// assert_eq!(grads.call((&array![3.0, 4.0], &xs))?, array![[6.0, 0.0], [0.0, 8.0]]);
    /// let mut columns = square.vmap([("x", 1)])?;
    /// assert_eq!(columns.call((&array![3.0, 4.0], &xs))?, array![9.0, 16.0]);
    /// # Ok::<(), cinta_graph::Error>(())
    /// ```
    ///
    /// # Errors
    /// If there is no input of a name.
    #[track_caller]
    pub fn vmap(&self, mapped: impl MappedAxes) -> Result<Self, Error> {
        let (names, axes): (Vec<String>, Vec<isize>) = mapped.axes().into_iter().unzip();
        let mut inputs = vec![None; self.traced.inputs.len()];
        for (position, axis) in self.positions(&names)?.into_iter().zip(axes) {
            inputs[position] = Some(axis);
        }
        Ok(self.derived(Vec::new(), self.traced.outputs.clone(), move |inner, tape, vars| {
            let pairs: Vec<_> = vars.iter().copied().zip(inputs.iter().copied()).collect();
            try_vmap_list(&pairs, |examples| inner.record(tape, examples))
        }))
    }
}

impl Function<One> {
    /// The gradient of a function whose result is a scalar, with respect to named inputs.
    ///
    /// ```
    /// use cinta_program::Function;
    /// let f = Function::new(["a", "b"], |[a, b]| a * a * b);
    /// let [da, db] = f.grad(["a", "b"])?.call((2.0, 3.0))?;
    /// assert_eq!((da.item(), db.item()), (Some(12.0), Some(4.0)));
    /// assert_eq!(f.grad("a")?.grad("b")?.call((2.0, 3.0))?.item(), Some(4.0));
    /// # Ok::<(), cinta_graph::Error>(())
    /// ```
    ///
    /// # Errors
    /// If there is no input of a name. That the result is no scalar, or does not depend on an input, shows when the
    /// function is traced.
    #[track_caller]
    pub fn grad<W: Names>(&self, wrt: W) -> Result<Function<W::Outputs>, Error> {
        let positions = self.positions(&wrt.names())?;
        Ok(self.derived(Vec::new(), wrt.outputs(), move |inner, tape, vars| {
            let wrt: Vec<Var<'_>> = positions.iter().map(|&i| vars[i]).collect();
            only(inner.record(tape, vars)?)?.try_grad(wrt)
        }))
    }

    /// The value and the gradient; see [`grad`](Self::grad).
    ///
    /// # Errors
    /// As `grad`.
    #[track_caller]
    pub fn value_and_grad<W: Names>(&self, wrt: W) -> Result<Function<Pair<One, W::Outputs>>, Error> {
        let positions = self.positions(&wrt.names())?;
        Ok(self.derived(Vec::new(), Pair(One, wrt.outputs()), move |inner, tape, vars| {
            let wrt: Vec<Var<'_>> = positions.iter().map(|&i| vars[i]).collect();
            let value = only(inner.record(tape, vars)?)?;
            Ok(std::iter::once(value).chain(value.try_grad(wrt)?).collect())
        }))
    }

    /// The product of the Hessian with vectors: after the inputs come the vectors, `x_vector` for `x`.
    ///
    /// ```
    /// use cinta_program::Function;
    /// use ndarray::array;
    /// let f = Function::new(["x"], |[x]| x.powi(3).sum());
    /// let hv = f.hvp("x")?.call((&array![1.0, 2.0], &array![1.0, 10.0]))?;
    /// assert_eq!(hv, array![6.0, 120.0]);
    /// # Ok::<(), cinta_graph::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`grad`](Self::grad).
    #[track_caller]
    pub fn hvp<W: Names>(&self, wrt: W) -> Result<Function<W::Outputs>, Error> {
        let names = wrt.names();
        let positions = self.positions(&names)?;
        let vectors = names.iter().map(|name| format!("{name}_vector")).collect();
        Ok(self.derived(vectors, wrt.outputs(), move |inner, tape, vars| {
            let (inputs, vectors) = vars.split_at(vars.len() - positions.len());
            let wrt: Vec<Var<'_>> = positions.iter().map(|&i| inputs[i]).collect();
            let value = only(inner.record(tape, inputs)?)?;
            inner.check(vectors, &wrt)?;
            value.try_hvp(wrt, vectors.to_vec())
        }))
    }

    /// The Hessian with respect to one input, of shape `[..x, ..x]`.
    ///
    /// # Errors
    /// As [`grad`](Self::grad).
    #[track_caller]
    pub fn hessian(&self, wrt: &str) -> Result<Self, Error> {
        let [position] = self.positions(&wrt.names())?[..] else { unreachable!("one name") };
        Ok(self.derived(Vec::new(), One, move |inner, tape, vars| {
            Ok(vec![only(inner.record(tape, vars)?)?.try_hessian(vars[position])?])
        }))
    }

    /// The Jacobian with respect to one input, of shape `[..y, ..x]`.
    ///
    /// # Errors
    /// If there is no input of the name.
    #[track_caller]
    pub fn jacobian(&self, wrt: &str) -> Result<Self, Error> {
        let [position] = self.positions(&wrt.names())?[..] else { unreachable!("one name") };
        Ok(self.derived(Vec::new(), One, move |inner, tape, vars| {
            Ok(vec![only(inner.record(tape, vars)?)?.try_jacobian(vars[position])?])
        }))
    }
}

impl<A: Outputs, B: Outputs> Function<Pair<A, B>> {
    /// The function with the second part of its results only: the tangent of a pushforward, the gradient beside a
    /// value. What only the first part needs is not computed.
    ///
    /// ```
    /// use cinta_program::Function;
    /// let slope = Function::new(["x"], |[x]| x.powi(3)).jvp("x")?.second();
    /// assert_eq!(slope.vmap(["x"])?.call((&[1.0, 2.0], 1.0))?, ndarray::array![3.0, 12.0]);
    /// # Ok::<(), cinta_graph::Error>(())
    /// ```
    #[must_use]
    #[track_caller]
    pub fn second(&self) -> Function<B> {
        let Pair(a, b) = self.traced.outputs.clone();
        let second = b.clone();
        self.derived(Vec::new(), b, move |inner, tape, vars| {
            let mut results = inner.record(tape, vars)?;
            let first = Pair(a.clone(), second.clone()).first_count(results.len());
            Ok(results.split_off(first))
        })
    }
}

/// The one result of a function that has one.
fn only(results: Vec<Var<'_>>) -> Result<Var<'_>, Error> {
    match results[..] {
        [one] => Ok(one),
        _ => Err(Error::new(ErrorKind::Argument, "function", "has not one result")),
    }
}

/// Inputs that a batch is mapped over: names, or names with the axis of the examples.
pub trait MappedAxes {
    /// Each name with its axis.
    fn axes(self) -> Vec<(String, isize)>;
}

impl<const N: usize> MappedAxes for [&str; N] {
    fn axes(self) -> Vec<(String, isize)> {
        self.into_iter().map(|name| (name.to_owned(), 0)).collect()
    }
}

impl<const N: usize> MappedAxes for [(&str, isize); N] {
    fn axes(self) -> Vec<(String, isize)> {
        self.into_iter().map(|(name, axis)| (name.to_owned(), axis)).collect()
    }
}
