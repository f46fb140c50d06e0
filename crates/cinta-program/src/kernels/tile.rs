//! Tiles of a matrix product: what runs with its sums in registers, each compiled as a function of its own.
use super::float::{Float, fused};
use super::product::{Matrix, Onto};
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

/// A whole product with few columns and a small k: b, at most one vector wide, is copied to the stack.
pub(super) struct Small<'a, T, const V: usize> {
    pub(super) k: usize,
    pub(super) a: Matrix<'a, T>,
    pub(super) b: Matrix<'a, T>,
    pub(super) c: Window<'a, T>,
    pub(super) onto: Onto<'a, T>,
}

impl<T: Float, const V: usize> Task for Small<'_, T, V> {
    type Output = ();

    #[inline(always)]
    fn run<I: Isa>(self) {
        let [m, n] = self.c.size();
        if m * n * self.k <= 32 {
            return self.one_by_one::<I>();
        }
        if self.b.strides[1] == 1 && n == V {
            let b = Panel { data: self.b.data, stride: self.b.strides[0], whole: self.k };
            return self.times::<I>(b);
        }
        let mut panel = [[T::ZERO; V]; SHALLOW];
        for l in 0..self.k {
            for j in 0..n {
                panel[l][j] = self.b.at(l, j);
            }
        }
        let b = Panel { data: panel.as_flattened(), stride: V, whole: self.k };
        self.times::<I>(b);
    }
}

impl<T: Float, const V: usize> Small<'_, T, V> {
    #[inline(always)]
    fn times<I: Isa>(self, b: Panel<'_, T>) {
        let Self { k, a, mut c, onto, .. } = self;
        let [m, n] = c.size();
        let mut i = 0;
        while i < m {
            let (left, a, c, onto) = (m - i, a.from(i, 0), c.from(i, 0), onto.from(i, 0));
            i += match left {
                1 => rows::<I, T, 1, V>(k, a, b, c, n, onto),
                2 | 3 => rows::<I, T, 2, V>(k, a, b, c, n, onto),
                4..8 => rows::<I, T, 4, V>(k, a, b, c, n, onto),
                _ => rows::<I, T, 8, V>(k, a, b, c, n, onto),
            };
        }
    }

    #[inline(always)]
    fn one_by_one<I: Isa>(mut self) {
        let [m, n] = self.c.size();
        for i in 0..m {
            for j in 0..n {
                let mut sum = T::ZERO;
                for l in 0..self.k {
                    sum = fused::<I, T>(self.a.at(i, l), self.b.at(l, j), sum);
                }
                self.onto.from(i, j).put(&[sum], self.c.from(i, j).row(0, 1));
            }
        }
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
    for r in 0..R {
        put_some(onto.from(r, 0), &spilled[r][..width], c.row(r, width));
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
                        transpose::<I, T, W>(b.from(block * 8, j + done), rows, done);
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

/// Eight rows of eight columns, each of whose columns stands in one piece, to a place in the rows of a panel.
#[inline(always)]
fn transpose<I: Isa, T: Float, const W: usize>(from: Matrix<'_, T>, rows: &mut [[T; W]; 8], at: usize) {
    let mut columns = [[T::ZERO; 8]; 8];
    for c in 0..8 {
        let Some(column) = from.data[c * from.strides[1]..].first_chunk::<8>() else { unreachable!("checked") };
        columns[c] = *column;
    }
    for (row, moved) in rows.iter_mut().zip(&T::transpose::<I>(&columns)) {
        let Some(to) = row[at..].first_chunk_mut::<8>() else { unreachable!("inside the panel") };
        *to = *moved;
    }
}
