//! Twins against the kernel of each of their functions, and rows against the interpreter, on every set.
use cinta_graph::{Tape, Value};
use ndarray::Array2;

pub(super) use super::tests::close;
use super::tests::{grid, lengths};
use super::{Float, KernelSet, Rows, Twin};

fn twins_have_the_bits_of_each_alone<T: Float>() {
    let x = grid::<T>(5000);
    for set in KernelSet::available() {
        for &twin in Twin::ALL {
            let functions = twin.functions();
            assert_eq!(Twin::of(functions[1], functions[0]), Some(twin), "{twin:?}");
            for n in lengths().chain([x.len()]) {
                let (x, mut first, mut second) = (&x[x.len() - n..], vec![T::ONE; n], vec![T::ONE; n]);
                set.twin::<T>(twin)(x, &mut first, &mut second);
                for (f, together) in functions.into_iter().zip([&first, &second]) {
                    let mut alone = vec![T::ONE; n];
                    set.unary::<T>(f)(x, &mut alone);
                    for ((&x, &y), &expected) in x.iter().zip(together).zip(&alone) {
                        assert!(
                            close(y, expected, 0),
                            "{} {twin:?} {f:?}({x:?}) = {y:?}, not {expected:?}",
                            set.name()
                        );
                    }
                }
            }
        }
    }
}

#[test]
fn twins_f64() {
    twins_have_the_bits_of_each_alone::<f64>();
}

#[test]
fn twins_f32() {
    twins_have_the_bits_of_each_alone::<f32>();
}

/// Rows of ordinary numbers, of large and small ones, of ties, and with infinities and NaN in many places.
pub(super) fn rows_of<T: Float>(n: usize) -> Vec<T> {
    let ordinary: Vec<f64> = (0..12 * n).map(|i| ((i * 7919) % 1009) as f64 / 100.0 - 5.0).collect();
    let mut rows = ordinary.clone();
    rows.extend(ordinary.iter().map(|x| 100.0 * x + 3e3));
    rows.extend(ordinary.iter().map(|x| x.round()));
    rows.extend(ordinary.iter().map(|x| 1e-3 * x));
    for special in [f64::NEG_INFINITY, f64::INFINITY, f64::NAN] {
        let mut some = ordinary.clone();
        some.iter_mut().step_by(n + 1).for_each(|x| *x = special);
        some.iter_mut().skip(7 * n).step_by(3).for_each(|x| *x = special);
        some[10 * n..11 * n].fill(special);
        some[11 * n..].fill(f64::NEG_INFINITY);
        some[11 * n] = special;
        rows.extend(some);
    }
    rows.into_iter().map(T::lit).collect()
}

fn rows_are_what_the_interpreter_gives<T: Float>() {
    for n in (1..40).chain([100, 257]) {
        let x = rows_of::<T>(n);
        let m = x.len() / n;
        let tape = Tape::new();
        let z = tape.var(Value::from(Array2::from_shape_vec([m, n], x.clone()).unwrap()));
        for &f in Rows::ALL {
            let (expected, ulps) = match f {
                Rows::Softmax => (z.softmax(1), 8),
                Rows::LogSoftmax => (z.log_softmax(1), 4),
                Rows::LogSumExp => (z.logsumexp(1), 4),
                Rows::Max => (z.max_axes(1), 0),
                Rows::Min => (z.min_axes(1), 0),
            };
            let expected = expected.to_array::<T>();
            for set in KernelSet::available() {
                let mut out = vec![T::ONE; expected.len()];
                set.rows::<T>(f)(&x, n, &mut out);
                let width = expected.len() / m;
                for (i, (&y, &expected)) in out.iter().zip(&expected).enumerate() {
                    // Where two terms of a logarithm cancel, its ULP is that of the larger.
                    let near = !f.keeps_length() && (y - expected).abs() <= T::EPSILON;
                    let row = &x[i / width * n..][..n];
                    assert!(
                        close(y, expected, ulps) || near,
                        "{} {f:?} of {row:?}: {y:?}, not {expected:?}",
                        set.name()
                    );
                }
                // A row has no neighbours.
                for i in [0, m / 2, m - 1] {
                    let mut alone = vec![T::ONE; width];
                    set.rows::<T>(f)(&x[i * n..][..n], n, &mut alone);
                    assert!(alone.iter().zip(&out[i * width..]).all(|(&a, &b)| close(a, b, 0)), "{f:?} of row {i}");
                }
            }
        }
    }
}

#[test]
fn rows_f64() {
    rows_are_what_the_interpreter_gives::<f64>();
}

#[test]
fn rows_f32() {
    rows_are_what_the_interpreter_gives::<f32>();
}

fn softmax_beside_a_logarithm_has_the_bits_of_each_alone<T: Float>() {
    for n in (1..40).chain([100, 257]) {
        let x = rows_of::<T>(n);
        let m = x.len() / n;
        for set in KernelSet::available() {
            let alone = |f: Rows| {
                let mut out = vec![T::ONE; if f.keeps_length() { m * n } else { m }];
                set.rows::<T>(f)(&x, n, &mut out);
                out
            };
            for other in Rows::ALL.iter().copied().filter(|f| f.goes_with_softmax()) {
                let expected = [alone(Rows::Softmax), alone(other)];
                let [mut softmax, mut beside] = [vec![T::ZERO; m * n], vec![T::ZERO; expected[1].len()]];
                set.softmax_and::<T>(other)(&x, n, &mut softmax, &mut beside);
                let same = |a: &[T], b: &[T]| a.iter().zip(b).all(|(&a, &b)| close(a, b, 0));
                let right = same(&softmax, &expected[0]) && same(&beside, &expected[1]);
                assert!(right, "{} {other:?} of rows of {n}", set.name());
            }
        }
    }
}

#[test]
fn softmax_beside_a_logarithm() {
    softmax_beside_a_logarithm_has_the_bits_of_each_alone::<f64>();
    softmax_beside_a_logarithm_has_the_bits_of_each_alone::<f32>();
}

#[test]
fn empty_rows_give_the_reduction_of_nothing() {
    for set in KernelSet::available() {
        let of = |f| {
            let mut out = [1.0; 3];
            set.rows::<f64>(f)(&[], 0, &mut out);
            out
        };
        assert_eq!(of(Rows::LogSumExp), [f64::NEG_INFINITY; 3]);
        assert_eq!(of(Rows::Max), [f64::NEG_INFINITY; 3]);
        assert_eq!(of(Rows::Min), [f64::INFINITY; 3]);
    }
}
