//! Running the steps of a program.
mod call;
mod divided;
mod interleave;
mod lanes;
mod loops;
mod numbers;
mod paste;
mod product;
mod sums;

use cinta_graph::{Error, Graph, Workspace};

use crate::desk::{Desk, Desks, Others};
use crate::kernels::KernelSet;
use crate::memory::{Bank, Cell, Memory, each_dtype};
use crate::place::{Extent, Home};
use crate::plan::{Plan, Role};
use crate::ready::Prepared;
use crate::steps::{ArrayId, Lowered, Step};
use crate::view::View;
pub(crate) use divided::Member;
pub(crate) use paste::Pasted;

/// What a run works on.
pub(crate) struct Run<'r, 'f> {
    pub(crate) program: &'r Lowered,
    pub(crate) graph: &'r Graph,
    pub(crate) plan: &'r Plan,
    pub(crate) desks: Desks<'f>,
    /// What each thread needs.
    pub(crate) team: &'r mut [Member],
    /// What operations need that are called.
    pub(crate) workspace: &'r mut Workspace,
    pub(crate) set: KernelSet,
}

impl<'f> Run<'_, 'f> {
    /// Runs all steps; `done` hears of each.
    pub(crate) fn run(&mut self, mut done: impl FnMut(usize)) -> Result<(), Error> {
        let (program, plan) = (self.program, self.plan);
        for (position, (step, prepared)) in program.steps.iter().zip(&plan.steps).enumerate() {
            match (prepared, step) {
                (Prepared::Loop(it), _) => self.run_loop(it),
                (Prepared::F64(it), _) => self.run_numbers(it),
                (Prepared::F32(it), _) => self.run_numbers(it),
                (Prepared::Product(it), _) => self.run_product(it),
                (Prepared::Plain, Step::Lanes(it)) => self.run_lanes(it),
                (Prepared::Plain, Step::Call(it)) => self.call(it)?,
                (Prepared::Plain, Step::Loop(_) | Step::Product(_)) => unreachable!("they are prepared"),
            }
            done(position);
        }
        Ok(())
    }

    /// An array, and what follows it.
    fn array<T: Cell>(&self, array: ArrayId) -> &[T] {
        T::desk(&self.desks).all().array(self.plan.homes[array.index()])
    }

    /// Writes an array while others of its dtype are read.
    #[inline]
    fn write<T: Cell>(&mut self, array: ArrayId, f: impl FnOnce(&mut [T], &Others<'_, 'f, T>)) {
        let (_, size) = self.program.array(array);
        self.write_at(self.plan.homes[array.index()], size, f);
    }

    #[inline]
    fn write_at<T: Cell>(&mut self, home: Home, size: usize, f: impl FnOnce(&mut [T], &Others<'_, 'f, T>)) {
        let place = home.place(0, Extent::Whole);
        T::desk_mut(&mut self.desks).write(place.store, place.from..place.from + size, f);
    }
}

/// Runs a program of numbers.
#[inline]
pub(crate) fn run_scalar(plan: &Plan, memory: &mut Memory, set: KernelSet, mut done: impl FnMut(usize)) {
    for (position, step) in plan.steps.iter().enumerate() {
        match step {
            Prepared::F64(it) => numbers::run_lines(it, set, &mut memory.f64.arena),
            Prepared::F32(it) => numbers::run_lines(it, set, &mut memory.f32.arena),
            Prepared::Loop(_) | Prepared::Product(_) | Prepared::Plain => unreachable!("a program of numbers"),
        }
        done(position);
    }
}

/// Puts arguments of one element in the arena.
#[inline]
pub(crate) fn copy_numbers(plan: &Plan, memory: &mut Memory, arguments: &[View<'_>]) {
    for &(position, dtype, at) in &plan.numbers {
        each_dtype!(dtype, T => T::bank_mut(memory).arena[at] = number(&arguments[position]));
    }
}

#[inline]
fn number<T: Cell>(view: &View<'_>) -> T {
    match view {
        View::Number(value) => value.as_splat().expect("a number"),
        _ => T::argument(view).expect("one element stands in any order")[0],
    }
}

/// Lays out what steps of one dtype read and write, with copies of arguments that do not stand in row-major order; outputs
/// come last.
#[inline]
pub(crate) fn lay<'f, T: Cell>(
    desk: &mut Desk<'f, T>,
    roles: &[Role],
    bank: &'f mut Bank<T>,
    arguments: &'f [View<'_>],
) {
    desk.arena = &mut bank.arena;
    for (role, cell) in roles.iter().zip(&mut bank.cells) {
        match role {
            Role::State => desk.reads.push(cell),
            Role::Update => desk.own.push(cell),
            Role::Argument(position) => {
                let argument = &arguments[*position];
                desk.reads.push(T::argument(argument).unwrap_or_else(|| {
                    T::copy(argument, cell);
                    cell
                }));
            }
        }
    }
}
