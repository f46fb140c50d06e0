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
    /// Of up to `L` rows, which begin at `x`.
    #[inline(always)]
    pub(super) fn of<I: Isa>(x: &[T], n: usize, rows: usize) -> Self {
        let zeros = [T::ZERO; L];
        let (mut all, mut exponentials) = ([zeros; SHORT], [zeros; SHORT]);
        for (g, row) in x.chunks_exact(n).take(rows).enumerate() {
            for j in 0..n {
                all[j][g] = row[j];
            }
        }
        let mut max = all[0];
        for x in &all[1..n] {
            for l in 0..L {
                max[l] = if x[l] > max[l] { x[l] } else { max[l] };
            }
        }
        let (mut others, mut peaks) = (zeros, zeros);
        for (x, e) in all[..n].iter().zip(&mut exponentials) {
            for l in 0..L {
                e[l] = exp_of_difference::<I, T>(x[l], max[l]);
            }
            for l in 0..L {
                let is_peak = x[l] == max[l];
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

/// Writes what stands side by side as rows.
#[inline(always)]
pub(super) fn write_rows<T: Float, const L: usize>(from: &[[T; L]; SHORT], n: usize, out: &mut [T]) {
    for (g, row) in out.chunks_exact_mut(n).enumerate() {
        for j in 0..n {
            row[j] = from[j][g];
        }
    }
}
