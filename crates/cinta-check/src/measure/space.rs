//! A point as numbers, and what is known of the space around it.
use std::ops::Range;

use cinta_graph::DType;

use super::Direction;
use crate::arrays::{self, epsilon, magnitudes};
use crate::random;

/// The largest step, as a share of the entry or of 1, whichever is more.
const REACH: f64 = 2.0;
/// An entry that is 0 says nothing of its scale; steps end here, relative to 1.
const TINY: f64 = 1e-20;
/// An entry smaller than this has a scale so far from 1 that the steps between are for neither.
const MINUTE: f64 = 1e-18;
/// So far above its size steps are as close as elsewhere.
const WIDE: f64 = 1e3;
/// The largest number is so many times an entry with room for steps.
const ROOM: f64 = 16.0;

/// Below this share of an entry steps are for noise and kinks, and shrink twice as fast.
const COARSE: f64 = 1e-6;
/// With more entries than this, steps shrink faster.
const MANY: usize = 4096;
/// What the claims of a gradient make of their entries, by orders of magnitude relative to the largest.
const ORDERS: [f64; 2] = [1e-2, 1e-5];

/// A point and its surroundings.
#[derive(Clone, Debug)]
pub(crate) struct Space {
    pub(crate) x: Vec<f64>,
    /// The dtype that holds each entry.
    pub(crate) dtypes: Vec<DType>,
    /// The least and the greatest each entry may be; no entry if there are no bounds.
    pub(crate) bounds: Vec<(f64, f64)>,
    /// Ranges whose sums stay what they are.
    pub(crate) simplices: Vec<Range<usize>>,
    /// Matrices that stay symmetric and positive definite.
    pub(crate) definite: Vec<Square>,
}

/// A square matrix among the numbers, in row-major order.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Square {
    pub(crate) start: usize,
    pub(crate) size: usize,
    /// Whether its diagonal stays as it is.
    pub(crate) correlation: bool,
}

impl Square {
    /// Where the mirror image of an entry stands; `None` outside.
    pub(crate) fn mirror(self, i: usize) -> Option<usize> {
        let k = i.checked_sub(self.start).filter(|k| *k < self.size * self.size)?;
        Some(self.start + k % self.size * self.size + k / self.size)
    }

    /// Whether an entry stays as it is.
    fn is_fixed(self, i: usize) -> bool {
        self.correlation && self.mirror(i) == Some(i)
    }

    /// Whether the matrix has a Cholesky factor.
    pub(crate) fn is_definite(self, x: &[f64]) -> bool {
        let n = self.size;
        let mut a = x[self.start..self.start + n * n].to_vec();
        (0..n).all(|j| {
            let pivot = a[j * n + j];
            for i in j + 1..n {
                let factor = a[i * n + j] / pivot;
                (j + 1..=i).for_each(|k| a[i * n + k] -= factor * a[k * n + j]);
            }
            pivot > 0.0
        })
    }
}

impl Space {
    /// A number as entry i holds it.
    pub(crate) fn round(&self, i: usize, x: f64) -> f64 {
        #[expect(clippy::cast_possible_truncation, reason = "rounding is what is wanted")]
        if self.dtypes[i] == DType::F32 { f64::from(x as f32) } else { x }
    }

    /// Whether a point is in the domain.
    pub(crate) fn contains(&self, point: &[f64]) -> bool {
        let inside = |(x, (low, high)): (&f64, &(f64, f64))| low <= x && x <= high;
        point.iter().zip(&self.bounds).all(inside) && self.definite.iter().all(|matrix| matrix.is_definite(point))
    }

    /// The step that rounding makes of a step, where a single entry moves.
    pub(crate) fn snap(&self, direction: &Direction, step: f64) -> f64 {
        match direction.moves[..] {
            [(i, d)] => ((self.round(i, self.x[i] + step * d) - self.x[i]) / d).abs(),
            _ => step,
        }
    }

    /// The direction of one entry. In a simplex, another one gives what this one takes.
    pub(crate) fn along(&self, i: usize) -> Direction {
        let size = self.x[i].abs();
        let reach = REACH * size.max(1.0);
        let last = if size == 0.0 { TINY } else { (size * epsilon(self.dtypes[i])).max(f64::MIN_POSITIVE) };
        let mut moves = vec![(i, 1.0)];
        if let Some(range) = self.simplices.iter().find(|range| range.contains(&i)) {
            let giver = range.clone().filter(|j| *j != i).max_by(|a, b| self.x[*a].total_cmp(&self.x[*b]));
            moves.extend(giver.map(|j| (j, -1.0)));
        }
        moves.extend(self.mirror(i).filter(|j| *j != i).map(|j| (j, 1.0)));
        if self.is_fixed(i) {
            // The least that a measurement needs, of nothing.
            return Direction { moves: Vec::new(), last: reach / 4.0, ..self.many(Vec::new()) };
        }
        let coarse = COARSE * if size == 0.0 { reach } else { size };
        let wide = if 0.0 < size && size < MINUTE {
            (WIDE * size).max(f64::MIN_POSITIVE / f64::EPSILON)
        } else {
            f64::INFINITY
        };
        Direction { moves, reach, last, ratio: 2.0, coarse, wide }
    }

    /// The entry that is so large, or not a number, that there is nothing beside it.
    pub(crate) fn unusable(&self) -> Option<usize> {
        let most = |i: usize| if self.dtypes[i] == DType::F32 { f64::from(f32::MAX) } else { f64::MAX };
        (0..self.x.len()).find(|i| !(self.x[*i].is_finite() && self.x[*i].abs() <= most(*i) / ROOM))
    }

    /// How far each entry moves with others: by its own magnitude, or as far as its bounds are. An entry that is 0 says
    /// nothing of its own, and moves by 1 or the largest of the others, whichever is less.
    fn scales(&self) -> Vec<f64> {
        let room = |(i, size): (usize, f64)| {
            let room = |(low, high): &(f64, f64)| (self.x[i] - low).min(high - self.x[i]);
            self.bounds.get(i).map(room).filter(|room| *room > 0.0).map_or(size, |room| size.min(room))
        };
        magnitudes(&self.x).into_iter().enumerate().map(room).collect()
    }

    /// A direction in many entries, each by a random share of its own scale.
    pub(crate) fn random(&self, entries: &[usize], seed: u64) -> Direction {
        let scales = self.scales();
        self.many(entries.iter().map(|&i| (i, random::number(seed, i) * scales[i])).collect())
    }

    /// Directions that together take in every entry: along the claim, which shows its length best, and random ones
    /// for entries of which claims make as much, so that no small one hides beside a large one. Entries that are 0 have one
    /// of their own: kinks are there.
    pub(crate) fn covering(&self, claim: &[f64], seed: u64) -> Vec<Direction> {
        let scales = self.scales();
        let makes: Vec<f64> = claim.iter().zip(&scales).map(|(g, scale)| g * scale).collect();
        let largest = arrays::largest(&makes);
        let nothing = |i: &usize| self.x[*i] == 0.0;
        let (zeros, others): (Vec<usize>, Vec<usize>) = (0..claim.len()).partition(nothing);
        let entries = if others.is_empty() { zeros.clone() } else { others.clone() };
        let mut orders = vec![Vec::new(); ORDERS.len() + 1];
        for &i in &entries {
            let order = ORDERS.iter().filter(|order| makes[i].abs() < **order * largest).count();
            orders[order].push(i);
        }
        orders.push(if others.is_empty() { Vec::new() } else { zeros });
        let orders = (0..).zip(orders).filter(|(_, entries)| !entries.is_empty());
        let direction = |(k, entries): (u64, Vec<usize>)| {
            let seed = seed.wrapping_add(k);
            self.many(entries.iter().map(|&i| (i, random::number(seed, i) * scales[i])).collect())
        };
        let mut directions: Vec<Direction> = orders.map(direction).collect();
        if entries.iter().any(|i| makes[*i] != 0.0) {
            let moves = entries.iter().map(|&i| (i, makes[i] / largest * scales[i]));
            directions.push(self.many(moves.collect()));
        }
        directions
    }

    fn mirror(&self, i: usize) -> Option<usize> {
        self.definite.iter().find_map(|matrix| matrix.mirror(i))
    }

    fn is_fixed(&self, i: usize) -> bool {
        self.definite.iter().any(|matrix| matrix.is_fixed(i))
    }

    /// A direction in many entries, closed.
    pub(crate) fn many(&self, moves: Vec<(usize, f64)>) -> Direction {
        let moves = self.closed(moves);
        let ratio = if moves.len() <= MANY { 2.0 } else { 4.0 };
        Direction { moves, reach: REACH, last: f64::EPSILON / 2.0, ratio, coarse: COARSE, wide: f64::INFINITY }
    }

    /// The moves that may be chosen freely: without those of mirror images and of what stays.
    pub(crate) fn free(&self, mut moves: Vec<(usize, f64)>) -> Vec<(usize, f64)> {
        moves.retain(|(i, _)| self.mirror(*i).is_none_or(|j| j <= *i) && !self.is_fixed(*i));
        moves
    }

    /// With the moves that these entail: mirror images move alike, and the largest entry of a simplex keeps its sum.
    pub(crate) fn closed(&self, mut moves: Vec<(usize, f64)>) -> Vec<(usize, f64)> {
        if !self.definite.is_empty() {
            moves = self.free(moves);
            let mirrored = |(i, d): &(usize, f64)| self.mirror(*i).filter(|j| j != i).map(|j| (j, *d));
            moves.extend(moves.iter().filter_map(mirrored).collect::<Vec<_>>());
        }
        for range in &self.simplices {
            let sum: f64 = moves.iter().filter(|(i, _)| range.contains(i)).map(|(_, d)| *d).sum();
            let Some(giver) = range.clone().max_by(|a, b| self.x[*a].total_cmp(&self.x[*b])) else { continue };
            match moves.iter_mut().find(|(i, _)| *i == giver) {
                Some((_, d)) => *d -= sum,
                None if sum != 0.0 => moves.push((giver, -sum)),
                None => {}
            }
        }
        moves
    }
}
