//! Checks of functions in plain Rust, with derivatives written by hand.
use crate::Domain;
use crate::gradient::Problem;
use crate::inputs::{Arrays, Layout};
use crate::measure::Values;
use crate::options::{Mode, Options};
use crate::report::{Report, Verdict};

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
        let (title, at) = ("gradient", Layout::of(x));
        let space = match self.space(&at) {
            Ok(space) => space,
            Err(note) => return self.unclear(title, &at, note),
        };
        let output = Layout::of(&f(x));
        let numbers = output.numbers();
        let [center] = numbers[..] else {
            let count = numbers.len();
            let note =
                format!("the function gives {count} numbers, and a gradient is of one: check its vjp or jacobian");
            return self.refused(title, &at, vec![note]);
        };
        let claim = Layout::of(&gradient(x));
        let differences = at.differences(&claim);
        if !differences.is_empty() {
            return self.refused(title, &at, differences);
        }
        let value = |numbers: &[f64]| {
            let output = Layout::of(&f(&x.with_arrays(&mut at.values(numbers).into_iter())));
            output.numbers().first().copied().unwrap_or(f64::NAN)
        };
        let problem = Problem {
            title: title.to_owned(),
            f: Values::one_by_one(value),
            center: Some(center),
            space,
            claim: claim.numbers(),
            inputs: at.inputs(),
            epsilon: output.epsilon(),
            claimed_in: None,
        };
        let mut report = problem.examine(&self.options);
        report.repeat("the gradient", &claim, &Layout::of(&gradient(x)));
        report.repeat("the function", &output, &Layout::of(&f(x)));
        report.evaluations += 1;
        report.unchanged(&at, &Layout::of(x));
        report
    }

    /// Nothing can be measured.
    pub(crate) fn unclear(&self, title: &str, at: &Layout, note: String) -> Report {
        Report::without_evidence(title, Verdict::Unclear, &at.inputs(), vec![note], self.options.seed)
    }

    /// There are no numbers, so that there is nothing to be wrong.
    pub(crate) fn nothing(&self, title: &str, at: &Layout) -> Report {
        let note = vec!["there are no numbers to differentiate by".to_owned()];
        let report = Report::without_evidence(title, Verdict::Right, &at.inputs(), note, self.options.seed);
        Report { resolution: 0.0, blind: 0.0, ..report }
    }

    /// A claim that does not even have the right form.
    pub(crate) fn refused(&self, title: &str, at: &Layout, notes: Vec<String>) -> Report {
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
