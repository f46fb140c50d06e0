//! Cross-entropies from logits, accurate where the answer is confident, right or wrong.
use crate::error::or_panic;
use crate::ops::broadcast_together;
use crate::ops::gate::Gate;
use crate::ops::indices::check_known;
use crate::ops::take::Take;
use crate::{ArrayType, DType, Error, Operand, Var};

/// w ⊙ loss, where a weight of 0 wins over an infinite loss: that outcome does not count.
#[track_caller]
fn weighted<'t>(weight: Var<'t>, loss: Var<'t>) -> Result<Var<'t>, Error> {
    weight.tape().record(Gate, &[weight, loss])
}

impl<'t> Var<'t> {
    /// The cross-entropy of each logit z and a target y from 0 to 1, elementwise:
    /// −y log σ(z) − (1 − y) log(1 − σ(z)), computed as y softplus(−z) + (1 − y) softplus(z).
    ///
    /// Value and gradient σ(z) − y keep all digits in both tails. Take `mean()` or `sum()` of it.
    ///
    /// ```
    /// use cinta_graph::Tape;
    /// let tape = Tape::new();
    /// let z = tape.var([0.0, 40.0, -1000.0]);
    /// let loss = z.binary_cross_entropy([1.0, 1.0, 1.0]);
    /// let e = (-40.0_f64).exp();
    /// assert_eq!(loss.value(), ndarray::array![std::f64::consts::LN_2, e, 1000.0]);
    /// assert_eq!(loss.sum().grad(z).value(), ndarray::array![-0.5, -e, -1.0]); // −e, not 0
    /// ```
    ///
    /// # Panics
    /// If dtypes differ, shapes do not broadcast, or on integers and truth values: cast targets to floats.
    #[must_use]
    #[track_caller]
    pub fn binary_cross_entropy(self, targets: impl Operand<'t>) -> Self {
        or_panic(self.try_binary_cross_entropy(targets))
    }

    /// [`binary_cross_entropy`](Self::binary_cross_entropy), with the error returned.
    #[track_caller]
    pub fn try_binary_cross_entropy(self, targets: impl Operand<'t>) -> Result<Self, Error> {
        const NAME: &str = "binary_cross_entropy";
        self.needs_float(NAME)?;
        let targets = targets.try_like(self, NAME)?;
        self.same_dtype_as(NAME, targets)?;
        let [z, y] = broadcast_together(NAME, [self, targets])?;
        weighted(y, (-z).try_softplus()?)?.try_add(weighted(1.0 - y, z.try_softplus()?)?)
    }

    /// The cross-entropy of logits, with the classes along the last axis, and a target for each row:
    /// −log softmax(z)\[label\].
    ///
    /// Targets are `i64` labels with the shape of the rows (in front of the last axis), or probabilities p with the shape
    /// of the logits, which give −Σⱼ pⱼ log softmax(z)ⱼ. Value and gradient, softmax minus one-hot, keep all digits
    /// where the answer is confident. Take `mean()` or `sum()` of it.
    ///
    /// ```
    /// use cinta_graph::Tape;
    /// use ndarray::array;
    /// let tape = Tape::new();
    /// let z = tape.var(array![[40.0, 0.0], [0.0, 1000.0]]);
    /// let loss = z.softmax_cross_entropy([0_i64, 0]);
    /// let e = (-40.0_f64).exp();
    /// assert_eq!(loss.value(), array![e, 1000.0]);
    /// assert_eq!(loss.sum().grad(z).value(), array![[-e, e], [-1.0, 1.0]]);
    /// assert_eq!(loss.value(), z.softmax_cross_entropy(array![[1.0, 0.0], [1.0, 0.0]]).value());
    /// ```
    ///
    /// # Panics
    /// If there is no axis of classes, the targets' dtype or shape is none of these, or a label known by now is no class.
    /// Labels that are computed later are looked at then: the value is an error.
    #[must_use]
    #[track_caller]
    pub fn softmax_cross_entropy(self, targets: impl Operand<'t>) -> Self {
        or_panic(self.try_softmax_cross_entropy(targets))
    }

    /// [`softmax_cross_entropy`](Self::softmax_cross_entropy), with the error returned.
    #[track_caller]
    pub fn try_softmax_cross_entropy<T: Operand<'t>>(self, targets: T) -> Result<Self, Error> {
        const NAME: &str = "softmax_cross_entropy";
        self.needs_float(NAME)?;
        // A bare number is a label, not a probability.
        let label = self.tape().full(&ArrayType::new(DType::I64, ()), 0.0);
        let targets = targets.try_like(if T::NUMBER.is_some() { label } else { self }, NAME)?;
        let (ty, came) = (self.array_type(), targets.array_type());
        let labelled = came.dtype == DType::I64;
        if !labelled {
            self.same_dtype_as(NAME, targets)?;
        }
        let Some((classes, rows)) = ty.shape.split_last() else {
            return Err(self.tape().type_error(NAME, "needs a last axis of classes", &[&ty, &came]));
        };
        if &came.shape[..] != if labelled { rows } else { &ty.shape[..] } {
            let reason = format!("labels should have the shape {rows:?}, and probabilities that of the logits");
            return Err(self.tape().type_error(NAME, reason, &[&ty, &came]));
        }
        let losses = self.try_log_softmax(-1)?.try_neg()?;
        if !labelled {
            return weighted(targets, losses)?.try_sum_axes(-1);
        }
        check_known(NAME, targets, self, *classes)?;
        let pick = Take { axis: rows.len(), batch: rows.len() };
        self.tape().record(pick, &[losses, targets])
    }

    #[track_caller]
    fn same_dtype_as(self, name: &str, targets: Var<'t>) -> Result<(), Error> {
        let (ty, came) = (self.array_type(), targets.array_type());
        if ty.dtype == came.dtype {
            return Ok(());
        }
        let reason = format!("the targets should be {}, not {}; use cast", ty.dtype, came.dtype);
        Err(self.tape().type_error(name, reason, &[&ty, &came]))
    }
}
