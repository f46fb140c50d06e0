//! Functions given by numbers: integrals by the trapezoid rule, polynomials, interpolation between knots.
use super::positions::along;
use crate::error::or_panic;
use crate::operand::unspread;
use crate::ops::same_dtype;
use crate::{Axes, DType, Error, Operand, Shape, Side, Var};

impl<'t> Var<'t> {
    /// The integral along an axis by the trapezoid rule, Σᵢ (yᵢ + yᵢ₊₁)/2 · dx, of values that stand dx apart. Of fewer
    /// than two values it is 0. The error is −(b − a) dx² y″/12 at some point.
    ///
    /// ```
    /// use cinta_graph::Tape;
    /// let tape = Tape::new();
    /// let y = tape.var([1.0, 2.0, 3.0]);
    /// assert_eq!(y.trapezoid(0.5, 0).item(), 2.0);
    /// ```
    ///
    /// # Panics
    /// If there is no such axis, dx is no number of the same dtype (an array of one, or a Rust number), or on
    /// integers and truth values. Places that are not evenly spaced go to [`trapezoid_at`](Self::trapezoid_at).
    #[must_use]
    #[track_caller]
    #[doc(alias = "trapz")]
    pub fn trapezoid(self, dx: impl Operand<'t>, axis: isize) -> Self {
        or_panic(self.try_trapezoid(dx, axis))
    }

    /// [`trapezoid`](Self::trapezoid), with the error returned.
    #[track_caller]
    pub fn try_trapezoid(self, dx: impl Operand<'t>, axis: isize) -> Result<Self, Error> {
        self.needs_float("trapezoid")?;
        let dx = unspread(dx, self.dtype(), self, "trapezoid")?;
        let (y, d) = (self.array_type(), dx.array_type());
        let types = [&y, &d];
        let refuse = self.tape().refusing("trapezoid", &types);
        let axis = y.shape.axis(axis).map_err(refuse)?;
        same_dtype(&types).map_err(refuse)?;
        if d.shape.rank() > 0 {
            return Err(refuse(format!("dx should be one number, not {}; use trapezoid_at for places", d.shape)));
        }
        let [left, right] = self.neighbours(axis)?;
        left.try_add(right)?.try_sum_axes(Axes::from(axis.cast_signed()))?.try_mul(dx.try_mul(0.5)?)
    }

    /// The integral along an axis by the trapezoid rule, Σᵢ (yᵢ + yᵢ₊₁)/2 · (xᵢ₊₁ − xᵢ), of values at the places x: a
    /// vector along that axis, or an array of the shape of y. Differentiable in both.
    ///
    /// ```
    /// use cinta_graph::Tape;
    /// let tape = Tape::new();
    /// let y = tape.var([1.0, 2.0, 3.0]);
    /// assert_eq!(y.trapezoid_at([0.0, 1.0, 3.0], 0).item(), 6.5);
    /// ```
    ///
    /// # Panics
    /// If there is no such axis, x has another dtype or does not fit, or on integers and truth values.
    #[must_use]
    #[track_caller]
    pub fn trapezoid_at(self, x: impl Operand<'t>, axis: isize) -> Self {
        or_panic(self.try_trapezoid_at(x, axis))
    }

    /// [`trapezoid_at`](Self::trapezoid_at), with the error returned.
    #[track_caller]
    pub fn try_trapezoid_at(self, x: impl Operand<'t>, axis: isize) -> Result<Self, Error> {
        self.needs_float("trapezoid_at")?;
        let x = unspread(x, self.dtype(), self, "trapezoid_at")?;
        let types = [&self.array_type(), &x.array_type()];
        let refuse = self.tape().refusing("trapezoid_at", &types);
        let y = &types[0].shape;
        let axis = y.axis(axis).map_err(refuse)?;
        same_dtype(&types).map_err(refuse)?;
        if types[1].shape[..] != [y[axis]] && types[1].shape != *y {
            return Err(refuse(format!("the places should have shape [{}] or {y}, not {}", y[axis], types[1].shape)));
        }
        let places = if x.rank() == 1 { x.try_reshape(along(axis, y[axis], y.rank()))? } else { x };
        let ([left, right], [from, to]) = (self.neighbours(axis)?, places.neighbours(axis)?);
        let areas = left.try_add(right)?.try_mul(to.try_sub(from)?)?;
        areas.try_sum_axes(Axes::from(axis.cast_signed()))?.try_mul(0.5)
    }

    /// All elements along an axis but the last, and all but the first.
    #[track_caller]
    fn neighbours(self, axis: usize) -> Result<[Self; 2], Error> {
        let n = self.shape()[axis];
        let axis = axis.cast_signed();
        Ok([self.try_slice_axis(axis, ..n.saturating_sub(1))?, self.try_slice_axis(axis, n.min(1)..n)?])
    }

    /// The polynomial c₀ xⁿ + c₁ xⁿ⁻¹ + … + cₙ, highest power first as in NumPy's `polyval`, by Horner's rule.
    ///
    /// The coefficients stand along the first axis of c; its other axes broadcast with x, so each element of x can have
    /// a polynomial of its own. No coefficients are the polynomial 0.
    ///
    /// ```
    /// use cinta_graph::Tape;
    /// let tape = Tape::new();
    /// let (x, c) = (tape.var([0.0, 2.0]), tape.var([1.0, -3.0, 5.0])); // x² − 3x + 5
    /// let y = x.polyval(c);
    /// assert_eq!(y.value(), ndarray::array![5.0, 3.0]);
    /// assert_eq!(y.sum().grad(x).value(), ndarray::array![-3.0, 1.0]);
    /// assert_eq!(y.sum().grad(c).value(), ndarray::array![4.0, 2.0, 2.0]);
    /// ```
    ///
    /// # Panics
    /// If c is a scalar, dtypes differ, shapes do not broadcast, or on truth values.
    #[must_use]
    #[track_caller]
    pub fn polyval(self, c: impl Operand<'t>) -> Self {
        or_panic(self.try_polyval(c))
    }

    /// [`polyval`](Self::polyval), with the error returned.
    #[track_caller]
    pub fn try_polyval(self, c: impl Operand<'t>) -> Result<Self, Error> {
        let c = unspread(c, self.dtype(), self, "polyval")?;
        let types = [&self.array_type(), &c.array_type()];
        let refuse = self.tape().refusing("polyval", &types);
        if same_dtype(&types).map_err(refuse)? == DType::Bool {
            return Err(refuse("needs numbers, not bool; use cast".to_owned()));
        }
        let [n, each @ ..] = &types[1].shape[..] else {
            return Err(refuse("the coefficients should stand along the first axis of an array".to_owned()));
        };
        let shape = types[0].shape.broadcast(&Shape::from(each)).map_err(refuse)?;
        if *n == 0 {
            return Ok(self.tape().full(&types[0].with_shape(shape), 0.0));
        }
        let mut y = c.try_index_axis(0, 0)?.try_broadcast_to(shape)?;
        for i in 1..n.cast_signed() {
            y = y.try_mul(self)?.try_add(c.try_index_axis(0, i)?)?;
        }
        Ok(y)
    }

    /// Linear interpolation: the broken line through the points (xs, ys), at these places; outside, the first and the
    /// last of the ys, as in NumPy's `interp`. The xs are a rising vector, and the ys stand along their first axis, so
    /// they may be points of a curve: the other axes come last in the result.
    ///
    /// Differentiable in the places, the ys and the xs. A knot belongs to the piece on its right, whose slope it has:
    /// at the last knot, where the line ends, that is 0. Where knots are equal, the line jumps, and has the value of the
    /// last of them there. At NaN the value is NaN.
    ///
    /// ```
    /// use cinta_graph::Tape;
    /// use ndarray::array;
    /// let tape = Tape::new();
    /// let (x, ys) = (tape.var([-1.0, 0.5, 1.0, 9.0]), tape.var([10.0, 20.0, 0.0]));
    /// let y = x.interp([0.0, 1.0, 3.0], ys);
    /// assert_eq!(y.value(), array![10.0, 15.0, 20.0, 0.0]);
    /// assert_eq!(y.sum().grad(x).value(), array![0.0, 10.0, -10.0, 0.0]);
    /// assert_eq!(y.sum().grad(ys).value(), array![1.5, 1.5, 1.0]);
    /// ```
    ///
    /// # Panics
    /// If xs is no vector or empty, ys has not as many points, dtypes differ, or on integers and truth values. Knots that
    /// do not rise make the value an error.
    #[must_use]
    #[track_caller]
    pub fn interp(self, xs: impl Operand<'t>, ys: impl Operand<'t>) -> Self {
        or_panic(self.try_interp(xs, ys))
    }

    /// [`interp`](Self::interp), with the error returned.
    #[track_caller]
    pub fn try_interp(self, xs: impl Operand<'t>, ys: impl Operand<'t>) -> Result<Self, Error> {
        self.needs_float("interp")?;
        let (xs, ys) = (unspread(xs, self.dtype(), self, "interp")?, unspread(ys, self.dtype(), self, "interp")?);
        let types = [&self.array_type(), &xs.array_type(), &ys.array_type()];
        let refuse = self.tape().refusing("interp", &types);
        same_dtype(&types).map_err(refuse)?;
        let [x, knots, points] = types.map(|ty| &ty.shape[..]);
        let &[n] = knots else {
            return Err(refuse(format!("the knots should be a vector, not {}", types[1].shape)));
        };
        if n == 0 {
            return Err(refuse("no line goes through no points".to_owned()));
        }
        if points.first() != Some(&n) {
            return Err(refuse(format!("{n} knots need {n} points along the first axis, not {}", types[2].shape)));
        }
        // The knots on both sides of each place; outside, the end twice.
        let count = xs.try_search_sorted(self, Side::Right)?;
        let (left, right) = (count.try_sub(1)?.try_maximum(0)?, count.try_minimum((n - 1).cast_signed() as i64)?);
        let (x0, x1) = (xs.try_take(left, 0)?, xs.try_take(right, 0)?);
        let (y0, y1) = (ys.try_take(left, 0)?, ys.try_take(right, 0)?);
        // Where both are the same knot nothing is divided by 0.
        let width = x1.eq(x0).try_select(1.0, x1.try_sub(x0)?)?;
        let outside = self.lt(xs.try_index_axis(0, 0)?) | self.ge(xs.try_index_axis(0, -1)?);
        // Of a curve, the axes of a point come after those of the places.
        let beside: Shape = x.iter().copied().chain(std::iter::repeat_n(1, points.len() - 1)).collect();
        let slope = y1.try_sub(y0)?.try_div(width.try_reshape(&beside)?)?;
        let inside = self.try_sub(x0)?.try_reshape(&beside)?.try_mul(slope)?.try_add(y0)?;
        outside.try_reshape(&beside)?.try_select(y0, inside)
    }
}
