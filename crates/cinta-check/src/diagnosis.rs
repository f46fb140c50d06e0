//! What kind of mistake it looks like, when the evidence says so.
use cinta_graph::ArrayType;

use crate::arrays::largest;

/// The claimed and the measured gradient of one input, entry by entry.
pub(crate) struct Evidence<'a> {
    pub(crate) input: &'a str,
    pub(crate) array_type: &'a ArrayType,
    pub(crate) claimed: Vec<f64>,
    pub(crate) measured: Vec<f64>,
    /// How far the measured ones may be off.
    pub(crate) error: Vec<f64>,
    pub(crate) wrong: bool,
}

/// Two gradients are the same if they differ by less than this share of the larger norm.
const SAME: f64 = 1e-4;

impl Evidence<'_> {
    fn norm(&self) -> f64 {
        norm(&self.measured)
    }

    /// Whether other numbers are what was measured.
    fn is(&self, other: &[f64]) -> bool {
        let size = self.norm().max(norm(other));
        let apart = |((a, b), error): ((&f64, &f64), &f64)| (a - b).abs() > 10.0 * error + SAME * size;
        let sized = size > 0.0 && size.is_finite();
        sized && other.len() == self.measured.len() && !self.measured.iter().zip(other).zip(&self.error).any(apart)
    }

    /// The one number that the measured gradient is of the claimed one.
    fn factor(&self) -> Option<f64> {
        // Beside the largest, so that no square is too large or too small to be held.
        let most = largest(&self.claimed);
        let pairs = self.claimed.iter().map(|c| c / most).zip(&self.measured);
        let (dot, size) = pairs.fold((0.0, 0.0), |(dot, size), (c, m)| (dot + c * m, size + c * c));
        let factor = dot / size / most;
        let scaled: Vec<f64> = self.claimed.iter().map(|c| c * factor).collect();
        (factor.is_finite() && (factor - 1.0).abs() > SAME && self.is(&scaled)).then_some(factor)
    }

    /// What the claimed gradient, put in another order, would be right in.
    fn order(&self) -> Option<String> {
        let n = self.claimed.len();
        if let [rows, columns] = self.array_type.shape[..]
            && rows > 1
            && columns > 1
        {
            let transposed: Vec<f64> = (0..n).map(|k| self.claimed[k % columns * rows + k / columns]).collect();
            if self.is(&transposed) {
                let how = if rows == columns { "" } else { ", its numbers put into the shape of the input" };
                return Some(format!("the claimed gradient is the transpose of what it should be{how}"));
            }
        }
        let rolled = |by: usize| {
            let mut rolled = self.claimed.clone();
            rolled.rotate_left(by);
            rolled
        };
        for (by, way) in [(1, "forward"), (n.saturating_sub(1), "back")] {
            if n > 2 && self.is(&rolled(by)) {
                return Some(format!("the claimed gradient stands one place too far {way}"));
            }
        }
        let mut reversed = self.claimed.clone();
        reversed.reverse();
        if n > 1 && self.is(&reversed) && n > 2 {
            return Some("the claimed gradient is in reverse order".to_owned());
        }
        let size = self.norm();
        let off = |i: &usize| (self.claimed[*i] - self.measured[*i]).abs() > 10.0 * self.error[*i] + SAME * size;
        if let [i, j] = (0..n).filter(off).collect::<Vec<_>>()[..] {
            let mut swapped = self.claimed.clone();
            swapped.swap(i, j);
            if self.is(&swapped) {
                return Some(format!("entries {i} and {j} (row-major) are exchanged"));
            }
        }
        None
    }
}

fn norm(numbers: &[f64]) -> f64 {
    numbers.iter().copied().filter(|x| x.is_finite()).fold(0.0, f64::hypot)
}

/// What the mistakes look like, input by input.
pub(crate) fn diagnose(evidence: &[Evidence<'_>]) -> Vec<String> {
    let all = evidence.iter().filter_map(|e| e.factor().map(|factor| (e, factor))).collect::<Vec<_>>();
    if evidence.len() > 1
        && all.len() == evidence.len()
        && all.iter().all(|(_, factor)| (factor - all[0].1).abs() <= SAME * factor.abs())
    {
        return vec![format!("all inputs: {}", of_factor(all[0].1, None))];
    }
    evidence
        .iter()
        .filter(|e| e.wrong)
        .filter_map(|e| Some(format!("{}: {}", e.input, of_input(e, evidence)?)))
        .collect()
}

fn of_input(e: &Evidence<'_>, all: &[Evidence<'_>]) -> Option<String> {
    if e.norm() > 0.0 && e.claimed.iter().all(|c| *c == 0.0) {
        return Some("the claimed gradient is zero, and the function depends on it: was it detached?".to_owned());
    }
    if norm(&e.claimed) > 0.0 && e.measured.iter().zip(&e.error).all(|(m, error)| m.abs() <= 10.0 * error) {
        return Some("the function does not depend on it, and the claimed gradient is not zero".to_owned());
    }
    let factor = e.factor();
    if let Some(factor) = factor.filter(|factor| whole(*factor).or(whole(1.0 / factor)).is_some()) {
        return Some(of_factor(factor, Some(e.array_type)));
    }
    // Of one number any other is some multiple, which says less than whose it is.
    let other =
        |o: &&Evidence<'_>| !std::ptr::eq(*o, e) && o.array_type.shape == e.array_type.shape && o.is(&e.claimed);
    if let Some(other) = all.iter().find(other) {
        return Some(format!("the claimed gradient is that of {}", other.input));
    }
    if let Some(factor) = factor {
        return Some(of_factor(factor, Some(e.array_type)));
    }
    if let Some(order) = e.order() {
        return Some(order);
    }
    let size = e.norm();
    let off = |i: &usize| (e.claimed[*i] - e.measured[*i]).abs() > 10.0 * e.error[*i] + 1e-12 * size;
    let wrong: Vec<usize> = (0..e.claimed.len()).filter(off).collect();
    let signs =
        wrong.iter().all(|&i| (e.claimed[i] + e.measured[i]).abs() <= 10.0 * e.error[i] + SAME * e.measured[i].abs());
    let [first, ..] = wrong[..] else { return None };
    if signs {
        return Some(format!("{} have the wrong sign", count(wrong.len(), e.claimed.len())));
    }
    if wrong.len() == e.claimed.len() && wrong.len() > 1 {
        let ratio = e.measured[first] - e.claimed[first];
        let constant = wrong.iter().all(|&i| (e.measured[i] - e.claimed[i] - ratio).abs() <= SAME * ratio.abs());
        return constant.then(|| format!("every entry is off by the same amount, {ratio:e}: is a term forgotten?"));
    }
    (e.claimed.len() > 1).then(|| format!("{} are wrong, the others right", count(wrong.len(), e.claimed.len())))
}

fn count(some: usize, all: usize) -> String {
    format!("{some} of {all} entries")
}

/// The whole number that a factor is, but for its sign.
fn whole(factor: f64) -> Option<f64> {
    (1..=1000).map(f64::from).find(|n| (factor.abs() - n).abs() <= SAME * n)
}

/// What a factor between measured and claimed says.
fn of_factor(factor: f64, ty: Option<&ArrayType>) -> String {
    let near = |x: f64| (factor - x).abs() <= SAME * x.abs();
    if near(-1.0) {
        return "the sign is wrong".to_owned();
    }
    let axis = ty.into_iter().flat_map(|ty| ty.shape.iter().copied().chain([ty.shape.size()]));
    let axis = axis.filter(|n| *n > 2).find(|n| near(*n as f64) || near(1.0 / *n as f64));
    let hint = match axis {
        Some(n) if factor > 1.0 => format!(" ({n} is also the size of an axis: is it a mean for a sum?)"),
        Some(n) => format!(" ({n} is also the size of an axis: is it a sum for a mean?)"),
        None => String::new(),
    };
    let sign = if factor < 0.0 { "−" } else { "" };
    match (whole(factor), whole(1.0 / factor)) {
        (Some(n), _) if n > 1.0 => format!("a factor of {sign}{n} is missing{hint}"),
        (_, Some(n)) if n > 1.0 => format!("it is {sign}{n} times too large{hint}"),
        _ => format!("the measured gradient is {factor:.8} times the claimed one"),
    }
}
