//! Which entries make the slope along a direction wrong, by halving (group testing).
use crate::Verdict;
use crate::gradient::{Judged, Measured, Problem, judge};
use crate::line::{Line, TRUST};
use crate::measure::Direction;
use crate::options::Options;

/// So many entries are named at most.
const MOST: usize = 8;
/// Groups that are split before anything is said of how the errors are spread.
const FIRST: usize = 8;
/// At most so many halvings: each takes four values on either side, or fewer.
const HALVINGS: usize = 160;

/// So often others are looked for where those that were found are not wrong.
const ROUNDS: usize = 3;
/// An entry may hide an error of this share of what each entry would have.
const SHARE: f64 = 0.1;
/// Why a direction that is off is not called wrong.
const NOBODY: &str = "and no entry that moves along it is off on its own";

/// What halving found.
#[derive(Debug)]
pub(crate) struct Culprits {
    /// The entries.
    pub(crate) entries: Vec<usize>,
    /// Whether there are more.
    pub(crate) more: bool,
    /// Whether errors are everywhere, and the entry is an example.
    pub(crate) spread: bool,
}

/// Entries that move together, and how far the slope along them is off.
struct Group {
    moves: Vec<(usize, f64)>,
    off: f64,
    error: f64,
}

impl Group {
    fn is_off(&self) -> bool {
        self.off.is_nan() || self.off.abs() > TRUST * self.error
    }
}

impl Problem<'_> {
    /// What is off along both halves of a direction adds up to what is off along the whole, so one of them has to be
    /// measured, at a few steps near the best one. Halves that are not off are left alone: a few culprits take as many
    /// halvings as their positions have bits. All steps are taken to look more closely.
    pub(crate) fn culprits(&mut self, judged: &Judged, center: f64, closely: bool) -> Culprits {
        let Direction { moves, ratio, .. } = &judged.line.direction;
        let (best, ratio) = (judged.line.finding.best, *ratio);
        let (reach, last) = (best.step * ratio * ratio, best.step / ratio);
        let few = Direction { moves: Vec::new(), reach, last, ratio, coarse: 0.0, wide: f64::INFINITY };
        let steps = if closely { judged.line.direction.clone() } else { few };
        let whole = Group { moves: self.space.free(moves.clone()), off: best.value, error: best.error };
        let (mut groups, mut entries, mut halvings, mut most) = (vec![whole], Vec::new(), 0, MOST);
        while let Some(group) = next(&mut groups, halvings < FIRST - 1) {
            if let [(i, _)] = group.moves[..] {
                entries.push(i);
                if entries.len() == most {
                    break;
                }
                continue;
            }
            if halvings == HALVINGS {
                groups.push(group);
                break;
            }
            let Group { mut moves, off, error } = group;
            let others = moves.split_off(moves.len() / 2);
            let all = self.space.closed(moves.clone());
            let direction = Direction { moves: all, ..steps.clone() };
            let found = self.every_step(direction, center).finding.best;
            self.f.step();
            let halves = [(moves, found.value, found.error), (others, off - found.value, error + found.error)];
            let halves = halves.map(|(moves, off, error)| Group { moves, off, error });
            // The larger one is off, if nothing is clear.
            let larger = usize::from(halves[1].off.abs() > halves[0].off.abs());
            let clear = halves.iter().any(Group::is_off);
            groups.extend(
                halves
                    .into_iter()
                    .enumerate()
                    .filter(|(i, half)| half.is_off() || !clear && *i == larger)
                    .map(|(_, half)| half),
            );
            halvings += 1;
            if halvings == FIRST - 1 && groups.len() == FIRST {
                most = 1; // errors everywhere: an example will do
            }
        }
        Culprits { entries, more: !groups.is_empty(), spread: most == 1 }
    }
}

impl Problem<'_> {
    /// The entries to blame for a direction that is off, each measured on its own. If it is called wrong and none of them
    /// is, it is acquitted: without them it has to be right, or others are looked for.
    pub(crate) fn blame(&mut self, direction: &mut Judged, center: f64, options: &Options) -> Measured {
        self.f.progress = Some(options.progress(HALVINGS, "halvings"));
        let (mut found, mut entries) = (self.culprits(direction, center, false), Vec::new());
        let mut more = found.more;
        let mut rest: Option<Judged> = None;
        for round in 0..ROUNDS {
            let lines = found.entries.iter().map(|i| self.line(self.space.along(*i), center)).collect();
            entries.extend(judge(lines));
            let blamed = entries.iter().map(|j| j.verdict).max().unwrap_or(Verdict::Right);
            if direction.verdict != Verdict::Wrong || blamed == Verdict::Wrong {
                break;
            }
            let of = rest.as_ref().unwrap_or(direction);
            let (verdict, why) = match blamed {
                Verdict::Right if entries.iter().all(|j| hides(j, &of.line, found.spread)) => break,
                Verdict::Right => (Verdict::Unclear, NOBODY),
                verdict => (verdict, "as are entries that move along it"),
            };
            if found.spread || round + 1 == ROUNDS {
                (direction.verdict, direction.why) = (verdict, why.to_owned());
                break;
            }
            let mut moves = self.space.free(of.line.direction.moves.clone());
            moves.retain(|(i, _)| !found.entries.contains(i));
            let moves = self.space.closed(moves);
            let without = Direction { moves, ..of.line.direction.clone() };
            let Some(judged) = judge(vec![self.line(without, center)]).pop() else { break };
            if judged.verdict != Verdict::Wrong {
                (direction.verdict, direction.why) = (verdict.max(judged.verdict), why.to_owned());
                break;
            }
            found = self.culprits(&judged, center, true);
            more |= found.more;
            rest = Some(judged);
        }
        more &= direction.verdict == Verdict::Wrong;
        Measured { judged: entries, more, ..Measured::default() }
    }
}

/// Whether an entry that is right on its own could still be off by what a direction shows: by all of it, or if errors are
/// everywhere, by what that makes of each.
fn hides(entry: &Judged, direction: &Line, spread: bool) -> bool {
    let moves = &direction.direction.moves;
    let each = direction.finding.best.value.abs() / if spread { (moves.len() as f64).sqrt() } else { 1.0 };
    let own = entry.line.direction.moves.first().and_then(|(i, _)| moves.iter().find(|(j, _)| i == j));
    own.is_none_or(|(_, d)| TRUST * entry.line.finding.claim * d.abs() >= SHARE * each)
}

/// The group to look into next: first the largest, so that it shows how the errors are spread; then the smallest, so that
/// one culprit after the other is found.
fn next(groups: &mut Vec<Group>, largest: bool) -> Option<Group> {
    let sign = if largest { 1.0 } else { -1.0 };
    let key = |i: &usize| (sign * groups[*i].moves.len() as f64, groups[*i].off.abs());
    let order = |a: &usize, b: &usize| key(a).0.total_cmp(&key(b).0).then(key(a).1.total_cmp(&key(b).1));
    let next = (0..groups.len()).max_by(order)?;
    Some(groups.swap_remove(next))
}
