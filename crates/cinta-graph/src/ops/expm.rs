//! `expm`: the exponential of a matrix, and its derivatives along directions.
use std::ops::RangeInclusive;

use faer::prelude::Reborrow as _;
use smallvec::{SmallVec, smallvec};

use super::cofactor::same_square;
use super::jets::{exponential, needs};
use super::matrices::{MOST, size, write_each};
use super::sample::spread_array;
use super::{At, Attributes, Batched, Cotangents, Delta, Flow, Level, Notation, OpDef, Refused, Sample, join};
use crate::error::or_panic;
use crate::{ArrayType, DType, ElementsMut, Error, RowMajor, Value, Var, Workspace};

/// Dᵐ e^A \[E₁, …, Eₘ\]: the exponential of A, or its m-th derivative along m directions.
///
/// Symmetric and linear in the directions, and closed under differentiation: along dA it changes by
/// Dᵐ⁺¹ e^A \[E₁, …, Eₘ, dA\], and since ⟨Dᵐ e^A \[…, Eᵢ, …\], δ⟩ = ⟨(Dᵐ e^A \[…, δᵀ, …\])ᵀ, Eᵢ⟩ (a trace of a
/// product may be turned round) the pullback is another one too. How it is computed: see [`Var::expm`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Expm;

impl Expm {
    /// With a matrix as a further direction, or in the place of one.
    fn along<'t>(self, at: &At<'_, 't>, index: usize, matrix: Var<'t>) -> Result<Var<'t>, Error> {
        let mut inputs: SmallVec<[Var<'t>; 4]> = at.inputs().into();
        match index {
            0 => inputs.push(matrix),
            _ => inputs[index] = matrix,
        }
        at.tape().record(self, &inputs)
    }
}

impl OpDef for Expm {
    fn name(&self) -> &'static str {
        "expm"
    }

    fn arity(&self) -> RangeInclusive<usize> {
        1..=MOST
    }

    fn read(name: &str, _: &Attributes) -> Option<Result<Self, String>> {
        (name == "expm").then_some(Ok(Self))
    }

    fn infer(&self, inputs: &[&ArrayType]) -> Result<ArrayType, String> {
        same_square(inputs)
    }

    fn writes_into(&self) -> bool {
        true
    }

    fn eval_into(&self, inputs: &[RowMajor<'_>], output: ElementsMut<'_>, room: &mut Workspace) -> Result<(), String> {
        let [n, _] = size(inputs[0]);
        let needs = needs(n, inputs.len() - 1);
        write_each(inputs, output, [n, n], needs, room, |matrices, out, beside| {
            let (a, directions) = matrices.split_at_mut(1);
            exponential(a[0].rb(), directions, out, beside)
        })
    }

    fn vjp<'t>(&self, at: &At<'_, 't>, ct: Delta<'t>) -> Result<Cotangents<'t>, Error> {
        let mut cotangents = smallvec![None; at.inputs().len()];
        for (index, cotangent) in cotangents.iter_mut().enumerate() {
            if at.wants(index) {
                let pulled = self.along(at, index, ct.var().t())?.t();
                *cotangent = Some(Delta::new(pulled, ct.is_masked()));
            }
        }
        Ok(cotangents)
    }

    fn jvp<'t>(&self, at: &At<'_, 't>, tangents: &[Flow<'t>]) -> Result<Flow<'t>, Error> {
        let mut sum = None;
        for (index, tangent) in tangents.iter().enumerate() {
            let Some(t) = tangent else { continue };
            sum = join(sum, Some(Delta::new(self.along(at, index, t.var())?, t.is_masked())));
        }
        Ok(sum)
    }

    fn batch<'t>(&self, inputs: &[Batched<'t>], size: usize) -> Result<Var<'t>, Error> {
        let inputs: SmallVec<[Var<'t>; 4]> = inputs.iter().map(|input| input.spread(size)).collect();
        inputs[0].tape().record(*self, &inputs)
    }

    fn flops(&self, inputs: &[&ArrayType], output: &ArrayType) -> u64 {
        let n = output.shape.last().copied().unwrap_or_default() as u64;
        let products = 3_u64.saturating_pow(u32::try_from(inputs.len()).unwrap_or(u32::MAX));
        (10 * output.shape.size() as u64).saturating_mul(n).saturating_mul(products)
    }

    fn notation(&self) -> Notation {
        Notation::function("expm")
    }

    fn notation_of(&self, shown: &[&ArrayType]) -> Notation {
        match shown {
            [_] => Notation::template("exp({0})", "e^{{0}}", Level::Atom, Level::Relation),
            _ => self.notation(),
        }
    }

    fn samples() -> Vec<Sample> {
        let of = |shapes: &[&[usize]]| {
            Sample::new(Self, (0..).zip(shapes).map(|(i, shape)| spread_array(shape, 11 * i)).collect::<Vec<_>>())
        };
        let turned = Value::from(spread_array(&[3, 3], 4).to_array::<f64>().reversed_axes());
        let (e, nan) = (std::f64::consts::E, f64::NAN);
        vec![
            of(&[&[3, 3]]),
            of(&[&[3, 3], &[3, 3]]),
            of(&[&[2, 2], &[2, 2], &[2, 2]]),
            of(&[&[2, 2, 2]]),
            of(&[&[1, 1], &[1, 1]]),
            of(&[&[0, 0]]),
            of(&[&[0, 2, 2]]),
            Sample::new(Self, [turned]),
            Sample::new(Self, [ndarray::array![[0.0, 1.0], [0.0, 0.0]].into()])
                .gives(ndarray::array![[1.0, 1.0], [0.0, 1.0]]),
            Sample::new(Self, [ndarray::array![[1.0, 1.0], [0.0, 1.0]].into()])
                .gives_within(ndarray::array![[e, e], [0.0, e]], 2.0),
            Sample::new(Self, [ndarray::array![[[nan]], [[1.0]]].into()])
                .value_only()
                .gives_within(ndarray::array![[[nan]], [[e]]], 2.0),
        ]
    }

    fn refused() -> Vec<Refused> {
        let ty = |shape: &[usize]| ArrayType::new(DType::F64, shape);
        vec![
            Refused::new(Self, [ty(&[2, 3])], "needs square matrices, not 2 by 3"),
            Refused::new(Self, [ty(&[2, 2]), ty(&[3, 3])], "shapes [2, 2] and [3, 3] differ"),
            Refused::new(Self, [ArrayType::new(DType::I64, [2, 2])], "needs f64 or f32, not i64"),
        ]
    }
}

impl Var<'_> {
    /// The exponential e^A = Σ Aᵏ/k! of each matrix in the last two axes; not elementwise, which is
    /// [`exp`](Self::exp).
    ///
    /// By the Padé approximant of degree 13, with as many halvings before and squarings after as the norms of A⁴ and
    /// A⁶ ask for (Al-Mohy & Higham 2009, *A new scaling and squaring algorithm for the matrix exponential*).
    /// Derivatives run through the same formula in the algebra of A + Σ tᵢ Eᵢ with tᵢ² = 0, so are as exact as the
    /// value. Cost: about 20n³ and 2n³ a squaring; 3 times that for the first derivative, 9 for the second. A matrix
    /// that is not finite gives NaN; an exponential too large for the dtype holds infinities and NaN.
    ///
    /// ```
    /// use cinta_graph::Tape;
    /// use ndarray::array;
    /// let tape = Tape::new();
    /// let a = tape.var(array![[0.0, 2.0], [0.0, 0.0]]);
    /// assert_eq!(a.expm().value(), array![[1.0, 2.0], [0.0, 1.0]]);
    /// ```
    ///
    /// # Panics
    /// If the last two axes differ in size, there are fewer, or the dtype is no float.
    #[must_use]
    #[track_caller]
    pub fn expm(self) -> Self {
        or_panic(self.try_expm())
    }

    /// [`expm`](Self::expm), with the error returned.
    #[track_caller]
    pub fn try_expm(self) -> Result<Self, Error> {
        self.tape().record(Expm, &[self])
    }
}
