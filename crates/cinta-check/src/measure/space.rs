//! A point as numbers, and what is known of the space around it.
use cinta_graph::DType;

use super::Direction;
use crate::arrays::epsilon;
use crate::random;

/// The largest step, as a share of the entry or of 1, whichever is more.
const REACH: f64 = 2.0;
/// An entry that is 0 says nothing of its scale; steps end here, relative to 1.
const TINY: f64 = 1e-20;
/// Entries of a direction in many entries move by no less than this share of the largest.
const SMALLEST_MOVE: f64 = 1e-3;

/// Below this share of an entry steps are for noise and kinks, and shrink twice as fast.
const COARSE: f64 = 1e-6;
/// With more entries than this, steps shrink faster.
const MANY: usize = 4096;
/// The claims of a gradient by orders of magnitude, relative to the largest.
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
    pub(crate) simplices: Vec<std::ops::Range<usize>>,
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
        point.iter().zip(&self.bounds).all(inside)
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
        let last = if size == 0.0 { TINY } else { size * epsilon(self.dtypes[i]) };
        let mut moves = vec![(i, 1.0)];
        if let Some(range) = self.simplices.iter().find(|range| range.contains(&i)) {
            let giver = range.clone().filter(|j| *j != i).max_by(|a, b| self.x[*a].total_cmp(&self.x[*b]));
            moves.extend(giver.map(|j| (j, -1.0)));
        }
        Direction { moves, reach, last, ratio: 2.0, coarse: COARSE * if size == 0.0 { reach } else { size } }
    }

    /// A direction in many entries, each by a random share of its own scale.
    pub(crate) fn random(&self, entries: &[usize], seed: u64) -> Direction {
        let largest = self.x.iter().map(|x| x.abs()).filter(|x| x.is_finite()).fold(0.0, f64::max);
        let least = if largest == 0.0 { 1.0 } else { SMALLEST_MOVE * largest };
        let scale = |i: usize| {
            let size = self.x[i].abs().max(least);
            let room = |(low, high): &(f64, f64)| (self.x[i] - low).min(high - self.x[i]);
            self.bounds.get(i).map(room).filter(|room| *room > 0.0).map_or(size, |room| size.min(room))
        };
        let moves = entries.iter().map(|&i| (i, random::number(seed, i) * scale(i))).collect();
        self.many(moves)
    }

    /// Directions that together take in every entry: along the claim, which shows its length best, and random ones
    /// for entries with claims of one order of magnitude, so that no small claim hides beside a large one.
    pub(crate) fn covering(&self, claim: &[f64], seed: u64) -> Vec<Direction> {
        let largest = claim.iter().map(|g| g.abs()).filter(|g| g.is_finite()).fold(0.0, f64::max);
        let mut orders = vec![Vec::new(); ORDERS.len() + 1];
        for (i, g) in claim.iter().enumerate() {
            let order = ORDERS.iter().filter(|order| g.abs() < **order * largest).count();
            orders[order].push(i);
        }
        let orders = orders.into_iter().filter(|entries| !entries.is_empty());
        let mut directions: Vec<Direction> = (seed..).zip(orders).map(|(seed, i)| self.random(&i, seed)).collect();
        if largest > 0.0 {
            let moves = claim.iter().enumerate().map(|(i, g)| (i, g / largest));
            directions.push(self.many(moves.collect()));
        }
        directions
    }

    /// A direction in many entries. The sums of simplices are kept.
    pub(crate) fn many(&self, mut moves: Vec<(usize, f64)>) -> Direction {
        for range in &self.simplices {
            let inside = |(i, _): &&mut (usize, f64)| range.contains(i);
            let count = moves.iter_mut().filter(inside).count();
            let sum: f64 = moves.iter_mut().filter(inside).map(|(_, d)| *d).sum();
            moves.iter_mut().filter(inside).for_each(|(_, d)| *d -= sum / count as f64);
        }
        let ratio = if moves.len() <= MANY { 2.0 } else { 4.0 };
        Direction { moves, reach: REACH, last: f64::EPSILON / 2.0, ratio, coarse: COARSE }
    }
}
