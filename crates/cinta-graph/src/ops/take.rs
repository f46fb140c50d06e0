//! `take`: the rows that indices name, elsewhere called gather.
use std::ops::RangeInclusive;

use smallvec::smallvec;

use super::indices::{Indexing, check_known, indices};
use super::sample::spread_array;
use super::scatter_add::ScatterAdd;
use super::{At, Attributes, Batched, Cotangents, Delta, Flow, Level, Notation, OpDef, Refused, Sample};
use crate::elements::written;
use crate::error::or_panic;
use crate::value::each_dtype;
use crate::{ArrayType, DType, ElementsMut, Error, Operand, RowMajor, Value, Var, Workspace};

/// y\[…, i…, …\] = x\[…, idx\[i…\], …\]: the axis of x gives way to the axes of the indices. Linear in x; its
/// transpose is [`ScatterAdd`] into zeros. An index out of range, or negative, is an error when its value is known.
///
/// The first `batch` axes of x and of the indices go together: each example has indices of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Take {
    /// The axis along which the indices count.
    pub axis: usize,
    /// How many leading axes x and the indices share.
    pub batch: usize,
}

impl Take {
    fn indexing(self) -> Indexing {
        Indexing { axis: self.axis, batch: self.batch }
    }
}

impl OpDef for Take {
    fn name(&self) -> &'static str {
        "take"
    }

    fn arity(&self) -> RangeInclusive<usize> {
        2..=2
    }

    fn attributes(&self) -> Attributes {
        Attributes::none().with("axis", self.axis).with("batch", self.batch)
    }

    fn read(name: &str, attributes: &Attributes) -> Option<Result<Self, String>> {
        (name == "take").then(|| Ok(Self { axis: attributes.size("axis")?, batch: attributes.size("batch")? }))
    }

    fn infer(&self, inputs: &[&ArrayType]) -> Result<ArrayType, String> {
        self.indexing().taken_shape(&inputs[0].shape, inputs[1]).map(|shape| inputs[0].with_shape(shape))
    }

    fn writes_into(&self) -> bool {
        true
    }

    fn eval_into(&self, inputs: &[RowMajor<'_>], output: ElementsMut<'_>, _: &mut Workspace) -> Result<(), String> {
        let (rows, inner) = self.indexing().rows(inputs[0].shape, inputs[1])?;
        each_dtype!(output.dtype(), T => {
            let (x, out) = (inputs[0].of::<T>(), written::<T>(output));
            if inner == 1 {
                out.iter_mut().zip(rows).for_each(|(out, row)| *out = x[row]);
            } else if inner > 0 {
                let places = out.chunks_exact_mut(inner).zip(rows);
                places.for_each(|(out, row)| out.copy_from_slice(&x[row * inner..][..inner]));
            }
        });
        Ok(())
    }

    fn vjp<'t>(&self, at: &At<'_, 't>, ct: Delta<'t>) -> Result<Cotangents<'t>, Error> {
        let scatter = ScatterAdd { axis: self.axis, batch: self.batch };
        let back = at.tape().record(scatter, &[at.input(0).zeros_like(), at.input(1), ct.var()])?;
        Ok(smallvec![Some(Delta::masked(back)), None])
    }

    fn jvp<'t>(&self, at: &At<'_, 't>, tangents: &[Flow<'t>]) -> Result<Flow<'t>, Error> {
        let push = |t: Delta<'t>| {
            at.tape().record(*self, &[t.var(), at.input(1)]).map(|taken| Delta::new(taken, t.is_masked()))
        };
        tangents[0].map(push).transpose()
    }

    fn blocks(&self, input: usize) -> Option<&'static str> {
        (input == 1).then_some("indices are integers")
    }

    fn batch<'t>(&self, inputs: &[Batched<'t>], size: usize) -> Result<Var<'t>, Error> {
        let [x, idx] = [inputs[0], inputs[1]];
        let (axis, tape) = (self.axis, x.var.tape());
        if self.batch == 0 && !idx.batched {
            return tape.record(Self { axis: axis + 1, batch: 0 }, &[x.var, idx.var]);
        }
        if self.batch == 0 && !x.batched {
            // The indices' batch axis comes out where x had its axis.
            let taken = tape.record(*self, &[x.var, idx.var])?;
            let mut perm: Vec<isize> = (0..taken.rank()).map(usize::cast_signed).collect();
            perm[..=axis].rotate_right(1);
            return if axis == 0 { Ok(taken) } else { taken.try_transpose(&perm) };
        }
        tape.record(Self { axis: axis + 1, batch: self.batch + 1 }, &[x.spread(size), idx.spread(size)])
    }

    fn flops(&self, _inputs: &[&ArrayType], _output: &ArrayType) -> u64 {
        0
    }

    fn notation(&self) -> Notation {
        Notation {
            unicode: "{0}[{1}]".into(),
            latex: "{0}[{1}]".into(),
            level: Level::Postfix,
            inputs: vec![Level::Postfix, Level::Relation],
        }
    }

    fn samples() -> Vec<Sample> {
        let along = |axis: usize, batch: usize| Self { axis, batch };
        let table = ndarray::array![[0_i64, 2], [2, 1]];
        let transposed = |shape: &[usize]| spread_array(shape, 5).to_array::<f64>().reversed_axes();
        let none = || Value::from(ndarray::Array1::<i64>::zeros(0));
        vec![
            Sample::new(along(0, 0), [spread_array(&[4, 3], 0), [2_i64, 0, 2, 3, 2].into()]),
            Sample::new(along(1, 0), [spread_array(&[2, 3], 0), (&table).into()]),
            Sample::new(along(1, 0), [spread_array(&[2, 3, 2], 0), 1_i64.into()]),
            Sample::new(along(0, 0), [spread_array(&[1], 0), [0_i64, 0].into()]),
            Sample::new(along(1, 0), [transposed(&[3, 4]).into(), table.t().into()]),
            Sample::new(along(0, 0), [spread_array(&[3, 2], 0), none()]),
            Sample::new(along(0, 0), [spread_array(&[0, 2], 0), none()]),
            Sample::new(along(1, 0), [spread_array(&[0, 2], 0), [1_i64, 1].into()]),
            Sample::new(along(1, 1), [spread_array(&[2, 3], 0), (&table).into()]),
            Sample::new(along(2, 1), [spread_array(&[2, 2, 3], 0), [2_i64, 0].into()]),
            Sample::new(along(0, 0), [[1.0, 2.0, 3.0].into(), [2_i64, 0].into()]).gives([3.0, 1.0]),
            Sample::new(along(0, 0), [[1.5_f32, 2.5].into(), 1_i64.into()]).value_only().gives(2.5_f32),
            Sample::new(along(0, 0), [[10_i64, 20].into(), ndarray::array![[1_i64], [0]].into()])
                .value_only()
                .gives(ndarray::array![[20_i64], [10]]),
            Sample::new(along(0, 0), [[true, false].into(), [1_i64, 1].into()]).value_only().gives([false, false]),
        ]
    }

    fn refused() -> Vec<Refused> {
        let ty = |dtype, shape: &[usize]| ArrayType::new(dtype, shape);
        let pair = |x: &[usize], idx: &[usize]| [ty(DType::F64, x), ty(DType::I64, idx)];
        let op = Self { axis: 0, batch: 0 };
        vec![
            Refused::new(op, [ty(DType::F64, &[2]), ty(DType::F64, &[1])], "the indices should be i64, not f64"),
            Refused::new(op, pair(&[], &[2]), "axis 0 is out of range for 0 axes"),
            Refused::new(Self { axis: usize::MAX, batch: 0 }, pair(&[2], &[2]), "is out of range for 1 axes"),
            Refused::new(Self { axis: 0, batch: 1 }, pair(&[2], &[2]), "do not share 1 axes of a batch"),
            Refused::new(Self { axis: 1, batch: 1 }, pair(&[2, 3], &[3]), "do not share 1 axes of a batch"),
            Refused::new(Self { axis: 1, batch: usize::MAX }, pair(&[2, 3], &[2]), "axes of a batch before axis 1"),
            Refused::new(op, pair(&[1, 1 << 25], &[1 << 25]), "too large for memory"),
        ]
    }
}

impl<'t> Var<'t> {
    /// The rows that indices name along an axis, as NumPy's `take`: the axis gives way to the axes of the
    /// indices, so one index (0-d, or a Rust number) drops it, and a matrix of indices makes two of it.
    ///
    /// ```
    /// use cinta_graph::Tape;
    /// use ndarray::array;
    /// let tape = Tape::new();
    /// let x = tape.var(array![[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]);
    /// assert_eq!(x.take([2_i64, 0, 2], 0).value(), array![[5.0, 6.0], [1.0, 2.0], [5.0, 6.0]]);
    /// assert_eq!(x.take(1, -1).value(), array![2.0, 4.0, 6.0]);
    /// let error = x.try_take([0_i64, 7], 0).unwrap_err();
    /// assert!(error.to_string().contains("index 7 at [1] is out of range for an axis of size 3"));
    /// ```
    ///
    /// # Panics
    /// If the indices are not `i64`, there is no such axis, or an index known by now is negative or out of range.
    /// Indices that are computed later are looked at then: the value is an error.
    #[must_use]
    #[track_caller]
    pub fn take(self, idx: impl Operand<'t>, axis: isize) -> Self {
        or_panic(self.try_take(idx, axis))
    }

    /// [`take`](Self::take), with the error returned.
    #[track_caller]
    pub fn try_take(self, idx: impl Operand<'t>, axis: isize) -> Result<Self, Error> {
        let idx = indices(idx, self, "take")?;
        let (x, i) = (self.array_type(), idx.array_type());
        let axis = x.shape.axis(axis).map_err(self.tape().refusing("take", &[&x, &i]))?;
        check_known("take", idx, self, x.shape[axis])?;
        self.tape().record(Take { axis, batch: 0 }, &[self, idx])
    }
}
