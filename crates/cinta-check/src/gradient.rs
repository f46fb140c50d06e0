//! A claimed gradient beside the function: entry by entry, or along directions that take in all of them.
use cinta_graph::{ArrayType, DType};

use crate::arrays::position;
use crate::diagnosis::{Evidence, diagnose};
use crate::line::{CONSTANT, Line, TRUST};
use crate::measure::{Direction, Ladder, Space, Values};
use crate::options::{Mode, Options};
use crate::report::{Entry, Report, Row, Verdict};

/// Up to so many entries each is measured, unless a mode is asked for.
pub(crate) const FEW: usize = 128;
/// A derivative seen to no more than this share of its norm is not seen.
const VAGUE: f64 = 0.05;
/// A direction shows enough on its own if it leaves no more than this share of what all entries make of it.
const CLEAR: f64 = 1e-5;

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
struct Measured {
    judged: Vec<Judged>,
    /// Whether more entries are wrong than were looked into.
    more: bool,
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
            return self.nowhere(options, center);
        }
        let measured = match options.mode {
            Mode::Auto if self.claim.len() <= FEW => self.every_entry(center, options),
            Mode::Full => self.every_entry(center, options),
            Mode::Auto => self.directions(center, options),
            Mode::Fast => self.one_direction(center, options),
        };
        self.report(measured, options)
    }

    /// One direction at five steps; more only if that leaves a doubt.
    fn one_direction(&mut self, center: f64, options: &Options) -> Measured {
        let entries: Vec<usize> = (0..self.claim.len()).collect();
        let direction = Direction { reach: 0.1, ratio: 8.0, last: 2e-5, ..self.space.random(&entries, options.seed) };
        let judged = judge(vec![self.line(direction, center)]);
        let clear = |j: &Judged| j.verdict == Verdict::Right && j.line.finding.claim <= CLEAR * j.line.own();
        if judged.iter().all(clear) {
            return Measured { judged, more: false };
        }
        if entries.len() <= FEW { self.every_entry(center, options) } else { self.directions(center, options) }
    }

    fn every_entry(&mut self, center: f64, options: &Options) -> Measured {
        let mut progress = options.progress(self.claim.len(), "entries");
        let lines = (0..self.claim.len()).map(|i| {
            let line = self.line(self.space.along(i), center);
            progress.step();
            line
        });
        Measured { judged: judge(lines.collect()), more: false }
    }

    /// Directions that together take in every entry; where one is off, the entries that are to blame.
    fn directions(&mut self, center: f64, options: &Options) -> Measured {
        let directions = self.space.covering(&self.claim, options.seed);
        let mut progress = options.progress(directions.len(), "directions");
        let lines = directions.into_iter().map(|direction| {
            let line = self.line(direction, center);
            progress.step();
            line
        });
        let mut judged = judge(lines.collect());
        let worst = judged.iter().map(|j| j.verdict).max().filter(|worst| *worst > Verdict::Unclear);
        let mut off: Vec<usize> = (0..judged.len()).filter(|i| Some(judged[*i].verdict) == worst).collect();
        if off.len() > 1 {
            off.pop(); // that along the claim, which takes in all entries once more
        }
        let (mut lines, mut more) = (Vec::new(), false);
        for direction in off {
            let culprits = self.culprits(&judged[direction], center);
            lines.extend(culprits.entries.iter().map(|i| self.line(self.space.along(*i), center)));
            more |= culprits.more;
        }
        let mut entries = judge(lines);
        // Halving may end at an entry that is right, if others cancel.
        if entries.iter().any(|j| j.verdict > Verdict::Right) {
            entries.retain(|j| j.verdict > Verdict::Right);
        }
        judged.extend(entries);
        Measured { judged, more }
    }

    pub(crate) fn line(&mut self, direction: Direction, center: f64) -> Line {
        let ladder = Ladder::climb(&mut self.f, center, &self.space, &self.claim, &direction);
        Line::new(ladder, direction, self, center)
    }

    fn nowhere(self, options: &Options, center: f64) -> Report {
        let notes = vec![format!("the function is {center} at the point itself")];
        Report::without_evidence(&self.title, Verdict::Unclear, &self.inputs, notes, options.seed)
    }

    fn report(self, measured: Measured, options: &Options) -> Report {
        let Measured { mut judged, more } = measured;
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
        let natural = sum(&|line| line.natural);
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
        let unclear = !constant && !shown(resolution, 1.0);
        if unclear {
            for j in judged.iter_mut().filter(|j| j.verdict == Verdict::Right && !shown(j.line.finding.claim, norm)) {
                j.verdict = Verdict::Unclear;
                j.why = format!("differences show it to ± {:.0e} only", j.line.finding.claim);
            }
        }
        // Of many entries that move together, one may be off by more than the whole shows.
        let resolution = if directions { resolution.max(blind) } else { resolution };
        let worst = judged.iter().map(|j| j.verdict).max().unwrap_or(Verdict::Right);
        let verdict = if unclear { worst.max(Verdict::Unclear) } else { worst };
        let evaluations = self.f.evaluations() + usize::from(self.center.is_some());
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
        let rows = rows.collect();
        let notes = judged.iter().filter(|j| j.line.direction.moves.len() > 2 && j.verdict > Verdict::Unclear);
        let mut notes: Vec<String> = notes.map(along).collect();
        if verdict == Verdict::Wrong {
            notes.extend(self.diagnosis(&judged));
            notes.extend(if directions { self.named(&judged, more) } else { None });
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
}

impl Problem<'_> {
    /// The entries that halving found wrong: `x[3, 1], y[0]`.
    fn named(&self, judged: &[Judged], more: bool) -> Option<String> {
        let wrong = judged.iter().filter(|j| j.verdict == Verdict::Wrong);
        let names = wrong.filter_map(|j| match j.line.direction.moves[..] {
            [(i, _)] | [(i, _), _] => Some(self.name(i)),
            _ => None,
        });
        let names = names.collect::<Vec<_>>();
        let others = if more { ", and more entries are" } else { "" };
        (!names.is_empty()).then(|| format!("wrong, as halving shows: {}{others}", names.join(", ")))
    }

    /// An entry by its input and position.
    fn name(&self, mut i: usize) -> String {
        for (name, ty) in &self.inputs {
            if i < ty.shape.size() {
                return format!("{name}{:?}", position(ty, i));
            }
            i -= ty.shape.size();
        }
        i.to_string()
    }

    /// The inputs that make no difference, and of which nothing else is claimed; none if all are.
    fn idle(&self, judged: &[Judged]) -> Vec<String> {
        let moves = |j: &Judged| j.line.jump() > 0.0 || j.line.claimed != 0.0 || j.line.finding.claim.is_infinite();
        let mut start = 0;
        let idle = self.inputs.iter().filter(|(_, ty)| {
            let range = start..start + ty.shape.size();
            start = range.end;
            let own = |j: &&Judged| matches!(j.line.direction.moves[..], [(i, _)] if range.contains(&i));
            let own: Vec<&Judged> = judged.iter().filter(own).collect();
            !range.is_empty() && own.len() == range.len() && !own.into_iter().any(moves)
        });
        let idle: Vec<&(String, ArrayType)> = idle.collect();
        if idle.len() == self.inputs.len() {
            return Vec::new();
        }
        idle.iter().map(|(name, _)| format!("the function does not depend on {name} around the point")).collect()
    }

    /// What the mistake looks like: where every entry was measured, by all of them, else by what all directions share.
    fn diagnosis(&self, judged: &[Judged]) -> Vec<String> {
        let measured = |j: &Judged| j.line.claimed + j.line.finding.best.value;
        if judged.iter().any(|j| j.line.direction.moves.len() > 2) {
            let factor = |j: &Judged| measured(j) / j.line.claimed;
            let first = judged.first().map_or(1.0, factor);
            let same = judged.iter().all(|j| (factor(j) - first).abs() <= 1e-4 * first.abs());
            let note = if first < 0.0 { " (the sign is wrong)" } else { "" };
            let wrong = (first - 1.0).abs() > 1e-4;
            return (same && wrong)
                .then(|| {
                    format!("along every direction the measured gradient is {first:.6} times the claimed one{note}")
                })
                .into_iter()
                .collect();
        }
        let mut rest = judged;
        let evidence = self.inputs.iter().map(|(input, array_type)| {
            let own;
            (own, rest) = rest.split_at(array_type.shape.size());
            Evidence {
                input,
                array_type,
                claimed: own.iter().map(|j| j.line.claimed).collect(),
                measured: own.iter().map(measured).collect(),
                error: own.iter().map(|j| j.line.finding.best.error).collect(),
                wrong: own.iter().any(|j| j.verdict == Verdict::Wrong),
            }
        });
        diagnose(&evidence.collect::<Vec<_>>())
    }
}

/// What is said of a direction in many entries.
fn along(judged: &Judged) -> String {
    let Line { claimed, finding, direction, .. } = &judged.line;
    let (measured, count) = (claimed + finding.best.value, direction.moves.len());
    let Judged { verdict, why, .. } = judged;
    let error = finding.best.error;
    format!(
        "{verdict} along a direction in {count} entries: claimed {claimed:e}, measured {measured:e} ± {error:.0e} {why}"
    )
}

fn entry(judged: &Judged, index: Vec<usize>) -> Entry {
    let Line { claimed, finding, .. } = &judged.line;
    let constant = judged.why.starts_with(CONSTANT);
    let slope = |side: f64| if constant { 0.0 } else { claimed + side };
    Entry {
        index,
        claimed: *claimed,
        measured: slope(finding.best.value),
        error: if constant { 0.0 } else { finding.best.error },
        sides: [finding.before, finding.after].map(|side| slope(side.value)),
        verdict: judged.verdict,
        why: judged.why.clone(),
    }
}

/// Verdicts of lines of one function, which know of each other.
fn judge(mut lines: Vec<Line>) -> Vec<Judged> {
    let quantum = lines.iter().map(|line| line.quantum).fold(0.0, f64::max);
    for line in &mut lines {
        line.with_quantum(quantum);
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
