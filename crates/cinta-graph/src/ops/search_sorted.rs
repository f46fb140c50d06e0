//! `search_sorted`: how many of some rising numbers stand before a number.
use std::ops::RangeInclusive;

use smallvec::smallvec;

use super::sample::spread_array;
use super::{At, Attributes, Batched, Cotangents, Delta, Flow, Notation, OpDef, Refused, Sample, same_dtype};
use crate::elements::written;
use crate::error::or_panic;
use crate::operand::unspread;
use crate::value::each_dtype;
use crate::{ArrayType, DType, Element, ElementsMut, Error, Operand, RowMajor, Value, Var, Workspace};

/// Where a number goes among equal ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Side {
    /// Before them.
    Left,
    /// After them.
    Right,
}

impl Side {
    const ALL: [Self; 2] = [Self::Left, Self::Right];

    fn name(self) -> &'static str {
        match self {
            Self::Left => "left",
            Self::Right => "right",
        }
    }

    /// Whether a knot stands before x; before NaN all do.
    fn is_before<T: PartialOrd>(self, knot: &T, x: &T) -> bool {
        match self {
            Self::Left => !matches!(x.partial_cmp(knot), Some(order) if order.is_le()),
            Self::Right => !matches!(x.partial_cmp(knot), Some(order) if order.is_lt()),
        }
    }
}

/// y = the number of knots before x (k < x from the left, k ≤ x from the right), an `i64` array in the shape of x.
/// Piecewise constant: no derivative passes. Knots that do not rise, or are NaN, are an error when their value is
/// known; before a NaN stand all. Takes log n comparisons an element, and n for the check.
///
/// The first `batch` axes of knots and x go together: each example has knots of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct SearchSorted {
    /// Where x goes among equal knots.
    pub side: Side,
    /// How many leading axes the knots and x share.
    pub batch: usize,
}

impl SearchSorted {
    fn count<T: Element>(self, knots: RowMajor<'_>, x: RowMajor<'_>, out: &mut [i64]) -> Result<(), String> {
        let (n, all) = (knots.shape[self.batch], knots.of::<T>());
        if let Some(i) = (0..all.len()).find(|&i| !rises(&all[i - i % n..=i])) {
            let knot = if i % n == 0 { String::new() } else { format!(" after {}", all[i - 1]) };
            return Err(format!("the knots should rise, but {} stands at [{}]{knot}", all[i], i % n));
        }
        let each = x.shape[self.batch..].iter().product::<usize>().max(1);
        for (example, (x, out)) in x.of::<T>().chunks_exact(each).zip(out.chunks_exact_mut(each)).enumerate() {
            let knots = &all[example * n..][..n];
            for (x, out) in x.iter().zip(out) {
                *out = knots.partition_point(|knot| self.side.is_before(knot, x)).cast_signed() as i64;
            }
        }
        Ok(())
    }
}

/// Whether the last number is no NaN and not below the one before it.
fn rises<T: PartialOrd>(knots: &[T]) -> bool {
    match knots {
        [.., a, b] => a <= b,
        [only] => only.partial_cmp(only).is_some(),
        [] => true,
    }
}

impl OpDef for SearchSorted {
    fn name(&self) -> &'static str {
        "search_sorted"
    }

    fn arity(&self) -> RangeInclusive<usize> {
        2..=2
    }

    fn attributes(&self) -> Attributes {
        Attributes::none().with("side", self.side.name()).with("batch", self.batch)
    }

    fn read(name: &str, attributes: &Attributes) -> Option<Result<Self, String>> {
        let read = || {
            let word = attributes.word("side")?;
            let side = Side::ALL.into_iter().find(|side| side.name() == word);
            let side = side.ok_or_else(|| format!("attribute side should be left or right, not {word}"))?;
            Ok(Self { side, batch: attributes.size("batch")? })
        };
        (name == "search_sorted").then(read)
    }

    fn infer(&self, inputs: &[&ArrayType]) -> Result<ArrayType, String> {
        let (knots, x) = (&inputs[0].shape, &inputs[1].shape);
        if same_dtype(inputs)? == DType::Bool {
            return Err("needs numbers, not bool; use cast".to_owned());
        }
        if knots.rank().checked_sub(1) != Some(self.batch) {
            return Err(match self.batch {
                0 => format!("the knots should be a vector, not {knots}"),
                batch => format!("the knots should be vectors in a batch of {batch} axes, not {knots}"),
            });
        }
        if x.rank() < self.batch || x[..self.batch] != knots[..self.batch] {
            return Err(format!("knots {knots} and {x} do not share {} axes of a batch", self.batch));
        }
        Ok(inputs[1].with_dtype(DType::I64))
    }

    fn writes_into(&self) -> bool {
        true
    }

    fn eval_into(&self, inputs: &[RowMajor<'_>], output: ElementsMut<'_>, _: &mut Workspace) -> Result<(), String> {
        let [knots, x] = [inputs[0], inputs[1]];
        each_dtype!(knots.elements.dtype(), T => self.count::<T>(knots, x, written(output)))
    }

    fn vjp<'t>(&self, _at: &At<'_, 't>, _ct: Delta<'t>) -> Result<Cotangents<'t>, Error> {
        Ok(smallvec![None, None])
    }

    fn jvp<'t>(&self, _at: &At<'_, 't>, _tangents: &[Flow<'t>]) -> Result<Flow<'t>, Error> {
        Ok(None)
    }

    fn blocks(&self, _input: usize) -> Option<&'static str> {
        Some("a count is piecewise constant")
    }

    fn batch<'t>(&self, inputs: &[Batched<'t>], size: usize) -> Result<Var<'t>, Error> {
        let [knots, x] = [inputs[0], inputs[1]];
        if self.batch == 0 && !knots.batched {
            return x.var.tape().record(*self, &[knots.var, x.var]);
        }
        x.var.tape().record(Self { batch: self.batch + 1, ..*self }, &[knots.spread(size), x.spread(size)])
    }

    fn flops(&self, inputs: &[&ArrayType], output: &ArrayType) -> u64 {
        let n = inputs[0].shape.last().copied().unwrap_or(0) as u64;
        inputs[0].shape.size() as u64 + output.shape.size() as u64 * u64::from(n.checked_ilog2().unwrap_or(0) + 1)
    }

    fn notation(&self) -> Notation {
        Notation::function("search_sorted")
    }

    fn samples() -> Vec<Sample> {
        let of = |side: Side, batch: usize| Self { side, batch };
        let (left, right) = (of(Side::Left, 0), of(Side::Right, 0));
        let knots = || Value::from([-1.0, 0.5, 0.5, 2.0]);
        let tables = ndarray::array![[-0.5, 0.0, 0.5], [0.25, 0.5, 0.75]];
        vec![
            Sample::new(left, [knots(), [-7.0, -1.0, 0.0, 0.5, 2.0, 2.5].into()]).gives([0_i64, 0, 1, 1, 3, 4]),
            Sample::new(right, [knots(), [-7.0, -1.0, 0.0, 0.5, 2.0, 2.5].into()]).gives([0_i64, 1, 1, 3, 4, 4]),
            Sample::new(right, [knots(), [f64::NAN, f64::INFINITY, f64::NEG_INFINITY].into()]).gives([4_i64, 4, 0]),
            Sample::new(left, [[f64::NEG_INFINITY, -0.0, f64::INFINITY].into(), [0.0, f64::INFINITY].into()])
                .gives([1_i64, 2]),
            Sample::new(right, [knots(), spread_array(&[2, 3], 0)]),
            Sample::new(left, [knots(), 1.0.into()]).gives(3_i64),
            Sample::new(left, [ndarray::Array1::<f64>::zeros(0).into(), [1.0, 2.0].into()]).gives([0_i64, 0]),
            Sample::new(of(Side::Right, 1), [(&tables).into(), spread_array(&[2, 4], 0)]),
            Sample::new(of(Side::Left, 1), [(&tables).into(), [0.25, 0.5].into()]).gives([2_i64, 1]),
            Sample::new(left, [[1.5_f32, 2.5].into(), [2.0_f32].into()]).value_only().gives([1_i64]),
            Sample::new(right, [[1_i64, 1, 3].into(), [1_i64, i64::MAX].into()]).value_only().gives([2_i64, 3]),
        ]
    }

    fn refused() -> Vec<Refused> {
        let ty = |dtype, shape: &[usize]| ArrayType::new(dtype, shape);
        let pair = |knots: &[usize], x: &[usize]| [ty(DType::F64, knots), ty(DType::F64, x)];
        let of = |batch: usize| Self { side: Side::Left, batch };
        vec![
            Refused::new(of(0), pair(&[2, 3], &[2]), "the knots should be a vector, not [2, 3]"),
            Refused::new(of(0), pair(&[], &[2]), "the knots should be a vector, not []"),
            Refused::new(of(1), pair(&[3], &[3]), "vectors in a batch of 1 axes, not [3]"),
            Refused::new(of(1), pair(&[2, 3], &[3]), "do not share 1 axes of a batch"),
            Refused::new(of(usize::MAX), pair(&[3], &[3]), "the knots should be vectors in a batch"),
            Refused::new(of(0), [ty(DType::F64, &[3]), ty(DType::I64, &[1])], "dtypes f64 and i64 differ"),
            Refused::new(of(0), [ty(DType::Bool, &[3]), ty(DType::Bool, &[1])], "needs numbers, not bool"),
        ]
    }
}

impl<'t> Var<'t> {
    /// How many of these numbers, a rising vector, stand before each x: the place where x would keep them in order,
    /// as NumPy's `searchsorted`. A derivative never passes; all numbers stand before NaN.
    ///
    /// ```
    /// use cinta_graph::{Side, Tape};
    /// use ndarray::array;
    /// let tape = Tape::new();
    /// let knots = tape.var([0.0, 1.0, 1.0, 4.0]);
    /// assert_eq!(knots.search_sorted([-1.0, 1.0, 2.0], Side::Left).value(), array![0_i64, 1, 3]);
    /// assert_eq!(knots.search_sorted([-1.0, 1.0, 2.0], Side::Right).value(), array![0_i64, 3, 3]);
    /// ```
    ///
    /// # Panics
    /// If this is no vector of numbers, or x has another dtype. Knots that do not rise make the value an error.
    #[must_use]
    #[track_caller]
    pub fn search_sorted(self, x: impl Operand<'t>, side: Side) -> Self {
        or_panic(self.try_search_sorted(x, side))
    }

    /// [`search_sorted`](Self::search_sorted), with the error returned.
    #[track_caller]
    pub fn try_search_sorted(self, x: impl Operand<'t>, side: Side) -> Result<Self, Error> {
        let x = unspread(x, self.dtype(), self, "search_sorted")?;
        self.tape().record(SearchSorted { side, batch: 0 }, &[self, x])
    }
}
