//! Steps that run part by part of their rows. The parts are dealt to threads, each with what it reads, its share of what is
//! written, and registers of its own; each takes a part through all steps before the next.
use std::ops::Range;
use std::time::Instant;

use cinta_graph::DType;
use smallvec::{SmallVec, smallvec};

use super::Run;
use super::lanes::run_lanes;
use super::loops::Frame;
use super::product::run_product;
use super::sums::add_rows;
use crate::desk::{Block, Desk, Desks, Room};
use crate::kernels::{Add, Float, KernelSet, Onto};
use crate::memory::{Cell, Memory, slot};
use crate::place::{Home, Pace};
use crate::ready::{Banded, Divided, ReadyBands, ReadyOnto, ReadyOver};

/// What a thread needs for its parts.
#[derive(Clone, Debug, Default)]
pub(crate) struct Member {
    /// Registers, and bands of arrays.
    pub(crate) scratch: Memory,
    /// Room for lists of arrays.
    pub(crate) room: Room,
}

/// The share of a thread.
struct Share<'d> {
    desks: Desks<'d>,
    parts: Range<usize>,
    /// Seconds for each step, if they are timed.
    times: Option<SmallVec<[f64; 8]>>,
}

impl Run<'_, '_> {
    /// Runs steps; if they are timed, adds to the time of each what the threads take for it on average.
    ///
    /// Apart, for its lists are large, and small steps would have to make room for them on the stack.
    #[inline(never)]
    pub(super) fn run_bands(&mut self, it: &ReadyBands, times: Option<&mut [f64]>) {
        let Divided { parts, together: several, .. } = &it.divided;
        let count = parts.len().div_ceil(*several);
        let threads = rayon::current_num_threads().min(count);
        let mut rooms: SmallVec<[&mut Room; 8]> = SmallVec::new();
        let mut shares: SmallVec<[Share<'_>; 8]> = SmallVec::new();
        for (i, Member { scratch, room }) in self.team.iter_mut().take(threads).enumerate() {
            let mut desks = room.take();
            (desks.f64.arena, desks.f32.arena) = (&mut scratch.f64.arena, &mut scratch.f32.arena);
            (desks.i64.arena, desks.bool.arena) = (&mut scratch.i64.arena, &mut scratch.bool.arena);
            let end = |i: usize| (i * count / threads * several).min(parts.len());
            let parts = end(i)..end(i + 1);
            shares.push(Share { desks, parts, times: times.as_ref().map(|_| smallvec![0.0; it.steps.len()]) });
            rooms.push(room);
        }
        deal(&mut self.desks.f64, &it.divided, &mut shares);
        deal(&mut self.desks.f32, &it.divided, &mut shares);
        deal(&mut self.desks.i64, &it.divided, &mut shares);
        deal(&mut self.desks.bool, &it.divided, &mut shares);
        together(it, self.set, &mut shares);
        if let Some(times) = times {
            for took in shares.iter().filter_map(|share| share.times.as_ref()) {
                times.iter_mut().zip(took).for_each(|(time, took)| *time += took / threads as f64);
            }
        }
        for (share, room) in shares.into_iter().zip(rooms) {
            room.put(share.desks);
        }
        for step in &it.steps {
            match step {
                Banded::Loop(it) => self.add_parts(it),
                Banded::Over(step) => match step.part.dtype {
                    DType::F32 => self.add_products::<f32>(step),
                    _ => self.add_products::<f64>(step),
                },
                Banded::Rows(_) | Banded::Lanes(_) => {}
            }
        }
    }

    /// Adds the products of parts, and what they are added onto.
    fn add_products<T: Cell + Float + Add>(&mut self, it: &ReadyOver) {
        let [_, m, _, n] = it.part.sizes;
        self.write_at::<T>(it.partial, it.count * m * n, |partial, _| add_rows(partial, m * n));
        let desk = T::desk_mut(&mut self.desks);
        desk.write(it.output.store, it.output.from..it.output.from + m * n, |out, others| {
            let sums = &others.array(it.partial)[..m * n];
            match ReadyOnto::of(it.onto.as_ref(), others) {
                Onto::Nothing => out.copy_from_slice(sums),
                Onto::Itself(s) => out.iter_mut().zip(sums).for_each(|(out, &sum)| *out = *out + s * sum),
                Onto::Rows { d, stride, t, s } => {
                    for (i, (out, sums)) in out.chunks_exact_mut(n).zip(sums.chunks_exact(n)).enumerate() {
                        let cells = out.iter_mut().zip(sums).zip(&d[i * stride..]);
                        cells.for_each(|((out, &sum), &d)| *out = t * d + s * sum);
                    }
                }
            }
        });
    }
}

/// Runs shares, each on a thread.
fn together(it: &ReadyBands, set: KernelSet, shares: &mut [Share<'_>]) {
    match shares {
        [] => {}
        [share] => share.run(it, set),
        _ => {
            let (a, b) = shares.split_at_mut(shares.len() / 2);
            rayon::join(|| together(it, set, a), || together(it, set, b));
        }
    }
}

impl Share<'_> {
    fn run(&mut self, it: &ReadyBands, set: KernelSet) {
        let (Divided { parts, together: several, .. }, first) = (&it.divided, self.parts.start);
        for part in self.parts.clone() {
            let Range { start, end } = parts[part];
            let rows = &Block { start, written: start - parts[first].start, inside: 0, length: end - start };
            for (i, step) in it.steps.iter().enumerate() {
                let start = self.times.is_some().then(Instant::now);
                match step {
                    Banded::Loop(it) => {
                        let (from, inside) = (it.parts[first].start, it.parts[part].start);
                        Frame { desks: &mut self.desks, from, first, inside, set }.run(it, part..part + 1);
                    }
                    Banded::Rows(it) => run_product(&mut self.desks, set, &it.of_rows(rows)),
                    Banded::Over(it) => {
                        run_product(&mut self.desks, set, &it.part.over_rows(rows, part - first, *several));
                    }
                    Banded::Lanes(it) => run_lanes(&mut self.desks, set, it, rows, 1),
                }
                if let (Some(start), Some(times)) = (start, &mut self.times) {
                    times[i] += start.elapsed().as_secs_f64();
                }
            }
        }
    }
}

/// Deals the arrays of one dtype, in the order in which they stand.
fn deal<'d, T: Cell>(desk: &'d mut Desk<'_, T>, divided: &Divided, shares: &mut [Share<'d>]) {
    let it = &divided.dealt[slot(T::DTYPE)];
    for Share { desks, .. } in &mut *shares {
        let desk = T::desk_mut(desks);
        desk.reads.resize(it.reads.len(), &[]);
        desk.own.resize_with(it.written.len(), || &mut []);
    }
    let mut reads = it.reads_in_order.iter().map(|&i| (i, it.reads[i])).peekable();
    let mut written = it.written_in_order.iter().map(|&i| (i, it.written[i])).peekable();
    // The arena falls into what is written and what lies between.
    let (mut rest, mut at) = (&mut *desk.arena, 0);
    while let Some((i, (Home::Arena(start), pace))) = written.next_if(|(_, (home, _))| matches!(home, Home::Arena(_))) {
        let (gap, after) = rest.split_at_mut(start - at);
        let gap: &'d [T] = gap;
        while let Some((i, Home::Arena(place))) = reads.next_if(|(_, home)| *home < Home::Arena(start)) {
            deal_read(shares, i, &gap[place - at..]);
        }
        let (out, after) = after.split_at_mut(pace.numbers(rows(&divided.parts), divided.parts.len()));
        (rest, at) = (after, start + out.len());
        deal_written(shares, i, out, pace, &divided.parts);
    }
    let rest: &'d [T] = rest;
    while let Some((i, Home::Arena(place))) = reads.next_if(|(_, home)| matches!(home, Home::Arena(_))) {
        deal_read(shares, i, &rest[place - at..]);
    }
    for (at, array) in desk.own.iter_mut().enumerate() {
        if let Some((i, (_, pace))) = written.next_if(|(_, (home, _))| *home == Home::Own(at)) {
            deal_written(shares, i, array, pace, &divided.parts);
        } else if let Some((i, _)) = reads.next_if(|(_, home)| *home == Home::Own(at)) {
            deal_read(shares, i, array);
        }
    }
    for (i, home) in reads {
        let Home::Read(at) = home else { unreachable!("what is written is not among the arrays that are read") };
        deal_read(shares, i, desk.reads[at]);
    }
}

/// How many rows parts have.
fn rows(parts: &[Range<usize>]) -> usize {
    parts.last().map_or(0, |last| last.end) - parts.first().map_or(0, |first| first.start)
}

fn deal_read<'d, T: Cell>(shares: &mut [Share<'d>], i: usize, array: &'d [T]) {
    for share in shares {
        T::desk_mut(&mut share.desks).reads[i] = array;
    }
}

fn deal_written<'d, T: Cell>(
    shares: &mut [Share<'d>],
    i: usize,
    mut array: &'d mut [T],
    pace: Pace,
    parts: &[Range<usize>],
) {
    for Share { desks, parts: own, .. } in shares {
        let (part, after) = array.split_at_mut(pace.numbers(rows(&parts[own.clone()]), own.len()));
        T::desk_mut(desks).own[i] = part;
        array = after;
    }
}
