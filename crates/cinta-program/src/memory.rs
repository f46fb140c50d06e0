//! The memory of a program: planned once and used again at each run.
use std::fmt;
use std::ops::{Deref, DerefMut};

use cinta_graph::{DType, Element, Error, ErrorKind, Value};

use crate::desk::{Desk, Desks};
use crate::flat::Flat;
use crate::kernels::Moved;
use crate::view::View;

/// Bytes of a cache line, at which arrays and buffers begin: vector loads that cross two lines cost twice.
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

/// The memory of one dtype.
#[derive(Clone, Debug, Default)]
pub(crate) struct Bank<T: Copy + Default> {
    /// What is computed on the way, constants, numbers that the caller gives.
    pub(crate) arena: Buffer<T>,
    /// States, their new values, and copies of arguments that do not stand in row-major order.
    pub(crate) cells: Vec<Buffer<T>>,
}

/// The memory of every dtype.
#[derive(Clone, Debug, Default)]
pub(crate) struct Memory {
    pub(crate) f64: Bank<f64>,
    pub(crate) f32: Bank<f32>,
    pub(crate) i64: Bank<i64>,
    pub(crate) bool: Bank<bool>,
}

/// An element type that has memory.
pub(crate) trait Cell: Element + Moved {
    fn bank(memory: &Memory) -> &Bank<Self>;
    fn bank_mut(memory: &mut Memory) -> &mut Bank<Self>;
    /// The elements of an argument that stands in row-major order.
    fn argument<'a>(view: &'a View<'_>) -> Option<&'a [Self]>;
    /// Copies an argument in any layout to a cell, which grows if it must.
    fn copy(view: &View<'_>, cell: &mut Buffer<Self>);
    fn flat(flat: &mut Flat) -> &mut Vec<Self>;
    fn desk<'a, 'f>(desks: &'a Desks<'f>) -> &'a Desk<'f, Self>;
    fn desk_mut<'a, 'f>(desks: &'a mut Desks<'f>) -> &'a mut Desk<'f, Self>;
}

macro_rules! cell {
    ($($T:ty, $field:ident, $variant:ident);*) => {$(
        impl Cell for $T {
            #[inline]
            fn bank(memory: &Memory) -> &Bank<Self> {
                &memory.$field
            }
            #[inline]
            fn bank_mut(memory: &mut Memory) -> &mut Bank<Self> {
                &mut memory.$field
            }
            #[inline]
            fn argument<'a>(view: &'a View<'_>) -> Option<&'a [Self]> {
                if let View::$variant(array) = view { array.as_slice() } else { None }
            }
            fn copy(view: &View<'_>, cell: &mut Buffer<Self>) {
                let View::$variant(array) = view else { unreachable!("of the dtype of its input") };
                if cell.len() != array.len() {
                    *cell = Buffer::new(array.len());
                }
                cell.iter_mut().zip(array).for_each(|(to, &x)| *to = x);
            }
            #[inline]
            fn flat(flat: &mut Flat) -> &mut Vec<Self> {
                if let Flat::$variant(list) = flat { list } else { unreachable!("of the dtype asked for") }
            }
            #[inline]
            fn desk<'a, 'f>(desks: &'a Desks<'f>) -> &'a Desk<'f, Self> {
                &desks.$field
            }
            #[inline]
            fn desk_mut<'a, 'f>(desks: &'a mut Desks<'f>) -> &'a mut Desk<'f, Self> {
                &mut desks.$field
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
    /// Arenas of so many elements, by dtype.
    pub(crate) fn new(sizes: [usize; 4]) -> Self {
        let mut memory = Self::default();
        memory.reserve(sizes);
        memory
    }

    /// Makes the arenas at least so large; what they hold is lost.
    pub(crate) fn reserve(&mut self, sizes: [usize; 4]) {
        for (dtype, size) in DType::ALL.into_iter().zip(sizes) {
            each_dtype!(dtype, T => {
                let arena = &mut T::bank_mut(self).arena;
                if arena.len() < size {
                    *arena = Buffer::new(size);
                }
            });
        }
    }

    /// A new cell with so many elements.
    pub(crate) fn push(&mut self, dtype: DType, size: usize) {
        each_dtype!(dtype, T => T::bank_mut(self).cells.push(Buffer::new(size)));
    }

    /// Exchanges two cells.
    #[inline]
    pub(crate) fn swap(&mut self, dtype: DType, a: usize, b: usize) {
        each_dtype!(dtype, T => T::bank_mut(self).cells.swap(a, b));
    }

    /// Bytes of everything.
    pub(crate) fn bytes(&self) -> usize {
        let of = |dtype: DType| {
            each_dtype!(dtype, T => {
                let bank = T::bank(self);
                size_of_val(&bank.arena[..]) + bank.cells.iter().map(|cell| size_of_val(&cell[..])).sum::<usize>()
            })
        };
        DType::ALL.into_iter().map(of).sum()
    }
}

/// The arenas while they are planned: how large they are, and which numbers of the program stand in them for good.
#[derive(Debug, Default)]
pub(crate) struct Ground {
    pub(crate) sizes: [usize; 4],
    constants: Vec<(usize, Value)>,
}

impl Ground {
    /// Where so many elements stand from now on. Arrays begin at a cache line, numbers stand side by side.
    pub(crate) fn push(&mut self, dtype: DType, size: usize) -> usize {
        let end = &mut self.sizes[slot(dtype)];
        let line = LINE / bytes_of(dtype);
        let at = if size == 1 { *end } else { end.checked_next_multiple_of(line).unwrap_or(usize::MAX) };
        *end = at.saturating_add(size); // No room for so many will be found.
        at
    }

    /// Where a constant stands.
    pub(crate) fn constant(&mut self, value: &Value) -> usize {
        let at = self.push(value.dtype(), value.shape().size());
        self.constants.push((at, value.clone()));
        at
    }

    /// The arenas, with the constants in them.
    pub(crate) fn memory(self) -> Memory {
        let mut memory = Memory::new(self.sizes);
        for (at, value) in self.constants {
            each_dtype!(value.dtype(), T => {
                let to = T::bank_mut(&mut memory).arena[at..].iter_mut();
                to.zip(value.view::<T>()).for_each(|(to, &x)| *to = x);
            });
        }
        memory
    }
}

/// Whether there is room for so many elements of each dtype. None is touched, so asking costs nothing.
pub(crate) fn check_room(arrays: impl Iterator<Item = (DType, usize)>) -> Result<(), Error> {
    let of = |(dtype, size): (DType, usize)| bytes_of(dtype).saturating_mul(size);
    let bytes = arrays.map(of).fold(0, usize::saturating_add);
    Vec::<u8>::new().try_reserve_exact(bytes).map_err(|_| {
        let reason = format!("its arrays take {bytes} bytes at once, more than there are; work on smaller pieces");
        Error::new(ErrorKind::Invalid, "program", reason)
    })
}

/// Bytes of an element.
pub(crate) fn bytes_of(dtype: DType) -> usize {
    each_dtype!(dtype, T => size_of::<T>())
}

/// The position of a dtype among all.
#[inline]
pub(crate) fn slot(dtype: DType) -> usize {
    match dtype {
        DType::F64 => 0,
        DType::F32 => 1,
        DType::I64 => 2,
        DType::Bool => 3,
    }
}
