//! The elementwise families: operations that work on each element alone.
//!
//! An elementwise operation states its function and, once, its derivative: `times_partial` maps a delta
//! δ to ∂y/∂xᵢ ⊙ δ. The Jacobian is diagonal, so the same line is the pullback and the pushforward.
//! Inputs of different shapes are broadcast when they are recorded, by explicit `broadcast_to` nodes.
use std::fmt::Debug;
use std::hash::Hash;
use std::ops::RangeInclusive;

use ndarray::ArrayD;
use smallvec::smallvec;

use super::delta::join;
use super::map::{map1, map2};
use super::{At, Attributes, Batched, Cotangents, Delta, Flow, Listed, Notation, OpDef, Refused, Sample, same_dtype};
use crate::elements::{each1, each2};
use crate::{ArrayType, DType, Elements, ElementsMut, Error, Op, Output, Real, Value, Var};

/// The dtypes on which an elementwise operation works.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Domain {
    /// `f64` and `f32`.
    Float,
    /// `f64`, `f32` and `i64`.
    Numeric,
}

impl Domain {
    fn check(self, dtype: DType) -> Result<(), String> {
        match (self, dtype) {
            (_, DType::F64 | DType::F32) | (Self::Numeric, DType::I64) => Ok(()),
            (Self::Float, _) => Err(format!("needs f64 or f32, not {dtype}; use cast")),
            (Self::Numeric, _) => Err(format!("needs numbers, not {dtype}; use cast")),
        }
    }
}

/// An elementwise operation of one argument: y = f(x).
pub trait Unary: Clone + Debug + Default + Eq + Hash + 'static {
    /// The name in printed graphs.
    const NAME: &'static str;
    /// The dtypes it works on.
    const DOMAIN: Domain = Domain::Float;
    /// Smooth points inside its domain; the generic tests differentiate here, to third order.
    const SAMPLES: &'static [f64];
    /// Pairs (x, f(x)) with f(x) correctly rounded from high-precision arithmetic.
    const GOLDEN: &'static [(f64, f64)];
    /// Largest error at the golden points, in ULP.
    const ULPS: f64 = 1.0;
    /// Arithmetic operations an element, roughly.
    const FLOPS: u64 = 1;

    /// The operations to sample: itself, or one for each interesting attribute.
    fn instances() -> Vec<Self> {
        vec![Self::default()]
    }

    /// The function.
    fn f<T: Real>(&self, x: T) -> T;

    /// The function on integers, for operations whose domain is [`Domain::Numeric`].
    fn f_int(&self, x: i64) -> i64 {
        x
    }

    /// dy/dx ⊙ δ, written with the input or the output; `None` where it is zero everywhere.
    fn times_partial<'t>(&self, x: Var<'t>, y: Var<'t>, delta: Delta<'t>) -> Flow<'t>;

    /// Why no derivative passes, if [`times_partial`](Self::times_partial) is always `None`.
    fn blocks(&self) -> Option<&'static str> {
        None
    }

    /// The attributes in printed graphs.
    fn attributes(&self) -> Attributes {
        Attributes::none()
    }

    /// The operation of printed attributes, for operations that have some.
    fn read(_attributes: &Attributes) -> Result<Self, String> {
        Ok(Self::default())
    }

    /// How it reads in a formula.
    fn notation(&self) -> Notation {
        Notation::function(Self::NAME)
    }
}

/// An elementwise operation of two arguments: y = f(a, b).
pub trait Binary: Copy + Debug + Eq + Hash + Default + 'static {
    /// The name in printed graphs.
    const NAME: &'static str;
    /// The dtypes it works on.
    const DOMAIN: Domain = Domain::Float;
    /// Smooth points inside its domain.
    const SAMPLES: &'static [(f64, f64)];
    /// Triples (a, b, f(a, b)) with the value correctly rounded from high-precision arithmetic.
    const GOLDEN: &'static [(f64, f64, f64)];
    /// Largest error at the golden points, in ULP.
    const ULPS: f64 = 1.0;
    /// Arithmetic operations an element, roughly.
    const FLOPS: u64 = 1;

    /// The function.
    fn f<T: Real>(a: T, b: T) -> T;

    /// The function on integers, for operations whose domain is [`Domain::Numeric`].
    fn f_int(a: i64, _b: i64) -> i64 {
        a
    }

    /// ∂y/∂xᵢ ⊙ δ, where x is `[a, b]`.
    fn times_partial<'t>(i: usize, x: [Var<'t>; 2], y: Var<'t>, delta: Delta<'t>) -> Flow<'t>;

    /// How it reads in a formula.
    fn notation() -> Notation {
        Notation::function(Self::NAME)
    }

    /// How it reads between given inputs; see [`OpDef::notation_of`].
    fn notation_of(_shown: &[&ArrayType]) -> Notation {
        Self::notation()
    }
}

/// A [`Unary`] as an operation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Map1<F>(pub F);

/// A [`Binary`] as an operation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Map2<F>(pub F);

impl<F: Unary> OpDef for Map1<F>
where
    Self: Into<Op> + Listed,
{
    fn name(&self) -> &str {
        F::NAME
    }

    fn arity(&self) -> RangeInclusive<usize> {
        1..=1
    }

    fn attributes(&self) -> Attributes {
        self.0.attributes()
    }

    fn read(name: &str, attributes: &Attributes) -> Option<Result<Self, String>> {
        (name == F::NAME).then(|| F::read(attributes).map(Self))
    }

    fn infer(&self, inputs: &[&ArrayType]) -> Result<ArrayType, String> {
        F::DOMAIN.check(inputs[0].dtype).map(|()| inputs[0].clone())
    }

    fn preserves_type(&self, dtype: DType) -> bool {
        F::DOMAIN.check(dtype).is_ok()
    }

    fn eval(&self, inputs: &[&Value], output: &Output<'_>) -> Result<Value, String> {
        match output.dtype {
            DType::F64 => map1(*output, inputs[0], |x: f64| self.0.f(x)),
            DType::F32 => map1(*output, inputs[0], |x: f32| self.0.f(x)),
            _ => map1(*output, inputs[0], |x: i64| self.0.f_int(x)),
        }
    }

    fn is_elementwise(&self) -> bool {
        true
    }

    fn eval_elements(&self, inputs: &[Elements<'_>], output: ElementsMut<'_>) {
        match (inputs, output) {
            (&[Elements::F64(x)], ElementsMut::F64(y)) => each1(x, y, |x| self.0.f(x)),
            (&[Elements::F32(x)], ElementsMut::F32(y)) => each1(x, y, |x| self.0.f(x)),
            (&[Elements::I64(x)], ElementsMut::I64(y)) => each1(x, y, |x| self.0.f_int(x)),
            _ => unreachable!("the type rule checked the dtypes"),
        }
    }

    fn vjp<'t>(&self, at: &At<'_, 't>, ct: Delta<'t>) -> Result<Cotangents<'t>, Error> {
        Ok(smallvec![self.0.times_partial(at.input(0), at.output(), ct)])
    }

    fn jvp<'t>(&self, at: &At<'_, 't>, tangents: &[Flow<'t>]) -> Result<Flow<'t>, Error> {
        Ok(tangents[0].and_then(|t| self.0.times_partial(at.input(0), at.output(), t)))
    }

    fn blocks(&self, _input: usize) -> Option<&'static str> {
        self.0.blocks()
    }

    fn batch<'t>(&self, inputs: &[Batched<'t>], size: usize) -> Result<Var<'t>, Error> {
        let x = inputs[0].spread(size);
        x.tape().record(self.clone(), &[x])
    }

    fn flops(&self, _inputs: &[&ArrayType], output: &ArrayType) -> u64 {
        F::FLOPS * output.shape.size() as u64
    }

    fn notation(&self) -> Notation {
        self.0.notation()
    }

    fn samples() -> Vec<Sample> {
        let arrays = |op: &F| {
            let points = F::SAMPLES;
            let matrix = ArrayD::from_shape_fn(vec![2, points.len()], |at| points[(at[0] + at[1]) % points.len()]);
            let op = Self(op.clone());
            vec![
                Sample::new(op.clone(), [points.into()]),
                Sample::new(op.clone(), [points[0].into()]),
                Sample::new(op.clone(), [(&matrix).into()]),
                Sample::new(op.clone(), [matrix.t().into()]),
                Sample::new(op, [ArrayD::<f64>::zeros(vec![0, 3]).into()]),
            ]
        };
        let mut samples: Vec<Sample> = F::instances().iter().flat_map(arrays).collect();
        if let Some(op) = F::instances().first() {
            let (x, y): (Vec<f64>, Vec<f64>) = F::GOLDEN.iter().copied().unzip();
            samples.push(Sample::new(Self(op.clone()), [x.into()]).value_only().gives_within(y, F::ULPS));
        }
        samples
    }

    fn refused() -> Vec<Refused> {
        let bad = if F::DOMAIN == Domain::Float { DType::I64 } else { DType::Bool };
        let says = if F::DOMAIN == Domain::Float { "needs f64 or f32, not i64" } else { "needs numbers, not bool" };
        F::instances().into_iter().map(|op| Refused::new(Self(op), [ArrayType::new(bad, [2])], says)).collect()
    }
}

impl<F: Binary> OpDef for Map2<F>
where
    Self: Into<Op> + Listed,
{
    fn name(&self) -> &str {
        F::NAME
    }

    fn arity(&self) -> RangeInclusive<usize> {
        2..=2
    }

    fn read(name: &str, _: &Attributes) -> Option<Result<Self, String>> {
        (name == F::NAME).then(|| Ok(Self::default()))
    }

    fn infer(&self, inputs: &[&ArrayType]) -> Result<ArrayType, String> {
        F::DOMAIN.check(same_dtype(inputs)?)?;
        same_shape(inputs)
    }

    fn preserves_type(&self, dtype: DType) -> bool {
        F::DOMAIN.check(dtype).is_ok()
    }

    fn eval(&self, inputs: &[&Value], output: &Output<'_>) -> Result<Value, String> {
        let (a, b) = (inputs[0], inputs[1]);
        match output.dtype {
            DType::F64 => map2(*output, a, b, F::f::<f64>),
            DType::F32 => map2(*output, a, b, F::f::<f32>),
            _ => map2(*output, a, b, F::f_int),
        }
    }

    fn is_elementwise(&self) -> bool {
        true
    }

    fn eval_elements(&self, inputs: &[Elements<'_>], output: ElementsMut<'_>) {
        match (inputs, output) {
            (&[Elements::F64(a), Elements::F64(b)], ElementsMut::F64(y)) => each2(a, b, y, F::f::<f64>),
            (&[Elements::F32(a), Elements::F32(b)], ElementsMut::F32(y)) => each2(a, b, y, F::f::<f32>),
            (&[Elements::I64(a), Elements::I64(b)], ElementsMut::I64(y)) => each2(a, b, y, F::f_int),
            _ => unreachable!("the type rule checked the dtypes"),
        }
    }

    fn vjp<'t>(&self, at: &At<'_, 't>, ct: Delta<'t>) -> Result<Cotangents<'t>, Error> {
        let x = [at.input(0), at.input(1)];
        let pull = |i| {
            if at.wants(i) { F::times_partial(i, x, at.output(), ct) } else { None }
        };
        Ok(smallvec![pull(0), pull(1)])
    }

    fn jvp<'t>(&self, at: &At<'_, 't>, tangents: &[Flow<'t>]) -> Result<Flow<'t>, Error> {
        let x = [at.input(0), at.input(1)];
        let push = |i: usize| tangents[i].and_then(|t| F::times_partial(i, x, at.output(), t));
        Ok(join(push(0), push(1)))
    }

    fn batch<'t>(&self, inputs: &[Batched<'t>], size: usize) -> Result<Var<'t>, Error> {
        let (a, b) = (inputs[0].spread(size), inputs[1].spread(size));
        a.tape().record(*self, &[a, b])
    }

    fn flops(&self, _inputs: &[&ArrayType], output: &ArrayType) -> u64 {
        F::FLOPS * output.shape.size() as u64
    }

    fn notation(&self) -> Notation {
        F::notation()
    }

    fn notation_of(&self, shown: &[&ArrayType]) -> Notation {
        F::notation_of(shown)
    }

    fn samples() -> Vec<Sample> {
        let (a, b): (Vec<f64>, Vec<f64>) = F::SAMPLES.iter().copied().unzip();
        let n = a.len();
        let matrix = |points: &[f64]| ArrayD::from_shape_fn(vec![2, n], |at| points[(at[0] + at[1]) % n]);
        let (x, y): (Vec<f64>, (Vec<f64>, Vec<f64>)) = F::GOLDEN.iter().map(|&(a, b, y)| (a, (b, y))).unzip();
        let op = Self::default();
        vec![
            Sample::new(op, [a[0].into(), b[0].into()]),
            Sample::new(op, [matrix(&a).into(), matrix(&b).into()]),
            Sample::new(op, [matrix(&a).t().into(), matrix(&b).t().into()]),
            Sample::new(op, [ArrayD::<f64>::zeros(vec![2, 0]).into(), ArrayD::<f64>::zeros(vec![2, 0]).into()]),
            Sample::new(op, [a.into(), b.into()]),
            Sample::new(op, [x.into(), y.0.into()]).value_only().gives_within(y.1, F::ULPS),
        ]
    }

    fn refused() -> Vec<Refused> {
        let ty = |dtype| ArrayType::new(dtype, [2]);
        vec![
            Refused::new(Self::default(), [ty(DType::F64), ty(DType::F32)], "dtypes f64 and f32 differ"),
            Refused::new(Self::default(), [ty(DType::Bool), ty(DType::Bool)], "not bool"),
            Refused::new(Self::default(), [ty(DType::F64), ArrayType::new(DType::F64, [3])], "differ"),
        ]
    }
}

/// The common type of inputs that must already have been broadcast.
pub(crate) fn same_shape(inputs: &[&ArrayType]) -> Result<ArrayType, String> {
    match inputs.iter().find(|ty| ty.shape != inputs[0].shape) {
        None => Ok(inputs[0].clone()),
        Some(other) => Err(format!("shapes {} and {} differ", inputs[0].shape, other.shape)),
    }
}

/// Sample points that suit any smooth function defined everywhere.
pub(crate) const EVERYWHERE: &[f64] = &[-2.5, -0.75, 0.1, 0.5, 1.75];

/// Sample points for functions with a kink or a pole at 0.
pub(crate) const AWAY_FROM_ZERO: &[f64] = &[-2.5, -0.75, 0.4, 0.9, 1.75];

/// Sample points for functions of positive numbers.
pub(crate) const POSITIVE: &[f64] = &[0.125, 0.6, 1.3, 2.5, 7.0];

#[cfg(test)]
mod tests {
    use super::super::sample::spread;

    #[test]
    fn sample_points_differ() {
        let points = spread(100, 0);
        assert!(points.iter().enumerate().all(|(i, a)| points[i + 1..].iter().all(|b| a != b)));
    }
}
