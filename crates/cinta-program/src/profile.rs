//! Where the time of a program goes.
use std::fmt;
use std::time::Instant;

use cinta_graph::Error;

use crate::flat::Flat;
use crate::program::Program;
use crate::view::View;

/// How long programs are measured for, in seconds, and the fewest runs.
const BUDGET: f64 = 0.2;
const RUNS: usize = 5;

/// One step of a program, and what it took at its fastest.
#[derive(Clone, Debug, PartialEq)]
pub struct StepProfile {
    /// The step as [`Program::explain`] prints it, with the lines of the source.
    pub step: String,
    /// Seconds.
    pub seconds: f64,
    /// Bytes read and written.
    pub bytes: usize,
    /// Arithmetic operations.
    pub flops: u64,
}

impl StepProfile {
    /// Bytes moved in a second, in 10⁹.
    #[must_use]
    pub fn gigabytes_per_second(&self) -> f64 {
        self.bytes as f64 / self.seconds / 1e9
    }

    /// Arithmetic operations in a second, in 10⁹.
    #[must_use]
    pub fn gigaflops(&self) -> f64 {
        self.flops as f64 / self.seconds / 1e9
    }
}

/// The account that [`Program::profile`] gives.
#[derive(Clone, Debug, PartialEq)]
pub struct Profile {
    /// The steps, in order.
    pub steps: Vec<StepProfile>,
    /// Seconds of a whole run at its fastest.
    pub seconds: f64,
}

impl Program {
    /// Runs the program several times and gives the least time of each of its steps; of those that run band by band on
    /// several threads, what the threads take on average. States stay as they are.
    ///
    /// ```
    /// use cinta_program::Function;
    /// use ndarray::Array1;
    /// let mut f = Function::new(["x"], |[x]| (x.tanh() * 2.0).sum());
    /// let x = Array1::<f64>::zeros(10_000);
    /// let profile = f.profile(&x)?;
    /// assert!(profile.steps[0].step.contains("tanh") && profile.seconds > 0.0);
    /// println!("{profile}");
    /// # Ok::<(), cinta_graph::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`run`](Self::run).
    pub fn profile(&self, arguments: &[View<'_>]) -> Result<Profile, Error> {
        self.check_arguments(arguments)?;
        let mut run = self.clone();
        let texts = self.explain().steps();
        let mut steps: Vec<StepProfile> = texts
            .into_iter()
            .map(|(step, bytes, flops)| StepProfile { step, seconds: f64::INFINITY, bytes, flops })
            .collect();
        let mut outputs: Vec<Flat> = self.outputs().iter().map(Flat::zeros).collect();
        let mut times = vec![0.0; steps.len()];
        let (mut seconds, mut runs, begin) = (f64::INFINITY, 0, Instant::now());
        while runs < RUNS || begin.elapsed().as_secs_f64() < BUDGET {
            let start = Instant::now();
            times.fill(0.0);
            run.execute(arguments, &mut outputs, Some(&mut times))?;
            steps.iter_mut().zip(&times).for_each(|(step, took)| step.seconds = step.seconds.min(*took));
            seconds = seconds.min(start.elapsed().as_secs_f64());
            runs += 1;
        }
        Ok(Profile { steps, seconds })
    }
}

impl fmt::Display for Profile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{:>12} {:>6} {:>8} {:>9}", "µs", "%", "GB/s", "GFLOP/s")?;
        for step in &self.steps {
            let share = 100.0 * step.seconds / self.seconds;
            let (speed, flops) = (step.gigabytes_per_second(), step.gigaflops());
            writeln!(f, "{:12.3} {share:6.1} {speed:8.2} {flops:9.2}  {}", step.seconds * 1e6, step.step)?;
        }
        writeln!(f, "{:12.3} in all", self.seconds * 1e6)
    }
}
