//! Choosing by a mask: shapes that depend on data.
use crate::error::{ErrorKind, or_panic};
use crate::operand::unspread;
use crate::{DType, Error, Operand, Shape, Var};

impl<'t> Var<'t> {
    /// The positions of the true elements of a mask in row-major order, a constant vector.
    ///
    /// How many there are is data, and a shape is not: a graph has its shapes before its values. So the mask is
    /// computed now, and its positions are those of now, as after an `if` on a value; where it has no value, as for
    /// the examples of [`vmap`](crate::vmap), [`select`](Self::select) does what can be done without one.
    ///
    /// ```
    /// use cinta_graph::Tape;
    /// let tape = Tape::new();
    /// let x = tape.var([1.0, -2.0, 3.0]);
    /// assert_eq!(x.gt(0.0).flatnonzero().value(), ndarray::array![0_i64, 2]);
    /// ```
    ///
    /// # Panics
    /// If this is not `bool`, or has no value yet.
    #[must_use]
    #[track_caller]
    #[doc(alias = "nonzero")]
    pub fn flatnonzero(self) -> Self {
        or_panic(self.try_flatnonzero())
    }

    /// [`flatnonzero`](Self::flatnonzero), with the error returned.
    #[track_caller]
    pub fn try_flatnonzero(self) -> Result<Self, Error> {
        let positions = self.true_positions("flatnonzero", self)?;
        Ok(self.tape().constant(positions))
    }

    /// The elements for which a mask holds, as NumPy's `x[mask]`: the mask has the first axes of this array, which
    /// give way to one. The derivative goes to the elements chosen, and exact zeros to the others.
    ///
    /// The mask is computed now and its choice kept: see [`flatnonzero`](Self::flatnonzero), and
    /// [`select`](Self::select), which keeps the shape and needs no values. Along another axis,
    /// `x.take(mask.flatnonzero(), axis)`.
    ///
    /// ```
    /// use cinta_graph::Tape;
    /// use ndarray::array;
    /// let tape = Tape::new();
    /// let x = tape.var([4.0, -1.0, 9.0]);
    /// let y = x.take_where(x.gt(0.0)).sqrt();
    /// assert_eq!(y.value(), array![2.0, 3.0]);
    /// assert_eq!(y.sum().grad(x).value(), array![0.25, 0.0, 1.0 / 6.0]);
    /// let rows = tape.var(array![[1.0, 2.0], [3.0, 4.0]]).take_where([false, true]);
    /// assert_eq!(rows.value(), array![[3.0, 4.0]]);
    /// ```
    ///
    /// # Panics
    /// If the mask is not `bool`, has no value yet, or its axes are not the first of this array.
    #[must_use]
    #[track_caller]
    #[doc(alias = "compress")]
    #[doc(alias = "boolean_mask")]
    pub fn take_where(self, mask: impl Operand<'t>) -> Self {
        or_panic(self.try_take_where(mask))
    }

    /// [`take_where`](Self::take_where), with the error returned.
    #[track_caller]
    pub fn try_take_where(self, mask: impl Operand<'t>) -> Result<Self, Error> {
        let mask = unspread(mask, DType::Bool, self, "take_where")?;
        let (x, m) = (self.array_type(), mask.array_type());
        let rank = m.shape.rank();
        if x.shape.get(..rank) != Some(&m.shape[..]) {
            let reason = format!("the mask's axes {} should be the first of {}", m.shape, x.shape);
            return Err(self.tape().type_error("take_where", reason, &[&x, &m]));
        }
        let positions = mask.true_positions("take_where", self)?;
        let rows: Shape = std::iter::once(m.shape.size()).chain(x.shape[rank..].iter().copied()).collect();
        self.try_reshape(rows)?.try_take(positions, 0)
    }

    /// Where a mask holds, if that can be known.
    #[track_caller]
    fn true_positions(self, name: &str, of: Self) -> Result<Vec<i64>, Error> {
        let ty = self.array_type();
        if ty.dtype != DType::Bool {
            let reason = format!("the mask should be bool, not {}; compare first", ty.dtype);
            return Err(self.tape().type_error(name, reason, &[&ty]));
        }
        match self.try_value() {
            Ok(mask) => Ok((0..).zip(mask.view::<bool>()).filter(|(_, holds)| **holds).map(|(i, _)| i).collect()),
            Err(error) => {
                let reason = format!(
                    "the shape depends on a mask whose value is not known; select keeps the shape and needs none ({error})"
                );
                Err(of.error(ErrorKind::Value, name, reason))
            }
        }
    }
}
