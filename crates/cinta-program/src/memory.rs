//! Where the numbers of a program stand: cells of each dtype, planned once and used again at each run.
use std::fmt;
use std::ops::{Deref, DerefMut};

use cinta_graph::{DType, Element, Elements, ElementsMut};

use crate::lent::{Desk, Desks, Flat, Lent, Written};
use crate::view::View;

/// Bytes of a cache line, at which buffers begin: vector loads that cross two lines cost twice.
const LINE: usize = 64;

/// Numbers that begin at a cache line.
#[derive(Default)]
pub(crate) struct Buffer<T> {
    /// The numbers, after a few that are not used.
    data: Vec<T>,
    first: usize,
    length: usize,
}

impl<T: Copy + Default> Buffer<T> {
    /// So many zeros.
    pub(crate) fn new(length: usize) -> Self {
        if length == 0 {
            return Self::default();
        }
        let data = vec![T::default(); length + LINE / size_of::<T>()];
        let first = data.as_ptr().align_offset(LINE).min(LINE / size_of::<T>());
        Self { data, first, length }
    }
}

impl<T> Deref for Buffer<T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        &self.data[self.first..self.first + self.length]
    }
}

impl<T> DerefMut for Buffer<T> {
    fn deref_mut(&mut self) -> &mut [T] {
        &mut self.data[self.first..self.first + self.length]
    }
}

impl<T: Copy + Default> Clone for Buffer<T> {
    fn clone(&self) -> Self {
        let mut copy = Self::new(self.length);
        copy.copy_from_slice(self);
        copy
    }
}

impl<T> fmt::Debug for Buffer<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} numbers", self.length)
    }
}

/// The cells of every dtype.
#[derive(Clone, Debug, Default)]
pub(crate) struct Memory {
    f64: Vec<Buffer<f64>>,
    f32: Vec<Buffer<f32>>,
    i64: Vec<Buffer<i64>>,
    bool: Vec<Buffer<bool>>,
}

/// An element type that has cells.
pub(crate) trait Cell: Element {
    fn cells(memory: &Memory) -> &[Buffer<Self>];
    fn cells_mut(memory: &mut Memory) -> &mut Vec<Buffer<Self>>;
    /// The elements of an argument that stands in row-major order.
    fn argument<'a>(view: &'a View<'_>) -> Option<&'a [Self]>;
    /// The elements of an output.
    fn target<'a>(target: &'a ElementsMut<'_>) -> &'a [Self];
    #[expect(clippy::mut_mut, reason = "the slice itself is taken and put back")]
    fn target_mut<'a, 'o>(target: &'a mut ElementsMut<'o>) -> &'a mut &'o mut [Self];
    fn flat(flat: &mut Flat) -> &mut Vec<Self>;
    fn lent<'a, 'o>(lent: &'a mut Written<'o>) -> &'a mut Vec<Lent<'o, Self>>;
    fn desk<'a, 'f>(desks: &'a Desks<'f>) -> &'a Desk<'f, Self>;
    fn desk_mut<'a, 'f>(desks: &'a mut Desks<'f>) -> &'a mut Desk<'f, Self>;
    fn elements(slice: &[Self]) -> Elements<'_>;
    fn elements_mut(slice: &mut [Self]) -> ElementsMut<'_>;
}

macro_rules! cell {
    ($($T:ty, $field:ident, $variant:ident);*) => {$(
        impl Cell for $T {
            #[inline]
            fn cells(memory: &Memory) -> &[Buffer<Self>] {
                &memory.$field
            }
            #[inline]
            fn cells_mut(memory: &mut Memory) -> &mut Vec<Buffer<Self>> {
                &mut memory.$field
            }
            #[inline]
            fn argument<'a>(view: &'a View<'_>) -> Option<&'a [Self]> {
                if let View::$variant(array) = view { array.as_slice() } else { None }
            }
            #[inline]
            fn target<'a>(target: &'a ElementsMut<'_>) -> &'a [Self] {
                if let ElementsMut::$variant(slice) = target { slice } else { unreachable!("of the dtype of its output") }
            }
            #[inline]
            #[expect(clippy::mut_mut, reason = "as in the trait")]
            fn target_mut<'a, 'o>(target: &'a mut ElementsMut<'o>) -> &'a mut &'o mut [Self] {
                if let ElementsMut::$variant(slice) = target { slice } else { unreachable!("of the dtype of its output") }
            }
            #[inline]
            fn flat(flat: &mut Flat) -> &mut Vec<Self> {
                if let Flat::$variant(list) = flat { list } else { unreachable!("of the dtype asked for") }
            }
            #[inline]
            fn lent<'a, 'o>(lent: &'a mut Written<'o>) -> &'a mut Vec<Lent<'o, Self>> {
                &mut lent.$field
            }
            #[inline]
            fn desk<'a, 'f>(desks: &'a Desks<'f>) -> &'a Desk<'f, Self> {
                &desks.$field
            }
            #[inline]
            fn desk_mut<'a, 'f>(desks: &'a mut Desks<'f>) -> &'a mut Desk<'f, Self> {
                &mut desks.$field
            }
            #[inline]
            fn elements(slice: &[Self]) -> Elements<'_> {
                Elements::$variant(slice)
            }
            #[inline]
            fn elements_mut(slice: &mut [Self]) -> ElementsMut<'_> {
                ElementsMut::$variant(slice)
            }
        }
    )*};
}

cell!(f64, f64, F64; f32, f32, F32; i64, i64, I64; bool, bool, Bool);

/// Runs a block with `$T` standing for the Rust type of a dtype.
macro_rules! each_dtype {
    ($dtype:expr, $T:ident => $body:expr) => {
        match $dtype {
            cinta_graph::DType::F64 => {
                type $T = f64;
                $body
            }
            cinta_graph::DType::F32 => {
                type $T = f32;
                $body
            }
            cinta_graph::DType::I64 => {
                type $T = i64;
                $body
            }
            cinta_graph::DType::Bool => {
                type $T = bool;
                $body
            }
        }
    };
}
pub(crate) use each_dtype;

impl Memory {
    /// A new cell with so many elements.
    pub(crate) fn push(&mut self, dtype: DType, size: usize) -> usize {
        each_dtype!(dtype, T => {
            let cells = T::cells_mut(self);
            cells.push(Buffer::new(size));
            cells.len() - 1
        })
    }

    /// Makes a cell at least so large; what it holds is lost.
    pub(crate) fn grow(&mut self, dtype: DType, cell: usize, size: usize) {
        each_dtype!(dtype, T => {
            let cell = &mut T::cells_mut(self)[cell];
            if cell.len() < size {
                *cell = Buffer::new(size);
            }
        });
    }

    /// Makes the first cell of a dtype at least so large.
    pub(crate) fn reserve(&mut self, dtype: DType, size: usize) {
        if each_dtype!(dtype, T => T::cells(self).is_empty()) {
            self.push(dtype, 0);
        }
        self.grow(dtype, 0, size);
    }

    /// Lays registers on desks: so many of each dtype, so far apart, in the first cells.
    #[inline]
    pub(crate) fn lay_registers<'f>(&'f mut self, counts: [usize; 4], stride: usize, desks: &mut Desks<'f>) {
        fn lay<'f, T>(cells: &'f mut [Buffer<T>], count: usize, stride: usize, desk: &mut Desk<'f, T>) {
            if count > 0 {
                desk.registers.extend(cells[0].chunks_exact_mut(stride).take(count));
            }
        }
        let [f64s, f32s, i64s, bools] = counts;
        lay(&mut self.f64, f64s, stride, &mut desks.f64);
        lay(&mut self.f32, f32s, stride, &mut desks.f32);
        lay(&mut self.i64, i64s, stride, &mut desks.i64);
        lay(&mut self.bool, bools, stride, &mut desks.bool);
    }

    /// The number of elements of a cell.
    pub(crate) fn size(&self, dtype: DType, cell: usize) -> usize {
        each_dtype!(dtype, T => T::cells(self)[cell].len())
    }

    /// Exchanges two cells.
    #[inline]
    pub(crate) fn swap(&mut self, dtype: DType, a: usize, b: usize) {
        each_dtype!(dtype, T => T::cells_mut(self).swap(a, b));
    }

    /// Bytes of all cells.
    pub(crate) fn bytes(&self) -> usize {
        DType::ALL
            .into_iter()
            .map(|dtype| {
                each_dtype!(dtype, T => {
                    T::cells(self).iter().map(|cell| size_of_val(&cell[..])).sum::<usize>()
                })
            })
            .sum()
    }
}
