//! Arrays in parts, turned round and repeated: `split`, `split_at`, `roll`, `tile`, `repeat`, `repeat_each`.
use super::slicing::from_front;
use crate::error::or_panic;
use crate::pool::room_for;
use crate::{Error, Shape, Var, try_concat};

impl Var<'_> {
    /// Parts of equal size, one after the other along an axis (negative counts from the end).
    ///
    /// ```
    /// use cinta_graph::Tape;
    /// use ndarray::array;
    /// let tape = Tape::new();
    /// let x = tape.var([1.0, 2.0, 3.0, 4.0]);
    /// let halves = x.split(2, 0);
    /// assert_eq!((halves[0].value(), halves[1].value()), (array![1.0, 2.0].into(), array![3.0, 4.0].into()));
    /// ```
    ///
    /// # Panics
    /// If there is no such axis, or its size is no multiple of the number of parts.
    #[must_use]
    #[track_caller]
    pub fn split(self, parts: usize, axis: isize) -> Vec<Self> {
        or_panic(self.try_split(parts, axis))
    }

    /// [`split`](Self::split), with the error returned.
    #[track_caller]
    pub fn try_split(self, parts: usize, axis: isize) -> Result<Vec<Self>, Error> {
        let ty = self.array_type();
        let types = [&ty];
        let refuse = self.tape().refusing("split", &types);
        let axis = ty.shape.axis(axis).map_err(refuse)?;
        let n = ty.shape[axis];
        if n.checked_rem(parts) != Some(0) {
            return Err(refuse(format!("axis {axis} of size {n} does not split into {parts} equal parts")));
        }
        let mut stops = room_for(&parts.into()).map_err(refuse)?;
        stops.extend((1..=parts).map(|part| part * (n / parts)));
        self.cut(axis, &stops)
    }

    /// The parts before, between and after positions along an axis, one more than there are positions (negative
    /// ones count from the end). A position twice makes an empty part.
    ///
    /// ```
    /// use cinta_graph::Tape;
    /// use ndarray::array;
    /// let tape = Tape::new();
    /// let x = tape.var([1.0, 2.0, 3.0, 4.0]);
    /// let parts = x.split_at(&[1, -1], 0);
    /// assert_eq!(parts.len(), 3);
    /// assert_eq!(parts[1].value(), array![2.0, 3.0]);
    /// ```
    ///
    /// # Panics
    /// If there is no such axis, or the positions do not rise or lie outside. Nothing is clamped.
    #[must_use]
    #[track_caller]
    pub fn split_at(self, positions: &[isize], axis: isize) -> Vec<Self> {
        or_panic(self.try_split_at(positions, axis))
    }

    /// [`split_at`](Self::split_at), with the error returned.
    #[track_caller]
    pub fn try_split_at(self, positions: &[isize], axis: isize) -> Result<Vec<Self>, Error> {
        let ty = self.array_type();
        let types = [&ty];
        let refuse = self.tape().refusing("split_at", &types);
        let axis = ty.shape.axis(axis).map_err(refuse)?;
        let n = ty.shape[axis];
        let mut stops = Vec::with_capacity(positions.len() + 1);
        for &position in positions {
            let outside = || format!("position {position} is out of range for axis {axis} of size {n}");
            stops.push(from_front(position, n).ok_or_else(outside).map_err(refuse)?);
        }
        if !stops.is_sorted() {
            return Err(refuse(format!("positions {positions:?} do not rise along axis {axis} of size {n}")));
        }
        stops.push(n);
        self.cut(axis, &stops)
    }

    /// The ranges that end at these positions.
    #[track_caller]
    fn cut(self, axis: usize, stops: &[usize]) -> Result<Vec<Self>, Error> {
        let mut parts = Vec::with_capacity(stops.len());
        let mut start = 0;
        for &stop in stops {
            parts.push(self.try_slice_axis(axis.cast_signed(), start..stop)?);
            start = stop;
        }
        Ok(parts)
    }

    /// The elements moved on by so many positions along an axis; what leaves at the end comes in at the front.
    /// A negative shift moves them back.
    ///
    /// ```
    /// use cinta_graph::Tape;
    /// use ndarray::array;
    /// let tape = Tape::new();
    /// let x = tape.var([1.0, 2.0, 3.0, 4.0]);
    /// assert_eq!(x.roll(1, 0).value(), array![4.0, 1.0, 2.0, 3.0]);
    /// assert_eq!(x.roll(-1, 0).value(), array![2.0, 3.0, 4.0, 1.0]);
    /// ```
    ///
    /// # Panics
    /// If there is no such axis.
    #[must_use]
    #[track_caller]
    pub fn roll(self, shift: isize, axis: isize) -> Self {
        or_panic(self.try_roll(shift, axis))
    }

    /// [`roll`](Self::roll), with the error returned. No node if nothing moves.
    #[track_caller]
    pub fn try_roll(self, shift: isize, axis: isize) -> Result<Self, Error> {
        let ty = self.array_type();
        let axis = ty.shape.axis(axis).map_err(self.tape().refusing("roll", &[&ty]))?;
        let n = ty.shape[axis].cast_signed();
        let front = shift.checked_rem_euclid(n).unwrap_or(0);
        if front == 0 {
            return Ok(self);
        }
        let axis = axis.cast_signed();
        try_concat(&[self.try_slice_axis(axis, n - front..)?, self.try_slice_axis(axis, ..n - front)?], axis)
    }

    /// The whole array so many times along each axis, as NumPy's `tile`: the counts are for the last axes, and
    /// where there are more counts than axes, new ones come in front.
    ///
    /// ```
    /// use cinta_graph::Tape;
    /// use ndarray::array;
    /// let tape = Tape::new();
    /// let x = tape.var([1.0, 2.0]);
    /// assert_eq!(x.tile(&[2]).value(), array![1.0, 2.0, 1.0, 2.0]);
    /// assert_eq!(x.tile(&[2, 1]).value(), array![[1.0, 2.0], [1.0, 2.0]]);
    /// ```
    ///
    /// # Panics
    /// If the result is too large for memory.
    #[must_use]
    #[track_caller]
    pub fn tile(self, counts: &[usize]) -> Self {
        or_panic(self.try_tile(counts))
    }

    /// [`tile`](Self::tile), with the error returned. No node if all counts are 1.
    #[track_caller]
    pub fn try_tile(self, counts: &[usize]) -> Result<Self, Error> {
        let ty = self.array_type();
        let rank = ty.shape.rank().max(counts.len());
        let ones = |missing| std::iter::repeat_n(1, rank - missing);
        let sizes: Shape = ones(ty.shape.rank()).chain(ty.shape.iter().copied()).collect();
        let counts: Shape = ones(counts.len()).chain(counts.iter().copied()).collect();
        if counts.iter().all(|&count| count == 1) {
            return self.try_reshape(sizes);
        }
        // Each axis becomes two, its copies and its elements.
        let pairs = |counts: &Shape| counts.iter().zip(sizes.iter()).flat_map(|(&c, &n)| [c, n]).collect::<Shape>();
        let (once, copies) = (pairs(&ones(0).collect()), pairs(&counts));
        copies.check_size().map_err(self.tape().refusing("tile", &[&ty]))?;
        let tiled: Shape = counts.iter().zip(sizes.iter()).map(|(count, n)| count * n).collect();
        self.try_reshape(once)?.try_broadcast_to(copies)?.try_reshape(tiled)
    }

    /// Each element so many times in a row, along an axis (negative counts from the end).
    ///
    /// ```
    /// use cinta_graph::Tape;
    /// use ndarray::array;
    /// let tape = Tape::new();
    /// assert_eq!(tape.var([1.0, 2.0]).repeat(2, 0).value(), array![1.0, 1.0, 2.0, 2.0]);
    /// ```
    ///
    /// # Panics
    /// If there is no such axis, or the result is too large for memory.
    #[must_use]
    #[track_caller]
    pub fn repeat(self, count: usize, axis: isize) -> Self {
        or_panic(self.try_repeat(count, axis))
    }

    /// [`repeat`](Self::repeat), with the error returned. No node for a count of 1.
    #[track_caller]
    pub fn try_repeat(self, count: usize, axis: isize) -> Result<Self, Error> {
        let ty = self.array_type();
        let types = [&ty];
        let refuse = self.tape().refusing("repeat", &types);
        let axis = ty.shape.axis(axis).map_err(refuse)?;
        let (before, after) = ty.shape.split_at(axis + 1);
        let with = |count: usize| before.iter().copied().chain([count]).chain(after.iter().copied()).collect::<Shape>();
        with(count).check_size().map_err(refuse)?;
        if count == 1 {
            return Ok(self);
        }
        let repeated = ty.shape.with_size(axis, ty.shape[axis] * count);
        self.try_reshape(with(1))?.try_broadcast_to(with(count))?.try_reshape(repeated)
    }

    /// Each element as often in a row as its own count says, along an axis (negative counts from the end).
    ///
    /// ```
    /// use cinta_graph::Tape;
    /// use ndarray::array;
    /// let tape = Tape::new();
    /// assert_eq!(tape.var([1.0, 2.0, 3.0]).repeat_each(&[2, 0, 1], 0).value(), array![1.0, 1.0, 3.0]);
    /// ```
    ///
    /// # Panics
    /// If there is no such axis, there is not one count an element, or the result is too large for memory.
    #[must_use]
    #[track_caller]
    pub fn repeat_each(self, counts: &[usize], axis: isize) -> Self {
        or_panic(self.try_repeat_each(counts, axis))
    }

    /// [`repeat_each`](Self::repeat_each), with the error returned.
    #[track_caller]
    pub fn try_repeat_each(self, counts: &[usize], axis: isize) -> Result<Self, Error> {
        let ty = self.array_type();
        let types = [&ty];
        let refuse = self.tape().refusing("repeat_each", &types);
        let axis = ty.shape.axis(axis).map_err(refuse)?;
        let n = ty.shape[axis];
        if counts.len() != n {
            return Err(refuse(format!("{} counts are not one for each of {n} elements of axis {axis}", counts.len())));
        }
        let size = counts.iter().fold(0, |sum, &count| usize::saturating_add(sum, count));
        let mut positions: Vec<i64> = room_for(&size.into()).map_err(refuse)?;
        for (position, &count) in (0..).zip(counts) {
            positions.extend(std::iter::repeat_n(position, count));
        }
        self.try_take(positions, axis.cast_signed())
    }
}
