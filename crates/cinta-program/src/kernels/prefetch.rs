//! Numbers asked for before they are wanted.
use smallvec::SmallVec;

/// Bytes of a cache line.
pub(super) const LINE: usize = 64;

/// The most arrays that are asked for: a run must not allocate, and a processor does not follow more.
const MOST: usize = 16;

/// Elements of arrays that are wanted next, and how many of each were asked for.
///
/// They are asked for little by little while something else is computed: all at once would fill the queue of the memory.
#[derive(Debug, Default)]
pub(crate) struct Ahead {
    arrays: SmallVec<[Coming; MOST]>,
    asked: usize,
    length: usize,
}

/// Where the elements of an array begin, and how many bytes each has.
#[derive(Clone, Copy, Debug)]
struct Coming {
    first: *const u8,
    size: usize,
}

impl Ahead {
    /// Elements of several arrays, of each so many.
    pub(crate) fn of(length: usize) -> Self {
        Self { length, ..Self::default() }
    }

    /// One more array, whose elements begin where these numbers do, if there are not too many.
    pub(crate) fn push<T>(&mut self, numbers: &[T]) {
        if self.arrays.len() < MOST {
            self.arrays.push(Coming { first: numbers.as_ptr().cast(), size: size_of::<T>() });
        }
    }

    /// Asks for some more elements of each array. A hint, which changes no result.
    #[inline]
    pub(crate) fn ask(&mut self, count: usize) {
        let to = self.length.min(self.asked + count);
        for array in &self.arrays {
            for byte in (self.asked * array.size..to * array.size).step_by(LINE) {
                prefetch(array.first.wrapping_add(byte));
            }
        }
        self.asked = to;
    }
}

/// Brings a line into the first-level cache.
#[inline(always)]
fn prefetch(byte: *const u8) {
    #[cfg(target_arch = "x86_64")]
    {
        use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
        #[expect(unsafe_code, reason = "the instruction takes a pointer")]
        // SAFETY: it reads nothing, and may be given any address.
        unsafe {
            _mm_prefetch::<_MM_HINT_T0>(byte.cast());
        }
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = byte;
}
