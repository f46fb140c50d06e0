//! Matrix products.
use std::ops::Range;

use cinta_graph::DType;

use crate::desk::{Block, Desks, Others};
use crate::kernels::{Batch, Float, KernelSet, Matrix, Onto, Window, product};
use crate::memory::Cell;
use crate::ready::{Factor, ReadyOnto, ReadyProduct};

#[inline]
pub(super) fn run_product(desks: &mut Desks<'_>, set: KernelSet, it: &ReadyProduct) {
    match it.dtype {
        DType::F32 => run::<f32>(desks, set, it),
        _ => run::<f64>(desks, set, it),
    }
}

fn run<T: Cell + Float>(desks: &mut Desks<'_>, set: KernelSet, it: &ReadyProduct) {
    let ([batch, m, k, n], output) = (it.sizes, it.output);
    T::desk_mut(desks).write(output.store, output.from..output.from + batch * m * n, |out, others| {
        if batch == 1 && !it.is_large {
            // Made where it is used: a small one takes no longer than to copy what it is made of.
            let (a, b) = (Matrix::new(it.a.of(others), it.a.strides), Matrix::new(it.b.of(others), it.b.strides));
            return product(set, k, a, b, Window::new(out, [m, n], n), ReadyOnto::of(it.onto.as_ref(), others));
        }
        run_several(set, it, (it.a.of(others), it.b.of(others)), ReadyOnto::of(it.onto.as_ref(), others), out);
    });
}

/// Products of a batch, or a large one.
#[inline(never)]
fn run_several<T: Float>(set: KernelSet, it: &ReadyProduct, (a, b): (&[T], &[T]), onto: Onto<'_, T>, out: &mut [T]) {
    let [batch, m, k, n] = it.sizes;
    let threads = if it.is_large { rayon::current_num_threads() } else { 1 };
    let (pieces, some) =
        (threads.div_ceil(batch.max(1)), batch.div_ceil(if it.is_large { PARTS * threads } else { 1 }));
    let several = |range: Range<usize>, out: &mut [T]| {
        let of = |i: usize| {
            let (a, b) = (&a[i * it.a.batch..], &b[i * it.b.batch..]);
            (Matrix::new(a, it.a.strides), Matrix::new(b, it.b.strides))
        };
        if !range.is_empty() && batch > 1 && Batch::<T>::is_for([m, k, n]) {
            let (a, b) = of(range.start);
            return Batch { sizes: [m, k, n], a, b, apart: [it.a.batch, it.b.batch] }.products(set, out);
        }
        for (i, out) in range.zip(out.chunks_mut((m * n).max(1))) {
            let (a, b) = of(i);
            shared(set, k, a, b, Window::new(out, [m, n], n), onto, pieces);
        }
    };
    all(&several, 0..batch, out, m * n, some);
}

impl ReadyProduct {
    /// What it has to do for some of its rows.
    pub(super) fn of_rows(&self, rows: &Block) -> Self {
        let mut it = self.clone();
        it.sizes[1] = rows.length;
        it.output.from += it.output.start(rows) * it.sizes[3];
        it.a.place.from += it.a.place.start(rows) * it.a.strides[0];
        if let Some(ReadyOnto { place: Some(place), stride, .. }) = &mut it.onto {
            place.from += place.start(rows) * *stride;
        }
        it.is_large = false;
        it
    }

    /// What it has to do for some of the rows that it is over, as the part of a thread with some number; so many parts have one
    /// product.
    pub(super) fn over_rows(&self, rows: &Block, part: usize, several: usize) -> Self {
        let (mut it, [_, m, _, n]) = (self.clone(), self.sizes);
        it.sizes[2] = rows.length;
        it.output.from += part / several * m * n;
        it.a.place.from += it.a.place.start(rows) * it.a.strides[1];
        it.b.place.from += it.b.place.start(rows) * it.b.strides[0];
        // The first is written, the others are added to it.
        let added = ReadyOnto { place: None, stride: 0, minus: false, scale: None, negative: false };
        it.onto = (!part.is_multiple_of(several)).then_some(added);
        it.is_large = false;
        it
    }
}

impl Factor {
    #[inline]
    fn of<'s, T>(&self, others: &Others<'s, '_, T>) -> &'s [T] {
        others.from(self.place.store, self.place.from)
    }
}

/// How many parts a thread has of what several threads do: it may be held up, and another one take some of them.
const PARTS: usize = 4;

/// Products of a batch, some of them at a time, on several threads if they are more than that.
fn all<T: Send>(
    several: &(impl Fn(Range<usize>, &mut [T]) + Sync),
    batch: Range<usize>,
    out: &mut [T],
    size: usize,
    some: usize,
) {
    if batch.len() <= some {
        return several(batch, out);
    }
    let middle = batch.start + batch.len() / 2;
    let (first, second) = out.split_at_mut(batch.len() / 2 * size);
    rayon::join(
        || all(several, batch.start..middle, first, size, some),
        || all(several, middle..batch.end, second, size, some),
    );
}

/// Pieces of a result are whole numbers of rows and columns of tiles, whatever the kernels.
const ROWS: usize = 24;
const COLUMNS: usize = 64;
/// From so many columns on their pieces are of much the same size.
const WIDE: usize = 4 * COLUMNS;

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
    // Each thread then reads as little as it can of both operands. But weights are read column by column where a batch is small, so
    // where they are most of it, each thread writes the columns that are in its cache.
    let is_most = n >= WIDE && 2 * (m.saturating_sub(n)) * k <= m * n;
    let of_rows = m > n && !is_most;
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
    pub(super) fn of<'s, T: Cell + Float>(it: Option<&Self>, others: &Others<'s, '_, T>) -> Onto<'s, T> {
        let Some(it) = it else { return Onto::Nothing };
        let s = it.scale.map_or(T::ONE, |place| others.from(place.store, place.from)[0]);
        let s = if it.negative { -s } else { s };
        match it.place {
            None => Onto::Itself(s),
            Some(place) => {
                let t = if it.minus { -T::ONE } else { T::ONE };
                Onto::Rows { d: others.from(place.store, place.from), stride: it.stride, t, s }
            }
        }
    }
}
