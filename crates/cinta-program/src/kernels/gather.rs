//! Elements of views.
use cinta_graph::Strided;

use super::set::{Isa, KernelSet, Task};

impl KernelSet {
    /// [`Strided::gather`].
    #[inline]
    pub(crate) fn gather<T: Copy>(self, view: &Strided, from: &[T], start: usize, out: &mut [T]) {
        self.run(Gather { view, from, start, out });
    }
}

struct Gather<'a, T> {
    view: &'a Strided,
    from: &'a [T],
    start: usize,
    out: &'a mut [T],
}

impl<T: Copy> Task for Gather<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run<I: Isa>(self) {
        self.view.gather(self.from, self.start, self.out);
    }
}
