//! Functions made of operations: sums, products, means and other statistics, order, activations, losses, norms.
mod activations;
mod along_axis;
mod between;
mod covariance;
mod cross_entropy;
mod lanes;
mod moments;
mod norm;
mod not_finite;
mod one_hot;
mod order;
mod p_norm;
mod products;
mod quantiles;
mod slicing;
mod stack;
mod sums;
mod truth;

pub use slicing::Ranges;
pub use stack::{stack, try_stack};

use lanes::Lanes;
