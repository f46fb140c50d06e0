//! Running straight-line code over numbers.
use std::slice;

use cinta_graph::{DType, Elements, Op, Real};
use smallvec::SmallVec;

use super::Run;
use crate::kernels::{Float, KernelSet};
use crate::memory::Cell;
use crate::place::Place;
use crate::ready::Numbers;

impl Run<'_, '_> {
    #[inline]
    pub(super) fn run_numbers<T: Cell + Float>(&mut self, it: &Numbers<T>) {
        for &(dtype, place, register) in &it.loads {
            let x = if dtype == DType::Bool { truth(self.number::<bool>(place)) } else { self.number::<T>(place) };
            T::desk_mut(&mut self.desks).arena[register as usize] = x;
        }
        run_lines(it, self.set, T::desk_mut(&mut self.desks).arena);
        for &(register, dtype, place) in &it.stores {
            let x = T::desk(&self.desks).arena[register as usize];
            if dtype == DType::Bool {
                self.put(place, x != T::lit(0.0));
            } else {
                self.put(place, x);
            }
        }
    }

    fn number<T: Cell>(&self, place: Place) -> T {
        T::desk(&self.desks).all().from(place.store, place.from)[0]
    }

    fn put<T: Cell>(&mut self, place: Place, x: T) {
        T::desk_mut(&mut self.desks).write(place.store, place.from..place.from + 1, |out, _| out[0] = x);
    }
}

/// Runs the code itself.
#[inline]
pub(super) fn run_lines<T: Cell + Float>(it: &Numbers<T>, set: KernelSet, arena: &mut [T]) {
    set.run_lines(&it.lines, arena, &|op, arguments| apply(&it.ops[op as usize], arguments));
}

fn truth<T: Real>(x: bool) -> T {
    if x { T::lit(1.0) } else { T::lit(0.0) }
}

/// An operation by its own function.
#[inline(never)]
fn apply<T: Cell + Real>(op: &Op, arguments: &[T]) -> T {
    let mut out = [T::lit(0.0)];
    let elements: SmallVec<[Elements<'_>; 2]> = arguments.iter().map(|x| T::elements(slice::from_ref(x))).collect();
    op.eval_elements(&elements, T::elements_mut(&mut out));
    out[0]
}
