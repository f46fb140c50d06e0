//! Matrix products: where their operands stand.
use cinta_graph::DType;

use super::Preparation;
use super::bands::{Lists, read};
use crate::place::{Extent, Home, Place};
use crate::steps::{ArrayId, Fill, Onto, Product};

/// Multiplications from which on a product is worth several threads.
const LARGE: usize = 1_000_000;

/// A product, looked up.
#[derive(Clone, Debug)]
pub(crate) struct ReadyProduct {
    pub(crate) dtype: DType,
    /// Batch, rows, inner size, columns.
    pub(crate) sizes: [usize; 4],
    pub(crate) a: Factor,
    pub(crate) b: Factor,
    pub(crate) output: Place,
    pub(crate) onto: Option<ReadyOnto>,
    pub(crate) is_large: bool,
}

/// The matrices of a batch: where the first begins, and how far apart matrices, rows and columns stand.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Factor {
    pub(crate) place: Place,
    pub(crate) batch: usize,
    pub(crate) strides: [usize; 2],
}

/// What a product is added onto, looked up.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ReadyOnto {
    /// `None` where the product is to stand itself.
    pub(crate) place: Option<Place>,
    pub(crate) stride: usize,
    pub(crate) minus: bool,
    pub(crate) scale: Option<Place>,
    pub(crate) negative: bool,
}

impl Preparation<'_> {
    /// A product; what it reads stands in the lists of threads, if there are any.
    pub(super) fn ready_product(&mut self, it: &Product, dtype: DType, mut lists: Option<&mut Lists>) -> ReadyProduct {
        let (homes, output) = (self.homes, self.homes[it.output.index()]);
        let onto = it.onto.as_ref().map(|onto| self.ready_onto(onto, output, dtype, lists.as_deref_mut()));
        let mut factor = |&(array, offset, [batch, row, column]): &(ArrayId, usize, [isize; 3])| Factor {
            place: read(lists.as_deref_mut(), dtype, homes[array.index()], offset, Extent::Whole),
            batch: batch.cast_unsigned(),
            strides: [row, column].map(isize::cast_unsigned),
        };
        let (a, b) = (factor(&it.a), factor(&it.b));
        let output = output.place(0, Extent::Whole);
        ReadyProduct {
            dtype,
            sizes: it.sizes,
            a,
            b,
            output,
            onto,
            is_large: it.sizes.iter().product::<usize>() >= LARGE,
        }
    }

    pub(super) fn ready_onto(
        &mut self,
        it: &Onto,
        output: Home,
        dtype: DType,
        mut lists: Option<&mut Lists>,
    ) -> ReadyOnto {
        let home = self.homes[it.array.index()];
        let place = (home != output).then(|| read(lists.as_deref_mut(), dtype, home, it.offset, Extent::Whole));
        let scale = it.scale.as_ref().map(|scale| match scale {
            Fill::Number(value) => (Home::Arena(self.ground.constant(value)), 0),
            Fill::Element(array, offset) => (self.homes[array.index()], *offset),
        });
        let scale = scale.map(|(home, offset)| read(lists, dtype, home, offset, Extent::Number));
        ReadyOnto { place, stride: it.stride, minus: it.minus, scale, negative: it.negative }
    }
}
