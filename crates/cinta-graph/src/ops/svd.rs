//! `svd`: the singular value decomposition.
use std::ops::RangeInclusive;

use faer::diag::DiagMut;
use faer::linalg::svd::{self, ComputeSvdVectors};
use faer::prelude::{Reborrow as _, ReborrowMut as _};
use faer::{MatMut, Par, Spec};
use smallvec::smallvec;

use super::eigh::{diagonal_row, inverse_gaps};
use super::matrices::{
    Beside, Needs, check_matrices, is_finite, on_diagonal, orientation, scale, size, skew, split, symmetric,
    unless_unused, write_each,
};
use super::sample::spread_array;
use super::{At, Attributes, Batched, Cotangents, Delta, Flow, Notation, OpDef, Refused, Sample};
use crate::error::or_panic;
use crate::{ArrayType, DType, ElementsMut, Error, RowMajor, Shape, Var, Workspace, try_concat};

/// The singular values σ of an m × n matrix A = U diag(σ) Vᵀ, falling, as the first row, below it the m rows of U,
/// and below these the n rows of V; k = min(m, n) columns. In one array, for they come from one factorisation.
///
/// With P = Uᵀ dA V, its symmetric part S and its skew part K, Fᵢⱼ = 1/(σⱼ − σᵢ) and Hᵢⱼ = 1/(σⱼ + σᵢ), both 0 on
/// the diagonal:
///
/// dσ = diag P, dU = U (F ⊙ S + H ⊙ K) + (I − U Uᵀ) dA V Σ⁻¹, dV = V (F ⊙ S − H ⊙ K) + (I − V Vᵀ) dAᵀ U Σ⁻¹.
///
/// This is Townsend (2016), *Differentiating the singular value decomposition*, with 1/(σⱼ² − σᵢ²) in partial
/// fractions, which neither overflow nor cancel. The last terms are there only for m > k and n > k. Conventions:
/// see [`Var::svd`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Svd;

fn svd(mut a: MatMut<'_, f64>, mut packed: MatMut<'_, f64>, beside: Beside<'_>) -> bool {
    if !is_finite(a.rb()) {
        return false;
    }
    let (scale, m, n, thin) = (scale(a.rb_mut()), a.nrows(), a.ncols(), packed.ncols());
    let (sigma, vectors) = beside.numbers.split_at_mut(thin);
    let (u, v) = vectors.split_at_mut(m * thin);
    let mut u = MatMut::from_column_major_slice_mut(u, m, thin);
    let mut v = MatMut::from_column_major_slice_mut(v, n, thin);
    let (values, spec) = (DiagMut::from_slice_mut(sigma), Spec::default());
    let (left, right) = (Some(u.rb_mut()), Some(v.rb_mut()));
    if svd::svd(a.rb(), values, left, right, Par::Seq, beside.stack, spec).is_err() {
        return false;
    }
    for j in 0..thin {
        packed[(0, j)] = sigma[j] * scale;
        let sign = orientation(u.rb().col(j));
        (0..m).for_each(|i| packed[(1 + i, j)] = u[(i, j)] * sign);
        (0..n).for_each(|i| packed[(1 + m + i, j)] = v[(i, j)] * sign);
    }
    true
}

/// σ as a row, U and V.
fn parts(packed: Var<'_>, rows: usize) -> (Var<'_>, Var<'_>, Var<'_>) {
    let end = (1 + rows).cast_signed();
    (packed.slice_axis(-2, ..1), packed.slice_axis(-2, 1..end), packed.slice_axis(-2, end..))
}

/// 1/(xⱼ + xᵢ) of a row of numbers, 0 on the diagonal.
#[track_caller]
fn inverse_sums(row: Var<'_>) -> Result<Var<'_>, Error> {
    let n = row.shape().last().copied().unwrap_or_default();
    on_diagonal(row, n)?.try_select(0.0, (row + row.t()).reciprocal())
}

/// A zero on the left wins: what is not used may stand at a pole.
fn gated<'t>(x: Var<'t>, factor: Var<'t>) -> Var<'t> {
    Delta::masked(x).times(factor).var()
}

impl OpDef for Svd {
    fn name(&self) -> &'static str {
        "svd"
    }

    fn arity(&self) -> RangeInclusive<usize> {
        1..=1
    }

    fn read(name: &str, _: &Attributes) -> Option<Result<Self, String>> {
        (name == "svd").then_some(Ok(Self))
    }

    fn infer(&self, inputs: &[&ArrayType]) -> Result<ArrayType, String> {
        let [rows, columns] = check_matrices(inputs[0])?;
        let height = rows.checked_add(columns).and_then(|height| height.checked_add(1));
        let height = height.ok_or_else(|| "is too large for memory".to_owned())?;
        let (batch, _) = split(&inputs[0].shape);
        Ok(inputs[0].with_shape(batch.iter().copied().chain([height, rows.min(columns)]).collect::<Shape>()))
    }

    fn writes_into(&self) -> bool {
        true
    }

    fn eval_into(&self, inputs: &[RowMajor<'_>], output: ElementsMut<'_>, room: &mut Workspace) -> Result<(), String> {
        let [m, n] = size(inputs[0]);
        let (thin, vectors) = (m.min(n), ComputeSvdVectors::Thin);
        let stack = svd::svd_scratch::<f64>(m, n, vectors, vectors, Par::Seq, Spec::default());
        let needs = Needs { numbers: thin * (1 + m + n), positions: 0, stack };
        write_each(inputs, output, [1 + m + n, thin], needs, room, |a, packed, beside| {
            svd(a[0].rb_mut(), packed, beside)
        })
    }

    fn vjp<'t>(&self, at: &At<'_, 't>, ct: Delta<'t>) -> Result<Cotangents<'t>, Error> {
        let (_, [m, n]) = split(&at.input(0).shape());
        let (sigma, u, v) = parts(at.output(), m);
        let (for_sigma, for_u, for_v) = parts(ct.var(), m);
        let (in_u, in_v) = (u.t().matmul(for_u), v.t().matmul(for_v));
        let inner =
            symmetric(gated(in_u + in_v, inverse_gaps(sigma)?)) + skew(gated(in_u - in_v, inverse_sums(sigma)?));
        let mut left = u.matmul(inner) + u * for_sigma;
        if m > n {
            left += gated(for_u - u.matmul(in_u), sigma.reciprocal());
        }
        let mut for_a = left.matmul(v.t());
        if n > m {
            for_a += u.matmul(gated(for_v - v.matmul(in_v), sigma.reciprocal()).t());
        }
        Ok(smallvec![Some(unless_unused(ct, at.output(), for_a))])
    }

    fn jvp<'t>(&self, at: &At<'_, 't>, tangents: &[Flow<'t>]) -> Result<Flow<'t>, Error> {
        let Some(t) = tangents[0] else { return Ok(None) };
        let (_, [m, n]) = split(&at.input(0).shape());
        let (sigma, u, v) = parts(at.output(), m);
        let right = t.var().matmul(v);
        let p = u.t().matmul(right);
        let (even, odd) = (gated(symmetric(p), inverse_gaps(sigma)?), gated(skew(p), inverse_sums(sigma)?));
        let (mut du, mut dv) = (u.matmul(even + odd), v.matmul(even - odd));
        if m > n {
            du += gated(right - u.matmul(p), sigma.reciprocal());
        }
        if n > m {
            dv += gated(t.var().t().matmul(u) - v.matmul(p.t()), sigma.reciprocal());
        }
        Ok(Some(unless_unused(t, at.output(), try_concat(&[diagonal_row(p)?, du, dv], -2)?)))
    }

    fn batch<'t>(&self, inputs: &[Batched<'t>], size: usize) -> Result<Var<'t>, Error> {
        let a = inputs[0].spread(size);
        a.tape().record(*self, &[a])
    }

    fn flops(&self, inputs: &[&ArrayType], output: &ArrayType) -> u64 {
        let k = output.shape.last().copied().unwrap_or_default() as u64;
        (20 * inputs[0].shape.size() as u64).saturating_mul(k)
    }

    fn notation(&self) -> Notation {
        Notation::function("svd")
    }

    fn samples() -> Vec<Sample> {
        let turned = spread_array(&[2, 3], 4).to_array::<f64>().reversed_axes();
        let two = ndarray::array![[0.0, 2.0], [-3.0, 0.0]];
        let nan = f64::NAN;
        let batch = ndarray::array![[[nan]], [[-3.0]]];
        vec![
            Sample::new(Self, [spread_array(&[2, 2], 0)]),
            Sample::new(Self, [spread_array(&[3, 3], 0)]),
            Sample::new(Self, [spread_array(&[4, 2], 3)]),
            Sample::new(Self, [spread_array(&[2, 3], 2)]),
            Sample::new(Self, [spread_array(&[2, 3, 2], 1)]),
            Sample::new(Self, [turned.into()]),
            Sample::new(Self, [spread_array(&[1, 1], 0)]),
            Sample::new(Self, [spread_array(&[3, 0], 0)]),
            Sample::new(Self, [spread_array(&[0, 2, 2], 0)]),
            Sample::new(Self, [two.into()])
                .gives_within(ndarray::array![[3.0, 2.0], [0.0, 1.0], [1.0, 0.0], [-1.0, 0.0], [0.0, 1.0]], 2.0),
            Sample::new(Self, [batch.into()])
                .value_only()
                .gives(ndarray::array![[[nan], [nan], [nan]], [[3.0], [1.0], [-1.0]]]),
        ]
    }

    fn refused() -> Vec<Refused> {
        let ty = |dtype, shape: &[usize]| [ArrayType::new(dtype, shape)];
        vec![
            Refused::new(Self, ty(DType::F64, &[3]), "needs a matrix, or matrices in the last two axes"),
            Refused::new(Self, ty(DType::I64, &[2, 2]), "needs f64 or f32, not i64"),
        ]
    }
}

impl Var<'_> {
    /// U, σ and Vᵀ of the thin singular value decomposition A = U diag(σ) Vᵀ, for each m × n matrix in the last two
    /// axes: with k = min(m, n), U is m × k and Vᵀ is k × n, with orthonormal columns and rows; the singular values
    /// σ ≥ 0 fall. One factorisation for all three and for all derivatives, about 20mnk.
    ///
    /// Each column of U is turned so that its first entry of at least half the largest magnitude is positive. A
    /// matrix that is not finite gives NaN.
    ///
    /// **Equal or zero singular values.** The gradient of a symmetric function of the singular values (their sum) is
    /// right where they are equal; a singular value of 0 has a kink, where the gradient is that of U Vᵀ as chosen. The
    /// singular vectors of equal values, and of a 0 unless the matrix is square and has only one, are a choice among
    /// many: derivatives through them are infinite or NaN. [`eigh`](Self::eigh) says why they are not 0.
    ///
    /// Derivatives: Townsend (2016), *Differentiating the singular value decomposition*.
    ///
    /// ```
    /// use cinta_graph::Tape;
    /// use ndarray::array;
    /// let tape = Tape::new();
    /// let a = tape.var(array![[0.0, 2.0], [-3.0, 0.0]]);
    /// let (u, sigma, vt) = a.svd();
    /// assert_eq!(sigma.value(), array![3.0, 2.0]);
    /// assert_eq!(u.value(), array![[0.0, 1.0], [1.0, 0.0]]);
    /// assert_eq!(vt.value(), array![[-1.0, 0.0], [0.0, 1.0]]);
    /// assert_eq!(sigma.sum().grad(a).value(), array![[0.0, 1.0], [-1.0, 0.0]]); // U Vᵀ
    /// ```
    ///
    /// # Panics
    /// If there are fewer than two axes, or the dtype is no float.
    #[must_use]
    #[track_caller]
    pub fn svd(self) -> (Self, Self, Self) {
        or_panic(self.try_svd())
    }

    /// [`svd`](Self::svd), with the error returned.
    #[track_caller]
    pub fn try_svd(self) -> Result<(Self, Self, Self), Error> {
        let packed = self.tape().record(Svd, &[self])?;
        let (_, [rows, _]) = split(&self.shape());
        let end = (1 + rows).cast_signed();
        let u = packed.try_slice_axis(-2, 1..end)?;
        Ok((u, packed.try_index_axis(-2, 0)?, packed.try_slice_axis(-2, end..)?.t()))
    }
}
