//! `cholesky`: the triangular square root of a positive definite matrix.
use std::ops::RangeInclusive;

use faer::dyn_stack::MemStack;
use faer::linalg::cholesky::llt::factor::{self, LltRegularization};
use faer::prelude::{Reborrow as _, ReborrowMut as _};
use faer::{MatMut, Par, Spec};
use smallvec::smallvec;

use super::matrices::{
    Needs, check_square, dominant, is_finite, pattern, size, symmetric, symmetrise, unless_unused, write_each,
};
use super::triangular_solve::Triangle;
use super::{At, Attributes, Batched, Cotangents, Delta, Flow, Notation, OpDef, Refused, Sample};
use crate::error::or_panic;
use crate::{ArrayType, DType, Element, ElementsMut, Error, RowMajor, Var, Workspace};

/// L of L Lᵀ = (A + Aᵀ)/2, lower triangular with a positive diagonal.
///
/// With Φ, which takes the lower triangle and halves the diagonal, and dA symmetrised,
/// dL = L Φ(L⁻¹ dA L⁻ᵀ); in reverse ∇_A is the symmetric part of L⁻ᵀ Φ(Lᵀδ) L⁻¹ (Murray 2016,
/// *Differentiation of the Cholesky decomposition*). A matrix that is not positive definite gives NaN.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Cholesky;

fn cholesky(mut a: MatMut<'_, f64>, mut l: MatMut<'_, f64>, stack: &mut MemStack) -> bool {
    if !is_finite(a.rb()) {
        return false;
    }
    symmetrise(a.rb_mut());
    let done = factor::cholesky_in_place(a.rb_mut(), LltRegularization::default(), Par::Seq, stack, Spec::default());
    for i in 0..a.nrows() {
        (0..a.nrows()).for_each(|j| l[(i, j)] = if j <= i { a[(i, j)] } else { 0.0 });
    }
    done.is_ok() && is_finite(l.rb())
}

/// The lower triangle with half the diagonal.
#[track_caller]
fn phi(x: Var<'_>) -> Result<Var<'_>, Error> {
    let n = x.shape().last().copied().unwrap_or_default();
    let weight = |i: usize, j: usize| match i.cmp(&j) {
        std::cmp::Ordering::Less => 0.0,
        std::cmp::Ordering::Equal => 0.5,
        std::cmp::Ordering::Greater => 1.0,
    };
    let weights = match x.dtype() {
        DType::F32 => pattern(x, n, |i, j| f32::from_f64(weight(i, j)))?,
        _ => pattern(x, n, weight)?,
    };
    Ok(x * weights)
}

impl OpDef for Cholesky {
    fn name(&self) -> &'static str {
        "cholesky"
    }

    fn arity(&self) -> RangeInclusive<usize> {
        1..=1
    }

    fn read(name: &str, _: &Attributes) -> Option<Result<Self, String>> {
        (name == "cholesky").then_some(Ok(Self))
    }

    fn infer(&self, inputs: &[&ArrayType]) -> Result<ArrayType, String> {
        check_square(inputs[0]).map(|_| inputs[0].clone())
    }

    fn writes_into(&self) -> bool {
        true
    }

    fn eval_into(&self, inputs: &[RowMajor<'_>], output: ElementsMut<'_>, room: &mut Workspace) -> Result<(), String> {
        let [n, _] = size(inputs[0]);
        let stack = factor::cholesky_in_place_scratch::<f64>(n, Par::Seq, Spec::default());
        let needs = Needs { numbers: 0, positions: 0, stack };
        write_each(inputs, output, [n, n], needs, room, |a, l, beside| cholesky(a[0].rb_mut(), l, beside.stack))
    }

    fn vjp<'t>(&self, at: &At<'_, 't>, ct: Delta<'t>) -> Result<Cotangents<'t>, Error> {
        let l = at.output();
        let half = l.triangular_solve(phi(l.t().matmul(ct.var()))?, Triangle::LOWER.transposed());
        let pulled = symmetric(l.triangular_solve(half.t(), Triangle::LOWER.transposed()));
        Ok(smallvec![Some(unless_unused(ct, l, pulled))])
    }

    fn jvp<'t>(&self, at: &At<'_, 't>, tangents: &[Flow<'t>]) -> Result<Flow<'t>, Error> {
        let l = at.output();
        let Some(t) = tangents[0] else { return Ok(None) };
        let half = l.triangular_solve(symmetric(t.var()), Triangle::LOWER);
        Ok(Some(unless_unused(t, l, l.matmul(phi(l.triangular_solve(half.t(), Triangle::LOWER))?))))
    }

    fn batch<'t>(&self, inputs: &[Batched<'t>], size: usize) -> Result<Var<'t>, Error> {
        let a = inputs[0].spread(size);
        a.tape().record(*self, &[a])
    }

    fn flops(&self, _inputs: &[&ArrayType], output: &ArrayType) -> u64 {
        let n = output.shape.last().copied().unwrap_or_default() as u64;
        (output.shape.size() as u64).saturating_mul(n) / 3
    }

    fn notation(&self) -> Notation {
        Notation::function("chol")
    }

    fn samples() -> Vec<Sample> {
        // Diagonally dominant, not symmetric.
        let positive = |shape: &[usize], offset| dominant(shape, offset, 3.0);
        let transposed = positive(&[3, 3], 4).to_array::<f64>().reversed_axes();
        let two = ndarray::array![[4.0, 3.0], [1.0, 3.0]];
        let indefinite = ndarray::array![[[1.0, 2.0], [2.0, 1.0]], [[4.0, 2.0], [2.0, 2.0]]];
        let nan = f64::NAN;
        vec![
            Sample::new(Self, [positive(&[3, 3], 0)]),
            Sample::new(Self, [positive(&[2, 2, 2], 1)]),
            Sample::new(Self, [transposed.into()]),
            Sample::new(Self, [positive(&[1, 1], 0)]),
            Sample::new(Self, [positive(&[0, 0], 0)]),
            Sample::new(Self, [positive(&[0, 2, 2], 0)]),
            Sample::new(Self, [two.into()])
                .gives_within(ndarray::array![[2.0, 0.0], [1.0, std::f64::consts::SQRT_2]], 1.0),
            Sample::new(Self, [indefinite.into()])
                .value_only()
                .gives(ndarray::array![[[nan, nan], [nan, nan]], [[2.0, 0.0], [1.0, 1.0]]]),
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
    /// The Cholesky factor: the lower triangular L with a positive diagonal and L Lᵀ = (A + Aᵀ)/2, of each matrix
    /// in the last two axes. The gradient is symmetric. Cost: n³/3; its derivatives, four triangular solves.
    ///
    /// A matrix that is not positive definite, or holds NaN or infinity, gives NaNs; the others of a batch do not
    /// suffer. Derivatives: Murray (2016), *Differentiation of the Cholesky decomposition*.
    ///
    /// ```
    /// use cinta_graph::Tape;
    /// use ndarray::array;
    /// let tape = Tape::new();
    /// let a = tape.var(array![[4.0, 2.0], [2.0, 5.0]]);
    /// assert_eq!(a.cholesky().value(), array![[2.0, 0.0], [1.0, 2.0]]);
    /// ```
    ///
    /// # Panics
    /// If the last two axes differ in size, there are fewer, or the dtype is no float.
    #[must_use]
    #[track_caller]
    pub fn cholesky(self) -> Self {
        or_panic(self.try_cholesky())
    }

    /// [`cholesky`](Self::cholesky), with the error returned.
    #[track_caller]
    pub fn try_cholesky(self) -> Result<Self, Error> {
        self.tape().record(Cholesky, &[self])
    }
}
