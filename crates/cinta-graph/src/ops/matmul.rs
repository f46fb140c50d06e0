//! `matmul`: products of matrices and vectors, and of batches of matrices; the slides' h = W z.
use std::borrow::Cow;
use std::ops::RangeInclusive;

use ndarray::linalg::general_mat_mul;
use ndarray::{Array1, Array2, ArrayD, ArrayView1, ArrayView2, Axis, Ix1, Ix2, LinalgScalar};
use smallvec::smallvec;

use super::delta::join;
use super::pairwise::dot;
use super::sample::spread_array;
use super::{At, Attributes, Batched, Cotangents, Delta, Flow, Level, Notation, OpDef, Refused, Sample, same_dtype};
use crate::error::or_panic;
use crate::pool::check_room;
use crate::{ArrayType, DType, Element, Error, Operand, Output, Shape, Value, Var};

/// y = A B, summing over the last axis of A and the last but one of B.
///
/// A and B are vectors or matrices, or batches of matrices with the same leading axes. The slides' rows:
/// h = W z has ∇_z = Wᵀδ and ∇_W = δ zᵀ.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct MatMul;

impl OpDef for MatMul {
    fn name(&self) -> &'static str {
        "matmul"
    }

    fn arity(&self) -> RangeInclusive<usize> {
        2..=2
    }

    fn read(name: &str, _: &Attributes) -> Option<Result<Self, String>> {
        (name == "matmul").then_some(Ok(Self))
    }

    fn infer(&self, inputs: &[&ArrayType]) -> Result<ArrayType, String> {
        let dtype = same_dtype(inputs)?;
        if !dtype.is_float() {
            return Err(format!("needs f64 or f32, not {dtype}; use cast"));
        }
        let (a, b) = (&inputs[0].shape[..], &inputs[1].shape[..]);
        let (inner_a, inner_b, shape): (usize, usize, Shape) = match (a, b) {
            ([], _) | (_, []) => {
                return Err("needs vectors or matrices, not scalars; use *".to_owned());
            }
            (&[k], &[l]) => (k, l, Shape::scalar()),
            (&[m, k], &[l]) => (k, l, [m].into()),
            (&[k], &[l, n]) => (k, l, [n].into()),
            (&[m, k], &[l, n]) => (k, l, [m, n].into()),
            (&[ref batch @ .., m, k], &[ref other @ .., l, n]) if batch == other => {
                (k, l, batch.iter().copied().chain([m, n]).collect())
            }
            _ => return Err("leading axes differ; broadcast them first".to_owned()),
        };
        if inner_a == inner_b {
            Ok(ArrayType::new(dtype, shape))
        } else {
            Err(format!("inner sizes {inner_a} and {inner_b} differ"))
        }
    }

    fn eval(&self, inputs: &[&Value], output: &Output<'_>) -> Result<Value, String> {
        match output.dtype {
            DType::F32 => product::<f32>(inputs[0], inputs[1], &output.shape),
            _ => product::<f64>(inputs[0], inputs[1], &output.shape),
        }
    }

    fn vjp<'t>(&self, at: &At<'_, 't>, ct: Delta<'t>) -> Result<Cotangents<'t>, Error> {
        let (a, b) = (at.input(0), at.input(1));
        let pull_a = at.wants(0);
        let pull_b = at.wants(1);
        Ok(match (a.rank(), b.rank()) {
            (1, 1) => smallvec![
                pull_a.then(|| ct.broadcast_to(&b.shape()).times(b)),
                pull_b.then(|| ct.broadcast_to(&a.shape()).times(a)),
            ],
            (2, 1) => {
                smallvec![pull_a.then(|| ct.map(|ct| ct.outer(b))), pull_b.then(|| ct.map(|ct| a.t().matmul(ct))),]
            }
            (1, 2) => smallvec![pull_a.then(|| ct.map(|ct| b.matmul(ct))), pull_b.then(|| ct.map(|ct| a.outer(ct))),],
            _ => {
                smallvec![pull_a.then(|| ct.map(|ct| ct.matmul(b.t()))), pull_b.then(|| ct.map(|ct| a.t().matmul(ct))),]
            }
        })
    }

    fn jvp<'t>(&self, at: &At<'_, 't>, tangents: &[Flow<'t>]) -> Result<Flow<'t>, Error> {
        let (a, b) = (at.input(0), at.input(1));
        let from_a = tangents[0].map(|da| da.map(|da| da.matmul(b)));
        Ok(join(from_a, tangents[1].map(|db| db.map(|db| a.matmul(db)))))
    }

    /// One product still: a batch of rows is a matrix, a batch of matrices times a matrix is a taller matrix, a
    /// matrix times a batch of matrices has a wider one on the right.
    fn batch<'t>(&self, inputs: &[Batched<'t>], size: usize) -> Result<Var<'t>, Error> {
        let [a, b] = [inputs[0], inputs[1]];
        let rank = |x: Batched<'t>| x.var.rank() - usize::from(x.batched);
        match (rank(a), rank(b), a.batched, b.batched) {
            (1, 1, true, true) => Ok((a.var * b.var).sum_axes(1)),
            (1, 1, false, _) => b.var.try_matmul(a.var),
            (_, 1, false, true) => b.var.try_matmul(a.var.t()),
            (_, _, true, false) if rank(b) <= 2 => a.var.try_matmul(b.var),
            (1, _, false, _) => b.var.t().try_matmul(a.var),
            (1, _, true, _) => {
                let product = a.var.try_reshape([size, 1, a.var.shape()[1]])?.try_matmul(b.var)?;
                product.try_reshape(product.shape().without(&[1]))
            }
            (_, 1, _, _) => {
                let product = a.var.try_matmul(b.var.try_reshape([size, b.var.shape()[1], 1])?)?;
                product.try_reshape(product.shape().without(&[2]))
            }
            (2, _, false, true) => {
                // The columns of all examples side by side: A [B₁ B₂ …].
                let (m, columns) = (a.var.shape()[0], b.var.shape()[2]);
                let beside = b.var.try_transpose(&[1, 0, 2])?;
                let wide = beside.try_reshape([beside.shape()[0], size * columns])?;
                a.var.try_matmul(wide)?.try_reshape([m, size, columns])?.try_transpose(&[1, 0, 2])
            }
            _ => a.spread(size).try_matmul(b.spread(size)),
        }
    }

    fn flops(&self, inputs: &[&ArrayType], output: &ArrayType) -> u64 {
        2 * output.shape.size() as u64 * inputs[0].shape.last().copied().unwrap_or(1) as u64
    }

    fn notation(&self) -> Notation {
        Notation::template("{0}·{1}", "{0} {1}", Level::Prefix, Level::Prefix)
    }

    /// A vector on the left stands as a row: θᵀh.
    fn notation_of(&self, shown: &[&ArrayType]) -> Notation {
        match shown {
            [a, _] if a.shape.rank() == 1 => Notation {
                inputs: vec![Level::Postfix, Level::Prefix],
                ..Notation::template("{0}ᵀ·{1}", "{0}^{\\top} {1}", Level::Prefix, Level::Prefix)
            },
            _ => self.notation(),
        }
    }

    fn samples() -> Vec<Sample> {
        let pair = |a: &[usize], b: &[usize]| Sample::new(Self, [spread_array(a, 0), spread_array(b, 20)]);
        let transposed =
            |shape: &[usize], offset| Value::from(spread_array(shape, offset).to_array::<f64>().reversed_axes());
        let (a, b) = (ndarray::array![[1.0, 2.0], [3.0, 4.0]], ndarray::array![[5.0, 6.0], [7.0, 8.0]]);
        vec![
            pair(&[2, 3], &[3, 4]),
            pair(&[3], &[3]),
            pair(&[2, 3], &[3]),
            pair(&[3], &[3, 2]),
            pair(&[2, 2, 3], &[2, 3, 1]),
            pair(&[2, 3, 1, 2], &[2, 3, 2, 2]),
            pair(&[0, 3], &[3, 2]),
            pair(&[2, 0], &[0, 2]),
            Sample::new(Self, [transposed(&[3, 2], 0), transposed(&[4, 3], 9)]),
            Sample::new(Self, [a.into(), b.into()]).gives(ndarray::array![[19.0, 22.0], [43.0, 50.0]]),
        ]
    }

    fn refused() -> Vec<Refused> {
        let ty = |dtype, shape: &[usize]| ArrayType::new(dtype, shape);
        let f64s = |a: &[usize], b: &[usize]| [ty(DType::F64, a), ty(DType::F64, b)];
        vec![
            Refused::new(Self, f64s(&[4, 3], &[2, 3]), "inner sizes 3 and 2 differ"),
            Refused::new(Self, f64s(&[], &[3]), "needs vectors or matrices, not scalars"),
            Refused::new(Self, f64s(&[2, 4, 3], &[5, 3, 4]), "leading axes differ"),
            Refused::new(Self, [ty(DType::I64, &[2, 2]), ty(DType::I64, &[2, 2])], "needs f64 or f32, not i64"),
        ]
    }
}

/// A z, a dot product a row.
fn by_rows<T: Element + LinalgScalar>(a: &ArrayView2<'_, T>, z: &ArrayView1<'_, T>) -> Array1<T> {
    a.rows().into_iter().map(|row| dot(row, z.view())).collect()
}

/// Up to so many multiplications, to pack operands as fast products do takes longer than the product.
const SMALL: usize = 2048;

/// The elements of a product of two matrices that have some, k numbers for each, some columns at a time.
fn small<T: Element + LinalgScalar>(a: &Value, b: &Value, [rows, k, columns]: [usize; 3]) -> Vec<T> {
    const WIDE: usize = 8;
    let (a, b) = (in_rows::<T>(a), in_rows::<T>(b));
    let mut out = Vec::with_capacity(rows * columns);
    for a in a.chunks_exact(k) {
        let terms = || a.iter().zip(b.chunks_exact(columns));
        let wide = columns - columns % WIDE;
        for j in (0..wide).step_by(WIDE) {
            let mut sums = [T::zero(); WIDE];
            for (&x, b) in terms() {
                for (sum, &b) in sums.iter_mut().zip(&b[j..][..WIDE]) {
                    *sum = *sum + x * b;
                }
            }
            out.extend_from_slice(&sums);
        }
        out.extend((wide..columns).map(|j| terms().fold(T::zero(), |sum, (&x, b)| sum + x * b[j])));
    }
    out
}

/// The elements of a matrix in row-major order, copied if they stand otherwise.
fn in_rows<T: Element>(a: &Value) -> Cow<'_, [T]> {
    match (a.slice(), a.columns::<T>()) {
        (Some(rows), _) => rows.into(),
        (None, Some(columns)) => {
            let (m, n) = (a.shape()[0], a.shape()[1]);
            let mut rows = Vec::with_capacity(columns.len());
            (0..m).for_each(|i| rows.extend((0..n).map(|j| columns[j * m + i])));
            rows.into()
        }
        (None, None) => a.view().iter().copied().collect(),
    }
}

/// Any product, in row-major order.
fn large<T: LinalgScalar>(a: &ArrayView2<'_, T>, b: &ArrayView2<'_, T>) -> Array2<T> {
    let mut out = Array2::zeros((a.nrows(), b.ncols()));
    general_mat_mul(T::one(), a, b, T::zero(), &mut out);
    out
}

/// One product of two values whose types were checked.
fn product<T: Element + LinalgScalar>(a: &Value, b: &Value, shape: &Shape) -> Result<Value, String> {
    const CHECKED: &str = "the type rule checked the ranks";
    if let [rows, columns] = shape[..] {
        let k = a.shape()[1];
        if (1..=SMALL).contains(&(rows.saturating_mul(k).saturating_mul(columns))) {
            return Ok(Value::row_major(small::<T>(a, b, [rows, k, columns]), shape));
        }
    }
    check_room::<T>(shape)?;
    // What stands in another order may be copied.
    let copied = [a, b].into_iter().filter(|operand| operand.slice::<T>().is_none());
    copied.map(Value::shape).try_for_each(|shape| check_room::<T>(&shape))?;
    let (a, b) = (a.view::<T>(), b.view::<T>());
    Ok(match (a.ndim(), b.ndim()) {
        // With vectors every entry is a dot product of contiguous numbers, copied together where they are not,
        // so that no bit depends on the layout.
        (1, 1) => {
            let (a, b) = (a.as_standard_layout(), b.as_standard_layout());
            let (a, b) = (a.view().into_dimensionality::<Ix1>(), b.view().into_dimensionality::<Ix1>());
            Value::scalar(dot(a.expect(CHECKED), b.expect(CHECKED)))
        }
        (2, 1) => {
            let (a, b) = (a.as_standard_layout(), b.as_standard_layout());
            let (a, b) = (a.view().into_dimensionality::<Ix2>(), b.view().into_dimensionality::<Ix1>());
            Value::from(by_rows(&a.expect(CHECKED), &b.expect(CHECKED)))
        }
        (1, 2) => {
            let (a, columns) = (a.as_standard_layout(), b.t());
            let columns = columns.as_standard_layout();
            let (a, b) = (a.view().into_dimensionality::<Ix1>(), columns.view().into_dimensionality::<Ix2>());
            Value::from(by_rows(&b.expect(CHECKED), &a.expect(CHECKED)))
        }
        (2, 2) => {
            let (a, b) =
                (a.into_dimensionality::<Ix2>().expect(CHECKED), b.into_dimensionality::<Ix2>().expect(CHECKED));
            Value::from(large(&a, &b))
        }
        _ => {
            let mut out = ArrayD::<T>::from_elem(shape.to_vec(), T::zero());
            for ((a, b), mut out) in a.axis_iter(Axis(0)).zip(b.axis_iter(Axis(0))).zip(out.axis_iter_mut(Axis(0))) {
                let inner = Shape::from(out.shape());
                let one = product::<T>(&Value::from(a), &Value::from(b), &inner)?;
                out.assign(&one.view::<T>());
            }
            Value::from(out)
        }
    })
}

impl<'t> Var<'t> {
    /// The matrix product, by NumPy's rules: matrices, vectors on either side, batches that broadcast.
    ///
    /// A batch of matrices times one matrix is recorded as one product of a taller matrix.
    ///
    /// ```
    /// use cinta_graph::Tape;
    /// use ndarray::array;
    /// let tape = Tape::new();
    /// let w = tape.var(array![[1.0, 2.0], [3.0, 4.0]]);
    /// let z = tape.var([10.0, 1.0]);
    /// let h = w.matmul(z);
    /// assert_eq!(h.value(), array![12.0, 34.0]);
    /// let [dw, dz] = h.sum().grad([w, z]);
    /// assert_eq!(dw.value(), array![[10.0, 1.0], [10.0, 1.0]]); // δ zᵀ
    /// assert_eq!(dz.value(), array![4.0, 6.0]); // Wᵀ δ
    /// ```
    ///
    /// # Panics
    /// If inner sizes differ, leading axes do not broadcast, an input is 0-d, or dtypes are not one float type.
    #[must_use]
    #[track_caller]
    pub fn matmul(self, other: impl Operand<'t>) -> Self {
        or_panic(self.try_matmul(other))
    }

    /// [`matmul`](Self::matmul), with the error returned.
    #[track_caller]
    pub fn try_matmul(self, other: impl Operand<'t>) -> Result<Self, Error> {
        let other = other.try_like(self, "matmul")?;
        let (a, b) = (self.shape(), other.shape());
        let inner = if b.rank() == 1 { b.last() } else { b.iter().rev().nth(1) };
        let plain = a.rank() <= 2 && b.rank() <= 2 || a.rank() == 0 || b.rank() == 0;
        if plain || a.last() != inner {
            return self.tape().record(MatMul, &[self, other]);
        }
        if b.rank() <= 2 {
            let rows = Shape::from(&a[..a.rank() - 1]).size();
            let product = self.try_reshape([rows, a[a.rank() - 1]])?.try_matmul(other)?;
            let shape: Shape =
                a[..a.rank() - 1].iter().copied().chain(b.iter().skip(1).copied().filter(|_| b.rank() == 2)).collect();
            return product.try_reshape(shape);
        }
        if a.rank() == 1 {
            let product = self.try_reshape([1, a[0]])?.try_matmul(other)?;
            let shape = product.shape();
            return product.try_reshape(shape.without(&[shape.rank() - 2]));
        }
        let batch = Shape::from(&a[..a.rank() - 2])
            .broadcast(&Shape::from(&b[..b.rank() - 2]))
            .map_err(|reason| format!("of the leading axes, {reason}"))
            .map_err(self.tape().refusing("matmul", &[&self.array_type(), &other.array_type()]))?;
        let full = |shape: &Shape| batch.iter().chain(&shape[shape.rank() - 2..]).copied().collect::<Shape>();
        let (a, b) = (self.try_broadcast_to(full(&a))?, other.try_broadcast_to(full(&b))?);
        self.tape().record(MatMul, &[a, b])
    }

    /// The dot product of vectors and matrices as the slides write it, θᵀx and W z: [`matmul`](Self::matmul)
    /// of arrays with one or two axes.
    ///
    /// # Panics
    /// As `matmul`, and if an input has more than two axes.
    #[must_use]
    #[track_caller]
    pub fn dot(self, other: impl Operand<'t>) -> Self {
        or_panic(self.try_dot(other))
    }

    /// [`dot`](Self::dot), with the error returned.
    #[track_caller]
    pub fn try_dot(self, other: impl Operand<'t>) -> Result<Self, Error> {
        let other = other.try_like(self, "dot")?;
        if self.rank() > 2 || other.rank() > 2 {
            let reason = "is for vectors and matrices; for batches use matmul";
            return Err(self.tape().type_error("dot", reason, &[&self.array_type(), &other.array_type()]));
        }
        self.tape().record(MatMul, &[self, other])
    }
}
