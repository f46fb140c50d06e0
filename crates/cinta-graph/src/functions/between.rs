//! Between two numbers: clip, lerp; and x log y.
use crate::error::or_panic;
use crate::ops::{Delta, broadcast_together, same_dtype};
use crate::{Error, Operand, Var};

impl<'t> Var<'t> {
    /// min(max(x, lo), hi), elementwise, broadcast as in NumPy; NaN stays NaN. For one bound alone, see
    /// [`maximum`](Self::maximum) and [`minimum`](Self::minimum).
    ///
    /// Where x is a bound, a tie, x and the bound get half of the derivative each.
    ///
    /// ```
    /// use cinta_graph::Tape;
    /// let tape = Tape::new();
    /// let x = tape.var([-2.0, 0.0, 0.5, 7.0]);
    /// assert_eq!(x.clip(0.0, 1.0).value(), ndarray::array![0.0, 0.0, 0.5, 1.0]);
    /// assert_eq!(x.clip(0.0, 1.0).sum().grad(x).value(), ndarray::array![0.0, 0.5, 1.0, 0.0]);
    /// ```
    ///
    /// # Panics
    /// On truth values, or if dtypes differ or shapes do not broadcast.
    #[must_use]
    #[track_caller]
    pub fn clip(self, lo: impl Operand<'t>, hi: impl Operand<'t>) -> Self {
        or_panic(self.try_clip(lo, hi))
    }

    /// [`clip`](Self::clip), with the error returned.
    #[track_caller]
    pub fn try_clip(self, lo: impl Operand<'t>, hi: impl Operand<'t>) -> Result<Self, Error> {
        self.try_maximum(lo)?.try_minimum(hi)
    }

    /// The way from a to b: (1 − t) a + t b, elementwise, broadcast as in NumPy. Exact at t = 0 and 1.
    ///
    /// ```
    /// use cinta_graph::Tape;
    /// let tape = Tape::new();
    /// let (a, b) = (tape.var(1.0), tape.var(3.0));
    /// let y = a.lerp(b, 0.25);
    /// let [da, db] = y.grad([a, b]);
    /// assert_eq!((y.item(), da.item(), db.item()), (1.5, 0.75, 0.25));
    /// ```
    ///
    /// # Panics
    /// On integers and truth values, or if dtypes differ or shapes do not broadcast.
    #[must_use]
    #[track_caller]
    pub fn lerp(self, b: impl Operand<'t>, t: impl Operand<'t>) -> Self {
        or_panic(self.try_lerp(b, t))
    }

    /// [`lerp`](Self::lerp), with the error returned.
    #[track_caller]
    pub fn try_lerp(self, b: impl Operand<'t>, t: impl Operand<'t>) -> Result<Self, Error> {
        self.needs_float("lerp")?;
        let t = t.try_like(self, "lerp")?;
        let rest = 1.0.try_like(t, "lerp")?.try_sub(t)?;
        rest.try_mul(self)?.try_add(t.try_mul(b)?)
    }

    /// x log y, and 0 where x = 0 whatever y is, elementwise, broadcast as in NumPy: the terms of an entropy.
    ///
    /// At (0, 0), where the slope log y towards x is −∞, the derivatives are 0, a convention that keeps entropies
    /// differentiable at the border.
    ///
    /// ```
    /// use cinta_graph::Tape;
    /// let tape = Tape::new();
    /// let p = tape.var([0.5, 0.5, 0.0]);
    /// let entropy = -p.xlogy(p).sum();
    /// assert_eq!(entropy.item(), std::f64::consts::LN_2);
    /// assert_eq!(entropy.grad(p).to_array::<f64>()[2], 0.0);
    /// ```
    ///
    /// # Panics
    /// On integers and truth values, or if dtypes differ or shapes do not broadcast.
    #[must_use]
    #[track_caller]
    pub fn xlogy(self, y: impl Operand<'t>) -> Self {
        or_panic(self.try_xlogy(y))
    }

    /// [`xlogy`](Self::xlogy), with the error returned.
    #[track_caller]
    pub fn try_xlogy(self, y: impl Operand<'t>) -> Result<Self, Error> {
        self.needs_float("xlogy")?;
        let y = y.try_like(self, "xlogy")?;
        let types = [&self.array_type(), &y.array_type()];
        same_dtype(&types).map_err(self.tape().refusing("xlogy", &types))?;
        let [x, y] = broadcast_together("xlogy", [self, y])?;
        let log = (x.eq(0.0) & y.eq(0.0)).try_select(1.0, y)?.try_log()?;
        Ok(Delta::masked(x).times(log).var())
    }
}
