//! Where each array of a program stands.
//!
//! An output stands where the caller wants it. Any other array takes a cell of its dtype from the step that writes it to
//! the last that reads it; then the cell is free for others. Registers of loops stand in memory of their own, which all
//! loops share.
use cinta_graph::DType;

use crate::in_place::in_place;
use crate::kernels::KernelSet;
use crate::memory::{Cell, Memory, each_dtype};
use crate::ready::{Prepared, prepare, slot};
use crate::steps::{ArrayId, Lowered, Origin, Step};

/// Where something stands: in a cell, in what the caller gave, or where the caller wants an output.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Home {
    Cell(usize),
    Argument(usize),
    Output(usize),
}

/// The home of an array that has none yet.
const NOWHERE: Home = Home::Cell(usize::MAX);

/// A plan: the home of each array, and what each step needs.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    pub(crate) homes: Vec<Home>,
    pub(crate) steps: Vec<Prepared>,
    /// The cell of each argument for when it does not stand in row-major order.
    pub(crate) copies: Vec<usize>,
    /// Outputs that have another home, to be copied at the end.
    pub(crate) copied: Vec<(usize, ArrayId)>,
    /// Whether there are loops over more than one element.
    pub(crate) has_loops: bool,
    /// Whether any step is large enough for several threads.
    pub(crate) parallel: bool,
}

/// Cells of one dtype that nobody uses at a step.
#[derive(Debug, Default)]
struct Free(Vec<usize>);

impl Free {
    /// The smallest free cell that is large enough, else the largest one grown, else a new one.
    fn take(&mut self, memory: &mut Memory, dtype: DType, size: usize) -> usize {
        let fits = |&&(_, have): &&(usize, usize)| have >= size;
        let sizes: Vec<(usize, usize)> = self.0.iter().map(|&cell| memory.size(dtype, cell)).enumerate().collect();
        let best = sizes.iter().filter(fits).min_by_key(|&&(_, have)| have);
        match best.or_else(|| sizes.iter().max_by_key(|&&(_, have)| have)) {
            None => memory.push(dtype, size),
            Some(&(position, _)) => {
                let cell = self.0.swap_remove(position);
                memory.grow(dtype, cell, size);
                cell
            }
        }
    }
}

/// Plans the memory of a program, and of the registers of its loops. A state and what takes its place have cells of
/// their own, which are exchanged.
pub(crate) fn plan(program: &Lowered, set: KernelSet) -> (Plan, Memory, Memory) {
    let (mut memory, mut scratch) = (Memory::default(), Memory::default());
    let mut uses = Uses::of(program);
    let (mut homes, copied) = output_homes(program, &mut uses);
    let copies = given_homes(program, &mut homes, &mut memory);
    let mut free: [Free; 4] = Default::default();
    let mut steps = Vec::with_capacity(program.steps.len());
    for (position, step) in program.steps.iter().enumerate() {
        let written = step.writes();
        let mut taken_over = Vec::new();
        if let Step::Loop(it) = step {
            let ends = |array: ArrayId| {
                let is_whole = program.arrays[array.index()].ty.shape.size() == it.size;
                is_whole && uses.ends(program, array, position) && matches!(homes[array.index()], Home::Cell(_))
            };
            let may_move = |array: ArrayId| !uses.is_update[array.index()] && homes[array.index()] == NOWHERE;
            taken_over = in_place(it, ends, may_move);
            for &(new, old) in &taken_over {
                homes[new.index()] = homes[old.index()];
            }
        }
        for array in &written {
            if homes[array.index()] != NOWHERE {
                continue;
            }
            let ty = &program.arrays[array.index()].ty;
            let (dtype, size) = (ty.dtype, ty.shape.size());
            let cell = if uses.is_update[array.index()] {
                memory.push(dtype, size)
            } else {
                free[slot(dtype)].take(&mut memory, dtype, size)
            };
            homes[array.index()] = Home::Cell(cell);
        }
        let mut ended: Vec<ArrayId> = step.reads().into_iter().chain(written).collect();
        ended.sort_unstable();
        ended.dedup();
        ended.retain(|array| taken_over.iter().all(|(_, old)| old != array));
        for array in ended.into_iter().filter(|&array| uses.ends(program, array, position)) {
            if let Home::Cell(cell) = homes[array.index()] {
                free[slot(program.arrays[array.index()].ty.dtype)].0.push(cell);
            }
        }
        steps.push(match step {
            Step::Loop(it) => prepare(it, &homes, set, &mut memory, &mut scratch),
            Step::Product(_) | Step::Lanes(_) | Step::Call(_) => Prepared::Plain,
        });
    }
    let parallel = steps.iter().any(|step| matches!(step, Prepared::Loop(it) if it.is_large));
    let has_loops = steps.iter().any(|step| matches!(step, Prepared::Loop(_)));
    (Plan { homes, steps, copies, copied, has_loops, parallel }, memory, scratch)
}

/// How long arrays are needed.
struct Uses {
    /// The last step that reads or writes each.
    last: Vec<usize>,
    /// Whether it takes the place of a state.
    is_update: Vec<bool>,
}

impl Uses {
    fn of(program: &Lowered) -> Self {
        let count = program.arrays.len();
        let (mut last, mut is_update) = (vec![0; count], vec![false; count]);
        for (position, step) in program.steps.iter().enumerate() {
            for array in step.reads().into_iter().chain(step.writes()) {
                last[array.index()] = position;
            }
        }
        for (_, new) in &program.updates {
            is_update[new.index()] = true;
            last[new.index()] = usize::MAX;
        }
        Self { last, is_update }
    }

    /// Whether a step is the last that needs an array which a step computed.
    fn ends(&self, program: &Lowered, array: ArrayId, position: usize) -> bool {
        self.last[array.index()] == position && matches!(program.arrays[array.index()].origin, Origin::Step)
    }
}

/// The homes of outputs, and those that have another home, to be copied at the end.
fn output_homes(program: &Lowered, uses: &mut Uses) -> (Vec<Home>, Vec<(usize, ArrayId)>) {
    let (mut homes, mut copied) = (vec![NOWHERE; program.arrays.len()], Vec::new());
    for (position, array) in program.outputs.iter().enumerate() {
        let home = &mut homes[array.index()];
        let computed = matches!(program.arrays[array.index()].origin, Origin::Step) && !uses.is_update[array.index()];
        if computed && !matches!(home, Home::Output(_)) {
            *home = Home::Output(position);
        } else {
            copied.push((position, *array));
            uses.last[array.index()] = usize::MAX;
        }
    }
    (homes, copied)
}

/// Finds homes for what is there before the first step. Gives the cells of arguments for when they do not stand in
/// row-major order.
fn given_homes(program: &Lowered, homes: &mut [Home], memory: &mut Memory) -> Vec<usize> {
    let mut copies = Vec::new();
    for (home, array) in homes.iter_mut().zip(&program.arrays) {
        let (dtype, size) = (array.ty.dtype, array.ty.shape.size());
        match &array.origin {
            Origin::Argument(position) => {
                *home = Home::Argument(*position);
                copies.push(memory.push(dtype, usize::from(array.ty.shape.rank() == 0)));
            }
            Origin::Constant(value) => {
                let cell = memory.push(dtype, size);
                *home = Home::Cell(cell);
                each_dtype!(dtype, T => {
                    let to = T::cells_mut(memory)[cell].iter_mut();
                    to.zip(value.view::<T>()).for_each(|(to, &x)| *to = x);
                });
            }
            Origin::State => *home = Home::Cell(memory.push(dtype, size)),
            Origin::Step => {}
        }
    }
    copies
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use cinta_graph::{ArrayType, NodeId, Tape, Var};

    use super::*;
    use crate::Program;
    use crate::explain::width;

    /// What a program computes on the way and keeps for a later step: the arrays that need cells.
    fn sizes(program: &Program) -> BTreeMap<ArrayId, usize> {
        let arrays = program.lowered.arrays.iter().enumerate().filter(|(i, array)| {
            matches!(array.origin, Origin::Step) && matches!(program.plan.homes[*i], Home::Cell(_))
        });
        let bytes = |ty: &ArrayType| ty.shape.size() * width(ty.dtype);
        arrays.map(|(i, array)| (ArrayId(u32::try_from(i).expect("few arrays")), bytes(&array.ty))).collect()
    }

    /// The least peak of live bytes over all orders of the steps: the best way to each set of steps done.
    fn least_peak(program: &Program) -> usize {
        let (steps, sizes) = (&program.lowered.steps, sizes(program));
        let reads: Vec<Vec<ArrayId>> = steps.iter().map(Step::reads).collect();
        let writes: Vec<Vec<ArrayId>> = steps.iter().map(Step::writes).collect();
        let mut writer = BTreeMap::new();
        for (i, arrays) in writes.iter().enumerate() {
            writer.extend(arrays.iter().map(|&array| (array, i)));
        }
        let is_done = |done: u64, step: usize| done >> step & 1 == 1;
        let live = |done: u64, array: ArrayId| {
            is_done(done, writer[&array]) && (0..steps.len()).any(|i| !is_done(done, i) && reads[i].contains(&array))
        };
        let mut peaks: BTreeMap<u64, usize> = std::iter::once((0, 0)).collect();
        for _ in 0..steps.len() {
            let mut next: BTreeMap<u64, usize> = BTreeMap::new();
            for (&done, &peak) in &peaks {
                let is_ready = |i: &usize| {
                    !is_done(done, *i)
                        && reads[*i].iter().all(|array| writer.get(array).is_none_or(|&w| is_done(done, w)))
                };
                for step in (0..steps.len()).filter(is_ready) {
                    let counts = |&(&array, _): &(&ArrayId, &usize)| live(done, array) || writes[step].contains(&array);
                    let bytes: usize = sizes.iter().filter(counts).map(|(_, size)| size).sum();
                    let best = next.entry(done | 1 << step).or_insert(usize::MAX);
                    *best = (*best).min(peak.max(bytes));
                }
            }
            assert!(next.len() < 100_000, "too many orders to try");
            peaks = next;
        }
        peaks.into_values().next().expect("all steps are done")
    }

    /// The bytes of the cells that those arrays share.
    fn planned(program: &Program) -> usize {
        let mut cells: BTreeMap<(DType, usize), usize> = BTreeMap::new();
        for (array, _) in sizes(program) {
            let (Home::Cell(cell), dtype) =
                (program.plan.homes[array.index()], program.lowered.arrays[array.index()].ty.dtype)
            else {
                continue;
            };
            cells.insert((dtype, cell), program.memory.size(dtype, cell) * width(dtype));
        }
        cells.into_values().sum()
    }

    #[track_caller]
    fn needs_little_more_than_the_least(inputs: &[&[usize]], f: impl for<'t> Fn(&[Var<'t>]) -> Vec<Var<'t>>) {
        let tape = Tape::new();
        let vars: Vec<Var<'_>> = inputs.iter().map(|&shape| tape.input(ArrayType::new(DType::F64, shape))).collect();
        let ids = |vars: &[Var<'_>]| vars.iter().map(|var| var.id()).collect::<Vec<NodeId>>();
        let outputs = f(&vars);
        let program = Program::compile(&tape.graph(), &ids(&vars), &ids(&outputs)).expect("a program");
        let (least, planned) = (least_peak(&program), planned(&program));
        assert!(
            least > 0 && planned as f64 <= 1.2 * least as f64,
            "{planned} bytes, {least} at least\n{}",
            program.explain()
        );
    }

    #[test]
    fn a_network_needs_little_more_memory_than_the_best_order_of_its_steps() {
        needs_little_more_than_the_least(
            &[&[64, 64], &[64], &[64, 32], &[32], &[32, 10], &[10], &[32, 64], &[32, 10]],
            |v| {
                let h = (v[6].matmul(v[0]) + v[1]).tanh();
                let h = (h.matmul(v[2]) + v[3]).tanh();
                let loss = (h.matmul(v[4]) + v[5]).softmax_cross_entropy(v[7]).mean();
                loss.grad(&v[..6])
            },
        );
    }

    #[test]
    fn so_does_a_deep_chain_of_products() {
        needs_little_more_than_the_least(&[&[40, 40], &[40, 7]], |v| {
            let last = (0..6).fold(v[1], |x, _| v[0].matmul(x).sin());
            vec![last.sum().grad(v[0])]
        });
    }

    #[test]
    fn so_do_a_likelihood_and_its_second_derivative() {
        needs_little_more_than_the_least(&[&[64], &[360, 64], &[360], &[64]], |v| {
            let z = v[1].dot(v[0]);
            let loss = (z.softplus() - v[2] * z).mean();
            vec![loss.hvp(v[0], v[3])]
        });
    }
}
