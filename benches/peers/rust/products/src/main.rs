//! The matrix products of W3's and W4's steps alone, and nothing else, by the crates that do them best.
use std::hint::black_box;

use faer::linalg::matmul::matmul;
use faer::{Accum, MatMut, MatRef, Par};
use common::{least, report, wanted};

/// Which operand is read transposed in one product: [m, k] by [k, n].
struct Product {
    m: usize,
    k: usize,
    n: usize,
    transposed: [bool; 2],
}

/// Forward: h W; backward: hᵀ δ, and δ Wᵀ but for the first layer.
fn products(sizes: [usize; 4], batch: usize) -> Vec<Product> {
    let mut all: Vec<Product> =
        (0..3).map(|k| Product { m: batch, k: sizes[k], n: sizes[k + 1], transposed: [false, false] }).collect();
    for k in (0..3).rev() {
        all.push(Product { m: sizes[k], k: batch, n: sizes[k + 1], transposed: [true, false] });
        if k > 0 {
            all.push(Product { m: batch, k: sizes[k + 1], n: sizes[k], transposed: [false, true] });
        }
    }
    all
}

/// Row-major operands of their own for each product.
struct Operands<T> {
    a: Vec<T>,
    b: Vec<T>,
    c: Vec<T>,
}

fn operands<T: Copy>(all: &[Product], x: T) -> Vec<Operands<T>> {
    all.iter().map(|p| Operands { a: vec![x; p.m * p.k], b: vec![x; p.k * p.n], c: vec![x; p.m * p.n] }).collect()
}

macro_rules! by {
    ($T:ty, $gemm:path, $workload:expr, $case:expr, $sizes:expr, $batch:expr) => {{
        let all = products($sizes, $batch);
        let mut arrays = operands::<$T>(&all, 1e-3);
        let us = least(|| {
            for (p, it) in all.iter().zip(&mut arrays) {
                let a = if p.transposed[0] { (1, p.m) } else { (p.k, 1) };
                let b = if p.transposed[1] { (1, p.k) } else { (p.n, 1) };
                // SAFETY: the arrays have the sizes that the strides say.
                unsafe {
                    $gemm(
                        p.m,
                        p.k,
                        p.n,
                        1.0,
                        it.a.as_ptr(),
                        a.0 as isize,
                        a.1 as isize,
                        it.b.as_ptr(),
                        b.0 as isize,
                        b.1 as isize,
                        0.0,
                        it.c.as_mut_ptr(),
                        p.n as isize,
                        1,
                    );
                }
            }
            black_box(&mut arrays);
        });
        report($workload, $case, "products: matrixmultiply", us, &[]);

        let threads = std::env::var("RAYON_NUM_THREADS").ok().and_then(|n| n.parse().ok()).unwrap_or(1);
        let par = if threads > 1 { Par::rayon(threads) } else { Par::Seq };
        let us = least(|| {
            for (p, it) in all.iter().zip(&mut arrays) {
                let a = MatRef::from_row_major_slice(
                    &it.a,
                    if p.transposed[0] { p.k } else { p.m },
                    if p.transposed[0] { p.m } else { p.k },
                );
                let b = MatRef::from_row_major_slice(
                    &it.b,
                    if p.transposed[1] { p.n } else { p.k },
                    if p.transposed[1] { p.k } else { p.n },
                );
                let (a, b) =
                    (if p.transposed[0] { a.transpose() } else { a }, if p.transposed[1] { b.transpose() } else { b });
                let c = MatMut::from_row_major_slice_mut(&mut it.c, p.m, p.n);
                matmul(c, Accum::Replace, a, b, 1.0, par);
            }
            black_box(&mut arrays);
        });
        report($workload, $case, "products: faer", us, &[]);
    }};
}

fn main() {
    for (workload, sizes, batch) in [("W3", [64, 64, 32, 10], 32), ("W4", [784, 256, 128, 10], 64)] {
        if wanted(workload) {
            by!(f32, matrixmultiply::sgemm, workload, "f32", sizes, batch);
            by!(f64, matrixmultiply::dgemm, workload, "f64", sizes, batch);
        }
    }
}
