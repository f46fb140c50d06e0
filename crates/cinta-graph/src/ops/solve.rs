//! `solve`: linear equations with a square matrix.
use std::ops::RangeInclusive;

use faer::dyn_stack::MemStack;
use faer::linalg::lu::partial_pivoting::{factor, solve};
use faer::perm::PermRef;
use faer::prelude::{Reborrow as _, ReborrowMut as _};
use faer::{MatMut, Par, Spec};
use smallvec::smallvec;

use super::matrices::{
    Beside, Needs, batch_of_solves, is_finite, size, solution_type, split, unless_unused, write_each,
};
use super::sample::spread_array;
use super::{At, Attributes, Batched, Cotangents, Delta, Flow, Level, Notation, OpDef, Refused, Sample, join};
use crate::error::or_panic;
use crate::{ArrayType, DType, ElementsMut, Error, Operand, RowMajor, Shape, Value, Var, Workspace};

/// X of A X = B, or of Aᵀ X = B, by an LU factorisation with partial pivoting.
///
/// dX = A⁻¹(dB − dA X); in reverse ∇_B = A⁻ᵀδ and ∇_A = −∇_B Xᵀ (Giles 2008). A matrix with a zero pivot, or
/// one that is not finite, gives NaN.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Solve {
    /// Whether the equations are Aᵀ X = B.
    pub transposed: bool,
}

/// Factorises P A = L U in the place of A; gives P. It takes two positions a row.
pub(super) fn factorise<'p>(
    a: MatMut<'_, f64>,
    positions: &'p mut [usize],
    stack: &mut MemStack,
) -> PermRef<'p, usize> {
    let (rows, inverse) = positions.split_at_mut(a.nrows());
    factor::lu_in_place(a, rows, inverse, Par::Seq, stack, Spec::default()).1
}

/// What it takes to factorise n by n matrices.
pub(super) fn needs(n: usize) -> Needs {
    let stack = factor::lu_in_place_scratch::<usize, f64>(n, n, Par::Seq, Spec::default());
    Needs { numbers: 0, positions: 2 * n, stack }
}

impl Solve {
    /// X in the place of B.
    fn solve(self, mut a: MatMut<'_, f64>, b: MatMut<'_, f64>, beside: Beside<'_>) -> bool {
        if !is_finite(a.rb()) {
            return false;
        }
        let Beside { positions, stack, .. } = beside;
        let rows = factorise(a.rb_mut(), positions, stack);
        let lu = a.rb();
        if (0..lu.nrows()).any(|i| lu[(i, i)] == 0.0) {
            return false;
        }
        if self.transposed {
            solve::solve_transpose_in_place(lu, lu, rows, b, Par::Seq, stack);
        } else {
            solve::solve_in_place(lu, lu, rows, b, Par::Seq, stack);
        }
        true
    }
}

impl OpDef for Solve {
    fn name(&self) -> &'static str {
        "solve"
    }

    fn arity(&self) -> RangeInclusive<usize> {
        2..=2
    }

    fn attributes(&self) -> Attributes {
        Attributes::none().with("transposed", self.transposed)
    }

    fn read(name: &str, attributes: &Attributes) -> Option<Result<Self, String>> {
        (name == "solve").then(|| Ok(Self { transposed: attributes.bool("transposed")? }))
    }

    fn infer(&self, inputs: &[&ArrayType]) -> Result<ArrayType, String> {
        solution_type(inputs)
    }

    fn writes_into(&self) -> bool {
        true
    }

    fn eval_into(&self, inputs: &[RowMajor<'_>], output: ElementsMut<'_>, room: &mut Workspace) -> Result<(), String> {
        let [n, columns] = size(inputs[1]);
        let needs = needs(n);
        let solves = solve::solve_in_place_scratch::<usize, f64>(n, columns, Par::Seq);
        let needs = Needs { stack: needs.stack.or(solves), ..needs };
        write_each(inputs, output, [n, columns], needs, room, |matrices, mut x, beside| {
            let (a, b) = matrices.split_at_mut(1);
            let solved = self.solve(a[0].rb_mut(), b[0].rb_mut(), beside);
            x.copy_from(b[0].rb());
            solved
        })
    }

    fn vjp<'t>(&self, at: &At<'_, 't>, ct: Delta<'t>) -> Result<Cotangents<'t>, Error> {
        let (a, x) = (at.input(0), at.output());
        let back = Self { transposed: !self.transposed };
        let back = at.tape().record(back, &[a, ct.var()])?;
        let for_a = || -if self.transposed { x.matmul(back.t()) } else { back.matmul(x.t()) };
        Ok(smallvec![
            at.wants(0).then(|| unless_unused(ct, x, for_a())),
            at.wants(1).then(|| unless_unused(ct, x, back)),
        ])
    }

    fn jvp<'t>(&self, at: &At<'_, 't>, tangents: &[Flow<'t>]) -> Result<Flow<'t>, Error> {
        let (a, x) = (at.input(0), at.output());
        let transposed = |da: Var<'t>| if self.transposed { da.t() } else { da };
        let from_a = tangents[0].map(|da| unless_unused(da, x, -transposed(da.var()).matmul(x)));
        let Some(right) = join(tangents[1], from_a) else { return Ok(None) };
        Ok(Some(unless_unused(right, x, at.tape().record(*self, &[a, right.var()])?)))
    }

    fn batch<'t>(&self, inputs: &[Batched<'t>], size: usize) -> Result<Var<'t>, Error> {
        batch_of_solves(inputs, size, |a, b| a.tape().record(*self, &[a, b]))
    }

    fn flops(&self, inputs: &[&ArrayType], output: &ArrayType) -> u64 {
        let n = inputs[0].shape.last().copied().unwrap_or_default() as u64;
        let sizes = (2 * inputs[0].shape.size() as u64 / 3).saturating_add(2 * output.shape.size() as u64);
        sizes.saturating_mul(n)
    }

    fn notation(&self) -> Notation {
        let (unicode, latex) =
            if self.transposed { ("{0}⁻ᵀ·{1}", "{0}^{-\\top} {1}") } else { ("{0}⁻¹·{1}", "{0}^{-1} {1}") };
        let inputs = vec![Level::Postfix, Level::Prefix];
        Notation { inputs, ..Notation::template(unicode, latex, Level::Prefix, Level::Prefix) }
    }

    fn samples() -> Vec<Sample> {
        let pair = |transposed, a: &[usize], b: &[usize]| {
            Sample::new(Self { transposed }, [spread_array(a, 0), spread_array(b, 20)])
        };
        let turned =
            |shape: &[usize], offset| Value::from(spread_array(shape, offset).to_array::<f64>().reversed_axes());
        let (two, right) = (ndarray::array![[1.0, 2.0], [4.0, 4.0]], ndarray::array![[5.0, 1.0], [12.0, 0.0]]);
        let singular = ndarray::array![[[1.0, 2.0], [2.0, 4.0]], [[1.0, 0.0], [0.0, 2.0]]];
        let rights = ndarray::array![[[1.0], [1.0]], [[1.0], [1.0]]];
        let nan = f64::NAN;
        vec![
            pair(false, &[3, 3], &[3, 2]),
            pair(true, &[3, 3], &[3, 1]),
            pair(false, &[2, 2, 2], &[2, 2, 1]),
            pair(false, &[1, 1], &[1, 1]),
            pair(false, &[0, 0], &[0, 2]),
            pair(true, &[2, 2], &[2, 0]),
            pair(false, &[0, 2, 2], &[0, 2, 1]),
            Sample::new(Self { transposed: false }, [turned(&[2, 2], 3), turned(&[3, 2], 7)]),
            Sample::new(Self { transposed: false }, [two.clone().into(), right.clone().into()])
                .gives(ndarray::array![[1.0, -1.0], [2.0, 1.0]]),
            Sample::new(Self { transposed: true }, [two.into(), right.into()])
                .gives(ndarray::array![[7.0, -1.0], [-0.5, 0.5]]),
            Sample::new(Self { transposed: false }, [singular.into(), rights.into()])
                .value_only()
                .gives(ndarray::array![[[nan], [nan]], [[1.0], [0.5]]]),
        ]
    }

    fn refused() -> Vec<Refused> {
        let ty = |dtype, shape: &[usize]| ArrayType::new(dtype, shape);
        let f64s = |a: &[usize], b: &[usize]| [ty(DType::F64, a), ty(DType::F64, b)];
        let op = Self::default();
        vec![
            Refused::new(op, f64s(&[2, 3], &[2, 1]), "needs square matrices, not 2 by 3"),
            Refused::new(op, f64s(&[2, 2], &[2]), "needs a matrix"),
            Refused::new(op, f64s(&[2, 2], &[3, 1]), "2 unknowns, but 3 rows on the right"),
            Refused::new(op, f64s(&[2, 2, 2], &[3, 2, 1]), "leading axes differ"),
            Refused::new(op, [ty(DType::I64, &[2, 2]), ty(DType::I64, &[2, 1])], "needs f64 or f32, not i64"),
        ]
    }
}

/// Equations as the operations take them, and the way back to the shape of the answer.
pub(super) struct System<'t> {
    pub(super) a: Var<'t>,
    pub(super) b: Var<'t>,
    /// Leading axes that became columns, because one matrix serves all of them.
    folded: Option<Shape>,
    /// Whether b was a vector.
    vector: bool,
}

impl<'t> System<'t> {
    /// The solution in the shape that was asked for.
    #[track_caller]
    pub(super) fn unfold(&self, x: Var<'t>) -> Result<Var<'t>, Error> {
        if let Some(shape) = &self.folded {
            let (batch, [rows, columns]) = split(shape);
            let rank = shape.rank().cast_signed();
            let apart: Shape = [rows].into_iter().chain(batch.iter().copied()).chain([columns]).collect();
            let outward: Vec<isize> = (1..rank - 1).chain([0, rank - 1]).collect();
            return x.try_reshape(apart)?.try_transpose(&outward);
        }
        if self.vector { x.try_reshape(x.shape().without(&[x.rank() - 1])) } else { Ok(x) }
    }
}

impl<'t> Var<'t> {
    /// A vector becomes a column, leading axes are broadcast; one matrix for many right sides stays one.
    #[track_caller]
    pub(super) fn system(self, name: &str, b: Self) -> Result<System<'t>, Error> {
        let vector = b.rank() == 1;
        let column = if vector { b.try_reshape([b.size(), 1])? } else { b };
        let mut system = System { a: self, b: column, folded: None, vector };
        let (a, b) = (self.shape(), column.shape());
        let fits = a.rank() >= 2 && b.rank() >= 2 && a.last() == b.iter().rev().nth(1);
        if !fits {
            return Ok(system); // the type rule says why
        }
        let (a_batch, a_size) = split(&a);
        let (b_batch, b_size) = split(&b);
        if a_batch.rank() == 0 && b_batch.rank() > 0 && a_size[0] == a_size[1] {
            let rank = b.rank().cast_signed();
            let inward: Vec<isize> = [rank - 2].into_iter().chain(0..rank - 2).chain([rank - 1]).collect();
            let wide = [b_size[0], b_batch.size().saturating_mul(b_size[1])];
            system.b = column.try_transpose(&inward)?.try_reshape(wide)?;
            system.folded = Some(b);
            return Ok(system);
        }
        let batch = a_batch
            .broadcast(&b_batch)
            .map_err(|reason| format!("of the leading axes, {reason}"))
            .map_err(self.tape().refusing(name, &[&self.array_type(), &column.array_type()]))?;
        let full = |size: [usize; 2]| batch.iter().copied().chain(size).collect::<Shape>();
        system.a = self.try_broadcast_to(full(a_size))?;
        system.b = column.try_broadcast_to(full(b_size))?;
        Ok(system)
    }

    /// x of A x = b, where A are the square matrices in the last two axes of this, by an LU factorisation with
    /// partial pivoting. A 1-d b is a vector, any other b is matrices of columns; leading axes broadcast.
    ///
    /// A singular matrix (one whose elimination meets a pivot of exactly 0), or one that is not finite, gives NaN;
    /// the others of a batch do not suffer. One matrix for many right sides is factorised once. Cost: ⅔n³, and
    /// 2n² a column; the gradient factorises A once more. Derivatives: Giles (2008), *Collected matrix derivative
    /// results*.
    ///
    /// ```
    /// use cinta_graph::Tape;
    /// use ndarray::array;
    /// let tape = Tape::new();
    /// let a = tape.var(array![[1.0, 2.0], [4.0, 4.0]]);
    /// let b = tape.var([5.0, 12.0]);
    /// let x = a.solve(b);
    /// assert_eq!(x.value(), array![1.0, 2.0]);
    /// assert_eq!(x.sum().grad(b).value(), array![0.0, 0.25]); // A⁻ᵀ 1
    /// ```
    ///
    /// # Panics
    /// If this is not square, b has another number of rows, leading axes do not broadcast, or dtypes are not one
    /// float type.
    #[must_use]
    #[track_caller]
    pub fn solve(self, b: impl Operand<'t>) -> Self {
        or_panic(self.try_solve(b))
    }

    /// [`solve`](Self::solve), with the error returned.
    #[track_caller]
    pub fn try_solve(self, b: impl Operand<'t>) -> Result<Self, Error> {
        let op = Solve::default();
        let b = b.try_like(self, op.name())?;
        let system = self.system(op.name(), b)?;
        system.unfold(self.tape().record(op, &[system.a, system.b])?)
    }
}
