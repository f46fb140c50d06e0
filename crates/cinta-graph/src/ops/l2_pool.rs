//! `l2_pool`: the slides' pooling layer h = √(W z²).
use std::ops::RangeInclusive;

use smallvec::smallvec;

use super::delta::join;
use super::pairwise::sum_slice;
use super::sample::spread_array;
use super::{At, Attributes, Batched, Cotangents, Delta, Flow, Level, Notation, OpDef, Refused, Sample, same_dtype};
use crate::elements::written;
use crate::error::or_panic;
use crate::workspace::filled;
use crate::{ArrayType, DType, Element, ElementsMut, Error, Operand, Real, RowMajor, Shape, Value, Var, Workspace};

/// h = √(W z²) of a matrix and a vector, z² elementwise; ∇_z = (Wᵀ(δ/h)) ⊙ z, ∇_W = δ/(2h) (z²)ᵀ.
///
/// Where h = 0 the rule has no value, and both derivatives are 0 by convention: to z it is the subgradient
/// of a norm at its kink; to W, where the slope is infinite, it is a choice. Where W z² < 0, h is NaN.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct L2Pool;

/// In `f64`. z is scaled by a power of two near its largest element, which is exact, so that z² stays in range.
fn pool<T: Real>(w: &[T], z: &[T], out: &mut [T], workspace: &mut Workspace) -> Result<(), String> {
    let (squares, terms) = filled(&mut workspace.numbers, 2 * z.len(), 0.0)?.split_at_mut(z.len());
    let number = |x: &T| Element::to_f64(*x);
    let largest = z.iter().map(|z| number(z).abs()).fold(0.0, |a: f64, z| if z > a { z } else { a });
    let power = largest.log2().floor().exp2();
    let scale = if power.is_finite() && power > 0.0 { power } else { 1.0 };
    squares.iter_mut().zip(z).for_each(|(square, z)| *square = (number(z) / scale).powi(2));
    out.fill(T::lit(0.0));
    for (h, row) in out.iter_mut().zip(w.chunks_exact(z.len().max(1))) {
        terms.iter_mut().zip(row).zip(&*squares).for_each(|((term, w), square)| *term = number(w) * square);
        *h = T::from_f64(sum_slice(terms).sqrt() * scale);
    }
    Ok(())
}

/// δ/h, and 0 where h = 0.
fn over_output<'t>(delta: Delta<'t>, h: Var<'t>) -> Delta<'t> {
    delta.only_where(h.ne(0.0)).over(h)
}

impl OpDef for L2Pool {
    fn name(&self) -> &'static str {
        "l2_pool"
    }

    fn arity(&self) -> RangeInclusive<usize> {
        2..=2
    }

    fn read(name: &str, _: &Attributes) -> Option<Result<Self, String>> {
        (name == "l2_pool").then_some(Ok(Self))
    }

    fn infer(&self, inputs: &[&ArrayType]) -> Result<ArrayType, String> {
        let dtype = same_dtype(inputs)?;
        super::lanes::check_float(dtype)?;
        match (&inputs[0].shape[..], &inputs[1].shape[..]) {
            (&[m, n], &[k]) if n == k => Ok(ArrayType::new(dtype, [m])),
            (&[_, n], &[k]) => Err(format!("inner sizes {n} and {k} differ")),
            _ => Err("needs a matrix and a vector".to_owned()),
        }
    }

    fn writes_into(&self) -> bool {
        true
    }

    fn eval_into(&self, inputs: &[RowMajor<'_>], output: ElementsMut<'_>, room: &mut Workspace) -> Result<(), String> {
        let (w, z) = (inputs[0], inputs[1]);
        match output {
            ElementsMut::F32(out) => pool(w.of(), z.of(), out, room),
            output => pool::<f64>(w.of(), z.of(), written(output), room),
        }
    }

    /// (z²)ᵀ is multiplied on as z ⊙ z after the division, which keeps it in range.
    fn vjp<'t>(&self, at: &At<'_, 't>, ct: Delta<'t>) -> Result<Cotangents<'t>, Error> {
        let (w, z) = (at.input(0), at.input(1));
        let slope = over_output(ct, at.output());
        let to_w = || slope.scale(0.5).map(|slope| slope.outer(z)).times(z.broadcast_to(w.shape()));
        let to_z = || slope.map(|slope| w.t().matmul(slope)).times(z);
        Ok(smallvec![at.wants(0).then(to_w), at.wants(1).then(to_z)])
    }

    fn jvp<'t>(&self, at: &At<'_, 't>, tangents: &[Flow<'t>]) -> Result<Flow<'t>, Error> {
        let (w, z, h) = (at.input(0), at.input(1), at.output());
        let from_z = tangents[1].map(|dz| over_output(dz.times(z).map(|dz| w.matmul(dz)), h));
        let from_w = tangents[0].map(|dw| {
            // Row by row ½ Σ dwⱼ zⱼ (zⱼ/h), which stays in range where z² does not.
            let ratio = over_output(Delta::dense(h.ones_like()), h).map(|inverse| inverse.outer(z));
            let terms = dw.times(z.broadcast_to(w.shape())).times(ratio.var());
            terms.map(|terms| terms.sum_axes(1)).scale(0.5)
        });
        Ok(join(from_w, from_z))
    }

    /// The same with matrix products, scaled as one; the root passes no derivative where it is 0.
    fn batch<'t>(&self, inputs: &[Batched<'t>], _size: usize) -> Result<Var<'t>, Error> {
        let (w, z) = (inputs[0], inputs[1].var);
        let scale = z.power_scale(&[z.rank() - 1])?;
        let squares = (z * scale.try_reciprocal()?).square();
        let sums = match (w.batched, inputs[1].batched) {
            (false, _) => squares.try_matmul(w.var.t())?,
            (true, false) => w.var.try_matmul(squares)?,
            (true, true) => {
                let columns = squares.reshape(squares.shape().iter().copied().chain([1]).collect::<Shape>());
                w.var.try_matmul(columns)?.sum_axes(-1)
            }
        };
        sums.try_root()?.try_mul(scale)
    }

    fn flops(&self, inputs: &[&ArrayType], output: &ArrayType) -> u64 {
        2 * inputs[0].shape.size() as u64 + 4 * output.shape.size() as u64
    }

    fn notation(&self) -> Notation {
        Notation::template("√({0} {1}²)", "\\sqrt{{0} {1}^2}", Level::Atom, Level::Postfix)
    }

    fn samples() -> Vec<Sample> {
        let positive = |m: usize, n: usize| Value::from(spread_array(&[m, n], 0).to_array::<f64>().mapv(|w| 1.5 + w));
        let w = || Value::from(ndarray::array![[1.0, 1.0], [0.0, 0.0], [0.0, -1.0]]);
        vec![
            Sample::new(Self, [positive(2, 3), spread_array(&[3], 20)]),
            Sample::new(Self, [positive(1, 1), spread_array(&[1], 20)]),
            Sample::new(Self, [positive(3, 4).to_array::<f64>().reversed_axes().into(), spread_array(&[3], 9)]),
            Sample::new(Self, [positive(0, 2), spread_array(&[2], 0)]),
            Sample::new(Self, [w(), [3.0, 4.0].into()]).value_only().gives([5.0, 0.0, f64::NAN]),
            Sample::new(Self, [w(), [3e200, 0.0].into()]).value_only().gives([3e200, 0.0, 0.0]),
            Sample::new(Self, [positive(2, 0), spread_array(&[0], 0)]).value_only().gives([0.0, 0.0]),
        ]
    }

    fn refused() -> Vec<Refused> {
        let ty = |dtype, shape: &[usize]| ArrayType::new(dtype, shape);
        vec![
            Refused::new(Self, [ty(DType::F64, &[2, 3]), ty(DType::F64, &[2])], "inner sizes 3 and 2 differ"),
            Refused::new(Self, [ty(DType::F64, &[3]), ty(DType::F64, &[3])], "needs a matrix and a vector"),
            Refused::new(Self, [ty(DType::I64, &[2, 3]), ty(DType::I64, &[3])], "needs f64 or f32, not i64"),
        ]
    }
}

impl<'t> Var<'t> {
    /// The slides' pooling layer h = √(W z²) of this matrix W and a vector z.
    ///
    /// ```
    /// use cinta_graph::Tape;
    /// use ndarray::array;
    /// let tape = Tape::new();
    /// let (w, z) = (tape.var(array![[1.0, 3.0], [0.0, 4.0]]), tape.var([1.0, 1.0]));
    /// let h = w.l2_pool(z);
    /// assert_eq!(h.value(), array![2.0, 2.0]);
    /// assert_eq!(h.sum().grad(z).value(), array![0.5, 3.5]); // (Wᵀ(δ/h)) ⊙ z
    /// ```
    ///
    /// # Panics
    /// If this is no matrix of floats, or z no vector that fits it.
    #[must_use]
    #[track_caller]
    pub fn l2_pool(self, z: impl Operand<'t>) -> Self {
        or_panic(self.try_l2_pool(z))
    }

    /// [`l2_pool`](Self::l2_pool), with the error returned.
    #[track_caller]
    pub fn try_l2_pool(self, z: impl Operand<'t>) -> Result<Self, Error> {
        let z = z.try_like(self, "l2_pool")?;
        self.tape().record(L2Pool, &[self, z])
    }
}
