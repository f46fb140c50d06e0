//! Large loops: their parts are dealt to threads, each with what it reads, its share of what the loop writes, and registers
//! of its own.
use std::ops::Range;

use smallvec::SmallVec;

use super::Run;
use super::loops::Frame;
use crate::desk::{Desk, Desks, Room};
use crate::memory::{Cell, Memory, slot};
use crate::place::Home;
use crate::ready::{Divided, ReadyLoop};

/// What a thread needs for loops.
#[derive(Clone, Debug, Default)]
pub(crate) struct Member {
    /// Registers.
    pub(crate) scratch: Memory,
    /// Room for lists of arrays.
    pub(crate) room: Room,
}

/// The share of a thread.
struct Share<'d> {
    desks: Desks<'d>,
    parts: Range<usize>,
}

/// A few of something, without memory of their own.
type Few<T> = SmallVec<[T; 32]>;

impl Run<'_, '_> {
    pub(super) fn run_divided(&mut self, it: &ReadyLoop, divided: &Divided) {
        let count = it.parts.len();
        let threads = rayon::current_num_threads().min(count);
        let mut rooms: SmallVec<[&mut Room; 8]> = SmallVec::new();
        let mut shares: SmallVec<[Share<'_>; 8]> = SmallVec::new();
        for (i, Member { scratch, room }) in self.team.iter_mut().take(threads).enumerate() {
            let mut desks = room.take();
            (desks.f64.arena, desks.f32.arena) = (&mut scratch.f64.arena, &mut scratch.f32.arena);
            (desks.i64.arena, desks.bool.arena) = (&mut scratch.i64.arena, &mut scratch.bool.arena);
            shares.push(Share { desks, parts: i * count / threads..(i + 1) * count / threads });
            rooms.push(room);
        }
        deal(&mut self.desks.f64, divided, it, &mut shares);
        deal(&mut self.desks.f32, divided, it, &mut shares);
        deal(&mut self.desks.i64, divided, it, &mut shares);
        deal(&mut self.desks.bool, divided, it, &mut shares);
        together(it, &mut shares);
        for (share, room) in shares.into_iter().zip(rooms) {
            room.put(share.desks);
        }
    }
}

/// Runs shares, each on a thread.
fn together(it: &ReadyLoop, shares: &mut [Share<'_>]) {
    match shares {
        [] => {}
        [Share { desks, parts }] => Frame::new(desks, it, parts.clone()).run(it),
        _ => {
            let (a, b) = shares.split_at_mut(shares.len() / 2);
            rayon::join(|| together(it, a), || together(it, b));
        }
    }
}

/// Deals the arrays of one dtype.
fn deal<'d, T: Cell>(desk: &'d mut Desk<'_, T>, divided: &Divided, it: &ReadyLoop, shares: &mut [Share<'d>]) {
    let (reads, written) = (&divided.reads[slot(T::DTYPE)], &divided.written[slot(T::DTYPE)]);
    let elements = it.parts.last().map_or(0, |part| part.end);
    // The arena falls into what the loop writes and what lies between.
    let inside = written.iter().enumerate().filter_map(|(i, (home, pace))| match home {
        Home::Arena(at) => Some((*at, pace.numbers(elements, it.parts.len()), i)),
        Home::Own(_) | Home::Read(_) => None,
    });
    let mut inside: Few<(usize, usize, usize)> = inside.collect();
    inside.sort_unstable();
    let mut outs: Few<&'d mut [T]> = written.iter().map(|_| &mut [][..]).collect();
    let mut gaps: Few<(usize, &'d [T])> = SmallVec::new();
    let (mut rest, mut at) = (&mut *desk.arena, 0);
    for (start, size, i) in inside {
        let (gap, after) = rest.split_at_mut(start - at);
        gaps.push((at, gap));
        (outs[i], rest) = after.split_at_mut(size);
        at = start + size;
    }
    gaps.push((at, rest));
    let mut others: Few<&'d [T]> = SmallVec::new();
    for (i, array) in desk.own.iter_mut().enumerate() {
        match written.iter().position(|(home, _)| *home == Home::Own(i)) {
            Some(out) => {
                outs[out] = array;
                others.push(&[]);
            }
            None => others.push(array),
        }
    }
    for &home in reads {
        let array = match home {
            Home::Arena(at) => {
                let (start, gap) = gaps[gaps.partition_point(|(start, _)| *start <= at) - 1];
                &gap[at - start..]
            }
            Home::Own(i) => others[i],
            Home::Read(i) => desk.reads[i],
        };
        for share in &mut *shares {
            T::desk_mut(&mut share.desks).reads.push(array);
        }
    }
    for (mut rest, (_, pace)) in outs.into_iter().zip(written) {
        for Share { desks, parts } in &mut *shares {
            let elements = it.parts[parts.end - 1].end - it.parts[parts.start].start;
            let (own, after) = rest.split_at_mut(pace.numbers(elements, parts.len()));
            T::desk_mut(desks).own.push(own);
            rest = after;
        }
    }
}
