//! `cofactor`: the gradient of the determinant, and of its derivatives along directions.
use std::ops::RangeInclusive;

use faer::linalg::lu::full_pivoting::factor;
use faer::linalg::triangular_solve::{solve_unit_lower_triangular_in_place, solve_unit_upper_triangular_in_place};
use faer::prelude::{Reborrow as _, ReborrowMut as _};
use faer::{MatMut, Par, Spec};
use smallvec::SmallVec;

use super::det::{Product, parity};
use super::matrices::{Beside, MOST, Needs, check_square, is_finite, is_zero, size, write_each};
use super::sample::spread_array;
use super::{At, Attributes, Batched, Cotangents, Delta, Flow, Notation, OpDef, Refused, Sample, join, same_dtype};
use crate::{ArrayType, DType, ElementsMut, Error, RowMajor, Value, Var, Workspace};

/// C(A; E₁, …, Eₘ), the gradient of Dᵐ det(A)\[E₁, …, Eₘ\] in A: of A alone, its matrix of cofactors.
///
/// Symmetric and linear in the directions E, and closed under differentiation: along dA it changes by
/// C(A; E₁, …, Eₘ, dA), and since ⟨C(A; …, Eᵢ, …), δ⟩ = ⟨C(A; …, δ, …), Eᵢ⟩ the pullback is another C too.
///
/// With complete pivoting A = P L D U Q, where L and U have unit diagonals, the determinant of A + Σ tᵢ Eᵢ is, up
/// to a sign, that of D + Σ tᵢ Bᵢ with Bᵢ = L⁻¹ Pᵀ Eᵢ Qᵀ U⁻¹. Its derivatives sum minors of the Bᵢ times the
/// product of the *other* pivots, so nothing is divided by a pivot that is 0: singular matrices, of any rank,
/// have right derivatives. Cost: n³, and m! · n^(m+1) for derivatives of the determinant of order m + 1 > 2. A
/// matrix that is not finite gives NaN.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Cofactor;

/// The pivots, and products of all but some.
struct Pivots<'w> {
    all: &'w [f64],
    /// The product of those that are not 0, with the sign of the permutations.
    product: Product,
    zeros: usize,
}

impl<'w> Pivots<'w> {
    fn new(all: &'w [f64], sign: f64) -> Self {
        let nonzero = all.iter().filter(|&&d| d != 0.0);
        let product = nonzero.fold(Product::ONE.times(sign), |product, &d| product.times(d));
        let zeros = all.iter().filter(|&&d| d == 0.0).count();
        Self { all, product, zeros }
    }

    fn all_but(&self, chosen: &[usize]) -> f64 {
        let (mut product, mut zeros) = (self.product, self.zeros);
        for &i in chosen {
            if self.all[i] == 0.0 {
                zeros -= 1;
            } else {
                product = product.over(self.all[i]);
            }
        }
        if zeros == 0 { product.value() } else { 0.0 }
    }
}

/// Different positions, in the order in which they were chosen.
type Chosen = SmallVec<[usize; MOST]>;

/// Calls back with every ordered choice of `length` different positions below `n`, and with the sign of the permutation that
/// it is, times a sign.
fn choices(n: usize, length: usize, sign: f64, chosen: &mut Chosen, each: &mut impl FnMut(&[usize], f64)) {
    if chosen.len() == length {
        return each(chosen, sign);
    }
    for i in 0..n {
        if !chosen.contains(&i) {
            let inversions = chosen.iter().filter(|&&before| before > i).count();
            let sign = if inversions.is_multiple_of(2) { sign } else { -sign };
            chosen.push(i);
            choices(n, length, sign, chosen, each);
            chosen.pop();
        }
    }
}

/// The gradient at diagonal pivots: rows are given to the directions and to the entry of the gradient, columns are
/// a permutation of the rows, and the pivots of the other rows are multiplied.
fn at_pivots(pivots: &Pivots<'_>, directions: &[MatMut<'_, f64>], mut gradient: MatMut<'_, f64>) {
    let (n, order) = (pivots.all.len(), directions.len());
    gradient.fill(0.0);
    choices(n, order + 1, 1.0, &mut Chosen::new(), &mut |rows, _| {
        let others = pivots.all_but(rows);
        choices(order + 1, order + 1, 1.0, &mut Chosen::new(), &mut |columns, sign| {
            let entries = directions.iter().enumerate().map(|(r, b)| b[(rows[r], rows[columns[r]])]);
            gradient[(rows[order], rows[columns[order]])] += entries.fold(sign * others, |term, b| term * b);
        });
    });
}

/// What the cofactors of an n by n matrix take.
fn needs(n: usize) -> Needs {
    let stack = factor::lu_in_place_scratch::<usize, f64>(n, n, Par::Seq, Spec::default());
    Needs { numbers: n + n * n, positions: 4 * n, stack }
}

/// Writes the cofactors, with the memory of what they are made of; false where the matrix is not finite.
fn cofactor(
    mut a: MatMut<'_, f64>,
    directions: &mut [MatMut<'_, f64>],
    mut out: MatMut<'_, f64>,
    beside: Beside<'_>,
) -> bool {
    if directions.iter().any(|e| is_zero(e.rb())) {
        out.fill(0.0); // whatever A is: zeros that a choice put there stay zeros
        return true;
    }
    if !is_finite(a.rb()) {
        return false;
    }
    let n = a.nrows();
    let (diagonal, spare) = beside.numbers.split_at_mut(n);
    let mut spare = MatMut::from_column_major_slice_mut(spare, n, n);
    let [p, p_inverse, q, q_inverse] =
        beside.positions.get_disjoint_mut(std::array::from_fn(|i| i * n..(i + 1) * n)).expect("four lists");
    let (_, rows, columns) =
        factor::lu_in_place(a.rb_mut(), p, p_inverse, q, q_inverse, Par::Seq, beside.stack, Spec::default());
    let ((rows, _), (columns, _)) = (rows.arrays(), columns.arrays());
    // L and U with unit diagonals, one below and one above that of A. Complete pivoting leaves nothing behind a zero pivot.
    for i in 0..n {
        diagonal[i] = a[(i, i)];
        for j in i + 1..n {
            a[(i, j)] = if diagonal[i] == 0.0 { 0.0 } else { a[(i, j)] / diagonal[i] };
        }
    }
    let lu = a.rb();
    for e in &mut *directions {
        spare.copy_from(e.rb());
        (0..n).for_each(|j| (0..n).for_each(|i| e[(i, j)] = spare[(rows[i], columns[j])]));
        solve_unit_lower_triangular_in_place(lu, e.rb_mut(), Par::Seq);
        solve_unit_lower_triangular_in_place(lu.transpose(), e.rb_mut().transpose_mut(), Par::Seq);
    }
    let pivots = Pivots::new(diagonal, parity(rows) * parity(columns));
    at_pivots(&pivots, directions, spare.rb_mut());
    solve_unit_upper_triangular_in_place(lu.transpose(), spare.rb_mut(), Par::Seq);
    solve_unit_upper_triangular_in_place(lu, spare.rb_mut().transpose_mut(), Par::Seq);
    (0..n).for_each(|j| (0..n).for_each(|i| out[(rows[i], columns[j])] = spare[(i, j)]));
    true
}

/// The same with one matrix in another's place.
fn with<'t>(inputs: &[Var<'t>], index: usize, matrix: Var<'t>) -> SmallVec<[Var<'t>; 4]> {
    let mut inputs = SmallVec::from_slice(inputs);
    inputs[index] = matrix;
    inputs
}

impl OpDef for Cofactor {
    fn name(&self) -> &'static str {
        "cofactor"
    }

    fn arity(&self) -> RangeInclusive<usize> {
        1..=MOST
    }

    fn read(name: &str, _: &Attributes) -> Option<Result<Self, String>> {
        (name == "cofactor").then_some(Ok(Self))
    }

    fn infer(&self, inputs: &[&ArrayType]) -> Result<ArrayType, String> {
        same_square(inputs)
    }

    fn writes_into(&self) -> bool {
        true
    }

    fn eval_into(&self, inputs: &[RowMajor<'_>], output: ElementsMut<'_>, room: &mut Workspace) -> Result<(), String> {
        let [n, _] = size(inputs[0]);
        write_each(inputs, output, [n, n], needs(n), room, |matrices, out, beside| {
            let (a, directions) = matrices.split_at_mut(1);
            cofactor(a[0].rb_mut(), directions, out, beside)
        })
    }

    fn vjp<'t>(&self, at: &At<'_, 't>, ct: Delta<'t>) -> Result<Cotangents<'t>, Error> {
        let mut cotangents = Cotangents::new();
        for index in 0..at.inputs().len() {
            let mut inputs = with(at.inputs(), index, ct.var());
            if index == 0 {
                inputs = SmallVec::from_slice(at.inputs());
                inputs.push(ct.var());
            }
            let pulled = if at.wants(index) { Some(at.tape().record(*self, &inputs)?) } else { None };
            cotangents.push(pulled.map(|pulled| Delta::new(pulled, ct.is_masked())));
        }
        Ok(cotangents)
    }

    fn jvp<'t>(&self, at: &At<'_, 't>, tangents: &[Flow<'t>]) -> Result<Flow<'t>, Error> {
        let mut sum = None;
        for (index, tangent) in tangents.iter().enumerate() {
            let Some(t) = tangent else { continue };
            let mut inputs = with(at.inputs(), index, t.var());
            if index == 0 {
                inputs = SmallVec::from_slice(at.inputs());
                inputs.push(t.var());
            }
            sum = join(sum, Some(Delta::new(at.tape().record(*self, &inputs)?, t.is_masked())));
        }
        Ok(sum)
    }

    fn batch<'t>(&self, inputs: &[Batched<'t>], size: usize) -> Result<Var<'t>, Error> {
        let inputs: SmallVec<[Var<'t>; 4]> = inputs.iter().map(|input| input.spread(size)).collect();
        inputs[0].tape().record(*self, &inputs)
    }

    fn flops(&self, inputs: &[&ArrayType], output: &ArrayType) -> u64 {
        let n = output.shape.last().copied().unwrap_or_default() as u64;
        let order = u32::try_from(inputs.len()).unwrap_or(u32::MAX);
        (output.shape.size() as u64).saturating_mul(n.saturating_pow(order.saturating_sub(2).max(1)))
    }

    fn notation(&self) -> Notation {
        Notation::function("cof")
    }

    fn samples() -> Vec<Sample> {
        let of = |shapes: &[&[usize]]| {
            Sample::new(Self, (0..).zip(shapes).map(|(i, shape)| spread_array(shape, 11 * i)).collect::<Vec<_>>())
        };
        let singular = ndarray::array![[1.0, 2.0, 3.0], [2.0, 4.0, 6.0], [3.0, 6.0, 9.0]];
        let turned = Value::from(spread_array(&[3, 3], 4).to_array::<f64>().reversed_axes());
        vec![
            of(&[&[3, 3]]),
            of(&[&[3, 3], &[3, 3]]),
            of(&[&[3, 3], &[3, 3], &[3, 3]]),
            of(&[&[2, 2], &[2, 2], &[2, 2]]),
            of(&[&[2, 2, 2], &[2, 2, 2]]),
            of(&[&[1, 1]]),
            of(&[&[0, 0]]),
            of(&[&[0, 2, 2], &[0, 2, 2]]),
            Sample::new(Self, [turned.clone(), turned]),
            Sample::new(Self, [singular.into(), spread_array(&[3, 3], 0)]),
            Sample::new(Self, [ndarray::array![[1.0, 2.0], [3.0, 4.0]].into()])
                .gives_within(ndarray::array![[4.0, -3.0], [-2.0, 1.0]], 2.0),
            Sample::new(Self, [ndarray::array![[f64::INFINITY]].into()])
                .value_only()
                .gives(ndarray::array![[f64::NAN]]),
        ]
    }

    fn refused() -> Vec<Refused> {
        let ty = |shape: &[usize]| ArrayType::new(DType::F64, shape);
        vec![
            Refused::new(Self, [ty(&[2, 3])], "needs square matrices, not 2 by 3"),
            Refused::new(Self, [ty(&[2, 2]), ty(&[3, 3])], "shapes [2, 2] and [3, 3] differ"),
            Refused::new(Self, vec![ty(&[2, 2]); MOST + 1], "takes 1 to 9 inputs, not 10"),
        ]
    }
}

/// The one type of square matrices.
pub(super) fn same_square(inputs: &[&ArrayType]) -> Result<ArrayType, String> {
    same_dtype(inputs)?;
    check_square(inputs[0])?;
    match inputs.iter().find(|ty| ty.shape != inputs[0].shape) {
        None => Ok(inputs[0].clone()),
        Some(other) => Err(format!("shapes {} and {} differ", inputs[0].shape, other.shape)),
    }
}
