//! Matrices A + Σ tᵢ Eᵢ over numbers with tᵢ² = 0, and their exponential: how `expm` gets its derivatives.
use faer::linalg::solvers::Solve as _;
use faer::{Mat, MatRef, Scale};

use super::matrices::{is_finite, is_zero};

/// A matrix for each set of directions, by the bits of its index: the coefficient of the product of their tᵢ.
struct Jet(Vec<Mat<f64>>);

impl Jet {
    /// The product: each set is split in two in every way.
    fn times(&self, other: &Self) -> Self {
        let product = |set: usize| {
            let mut sum = &self.0[0] * &other.0[set];
            for part in subsets(set).filter(|&part| part != 0) {
                sum += &self.0[part] * &other.0[set ^ part];
            }
            sum
        };
        Self((0..self.0.len()).map(product).collect())
    }

    /// Σ cᵢ Xᵢ.
    fn sum<const N: usize>(terms: [(f64, &Self); N]) -> Self {
        let of = |set: usize| {
            let mut sum = Mat::zeros(terms[0].1.0[0].nrows(), terms[0].1.0[0].ncols());
            for (c, jet) in terms {
                sum += Scale(c) * &jet.0[set];
            }
            sum
        };
        Self((0..terms[0].1.0.len()).map(of).collect())
    }

    fn scaled(&self, c: f64) -> Self {
        Self::sum([(c, self)])
    }

    /// X of self · X = other; one factorisation, since the coefficients with a t are nilpotent.
    fn solve(&self, other: &Self) -> Self {
        let lu = self.0[0].partial_piv_lu();
        let mut x: Vec<Mat<f64>> = Vec::with_capacity(other.0.len());
        for (set, right) in other.0.iter().enumerate() {
            let mut right = right.clone();
            for part in subsets(set).filter(|&part| part != 0) {
                right -= &self.0[part] * &x[set ^ part];
            }
            x.push(lu.solve(&right));
        }
        Self(x)
    }

    /// A norm of the algebra.
    fn norm(&self) -> f64 {
        self.0.iter().map(|a| norm1(a.as_ref())).sum()
    }
}

/// All subsets of a set, itself and the empty one included.
fn subsets(set: usize) -> impl Iterator<Item = usize> {
    let next = move |&part: &usize| part.checked_sub(1).map(|below| below & set);
    std::iter::successors(Some(set), next)
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
fn halvings(x: &Jet) -> i32 {
    let norm = x.norm();
    if norm <= THETA {
        return 0;
    }
    let unit = x.scaled(1.0 / norm);
    let square = unit.times(&unit);
    let fourth = square.times(&square);
    let sixth = fourth.times(&square);
    let growth = fourth.norm().powf(0.25).max(sixth.norm().powf(1.0 / 6.0)).min(1.0);
    let halvings = ceiling((growth * (norm / THETA)).log2());
    // The magnitudes that the approximant's rounding errors grow with: ‖|X|²⁷‖ against ‖X‖.
    let scale = norm * (-f64::from(halvings)).exp2();
    let magnitudes = Mat::from_fn(x.0[0].nrows(), x.0[0].ncols(), |i, j| unit.0[0][(i, j)].abs());
    let mut sums = Mat::from_fn(1, magnitudes.ncols(), |_, _| 1.0);
    for _ in 0..27 {
        sums = &sums * &magnitudes;
    }
    let excess = sums.norm_max().log2() + 26.0 * scale.log2() + LOG2_ERROR;
    halvings + ceiling((excess + 53.0) / 26.0)
}

/// The next integer, 0 at least.
#[expect(clippy::cast_possible_truncation, reason = "logarithms of finite numbers are small")]
fn ceiling(x: f64) -> i32 {
    x.ceil().max(0.0) as i32
}

/// The mixed derivative of e^A along the directions; `None` if it is not finite for want of a finite input.
pub(super) fn exponential(a: MatRef<'_, f64>, directions: &[MatRef<'_, f64>]) -> Option<Mat<f64>> {
    let n = a.nrows();
    if directions.iter().any(|e| is_zero(*e)) {
        return Some(Mat::zeros(n, n)); // whatever A is: zeros that a choice put there stay zeros
    }
    if !is_finite(a) || !directions.iter().all(|e| is_finite(*e)) || !norm1(a).is_finite() {
        return None;
    }
    let mut jet = Jet(vec![Mat::zeros(n, n); 1 << directions.len()]);
    jet.0[0] = a.to_owned();
    // The result is linear in each direction, so these may have any size: 1.
    let mut size = 1.0;
    for (i, e) in directions.iter().enumerate() {
        let largest = e.norm_max();
        size *= largest;
        jet.0[1 << i] = Mat::from_fn(n, n, |i, j| e[(i, j)] / largest / n as f64);
    }
    let halvings = halvings(&jet);
    let x = jet.scaled((-f64::from(halvings)).exp2());
    let mut y = pade(&x);
    for _ in 0..halvings {
        y = y.times(&y);
    }
    let result = y.0.pop().expect("at least one set");
    let factor = size * (n as f64).powi(i32::try_from(directions.len()).expect("a few"));
    Some(Scale(factor) * &result)
}

/// The approximant (V − U)⁻¹(V + U), whose even and odd parts are V and U.
fn pade(x: &Jet) -> Jet {
    let n = x.0[0].nrows();
    let mut one = Jet(vec![Mat::zeros(n, n); x.0.len()]);
    one.0[0] = Mat::identity(n, n);
    let c = coefficients();
    let x2 = x.times(x);
    let x4 = x2.times(&x2);
    let x6 = x4.times(&x2);
    let high = |odd: usize| Jet::sum([(c[12 + odd], &x6), (c[10 + odd], &x4), (c[8 + odd], &x2)]);
    let all = |odd: usize| {
        let high = x6.times(&high(odd));
        Jet::sum([(1.0, &high), (c[6 + odd], &x6), (c[4 + odd], &x4), (c[2 + odd], &x2), (c[odd], &one)])
    };
    let (u, v) = (x.times(&all(1)), all(0));
    Jet::sum([(1.0, &v), (-1.0, &u)]).solve(&Jet::sum([(1.0, &v), (1.0, &u)]))
}
