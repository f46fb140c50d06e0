//! Products of many small matrices: of a few numbers each, which take less time than to choose a tile.
use super::float::{Float, fused};
use super::product::Matrix;
use super::set::{Isa, KernelSet, Task};

/// The most columns of what is multiplied, and the most terms of a sum.
const MOST: usize = 4;

/// So many products, each of an m × k and a k × n matrix; `apart` says how far from each other the ones on the left stand, and
/// the ones on the right.
#[derive(Clone, Copy)]
pub(crate) struct Batch<'a, T> {
    pub(crate) sizes: [usize; 3],
    pub(crate) a: Matrix<'a, T>,
    pub(crate) b: Matrix<'a, T>,
    pub(crate) apart: [usize; 2],
}

impl<T: Float> Batch<'_, T> {
    /// Whether matrices are so small that [`products`](Self::products) is for them.
    pub(crate) fn is_for([m, k, n]: [usize; 3]) -> bool {
        (1..=2 * MOST).contains(&m) && (1..=MOST).contains(&k) && (1..=MOST).contains(&n)
    }

    /// All that `out` has room for.
    ///
    /// # Panics
    /// If a matrix reaches beyond its slice.
    pub(crate) fn products(self, set: KernelSet, out: &mut [T]) {
        let [m, k, n] = self.sizes;
        let last = (out.len() / (m * n)).saturating_sub(1);
        let from = |matrix: Matrix<'_, T>, apart: usize, rows, columns| {
            Matrix { data: &matrix.data[last * apart..], ..matrix }.check(rows, columns);
        };
        from(self.a, self.apart[0], m, k);
        from(self.b, self.apart[1], k, n);
        set.without_avx512().run(Each { of: self, out }); // No vector is filled.
    }

    #[inline(always)]
    fn each<I: Isa, const K: usize, const N: usize>(self, out: &mut [T]) {
        let (Self { a, b, sizes: [m, ..], .. }, [a_apart, b_apart]) = (self, self.apart);
        for (i, out) in out.chunks_exact_mut(m * N).enumerate() {
            let a = Matrix { data: &a.data[i * a_apart..], ..a };
            let b = Matrix { data: &b.data[i * b_apart..], ..b };
            let rows: [[T; N]; K] = std::array::from_fn(|p| std::array::from_fn(|j| b.at(p, j)));
            for (r, out) in out.as_chunks_mut::<N>().0.iter_mut().enumerate() {
                let mut sums = [T::ZERO; N];
                for p in 0..K {
                    let factor = a.at(r, p);
                    for j in 0..N {
                        sums[j] = fused::<I, T>(factor, rows[p][j], sums[j]);
                    }
                }
                *out = sums;
            }
        }
    }
}

struct Each<'a, 'o, T> {
    of: Batch<'a, T>,
    out: &'o mut [T],
}

impl<T: Float> Task for Each<'_, '_, T> {
    type Output = ();

    #[inline(always)]
    fn run<I: Isa>(self) {
        let Self { of, out } = self;
        match (of.sizes[1], of.sizes[2]) {
            (1, 1) => of.each::<I, 1, 1>(out),
            (1, 2) => of.each::<I, 1, 2>(out),
            (1, 3) => of.each::<I, 1, 3>(out),
            (1, 4) => of.each::<I, 1, 4>(out),
            (2, 1) => of.each::<I, 2, 1>(out),
            (2, 2) => of.each::<I, 2, 2>(out),
            (2, 3) => of.each::<I, 2, 3>(out),
            (2, 4) => of.each::<I, 2, 4>(out),
            (3, 1) => of.each::<I, 3, 1>(out),
            (3, 2) => of.each::<I, 3, 2>(out),
            (3, 3) => of.each::<I, 3, 3>(out),
            (3, 4) => of.each::<I, 3, 4>(out),
            (4, 1) => of.each::<I, 4, 1>(out),
            (4, 2) => of.each::<I, 4, 2>(out),
            (4, 3) => of.each::<I, 4, 3>(out),
            (4, 4) => of.each::<I, 4, 4>(out),
            (k, n) => unreachable!("{k} terms and {n} columns are more than asked for"),
        }
    }
}
