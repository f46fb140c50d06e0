//! Where the numbers of a program stand: cells of each dtype, planned once and used again at each run.
use cinta_graph::{DType, Element, Elements, ElementsMut};

use crate::view::View;

/// The cells of every dtype.
#[derive(Clone, Debug, Default)]
pub(crate) struct Memory {
    f64: Vec<Vec<f64>>,
    f32: Vec<Vec<f32>>,
    i64: Vec<Vec<i64>>,
    bool: Vec<Vec<bool>>,
}

/// An element type that has cells.
pub(crate) trait Cell: Element {
    fn cells(memory: &Memory) -> &[Vec<Self>];
    fn cells_mut(memory: &mut Memory) -> &mut Vec<Vec<Self>>;
    /// The elements of an argument that stands in row-major order.
    fn argument<'a>(view: &'a View<'_>) -> Option<&'a [Self]>;
    fn elements(slice: &[Self]) -> Elements<'_>;
    fn elements_mut(slice: &mut [Self]) -> ElementsMut<'_>;
}

macro_rules! cell {
    ($($T:ty, $field:ident, $variant:ident);*) => {$(
        impl Cell for $T {
            fn cells(memory: &Memory) -> &[Vec<Self>] {
                &memory.$field
            }
            fn cells_mut(memory: &mut Memory) -> &mut Vec<Vec<Self>> {
                &mut memory.$field
            }
            fn argument<'a>(view: &'a View<'_>) -> Option<&'a [Self]> {
                if let View::$variant(array) = view { array.as_slice() } else { None }
            }
            fn elements(slice: &[Self]) -> Elements<'_> {
                Elements::$variant(slice)
            }
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
            cells.push(vec![T::default(); size]);
            cells.len() - 1
        })
    }

    /// Makes a cell at least so large.
    pub(crate) fn grow(&mut self, dtype: DType, cell: usize, size: usize) {
        each_dtype!(dtype, T => {
            let cell = &mut T::cells_mut(self)[cell];
            if cell.len() < size {
                cell.resize(size, T::default());
            }
        });
    }

    /// The number of elements of a cell.
    pub(crate) fn size(&self, dtype: DType, cell: usize) -> usize {
        each_dtype!(dtype, T => T::cells(self)[cell].len())
    }

    /// Exchanges two cells.
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
