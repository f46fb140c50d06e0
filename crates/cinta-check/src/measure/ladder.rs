//! A function along a line, at steps of both signs that shrink by halves.
use super::Space;

/// At most so many steps, whatever the scales.
const MOST_STEPS: usize = 120;
/// So many steps without movement in a row are the end, after some with and if there were none.
const STILL: [usize; 2] = [4, 24];

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
    pub(crate) evaluations: usize,
}

impl Ladder {
    /// Samples at reach, reach/ratio, and so on, down to where nothing moves any more.
    pub(crate) fn climb(
        f: &mut dyn FnMut(&[f64]) -> f64,
        center: f64,
        at: &Space,
        claim: &[f64],
        direction: &Direction,
    ) -> Self {
        let mut ladder = Self { rungs: Vec::new(), evaluations: 0 };
        let mut point = at.x.clone();
        let (mut step, mut still, mut moves) = (direction.reach, 0, false);
        while ladder.rungs.len() < MOST_STEPS && step >= direction.last && still < STILL[usize::from(!moves)] {
            let t = at.snap(direction, step);
            step /= if step > direction.coarse { direction.ratio } else { direction.ratio * direction.ratio };
            if t == 0.0 || ladder.rungs.last().is_some_and(|rung| t >= rung.step) {
                continue;
            }
            let mut size = center.abs();
            let [plus, minus] = [t, -t].map(|t| {
                let mut linear = Sum::default();
                for &(i, d) in &direction.moves {
                    point[i] = at.round(i, at.x[i] + t * d);
                    linear.add(claim[i] * (point[i] - at.x[i]));
                }
                let value = if at.contains(&point) {
                    ladder.evaluations += 1;
                    f(&point)
                } else {
                    f64::NAN
                };
                for &(i, _) in &direction.moves {
                    point[i] = at.x[i];
                }
                let moved = if value.is_finite() { value - center } else { f64::NAN };
                if value.is_finite() {
                    size = size.max(value.abs());
                }
                Side { moved, defect: moved - linear.total() }
            });
            let rung = Rung { step: t, plus, minus, size };
            if rung.is_still() {
                still += usize::from(!(plus.moved.is_nan() && minus.moved.is_nan()));
            } else {
                (still, moves) = (0, true);
            }
            ladder.rungs.push(rung);
        }
        ladder
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
