//! Tests of kernels of columns: they give what those of rows do.
use super::tests_of_twins::{close, rows_of};
use super::{Float, KernelSet, NARROWEST, Rows};

/// The columns of two matrices, of which the second has the numbers of the first the other way round.
fn columns_are_rows<T: Float>() {
    for n in [1, 2, 3, 9, 16, 64, 65, 130] {
        let rows = rows_of::<T>(n);
        let all = rows.len() / n;
        for columns in [NARROWEST, NARROWEST + 1, 63, 64, 65, all] {
            let lanes: Vec<&[T]> = rows.chunks(n).take(columns).collect();
            let lanes: Vec<&[T]> = lanes.iter().copied().chain(lanes.iter().rev().copied()).collect();
            let x: Vec<T> = (0..2 * n * columns)
                .map(|i| lanes[i / (n * columns) * columns + i % columns][i / columns % n])
                .collect();
            for set in KernelSet::available() {
                for &f in Rows::ALL {
                    let ulps = match f {
                        Rows::Max | Rows::Min => 0,
                        _ => 8,
                    };
                    let mut out = vec![T::ONE; 2 * columns * f.width(n)];
                    set.columns::<T>(f, None)(&x, [n, columns], &mut out, &mut []);
                    for (lane, row) in lanes.iter().enumerate() {
                        let mut expected = vec![T::ONE; f.width(n)];
                        set.rows::<T>(f)(row, n, &mut expected);
                        let first = lane / columns * columns * f.width(n) + lane % columns;
                        for (j, &expected) in expected.iter().enumerate() {
                            let y = out[first + j * columns];
                            // Where two terms of a logarithm cancel, its ULP is that of the larger.
                            let near = !f.keeps_length() && (y - expected).abs() <= T::EPSILON;
                            let text = || format!("{} {f:?} of {row:?}: {y:?}, not {expected:?}", set.name());
                            assert!(close(y, expected, ulps) || near, "{}", text());
                        }
                    }
                }
                for other in Rows::ALL.iter().copied().filter(|f| f.goes_with_softmax()) {
                    let alone = [Rows::Softmax, other].map(|f| {
                        let mut out = vec![T::ONE; 2 * columns * f.width(n)];
                        set.columns::<T>(f, None)(&x, [n, columns], &mut out, &mut []);
                        out
                    });
                    let [mut softmax, mut beside] = alone.each_ref().map(|out| vec![T::ZERO; out.len()]);
                    set.columns::<T>(Rows::Softmax, Some(other))(&x, [n, columns], &mut softmax, &mut beside);
                    let same = |a: &[T], b: &[T]| a.iter().zip(b).all(|(&a, &b)| close(a, b, 0));
                    assert!(same(&softmax, &alone[0]) && same(&beside, &alone[1]), "{} {other:?}", set.name());
                }
            }
        }
    }
}

#[test]
fn columns_f64() {
    columns_are_rows::<f64>();
}

#[test]
fn columns_f32() {
    columns_are_rows::<f32>();
}
