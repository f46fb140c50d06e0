//! The user's own derivative rules: functions recorded in variables with another derivative than follows.
use std::sync::Arc;

use crate::error::or_panic;
use crate::ops::with_rule::{Rule, Shared, WithRule};
use crate::transform::try_vmap_list;
use crate::{Error, Var};

/// A function with a derivative rule of your own, in place of what would be derived.
///
/// `f` records the value; `rule` takes the inputs, the output and its cotangent, and records the cotangent of
/// each input. Both are written in variables, so derivatives of any order and in both modes follow, as does
/// batching. Use it for a numerically better gradient, a straight-through estimator.
/// The rule must be linear in the cotangent, which forward mode transposes. What `f` reads beside `inputs` gets
/// no derivative through it.
///
/// ```
/// use cinta_graph::{Tape, custom_vjp};
/// let tape = Tape::new();
/// let x = tape.var([-0.3, 0.8]);
/// // The sign in value, the identity in derivative: a straight-through estimator.
/// let y = custom_vjp("hard_sign", [x], |[x]| x.gt(0.0).select(x.ones_like(), -1.0), |[_x], _y, ct| [ct]);
/// assert_eq!(y.value(), ndarray::array![-1.0, 1.0]);
/// assert_eq!((y * 3.0).sum().grad(x).value(), ndarray::array![3.0, 3.0]);
/// ```
///
/// # Panics
/// If an input or the output is not a float array. A rule that gives a cotangent of another type than its
/// input's is reported, with the name, when a derivative is asked for.
#[track_caller]
pub fn custom_vjp<'t, const N: usize>(
    name: &str,
    inputs: [Var<'t>; N],
    f: impl FnOnce([Var<'t>; N]) -> Var<'t>,
    rule: impl for<'r> Fn([Var<'r>; N], Var<'r>, Var<'r>) -> [Var<'r>; N] + Send + Sync + 'static,
) -> Var<'t> {
    or_panic(try_custom_vjp(name, inputs, f, rule))
}

/// [`custom_vjp`], with the error returned.
#[track_caller]
pub fn try_custom_vjp<'t, const N: usize>(
    name: &str,
    inputs: [Var<'t>; N],
    f: impl FnOnce([Var<'t>; N]) -> Var<'t>,
    rule: impl for<'r> Fn([Var<'r>; N], Var<'r>, Var<'r>) -> [Var<'r>; N] + Send + Sync + 'static,
) -> Result<Var<'t>, Error> {
    let rule = Shared(Arc::new(Closure::<_, N> { name: name.to_owned(), rule: Arc::new(rule) }) as Arc<dyn Rule>);
    let output = f(inputs);
    let vars: Vec<Var<'t>> = std::iter::once(output).chain(inputs).collect();
    output.tape().record(WithRule { rule }, &vars)
}

/// A rule that is a closure over arrays of variables.
struct Closure<F, const N: usize> {
    name: String,
    rule: Arc<F>,
}

impl<F, const N: usize> Rule for Closure<F, N>
where
    F: for<'r> Fn([Var<'r>; N], Var<'r>, Var<'r>) -> [Var<'r>; N] + Send + Sync + 'static,
{
    fn name(&self) -> &str {
        &self.name
    }

    fn vjp<'t>(&self, inputs: &[Var<'t>], output: Var<'t>, ct: Var<'t>) -> Result<Vec<Option<Var<'t>>>, Error> {
        let inputs = inputs.try_into().expect("recorded with N inputs");
        Ok((self.rule)(inputs, output, ct).into_iter().map(Some).collect())
    }

    fn batched(&self, batched: Vec<bool>) -> Arc<dyn Rule> {
        let inner = Arc::new(Self { name: self.name.clone(), rule: Arc::clone(&self.rule) });
        Arc::new(Mapped { inner, batched })
    }
}

/// A rule applied to each example of a batch.
#[derive(Clone)]
struct Mapped {
    inner: Arc<dyn Rule>,
    batched: Vec<bool>,
}

impl Rule for Mapped {
    fn name(&self) -> &str {
        self.inner.name()
    }

    /// Maps the rule over the batch; what reaches an input that the batch shares is summed.
    fn vjp<'t>(&self, inputs: &[Var<'t>], output: Var<'t>, ct: Var<'t>) -> Result<Vec<Option<Var<'t>>>, Error> {
        let axis = |batched: bool| batched.then_some(0);
        let mapped: Vec<(Var<'t>, Option<isize>)> = inputs
            .iter()
            .copied()
            .zip(self.batched.iter().map(|&batched| axis(batched)))
            .chain([(output, Some(0)), (ct, Some(0))])
            .collect();
        let cts = try_vmap_list(&mapped, |vars| {
            let (inputs, [output, ct]) = vars.split_last_chunk().expect("the output and its cotangent are last");
            self.inner
                .vjp(inputs, *output, *ct)?
                .into_iter()
                .zip(inputs)
                .map(|(ct, input)| Ok(ct.unwrap_or_else(|| input.zeros_like())))
                .collect()
        })?;
        let finish = |(ct, &batched): (Var<'t>, &bool)| if batched { Ok(ct) } else { ct.try_sum_axes(0) };
        cts.into_iter().zip(&self.batched).map(|pair| finish(pair).map(Some)).collect()
    }

    fn batched(&self, batched: Vec<bool>) -> Arc<dyn Rule> {
        Arc::new(Self { inner: Arc::new(self.clone()), batched })
    }
}
