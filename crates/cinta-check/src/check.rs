//! Checks of functions in plain Rust, with derivatives written by hand.
use cinta_graph::DType;
use ndarray::{Array1, Array2};

use crate::gradient::Problem;
use crate::inputs::{Arrays, Layout};
use crate::measure::Values;
use crate::options::{Mode, Options};
use crate::report::{Report, Verdict};
use crate::structure::SCALE;
use crate::{Domain, random};

/// A check, with what it should know: how thorough to be, where the function may be evaluated, a seed.
///
/// ```
/// use cinta_check::{Check, Domain};
/// let entropy = |p: &Vec<f64>| -p.iter().map(|p| p * p.ln()).sum::<f64>();
/// let gradient = |p: &Vec<f64>| p.iter().map(|p| -p.ln() - 1.0).collect();
/// let report = Check::new().domain("x", Domain::Simplex).gradient(entropy, gradient, &vec![0.2, 0.5, 0.3]);
/// assert!(report.passed(), "{report}");
/// ```
#[derive(Clone, Debug, Default)]
pub struct Check {
    pub(crate) options: Options,
    pub(crate) domains: Vec<(String, Domain)>,
}

impl Check {
    /// A check of every entry of small inputs, along directions for large ones.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// What is measured.
    #[must_use]
    pub fn mode(mut self, mode: Mode) -> Self {
        self.options.mode = mode;
        self
    }

    /// Another seed for the random directions and cotangents.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.options.seed = seed;
        self
    }

    /// Derivatives up to this order, of recorded functions.
    #[must_use]
    pub fn order(mut self, order: usize) -> Self {
        self.options.order = order;
        self
    }

    /// Every [`Claim`](crate::Claim) as well, of recorded functions: text, layouts, batches against a loop, `f32` against
    /// `f64`, derivatives to third order.
    #[must_use]
    pub fn claims(mut self) -> Self {
        self.options.claims = true;
        self
    }

    /// No progress on the terminal.
    #[must_use]
    pub fn quiet(mut self) -> Self {
        self.options.progress = false;
        self
    }

    /// Where an input may be. A single input without a name is called `x`.
    #[must_use]
    pub fn domain(mut self, input: &str, domain: Domain) -> Self {
        self.domains.push((input.to_owned(), domain));
        self
    }

    /// Checks the gradient of a function that gives one number.
    ///
    /// ```
    /// use cinta_check::{Check, Verdict};
    /// let f = |x: &[f64; 2]| x[0] * x[1].sin();
    /// let report = Check::new().gradient(f, |x| [x[1].sin(), -x[0] * x[1].cos()], &[0.5, 2.0]);
    /// assert_eq!(report.verdict(), Verdict::Wrong);
    /// assert_eq!(report.rows()[0].entries[0].index, [1]);
    /// assert!(report.to_string().contains("sign"), "{report}");
    /// ```
    pub fn gradient<P: Arrays, O: Arrays>(&self, f: impl Fn(&P) -> O, gradient: impl Fn(&P) -> P, x: &P) -> Report {
        let at = Layout::of(x);
        let output = Layout::of(&f(x));
        let count = output.numbers().len();
        if count != 1 {
            let note =
                format!("the function gives {count} numbers, and a gradient is of one: check its vjp or jacobian");
            return self.refused("gradient", &at, vec![note]);
        }
        let claim = Layout::of(&gradient(x));
        let mut report = self.pair("gradient", &f, x, &output, &claim, &[1.0]);
        report.repeat("the gradient", &claim, &Layout::of(&gradient(x)));
        report.repeat("the function", &output, &Layout::of(&f(x)));
        report.evaluations += 1;
        report.unchanged(&at, &Layout::of(x));
        report
    }

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
        let (at, like) = (Layout::of(x), f(x));
        let output = Layout::of(&like);
        let ct = output.rounded(&random::direction(output.numbers().len(), self.options.seed));
        let pulled = |ct: &[f64]| Layout::of(&vjp(x, &like.with_arrays(&mut output.values(ct).into_iter())));
        let claim = pulled(&ct);
        let mut report = self.pair("vjp", &f, x, &output, &claim, &ct);
        let scaled: Vec<f64> = ct.iter().map(|ct| SCALE * ct).collect();
        report.linear("vjp is not linear in the cotangent", &claim, &pulled(&scaled));
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
        let tangent = |seed: u64| {
            let scale = |x: f64| if x == 0.0 { 1.0 } else { x.abs() };
            let mut t = vec![0.0; start.len()];
            let moves = start.iter().enumerate().map(|(i, x)| (i, random::number(seed, i) * scale(*x))).collect();
            space.closed(moves).into_iter().for_each(|(i, d)| t[i] = d);
            at.rounded(&t)
        };
        let t = tangent(self.options.seed);
        let pushed = |t: &[f64]| Layout::of(&jvp(x, &rebuilt(t)));
        let product = pushed(&t);
        let claim = Array1::from(product.numbers()).insert_axis(ndarray::Axis(1));
        let outputs = claim.len();
        let along = |e: &f64| {
            let moved: Vec<f64> = start.iter().zip(&t).map(|(x, t)| x + e * t).collect();
            let nowhere = || Layout::of(&vec![f64::NAN; outputs]);
            if space.contains(&moved) { Layout::of(&f(&rebuilt(&moved))) } else { nowhere() }
        };
        let mut report = self.clone().forget_domains().columns("jvp along a random tangent", &along, &0.0, &claim);
        let scaled: Vec<f64> = t.iter().map(|t| SCALE * t).collect();
        report.linear("jvp is not linear in the tangent", &product, &pushed(&scaled));
        report.unchanged(&at, &Layout::of(x));
        report
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
        self.columns("jacobian", &|x: &P| Layout::of(&f(x)), x, &jacobian(x))
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
        let mut report = self.columns("hessian", &|x: &P| Layout::of(&gradient(x)), x, &claim);
        let size = claim.iter().fold(0.0_f64, |size, h| size.max(h.abs()));
        let share = if Layout::of(x).epsilon() > f64::EPSILON { 1e-3 } else { 1e-9 };
        let twins = claim.indexed_iter().filter(|((i, j), _)| i < j);
        let differs = twins.filter_map(|((i, j), h)| claim.get((j, i)).map(|twin| (i, j, *h, *twin)));
        if let Some((i, j, h, twin)) = differs.into_iter().find(|(_, _, h, twin)| (h - twin).abs() > share * size) {
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
        let (u, v) = (direction(self.options.seed), direction(self.options.seed + 1));
        let terms = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).collect::<Vec<f64>>();
        let mut report = Report { title: "hvp".to_owned(), ..self.jvp(&gradient, &hvp, x) };
        report.symmetric(&terms(&u, &product(&v)), &terms(&v, &product(&u)), at.epsilon());
        report
    }

    fn forget_domains(mut self) -> Self {
        self.domains.clear();
        self
    }

    /// Checks what is claimed to be Jᵀ ct. `output` is f(x).
    fn pair<P: Arrays, O: Arrays>(
        &self,
        title: &str,
        f: &impl Fn(&P) -> O,
        x: &P,
        output: &Layout,
        claim: &Layout,
        ct: &[f64],
    ) -> Report {
        let at = Layout::of(x);
        let differences = at.differences(claim);
        if !differences.is_empty() {
            return self.refused(title, &at, differences);
        }
        let space = match self.space(&at) {
            Ok(space) => space,
            Err(note) => return self.unclear(title, &at, note),
        };
        let combined = |output: &Layout| output.numbers().iter().zip(ct).map(|(y, ct)| y * ct).sum::<f64>();
        let value = |numbers: &[f64]| combined(&Layout::of(&f(&x.with_arrays(&mut at.values(numbers).into_iter()))));
        let (inputs, title, epsilon) = (at.inputs(), title.to_owned(), output.epsilon());
        let (f, center) = (Values::one_by_one(value), Some(combined(output)));
        Problem { title, f, center, space, claim: claim.numbers(), inputs, epsilon, claimed_in: None }
            .examine(&self.options)
    }

    /// Checks a Jacobian by two random combinations of its rows; where one is off, row by row.
    fn columns<P: Arrays>(&self, title: &str, f: &dyn Fn(&P) -> Layout, x: &P, claim: &Array2<f64>) -> Report {
        let at = Layout::of(x);
        let output = f(x);
        let (rows, columns, epsilon) = (output.numbers().len(), at.numbers().len(), output.epsilon());
        // A claim is as coarse as what it is computed with.
        let single = output.dtypes().contains(&DType::F32);
        if claim.dim() != (rows, columns) {
            let note = format!(
                "{rows} outputs and {columns} inputs make a Jacobian of {rows} rows and {columns} columns, not {:?}",
                claim.dim()
            );
            return self.refused(title, &at, vec![note]);
        }
        let space = match self.space(&at) {
            Ok(space) => space,
            Err(note) => return self.unclear(title, &at, note),
        };
        let combined = |ct: &Array1<f64>, title: String| {
            let value = |numbers: &[f64]| {
                let output = f(&x.with_arrays(&mut at.values(numbers).into_iter()));
                output.numbers().iter().zip(ct).map(|(y, ct)| y * ct).sum()
            };
            let (space, inputs, claim) = (space.clone(), at.inputs(), ct.dot(claim).to_vec());
            let claimed_in = single.then(|| vec![DType::F32; columns]);
            let (f, center) = (Values::one_by_one(value), None);
            Problem { title, f, center, space, claim, inputs, epsilon, claimed_in }.examine(&self.options)
        };
        let mut evaluations = 0;
        let mut found = None;
        for seed in [self.options.seed, self.options.seed + 1] {
            let report = combined(&random::direction(rows, seed).into(), title.to_owned());
            evaluations += report.evaluations;
            let wrong = report.verdict == Verdict::Wrong;
            found = Some(report);
            if wrong {
                break;
            }
        }
        let mut report = found.expect("two were made");
        if report.verdict == Verdict::Wrong {
            for row in 0..rows {
                let mut unit = Array1::zeros(rows);
                unit[row] = 1.0;
                let of_row = combined(&unit, format!("{title}, row {row}"));
                evaluations += of_row.evaluations;
                if of_row.verdict == Verdict::Wrong {
                    report = of_row;
                    break;
                }
            }
        }
        Report { evaluations, ..report }
    }

    /// Nothing can be measured.
    fn unclear(&self, title: &str, at: &Layout, note: String) -> Report {
        Report::without_evidence(title, Verdict::Unclear, &at.inputs(), vec![note], self.options.seed)
    }

    /// A claim that does not even have the right form.
    fn refused(&self, title: &str, at: &Layout, notes: Vec<String>) -> Report {
        Report::without_evidence(title, Verdict::Wrong, &at.inputs(), notes, self.options.seed)
    }
}

/// Checks a hand-written gradient: [`Check::gradient`] with nothing to choose.
///
/// ```
/// use cinta_check::check_gradient;
/// let report = check_gradient(|x: &Vec<f64>| x[0] * x[1], |x| vec![x[1], x[0]], &vec![2.0, -3.0]);
/// assert!(report.passed(), "{report}");
/// ```
pub fn check_gradient<P: Arrays, O: Arrays>(f: impl Fn(&P) -> O, gradient: impl Fn(&P) -> P, x: &P) -> Report {
    Check::new().gradient(f, gradient, x)
}

/// A hand-written gradient must be right: a test in one line.
///
/// ```
/// use cinta_check::assert_gradient;
/// assert_gradient(|x: &f64| x.sin(), |x| x.cos(), &0.7);
/// ```
///
/// # Panics
/// With the report, if it is not.
#[track_caller]
pub fn assert_gradient<P: Arrays, O: Arrays>(f: impl Fn(&P) -> O, gradient: impl Fn(&P) -> P, x: &P) {
    check_gradient(f, gradient, x).assert();
}
