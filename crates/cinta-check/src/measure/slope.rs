//! Which slopes the quotients support, and whether 0 is one of them.
use super::ladder::{Ladder, Rung, Side};
use super::table::{Column, Method, Quotient, columns};

/// A slope beside the claimed one, and how far off it may be.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Slope {
    pub(crate) value: f64,
    pub(crate) error: f64,
    pub(crate) step: f64,
    /// What an error of 1 in every value would make of it.
    pub(crate) noise: f64,
}

impl Slope {
    const NONE: Self = Self { value: f64::NAN, error: f64::INFINITY, step: f64::NAN, noise: f64::NAN };

    fn better(self, other: Self) -> Self {
        if other.error < self.error { other } else { self }
    }
}

/// What a line shows.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Finding {
    /// The best supported slope of ψ: how far the claim is off.
    pub(crate) best: Slope,
    /// The best of the points after and before.
    pub(crate) after: Slope,
    pub(crate) before: Slope,
    /// How far off the claim may be if it is right: the resolution at which it stands.
    pub(crate) claim: f64,
    /// Whether all smaller steps show the best slope, as far as rounding lets them.
    pub(crate) settled: bool,
    /// The function has another value right beside the point.
    pub(crate) jump: bool,
    /// The slope of a side grows without end toward the point.
    pub(crate) endless: bool,
}

/// How far off rounding leaves a value, as a share of the dtype's epsilon times the value.
const ROUNDING: f64 = 0.5;
/// The smallest number there is.
const SMALLEST: f64 = 5e-324;
/// What is first computed of the point is rounded too. At steps so small that it moves along a line, all quotients agree on a
/// wrong slope, which is off by about this share of the rounding of the point itself: larger steps know better.
const OF_THE_POINT: f64 = 0.0625;
/// How many times its own uncertainty a small step must be off to overrule a larger one.
const CLEARLY: f64 = 8.0;
/// How many times its noise a quotient is off where the function breaks off. Exponentials come to a hundred in one step.
const BREAK: f64 = 1e5;
/// A movement that is rounding beside the largest one, whatever else it may be.
const NEGLIGIBLE: f64 = 1e-9;
/// So many steps without movement show that a function is constant.
pub(crate) const FLAT: usize = 4;
/// So many smaller steps say something of a slope.
const SETTLED: usize = 3;
/// So many movements say something of what values there are.
const FEW: usize = 4;
/// How far off a whole number a number of equal steps may be.
pub(crate) const WHOLE: f64 = 1e-3;
/// How many times their uncertainties the slopes of both sides must be apart to be two.
const TWO_SIDES: f64 = 8.0;

/// Over so many steps the slopes of both sides come together by less than this factor at a corner.
const CORNER_STEPS: usize = 4;
const CORNER: f64 = 1.5;

/// So many steps in a row show a slope that grows without end.
const ENDLESS: usize = 12;
/// By this share of the last growth it grows at least.
const ENDLESS_GROWTH: f64 = 0.98;
/// By this factor it grows at least, over all of them.
const ENDLESS_WHOLE: f64 = 1.25;
/// By this share of what a jump, or an error of the value at the point, would make of it, it grows at most.
const ENDLESS_JUMP: f64 = 0.95;
/// So many roundings of the value are seen in its movement.
const ENDLESS_NOISE: f64 = 1e3;

/// The column of the quotients that are free of curvature.
const BENT: usize = 1;
/// The positions of the one-sided methods in `Method::ALL`.
const AFTER: usize = 1;
const BEFORE: usize = 2;

impl Finding {
    /// Of a function whose values are off by half a quantum. `least` is what rounding leaves open of the claim, `shift`
    /// how far the value moves with the point by a share of 1.
    pub(crate) fn of(ladder: &Ladder, epsilon: f64, quantum: f64, least: f64, shift: f64) -> Self {
        let entries = ladder.entries as f64;
        let noise = |q: &Quotient| {
            q.noise * (ROUNDING * epsilon * q.size).max(quantum / 2.0).max(if q.size > 0.0 { SMALLEST } else { 0.0 })
        };
        let unseen = OF_THE_POINT * epsilon * shift;
        let judged = Method::ALL.map(|method| {
            let columns = columns(ladder, method).into_iter();
            columns
                .map(|column| Judged::new(column, |q| noise(q) + least, unseen, quantum > 0.0, entries))
                .collect::<Vec<_>>()
        });
        let (mut best, mut claim, mut sides) = (Slope::NONE, f64::INFINITY, [Slope::NONE; 3]);
        let (mut doubt, mut of_one, mut settled) = (f64::INFINITY, f64::INFINITY, false);
        for (i, side) in sides.iter_mut().enumerate() {
            for (j, column) in judged[i].iter().enumerate() {
                for k in 1..column.quotients.len().saturating_sub(1) {
                    let Quotient { value, step, noise, .. } = column.quotients[k];
                    // What the other side leaves open of a slope, or both sides of the one between. Where it breaks off, this
                    // side alone says how right a claim may be, but that it is wrong both show before that, by quotients
                    // that take nothing from beyond: of what is as narrow, like the slope of a saturated unit, values show
                    // no more.
                    let beside = |slope: f64, alone: bool| {
                        let of_other = |other: usize| match judged[other][BENT].breaks_off(slope) {
                            Some(_) if alone => 0.0,
                            Some(last) => judged[other][0].disagreement(slope, last.min(step)),
                            None => judged[other][j].disagreement(slope, step),
                        };
                        match i {
                            AFTER => of_other(BEFORE),
                            BEFORE => of_other(AFTER),
                            _ => column.corners[k],
                        }
                    };
                    let (error, of_claim) = (column.support(k, value), column.support(k, 0.0));
                    of_one = of_one.min(of_claim);
                    if of_claim < claim {
                        claim = claim.min(of_claim.max(beside(0.0, true)));
                    }
                    if error + unseen * noise < doubt {
                        let error = error.max(beside(value, false));
                        if error + unseen * noise < doubt {
                            (best, doubt) = (Slope { value, error, step, noise }, error + unseen * noise);
                            settled = column.settles(k, value);
                        }
                    }
                    if error < side.error {
                        *side = side.better(Slope { value, error: error.max(column.contradiction(k)), step, noise });
                    }
                }
            }
        }
        let [_, after, before] = sides;
        let (jump, endless) = (jump(ladder, epsilon), endless(ladder, epsilon));
        let mut found = Self { best, after, before, claim, settled, jump, endless };
        // At a kink a claim is that of one side.
        if found.is_kink() {
            found.claim = of_one;
        }
        found
    }

    /// Whether the slopes of both sides differ.
    pub(crate) fn is_kink(&self) -> bool {
        (self.after.value - self.before.value).abs() > TWO_SIDES * (self.after.error + self.before.error)
    }
}

/// The quotients of a column, with what each leaves open.
struct Judged {
    quotients: Column,
    /// What rounding leaves open.
    noise: Vec<f64>,
    /// What it may leave open at worst: where n entries move, each of them is rounded, and a plain loop that adds them up
    /// takes all to the same side. What is less is no evidence against larger steps, however small steps agree on it.
    most: Vec<f64>,
    /// Whether that is more than rounding, and seen.
    known: bool,
    /// How far its neighbours are from each, two on either side, and its noise at worst, seen or not.
    around: Vec<f64>,
    /// What the slopes of both sides leave open of the one between, where they stay apart as steps shrink: from afar the
    /// function has a corner, and only steps that are smaller than it show what is round about it. A curve brings the
    /// slopes together, and an error of the value at the point drives them apart.
    corners: Vec<f64>,
}

impl Judged {
    fn new(quotients: Column, noise: impl Fn(&Quotient) -> f64, unseen: f64, known: bool, entries: f64) -> Self {
        let noise: Vec<f64> = quotients.iter().map(noise).collect();
        let most: Vec<f64> = noise.iter().map(|noise| entries * noise).collect();
        let around = (0..quotients.len()).map(|l| {
            if l < 2 || l + 2 >= quotients.len() {
                return f64::INFINITY;
            }
            let apart = |q: &Quotient| (q.value - quotients[l].value).abs();
            quotients[l - 2..=l + 2].iter().map(apart).fold(0.0, f64::max) + most[l] + unseen * quotients[l].noise
        });
        let corner = |near: &[Quotient], noise: f64| {
            let (low, high) = near.iter().fold((f64::INFINITY, 0.0_f64), |(l, h), q| (l.min(q.gap), h.max(q.gap)));
            if low > CLEARLY * noise && high < CORNER * low { low / 2.0 } else { 0.0 }
        };
        let mut corners = vec![0.0; quotients.len()];
        for (near, last) in quotients.windows(CORNER_STEPS).zip(CORNER_STEPS - 1..) {
            corners[last] = corner(near, noise[last]);
        }
        for k in (1..corners.len()).rev() {
            corners[k - 1] = corners[k - 1].max(corners[k]);
        }
        Self { around: around.collect(), noise, most, known, corners, quotients }
    }

    /// How far a slope may be off, to judge by the quotients at k and its neighbours, and by all of smaller steps.
    fn support(&self, k: usize, value: f64) -> f64 {
        let apart = |l: usize| (self.quotients[l].value - value).abs();
        let mut error = apart(k - 1).max(apart(k)).max(apart(k + 1));
        for l in k + 1..self.quotients.len() {
            // What is off at a small step is noise, which weighs less at a larger one ...
            let mut charge = apart(l) * (self.quotients[k].noise / self.quotients[l].noise);
            // ... unless five steps agree on something else: then the larger step saw another piece of the function.
            if apart(l) > CLEARLY * self.around[l] || self.known && self.outvoted(l, value) {
                charge = apart(l);
            }
            error = error.max(charge);
        }
        error + self.noise[k]
    }

    /// Whether quotient k and those of smaller steps, of which there are some, are off a slope by no more than rounding.
    fn settles(&self, k: usize, value: f64) -> bool {
        let mut below = self.quotients.iter().zip(&self.noise).skip(k);
        below.len() > SETTLED && below.all(|(q, noise)| (q.value - value).abs() <= CLEARLY * noise)
    }

    /// Whether quotient l and its neighbours are all off a slope on the same side, by far more than their noise.
    fn outvoted(&self, l: usize, value: f64) -> bool {
        let Some(near) = self.quotients.get(l - 1..=l + 1) else { return false };
        let off = near.iter().zip(&self.most[l - 1..]).map(|(q, noise)| (q.value - value) / noise);
        let (low, high) = off.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), x| (low.min(x), high.max(x)));
        low > CLEARLY || high < -CLEARLY
    }

    /// How near this side comes to a slope of the other one, at its step or smaller ones: what a function does far out on
    /// one side says nothing of its slope unless both sides come to agree, and no step agrees that smaller ones contradict:
    /// beyond a dip both sides of a plateau are level. 0 if this side is out of the domain.
    fn disagreement(&self, value: f64, step: f64) -> f64 {
        let (mut nearest, mut moved) = (f64::INFINITY, 0.0_f64);
        for (q, noise) in self.quotients.iter().zip(&self.noise).rev().take_while(|(q, _)| q.step <= step) {
            let apart = (q.value - value).abs();
            nearest = nearest.min(apart.max(moved * q.noise) + noise);
            moved = moved.max(apart / q.noise);
        }
        if nearest.is_finite() { nearest } else { 0.0 }
    }

    /// Whether this side has a slope of the other one up to some step, as far as rounding shows, and from there on something
    /// so different that no curve leads to it: then another piece of the function begins there, and the other side is alone
    /// to say more of the slope. Then it is the largest step that shows the slope.
    fn breaks_off(&self, value: f64) -> Option<f64> {
        let off = |l: usize| (self.quotients[l].value - value).abs() / self.noise[l];
        let last = self.quotients.len();
        let l = (0..last).rposition(|l| off(l) > CLEARLY)?;
        (l + 3 < last && off(l) > BREAK).then(|| self.quotients[l + 1].step)
    }

    /// How far smaller steps are off quotient k, where rounding alone does not explain it.
    fn contradiction(&self, k: usize) -> f64 {
        let apart = |l: usize| (self.quotients[l].value - self.quotients[k].value).abs();
        let spread = apart(k - 1).max(apart(k + 1));
        let unexplained = |l: &usize| apart(*l) > CLEARLY * self.most[*l] + 4.0 * spread;
        (k + 1..self.quotients.len()).filter(unexplained).map(apart).fold(0.0, f64::max)
    }
}

/// The smallest movement of a function that takes no values between: on one side it stands still at small steps, and
/// at larger ones moves like a line rounded to multiples of that, or by whole multiples all over. 0 if it does not.
pub(crate) fn quantum(ladder: &Ladder, epsilon: f64) -> f64 {
    let both = |rung: &Rung| [(rung.plus.moved, rung.step), (rung.minus.moved, -rung.step)];
    let largest = ladder.rungs.iter().flat_map(both).map(|(moved, _)| moved.abs()).fold(0.0, f64::max);
    let moves: Vec<f64> =
        ladder.rungs.iter().flat_map(both).map(|(moved, _)| moved).filter(|x| x.is_finite()).collect();
    let whole = |quantum: f64| {
        let off = |moved: &f64| (moved / quantum - (moved / quantum).round()).abs();
        moves.iter().filter(|moved| **moved != 0.0).count() >= FEW && moves.iter().map(off).fold(0.0, f64::max) <= WHOLE
    };
    // Several smaller movements in a row are values between.
    let between = |quantum: f64, side: fn(&Rung) -> Side| {
        let smaller = |rung: &Rung| {
            let moved = side(rung).moved.abs();
            moved > CLEARLY * epsilon * rung.size && moved < quantum / 4.0
        };
        ladder.rungs.windows(FEW).any(|rungs| rungs.iter().all(smaller))
    };
    // Rounding hides movements on both sides.
    let is_still = |side: fn(&Rung) -> Side| {
        let mut moves = ladder.rungs.iter().map(|rung| side(rung).moved).filter(|moved| !moved.is_nan()).peekable();
        moves.peek().is_some() && moves.all(|moved| moved == 0.0)
    };
    if is_still(Rung::plus) || is_still(Rung::minus) {
        return 0.0;
    }
    let of_side = |side: fn(&Rung) -> Side| {
        let moves = |rung: &Rung| side(rung).moved.abs() > 0.0;
        let first = ladder.rungs.iter().rposition(moves)?;
        let quantum = side(&ladder.rungs[first]).moved.abs();
        let between = [Rung::plus, Rung::minus].into_iter().any(|side| between(quantum, side));
        if first + 1 == ladder.rungs.len() || first < 2 || between {
            return None;
        }
        let points = ladder.rungs[first - 2..=first].iter().flat_map(both).filter(|(moved, _)| moved.is_finite());
        let points: Vec<(f64, f64)> = points.collect();
        let slopes = points.iter().take(if points.len() == 6 { 2 } else { 1 }).map(|(moved, step)| moved / step);
        let trend = slopes.clone().sum::<f64>() / slopes.count() as f64;
        let rounded = points.iter().all(|(moved, step)| (moved - trend * step).abs() <= 2.0 * quantum);
        let still = first + FLAT < ladder.rungs.len();
        (rounded || quantum <= NEGLIGIBLE * largest || still && whole(quantum)).then_some(quantum)
    };
    [of_side(Rung::plus), of_side(Rung::minus)].into_iter().flatten().fold(0.0, f64::max)
}

/// How far values go up and down at steps so small that nothing else is left of them: they do not become less where steps
/// do. 0 where that is rounding.
pub(crate) fn scatter(ladder: &Ladder, epsilon: f64) -> f64 {
    let most = |rungs: &[Rung]| {
        let moves = rungs.iter().flat_map(|rung| [rung.plus, rung.minus]).map(|side| side.moved.abs());
        moves.filter(|moved| moved.is_finite()).fold(0.0, f64::max)
    };
    let rungs = &ladder.rungs;
    let Some(last) = rungs.len().checked_sub(FLAT).filter(|last| *last >= FLAT) else { return 0.0 };
    let (larger, smallest) = (most(&rungs[last.saturating_sub(FLAT)..last]), most(&rungs[last..]));
    let rounding = CLEARLY * epsilon * rungs[last].size;
    if smallest > rounding && smallest > larger / CLEARLY { smallest } else { 0.0 }
}

/// Whether the slope of a side grows without end as steps shrink, by no less from one to the next, as those of √x, x log x
/// do at 0: where there is a slope, what is left to it shrinks with the steps. A jump makes slopes grow as steps shrink,
/// which is not this.
fn endless(ladder: &Ladder, epsilon: f64) -> bool {
    let seen = |rung: &&Rung, moved: f64| moved.is_finite() && moved.abs() > ENDLESS_NOISE * epsilon * rung.size;
    [Rung::plus, Rung::minus].into_iter().any(|side| {
        let end = ladder.rungs.iter().rposition(|rung| seen(&rung, side(rung).moved)).map_or(0, |last| last + 1);
        let Some(start) = end.checked_sub(ENDLESS) else { return false };
        // What moves no more at all hides how it would.
        if ladder.rungs[end..].iter().any(|rung| side(rung).moved == 0.0) {
            return false;
        }
        let rungs = &ladder.rungs[start..end];
        let slopes: Vec<f64> = rungs.iter().map(|rung| side(rung).moved / rung.step).collect();
        let growths: Vec<f64> = slopes.windows(2).map(|s| (s[1] - s[0]) * s[0].signum()).collect();
        let jumps = |(k, rung): (usize, &[Rung])| {
            let jump = ENDLESS_JUMP * rung[0].step / rung[1].step;
            k > 0 && growths[k] > jump * growths[k - 1] || slopes[k + 1] * slopes[k] <= 0.0
        };
        growths[0] > 0.0
            && (slopes[ENDLESS - 1] / slopes[0]) > ENDLESS_WHOLE
            && growths.windows(2).all(|g| g[1] >= ENDLESS_GROWTH * g[0])
            && !rungs.windows(2).enumerate().any(jumps)
    })
}

/// Whether the function has another value at the point than right beside it.
fn jump(ladder: &Ladder, epsilon: f64) -> bool {
    let rungs = &ladder.rungs[ladder.rungs.len().saturating_sub(12)..];
    [Rung::plus, Rung::minus].into_iter().any(|side| {
        let moved: Vec<f64> = rungs.iter().map(|rung| side(rung).moved).collect();
        let (low, high) = moved.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(a, b), x| (a.min(*x), b.max(*x)));
        let gap = low.abs().min(high.abs());
        moved.len() == 12 && low * high > 0.0 && high - low < 0.01 * gap && gap > 100.0 * epsilon * rungs[0].size
    })
}
