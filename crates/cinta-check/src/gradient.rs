//! A claimed gradient beside the function: entry by entry, or along directions that take in all of them.
use cinta_graph::{ArrayType, DType};

use crate::arrays::{self, position};
use crate::line::{CONSTANT, Line, TRUST};
use crate::measure::{Direction, Ladder, Rung, Space, Taken, Values};
use crate::options::{Mode, Options};
use crate::report::{Report, Row, Verdict};
use crate::words::{along, entry};

/// Up to so many entries each is measured, unless a mode is asked for.
pub(crate) const FEW: usize = 128;
/// The largest step of a single direction, as a share of its entries: functions that vary faster than that have smaller ones.
const LARGEST: [f64; 3] = [0.1, 1e-5, 1e-10];
/// So many steps are worth taking along a single direction.
const FEW_STEPS: usize = 5;
/// Steps are larger than so many roundings.
const ROUNDED: f64 = 64.0;
/// So many entries whose claims are no numbers are named.
pub(crate) const NAMED: usize = 8;
/// A derivative seen to no more than this share of its norm is not seen.
const VAGUE: f64 = 0.05;

/// What is to be checked: a function of numbers at a point, and what its gradient is said to be.
pub(crate) struct Problem<'f> {
    pub(crate) title: String,
    pub(crate) f: Values<'f>,
    /// Its value at the point, where that is known.
    pub(crate) center: Option<f64>,
    pub(crate) space: Space,
    pub(crate) claim: Vec<f64>,
    /// The inputs that the numbers are of, in order.
    pub(crate) inputs: Vec<(String, ArrayType)>,
    /// The rounding of the function's values.
    pub(crate) epsilon: f64,
    /// The dtypes that the claims were computed in, where those are not the dtypes of the space.
    pub(crate) claimed_in: Option<Vec<DType>>,
}

/// What was measured.
#[derive(Default)]
pub(crate) struct Measured {
    pub(crate) judged: Vec<Judged>,
    /// What is wrong with several entries together, each of which may be right.
    pub(crate) broken: Vec<String>,
    /// Whether more entries are wrong than were looked into.
    pub(crate) more: bool,
    /// Whether more entries have kinks than were looked into, behind which others may be wrong.
    pub(crate) hidden: bool,
}

/// What is said of a line.
pub(crate) struct Judged {
    pub(crate) line: Line,
    pub(crate) verdict: Verdict,
    pub(crate) why: String,
}

impl Problem<'_> {
    /// Measures and judges.
    pub(crate) fn examine(mut self, options: &Options) -> Report {
        let center = self.center.unwrap_or_else(|| self.f.at(&self.space.x));
        if !center.is_finite() {
            return self.nowhere(options, &format!("the function is {center} at the point itself"));
        }
        if let Some(i) = self.space.unusable() {
            let (x, name) = (self.space.x[i], self.name(i));
            let why = if x.is_finite() { ", too large for steps" } else { "" };
            return self.nowhere(options, &format!("nothing can be measured beside the point: {name} is {x:e}{why}"));
        }
        if self.claim.iter().any(|g| !g.is_finite()) {
            return self.not_finite(options, center);
        }
        let measured = match options.mode {
            Mode::Auto if self.claim.len() <= FEW => self.every_entry(center, options),
            Mode::Full => self.every_entry(center, options),
            Mode::Auto => self.directions(center, options),
            Mode::Fast => self.one_direction(center, options),
        };
        self.report(measured, options)
    }

    /// One direction at five steps, and what that says; more only to name what is wrong, or to see behind a kink.
    fn one_direction(&mut self, center: f64, options: &Options) -> Measured {
        let entries: Vec<usize> = (0..self.claim.len()).collect();
        self.f.progress = Some(options.progress(1, "directions"));
        let line = self.few_steps(self.space.random(&entries, options.seed), center);
        let judged = judge(vec![line]);
        if judged.iter().all(|j| j.verdict <= Verdict::Unclear) {
            return Measured { judged, ..Measured::default() };
        }
        if entries.len() <= FEW { self.every_entry(center, options) } else { self.directions(center, options) }
    }

    fn every_entry(&mut self, center: f64, options: &Options) -> Measured {
        self.f.progress = Some(options.progress(self.claim.len(), "entries"));
        let lines = (0..self.claim.len()).map(|i| {
            let line = self.line(self.space.along(i), center);
            self.f.step();
            line
        });
        let judged = judge(lines.collect());
        let broken = self.ties(&judged, center);
        Measured { judged, broken, ..Measured::default() }
    }

    /// Directions that together take in every entry; where one is off, the entries that are to blame.
    fn directions(&mut self, center: f64, options: &Options) -> Measured {
        let directions = self.space.covering(&self.claim, options.seed);
        self.f.progress = Some(options.progress(directions.len(), "directions"));
        let lines = directions.into_iter().map(|direction| {
            let line = self.line(direction, center);
            self.f.step();
            line
        });
        let mut judged = judge(lines.collect());
        let mut off: Vec<usize> = (0..judged.len()).filter(|i| judged[*i].verdict == Verdict::Wrong).collect();
        let last = if off.len() > 1 { off.pop() } else { None }; // along the claim, which takes in all entries once more
        let (mut entries, mut more) = (Vec::new(), false);
        for direction in off {
            let found = self.blame(&mut judged[direction], center, options);
            entries.extend(found.judged);
            more |= found.more;
        }
        // Halving may end at an entry that is right, if others cancel.
        if entries.iter().any(|j| j.verdict > Verdict::Right) {
            entries.retain(|j| j.verdict > Verdict::Right);
        }
        let wrong = |judged: &[Judged]| judged.iter().any(|j| j.verdict == Verdict::Wrong);
        // What takes in all entries is not wrong for those that it takes in beside kinks.
        if let Some(last) = last
            && !wrong(&judged[..last])
            && !wrong(&entries)
        {
            let found = self.blame(&mut judged[last], center, options);
            more |= found.more;
            entries.extend(found.judged);
        }
        if wrong(&judged) || wrong(&entries) {
            judged.extend(entries);
            return Measured { judged, more, ..Measured::default() };
        }
        // What is seen along the claim, which is not 0, is of entries that were seen before, and so are its kinks.
        if let [others @ .., last] = &judged[..]
            && last.line.own() > 0.0
            && match last.verdict {
                // A claim that is nothing but rounding has no direction.
                _ if !others.is_empty() && others.iter().all(|j| j.line.is_residue()) => true,
                Verdict::Right => !others.is_empty(),
                Verdict::Kink | Verdict::Jump => others.iter().any(|j| j.verdict >= Verdict::Kink),
                Verdict::Unclear | Verdict::Wrong => false,
            }
        {
            judged.pop();
        }
        let mut measured = self.behind_kinks(judged, center, options);
        measured.judged.extend(entries);
        measured
    }

    /// A direction at few steps, from the largest at which the function goes along with its claim.
    fn few_steps(&mut self, mut direction: Direction, center: f64) -> Line {
        // Steps that leave the domain show nothing.
        let leaves = |t: f64| {
            let moved = |t: f64| {
                let mut point = self.space.x.clone();
                direction.moves.iter().for_each(|&(i, d)| point[i] = self.space.round(i, point[i] + t * d));
                self.space.contains(&point)
            };
            !(moved(t) && moved(-t))
        };
        let mut most = LARGEST[0];
        while most > f64::EPSILON && leaves(most) {
            most /= 2.0;
        }
        direction = Direction { ratio: 8.0, coarse: 0.0, ..direction };
        let epsilon = self.epsilon_along(&direction.moves);
        let mut tried: Vec<Rung> = Vec::new();
        for largest in LARGEST.into_iter().filter(|t| *t > ROUNDED * epsilon) {
            let reach = most.min(largest);
            let one = Direction { reach, last: reach, ..direction.clone() };
            tried.extend(Ladder::climb(&mut self.f, center, &self.space, &self.claim, &one).rungs);
            if tried.last().is_none_or(Rung::is_tame) {
                break;
            }
            // Where a much smaller step shows the same slope, the claim is wrong, and no fault of the step's.
            if let [.., before, last] = &tried[..]
                && (before.slope() - last.slope()).abs() <= before.slope().abs() / 2.0
            {
                tried.pop();
                break;
            }
        }
        let Some(first) = tried.last() else { return self.line(direction, center) };
        let reach = first.step;
        let steps = FEW_STEPS.saturating_sub(tried.len()).max(2);
        let last = 0.9 * reach * direction.ratio.powf(-(steps as f64));
        let rest = Direction { reach: reach / direction.ratio, last, ..direction.clone() };
        let mut ladder = Ladder { rungs: vec![*first], entries: direction.moves.len() };
        ladder.rungs.extend(Ladder::climb(&mut self.f, center, &self.space, &self.claim, &rest).rungs);
        Line::new(ladder, Direction { reach, ..direction }, self, center)
    }

    /// A line at a few steps of every size and those near what they show, or at all steps where these leave a doubt.
    pub(crate) fn line(&mut self, direction: Direction, center: f64) -> Line {
        let mut line = self.sketch(Ladder::new(&direction), direction, center, Taken::FEW);
        for closer in [Line::near_best, Line::near_rounding, Line::near_sign] {
            let Some(taken) = closer(&line) else { continue };
            let (ladder, direction) = line.into_steps();
            line = self.sketch(ladder, direction, center, taken);
        }
        if line.is_beyond_doubt() {
            return line;
        }
        let (ladder, direction) = line.into_steps();
        let ladder = ladder.filled(&mut self.f, center, &self.space, &self.claim, &direction, Taken::ALL);
        Line::new(ladder, direction, self, center)
    }

    fn sketch(&mut self, ladder: Ladder, direction: Direction, center: f64, taken: Taken) -> Line {
        let ladder = ladder.filled(&mut self.f, center, &self.space, &self.claim, &direction, taken);
        Line::sketch(ladder, direction, self, center)
    }

    /// A line at all steps.
    pub(crate) fn every_step(&mut self, direction: Direction, center: f64) -> Line {
        let ladder = Ladder::climb(&mut self.f, center, &self.space, &self.claim, &direction);
        Line::new(ladder, direction, self, center)
    }

    /// The rounding of values along some moves: what is made of entries in single precision has theirs, also where it is
    /// added up in double.
    pub(crate) fn epsilon_along(&self, moves: &[(usize, f64)]) -> f64 {
        moves.iter().map(|(i, _)| arrays::epsilon(self.space.dtypes[*i])).fold(self.epsilon, f64::max)
    }

    /// Nothing can be measured.
    fn nowhere(self, options: &Options, why: &str) -> Report {
        Report::without_evidence(&self.title, Verdict::Unclear, &self.inputs, vec![why.to_owned()], options.seed)
    }

    fn report(self, measured: Measured, options: &Options) -> Report {
        let Measured { mut judged, broken, more, hidden } = measured;
        let sum = |size: &dyn Fn(&Line) -> f64| {
            judged.iter().map(|j| size(&j.line)).filter(|x| !x.is_nan()).fold(0.0, f64::hypot)
        };
        // Where a function is constant it has no other slope, however far its values jump elsewhere.
        let moving = |size: &dyn Fn(&Line) -> f64| {
            let lines = judged.iter().filter(|j| !j.why.starts_with(CONSTANT)).map(|j| size(&j.line));
            lines.filter(|x| !x.is_nan()).fold(0.0, f64::hypot)
        };
        let error = moving(&|line| line.finding.claim);
        let norm = moving(&Line::size);
        let natural = sum(&|line| line.natural());
        let constant = judged.iter().all(|j| j.why.starts_with(CONSTANT));
        let resolution = match norm {
            _ if error == 0.0 => 0.0,
            0.0 => error / natural,
            _ => error / norm,
        };
        let own = sum(&|line| line.own());
        let blind = if error == 0.0 { 0.0 } else { TRUST * error / if own > 0.0 { own } else { natural } };
        let directions = judged.iter().any(|j| j.line.direction.moves.len() > 2);
        let shown = |error: f64, size: f64| error <= VAGUE * size;
        // Of many entries that move together, one may be off by more than the whole shows.
        let unseen = directions && shown(resolution, 1.0) && !shown(blind, 1.0);
        let unclear = !constant && !shown(resolution, 1.0);
        if unclear {
            for j in judged.iter_mut().filter(|j| j.verdict == Verdict::Right && !shown(j.line.finding.claim, norm)) {
                j.verdict = Verdict::Unclear;
                j.why = format!("differences show it to ± {:.0e} only", j.line.finding.claim);
            }
        }
        let resolution = if directions { resolution.max(blind) } else { resolution };
        let worst = judged.iter().map(|j| j.verdict).max().unwrap_or(Verdict::Right);
        let worst = if broken.is_empty() { worst } else { Verdict::Wrong };
        let verdict = match worst {
            Verdict::Right if unclear || unseen && !constant => Verdict::Unclear,
            // A kink passes, and what hides behind it or cannot be told beside it does not.
            Verdict::Kink if hidden || judged.iter().any(|j| j.verdict == Verdict::Unclear) => Verdict::Unclear,
            worst => worst,
        };
        // The whole is right as far as its resolution says, and yet nothing may be seen of an entry that is small beside it.
        for j in judged.iter_mut().filter(|j| !constant && j.verdict == Verdict::Right && j.line.is_unseen()) {
            j.verdict = Verdict::Unclear;
            j.why = format!(
                "too small beside the whole to be seen: differences show it to ± {:.0e} only",
                j.line.finding.claim
            );
        }
        let evaluations = self.f.evaluations() + usize::from(self.center.is_some());
        let rows = self.rows(&judged, verdict);
        let mut notes = self.found(&judged, verdict, more);
        notes.extend(broken);
        if unseen && verdict == Verdict::Unclear {
            let share = format!("errors up to {blind:.0e} of the gradient's norm");
            notes.push(format!("{share} are not seen along directions: measure every entry"));
        }
        if hidden {
            let why = "so many entries have kinks that others may be wrong behind them: measure every entry";
            notes.push(why.to_owned());
        }
        notes.extend(self.idle(&judged));
        let (title, faults, seed) = (self.title, Vec::new(), options.seed);
        Report {
            title,
            verdict,
            resolution,
            rows,
            notes,
            faults,
            evaluations,
            seed,
            blind,
            directions,
            lower: Vec::new(),
        }
    }

    /// What is found along directions, and what is wrong.
    fn found(&self, judged: &[Judged], verdict: Verdict, more: bool) -> Vec<String> {
        let many = |j: &&Judged| j.line.direction.moves.len() > 2;
        let mut notes: Vec<String> =
            judged.iter().filter(many).filter(|j| j.verdict > Verdict::Right).map(along).collect();
        if verdict == Verdict::Wrong {
            notes.extend(self.diagnosis(judged));
            notes.extend(if judged.iter().any(|j| many(&j)) { self.named(judged, more) } else { None });
        }
        notes
    }

    /// What is said of each input.
    fn rows(&self, judged: &[Judged], verdict: Verdict) -> Vec<Row> {
        let mut start = 0;
        let rows = self.inputs.iter().map(|(name, ty)| {
            let range = start..start + ty.shape.size();
            start = range.end;
            let own = judged.iter().filter_map(|j| match j.line.direction.moves[..] {
                [(i, _)] | [(i, _), _] if range.contains(&i) => Some(entry(j, position(ty, i - range.start))),
                _ => None,
            });
            let mut row = Row::new(name, ty, own.collect());
            if judged.iter().any(|j| {
                j.line.direction.moves.len() > 2
                    && j.verdict > row.verdict
                    && j.line.direction.moves.iter().any(|(i, _)| range.contains(i))
            }) && row.entries.is_empty()
            {
                row.verdict = verdict;
            }
            row
        });
        rows.collect()
    }
}

/// Verdicts of lines of one function, which know of each other.
pub(crate) fn judge(mut lines: Vec<Line>) -> Vec<Judged> {
    let quantum = lines.iter().map(|line| line.quantum).fold(0.0, f64::max);
    let around = lines.iter().map(Line::values).fold(0.0, f64::max);
    for line in &mut lines {
        line.beside_others(around, quantum);
    }
    // Where values move by a few jumps only, there is no trend for a claim to follow: the function is constant, unless
    // another line shows that it takes all of its values in such steps, or claims follow the trend of the jumps.
    let few = |line: &Line| line.stands_still() && line.has_few_values();
    let trend = lines.iter().any(|line| few(line) && line.follows_trend())
        && lines.iter().all(|line| !few(line) || line.allows_trend());
    let constant: Vec<bool> = lines
        .iter()
        .map(|line| {
            let hidden = |quantum: f64| 2.0 * quantum >= line.jump() || line.claimed != 0.0 && line.still() <= quantum;
            let rounded = |other: &Line| !other.has_few_values() && hidden(other.quantum);
            few(line) && !trend && !lines.iter().any(rounded)
        })
        .collect();
    let judged = lines.into_iter().zip(constant).map(|(mut line, constant)| {
        let (verdict, why) = if constant { line.constant_verdict() } else { line.verdict() };
        Judged { line, verdict, why }
    });
    judged.collect()
}
