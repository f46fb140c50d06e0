//! Running the steps of a program.
mod bands;
mod call;
mod interleave;
mod lanes;
mod loops;
mod numbers;
mod paste;
mod product;
mod sums;

use std::time::Instant;

use cinta_graph::{Error, Graph, Workspace};

use crate::desk::{Desk, Desks, Others};
use crate::kernels::KernelSet;
use crate::memory::{Bank, Cell, Memory, each_dtype};
use crate::place::{Extent, Home};
use crate::plan::{Plan, Role};
use crate::ready::Prepared;
use crate::steps::{ArrayId, Lowered, Step};
use crate::view::View;
pub(crate) use bands::Member;
use lanes::run_all_lanes;
pub(crate) use paste::Pasted;
use product::run_product;

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
    /// Runs all steps; adds to the time of each, if they are timed.
    pub(crate) fn run(&mut self, times: Option<&mut [f64]>) -> Result<(), Error> {
        let plan = self.plan;
        let Some(times) = times else {
            return plan.steps.iter().enumerate().try_for_each(|(position, it)| self.step(position, it, None));
        };
        for (position, it) in plan.steps.iter().enumerate() {
            let start = Instant::now();
            self.step(position, it, Some(&mut times[position..]))?;
            if !matches!(it, Prepared::Bands(_) | Prepared::Joined) {
                times[position] += start.elapsed().as_secs_f64();
            }
        }
        Ok(())
    }

    /// Runs a step; those that run by bands add to their times themselves.
    #[inline]
    fn step(&mut self, position: usize, it: &Prepared, times: Option<&mut [f64]>) -> Result<(), Error> {
        match it {
            Prepared::Loop(it) => self.run_loop(it),
            Prepared::Bands(it) => self.run_bands(it, times),
            Prepared::Joined => {}
            Prepared::F64(it) => self.run_numbers(it),
            Prepared::F32(it) => self.run_numbers(it),
            Prepared::Product(it) => run_product(&mut self.desks, self.set, it),
            Prepared::Lanes(it, rows) => run_all_lanes(&mut self.desks, self.set, it, *rows),
            Prepared::Call => match &self.program.steps[position] {
                Step::Call(it) => self.call(it)?,
                Step::Loop(_) | Step::Product(_) | Step::Lanes(_) => unreachable!("they are looked up"),
            },
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

/// Runs a program of numbers; adds to the time of each step, if they are timed.
#[inline]
pub(crate) fn run_scalar(plan: &Plan, memory: &mut Memory, set: KernelSet, mut times: Option<&mut [f64]>) {
    for (position, step) in plan.steps.iter().enumerate() {
        let start = times.is_some().then(Instant::now);
        match step {
            Prepared::F64(it) => numbers::run_lines(it, set, &mut memory.f64.arena),
            Prepared::F32(it) => numbers::run_lines(it, set, &mut memory.f32.arena),
            _ => unreachable!("a program of numbers"),
        }
        if let (Some(start), Some(times)) = (start, &mut times) {
            times[position] += start.elapsed().as_secs_f64();
        }
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
