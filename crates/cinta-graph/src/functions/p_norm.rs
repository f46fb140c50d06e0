//! Vector norms of any order.
use crate::error::or_panic;
use crate::{Axes, DType, Error, Var};

impl Var<'_> {
    /// The norm of order p, (Σ |xᵢ|ᵖ)^(1/p), over some axes: one, several, kept as 1 with
    /// [`keepdims`](crate::keepdims). For p = 2 the [`norm`](Self::norm); for p = 1 the sum of magnitudes; for p = ∞
    /// the largest magnitude and for −∞ the smallest, where ties share the derivative evenly; for p = 0 the number of
    /// elements that are not 0. Other orders below 1, as in NumPy, are no norms, but have the same formula.
    ///
    /// Powers of large and small elements neither overflow nor vanish. Where an element is 0, and where the norm is,
    /// there may be a kink; the derivative towards such an element is 0, the mean of both sides.
    ///
    /// ```
    /// use cinta_graph::{Axes, Tape};
    /// use ndarray::array;
    /// let tape = Tape::new();
    /// let x = tape.var(array![[3.0, -4.0], [0.0, 5.0]]);
    /// assert_eq!(x.p_norm(1.0, 1).value(), array![7.0, 5.0]);
    /// assert_eq!(x.p_norm(f64::INFINITY, Axes::all()).item(), 5.0);
    /// assert_eq!(x.p_norm(0.0, 0).value(), array![1.0, 2.0]);
    /// let y = tape.var([3e200, 4e200, 5e200]);
    /// assert!((y.p_norm(3.0, 0).item() / 6e200 - 1.0).abs() < 1e-15);
    /// ```
    ///
    /// # Panics
    /// If p is NaN, an axis does not exist or is named twice, an infinite order meets an empty axis, and on integers and
    /// truth values.
    #[must_use]
    #[track_caller]
    pub fn p_norm(self, p: f64, axes: impl Into<Axes>) -> Self {
        or_panic(self.try_p_norm(p, axes))
    }

    /// [`p_norm`](Self::p_norm), with the error returned.
    #[track_caller]
    pub fn try_p_norm(self, p: f64, axes: impl Into<Axes>) -> Result<Self, Error> {
        let axes = axes.into();
        self.needs_float("p_norm")?;
        let ty = self.array_type();
        let list = self.resolve_axes("p_norm", &axes)?;
        if p.is_nan() {
            return Err(self.tape().type_error("p_norm", "the order is NaN", &[&ty]));
        }
        if p.is_infinite() && list.iter().any(|&axis| ty.shape[axis] == 0) {
            return Err(self.tape().type_error("p_norm", "no elements have no largest magnitude", &[&ty]));
        }
        match p {
            2.0 => self.try_norm_axes(axes),
            1.0 => self.try_abs()?.try_sum_axes(axes),
            0.0 => self.ne(0.0).try_cast(ty.dtype)?.try_sum_axes(axes),
            f64::INFINITY => self.try_abs()?.try_max_axes(axes),
            f64::NEG_INFINITY => self.try_abs()?.try_min_axes(axes),
            _ => {
                let norm = self.power_mean(p, &list)?;
                if axes.keepdims { Ok(norm) } else { norm.try_reshape(ty.shape.without(&list)) }
            }
        }
    }

    /// s (Σ (|x|/s)ᵖ)^(1/p), with the axes kept as 1. The scale s, near the element that counts most, is a constant to
    /// derivatives, which do not depend on it.
    #[track_caller]
    fn power_mean(self, p: f64, axes: &[usize]) -> Result<Self, Error> {
        let shape = self.shape().keeping(axes);
        let magnitudes = self.try_abs()?;
        let scale = if self.size() == 0 {
            self.tape().full(&self.array_type().with_shape(&shape), 1.0)
        } else {
            // Inside the range, so that s times a cotangent, and that over s, neither overflow nor vanish.
            let (low, high) = if self.dtype() == DType::F32 { (-120, 120) } else { (-1010, 1000) };
            let kept = crate::keepdims(axes.iter().map(|axis| axis.cast_signed()).collect::<Vec<_>>());
            let main = if p > 0.0 { magnitudes.try_max_axes(kept)? } else { magnitudes.try_min_axes(kept)? };
            main.try_clip(2.0_f64.powi(low), 2.0_f64.powi(high))?.try_stop_gradient()?
        };
        let powers = if p > 0.0 && p % 2.0 == 0.0 && p < 1e9 {
            #[expect(clippy::cast_possible_truncation, reason = "a small even number")]
            self.try_div(scale)?.try_powi(p as i32)?
        } else {
            // A power of 0 passes no derivative; of a negative order it is infinite.
            let zero = if p > 0.0 { 0.0 } else { f64::INFINITY };
            magnitudes.eq(0.0).try_select(zero, magnitudes.try_div(scale)?.try_pow(p)?)?
        };
        let sum = powers.try_sum_to(&shape)?;
        // An empty lane, and one of zeros, has norm 0.
        let nothing = if p > 0.0 { sum.eq(0.0) } else { sum.eq(f64::INFINITY) };
        let root = nothing.try_select(0.0, sum.try_pow(p.recip())?)?;
        root.try_mul(scale)
    }
}
