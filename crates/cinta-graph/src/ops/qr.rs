//! `qr`: the orthonormal factor of a tall matrix.
use std::ops::RangeInclusive;

use faer::linalg::householder::{
    apply_block_householder_sequence_on_the_left_in_place_scratch,
    apply_block_householder_sequence_on_the_left_in_place_with_conj,
};
use faer::linalg::qr::no_pivoting::factor;
use faer::prelude::{Reborrow as _, ReborrowMut as _};
use faer::{Conj, MatMut, Par, Spec};
use smallvec::smallvec;

use super::matrices::{Beside, Needs, check_matrices, is_finite, pattern, size, unless_unused, write_each};
use super::sample::spread_array;
use super::triangular_solve::Triangle;
use super::{At, Attributes, Batched, Cotangents, Delta, Flow, Level, Notation, OpDef, Refused, Sample};
use crate::error::or_panic;
use crate::{ArrayType, DType, ElementsMut, Error, RowMajor, Var, Workspace, try_concat};

/// Q of A = Q R for A with at least as many rows as columns: orthonormal columns, with R upper triangular and its
/// diagonal positive, which makes the two unique. Householder reflections.
///
/// With M = Qᵀ dA R⁻¹ and its strictly lower triangle L, dQ = Q (L − Lᵀ − M) + dA R⁻¹; in reverse, with W = Qᵀδ,
/// ∇_A = (δ + Q (tril₋₁(W − Wᵀ) − W)) R⁻ᵀ (Walter & Lehmann 2012; Liao, Liu, Wang & Xiang 2019). R = Qᵀ A is not
/// an operation of its own. A matrix that is not finite gives NaN.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Qr;

fn orthonormal(mut a: MatMut<'_, f64>, mut q: MatMut<'_, f64>, beside: Beside<'_>) -> bool {
    if !is_finite(a.rb()) {
        return false;
    }
    let (rows, columns) = (q.nrows(), q.ncols());
    let (numbers, weights) = beside.numbers.split_at_mut(rows * columns);
    let mut basis = MatMut::from_column_major_slice_mut(numbers, rows, columns);
    let mut weights = MatMut::from_column_major_slice_mut(weights, weights.len() / columns, columns);
    factor::qr_in_place(a.rb_mut(), weights.rb_mut(), Par::Seq, beside.stack, Spec::default());
    basis.fill(0.0);
    basis.rb_mut().diagonal_mut().fill(1.0);
    let (weights, conj) = (weights.rb(), Conj::No);
    let reflections = a.rb().subcols(0, columns);
    apply_block_householder_sequence_on_the_left_in_place_with_conj(
        reflections,
        weights,
        conj,
        basis.rb_mut(),
        Par::Seq,
        beside.stack,
    );
    for j in 0..columns {
        let sign = if a[(j, j)] < 0.0 { -1.0 } else { 1.0 };
        (0..rows).for_each(|i| q[(i, j)] = sign * basis[(i, j)]);
    }
    true
}

/// The entries of square matrices below the diagonal.
#[track_caller]
fn below(x: Var<'_>) -> Result<Var<'_>, Error> {
    let n = x.shape().last().copied().unwrap_or_default();
    pattern(x, n, |i, j| i > j)?.try_select(x, 0.0)
}

/// The upper triangle of Qᵀ A.
#[track_caller]
fn triangle<'t>(q: Var<'t>, a: Var<'t>) -> Result<Var<'t>, Error> {
    let n = a.shape().last().copied().unwrap_or_default();
    pattern(a, n, |i, j| i <= j)?.try_select(q.t().try_matmul(a)?, 0.0)
}

impl OpDef for Qr {
    fn name(&self) -> &'static str {
        "qr"
    }

    fn arity(&self) -> RangeInclusive<usize> {
        1..=1
    }

    fn read(name: &str, _: &Attributes) -> Option<Result<Self, String>> {
        (name == "qr").then_some(Ok(Self))
    }

    fn infer(&self, inputs: &[&ArrayType]) -> Result<ArrayType, String> {
        let [rows, columns] = check_matrices(inputs[0])?;
        if rows >= columns {
            return Ok(inputs[0].clone());
        }
        Err(format!("needs as many rows as columns, or more, not {rows} by {columns}"))
    }

    fn writes_into(&self) -> bool {
        true
    }

    fn eval_into(&self, inputs: &[RowMajor<'_>], output: ElementsMut<'_>, room: &mut Workspace) -> Result<(), String> {
        let [rows, columns] = size(inputs[0]);
        let thin = rows.min(columns);
        let block = factor::recommended_block_size::<f64>(rows, columns);
        let stack = factor::qr_in_place_scratch::<f64>(rows, columns, block, Par::Seq, Spec::default())
            .or(apply_block_householder_sequence_on_the_left_in_place_scratch::<f64>(rows, block, thin));
        let needs = Needs { numbers: (rows + block) * thin, positions: 0, stack };
        write_each(inputs, output, [rows, thin], needs, room, |a, q, beside| orthonormal(a[0].rb_mut(), q, beside))
    }

    fn vjp<'t>(&self, at: &At<'_, 't>, ct: Delta<'t>) -> Result<Cotangents<'t>, Error> {
        let q = at.output();
        let r = triangle(q, at.input(0))?;
        let w = q.t().matmul(ct.var());
        let for_c = ct.var() + q.matmul(below(w - w.t())? - w);
        let pulled = r.triangular_solve(for_c.t(), Triangle::UPPER).t();
        Ok(smallvec![Some(unless_unused(ct, q, pulled))])
    }

    fn jvp<'t>(&self, at: &At<'_, 't>, tangents: &[Flow<'t>]) -> Result<Flow<'t>, Error> {
        let Some(t) = tangents[0] else { return Ok(None) };
        let q = at.output();
        let r = triangle(q, at.input(0))?;
        let c = r.triangular_solve(t.var().t(), Triangle::UPPER.transposed()).t();
        let m = q.t().matmul(c);
        let lower = below(m)?;
        Ok(Some(unless_unused(t, q, c + q.matmul(lower - lower.t() - m))))
    }

    fn batch<'t>(&self, inputs: &[Batched<'t>], size: usize) -> Result<Var<'t>, Error> {
        let a = inputs[0].spread(size);
        a.tape().record(*self, &[a])
    }

    fn flops(&self, inputs: &[&ArrayType], _output: &ArrayType) -> u64 {
        let n = inputs[0].shape.last().copied().unwrap_or_default() as u64;
        (4 * inputs[0].shape.size() as u64).saturating_mul(n)
    }

    fn notation(&self) -> Notation {
        Notation::template("Q({0})", "Q({0})", Level::Atom, Level::Relation)
    }

    fn samples() -> Vec<Sample> {
        let turned = spread_array(&[2, 3], 4).to_array::<f64>().reversed_axes();
        let tall = ndarray::array![[3.0, 5.0], [4.0, 10.0], [0.0, -2.0]];
        let batch = ndarray::array![[[f64::NAN]], [[-3.0]]];
        vec![
            Sample::new(Self, [spread_array(&[3, 3], 0)]),
            Sample::new(Self, [spread_array(&[4, 2], 0)]),
            Sample::new(Self, [spread_array(&[2, 3, 2], 1)]),
            Sample::new(Self, [turned.into()]),
            Sample::new(Self, [spread_array(&[1, 1], 0)]),
            Sample::new(Self, [spread_array(&[3, 0], 0)]),
            Sample::new(Self, [spread_array(&[0, 0], 0)]),
            Sample::new(Self, [spread_array(&[0, 2, 2], 0)]),
            Sample::new(Self, [tall.into()]),
            Sample::new(Self, [batch.into()]).value_only().gives(ndarray::array![[[f64::NAN]], [[-1.0]]]),
        ]
    }

    fn refused() -> Vec<Refused> {
        let ty = |dtype, shape: &[usize]| [ArrayType::new(dtype, shape)];
        vec![
            Refused::new(Self, ty(DType::F64, &[3]), "needs a matrix, or matrices in the last two axes"),
            Refused::new(Self, ty(DType::F64, &[2, 3]), "needs as many rows as columns, or more, not 2 by 3"),
            Refused::new(Self, ty(DType::I64, &[2, 2]), "needs f64 or f32, not i64"),
        ]
    }
}

impl Var<'_> {
    /// Q and R of A = Q R (reduced), for each m × n matrix in the last two axes: with k = min(m, n), Q is m × k with
    /// orthonormal columns and R is k × n, upper triangular with a positive diagonal, which makes the two unique.
    /// Cost: 4mnk for Q, 2mnk for R; derivatives use the same factorisation.
    ///
    /// A wide matrix has the Q of its first m columns. Derivatives need these, or all columns of a tall matrix, to
    /// be independent; else they are NaN or, where rounding hides it, huge. A matrix that is not finite gives NaN.
    /// Derivatives: Walter & Lehmann (2012), *Algorithmic differentiation of linear algebra functions*.
    ///
    /// ```
    /// use cinta_graph::Tape;
    /// use ndarray::array;
    /// let tape = Tape::new();
    /// let a = tape.var(array![[0.0, -2.0, 1.0], [3.0, 4.0, 1.0]]);
    /// let (q, r) = a.qr();
    /// assert_eq!(q.value(), array![[0.0, -1.0], [1.0, 0.0]]);
    /// assert_eq!(r.value(), array![[3.0, 4.0, 1.0], [0.0, 2.0, -1.0]]);
    /// ```
    ///
    /// # Panics
    /// If there are fewer than two axes, or the dtype is no float.
    #[must_use]
    #[track_caller]
    pub fn qr(self) -> (Self, Self) {
        or_panic(self.try_qr())
    }

    /// [`qr`](Self::qr), with the error returned.
    #[track_caller]
    pub fn try_qr(self) -> Result<(Self, Self), Error> {
        let shape = self.shape();
        let &[.., rows, columns] = &shape[..] else {
            return self.tape().record(Qr, &[self]).map(|q| (q, q)); // the type rule says why not
        };
        if rows >= columns {
            let q = self.tape().record(Qr, &[self])?;
            return Ok((q, triangle(q, self)?));
        }
        let first = self.try_slice_axis(-1, ..rows.cast_signed())?;
        let q = self.tape().record(Qr, &[first])?;
        let rest = q.t().try_matmul(self.try_slice_axis(-1, rows.cast_signed()..)?)?;
        Ok((q, try_concat(&[triangle(q, first)?, rest], -1)?))
    }
}
