//! Lines of which some of the steps say all there is to say.
use super::{Line, TRUST};
use crate::gradient::Problem;
use crate::measure::{Direction, Ladder, Rung, Taken};

/// How many times more than what calls it wrong a claim must be off to be so beyond doubt.
const FAR: f64 = 8.0;
/// Up to which share of its error the measured slope of a right claim may be off: all steps show hardly more.
const WITHIN: f64 = 0.5;
/// Of the slope, this share of the share that the best step is of the largest may be open: few functions show their slope at
/// small steps alone, and where they do, it has many digits.
const OPEN: f64 = 1e-2;
/// How many roundings of the value both sides may be apart beside a bend.
const ROUNDINGS: f64 = 8.0;
/// How many times more than at the best step they may be bent.
const BENT: f64 = 2.0;
/// Steps at which what a claim is off makes from so many roundings to so many.
const SEEN: [f64; 2] = [64.0, 0.125];
/// Steps from so many times the entry to this part of it are near its change of sign.
const SIGN: f64 = 2.0;

impl Line {
    /// Of a few steps, with values that are rounded as any number is: what else they are only all steps show.
    pub(crate) fn sketch(ladder: Ladder, direction: Direction, problem: &Problem<'_>, center: f64) -> Self {
        Self::rounded(ladder, direction, problem, center, [0.0; 2])
    }

    /// The steps near the best one, so that nothing is lost of its digits. A claim that is far off needs none of them.
    pub(crate) fn near_best(&self) -> Option<Taken> {
        (!self.is_far_off()).then(|| self.ladder.near(self.finding.best.step))
    }

    /// The smallest steps that show of a claim whether it is far off: a function that is another one beside the point may yet
    /// follow it there.
    pub(crate) fn near_rounding(&self) -> Option<Taken> {
        let size = self.ladder.rungs.last().map_or(0.0, |rung| rung.size);
        let [from, to] = SEEN.map(|roundings| roundings * self.epsilon * size / self.finding.best.value.abs());
        self.is_far_off().then(|| Taken::between(from, to))
    }

    /// The steps that lead such an entry to 0, where functions change more often than elsewhere.
    pub(crate) fn near_sign(&self) -> Option<Taken> {
        self.is_far_off().then(|| Taken::between(SIGN * self.entry, self.entry / SIGN))
    }

    /// The steps that were taken, and along what.
    pub(crate) fn into_steps(self) -> (Ladder, Direction) {
        (self.ladder, self.direction)
    }

    /// Whether the claim is wrong by far, if the line is what it seems.
    fn is_far_off(&self) -> bool {
        let slack = (TRUST * self.finding.best.error).max(self.passable()).hypot(self.beside());
        self.finding.best.value.abs() > FAR * slack
    }

    /// Whether more steps would not say anything else: a slope, a bend and rounding are all that there is below the best
    /// step, down to the smallest, and the claim is that slope or far from it.
    pub(crate) fn is_beyond_doubt(&self) -> bool {
        let best = self.finding.best;
        let clear = best.value.abs() <= WITHIN * best.error.max(self.passable()) || self.is_far_off();
        let tame = !(self.finding.jump || self.finding.endless || self.is_kink());
        // Of a function that stands still nothing is seen.
        let open = OPEN * (best.step / self.direction.reach) * (self.claimed + best.value).abs();
        clear && tame && self.finding.settled && best.error <= open && self.is_smooth()
    }

    /// Whether both sides are in the domain from some step on, the best one is not for noise and kinks, and below it they are
    /// bent as any curve is.
    fn is_smooth(&self) -> bool {
        let best = self.finding.best.step;
        let outside = |rung: &&Rung| rung.plus.moved.is_nan() || rung.minus.moved.is_nan();
        let inside = self.ladder.rungs.iter().skip_while(outside);
        let bend = |rung: &Rung| (rung.plus.defect + rung.minus.defect).abs();
        let Some(of_best) = inside.clone().find(|rung| rung.step == best).map(bend) else { return false };
        let bent = |rung: &Rung| {
            let curve = BENT * of_best * (rung.step / best).powi(2);
            bend(rung) <= ROUNDINGS * self.epsilon * rung.size + curve // never where a side is outside
        };
        best >= self.direction.coarse && inside.filter(|rung| rung.step < best).all(bent)
    }
}
