//! What a check found, as a value.
use std::fmt;

use cinta_graph::ArrayType;

use crate::Fault;

/// What may be said of a derivative.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum Verdict {
    /// Right, as far as the resolution stated beside it.
    Right,
    /// The function shows too little here to say anything.
    Unclear,
    /// Not differentiable at the point: the slopes of both sides differ, and the claimed one is one of the two or
    /// between.
    Kink,
    /// Not differentiable at the point: the value jumps there.
    Jump,
    /// Off by more than what is measured leaves open.
    Wrong,
}

/// One number of a gradient beside the measured one.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Entry {
    /// Its position in the array.
    pub index: Vec<usize>,
    /// The number under test.
    #[cfg_attr(feature = "serde", serde(with = "crate::data::number"))]
    pub claimed: f64,
    /// The measured one.
    #[cfg_attr(feature = "serde", serde(with = "crate::data::number"))]
    pub measured: f64,
    /// How far the measured one may be off.
    #[cfg_attr(feature = "serde", serde(with = "crate::data::number"))]
    pub error: f64,
    /// The slopes before and after the point.
    #[cfg_attr(feature = "serde", serde(with = "crate::data::pair"))]
    pub sides: [f64; 2],
    /// What is said of it.
    pub verdict: Verdict,
    /// Why, where it is not simply right.
    pub why: String,
}

/// What a check of one input found.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Row {
    /// The name of the input.
    pub input: String,
    /// Dtype and shape.
    #[cfg_attr(feature = "serde", serde(with = "crate::data::text"))]
    pub array_type: ArrayType,
    /// The worst verdict among the entries checked.
    pub verdict: Verdict,
    /// How many entries were measured on their own; fewer than there are where directions show the rest.
    pub checked: usize,
    /// How many of them have the verdict.
    pub count: usize,
    /// The entries measured on their own, the worst first.
    pub entries: Vec<Entry>,
}

impl Row {
    pub(crate) fn new(input: &str, array_type: &ArrayType, mut entries: Vec<Entry>) -> Self {
        let off = |entry: &Entry| {
            let off = (entry.claimed - entry.measured).abs();
            if off.is_nan() { f64::INFINITY } else { off }
        };
        entries.sort_by(|a, b| b.verdict.cmp(&a.verdict).then(off(b).total_cmp(&off(a))));
        let verdict = entries.first().map_or(Verdict::Right, |worst| worst.verdict);
        Self {
            input: input.to_owned(),
            array_type: array_type.clone(),
            verdict,
            checked: entries.len(),
            count: entries.iter().filter(|entry| entry.verdict == verdict).count(),
            entries,
        }
    }
}

/// What a check found: a verdict, the resolution at which it stands, and the evidence, input by input.
///
/// `{}` prints it as a table.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Report {
    pub(crate) title: String,
    pub(crate) verdict: Verdict,
    #[cfg_attr(feature = "serde", serde(with = "crate::data::number"))]
    pub(crate) resolution: f64,
    pub(crate) rows: Vec<Row>,
    pub(crate) notes: Vec<String>,
    pub(crate) faults: Vec<Fault>,
    pub(crate) evaluations: usize,
    pub(crate) seed: u64,
    /// The share of the derivative's norm that is not seen.
    #[cfg_attr(feature = "serde", serde(with = "crate::data::number"))]
    pub(crate) blind: f64,
    /// Whether directions stand for entries.
    pub(crate) directions: bool,
    /// Of a higher derivative: the reports of those below it, the first one first.
    pub(crate) lower: Vec<Report>,
}

impl Report {
    /// A report without evidence: something is wrong before anything was measured.
    pub(crate) fn without_evidence(
        title: &str,
        verdict: Verdict,
        inputs: &[(String, ArrayType)],
        notes: Vec<String>,
        seed: u64,
    ) -> Self {
        Self {
            title: title.to_owned(),
            verdict,
            resolution: f64::INFINITY,
            rows: inputs.iter().map(|(name, ty)| Row { verdict, ..Row::new(name, ty, Vec::new()) }).collect(),
            notes,
            faults: Vec::new(),
            evaluations: 1,
            seed,
            blind: f64::INFINITY,
            directions: false,
            lower: Vec::new(),
        }
    }

    /// This report, of a derivative that is taken of another one.
    pub(crate) fn after(mut self, mut before: Self) -> Self {
        self.lower = std::mem::take(&mut before.lower);
        self.lower.push(before);
        self
    }

    /// Takes the derivative as right, as something better than differences shows to this share of its norm. What
    /// differences could not show is replaced by what shows it: the slope along each entry, by its number among all.
    pub(crate) fn settle(&mut self, resolution: f64, slope: impl Fn(usize) -> f64) {
        let mut start = 0;
        for row in &mut self.rows {
            let shape = row.array_type.shape.clone();
            let number = |index: &[usize]| index.iter().zip(&shape[..]).fold(0, |number, (i, size)| number * size + i);
            for entry in &mut row.entries {
                if matches!(entry.verdict, Verdict::Right | Verdict::Kink) {
                    continue;
                }
                entry.measured = slope(start + number(&entry.index));
                entry.error = (entry.claimed - entry.measured).abs().max(f64::EPSILON * entry.measured.abs());
                (entry.sides, entry.verdict) = ([entry.measured; 2], Verdict::Right);
                "by dual numbers".clone_into(&mut entry.why);
            }
            row.entries.sort_by_key(|entry| std::cmp::Reverse(entry.verdict));
            row.verdict = row.entries.first().map_or(Verdict::Right, |entry| entry.verdict);
            row.count = row.entries.iter().filter(|entry| entry.verdict == row.verdict).count();
            start += shape.size();
        }
        self.verdict = self.rows.iter().map(|row| row.verdict).max().unwrap_or(Verdict::Right);
        (self.resolution, self.blind, self.directions) = (resolution, resolution, true);
        self.notes.clear();
    }

    /// Whether everything is right, or at a kink with the slope of one of its sides or one between.
    #[must_use]
    pub fn passed(&self) -> bool {
        matches!(self.verdict(), Verdict::Right | Verdict::Kink)
    }

    /// Panics with this report unless it [passed](Self::passed): a test in one line.
    ///
    /// # Panics
    /// If the derivative is wrong, or nothing can be said of it.
    #[track_caller]
    pub fn assert(&self) {
        assert!(self.passed(), "{self}");
    }

    /// What is said of the whole: of several orders, the worst.
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        self.lower.iter().map(|report| report.verdict).fold(self.verdict, Verdict::max)
    }

    /// Of a check of several orders: the reports of the lower ones, the first derivative first. All else in this report
    /// is of the highest.
    #[must_use]
    pub fn lower_orders(&self) -> &[Self] {
        &self.lower
    }

    /// The share of the derivative's norm that an error could have and not be seen: 1e-9 is *right to 9 digits*.
    #[must_use]
    pub fn resolution(&self) -> f64 {
        self.resolution
    }

    /// How likely at most it is that errors were overlooked of which the largest is this share of the gradient's norm,
    /// entries measured in their own scales.
    ///
    /// Where every entry was measured it is 0 or 1. A random direction overlooks errors only if they happen to cancel
    /// along it: its entries are uniform in ±[½, 1), so the chance to stay below τ is at most 2τ over the largest.
    #[must_use]
    pub fn miss_probability(&self, share: f64) -> f64 {
        let bound = if self.directions { 2.0 * self.blind / share } else { f64::from(u8::from(share <= self.blind)) };
        bound.clamp(0.0, 1.0)
    }

    /// How many digits of the derivative were seen to be right.
    #[must_use]
    pub fn digits(&self) -> f64 {
        (-self.resolution.log10()).clamp(0.0, 17.0)
    }

    /// What was found, input by input.
    #[must_use]
    pub fn rows(&self) -> &[Row] {
        &self.rows
    }

    /// What kind of mistake it looks like, and other things worth knowing.
    #[must_use]
    pub fn notes(&self) -> &[String] {
        &self.notes
    }

    /// Of a recorded function whose gradient is wrong: the operations whose own rules are.
    #[must_use]
    pub fn faults(&self) -> &[Fault] {
        &self.faults
    }

    /// How often the function was evaluated, of several orders all together.
    #[must_use]
    pub fn evaluations(&self) -> usize {
        self.evaluations + self.lower.iter().map(|report| report.evaluations).sum::<usize>()
    }

    /// The seed of its random directions: with the same seed, the same is found.
    #[must_use]
    pub fn seed(&self) -> u64 {
        self.seed
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Right => "right",
            Self::Unclear => "cannot tell",
            Self::Kink => "kink",
            Self::Jump => "jump",
            Self::Wrong => "wrong",
        })
    }
}

/// The verdict in a line, a table with a line an input, and the notes; of several orders, one after another.
impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.lower.iter().try_for_each(|report| write!(f, "{report}"))?;
        write!(f, "{}: {}", self.title, self.verdict)?;
        // Of no numbers, none is right to any digit.
        let is_empty = self.rows.iter().all(|row| row.array_type.shape.size() == 0);
        if self.verdict == Verdict::Right && !is_empty {
            match self.digits().floor() {
                0.0 => write!(f, ", but for a share of {:.0e}", self.resolution)?,
                1.0 => f.write_str(" to 1 digit")?,
                digits => write!(f, " to {digits:.0} digits")?,
            }
        }
        let plural = if self.evaluations == 1 { "" } else { "s" };
        writeln!(f, " ({} evaluation{plural}, seed {})", self.evaluations, self.seed)?;
        let header = ["input", "type", "worst entry", "claimed", "measured", "verdict"].map(str::to_owned);
        let mut lines = vec![header];
        for row in &self.rows {
            let (input, ty) = (row.input.clone(), row.array_type.to_string());
            lines.push(match row.entries.first() {
                Some(worst) => {
                    let mut verdict = format!("{}, {} of {} entries", row.verdict, row.count, row.checked);
                    if !worst.why.is_empty() {
                        verdict = format!("{verdict}: {}", worst.why);
                    }
                    let measured = format!("{:.12e} ± {:.0e}", worst.measured, worst.error);
                    [input, ty, format!("{:?}", worst.index), format!("{:.12e}", worst.claimed), measured, verdict]
                }
                None => [input, ty, String::new(), String::new(), String::new(), row.verdict.to_string()],
            });
        }
        let width = |column: usize| lines.iter().map(|line| line[column].chars().count()).max().unwrap_or(0);
        let widths: Vec<usize> = (0..6).map(width).collect();
        for line in &lines {
            let cells = line.iter().zip(&widths).map(|(cell, width)| format!("{cell:width$}"));
            writeln!(f, "  {}", cells.collect::<Vec<_>>().join("  ").trim_end())?;
        }
        if self.directions && self.passed() {
            let chance = self.miss_probability(1e-3);
            writeln!(f, "  along random directions: errors of a thousandth escape with a probability of {chance:.0e}")?;
        }
        self.notes.iter().try_for_each(|note| writeln!(f, "  {note}"))
    }
}
