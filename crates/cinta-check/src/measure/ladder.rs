//! A function along a line, at steps of both signs that shrink by halves.
use super::Space;
use crate::options::Progress;

/// At most so many steps, whatever the scales.
const MOST_STEPS: usize = 120;
/// So many steps lead from the largest to the scale of an entry that is tiny beside it.
const WIDE_STEPS: f64 = 32.0;
/// So many steps after the first within the domain are as close as large ones.
const FINE: usize = 8;
/// So many steps without movement in a row are the end, after some with and if there were none.
const STILL: [usize; 2] = [4, 24];
/// All steps are taken from the best of a few up to so many of these above it.
const ABOVE: usize = 3;

/// A direction through a point.
#[derive(Clone, Debug)]
pub(crate) struct Direction {
    /// Which entries move, and how far at a step of 1.
    pub(crate) moves: Vec<(usize, f64)>,
    /// The largest step.
    pub(crate) reach: f64,
    /// Below this, rounding leaves nothing of any move.
    pub(crate) last: f64,
    /// What each step is divided by to give the next.
    pub(crate) ratio: f64,
    /// Below this, by its square.
    pub(crate) coarse: f64,
    /// Above this, by so much that there are few steps.
    pub(crate) wide: f64,
}

/// One side of a step.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Side {
    /// The movement φ(x ± t d) − φ(x); NaN out of the domain.
    pub(crate) moved: f64,
    /// ψ: the movement without what the claimed gradient says of it.
    pub(crate) defect: f64,
}

/// A step, and what the function does there.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rung {
    pub(crate) step: f64,
    pub(crate) plus: Side,
    pub(crate) minus: Side,
    /// The largest |φ| among both sides and the point itself.
    pub(crate) size: f64,
}

impl Rung {
    pub(crate) fn plus(&self) -> Side {
        self.plus
    }

    pub(crate) fn minus(&self) -> Side {
        self.minus
    }

    /// The slope between both sides.
    pub(crate) fn slope(&self) -> f64 {
        (self.plus.moved - self.minus.moved) / (2.0 * self.step)
    }

    /// Whether most of that is what the claim says.
    pub(crate) fn is_tame(&self) -> bool {
        let off = (self.plus.defect - self.minus.defect) / (2.0 * self.step);
        off.abs() <= self.slope().abs() / 2.0
    }

    /// The smaller movement of both sides that is one.
    pub(crate) fn smallest_move(&self) -> f64 {
        let moves = [self.plus, self.minus].map(|side| side.moved.abs());
        moves.into_iter().filter(|moved| *moved > 0.0).fold(f64::INFINITY, f64::min)
    }

    /// Whether the function has the same value on both sides as at the point, as far as it has one.
    pub(crate) fn is_still(&self) -> bool {
        [self.plus, self.minus].iter().all(|side| side.moved == 0.0 || side.moved.is_nan())
    }
}

/// What a function does beside what its claimed gradient g says, along a line d, at falling steps t:
/// ψ(t) = φ(x + t d) − φ(x) − g·(t d). If the claim is right, ψ has slope 0. For t d stands what rounding leaves
/// of it, so that the roundness of x never looks like an error of g.
#[derive(Clone, Debug)]
pub(crate) struct Ladder {
    pub(crate) rungs: Vec<Rung>,
    /// How many entries move.
    pub(crate) entries: usize,
}

/// Which of the steps along a direction are taken: one out of so many, and each from the first to the last of some.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Taken {
    every: usize,
    from: f64,
    to: f64,
}

impl Taken {
    pub(crate) const ALL: Self = Self { every: 1, from: 0.0, to: 0.0 };
    /// So few that each size has some.
    pub(crate) const FEW: Self = Self { every: 4, ..Self::ALL };

    pub(crate) fn between(from: f64, to: f64) -> Self {
        Self { from, to, ..Self::FEW }
    }

    fn takes(self, position: usize, step: f64) -> bool {
        position.is_multiple_of(self.every) || (self.to..=self.from).contains(&step)
    }
}

impl Ladder {
    /// Without rungs as yet.
    pub(crate) fn new(direction: &Direction) -> Self {
        Self { rungs: Vec::new(), entries: direction.moves.len() }
    }

    /// Samples at reach, reach/ratio, and so on, down to where nothing moves any more.
    pub(crate) fn climb(f: &mut Values<'_>, center: f64, at: &Space, claim: &[f64], direction: &Direction) -> Self {
        Self::new(direction).filled(f, center, at, claim, direction, Taken::ALL)
    }

    /// The few steps, and all near one that is among them: those from which its quotients are extrapolated.
    pub(crate) fn near(&self, step: f64) -> Taken {
        let best = self.rungs.iter().position(|rung| rung.step == step).unwrap_or(0);
        let from = self.rungs.get(best.saturating_sub(ABOVE)).map_or(step, |rung| rung.step);
        Taken::between(from, step)
    }

    /// With samples at other steps; those that there are stay.
    pub(crate) fn filled(
        &self,
        f: &mut Values<'_>,
        center: f64,
        at: &Space,
        claim: &[f64],
        direction: &Direction,
        taken: Taken,
    ) -> Self {
        let mut ladder = Self::new(direction);
        let mut steps = Steps { direction, at, step: direction.reach, last: f64::INFINITY, fine: 0, position: 0 };
        let (mut still, mut moves) = (0, false);
        loop {
            let (mut next, mut fresh) = (Vec::new(), Vec::new());
            while fresh.len() < f.at_once
                && let Some((position, t)) = steps.next()
            {
                let known = self.rungs.iter().find(|rung| rung.step == t);
                if known.is_none() && !taken.takes(position, t) {
                    continue;
                }
                next.push(known.copied());
                if known.is_none() {
                    fresh.push(t);
                } else if fresh.is_empty() {
                    break; // what it shows may say which steps are next
                }
            }
            if next.is_empty() {
                return ladder;
            }
            let mut sampled = rungs(f, center, at, claim, direction, &fresh).into_iter();
            for rung in next.into_iter().filter_map(|known| known.or_else(|| sampled.next())) {
                let outside = [rung.plus, rung.minus].map(|side| side.moved.is_nan());
                if ladder
                    .rungs
                    .last()
                    .is_some_and(|last: &Rung| [last.plus, last.minus].map(|s| s.moved.is_nan()) != outside)
                {
                    steps.fine = FINE;
                }
                if rung.is_still() {
                    still += usize::from(!(rung.plus.moved.is_nan() && rung.minus.moved.is_nan()));
                } else {
                    (still, moves) = (0, true);
                }
                ladder.rungs.push(rung);
                // Between steps at which nothing moves and the point there may be a dip, and a claim that is not 0 its slope.
                let claimed =
                    [rung.plus, rung.minus].iter().any(|side| side.defect != side.moved && !side.moved.is_nan());
                if still >= STILL[usize::from(!moves)] / taken.every && (moves || !claimed) {
                    return ladder;
                }
            }
        }
    }
}

/// The function at some steps, all at once.
fn rungs(
    f: &mut Values<'_>,
    center: f64,
    at: &Space,
    claim: &[f64],
    direction: &Direction,
    steps: &[f64],
) -> Vec<Rung> {
    let mut points = Vec::new();
    // Where the point of each side stands, if it is in the domain, and what the claim says of it.
    let sides: Vec<[(Option<usize>, f64); 2]> = steps
        .iter()
        .map(|t| {
            [*t, -t].map(|t| {
                let (mut point, mut linear) = (at.x.clone(), Sum::default());
                for &(i, d) in &direction.moves {
                    point[i] = at.round(i, at.x[i] + t * d);
                    linear.add(claim[i] * (point[i] - at.x[i]));
                }
                let inside = at.contains(&point).then_some(points.len());
                if inside.is_some() {
                    points.push(point);
                }
                (inside, linear.total())
            })
        })
        .collect();
    let values = f.at_all(&points);
    let rung = |(sides, step): ([(Option<usize>, f64); 2], &f64)| {
        let mut size = center.abs();
        let [plus, minus] = sides.map(|(value, linear)| {
            let value = value.map_or(f64::NAN, |i| values[i]);
            if value.is_finite() {
                size = size.max(value.abs());
            }
            let moved = if value.is_finite() { value - center } else { f64::NAN };
            Side { moved, defect: moved - linear }
        });
        Rung { step: *step, plus, minus, size }
    };
    sides.into_iter().zip(steps).map(rung).collect()
}

/// The falling steps along a direction, as rounding leaves them.
struct Steps<'a> {
    direction: &'a Direction,
    at: &'a Space,
    step: f64,
    last: f64,
    /// So many steps are not yet coarse.
    fine: usize,
    /// How many there were.
    position: usize,
}

impl Iterator for Steps<'_> {
    /// How many there were before, and the step.
    type Item = (usize, f64);

    fn next(&mut self) -> Option<(usize, f64)> {
        let Direction { last, ratio, coarse, wide, reach, .. } = *self.direction;
        while self.step >= last && self.position < MOST_STEPS {
            let t = self.at.snap(self.direction, self.step);
            self.step /= if self.step > wide {
                (reach / wide).powf(1.0 / WIDE_STEPS).max(ratio)
            } else if self.step > coarse || self.fine > 0 {
                self.fine = self.fine.saturating_sub(1);
                ratio
            } else {
                ratio * ratio
            };
            if t != 0.0 && t < self.last {
                self.last = t;
                self.position += 1;
                return Some((self.position - 1, t));
            }
        }
        None
    }
}

/// A function of numbers at many points.
type AtPoints<'f> = dyn FnMut(&[Vec<f64>]) -> Vec<f64> + 'f;

/// A function of numbers, at one point or at many at once.
pub(crate) struct Values<'f> {
    f: Box<AtPoints<'f>>,
    /// At how many steps it is worth being asked at once.
    at_once: usize,
    /// At how many points it was asked.
    evaluations: usize,
    /// Who is told of it.
    pub(crate) progress: Option<Progress>,
}

impl<'f> Values<'f> {
    pub(crate) fn one_by_one(mut f: impl FnMut(&[f64]) -> f64 + 'f) -> Self {
        Self::in_batches(move |points| points.iter().map(|x| f(x)).collect(), 1)
    }

    pub(crate) fn in_batches(f: impl FnMut(&[Vec<f64>]) -> Vec<f64> + 'f, at_once: usize) -> Self {
        Self { f: Box::new(f), at_once, evaluations: 0, progress: None }
    }

    pub(crate) fn at(&mut self, x: &[f64]) -> f64 {
        self.at_all(&[x.to_vec()])[0]
    }

    /// Another entry or direction is done.
    pub(crate) fn step(&mut self) {
        if let Some(progress) = &mut self.progress {
            progress.step();
        }
    }

    pub(crate) fn evaluations(&self) -> usize {
        self.evaluations
    }

    fn at_all(&mut self, points: &[Vec<f64>]) -> Vec<f64> {
        self.evaluations += points.len();
        let values = if points.is_empty() { Vec::new() } else { (self.f)(points) };
        if let Some(progress) = &mut self.progress {
            progress.evaluated(points.len());
        }
        values
    }
}

/// A sum that keeps what rounding takes (Neumaier).
#[derive(Default)]
struct Sum {
    sum: f64,
    lost: f64,
}

impl Sum {
    fn add(&mut self, x: f64) {
        let sum = self.sum + x;
        self.lost += if self.sum.abs() >= x.abs() { (self.sum - sum) + x } else { (x - sum) + self.sum };
        self.sum = sum;
    }

    fn total(&self) -> f64 {
        self.sum + if self.lost.is_finite() { self.lost } else { 0.0 }
    }
}
