//! Kinks, behind which errors hide: along a direction with a kink every claim between the slopes of both sides looks right,
//! and tied entries have a slope together that none of them has alone.
use std::collections::BTreeMap;

use crate::Verdict;
use crate::gradient::{Judged, Measured, NAMED, Problem, judge};
use crate::line::Line;
use crate::measure::{Direction, Slope};
use crate::options::Options;

/// At most so many parts are measured to see behind kinks, twice as many as there are entries that are measured one by one.
pub(crate) const PARTS: usize = 256;
/// How many times their errors slopes of entries must be off the slope of all for these to be tied.
const CLEARLY: f64 = 8.0;

impl Problem<'_> {
    /// Splits directions with kinks or jumps until each of those is of a single entry, and everything else has none. Where
    /// that takes too many parts, those that are left hide nothing if their claims follow one convention.
    pub(crate) fn behind_kinks(&mut self, directions: Vec<Judged>, center: f64, options: &Options) -> Measured {
        let (mut kinks, mut judged): (Vec<Judged>, Vec<Judged>) =
            directions.into_iter().partition(|j| self.is_kink_of_many(j));
        if !kinks.is_empty() {
            self.f.progress = Some(options.progress(PARTS, "parts"));
        }
        let (mut parts, mut more) = (0, false);
        while parts < PARTS
            && let Some(next) = next(&kinks)
        {
            let kink = kinks.swap_remove(next);
            let mut moves = self.space.free(kink.line.direction.moves.clone());
            // All to the same side, so that conventions show.
            for (_, d) in &mut moves {
                *d = d.abs();
            }
            let others = moves.split_off(moves.len() / 2);
            for half in [moves, others] {
                let direction = match half[..] {
                    [(i, _)] => self.space.along(i),
                    _ => Direction { moves: self.space.closed(half), ..kink.line.direction.clone() },
                };
                let Some(mut part) = judge(vec![self.line(direction, center)]).pop() else { continue };
                parts += 1;
                self.f.step();
                if part.verdict == Verdict::Wrong && part.line.direction.moves.len() > 1 {
                    let found = self.blame(&mut part, center, options);
                    more |= found.more;
                    judged.extend(found.judged);
                }
                // One that is wrong is enough.
                if part.verdict == Verdict::Wrong {
                    parts = PARTS;
                }
                if self.is_kink_of_many(&part) { kinks.push(part) } else { judged.push(part) }
            }
        }
        let hidden = kinks.iter().any(hides);
        let broken = self.ties(&judged, center);
        judged.extend(kinks);
        Measured { judged, broken, more, hidden }
    }

    fn is_kink_of_many(&self, judged: &Judged) -> bool {
        let many = || self.space.free(judged.line.direction.moves.clone()).len() > 1;
        matches!(judged.verdict, Verdict::Kink | Verdict::Jump) && many()
    }

    /// Where several equal entries are at kinks, they may be tied: moved together, the function can be smooth, and what the
    /// claims make of that is no convention. Where they are not, the slopes of each add up to those of all, on both sides.
    pub(crate) fn ties(&mut self, judged: &[Judged], center: f64) -> Vec<String> {
        let kinks =
            judged.iter().filter(|j| j.verdict == Verdict::Kink).filter_map(|j| match j.line.direction.moves[..] {
                [(i, _)] => Some((i, &j.line)),
                _ => None,
            });
        let mut tied: BTreeMap<u64, Vec<(usize, &Line)>> = BTreeMap::new();
        kinks.for_each(|(i, line)| tied.entry(self.space.x[i].to_bits()).or_default().push((i, line)));
        let mut notes = Vec::new();
        for entries in tied.into_values().filter(|entries| entries.len() > 1) {
            let moves = entries.iter().map(|(i, _)| (*i, 1.0)).collect();
            let direction = Direction { moves, ..self.space.along(entries[0].0) };
            let [tie] = &judge(vec![self.line(direction, center)])[..] else { continue };
            let apart = |side: fn(&Line) -> Slope| {
                let sum = entries.iter().map(|(_, line)| side(line).value).sum::<f64>();
                let error = entries.iter().map(|(_, line)| side(line).error).sum::<f64>();
                (sum - side(&tie.line).value).abs() > CLEARLY * (error + side(&tie.line).error)
            };
            let tied = apart(|line| line.finding.after) || apart(|line| line.finding.before);
            if tie.verdict == Verdict::Wrong && !tie.line.is_kink() && tied {
                let names: Vec<String> = entries.iter().take(NAMED).map(|(i, _)| self.name(*i)).collect();
                let (claimed, off) = (tie.line.claimed, tie.line.finding.best);
                let (measured, error, names) = (claimed + off.value, off.error, names.join(", "));
                let together = format!("{} entries move together, {names}", entries.len());
                notes.push(format!(
                    "where {together}: the slope is {measured:e} ± {error:.0e}, and the claims sum to {claimed:e}"
                ));
            }
        }
        notes
    }
}

/// Whether something may be wrong behind the kinks of a direction.
fn hides(kink: &Judged) -> bool {
    !kink.line.follows_convention()
}

/// The direction to split next: one that hides something, and one that does not only where its entries are few enough to be
/// told one by one.
fn next(kinks: &[Judged]) -> Option<usize> {
    let entries: usize = kinks.iter().map(|j| j.line.direction.moves.len()).sum();
    let few = || kinks.len().checked_sub(1).filter(|_| entries <= PARTS);
    kinks.iter().rposition(hides).or_else(few)
}
