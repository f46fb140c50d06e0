//! Short rows side by side, one a lane of a vector: what is summed over a row needs no sum across lanes.
use super::float::Float;
use super::logarithm::Log1p;
use super::loops::Map1;
use super::rows::exp_of_difference;
use super::set::Isa;

/// The longest rows that are worked through side by side.
pub(super) const SHORT: usize = 16;

/// Short rows side by side, one a lane.
pub(super) struct SideBySide<T, const L: usize> {
    /// xⱼ of each row.
    pub(super) x: [[T; L]; SHORT],
    /// e^(xⱼ − max).
    pub(super) exponentials: [[T; L]; SHORT],
    pub(super) max: [T; L],
    /// Σ e^(xⱼ − max) over all but one largest element.
    pub(super) others: [T; L],
}

impl<T: Float, const L: usize> SideBySide<T, L> {
    /// Of up to `L` rows.
    #[inline(always)]
    pub(super) fn of<I: Isa>(x: &[T], n: usize) -> Self {
        let zeros = [T::ZERO; L];
        let (all, mut exponentials) = (read_rows::<I, T, L>(x, n), [zeros; SHORT]);
        // A NaN may be passed over here: it spoils the sum.
        let mut max = all[0];
        for x in &all[1..n] {
            for l in 0..L {
                max[l] = max[l].max(x[l]);
            }
        }
        let (mut others, mut peaks) = (zeros, zeros);
        // In one loop: of several short ones the compiler makes no vectors.
        for (x, e) in all[..n].iter().zip(&mut exponentials) {
            for l in 0..L {
                let is_peak = x[l] == max[l];
                e[l] = exp_of_difference::<I, T>(x[l], max[l]);
                others[l] = others[l] + if is_peak { T::ZERO } else { e[l] };
                peaks[l] = peaks[l] + if is_peak { T::ONE } else { T::ZERO };
            }
        }
        for l in 0..L {
            others[l] = others[l] + (peaks[l] - T::ONE);
        }
        Self { x: all, exponentials, max, others }
    }

    #[inline(always)]
    pub(super) fn log<I: Isa>(&self) -> [T; L] {
        let mut logs = [T::ZERO; L];
        for l in 0..L {
            logs[l] = Log1p::at::<I>(self.others[l]);
        }
        logs
    }
}

/// Rows and columns of the squares in which rows are turned.
const SIDE: usize = 8;

/// Puts up to `L` rows side by side: element j of row l at `[j][l]`.
#[inline(always)]
fn read_rows<I: Isa, T: Float, const L: usize>(x: &[T], n: usize) -> [[T; L]; SHORT] {
    let mut all = [[T::ZERO; L]; SHORT];
    for first in (0..L).step_by(SIDE) {
        for j in (0..n).step_by(SIDE) {
            let mut square = [[T::ZERO; SIDE]; SIDE];
            for (row, to) in (first..).zip(&mut square) {
                let from = x.get(row * n + j..).unwrap_or_default();
                match from.first_chunk() {
                    Some(some) => *to = *some, // What follows the row does not count.
                    None => to.iter_mut().zip(from).for_each(|(to, &x)| *to = x),
                }
            }
            for (to, from) in all[j..].iter_mut().zip(&T::transpose::<I>(&square)) {
                to[first..first + SIDE].copy_from_slice(from);
            }
        }
    }
    all
}

/// Writes what stands side by side as rows.
#[inline(always)]
pub(super) fn write_rows<I: Isa, T: Float, const L: usize>(from: &[[T; L]; SHORT], n: usize, out: &mut [T]) {
    for (first, out) in (0..L).step_by(SIDE).zip(out.chunks_mut(SIDE * n)) {
        let mut squares = [[[T::ZERO; SIDE]; SIDE]; SHORT / SIDE];
        for (j, square) in (0..n).step_by(SIDE).zip(&mut squares) {
            for (to, from) in square.iter_mut().zip(&from[j..]) {
                to.copy_from_slice(&from[first..first + SIDE]);
            }
            *square = T::transpose::<I>(square);
        }
        for g in 0..SIDE {
            for (j, square) in (0..n).step_by(SIDE).zip(&squares) {
                let to = out.get_mut(g * n + j..).unwrap_or_default();
                match to.first_chunk_mut() {
                    Some(some) => *some = square[g], // What this puts after the row, the next rows replace.
                    None => to.iter_mut().zip(&square[g]).for_each(|(to, &x)| *to = x),
                }
            }
        }
    }
}
