//! `eigh`: eigenvalues and eigenvectors of symmetric matrices.
use std::ops::RangeInclusive;

use faer::diag::DiagMut;
use faer::linalg::evd::{self, ComputeEigenvectors};
use faer::prelude::{Reborrow as _, ReborrowMut as _};
use faer::{MatMut, Par, Spec};
use smallvec::smallvec;

use super::matrices::{
    Beside, Needs, check_square, is_finite, on_diagonal, orientation, scale, size, split, symmetric, symmetrise,
    unless_unused, write_each,
};
use super::sample::spread_array;
use super::{At, Attributes, Batched, Cotangents, Delta, Flow, Notation, OpDef, Refused, Sample};
use crate::error::or_panic;
use crate::{ArrayType, DType, ElementsMut, Error, RowMajor, Var, Workspace, try_concat};

/// The eigenvalues λ of (A + Aᵀ)/2, rising, as the first row, and below it V with its eigenvectors for columns.
///
/// Both in one array, since an operation has one output and the two come from one factorisation. With P = Vᵀ dA V
/// (dA symmetrised) and Fᵢⱼ = 1/(λⱼ − λᵢ), 0 on the diagonal: dλ = diag P and dV = V (F ⊙ P); in reverse, with
/// M = Vᵀ ∇_V, ∇_A = V (diag ∇_λ + sym(F ⊙ M)) Vᵀ (Giles 2008). Conventions: see [`Var::eigh`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Eigh;

fn eigh(mut a: MatMut<'_, f64>, mut packed: MatMut<'_, f64>, beside: Beside<'_>) -> bool {
    if !is_finite(a.rb()) {
        return false;
    }
    symmetrise(a.rb_mut());
    let (scale, n) = (scale(a.rb_mut()), a.nrows());
    let (values, vectors) = beside.numbers.split_at_mut(n);
    let mut vectors = MatMut::from_column_major_slice_mut(vectors, n, n);
    let diagonal = DiagMut::from_slice_mut(values);
    let (into, spec) = (Some(vectors.rb_mut()), Spec::default());
    if evd::self_adjoint_evd(a.rb(), diagonal, into, Par::Seq, beside.stack, spec).is_err() {
        return false;
    }
    for j in 0..n {
        packed[(0, j)] = values[j] * scale;
        let sign = orientation(vectors.rb().col(j));
        (0..n).for_each(|i| packed[(i + 1, j)] = vectors[(i, j)] * sign);
    }
    true
}

/// λ as a row, and V.
fn parts(packed: Var<'_>) -> (Var<'_>, Var<'_>) {
    (packed.slice_axis(-2, ..1), packed.slice_axis(-2, 1..))
}

/// 1/(xⱼ − xᵢ) of a row of numbers, 0 on the diagonal.
#[track_caller]
pub(super) fn inverse_gaps(row: Var<'_>) -> Result<Var<'_>, Error> {
    let n = row.shape().last().copied().unwrap_or_default();
    on_diagonal(row, n)?.try_select(0.0, (row - row.t()).reciprocal())
}

/// The diagonals of square matrices, as rows.
#[track_caller]
pub(super) fn diagonal_row(x: Var<'_>) -> Result<Var<'_>, Error> {
    let n = x.shape().last().copied().unwrap_or_default();
    on_diagonal(x, n)?.try_select(x, 0.0)?.try_sum_axes(crate::keepdims(-2))
}

impl OpDef for Eigh {
    fn name(&self) -> &'static str {
        "eigh"
    }

    fn arity(&self) -> RangeInclusive<usize> {
        1..=1
    }

    fn read(name: &str, _: &Attributes) -> Option<Result<Self, String>> {
        (name == "eigh").then_some(Ok(Self))
    }

    fn infer(&self, inputs: &[&ArrayType]) -> Result<ArrayType, String> {
        let n = check_square(inputs[0])?;
        let (batch, _) = split(&inputs[0].shape);
        Ok(inputs[0].with_shape(batch.iter().copied().chain([n + 1, n]).collect::<crate::Shape>()))
    }

    fn writes_into(&self) -> bool {
        true
    }

    fn eval_into(&self, inputs: &[RowMajor<'_>], output: ElementsMut<'_>, room: &mut Workspace) -> Result<(), String> {
        let [n, _] = size(inputs[0]);
        let vectors = ComputeEigenvectors::Yes;
        let stack = evd::self_adjoint_evd_scratch::<f64>(n.max(1), vectors, Par::Seq, Spec::default());
        let needs = Needs { numbers: n * (n + 1), positions: 0, stack };
        write_each(inputs, output, [n + 1, n], needs, room, |a, packed, beside| eigh(a[0].rb_mut(), packed, beside))
    }

    fn vjp<'t>(&self, at: &At<'_, 't>, ct: Delta<'t>) -> Result<Cotangents<'t>, Error> {
        let (values, vectors) = parts(at.output());
        let (for_values, for_vectors) = parts(ct.var());
        // A vector that is not used does not care which of equal eigenvalues it belongs to.
        let turned = Delta::masked(vectors.t().matmul(for_vectors)).times(inverse_gaps(values)?).var();
        let left = vectors.matmul(symmetric(turned)) + vectors * for_values;
        Ok(smallvec![Some(unless_unused(ct, at.output(), left.matmul(vectors.t())))])
    }

    fn jvp<'t>(&self, at: &At<'_, 't>, tangents: &[Flow<'t>]) -> Result<Flow<'t>, Error> {
        let Some(t) = tangents[0] else { return Ok(None) };
        let (values, vectors) = parts(at.output());
        let p = vectors.t().matmul(symmetric(t.var())).matmul(vectors);
        let turned = Delta::masked(p).times(inverse_gaps(values)?).var();
        let packed = try_concat(&[diagonal_row(p)?, vectors.matmul(turned)], -2)?;
        Ok(Some(unless_unused(t, at.output(), packed)))
    }

    fn batch<'t>(&self, inputs: &[Batched<'t>], size: usize) -> Result<Var<'t>, Error> {
        let a = inputs[0].spread(size);
        a.tape().record(*self, &[a])
    }

    fn flops(&self, inputs: &[&ArrayType], _output: &ArrayType) -> u64 {
        let n = inputs[0].shape.last().copied().unwrap_or_default() as u64;
        (9 * inputs[0].shape.size() as u64).saturating_mul(n)
    }

    fn notation(&self) -> Notation {
        Notation::function("eigh")
    }

    fn samples() -> Vec<Sample> {
        let turned = spread_array(&[3, 3], 4).to_array::<f64>().reversed_axes();
        let two = ndarray::array![[1.0, 4.0], [0.0, 1.0]];
        let half = std::f64::consts::FRAC_1_SQRT_2;
        let nan = f64::NAN;
        let batch = ndarray::array![[[nan]], [[-3.0]]];
        vec![
            Sample::new(Self, [spread_array(&[3, 3], 0)]),
            Sample::new(Self, [spread_array(&[2, 2, 2], 1)]),
            Sample::new(Self, [turned.into()]),
            Sample::new(Self, [spread_array(&[1, 1], 0)]),
            Sample::new(Self, [spread_array(&[0, 0], 0)]),
            Sample::new(Self, [spread_array(&[0, 2, 2], 0)]),
            Sample::new(Self, [two.into()])
                .gives_within(ndarray::array![[-1.0, 3.0], [half, half], [-half, half]], 4.0),
            Sample::new(Self, [batch.into()]).value_only().gives(ndarray::array![[[nan], [nan]], [[-3.0], [1.0]]]),
        ]
    }

    fn refused() -> Vec<Refused> {
        let ty = |dtype, shape: &[usize]| [ArrayType::new(dtype, shape)];
        vec![
            Refused::new(Self, ty(DType::F64, &[3]), "needs a matrix, or matrices in the last two axes"),
            Refused::new(Self, ty(DType::F64, &[2, 3]), "needs square matrices, not 2 by 3"),
            Refused::new(Self, ty(DType::I64, &[2, 2]), "needs f64 or f32, not i64"),
        ]
    }
}

impl Var<'_> {
    /// The eigenvalues λ of (A + Aᵀ)/2, rising, and its orthonormal eigenvectors, the columns of V: A = V diag(λ) Vᵀ,
    /// for each matrix in the last two axes. One factorisation for both and for all derivatives, about 9n³.
    ///
    /// Of the two directions of an eigenvector, the one is taken whose first entry of at least half the largest
    /// magnitude is positive. A matrix that is not finite gives NaN.
    ///
    /// **Equal eigenvalues.** The gradient of a symmetric function of the eigenvalues (their sum, log det) is right
    /// there, and so is that of the eigenvectors of *other* eigenvalues; the gradient of one alone of several equal
    /// eigenvalues is that along the vector chosen for it. The vectors of equal eigenvalues are a choice among many that
    /// no derivative follows: what passes through them, second derivatives of the eigenvalues too, is infinite or NaN.
    /// A zero in place of 1/(λⱼ − λᵢ), as some put it, is right for V Vᵀ and silently wrong for V diag(λ) Vᵀ, and
    /// nothing tells the two apart.
    ///
    /// Derivatives: Giles (2008), *Collected matrix derivative results*.
    ///
    /// ```
    /// use cinta_graph::Tape;
    /// use ndarray::array;
    /// let tape = Tape::new();
    /// let a = tape.var(array![[2.0, 0.0], [0.0, 1.0]]);
    /// let (values, vectors) = a.eigh();
    /// assert_eq!(values.value(), array![1.0, 2.0]);
    /// assert_eq!(vectors.value(), array![[0.0, 1.0], [1.0, 0.0]]);
    /// let largest = values.index_axis(0, -1);
    /// assert_eq!(largest.grad(a).value(), array![[1.0, 0.0], [0.0, 0.0]]); // v vᵀ
    /// ```
    ///
    /// # Panics
    /// If the last two axes differ in size, there are fewer, or the dtype is no float.
    #[must_use]
    #[track_caller]
    pub fn eigh(self) -> (Self, Self) {
        or_panic(self.try_eigh())
    }

    /// [`eigh`](Self::eigh), with the error returned.
    #[track_caller]
    pub fn try_eigh(self) -> Result<(Self, Self), Error> {
        let packed = self.tape().record(Eigh, &[self])?;
        Ok((packed.try_index_axis(-2, 0)?, packed.try_slice_axis(-2, 1..)?))
    }
}
