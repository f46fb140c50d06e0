//! Where each array of a program stands.
//!
//! An output stands where the caller wants it. Any other array takes a part of the arena from the step that writes it to the
//! last that reads it; then the part is free for others. Registers have a part that all loops share. A state and what takes
//! its place have cells of their own, which are exchanged.
mod fixed;

use cinta_graph::{DType, Error};

use crate::in_place::in_place;
use crate::kernels::KernelSet;
use crate::memory::{Ground, Memory, check_room, slot};
use crate::options::NativeCode;
use crate::place::Home;
use crate::ready::{ALIGNED, Banded, Preparation, Prepared, ReadyLoop};
use crate::steps::{ArrayId, Lowered, Origin, Step};
use fixed::Fixed;

/// What a cell is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    /// A state, which steps read.
    State,
    /// What takes the place of a state, which a step writes.
    Update,
    /// A copy of an argument, for when it does not stand in row-major order.
    Argument(usize),
}

/// Where an output is copied from at the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    Arena(usize),
    Cell(usize),
    /// An argument, and the cell with its copy.
    Argument(usize, usize),
    /// Another output.
    Output(usize),
}

/// A plan: where each array stands, and what each step needs.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    pub(crate) homes: Vec<Home>,
    pub(crate) steps: Vec<Prepared>,
    /// Arguments of one element, and where in the arena they are put.
    pub(crate) numbers: Vec<(usize, DType, usize)>,
    /// What each cell is for, by dtype: with the outputs, in the order of the lists that steps write and read.
    pub(crate) cells: [Vec<Role>; 4],
    /// The dtype of each output that a step writes where the caller wants it.
    pub(crate) direct: Vec<Option<DType>>,
    /// Outputs that are copied at the end.
    pub(crate) copied: Vec<(usize, Source)>,
    /// The cells of each state and of what takes its place: the same, if it becomes that where it stands.
    pub(crate) states: Vec<(DType, usize, usize)>,
    /// Whether any step is large enough for several threads.
    pub(crate) parallel: bool,
    /// Whether there are numbers only, all in the arena: such a program is its straight-line code.
    pub(crate) scalar: bool,
}

impl Plan {
    /// What a loop became, if it is one over several elements.
    pub(crate) fn ready_loop(&self, position: usize) -> Option<&ReadyLoop> {
        let first = (0..=position).rev().find(|&i| !matches!(self.steps[i], Prepared::Joined))?;
        match &self.steps[first] {
            Prepared::Loop(it) => Some(it),
            Prepared::Bands(it) => match &it.steps[position - first] {
                Banded::Loop(it) => Some(it),
                _ => None,
            },
            _ => None,
        }
    }
}

/// Where an array stands while that is planned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Spot {
    Nowhere,
    /// In a part of the registers of a thread, a band of it at a time.
    Band(usize),
    /// In a part of the arena that it shares with arrays of other times.
    Shared(usize),
    Fixed(Home),
}

/// Parts of the arenas that arrays share one after the other.
#[derive(Debug, Default)]
struct Shared {
    sizes: [Vec<usize>; 4],
    free: [Vec<usize>; 4],
}

impl Shared {
    /// The smallest free part that is large enough, else the largest one grown, else a new one.
    fn take(&mut self, dtype: DType, size: usize) -> usize {
        let (sizes, free) = (&mut self.sizes[slot(dtype)], &mut self.free[slot(dtype)]);
        let best = (0..free.len()).filter(|&i| sizes[free[i]] >= size).min_by_key(|&i| sizes[free[i]]);
        match best.or_else(|| (0..free.len()).max_by_key(|&i| sizes[free[i]])) {
            None => {
                sizes.push(size);
                sizes.len() - 1
            }
            Some(i) => {
                let part = free.swap_remove(i);
                sizes[part] = sizes[part].max(size);
                part
            }
        }
    }
}

/// Plans the memory of a program, and of the registers of its threads.
///
/// # Errors
/// If there is not so much memory.
pub(crate) fn plan(program: &Lowered, set: KernelSet, native: NativeCode) -> Result<(Plan, Memory, Memory), Error> {
    let mut uses = Uses::of(program);
    let mut ground = Ground::default();
    let Fixed { mut spots, sources, cells, direct, numbers, states } = Fixed::new(program, &uses, &mut ground);
    for (&array, direct) in program.outputs.iter().zip(&direct) {
        if direct.is_none() {
            uses.last[array.index()] = usize::MAX;
        }
    }
    let bands = share_bands(program, &mut spots);
    let shared = share(program, &uses, &mut spots);
    let parts: [Vec<usize>; 4] =
        std::array::from_fn(|i| shared.sizes[i].iter().map(|&size| ground.push(DType::ALL[i], size)).collect());
    let homes: Vec<Home> = spots
        .into_iter()
        .zip(&program.arrays)
        .map(|(spot, array)| match spot {
            Spot::Shared(part) => Home::Arena(parts[slot(array.ty.dtype)][part]),
            Spot::Band(at) => Home::Band(at),
            Spot::Fixed(home) => home,
            // Nothing computes or reads it.
            Spot::Nowhere => Home::Arena(0),
        })
        .collect();
    let copied = program.outputs.iter().enumerate().filter(|&(position, _)| direct[position].is_none());
    let copied = copied.map(|(position, array)| {
        let at = array.index();
        let source = sources[at].unwrap_or_else(|| match homes[at] {
            Home::Arena(at) => Source::Arena(at),
            Home::Own(_) | Home::Read(_) | Home::Band(_) => unreachable!("their sources are known"),
        });
        (position, source)
    });
    let copied = copied.collect();
    let mut preparation = Preparation::new(&homes, set, native, &mut ground);
    let mut steps = preparation.prepare_all(program);
    let Preparation { shared: registers, threads, foundry, .. } = preparation;
    if foundry.is_some_and(|foundry| !foundry.finish()) {
        return plan(program, set, NativeCode::never());
    }
    let registers = std::array::from_fn(|i| ground.push(DType::ALL[i], registers[i]));
    for step in &mut steps {
        step.settle(registers, bands);
    }
    let threads = std::array::from_fn(|i| bands[i] + threads[i]);
    let parallel = steps.iter().any(Prepared::is_large);
    let scalar = steps.iter().all(Prepared::is_scalar) && direct.iter().all(Option::is_none);
    let scalar = scalar && cells.iter().all(Vec::is_empty);
    let outputs = program.outputs.iter().map(|&array| program.array(array));
    let apart =
        DType::ALL.into_iter().zip(&cells).flat_map(|(dtype, cells)| cells.iter().map(move |&(_, size)| (dtype, size)));
    let arenas = DType::ALL.into_iter().zip(ground.sizes).chain(DType::ALL.into_iter().zip(threads));
    check_room(arenas.chain(apart).chain(outputs))?;
    let mut memory = ground.memory();
    for (dtype, cells) in DType::ALL.into_iter().zip(&cells) {
        for &(_, size) in cells {
            memory.push(dtype, size);
        }
    }
    let cells = cells.map(|cells| cells.into_iter().map(|(role, _)| role).collect());
    let plan = Plan { homes, steps, numbers, cells, direct, copied, states, parallel, scalar };
    Ok((plan, memory, Memory::new(threads)))
}

/// Finds room for bands; gives how much there must be of each dtype.
fn share_bands(program: &Lowered, spots: &mut [Spot]) -> [usize; 4] {
    let mut most = [0; 4];
    for bands in &program.bands {
        let mut sizes = [0; 4];
        for &(array, width) in &bands.inside {
            let size = &mut sizes[slot(program.array(array).0)];
            spots[array.index()] = Spot::Band(*size);
            *size += (bands.band * width).next_multiple_of(ALIGNED);
        }
        most.iter_mut().zip(sizes).for_each(|(most, size)| *most = (*most).max(size));
    }
    most
}

/// Finds room for what steps compute: arrays of different times share it.
fn share(program: &Lowered, uses: &Uses, spots: &mut [Spot]) -> Shared {
    let mut shared = Shared::default();
    let mut first = 0;
    while first < program.steps.len() {
        let end = uses.end[first];
        let together = &program.steps[first..=end];
        let written: Vec<ArrayId> = together.iter().flat_map(Step::writes).collect();
        let mut taken_over = Vec::new();
        if let [Step::Loop(it)] = together {
            let ends = |array: ArrayId| {
                let is_whole = program.arrays[array.index()].ty.shape.size() == it.size;
                is_whole && uses.ends(program, array, end) && matches!(spots[array.index()], Spot::Shared(_))
            };
            taken_over = in_place(it, ends, |array| spots[array.index()] == Spot::Nowhere);
            for &(new, old) in &taken_over {
                spots[new.index()] = spots[old.index()];
            }
        }
        for array in &written {
            if spots[array.index()] == Spot::Nowhere {
                let ty = &program.arrays[array.index()].ty;
                spots[array.index()] = Spot::Shared(shared.take(ty.dtype, ty.shape.size()));
            }
        }
        let mut ended: Vec<ArrayId> = together.iter().flat_map(Step::reads).chain(written).collect();
        ended.sort_unstable();
        ended.dedup();
        ended.retain(|array| taken_over.iter().all(|(_, old)| old != array));
        for array in ended.into_iter().filter(|&array| uses.ends(program, array, end)) {
            if let Spot::Shared(part) = spots[array.index()] {
                shared.free[slot(program.arrays[array.index()].ty.dtype)].push(part);
            }
        }
        first = end + 1;
    }
    shared
}

/// How long arrays are needed.
struct Uses {
    /// The last of the steps that run by bands with each step; most run alone.
    end: Vec<usize>,
    /// The end of the last step that reads or writes each.
    last: Vec<usize>,
    /// Whether it takes the place of a state.
    is_update: Vec<bool>,
}

impl Uses {
    fn of(program: &Lowered) -> Self {
        let count = program.arrays.len();
        let (mut last, mut is_update) = (vec![0; count], vec![false; count]);
        let mut end: Vec<usize> = (0..program.steps.len()).collect();
        for bands in &program.bands {
            end[bands.steps.clone()].fill(bands.steps.end - 1);
        }
        for (step, &end) in program.steps.iter().zip(&end) {
            for array in step.reads().into_iter().chain(step.writes()) {
                last[array.index()] = end;
            }
        }
        for (_, new) in &program.updates {
            is_update[new.index()] = true;
            last[new.index()] = usize::MAX;
        }
        Self { end, last, is_update }
    }

    /// Whether a step, the last of its bands, is the last that needs an array which a step computed.
    fn ends(&self, program: &Lowered, array: ArrayId, position: usize) -> bool {
        self.last[array.index()] == position && matches!(program.arrays[array.index()].origin, Origin::Step)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use cinta_graph::{ArrayType, NodeId, Tape, Var};

    use super::*;
    use crate::Program;
    use crate::memory::bytes_of;

    /// What a program computes on the way and keeps for a later step: the arrays that need room.
    fn sizes(program: &Program) -> BTreeMap<ArrayId, usize> {
        let written = program.lowered.steps.iter().flat_map(Step::writes);
        let arrays = written.filter(|array| matches!(program.plan.homes[array.index()], Home::Arena(_)));
        let bytes = |array: ArrayId| {
            let (dtype, size) = program.lowered.array(array);
            size * bytes_of(dtype)
        };
        arrays.map(|array| (array, bytes(array))).collect()
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

    /// The bytes of the arena on which those arrays stand.
    fn planned(program: &Program) -> usize {
        let mut parts: Vec<(usize, usize, usize)> = Vec::new();
        for (array, bytes) in sizes(program) {
            let (Home::Arena(at), dtype) =
                (program.plan.homes[array.index()], program.lowered.arrays[array.index()].ty.dtype)
            else {
                continue;
            };
            parts.push((slot(dtype), at * bytes_of(dtype), bytes));
        }
        parts.sort_unstable();
        let (mut total, mut last) = (0, (0, 0));
        for (slot, at, bytes) in parts {
            let from = if last.0 == slot { at.max(last.1) } else { at };
            let end = (at + bytes).max(from);
            (total, last) = (total + end - from, (slot, end));
        }
        total
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
