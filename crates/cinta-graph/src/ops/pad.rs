//! `pad`: a constant around and between the elements, the transpose of `slice`.
use std::ops::RangeInclusive;

use ndarray::{ArrayD, IxDyn};
use smallvec::{SmallVec, smallvec};

use super::sample::spread_array;
use super::slice::Slice;
use super::{At, Attributes, Batched, Cotangents, Delta, Flow, Notation, OpDef, Refused, Sample};
use crate::error::or_panic;
use crate::pool::room_for;
use crate::value::each_dtype;
use crate::{ArrayType, DType, Element, Error, Output, Shape, Value, Var};

/// Along each axis, y holds `low` copies of a constant, the elements of x with `interior` copies between
/// neighbours, and `high` copies. Linear in x but for the constant; its transpose is [`Slice`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Pad {
    /// How many stand before the elements, along each axis.
    pub low: SmallVec<[usize; 4]>,
    /// How many stand after the elements.
    pub high: SmallVec<[usize; 4]>,
    /// How many stand between neighbours.
    pub interior: SmallVec<[usize; 4]>,
    /// The bits of the constant, an `f64`, which every dtype must be able to hold (`f32` rounds it).
    pub value: u64,
}

impl Pad {
    /// With counts for one more axis.
    pub(crate) fn push(&mut self, low: usize, high: usize, interior: usize) {
        self.low.push(low);
        self.high.push(high);
        self.interior.push(interior);
    }

    /// Low, high and interior counts of each axis.
    fn axes(&self) -> impl Iterator<Item = (usize, usize, usize)> {
        self.low.iter().zip(&self.high).zip(&self.interior).map(|((&low, &high), &interior)| (low, high, interior))
    }

    /// The positions of the elements in the output: the transpose.
    fn slice(&self, input: &Shape) -> Slice {
        let mut slice = Slice::default();
        for ((low, _, interior), &n) in self.axes().zip(input.iter()) {
            let (span, step) = if n > 1 { ((n - 1) * (interior + 1) + 1, interior + 1) } else { (n, 1) };
            slice.push(low..low + span, step);
        }
        slice
    }

    /// What it does to a tangent: the constant has none.
    fn linear(&self) -> Self {
        Self { value: 0, ..self.clone() }
    }
}

/// n elements, what stands between them, low and high, if they can be counted.
fn padded_size(n: usize, (low, high, interior): (usize, usize, usize)) -> Option<usize> {
    let between = n.saturating_sub(1).checked_mul(interior)?;
    n.checked_add(between)?.checked_add(low)?.checked_add(high)
}

impl OpDef for Pad {
    fn name(&self) -> &'static str {
        "pad"
    }

    fn arity(&self) -> RangeInclusive<usize> {
        1..=1
    }

    fn attributes(&self) -> Attributes {
        Attributes::none()
            .with("low", &self.low[..])
            .with("high", &self.high[..])
            .with("interior", &self.interior[..])
            .with("value", f64::from_bits(self.value))
    }

    fn read(name: &str, attributes: &Attributes) -> Option<Result<Self, String>> {
        (name == "pad").then(|| {
            Ok(Self {
                low: attributes.sizes("low")?,
                high: attributes.sizes("high")?,
                interior: attributes.sizes("interior")?,
                value: attributes.float("value")?.to_bits(),
            })
        })
    }

    fn infer(&self, inputs: &[&ArrayType]) -> Result<ArrayType, String> {
        let ArrayType { dtype, shape } = inputs[0];
        if [&self.low, &self.high, &self.interior].iter().any(|list| list.len() != shape.rank()) {
            return Err(format!("needs low, high and interior counts for each of {} axes", shape.rank()));
        }
        let value = f64::from_bits(self.value);
        let fits = match dtype {
            DType::F64 | DType::F32 => true,
            DType::I64 => value.fract() == 0.0 && (-2_f64.powi(63)..2_f64.powi(63)).contains(&value),
            DType::Bool => value == 0.0 || value == 1.0,
        };
        if !fits {
            return Err(format!("the value {value} is no {dtype}"));
        }
        let size = |(axis, (counts, &n)): (usize, (_, &usize))| {
            padded_size(n, counts).ok_or_else(|| format!("axis {axis} would be too large for memory"))
        };
        let sizes: Shape = self.axes().zip(shape.iter()).enumerate().map(size).collect::<Result<_, _>>()?;
        Ok(inputs[0].with_shape(sizes))
    }

    fn eval(&self, inputs: &[&Value], output: &Output<'_>) -> Result<Value, String> {
        each_dtype!(output.dtype, T => {
            let x = inputs[0].view::<T>();
            let mut out = room_for(&output.shape)?;
            out.resize(output.shape.size(), T::from_f64(f64::from_bits(self.value)));
            let mut out = ArrayD::from_shape_vec(IxDyn(&output.shape), out).map_err(|error| error.to_string())?;
            let slice = self.slice(&inputs[0].shape());
            out.slice_each_axis_mut(|axis| slice.range(axis.axis.index())).assign(&x);
            Ok(Value::from(out))
        })
    }

    fn vjp<'t>(&self, at: &At<'_, 't>, ct: Delta<'t>) -> Result<Cotangents<'t>, Error> {
        let slice = self.slice(&at.input(0).shape());
        Ok(smallvec![Some(Delta::new(at.tape().record(slice, &[ct.var()])?, ct.is_masked()))])
    }

    fn jvp<'t>(&self, at: &At<'_, 't>, tangents: &[Flow<'t>]) -> Result<Flow<'t>, Error> {
        let push = |t: Delta<'t>| at.tape().record(self.linear(), &[t.var()]).map(Delta::masked);
        tangents[0].map(push).transpose()
    }

    fn batch<'t>(&self, inputs: &[Batched<'t>], size: usize) -> Result<Var<'t>, Error> {
        let x = inputs[0].spread(size);
        let mut pad = Self { value: self.value, ..Self::default() };
        pad.push(0, 0, 0);
        for (low, high, interior) in self.axes() {
            pad.push(low, high, interior);
        }
        x.tape().record(pad, &[x])
    }

    fn flops(&self, _inputs: &[&ArrayType], _output: &ArrayType) -> u64 {
        0
    }

    fn notation(&self) -> Notation {
        Notation::function("pad")
    }

    fn samples() -> Vec<Sample> {
        let by = |value: f64, axes: &[(usize, usize, usize)]| {
            let mut pad = Self { value: value.to_bits(), ..Self::default() };
            for &(low, high, interior) in axes {
                pad.push(low, high, interior);
            }
            pad
        };
        let transposed = spread_array(&[3, 2], 5).to_array::<f64>().reversed_axes();
        vec![
            Sample::new(by(0.5, &[(1, 0, 0), (0, 2, 0)]), [spread_array(&[2, 3], 0)]),
            Sample::new(by(0.0, &[(0, 1, 2), (2, 0, 1)]), [spread_array(&[2, 3], 0)]),
            Sample::new(by(-1.0, &[(0, 0, 1), (1, 1, 0)]), [transposed.into()]),
            Sample::new(by(3.0, &[(1, 2, 5)]), [spread_array(&[1], 0)]),
            Sample::new(by(3.0, &[(1, 2, 5), (0, 0, 0)]), [spread_array(&[0, 2], 0)]),
            Sample::new(by(1.0, &[]), [spread_array(&[], 0)]),
            Sample::new(by(9.0, &[(1, 2, 1)]), [[1.0, 2.0].into()]).gives([9.0, 1.0, 9.0, 2.0, 9.0, 9.0]),
            Sample::new(by(0.1, &[(1, 0, 0)]), [[1.5_f32].into()]).value_only().gives([0.1_f32, 1.5]),
            Sample::new(by(-7.0, &[(0, 1, 1)]), [[1_i64, 2].into()]).value_only().gives([1_i64, -7, 2, -7]),
            Sample::new(by(1.0, &[(1, 0, 0)]), [[false].into()]).value_only().gives([true, false]),
        ]
    }

    fn refused() -> Vec<Refused> {
        let ty = |dtype, n: usize| [ArrayType::new(dtype, [n])];
        let by = |value: f64, counts: (usize, usize, usize)| {
            let mut pad = Self { value: value.to_bits(), ..Self::default() };
            pad.push(counts.0, counts.1, counts.2);
            pad
        };
        vec![
            Refused::new(Self::default(), ty(DType::F64, 2), "needs low, high and interior counts for each of 1 axes"),
            Refused::new(by(0.5, (1, 1, 0)), ty(DType::I64, 2), "the value 0.5 is no i64"),
            Refused::new(by(2_f64.powi(63), (1, 1, 0)), ty(DType::I64, 2), "is no i64"),
            Refused::new(by(2.0, (1, 1, 0)), ty(DType::Bool, 2), "the value 2 is no bool"),
            Refused::new(by(0.0, (usize::MAX, 0, 0)), ty(DType::F64, 2), "too large for memory"),
            Refused::new(by(0.0, (0, 0, usize::MAX)), ty(DType::F64, 3), "too large for memory"),
            Refused::new(by(0.0, (0, usize::MAX >> 10, 0)), ty(DType::F64, 2), "too large for memory"),
        ]
    }
}

impl Var<'_> {
    /// A constant before and after the elements: one pair (before, after) an axis.
    ///
    /// ```
    /// use cinta_graph::Tape;
    /// use ndarray::array;
    /// let tape = Tape::new();
    /// let x = tape.var(array![[1.0, 2.0]]);
    /// assert_eq!(x.pad(&[(1, 0), (0, 1)], 0.5).value(), array![[0.5, 0.5, 0.5], [1.0, 2.0, 0.5]]);
    /// ```
    ///
    /// # Panics
    /// If there is not one pair an axis, the dtype cannot hold the value, or the result is too large for memory.
    #[must_use]
    #[track_caller]
    pub fn pad(self, counts: &[(usize, usize)], value: f64) -> Self {
        or_panic(self.try_pad(counts, value))
    }

    /// [`pad`](Self::pad), with the error returned.
    #[track_caller]
    pub fn try_pad(self, counts: &[(usize, usize)], value: f64) -> Result<Self, Error> {
        let mut pad = Pad { value: value.to_bits(), ..Pad::default() };
        for &(low, high) in counts {
            pad.push(low, high, 0);
        }
        self.tape().record(pad, &[self])
    }
}
