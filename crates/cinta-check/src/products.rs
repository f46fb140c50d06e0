//! Checks of functions of several outputs, and of second derivatives: products and matrices written by hand.
use cinta_graph::DType;
use ndarray::{Array1, Array2, Axis};

use crate::arrays::magnitudes;
use crate::inputs::{Arrays, Layout};
use crate::kinks::PARTS;
use crate::options::Mode;
use crate::outputs::{Outputs, sizes, weights};
use crate::report::{Report, Verdict};
use crate::structure::SCALE;
use crate::{Check, random};

/// Entries of which the largest is so many times the smallest move together.
const TOGETHER: f64 = 1e4;

/// The moves of a tangent, and what to call them.
type Tangent = (Vec<(usize, f64)>, String);

/// Both halves of a tangent.
fn halves((mut moves, called): Tangent) -> [Tangent; 2] {
    let others = moves.split_off(moves.len() / 2);
    let whole = called.split(", ").next().unwrap_or_default();
    [others, moves].map(|half| {
        let which = match half[..] {
            [(i, _)] => format!("{whole}, entry {i} of it"),
            _ => format!("{whole}, {} entries of it", half.len()),
        };
        (half, which)
    })
}

/// What differs between the forms of a function's result and a product that should have the same.
fn of_other_form(result: &Layout, product: &Layout) -> Option<String> {
    let types = |layout: &Layout| layout.inputs().into_iter().map(|(_, ty)| ty).collect::<Vec<_>>();
    let shown = |layout: &Layout| types(layout).iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    let differs = types(result) != types(product);
    differs.then(|| format!("the function gives {}, and the product {}", shown(result), shown(product)))
}

/// Whether a report says more against a product than another one. A kink passes, and what cannot be told beside it does not.
fn outranks(report: &Report, other: &Report) -> bool {
    let passes = |report: &Report| matches!(report.verdict, Verdict::Kink | Verdict::Jump);
    let key = |report: &Report| (report.verdict, report.resolution);
    match (report.verdict, other.verdict) {
        (Verdict::Unclear, _) if passes(other) => true,
        (_, Verdict::Unclear) if passes(report) => false,
        _ => key(report) > key(other),
    }
}

impl Check {
    /// Checks a product Jᵀ ct of the Jacobian with cotangents: `vjp(x, ct)` has the form of `x`, `ct` that of `f(x)`.
    ///
    /// ```
    /// use cinta_check::Check;
    /// use ndarray::{Array1, Array2, array};
    /// type Layer = (Array2<f64>, Array1<f64>);
    /// let f = |(w, x): &Layer| w.dot(x).mapv(f64::tanh);
    /// let vjp = |(w, x): &Layer, ct: &Array1<f64>| {
    ///     let delta = ct * &w.dot(x).mapv(|z| 1.0 - z.tanh().powi(2));
    ///     let column = delta.view().insert_axis(ndarray::Axis(1));
    ///     (&column * &x.view().insert_axis(ndarray::Axis(0)), w.t().dot(&delta))
    /// };
    /// let report = Check::new().vjp(f, vjp, &(array![[1.0, -2.0, 0.5], [0.3, 0.1, -1.0]], array![0.2, 0.7, -0.4]));
    /// assert!(report.passed(), "{report}");
    /// ```
    pub fn vjp<P: Arrays, O: Arrays>(&self, f: impl Fn(&P) -> O, vjp: impl Fn(&P, &O) -> P, x: &P) -> Report {
        let at = Layout::of(x);
        let space = match self.space(&at) {
            Ok(space) => space,
            Err(note) => return self.unclear("vjp", &at, note),
        };
        let like = f(x);
        let output = Layout::of(&like);
        let ct = output.rounded(&weights(&output.numbers(), self.options.seed));
        let pulled = |ct: &[f64]| Layout::of(&vjp(x, &like.with_arrays(&mut output.values(ct).into_iter())));
        let product = pulled(&ct);
        let differences = at.differences(&product);
        if !differences.is_empty() {
            return self.refused("vjp", &at, differences);
        }
        let (value, claim) = (|x: &P| Layout::of(&f(x)), |ct: &[f64]| pulled(ct).numbers());
        let (title, claimed_in) = ("vjp", None);
        let outputs = Outputs { title, f: &value, x, at: &at, space, output: &output, claim: &claim, claimed_in };
        let mut report = outputs.examine(&self.options, std::slice::from_ref(&ct));
        let scaled: Vec<f64> = ct.iter().map(|ct| SCALE * ct).collect();
        report.linear("vjp is not linear in the cotangent", &product, &pulled(&scaled));
        report.repeat("the product", &product, &pulled(&ct));
        report.repeat("the function", &output, &Layout::of(&f(x)));
        report.evaluations += 1;
        report.unchanged(&at, &Layout::of(x));
        report
    }

    /// Checks a product J t of the Jacobian with tangents: `jvp(x, t)` has the form of `f(x)`, `t` that of `x`.
    ///
    /// ```
    /// use cinta_check::Check;
    /// let f = |x: &[f64; 2]| [x[0] * x[1], x[0].exp()];
    /// let jvp = |x: &[f64; 2], t: &[f64; 2]| [t[0] * x[1] + x[0] * t[1], x[0].exp() * t[0]];
    /// let report = Check::new().jvp(f, jvp, &[0.3, -1.2]);
    /// assert!(report.passed(), "{report}");
    /// ```
    pub fn jvp<P: Arrays, O: Arrays>(&self, f: impl Fn(&P) -> O, jvp: impl Fn(&P, &P) -> O, x: &P) -> Report {
        let at = Layout::of(x);
        let start = at.numbers();
        let rebuilt = |numbers: &[f64]| x.with_arrays(&mut at.values(numbers).into_iter());
        let space = match self.space(&at) {
            Ok(space) => space,
            Err(note) => return self.unclear("jvp", &at, note),
        };
        let pushed = |t: &[f64]| Layout::of(&jvp(x, &rebuilt(t)));
        let other_form = |product: &Layout| of_other_form(&Layout::of(&f(x)), product);
        if start.is_empty() {
            let note = other_form(&pushed(&[]));
            return note.map_or_else(|| self.nothing("jvp", &at), |note| self.refused("jvp", &at, vec![note]));
        }
        let free = Self { options: self.options.clone(), ..Self::default() };
        let mut tangents = self.tangents(&start);
        tangents.reverse();
        let (mut worst, mut evaluations, mut parts, mut linear): (Option<Report>, _, _, _) = (None, 0, 0, true);
        while let Some((moves, called)) = tangents.pop() {
            let mut t = vec![0.0; start.len()];
            space.closed(moves.clone()).into_iter().for_each(|(i, d)| t[i] = d);
            let t = at.rounded(&t);
            let product = pushed(&t);
            let claim = Array1::from(product.numbers()).insert_axis(Axis(1));
            let outputs = claim.len();
            if worst.is_none() {
                evaluations += 1;
                if let Some(note) = other_form(&product) {
                    return self.refused("jvp", &at, vec![note]);
                }
            }
            let along = |e: &f64| {
                let moved: Vec<f64> = start.iter().zip(&t).map(|(x, t)| x + e * t).collect();
                let nowhere = || Layout::of(&vec![f64::NAN; outputs]);
                if space.contains(&moved) { Layout::of(&f(&rebuilt(&moved))) } else { nowhere() }
            };
            let mut report = free.columns(&format!("jvp along a random tangent{called}"), &along, &0.0, &claim);
            if linear {
                let scaled: Vec<f64> = t.iter().map(|t| SCALE * t).collect();
                report.linear("jvp is not linear in the tangent", &product, &pushed(&scaled));
                report.repeat("the product", &product, &pushed(&t));
            }
            linear = false;
            evaluations += report.evaluations;
            // What is wrong with an entry hides behind the kink of another one, until that moves alone.
            if matches!(report.verdict, Verdict::Kink | Verdict::Jump) && moves.len() > 1 {
                if parts < PARTS {
                    parts += 2;
                    tangents.extend(halves((moves, called)));
                } else {
                    report.verdict = Verdict::Unclear;
                    report.notes.push("so many entries have kinks that others may be wrong behind them".to_owned());
                }
            }
            if worst.as_ref().is_none_or(|worst| outranks(&report, worst)) {
                worst = Some(report);
            }
        }
        let mut report = Report { evaluations, ..worst.expect("one tangent at least") };
        report.unchanged(&at, &Layout::of(x));
        report
    }

    /// Random moves for tangents, each entry by its own magnitude and together with those of a similar one: a part of
    /// the product that is small beside another has a tangent of its own. With what to call them.
    fn tangents(&self, x: &[f64]) -> Vec<Tangent> {
        let sizes: Vec<f64> = x.iter().map(|x| if *x == 0.0 || !x.is_finite() { 1.0 } else { x.abs() }).collect();
        let mut order: Vec<usize> = (0..x.len()).collect();
        order.sort_by(|a, b| sizes[*b].total_cmp(&sizes[*a]));
        let groups: Vec<&[usize]> = {
            let mut groups = Vec::new();
            let mut rest = &order[..];
            while let Some(first) = rest.first() {
                let end = rest.iter().position(|i| sizes[*i] * TOGETHER < sizes[*first]).unwrap_or(rest.len());
                groups.push(&rest[..end]);
                rest = &rest[end..];
            }
            groups
        };
        let called = |group: &[usize]| match groups.len() {
            1 => String::new(),
            _ => format!(" in {} entries from {:.0e}", group.len(), sizes[group[group.len() - 1]]),
        };
        // Steps begin at 1 or the size of the largest, whichever is more: what rounding hides of tiny moves is seen there.
        let moves = |group: &&[usize]| {
            let reach = sizes[group[0]].max(1.0) / sizes[group[0]];
            let number = |i: usize| random::number(self.options.seed, i) * sizes[i] * reach;
            let moves = group.iter().map(|&i| (i, number(i))).collect();
            (moves, called(group))
        };
        groups.iter().map(moves).collect()
    }

    /// Checks a Jacobian: a row an output, a column an input, both in row-major order.
    ///
    /// ```
    /// use cinta_check::Check;
    /// use ndarray::array;
    /// let f = |x: &[f64; 2]| [x[0] * x[1], x[0].exp(), x[1]];
    /// let jacobian = |x: &[f64; 2]| array![[x[1], x[0]], [x[0].exp(), 0.0], [0.0, 1.0]];
    /// let report = Check::new().jacobian(f, jacobian, &[0.3, -1.2]);
    /// assert!(report.passed(), "{report}");
    /// ```
    pub fn jacobian<P: Arrays, O: Arrays>(
        &self,
        f: impl Fn(&P) -> O,
        jacobian: impl Fn(&P) -> Array2<f64>,
        x: &P,
    ) -> Report {
        let (f, claim) = (|x: &P| Layout::of(&f(x)), jacobian(x));
        let mut report = self.columns("jacobian", &f, x, &claim);
        report.repeat("the Jacobian", &Layout::of(&claim), &Layout::of(&jacobian(x)));
        self.transposed(report, "Jacobian", &f, x, &claim)
    }

    /// Says that the transpose of a wrong matrix is right, if it is.
    fn transposed<P: Arrays>(
        &self,
        mut report: Report,
        what: &str,
        f: &dyn Fn(&P) -> Layout,
        x: &P,
        claim: &Array2<f64>,
    ) -> Report {
        let transpose = claim.t().to_owned();
        if report.verdict == Verdict::Wrong && claim.nrows() > 1 && (claim.is_square() && transpose != claim) {
            let other = Self { options: self.options.clone(), ..self.clone() }.mode(Mode::Auto).quiet();
            let of_other = other.columns("", f, x, &transpose);
            report.evaluations += of_other.evaluations;
            if of_other.verdict == Verdict::Right {
                report.notes.push(format!("the claimed {what} is the transpose of what it should be"));
            }
        }
        report
    }

    /// Checks a Hessian as the Jacobian of a gradient, and that it is symmetric. Check the gradient on its own.
    ///
    /// ```
    /// use cinta_check::Check;
    /// use ndarray::array;
    /// let gradient = |x: &[f64; 2]| [2.0 * x[0] * x[1], x[0] * x[0]]; // of x₀² x₁
    /// let hessian = |x: &[f64; 2]| array![[2.0 * x[1], 2.0 * x[0]], [2.0 * x[0], 0.0]];
    /// let report = Check::new().hessian(gradient, hessian, &[0.3, -1.2]);
    /// assert!(report.passed(), "{report}");
    /// ```
    pub fn hessian<P: Arrays>(&self, gradient: impl Fn(&P) -> P, hessian: impl Fn(&P) -> Array2<f64>, x: &P) -> Report {
        let claim = hessian(x);
        let at = Layout::of(x);
        let mut report = self.columns("hessian", &|x: &P| Layout::of(&gradient(x)), x, &claim);
        report.repeat("the Hessian", &Layout::of(&claim), &Layout::of(&hessian(x)));
        if claim.dim() != (at.numbers().len(), at.numbers().len()) {
            return report;
        }
        // Each second derivative in the magnitudes of its inputs, so that no part is small for its units alone.
        let moves = magnitudes(&at.numbers());
        let moved = |(i, j): (usize, usize), h: f64| (h * moves[i] * moves[j]).abs();
        let size = claim.indexed_iter().fold(0.0_f64, |size, (place, h)| size.max(moved(place, *h)));
        let share = if at.epsilon() > f64::EPSILON { 1e-3 } else { 1e-9 };
        let twins = claim.indexed_iter().filter(|((i, j), _)| i < j).map(|((i, j), h)| (i, j, *h, claim[(j, i)]));
        if let Some((i, j, h, twin)) =
            twins.into_iter().find(|(i, j, h, twin)| moved((*i, *j), h - twin) > share * size)
        {
            report.broken(format!("the Hessian is not symmetric: {h:e} at [{i}, {j}] and {twin:e} at [{j}, {i}]"));
        }
        report
    }

    /// Checks a product of the Hessian with a vector, as the J t of a gradient.
    ///
    /// ```
    /// use cinta_check::Check;
    /// let gradient = |x: &[f64; 2]| [2.0 * x[0] * x[1], x[0] * x[0]];
    /// let hvp = |x: &[f64; 2], v: &[f64; 2]| [2.0 * x[1] * v[0] + 2.0 * x[0] * v[1], 2.0 * x[0] * v[0]];
    /// let report = Check::new().hvp(gradient, hvp, &[0.3, -1.2]);
    /// assert!(report.passed(), "{report}");
    /// ```
    pub fn hvp<P: Arrays>(&self, gradient: impl Fn(&P) -> P, hvp: impl Fn(&P, &P) -> P, x: &P) -> Report {
        let at = Layout::of(x);
        let direction = |seed: u64| {
            let scale = |(d, x): (f64, f64)| d * if x == 0.0 { 1.0 } else { x.abs() };
            at.rounded(
                &random::direction(at.numbers().len(), seed)
                    .into_iter()
                    .zip(at.numbers())
                    .map(scale)
                    .collect::<Vec<_>>(),
            )
        };
        let product = |v: &[f64]| Layout::of(&hvp(x, &x.with_arrays(&mut at.values(v).into_iter()))).numbers();
        let (u, v) = (direction(self.options.seed), direction(self.options.seed.wrapping_add(1)));
        let terms = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).collect::<Vec<f64>>();
        let of_gradient = self.jvp(&gradient, &hvp, x);
        let mut report = Report { title: of_gradient.title.replacen("jvp", "hvp", 1), ..of_gradient };
        report.symmetric(&terms(&u, &product(&v)), &terms(&v, &product(&u)), at.epsilon());
        report
    }

    /// Checks a Jacobian by two random combinations of its rows; where one is off, by parts, down to a row.
    fn columns<P: Arrays>(&self, title: &str, f: &dyn Fn(&P) -> Layout, x: &P, claim: &Array2<f64>) -> Report {
        let at = Layout::of(x);
        let space = match self.space(&at) {
            Ok(space) => space,
            Err(note) => return self.unclear(title, &at, note),
        };
        let output = f(x);
        let (numbers, columns) = (output.numbers(), space.x.len());
        let rows = numbers.len();
        if claim.dim() != (rows, columns) {
            let dim = claim.dim();
            let note = format!(
                "{rows} outputs and {columns} inputs make a Jacobian of {rows} rows and {columns} columns, not {dim:?}"
            );
            return self.refused(title, &at, vec![note]);
        }
        if let Some(((i, j), number)) = claim.indexed_iter().find(|(_, number)| !number.is_finite()) {
            let values = if numbers[i].is_finite() { "" } else { ", as is the output" };
            let verdict = if numbers[i].is_finite() { Verdict::Wrong } else { Verdict::Unclear };
            let note = format!("{number} is claimed at [{i}, {j}]{values}");
            return Report::without_evidence(title, verdict, &at.inputs(), vec![note], self.options.seed);
        }
        // A claim is as coarse as what it is computed with.
        let claimed_in = output.dtypes().contains(&DType::F32).then(|| vec![DType::F32; columns]);
        let sizes = sizes(claim.rows().into_iter(), &space.x, &numbers);
        let combinations = [0, 1].map(|k| weights(&sizes, self.options.seed.wrapping_add(k)));
        let combined = |ct: &[f64]| Array1::from(ct.to_vec()).dot(claim).to_vec();
        let mut report = Outputs { title, f, x, at: &at, space, output: &output, claim: &combined, claimed_in }
            .examine(&self.options, &combinations);
        report.repeat("the function", &output, &f(x));
        report.evaluations += 1;
        report
    }
}
