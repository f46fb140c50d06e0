//! Short rows side by side, one a lane of a vector: what is summed over a row needs no sum across lanes.
use super::float::Float;
use super::rows::{exp_of_difference, logs};
use super::set::Isa;

/// The longest rows that are worked through side by side, and those for which less memory is made ready.
pub(super) const SHORT: usize = 32;
pub(super) const HALF: usize = SHORT / 2;

/// Short rows of up to `N` elements side by side, one a lane.
pub(super) struct SideBySide<T, const L: usize, const N: usize> {
    /// xⱼ of each row.
    pub(super) x: [[T; L]; N],
    /// e^(xⱼ − max).
    pub(super) exponentials: [[T; L]; N],
    pub(super) max: [T; L],
    /// Σ e^(xⱼ − max) over all but one largest element.
    pub(super) others: [T; L],
    /// Numbers of the rows for each of their elements, so that loops over elements are long: of short ones that are not simple the
    /// compiler makes no vectors.
    repeated: [[[T; L]; N]; 2],
}

impl<T: Float, const L: usize, const N: usize> SideBySide<T, L, N> {
    #[inline(always)]
    pub(super) fn empty() -> Self {
        let (zeros, rows) = ([T::ZERO; L], [[T::ZERO; L]; N]);
        Self { x: rows, exponentials: rows, max: zeros, others: zeros, repeated: [rows; 2] }
    }

    /// Takes up to `L` rows.
    #[inline(always)]
    pub(super) fn read<I: Isa>(&mut self, x: &[T], n: usize) {
        read_rows::<I, T, L>(x, n, &mut self.x);
        // A NaN may be passed over here: it spoils the sum.
        let mut max = self.x[0];
        for x in &self.x[1..n] {
            for l in 0..L {
                max[l] = if x[l] > max[l] { x[l] } else { max[l] };
            }
        }
        self.max = max;
        self.repeated[0][..n].fill(max);
        let count = n * L;
        let (x, max) = (&self.x.as_flattened()[..count], &self.repeated[0].as_flattened()[..count]);
        let exponentials = &mut self.exponentials.as_flattened_mut()[..count];
        for i in 0..count {
            exponentials[i] = exp_of_difference::<I, T>(x[i], max[i]);
        }
        let [peaks, others] = &mut self.repeated;
        let (is_peak, term) = (&mut peaks.as_flattened_mut()[..count], &mut others.as_flattened_mut()[..count]);
        for i in 0..count {
            term[i] = if x[i] == is_peak[i] { T::ZERO } else { exponentials[i] };
            is_peak[i] = if x[i] == is_peak[i] { T::ONE } else { T::ZERO };
        }
        let mut sums = [[-T::ONE; L], [T::ZERO; L]];
        for (peaks, others) in peaks[..n].iter().zip(&others[..n]) {
            for l in 0..L {
                sums[0][l] = sums[0][l] + peaks[l];
                sums[1][l] = sums[1][l] + others[l];
            }
        }
        for l in 0..L {
            self.others[l] = sums[1][l] + sums[0][l];
        }
    }

    /// Multiplies the exponentials of each row with a number.
    #[inline(always)]
    pub(super) fn scale(&mut self, factors: [T; L], n: usize) {
        self.repeated[0][..n].fill(factors);
        let exponentials = &mut self.exponentials.as_flattened_mut()[..n * L];
        for (e, &factor) in exponentials.iter_mut().zip(self.repeated[0].as_flattened()) {
            *e = *e * factor;
        }
    }

    /// Replaces each element by a function of it and of two numbers of its row, the largest element and another.
    #[inline(always)]
    pub(super) fn replace(&mut self, other: [T; L], n: usize, f: impl Fn(T, T, T) -> T) {
        self.repeated[0][..n].fill(self.max);
        self.repeated[1][..n].fill(other);
        let [max, other] = self.repeated.each_ref().map(|rows| &rows.as_flattened()[..n * L]);
        let x = &mut self.x.as_flattened_mut()[..n * L];
        for i in 0..n * L {
            x[i] = f(x[i], max[i], other[i]);
        }
    }

    /// log Σ e^(xⱼ − max).
    #[inline(always)]
    pub(super) fn log<I: Isa>(&self) -> [T; L] {
        logs::<I, T, L>(&self.others)
    }
}

/// Rows and columns of the squares in which rows are turned.
const SIDE: usize = 8;

/// Puts up to `L` rows side by side: element j of row l at `[j][l]`.
#[inline(always)]
pub(super) fn read_rows<I: Isa, T: Float, const L: usize>(x: &[T], n: usize, all: &mut [[T; L]]) {
    for first in (0..L).step_by(SIDE) {
        let is_inside = x.len() >= (first + SIDE) * n + SIDE;
        for j in (0..n).step_by(SIDE) {
            let mut square = [[T::ZERO; SIDE]; SIDE];
            for (row, to) in (first..).zip(&mut square) {
                if is_inside {
                    *to = *eight(&x[row * n + j..]); // What follows the row does not count.
                    continue;
                }
                let from = x.get(row * n + j..).unwrap_or_default();
                match from.first_chunk() {
                    Some(some) => *to = *some,
                    None => copy_few(from, to),
                }
            }
            for (to, from) in all[j..].iter_mut().zip(&T::transpose::<I>(&square)) {
                *eight_mut(&mut to[first..]) = *from;
            }
        }
    }
}

/// The first eight; a copy of so many is one instruction, where a copy of any number is a call.
#[inline(always)]
fn eight<T>(numbers: &[T]) -> &[T; SIDE] {
    numbers.first_chunk().expect("a square stands inside the lanes")
}

/// The same, to write.
#[inline(always)]
fn eight_mut<T>(numbers: &mut [T]) -> &mut [T; SIDE] {
    numbers.first_chunk_mut().expect("a square stands inside the lanes")
}

/// Copies as many as there are of both, fewer than eight: four, two and one, for a copy of any number is a call.
#[inline(always)]
fn copy_few<T: Copy>(from: &[T], to: &mut [T]) {
    #[inline(always)]
    fn some<const N: usize, T: Copy>(from: &[T], to: &mut [T]) -> usize {
        match (from.first_chunk::<N>(), to.first_chunk_mut::<N>()) {
            (Some(from), Some(to)) => {
                *to = *from;
                N
            }
            _ => 0,
        }
    }
    let mut done = some::<4, T>(from, to);
    done += some::<2, T>(&from[done..], &mut to[done..]);
    some::<1, T>(&from[done..], &mut to[done..]);
}

/// Writes what stands side by side as rows.
#[inline(always)]
pub(super) fn write_rows<I: Isa, T: Float, const L: usize>(from: &[[T; L]], n: usize, out: &mut [T]) {
    for first in (0..L.min(out.len() / n)).step_by(SIDE) {
        let out = &mut out[first * n..];
        let mut squares = [[[T::ZERO; SIDE]; SIDE]; SHORT / SIDE];
        for (j, square) in (0..n).step_by(SIDE).zip(&mut squares) {
            for (to, from) in square.iter_mut().zip(&from[j..]) {
                *to = *eight(&from[first..]);
            }
            *square = T::transpose::<I>(square);
        }
        if out.len() >= SIDE * n + SIDE {
            for g in 0..SIDE {
                for (j, square) in (0..n).step_by(SIDE).zip(&squares) {
                    *eight_mut(&mut out[g * n + j..]) = square[g]; // What this puts after the row, the next rows replace.
                }
            }
            continue;
        }
        for g in 0..SIDE {
            for (j, square) in (0..n).step_by(SIDE).zip(&squares) {
                let to = out.get_mut(g * n + j..).unwrap_or_default();
                match to.first_chunk_mut() {
                    Some(some) => *some = square[g],
                    None => copy_few(&square[g], to),
                }
            }
        }
    }
}
