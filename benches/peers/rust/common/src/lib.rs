//! The stopwatch, the lines of the result, and the numbers that all contestants share.
use std::time::{Duration, Instant};

/// Microseconds of one call: the least of many batches, each at least a millisecond long.
pub fn least(mut call: impl FnMut()) -> f64 {
    for _ in 0..3 {
        call();
    }
    let start = Instant::now();
    call();
    let one = start.elapsed().as_secs_f64().max(1e-9);
    let calls = ((1e-3 / one) as usize).max(1);
    let (mut best, mut batches, end) = (f64::INFINITY, 0, Instant::now() + Duration::from_millis(300));
    while batches < 5 || Instant::now() < end {
        let start = Instant::now();
        for _ in 0..calls {
            call();
        }
        best = best.min(start.elapsed().as_secs_f64() / calls as f64);
        batches += 1;
    }
    best * 1e6
}

/// Microseconds of one call of something that is done once only.
pub fn once<T>(call: impl FnOnce() -> T) -> (f64, T) {
    let start = Instant::now();
    let result = call();
    (start.elapsed().as_secs_f64() * 1e6, result)
}

pub fn report(workload: &str, case: &str, contestant: &str, us: f64, check: &[f64]) {
    let check: Vec<String> = check.iter().map(|x| format!("{x:.15e}")).collect();
    println!(
        "{{\"workload\": \"{workload}\", \"case\": \"{case}\", \"contestant\": \"{contestant}\", \"us\": {us:.6}, \"check\": [{}]}}",
        check.join(", ")
    );
}

/// The workloads that were asked for.
pub fn wanted(name: &str) -> bool {
    std::env::args().skip(1).any(|argument| argument == name)
}

/// η, and the steps before the check.
pub const RATE: f64 = 0.05;
pub const STEPS: usize = 20;

/// The numbers of a workload, taken from the front one array after the other.
pub struct Numbers(std::vec::IntoIter<f64>);

impl Numbers {
    pub fn of(workload: &str) -> Self {
        let folder = std::env::var("PEERS_DATA").expect("PEERS_DATA names the folder of the numbers");
        let bytes = std::fs::read(format!("{folder}/{workload}.f64")).expect("the numbers of the workload");
        let numbers: Vec<f64> = bytes.chunks_exact(8).map(|b| f64::from_ne_bytes(b.try_into().unwrap())).collect();
        Self(numbers.into_iter())
    }

    pub fn len(&self) -> usize {
        self.0.len()
    }

    pub fn take(&mut self, n: usize) -> Vec<f64> {
        self.0.by_ref().take(n).collect()
    }
}

/// A network of three layers and its batch, rows one after the other.
pub struct Net {
    pub sizes: [usize; 4],
    pub batch: usize,
    pub w: Vec<Vec<f64>>,
    pub b: Vec<Vec<f64>>,
    pub x: Vec<f64>,
    pub y: Vec<f64>,
}

impl Net {
    pub fn of(workload: &str) -> Self {
        let (sizes, batch) = match workload {
            "W2" => ([2, 8, 8, 1], 10),
            "W3" => ([64, 64, 32, 10], 32),
            _ => ([784, 256, 128, 10], 64),
        };
        let mut numbers = Numbers::of(workload);
        let (mut w, mut b) = (vec![], vec![]);
        for k in 0..3 {
            w.push(numbers.take(sizes[k] * sizes[k + 1]));
            b.push(numbers.take(sizes[k + 1]));
        }
        let (x, y) = (numbers.take(batch * sizes[0]), numbers.take(batch * sizes[3]));
        Self { sizes, batch, w, b, x, y }
    }
}

/// n numbers from −3 to 3.
pub fn line(n: usize) -> Vec<f64> {
    (0..n).map(|i| -3.0 + 6.0 * i as f64 / (n - 1) as f64).collect()
}
