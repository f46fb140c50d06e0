//! What arrays are: numbers, and a view that says which of them stands where.
use std::sync::Arc;

use ndarray::{ArrayBase, ArrayView, ArrayViewD, Dimension, IxDyn, OwnedRepr, ShapeBuilder};
use smallvec::SmallVec;

use crate::pool::Pool;
use crate::scalar::Scalar;
use crate::strided::is_row_major;
use crate::value::each_dtype;
use crate::{DType, Element, Shape, Strided};

/// An array of any dtype.
pub(crate) struct Stored {
    pub(crate) numbers: Numbers,
    pub(crate) seen: Strided,
}

/// The numbers of an array.
pub(crate) enum Numbers {
    Own(Data),
    /// One, wherever one looks.
    One(Scalar),
    /// Those of an array that has its own.
    Of(Arc<Stored>),
}

/// A list of numbers of any dtype.
#[doc(hidden)]
#[expect(unnameable_types, reason = "it appears only in hidden methods of the sealed Element")]
#[derive(Debug)]
pub enum Data {
    F64(Vec<f64>),
    F32(Vec<f32>),
    I64(Vec<i64>),
    Bool(Vec<bool>),
}

impl Stored {
    pub(crate) fn new(numbers: Numbers, mut seen: Strided) -> Self {
        if matches!(numbers, Numbers::One(_)) {
            (seen.offset, seen.strides) = (0, SmallVec::from_elem(0, seen.shape.rank()));
        } else if seen.shape.size() == 0 {
            // No element stands anywhere.
            seen = Strided::row_major(&seen.shape);
        }
        Self { numbers, seen }
    }

    /// The numbers of an array, for another to look at.
    pub(crate) fn shared(array: &Arc<Self>) -> Numbers {
        match &array.numbers {
            Numbers::Own(_) => Numbers::Of(array.clone()),
            Numbers::One(x) => Numbers::One(*x),
            Numbers::Of(base) => Numbers::Of(base.clone()),
        }
    }

    /// All numbers that it looks at, if they are of this type.
    pub(crate) fn numbers<T: Element>(&self) -> Option<&[T]> {
        match &self.numbers {
            Numbers::Own(data) => T::unwrap(data),
            Numbers::One(x) => T::unpack(x).map(std::slice::from_ref),
            Numbers::Of(base) => base.numbers(),
        }
    }

    /// How many these are.
    pub(crate) fn room(&self) -> usize {
        match &self.numbers {
            Numbers::Own(data) => data.len(),
            Numbers::One(_) => 1,
            Numbers::Of(base) => base.room(),
        }
    }

    pub(crate) fn dtype(&self) -> DType {
        match &self.numbers {
            Numbers::Own(data) => data.dtype(),
            Numbers::One(x) => x.dtype(),
            Numbers::Of(base) => base.dtype(),
        }
    }

    /// The one number of an array without axes.
    pub(crate) fn scalar(&self) -> Option<Scalar> {
        if self.seen.shape.rank() > 0 {
            return None;
        }
        each_dtype!(self.dtype(), T => self.numbers::<T>().map(|numbers| numbers[self.seen.offset].pack()))
    }

    /// The elements, if they are of this type and stand in row-major order.
    pub(crate) fn slice<T: Element>(&self) -> Option<&[T]> {
        let Strided { offset, shape, .. } = &self.seen;
        if !self.seen.is_row_major() {
            return None;
        }
        self.numbers().map(|numbers| &numbers[*offset..offset + shape.size()])
    }

    /// The elements of a matrix one column after the other, if they stand so.
    pub(crate) fn columns<T: Element>(&self) -> Option<&[T]> {
        match (&self.seen.shape[..], &self.seen.strides[..]) {
            (&[m, n], &[down, across]) if is_row_major(&[n, m], &[across, down]) => {
                self.numbers().map(|numbers| &numbers[self.seen.offset..][..m * n])
            }
            _ => None,
        }
    }

    /// Elements in row-major order of which all others are repetitions, in turn, if they stand together.
    pub(crate) fn repeated<T: Element>(&self) -> Option<&[T]> {
        let Strided { offset, shape, strides } = &self.seen;
        let turns = strides.iter().zip(shape.iter()).take_while(|&(&stride, &n)| stride == 0 || n == 1).count();
        if !is_row_major(&shape[turns..], &strides[turns..]) {
            return None;
        }
        let row = shape[turns..].iter().product::<usize>();
        self.numbers().map(|numbers| &numbers[*offset..offset + row])
    }

    /// Its numbers, if they are of this type, as a view of them shows them.
    pub(crate) fn view<T: Element>(&self, seen: &Strided) -> Option<ArrayViewD<'_, T>> {
        const INSIDE: &str = "a view lies inside its numbers";
        let numbers = self.numbers()?;
        if seen.is_row_major() {
            let elements = &numbers[seen.offset..seen.offset + seen.shape.size()];
            // Dimensions that the compiler counts are cheap, and calls are full of small arrays.
            return Some(match seen.shape[..] {
                [_] => ArrayView::from(elements).into_dyn(),
                [m, n] => ArrayView::from_shape([m, n], elements).expect(INSIDE).into_dyn(),
                _ => ArrayView::from_shape(IxDyn(&seen.shape), elements).expect(INSIDE),
            });
        }
        let shape = IxDyn(&seen.shape);
        // `ndarray` takes the numbers from the one of lowest address on, and a negative stride as what it wraps to.
        let ends =
            seen.strides.iter().zip(seen.shape.iter()).map(|(&stride, &n)| stride.min(0) * (n.cast_signed() - 1));
        let lowest = ends.fold(seen.offset, usize::wrapping_add_signed);
        let strides: SmallVec<[usize; 4]> = seen.strides.iter().map(|stride| stride.cast_unsigned()).collect();
        Some(ArrayView::from_shape(shape.strides(IxDyn(&strides)), &numbers[lowest..]).expect(INSIDE))
    }
}

impl Data {
    fn dtype(&self) -> DType {
        match self {
            Self::F64(_) => DType::F64,
            Self::F32(_) => DType::F32,
            Self::I64(_) => DType::I64,
            Self::Bool(_) => DType::Bool,
        }
    }

    fn len(&self) -> usize {
        match self {
            Self::F64(list) => list.len(),
            Self::F32(list) => list.len(),
            Self::I64(list) => list.len(),
            Self::Bool(list) => list.len(),
        }
    }

    /// Puts the list on its shelf.
    pub(crate) fn give(self, pool: &mut Pool) {
        match self {
            Self::F64(list) => pool.keep(list),
            Self::F32(list) => pool.keep(list),
            Self::I64(list) => pool.keep(list),
            Self::Bool(list) => pool.keep(list),
        }
    }
}

/// An array of `ndarray`'s as its numbers and a view of them.
pub(crate) fn parts<T, D: Dimension>(array: ArrayBase<OwnedRepr<T>, D>) -> (Vec<T>, Strided) {
    let (shape, strides) = (Shape::from(array.shape()), array.strides().iter().copied().collect());
    let (numbers, offset) = array.into_raw_vec_and_offset();
    (numbers, Strided { offset: offset.unwrap_or(0), shape, strides })
}

#[cfg(test)]
mod tests {
    use ndarray::{Array, Array2, s};

    use super::*;
    use crate::Value;

    #[test]
    fn views_of_views_look_at_one_list_and_show_what_ndarray_shows() {
        let array = Array::from_iter(0..24_i64).into_shape_with_order((2, 3, 4)).expect("24 numbers");
        let value = Value::from(&array);
        let transposed = |it: &Strided| {
            let [a, b, c] = [0, 1, 2].map(|axis| (it.shape[axis], it.strides[axis]));
            Some(Strided { shape: [c.0, b.0, a.0].into(), strides: [c.1, b.1, a.1][..].into(), offset: it.offset })
        };
        let backwards = |it: &Strided| {
            let offset = it.offset + it.strides[0].unsigned_abs() * (it.shape[0] - 1);
            let strides = [-it.strides[0], it.strides[1], it.strides[2]][..].into();
            Some(Strided { offset, strides, ..it.clone() })
        };
        let view = value.seen(transposed).and_then(|value| value.seen(backwards)).expect("views");
        assert_eq!(view.view::<i64>(), array.t().slice(s![..;-1, .., ..]).into_dyn());
        assert_eq!((view.room(), view.slice::<i64>()), (24, None));
        assert_eq!(
            view.mapped(|x: i64| x + 1).expect("room").view::<i64>(),
            array.t().slice(s![..;-1, .., ..]).mapv(|x| x + 1).into_dyn()
        );
        let last =
            view.seen(|it| Some(Strided { shape: Shape::scalar(), strides: SmallVec::new(), offset: it.offset }));
        assert_eq!(last.and_then(|last| last.as_scalar()), Some(3_i64));
    }

    #[test]
    fn arrays_come_as_they_are_laid_out() {
        let array = Array::from_iter((0..12).map(f64::from)).into_shape_with_order((3, 4)).expect("12 numbers");
        for view in [
            array.view(),
            array.t(),
            array.slice(s![..;-1, ..;-1]),
            array.slice(s![..;2, 1..]),
            array.slice(s![1..1, ..]),
        ] {
            assert_eq!(Value::from(view), view);
            assert_eq!(Value::from(&view), view);
            assert_eq!(Value::from(view.to_owned()), view);
        }
        let mut reversed = array.clone();
        reversed.invert_axis(ndarray::Axis(1));
        assert_eq!(Value::from(reversed.clone()), reversed);
        assert_eq!(Value::from(array.t().to_owned()).columns::<f64>(), array.as_slice());
        assert_eq!(Value::from(Array2::<f64>::zeros((0, 3)).reversed_axes()).shape().as_slice(), [3, 0]);
    }

    #[test]
    fn what_is_repeated_is_there_once() {
        let row = Value::from([1.0, 2.0]).broadcast(&[3, 2].into());
        assert_eq!((row.room(), row.repeated::<f64>()), (2, Some(&[1.0, 2.0][..])));
        let doubled = row.mapped(|x: f64| 2.0 * x).expect("room");
        assert_eq!((doubled.room(), doubled.repeated::<f64>()), (2, Some(&[2.0, 4.0][..])));
        let column = Value::from(ndarray::array![[1.0], [2.0]]).broadcast(&[2, 3].into());
        assert_eq!((column.mapped(|x: f64| -x).expect("room").room(), column.repeated::<f64>()), (2, None));
        assert_eq!(column, ndarray::array![[1.0, 1.0, 1.0], [2.0, 2.0, 2.0]]);
    }
}
