//! `cast`: the same numbers in another dtype.
use std::ops::RangeInclusive;

use smallvec::smallvec;

use super::map::map1;
use super::sample::spread_array;
use super::{At, Attributes, Batched, Cotangents, Delta, Flow, Level, Notation, OpDef, Refused, Sample, linear_jvp};
use crate::elements::each1;
use crate::error::or_panic;
use crate::value::each_dtype;
use crate::{ArrayType, DType, Element, Elements, ElementsMut, Error, Output, Value, Var};

/// y = x in the dtype `to`.
///
/// Floats round; integers beyond 2⁵³ round in floats. To `i64` floats are truncated and saturate, NaN gives 0. To
/// `bool` all but zero is true, NaN too; from it, true is 1.
///
/// Between floats it counts as linear, and the derivative is cast back. Integers and truth values carry none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Cast {
    /// The new dtype.
    pub to: DType,
}

impl OpDef for Cast {
    fn name(&self) -> &'static str {
        "cast"
    }

    fn arity(&self) -> RangeInclusive<usize> {
        1..=1
    }

    fn attributes(&self) -> Attributes {
        Attributes::none().with("to", self.to.name())
    }

    fn read(name: &str, attributes: &Attributes) -> Option<Result<Self, String>> {
        let read = || {
            let word = attributes.word("to")?;
            let to = DType::from_name(word).ok_or_else(|| format!("attribute to should be a dtype, not {word}"))?;
            Ok(Self { to })
        };
        (name == "cast").then(read)
    }

    fn infer(&self, inputs: &[&ArrayType]) -> Result<ArrayType, String> {
        Ok(inputs[0].with_dtype(self.to))
    }

    fn preserves_type(&self, dtype: DType) -> bool {
        dtype == self.to
    }

    fn eval(&self, inputs: &[&Value], output: &Output<'_>) -> Result<Value, String> {
        let x = inputs[0];
        if x.dtype() == self.to {
            return Ok(x.clone());
        }
        each_dtype!(x.dtype(), A => each_dtype!(self.to, B => map1(*output, x, |x: A| B::from_f64(x.to_f64()))))
    }
    fn is_elementwise(&self) -> bool {
        true
    }

    fn eval_elements(&self, inputs: &[Elements<'_>], output: ElementsMut<'_>) {
        fn cast<A: Element, B: Element>(x: &[A], y: &mut [B]) {
            each1(x, y, |x| B::from_f64(x.to_f64()));
        }
        fn from<A: Element>(x: &[A], output: ElementsMut<'_>) {
            match output {
                ElementsMut::F64(y) => cast(x, y),
                ElementsMut::F32(y) => cast(x, y),
                ElementsMut::I64(y) => cast(x, y),
                ElementsMut::Bool(y) => cast(x, y),
            }
        }
        match (inputs[0], output) {
            // Not through f64, which does not hold every integer.
            (Elements::I64(x), ElementsMut::I64(y)) => y.copy_from_slice(x),
            (Elements::F64(x), output) => from(x, output),
            (Elements::F32(x), output) => from(x, output),
            (Elements::I64(x), output) => from(x, output),
            (Elements::Bool(x), output) => from(x, output),
        }
    }

    fn vjp<'t>(&self, at: &At<'_, 't>, ct: Delta<'t>) -> Result<Cotangents<'t>, Error> {
        let from = at.input(0).dtype();
        Ok(smallvec![(from.is_float() && self.to.is_float()).then(|| ct.map(|ct| ct.cast(from)))])
    }

    fn jvp<'t>(&self, at: &At<'_, 't>, tangents: &[Flow<'t>]) -> Result<Flow<'t>, Error> {
        if self.to.is_float() { linear_jvp(self, at, tangents) } else { Ok(None) }
    }

    fn blocks(&self, _input: usize) -> Option<&'static str> {
        match self.to {
            DType::F64 | DType::F32 => None,
            DType::I64 => Some("a cast to integers is piecewise constant"),
            DType::Bool => Some("a cast to truth values is piecewise constant"),
        }
    }

    fn batch<'t>(&self, inputs: &[Batched<'t>], size: usize) -> Result<Var<'t>, Error> {
        let x = inputs[0].spread(size);
        x.tape().record(*self, &[x])
    }

    fn flops(&self, _inputs: &[&ArrayType], output: &ArrayType) -> u64 {
        output.shape.size() as u64
    }

    fn notation(&self) -> Notation {
        let name = self.to.name();
        Notation::template(format!("{name}({{0}})"), format!("\\mathrm{{{name}}}({{0}})"), Level::Atom, Level::Relation)
    }

    fn samples() -> Vec<Sample> {
        let cast = |to, x: Value| Sample::new(Self { to }, [x]);
        let edges = [1.9, -1.9, 0.0, -0.0, 1e300, f64::NEG_INFINITY, f64::NAN];
        vec![
            cast(DType::F64, spread_array(&[2, 3], 0)),
            cast(DType::F32, [0.1, 1e300, f64::NEG_INFINITY].into()).value_only().gives([
                0.1_f32,
                f32::INFINITY,
                f32::NEG_INFINITY,
            ]),
            cast(DType::F64, [0.5_f32, -3.0].into()).value_only().gives([0.5, -3.0]),
            cast(DType::I64, edges.into()).value_only().gives([1_i64, -1, 0, 0, i64::MAX, i64::MIN, 0]),
            cast(DType::Bool, edges.into()).value_only().gives([true, true, false, false, true, true, true]),
            cast(DType::F64, [-5_i64, 0, 3].into()).value_only().gives([-5.0, 0.0, 3.0]),
            cast(DType::I64, [i64::MAX, i64::MIN].into()).value_only().gives([i64::MAX, i64::MIN]),
            cast(DType::I64, [true, false].into()).value_only().gives([1_i64, 0]),
            cast(DType::F32, true.into()).value_only().gives(1.0_f32),
            cast(DType::F32, spread_array(&[0, 2], 0)).value_only(),
        ]
    }

    fn refused() -> Vec<Refused> {
        let ty = ArrayType::new(DType::F64, [2]);
        vec![Refused::new(Self { to: DType::F32 }, [ty.clone(), ty], "takes 1 inputs, not 2")]
    }
}

impl Var<'_> {
    /// The same numbers in another dtype; no node if it is the same.
    ///
    /// Floats are truncated to integers (saturating, NaN gives 0); all but 0 is true. A derivative passes between
    /// floats only.
    ///
    /// ```
    /// use cinta_graph::{DType, Tape};
    /// let tape = Tape::new();
    /// let x = tape.var([0.5_f32, -2.75]);
    /// assert_eq!(x.cast(DType::I64).value(), ndarray::array![0_i64, -2]);
    /// assert_eq!(x.gt(0.0).cast(DType::F64).value(), ndarray::array![1.0, 0.0]);
    /// let loss = x.cast(DType::F64).square().sum();
    /// assert_eq!(loss.grad(x).value(), ndarray::array![1.0_f32, -5.5]);
    /// ```
    #[must_use]
    #[track_caller]
    pub fn cast(self, to: DType) -> Self {
        or_panic(self.try_cast(to))
    }

    /// [`cast`](Self::cast), with the error returned.
    #[track_caller]
    pub fn try_cast(self, to: DType) -> Result<Self, Error> {
        if self.dtype() == to { Ok(self) } else { self.tape().record(Cast { to }, &[self]) }
    }
}
