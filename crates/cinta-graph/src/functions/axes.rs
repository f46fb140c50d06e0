//! Axes that come, go and change places: `expand_dims`, `squeeze`, `swap_axes`, `move_axis`.
use smallvec::SmallVec;

use crate::error::or_panic;
use crate::{Axes, Error, Shape, Var};

impl Var<'_> {
    /// New axes of size 1, which come to stand at these positions of the result (negative ones count from its end).
    ///
    /// ```
    /// use cinta_graph::Tape;
    /// let tape = Tape::new();
    /// let x = tape.var([1.0, 2.0, 3.0]);
    /// assert_eq!(x.expand_dims(0).shape().as_slice(), [1, 3]);
    /// assert_eq!(x.expand_dims(-1).shape().as_slice(), [3, 1]);
    /// assert_eq!(x.expand_dims([0, -1]).shape().as_slice(), [1, 3, 1]);
    /// ```
    ///
    /// # Panics
    /// If the result has no such axis, or one is named twice, or none is named ([`Axes::all`]).
    #[must_use]
    #[track_caller]
    #[doc(alias = "unsqueeze")]
    pub fn expand_dims(self, axes: impl Into<Axes>) -> Self {
        or_panic(self.try_expand_dims(axes))
    }

    /// [`expand_dims`](Self::expand_dims), with the error returned.
    #[track_caller]
    pub fn try_expand_dims(self, axes: impl Into<Axes>) -> Result<Self, Error> {
        let (axes, ty) = (axes.into(), self.array_type());
        let types = [&ty];
        let refuse = self.tape().refusing("expand_dims", &types);
        let Some(list) = &axes.list else {
            return Err(refuse("name the positions of the new axes; all of them are too many".to_owned()));
        };
        let mut sizes: SmallVec<[usize; 4]> = ty.shape.iter().copied().collect();
        let expanded: Shape = std::iter::repeat_n(1, list.len() + sizes.len()).collect();
        for position in axes.resolve(&expanded).map_err(refuse)? {
            sizes.insert(position, 1);
        }
        self.try_reshape(sizes.into_iter().collect::<Shape>())
    }

    /// The array without some axes of size 1; without every such axis for [`Axes::all`].
    ///
    /// ```
    /// use cinta_graph::{Axes, Tape};
    /// let tape = Tape::new();
    /// let x = tape.var(ndarray::ArrayD::<f64>::zeros(vec![1, 3, 1]));
    /// assert_eq!(x.squeeze(0).shape().as_slice(), [3, 1]);
    /// assert_eq!(x.squeeze([0, -1]).shape().as_slice(), [3]);
    /// assert_eq!(x.squeeze(Axes::all()).shape().as_slice(), [3]);
    /// ```
    ///
    /// # Panics
    /// If an axis that is named does not exist, is named twice, or has another size than 1.
    #[must_use]
    #[track_caller]
    pub fn squeeze(self, axes: impl Into<Axes>) -> Self {
        or_panic(self.try_squeeze(axes))
    }

    /// [`squeeze`](Self::squeeze), with the error returned.
    #[track_caller]
    pub fn try_squeeze(self, axes: impl Into<Axes>) -> Result<Self, Error> {
        let (axes, ty) = (axes.into(), self.array_type());
        let types = [&ty];
        let refuse = self.tape().refusing("squeeze", &types);
        let mut list = axes.resolve(&ty.shape).map_err(refuse)?;
        if axes.list.is_none() {
            list.retain(|axis| ty.shape[*axis] == 1);
        }
        match list.iter().find(|&&axis| ty.shape[axis] != 1) {
            Some(&axis) => Err(refuse(format!("axis {axis} has size {}, and only 1 can be dropped", ty.shape[axis]))),
            None => self.try_reshape(ty.shape.without(&list)),
        }
    }

    /// Two axes exchanged (negative ones count from the end). For the last two, see [`t`](Self::t).
    ///
    /// ```
    /// use cinta_graph::Tape;
    /// let tape = Tape::new();
    /// let x = tape.var(ndarray::ArrayD::<f64>::zeros(vec![2, 3, 4]));
    /// assert_eq!(x.swap_axes(0, -1).shape().as_slice(), [4, 3, 2]);
    /// ```
    ///
    /// # Panics
    /// If there is no such axis.
    #[must_use]
    #[track_caller]
    pub fn swap_axes(self, a: isize, b: isize) -> Self {
        or_panic(self.try_swap_axes(a, b))
    }

    /// [`swap_axes`](Self::swap_axes), with the error returned. No node if they are the same.
    #[track_caller]
    pub fn try_swap_axes(self, a: isize, b: isize) -> Result<Self, Error> {
        let [a, b] = self.two_axes("swap_axes", a, b)?;
        let mut perm = self.order_of_axes();
        perm.swap(a, b);
        if a == b { Ok(self) } else { self.try_transpose(&perm) }
    }

    /// One axis moved to another position; the others keep their order (negative ones count from the end).
    ///
    /// ```
    /// use cinta_graph::Tape;
    /// let tape = Tape::new();
    /// let x = tape.var(ndarray::ArrayD::<f64>::zeros(vec![2, 3, 4]));
    /// assert_eq!(x.move_axis(0, -1).shape().as_slice(), [3, 4, 2]);
    /// assert_eq!(x.move_axis(2, 0).shape().as_slice(), [4, 2, 3]);
    /// ```
    ///
    /// # Panics
    /// If there is no such axis.
    #[must_use]
    #[track_caller]
    pub fn move_axis(self, from: isize, to: isize) -> Self {
        or_panic(self.try_move_axis(from, to))
    }

    /// [`move_axis`](Self::move_axis), with the error returned. No node if it stays where it is.
    #[track_caller]
    pub fn try_move_axis(self, from: isize, to: isize) -> Result<Self, Error> {
        let [from, to] = self.two_axes("move_axis", from, to)?;
        let mut perm = self.order_of_axes();
        let axis = perm.remove(from);
        perm.insert(to, axis);
        if from == to { Ok(self) } else { self.try_transpose(&perm) }
    }

    /// The positions of the axes, in order: a permutation to start from.
    fn order_of_axes(self) -> Vec<isize> {
        (0..self.rank()).map(usize::cast_signed).collect()
    }

    /// The positions of two axes.
    #[track_caller]
    pub(super) fn two_axes(self, name: &str, a: isize, b: isize) -> Result<[usize; 2], Error> {
        let ty = self.array_type();
        let types = [&ty];
        let refuse = self.tape().refusing(name, &types);
        Ok([ty.shape.axis(a).map_err(refuse)?, ty.shape.axis(b).map_err(refuse)?])
    }
}
