//! `triangular_solve`: linear equations with a triangular matrix.
use std::ops::RangeInclusive;

use faer::MatMut;
use faer::dyn_stack::StackReq;
use faer::prelude::{Reborrow as _, ReborrowMut as _};
use smallvec::smallvec;

use super::matrices::{
    Needs, batch_of_solves, dominant, is_finite, pattern, size, solution_type, unless_unused, write_each,
};
use super::sample::spread_array;
use super::{At, Attributes, Batched, Cotangents, Delta, Flow, Level, Notation, OpDef, Refused, Sample, join};
use crate::error::or_panic;
use crate::{ArrayType, DType, ElementsMut, Error, Operand, RowMajor, Value, Var, Workspace};

/// Which triangle of a matrix is meant, and how; the other triangle is not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Triangle {
    /// The upper triangle, not the lower.
    pub upper: bool,
    /// The transpose of that triangle.
    pub transposed: bool,
    /// The diagonal is taken to be ones, and not read.
    pub unit_diagonal: bool,
}

impl Triangle {
    /// The lower triangle.
    pub const LOWER: Self = Self { upper: false, transposed: false, unit_diagonal: false };
    /// The upper triangle.
    pub const UPPER: Self = Self { upper: true, transposed: false, unit_diagonal: false };

    /// The transpose.
    #[must_use]
    pub const fn transposed(self) -> Self {
        Self { transposed: !self.transposed, ..self }
    }

    /// With ones for the diagonal.
    #[must_use]
    pub const fn unit_diagonal(self) -> Self {
        Self { unit_diagonal: true, ..self }
    }

    /// Whether an entry is read.
    fn holds(self, i: usize, j: usize) -> bool {
        if i == j { !self.unit_diagonal } else { (i < j) == self.upper }
    }
}

/// X of T X = B, where T is a triangle of A.
///
/// dX = T⁻¹(dB − dT X); in reverse ∇_B = T⁻ᵀδ and ∇_A = −∇_B Xᵀ within the triangle (Giles 2008). A zero on
/// the diagonal, or a triangle that is not finite, gives NaN.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TriangularSolve(pub Triangle);

impl TriangularSolve {
    fn solve(self, mut a: MatMut<'_, f64>, mut b: MatMut<'_, f64>) -> bool {
        let (triangle, n) = (self.0, a.nrows());
        for j in 0..n {
            for i in (0..n).filter(|&i| !triangle.holds(i, j)) {
                a[(i, j)] = f64::from(u8::from(i == j));
            }
        }
        if !is_finite(a.rb()) || (0..n).any(|i| a[(i, i)] == 0.0) {
            return false;
        }
        let t = if triangle.transposed { a.rb().transpose() } else { a.rb() };
        if triangle.upper == triangle.transposed {
            t.solve_lower_triangular_in_place(&mut b);
        } else {
            t.solve_upper_triangular_in_place(&mut b);
        }
        true
    }

    /// −Ȳ Xᵀ, or its transpose for a transposed triangle, within the triangle.
    #[track_caller]
    fn within(self, product: Var<'_>) -> Result<Var<'_>, Error> {
        let n = product.shape().last().copied().unwrap_or_default();
        pattern(product, n, |i, j| self.0.holds(i, j))?.try_select(product, 0.0)
    }
}

impl OpDef for TriangularSolve {
    fn name(&self) -> &'static str {
        "triangular_solve"
    }

    fn arity(&self) -> RangeInclusive<usize> {
        2..=2
    }

    fn attributes(&self) -> Attributes {
        Attributes::none()
            .with("upper", self.0.upper)
            .with("transposed", self.0.transposed)
            .with("unit_diagonal", self.0.unit_diagonal)
    }

    fn read(name: &str, attributes: &Attributes) -> Option<Result<Self, String>> {
        (name == "triangular_solve").then(|| {
            let upper = attributes.bool("upper")?;
            let transposed = attributes.bool("transposed")?;
            Ok(Self(Triangle { upper, transposed, unit_diagonal: attributes.bool("unit_diagonal")? }))
        })
    }

    fn infer(&self, inputs: &[&ArrayType]) -> Result<ArrayType, String> {
        solution_type(inputs)
    }

    fn writes_into(&self) -> bool {
        true
    }

    fn eval_into(&self, inputs: &[RowMajor<'_>], output: ElementsMut<'_>, room: &mut Workspace) -> Result<(), String> {
        let needs = Needs { numbers: 0, positions: 0, stack: StackReq::EMPTY };
        write_each(inputs, output, size(inputs[1]), needs, room, |matrices, mut x, _| {
            let (a, b) = matrices.split_at_mut(1);
            let solved = self.solve(a[0].rb_mut(), b[0].rb_mut());
            x.copy_from(b[0].rb());
            solved
        })
    }

    fn vjp<'t>(&self, at: &At<'_, 't>, ct: Delta<'t>) -> Result<Cotangents<'t>, Error> {
        let (a, x) = (at.input(0), at.output());
        let back = a.triangular_solve(ct.var(), self.0.transposed());
        let for_a = || {
            let product = if self.0.transposed { x.matmul(back.t()) } else { back.matmul(x.t()) };
            Ok(unless_unused(ct, x, -self.within(product)?).map_masked(|for_a| for_a))
        };
        Ok(smallvec![at.wants(0).then(for_a).transpose()?, at.wants(1).then(|| unless_unused(ct, x, back)),])
    }

    fn jvp<'t>(&self, at: &At<'_, 't>, tangents: &[Flow<'t>]) -> Result<Flow<'t>, Error> {
        let (a, x) = (at.input(0), at.output());
        let pushed = |da: Delta<'t>| {
            let inside = self.within(da.var())?;
            Ok(unless_unused(da, x, -(if self.0.transposed { inside.t() } else { inside }).matmul(x)))
        };
        let from_a = tangents[0].map(pushed).transpose()?;
        let right = join(tangents[1], from_a);
        Ok(right.map(|right| unless_unused(right, x, a.triangular_solve(right.var(), self.0))))
    }

    fn batch<'t>(&self, inputs: &[Batched<'t>], size: usize) -> Result<Var<'t>, Error> {
        batch_of_solves(inputs, size, |a, b| a.tape().record(*self, &[a, b]))
    }

    fn flops(&self, inputs: &[&ArrayType], output: &ArrayType) -> u64 {
        let n = inputs[0].shape.last().copied().unwrap_or_default() as u64;
        (output.shape.size() as u64).saturating_mul(n)
    }

    fn notation(&self) -> Notation {
        let (unicode, latex) = match (self.0.upper, self.0.transposed) {
            (false, false) => ("tril({0})⁻¹·{1}", "\\operatorname{tril}({0})^{-1} {1}"),
            (false, true) => ("tril({0})⁻ᵀ·{1}", "\\operatorname{tril}({0})^{-\\top} {1}"),
            (true, false) => ("triu({0})⁻¹·{1}", "\\operatorname{triu}({0})^{-1} {1}"),
            (true, true) => ("triu({0})⁻ᵀ·{1}", "\\operatorname{triu}({0})^{-\\top} {1}"),
        };
        let inputs = vec![Level::Relation, Level::Prefix];
        Notation { inputs, ..Notation::template(unicode, latex, Level::Prefix, Level::Prefix) }
    }

    fn samples() -> Vec<Sample> {
        let matrix = |shape: &[usize], offset| dominant(shape, offset, 2.0);
        let pair = |triangle: Triangle, a: &[usize], b: &[usize]| {
            Sample::new(Self(triangle), [matrix(a, 0), spread_array(b, 20)])
        };
        let [lower, upper] = [Triangle::LOWER, Triangle::UPPER];
        let transposed = |value: Value| Value::from(value.to_array::<f64>().reversed_axes());
        let two = ndarray::array![[2.0, 7.0], [3.0, 4.0]];
        let right = ndarray::array![[2.0], [11.0]];
        let singular = ndarray::array![[0.0, 7.0], [3.0, 4.0]];
        vec![
            pair(lower, &[3, 3], &[3, 2]),
            pair(upper, &[3, 3], &[3, 2]),
            pair(lower.transposed(), &[3, 3], &[3, 1]),
            pair(upper.transposed(), &[2, 2], &[2, 2]),
            pair(lower.unit_diagonal(), &[3, 3], &[3, 2]),
            pair(upper.transposed().unit_diagonal(), &[2, 2, 2], &[2, 2, 1]),
            pair(lower, &[1, 1], &[1, 1]),
            pair(lower, &[0, 0], &[0, 2]),
            pair(lower, &[2, 2], &[2, 0]),
            pair(lower, &[0, 2, 2], &[0, 2, 1]),
            Sample::new(Self(upper), [transposed(matrix(&[2, 2], 3)), transposed(spread_array(&[3, 2], 7))]),
            Sample::new(Self(lower), [two.clone().into(), right.clone().into()]).gives(ndarray::array![[1.0], [2.0]]),
            Sample::new(Self(upper.unit_diagonal()), [two.into(), right.clone().into()])
                .gives(ndarray::array![[-75.0], [11.0]]),
            Sample::new(Self(lower), [singular.into(), right.into()])
                .value_only()
                .gives(ndarray::array![[f64::NAN], [f64::NAN]]),
        ]
    }

    fn refused() -> Vec<Refused> {
        let ty = |dtype, shape: &[usize]| ArrayType::new(dtype, shape);
        let f64s = |a: &[usize], b: &[usize]| [ty(DType::F64, a), ty(DType::F64, b)];
        let op = Self(Triangle::LOWER);
        vec![
            Refused::new(op, f64s(&[2, 3], &[2, 1]), "needs square matrices, not 2 by 3"),
            Refused::new(op, f64s(&[2, 2], &[2]), "needs a matrix"),
            Refused::new(op, f64s(&[2, 2], &[3, 1]), "2 unknowns, but 3 rows on the right"),
            Refused::new(op, f64s(&[2, 2, 2], &[3, 2, 1]), "leading axes differ"),
            Refused::new(op, [ty(DType::F64, &[2, 2]), ty(DType::F32, &[2, 1])], "dtypes f64 and f32 differ"),
        ]
    }
}

impl<'t> Var<'t> {
    /// x of T x = b, where T is a triangle of this matrix; b is a vector or a matrix of columns, and leading axes
    /// broadcast, as in [`solve`](Self::solve). Cost: n² a column.
    ///
    /// A zero on the diagonal gives NaN: there is no such x, or there are many. Only the triangle is read, and
    /// only it gets a gradient. Derivatives: Giles (2008), *Collected matrix derivative results*.
    ///
    /// ```
    /// use cinta_graph::{Tape, Triangle};
    /// use ndarray::array;
    /// let tape = Tape::new();
    /// let a = tape.var(array![[2.0, 9.0], [1.0, 4.0]]);
    /// assert_eq!(a.triangular_solve([2.0, 9.0], Triangle::LOWER).value(), array![1.0, 2.0]);
    /// assert_eq!(a.triangular_solve([4.0, 6.0], Triangle::LOWER.transposed()).value(), array![1.25, 1.5]);
    /// ```
    ///
    /// # Panics
    /// If this is not square, b has another number of rows, leading axes do not broadcast, or dtypes are not one
    /// float type.
    #[must_use]
    #[track_caller]
    pub fn triangular_solve(self, b: impl Operand<'t>, triangle: Triangle) -> Self {
        or_panic(self.try_triangular_solve(b, triangle))
    }

    /// [`triangular_solve`](Self::triangular_solve), with the error returned.
    #[track_caller]
    pub fn try_triangular_solve(self, b: impl Operand<'t>, triangle: Triangle) -> Result<Self, Error> {
        let op = TriangularSolve(triangle);
        let b = b.try_like(self, op.name())?;
        let system = self.system(op.name(), b)?;
        system.unfold(self.tape().record(op, &[system.a, system.b])?)
    }
}
