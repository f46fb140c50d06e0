//! Products against plain loops, on every set.
use super::{Batch, Float, KernelSet, Matrix, Onto, Window, product};

fn products_of_any_size_and_layout<T: Float>() {
    let small = [1, 2, 3, 4, 5, 7, 8, 9, 10, 16, 17, 33];
    let mut sizes: Vec<[usize; 3]> = Vec::new();
    for m in small {
        for k in [0, 1, 2, 8, 10, 33] {
            sizes.extend(small.map(|n| [m, k, n]));
        }
    }
    sizes.extend([[70, 600, 130], [200, 300, 300], [1, 700, 300], [300, 700, 1], [129, 257, 1000], [64, 360, 1]]);
    // Every number of vectors in the last tiles of a row, full and not.
    sizes.extend([20, 24, 31, 40, 47, 48, 49, 63, 64, 65, 79, 80, 96, 97].map(|n| [13, 40, n]));
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
                        product(set, k, a, b, Window::new(&mut c, [m, n], n + gap), Onto::Nothing);
                        product(set, k, a, b, Window::new(&mut c, [m, n], n + gap), Onto::Itself(T::TWO));
                        let d: Vec<T> = (0..m * n + n).map(|at| number(at, 3)).collect();
                        let mut e = vec![T::ONE; m * (n + gap)];
                        let onto = Onto::Rows { d: &d, stride, t, s: -T::TWO };
                        product(set, k, a, b, Window::new(&mut e, [m, n], n + gap), onto);
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
fn pieces_of_the_result_have_the_bits_of_the_whole() {
    for set in KernelSet::available() {
        for [m, k, n] in [[50, 700, 130], [200, 300, 300], [300, 64, 260]] {
            let wave: Vec<f64> = (0..m.max(n) * k).map(|i| (i as f64 * 0.37).sin()).collect();
            for (a, b) in [([k, 1], [n, 1]), ([1, m], [1, k])] {
                let (a, b) = (Matrix::new(&wave[..m * k], a), Matrix::new(&wave[wave.len() - k * n..], b));
                let d: Vec<f64> = wave.iter().cycle().take(m * n).copied().collect();
                let onto = Onto::Rows { d: &d, stride: n, t: 1.0, s: -0.3 };
                let mut whole = vec![0.0; m * n];
                product(set, k, a, b, Window::new(&mut whole, [m, n], n), onto);
                for [row, column] in [[2, 64], [37, 128], [48, 10]] {
                    let mut parts = vec![0.0; m * n];
                    let (above, below) = Window::new(&mut parts, [m, n], n).split_at_row(row);
                    for (i, rows) in [(0, above), (row, below)] {
                        let (left, right) = rows.split_at_column(column);
                        product(set, k, a.from(i, 0), b, left, onto.from(i, 0));
                        product(set, k, a.from(i, 0), b.from(0, column), right, onto.from(i, column));
                    }
                    let same = whole.iter().zip(&parts).all(|(a, b)| a.to_bits() == b.to_bits());
                    assert!(same, "{} {m} × {k} × {n} in four pieces at {row}, {column}", set.name());
                }
            }
        }
    }
}

/// A matrix that stands after so many NaN, and has one after each row too.
fn among_nans<T: Float>(before: usize, rows: usize, columns: usize, stride: usize) -> Vec<T> {
    let mut data = vec![T::NAN; before + rows * stride];
    for (i, row) in data[before..].chunks_mut(stride).enumerate() {
        for (j, x) in row[..columns].iter_mut().enumerate() {
            *x = T::lit(((i * columns + j) as f64 * 0.37).sin());
        }
    }
    data.truncate(before + (rows - 1) * stride + columns);
    data
}

/// A matrix is read line by line of the cache where that is faster, and lines end where rows do not.
fn vectors_times_matrices_wherever_they_stand<T: Float>() {
    for set in KernelSet::available() {
        for [rows, columns, stride] in [
            [1, 64, 64],
            [2, 32, 32],
            [3, 40, 48],
            [7, 64, 64],
            [8, 63, 64],
            [9, 48, 48],
            [13, 100, 128],
            [33, 17, 32],
            [21, 65, 65],
            [300, 80, 80],
            [5, 129, 144],
            [12, 200, 208],
            [19, 47, 47],
            [4, 260, 272],
        ] {
            let wave = |n: usize| -> Vec<T> { (0..n).map(|i| T::lit((i as f64 * 0.73).cos())).collect() };
            let (right, left) = (wave(columns), wave(rows));
            let mut first: Option<[Vec<u64>; 2]> = None;
            for before in 0..16 {
                let data = among_nans::<T>(before, rows, columns, stride);
                let a = Matrix::new(&data[before..], [stride, 1]);
                let (mut by_rows, mut over_rows) = (vec![T::ZERO; rows], vec![T::ZERO; columns]);
                let x = Matrix::new(&right, [1, 1]);
                product(set, columns, a, x, Window::new(&mut by_rows, [rows, 1], 1), Onto::Nothing);
                let x = Matrix::new(&left, [rows, 1]);
                product(set, rows, x, a, Window::new(&mut over_rows, [1, columns], columns), Onto::Nothing);
                let exact = |i: usize, j: usize| ((i * columns + j) as f64 * 0.37).sin();
                let near =
                    |x: T, sum: f64| (x.to_f64() - sum).abs() < columns.max(rows) as f64 * T::EPSILON.to_f64() * 4.0;
                for (i, &y) in by_rows.iter().enumerate() {
                    let sum = (0..columns).map(|j| exact(i, j) * right[j].to_f64()).sum();
                    assert!(near(y, sum), "{} {rows} × {columns}, row {i}: {y} {sum}", set.name());
                }
                for (j, &y) in over_rows.iter().enumerate() {
                    let sum = (0..rows).map(|i| exact(i, j) * left[i].to_f64()).sum();
                    assert!(near(y, sum), "{} {rows} × {columns}, column {j}: {y} {sum}", set.name());
                }
                let bits = [by_rows, over_rows].map(|y| y.iter().map(|&y| y.to_f64().to_bits()).collect::<Vec<_>>());
                let same = first.get_or_insert_with(|| bits.clone()) == &bits;
                assert!(same, "{} {rows} × {columns}: other bits after {before} elements", set.name());
            }
        }
    }
}

#[test]
fn vectors_times_matrices_f64() {
    vectors_times_matrices_wherever_they_stand::<f64>();
}

#[test]
fn vectors_times_matrices_f32() {
    vectors_times_matrices_wherever_they_stand::<f32>();
}

fn batches_of_small_products<T: Float>() {
    // Small integers: every sum is exact.
    let number = |i: usize| T::lit(((i * 31) % 13) as f64 - 6.0);
    let numbers: Vec<T> = (0..400).map(number).collect();
    for [m, k, n] in (0..8 * 16).map(|i| [i / 16 + 1, i / 4 % 4 + 1, i % 4 + 1]) {
        assert!(Batch::<T>::is_for([m, k, n]));
        // Side by side, transposes of that, with gaps, and the same one for all.
        let kinds =
            [([k, 1], [n, 1], [m * k, k * n]), ([1, m], [1, k], [m * k, k * n]), ([k + 1, 1], [2 * n, 2], [3, 0])];
        for (a_strides, b_strides, apart) in kinds {
            let (a, b) = (Matrix::new(&numbers, a_strides), Matrix::new(&numbers[5..], b_strides));
            for count in [1, 5] {
                let at = |i: usize| {
                    let (batch, row, column) = (i / (m * n), i / n % m, i % n);
                    let term = |l: usize| {
                        a.data[batch * apart[0] + row * a_strides[0] + l * a_strides[1]]
                            * b.data[batch * apart[1] + l * b_strides[0] + column * b_strides[1]]
                    };
                    (0..k).fold(T::ZERO, |sum, l| sum + term(l))
                };
                let exact: Vec<T> = (0..count * m * n).map(at).collect();
                for set in KernelSet::available() {
                    let mut out = vec![T::NAN; count * m * n];
                    Batch { sizes: [m, k, n], a, b, apart }.products(set, &mut out);
                    assert_eq!(out, exact, "{} {count} times {m} × {k} × {n}, {a_strides:?}", set.name());
                }
            }
        }
    }
}

#[test]
fn batches_f64() {
    batches_of_small_products::<f64>();
}

#[test]
fn batches_f32() {
    batches_of_small_products::<f32>();
}

#[test]
#[should_panic(expected = "a 2 × 3 matrix")]
fn a_batch_stays_in_its_slices() {
    let (numbers, mut out) = ([1.0; 17], [0.0; 12]);
    let (a, b) = (Matrix::new(&numbers, [3, 1]), Matrix::new(&numbers, [2, 1]));
    Batch { sizes: [2, 3, 2], a, b, apart: [6, 0] }.products(KernelSet::best(), &mut out);
}
