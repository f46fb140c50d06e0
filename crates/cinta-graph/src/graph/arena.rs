//! Append-only storage in chunks: nothing moves when it grows, nothing is returned when it is cleared.

const CHUNK_BITS: u32 = 12;
const CHUNK: usize = 1 << CHUNK_BITS;

/// A list that grows chunk by chunk, so that a tape of ten million nodes never copies itself
/// and never holds twice what it needs.
#[derive(Clone, Debug)]
pub(crate) struct Arena<T> {
    chunks: Vec<Vec<T>>,
    len: usize,
}

impl<T> Arena<T> {
    pub(crate) const fn new() -> Self {
        Self { chunks: Vec::new(), len: 0 }
    }

    pub(crate) fn len(&self) -> usize {
        self.len
    }

    #[inline]
    pub(crate) fn push(&mut self, item: T) {
        let chunk = self.len >> CHUNK_BITS;
        if chunk == self.chunks.len() {
            self.grow();
        }
        self.chunks[chunk].push(item);
        self.len += 1;
    }

    /// The first chunk grows as a `Vec` does, so that a small tape stays small; later ones come whole.
    #[cold]
    fn grow(&mut self) {
        self.chunks.push(if self.chunks.is_empty() { Vec::new() } else { Vec::with_capacity(CHUNK) });
    }

    #[inline]
    pub(crate) fn get(&self, index: usize) -> &T {
        &self.chunks[index >> CHUNK_BITS][index & (CHUNK - 1)]
    }

    #[inline]
    pub(crate) fn get_mut(&mut self, index: usize) -> &mut T {
        &mut self.chunks[index >> CHUNK_BITS][index & (CHUNK - 1)]
    }

    /// Empties the list and keeps its memory.
    pub(crate) fn clear(&mut self) {
        self.truncate(0);
    }

    /// Empties the list, handing out its items, and keeps its memory.
    pub(crate) fn drain(&mut self, take: impl FnMut(T)) {
        self.chunks.iter_mut().flat_map(|chunk| chunk.drain(..)).for_each(take);
        self.len = 0;
    }

    /// Drops all items from `len` on and keeps their memory.
    pub(crate) fn truncate(&mut self, len: usize) {
        for (i, chunk) in self.chunks.iter_mut().enumerate() {
            chunk.truncate(len.saturating_sub(i << CHUNK_BITS));
        }
        self.len = self.len.min(len);
    }

    /// Bytes held, filled or not.
    pub(crate) fn capacity_bytes(&self) -> usize {
        self.chunks.iter().map(|chunk| chunk.capacity() * size_of::<T>()).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn items_stay_where_they_were_pushed_across_chunks() {
        let mut arena = Arena::new();
        for i in 0..3 * CHUNK + 7 {
            arena.push(i);
        }
        assert!((0..arena.len()).all(|i| *arena.get(i) == i));
    }

    #[test]
    fn clearing_keeps_the_memory() {
        let mut arena = Arena::new();
        (0..2 * CHUNK).for_each(|i| arena.push(i));
        let held = arena.capacity_bytes();
        arena.clear();
        assert_eq!((arena.len(), arena.capacity_bytes()), (0, held));
        (0..2 * CHUNK).for_each(|i| arena.push(i + 1));
        assert_eq!((*arena.get(CHUNK), arena.capacity_bytes()), (CHUNK + 1, held));
    }

    #[test]
    fn truncation_in_the_middle_of_a_chunk() {
        let mut arena = Arena::new();
        (0..2 * CHUNK + 5).for_each(|i| arena.push(i));
        arena.truncate(CHUNK + 1);
        arena.push(77);
        assert_eq!((arena.len(), *arena.get(CHUNK), *arena.get(CHUNK + 1)), (CHUNK + 2, CHUNK, 77));
    }
}
