//! What lines say of a gradient, in words: claims that are no numbers, names, mistakes that they look like.
use cinta_graph::ArrayType;

use crate::arrays::position;
use crate::diagnosis::{Evidence, diagnose};
use crate::gradient::{Judged, NAMED, Problem};
use crate::line::{CONSTANT, ENDLESS, Line, NO_STEP};
use crate::options::Options;
use crate::report::{Entry, Report, Row, Verdict};

impl Problem<'_> {
    /// Some claims are no numbers, which is wrong wherever there are slopes.
    pub(crate) fn not_finite(mut self, options: &Options, center: f64) -> Report {
        let claims = self.claim.clone();
        let broken: Vec<usize> = (0..claims.len()).filter(|i| !claims[*i].is_finite()).collect();
        for i in &broken {
            self.claim[*i] = 0.0;
        }
        let entries = broken.iter().take(NAMED).map(|&i| {
            let line = self.line(self.space.along(i), center);
            let (verdict, why) = match &line.finding {
                found if found.endless && claims[i].is_infinite() => (Verdict::Unclear, ENDLESS.to_owned()),
                found if found.best.error.is_infinite() => (Verdict::Unclear, NO_STEP.to_owned()),
                _ => (Verdict::Wrong, format!("{} is claimed", claims[i])),
            };
            (i, Judged { line, verdict, why })
        });
        let entries: Vec<(usize, Judged)> = entries.collect();
        let verdict = entries.iter().map(|(_, j)| j.verdict).max().unwrap_or(Verdict::Unclear);
        let names: Vec<String> = entries.iter().map(|(i, _)| format!("{} is {}", self.name(*i), claims[*i])).collect();
        let more = if broken.len() > NAMED { format!(", and {} more", broken.len() - NAMED) } else { String::new() };
        let note = format!("no number is claimed: {}{more}; the other entries were not measured", names.join(", "));
        let mut report =
            Report::without_evidence(&self.title, Verdict::Unclear, &self.inputs, vec![note], options.seed);
        let mut start = 0;
        for row in &mut report.rows {
            let (range, ty) = (start..start + row.array_type.shape.size(), row.array_type.clone());
            start = range.end;
            let own = entries.iter().filter(|(i, _)| range.contains(i));
            let own: Vec<Entry> =
                own.map(|(i, j)| Entry { claimed: claims[*i], ..entry(j, position(&ty, i - range.start)) }).collect();
            if !own.is_empty() {
                *row = Row::new(&row.input, &ty, own);
            }
        }
        let evaluations = self.f.evaluations() + usize::from(self.center.is_some());
        Report { verdict, evaluations, ..report }
    }

    /// The entries that halving found wrong: `x[3, 1], y[0]`.
    pub(crate) fn named(&self, judged: &[Judged], more: bool) -> Option<String> {
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
    pub(crate) fn name(&self, mut i: usize) -> String {
        for (name, ty) in &self.inputs {
            if i < ty.shape.size() {
                return format!("{name}{:?}", position(ty, i));
            }
            i -= ty.shape.size();
        }
        i.to_string()
    }

    /// The inputs that make no difference, and of which nothing else is claimed; none if all are.
    pub(crate) fn idle(&self, judged: &[Judged]) -> Vec<String> {
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
    pub(crate) fn diagnosis(&self, judged: &[Judged]) -> Vec<String> {
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
        // The number at a kink is a convention, which is no mistake; if it is one, factors say nothing of it.
        if judged.iter().any(|j| j.verdict == Verdict::Wrong && j.line.is_kink()) {
            return Vec::new();
        }
        let measured =
            |j: &Judged| if j.verdict == Verdict::Wrong || !j.line.is_kink() { measured(j) } else { j.line.claimed };
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
pub(crate) fn along(judged: &Judged) -> String {
    let Line { claimed, finding, direction, .. } = &judged.line;
    let (measured, count) = (claimed + finding.best.value, direction.moves.len());
    let Judged { verdict, why, .. } = judged;
    let error = finding.best.error;
    format!(
        "{verdict} along a direction in {count} entries: claimed {claimed:e}, measured {measured:e} ± {error:.0e} {why}"
    )
}

pub(crate) fn entry(judged: &Judged, index: Vec<usize>) -> Entry {
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
