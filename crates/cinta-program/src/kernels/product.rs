//! Matrix products: register tiles over strided operands, packed where the caches ask for it.
//!
//! A tile of c, a few rows by a few vectors, stays in registers while k runs. Small and medium operands are read where they
//! stand; from large ones, and from a transposed b, panels are first copied to where they are read in order (K. Goto,
//! R. van de Geijn, *Anatomy of high-performance matrix multiplication*, ACM TOMS 34, 2008).
//!
//! Every element of c is summed in the same order whatever tile, path or set of rows it belongs to: over blocks of k whose size
//! depends on k alone, in each from first to last. So c may be computed in bands of rows, on any number of threads. What is a dot
//! product a row (`vector_product`) has an order of its own, the same for each row.
use super::float::Float;
use super::one_row::OneRow;
use super::prefetch::LINE;
use super::set::{Isa, KernelSet, Task};
use super::tile::{Pack, Panel, SHALLOW, Small, Tiles};
use super::vector_product::{Dot, MatrixVector};
use super::window::Window;

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

    /// Whether all rows begin at the same place in a cache line. Others cross two lines with most vectors as long as one, which are
    /// read more slowly than shorter ones.
    #[inline(always)]
    pub(super) fn is_in_lines(self) -> bool {
        self.strides[0].is_multiple_of(LINE / size_of::<T>())
    }

    /// What begins at a row and a column inside it.
    #[inline(always)]
    pub(crate) fn from(self, row: usize, column: usize) -> Self {
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

/// What a product is added to, times a number.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Onto<'a, T> {
    /// Nothing: c = a·b.
    Nothing,
    /// What is there: c += s a·b.
    Itself(T),
    /// A matrix of contiguous columns: c = t d + s a·b. Its rows stand `stride` apart; 0 means that all are one row.
    Rows { d: &'a [T], stride: usize, t: T, s: T },
}

impl<T: Float> Onto<'_, T> {
    /// The part that begins at a row and a column of c.
    #[inline(always)]
    pub(crate) fn from(self, row: usize, column: usize) -> Self {
        match self {
            Self::Rows { d, stride, t, s } => Self::Rows { d: &d[row * stride + column..], stride, t, s },
            _ => self,
        }
    }

    /// What the next products of a sum of them are added to.
    pub(super) fn later(self) -> Self {
        match self {
            Self::Nothing => Self::Itself(T::ONE),
            Self::Itself(s) | Self::Rows { s, .. } => Self::Itself(s),
        }
    }

    /// Puts what has been summed into a part of a row of c.
    #[inline(always)]
    pub(super) fn put(self, sums: &[T], c: &mut [T]) {
        match self {
            Self::Nothing => c.iter_mut().zip(sums).for_each(|(c, &sum)| *c = sum),
            Self::Itself(s) => c.iter_mut().zip(sums).for_each(|(c, &sum)| *c = *c + s * sum),
            Self::Rows { d, t, s, .. } => {
                let d = &d[..c.len()];
                c.iter_mut().zip(sums).zip(d).for_each(|((c, &sum), &d)| *c = t * d + s * sum);
            }
        }
    }
}

/// c = a·b, perhaps times a number and added onto something, where a is m × k, b is k × n and c is m × n. Operands may have
/// any strides: a transpose costs little or nothing.
///
/// # Panics
/// If a matrix reaches beyond its slice.
#[inline(always)]
pub(crate) fn product<'a, T: Float>(
    set: KernelSet,
    k: usize,
    a: Matrix<'a, T>,
    b: Matrix<'a, T>,
    c: Window<'a, T>,
    onto: Onto<'a, T>,
) {
    Product { k, a, b, c, onto }.compute(set);
}

/// A product, where it stands: small ones take less time than it would take to pass this on by value.
pub(super) struct Product<'a, T> {
    pub(super) k: usize,
    pub(super) a: Matrix<'a, T>,
    pub(super) b: Matrix<'a, T>,
    pub(super) c: Window<'a, T>,
    pub(super) onto: Onto<'a, T>,
}

impl<T: Float> Product<'_, T> {
    fn compute(&mut self, set: KernelSet) {
        let [m, n] = self.c.size();
        if m == 0 || n == 0 {
            return;
        }
        self.a.check(m, self.k);
        self.b.check(self.k, n);
        if let Onto::Rows { d, stride, .. } = self.onto {
            assert!((m - 1) * stride + n <= d.len(), "not as many rows to add to");
        }
        let set = if wastes_wide_vectors::<T>(self.k, n) { set.without_avx512() } else { set };
        if self.k == 0 {
            for (i, j) in (0..m).flat_map(|i| (0..n).map(move |j| (i, j))) {
                self.onto.from(i, j).put(&[T::ZERO], &mut self.c.row(i, n)[j..=j]);
            }
            return;
        }
        let is_whole = self.c.as_slice().is_some();
        if [m, n] == [1, 1] && self.a.strides[1] == 1 && self.b.strides[0] == 1 {
            let dot = set.run(Dot { x: &self.a.data[..self.k], y: &self.b.data[..self.k] });
            return self.onto.put(&[dot], self.c.row(0, 1));
        }
        if n == 1 && is_whole && self.a.strides[0] != 1 {
            return MatrixVector(self).compute(set);
        }
        if n == 1 && is_whole {
            self.transpose();
            // What the column is added onto must be a row too.
            if let Onto::Rows { d, stride, t, s } = self.onto
                && stride != 1
            {
                self.onto = Onto::Nothing;
                self.by_columns(set);
                let y = self.c.row(0, m);
                y.iter_mut().zip(0..m).for_each(|(y, i)| *y = t * d[i * stride] + s * *y);
                return;
            }
        } else if m == 1 && self.b.strides[1] != 1 {
            self.transpose();
            if let Onto::Rows { stride, .. } = &mut self.onto {
                *stride = 1;
            }
            return MatrixVector(self).compute(set);
        }
        self.by_columns(set);
    }

    /// Several columns at a time.
    fn by_columns(&mut self, set: KernelSet) {
        let [m, n] = self.c.size();
        // Of one row, every number of b is read for one product, which takes longer than the product.
        let is_split = m == 1 && n * size_of::<T>() <= 16 * LINE && !self.b.is_in_lines();
        if is_split { set.without_avx512().run(self) } else { set.run(self) }
    }

    /// One with few columns, at most two vectors, and a small k.
    #[inline(always)]
    fn small<I: Isa>(&mut self) {
        let lanes = I::BYTES / size_of::<T>();
        match self.c.size()[1].next_power_of_two().max(lanes / 2) {
            32 => I::run(Small::<T, 32>(self)),
            16 => I::run(Small::<T, 16>(self)),
            8 => I::run(Small::<T, 8>(self)),
            4 => I::run(Small::<T, 4>(self)),
            _ => I::run(Small::<T, 2>(self)),
        }
    }

    /// cᵀ = bᵀ aᵀ, where c is one row or one column without gaps.
    fn transpose(&mut self) {
        (self.a, self.b) = (self.b.transposed(), self.a.transposed());
        self.c.transpose();
    }
}

impl<T: Float> Task for &mut Product<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run<I: Isa>(self) {
        let lanes = I::BYTES / size_of::<T>();
        let [m, n] = self.c.size();
        if self.k <= SHALLOW && n <= 2 * lanes {
            return self.small::<I>();
        }
        if self.k <= SHALLOW && n * size_of::<T>() <= 16 * I::BYTES.min(32) && m > 1 {
            for j in (0..n).step_by(2 * lanes) {
                let c = self.c.columns(j, (n - j).min(2 * lanes));
                Product { k: self.k, a: self.a, b: self.b.from(0, j), c, onto: self.onto.from(0, j) }.small::<I>();
            }
            return;
        }
        if m == 1 && n > 2 * lanes && self.b.strides[1] == 1 {
            return OneRow(self).compute::<I>();
        }
        // A copy, which what is written to c cannot change.
        let it = Product { k: self.k, a: self.a, b: self.b, c: self.c.from(0, 0), onto: self.onto };
        // Rows by columns of a tile: what fits the registers.
        match (I::BYTES, size_of::<T>()) {
            (64, 8) => it.blocks::<I, 8, 24, 16, 8>(),
            (64, _) => it.blocks::<I, 8, 48, 32, 16>(),
            (32, 8) => it.blocks::<I, 6, 8, 8, 4>(),
            (32, _) => it.blocks::<I, 6, 16, 16, 8>(),
            (_, 8) => it.blocks::<I, 4, 4, 4, 2>(),
            (_, _) => it.blocks::<I, 4, 8, 8, 4>(),
        }
    }
}

/// Whether so few columns leave much of a vector of 64 bytes, or of the last of them, empty: narrower ones are faster, measured.
#[inline(always)]
fn wastes_wide_vectors<T>(k: usize, n: usize) -> bool {
    let is_narrow = n > 1 && n * size_of::<T>() <= 32;
    is_narrow || (k <= SHALLOW && matches!((size_of::<T>(), n), (4, 17..=31) | (8, 9..=12 | 25..=31)))
}

/// The longest stretch of k that one tile sums, so that a panel of b stays in first-level cache.
const DEPTH: usize = 256;
/// How much of k is summed before it is added to the result.
#[inline(always)]
pub(super) fn depth(k: usize) -> usize {
    if k <= DEPTH { k } else { k.div_ceil(k.div_ceil(DEPTH)).next_multiple_of(8) }
}

/// Rows of a that are packed at a time: they stay in second-level cache.
const BAND: usize = 128;
/// Columns of b that are packed at a time.
const COLUMNS: usize = 960;
/// From so many bytes of b on, both operands are packed.
const LARGE: usize = 512 * 1024;
/// Rows of b that stand so many bytes apart fall on few lines of the cache.
const FAR: usize = 1024;

impl<T: Float> Product<'_, T> {
    /// `R` rows by `W` columns to a tile, or `M` or `V` columns where no more are left.
    #[inline(always)]
    fn blocks<I: Isa, const R: usize, const W: usize, const M: usize, const V: usize>(mut self) {
        let [m, n] = self.c.size();
        let depth = depth(self.k);
        let large = m > BAND && self.k * n * size_of::<T>() > LARGE;
        let far = m >= 2 * BAND && self.b.strides[0] * size_of::<T>() >= FAR;
        if !large && !far && self.b.strides[1] == 1 {
            for start in (0..self.k).step_by(depth) {
                self.in_place::<I, R, W, M, V>(start, depth.min(self.k - start));
            }
            return;
        }
        let mut scratch = T::take_scratch();
        let columns = COLUMNS / W * W;
        let (room_b, room_a) = (depth * columns.min(n.next_multiple_of(W)), if large { depth * BAND } else { 0 });
        if scratch.len() < room_a + room_b {
            scratch.resize(room_a + room_b, T::ZERO);
        }
        let (packed_b, packed_a) = scratch.split_at_mut(room_b);
        for start in (0..self.k).step_by(depth) {
            let k = depth.min(self.k - start);
            for from in (0..n).step_by(columns) {
                let n = columns.min(n - from);
                I::run(Pack::<T, W> { k, n, from: self.b.from(start, from), packed: packed_b });
                let band = if large { BAND / R * R } else { m };
                for top in (0..m).step_by(band) {
                    let rows = band.min(m - top);
                    let (mut a, mut step) = (self.a.from(top, start), R * self.a.strides[0]);
                    if large {
                        I::run(Pack::<T, R> { k, n: rows, from: a.transposed(), packed: packed_a });
                        (a, step) = (Matrix::new(packed_a, [1, R]), R * k);
                    }
                    for j in (0..n).step_by(W) {
                        let b = Panel { data: &packed_b[j * k..], stride: W, whole: k };
                        self.panel::<I, R, W, M, V>([top, from + j], [rows, W.min(n - j), k], a, step, b, start > 0);
                    }
                }
            }
        }
        T::put_scratch(scratch);
    }

    /// Both operands where they stand.
    #[inline(always)]
    fn in_place<I: Isa, const R: usize, const W: usize, const M: usize, const V: usize>(
        &mut self,
        start: usize,
        k: usize,
    ) {
        let ([m, n], a) = (self.c.size(), self.a.from(0, start));
        let mut j = 0;
        while j < n {
            // Two vectors and two are better than three and one.
            let width = match n - j {
                left if left <= V => V,
                left if left <= M || (left > W && left <= 2 * M) => M,
                _ => W,
            };
            let (data, stride) = (self.b.from(start, j).data, self.b.strides[0]);
            let b = Panel::new(data, stride, k, width);
            let columns = width.min(n - j);
            self.panel::<I, R, W, M, V>([0, j], [m, columns, k], a, R * self.a.strides[0], b, start > 0);
            j += columns;
        }
    }

    /// Some rows of c and the columns of a panel of b.
    #[inline(always)]
    fn panel<I: Isa, const R: usize, const W: usize, const M: usize, const V: usize>(
        &mut self,
        [top, j]: [usize; 2],
        [rows, width, k]: [usize; 3],
        a: Matrix<'_, T>,
        step: usize,
        b: Panel<'_, T>,
        later: bool,
    ) {
        let mut c = self.c.from(top, j);
        let onto = if later { self.onto.later() } else { self.onto.from(top, j) };
        let full = rows / R;
        if full > 0 {
            Tiles::<T, R, W> { count: full, step, k, a, b, c: c.from(0, 0), width, onto }.fitted::<I, M, V>();
        }
        let (mut i, left) = (full * R, rows % R);
        if left == 0 {
            return;
        }
        let last = Matrix::new(&a.data[full * step..], a.strides);
        for size in [4, 2, 1] {
            if left & size == 0 {
                continue;
            }
            let (a, c, onto) = (last.from(i - full * R, 0), c.from(i, 0), onto.from(i, 0));
            let (count, step) = (1, 0);
            match size {
                4 => Tiles::<T, 4, W> { count, step, k, a, b, c, width, onto }.fitted::<I, M, V>(),
                2 => Tiles::<T, 2, W> { count, step, k, a, b, c, width, onto }.fitted::<I, M, V>(),
                _ => Tiles::<T, 1, W> { count, step, k, a, b, c, width, onto }.fitted::<I, M, V>(),
            }
            i += size;
        }
    }
}
