//! Large arrays are computed in the memory of those that are gone: from the second run on, none is allocated.
use cinta::Tape;
use ndarray::Array1;
use peak_alloc::PeakAlloc;

#[global_allocator]
static ALLOCATOR: PeakAlloc = PeakAlloc;

const ELEMENTS: usize = 1 << 18;
const ARRAY: f64 = (ELEMENTS * 8) as f64 / 1024.0;

/// Kilobytes at the peak of a computation, beyond those held before.
fn peak_of(f: impl FnOnce()) -> f64 {
    ALLOCATOR.reset_peak_usage();
    let before = f64::from(ALLOCATOR.current_usage_as_kb());
    f();
    f64::from(ALLOCATOR.peak_usage_as_kb()) - before
}

#[test]
fn computing_anew_takes_the_memory_of_the_values_it_replaces() {
    let mut tape = Tape::new();
    let x = tape.var(Array1::linspace(0.0, 1.0, ELEMENTS));
    let (y, same) = (((x * x + 1.0).tanh() - x).exp(), x.value());
    let first = peak_of(|| drop(y.value()));
    assert!((5.0 * ARRAY..5.5 * ARRAY).contains(&first), "five operations, {first} KiB");
    let again = peak_of(|| {
        x.set(&same);
        drop(y.value());
    });
    assert!(again < 0.1 * ARRAY, "{again} KiB the second time");
    drop(same);
    tape.clear();
    let refilled = peak_of(|| {
        let x = tape.constant(Array1::linspace(0.0, 1.0, ELEMENTS));
        drop((x.exp() + x).sin().value());
    });
    assert!(refilled < 1.5 * ARRAY, "one new array comes in, {refilled} KiB");
}
