//! Running the steps of a program.
mod call;
mod frame;
mod gather;
mod lanes;
mod loops;
mod numbers;
mod product;
mod sums;

use cinta_graph::{ElementsMut, Error, Graph};

use crate::kernels::KernelSet;
use crate::lent::Written;
use crate::memory::{Cell, Memory, each_dtype};
use crate::plan::{Home, Plan};
use crate::ready::Prepared;
use crate::steps::{ArrayId, Lowered, Step};
use crate::view::View;
pub(crate) use frame::Member;
use frame::Shared;
pub(crate) use gather::{Pasted, merged};

/// What a run works on.
pub(crate) struct Run<'r, 'a, 'o> {
    pub(crate) program: &'r Lowered,
    pub(crate) graph: &'r Graph,
    pub(crate) plan: &'r Plan,
    pub(crate) memory: &'r mut Memory,
    /// What each thread needs.
    pub(crate) team: &'r mut [Member],
    pub(crate) set: KernelSet,
    pub(crate) arguments: &'r [View<'a>],
    /// Where outputs go.
    pub(crate) targets: &'r mut [ElementsMut<'o>],
    /// Room for the list of arrays that a step writes.
    pub(crate) written: Written<'o>,
}

impl<'a, 'o> Run<'_, 'a, 'o> {
    /// Runs all steps; `done` hears of each.
    pub(crate) fn run(&mut self, mut done: impl FnMut(usize)) -> Result<(), Error> {
        self.copy_arguments();
        let (program, plan) = (self.program, self.plan);
        for (position, (step, prepared)) in program.steps.iter().zip(&plan.steps).enumerate() {
            match (prepared, step) {
                (Prepared::Loop(it), _) => self.run_loop(it),
                (Prepared::F64(it), _) => self.run_numbers(it),
                (Prepared::F32(it), _) => self.run_numbers(it),
                (Prepared::Plain, Step::Product(it)) => self.run_product(it),
                (Prepared::Plain, Step::Lanes(it)) => self.run_lanes(it),
                (Prepared::Plain, Step::Call(it)) => self.call(it)?,
                (Prepared::Plain, Step::Loop(_)) => unreachable!("loops are prepared"),
            }
            done(position);
        }
        for &(position, array) in &plan.copied {
            each_dtype!(program.arrays[array.index()].ty.dtype, T => {
                let to = std::mem::take(T::target_mut(&mut self.targets[position]));
                to.copy_from_slice(&self.array(array)[..to.len()]);
                *T::target_mut(&mut self.targets[position]) = to;
            });
        }
        Ok(())
    }

    /// Arguments that do not stand in row-major order are copied to cells.
    #[inline]
    fn copy_arguments(&mut self) {
        for (view, &cell) in self.arguments.iter().zip(&self.plan.copies) {
            match view {
                View::F64(array) => copy(array, self.memory, cell),
                View::F32(array) => copy(array, self.memory, cell),
                View::I64(array) => copy(array, self.memory, cell),
                View::Bool(array) => copy(array, self.memory, cell),
                View::Number(value) => each_dtype!(value.dtype(), T => {
                    T::cells_mut(self.memory)[cell][0] = value.as_splat::<T>().expect("a number");
                }),
            }
        }
    }

    /// What steps may read.
    #[inline]
    fn shared(&self) -> Shared<'_, 'a, 'o> {
        Shared { memory: self.memory, copies: &self.plan.copies, arguments: self.arguments, targets: self.targets }
    }

    /// The elements of an array.
    fn array<T: Cell>(&self, array: ArrayId) -> &[T] {
        self.shared().read(self.plan.homes[array.index()])
    }

    /// Writes an array while others are read.
    fn writing<T: Cell>(&mut self, array: ArrayId, write: impl FnOnce(&Self, &mut [T])) {
        self.writing_at(self.plan.homes[array.index()], write);
    }

    fn writing_at<T: Cell>(&mut self, home: Home, write: impl FnOnce(&Self, &mut [T])) {
        match home {
            Home::Cell(cell) => {
                let mut buffer = std::mem::take(&mut T::cells_mut(self.memory)[cell]);
                write(self, &mut buffer);
                T::cells_mut(self.memory)[cell] = buffer;
            }
            Home::Output(position) => {
                let slice = std::mem::take(T::target_mut(&mut self.targets[position]));
                write(self, slice);
                *T::target_mut(&mut self.targets[position]) = slice;
            }
            Home::Argument(_) => unreachable!("arguments are not written"),
        }
    }
}

/// The elements at a home.
#[inline]
pub(crate) fn read<'r, T: Cell>(
    memory: &'r Memory,
    copies: &[usize],
    arguments: &'r [View<'_>],
    targets: &'r [ElementsMut<'_>],
    home: Home,
) -> &'r [T] {
    match home {
        Home::Cell(cell) => &T::cells(memory)[cell],
        Home::Argument(position) => match T::argument(&arguments[position]) {
            Some(slice) => slice,
            None => &T::cells(memory)[copies[position]],
        },
        Home::Output(position) => T::target(&targets[position]),
    }
}

fn copy<T: Cell>(array: &ndarray::ArrayViewD<'_, T>, memory: &mut Memory, cell: usize) {
    if array.as_slice().is_none() {
        memory.grow(T::DTYPE, cell, array.len());
        T::cells_mut(memory)[cell].iter_mut().zip(array).for_each(|(to, &x)| *to = x);
    }
}
