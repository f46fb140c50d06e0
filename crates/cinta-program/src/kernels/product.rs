//! Matrix products: register tiles over strided operands, packed where the caches ask for it.
//!
//! A tile of c, a few rows by a few vectors, stays in registers while k runs. Small and medium operands are read where they
//! stand; from large ones, and from a transposed b, panels are first copied to where they are read in order (K. Goto,
//! R. van de Geijn, *Anatomy of high-performance matrix multiplication*, ACM TOMS 34, 2008).
//!
//! Every element of c is summed in the same order whatever tile, path or set of rows it belongs to: over blocks of k whose size
//! depends on k alone, in each from first to last. So c may be computed in bands of rows, on any number of threads.
use super::float::{Float, fused};
use super::set::{Isa, KernelSet, Task};
use super::vector_product::MatrixVector;

/// How far apart the rows and the columns of a matrix stand: `[n, 1]` for a matrix of n columns, `[1, m]` for the
/// transpose of one with m.
pub(crate) type Strides = [usize; 2];

/// A matrix to read: its numbers and how they stand.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Matrix<'a, T> {
    pub(crate) data: &'a [T],
    pub(crate) strides: Strides,
}

impl<'a, T: Copy> Matrix<'a, T> {
    /// A matrix that stands in a slice.
    pub(crate) fn new(data: &'a [T], strides: Strides) -> Self {
        Self { data, strides }
    }

    /// The transpose; nothing is moved.
    pub(crate) fn transposed(self) -> Self {
        Self { data: self.data, strides: [self.strides[1], self.strides[0]] }
    }

    /// Refuses a matrix that reaches beyond its slice; after this every element may be read unchecked.
    pub(super) fn check(self, rows: usize, columns: usize) {
        if rows > 0 && columns > 0 {
            let last = (rows - 1) * self.strides[0] + (columns - 1) * self.strides[1];
            assert!(
                last < self.data.len(),
                "a {rows} × {columns} matrix with strides {:?} in {}",
                self.strides,
                self.data.len()
            );
        }
    }

    /// What begins at a row and a column inside it.
    #[inline(always)]
    fn from(self, row: usize, column: usize) -> Self {
        Self { data: &self.data[row * self.strides[0] + column * self.strides[1]..], strides: self.strides }
    }

    #[inline(always)]
    #[expect(unsafe_code, reason = "a bounds check here costs as much as the multiplication")]
    pub(super) fn at(self, row: usize, column: usize) -> T {
        let index = row * self.strides[0] + column * self.strides[1];
        debug_assert!(index < self.data.len());
        // SAFETY: `check` was called for the whole matrix, and callers stay inside it.
        unsafe { *self.data.get_unchecked(index) }
    }
}

/// c = a·b, or c += a·b, where a is m × k, b is k × n, and c has n contiguous columns and rows `c_stride` apart. Operands may
/// have any strides: a transpose costs little or nothing.
///
/// # Panics
/// If a matrix reaches beyond its slice.
pub(crate) fn product<T: Float>(
    set: KernelSet,
    [m, k, n]: [usize; 3],
    a: Matrix<'_, T>,
    b: Matrix<'_, T>,
    c: &mut [T],
    c_stride: usize,
    accumulate: bool,
) {
    if m == 0 || n == 0 {
        return;
    }
    a.check(m, k);
    b.check(k, n);
    assert!((m - 1) * c_stride + n <= c.len() && (m == 1 || n <= c_stride), "the result has no room");
    if k == 0 {
        if !accumulate {
            (0..m).for_each(|i| c[i * c_stride..][..n].fill(T::ZERO));
        }
    } else if n == 1 && c_stride == 1 && a.strides[0] != 1 {
        set.run(MatrixVector { m, k, a, x: b, y: c, accumulate });
    } else if n == 1 && c_stride == 1 {
        set.run(Product { m: 1, k, n: m, a: b.transposed(), b: a.transposed(), c, c_stride: m, accumulate });
    } else if m == 1 && b.strides[1] != 1 {
        set.run(MatrixVector { m: n, k, a: b.transposed(), x: a.transposed(), y: c, accumulate });
    } else {
        set.run(Product { m, k, n, a, b, c, c_stride, accumulate });
    }
}

struct Product<'a, T> {
    m: usize,
    k: usize,
    n: usize,
    a: Matrix<'a, T>,
    b: Matrix<'a, T>,
    c: &'a mut [T],
    c_stride: usize,
    accumulate: bool,
}

impl<T: Float> Task for Product<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run<I: Isa>(self) {
        // Rows by columns of a tile: what fits the registers. One row takes as many columns instead.
        match (I::BYTES, size_of::<T>(), self.m) {
            (64, 8, 1) => self.blocks::<I, 1, 64>(),
            (64, 8, _) => self.blocks::<I, 8, 16>(),
            (64, _, 1) => self.blocks::<I, 1, 128>(),
            (64, ..) => self.blocks::<I, 8, 32>(),
            (32, 8, 1) => self.blocks::<I, 1, 32>(),
            (32, 8, _) => self.blocks::<I, 4, 12>(),
            (32, _, 1) => self.blocks::<I, 1, 64>(),
            (32, ..) => self.blocks::<I, 4, 24>(),
            (_, 8, 1) => self.blocks::<I, 1, 16>(),
            (_, 8, _) => self.blocks::<I, 4, 4>(),
            (.., 1) => self.blocks::<I, 1, 32>(),
            _ => self.blocks::<I, 4, 8>(),
        }
    }
}

/// The longest stretch of k that one tile sums, so that a panel of b stays in first-level cache.
const DEPTH: usize = 256;
/// Rows of a that are packed at a time: they stay in second-level cache.
const BAND: usize = 128;
/// Columns of b that are packed at a time.
const COLUMNS: usize = 960;
/// From so many bytes of b on, both operands are packed.
const LARGE: usize = 512 * 1024;

/// A panel of b: some columns, with rows `stride` apart, of which the first `whole` may be read at the panel's full width.
#[derive(Clone, Copy)]
struct Panel<'a, T> {
    data: &'a [T],
    stride: usize,
    whole: usize,
}

impl<T: Float> Product<'_, T> {
    #[inline(always)]
    fn blocks<I: Isa, const R: usize, const W: usize>(mut self) {
        let depth = self.k.div_ceil(self.k.div_ceil(DEPTH)).next_multiple_of(8);
        let large = self.m > 4 * R && self.k * self.n * size_of::<T>() > LARGE;
        if !large && self.b.strides[1] == 1 {
            for start in (0..self.k).step_by(depth) {
                self.in_place::<I, R, W>(start, depth.min(self.k - start));
            }
            return;
        }
        let mut scratch = T::take_scratch();
        let columns = COLUMNS / W * W;
        let (room_b, room_a) = (depth * columns.min(self.n.next_multiple_of(W)), if large { depth * BAND } else { 0 });
        if scratch.len() < room_a + room_b {
            scratch.resize(room_a + room_b, T::ZERO);
        }
        let (packed_b, packed_a) = scratch.split_at_mut(room_b);
        for start in (0..self.k).step_by(depth) {
            let k = depth.min(self.k - start);
            for from in (0..self.n).step_by(columns) {
                let n = columns.min(self.n - from);
                pack::<T, W>(k, n, self.b.from(start, from), packed_b);
                let band = if large { BAND } else { self.m };
                for top in (0..self.m).step_by(band) {
                    let rows = band.min(self.m - top);
                    let a = self.a.from(top, start);
                    if large {
                        pack::<T, R>(k, rows, a.transposed(), packed_a);
                    }
                    for j in (0..n).step_by(W) {
                        let b = Panel { data: &packed_b[j * k..], stride: W, whole: k };
                        for i in (0..rows).step_by(R) {
                            let a = if large { Matrix::new(&packed_a[i * k..], [1, R]) } else { a.from(i, 0) };
                            self.tile::<I, R, W>([top + i, from + j], k, a, b, start > 0);
                        }
                    }
                }
            }
        }
        T::put_scratch(scratch);
    }

    /// Both operands where they stand.
    #[inline(always)]
    fn in_place<I: Isa, const R: usize, const W: usize>(&mut self, start: usize, k: usize) {
        for j in (0..self.n).step_by(W) {
            let (data, stride) = (self.b.from(start, j).data, self.b.strides[0]);
            // Past the end of a row stands the next one, which does no harm; only past the last ones stands nothing.
            let whole =
                if data.len() < W { 0 } else { k.min((data.len() - W).checked_div(stride).map_or(k, |l| l + 1)) };
            let b = Panel { data, stride, whole };
            for i in (0..self.m).step_by(R) {
                self.tile::<I, R, W>([i, j], k, self.a.from(i, start), b, start > 0);
            }
        }
    }

    /// One tile of c, of up to `R` rows and `W` columns.
    #[inline(always)]
    fn tile<I: Isa, const R: usize, const W: usize>(
        &mut self,
        at: [usize; 2],
        k: usize,
        a: Matrix<'_, T>,
        b: Panel<'_, T>,
        later: bool,
    ) {
        let rows = R.min(self.m - at[0]);
        let narrow = W > 1 && self.n - at[1] <= W / 2;
        match (rows, narrow) {
            (8, false) if R >= 8 => self.rows::<I, 8, W>(at, k, a, b, later),
            _ => {
                let (mut from, mut left) = (0, rows);
                while left > 0 {
                    let (at, a) = ([at[0] + from, at[1]], a.from(from, 0));
                    let step = if left >= 4 {
                        4
                    } else if left >= 2 {
                        2
                    } else {
                        1
                    };
                    match step {
                        4 => self.rows::<I, 4, W>(at, k, a, b, later),
                        2 => self.rows::<I, 2, W>(at, k, a, b, later),
                        _ => self.rows::<I, 1, W>(at, k, a, b, later),
                    }
                    from += step;
                    left -= step;
                }
            }
        }
    }

    #[inline(always)]
    fn rows<I: Isa, const R: usize, const W: usize>(
        &mut self,
        [i, j]: [usize; 2],
        k: usize,
        a: Matrix<'_, T>,
        b: Panel<'_, T>,
        later: bool,
    ) {
        let sums = sums::<I, T, R, W>(k, a, b);
        let (width, accumulate) = (W.min(self.n - j), self.accumulate || later);
        for (r, sums) in sums.iter().enumerate() {
            let row = &mut self.c[(i + r) * self.c_stride + j..];
            match row.first_chunk_mut::<W>() {
                Some(row) if width == W => store(accumulate, sums, row),
                _ => store(accumulate, sums, &mut row[..width]),
            }
        }
    }
}

#[inline(always)]
fn store<T: Float>(accumulate: bool, sums: &[T], row: &mut [T]) {
    for (c, &sum) in row.iter_mut().zip(sums) {
        *c = if accumulate { *c + sum } else { sum };
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
#[inline(always)]
fn pack<T: Float, const W: usize>(k: usize, n: usize, b: Matrix<'_, T>, packed: &mut [T]) {
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
            for c in 0..width {
                for (l, row) in rows.iter_mut().enumerate() {
                    row[c] = b.at(l, j + c);
                }
            }
        }
    }
}
