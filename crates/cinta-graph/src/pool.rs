//! Buffers that are used again: large arrays whose memory the system would otherwise take back and hand out
//! page by page, which costs more than the arithmetic on them.
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::ops::Deref;

use crate::{ArrayType, Element, Shape, Value};

/// Arrays with fewer elements are left to the allocator, which is fast for them.
const SMALL: usize = 1 << 12;

/// Buffers of one element type, by capacity.
pub(crate) type Shelf<T> = BTreeMap<usize, Vec<Vec<T>>>;

/// The buffers of values that are gone. Holds at most what was alive at once.
#[doc(hidden)]
#[expect(unnameable_types, reason = "it appears only in hidden methods of the sealed Element")]
#[derive(Debug, Default)]
pub struct Pool {
    pub(crate) f64: Shelf<f64>,
    pub(crate) f32: Shelf<f32>,
    pub(crate) i64: Shelf<i64>,
    pub(crate) bool: Shelf<bool>,
}

impl Pool {
    /// Keeps the buffer of a value that nobody else holds, if it is large.
    pub(crate) fn recycle(&mut self, value: Value) {
        if value.room() >= SMALL {
            value.into_buffer(self);
        }
    }

    /// Puts a buffer on its shelf.
    pub(crate) fn keep<T: Element>(&mut self, mut buffer: Vec<T>) {
        if buffer.capacity() >= SMALL {
            buffer.clear();
            T::shelf(self).entry(buffer.capacity()).or_default().push(buffer);
        }
    }

    /// An empty buffer with room for so many elements, and for at most twice as many if it is a used one.
    fn take<T: Element>(&mut self, elements: usize) -> Option<Vec<T>> {
        if elements < SMALL {
            return None;
        }
        let shelf = T::shelf(self);
        let (&capacity, buffers) = shelf.range_mut(elements..=elements.saturating_mul(2)).next()?;
        let buffer = buffers.pop();
        if buffers.is_empty() {
            shelf.remove(&capacity);
        }
        buffer
    }
}

/// Where an operation puts its value: the inferred type, and buffers to use again.
#[derive(Clone, Copy, Debug)]
pub struct Output<'a> {
    ty: &'a ArrayType,
    pool: Option<&'a RefCell<Pool>>,
}

impl<'a> Output<'a> {
    /// An output of a type, with fresh buffers.
    #[must_use]
    pub fn new(ty: &'a ArrayType) -> Self {
        Self { ty, pool: None }
    }

    pub(crate) fn with_pool(ty: &'a ArrayType, pool: &'a RefCell<Pool>) -> Self {
        Self { ty, pool: Some(pool) }
    }

    /// An empty list with room for all elements, a used buffer if there is one.
    pub(crate) fn room<T: Element>(self) -> Result<Vec<T>, String> {
        let used = self.pool.and_then(|pool| pool.borrow_mut().take(self.ty.shape.size()));
        used.map_or_else(|| room_for(&self.ty.shape), Ok)
    }

    /// A list of all elements, in a used buffer if there is one.
    pub(crate) fn collect<T: Element>(self, elements: impl Iterator<Item = T>) -> Result<Vec<T>, String> {
        let mut list = self.room()?;
        list.extend(elements);
        Ok(list)
    }
}

impl Deref for Output<'_> {
    type Target = ArrayType;
    fn deref(&self) -> &ArrayType {
        self.ty
    }
}

/// Arrays with fewer elements are not asked about: if there is no memory for those, there is none for the error.
const UNASKED: usize = 1 << 16;

/// Whether there is room for an array of a shape: to ask before an allocation that aborts where there is none. No memory is
/// touched, so asking costs little.
pub(crate) fn check_room<T>(shape: &Shape) -> Result<(), String> {
    if shape.size() < UNASKED { Ok(()) } else { room_for::<T>(shape).map(|_| ()) }
}

/// An empty vector with room for the elements of a shape.
pub(crate) fn room_for<T>(shape: &Shape) -> Result<Vec<T>, String> {
    let size = shape.size();
    if size < UNASKED {
        return Ok(Vec::with_capacity(size));
    }
    let mut room = Vec::new();
    match room.try_reserve_exact(size) {
        Ok(()) => Ok(room),
        Err(_) => Err(format!("there is no memory for an array of shape {shape}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_large_buffer_comes_back_and_a_small_or_shared_one_does_not() {
        let mut pool = Pool::default();
        let large = vec![1.0; SMALL];
        let address = large.as_ptr();
        let value = Value::from(large);
        let shared = value.clone();
        pool.recycle(value);
        assert_eq!(pool.take::<f64>(SMALL), None, "somebody still holds it");
        pool.recycle(shared);
        assert_eq!(pool.take::<f64>(3 * SMALL), None, "it is too small");
        assert_eq!(pool.take::<f32>(SMALL), None, "it is of another type");
        let buffer = pool.take::<f64>(SMALL).expect("recycled");
        assert_eq!((buffer.as_ptr(), buffer.len()), (address, 0));
        pool.recycle(Value::from([1.0; 8]));
        assert_eq!(pool.f64.len(), 0, "small arrays are left to the allocator");
    }
}
