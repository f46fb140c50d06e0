//! The part of a matrix that one thread writes.
use std::marker::PhantomData;

/// Some rows and columns of a matrix, which nobody else reads or writes meanwhile: what `&mut [T]` is to a stretch of
/// numbers. Rows are contiguous and stand `stride` apart; between them may stand what belongs to other windows.
#[derive(Debug)]
pub(crate) struct Window<'c, T> {
    first: *mut T,
    rows: usize,
    columns: usize,
    stride: usize,
    of: PhantomData<&'c mut [T]>,
}

#[expect(unsafe_code, reason = "a pointer says nothing of threads")]
// SAFETY: it stands for mutable references to its rows.
unsafe impl<T: Send> Send for Window<'_, T> {}

impl<'c, T> Window<'c, T> {
    /// A matrix that stands in a slice.
    ///
    /// # Panics
    /// If there is no room for it.
    #[inline(always)]
    pub(crate) fn new(data: &'c mut [T], [rows, columns]: [usize; 2], stride: usize) -> Self {
        let is_room = rows == 0 || ((rows - 1) * stride + columns <= data.len() && (rows == 1 || columns <= stride));
        assert!(is_room, "the result has no room");
        Self { first: data.as_mut_ptr(), rows, columns, stride, of: PhantomData }
    }

    /// Rows and columns.
    #[inline(always)]
    pub(crate) fn size(&self) -> [usize; 2] {
        [self.rows, self.columns]
    }

    /// What is before a row, and what is from it on.
    pub(crate) fn split_at_row(mut self, row: usize) -> (Self, Self) {
        let below = self.at(row, 0);
        (Self { rows: row, ..self }, Self { first: below, rows: self.rows - row, ..self })
    }

    /// What is before a column, and what is from it on.
    pub(crate) fn split_at_column(mut self, column: usize) -> (Self, Self) {
        let right = self.at(0, column);
        (Self { columns: column, ..self }, Self { first: right, columns: self.columns - column, ..self })
    }

    /// One row without gaps becomes one column, and the other way.
    pub(super) fn transpose(&mut self) {
        assert!(self.as_slice().is_some() && (self.rows == 1 || self.columns == 1), "one row or one column");
        (self.rows, self.columns, self.stride) = (self.columns, self.rows, self.rows);
    }

    /// What begins at a row and a column inside it.
    #[inline(always)]
    pub(super) fn from(&mut self, row: usize, column: usize) -> Window<'_, T> {
        let first = self.at(row, column);
        Window { first, rows: self.rows - row, columns: self.columns - column, stride: self.stride, of: PhantomData }
    }

    /// Some columns.
    #[inline(always)]
    pub(super) fn columns(&mut self, column: usize, width: usize) -> Window<'_, T> {
        assert!(width <= self.columns - column, "inside the window");
        Window { columns: width, ..self.from(0, column) }
    }

    /// The first elements of a row.
    #[inline(always)]
    #[expect(unsafe_code, reason = "rows of a window overlap in memory with those of others, as slices could not")]
    pub(super) fn row(&mut self, row: usize, width: usize) -> &mut [T] {
        assert!(row < self.rows && width <= self.columns, "inside the window");
        // SAFETY: these elements are the window's, which is borrowed for as long as the slice is.
        unsafe { std::slice::from_raw_parts_mut(self.first.add(row * self.stride), width) }
    }

    /// The first `W` elements of a row.
    #[inline(always)]
    pub(super) fn whole<const W: usize>(&mut self, row: usize) -> &mut [T; W] {
        let Some(row) = self.row(row, W).first_chunk_mut() else { unreachable!("as long as this") };
        row
    }

    /// All of it as one stretch, if nothing stands between its rows.
    #[inline(always)]
    #[expect(unsafe_code, reason = "as for a row")]
    pub(super) fn as_slice(&mut self) -> Option<&mut [T]> {
        if self.columns == self.stride || self.rows == 1 {
            // SAFETY: each row ends where the next one begins.
            Some(unsafe { std::slice::from_raw_parts_mut(self.first, self.rows * self.columns) })
        } else {
            None
        }
    }

    #[inline(always)]
    fn at(&mut self, row: usize, column: usize) -> *mut T {
        assert!(row <= self.rows && column <= self.columns, "inside the window");
        // `wrapping_add`: past the last row there may be less than `stride` elements.
        self.first.wrapping_add(row * self.stride + column)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_are_disjoint_and_all_of_it() {
        let mut data = [0; 23];
        let (above, below) = Window::new(&mut data, [4, 5], 6).split_at_row(1);
        let (mut left, mut right) = below.split_at_column(2);
        assert_eq!((above.size(), left.size(), right.size()), ([1, 5], [3, 2], [3, 3]));
        for i in 0..3 {
            left.row(i, 2).fill(1);
            *right.whole::<3>(i) = [2; 3];
        }
        right.from(1, 1).row(1, 2).fill(3);
        assert_eq!((right.columns(1, 1).size(), right.columns(1, 2).row(2, 2)), ([3, 1], &mut [3, 3][..]));
        assert!(left.as_slice().is_none() && right.as_slice().is_none());
        assert_eq!(data, [0, 0, 0, 0, 0, 0, 1, 1, 2, 2, 2, 0, 1, 1, 2, 2, 2, 0, 1, 1, 2, 3, 3]);
    }

    #[test]
    fn a_row_is_transposed_where_it_stands() {
        let mut data = [1, 2, 3];
        let mut window = Window::new(&mut data, [1, 3], 3);
        window.transpose();
        assert_eq!((window.size(), window.row(2, 1)), ([3, 1], &mut [3][..]));
        assert_eq!(window.as_slice(), Some(&mut [1, 2, 3][..]));
    }

    #[test]
    #[should_panic(expected = "inside the window")]
    fn nothing_is_written_outside() {
        let mut data = [0; 10];
        let (mut left, _right) = Window::new(&mut data, [2, 5], 5).split_at_column(2);
        left.row(0, 3).fill(1);
    }
}
