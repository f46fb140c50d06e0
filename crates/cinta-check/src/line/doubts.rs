//! Why a claim that looks wrong may not be: what a line shows of the function is not all that there is of it.
use super::{CANCELLED, CLEARLY, Line, still};
use crate::measure::{FLAT, Rung, WHOLE};

/// Steps up to so many times an entry are near it: one that ends at the other side of 0.
const NEAR: f64 = 2.0;
/// A function that moves by more than this share of its largest movement at the smallest steps varies faster than the
/// numbers can show.
const ROUGH: f64 = 0.02;
/// So many steps in a row below the best one are asked for the slope nearby, and by so much they favour the claim.
const NEARBY: usize = 4;
const AGREES: f64 = 4.0;
/// Steps below this share of an entry are some roundings of it, and so many larger ones that agree contradict them. So are
/// steps below so many roundings of 1, to which functions add entries, as in 1 − q, if they are a small share of the entry.
const ROUNDINGS: f64 = 1e-10;
const OF_ONE: f64 = 8.0;
const SMALL: f64 = 1e-4;
const AFAR: usize = 8;
/// Of the difference that the claim makes to the value, so many roundings are seen.
const SEEN: f64 = 4.0;

impl Line {
    /// Whether the smallest steps that show anything agree with the claim, and not with what larger ones make of the
    /// function, which then varies faster than these; or some steps in a row do on either side, where smaller ones show
    /// the function's own rounding.
    pub(super) fn agrees_nearby(&self) -> bool {
        let best = self.finding.best;
        let near = self.ladder.rungs.iter().filter(|rung| {
            let rounding = self.epsilon * rung.size.max(self.shift);
            rung.step < best.step && !rung.is_still() && best.value.abs() * rung.step > SEEN * rounding
        });
        let agrees = near.map(|rung| {
            let agrees = |off: f64| AGREES * off.abs() < (off - best.value * rung.step).abs();
            let sides = [rung.plus.defect, -rung.minus.defect];
            [agrees(sides[0].midpoint(sides[1])), sides.into_iter().all(agrees)]
        });
        let agrees: Vec<[bool; 2]> = agrees.collect();
        let mut rows = agrees.windows(NEARBY);
        let smallest = rows.clone().next_back().is_some_and(|row| row.iter().all(|[between, _]| *between));
        self.quantum == 0.0 && (smallest || rows.any(|row| row.iter().all(|[_, both]| *both)))
    }

    /// Whether only steps that are nearly the rounding of the entry show the slope found, larger ones a line through the point
    /// with another, and the claim is one of the two: what adds up many numbers rounds each of them, and does not move at such
    /// steps as it does otherwise.
    pub(super) fn is_rounded_nearby(&self) -> bool {
        let best = self.finding.best;
        let least = (ROUNDINGS * self.entry).max((OF_ONE * self.epsilon).min(SMALL * self.entry));
        let slopes = |rung: &Rung| [rung.plus.defect / rung.step, -rung.minus.defect / rung.step];
        let afar: Vec<[f64; 2]> = self.ladder.rungs.iter().filter(|r| r.step > least).map(slopes).collect();
        let Some(&[after, before]) = afar.last().filter(|_| best.step < least) else { return false };
        let line = after.midpoint(before);
        let follows = |other: f64| {
            let near = |slope: &f64| AGREES * (slope - other).abs() < (other - best.value).abs();
            afar.iter().filter(|sides| sides.iter().all(near)).count() >= AFAR
        };
        let of_best = AGREES * best.value.abs() < (line - best.value).abs();
        follows(0.0) || of_best && follows(line)
    }

    /// How far the entry is from 0; of one that is 0, as far as steps reach.
    pub(super) fn distance(&self) -> f64 {
        if self.entry == 0.0 { self.direction.reach } else { self.entry }
    }

    /// The largest value within the distance of the entry.
    pub(crate) fn values(&self) -> f64 {
        let near = self.ladder.rungs.iter().filter(|rung| rung.step <= NEAR * self.distance());
        near.map(|rung| rung.size).fold(0.0, f64::max)
    }

    /// Whether all that the claim makes of the entry, or of the largest step at which the function stands still, is less than
    /// the rounding of values nearby: where the value is what cancelling leaves of these, it shows nothing of such slopes.
    pub(super) fn is_below_values(&self) -> bool {
        let seen = CANCELLED * self.epsilon * self.around;
        let still = still(&self.ladder, Rung::is_still).map_or(f64::INFINITY, |rung| rung.step);
        self.around > CLEARLY * self.center && self.claimed.abs() * self.distance().min(still) <= seen
    }

    /// Whether the function moves at the smallest steps that there are as it does at the largest: the point cannot be
    /// told from its neighbours well enough for a slope.
    pub(super) fn is_rough(&self) -> bool {
        let moves = |rung: &Rung| [rung.plus.moved.abs(), rung.minus.moved.abs()];
        let most = |rungs: &[Rung]| rungs.iter().flat_map(moves).filter(|x| x.is_finite()).fold(0.0, f64::max);
        let rungs = &self.ladder.rungs;
        if rungs.len() < 3 * FLAT {
            return false; // too few steps to know small ones from large ones
        }
        let smallest = &rungs[rungs.len().saturating_sub(FLAT)..];
        let rounding = smallest.iter().map(|rung| CLEARLY * self.epsilon * rung.size).fold(0.0, f64::max);
        most(smallest) > rounding && most(smallest) >= ROUGH * most(rungs)
    }

    /// Whether the function is constant around the point, and from afar a staircase of equal steps: what rounds a line,
    /// and what counts, look the same.
    pub(super) fn is_staircase(&self) -> bool {
        let rungs = &self.ladder.rungs;
        let Some(last) = rungs.iter().rposition(|rung| !rung.is_still()) else { return false };
        let tread = self.jump();
        // A line that takes many values, each rounded as any number is, is no count.
        let rounded = tread <= self.epsilon * rungs[last].size && !self.has_few_values();
        if rungs.len() < last + FLAT || rounded {
            return false;
        }
        let both = |rung: &Rung| [(rung.plus.moved, rung.step), (rung.minus.moved, -rung.step)];
        let moves: Vec<(f64, f64)> = rungs.iter().flat_map(both).filter(|(moved, _)| moved.is_finite()).collect();
        let trend = moves.first().map_or(0.0, |(moved, step)| moved / step);
        moves.iter().all(|(moved, step)| {
            let steps = moved / tread;
            (steps - steps.round()).abs() <= WHOLE && (moved - trend * step).abs() <= 2.0 * tread
        })
    }
}
