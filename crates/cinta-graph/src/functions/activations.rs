//! Activation functions.
use crate::error::or_panic;
use crate::ops::Delta;
use crate::{Error, Var};

impl Var<'_> {
    /// x where x > 0, α (eˣ − 1) elsewhere, elementwise. The slope at 0 is α.
    ///
    /// ```
    /// use cinta_graph::Tape;
    /// let tape = Tape::new();
    /// let x = tape.var([2.0, 0.0, -1000.0]);
    /// assert_eq!(x.elu(0.5).value(), ndarray::array![2.0, 0.0, -0.5]);
    /// assert_eq!(x.elu(0.5).sum().grad(x).value(), ndarray::array![1.0, 0.5, 0.0]);
    /// ```
    ///
    /// # Panics
    /// On integers and truth values.
    #[must_use]
    #[track_caller]
    pub fn elu(self, alpha: f64) -> Self {
        or_panic(self.try_elu(alpha))
    }

    /// [`elu`](Self::elu), with the error returned.
    #[track_caller]
    pub fn try_elu(self, alpha: f64) -> Result<Self, Error> {
        self.needs_float("elu")?;
        self.gt(0.0).try_select(self, self.try_expm1()?.try_mul(alpha)?)
    }

    /// λ [elu](Self::elu)(x, α) with λ = 1.0507… and α = 1.6732…, elementwise: outputs of mean 0 and variance 1 for
    /// such inputs. The slope at 0 is λα.
    ///
    /// G. Klambauer et al., *Self-normalizing neural networks*, NIPS 2017.
    ///
    /// ```
    /// use cinta_graph::Tape;
    /// let tape = Tape::new();
    /// let x = tape.var([1.0, 0.0, -1000.0]);
    /// let y = x.selu().to_array::<f64>();
    /// assert_eq!((y[0], y[1]), (1.050_700_987_355_480_5, 0.0));
    /// assert!((y[2] + 1.758_099_340_847_376_5).abs() < 1e-15);
    /// ```
    ///
    /// # Panics
    /// On integers and truth values.
    #[must_use]
    #[track_caller]
    pub fn selu(self) -> Self {
        or_panic(self.try_selu())
    }

    /// [`selu`](Self::selu), with the error returned.
    #[track_caller]
    pub fn try_selu(self) -> Result<Self, Error> {
        const ALPHA: f64 = 1.673_263_242_354_377_2;
        const LAMBDA: f64 = 1.050_700_987_355_480_5;
        self.needs_float("selu")?;
        self.try_elu(ALPHA)?.try_mul(LAMBDA)
    }

    /// x where x ≥ 0, slope · x elsewhere, elementwise. The slope at 0 is 1.
    ///
    /// ```
    /// use cinta_graph::Tape;
    /// let tape = Tape::new();
    /// let x = tape.var([2.0, 0.0, -4.0]);
    /// assert_eq!(x.leaky_relu(0.25).value(), ndarray::array![2.0, 0.0, -1.0]);
    /// assert_eq!(x.leaky_relu(0.25).sum().grad(x).value(), ndarray::array![1.0, 1.0, 0.25]);
    /// ```
    ///
    /// # Panics
    /// On integers and truth values.
    #[must_use]
    #[track_caller]
    pub fn leaky_relu(self, slope: f64) -> Self {
        or_panic(self.try_leaky_relu(slope))
    }

    /// [`leaky_relu`](Self::leaky_relu), with the error returned.
    #[track_caller]
    pub fn try_leaky_relu(self, slope: f64) -> Result<Self, Error> {
        self.needs_float("leaky_relu")?;
        self.ge(0.0).try_select(self, self.try_mul(slope)?)
    }

    /// x/6 + ½ between 0 and 1, elementwise: 0 for x ≤ −3, 1 for x ≥ 3. At ±3 half the slope, 1/12.
    ///
    /// ```
    /// use cinta_graph::Tape;
    /// let tape = Tape::new();
    /// let x = tape.var([-5.0, 0.0, 3.0]);
    /// assert_eq!(x.hard_sigmoid().value(), ndarray::array![0.0, 0.5, 1.0]);
    /// assert_eq!(x.hard_sigmoid().sum().grad(x).value(), ndarray::array![0.0, 1.0 / 6.0, 0.5 / 6.0]);
    /// ```
    ///
    /// # Panics
    /// On integers and truth values.
    #[must_use]
    #[track_caller]
    pub fn hard_sigmoid(self) -> Self {
        or_panic(self.try_hard_sigmoid())
    }

    /// [`hard_sigmoid`](Self::hard_sigmoid), with the error returned.
    #[track_caller]
    pub fn try_hard_sigmoid(self) -> Result<Self, Error> {
        self.needs_float("hard_sigmoid")?;
        self.try_clip(-3.0, 3.0)?.try_add(3.0)?.try_div(6.0)
    }

    /// x between −1 and 1, elementwise. At ±1 half the slope, ½.
    ///
    /// ```
    /// use cinta_graph::Tape;
    /// let tape = Tape::new();
    /// let x = tape.var([-5.0, 0.5, 1.0]);
    /// assert_eq!(x.hard_tanh().value(), ndarray::array![-1.0, 0.5, 1.0]);
    /// assert_eq!(x.hard_tanh().sum().grad(x).value(), ndarray::array![0.0, 1.0, 0.5]);
    /// ```
    ///
    /// # Panics
    /// On integers and truth values.
    #[must_use]
    #[track_caller]
    pub fn hard_tanh(self) -> Self {
        or_panic(self.try_hard_tanh())
    }

    /// [`hard_tanh`](Self::hard_tanh), with the error returned.
    #[track_caller]
    pub fn try_hard_tanh(self) -> Result<Self, Error> {
        self.needs_float("hard_tanh")?;
        self.try_clip(-1.0, 1.0)
    }

    /// x [`hard_sigmoid`](Self::hard_sigmoid)(x), elementwise: 0 for x ≤ −3, −∞ too, and x for x ≥ 3. At ±3 the mean
    /// of the slopes on both sides.
    ///
    /// ```
    /// use cinta_graph::Tape;
    /// let tape = Tape::new();
    /// let x = tape.var([f64::NEG_INFINITY, 0.0, 3.0, 5.0]);
    /// assert_eq!(x.hard_swish().value(), ndarray::array![0.0, 0.0, 3.0, 5.0]);
    /// assert_eq!(x.hard_swish().sum().grad(x).value(), ndarray::array![0.0, 0.5, 1.25, 1.0]);
    /// ```
    ///
    /// # Panics
    /// On integers and truth values.
    #[must_use]
    #[track_caller]
    pub fn hard_swish(self) -> Self {
        or_panic(self.try_hard_swish())
    }

    /// [`hard_swish`](Self::hard_swish), with the error returned.
    #[track_caller]
    pub fn try_hard_swish(self) -> Result<Self, Error> {
        self.needs_float("hard_swish")?;
        Ok(self.weighted(self.within(8.0)?.try_hard_sigmoid()?))
    }

    /// x ⊙ w, where a weight of 0 wins over an infinite x.
    #[track_caller]
    fn weighted(self, weight: Self) -> Self {
        Delta::masked(weight).times(self).var()
    }

    /// What the weight of x sees of it: x up to a limit beyond which the weight is 0 or 1, so that at ±∞ too the
    /// derivatives of their product are its limits.
    #[track_caller]
    fn within(self, limit: f64) -> Result<Self, Error> {
        self.try_clip(-limit, limit)
    }
}
