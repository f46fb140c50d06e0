//! Arrays with labelled axes: diagonals, sums, and products of two.
use super::labels::Labels;
use crate::{Axes, Error, Shape, Var};

/// An array whose axes have labels.
#[derive(Clone, Debug)]
pub(super) struct Array<'t> {
    var: Var<'t>,
    labels: Vec<usize>,
}

/// How two arrays become one matrix product: the labels of both in the order that it takes.
struct Layout<'a, 't> {
    left: &'a Array<'t>,
    right: &'a Array<'t>,
    batch: Vec<usize>,
    rows: Vec<usize>,
    summed: Vec<usize>,
    columns: Vec<usize>,
}

impl<'t> Array<'t> {
    /// An operand: axes of size 1 that are to broadcast are dropped, repeated labels are diagonals.
    #[track_caller]
    pub(super) fn new(var: Var<'t>, labels: &[usize], sizes: &[usize]) -> Result<Self, Error> {
        let shape = var.shape();
        let own: Vec<usize> = (0..labels.len()).filter(|&axis| shape[axis] == sizes[labels[axis]]).collect();
        let kept: Shape = own.iter().map(|&axis| shape[axis]).collect();
        let mut array = Self { var: var.try_reshape(kept)?, labels: own.iter().map(|&axis| labels[axis]).collect() };
        while let Some((i, j)) = array.repeated() {
            array.var = array.var.try_diagonal_axes(0, i.cast_signed(), j.cast_signed())?;
            let label = array.labels.remove(j);
            array.labels.remove(i);
            array.labels.push(label);
        }
        Ok(array)
    }

    /// The first two axes with the same label.
    fn repeated(&self) -> Option<(usize, usize)> {
        let twin = |j: usize| self.labels[..j].iter().position(|label| *label == self.labels[j]).map(|i| (i, j));
        (0..self.labels.len()).find_map(twin)
    }

    pub(super) fn labels(&self) -> Labels {
        Labels::of(&self.labels)
    }

    /// The sum over the labels that nobody needs.
    #[track_caller]
    pub(super) fn summed_to(mut self, needed: Labels) -> Result<Self, Error> {
        let axes: Vec<isize> =
            (0_isize..).zip(&self.labels).filter(|(_, l)| !needed.has(**l)).map(|(i, _)| i).collect();
        if !axes.is_empty() {
            self.var = self.var.try_sum_axes(Axes::from(axes))?;
            self.labels.retain(|label| needed.has(*label));
        }
        Ok(self)
    }

    /// The array with its axes in the order of these labels, which are its own.
    #[track_caller]
    pub(super) fn ordered(&self, labels: &[usize]) -> Result<Var<'t>, Error> {
        let axis = |label| self.labels.iter().position(|own| own == label).expect("a label of its own").cast_signed();
        let perm: Vec<isize> = labels.iter().map(axis).collect();
        if perm.is_sorted() { Ok(self.var) } else { self.var.try_transpose(&perm) }
    }

    /// The product with another, summed over what both have and nobody needs. `wanted` is the order in which the
    /// result is asked for, if any is.
    #[track_caller]
    pub(super) fn times(&self, other: &Self, needed: Labels, wanted: Option<&[usize]>) -> Result<Self, Error> {
        let Some(layout) = Layout::best(self, other, needed, wanted) else {
            return self.spread_times(other, wanted)?.summed_to(needed);
        };
        layout.product()
    }

    /// The product element by element, each array spread over the labels of the other.
    #[track_caller]
    fn spread_times(&self, other: &Self, wanted: Option<&[usize]>) -> Result<Self, Error> {
        // Labels that are not wanted come last, where their sum is one over neighbours.
        let mut labels: Vec<usize> = wanted.unwrap_or(&[]).to_vec();
        for &label in self.labels.iter().chain(&other.labels) {
            if !labels.contains(&label) {
                labels.push(label);
            }
        }
        let var = self.along(&labels)?.try_mul(other.along(&labels)?)?;
        Ok(Self { var, labels })
    }

    /// The array with an axis for each of these labels, of size 1 for those that it has not.
    #[track_caller]
    fn along(&self, labels: &[usize]) -> Result<Var<'t>, Error> {
        let own: Vec<usize> = labels.iter().copied().filter(|label| self.labels.contains(label)).collect();
        let ordered = self.ordered(&own)?;
        let mut sizes = ordered.shape().to_vec().into_iter();
        let size = |label| if self.labels.contains(label) { sizes.next().expect("a size a label") } else { 1 };
        let mut shape: Shape = labels.iter().map(size).collect();
        // Axes in front need not be there.
        let leading = shape.iter().zip(labels).take_while(|(_, label)| !self.labels.contains(label)).count();
        shape = shape[leading..].into();
        ordered.try_reshape(shape)
    }
}

impl<'a, 't> Layout<'a, 't> {
    /// The layout that moves the least, if the product is one of matrices or vectors. It is not where nothing is
    /// summed but for columns times rows, where nothing but a sum is left of each of many, and of integers.
    fn best(a: &'a Array<'t>, b: &'a Array<'t>, needed: Labels, wanted: Option<&[usize]>) -> Option<Self> {
        if !a.var.dtype().is_float() {
            return None;
        }
        let mut best: Option<(usize, Self)> = None;
        for (left, right) in [(a, b), (b, a)] {
            for order in [left, right] {
                let both = left.labels().and(right.labels());
                let pick = |array: &Array<'_>, of: &dyn Fn(usize) -> bool| {
                    array.labels.iter().copied().filter(|&label| of(label)).collect::<Vec<usize>>()
                };
                let layout = Self {
                    left,
                    right,
                    batch: pick(order, &|label| both.has(label) && needed.has(label)),
                    summed: pick(order, &|label| both.has(label) && !needed.has(label)),
                    rows: pick(left, &|label| !both.has(label)),
                    columns: pick(right, &|label| !both.has(label)),
                };
                let (rows, columns) = (!layout.rows.is_empty(), !layout.columns.is_empty());
                let outer = layout.batch.is_empty() && rows && columns;
                let product = layout.batch.is_empty() || rows || columns;
                if !(if layout.summed.is_empty() { outer } else { product }) {
                    return None;
                }
                let moves = layout.moves(wanted);
                if best.as_ref().is_none_or(|(least, _)| moves < *least) {
                    best = Some((moves, layout));
                }
            }
        }
        best.map(|(_, layout)| layout)
    }

    /// How much moves: 1 for matrices that are read the other way around, 2 for axes that change places.
    fn moves(&self, wanted: Option<&[usize]>) -> usize {
        let of = |array: &Array<'t>, inner: &[usize], outer: &[usize]| {
            if array.labels == [&self.batch, inner, outer].concat() {
                0
            } else if array.labels == [&self.batch, outer, inner].concat() {
                1
            } else {
                2
            }
        };
        let left = of(self.left, &self.rows, &self.summed);
        let right = of(self.right, &self.summed, &self.columns);
        left + right + usize::from(wanted.is_some_and(|wanted| wanted != self.result()))
    }

    fn result(&self) -> Vec<usize> {
        [&self.batch[..], &self.rows, &self.columns].concat()
    }

    #[track_caller]
    fn product(self) -> Result<Array<'t>, Error> {
        let (left, right) =
            (self.matrix(self.left, &self.rows, &self.summed)?, self.matrix(self.right, &self.summed, &self.columns)?);
        let var = if self.summed.is_empty() { left.try_outer(right)? } else { left.try_matmul(right)? };
        let labels = self.result();
        let size = |label: &usize| {
            let of = |array: &Array<'t>| {
                array.labels.iter().position(|own| own == label).map(|axis| array.var.shape()[axis])
            };
            of(self.left).or_else(|| of(self.right)).expect("a label of one of them")
        };
        let shape: Shape = labels.iter().map(size).collect();
        Ok(Array { var: var.try_reshape(shape)?, labels })
    }

    /// A batch of matrices, whose two axes are all of the labels of each kind; a vector where one kind has none
    /// and there is no batch.
    #[track_caller]
    fn matrix(&self, array: &Array<'t>, inner: &[usize], outer: &[usize]) -> Result<Var<'t>, Error> {
        let turned = array.labels == [&self.batch, outer, inner].concat() && !inner.is_empty() && !outer.is_empty();
        let (first, second) = if turned { (outer, inner) } else { (inner, outer) };
        let ordered = array.ordered(&[&self.batch, first, second].concat())?;
        let shape = ordered.shape();
        let (batch, matrix) = shape.split_at(self.batch.len());
        let (rows, columns) = matrix.split_at(first.len());
        let mut sizes = batch.to_vec();
        for (labels, axes) in [(first, rows), (second, columns)] {
            if !self.batch.is_empty() || !labels.is_empty() {
                sizes.push(axes.iter().product());
            }
        }
        let matrix = ordered.try_reshape(sizes)?;
        Ok(if turned { matrix.t() } else { matrix })
    }
}
