//! The stopwatch, and the lines that all contestants print alike.
use std::fmt::Write as _;
use std::time::{Duration, Instant};

/// How long one figure is measured for; the runner's rounds measure it again.
const BUDGET: Duration = Duration::from_millis(300);
/// A batch of calls is at least so long, so that reading the clock does not count.
const BATCH: Duration = Duration::from_millis(1);

/// Microseconds of one call: the least of many batches.
pub(crate) fn least(call: impl FnMut()) -> f64 {
    least_within(BUDGET, call)
}

/// As [`least`], measured for so long.
pub(crate) fn least_within(budget: Duration, mut call: impl FnMut()) -> f64 {
    for _ in 0..3 {
        call();
    }
    let start = Instant::now();
    call();
    let one = start.elapsed().max(Duration::from_nanos(1));
    let calls = u32::try_from(BATCH.as_nanos() / one.as_nanos()).unwrap_or(u32::MAX).max(1);
    let (mut best, mut batches, end) = (f64::INFINITY, 0, Instant::now() + budget);
    while batches < 5 || Instant::now() < end {
        let start = Instant::now();
        for _ in 0..calls {
            call();
        }
        best = best.min(start.elapsed().as_secs_f64() / f64::from(calls));
        batches += 1;
    }
    best * 1e6
}

/// Microseconds of the fastest of a few calls that are long, or work only once on what they get.
pub(crate) fn least_of<T>(times: usize, mut call: impl FnMut() -> T) -> f64 {
    let one = |_| {
        let start = Instant::now();
        let result = call();
        let took = start.elapsed().as_secs_f64();
        drop(result);
        took
    };
    (0..times).map(one).fold(f64::INFINITY, f64::min) * 1e6
}

/// One line of the result. Contestants of a workload and case print the same check: numbers that show that they
/// computed the same.
#[expect(clippy::print_stdout, reason = "the lines are the output")]
pub(crate) fn report(workload: &str, case: &str, microseconds: f64, check: &[f64]) {
    let mut numbers = String::new();
    for (i, x) in check.iter().enumerate() {
        let comma = if i == 0 { "" } else { ", " };
        write!(numbers, "{comma}{x:.15e}").expect("a string takes what is written");
    }
    println!(
        "{{\"workload\": \"{workload}\", \"case\": \"{case}\", \"contestant\": \"cinta\", \"us\": {microseconds:.6}, \"check\": [{numbers}]}}"
    );
}

/// Whether two lists of numbers are the same, to a tolerance relative to the largest.
///
/// # Panics
/// If they are not: what is wrong is not timed.
#[track_caller]
pub(crate) fn assert_same(came: &[f64], expected: &[f64], tolerance: f64) {
    assert_eq!(came.len(), expected.len(), "as many numbers");
    let scale = expected.iter().fold(1e-300_f64, |most, x| most.max(x.abs()));
    for (i, (a, b)) in came.iter().zip(expected).enumerate() {
        assert!((a - b).abs() <= tolerance * scale, "number {i} is {a:e}, not {b:e}");
    }
}
