//! One line through the point: what is said of the claimed slope along it.
mod doubts;
mod sketch;

use crate::gradient::Problem;
use crate::measure::{Direction, Finding, Ladder, Rung, Side, Slope, quantum, scatter};
use crate::{Verdict, arrays};

/// How many times the error of the measured slope the claimed one must be off to be wrong.
pub(crate) const TRUST: f64 = 1.75;
/// How many roundings of the largest entry of a gradient its other entries may have.
const ADDED: f64 = 16.0;
/// The share of an entry that the rounding of a gradient's own formula may take, in double precision.
const OWN: f64 = 1e-10;
/// The same in single precision.
const OWN_IN_SINGLE: f64 = 2e-6;
/// The share of many entries together.
const OWN_OF_MANY: f64 = 1e-12;
/// How many roundings of its value a function may leave in a gradient that cancels.
const CANCELLED: f64 = 4.0;
/// How many roundings are more than rounding.
const CLEARLY: f64 = 64.0;
/// A function that takes fewer values than this within reach has no trend.
const FEW_VALUES: f64 = 64.0;

/// By this share of an entry's own kink its claim may be off a convention that many follow.
const SHOWS: f64 = 0.1;

/// Why a claim that is not zero is wrong, and one that is right.
pub(crate) const CONSTANT: &str = "the function is constant around the point";

/// Why nothing can be said.
pub(crate) const NO_STEP: &str = "no step stays in the domain";
const BELOW: &str = "the claimed slope is less than the rounding of values nearby";
/// Why there is no slope.
pub(crate) const ENDLESS: &str = "the slope grows without end toward the point";

/// What a line shows, with what is needed to say it.
#[derive(Clone, Debug)]
pub(crate) struct Line {
    pub(crate) direction: Direction,
    ladder: Ladder,
    epsilon: f64,
    /// What rounding leaves open of the claimed slope.
    least: f64,
    /// The root of the sum of the squares of what each entry makes of the claimed slope.
    own: f64,
    /// How far off a claim may be for want of digits, not of truth.
    passable: f64,
    /// How far the value moves with the point by a share of 1.
    shift: f64,
    /// Steps below this share of the entry have squares that rounding takes from the square of the entry: what is computed
    /// of such squares may move along a line beside the true one, whatever the step.
    square: f64,
    /// The entry, in steps of the direction.
    entry: f64,
    /// How many entries the point has: what a gradient adds up of them is rounded as often.
    terms: f64,
    /// What a gradient that cancels to nothing leaves: terms of the size of the value, each rounded.
    cancelled: f64,
    /// The size of the value at the point.
    center: f64,
    /// The largest value around the point, as far as lines show.
    around: f64,
    /// The smallest movement, of a function that takes no values between; 0 for others.
    pub(crate) quantum: f64,
    pub(crate) finding: Finding,
    /// The claimed slope.
    pub(crate) claimed: f64,
    /// The slope that the best secant has, or that the size of the value suggests.
    natural: f64,
}

impl Line {
    pub(crate) fn new(ladder: Ladder, direction: Direction, problem: &Problem<'_>, center: f64) -> Self {
        let epsilon = problem.epsilon_along(&direction.moves);
        let seen = [quantum(&ladder, epsilon), scatter(&ladder, epsilon)];
        Self::rounded(ladder, direction, problem, center, seen)
    }

    /// Of values that are rounded to multiples of a quantum, or scattered so far.
    fn rounded(
        ladder: Ladder,
        direction: Direction,
        problem: &Problem<'_>,
        center: f64,
        [quantum, scatter]: [f64; 2],
    ) -> Self {
        let Problem { claim, space, claimed_in, .. } = problem;
        let epsilon = problem.epsilon_along(&direction.moves);
        let dtypes = claimed_in.as_ref().unwrap_or(&space.dtypes);
        // A claim computed in a coarser dtype has the rounding of whatever was added up on the way.
        let added = if claimed_in.is_some() { ADDED * arrays::largest(claim) } else { 0.0 };
        let least = |&(i, d): &(usize, f64)| arrays::epsilon(dtypes[i]) * (claim[i].abs() + added) * d.abs();
        let least = direction.moves.iter().map(least).sum();
        let own = direction.moves.iter().map(|&(i, d)| claim[i] * d).filter(|x| x.is_finite()).fold(0.0, f64::hypot);
        let share = if direction.moves.len() == 1 { OWN } else { OWN_OF_MANY };
        let dtype = direction.moves.iter().map(|(i, _)| arrays::epsilon(dtypes[*i])).fold(f64::EPSILON, f64::max);
        let passable = if dtype > f64::EPSILON { OWN_IN_SINGLE * own } else { share * own };
        let cancelled = match direction.moves[..] {
            [(i, d)] if space.x[i] != 0.0 => CANCELLED * epsilon * (center * d / space.x[i]).abs(),
            _ => 0.0,
        };
        let claimed: f64 = direction.moves.iter().map(|&(i, d)| claim[i] * d).sum();
        let shift = direction.moves.iter().map(|&(i, _)| claim[i] * space.x[i]).filter(|x| x.is_finite());
        let shift = shift.fold(0.0, f64::hypot);
        let entry = match direction.moves[..] {
            [(i, d)] | [(i, d), _] => (space.x[i] / d).abs(),
            _ => 0.0,
        };
        let mut finding = Finding::of(&ladder, epsilon, quantum.max(scatter), least, shift);
        if quantum > CLEARLY * epsilon * center.abs() {
            let blur = blur(&ladder, finding.best.step);
            finding.best.error += blur;
            finding.claim += blur;
        }
        let secants = ladder.rungs.iter().filter(|rung| rung.step == finding.best.step);
        let secants = secants.flat_map(|rung| [rung.plus, rung.minus].map(|side| side.moved.abs() / rung.step));
        Self {
            natural: secants.fold(center.abs() / direction.reach, f64::max),
            claimed,
            finding,
            least,
            passable,
            cancelled,
            shift,
            square: dtype.sqrt(),
            entry,
            center: center.abs(),
            around: 0.0,
            terms: space.x.len() as f64,
            own,
            quantum,
            epsilon,
            direction,
            ladder,
        }
    }

    /// How far off the claim may be for want of digits, of which there are none where it is what cancelling leaves of 0.
    fn passable(&self) -> f64 {
        let near = self.finding.best.step < self.square * self.entry;
        let share = if near { self.square * self.own } else { 0.0 };
        let cancelled = self.measured() == 0.0 && self.claimed.abs() <= self.cancelled;
        let residue = if cancelled || self.is_residue() { self.finding.best.value.abs() } else { 0.0 };
        self.passable.max(share).max(residue)
    }

    /// Whether there is no slope, as clearly as can be, and the claim is what the rounding of entries leaves of one, where
    /// the slope changes with them.
    pub(crate) fn is_residue(&self) -> bool {
        let denied = self.claimed.abs() > TRUST * self.finding.best.error;
        let left = self.epsilon / 2.0 * self.terms * self.change();
        denied && self.measured().abs() <= left && self.claimed.abs() <= left
    }

    /// What the slope changes by where entries move by all of themselves, at the least: steep functions bend more far out,
    /// and what bends at the smallest steps is rounding.
    fn change(&self) -> f64 {
        let distance = if self.direction.moves.len() > 2 { 1.0 } else { self.distance() };
        let near = distance * f64::EPSILON.sqrt()..=distance;
        let steps = self.ladder.rungs.iter().map(|rung| rung.step).filter(|step| near.contains(step));
        let least = steps.map(|step| bent(&self.ladder, step)).fold(f64::INFINITY, f64::min);
        if least.is_finite() { distance * least } else { 0.0 }
    }

    /// How far off the claim may be for the rounding of the point: where the slope changes within that, for as many roundings as
    /// there are entries to add up; and where the best step is small beside the entry, it takes from the movement.
    fn beside(&self) -> f64 {
        let Slope { value, step, noise, .. } = self.finding.best;
        // Beside an edge of the domain it is the distance from there that counts, and the rounding of the point is none of it.
        let is_edge = |rung: &Rung| rung.plus.moved.is_nan() != rung.minus.moved.is_nan();
        if self.ladder.rungs.iter().any(is_edge) {
            return 0.0;
        }
        let seen = ((self.claimed + value) / self.claimed).abs().min(1.0);
        let taken = self.shift * seen * noise;
        let turned =
            if self.direction.moves.len() == 1 { self.terms * self.entry * bent(&self.ladder, step) } else { 0.0 };
        self.epsilon / 2.0 * (turned + if taken.is_finite() { taken } else { 0.0 })
    }

    /// The measured slope, 0 if it might be.
    fn measured(&self) -> f64 {
        let best = self.finding.best;
        let slope = self.claimed + best.value;
        if slope.abs() <= best.error / 2.0 { 0.0 } else { slope }
    }

    /// Whether nothing is seen of an entry that is claimed to have a slope: it is too small for the noise.
    pub(crate) fn is_unseen(&self) -> bool {
        self.direction.moves.len() <= 2 && self.claimed != 0.0 && !self.is_residue() && self.finding.claim > self.size()
    }

    /// Whether both sides have their slopes, and these differ.
    pub(crate) fn is_kink(&self) -> bool {
        self.finding.is_kink()
    }

    /// Whether the claim is the slope of a side or the middle of both, so exactly that it is so of every entry: those that
    /// move are moved by random amounts, and one that follows another convention, or none, would show.
    pub(crate) fn follows_convention(&self) -> bool {
        let Finding { after, before, .. } = self.finding;
        let error = TRUST * (after.error + before.error);
        let each = (after.value - before.value).abs() / self.direction.moves.len() as f64;
        let conventions = [after.value, before.value, after.value.midpoint(before.value)];
        error <= SHOWS * each && conventions.into_iter().any(|off| off.abs() <= error)
    }

    /// The slope that there is, as claimed or as measured.
    pub(crate) fn size(&self) -> f64 {
        if self.is_residue() { 0.0 } else { self.claimed.abs().max(self.measured().abs()) }
    }

    /// What the entries make of the claimed slope, each for itself.
    pub(crate) fn own(&self) -> f64 {
        if self.is_residue() { 0.0 } else { self.own }
    }

    /// The slope that would be no surprise where there is none: that of a secant, or what the slope changes by.
    pub(crate) fn natural(&self) -> f64 {
        if self.is_residue() { self.natural.max(self.change()) } else { self.natural }
    }

    /// Whether the function stands still around the point and then jumps, which rounding does not explain.
    pub(crate) fn stands_still(&self) -> bool {
        let rungs = &self.ladder.rungs;
        let Some(last) = rungs.iter().rposition(|rung| !rung.is_still()) else { return false };
        let Some(still) = rungs.get(last + 1) else { return false };
        let rounding = CLEARLY * self.epsilon * still.size;
        let hidden = self.claimed != 0.0 && self.claimed.abs() * still.step <= rounding;
        last < 8 && rungs[last].smallest_move() > rounding && !hidden
    }

    /// What the claim makes of the largest step at which the function stands still.
    pub(crate) fn still(&self) -> f64 {
        still(&self.ladder, Rung::is_still).map_or(0.0, |rung| rung.step * self.claimed.abs())
    }

    /// Whether the function takes few values within reach, so that it has no trend but only jumps.
    pub(crate) fn has_few_values(&self) -> bool {
        let moves = self.ladder.rungs.iter().flat_map(|rung| [rung.plus.moved.abs(), rung.minus.moved.abs()]);
        moves.fold(0.0, f64::max) < FEW_VALUES * self.jump()
    }

    /// The movement at the smallest step that has one.
    pub(crate) fn jump(&self) -> f64 {
        self.ladder.rungs.iter().rev().find(|rung| !rung.is_still()).map_or(0.0, Rung::smallest_move)
    }

    /// Judges anew, now that other lines showed how large values are around the point, and that they are multiples of a
    /// quantum.
    pub(crate) fn beside_others(&mut self, around: f64, quantum: f64) {
        self.around = around;
        if self.quantum == 0.0 && (self.stands_still() || self.jump() == 0.0) {
            self.quantum = quantum;
            self.finding = Finding::of(&self.ladder, self.epsilon, quantum, self.least, self.shift);
        }
    }

    /// What is said, and why.
    pub(crate) fn verdict(&self) -> (Verdict, String) {
        let Finding { best, after, before, claim, jump, .. } = self.finding;
        // Beside a point on the edge of a step of rounding, the value jumps by that step.
        if jump && (self.quantum == 0.0 || self.has_few_values()) {
            return (Verdict::Jump, "the value jumps at the point".to_owned());
        }
        if self.finding.endless {
            return (Verdict::Unclear, ENDLESS.to_owned());
        }
        if self.finding.is_kink() {
            let [after_slope, before_slope] = [after, before].map(|side| self.claimed + side.value);
            let sides = format!("slope {before_slope:.6e} before and {after_slope:.6e} after the point");
            let (low, high) = (after.value.min(before.value), after.value.max(before.value));
            let slack = TRUST * (after.error + before.error);
            if low - slack > 0.0 || high + slack < 0.0 {
                return (Verdict::Wrong, format!("{sides}, and the claimed one is not between"));
            }
            let which = if after.value.abs() <= slack {
                "the claimed one is that after"
            } else if before.value.abs() <= slack {
                "the claimed one is that before"
            } else {
                "the claimed one is between"
            };
            return (Verdict::Kink, format!("{sides}; {which}"));
        }
        if self.is_rounded_nearby() {
            let why = "the function moves otherwise only within some roundings of the point";
            return (Verdict::Unclear, why.to_owned());
        }
        if best.value.abs() > (TRUST * best.error).max(self.passable()).hypot(self.beside())
            && claim > TRUST * best.error
        {
            if self.agrees_nearby() {
                return (Verdict::Unclear, "the function varies faster than all but the smallest steps".to_owned());
            }
            if self.is_rough() {
                return (
                    Verdict::Unclear,
                    "the function moves as much at the smallest steps as at the largest".to_owned(),
                );
            }
            if (self.claimed + best.value).abs() <= TRUST * best.error && self.is_below_values() {
                return (Verdict::Unclear, BELOW.to_owned());
            }
            if self.claimed == 0.0 && self.is_staircase() {
                let trend = best.value;
                let why = format!("constant around the point, a staircase of slope {trend:.3e} from afar");
                return (Verdict::Unclear, why);
            }
            return (Verdict::Wrong, String::new());
        }
        if claim.is_infinite() {
            return (Verdict::Unclear, NO_STEP.to_owned());
        }
        (Verdict::Right, String::new())
    }

    /// Whether the claim is what jumps from afar make a trend of, and not that there is none.
    pub(crate) fn follows_trend(&self) -> bool {
        let off = self.finding.best.value;
        off.abs() < (self.claimed + off).abs() / 2.0
    }

    /// Whether such a trend may be.
    pub(crate) fn allows_trend(&self) -> bool {
        let best = self.finding.best;
        self.follows_trend() || self.claimed != 0.0 && best.value.abs() <= TRUST * best.error
    }

    /// Takes the function as constant around the point.
    pub(crate) fn constant_verdict(&mut self) -> (Verdict, String) {
        let largest = still(&self.ladder, Rung::is_still);
        self.finding.claim = largest.map_or(0.0, |rung| self.epsilon * rung.size / rung.step);
        match self.claimed {
            0.0 => (Verdict::Right, CONSTANT.to_owned()),
            _ if self.is_below_values() => (Verdict::Unclear, BELOW.to_owned()),
            _ => (Verdict::Wrong, CONSTANT.to_owned()),
        }
    }
}

/// What the slope changes by between points that the function cannot tell apart: of a rounded point, half a step of the
/// rounding lies on the side where it stands still for longer.
fn blur(ladder: &Ladder, step: f64) -> f64 {
    let width = |side: fn(&Rung) -> Side| still(ladder, |r| side(r).moved == 0.0).map_or(0.0, |rung| 2.0 * rung.step);
    width(Rung::plus).max(width(Rung::minus)) * bent(ladder, step)
}

/// The second derivative, by the quotient of a step; 0 where that is none.
fn bent(ladder: &Ladder, step: f64) -> f64 {
    let rungs = ladder.rungs.iter().filter(|rung| rung.step == step);
    let bent = rungs.map(|rung| (rung.plus.moved + rung.minus.moved).abs() / (step * step));
    bent.filter(|x| x.is_finite()).fold(0.0, f64::max)
}

/// The largest step from which on nothing moves.
fn still(ladder: &Ladder, is_still: impl Fn(&Rung) -> bool) -> Option<&Rung> {
    ladder.rungs.iter().rev().take_while(|rung| is_still(rung)).last()
}
