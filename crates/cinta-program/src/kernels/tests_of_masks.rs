//! Kernels of masks against what they mean, on every set.
use super::tests::{close, grid};
use super::{Comparison, Float, KernelSet};

/// How a comparison reads.
fn holds<T: Float>(f: Comparison, a: T, b: T) -> bool {
    match f {
        Comparison::Lt => a < b,
        Comparison::Le => a <= b,
        Comparison::Gt => a > b,
        Comparison::Ge => a >= b,
        Comparison::Eq => a == b,
        Comparison::Ne => a != b,
    }
}

fn masks_are_as_written<T: Float>() {
    const ALL: [Comparison; 6] =
        [Comparison::Lt, Comparison::Le, Comparison::Gt, Comparison::Ge, Comparison::Eq, Comparison::Ne];
    let a: Vec<T> = grid::<T>(300).into_iter().map(|x| if x.abs() < T::TWO { x.round() } else { x }).collect();
    let b: Vec<T> = a.iter().rev().copied().collect();
    for set in KernelSet::available() {
        for n in (0..70).chain([a.len()]) {
            let mut mask = vec![false; n];
            for bits in 0..4 {
                let one = [bits & 1 != 0, bits & 2 != 0];
                let (a, b) = (&a[a.len() - n.max(1)..], &b[b.len() - n.max(1)..]);
                let at = |x: &[T], one: bool, i: usize| x[if one { 0 } else { i }];
                for f in ALL {
                    set.compare::<T>(f, one)(a, b, &mut mask);
                    let right = |i: usize| mask[i] == holds(f, at(a, one[0], i), at(b, one[1], i));
                    assert!((0..n).all(right), "{} {f:?} of {n}, {one:?}", set.name());
                }
                for (i, holds) in mask.iter_mut().enumerate() {
                    *holds = i % 3 == 0;
                }
                let mut out = vec![T::ONE; n];
                set.select::<T>(one)(&mask, a, b, &mut out);
                let right = |i: usize| close(out[i], if mask[i] { at(a, one[0], i) } else { at(b, one[1], i) }, 0);
                assert!((0..n).all(right), "{} select of {n}, {one:?}", set.name());
            }
            let mut out = vec![T::TWO; n];
            set.cast_mask::<T>()(&mask, &mut out);
            assert!((0..n).all(|i| out[i] == if mask[i] { T::ONE } else { T::ZERO }), "{} cast of {n}", set.name());
        }
    }
}

#[test]
fn masks_f64() {
    masks_are_as_written::<f64>();
}

#[test]
fn masks_f32() {
    masks_are_as_written::<f32>();
}
