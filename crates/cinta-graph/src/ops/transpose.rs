//! `transpose`: any permutation of the axes.
use std::ops::RangeInclusive;

use smallvec::{SmallVec, smallvec};

use super::sample::spread_array;
use super::{At, Attributes, Batched, Cotangents, Delta, Flow, Level, Notation, OpDef, Refused, Sample, linear_jvp};
use crate::error::or_panic;
use crate::{ArrayType, DType, Error, Strided, Var};

/// Axis i of y is axis `perm[i]` of x. Linear; its transpose is the inverse permutation. Costs nothing:
/// the value is a view.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Transpose {
    /// For each axis of the output, the axis of the input.
    pub perm: SmallVec<[usize; 4]>,
}

impl Transpose {
    fn inverse(&self) -> Self {
        let mut perm: SmallVec<[usize; 4]> = smallvec![0; self.perm.len()];
        for (i, &axis) in self.perm.iter().enumerate() {
            perm[axis] = i;
        }
        Self { perm }
    }
}

impl OpDef for Transpose {
    fn name(&self) -> &'static str {
        "transpose"
    }

    fn arity(&self) -> RangeInclusive<usize> {
        1..=1
    }

    fn attributes(&self) -> Attributes {
        Attributes::none().with("perm", &self.perm[..])
    }

    fn read(name: &str, attributes: &Attributes) -> Option<Result<Self, String>> {
        (name == "transpose").then(|| Ok(Self { perm: attributes.sizes("perm")? }))
    }

    fn infer(&self, inputs: &[&ArrayType]) -> Result<ArrayType, String> {
        let rank = inputs[0].shape.rank();
        if self.perm.len() != rank || (0..rank).any(|axis| !self.perm.contains(&axis)) {
            return Err(format!("{:?} is no permutation of the {rank} axes", self.perm));
        }
        Ok(inputs[0].with_shape(self.perm.iter().map(|&axis| inputs[0].shape[axis]).collect::<crate::Shape>()))
    }

    fn view(&self, input: &Strided) -> Option<Strided> {
        Some(Strided {
            offset: input.offset,
            shape: self.perm.iter().map(|&axis| input.shape[axis]).collect(),
            strides: self.perm.iter().map(|&axis| input.strides[axis]).collect(),
        })
    }

    fn vjp<'t>(&self, _at: &At<'_, 't>, ct: Delta<'t>) -> Result<Cotangents<'t>, Error> {
        let back = |var: Var<'t>| var.tape().record(self.inverse(), &[var]);
        Ok(smallvec![Some(Delta::new(back(ct.var())?, ct.is_masked()))])
    }

    fn jvp<'t>(&self, at: &At<'_, 't>, tangents: &[Flow<'t>]) -> Result<Flow<'t>, Error> {
        linear_jvp(self, at, tangents)
    }

    fn batch<'t>(&self, inputs: &[Batched<'t>], size: usize) -> Result<Var<'t>, Error> {
        let x = inputs[0].spread(size);
        let perm = std::iter::once(0).chain(self.perm.iter().map(|&axis| axis + 1)).collect();
        x.tape().record(Self { perm }, &[x])
    }

    fn flops(&self, _inputs: &[&ArrayType], _output: &ArrayType) -> u64 {
        0
    }

    fn notation(&self) -> Notation {
        Notation::template("{0}ᵀ", "{0}^{\\top}", Level::Postfix, Level::Atom)
    }

    fn samples() -> Vec<Sample> {
        let by = |perm: &[usize]| Self { perm: perm.into() };
        vec![
            Sample::new(by(&[1, 0]), [spread_array(&[2, 3], 0)]),
            Sample::new(by(&[2, 0, 1]), [spread_array(&[2, 3, 4], 0)]),
            Sample::new(by(&[0]), [spread_array(&[3], 0)]),
            Sample::new(by(&[]), [spread_array(&[], 0)]),
            Sample::new(by(&[1, 0]), [spread_array(&[0, 3], 0)]),
            Sample::new(by(&[1, 0]), [ndarray::array![[true, false, true]].into()])
                .value_only()
                .gives(ndarray::array![[true], [false], [true]]),
        ]
    }

    fn refused() -> Vec<Refused> {
        let ty = ArrayType::new(DType::F64, [2, 3]);
        let by = |perm: &[usize]| Self { perm: perm.into() };
        vec![
            Refused::new(by(&[0]), [ty.clone()], "[0] is no permutation of the 2 axes"),
            Refused::new(by(&[1, 1]), [ty.clone()], "[1, 1] is no permutation of the 2 axes"),
            Refused::new(by(&[0, 2]), [ty], "[0, 2] is no permutation of the 2 axes"),
        ]
    }
}

impl Var<'_> {
    /// The axes in another order: axis i of the result is axis `perm[i]` of this (negative ones count from the end).
    ///
    /// ```
    /// use cinta_graph::Tape;
    /// let tape = Tape::new();
    /// let x = tape.var(ndarray::ArrayD::<f64>::zeros(vec![2, 3, 4]));
    /// assert_eq!(x.transpose(&[2, 0, 1]).shape().as_slice(), [4, 2, 3]);
    /// ```
    ///
    /// # Panics
    /// If `perm` is no permutation of the axes.
    #[must_use]
    #[track_caller]
    pub fn transpose(self, perm: &[isize]) -> Self {
        or_panic(self.try_transpose(perm))
    }

    /// [`transpose`](Self::transpose), with the error returned.
    #[track_caller]
    pub fn try_transpose(self, perm: &[isize]) -> Result<Self, Error> {
        let ty = self.array_type();
        let resolved = perm.iter().map(|&axis| ty.shape.axis(axis)).collect::<Result<_, _>>();
        let perm = resolved.map_err(self.tape().refusing("transpose", &[&ty]))?;
        self.tape().record(Transpose { perm }, &[self])
    }

    /// The last two axes exchanged: Wᵀ. Arrays with fewer axes stay as they are.
    #[must_use]
    #[track_caller]
    pub fn t(self) -> Self {
        let rank = self.rank();
        if rank < 2 {
            return self;
        }
        let perm = (0..rank - 2).chain([rank - 1, rank - 2]).collect();
        self.tape().record_or_panic(Transpose { perm }, &[self])
    }
}
