//! `sum_to`: sums that undo a broadcast, the transpose of `broadcast_to`; every sum is made of it.
use std::ops::RangeInclusive;

use smallvec::smallvec;

use super::pairwise::sum_axes;
use super::sample::spread_array;
use super::{At, Attributes, Batched, Cotangents, Delta, Flow, Level, Notation, OpDef, Refused, Sample, linear_jvp};
use crate::error::or_panic;
use crate::{ArrayType, DType, Error, Output, Shape, Strided, Value, Var};

/// y sums x along the axes that a broadcast from y's shape to x's would repeat. Linear; its transpose is
/// [`BroadcastTo`](super::broadcast_to::BroadcastTo). Sums are pairwise: the rounding error grows as log n.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct SumTo {
    /// The new shape.
    pub shape: Shape,
}

impl OpDef for SumTo {
    fn name(&self) -> &'static str {
        "sum_to"
    }

    fn arity(&self) -> RangeInclusive<usize> {
        1..=1
    }

    fn attributes(&self) -> Attributes {
        Attributes::none().with("shape", self.shape.as_slice())
    }

    fn read(name: &str, attributes: &Attributes) -> Option<Result<Self, String>> {
        (name == "sum_to").then(|| Ok(Self { shape: attributes.sizes("shape")? }))
    }

    fn infer(&self, inputs: &[&ArrayType]) -> Result<ArrayType, String> {
        if inputs[0].dtype == DType::Bool {
            return Err("needs numbers, not bool; use cast".to_owned());
        }
        if self.shape.broadcasts_to(&inputs[0].shape) {
            return Ok(inputs[0].with_shape(&self.shape));
        }
        Err(format!("{} does not sum to {}, which does not broadcast to it", inputs[0].shape, self.shape))
    }

    fn eval(&self, inputs: &[&Value], output: &Output<'_>) -> Result<Value, String> {
        let rank = inputs[0].shape().rank();
        let aligned: Shape =
            std::iter::repeat_n(1, rank - self.shape.rank()).chain(self.shape.iter().copied()).collect();
        let from = inputs[0].shape();
        let axes: Vec<usize> = (0..rank).filter(|&axis| aligned[axis] != from[axis]).collect();
        match output.dtype {
            DType::F64 => sum_axes::<f64>(inputs[0], &axes, &self.shape),
            DType::F32 => sum_axes::<f32>(inputs[0], &axes, &self.shape),
            _ => sum_axes::<i64>(inputs[0], &axes, &self.shape),
        }
    }

    /// Where nothing is summed.
    fn view(&self, input: &Strided) -> Option<Strided> {
        if self.shape.size() == input.shape.size() { input.reshaped(&self.shape) } else { None }
    }

    fn vjp<'t>(&self, at: &At<'_, 't>, ct: Delta<'t>) -> Result<Cotangents<'t>, Error> {
        Ok(smallvec![Some(ct.broadcast_to(&at.input(0).shape()))])
    }

    fn jvp<'t>(&self, at: &At<'_, 't>, tangents: &[Flow<'t>]) -> Result<Flow<'t>, Error> {
        linear_jvp(self, at, tangents)
    }

    fn batch<'t>(&self, inputs: &[Batched<'t>], size: usize) -> Result<Var<'t>, Error> {
        let x = inputs[0].spread(size);
        let missing = x.rank() - 1 - self.shape.rank();
        let aligned: Shape =
            std::iter::once(size).chain(std::iter::repeat_n(1, missing)).chain(self.shape.iter().copied()).collect();
        x.try_sum_to(aligned)?.try_reshape(self.shape.with_front(size))
    }

    fn flops(&self, inputs: &[&ArrayType], _output: &ArrayType) -> u64 {
        inputs[0].shape.size() as u64
    }

    fn notation(&self) -> Notation {
        Notation::template("Σ {0}", "\\sum {0}", Level::Big, Level::Product)
    }

    /// A sum over some axes names them, the first i: Σⱼ runs along the rows of a matrix.
    fn notation_of(&self, shown: &[&ArrayType]) -> Notation {
        let [from] = shown else { return self.notation() };
        let missing = from.shape.rank().wrapping_sub(self.shape.rank());
        let sums = |axis: usize| from.shape[axis] != 1 && (axis < missing || self.shape[axis - missing] == 1);
        let some = self.shape.iter().any(|n| *n != 1) && self.shape.broadcasts_to(&from.shape);
        if !some || from.shape.rank() > 4 {
            return self.notation();
        }
        let axes = (0..from.shape.rank()).filter(|&axis| sums(axis));
        let letters: String = axes.clone().map(|axis| ['ᵢ', 'ⱼ', 'ₖ', 'ₗ'][axis]).collect();
        let latex: String = axes.map(|axis| ['i', 'j', 'k', 'l'][axis]).collect();
        let (unicode, latex) = (format!("Σ{letters} {{0}}"), format!("\\sum_{{{latex}}} {{0}}"));
        Notation::template(unicode, latex, Level::Big, Level::Product)
    }

    fn samples() -> Vec<Sample> {
        let to = |shape: &[usize]| Self { shape: shape.into() };
        let transposed = spread_array(&[3, 4], 5).to_array::<f64>().reversed_axes();
        vec![
            Sample::new(to(&[]), [spread_array(&[2, 3], 0)]),
            Sample::new(to(&[3]), [spread_array(&[2, 3], 0)]),
            Sample::new(to(&[2, 1]), [spread_array(&[2, 3], 0)]),
            Sample::new(to(&[3, 1]), [spread_array(&[2, 3, 4], 0)]),
            Sample::new(to(&[4, 1]), [transposed.into()]),
            Sample::new(to(&[]), [spread_array(&[0, 3], 0)]).gives(0.0),
            Sample::new(to(&[2]), [ndarray::array![[1_i64, 2], [3, 4]].into()]).value_only().gives([4_i64, 6]),
            Sample::new(to(&[]), [[i64::MAX, 1].into()]).value_only().gives(i64::MIN),
        ]
    }

    fn refused() -> Vec<Refused> {
        let ty = |dtype| ArrayType::new(dtype, [2, 3]);
        vec![
            Refused::new(Self { shape: [2].into() }, [ty(DType::F64)], "[2, 3] does not sum to [2]"),
            Refused::new(Self { shape: [3].into() }, [ty(DType::Bool)], "needs numbers, not bool"),
        ]
    }
}

impl Var<'_> {
    /// Sums along the axes that a broadcast from `shape` would repeat.
    ///
    /// ```
    /// use cinta_graph::Tape;
    /// let tape = Tape::new();
    /// let x = tape.var(ndarray::array![[1.0, 2.0], [3.0, 4.0]]);
    /// assert_eq!(x.sum_to([2, 1]).value(), ndarray::array![[3.0], [7.0]]);
    /// ```
    ///
    /// # Panics
    /// If `shape` does not broadcast to this shape, or on truth values.
    #[must_use]
    #[track_caller]
    pub fn sum_to(self, shape: impl Into<Shape>) -> Self {
        or_panic(self.try_sum_to(shape))
    }

    /// [`sum_to`](Self::sum_to), with the error returned. No node if the shape is the same.
    #[track_caller]
    pub fn try_sum_to(self, shape: impl Into<Shape>) -> Result<Self, Error> {
        let shape = shape.into();
        if self.shape() == shape && self.dtype() != DType::Bool {
            return Ok(self);
        }
        self.tape().record(SumTo { shape }, &[self])
    }
}
