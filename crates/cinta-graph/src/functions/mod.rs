//! Functions made of operations: statistics, order, activations, losses, norms; parts, diagonals, curves.
mod activations;
mod along_axis;
mod axes;
mod between;
mod covariance;
mod cross_entropy;
mod curves;
mod diagonals;
mod kron;
mod lanes;
mod masks;
mod moments;
mod norm;
mod not_finite;
mod one_hot;
mod order;
mod p_norm;
mod parts;
mod positions;
mod products;
mod quantiles;
mod segments;
mod slicing;
mod stack;
mod sums;
mod truth;

pub use kron::{Grid, meshgrid, try_meshgrid};
pub use slicing::Ranges;
pub use stack::{stack, try_stack};

use lanes::Lanes;
