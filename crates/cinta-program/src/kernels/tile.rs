//! Tiles of a matrix product: what runs with its sums in registers, each compiled as a function of its own.
use std::mem::MaybeUninit;

use super::float::{Float, fused};
use super::product::{Matrix, Onto, Product};
use super::set::{Isa, Task};
use super::window::Window;

/// A panel of b: some columns, with rows `stride` apart, of which the first `whole` may be read at the panel's full width.
#[derive(Clone, Copy)]
pub(super) struct Panel<'a, T> {
    pub(super) data: &'a [T],
    pub(super) stride: usize,
    pub(super) whole: usize,
}

impl<'a, T> Panel<'a, T> {
    /// Columns where they stand. Past the end of a row stands the next one, which does no harm; only past the last ones
    /// stands nothing.
    #[inline(always)]
    pub(super) fn new(data: &'a [T], stride: usize, k: usize, width: usize) -> Self {
        let mut whole = k;
        while whole > 0 && (whole - 1) * stride + width > data.len() {
            whole -= 1;
        }
        Self { data, stride, whole }
    }
}

/// `count` tiles of `R` rows, up to `W` columns wide, one below the other; a's rows for the next begin `step` numbers on.
pub(super) struct Tiles<'a, T, const R: usize, const W: usize> {
    pub(super) count: usize,
    pub(super) step: usize,
    pub(super) k: usize,
    pub(super) a: Matrix<'a, T>,
    pub(super) b: Panel<'a, T>,
    pub(super) c: Window<'a, T>,
    pub(super) width: usize,
    pub(super) onto: Onto<'a, T>,
}

impl<T: Float, const R: usize, const W: usize> Tiles<'_, T, R, W> {
    /// Runs tiles of `M` or of `V` columns instead, if these are enough.
    #[inline(always)]
    pub(super) fn fitted<I: Isa, const M: usize, const V: usize>(self) {
        let Self { count, step, k, a, b, c, width, onto } = self;
        if width <= V {
            I::run(Tiles::<T, R, V> { count, step, k, a, b, c, width, onto });
        } else if width <= M {
            I::run(Tiles::<T, R, M> { count, step, k, a, b, c, width, onto });
        } else {
            I::run(Tiles::<T, R, W> { count, step, k, a, b, c, width, onto });
        }
    }
}

impl<T: Float, const R: usize, const W: usize> Task for Tiles<'_, T, R, W> {
    type Output = ();

    #[inline(always)]
    fn run<I: Isa>(mut self) {
        for tile in 0..self.count {
            let a = Matrix::new(&self.a.data[tile * self.step..], self.a.strides);
            let (c, onto) = (self.c.from(tile * R, 0), self.onto.from(tile * R, 0));
            rows::<I, T, R, W>(self.k, a, self.b, c, self.width, onto);
        }
    }
}

/// The largest k of [`Small`].
pub(super) const SHALLOW: usize = 32;

/// A whole product with few columns, at most `V`, and a small k.
pub(super) struct Small<'p, 'a, T, const V: usize>(pub(super) &'p mut Product<'a, T>);

impl<T: Float, const V: usize> Task for Small<'_, '_, T, V> {
    type Output = ();

    #[inline(always)]
    fn run<I: Isa>(self) {
        let &mut Product { k, b, ref c, .. } = self.0;
        let [_, n] = c.size();
        if b.strides[1] == 1 && n == V {
            return self.times::<I>(Panel { data: b.data, stride: b.strides[0], whole: k });
        }
        let mut panel = [const { [const { MaybeUninit::uninit() }; V] }; SHALLOW];
        let mut done = 0;
        while V >= 8 && n == V && b.strides[0] == 1 && done + 8 <= k {
            for j in (0..V).step_by(8) {
                let moved = transposed::<I, T>(b.from(done, j));
                for l in 0..8 {
                    for c in 0..8 {
                        panel[done + l][j + c].write(moved[l][c]);
                    }
                }
            }
            done += 8;
        }
        for (l, row) in panel[..k].iter_mut().enumerate().skip(done) {
            if b.strides[1] == 1
                && let Some(from) = b.data[l * b.strides[0]..].first_chunk::<V>()
            {
                *row = from.map(MaybeUninit::new);
                continue;
            }
            for j in 0..n {
                row[j].write(b.at(l, j));
            }
            for j in n..V {
                row[j].write(T::ZERO);
            }
        }
        #[expect(unsafe_code, reason = "zeros in all of the panel would take longer than many a product")]
        // SAFETY: all elements of the first k rows were written.
        let data = unsafe { std::slice::from_raw_parts(panel.as_ptr().cast(), k * V) };
        self.times::<I>(Panel { data, stride: V, whole: k });
    }
}

impl<T: Float, const V: usize> Small<'_, '_, T, V> {
    #[inline(always)]
    fn times<I: Isa>(self, b: Panel<'_, T>) {
        let &mut Product { k, a, ref mut c, onto, .. } = self.0;
        let [m, n] = c.size();
        // One loop for one size of tile: what others need of the product is not worked out before it.
        let mut i = 0;
        if V * size_of::<T>() > I::BYTES {
            // Seven and eight rows are better two tiles of about four.
            while matches!(m - i, 6 | 9..) {
                i += rows::<I, T, 6, V>(k, a.from(i, 0), b, c.from(i, 0), n, onto.from(i, 0));
            }
            while i + 4 <= m {
                i += rows::<I, T, 4, V>(k, a.from(i, 0), b, c.from(i, 0), n, onto.from(i, 0));
            }
        } else {
            while i + 8 <= m {
                i += rows::<I, T, 8, V>(k, a.from(i, 0), b, c.from(i, 0), n, onto.from(i, 0));
            }
            if i + 4 <= m {
                i += rows::<I, T, 4, V>(k, a.from(i, 0), b, c.from(i, 0), n, onto.from(i, 0));
            }
        }
        match m - i {
            3 => rows::<I, T, 3, V>(k, a.from(i, 0), b, c.from(i, 0), n, onto.from(i, 0)),
            2 => rows::<I, T, 2, V>(k, a.from(i, 0), b, c.from(i, 0), n, onto.from(i, 0)),
            1 => rows::<I, T, 1, V>(k, a.from(i, 0), b, c.from(i, 0), n, onto.from(i, 0)),
            _ => 0,
        };
    }
}

/// d + s x. All are read before anything is written, which keeps them in vectors.
#[inline(always)]
fn plus<T: Float, const W: usize>(t: T, d: [T; W], s: T, x: [T; W]) -> [T; W] {
    let mut out = d;
    for j in 0..W {
        out[j] = t * d[j] + s * x[j];
    }
    out
}

/// `R` rows of c; gives `R`.
#[inline(always)]
fn rows<I: Isa, T: Float, const R: usize, const W: usize>(
    k: usize,
    a: Matrix<'_, T>,
    b: Panel<'_, T>,
    mut c: Window<'_, T>,
    width: usize,
    onto: Onto<'_, T>,
) -> usize {
    let sums = sums::<I, T, R, W>(k, a, b);
    if width == W {
        // What it is added onto is looked at once, outside the loops: else the sums leave their registers here too.
        match onto {
            Onto::Nothing => {
                for r in 0..R {
                    *c.whole::<W>(r) = sums[r];
                }
            }
            Onto::Itself(s) => {
                for r in 0..R {
                    let c = c.whole::<W>(r);
                    *c = plus(T::ONE, *c, s, sums[r]);
                }
            }
            Onto::Rows { d, stride, t, s } => {
                for r in 0..R {
                    let Some(&d) = d[r * stride..].first_chunk::<W>() else { unreachable!("as long as rows of c") };
                    *c.whole::<W>(r) = plus(t, d, s, sums[r]);
                }
            }
        }
        return R;
    }
    if matches!(onto, Onto::Nothing)
        && let Some(c) = c.as_slice()
        && c.len() >= (R - 1) * width + W
    {
        // What is written past the end of a row is the beginning of the next, which comes later.
        for r in 0..R {
            let Some(row) = c[r * width..].first_chunk_mut::<W>() else { unreachable!("as long as this") };
            *row = sums[r];
        }
        return R;
    }
    // A copy: only here need the sums have an address, and leave their registers.
    let spilled = sums;
    match onto {
        Onto::Nothing => {
            for r in 0..R {
                put_some(Onto::Nothing, &spilled[r][..width], c.row(r, width));
            }
        }
        Onto::Itself(s) => {
            for r in 0..R {
                put_some(Onto::Itself(s), &spilled[r][..width], c.row(r, width));
            }
        }
        Onto::Rows { d, stride, t, s } => {
            for r in 0..R {
                let onto = Onto::Rows { d: &d[r * stride..], stride, t, s };
                put_some(onto, &spilled[r][..width], c.row(r, width));
            }
        }
    }
    R
}

/// Fewer than all, in pieces of 64, 32, … elements.
#[inline(always)]
pub(super) fn put_some<T: Float>(onto: Onto<'_, T>, sums: &[T], row: &mut [T]) {
    let mut done = 0;
    done += put_piece::<T, 64>(onto.from(0, done), &sums[done..], &mut row[done..]);
    done += put_piece::<T, 32>(onto.from(0, done), &sums[done..], &mut row[done..]);
    done += put_piece::<T, 16>(onto.from(0, done), &sums[done..], &mut row[done..]);
    done += put_piece::<T, 8>(onto.from(0, done), &sums[done..], &mut row[done..]);
    done += put_piece::<T, 4>(onto.from(0, done), &sums[done..], &mut row[done..]);
    done += put_piece::<T, 2>(onto.from(0, done), &sums[done..], &mut row[done..]);
    if done < row.len() {
        onto.from(0, done).put(&sums[done..], &mut row[done..]);
    }
}

/// `P` elements, if there are so many; gives how many.
#[inline(always)]
fn put_piece<T: Float, const P: usize>(onto: Onto<'_, T>, sums: &[T], row: &mut [T]) -> usize {
    match (sums.first_chunk::<P>(), row.first_chunk_mut::<P>()) {
        (Some(sums), Some(row)) => {
            onto.put(sums, row);
            P
        }
        _ => 0,
    }
}

/// The sums over k of `R` rows of a and a panel of b, in registers.
#[inline(always)]
fn sums<I: Isa, T: Float, const R: usize, const W: usize>(k: usize, a: Matrix<'_, T>, b: Panel<'_, T>) -> [[T; W]; R] {
    let mut sums = [[T::ZERO; W]; R];
    for l in 0..b.whole {
        add_row::<I, T, R, W>(&mut sums, a, l, row(b, l));
    }
    for l in b.whole..k {
        let mut padded = [T::ZERO; W];
        for (p, &x) in padded.iter_mut().zip(&b.data[l * b.stride..]) {
            *p = x;
        }
        add_row::<I, T, R, W>(&mut sums, a, l, &padded);
    }
    sums
}

#[inline(always)]
fn add_row<I: Isa, T: Float, const R: usize, const W: usize>(
    sums: &mut [[T; W]; R],
    a: Matrix<'_, T>,
    l: usize,
    b: &[T; W],
) {
    for r in 0..R {
        let x = a.at(r, l);
        for j in 0..W {
            sums[r][j] = fused::<I, T>(x, b[j], sums[r][j]);
        }
    }
}

#[inline(always)]
#[expect(unsafe_code, reason = "a bounds check in the innermost loop")]
fn row<T, const W: usize>(b: Panel<'_, T>, l: usize) -> &[T; W] {
    debug_assert!(l * b.stride + W <= b.data.len());
    // SAFETY: the caller counted how many rows may be read whole.
    unsafe { &*b.data.as_ptr().add(l * b.stride).cast() }
}

/// Copies a k × n matrix in panels of `W` columns, each row by row, the last one filled up with zeros.
pub(super) struct Pack<'a, T, const W: usize> {
    pub(super) k: usize,
    pub(super) n: usize,
    pub(super) from: Matrix<'a, T>,
    pub(super) packed: &'a mut [T],
}

impl<T: Float, const W: usize> Task for Pack<'_, T, W> {
    type Output = ();

    #[inline(always)]
    fn run<I: Isa>(self) {
        let Self { k, n, from: b, packed } = self;
        assert!(n.next_multiple_of(W) * k <= packed.len(), "room for every panel");
        for (j, panel) in (0..n).step_by(W).zip(packed.chunks_exact_mut(k * W)) {
            let width = W.min(n - j);
            let (rows, _) = panel.as_chunks_mut::<W>();
            if width < W {
                rows.fill([T::ZERO; W]);
            }
            if b.strides[1] == 1 && width == W {
                for (l, row) in rows.iter_mut().enumerate() {
                    for c in 0..W {
                        row[c] = b.at(l, j + c);
                    }
                }
            } else {
                // Eight rows of b at a time, so that lines are read whole.
                let (blocks, rest) = rows.as_chunks_mut::<8>();
                for (block, rows) in blocks.iter_mut().enumerate() {
                    let mut done = 0;
                    while b.strides[0] == 1 && done + 8 <= width {
                        for (row, moved) in rows.iter_mut().zip(&transposed::<I, T>(b.from(block * 8, j + done))) {
                            let Some(to) = row[done..].first_chunk_mut::<8>() else { unreachable!("inside the panel") };
                            *to = *moved;
                        }
                        done += 8;
                    }
                    for c in done..width {
                        for l in 0..8 {
                            rows[l][c] = b.at(block * 8 + l, j + c);
                        }
                    }
                }
                for (l, row) in rest.iter_mut().enumerate() {
                    for c in 0..width {
                        row[c] = b.at(blocks.len() * 8 + l, j + c);
                    }
                }
            }
        }
    }
}

/// Eight rows of eight columns, each of whose columns stands in one piece.
#[inline(always)]
fn transposed<I: Isa, T: Float>(from: Matrix<'_, T>) -> [[T; 8]; 8] {
    let mut columns = [[T::ZERO; 8]; 8];
    for c in 0..8 {
        let Some(column) = from.data[c * from.strides[1]..].first_chunk::<8>() else { unreachable!("checked") };
        columns[c] = *column;
    }
    T::transpose::<I>(&columns)
}
