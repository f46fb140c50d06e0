//! Pictures of a check, as SVG text: claimed against measured numbers, and the error of quotients by their steps.
use std::fmt::{self, Write};

use crate::inputs::{Arrays, Layout};
use crate::measure::{Ladder, Method, Values, columns};
use crate::{Check, Report, Verdict};

const WIDTH: f64 = 640.0;
const HEIGHT: f64 = 400.0;
/// Room for labels on the left and below, on the right and above.
const MARGIN: f64 = 60.0;

/// How far difference quotients are from a claimed derivative, step by step: large steps suffer from curvature, small
/// ones from rounding, and between stands the V that every fixed step hopes to hit.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Curve {
    /// What it is of.
    pub title: String,
    /// By order of the central quotient: the order, steps, and errors relative to the claimed number (absolute where
    /// that is 0).
    #[cfg_attr(feature = "serde", serde(with = "crate::data::curves"))]
    pub orders: Vec<(usize, Vec<(f64, f64)>)>,
}

impl Check {
    /// The errors of difference quotients for one entry of a claimed gradient, by steps.
    ///
    /// ```
    /// use cinta_check::Check;
    /// let curve = Check::new().curve(|x: &[f64; 2]| x[0].sin() * x[1], |x| [x[0].cos() * x[1], x[0].sin()], &[0.3, 2.0], 0);
    /// let best = |order: usize| curve.orders[order].1.iter().map(|(_, error)| *error).fold(f64::INFINITY, f64::min);
    /// assert!(best(0) < 1e-8 && best(2) < 1e-11);
    /// assert!(curve.to_svg().starts_with("<svg"));
    /// ```
    ///
    /// A curve without points is one of an entry that is not there, or in domains that do not fit.
    pub fn curve<P: Arrays, O: Arrays>(
        &self,
        f: impl Fn(&P) -> O,
        gradient: impl Fn(&P) -> P,
        x: &P,
        entry: usize,
    ) -> Curve {
        let at = Layout::of(x);
        let claim = Layout::of(&gradient(x)).numbers();
        let value = Values::one_by_one(|numbers: &[f64]| {
            let output = Layout::of(&f(&x.with_arrays(&mut at.values(numbers).into_iter())));
            output.numbers().first().copied().unwrap_or(f64::NAN)
        });
        self.errors(&at, value, &claim, entry)
    }

    /// The same of any function of numbers.
    pub(crate) fn errors(&self, at: &Layout, mut value: Values<'_>, claim: &[f64], entry: usize) -> Curve {
        let title = format!("error of difference quotients by step, entry {entry}");
        let Some(space) = self.space(at).ok().filter(|space| entry < space.x.len().min(claim.len())) else {
            return Curve { title, orders: Vec::new() };
        };
        let center = value.at(&space.x);
        let ladder = Ladder::climb(&mut value, center, &space, claim, &space.along(entry));
        let scale = if claim[entry] == 0.0 { 1.0 } else { claim[entry].abs() };
        let orders = columns(&ladder, Method::Central).into_iter().enumerate().map(|(j, column)| {
            let points = column.iter().map(|q| (q.step, (q.value / scale).abs())).filter(|(_, error)| *error > 0.0);
            (2 * j + 2, points.collect())
        });
        Curve { title, orders: orders.collect() }
    }
}

impl Curve {
    /// As a picture: both axes logarithmic, a line an order.
    #[must_use]
    pub fn to_svg(&self) -> String {
        let points = || self.orders.iter().flat_map(|(_, points)| points.iter());
        let xs = Scale::new(points().map(|(step, _)| step.log10()), MARGIN, WIDTH - MARGIN / 2.0);
        let ys = Scale::new(points().map(|(_, error)| error.log10()), HEIGHT - MARGIN, MARGIN / 2.0);
        let mut body = String::new();
        for ((order, points), color) in self.orders.iter().zip(COLORS) {
            let line: Vec<String> = points
                .iter()
                .map(|(step, error)| format!("{:.1},{:.1}", xs.at(step.log10()), ys.at(error.log10())))
                .collect();
            let _ = writeln!(body, r#"<polyline fill="none" stroke="{color}" points="{}"/>"#, line.join(" "));
            let y = MARGIN / 2.0 + 8.0 * *order as f64;
            let _ = writeln!(body, r#"<text x="{}" y="{y}" fill="{color}">order {order}</text>"#, MARGIN + 10.0);
        }
        frame(&self.title, &body, ("step", &xs.ends(exponent)), ("relative error", &ys.ends(exponent)))
    }
}

impl Report {
    /// The claimed numbers of an input against the measured ones: what is right stands on the diagonal. `None` if no
    /// entry of the input was measured on its own. What is no number has no place in it.
    ///
    /// ```
    /// use cinta_check::check_gradient;
    /// let report = check_gradient(|x: &[f64; 3]| x[0] * x[1] + x[2], |x| [x[1], x[0], 2.0], &[0.5, 1.5, 0.0]);
    /// let svg = report.to_svg("x").expect("three entries");
    /// assert_eq!(svg.matches("<circle").count(), 3);
    /// ```
    #[must_use]
    pub fn to_svg(&self, input: &str) -> Option<String> {
        let row = self.rows.iter().find(|row| row.input == input && !row.entries.is_empty())?;
        let numbers = || row.entries.iter().flat_map(|entry| [entry.claimed, entry.measured]);
        let (xs, ys) =
            (Scale::new(numbers(), MARGIN, WIDTH - MARGIN / 2.0), Scale::new(numbers(), HEIGHT - MARGIN, MARGIN / 2.0));
        let [(x0, y0), (x1, y1)] = [xs.low, xs.high].map(|x| (xs.at(x), ys.at(x)));
        let mut body = format!("<line x1=\"{x0:.1}\" y1=\"{y0:.1}\" x2=\"{x1:.1}\" y2=\"{y1:.1}\" stroke=\"#bbb\"/>\n");
        for entry in row.entries.iter().filter(|entry| entry.claimed.is_finite() && entry.measured.is_finite()) {
            let color = if entry.verdict == Verdict::Right { COLORS[0] } else { COLORS[1] };
            let (x, y) = (xs.at(entry.measured), ys.at(entry.claimed));
            let title = format!("{:?}: claimed {:e}, measured {:e}", entry.index, entry.claimed, entry.measured);
            let _ = writeln!(
                body,
                r#"<circle cx="{x:.1}" cy="{y:.1}" r="3" fill="{color}"><title>{title}</title></circle>"#
            );
        }
        let title = format!("{} of {input}: {}", self.title, row.verdict);
        Some(frame(&title, &body, ("measured", &xs.ends(number)), ("claimed", &ys.ends(number))))
    }
}

const COLORS: [&str; 4] = ["#2a6fb0", "#c0392b", "#27ae60", "#8e44ad"];

/// Numbers onto a stretch of the picture.
struct Scale {
    low: f64,
    high: f64,
    from: f64,
    to: f64,
}

impl Scale {
    fn new(numbers: impl Iterator<Item = f64>, from: f64, to: f64) -> Self {
        let (low, high) = numbers
            .filter(|x| x.is_finite())
            .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), x| (low.min(x), high.max(x)));
        let scale = Self { low, high, from, to };
        if scale.half() > 0.0 { scale } else { Self { low: low.min(0.0) - 1.0, high: high.max(0.0) + 1.0, ..scale } }
    }

    /// Half of the stretch, which is a number where the whole is too large to be one.
    fn half(&self) -> f64 {
        self.high / 2.0 - self.low / 2.0
    }

    fn at(&self, x: f64) -> f64 {
        self.from + (x / 2.0 - self.low / 2.0) / self.half() * (self.to - self.from)
    }

    /// The labels of both ends.
    fn ends(&self, label: fn(f64) -> String) -> [String; 2] {
        [label(self.low), label(self.high)]
    }
}

fn number(x: f64) -> String {
    format!("{x:.3e}")
}

fn exponent(x: f64) -> String {
    format!("{:.0e}", 10_f64.powf(x))
}

/// A picture with its axes.
fn frame(title: &impl fmt::Display, body: &str, x: (&str, &[String; 2]), y: (&str, &[String; 2])) -> String {
    let (left, right, bottom, top) = (MARGIN, WIDTH - MARGIN / 2.0, HEIGHT - MARGIN, MARGIN / 2.0);
    let (across, down) = (left.midpoint(right), top.midpoint(bottom));
    let ((x, [x0, x1]), (y, [y0, y1])) = (x, y);
    // Names are the user's, and XML has no place for control characters.
    let strange = |c: char| c.is_control() || matches!(c, '\u{FFFE}' | '\u{FFFF}');
    let title = title.to_string().replace('&', "&amp;").replace('<', "&lt;").replace(strange, "\u{FFFD}");
    let below = bottom + 18.0;
    format!(
        r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" font-size="12">
<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>
<path d="M{left},{top} V{bottom} H{right}" fill="none" stroke="black"/>
<text x="{across}" y="18" text-anchor="middle">{title}</text>
<text x="{left}" y="{below}">{x0}</text><text x="{across}" y="{below}" text-anchor="middle">{x}</text><text x="{right}" y="{below}" text-anchor="end">{x1}</text>
<text x="{left}" y="{bottom}" dx="-4" text-anchor="end">{y0}</text><text x="14" y="{down}" transform="rotate(-90 14 {down})" text-anchor="middle">{y}</text><text x="{left}" y="{top}" dx="-4" text-anchor="end">{y1}</text>
{body}</svg>
"#
    )
}
