//! Running straight-line code over numbers.
use std::slice;

use cinta_graph::{DType, Elements, Op, Real};
use smallvec::SmallVec;

use super::{Run, read};
use crate::kernels::Float;
use crate::memory::Cell;
use crate::plan::Home;
use crate::ready::Numbers;

impl Run<'_, '_, '_> {
    pub(super) fn run_numbers<T: Cell + Float>(&mut self, it: &Numbers<T>) {
        let mut registers = std::mem::take(&mut T::cells_mut(self.memory)[it.registers]);
        let r = &mut registers[..];
        for &(dtype, home, offset, register) in &it.loads {
            let copies = &self.plan.copies;
            r[register as usize] = if dtype == DType::Bool {
                truth(read::<bool>(self.memory, copies, self.arguments, self.targets, home)[offset])
            } else {
                read::<T>(self.memory, copies, self.arguments, self.targets, home)[offset]
            };
        }
        self.set.run_lines(&it.lines, r, &|op, arguments| apply(&it.ops[op as usize], arguments));
        for &(register, dtype, home) in &it.stores {
            let x = r[register as usize];
            if dtype == DType::Bool {
                self.put(home, x != T::lit(0.0));
            } else {
                self.put(home, x);
            }
        }
        T::cells_mut(self.memory)[it.registers] = registers;
    }

    fn put<T: Cell>(&mut self, home: Home, x: T) {
        match home {
            Home::Cell(cell) => T::cells_mut(self.memory)[cell][0] = x,
            Home::Output(position) => T::target_mut(&mut self.targets[position])[0] = x,
            Home::Argument(_) => unreachable!("arguments are not written"),
        }
    }
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
