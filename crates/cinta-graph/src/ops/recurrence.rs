//! `recurrence`: first-order linear recurrences along an axis, of which `cumprod` is one.
use std::ops::RangeInclusive;

use smallvec::smallvec;

use super::broadcasting::broadcast_together;
use super::delta::join;
use super::elementwise::same_shape;
use super::lanes::{Along, check_axes};
use super::pad::Pad;
use super::sample::spread_array;
use super::slice::Slice;
use super::{At, Attributes, Batched, Cotangents, Delta, Flow, Notation, OpDef, Refused, Sample, same_dtype};
use crate::elements::written;
use crate::error::or_panic;
use crate::{ArrayType, DType, ElementsMut, Error, Numeric, Operand, RowMajor, Var, Workspace};

/// h₀ = b₀, hₖ = aₖ hₖ₋₁ + bₖ along an axis; reversed, from the end. a₀ is not used. Integers wrap.
///
/// Linear in b; its transpose runs the other way, g = c + (aₖ₊₁ gₖ₊₁), which is the cotangent of b, and that of a
/// is gₖ hₖ₋₁. So every derivative is a recurrence again, without a division, in as many steps as the first.
///
/// G. E. Blelloch, *Prefix sums and their applications*, CMU-CS-90-190 (1990).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Recurrence {
    /// The axis along which h grows.
    pub axis: usize,
    /// Whether it starts at the end.
    pub reverse: bool,
    /// Whether a state of 0 stays 0, even where aₖ is infinite or NaN: what masked deltas need, as in
    /// [`Gate`](super::gate::Gate).
    pub gated: bool,
}

impl Recurrence {
    fn run<T: Numeric>(self, [a, b]: [&[T]; 2], shape: &[usize], h: &mut [T]) {
        let along = Along::new(shape, self.axis);
        for start in along.starts() {
            let mut before = None;
            for at in along.places_from(start, self.reverse) {
                h[at] = match before {
                    Some(before) if !(self.gated && before == T::zero()) => a[at].times(before).plus(b[at]),
                    _ => b[at],
                };
                before = Some(h[at]);
            }
        }
    }

    /// All but the last position in the direction of the recurrence, or all but the first.
    #[track_caller]
    fn without_end(self, x: Var<'_>, last: bool) -> Result<Var<'_>, Error> {
        let (shape, n) = (x.shape(), x.shape()[self.axis]);
        let range = if last == self.reverse { 1..n } else { 0..n - 1 };
        x.tape().record(Slice::along(&shape, self.axis, range), &[x])
    }

    /// With a number more in front, or at the end.
    #[track_caller]
    fn with_end(self, x: Var<'_>, last: bool, value: f64) -> Result<Var<'_>, Error> {
        let mut pad = Pad { value: value.to_bits(), ..Pad::default() };
        for axis in 0..x.rank() {
            let (low, high) = if last == self.reverse { (1, 0) } else { (0, 1) };
            let here = usize::from(axis == self.axis);
            pad.push(low * here, high * here, 0);
        }
        x.tape().record(pad, &[x])
    }

    /// xₖ₋₁ at k, and a number at the first position.
    #[track_caller]
    pub(super) fn before(self, x: Var<'_>, first: f64) -> Result<Var<'_>, Error> {
        if x.shape()[self.axis] == 0 { Ok(x) } else { self.with_end(self.without_end(x, true)?, false, first) }
    }

    /// The recurrence of a delta; its zeros stay if they are masked.
    #[track_caller]
    pub(super) fn push<'t>(self, a: Var<'t>, delta: Delta<'t>) -> Result<Delta<'t>, Error> {
        let op = Self { gated: self.gated || delta.is_masked(), ..self };
        Ok(Delta::new(a.tape().record(op, &[a, delta.var()])?, delta.is_masked()))
    }

    /// The transpose of [`push`](Self::push): gₖ = cₖ + aₖ₊₁ gₖ₊₁.
    #[track_caller]
    pub(super) fn pull<'t>(self, a: Var<'t>, ct: Delta<'t>) -> Result<Delta<'t>, Error> {
        let back = Self { reverse: !self.reverse, ..self };
        back.push(back.before(a, 0.0)?, ct)
    }

    /// hₖ₋₁ ⊙ δₖ, and 0 at the first position.
    fn beside_state<'t>(self, h: Var<'t>, delta: Delta<'t>) -> Result<Delta<'t>, Error> {
        let h = self.without_end(h, true)?;
        let delta = Delta::new(self.without_end(delta.var(), false)?, delta.is_masked());
        let product = if self.gated { Delta::masked(h).times(delta.var()) } else { delta.times(h) };
        Ok(Delta::masked(self.with_end(product.var(), false, 0.0)?))
    }
}

impl OpDef for Recurrence {
    fn name(&self) -> &'static str {
        "recurrence"
    }

    fn arity(&self) -> RangeInclusive<usize> {
        2..=2
    }

    fn attributes(&self) -> Attributes {
        Attributes::none().with("axis", self.axis).with("reverse", self.reverse).with("gated", self.gated)
    }

    fn read(name: &str, attributes: &Attributes) -> Option<Result<Self, String>> {
        (name == "recurrence").then(|| {
            let (reverse, gated) = (attributes.bool("reverse")?, attributes.bool("gated")?);
            Ok(Self { axis: attributes.size("axis")?, reverse, gated })
        })
    }

    fn infer(&self, inputs: &[&ArrayType]) -> Result<ArrayType, String> {
        if same_dtype(inputs)? == DType::Bool {
            return Err("needs numbers, not bool; use cast".to_owned());
        }
        check_axes(&[self.axis], &inputs[0].shape)?;
        same_shape(inputs)
    }

    fn writes_into(&self) -> bool {
        true
    }

    fn eval_into(&self, inputs: &[RowMajor<'_>], output: ElementsMut<'_>, _: &mut Workspace) -> Result<(), String> {
        let [a, b] = [inputs[0], inputs[1]];
        match output {
            ElementsMut::F64(h) => self.run([a.of(), b.of()], a.shape, h),
            ElementsMut::F32(h) => self.run([a.of(), b.of()], a.shape, h),
            output => self.run([a.of(), b.of()], a.shape, written::<i64>(output)),
        }
        Ok(())
    }

    fn vjp<'t>(&self, at: &At<'_, 't>, ct: Delta<'t>) -> Result<Cotangents<'t>, Error> {
        let (a, h) = (at.input(0), at.output());
        let g = self.pull(a, ct)?;
        let moves = at.wants(0) && a.shape()[self.axis] > 1;
        let for_a = if moves { Some(self.beside_state(h, g)?) } else { None };
        Ok(smallvec![for_a, at.wants(1).then_some(g)])
    }

    fn jvp<'t>(&self, at: &At<'_, 't>, tangents: &[Flow<'t>]) -> Result<Flow<'t>, Error> {
        let (a, h) = (at.input(0), at.output());
        let from_a = match tangents[0] {
            Some(t) if a.shape()[self.axis] > 1 => Some(self.beside_state(h, t)?),
            _ => None,
        };
        join(from_a, tangents[1]).map(|t| self.push(a, t)).transpose()
    }

    fn batch<'t>(&self, inputs: &[Batched<'t>], size: usize) -> Result<Var<'t>, Error> {
        let (a, b) = (inputs[0].spread(size), inputs[1].spread(size));
        a.tape().record(Self { axis: self.axis + 1, ..*self }, &[a, b])
    }

    fn flops(&self, _inputs: &[&ArrayType], output: &ArrayType) -> u64 {
        2 * output.shape.size() as u64
    }

    fn notation(&self) -> Notation {
        Notation::function("recurrence")
    }

    fn samples() -> Vec<Sample> {
        let op = |axis, reverse, gated| Self { axis, reverse, gated };
        let two = |shape: &[usize]| [spread_array(shape, 0), spread_array(shape, 20)];
        let transposed = || spread_array(&[3, 4], 5).to_array::<f64>().reversed_axes();
        let infinity = f64::INFINITY;
        let poles = || [[2.0, infinity, 3.0, f64::NAN].into(), [0.0, 0.0, 1.0, 0.0].into()];
        let mut samples = vec![
            Sample::new(op(0, false, false), [[9.0, 2.0, 0.0, 3.0].into(), [1.0, 2.0, 3.0, 0.5].into()])
                .gives([1.0, 4.0, 3.0, 9.5]),
            Sample::new(op(0, true, false), [[3.0, 0.0, 2.0, 9.0].into(), [0.5, 3.0, 2.0, 1.0].into()])
                .gives([9.5, 3.0, 4.0, 1.0]),
            Sample::new(op(0, false, false), poles()).value_only().gives([0.0, f64::NAN, f64::NAN, f64::NAN]),
            Sample::new(op(0, false, true), poles()).value_only().gives([0.0, 0.0, 1.0, f64::NAN]),
            Sample::new(op(0, false, false), [[0.5_f32, 0.5].into(), [1.0_f32, 1.0].into()])
                .value_only()
                .gives([1.0_f32, 1.5]),
            Sample::new(op(0, false, false), [[0, 2, 2].into(), [i64::MAX, 3, 0].into()]).value_only().gives([
                i64::MAX,
                1,
                2,
            ]),
            Sample::new(op(1, false, false), [transposed().into(), spread_array(&[4, 3], 9)]),
            Sample::new(op(0, false, false), two(&[1])),
            Sample::new(op(1, true, false), two(&[2, 0])),
        ];
        for (reverse, gated) in [(false, false), (true, false), (false, true), (true, true)] {
            samples.extend([
                Sample::new(op(0, reverse, gated), two(&[4])),
                Sample::new(op(1, reverse, gated), two(&[2, 3, 2])),
            ]);
        }
        samples
    }

    fn refused() -> Vec<Refused> {
        let op = |axis| Self { axis, reverse: false, gated: false };
        let ty = |dtype, n: usize| ArrayType::new(dtype, [n]);
        vec![
            Refused::new(op(1), [ty(DType::F64, 2), ty(DType::F64, 2)], "axis 1 is out of range for 1 axes"),
            Refused::new(op(0), [ty(DType::F64, 2), ty(DType::F64, 3)], "shapes [2] and [3] differ"),
            Refused::new(op(0), [ty(DType::F64, 2), ty(DType::F32, 2)], "dtypes f64 and f32 differ"),
            Refused::new(op(0), [ty(DType::Bool, 2), ty(DType::Bool, 2)], "needs numbers, not bool"),
        ]
    }
}

impl<'t> Var<'t> {
    /// The linear recurrence h₀ = b₀, hₖ = aₖ hₖ₋₁ + bₖ along one axis, where b is this array and a broadcasts with
    /// it: discounted sums, moving averages, linear state-space models. a₀ is not used.
    ///
    /// ```
    /// use cinta_graph::Tape;
    /// use ndarray::array;
    /// let tape = Tape::new();
    /// let b = tape.var([1.0, 1.0, 1.0]);
    /// assert_eq!(b.recurrence(0.5, 0).value(), array![1.0, 1.5, 1.75]);
    /// let a = tape.var([7.0, 2.0, 3.0]);
    /// assert_eq!(b.recurrence(a, 0).sum().grad(a).value(), array![0.0, 4.0, 3.0]);
    /// ```
    ///
    /// # Panics
    /// If there is no such axis, dtypes differ, shapes do not broadcast, and on truth values.
    #[must_use]
    #[track_caller]
    pub fn recurrence(self, a: impl Operand<'t>, axis: isize) -> Self {
        or_panic(self.try_recurrence(a, axis))
    }

    /// [`recurrence`](Self::recurrence), with the error returned.
    #[track_caller]
    pub fn try_recurrence(self, a: impl Operand<'t>, axis: isize) -> Result<Self, Error> {
        self.linear_recurrence(a, axis, false)
    }

    /// The recurrence from the end, hₖ = aₖ hₖ₊₁ + bₖ: returns of discounted rewards.
    ///
    /// ```
    /// use cinta_graph::Tape;
    /// let tape = Tape::new();
    /// let rewards = tape.var([1.0, 1.0, 1.0]);
    /// assert_eq!(rewards.recurrence_reversed(0.5, 0).value(), ndarray::array![1.75, 1.5, 1.0]);
    /// ```
    ///
    /// # Panics
    /// As `recurrence`.
    #[must_use]
    #[track_caller]
    pub fn recurrence_reversed(self, a: impl Operand<'t>, axis: isize) -> Self {
        or_panic(self.try_recurrence_reversed(a, axis))
    }

    /// [`recurrence_reversed`](Self::recurrence_reversed), with the error returned.
    #[track_caller]
    pub fn try_recurrence_reversed(self, a: impl Operand<'t>, axis: isize) -> Result<Self, Error> {
        self.linear_recurrence(a, axis, true)
    }

    #[track_caller]
    fn linear_recurrence(self, a: impl Operand<'t>, axis: isize, reverse: bool) -> Result<Self, Error> {
        let a = a.try_like(self, "recurrence")?;
        let [a, b] = broadcast_together("recurrence", [a, self])?;
        let axis = b.one_axis("recurrence", axis)?;
        self.tape().record(Recurrence { axis, reverse, gated: false }, &[a, b])
    }
}
