//! Products against plain loops, on every set.
use super::tests::grid;
use super::{Float, KernelSet, Matrix, Onto, product};

fn products_of_any_size_and_layout<T: Float>() {
    let small = [1, 2, 3, 4, 5, 7, 8, 9, 10, 16, 17, 33];
    let mut sizes: Vec<[usize; 3]> = Vec::new();
    for m in small {
        for k in [0, 1, 2, 8, 10, 33] {
            sizes.extend(small.map(|n| [m, k, n]));
        }
    }
    sizes.extend([[70, 600, 130], [200, 300, 300], [1, 700, 300], [300, 700, 1], [129, 257, 1000], [64, 360, 1]]);
    for set in KernelSet::available() {
        for &[m, k, n] in &sizes {
            // Small integers: every sum is exact.
            let number = |i: usize, j: usize| T::lit(((i * 31 + j * 17) % 13) as f64 - 6.0);
            let layouts = |rows: usize, columns: usize| {
                let row_major: Vec<T> = (0..rows * columns).map(|at| number(at / columns, at % columns)).collect();
                let column_major: Vec<T> = (0..rows * columns).map(|at| number(at % rows, at / rows)).collect();
                let sparse = (0..rows * columns * 2)
                    .map(|at| if at % 2 == 0 { number(at / 2 / columns, at / 2 % columns) } else { T::NAN });
                [(row_major, [columns, 1]), (column_major, [1, rows]), (sparse.collect(), [2 * columns, 2])]
            };
            let exact: Vec<T> = (0..m * n)
                .map(|at| (0..k).fold(T::ZERO, |sum, l| sum + number(at / n, l) * number(l, at % n)))
                .collect();
            for (a, a_strides) in &layouts(m, k) {
                for (b, b_strides) in &layouts(k, n) {
                    let (a, b) = (Matrix::new(a, *a_strides), Matrix::new(b, *b_strides));
                    for (gap, stride, t) in [(0, 0, T::ONE), (0, n, -T::ONE), (3, n, T::ONE), (0, 0, -T::ONE)] {
                        let mut c = vec![T::ONE; m * (n + gap) + 20];
                        product(set, [m, k, n], a, b, &mut c, n + gap, Onto::Nothing);
                        product(set, [m, k, n], a, b, &mut c, n + gap, Onto::Itself(T::TWO));
                        let d: Vec<T> = (0..m * n + n).map(|at| number(at, 3)).collect();
                        let mut e = vec![T::ONE; m * (n + gap)];
                        let onto = Onto::Rows { d: &d, stride, t, s: -T::TWO };
                        product(set, [m, k, n], a, b, &mut e, n + gap, onto);
                        let (c, beyond) = c.split_at(m * (n + gap));
                        assert!(beyond.iter().all(|&c| c == T::ONE), "nothing is written after the result");
                        for (i, (row, other)) in c.chunks(n + gap).zip(e.chunks(n + gap)).enumerate() {
                            let right = (0..n).all(|j| row[j] == exact[i * n + j] * (T::TWO + T::ONE));
                            let right =
                                right && (0..n).all(|j| other[j] == t * d[i * stride + j] - exact[i * n + j] * T::TWO);
                            assert!(right, "{} {m} × {k} × {n}, {a_strides:?}, {b_strides:?}", set.name());
                            assert!(row[n..].iter().all(|&c| c == T::ONE), "nothing is written beside the result");
                        }
                    }
                }
            }
        }
    }
}

#[test]
fn products_f64() {
    products_of_any_size_and_layout::<f64>();
}

#[test]
fn products_f32() {
    products_of_any_size_and_layout::<f32>();
}

#[test]
fn bands_of_rows_give_the_same_bits() {
    for set in KernelSet::available() {
        for [m, k, n] in [[50, 700, 130], [200, 300, 300]] {
            let (a, b) = (grid::<f64>(0)[60..].to_vec(), m * k);
            let a: Vec<f64> = a.iter().cycle().take(b).map(|x| x.clamp(-2.0, 2.0).sin()).collect();
            let b: Vec<f64> = a.iter().rev().cycle().take(k * n).copied().collect();
            let (a, b) = (Matrix::new(&a, [k, 1]), Matrix::new(&b, [n, 1]));
            let mut whole = vec![0.0; m * n];
            product(set, [m, k, n], a, b, &mut whole, n, Onto::Nothing);
            for band in [2, 10, 37] {
                let mut parts = vec![0.0; m * n];
                for (i, part) in parts.chunks_mut(band * n).enumerate() {
                    let a = Matrix::new(&a.data[i * band * k..], a.strides);
                    product(set, [part.len() / n, k, n], a, b, part, n, Onto::Nothing);
                }
                assert!(whole.iter().zip(&parts).all(|(a, b)| a.to_bits() == b.to_bits() || a.is_nan()), "{band}");
            }
        }
    }
}
