//! Matrix products.
use cinta_graph::DType;

use super::Run;
use crate::desk::Others;
use crate::kernels::{Float, KernelSet, Matrix, Onto, Window, product};
use crate::memory::Cell;
use crate::ready::{Factor, ReadyOnto, ReadyProduct};

impl Run<'_, '_> {
    #[inline]
    pub(super) fn run_product(&mut self, it: &ReadyProduct) {
        match it.dtype {
            DType::F32 => self.product::<f32>(it),
            _ => self.product::<f64>(it),
        }
    }

    fn product<T: Cell + Float>(&mut self, it: &ReadyProduct) {
        let ([batch, m, k, n], set, output) = (it.sizes, self.set, it.output);
        T::desk_mut(&mut self.desks).write(output.store, output.from..output.from + batch * m * n, |out, others| {
            let factor = |factor: &Factor| others.from(factor.place.store, factor.place.from);
            let (a, b) = (factor(&it.a), factor(&it.b));
            let onto = it.onto.as_ref().map_or(Onto::Nothing, |onto| onto.of(others));
            let operands = |i: usize| {
                let a = Matrix::new(&a[i * it.a.batch..], it.a.strides);
                (a, Matrix::new(&b[i * it.b.batch..], it.b.strides))
            };
            if it.is_large {
                let one = |i: usize, out: &mut [T], pieces: usize| {
                    let (a, b) = operands(i);
                    shared(set, k, a, b, Window::new(out, [m, n], n), onto, pieces);
                };
                return all(&one, 0..batch, out, m * n, rayon::current_num_threads().div_ceil(batch));
            }
            for i in 0..batch {
                let (a, b) = operands(i);
                product(set, k, a, b, Window::new(&mut out[i * m * n..][..m * n], [m, n], n), onto);
            }
        });
    }
}

/// Products of a batch, on several threads.
fn all<T: Send>(
    one: &(impl Fn(usize, &mut [T], usize) + Sync),
    batch: std::ops::Range<usize>,
    out: &mut [T],
    size: usize,
    pieces: usize,
) {
    if batch.len() == 1 {
        return one(batch.start, out, pieces);
    }
    let middle = batch.start + batch.len() / 2;
    let (first, second) = out.split_at_mut(batch.len() / 2 * size);
    rayon::join(
        || all(one, batch.start..middle, first, size, pieces),
        || all(one, middle..batch.end, second, size, pieces),
    );
}

/// Pieces of a result are whole numbers of rows and columns of tiles, whatever the kernels.
const ROWS: usize = 24;
const COLUMNS: usize = 64;

/// A product in so many pieces on several threads. Each element has the same bits in whatever piece; but of a single row or
/// column that is computed as a vector, which adds in another order.
fn shared<T: Float>(
    set: KernelSet,
    k: usize,
    a: Matrix<'_, T>,
    b: Matrix<'_, T>,
    c: Window<'_, T>,
    onto: Onto<'_, T>,
    pieces: usize,
) {
    if pieces < 2 {
        return product(set, k, a, b, c, onto);
    }
    let ([m, n], first) = (c.size(), pieces / 2);
    // Each thread then reads as little as it can of both operands.
    let of_rows = m > n;
    let (size, unit) = if of_rows { (m, ROWS) } else { (n, COLUMNS) };
    let at = (size * first + pieces * unit / 2) / (pieces * unit) * unit;
    if at == 0 || at + 1 >= size {
        return product(set, k, a, b, c, onto);
    }
    let part = |a, b, c, onto, pieces| move || shared(set, k, a, b, c, onto, pieces);
    let rest = pieces - first;
    if of_rows {
        let (above, below) = c.split_at_row(at);
        rayon::join(part(a, b, above, onto, first), part(a.from(at, 0), b, below, onto.from(at, 0), rest));
    } else {
        let (left, right) = c.split_at_column(at);
        rayon::join(part(a, b, left, onto, first), part(a, b.from(0, at), right, onto.from(0, at), rest));
    }
}

impl ReadyOnto {
    #[inline]
    fn of<'s, T: Cell + Float>(&self, others: &Others<'s, '_, T>) -> Onto<'s, T> {
        let s = self.scale.map_or(T::ONE, |place| others.from(place.store, place.from)[0]);
        let s = if self.negative { -s } else { s };
        match self.place {
            None => Onto::Itself(s),
            Some(place) => {
                let t = if self.minus { -T::ONE } else { T::ONE };
                Onto::Rows { d: others.from(place.store, place.from), stride: self.stride, t, s }
            }
        }
    }
}
