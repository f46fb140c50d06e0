//! `det`: the determinant, its sign, and the logarithm of its magnitude.
use std::ops::RangeInclusive;

use faer::MatMut;
use faer::prelude::{Reborrow as _, ReborrowMut as _};
use smallvec::smallvec;

use super::cofactor::Cofactor;
use super::matrices::{Beside, check_square, identity_like, is_finite, size, split, write_each};
use super::sample::spread_array;
use super::solve::{Solve, factorise, needs};
use super::{At, Attributes, Batched, Cotangents, Delta, Flow, Level, Notation, OpDef, Refused, Sample};
use crate::error::or_panic;
use crate::{ArrayType, DType, ElementsMut, Error, RowMajor, Shape, Var, Workspace};

/// det A, its sign, or log |det A|, as the product of the pivots of an LU factorisation with partial pivoting.
///
/// ∇ det A is the matrix of cofactors (the transposed adjugate), which singular matrices have too:
/// see [`Cofactor`]. ∇ log |det A| = A⁻ᵀ, NaN for a singular matrix, where the value is −∞. The sign is
/// −1, 0 or 1, and no derivative passes it. The product is kept as mantissa and exponent, so that it overflows
/// only if det A does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Det {
    /// det A.
    Value,
    /// sign det A.
    Sign,
    /// log |det A|.
    LogAbs,
}

/// A product that does not overflow on its way: mantissa · 2^exponent.
#[derive(Clone, Copy, Debug)]
pub(super) struct Product {
    mantissa: f64,
    exponent: i64,
}

impl Product {
    pub(super) const ONE: Self = Self { mantissa: 1.0, exponent: 0 };

    fn normal(mantissa: f64, exponent: i64) -> Self {
        let (mantissa, more) = libm::frexp(mantissa);
        Self { mantissa, exponent: exponent + i64::from(more) }
    }

    pub(super) fn times(self, x: f64) -> Self {
        let x = Self::normal(x, self.exponent);
        Self::normal(self.mantissa * x.mantissa, x.exponent)
    }

    pub(super) fn over(self, x: f64) -> Self {
        let x = Self::normal(x, 0);
        Self::normal(self.mantissa / x.mantissa, self.exponent - x.exponent)
    }

    pub(super) fn value(self) -> f64 {
        let exponent = self.exponent.clamp(-3000, 3000);
        libm::scalbn(self.mantissa, i32::try_from(exponent).expect("clamped"))
    }

    /// Exact near 1, where mantissa and exponent apart would cancel.
    fn log_abs(self) -> f64 {
        if self.exponent.abs() < 1000 {
            self.value().abs().ln()
        } else {
            self.mantissa.abs().ln() + self.exponent as f64 * std::f64::consts::LN_2
        }
    }

    fn sign(self) -> f64 {
        if self.mantissa == 0.0 { 0.0 } else { 1.0_f64.copysign(self.mantissa) }
    }
}

/// 1 for an even permutation, −1 for an odd one, by its inversions.
pub(super) fn parity(permutation: &[usize]) -> f64 {
    let later = |i: usize| permutation[i + 1..].iter().filter(|&&other| other < permutation[i]).count();
    if (0..permutation.len()).map(later).sum::<usize>().is_multiple_of(2) { 1.0 } else { -1.0 }
}

/// The same leading axes, with one number a matrix.
fn one_by_one(shape: &Shape) -> Shape {
    shape.keeping(&[shape.rank() - 2, shape.rank() - 1])
}

impl Det {
    const ALL: [Self; 3] = [Self::Value, Self::Sign, Self::LogAbs];

    fn part(self) -> &'static str {
        match self {
            Self::Value => "value",
            Self::Sign => "sign",
            Self::LogAbs => "logabs",
        }
    }

    fn of(self, mut a: MatMut<'_, f64>, beside: Beside<'_>) -> f64 {
        if !is_finite(a.rb()) {
            return f64::NAN;
        }
        let rows = factorise(a.rb_mut(), beside.positions, beside.stack);
        let mut det = Product::ONE.times(parity(rows.arrays().0));
        for i in 0..a.nrows() {
            det = det.times(a[(i, i)]);
            if a[(i, i)] == 0.0 {
                break; // what comes after was divided by 0
            }
        }
        match self {
            Self::Value => det.value(),
            Self::Sign => det.sign(),
            Self::LogAbs => det.log_abs(),
        }
    }

    /// The derivative by the matrix.
    fn slope(self, a: Var<'_>) -> Result<Option<Var<'_>>, Error> {
        Ok(match self {
            Self::Value => Some(a.tape().record(Cofactor, &[a])?),
            Self::Sign => None,
            Self::LogAbs => Some(a.tape().record(Solve { transposed: true }, &[a, identity_like(a)?])?),
        })
    }
}

impl OpDef for Det {
    fn name(&self) -> &'static str {
        "det"
    }

    fn arity(&self) -> RangeInclusive<usize> {
        1..=1
    }

    fn attributes(&self) -> Attributes {
        Attributes::none().with("part", self.part())
    }

    fn read(name: &str, attributes: &Attributes) -> Option<Result<Self, String>> {
        (name == "det").then(|| {
            let part = attributes.word("part")?;
            let found = Self::ALL.into_iter().find(|det| det.part() == part);
            found.ok_or_else(|| format!("attribute part should be value, sign or logabs, not {part}"))
        })
    }

    fn infer(&self, inputs: &[&ArrayType]) -> Result<ArrayType, String> {
        check_square(inputs[0])?;
        Ok(inputs[0].with_shape(split(&inputs[0].shape).0))
    }

    fn writes_into(&self) -> bool {
        true
    }

    fn eval_into(&self, inputs: &[RowMajor<'_>], output: ElementsMut<'_>, room: &mut Workspace) -> Result<(), String> {
        let [n, _] = size(inputs[0]);
        write_each(inputs, output, [1, 1], needs(n), room, |a, mut det, beside| {
            det[(0, 0)] = self.of(a[0].rb_mut(), beside);
            true
        })
    }

    fn vjp<'t>(&self, at: &At<'_, 't>, ct: Delta<'t>) -> Result<Cotangents<'t>, Error> {
        let a = at.input(0);
        let Some(slope) = self.slope(a)? else { return Ok(smallvec![None]) };
        let shape = a.shape();
        Ok(smallvec![Some(ct.reshape(&one_by_one(&shape)).broadcast_to(&shape).times(slope))])
    }

    fn jvp<'t>(&self, at: &At<'_, 't>, tangents: &[Flow<'t>]) -> Result<Flow<'t>, Error> {
        let (Some(slope), Some(t)) = (self.slope(at.input(0))?, tangents[0]) else { return Ok(None) };
        Ok(Some(t.times(slope).sum_to(&one_by_one(&t.var().shape())).reshape(&at.output().shape())))
    }

    fn blocks(&self, _input: usize) -> Option<&'static str> {
        (*self == Self::Sign).then_some("the sign of a determinant is piecewise constant")
    }

    fn batch<'t>(&self, inputs: &[Batched<'t>], size: usize) -> Result<Var<'t>, Error> {
        let a = inputs[0].spread(size);
        a.tape().record(*self, &[a])
    }

    fn flops(&self, inputs: &[&ArrayType], _output: &ArrayType) -> u64 {
        let n = inputs[0].shape.last().copied().unwrap_or_default() as u64;
        (2 * inputs[0].shape.size() as u64 / 3).saturating_mul(n)
    }

    fn notation(&self) -> Notation {
        let (unicode, latex) = match self {
            Self::Value => ("det({0})", "\\det({0})"),
            Self::Sign => ("sign(det({0}))", "\\operatorname{sign}(\\det({0}))"),
            Self::LogAbs => ("log|det({0})|", "\\log|\\det({0})|"),
        };
        Notation::template(unicode, latex, Level::Atom, Level::Relation)
    }

    fn samples() -> Vec<Sample> {
        let singular = ndarray::array![[1.0, 2.0, 3.0], [2.0, 4.0, 6.0], [1.0, 0.0, 1.0]];
        let tiny = ndarray::Array2::from_diag_elem(6, 1e-60);
        let infinity = f64::INFINITY;
        let mut samples = vec![
            Sample::new(Self::Value, [singular.clone().into()]).gives(0.0),
            Sample::new(Self::Value, [ndarray::Array2::<f64>::zeros((2, 2)).into()]).value_only().gives(0.0),
            Sample::new(Self::Value, [ndarray::array![[1.0, 2.0], [3.0, 5.0]].into()]).gives_within(-1.0, 1.0),
            Sample::new(Self::Sign, [ndarray::array![[0.0, 2.0], [3.0, 5.0]].into()]).value_only().gives(-1.0),
            Sample::new(Self::Sign, [singular.clone().into()]).value_only().gives(0.0),
            Sample::new(Self::LogAbs, [singular.into()]).value_only().gives(-infinity),
            Sample::new(Self::LogAbs, [tiny.into()]).value_only().gives_within(-828.930_633_477_856_4, 2.0),
        ];
        for det in Self::ALL {
            let turned = spread_array(&[3, 3], 4).to_array::<f64>().reversed_axes();
            let shapes: [&[usize]; 5] = [&[3, 3], &[1, 1], &[2, 2, 2], &[0, 0], &[0, 2, 2]];
            for sample in shapes.map(|shape| spread_array(shape, 0)).into_iter().chain([turned.into()]) {
                samples.push(Sample::new(det, [sample]));
            }
            samples.push(Sample::new(det, [ndarray::array![[f64::NAN]].into()]).value_only().gives(f64::NAN));
        }
        samples
    }

    fn refused() -> Vec<Refused> {
        let ty = |dtype, shape: &[usize]| [ArrayType::new(dtype, shape)];
        vec![
            Refused::new(Self::Value, ty(DType::F64, &[3]), "needs a matrix, or matrices in the last two axes"),
            Refused::new(Self::LogAbs, ty(DType::F64, &[2, 3]), "needs square matrices, not 2 by 3"),
            Refused::new(Self::Sign, ty(DType::Bool, &[2, 2]), "needs f64 or f32, not bool"),
        ]
    }
}

impl Var<'_> {
    /// The determinant of each matrix in the last two axes. Cost: ⅔n³.
    ///
    /// The gradient is the matrix of cofactors, computed without dividing by the determinant: singular matrices
    /// have finite and right derivatives, of every order. For large matrices, whose determinants overflow, see
    /// [`slogdet`](Self::slogdet).
    ///
    /// ```
    /// use cinta_graph::Tape;
    /// use ndarray::array;
    /// let tape = Tape::new();
    /// let a = tape.var(array![[1.0, 2.0], [2.0, 4.0]]);
    /// assert_eq!(a.det().item(), 0.0);
    /// assert_eq!(a.det().grad(a).value(), array![[4.0, -2.0], [-2.0, 1.0]]);
    /// ```
    ///
    /// # Panics
    /// If the last two axes differ in size, there are fewer, or the dtype is no float.
    #[must_use]
    #[track_caller]
    pub fn det(self) -> Self {
        or_panic(self.try_det())
    }

    /// [`det`](Self::det), with the error returned.
    #[track_caller]
    pub fn try_det(self) -> Result<Self, Error> {
        self.tape().record(Det::Value, &[self])
    }

    /// The determinant of each matrix in the last two axes as its sign and the logarithm of its magnitude:
    /// det A = sign · e^logabs, which neither overflows nor vanishes. Cost: ⅔n³ each.
    ///
    /// ∇ log |det A| = A⁻ᵀ; no derivative passes the sign. A singular matrix has sign 0 and logarithm −∞, with NaN
    /// for a gradient.
    ///
    /// ```
    /// use cinta_graph::Tape;
    /// use ndarray::array;
    /// let tape = Tape::new();
    /// let a = tape.var(array![[0.0, 2.0], [4.0, 0.0]]);
    /// let (sign, log_abs) = a.slogdet();
    /// assert_eq!((sign.item(), log_abs.item()), (-1.0, 8.0_f64.ln()));
    /// assert_eq!(log_abs.grad(a).value(), array![[0.0, 0.5], [0.25, 0.0]]); // A⁻ᵀ
    /// ```
    ///
    /// # Panics
    /// As [`det`](Self::det).
    #[must_use]
    #[track_caller]
    pub fn slogdet(self) -> (Self, Self) {
        or_panic(self.try_slogdet())
    }

    /// [`slogdet`](Self::slogdet), with the error returned.
    #[track_caller]
    pub fn try_slogdet(self) -> Result<(Self, Self), Error> {
        Ok((self.tape().record(Det::Sign, &[self])?, self.tape().record(Det::LogAbs, &[self])?))
    }
}
