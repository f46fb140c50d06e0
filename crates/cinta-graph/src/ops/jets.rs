//! Matrices A + Σ tᵢ Eᵢ over numbers with tᵢ² = 0, and their exponential: how `expm` gets its derivatives.
use faer::dyn_stack::MemStack;
use faer::linalg::lu::partial_pivoting::solve;
use faer::linalg::matmul::matmul;
use faer::prelude::{Reborrow as _, ReborrowMut as _};
use faer::{Accum, MatMut, MatRef, Par};

use super::matrices::{Beside, Needs, is_finite, is_zero};
use super::solve::{factorise, needs as needs_of_lu};

/// A matrix for each set of directions, by the bits of its index: the coefficient of the product of their tᵢ.
struct Jet<'w> {
    /// Rows of a matrix.
    n: usize,
    /// One matrix after the other, each column after column.
    numbers: &'w mut [f64],
}

impl Jet<'_> {
    fn sets(&self) -> usize {
        self.numbers.len() / (self.n * self.n)
    }

    fn at(&self, set: usize) -> MatRef<'_, f64> {
        MatRef::from_column_major_slice(&self.numbers[set * self.n * self.n..][..self.n * self.n], self.n, self.n)
    }

    fn at_mut(&mut self, set: usize) -> MatMut<'_, f64> {
        let part = &mut self.numbers[set * self.n * self.n..][..self.n * self.n];
        MatMut::from_column_major_slice_mut(part, self.n, self.n)
    }

    /// Becomes the product: each set is split in two in every way.
    fn multiply(&mut self, a: &Jet<'_>, b: &Jet<'_>) {
        for set in 0..a.sets() {
            matmul(self.at_mut(set), Accum::Replace, a.at(0), b.at(set), 1.0, Par::Seq);
            for part in parts(set) {
                matmul(self.at_mut(set), Accum::Add, a.at(part), b.at(set ^ part), 1.0, Par::Seq);
            }
        }
    }

    /// Becomes Σ cᵢ Xᵢ.
    fn combine<const N: usize>(&mut self, terms: [(f64, &Jet<'_>); N]) {
        self.numbers.fill(0.0);
        self.add(terms);
    }

    /// Grows by Σ cᵢ Xᵢ.
    fn add<const N: usize>(&mut self, terms: [(f64, &Jet<'_>); N]) {
        for (c, jet) in terms {
            self.numbers.iter_mut().zip(&*jet.numbers).for_each(|(sum, x)| *sum += c * x);
        }
    }

    /// Adds a multiple of the identity.
    fn shift(&mut self, c: f64) {
        let n = self.n;
        self.numbers[..n * n].iter_mut().step_by(n + 1).for_each(|x| *x += c);
    }

    /// Becomes the X of left · X = self: one factorisation, in the place of the first matrix of the left side, since the
    /// coefficients with a t are nilpotent.
    fn solve(&mut self, left: &mut Jet<'_>, positions: &mut [usize], stack: &mut MemStack) {
        let rows = factorise(left.at_mut(0), positions, stack);
        for set in 0..self.sets() {
            let (known, rest) = self.numbers.split_at_mut(set * self.n * self.n);
            let known = Jet { n: self.n, numbers: known };
            let mut right = MatMut::from_column_major_slice_mut(&mut rest[..self.n * self.n], self.n, self.n);
            for part in parts(set) {
                matmul(right.rb_mut(), Accum::Add, left.at(part), known.at(set ^ part), -1.0, Par::Seq);
            }
            solve::solve_in_place(left.at(0), left.at(0), rows, right, Par::Seq, stack);
        }
    }

    /// A norm of the algebra.
    fn norm(&self) -> f64 {
        (0..self.sets()).map(|set| norm1(self.at(set))).sum()
    }
}

/// All subsets of a set but the empty one, the set itself first.
fn parts(set: usize) -> impl Iterator<Item = usize> {
    let next = move |&part: &usize| Some((part - 1) & set).filter(|&below| below != 0);
    std::iter::successors(Some(set).filter(|&set| set != 0), next)
}

/// The largest sum of magnitudes of a column.
fn norm1(a: MatRef<'_, f64>) -> f64 {
    a.col_iter().map(|column| column.norm_l1()).fold(0.0, f64::max)
}

/// The coefficients of the numerator of the [13/13] Padé approximant, with a first one of 1, so that e⁰ = 1.
fn coefficients() -> [f64; 14] {
    let mut c = [1.0; 14];
    for k in 0..13 {
        let below = k as f64;
        c[k + 1] = c[k] * (13.0 - below) / ((26.0 - below) * (below + 1.0));
    }
    c
}

/// The largest norm at which the approximant is exact to rounding.
const THETA: f64 = 4.25;

/// log₂ of the coefficient 13! 13!/(26! 27!) of X²⁷ in the approximant's error.
const LOG2_ERROR: f64 = -116.447;

/// How often a jet is to be halved: until the norms of its powers are small, which for matrices far from normal
/// is sooner than its own is, and a few times more where rounding errors would show (Al-Mohy & Higham 2009).
fn halvings(x: &Jet<'_>, [unit, square, fourth, sixth]: [&mut Jet<'_>; 4]) -> i32 {
    let norm = x.norm();
    if norm <= THETA {
        return 0;
    }
    unit.combine([(1.0 / norm, x)]);
    square.multiply(unit, unit);
    fourth.multiply(square, square);
    sixth.multiply(fourth, square);
    let growth = fourth.norm().powf(0.25).max(sixth.norm().powf(1.0 / 6.0)).min(1.0);
    let halvings = ceiling((growth * (norm / THETA)).log2());
    // The magnitudes that the approximant's rounding errors grow with: ‖|X|²⁷‖ against ‖X‖.
    let scale = norm * (-f64::from(halvings)).exp2();
    unit.numbers.iter_mut().for_each(|x| *x = x.abs());
    let (mut sums, mut next) = (&mut square.numbers[..x.n], &mut fourth.numbers[..x.n]);
    sums.fill(1.0);
    for _ in 0..27 {
        let row = MatRef::from_row_major_slice(sums, 1, x.n);
        let product = MatMut::from_row_major_slice_mut(next, 1, x.n);
        matmul(product, Accum::Replace, row, unit.at(0), 1.0, Par::Seq);
        (sums, next) = (next, sums);
    }
    let excess = sums.iter().fold(0.0, |most: f64, &sum| most.max(sum)).log2() + 26.0 * scale.log2() + LOG2_ERROR;
    halvings + ceiling((excess + 53.0) / 26.0)
}

/// The next integer, 0 at least.
#[expect(clippy::cast_possible_truncation, reason = "logarithms of finite numbers are small")]
fn ceiling(x: f64) -> i32 {
    x.ceil().max(0.0) as i32
}

/// How many jets an exponential takes.
const JETS: usize = 6;

/// What the exponential of an n by n matrix takes, with so many directions.
pub(super) fn needs(n: usize, directions: usize) -> Needs {
    let solves = solve::solve_in_place_scratch::<usize, f64>(n, n, Par::Seq);
    let needs = needs_of_lu(n);
    Needs { numbers: (JETS * n * n) << directions, stack: needs.stack.or(solves), ..needs }
}

/// Writes the mixed derivative of e^A along the directions; false where it is not finite for want of a finite input.
pub(super) fn exponential(
    a: MatRef<'_, f64>,
    directions: &[MatMut<'_, f64>],
    mut out: MatMut<'_, f64>,
    beside: Beside<'_>,
) -> bool {
    if directions.iter().any(|e| is_zero(e.rb())) {
        out.fill(0.0); // whatever A is: zeros that a choice put there stay zeros
        return true;
    }
    if !is_finite(a) || !directions.iter().all(|e| is_finite(e.rb())) || !norm1(a).is_finite() {
        return false;
    }
    let (n, Beside { numbers, positions, stack }) = (a.nrows(), beside);
    let mut parts = numbers.chunks_exact_mut((n * n) << directions.len());
    let jets: [Jet<'_>; JETS] = std::array::from_fn(|_| Jet { n, numbers: parts.next().expect("as asked for") });
    let [mut x, mut left, mut y, mut next, mut odd, mut even] = jets;
    x.numbers.fill(0.0);
    x.at_mut(0).copy_from(a);
    // The result is linear in each direction, so these may have any size: 1.
    let mut size = 1.0;
    for (i, e) in directions.iter().enumerate() {
        let largest = e.norm_max();
        size *= largest;
        let mut unit = x.at_mut(1 << i);
        unit.copy_from(e);
        unit.col_iter_mut().for_each(|column| column.iter_mut().for_each(|x| *x = *x / largest / n as f64));
    }
    let halvings = halvings(&x, [&mut left, &mut y, &mut next, &mut odd]);
    let scale = (-f64::from(halvings)).exp2();
    x.numbers.iter_mut().for_each(|x| *x *= scale);
    pade([&mut x, &mut left, &mut y, &mut next, &mut odd, &mut even]);
    y.solve(&mut left, positions, stack);
    for _ in 0..halvings {
        next.multiply(&y, &y);
        std::mem::swap(&mut next, &mut y);
    }
    let factor = size * (n as f64).powi(i32::try_from(directions.len()).expect("a few"));
    out.copy_from(y.at(y.sets() - 1));
    out.col_iter_mut().for_each(|column| column.iter_mut().for_each(|x| *x *= factor));
    true
}

/// Of X, in the first of these, the two sides V − U and V + U of the approximant (V − U)⁻¹(V + U), in the second and third.
fn pade([x, x2, x4, x6, odd, even]: [&mut Jet<'_>; JETS]) {
    x2.multiply(x, x);
    x4.multiply(x2, x2);
    x6.multiply(x4, x2);
    let c = coefficients();
    let series = |from: usize, high: &mut Jet<'_>, all: &mut Jet<'_>| {
        high.combine([(c[12 + from], x6), (c[10 + from], x4), (c[8 + from], x2)]);
        all.multiply(x6, high);
        all.add([(c[6 + from], x6), (c[4 + from], x4), (c[2 + from], x2)]);
        all.shift(c[from]);
    };
    series(1, odd, even);
    odd.multiply(x, even);
    series(0, x, even);
    x2.combine([(1.0, even), (-1.0, odd)]);
    x4.combine([(1.0, even), (1.0, odd)]);
}
