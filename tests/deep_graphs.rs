//! Nothing recurses over a graph: depth is bounded by memory, and the memory is counted.
use cinta::Tape;
use peak_alloc::PeakAlloc;

#[global_allocator]
static ALLOCATOR: PeakAlloc = PeakAlloc;

#[test]
fn ten_million_operations_are_recorded_evaluated_and_differentiated_within_four_gigabytes() {
    let tape = Tape::new();
    let x = tape.var(0.5);
    let mut y = x;
    for _ in 0..5_000_000 {
        y = (y * x) + x; // converges to x/(1 − x) = 1
    }
    assert_eq!(tape.len(), 10_000_001);
    let per_node = tape.bytes() as f64 / tape.len() as f64;
    assert!(per_node <= 48.0, "{per_node} bytes a node");
    let (value, slope) = (y.item(), y.grad(x).item());
    assert!((value - 1.0).abs() < 1e-12, "{value}");
    assert!((slope - 4.0).abs() < 1e-12, "{slope}"); // 1/(1 − x)²
    let per_node = tape.bytes() as f64 / tape.len() as f64;
    assert!(per_node <= 48.0, "{per_node} bytes a node with its value");
    let peak = ALLOCATOR.peak_usage_as_mb() / 1024.0;
    assert!(peak <= 4.0, "{peak} GiB at the peak");
    println!("{per_node:.1} bytes a node, {peak:.2} GiB at the peak");
}
